/*
 * check_tlsa.c: check 5, a TLSA record fits the peer's chain.
 *
 * Of several records one that fits is enough, so that an administrator can
 * publish the next certificate's record beside the present one's.  What a
 * match is worth depends on the record's usage (RFC 6698 2.1.1, RFC 7671 5):
 *
 *   3  the first certificate is the one; nothing else in it counts
 *   2  a further certificate is the root of trust for the ones before it
 *   1  the first certificate is the one, and also has a path to our roots
 *   0  a further certificate is on the path to our roots
 *
 * For 2, 1 and 0 the path, dates, CA flags and constraints are GnuTLS's to
 * judge, and the first certificate must name the realm or its server and be
 * meant for a KDC.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <gnutls/x509.h>
#include "exchange/validate.h"

#define OID_KPKDC "1.3.6.1.5.2.3.5" /* id-pkinit-KPKdc, RFC 4556 3.2.4 */
#define OID_ANY_PURPOSE "2.5.29.37.0"

/* More alternative names than this and a certificate is not read on. */
#define MAX_NAMES 64
#define MAX_PURPOSES 32

/*
 * The first n certificates of chain have a path to one of roots.
 * Errors: KX_ERR_CERT_PATH with GnuTLS's words, ENOMEM.
 */
static krb5_error_code
check_path(krb5_context context, const struct kx_chain *chain, unsigned int n,
           const gnutls_x509_crt_t *roots, unsigned int n_roots)
{
    krb5_error_code ret = 0;
    gnutls_x509_trust_list_t trust = NULL;
    gnutls_x509_crt_t path[KX_MAX_CHAIN];
    gnutls_datum_t words = {NULL, 0};
    unsigned int verdict = 0;
    int status;

    memcpy(path, chain->certificate, n * sizeof(*path));
    if (gnutls_x509_trust_list_init(&trust, 0) < 0)
        return ENOMEM;
    if (gnutls_x509_trust_list_add_cas(trust, roots, n_roots, 0) !=
        (int)n_roots) {
        ret = ENOMEM;
        goto cleanup;
    }
    status = gnutls_x509_trust_list_verify_crt2(trust, path, n, NULL, 0, 0,
                                                &verdict, NULL);
    if (status < 0) {
        ret = kx_error(context, KX_ERR_CERT_PATH,
                       "certificate path cannot be verified: %s",
                       gnutls_strerror(status));
    } else if (verdict != 0) {
        (void)gnutls_certificate_verification_status_print(
            verdict, GNUTLS_CRT_X509, &words, 0);
        ret = kx_error(context, KX_ERR_CERT_PATH,
                       "certificate path does not validate: %s",
                       words.data != NULL ? (const char *)words.data : "");
    }

cleanup:
    gnutls_free(words.data);
    /* The roots are the caller's: the list is released without them. */
    gnutls_x509_trust_list_deinit(trust, 0);
    return ret;
}

/*
 * The certificate names the realm (as dNSName or in PKINIT's way, RFC 4556
 * 3.2.4) or host.  Errors: KX_ERR_CERT_NAME, ENOMEM.
 */
static krb5_error_code
check_names(krb5_context context, gnutls_x509_crt_t crt,
            const krb5_data *realm, const char *host)
{
    krb5_error_code ret;
    char realm_host[KX_MAX_DNS_NAME], dns_name[KX_MAX_DNS_NAME];
    char principal[2 * KX_MAX_DNS_NAME + sizeof("krbtgt/@")];
    char name[1024];
    size_t size;
    unsigned int seq;
    int type;

    ret = kx_realm_to_dns(context, realm, realm_host);
    if (ret)
        return ret;
    (void)snprintf(principal, sizeof(principal), "krbtgt/%.*s@%.*s",
                   (int)realm->length, realm->data, (int)realm->length,
                   realm->data);
    for (seq = 0; seq < MAX_NAMES; seq++) {
        size = sizeof(name);
        type = gnutls_x509_crt_get_subject_alt_name2(crt, seq, name, &size,
                                                     NULL, NULL);
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (type == GNUTLS_SAN_DNSNAME && size < sizeof(dns_name)) {
            memcpy(dns_name, name, size);
            dns_name[size] = '\0';
            if (strlen(dns_name) == size &&
                (strcasecmp(dns_name, realm_host) == 0 ||
                 strcasecmp(dns_name, host) == 0))
                return 0;
        } else if (type == GNUTLS_SAN_OTHERNAME_KRB5PRINCIPAL &&
                   size == strlen(principal) &&
                   memcmp(name, principal, size) == 0) {
            return 0;
        }
    }
    return kx_error(context, KX_ERR_CERT_NAME,
                    "certificate names neither %s nor %s nor %s", realm_host,
                    host, principal);
}

