/*
 * connection.c: one connection, messages in and answers out.
 *
 * A connection carries one message after another (RFC 4120 7.2.2), each behind
 * its length.  We look at the length and at the first byte of the message:
 * [APPLICATION 18] is a KX-REQ and goes to the responder, anything else goes
 * to the KDC.  One message is under way at a time, so answers keep the order
 * of the messages; meanwhile at most a few bytes more are read, enough to
 * notice that the client has gone.
 *
 *   READING     waiting for a whole message, up to a deadline; idle
 *   EXCHANGING  the responder has it
 *   RELAYING    the KDC has it
 *   WRITING     the client is to take its answers before it is heard again
 *   CLOSING     the last bytes go out; what comes in is thrown away until the
 *               client closes too, as closing with unread input would reset
 *               the connection and could destroy our answer on its way
 *
 * A client that has ended its own direction still gets its answers, to all the
 * messages that are whole.
 */
#include "config.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <event2/buffer.h>
#include "asn1/kx_asn1.h"
#include "daemon/kxoverd.h"
#include "exchange/report.h"

/* Seconds that may pass: from connecting to the first whole message, from an
 * answer to the next whole message, for an exchange, for a relayed message
 * with its reply, for the client to take its answers, and for the end. */
#define FIRST_MESSAGE_LIMIT 10
#define NEXT_MESSAGE_LIMIT 5
#define EXCHANGE_LIMIT 60
#define RELAY_LIMIT 30
#define WRITING_LIMIT 10
#define CLOSING_LIMIT 5

/* First byte of a KX-REQ. */
#define KX_REQ_TAG (0x60 | KX_MSG_REQ)

/* A message for the KDC that is longer than this is a long one, and of those
 * only so many are in memory at a time.  Hardly any message is. */
#define LONG_MESSAGE KX_MAX_MESSAGE
#define MAX_LONG_MESSAGES 16

/* What is read beyond the message under way. */
#define READ_AHEAD 4096

/* Bytes of answers in memory from which on they are to be taken first. */
#define MAX_UNTAKEN KX_MAX_MESSAGE

/* Protocol error codes, RFC 4120 7.5.9. */
#define ERROR_SVC_UNAVAILABLE 29
#define ERROR_GENERIC 60
#define ERROR_FIELD_TOOLONG 61

enum state { READING, EXCHANGING, RELAYING, WRITING, CLOSING };

struct kx_connection {
    struct kx_seat seat;
    struct kx_daemon *daemon;
    struct bufferevent *client;
    struct event *timer;
    enum state state;
    krb5_boolean ended;         /* the client sends no more */
    krb5_boolean is_long;       /* counted among the long messages */
    struct kx_relay *relay;     /* while RELAYING */
    struct kx_service *service; /* while EXCHANGING */
    struct kx_request *request; /* while EXCHANGING */
    struct sockaddr_storage address;
    char source[KX_ADDRESS_TEXT_SIZE];
};

static void read_message(struct kx_connection *c);

/* Count the message under way among the long ones, or no longer. */
static void
set_long(struct kx_connection *c, krb5_boolean is_long)
{
    if (is_long && !c->is_long)
        c->daemon->long_messages++;
    else if (!is_long && c->is_long)
        c->daemon->long_messages--;
    c->is_long = is_long;
}

/* Set the deadline of the present state. */
static void
set_limit(struct kx_connection *c, int seconds)
{
    struct timeval limit = {seconds, 0};

    (void)event_add(c->timer, &limit);
}

/* Release the connection and whatever is under way. */
static void
close_connection(struct kx_connection *c)
{
    struct kx_daemon *daemon = c->daemon;

    if (c->relay != NULL)
        kx_relay_cancel(c->relay);
    if (c->request != NULL)
        kx_request_cancel(c->request);
    if (c->service != NULL)
        kx_service_leave(c->service);
    set_long(c, FALSE);
    kx_seat_leave(daemon->limits, &c->seat);
    event_free(c->timer);
    bufferevent_free(c->client);
    free(c);
    if (daemon->stopping && kx_limits_count(daemon->limits) == 0)
        (void)event_base_loopexit(daemon->base, NULL);
}

/* Release the connection in a way that the client sees as a failure. */
static void
reset_connection(struct kx_connection *c)
{
    struct linger at_once = {1, 0};

    (void)setsockopt(bufferevent_getfd(c->client), SOL_SOCKET, SO_LINGER,
                     &at_once, sizeof(at_once));
    close_connection(c);
}

/* All is written: close, or wait for the client to do so.  May release c. */
static void
end_output(struct kx_connection *c)
{
    if (c->ended)
        close_connection(c);
    else
        (void)shutdown(bufferevent_getfd(c->client), SHUT_WR);
}

