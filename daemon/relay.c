/*
 * relay.c: a message to the KDC and its reply back.
 *
 * Bytes are passed on untouched.  Both ways we follow the lengths that stand
 * before messages, rather than being a pipe from the first message on: so we
 * know when a reply is over and a KX-REQ may follow on the same connection,
 * and we refuse over-long messages before the KDC has to.  Each message has a
 * connection to the KDC of its own; krb5kdc closes after one reply anyway.
 *
 * The KDC hears of a message when all of it is here, so no slow sender holds
 * one of its few connections.  No slow reader fills our memory: of a reply no
 * more is taken from the KDC while BUFFERED bytes of it wait.
 *
 * krb5kdc lets only so many connections wait until it accepts them
 * (kdc_tcp_listen_backlog, 5 by default); one more would be held up for a
 * second or longer by TCP.  So that many messages are with it at a time, and
 * the others wait here, in line, with their deadline from connection.c.  When
 * the process is out of descriptors or memory, all do so for a moment.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <event2/buffer.h>
#include "daemon/kxoverd.h"

/* krb5kdc drops the oldest of its TCP connections when there are more than 45.
 */
#define MAX_AT_ONCE 40

/* Bytes of a reply that wait to be written before no more are taken. */
#define BUFFERED 65536

/* How long the KDC may take to accept a connection, or further bytes. */
static const struct timeval kdc_write_limit = {5, 0};

static const struct timeval pause_time = {0, 200000};

TAILQ_HEAD(relays, kx_relay);

struct kx_relay {
    TAILQ_ENTRY(kx_relay) link; /* among those in line or those connected */
    struct kx_relays *relays;
    struct bufferevent *client;
    struct bufferevent *kdc; /* NULL while in line */
    const char *source;
    kx_relayed_fn *done;
    void *arg;
    struct evbuffer *request; /* until it is written */
    krb5_boolean reply_begun; /* its length is known */
    size_t reply_left;        /* bytes of the reply not passed on yet */
};

struct kx_relays {
    struct event_base *base;
    const struct kx_logger *logger;
    struct kx_metrics *metrics;
    struct kx_endpoint kdc;
    krb5_boolean have_kdc;
    char kdc_text[KX_ADDRESS_TEXT_SIZE];
    size_t at_once; /* connections to it */
    struct relays connected;
    size_t n_connected;
    struct relays in_line; /* oldest first */
    size_t n_in_line;
    struct event *again; /* while pending, we are short of something */
    struct kx_quiet trouble_line;
    struct kx_quiet shortage_line;
};

/* Say why the KDC does not serve a client. */
static void
log_trouble(struct kx_relay *relay, const char *what)
{
    struct kx_relays *relays = relay->relays;

    kx_log_quietly(&relays->trouble_line, relays->logger, LOG_ERR,
                   "Cannot relay a message of %s to the KDC at %s "
                   "(kxover_kdc): %s",
                   relay->source, relays->kdc_text, what);
}

/* Release relay, wherever it is. */
static void
free_relay(struct kx_relay *relay)
{
    struct kx_relays *relays = relay->relays;

    if (relay->kdc != NULL) {
        TAILQ_REMOVE(&relays->connected, relay, link);
        relays->n_connected--;
        bufferevent_free(relay->kdc);
    } else {
        TAILQ_REMOVE(&relays->in_line, relay, link);
        relays->n_in_line--;
    }
    evbuffer_free(relay->request);
    free(relay);
}

/* Release relay and tell its owner. */
static void
end_relay(struct kx_relay *relay, enum kx_relay_end end)
{
    kx_relayed_fn *done = relay->done;
    void *arg = relay->arg;

    free_relay(relay);
    done(arg, end);
}

