/*
 * check_chain.c: checks 2, 3 and 6: the chain holds together, its first key
 * signed the offer, its last certificate is one of our roots.
 *
 * Check 2 is about signatures and names alone.  Dates, CA flags and
 * constraints are judged in check 5, and only where the TLSA record's usage
 * makes them count.  Certificates must be signed with what an offer may be
 * signed with.
 */
#include "config.h"
#include <gnutls/x509.h>
#include "exchange/kx_identity.h"
#include "exchange/validate.h"

/* True if subject's issuer is named as issuer's subject. */
static krb5_boolean
names_fit(const krb5_data *subject, const krb5_data *issuer)
{
    gnutls_x509_crt_t a = NULL, b = NULL;
    gnutls_datum_t from_a, from_b, name = {NULL, 0}, above = {NULL, 0};
    krb5_data x, y;
    krb5_boolean fit = FALSE;

    from_a.data = (unsigned char *)subject->data;
    from_a.size = subject->length;
    from_b.data = (unsigned char *)issuer->data;
    from_b.size = issuer->length;
    if (gnutls_x509_crt_init(&a) < 0 || gnutls_x509_crt_init(&b) < 0 ||
        gnutls_x509_crt_import(a, &from_a, GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_crt_import(b, &from_b, GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_crt_get_raw_issuer_dn(a, &name) < 0 ||
        gnutls_x509_crt_get_raw_dn(b, &above) < 0)
        goto cleanup;
    x = kx_data(name.data, name.size);
    y = kx_data(above.data, above.size);
    fit = kx_data_equal(&x, &y);

cleanup:
    gnutls_free(name.data);
    gnutls_free(above.data);
    if (a != NULL)
        gnutls_x509_crt_deinit(a);
    if (b != NULL)
        gnutls_x509_crt_deinit(b);
    return fit;
}

krb5_error_code
kx_check_chain(krb5_context context, const struct kx_offer *offer)
{
    krb5_error_code ret;
    size_t i, above;
    struct kx_certificate parts;

    for (i = 0; i < offer->n_chain; i++) {
        /* The last one answers for itself. */
        above = i + 1 < offer->n_chain ? i + 1 : i;
        if (!names_fit(&offer->chain[i], &offer->chain[above]))
            return kx_error(context, KX_ERR_CHAIN,
                            above == i ? "certificate %zu, the last of the "
                                         "chain, is not self-signed"
                                       : "certificate %zu of the chain was "
                                         "not issued by the next",
                            i + 1);
        ret = kx_decode_certificate(context, &offer->chain[i], &parts);
        if (ret)
            return kx_error_prefix(context, ret,
                                   "certificate %zu of the chain", i + 1);
        ret = kx_verify(context, &offer->chain[above], &parts.algorithm,
                        &parts.tbs, &parts.signature);
        kx_certificate_clear(&parts);
        if (ret) {
            kx_error_prefix(context, ret,
                            "certificate %zu of the chain is not signed by "
                            "%s",
                            i + 1, above == i ? "itself" : "the next");
            /* One error for the check, with the cause in its message. */
            return kx_error_as(context, KX_ERR_CHAIN, ret);
        }
    }
    return 0;
}

krb5_error_code
kx_check_signature(krb5_context context, const struct kx_offer *offer)
{
    return kx_verify(context, &offer->chain[0], &offer->sigalg,
                     &offer->tbs_der, &offer->signature);
}

krb5_error_code
kx_check_anchors(krb5_context context, const struct kx_offer *offer,
                 const krb5_data *anchors, size_t n_anchors)
{
    size_t i;

    if (n_anchors == 0)
        return 0;
    for (i = 0; i < n_anchors; i++) {
        if (kx_data_equal(&offer->chain[offer->n_chain - 1], &anchors[i]))
            return 0;
    }
    return kx_error(context, KX_ERR_ANCHOR,
                    "the chain's last certificate is none of kxover_anchors");
}
