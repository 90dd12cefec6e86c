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

#endif /* KX_ENTRY_H */