/* Let the output go out and then close.  May release c. */
static void
finish(struct kx_connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->client);

    c->state = CLOSING;
    set_long(c, FALSE);
    set_limit(c, CLOSING_LIMIT);
    kx_seat_set_idle(c->daemon->limits, &c->seat, TRUE);
    bufferevent_setwatermark(c->client, EV_READ, 0, READ_AHEAD);
    (void)evbuffer_drain(input, evbuffer_get_length(input));
    if (evbuffer_get_length(bufferevent_get_output(c->client)) == 0)
        end_output(c);
}

/* Wait for the next message.  May release c. */
static void
start_reading(struct kx_connection *c, int limit)
{
    c->state = READING;
    set_limit(c, limit);
    kx_seat_set_idle(c->daemon->limits, &c->seat, TRUE);
    read_message(c);
}

/* The answer is in the output: go on with the next message, if there can be
 * one.  Who sends messages and takes no answers is not heard meanwhile, or the
 * answers would pile up.  May release c. */
static void
answer_given(struct kx_connection *c)
{
    struct evbuffer *output = bufferevent_get_output(c->client);

    if (c->daemon->stopping) {
        finish(c);
    } else if (evbuffer_get_length(output) >= MAX_UNTAKEN) {
        c->state = WRITING;
        set_limit(c, WRITING_LIMIT);
        kx_seat_set_idle(c->daemon->limits, &c->seat, TRUE);
        bufferevent_setwatermark(c->client, EV_READ, 0, READ_AHEAD);
    } else {
        start_reading(c, NEXT_MESSAGE_LIMIT);
    }
}

/* Write one message to the client. */
static void
write_message(struct kx_connection *c, const krb5_data *message)
{
    unsigned char header[KX_FRAME_HEADER];

    kx_frame_header(message->length, header);
    (void)bufferevent_write(c->client, header, sizeof(header));
    (void)bufferevent_write(c->client, message->data, message->length);
}

/*
 * Refuse what the client sent, with the protocol's error number and text for
 * strangers, and end the connection.  Releases c, now or later.
 */
static void
refuse(struct kx_connection *c, int32_t number, const char *text)
{
    krb5_error_code ret;
    krb5_context context = c->daemon->service->context;
    krb5_data realm, encoded = {0}, words;
    struct kx_krb_error error = {0};
    char *realm_name = c->daemon->service->settings->realm;

    realm = kx_data(realm_name, strlen(realm_name));
    ret = kx_crossover_name(context, &realm, &realm, &error.sname);
    if (ret)
        goto cleanup;
    words = kx_data(text, strlen(text) + 1);
    error.stime = time(NULL);
    error.error_code = number;
    error.e_text = words.data;
    ret = kx_encode_krb_error(context, &error, &encoded);
    if (ret)
        goto cleanup;
    write_message(c, &encoded);

cleanup:
    krb5_free_principal(context, error.sname);
    kx_data_free(&encoded);
    /* Without its words the refusal is still one. */
    finish(c);
}

/* A kx_answered_fn. */
static void
on_answered(void *arg, const krb5_data *reply)
{
    struct kx_connection *c = arg;

    c->request = NULL;
    kx_service_leave(c->service);
    c->service = NULL;
    if (reply->length == 0) {
        reset_connection(c);
        return;
    }
    write_message(c, reply);
    answer_given(c);
}

/* The input begins with a whole KX message of length bytes.  May release c. */
static void
start_exchange(struct kx_connection *c, size_t length)
{
    krb5_error_code ret;
    struct evbuffer *input = bufferevent_get_input(c->client);
    unsigned char *start;
    krb5_data message;

    start = evbuffer_pullup(input, (ev_ssize_t)(KX_FRAME_HEADER + length));
    if (start == NULL) {
        close_connection(c);
        return;
    }
    message = kx_data(start + KX_FRAME_HEADER, length);
    c->state = EXCHANGING;
    set_limit(c, EXCHANGE_LIMIT);
    kx_seat_set_idle(c->daemon->limits, &c->seat, FALSE);
    bufferevent_setwatermark(c->client, EV_READ, 0, READ_AHEAD);
    c->service = c->daemon->service;
    kx_service_use(c->service);
    ret = kx_responder_take(c->service->responder, &message,
                            (const struct sockaddr *)&c->address, on_answered,
                            c, &c->request);
    if (ret) {
        kx_log_quietly(&c->daemon->refused_line, c->daemon->logger, LOG_ERR,
                       "Cannot take the KX-REQ of %s: %s", c->source,
                       error_message(ret));
        reset_connection(c);
        return;
    }
    (void)evbuffer_drain(input, KX_FRAME_HEADER + length);
}

