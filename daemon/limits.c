/*
 * limits.c: who may have a connection, and who goes first.
 *
 * There are so many seats in all, and so many for one source.  When they are
 * taken, the one that has been idle for longest makes room: a flood of silent
 * connections then pushes out itself, and somebody who sends a request at once
 * is served even so.  Who has a request under way keeps his seat; when all do,
 * the newcomer goes.
 *
 * Sources are in a binary tree (tsearch), one node for each that has a seat,
 * so there are never more of them than seats.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/kxoverd.h"

TAILQ_HEAD(seats, kx_seat);

struct kx_source {
    unsigned char address[9]; /* 4 or 6, then an IPv4 address, or an IPv6
                               * prefix of 64 bits */
    size_t count;
    struct seats idle; /* idle for longest first */
};

struct kx_limits {
    size_t max_seats;
    size_t max_source_seats;
    kx_evict_fn *evict;
    size_t count;
    size_t idle_count;
    struct seats all;
    struct seats idle; /* idle for longest first */
    void *sources;     /* of tsearch() */
};

/* For tsearch(). */
static int
compare_sources(const void *a, const void *b)
{
    const struct kx_source *one = a, *other = b;

    return memcmp(one->address, other->address, sizeof(one->address));
}

/* Write what we count as the source of address into source->address. */
static void
set_source_address(const struct sockaddr *address, struct kx_source *source)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    memset(source->address, 0, sizeof(source->address));
    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof(in));
        source->address[0] = 4;
        memcpy(source->address + 1, &in.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&in6, address, sizeof(in6));
        source->address[0] = 6;
        memcpy(source->address + 1, &in6.sin6_addr, 8);
    }
}

/* Give the source of address in *out, a new one where it has no seat yet.
 * Errors: ENOMEM. */
static krb5_error_code
find_source(struct kx_limits *limits, const struct sockaddr *address,
            struct kx_source **out)
{
    struct kx_source key, *made;
    void *node;

    *out = NULL;
    set_source_address(address, &key);
    node = tfind(&key, &limits->sources, compare_sources);
    if (node != NULL) {
        *out = *(struct kx_source **)node;
        return 0;
    }
    made = calloc(1, sizeof(*made));
    if (made == NULL)
        return ENOMEM;
    memcpy(made->address, key.address, sizeof(made->address));
    TAILQ_INIT(&made->idle);
    if (tsearch(made, &limits->sources, compare_sources) == NULL) {
        free(made);
        return ENOMEM;
    }
    *out = made;
    return 0;
}

/* Release a source that has no seats left. */
static void
drop_source(struct kx_limits *limits, struct kx_source *source)
{
    if (source->count > 0)
        return;
    (void)tdelete(source, &limits->sources, compare_sources);
    free(source);
}

krb5_error_code
kx_limits_new(size_t max_seats, size_t max_source_seats, kx_evict_fn *evict,
              struct kx_limits **out)
{
    struct kx_limits *limits;

    *out = NULL;
    limits = calloc(1, sizeof(*limits));
    if (limits == NULL)
        return ENOMEM;
    limits->max_seats = max_seats;
    limits->max_source_seats = max_source_seats;
    limits->evict = evict;
    TAILQ_INIT(&limits->all);
    TAILQ_INIT(&limits->idle);
    *out = limits;
    return 0;
}

void
kx_limits_set_maximum(struct kx_limits *limits, size_t max_seats,
                      size_t max_source_seats)
{
    limits->max_seats = max_seats;
    limits->max_source_seats = max_source_seats;
    while (limits->count > max_seats && !TAILQ_EMPTY(&limits->idle))
        limits->evict(TAILQ_FIRST(&limits->idle));
}

void
kx_limits_free(struct kx_limits *limits)
{
    free(limits);
}

krb5_error_code
kx_seat_take(struct kx_limits *limits, const struct sockaddr *address,
             struct kx_seat *seat)
{
    krb5_error_code ret;
    struct kx_source *source;

    memset(seat, 0, sizeof(*seat));
    ret = find_source(limits, address, &source);
    if (ret)
        return ret;
    /* The source is ours while its seats change: it must not go with the last
     * of them. */
    source->count++;
    if (source->count > limits->max_source_seats &&
        !TAILQ_EMPTY(&source->idle))
        limits->evict(TAILQ_FIRST(&source->idle));
    else if (limits->count >= limits->max_seats && !TAILQ_EMPTY(&limits->idle))
        limits->evict(TAILQ_FIRST(&limits->idle));
    if (source->count > limits->max_source_seats ||
        limits->count >= limits->max_seats) {
        source->count--;
        drop_source(limits, source);
        return KX_ERR_BUSY;
    }
    seat->source = source;
    limits->count++;
    TAILQ_INSERT_TAIL(&limits->all, seat, link);
    kx_seat_set_idle(limits, seat, TRUE);
    return 0;
}

void
kx_seat_set_idle(struct kx_limits *limits, struct kx_seat *seat,
                 krb5_boolean idle)
{
    if (seat->is_idle) {
        TAILQ_REMOVE(&limits->idle, seat, idle);
        TAILQ_REMOVE(&seat->source->idle, seat, source_idle);
        limits->idle_count--;
    }
    seat->is_idle = idle;
    if (idle) {
        TAILQ_INSERT_TAIL(&limits->idle, seat, idle);
        TAILQ_INSERT_TAIL(&seat->source->idle, seat, source_idle);
        limits->idle_count++;
    }
}

void
kx_seat_leave(struct kx_limits *limits, struct kx_seat *seat)
{
    kx_seat_set_idle(limits, seat, FALSE);
    TAILQ_REMOVE(&limits->all, seat, link);
    limits->count--;
    seat->source->count--;
    drop_source(limits, seat->source);
    seat->source = NULL;
}

void
kx_limits_evict(struct kx_limits *limits, krb5_boolean idle_only)
{
    struct seats *seats = idle_only ? &limits->idle : &limits->all;

    while (!TAILQ_EMPTY(seats))
        limits->evict(TAILQ_FIRST(seats));
}

size_t
kx_limits_count(const struct kx_limits *limits)
{
    return limits->count;
}

size_t
kx_limits_idle(const struct kx_limits *limits)
{
    return limits->idle_count;
}

size_t
kx_limits_maximum(const struct kx_limits *limits)
{
    return limits->max_seats;
}
