/*
 * check_names.c: of check 5, what the first certificate is for: a KDC of the
 * realm.
 *
 * Names are those of subjectAltName alone, compared whole.  The subject's
 * common name does not count, and a wildcard is a name that no host has: a
 * realm's KDCs are few, and each can be named.  PKINIT's name is compared
 * component by component, because "krbtgt/B@B" in text can be another
 * principal, of one component with a slash in it.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <gnutls/x509.h>
#include <gnutls/x509-ext.h>
#include "exchange/validate.h"

#define OID_ALTERNATIVE_NAME "2.5.29.17"
#define OID_PKINIT_NAME "1.3.6.1.5.2.2" /* id-pkinit-san, RFC 4556 3.2.2 */
#define OID_KPKDC "1.3.6.1.5.2.3.5"     /* id-pkinit-KPKdc, RFC 4556 3.2.4 */
#define OID_ANY_PURPOSE "2.5.29.37.0"

/* More alternative names than this and a certificate is not read on. */
#define MAX_NAMES 64
#define MAX_PURPOSES 32

/* True if the alternative name is the DNS name, in any case of letters. */
static krb5_boolean
is_dns_name(const gnutls_datum_t *name, const char *dns_name)
{
    return name->size == strlen(dns_name) &&
           strncasecmp((const char *)name->data, dns_name, name->size) == 0;
}

/* True if name, a KRB5PrincipalName in DER, is krbtgt/REALM@REALM. */
static krb5_boolean
is_krbtgt(const gnutls_datum_t *name, const krb5_data *realm)
{
    const krb5_data der = kx_data(name->data, name->size);
    const krb5_data krbtgt = kx_data(KRB5_TGS_NAME, strlen(KRB5_TGS_NAME));
    krb5_principal principal = NULL;
    krb5_boolean is;

    /* One that cannot be read is none, so there is no message to set. */
    if (kx_decode_pkinit_name(NULL, &der, &principal) != 0)
        return FALSE;
    is = principal->length == 2 &&
         kx_data_equal(&principal->data[0], &krbtgt) &&
         kx_data_equal(&principal->data[1], realm) &&
         kx_data_equal(&principal->realm, realm);
    krb5_free_principal(NULL, principal);
    return is;
}

/* True if one of names is that of the realm, realm_host in DNS, or of host. */
static krb5_boolean
names_fit(gnutls_subject_alt_names_t names, const krb5_data *realm,
          const char *realm_host, const char *host)
{
    gnutls_datum_t name, oid;
    unsigned int i, type;

    for (i = 0; i < MAX_NAMES; i++) {
        if (gnutls_subject_alt_names_get(names, i, &type, &name, &oid) < 0)
            break;
        if (type == GNUTLS_SAN_DNSNAME &&
            (is_dns_name(&name, realm_host) || is_dns_name(&name, host)))
            return TRUE;
        if (type == GNUTLS_SAN_OTHERNAME &&
            oid.size == strlen(OID_PKINIT_NAME) &&
            memcmp(oid.data, OID_PKINIT_NAME, oid.size) == 0 &&
            is_krbtgt(&name, realm))
            return TRUE;
    }
    return FALSE;
}

krb5_error_code
kx_check_names(krb5_context context, gnutls_x509_crt_t certificate,
               const krb5_data *realm, const char *host)
{
    krb5_error_code ret;
    gnutls_subject_alt_names_t names = NULL;
    gnutls_datum_t der = {NULL, 0};
    char realm_host[KX_MAX_DNS_NAME];
    krb5_boolean fit = FALSE;

    ret = kx_realm_to_dns(context, realm, realm_host);
    if (ret)
        return ret;
    if (gnutls_subject_alt_names_init(&names) < 0)
        return ENOMEM;
    if (gnutls_x509_crt_get_extension_by_oid2(
            certificate, OID_ALTERNATIVE_NAME, 0, &der, NULL) >= 0 &&
        gnutls_x509_ext_import_subject_alt_names(&der, names, 0) >= 0)
        fit = names_fit(names, realm, realm_host, host);
    gnutls_free(der.data);
    gnutls_subject_alt_names_deinit(names);
    if (fit)
        return 0;
    return kx_error(context, KX_ERR_CERT_NAME,
                    "first certificate has none of the alternative names %s, "
                    "%s and krbtgt/%.*s@%.*s",
                    realm_host, host, (int)realm->length, realm->data,
                    (int)realm->length, realm->data);
}

krb5_error_code
kx_check_purpose(krb5_context context, gnutls_x509_crt_t certificate)
{
    char oid[64];
    size_t size;
    unsigned int seq, usage = 0;
    int status;

    status = gnutls_x509_crt_get_key_usage(certificate, &usage, NULL);
    if (status != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE &&
        (status < 0 || !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE)))
        return kx_error(context, KX_ERR_CERT_PURPOSE,
                        "first certificate's key usage lacks "
                        "digitalSignature");
    for (seq = 0; seq < MAX_PURPOSES; seq++) {
        size = sizeof(oid);
        status = gnutls_x509_crt_get_key_purpose_oid(certificate, seq, oid,
                                                     &size, NULL);
        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (status >= 0 &&
            (strcmp(oid, OID_KPKDC) == 0 || strcmp(oid, OID_ANY_PURPOSE) == 0))
            return 0;
    }
    if (seq == 0)
        return 0;
    return kx_error(context, KX_ERR_CERT_PURPOSE,
                    "first certificate's extended key usage lacks "
                    "id-pkinit-KPKdc");
}
