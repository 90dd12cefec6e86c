/*
 * metrics.h: what kxoverd counts, and how it is told.
 *
 * A struct kx_metrics is counted into from the start of the process to its
 * end, whatever is read anew meanwhile; all of it is plain members of fixed
 * size. What is so at this moment (connections, the state of renewals) is
 * asked for when somebody wants to know.
 */
#ifndef KX_METRICS_H
#define KX_METRICS_H

#include <event2/buffer.h>
#include "exchange/kx_phase.h"

/* At least as many as kx_err.et has errors; the last one is for all others. */
#define KX_MAX_CAUSES 64

/* Upper bounds of a histogram's buckets, in microseconds, and the last bucket,
 * which has none. */
#define KX_BUCKETS 13
extern const int64_t kx_bucket_bounds[KX_BUCKETS - 1];

/* Remaining attempts that are told by name: a realm more is counted only. */
#define KX_MAX_FAILING 100

struct kx_histogram {
    uint64_t bucket[KX_BUCKETS]; /* not cumulative */
    int64_t sum;                 /* microseconds */
};

/* Messages that are refused before they are anybody's. */
enum kx_refused_message { KX_REFUSED_LENGTH, KX_REFUSED_NO_KDC, KX_REFUSALS };

/* Which way bytes are relayed. */
enum kx_way { KX_TO_KDC, KX_FROM_KDC, KX_WAYS };

/* What the last whole look through the database found (walk.c). */
struct kx_found_crossovers {
    uint64_t managed[2]; /* made by kxover; outgoing, incoming */
    uint64_t by_hand[2];
    uint64_t blocked[2];
    time_t earliest_end[2]; /* of those that live; 0: there is none */
    uint64_t due;           /* to be renewed by us */
};

struct kx_metrics {
    time_t started;
    uint64_t agreed[KX_SIDES];
    uint64_t failed[KX_SIDES][KX_MAX_CAUSES];
    uint64_t dns_failed[KX_MAX_CAUSES];
    struct kx_histogram exchange[KX_SIDES];
    struct kx_histogram phase[KX_SIDES][KX_PHASES];

    uint64_t connections;
    uint64_t connections_refused; /* too many */
    uint64_t connections_evicted; /* for newer ones */
    uint64_t connections_expired; /* too slow */
    uint64_t refused[KX_REFUSALS];
    uint64_t relayed;
    uint64_t relays_failed;
    uint64_t relayed_bytes[KX_WAYS];

    time_t settings_read; /* the last time that they were good */
    krb5_boolean settings_bad;

    uint64_t looks_failed;
    time_t looked;     /* when the last whole look ended; 0: there was none */
    int64_t look_took; /* microseconds */
    struct kx_found_crossovers crossovers;
};

/* A realm whose crossover could not be renewed at the last attempt. */
struct kx_failing {
    const char *realm;
    krb5_error_code code;
    unsigned int times; /* in a row */
    time_t till; /* the end of the key that there is; 0: there is none */
};

/* One of our identities. */
struct kx_identity_state {
    krb5_boolean loaded;
    time_t end; /* of its certificate */
};

/* What is so at this moment. */
struct kx_moment {
    const char *realm; /* ours */
    size_t connections, idle, max_connections;
    size_t relays_waiting;
    size_t max_peers;
    size_t n_failing; /* all of them */
    const struct kx_failing *failing;
    size_t n_listed; /* in failing, at most KX_MAX_FAILING */
    const struct kx_identity_state *identity;
    size_t n_identities;
};

/*
 * metrics.c
 */

/* Begin to count. */
void kx_metrics_begin(struct kx_metrics *metrics);

/* A kx_told_fn, whose arg is a struct kx_metrics.  Keys that we agreed on as
 * an initiator are not counted by it, as they are still to be stored. */
void kx_metrics_tell(void *arg, const struct kx_told *told);

/* A renewal has ended with code, after storing its key took so many
 * microseconds (-1: it did not come to that). */
void kx_metrics_renewed(struct kx_metrics *metrics, krb5_error_code code,
                        int64_t store);

/* Count usec in. */
void kx_histogram_add(struct kx_histogram *histogram, int64_t usec);

/* The place of code among KX_MAX_CAUSES. */
size_t kx_cause(krb5_error_code code);

/*
 * exposition.c
 */

/* Write all of it as text for Prometheus (exposition format 0.0.4).  Without
 * memory out has less than that. */
void kx_exposition(const struct kx_metrics *metrics,
                   const struct kx_moment *moment, struct evbuffer *out);

#endif /* KX_METRICS_H */
