/*
 * kx_store.h: crossover keys into the database and out of it, for programs
 * that are not the KDC: kxoverd and kxover.
 *
 *   store.c     the database, through libkadm5srv
 *   orders.c    what the administrator orders of a crossover
 *   settle.c    what was stored stays, in a database without locks
 *   patience.c  not waiting for ever for its lock
 *
 * kxover.so has no part in it: a KDC is no place for libkadm5srv.  The
 * functions of store.c block, and patience.c bounds that.
 */
#ifndef KX_STORE_ROOM_H
#define KX_STORE_ROOM_H

#include <event2/event.h>
#include "base/kx_base.h"
#include "exchange/kx_exchange.h"
#include "exchange/renewal.h"

/*
 * store.c
 */

struct kx_kadm_store;
struct kx_settle;

/*
 * Open the database of realm for storing, through libkadm5srv, so that
 * incremental propagation and kadm5 hooks see each change.  context and settle
 * must outlive the store; context has its default realm set; settle may be
 * NULL where the database has locks, or where nobody stays to look after what
 * was stored.  kx_patience_init() was called.  Errors: libkadm5srv's.
 */
krb5_error_code kx_kadm_store_open(krb5_context context, const char *realm,
                                   struct kx_settle *settle,
                                   struct kx_kadm_store **out);
void kx_kadm_store_close(struct kx_kadm_store *kadm);

/* Let no more than so many realms have principals to come here: 0 is without
 * limit, as it is at first. */
void kx_kadm_store_limit(struct kx_kadm_store *kadm, size_t max_peers);

/* Set these string attributes (borrowed, kx_entry_set_attributes()) on each
 * new principal to come here. */
void kx_kadm_store_attributes(struct kx_kadm_store *kadm,
                              char *const *attributes);

/* The realms that have principals to come here are being counted, and then,
 * were counted.  In between and after it, new ones count by themselves. */
void kx_kadm_store_counting(struct kx_kadm_store *kadm);
void kx_kadm_store_counted(struct kx_kadm_store *kadm, size_t peers);

/*
 * The responder's view of it: arg is the struct kx_kadm_store.  A crossover
 * that is blocked is refused with KX_ERR_BLOCKED; kx_kadm_store_permits() does
 * so at once or not at all.
 */
krb5_error_code kx_kadm_store_permits(void *arg, krb5_const_principal name);
krb5_error_code kx_kadm_store_versions(void *arg, krb5_const_principal name,
                                       krb5_boolean adopt, uint32_t **kvnos,
                                       size_t *n);
krb5_error_code kx_kadm_store_earlier(void *arg, krb5_const_principal name,
                                      krb5_boolean adopt,
                                      struct kx_earlier *earlier);
krb5_error_code kx_kadm_store_put(void *arg,
                                  const struct kx_crossover *crossover);

/* What became of a version that was stored. */
enum kx_settled {
    KX_SETTLED_THERE,  /* it is as it was stored */
    KX_SETTLED_MENDED, /* it was lost, and is stored again */
    KX_SETTLED_GONE    /* it is not, and is not to be */
};

/*
 * See in *settled what became of crossover, which was stored, and store it
 * again if another writer overwrote it.  What an administrator did to it is
 * left alone.  What is found and done is logged.  Errors: the database's
 * (nothing is known then).
 */
krb5_error_code kx_kadm_store_mend(struct kx_kadm_store *kadm,
                                   const struct kx_logger *logger,
                                   const struct kx_crossover *crossover,
                                   enum kx_settled *settled);

/*
 * Give what the database has of the crossover name: its life (all zero where
 * there is none), and whether it was keyed by hand.  Errors: KX_ERR_METADATA
 * (its marks are damaged), KX_ERR_STORE, ENOMEM.
 */
krb5_error_code kx_kadm_store_life(struct kx_kadm_store *kadm,
                                   krb5_const_principal name,
                                   struct kx_life *life,
                                   krb5_boolean *by_hand);

