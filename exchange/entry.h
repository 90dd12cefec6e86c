/*
 * entry.h: the parts that an entry of the database is made of; for entry.c.
 */
#ifndef KX_ENTRY_H
#define KX_ENTRY_H

#include "exchange/kx_crossover.h"

/*
 * The master key that context's open database encrypts with now, in *mkey
 * (krb5_free_keyblock_contents()), and its version in *mkvno.  Errors:
 * libkdb5's, ENOMEM.
 */
krb5_error_code kx_master_key(krb5_context context, krb5_kvno *mkvno,
                              krb5_keyblock *mkey);

/*
 * Make an entry for name without keys in *out (krb5_db_free_principal()).
 * Errors: ENOMEM.
 */
krb5_error_code kx_entry_new(krb5_context context, krb5_const_principal name,
                             krb5_db_entry **out);

/*
 * Copy old in *out (krb5_db_free_principal()).  What a module keeps in e_data
 * for itself (e_length 0) is left out, as kdb.h has it.  Errors: ENOMEM.
 */
krb5_error_code kx_entry_copy(krb5_context context, const krb5_db_entry *old,
                              krb5_db_entry **out);

/*
 * Bring all keys of entry under the master key mkey; those that are stay as
 * they are.  Errors: libkdb5's (a key cannot be decrypted), ENOMEM.
 */
krb5_error_code kx_entry_rewrap(krb5_context context, krb5_db_entry *entry,
                                const krb5_keyblock *mkey);

/*
 * Append key as version kvno to entry's keys.  Errors: KX_ERR_STORE (no room),
 * libkdb5's, ENOMEM.
 */
krb5_error_code kx_entry_add_key(krb5_context context, krb5_db_entry *entry,
                                 const krb5_keyblock *mkey,
                                 const krb5_keyblock *key, uint32_t kvno);

/* The highest life that a krb5_deltat can say. */
#define KX_MAX_LIFE INT32_MAX

/* Time t, which is in krb5's range, as krb5 has it. */
krb5_timestamp kx_to_timestamp(time_t t);

/* A krb5_timestamp as a time. */
time_t kx_to_time(krb5_timestamp stamp);

/* Seconds as a ticket life: at least 1 (0 would mean without limit). */
krb5_deltat kx_to_life(time_t seconds);

/* True if entry has a key of version kvno. */
krb5_boolean kx_entry_has_version(const krb5_db_entry *entry, uint32_t kvno);

/* Release key data n of entry; those after it move up. */
void kx_entry_remove_key(krb5_context context, krb5_db_entry *entry, int n);

/*
 * Drop from entry what has no more use: versions that expired more than
 * KX_RECENT before now, and as many further expired ones as make place for one
 * to come.  marks are all of entry's, newest first, and *n_left is how many of
 * them are left; the others are set aside, behind those.  Errors: as of
 * kx_entry_drop_expired().
 */
krb5_error_code kx_entry_drop_old(krb5_context context, krb5_db_entry *entry,
                                  struct kx_mark *marks, size_t *n_left,
                                  time_t now);

/*
 * Drop from entry the version of the *n_left marks that expired first, and set
 * its mark aside.  Errors: KX_ERR_VERSIONS (all of them live at time now),
 * KX_ERR_METADATA, libkdb5's, ENOMEM.
 */
krb5_error_code kx_entry_drop_expired(krb5_context context,
                                      krb5_db_entry *entry,
                                      struct kx_mark *marks, size_t *n_left,
                                      time_t now);

/*
 * adopted.c: versions keyed by hand, of an entry that kxover took over.
 */

/*
 * See that those among n string attributes can be read.  Errors:
 * KX_ERR_METADATA, with the attribute.
 */
krb5_error_code kx_adopted_check(krb5_context context,
                                 const krb5_string_attr *strings, size_t n);

/*
 * Take over at time now the versions of entry that are in none of the marks,
 * which are all that entry has.  Errors: those of kx_adopted_read().
 */
krb5_error_code kx_adopt_versions(krb5_context context, krb5_db_entry *entry,
                                  const struct kx_mark *marks, size_t n_marks,
                                  time_t now);

/*
 * Drop from entry the adopted versions that ended more than KX_RECENT before
 * now.  Errors as above.
 */
krb5_error_code kx_adopted_drop_old(krb5_context context, krb5_db_entry *entry,
                                    const struct kx_mark *marks,
                                    size_t n_marks, time_t now);

/* The limits that an entry's marked versions give it. */
struct kx_limits_of_entry {
    time_t expiration; /* the latest end; 0 without versions */
    krb5_deltat life;  /* the longest life of a version */
};

/* Find them in *limits.  Errors: KX_ERR_METADATA, libkdb5's, ENOMEM. */
krb5_error_code kx_entry_limits(krb5_context context, krb5_db_entry *entry,
                                struct kx_limits_of_entry *limits);

#endif /* KX_ENTRY_H */