/*
 * The certificate may be a KDC's: extended key usage, where there is one, has
 * id-pkinit-KPKdc, and key usage, where there is one, digitalSignature.
 * Errors: KX_ERR_CERT_PURPOSE.
 */
static krb5_error_code
check_purpose(krb5_context context, gnutls_x509_crt_t crt)
{
    char oid[64];
    size_t size;
    unsigned int seq, usage;
    int status;

    if (gnutls_x509_crt_get_key_usage(crt, &usage, NULL) >= 0 &&
        !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
        return kx_error(context, KX_ERR_CERT_PURPOSE,
                        "certificate's key usage lacks digitalSignature");
    for (seq = 0; seq < MAX_PURPOSES; seq++) {
        size = sizeof(oid);
        status =
            gnutls_x509_crt_get_key_purpose_oid(crt, seq, oid, &size, NULL);
        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (status >= 0 &&
            (strcmp(oid, OID_KPKDC) == 0 || strcmp(oid, OID_ANY_PURPOSE) == 0))
            return 0;
    }
    if (seq == 0)
        return 0;
    return kx_error(context, KX_ERR_CERT_PURPOSE,
                    "certificate's extended key usage lacks id-pkinit-KPKdc");
}

/* What a record that is not usage 3 demands of the first certificate. */
static krb5_error_code
check_first(krb5_context context, const struct kx_chain *chain,
            const krb5_data *realm, const char *host)
{
    krb5_error_code ret;

    ret = check_names(context, chain->certificate[0], realm, host);
    if (ret)
        return ret;
    return check_purpose(context, chain->certificate[0]);
}

/*
 * Find the first certificate from number from on that the record matches:
 * *index, or offer->n_chain.  Errors: those of kx_tlsa_match().
 */
static krb5_error_code
find_match(krb5_context context, const struct kx_tlsa *tlsa,
           const struct kx_offer *offer, size_t from, size_t *index)
{
    krb5_error_code ret;
    krb5_boolean matches = FALSE;

    for (*index = from; *index < offer->n_chain; (*index)++) {
        ret = kx_tlsa_match(context, tlsa, &offer->chain[*index], &matches);
        if (ret || matches)
            return ret;
    }
    return 0;
}

/*
 * Judge the chain by one usable record.  Errors: KX_ERR_TLSA_MISMATCH where
 * the record is of no certificate, else as kx_check_tlsa().
 */
static krb5_error_code
judge(krb5_context context, const struct kx_tlsa *tlsa,
      const struct kx_offer *offer, const struct kx_chain *chain,
      const krb5_data *realm, const char *host, const gnutls_x509_crt_t *roots,
      unsigned int n_roots)
{
    krb5_error_code ret;
    krb5_boolean first = tlsa->usage == 3 || tlsa->usage == 1;
    size_t index;

    ret = find_match(context, tlsa, offer, first ? 0 : 1, &index);
    if (ret)
        return ret;
    if (index >= offer->n_chain || (first && index != 0))
        return kx_error(context, KX_ERR_TLSA_MISMATCH,
                        "no TLSA record of %s is of the certificate chain: "
                        "publish the record of the present certificate",
                        host);
    if (tlsa->usage == 3)
        return 0;
    if (tlsa->usage == 2)
        ret = check_path(context, chain, (unsigned int)index,
                         &chain->certificate[index], 1);
    else
        ret = check_path(context, chain, chain->n, roots, n_roots);
    if (ret)
        return ret;
    return check_first(context, chain, realm, host);
}

krb5_error_code
kx_check_tlsa(krb5_context context, const struct kx_offer *offer,
              const struct kx_chain *chain, const krb5_data *realm,
              const char *host, const struct kx_tlsa *tlsa, size_t n_tlsa,
              const gnutls_x509_crt_t *anchors, unsigned int n_anchors,
              const struct kx_tlsa **matched)
{
    krb5_error_code ret, worst = 0;
    size_t r;

    *matched = NULL;
    for (r = 0; r < n_tlsa; r++) {
        if (!kx_tlsa_is_usable(&tlsa[r]) ||
            (tlsa[r].usage < 2 && n_anchors == 0))
            continue;
        ret = judge(context, &tlsa[r], offer, chain, realm, host, anchors,
                    n_anchors);
        if (ret == 0) {
            *matched = &tlsa[r];
            return 0;
        }
        /* A record that matches but does not suffice tells more. */
        if (worst == 0 || worst == KX_ERR_TLSA_MISMATCH)
            worst = ret;
    }
    if (worst != 0)
        return worst;
    return kx_error(context, KX_ERR_TLSA_UNUSABLE,
                    "no TLSA record of %s can be used: it needs usage 3 or 2 "
                    "(0 and 1 count only with kxover_anchors), selector 0 or "
                    "1 and matching type 0, 1 or 2",
                    host);
}
