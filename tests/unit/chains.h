/*
 * chains.h: identities and certificate chains for tests, made as they are
 * wanted.
 */
#ifndef KX_TEST_CHAINS_H
#define KX_TEST_CHAINS_H

#include <gnutls/x509.h>
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_identity.h"

/* What a certificate of a test is like; zeros give a plain valid one. */
struct certificate_plan {
    gnutls_pk_algorithm_t algorithm; /* 0: Ed25519 */
    unsigned int bits;               /* 0: what the algorithm has */
    const char *name;                /* subject CN */
    krb5_boolean is_ca;
    const char *dns_name;
    const char *principal; /* PKINIT's name */
    const char *purpose;   /* extended key usage OID */
    unsigned int usage;    /* key usage, 0: none */
    time_t not_before;     /* 0: an hour ago */
    time_t not_after;      /* 0: in a day */
    const char *issued_as; /* the issuer's name in what it signs, not NULL:
                            * another one than its own */

    int version;           /* 0: 3; 1 has no extensions */
    int path_length;       /* 0: no bound, else one more than it */
    krb5_boolean no_basic; /* without basicConstraints */
    const char *permitted; /* name constraints: this domain alone, */
    const char *excluded;  /* or not this one */
    const char *critical;  /* OID of a critical extension */
    const char *names;     /* subjectAltName, DER in hexadecimal, in
                            * place of dns_name and principal */
    gnutls_digest_algorithm_t digest; /* of its signatures, 0: what fits */
};

/* RSA of more bits than this has no private key: making one takes minutes.
 * What it would sign is signed by another key. */
#define MAX_MADE_BITS 8192

/*
 * Make an identity of n certificates, the first plan's first: each signed by
 * the next, the last one by itself.  To be released with kx_identity_free().
 * Fails the test when it cannot be made.
 */
struct kx_identity *make_identity(const struct certificate_plan *plans,
                                  size_t n);

/* The one self-signed certificate with dNSName and purpose as kxover makes. */
struct kx_identity *make_plain_identity(const char *dns_name);

/* The TLSA record `usage 0 1` of certificate; data to be kx_data_free()d. */
struct kx_tlsa make_tlsa(unsigned int usage, const krb5_data *certificate);

#endif /* KX_TEST_CHAINS_H */
