/*
 * fuzz_connection.c: kxoverd's side of one connection, and of the KDC's behind
 * it.
 *
 * An input is a byte that says what is taken for granted of offers
 * (offers.h), one for how the bytes come and what the KDC does with messages
 * that are not KXOVER's, and then all that the client sends.  It gets answers
 * for exactly the messages that were whole, in their order: what the KDC said,
 * byte for byte, or one of ours.
 */
#include "config.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/listener.h>
#include "asn1/kx_asn1.h"
#include "daemon/kxoverd.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/offers.h"

#define PIECE                                                                 \
    0x07         /* bytes come all at once (0), or in pieces: 1, 3, 9, ...    \
                  */
#define KDC 0x30 /* times 16: */
#define KDC_ECHOES 0 /* each message is answered by itself */
#define KDC_CLOSES 1
#define KDC_BREAKS 2  /* within its answer */
#define KDC_IS_OUT 3  /* kxover_kdc is not set */
#define HANGS_UP 0x40 /* the client does, when it has sent all */

/* Turns of the loop after which a connection that neither ends nor goes on is
 * one that hangs. */
#define MAX_TURNS 200000

static struct stage *stage;
static struct kx_daemon daemon_;
static struct kx_service only;
static struct kx_endpoint kdc; /* where it listens */
static int mode;

/* In service.c's place: there is one service, and it stays. */
void
kx_service_use(struct kx_service *service)
{
    service->users++;
}

void
kx_service_leave(struct kx_service *service)
{
    service->users--;
}

/* ---- the KDC ---- */

/* Its connection has a message, or a part of one. */
static void
kdc_read(struct bufferevent *peer, void *arg)
{
    struct evbuffer *input = bufferevent_get_input(peer);
    unsigned char header[KX_FRAME_HEADER];
    size_t length;

    (void)arg;
    if (evbuffer_copyout(input, header, sizeof(header)) <
        (ev_ssize_t)sizeof(header))
        return;
    length = (size_t)header[0] << 24 | (size_t)header[1] << 16 |
             (size_t)header[2] << 8 | header[3];
    if (evbuffer_get_length(input) < sizeof(header) + length)
        return;
    if ((mode & KDC) / 16 == KDC_ECHOES)
        (void)bufferevent_write_buffer(peer, input);
    else if ((mode & KDC) / 16 == KDC_CLOSES)
        bufferevent_free(peer);
    else
        (void)bufferevent_write(peer, header, 3);
    if ((mode & KDC) / 16 == KDC_BREAKS) {
        (void)bufferevent_flush(peer, EV_WRITE, BEV_FLUSH);
        (void)shutdown(bufferevent_getfd(peer), SHUT_RD);
    }
}

/* All that was to be written to it is. */
static void
kdc_written(struct bufferevent *peer, void *arg)
{
    (void)arg;
    if ((mode & KDC) / 16 == KDC_BREAKS)
        bufferevent_free(peer);
}

static void
kdc_ended(struct bufferevent *peer, short what, void *arg)
{
    (void)what;
    (void)arg;
    if (evbuffer_get_length(bufferevent_get_output(peer)) == 0)
        bufferevent_free(peer);
}

static void
kdc_accept(struct evconnlistener *from, evutil_socket_t fd,
           struct sockaddr *address, int length, void *arg)
{
    struct bufferevent *peer =
        bufferevent_socket_new(stage->base, fd, BEV_OPT_CLOSE_ON_FREE);

    (void)from;
    (void)address;
    (void)length;
    (void)arg;
    FUZZ_MUST(peer != NULL);
    bufferevent_setcb(peer, kdc_read, kdc_written, kdc_ended, NULL);
    (void)bufferevent_enable(peer, EV_READ | EV_WRITE);
}

/* ---- kxoverd ---- */

/* Make what there is one of. */
static void
start(void)
{
    static char realm[] = "BRAVO.EXAMPLE";
    struct sockaddr_in any = {.sin_family = AF_INET};
    /* volatile: it is to be found at the end, though nobody asks for it. */
    static struct evconnlistener *volatile listener;
    socklen_t length = sizeof(kdc.address);

    stage = offers_stage(realm, "kdc.alpha.example");
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener =
        evconnlistener_new_bind(stage->base, kdc_accept, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
                                16, (struct sockaddr *)&any, sizeof(any));
    FUZZ_MUST(listener != NULL);
    FUZZ_MUST(getsockname(evconnlistener_get_fd(listener),
                          (struct sockaddr *)&kdc.address, &length) == 0);
    only.context = stage->context;
    only.settings = &stage->settings;
    daemon_.base = stage->base;
    daemon_.service = &only;
    FUZZ_MUST(kx_limits_new(16, 16, kx_connection_evict, &daemon_.limits) ==
              0);
    FUZZ_MUST(kx_relays_new(stage->base, NULL, &daemon_.metrics,
                            &daemon_.relays) == 0);
    kdc.length = sizeof(any);
}

/* ---- the client ---- */

struct client {
    int fd;
    const uint8_t *data; /* to be sent */
    size_t left;
    krb5_boolean shut; /* all is sent, and that was said */
    uint8_t *got;      /* and what came */
    size_t n_got, room;
};

/* Send the next piece, as far as it goes. */
static void
send_piece(struct client *client)
{
    static const size_t sizes[] = {0, 1, 3, 9, 64, 500, 4096, 20000};
    size_t size = sizes[mode & PIECE];
    ssize_t n;

    if (size == 0 || size > client->left)
        size = client->left;
    if (size > 0) {
        n = send(client->fd, client->data, size, MSG_NOSIGNAL);
        if (n > 0) {
            client->data += n;
            client->left -= (size_t)n;
        }
    } else if (!client->shut) {
        (void)shutdown(client->fd, SHUT_WR);
        client->shut = TRUE;
    }
}

