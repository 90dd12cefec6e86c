/*
 * connect.c: attempts at several addresses, a quarter of a second apart.
 *
 * Every attempt is a socket with a write event.  One timer starts the next
 * attempt; another ends all of them.  The winner's socket leaves the structure
 * before the user is called, so that releasing it closes the losers only.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exchange/connect.h"

/* RFC 8305 section 5: the recommended Connection Attempt Delay. */
#define ATTEMPT_DELAY_USEC 250000

/* Addresses beyond these are not tried. */
#define MAX_ATTEMPTS 8

struct attempt {
    struct kx_connect *connect;
    struct sockaddr_storage address;
    evutil_socket_t socket; /* -1 before and after */
    struct event *event;
};

struct kx_connect {
    struct kx_engine *engine;
    char host[KX_MAX_DNS_NAME];
    kx_connected_fn *connected;
    void *arg;
    struct attempt attempt[MAX_ATTEMPTS];
    size_t n;
    size_t started; /* attempts begun */
    size_t failed;  /* attempts ended */
    int last_errno;
    struct event *next;     /* time for another attempt */
    struct event *deadline; /* time to give up */
};

/* The length of an address by its family. */
static socklen_t
address_length(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

/* End one attempt. */
static void
close_attempt(struct attempt *attempt)
{
    if (attempt->event != NULL)
        event_free(attempt->event);
    attempt->event = NULL;
    if (attempt->socket >= 0)
        (void)close(attempt->socket);
    attempt->socket = -1;
}

/* Tell the user that nothing came of it. */
static void
give_up(struct kx_connect *connect, int error)
{
    krb5_error_code code;
    size_t i;

    for (i = 0; i < connect->n; i++)
        close_attempt(&connect->attempt[i]);
    (void)event_del(connect->next);
    (void)event_del(connect->deadline);
    code = kx_error(connect->engine->context, KX_ERR_CONNECT,
                    "%s cannot be connected to: %s", connect->host,
                    error_message(error));
    connect->connected(connect->arg, code, -1, NULL);
}

/* One attempt has failed with error; *connect may be gone afterwards. */
static void
attempt_failed(struct attempt *attempt, int error)
{
    struct kx_connect *connect = attempt->connect;

    close_attempt(attempt);
    connect->last_errno = error;
    connect->failed++;
    if (connect->failed == connect->n)
        give_up(connect, error);
    else if (connect->started < connect->n)
        event_active(connect->next, EV_TIMEOUT, 0);
}

/* Event: a socket is writable: connected or failed. */
static void
attempt_ready(evutil_socket_t fd, short what, void *arg)
{
    struct attempt *attempt = arg;
    struct kx_connect *connect = attempt->connect;
    struct sockaddr_storage address;
    int error = 0;
    socklen_t length = sizeof(error);
    size_t i;

    (void)what;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        error = errno;
    if (error != 0) {
        attempt_failed(attempt, error);
        return;
    }
    address = attempt->address;
    attempt->socket = -1;
    for (i = 0; i < connect->n; i++)
        close_attempt(&connect->attempt[i]);
    (void)event_del(connect->next);
    (void)event_del(connect->deadline);
    connect->connected(connect->arg, 0, fd, (struct sockaddr *)&address);
}

/* Begin one attempt.  Returns 0 or an errno value. */
static int
begin_attempt(struct attempt *attempt)
{
    int one = 1;

    attempt->socket =
        socket(attempt->address.ss_family,
               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (attempt->socket < 0)
        return errno;
    /* A request is one write: waiting to fill a segment helps nobody. */
    (void)setsockopt(attempt->socket, IPPROTO_TCP, TCP_NODELAY, &one,
                     sizeof(one));
    attempt->event = event_new(attempt->connect->engine->base, attempt->socket,
                               EV_WRITE, attempt_ready, attempt);
    if (attempt->event == NULL || event_add(attempt->event, NULL) < 0)
        return ENOMEM;
    if (connect(attempt->socket, (struct sockaddr *)&attempt->address,
                address_length(&attempt->address)) < 0 &&
        errno != EINPROGRESS)
        return errno;
    return 0;
}

/* Event: time for the next attempt. */
static void
start_next(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval delay = {0, ATTEMPT_DELAY_USEC};
    struct kx_connect *connect = arg;
    struct attempt *attempt;
    int error;

    (void)fd;
    (void)what;
    if (connect->started == connect->n)
        return;
    attempt = &connect->attempt[connect->started++];
    if (connect->started < connect->n)
        (void)event_add(connect->next, &delay);
    error = begin_attempt(attempt);
    if (error != 0)
        attempt_failed(attempt, error);
}

/* Event: it took too long altogether. */
static void
expire(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    give_up(arg, ETIMEDOUT);
}

/* Take the next address of family, from *from on, that is permitted. */
static const struct sockaddr_storage *
next_of_family(const struct kx_settings *settings,
               const struct sockaddr_storage *addresses, size_t n, int family,
               size_t *from)
{
    const struct sockaddr_storage *address;

    while (*from < n) {
        address = &addresses[(*from)++];
        if (address->ss_family == family &&
            kx_address_permitted(settings, (const struct sockaddr *)address))
            return address;
    }
    return NULL;
}

/* Fill in the attempts: IPv6 and IPv4 in turn (RFC 8305 section 4). */
static void
order_addresses(struct kx_connect *connect,
                const struct sockaddr_storage *addresses, size_t n)
{
    const struct kx_settings *settings = connect->engine->settings;
    const struct sockaddr_storage *address;
    const int family[2] = {AF_INET6, AF_INET};
    size_t from[2] = {0, 0};
    int turn;

    while (connect->n < MAX_ATTEMPTS && (from[0] < n || from[1] < n)) {
        for (turn = 0; turn < 2 && connect->n < MAX_ATTEMPTS; turn++) {
            address = next_of_family(settings, addresses, n, family[turn],
                                     &from[turn]);
            if (address != NULL)
                connect->attempt[connect->n++].address = *address;
        }
    }
}

krb5_error_code
kx_connect_start(struct kx_engine *engine, const char *host,
                 const struct sockaddr_storage *addresses, size_t n,
                 kx_connected_fn *connected, void *arg,
                 struct kx_connect **out)
{
    static const struct timeval limit = {KX_CONNECT_TIMEOUT, 0};
    struct kx_connect *connect;
    krb5_error_code ret = ENOMEM;
    size_t i;

    *out = NULL;
    connect = calloc(1, sizeof(*connect));
    if (connect == NULL)
        return ENOMEM;
    connect->engine = engine;
    connect->connected = connected;
    connect->arg = arg;
    (void)strncpy(connect->host, host, sizeof(connect->host) - 1);
    for (i = 0; i < MAX_ATTEMPTS; i++) {
        connect->attempt[i].connect = connect;
        connect->attempt[i].socket = -1;
    }
    order_addresses(connect, addresses, n);
    if (connect->n == 0) {
        ret = kx_error(engine->context, KX_ERR_ADDRESS,
                       "no address of %s may be connected to: all are "
                       "loopback, private or otherwise not public (see "
                       "kxover_allow_address)",
                       host);
        goto cleanup;
    }
    connect->next = event_new(engine->base, -1, 0, start_next, connect);
    connect->deadline = event_new(engine->base, -1, 0, expire, connect);
    if (connect->next == NULL || connect->deadline == NULL ||
        event_add(connect->deadline, &limit) < 0)
        goto cleanup;
    event_active(connect->next, EV_TIMEOUT, 0);
    *out = connect;
    return 0;

cleanup:
    kx_connect_free(connect);
    return ret;
}

void
kx_connect_free(struct kx_connect *connect)
{
    size_t i;

    if (connect == NULL)
        return;
    for (i = 0; i < connect->n; i++)
        close_attempt(&connect->attempt[i]);
    if (connect->next != NULL)
        event_free(connect->next);
    if (connect->deadline != NULL)
        event_free(connect->deadline);
    free(connect);
}
