/*
 * roots.h: our own roots (kxover_anchors), and how a root is named to others:
 * by its key identifier (RFC 5280 4.2.1.1 and 4.2.1.2).
 */
#ifndef KX_ROOTS_H
#define KX_ROOTS_H

#include <gnutls/x509.h>
#include "asn1/kx_asn1.h"

/* n roots, each with its key identifier and the AuthorityKeyIdentifier (DER)
 * that is told of it in accept-ca. */
struct kx_roots {
    gnutls_x509_crt_t certificate[KX_MAX_CAS];
    krb5_data id[KX_MAX_CAS];
    krb5_data ca[KX_MAX_CAS];
    unsigned int n; /* 0: none are configured */
};

/*
 * Load the certificates of the PEM files that specs (NULL-terminated, NULL for
 * none; each FILE:path) names into *out (kx_roots_free()).  Errors:
 * KX_ERR_ANCHOR with the path, ENOMEM.
 */
krb5_error_code kx_roots_load(krb5_context context, char *const *specs,
                              struct kx_roots **out);

void kx_roots_free(struct kx_roots *roots);

/*
 * The certificate's key identifier in *out (allocated): what it says itself
 * or, where it says nothing that is of use, the SHA-1 of its key (RFC 5280
 * 4.2.1.2 (1)).  Errors: KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_key_id(krb5_context context, gnutls_x509_crt_t certificate,
                          krb5_data *out);

/*
 * The key identifier in an AuthorityKeyIdentifier (DER), in *out (allocated);
 * empty if there is none.  Errors: ENOMEM.
 */
krb5_error_code kx_ca_key_id(const krb5_data *ca, krb5_data *out);

#endif /* KX_ROOTS_H */
