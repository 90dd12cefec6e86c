/*
 * walk.h: looking through the whole database, in a process of its own.
 */
#ifndef KX_WALK_H
#define KX_WALK_H

#include <stdio.h>
#include <event2/event.h>
#include "base/kx_base.h"
#include "daemon/metrics.h"

struct kx_walk;

/* The most entries that one walk gives for removal; the next has the rest. */
#define KX_WALK_OVER_MAX 1000

/* What a walk finds. */
struct kx_walked {
    /* An outgoing crossover with realm is due for renewal, and among the
     * `keep` that were used last. */
    void (*due)(void *arg, const char *realm);
    /* So many realms have a crossover to come here that kxover made. */
    void (*peers)(void *arg, size_t n);
    /* The entry of principal is over (kx_entry_is_over()). */
    void (*over)(void *arg, const char *principal);
    /* What the database has.  Called only if the walk is whole. */
    void (*held)(void *arg, const struct kx_found_crossovers *found);
    /* The walk is over; it is to be released.  Called last.  failure tells in
     * words why it is not whole; NULL: it is. */
    void (*done)(void *arg, const char *failure);
};

/*
 * Begin a walk through the database of realm, by program, which is kxoverd.
 * found is called from base, with arg.  Errors: errno's, ENOMEM.
 */
krb5_error_code kx_walk_start(struct event_base *base, const char *program,
                              const char *realm, size_t keep,
                              const struct kx_walked *found, void *arg,
                              struct kx_walk **out);

/* Release the walk, over or not; nothing more is called.  walk may be NULL. */
void kx_walk_free(struct kx_walk *walk);

/* The child's part: walk through the database of realm (NULL: the default
 * realm), and tell out. */
void kx_walk_look(const char *realm, size_t keep, FILE *out);

#endif /* KX_WALK_H */