/*
 * Delete the principal name if its entry is over (kx_entry_is_over()) at time
 * now; *deleted tells.  Errors: KX_ERR_STORE, libkadm5srv's, ENOMEM.
 */
krb5_error_code kx_kadm_store_prune(struct kx_kadm_store *kadm,
                                    krb5_principal name, time_t now,
                                    krb5_boolean *deleted);

/*
 * orders.c: what the administrator orders of a crossover.  Each function is
 * for one principal; who orders of both directions calls it twice.  Errors of
 * all of them: KRB5_KDB_CANTLOCK_DB (we may not write), KX_ERR_STORE,
 * KX_ERR_METADATA, libkadm5srv's, ENOMEM, with a message that has the
 * principal's name.
 */

/* What came of an order. */
enum kx_ordered {
    KX_ORDERED,         /* it is done */
    KX_ORDERED_ALREADY, /* it was so before */
    KX_ORDERED_NOTHING, /* there is nothing that it could be done to */
    KX_ORDERED_BY_HAND  /* it is the administrator's, and left as it is */
};

/* Block the crossover name: let no tickets be had or taken under it.  Where
 * there is no such principal it is made, without keys. */
krb5_error_code kx_kadm_store_block(struct kx_kadm_store *kadm,
                                    krb5_principal name, time_t now,
                                    enum kx_ordered *ordered);

/* Undo what kx_kadm_store_block() did.  What somebody blocked by the flag
 * alone (kadmin) is KX_ORDERED_BY_HAND. */
krb5_error_code kx_kadm_store_allow(struct kx_kadm_store *kadm,
                                    krb5_principal name,
                                    enum kx_ordered *ordered);

/* Have the outgoing crossover name renewed whether it is used or not.  Where
 * there is no such principal it is made, without keys.  One that was keyed by
 * hand is KX_ORDERED_BY_HAND. */
krb5_error_code kx_kadm_store_keep(struct kx_kadm_store *kadm,
                                   krb5_principal name, time_t now,
                                   enum kx_ordered *ordered);

/* Undo what kx_kadm_store_keep() did. */
krb5_error_code kx_kadm_store_drop(struct kx_kadm_store *kadm,
                                   krb5_principal name,
                                   enum kx_ordered *ordered);

/*
 * Delete the crossover name if its keys are kxover's; with only_expired, if
 * all of them have ended before now, too, and it is not kept (else it is
 * KX_ORDERED_NOTHING).  One that is blocked stays so, without keys.
 */
krb5_error_code kx_kadm_store_purge(struct kx_kadm_store *kadm,
                                    krb5_principal name,
                                    krb5_boolean only_expired, time_t now,
                                    enum kx_ordered *ordered);

/*
 * settle.c
 */

/* Errors: ENOMEM, krb5_init_context()'s. */
krb5_error_code kx_settle_new(struct event_base *base,
                              const struct kx_logger *logger,
                              struct kx_settle **out);
void kx_settle_free(struct kx_settle *settle);

/* Forget all that is looked after. */
void kx_settle_clear(struct kx_settle *settle);

/* Where to look from now on; NULL: nowhere, and all is forgotten in time. */
void kx_settle_set_store(struct kx_settle *settle, struct kx_kadm_store *kadm);

/* Look after crossover (copied), which was stored just now. */
void kx_settle_watch(struct kx_settle *settle,
                     const struct kx_crossover *crossover);

/*
 * patience.c
 */

/* To be called at start, before any thread is. */
void kx_patience_init(void);

/*
 * From one to the other, waiting for a lock ends with EINTR when it takes that
 * many milliseconds, or soon when the last wait was in vain.  ret is what the
 * waiting came to; given back is the same, or for EINTR KX_ERR_STORE with a
 * message.
 */
void kx_patience_begins(int milliseconds);
krb5_error_code kx_patience_ends(krb5_context context, krb5_error_code ret);

#endif /* KX_STORE_ROOM_H */
