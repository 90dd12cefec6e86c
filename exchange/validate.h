/*
 * validate.h: the six checks of a peer's offer (docs/how-it-works.md),
 * cheapest first.  Each has its own errors; a caller stops at the first.
 *
 * None of these looks anything up: the records of check 4 are given in.
 */
#ifndef KX_VALIDATE_H
#define KX_VALIDATE_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include "asn1/kx_asn1.h"
#include "dnssec/kx_dnssec.h"
#include "exchange/course.h"
#include "exchange/kx_settings.h"

/* A chain of certificates that were read; n is 0 when empty. */
struct kx_chain {
    const krb5_data *der; /* what they were read from, borrowed */
    gnutls_x509_crt_t certificate[KX_MAX_CHAIN];
    gnutls_pubkey_t key[KX_MAX_CHAIN];
    struct kx_certificate parts[KX_MAX_CHAIN];
    unsigned int n;
};

/*
 * Read n certificates into *chain (kx_chain_clear(), empty on failure), which
 * borrows der.  Errors: KX_ERR_CHAIN (also for none, or more than
 * KX_MAX_CHAIN), ENOMEM.
 */
krb5_error_code kx_chain_read(krb5_context context, const krb5_data *der,
                              size_t n, struct kx_chain *chain);
void kx_chain_clear(struct kx_chain *chain);

/*
 * Load the certificates of the PEM file at path, which is the administrator's
 * own, into *list (allocated, gnutls_free(), each gnutls_x509_crt_deinit()).
 * Errors: KX_ERR_ANCHOR with the path, ENOMEM.
 */
krb5_error_code kx_certificates_load(krb5_context context, const char *path,
                                     gnutls_x509_crt_t **list,
                                     unsigned int *n);

struct kx_crls; /* exchange/revocation.h */

/* Whom a chain is to stand for, and by what that is judged. */
struct kx_claim {
    const krb5_data *realm;     /* the peer's realm */
    const char *host;           /* its server, target of an SRV record */
    const struct kx_tlsa *tlsa; /* that server's records, in any order */
    size_t n_tlsa;
    const gnutls_x509_crt_t *anchors; /* our roots */
    unsigned int n_anchors;           /* 0: none are configured */
    const struct kx_crls *crls;       /* revoked certificates; may be NULL */
    time_t now;                       /* when certificates must be valid */
    struct kx_course *course; /* gets KX_STEP_DANE and KX_STEP_ROOTS; may be
                               * NULL */
};

/*
 * Check 1 for a request: kxname is krbtgt/LOCAL@REMOTE, REMOTE a realm that
 * the settings permit, the time within the clock skew, the lifetime at least
 * kxover_lifetime_min, the key version at most KX_MAX_KVNO, an encryption
 * type, a signature algorithm and no unknown critical extension in it, and
 * prior keys that can be read.  *remote (also on failure, where there is a
 * name) borrows the peer's realm from offer. The group is judged later
 * (kx_group_of_public()), so that only a peer who proved who it is learns
 * which groups would do. Errors: KX_ERR_POLICY_..., KX_ERR_REALM_NAME.
 */
krb5_error_code kx_check_request(krb5_context context,
                                 const struct kx_settings *settings,
                                 time_t now, const struct kx_offer *offer,
                                 krb5_data *remote);

/*
 * Check 1 for a reply to our request: the same kxname and nonce (else
 * KX_ERR_NOT_OURS), time, lifetime not over ours, a key version that is
 * not the one we told we hold, the group that we offered, encryption types,
 * extensions as above, and no prior key that our request does not name
 * (KX_ERR_PRIOR).
 */
krb5_error_code kx_check_reply(krb5_context context,
                               const struct kx_settings *settings, time_t now,
                               const struct kx_offer *request,
                               const struct kx_offer *reply);

/*
 * The encryption types of both offers, in the request's order of preference,
 * without repetitions: *etypes (allocated, free()), *n at least 1.
 * Errors: KX_ERR_POLICY_ETYPE, ENOMEM.
 */
krb5_error_code kx_common_etypes(krb5_context context,
                                 const struct kx_tbsdata *request,
                                 const struct kx_tbsdata *reply,
                                 krb5_enctype **etypes, size_t *n);

/*
 * Check 2: each certificate is named and signed by the next and the last one
 * by itself, none is there twice, all are signed with what an offer may be
 * signed with, and so can the first one's key sign.  Dates, CA flags and
 * constraints are check 5's.  Errors: KX_ERR_CHAIN; for the first one's key
 * KX_ERR_POLICY_SIGALG, KX_ERR_POLICY_KEY_SIZE; ENOMEM.
 */
