/*
 * prior.h: which keys of before go into a new one, and how.
 */
#ifndef KX_PRIOR_H
#define KX_PRIOR_H

#include "asn1/kx_asn1.h"
#include "exchange/kx_crossover.h"

/* Some names of prior keys, in their order. */
struct kx_prior_names {
    struct kx_prior_name *names; /* free() */
    size_t n;
};

/*
 * Name the keys of earlier for a request whose key-exchange is public: the
 * first KX_MAX_PRIOR_KEYS of them that can be mixed in.  Errors:
 * KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_prior_name_all(krb5_context context,
                                  const struct kx_earlier *earlier,
                                  const krb5_data *public,
                                  struct kx_prior_names *out);

/*
 * Name in *out those of asked, which a request with key-exchange public names,
 * that earlier has, too, as the same key.  Errors: KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_prior_name_common(krb5_context context,
                                     const struct kx_earlier *earlier,
                                     const krb5_data *public,
                                     const struct kx_prior_names *asked,
                                     struct kx_prior_names *out);

/* Add the extension with names to tbs, which has none so far; without names
 * there is none.  Errors: KX_ERR_ENCODE, ENOMEM. */
krb5_error_code kx_prior_put(krb5_context context,
                             const struct kx_prior_names *names,
                             struct kx_tbsdata *tbs);

/*
 * Read the names in the extension of tbs into *out, none where there is no
 * such extension.  Errors: those of decoding, KX_ERR_DECODE also for an
 * extension that is there twice; ENOMEM.
 */
krb5_error_code kx_prior_get(krb5_context context,
                             const struct kx_tbsdata *tbs,
                             struct kx_prior_names *out);

/*
 * Check that the reply names no key but those that the request does, with its
 * checks.  Errors: KX_ERR_PRIOR, those of kx_prior_get().
 */
krb5_error_code kx_prior_check_reply(krb5_context context,
                                     const struct kx_tbsdata *request,
                                     const struct kx_tbsdata *reply);

/* The values of prior keys, as they enter a derivation. */
struct kx_prior_values {
    struct kx_prior_key *keys;
    size_t n;
    unsigned int chain; /* of the newest key among them, 0 without any */
};

/*
 * Take the keys of earlier that names names and make the values of them that
 * enter the exchange with that transcript, in *out (kx_prior_values_clear()).
 * Errors: KX_ERR_PRIOR (earlier does not have one), KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_prior_values(krb5_context context,
                                const struct kx_earlier *earlier,
                                const struct kx_prior_names *names,
                                const unsigned char *transcript,
                                struct kx_prior_values *out);

/* Wipe and release what values holds. */
void kx_prior_values_clear(struct kx_prior_values *values);

#endif /* KX_PRIOR_H */
