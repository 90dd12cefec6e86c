/*
 * held.h: crossover keys that a KDC process holds in memory.
 *
 * A key that could not be written yet, because the database is locked or
 * read-only, and with kxover_store = memory every key.
 */
#ifndef KX_PLUGIN_HELD_H
#define KX_PLUGIN_HELD_H

#include "exchange/kx_crossover.h"

struct kx_held {
    struct kx_held *next;
    struct kx_crossover *crossover;
    struct kx_crossover *before; /* that this one replaced; NULL for none */
    krb5_boolean seen; /* the database had an entry of that name meanwhile */
    time_t retry; /* leave its writing until then, on the monotonic clock */
};

/*
 * Hold crossover (taken over) in the place of one of the same name.
 * Errors: ENOMEM (crossover is released).
 */
krb5_error_code kx_held_add(krb5_context context, struct kx_held **list,
                            struct kx_crossover *crossover);

/* The one of that name that is valid at time now, or NULL. */
struct kx_held *kx_held_find(krb5_context context, struct kx_held *list,
                             krb5_const_principal name, time_t now);

/* Release the crossover of that name, if it is held. */
void kx_held_remove(krb5_context context, struct kx_held **list,
                    krb5_const_principal name);

/* Release all that expired before now; all of them with now == 0. */
void kx_held_prune(krb5_context context, struct kx_held **list, time_t now);

#endif /* KX_PLUGIN_HELD_H */
