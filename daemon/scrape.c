/*
 * scrape.c: where Prometheus gets our figures.
 *
 * By HTTP at loopback addresses: libevent's own server (evhttp) answers GET
 * /metrics, from the loop that serves everybody else.  It has no limit for the
 * number of connections, so we make its bufferevents for it, keep a reference
 * to each, and stop accepting while there are MAX_GUESTS.  One that evhttp has
 * let go of has no callbacks any more; that is how we know, once a second.
 * Until then its descriptor stays open, though the client sees its end at
 * once. Who is silent is closed after SILENCE_LIMIT, and whoever stays for
 * VISIT_LIMIT, too.
 *
 * Or in a file, for the textfile collector of Prometheus's node_exporter: it
 * is written beside and then renamed, so that nobody reads half of it.  When
 * we end it goes, or it would tell for ever that all is as it was.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include <fcntl.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/listener.h>
#include "daemon/kxoverd.h"

#define PATH "/metrics"

/* Connections at a time, and how many may wait to be accepted. */
#define MAX_GUESTS 16
#define BACKLOG 16

/* Seconds that a client may be silent, and stay. */
#define SILENCE_LIMIT 5
#define VISIT_LIMIT 30

/* Bytes of a request. */
#define MAX_REQUEST 8192

/* What the file is called until it is whole: node_exporter reads what ends in
 * .prom. */
#define PART ".new"

static const struct timeval sweep_interval = {1, 0};
static const struct timeval write_interval = {15, 0};

/* An address where we tell. */
struct place {
    struct kx_endpoint endpoint;
    struct evhttp_bound_socket *bound;
};

struct guest {
    struct bufferevent *client; /* NULL: there is none */
    time_t since;               /* on the monotonic clock */
};

struct kx_scrape {
    struct kx_daemon *daemon;
    struct evhttp *http;
    struct place *places;
    size_t n;
    struct guest guests[MAX_GUESTS];
    struct event *sweep;
    krb5_boolean paused; /* nobody is accepted */
    char *file;          /* NULL: none */
    struct event *write;
    struct kx_quiet write_line;
};

/* Write all figures into out, as they are now. */
static void
tell(const struct kx_daemon *daemon, struct evbuffer *out)
{
    const struct kx_settings *settings = daemon->service->settings;
    struct kx_failing failing[KX_MAX_FAILING];
    struct kx_identity_state identity[KX_MAX_IDENTITIES];
    struct kx_moment moment = {0};
    size_t i;

    moment.realm = settings->realm;
    moment.connections = kx_limits_count(daemon->limits);
    moment.idle = kx_limits_idle(daemon->limits);
    moment.max_connections = kx_limits_maximum(daemon->limits);
    moment.relays_waiting = kx_relays_waiting(daemon->relays);
    moment.max_peers = settings->max_peers;
    moment.failing = failing;
    moment.n_failing = kx_renewals_failing(daemon->renewals, failing,
                                           KX_MAX_FAILING, &moment.n_listed);
    moment.identity = identity;
    for (i = 0; settings->identities != NULL && i < KX_MAX_IDENTITIES &&
                settings->identities[i] != NULL;
         i++)
        identity[i].loaded =
            kx_engine_identity(daemon->service->engine, i, &identity[i].end);
    moment.n_identities = i;
    kx_exposition(&daemon->metrics, &moment, out);
}

/* By HTTP. */

/* Accept, or do not. */
static void
set_paused(struct kx_scrape *scrape, krb5_boolean paused)
{
    struct evconnlistener *listener;
    size_t i;

    scrape->paused = paused;
    for (i = 0; i < scrape->n; i++) {
        listener = evhttp_bound_socket_get_listener(scrape->places[i].bound);
        if (paused)
            (void)evconnlistener_disable(listener);
        else
            (void)evconnlistener_enable(listener);
    }
}

/* accept() failed: it would again, at once.  After the next sweep it is tried
 * again. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)arg;
    (void)evconnlistener_disable(listener);
}

/* Event: see who has gone, and see off who stays too long. */
static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct kx_scrape *scrape = arg;
    const time_t now = kx_monotonic();
    bufferevent_data_cb on_read, on_write;
    bufferevent_event_cb on_event;
    krb5_boolean room = FALSE;
    struct guest *guest;
    void *owner;

    (void)fd;
    (void)what;
    for (guest = scrape->guests; guest < scrape->guests + MAX_GUESTS;
         guest++) {
        on_event = NULL;
        if (guest->client != NULL)
            bufferevent_getcb(guest->client, &on_read, &on_write, &on_event,
                              &owner);
        if (on_event == NULL) {
            if (guest->client != NULL)
                (void)bufferevent_decref(guest->client); /* closes it */
            guest->client = NULL;
            room = TRUE;
            continue;
        }
        if (now - guest->since >= VISIT_LIMIT)
            (void)shutdown(bufferevent_getfd(guest->client), SHUT_RDWR);
    }
    if (room)
        set_paused(scrape, FALSE);
}