/* A kx_relayed_fn. */
static void
on_relayed(void *arg, enum kx_relay_end end)
{
    struct kx_connection *c = arg;

    c->relay = NULL;
    set_long(c, FALSE);
    switch (end) {
    case KX_RELAY_DONE:
        c->daemon->metrics.relayed++;
        answer_given(c);
        break;
    case KX_RELAY_CLOSED:
        finish(c);
        break;
    default:
        c->daemon->metrics.relays_failed++;
        reset_connection(c);
        break;
    }
}

/* The input begins with a whole message for the KDC of length bytes.  May
 * release c. */
static void
start_relay(struct kx_connection *c, size_t length)
{
    krb5_error_code ret;

    if (!kx_relays_have_kdc(c->daemon->relays)) {
        c->daemon->metrics.refused[KX_REFUSED_NO_KDC]++;
        kx_log_quietly(&c->daemon->refused_line, c->daemon->logger, LOG_NOTICE,
                       "Refused a message for the KDC from %s: kxover_kdc is "
                       "not set",
                       c->source);
        refuse(c, ERROR_SVC_UNAVAILABLE, "No KDC at this address");
        return;
    }
    c->state = RELAYING;
    set_limit(c, RELAY_LIMIT);
    kx_seat_set_idle(c->daemon->limits, &c->seat, FALSE);
    bufferevent_setwatermark(c->client, EV_READ, 0, READ_AHEAD);
    ret =
        kx_relay_start(c->daemon->relays, c->client, KX_FRAME_HEADER + length,
                       c->source, on_relayed, c, &c->relay);
    if (ret) {
        c->daemon->metrics.relays_failed++;
        reset_connection(c);
    }
}

/*
 * Refuse a message for its length, which the error code is about.  Releases c,
 * now or later.
 */
static void
refuse_length(struct kx_connection *c, krb5_error_code code)
{
    const struct kx_service *service = c->daemon->service;
    const struct kx_course course = {.context = service->context,
                                     .side = KX_RESPONDER,
                                     .local = service->settings->realm,
                                     .source =
                                         (const struct sockaddr *)&c->address};
    const struct kx_place nowhere = {0};

    c->daemon->metrics.refused[KX_REFUSED_LENGTH]++;
    kx_report_failed(c->daemon->logger, &c->daemon->refused_line, LOG_NOTICE,
                     &course, &nowhere, code);
    if (code == KX_ERR_TOO_LONG)
        refuse(c, ERROR_FIELD_TOOLONG, "Message is too long");
    else
        refuse(c, ERROR_GENERIC, "Message is empty");
}

/* The client sends no more, and no whole message is left of what it sent.  May
 * release c. */
static void
finish_ended(struct kx_connection *c)
{
    if (evbuffer_get_length(bufferevent_get_input(c->client)) > 0)
        kx_log(c->daemon->logger, LOG_DEBUG,
               "%s closed the connection within a message", c->source);
    finish(c);
}

/* Let more come of a message that is whole with needed bytes.  May release
 * c. */
static void
await_input(struct kx_connection *c, size_t needed)
{
    if (c->ended)
        finish_ended(c);
    else
        bufferevent_setwatermark(c->client, EV_READ, needed,
                                 needed > READ_AHEAD ? needed : READ_AHEAD);
}

/* Look at the input, and act when a message is there.  May release c. */
static void
read_message(struct kx_connection *c)
{
    krb5_error_code ret;
    struct evbuffer *input = bufferevent_get_input(c->client);
    krb5_context context = c->daemon->service->context;
    unsigned char start[KX_FRAME_HEADER + 1];
    size_t length, needed, there = evbuffer_get_length(input);
    krb5_boolean is_kx;

    if (there < KX_FRAME_HEADER) {
        await_input(c, KX_FRAME_HEADER);
        return;
    }
    (void)evbuffer_copyout(input, start, sizeof(start));
    ret = kx_frame_length(context, start, KX_MAX_RELAYED, &length);
    if (ret) {
        refuse_length(c, ret);
        return;
    }
    needed = sizeof(start);
    if (there >= needed) {
        is_kx = start[KX_FRAME_HEADER] == KX_REQ_TAG;
        if (is_kx) {
            ret = kx_frame_length(context, start, KX_MAX_MESSAGE, &length);
            if (ret) {
                refuse_length(c, ret);
                return;
            }
        }
        if (length > LONG_MESSAGE && !c->is_long &&
            c->daemon->long_messages >= MAX_LONG_MESSAGES) {
            kx_log_quietly(&c->daemon->busy_line, c->daemon->logger,
                           LOG_WARNING,
                           "Closed the connection of %s: too many long "
                           "messages at once",
                           c->source);
            reset_connection(c);
            return;
        }
        set_long(c, length > LONG_MESSAGE);
        needed = KX_FRAME_HEADER + length;
        if (there >= needed) {
            if (is_kx)
                start_exchange(c, length);
            else
                start_relay(c, length);
            return;
        }
    }
    await_input(c, needed);
}