krb5_error_code kx_check_chain(krb5_context context,
                               const struct kx_chain *chain);

/*
 * The half of check 2 that verifies no signature: the names, repetitions, and
 * what each certificate is signed with.  Errors: as above.
 */
krb5_error_code kx_check_order(krb5_context context,
                               const struct kx_chain *chain);

/*
 * Check 3: the signature is over the KX-TBSDATA as received and by the key of
 * the first certificate of the offer's chain.  Errors: those of kx_verify().
 */
krb5_error_code kx_check_signature(krb5_context context,
                                   const struct kx_offer *offer,
                                   const struct kx_chain *chain);

/*
 * Checks 2 and 3 of a stranger's offer, cheapest first: the order of its
 * chain, then its own signature, which costs one verification, and only if
 * that holds the signatures of the chain.  course, which may be NULL, gets
 * KX_STEP_CHAIN and KX_STEP_SIGNATURE.  Errors: those of both.
 */
krb5_error_code kx_check_signed_offer(krb5_context context,
                                      struct kx_course *course,
                                      const struct kx_offer *offer,
                                      const struct kx_chain *chain);

/*
 * Checks 5 and 6 of a chain that passed check 2: all that there is to judge
 * once the records are known, here for both sides of an exchange and for
 * `kxover verify`.  *matched points to the record that the chain is believed
 * by.  Errors: those of both checks.  KX_ERR_ANCHOR means that all of check 5
 * is passed but for the root.
 */
krb5_error_code kx_judge_peer(krb5_context context,
                              const struct kx_chain *chain,
                              const struct kx_claim *claim,
                              const struct kx_tlsa **matched);

/*
 * Check 5: one of the TLSA records fits the chain (RFC 6698 2.1, RFC 7671 5).
 * Usages 0 and 1 count only with anchors, and then demand check 6.  *matched
 * points to that record.  Errors: KX_ERR_TLSA_UNUSABLE, KX_ERR_TLSA_MISMATCH,
 * or for a record that matches but does not suffice KX_ERR_CERT_PATH,
 * KX_ERR_CERT_NAME, KX_ERR_CERT_PURPOSE, KX_ERR_ANCHOR; ENOMEM.
 */
krb5_error_code kx_check_tlsa(krb5_context context,
                              const struct kx_chain *chain,
                              const struct kx_claim *claim,
                              const struct kx_tlsa **matched);

/*
 * The certificates from the first to number root (from 0) are a valid path
 * (RFC 5280 6) whose root of trust is that one, and all are within their dates
 * at time now.  Errors: KX_ERR_CERT_PATH, ENOMEM.
 */
krb5_error_code kx_check_path(krb5_context context,
                              const struct kx_chain *chain, unsigned int root,
                              time_t now);

/*
 * The certificate names the realm, as dNSName or in PKINIT's way (RFC 4556
 * 3.2.4), or host.  Errors: KX_ERR_CERT_NAME, ENOMEM.
 */
krb5_error_code kx_check_names(krb5_context context,
                               gnutls_x509_crt_t certificate,
                               const krb5_data *realm, const char *host);

/*
 * The certificate may be a KDC's: extended key usage, where there is one, has
 * id-pkinit-KPKdc, and key usage, where there is one, digitalSignature.
 * Errors: KX_ERR_CERT_PURPOSE.
 */
krb5_error_code kx_check_purpose(krb5_context context,
                                 gnutls_x509_crt_t certificate);

/*
 * Check 6: with anchors (n_anchors over 0), the chain's last certificate is
 * one of them.  Errors: KX_ERR_ANCHOR.
 */
krb5_error_code kx_check_anchors(krb5_context context,
                                 const struct kx_chain *chain,
                                 const gnutls_x509_crt_t *anchors,
                                 unsigned int n_anchors);

/*
 * Check 6, too: with claim's lists, no certificate of the chain, which passed
 * check 2, is in a list of its issuer's.  What the usage of a TLSA record
 * leaves out does not leave out this.  Errors: KX_ERR_REVOKED, KX_ERR_CRL (a
 * list of the issuer's name is not signed by it).
 */
krb5_error_code kx_check_revoked(krb5_context context,
                                 const struct kx_chain *chain,
                                 const struct kx_claim *claim);

#endif /* KX_VALIDATE_H */
