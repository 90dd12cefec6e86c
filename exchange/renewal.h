/*
 * renewal.h: when a crossover is to be renewed, and when it is over.
 */
#ifndef KX_RENEWAL_H
#define KX_RENEWAL_H

#include "exchange/kx_crossover.h"

/* The string attribute that tells when an outgoing crossover was used. */
#define KX_USED_NAME "kxover_used"

/*
 * When a key established and ending at these times is due for renewal: when a
 * third of its life is left.  Whoever issues tickets under it and whoever
 * keeps it renewed both go by this.
 */
time_t kx_renewal_begins(time_t established, time_t till);

/* What there is to know of an entry that may have to be renewed. */
struct kx_life {
    krb5_boolean blocked; /* kx_entry_is_blocked() */
    krb5_boolean kept;    /* it is to be renewed whether used or not */
    krb5_boolean ours;    /* it has marked versions; else all that follows but
                           * the next three is zero */
    krb5_boolean damaged; /* its marks are, or do not fit its keys: the context
                           * has the message of KX_ERR_METADATA */
    krb5_boolean by_hand; /* it has keys, and kxover has nothing to do with
                           * them */
    uint32_t latest;      /* kx_entry_latest() */
    time_t established;   /* of the version established last */
    time_t till;          /* its end */
    time_t last_till;     /* the latest end of any version */
    time_t used;          /* when it was noted as used; 0 if never */
};

/*
 * Read the life of entry.  One whose marks cannot be read is not ours.
 * Errors: libkdb5's, ENOMEM.
 */
krb5_error_code kx_life_read(krb5_context context, krb5_db_entry *entry,
                             struct kx_life *life);

/*
 * True if the use of the crossover now is worth noting: it is not noted for
 * this key yet, or that was over a quarter of the key's life ago.  So a key's
 * life sees a few notes at the most.
 */
krb5_boolean kx_use_is_news(const struct kx_life *life, time_t now);

/* Note in entry that the crossover is used now.  Errors: libkdb5's, ENOMEM. */
krb5_error_code kx_use_note(krb5_context context, krb5_db_entry *entry,
                            time_t now);

/*
 * *over tells whether nothing would be lost with entry: kxover made it, all
 * its versions expired more than KX_RECENT before now, it is not kept, and
 * nothing in it was set by hand (attributes, limits, other string attributes,
 * keys without a mark).  Errors: libkdb5's, ENOMEM.
 */
krb5_error_code kx_entry_is_over(krb5_context context, krb5_db_entry *entry,
                                 time_t now, krb5_boolean *over);

#endif /* KX_RENEWAL_H */
