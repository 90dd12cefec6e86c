/*
 * listener.c: the sockets that accept.
 *
 * When the process is out of descriptors or memory, accepting again at once
 * would fail again at once; so a listener pauses for a moment instead.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <event2/listener.h>
#include "daemon/kxoverd.h"

/* Connections that the system holds for us until we accept them; it cuts this
 * to its own limit. */
#define BACKLOG 1024

static const struct timeval pause_time = {0, 200000};

struct socket {
    struct kx_endpoint endpoint;
    struct evconnlistener *listener;
};

struct kx_listeners {
    struct kx_daemon *daemon;
    struct socket *sockets;
    size_t n;
    struct event *resume; /* while pending, nobody accepts */
    struct kx_quiet pause_line;
};

/* Accept again, after a pause. */
static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct kx_listeners *listeners = arg;
    size_t i;

    (void)fd;
    (void)what;
    for (i = 0; i < listeners->n; i++)
        (void)evconnlistener_enable(listeners->sockets[i].listener);
}

/* accept() failed: pause. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct kx_listeners *listeners = arg;
    int code = EVUTIL_SOCKET_ERROR();
    size_t i;

    (void)listener;
    for (i = 0; i < listeners->n; i++)
        (void)evconnlistener_disable(listeners->sockets[i].listener);
    (void)event_add(listeners->resume, &pause_time);
    kx_log_quietly(&listeners->pause_line, listeners->daemon->logger,
                   LOG_WARNING, "Cannot accept connections: %s",
                   evutil_socket_error_to_string(code));
}

/* Somebody connected. */
static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
          struct sockaddr *address, int length, void *arg)
{
    struct kx_listeners *listeners = arg;
    int on = 1;

    (void)listener;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    kx_connection_start(listeners->daemon, fd, address, length);
}

/* True when both are the same address and port. */
static krb5_boolean
same_endpoint(const struct kx_endpoint *a, const struct kx_endpoint *b)
{
    return a->length == b->length &&
           memcmp(&a->address, &b->address, a->length) == 0;
}

/*
 * Listen at endpoint, with *out as the result.  One of IPv6 takes no IPv4, so
 * that both can be there.  Errors: errno's.
 */
static krb5_error_code
open_socket(struct kx_listeners *listeners, const struct kx_endpoint *endpoint,
            struct evconnlistener **out)
{
    int code, on = 1, family = endpoint->address.ss_family;
    evutil_socket_t fd;

    *out = NULL;
    fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    if (evutil_make_socket_nonblocking(fd) != 0 ||
        evutil_make_socket_closeonexec(fd) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(fd, (const struct sockaddr *)&endpoint->address,
             endpoint->length) != 0)
        goto failed;
    *out = evconnlistener_new(listeners->daemon->base, on_accept, listeners,
                              LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                  LEV_OPT_DISABLED,
                              BACKLOG, fd);
    if (*out == NULL)
        goto failed;
    evconnlistener_set_error_cb(*out, on_accept_error);
    return 0;

failed:
    code = errno;
    (void)close(fd);
    return code;
}

/* Give the socket of ours that listens at endpoint, or NULL. */
static struct socket *
find_socket(struct socket *sockets, size_t n,
            const struct kx_endpoint *endpoint)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (same_endpoint(&sockets[i].endpoint, endpoint))
            return &sockets[i];
    }
    return NULL;
}

/* True for "all addresses" of a family. */
static krb5_boolean
is_wildcard(const struct kx_endpoint *endpoint)
{
    struct sockaddr_in6 in6;

    if (endpoint->address.ss_family != AF_INET6)
        return FALSE;
    memcpy(&in6, &endpoint->address, sizeof(in6));
    return IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
}

krb5_error_code
kx_listeners_new(struct kx_daemon *daemon, struct kx_listeners **out)
{
    struct kx_listeners *listeners;

    *out = NULL;
    listeners = calloc(1, sizeof(*listeners));
    if (listeners == NULL)
        return ENOMEM;
    listeners->daemon = daemon;
    listeners->resume = evtimer_new(daemon->base, on_resume, listeners);
    if (listeners->resume == NULL) {
        free(listeners);
        return ENOMEM;
    }
    *out = listeners;
    return 0;
}

krb5_error_code
kx_listeners_set(struct kx_listeners *listeners, krb5_context context,
                 const struct kx_endpoint *endpoints, size_t n)
{
    krb5_error_code ret = 0;
    struct socket *made, *old;
    char text[KX_ADDRESS_TEXT_SIZE];
    size_t i, n_made = 0;

    made = calloc(n + 1, sizeof(*made));
    if (made == NULL)
        return ENOMEM;
    for (i = 0; i < n; i++) {
        if (find_socket(made, n_made, &endpoints[i]) != NULL)
            continue;
        made[n_made].endpoint = endpoints[i];
        old = find_socket(listeners->sockets, listeners->n, &endpoints[i]);
        if (old != NULL) {
            made[n_made++].listener = old->listener;
            continue;
        }
        ret = open_socket(listeners, &endpoints[i], &made[n_made].listener);
        /* A machine without IPv6 has no IPv6 addresses to listen at. */
        if (ret == EAFNOSUPPORT && is_wildcard(&endpoints[i]) && n > 1) {
            ret = 0;
            continue;
        }
        if (ret) {
            (void)kx_address_text(
                (const struct sockaddr *)&endpoints[i].address, text);
            (void)kx_error(context, ret,
                           "Cannot listen at %s (kxover_listen): %s", text,
                           error_message(ret));
            goto cleanup;
        }
        n_made++;
    }

    for (i = 0; i < listeners->n; i++) {
        if (find_socket(made, n_made, &listeners->sockets[i].endpoint) == NULL)
            evconnlistener_free(listeners->sockets[i].listener);
    }
    free(listeners->sockets);
    listeners->sockets = made;
    listeners->n = n_made;
    made = NULL;
    n_made = 0;
    if (!evtimer_pending(listeners->resume, NULL))
        on_resume(-1, 0, listeners);

cleanup:
    for (i = 0; i < n_made; i++) {
        if (find_socket(listeners->sockets, listeners->n, &made[i].endpoint) ==
            NULL)
            evconnlistener_free(made[i].listener);
    }
    free(made);
    return ret;
}

void
kx_listeners_free(struct kx_listeners *listeners)
{
    size_t i;

    if (listeners == NULL)
        return;
    for (i = 0; i < listeners->n; i++)
        evconnlistener_free(listeners->sockets[i].listener);
    event_free(listeners->resume);
    free(listeners->sockets);
    free(listeners);
}