/* Take what has come; false if that is nothing. */
static krb5_boolean
receive(struct client *client)
{
    const size_t before = client->n_got;
    ssize_t n;

    do {
        if (client->room - client->n_got < 65536) {
            client->room += 262144;
            client->got = realloc(client->got, client->room);
            FUZZ_MUST(client->got != NULL);
        }
        n = recv(client->fd, client->got + client->n_got,
                 client->room - client->n_got, 0);
        if (n > 0)
            client->n_got += (size_t)n;
    } while (n > 0);
    return client->n_got > before;
}

/* Event: a turn was long enough. */
static void
tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/* One turn of the loop; it waits a little for something to happen if there is
 * nothing else to do. */
static void
turn(krb5_boolean idle)
{
    static const struct timeval while_ = {0, 1000};

    if (idle)
        FUZZ_MUST(event_base_once(stage->base, -1, EV_TIMEOUT, tick, NULL,
                                  &while_) == 0);
    (void)event_base_loop(stage->base, idle ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
}

/* Say all and hear all. */
static void
talk(struct client *client)
{
    krb5_boolean idle = FALSE;
    unsigned int turns;

    for (turns = 0; kx_limits_count(daemon_.limits) > 0; turns++) {
        FUZZ_MUST(turns < MAX_TURNS);
        if ((mode & HANGS_UP) != 0 && client->left == 0)
            break;
        idle = idle && client->shut;
        send_piece(client);
        turn(idle);
        idle = !receive(client);
    }
    (void)receive(client);
}

/* ---- what has to come ---- */

/* The length of the frame at data, of which left bytes are there; 0 if it is
 * not whole, SIZE_MAX if it may not be, for all or for us. */
static size_t
frame(const uint8_t *data, size_t left)
{
    size_t length;

    if (left < KX_FRAME_HEADER)
        return 0;
    length = (size_t)data[0] << 24 | (size_t)data[1] << 16 |
             (size_t)data[2] << 8 | data[3];
    if (length == 0 || length > KX_MAX_RELAYED)
        return SIZE_MAX;
    if (left > KX_FRAME_HEADER && data[KX_FRAME_HEADER] == 0x72 &&
        length > KX_MAX_MESSAGE)
        return SIZE_MAX;
    return left - KX_FRAME_HEADER < length ? 0 : KX_FRAME_HEADER + length;
}

/* Take one answer of ours off what came. */
static void
take_ours(const uint8_t **got, size_t *left)
{
    struct kx_message *reply;
    struct kx_krb_error *error;
    size_t size = frame(*got, *left);
    krb5_data answer;

    FUZZ_MUST(size > KX_FRAME_HEADER && size != SIZE_MAX);
    answer = kx_data(*got + KX_FRAME_HEADER, size - KX_FRAME_HEADER);
    if (kx_decode_message(NULL, KX_MSG_REP, &answer, &reply) == 0) {
        kx_message_free(reply);
    } else {
        FUZZ_MUST(kx_decode_krb_error(NULL, &answer, &error) == 0);
        kx_krb_error_free(error);
    }
    *got += size;
    *left -= size;
}

/* What came is the answers to what was sent. */
static void
check(const uint8_t *sent, size_t n_sent, const uint8_t *got, size_t n_got)
{
    const int does = (mode & KDC) / 16;
    size_t size;

    for (; (size = frame(sent, n_sent)) != 0; sent += size, n_sent -= size) {
        if (size == SIZE_MAX || sent[KX_FRAME_HEADER] == 0x72) {
            take_ours(&got, &n_got);
        } else if (does == KDC_ECHOES) {
            FUZZ_MUST(n_got >= size && memcmp(got, sent, size) == 0);
            got += size;
            n_got -= size;
        } else if (does == KDC_IS_OUT) {
            take_ours(&got, &n_got);
            break;
        } else {
            /* Less than a header may have come of the KDC's answer. */
            FUZZ_MUST(n_got < KX_FRAME_HEADER);
            return;
        }
        if (size == SIZE_MAX)
            break;
    }
    FUZZ_MUST(n_got == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sockaddr_in address = {.sin_family = AF_INET};
    struct client client = {0};
    krb5_data message;
    int fds[2];

    if (daemon_.base == NULL)
        start();
    if (size < 2 + KX_FRAME_HEADER)
        return 0;
    mode = data[1];
    kx_relays_set_kdc(daemon_.relays,
                      (mode & KDC) / 16 == KDC_IS_OUT ? NULL : &kdc, 16);
    client.data = data + 2;
    client.left = size - 2;
    message = kx_data(data + 2 + KX_FRAME_HEADER, size - 2 - KX_FRAME_HEADER);
    offers_set(stage, data[0], KX_MSG_REQ, &message);
    only.responder = stage_responder(stage);
    FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    FUZZ_MUST(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    FUZZ_MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0);
    client.fd = fds[0];
    kx_connection_start(&daemon_, fds[1], (const struct sockaddr *)&address,
                        sizeof(address));
    talk(&client);
    (void)close(client.fd);
    if ((mode & HANGS_UP) == 0)
        check(data + 2, size - 2, client.got, client.n_got);
    /* What was under way ends, too. */
    kx_limits_evict(daemon_.limits, FALSE);
    (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
    FUZZ_MUST(kx_limits_count(daemon_.limits) == 0);
    FUZZ_MUST(daemon_.long_messages == 0);
    kx_responder_free(only.responder);
    FUZZ_MUST(only.users == 0);
    free(client.got);
    offers_clear(stage);
    return 0;
}
