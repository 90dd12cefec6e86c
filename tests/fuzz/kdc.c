/*
 * kdc.c: a KDC behind kxoverd.
 */
#include "config.h"
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include "exchange/kx_exchange.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/kdc.h"

/* One connection. */
struct peer {
    TAILQ_ENTRY(peer) link;
    struct bufferevent *events;
    struct evbuffer *rest; /* of the answer, until the first bytes are out */
    krb5_boolean closes;   /* when all of the answer is out */
};

static TAILQ_HEAD(, peer) peers = TAILQ_HEAD_INITIALIZER(peers);
static struct event_base *base;
static enum kdc_way does;
static struct kx_endpoint listening, nobody;

/* End a connection. */
static void
hang_up(struct peer *peer)
{
    TAILQ_REMOVE(&peers, peer, link);
    bufferevent_free(peer->events);
    evbuffer_free(peer->rest);
    free(peer);
}

/* Answer the message in input, of size bytes with its header.  May release
 * peer. */
static void
answer(struct peer *peer, struct evbuffer *input, size_t size)
{
    static const unsigned char lie[KX_FRAME_HEADER] = {0xff, 0, 0, 0};
    static unsigned char much[KX_FRAME_HEADER + KDC_LONG_SIZE];
    struct evbuffer *output = bufferevent_get_output(peer->events);

    switch (does) {
    case KDC_ECHOES:
        (void)evbuffer_add_buffer(output, input);
        return;
    case KDC_BREAKS:
        (void)evbuffer_remove_buffer(input, output, 3);
        break;
    case KDC_LONG:
        memset(much, KDC_LONG_BYTE, sizeof(much));
        kx_frame_header(KDC_LONG_SIZE, much);
        (void)evbuffer_add(output, much, sizeof(much));
        break;
    case KDC_PIECES:
        (void)evbuffer_remove_buffer(input, output, 2);
        (void)evbuffer_add_buffer(peer->rest, input);
        return;
    case KDC_TRAILS:
        (void)evbuffer_add_buffer(output, input);
        (void)evbuffer_add(output, "trailing", 8);
        return;
    case KDC_LIES:
        (void)evbuffer_add(output, lie, sizeof(lie));
        break;
    case KDC_CUTS:
        (void)evbuffer_remove_buffer(input, output, size / 2);
        break;
    case KDC_CLOSES:
        hang_up(peer);
        return;
    default:
        return;
    }
    peer->closes = does != KDC_LONG;
    (void)shutdown(bufferevent_getfd(peer->events), SHUT_RD);
}

/* Its connection has a message, or a part of one. */
static void
on_read(struct bufferevent *events, void *arg)
{
    struct evbuffer *input = bufferevent_get_input(events);
    unsigned char header[KX_FRAME_HEADER];
    size_t size;

    if (evbuffer_copyout(input, header, sizeof(header)) <
        (ev_ssize_t)sizeof(header))
        return;
    size =
        sizeof(header) + ((size_t)header[0] << 24 | (size_t)header[1] << 16 |
                          (size_t)header[2] << 8 | header[3]);
    if (evbuffer_get_length(input) >= size)
        answer(arg, input, size);
}

/* All that was to be written to it is. */
static void
on_write(struct bufferevent *events, void *arg)
{
    struct peer *peer = arg;

    if (evbuffer_get_length(peer->rest) > 0)
        (void)evbuffer_add_buffer(bufferevent_get_output(events), peer->rest);
    else if (peer->closes)
        hang_up(peer);
}

/* The other side ended it.  What is to be written may still be. */
static void
on_event(struct bufferevent *events, short what, void *arg)
{
    if ((what & BEV_EVENT_ERROR) != 0 ||
        evbuffer_get_length(bufferevent_get_output(events)) == 0)
        hang_up(arg);
}

static void
on_accept(struct evconnlistener *from, evutil_socket_t fd,
          struct sockaddr *address, int length, void *arg)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    int on = 1;

    (void)from;
    (void)address;
    (void)length;
    (void)arg;
    FUZZ_MUST(peer != NULL);
    FUZZ_MUST((peer->rest = evbuffer_new()) != NULL);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    peer->events = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    FUZZ_MUST(peer->events != NULL);
    TAILQ_INSERT_TAIL(&peers, peer, link);
    bufferevent_setcb(peer->events, on_read, on_write, on_event, peer);
    (void)bufferevent_enable(peer->events, EV_READ | EV_WRITE);
}

/* Where fd is bound to, in *out. */
static void
set_endpoint(evutil_socket_t fd, struct kx_endpoint *out)
{
    socklen_t length = sizeof(out->address);

    FUZZ_MUST(getsockname(fd, (struct sockaddr *)&out->address, &length) == 0);
    out->length = length;
}

void
kdc_start(struct event_base *on)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    /* volatile: it is to be found at the end, though nobody asks for it. */
    static struct evconnlistener *volatile listener;
    int fd;

    base = on;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = evconnlistener_new_bind(
        base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
        16, (struct sockaddr *)&any, sizeof(any));
    FUZZ_MUST(listener != NULL);
    set_endpoint(evconnlistener_get_fd(listener), &listening);
    /* A port that is bound, so that nobody else can come to listen there. */
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FUZZ_MUST(fd >= 0);
    FUZZ_MUST(bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0);
    set_endpoint(fd, &nobody);
}

void
kdc_set(enum kdc_way way)
{
    does = way;
}

const struct kx_endpoint *
kdc_endpoint(void)
{
    if (does == KDC_IS_OUT)
        return NULL;
    return does == KDC_NOBODY ? &nobody : &listening;
}

void
kdc_clear(void)
{
    while (!TAILQ_EMPTY(&peers))
        hang_up(TAILQ_FIRST(&peers));
}
