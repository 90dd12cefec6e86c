/*
 * check_path.c: of check 5, the path from the first certificate to a root of
 * trust, as RFC 5280 6 has it.
 *
 * GnuTLS judges the path: signatures, CA flags, path lengths, name
 * constraints, key usage of the issuers, critical extensions.  It is told
 * three things. A certificate is not its own path, even if it is trusted.  A
 * root without basicConstraints (a version 1 certificate has none) is no CA:
 * nothing says that it is more than a server's.  And dates are not its matter,
 * because its clock is one for the whole process; they are compared here, with
 * the time that the caller gives.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <gnutls/x509.h>
#include "exchange/validate.h"

#define PATH_FLAGS                                                            \
    (GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME |    \
     GNUTLS_VERIFY_DO_NOT_ALLOW_X509_V1_CA_CRT)

/*
 * The certificates up to number root are within their dates, the first and
 * the last second included (RFC 5280 4.1.2.5).  Errors: KX_ERR_CERT_PATH.
 */
static krb5_error_code
check_dates(krb5_context context, const struct kx_chain *chain,
            unsigned int root, time_t now)
{
    char text[KX_TIME_TEXT_SIZE];
    time_t from, till;
    unsigned int i;

    for (i = 0; i <= root; i++) {
        from = gnutls_x509_crt_get_activation_time(chain->certificate[i]);
        till = gnutls_x509_crt_get_expiration_time(chain->certificate[i]);
        if (from == (time_t)-1 || till == (time_t)-1)
            return kx_error(context, KX_ERR_CERT_PATH,
                            "dates of certificate %u of the path cannot be "
                            "read",
                            i + 1);
        if (now < from)
            return kx_error(context, KX_ERR_CERT_PATH,
                            "certificate %u of the path is not valid before "
                            "%s",
                            i + 1, kx_time_text(from, text));
        if (now > till)
            return kx_error(context, KX_ERR_CERT_PATH,
                            "certificate %u of the path expired at %s", i + 1,
                            kx_time_text(till, text));
    }
    return 0;
}

/*
 * The first n certificates, n over 0, have a path to root, by GnuTLS's
 * judgement.  Errors: KX_ERR_CERT_PATH with its words, ENOMEM.
 */
static krb5_error_code
verify_path(krb5_context context, const struct kx_chain *chain, unsigned int n,
            gnutls_x509_crt_t root)
{
    krb5_error_code ret = 0;
    gnutls_x509_trust_list_t trust = NULL;
    gnutls_x509_crt_t path[KX_MAX_CHAIN];
    gnutls_datum_t words = {NULL, 0};
    unsigned int verdict = 0;
    int status;

    /* GnuTLS sorts the array that it is given. */
    memcpy(path, chain->certificate, n * sizeof(gnutls_x509_crt_t));
    if (gnutls_x509_trust_list_init(&trust, 0) < 0)
        return ENOMEM;
    if (gnutls_x509_trust_list_add_cas(trust, &root, 1, 0) != 1) {
        ret = ENOMEM;
        goto cleanup;
    }
    status = gnutls_x509_trust_list_verify_crt2(trust, path, n, NULL, 0,
                                                PATH_FLAGS, &verdict, NULL);
    if (status < 0) {
        ret = kx_error(context, KX_ERR_CERT_PATH,
                       "certificate path cannot be verified: %s",
                       gnutls_strerror(status));
    } else if (verdict != 0) {
        (void)gnutls_certificate_verification_status_print(
            verdict, GNUTLS_CRT_X509, &words, 0);
        /* It ends each sentence with a space. */
        if (words.size > 0 && words.data[words.size - 1] == ' ')
            words.data[words.size - 1] = '\0';
        ret = kx_error(context, KX_ERR_CERT_PATH,
                       "certificate path does not validate: %s",
                       words.data != NULL ? (const char *)words.data : "");
    }

cleanup:
    gnutls_free(words.data);
    /* The root is the caller's: the list is released without it. */
    gnutls_x509_trust_list_deinit(trust, 0);
    return ret;
}

krb5_error_code
kx_check_path(krb5_context context, const struct kx_chain *chain,
              unsigned int root, time_t now)
{
    krb5_error_code ret;

    ret = check_dates(context, chain, root, now);
    /* A first certificate that is the root itself has no path to it. */
    if (ret || root == 0)
        return ret;
    return verify_path(context, chain, root, chain->certificate[root]);
}
