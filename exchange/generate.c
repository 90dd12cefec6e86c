/*
 * generate.c: a new key and its certificate, in the KXOVER profile.
 *
 * Under DANE-EE, which `kxover dns` publishes, peers look at nothing in the
 * certificate but its key.  The names and purpose are there for the other
 * TLSA usages and for people who read certificates.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_identity.h"

#define KDC_PURPOSE "1.3.6.1.5.2.3.5" /* id-pkinit-KPKdc, RFC 4556 3.2.4 */
#define SERIAL_SIZE 16
#define MAX_COMMON_NAME 64 /* ub-common-name, RFC 5280 A.1 */

/* Seconds by which a certificate is older than it is: the clocks of others
 * who look at it, and of KDCs that it is copied to, may be behind. */
#define BACKDATED 3600

/* Add host, in small letters, to the certificate's names.
 * Errors: KX_ERR_REALM_NAME, KX_ERR_CRYPTO. */
static krb5_error_code
add_host(krb5_context context, gnutls_x509_crt_t crt, const char *host)
{
    char capitals[KX_MAX_DNS_NAME], name[KX_MAX_DNS_NAME];
    krb5_error_code ret;
    krb5_data realm;
    int status;

    /* What may be a realm may be a host, and both ways give one form of it. */
    ret = kx_dns_to_realm(context, host, capitals);
    if (ret)
        return ret;
    realm = kx_data(capitals, strlen(capitals));
    ret = kx_realm_to_dns(context, &realm, name);
    if (ret)
        return ret;
    status = gnutls_x509_crt_set_subject_alt_name(
        crt, GNUTLS_SAN_DNSNAME, name, (unsigned int)strlen(name),
        GNUTLS_FSAN_APPEND);
    return status >= 0 ? 0
                       : kx_error(context, KX_ERR_CRYPTO,
                                  "cannot put %s into the certificate: %s",
                                  name, gnutls_strerror(status));
}

/* Add the names of realm and hosts.  Errors: KX_ERR_REALM_NAME,
 * KX_ERR_CRYPTO. */
static krb5_error_code
add_names(krb5_context context, gnutls_x509_crt_t crt, const char *realm,
          const char *const *hosts)
{
    char principal[sizeof("krbtgt/@") + 2 * KX_MAX_DNS_NAME];
    krb5_error_code ret;
    int status;

    (void)snprintf(principal, sizeof(principal), "krbtgt/%s@%s", realm, realm);
    ret = add_host(context, crt, realm);
    for (; ret == 0 && hosts != NULL && *hosts != NULL; hosts++)
        ret = add_host(context, crt, *hosts);
    if (ret)
        return ret;
    status = gnutls_x509_crt_set_subject_alt_name(
        crt, GNUTLS_SAN_OTHERNAME_KRB5PRINCIPAL, principal,
        (unsigned int)strlen(principal), GNUTLS_FSAN_APPEND);
    /* Where the realm is longer than a common name may be, its beginning is
     * put there: people read it, the names above are what counts. */
    if (status >= 0)
        status = gnutls_x509_crt_set_dn_by_oid(
            crt, GNUTLS_OID_X520_COMMON_NAME, 0, realm,
            (unsigned int)strnlen(realm, MAX_COMMON_NAME));
    return status >= 0 ? 0
                       : kx_error(context, KX_ERR_CRYPTO,
                                  "cannot put the realm's names into the "
                                  "certificate: %s",
                                  gnutls_strerror(status));
}

/*
 * Fill in everything but the names and sign it with its own key.  Returns
 * GnuTLS's status.
 */
static int
finish(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, time_t now,
       unsigned int days)
{
    unsigned char serial[SERIAL_SIZE], id[64];
    size_t id_size = sizeof(id);
    int status;

    status = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
    if (status < 0)
        return status;
    /* A positive number, in DER without zeros before it. */
    serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
    if ((status = gnutls_x509_crt_set_version(crt, 3)) < 0 ||
        (status = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial))) <
            0 ||
        (status = gnutls_x509_crt_set_activation_time(crt, now - BACKDATED)) <
            0 ||
        (status = gnutls_x509_crt_set_expiration_time(
             crt, now + (time_t)days * 24 * 60 * 60)) < 0 ||
        (status = gnutls_x509_crt_set_key(crt, key)) < 0 ||
        (status = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) < 0 ||
        (status = gnutls_x509_crt_set_key_usage(
             crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
        (status = gnutls_x509_crt_set_key_purpose_oid(crt, KDC_PURPOSE, 0)) <
            0 ||
        (status = gnutls_x509_crt_get_key_id(crt, 0, id, &id_size)) < 0 ||
        (status = gnutls_x509_crt_set_subject_key_id(crt, id, id_size)) < 0)
        return status;
    /* Ed25519 has its hash within. */
    return gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA512, 0);
}

/* Move what GnuTLS made to *out, wiping its own copy.  Errors: ENOMEM. */
static krb5_error_code
take(gnutls_datum_t *made, krb5_data *out)
{
    krb5_data borrowed = kx_data(made->data, made->size);
    krb5_error_code ret = kx_data_copy(&borrowed, out);

    kx_zap(made->data, made->size);
    gnutls_free(made->data);
    return ret;
}

krb5_error_code
kx_identity_generate(krb5_context context, const char *realm,
                     const char *const *hosts, time_t now, unsigned int days,
                     krb5_data *certificate, krb5_data *key)
{
    krb5_error_code ret;
    krb5_data name = kx_data(realm, strlen(realm));
    char dns[KX_MAX_DNS_NAME];
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t pair = NULL;
    gnutls_datum_t made = {NULL, 0};
    int status;

    *certificate = *key = kx_data(NULL, 0);
    kx_init_errors();
    ret = kx_realm_to_dns(context, &name, dns);
    if (ret)
        return ret;
    if (gnutls_x509_crt_init(&crt) < 0 ||
        gnutls_x509_privkey_init(&pair) < 0) {
        ret = ENOMEM;
        goto cleanup;
    }
    ret = add_names(context, crt, realm, hosts);
    if (ret)
        goto cleanup;
    status = gnutls_x509_privkey_generate(pair, GNUTLS_PK_EDDSA_ED25519, 0, 0);
    if (status >= 0)
        status = finish(crt, pair, now, days);
    if (status >= 0)
        status = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &made);
    if (status >= 0) {
        ret = take(&made, certificate);
        if (ret)
            goto cleanup;
        status = gnutls_x509_privkey_export2_pkcs8(
            pair, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &made);
    }
    ret = status < 0 ? kx_error(context, KX_ERR_CRYPTO,
                                "cannot make a key and its certificate: %s",
                                gnutls_strerror(status))
                     : take(&made, key);

cleanup:
    if (ret)
        kx_data_free(certificate);
    if (crt != NULL)
        gnutls_x509_crt_deinit(crt);
    if (pair != NULL)
        gnutls_x509_privkey_deinit(pair);
    return ret;
}
