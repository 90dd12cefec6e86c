/*
 * store.h: what the files that write into the database share.
 */
#ifndef KX_STORE_STORE_H
#define KX_STORE_STORE_H

#include "store/kx_store.h"

struct kx_kadm_store {
    krb5_context context;
    void *handle; /* libkadm5srv's */
    struct kx_settle *settle;
    char *realm;
    char *const *attributes; /* for new incoming crossovers; may be NULL */
    size_t max_peers;        /* 0: there is no limit */
    size_t peers; /* realms with keys to come here, as last counted and
                   * made since */
    size_t made;  /* of these, since the present counting began */
};

/*
 * Put the principal's name before the message of code.  An error that is not
 * ours becomes KX_ERR_STORE.
 */
krb5_error_code kx_store_explain(struct kx_kadm_store *kadm,
                                 krb5_const_principal name,
                                 krb5_error_code code);

/* Give the entry of name in *out (krb5_db_free_principal()), NULL when there
 * is none. */
krb5_error_code kx_store_fetch(struct kx_kadm_store *kadm,
                               krb5_const_principal name, krb5_db_entry **out);

/* The same, with our patience for somebody else's lock. */
krb5_error_code kx_store_fetch_patiently(struct kx_kadm_store *kadm,
                                         krb5_const_principal name,
                                         krb5_db_entry **out);

/* Lock the database for writing (kadm5_unlock()); *locked is false where its
 * module has no locks. */
krb5_error_code kx_store_lock(struct kx_kadm_store *kadm,
                              krb5_boolean *locked);

#endif /* KX_STORE_STORE_H */