/* Pass on what can be of the reply; at its end relay is released. */
static void
pass_reply(struct kx_relay *relay)
{
    struct evbuffer *from = bufferevent_get_input(relay->kdc);
    struct evbuffer *to = bufferevent_get_output(relay->client);
    size_t n = evbuffer_get_length(from), waiting = evbuffer_get_length(to);
    size_t room = waiting < BUFFERED ? BUFFERED - waiting : 0;
    unsigned char header[KX_FRAME_HEADER];
    int moved;

    if (!relay->reply_begun) {
        if (n < sizeof(header))
            return;
        (void)evbuffer_copyout(from, header, sizeof(header));
        if (kx_frame_length(NULL, header, INT_MAX - sizeof(header),
                            &relay->reply_left) != 0) {
            log_trouble(relay, "its reply has no good length");
            end_relay(relay, KX_RELAY_FAILED);
            return;
        }
        relay->reply_left += sizeof(header);
        relay->reply_begun = TRUE;
    }
    if (n > relay->reply_left)
        n = relay->reply_left;
    if (n > room)
        n = room;
    moved = n > 0 ? evbuffer_remove_buffer(from, to, n) : 0;
    if (moved > 0) {
        relay->reply_left -= (size_t)moved;
        relay->relays->metrics->relayed_bytes[KX_FROM_KDC] += (uint64_t)moved;
    }
    if (relay->reply_left == 0)
        end_relay(relay, KX_RELAY_DONE);
}

static void connect_waiting(struct kx_relays *relays);

/* The KDC sent something. */
static void
on_kdc_read(struct bufferevent *kdc, void *arg)
{
    struct kx_relay *relay = arg;
    struct kx_relays *relays = relay->relays;

    (void)kdc;
    pass_reply(relay);
    connect_waiting(relays);
}

/* The connection to the KDC stands, ended or broke. */
static void
on_kdc_event(struct bufferevent *kdc, short what, void *arg)
{
    struct kx_relay *relay = arg;
    struct kx_relays *relays = relay->relays;
    size_t here = evbuffer_get_length(bufferevent_get_input(kdc));
    int code = EVUTIL_SOCKET_ERROR();
    enum kx_relay_end end = KX_RELAY_FAILED;

    if (what & BEV_EVENT_CONNECTED)
        return;
    if (what & BEV_EVENT_EOF) {
        /* The rest may be here already, and wait for a slow client. */
        if (relay->reply_begun && here >= relay->reply_left)
            return;
        /* krb5kdc answers some requests by closing; so do we then. */
        if (relay->reply_begun || here > 0)
            log_trouble(relay, "it broke off the connection");
        else
            end = KX_RELAY_CLOSED;
    } else if (what & BEV_EVENT_TIMEOUT) {
        log_trouble(relay, "it does not accept connections or data in time");
    } else {
        log_trouble(relay, evutil_socket_error_to_string(code));
    }
    end_relay(relay, end);
    connect_waiting(relays);
}

/*
 * Connect the relay, which is in line, to the KDC and send the request.  On an
 * error it is still in line.  Errors: ENOMEM, errno's.
 */