/* evhttp wants a bufferevent for a connection that it has accepted. */
static struct bufferevent *
on_connection(struct event_base *base, void *arg)
{
    struct kx_scrape *scrape = arg;
    struct guest *guest = scrape->guests;
    struct bufferevent *client;
    size_t n = 0;

    client = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (client == NULL)
        return NULL;
    while (n < MAX_GUESTS && guest[n].client != NULL)
        n++;
    if (n < MAX_GUESTS) {
        bufferevent_incref(client);
        guest[n].client = client;
        guest[n].since = kx_monotonic();
    }
    while (n < MAX_GUESTS && guest[n].client != NULL)
        n++;
    if (n == MAX_GUESTS)
        set_paused(scrape, TRUE);
    return client;
}

/* Somebody wants something. */
static void
on_request(struct evhttp_request *request, void *arg)
{
    struct kx_scrape *scrape = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    struct evbuffer *out;

    if (path == NULL || strcmp(path, PATH) != 0) {
        evhttp_send_error(request, HTTP_NOTFOUND, "The figures are at " PATH);
        return;
    }
    out = evbuffer_new();
    if (out == NULL) {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
        return;
    }
    tell(scrape->daemon, out);
    (void)evhttp_add_header(evhttp_request_get_output_headers(request),
                            "Content-Type",
                            "text/plain; version=0.0.4; charset=utf-8");
    evhttp_send_reply(request, HTTP_OK, "OK", out);
    evbuffer_free(out);
}

/* Listen at place's endpoint.  Errors: errno's. */
static krb5_error_code
open_place(struct kx_scrape *scrape, struct place *place)
{
    struct evconnlistener *listener = NULL;
    const int family = place->endpoint.address.ss_family;
    evutil_socket_t fd;
    int on = 1, code;

    fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    errno = ENOMEM;
    if (evutil_make_socket_nonblocking(fd) == 0 &&
        evutil_make_socket_closeonexec(fd) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, (const struct sockaddr *)&place->endpoint.address,
             place->endpoint.length) == 0)
        listener = evconnlistener_new(
            scrape->daemon->base, NULL, NULL,
            LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (listener == NULL) {
        code = errno;
        (void)close(fd);
        return code;
    }
    evconnlistener_set_error_cb(listener, on_accept_error);
    place->bound = evhttp_bind_listener(scrape->http, listener);
    if (place->bound == NULL) {
        evconnlistener_free(listener);
        return ENOMEM;
    }
    return 0;
}

/* The place at endpoint, or NULL. */
static struct place *
find_place(struct place *places, size_t n, const struct kx_endpoint *endpoint)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (places[i].endpoint.length == endpoint->length &&
            memcmp(&places[i].endpoint.address, &endpoint->address,
                   endpoint->length) == 0)
            return &places[i];
    }
    return NULL;
}

/* Close those of the n places that are not among the n_kept. */
static void
close_places(struct kx_scrape *scrape, struct place *places, size_t n,
             struct place *kept, size_t n_kept)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (find_place(kept, n_kept, &places[i].endpoint) == NULL)
            evhttp_del_accept_socket(scrape->http, places[i].bound);
    }
    free(places);
}

krb5_error_code
kx_scrape_listen(struct kx_scrape *scrape, krb5_context context,
                 const struct kx_endpoint *endpoints, size_t n)
{
    char text[KX_ADDRESS_TEXT_SIZE];
    struct place *made, *old;
    size_t i, n_old = scrape->n;
    krb5_error_code ret;

    made = calloc(n + 1, sizeof(*made));
    if (made == NULL)
        return ENOMEM;
    for (i = 0; i < n; i++) {
        made[i].endpoint = endpoints[i];
        old = find_place(scrape->places, n_old, &endpoints[i]);
        if (old != NULL) {
            made[i].bound = old->bound;
            continue;
        }
        ret = open_place(scrape, &made[i]);
        if (ret) {
            (void)kx_error(
                context, ret, "Cannot listen at %s (kxover_metrics): %s",
                kx_address_text((const struct sockaddr *)&endpoints[i].address,
                                text),
                error_message(ret));
            close_places(scrape, made, i, scrape->places, n_old);
            return ret;
        }
    }
    old = scrape->places;
    scrape->places = made;
    scrape->n = n;
    close_places(scrape, old, n_old, made, n);
    if (scrape->paused)
        set_paused(scrape, TRUE);
    if (n > 0)
        (void)event_add(scrape->sweep, &sweep_interval);
    return 0;
}

