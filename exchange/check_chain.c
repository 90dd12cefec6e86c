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

/* True if the issuer that subject names is issuer, by its name. */
static krb5_boolean
names_fit(gnutls_x509_crt_t subject, gnutls_x509_crt_t issuer)
{
    gnutls_datum_t named = {NULL, 0}, name = {NULL, 0};
    krb5_boolean fit;
    krb5_data a, b;

    fit = gnutls_x509_crt_get_raw_issuer_dn(subject, &named) >= 0 &&
          gnutls_x509_crt_get_raw_dn(issuer, &name) >= 0;
    a = kx_data(named.data, named.size);
    b = kx_data(name.data, name.size);
    fit = fit && kx_data_equal(&a, &b);
    gnutls_free(named.data);
    gnutls_free(name.data);
    return fit;
}

/*
 * Verify that the certificate der is signed by issuer.  Errors: those of
 * kx_decode_certificate() and kx_verify_by().
 */
static krb5_error_code
check_link(krb5_context context, const krb5_data *der,
           gnutls_x509_crt_t issuer)
{
    struct kx_certificate parts;
    krb5_error_code ret;

    ret = kx_decode_certificate(context, der, &parts);
    if (ret)
        return ret;
    ret = kx_verify_by(context, issuer, &parts.algorithm, &parts.tbs,
                       &parts.signature);
    kx_certificate_clear(&parts);
    return ret;
}

krb5_error_code
kx_check_chain(krb5_context context, const krb5_data *der,
               const struct kx_chain *chain)
{
    krb5_error_code ret;
    unsigned int i;
    krb5_boolean last;
    gnutls_x509_crt_t issuer;

    for (i = 0; i < chain->n; i++) {
        /* The last one answers for itself. */
        last = i + 1 == chain->n;
        issuer = chain->certificate[last ? i : i + 1];
        if (!names_fit(chain->certificate[i], issuer))
            return kx_error(context, KX_ERR_CHAIN,
                            last ? "certificate %u, the last of the chain, "
                                   "is not self-signed"
                                 : "certificate %u of the chain was not "
                                   "issued by the next",
                            i + 1);
        ret = check_link(context, &der[i], issuer);
        if (ret) {
            kx_error_prefix(context, ret,
                            "certificate %u of the chain is not signed by %s",
                            i + 1, last ? "itself" : "the next");
            /* One error for the check, with the cause in its message. */
            return kx_error_as(context, KX_ERR_CHAIN, ret);
        }
    }
    return 0;
}

krb5_error_code
kx_check_signature(krb5_context context, const struct kx_offer *offer,
                   const struct kx_chain *chain)
{
    return kx_verify_by(context, chain->certificate[0], &offer->sigalg,
                        &offer->tbs_der, &offer->signature);
}

krb5_error_code
kx_check_anchors(krb5_context context, const struct kx_chain *chain,
                 const gnutls_x509_crt_t *anchors, unsigned int n_anchors)
{
    unsigned int i;

    if (n_anchors == 0)
        return 0;
    for (i = 0; i < n_anchors; i++) {
        if (gnutls_x509_crt_equals(chain->certificate[chain->n - 1],
                                   anchors[i]))
            return 0;
    }
    return kx_error(context, KX_ERR_ANCHOR,
                    "the chain's last certificate is none of kxover_anchors");
}
