/*
 * world.h: many realms in one process, on a clock of their own.
 *
 * What decides is the product: kxoverd's renewals (daemon/renewals.c, walk.c,
 * attempts.c), the KDC's (plugin/outgoing.c, writer.c), the entries
 * (exchange/, store/), what is asked of DNS (exchange/peer.c).  What stands in
 * for others, by the linker's --wrap:
 *
 *   world.c      the clock and libevent: nothing happens between events, so
 *                that is passed over
 *   databases.c  libkdb5 and libkadm5srv: each realm's principals in memory
 *   meetings.c   the peer's answer, DNS and its cache: nothing is computed and
 *                nothing sent, but a key is agreed on, stored by both, counted
 *
 * One realm acts at a time: it is the one whose database is open, and whose
 * default realm the only krb5_context has.
 */
#ifndef KX_BENCH_WORLD_H
#define KX_BENCH_WORLD_H

#include "daemon/kxoverd.h"
#include "exchange/engine.h"
#include "exchange/failures.h"
#include "exchange/given.h"
#include "plugin/outgoing.h"
#include "store/store.h"

#define SECOND INT64_C(1000000) /* of the world's clock */
#define MINUTE (60 * SECOND)
#define DAY (KX_DAY * SECOND)

/* Who asks DNS in a realm; each has a cache. */
enum process { KDC, KXOVERD, PROCESSES };

/* What is asked for a peer.  An address is two questions. */
enum question { SRV, TLSA, ADDRESS, QUESTIONS };

/* How many exchanges there are in a second, a minute, a day: at the most. */
enum span { IN_A_SECOND, IN_A_MINUTE, IN_A_DAY, SPANS };
struct pulse {
    int64_t present[SPANS]; /* the second, the minute, the day */
    unsigned int now[SPANS], most[SPANS];
};

/* What is counted of a realm, from the beginning or world_count_anew() on. */
struct counts {
    uint64_t requests;  /* of users for a ticket to another realm */
    uint64_t begun;     /* exchanges that the realm was the initiator of */
    uint64_t for_users; /* of these, with a user waiting */
    uint64_t answered;  /* and the responder of */
    uint64_t failed;
    uint64_t questions; /* to libunbound */
    uint64_t uncached;  /* those that its cache does not answer */
    struct pulse pulse;
};

/* A principal in a realm's database. */
struct slot {
    krb5_db_entry *entry;
    struct kx_life life; /* what kx_life_read() says of it */
    struct realm *peer;
    enum kx_direction direction;
    size_t place; /* in the realm's list of slots */
};

struct realm {
    unsigned int number;
    char name[24];
    char host[32];
    struct kx_settings settings;
    struct kx_kadm_store kadm;
    struct kx_service service;
    struct kx_steady steady;
    struct kx_metrics metrics;
    struct kx_renewals *renewals;
    struct kx_intercept intercept;
    struct kx_failures *failures;
    struct kx_given *given;
    struct kx_engine engine[PROCESSES];
    struct slot **slots; /* all of them */
    size_t n_slots, room;
    struct slot **by_peer[2];                /* outgoing, incoming */
    int64_t (*cached)[PROCESSES][QUESTIONS]; /* till when, by peer */
    krb5_boolean joined;                     /* it runs kxover */
    krb5_boolean silent;                     /* nobody answers there */
    struct counts counts;
};

struct world {
    krb5_context context;
    int64_t now; /* microseconds since 1970 */
    struct realm *realms;
    unsigned int n;
    struct realm *acting;
    krb5_boolean look_at_all; /* a walk gets each principal, not only those of
                               * which it might have something to say */
    int64_t dns_ttl;
    struct pulse pulse; /* of all realms together */
};
extern struct world world;

/* Make n realms that have not met, at this second; kxoverd is not started. */
void world_open(unsigned int n, time_t now, unsigned int seed);
void world_close(void);

/* Forget what was counted. */
void world_count_anew(void);

/* Call happen(arg) as realm at a time of the world's clock. */
void world_plan(struct realm *realm, int64_t at, void (*happen)(void *arg),
                void *arg);

/* Let time pass. */
void world_run(int64_t until);

/* Go on as this realm. */
void world_act(struct realm *realm);

/* A number from 0 on, below bound, of a row that depends on the seed only. */
double world_chance(double bound);

/* Count one more exchange now. */
void pulse_beat(struct pulse *pulse);

/* End the program if code is not 0. */
void must_not_fail(krb5_error_code code, const char *what);

/* The realm of that name. */
struct realm *realm_named(const krb5_data *name);

/* Start kxoverd in a realm, with which it has joined; one that runs is ended.
 */
void realm_start_kxoverd(struct realm *realm);

/* A user of realm asks its KDC for a ticket to peer; tries again until there
 * is one. */
void realm_ask(struct realm *realm, struct realm *peer);

/* databases.c */

void databases_open(void);
void databases_close(void);

/* The principal of acting's database, or NULL. */
struct slot *database_find(krb5_const_principal name);

/* meetings.c */

struct kx_exchanges *meetings_exchanges(struct realm *realm);

#endif /* KX_BENCH_WORLD_H */