/* In a file. */

/* Write the figures into file.  Errors: errno's. */
static krb5_error_code
write_file(const struct kx_scrape *scrape, const char *file)
{
    krb5_error_code ret = ENOMEM;
    struct evbuffer *out = evbuffer_new();
    size_t length = strlen(file) + sizeof(PART);
    char *part = malloc(length);
    int fd = -1;

    if (out == NULL || part == NULL)
        goto cleanup;
    (void)snprintf(part, length, "%s" PART, file);
    tell(scrape->daemon, out);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
              0644);
    if (fd < 0) {
        ret = errno;
        goto cleanup;
    }
    /* It is for others to read, whatever our umask. */
    ret = fchmod(fd, 0644) != 0 ? errno : 0;
    while (ret == 0 && evbuffer_get_length(out) > 0) {
        if (evbuffer_write(out, fd) <= 0)
            ret = errno != 0 ? errno : EIO;
    }
    if (close(fd) != 0 && ret == 0)
        ret = errno;
    if (ret == 0 && rename(part, file) != 0)
        ret = errno;
    if (ret)
        (void)unlink(part);

cleanup:
    if (out != NULL)
        evbuffer_free(out);
    free(part);
    return ret;
}

/* Event: it is time to write. */
static void
on_write_time(evutil_socket_t fd, short what, void *arg)
{
    struct kx_scrape *scrape = arg;
    krb5_error_code ret = write_file(scrape, scrape->file);

    (void)fd;
    (void)what;
    if (ret)
        kx_log_quietly(&scrape->write_line, scrape->daemon->logger,
                       LOG_WARNING, "Cannot write %s (kxover_metrics): %s",
                       scrape->file, error_message(ret));
    (void)event_add(scrape->write, &write_interval);
}

krb5_error_code
kx_scrape_write(struct kx_scrape *scrape, krb5_context context,
                const char *file)
{
    krb5_error_code ret;
    char *copy = NULL;

    if (file != NULL) {
        copy = strdup(file);
        ret = copy == NULL ? ENOMEM : write_file(scrape, file);
        if (ret) {
            free(copy);
            return kx_error(context, ret,
                            "Cannot write %s (kxover_metrics): %s", file,
                            error_message(ret));
        }
    }
    if (scrape->file != NULL &&
        (file == NULL || strcmp(scrape->file, file) != 0))
        (void)unlink(scrape->file);
    free(scrape->file);
    scrape->file = copy;
    if (copy != NULL)
        (void)event_add(scrape->write, &write_interval);
    else
        (void)event_del(scrape->write);
    return 0;
}

krb5_error_code
kx_scrape_new(struct kx_daemon *daemon, struct kx_scrape **out)
{
    struct kx_scrape *scrape;

    *out = NULL;
    scrape = calloc(1, sizeof(*scrape));
    if (scrape == NULL)
        return ENOMEM;
    scrape->daemon = daemon;
    scrape->http = evhttp_new(daemon->base);
    scrape->sweep = event_new(daemon->base, -1, EV_PERSIST, on_sweep, scrape);
    scrape->write = evtimer_new(daemon->base, on_write_time, scrape);
    if (scrape->http == NULL || scrape->sweep == NULL ||
        scrape->write == NULL) {
        kx_scrape_free(scrape);
        return ENOMEM;
    }
    evhttp_set_allowed_methods(scrape->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(scrape->http, MAX_REQUEST);
    evhttp_set_max_body_size(scrape->http, MAX_REQUEST);
    evhttp_set_timeout(scrape->http, SILENCE_LIMIT);
    evhttp_set_bevcb(scrape->http, on_connection, scrape);
    evhttp_set_gencb(scrape->http, on_request, scrape);
    *out = scrape;
    return 0;
}

void
kx_scrape_free(struct kx_scrape *scrape)
{
    size_t i;

    if (scrape == NULL)
        return;
    if (scrape->file != NULL)
        (void)unlink(scrape->file);
    if (scrape->http != NULL)
        evhttp_free(scrape->http);
    for (i = 0; i < MAX_GUESTS; i++) {
        if (scrape->guests[i].client != NULL)
            (void)bufferevent_decref(scrape->guests[i].client);
    }
    if (scrape->sweep != NULL)
        event_free(scrape->sweep);
    if (scrape->write != NULL)
        event_free(scrape->write);
    free(scrape->places);
    free(scrape->file);
    free(scrape);
}