static krb5_error_code
connect_relay(struct kx_relay *relay)
{
    struct kx_relays *relays = relay->relays;
    struct bufferevent *kdc = NULL;
    evutil_socket_t fd;
    int on = 1, code = ENOMEM;

    fd = socket(relays->kdc.address.ss_family,
                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    kdc = bufferevent_socket_new(relays->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (kdc == NULL)
        goto failed;
    errno = 0;
    if (bufferevent_socket_connect(
            kdc, (const struct sockaddr *)&relays->kdc.address,
            (int)relays->kdc.length) != 0) {
        code = errno != 0 ? errno : ENOMEM;
        goto failed;
    }
    bufferevent_setcb(kdc, on_kdc_read, NULL, on_kdc_event, relay);
    bufferevent_setwatermark(kdc, EV_READ, 0, BUFFERED);
    (void)bufferevent_set_timeouts(kdc, NULL, &kdc_write_limit);
    (void)bufferevent_enable(kdc, EV_READ);

    TAILQ_REMOVE(&relays->in_line, relay, link);
    relays->n_in_line--;
    TAILQ_INSERT_TAIL(&relays->connected, relay, link);
    relays->n_connected++;
    relay->kdc = kdc;
    relays->metrics->relayed_bytes[KX_TO_KDC] +=
        evbuffer_get_length(relay->request);
    (void)bufferevent_write_buffer(kdc, relay->request);
    return 0;

failed:
    if (kdc != NULL)
        bufferevent_free(kdc); /* closes fd */
    else
        (void)close(fd);
    return code;
}

/*
 * True if code says that we are short of something that there may be again
 * soon.  Those in line then wait for it.
 */
static krb5_boolean
waits_for_more(struct kx_relays *relays, krb5_error_code code)
{
    if (code != EMFILE && code != ENFILE && code != ENOBUFS && code != ENOMEM)
        return FALSE;
    kx_log_quietly(&relays->shortage_line, relays->logger, LOG_WARNING,
                   "Messages wait for a connection to the KDC at %s "
                   "(kxover_kdc): %s",
                   relays->kdc_text, error_message(code));
    (void)event_add(relays->again, &pause_time);
    return TRUE;
}

/* Connect those in line for whom there is room now. */
static void
connect_waiting(struct kx_relays *relays)
{
    krb5_error_code ret;
    struct kx_relay *relay;

    while (relays->n_connected < relays->at_once &&
           !TAILQ_EMPTY(&relays->in_line)) {
        relay = TAILQ_FIRST(&relays->in_line);
        /* One that ended is not in line any more.
         * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        ret = connect_relay(relay);
        if (waits_for_more(relays, ret))
            return;
        if (ret) {
            log_trouble(relay, error_message(ret));
            end_relay(relay, KX_RELAY_FAILED);
        }
    }
}

/* The pause is over. */
static void
on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    connect_waiting(arg);
}

krb5_error_code
kx_relays_new(struct event_base *base, const struct kx_logger *logger,
              struct kx_metrics *metrics, struct kx_relays **out)
{
    struct kx_relays *relays;

    *out = NULL;
    relays = calloc(1, sizeof(*relays));
    if (relays == NULL)
        return ENOMEM;
    relays->again = evtimer_new(base, on_again, relays);
    if (relays->again == NULL) {
        free(relays);
        return ENOMEM;
    }
    relays->base = base;
    relays->logger = logger;
    relays->metrics = metrics;
    TAILQ_INIT(&relays->connected);
    TAILQ_INIT(&relays->in_line);
    *out = relays;
    return 0;
}

void
kx_relays_free(struct kx_relays *relays)
{
    if (relays == NULL)
        return;
    event_free(relays->again);
    free(relays);
}

void
kx_relays_set_kdc(struct kx_relays *relays, const struct kx_endpoint *kdc,
                  int at_once)
{
    relays->have_kdc = kdc != NULL;
    if (kdc == NULL)
        return;
    relays->kdc = *kdc;
    if (at_once < 1)
        at_once = 1;
    relays->at_once = at_once < MAX_AT_ONCE ? (size_t)at_once : MAX_AT_ONCE;
    (void)kx_address_text((const struct sockaddr *)&kdc->address,
                          relays->kdc_text);
}

size_t
kx_relays_waiting(const struct kx_relays *relays)
{
    return relays->n_in_line;
}

krb5_boolean
kx_relays_have_kdc(const struct kx_relays *relays)
{
    return relays->have_kdc;
}

krb5_error_code
kx_relay_start(struct kx_relays *relays, struct bufferevent *client,
               size_t length, const char *source, kx_relayed_fn *done,
               void *arg, struct kx_relay **out)
{
    krb5_error_code ret;
    struct kx_relay *relay;

    *out = NULL;
    relay = calloc(1, sizeof(*relay));
    if (relay == NULL)
        return ENOMEM;
    relay->relays = relays;
    relay->client = client;
    relay->source = source;
    relay->done = done;
    relay->arg = arg;
    relay->request = evbuffer_new();
    if (relay->request == NULL) {
        free(relay);
        return ENOMEM;
    }
    (void)evbuffer_remove_buffer(bufferevent_get_input(client), relay->request,
                                 length);
    TAILQ_INSERT_TAIL(&relays->in_line, relay, link);
    relays->n_in_line++;
    if (relays->n_connected < relays->at_once &&
        TAILQ_FIRST(&relays->in_line) == relay) {
        ret = connect_relay(relay);
        if (ret && !waits_for_more(relays, ret)) {
            log_trouble(relay, error_message(ret));
            free_relay(relay);
            return ret;
        }
    }
    kx_log(relays->logger, LOG_DEBUG, "Relaying a message of %s to the KDC",
           source);
    *out = relay;
    return 0;
}

void
kx_relay_continue(struct kx_relay *relay)
{
    struct kx_relays *relays = relay->relays;

    if (relay->kdc == NULL)
        return;
    pass_reply(relay);
    connect_waiting(relays);
}

void
kx_relay_cancel(struct kx_relay *relay)
{
    struct kx_relays *relays = relay->relays;

    free_relay(relay);
    connect_waiting(relays);
}