/* There is input.  May release c. */
static void
on_read(struct bufferevent *client, void *arg)
{
    struct kx_connection *c = arg;
    struct evbuffer *input = bufferevent_get_input(client);

    switch (c->state) {
    case READING:
        read_message(c);
        break;
    case EXCHANGING:
    case RELAYING:
    case WRITING:
        break;
    case CLOSING:
        (void)evbuffer_drain(input, evbuffer_get_length(input));
        break;
    }
}

/* All output is written.  May release c. */
static void
on_write(struct bufferevent *client, void *arg)
{
    struct kx_connection *c = arg;

    (void)client;
    if (c->state == RELAYING)
        kx_relay_continue(c->relay);
    else if (c->state == WRITING)
        answer_given(c);
    else if (c->state == CLOSING)
        end_output(c);
}

/* The client sends no more.  What it has sent is in the input.  May release c.
 */
static void
on_end(struct kx_connection *c)
{
    c->ended = TRUE;
    switch (c->state) {
    case READING:
        finish_ended(c);
        break;
    case EXCHANGING:
    case RELAYING:
    case WRITING:
        break;
    case CLOSING:
        if (evbuffer_get_length(bufferevent_get_output(c->client)) == 0)
            close_connection(c);
        break;
    }
}

/* The connection ended or broke.  Releases c, now or later. */
static void
on_event(struct bufferevent *client, short what, void *arg)
{
    struct kx_connection *c = arg;

    (void)client;
    if (what & BEV_EVENT_EOF)
        on_end(c);
    else
        close_connection(c);
}

/* The deadline of the present state has passed.  Releases c. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct kx_connection *c = arg;
    struct kx_daemon *daemon = c->daemon;

    (void)fd;
    (void)what;
    if (c->state != CLOSING)
        daemon->metrics.connections_expired++;
    switch (c->state) {
    case READING:
        if (evbuffer_get_length(bufferevent_get_input(c->client)) > 0)
            kx_log_quietly(&daemon->slow_line, daemon->logger, LOG_INFO,
                           "Closed the connection of %s: too slow in sending "
                           "its message",
                           c->source);
        close_connection(c);
        break;
    case EXCHANGING:
        kx_log_quietly(&daemon->slow_line, daemon->logger, LOG_WARNING,
                       "Closed the connection of %s: the exchange takes too "
                       "long",
                       c->source);
        reset_connection(c);
        break;
    case RELAYING:
        kx_log_quietly(&daemon->slow_line, daemon->logger, LOG_WARNING,
                       "Closed the connection of %s: its message to the KDC "
                       "and the reply take too long",
                       c->source);
        daemon->metrics.relays_failed++;
        reset_connection(c);
        break;
    case WRITING:
        kx_log_quietly(&daemon->slow_line, daemon->logger, LOG_INFO,
                       "Closed the connection of %s: it does not take its "
                       "answers",
                       c->source);
        reset_connection(c);
        break;
    case CLOSING:
        close_connection(c);
        break;
    }
}

void
kx_connection_start(struct kx_daemon *daemon, evutil_socket_t fd,
                    const struct sockaddr *address, int length)
{
    krb5_error_code ret = ENOMEM;
    struct kx_connection *c;

    daemon->metrics.connections++;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        goto failed;
    c->daemon = daemon;
    memcpy(&c->address, address, (size_t)length);
    (void)kx_address_text(address, c->source);
    c->timer = evtimer_new(daemon->base, on_timer, c);
    c->client =
        bufferevent_socket_new(daemon->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->timer == NULL || c->client == NULL)
        goto failed;
    ret = kx_seat_take(daemon->limits, address, &c->seat);
    if (ret)
        goto failed;
    bufferevent_setcb(c->client, on_read, on_write, on_event, c);
    /* Writing is enabled from the start, and begins with the first output. */
    (void)bufferevent_enable(c->client, EV_READ);
    start_reading(c, FIRST_MESSAGE_LIMIT);
    return;

failed:
    daemon->metrics.connections_refused++;
    kx_log_quietly(&daemon->busy_line, daemon->logger, LOG_WARNING,
                   "Closed the connection of %s: %s",
                   c == NULL ? "a client" : c->source, error_message(ret));
    if (c != NULL && c->client != NULL)
        bufferevent_free(c->client); /* closes fd */
    else
        (void)evutil_closesocket(fd);
    if (c != NULL && c->timer != NULL)
        event_free(c->timer);
    free(c);
}

void
kx_connection_evict(struct kx_seat *seat)
{
    char *start = (char *)seat - offsetof(struct kx_connection, seat);
    struct kx_connection *c = (struct kx_connection *)(void *)start;

    if (!c->daemon->stopping)
        c->daemon->metrics.connections_evicted++;
    close_connection(c);
}
