/*
 * check_chain.c: checks 2, 3 and 6: the chain holds together, its first key
 * signed the offer, its last certificate is one of our roots.
 *
 * Check 2 is about signatures and names alone.  Dates, CA flags and
 * constraints are judged in check 5, and only where the TLSA record's usage
 * makes them count.  Certificates must be signed with what an offer may be
 * signed with.
 *
 * It has two halves, because anybody can send a realm's chain, which is no
 * secret, and have us verify ten signatures.  What can be seen without
 * computing comes first, then the offer's own signature, which only the holder
 * of the key can make, and only then the chain's.
 */
#include "config.h"
#include <errno.h>
#include <gnutls/abstract.h>
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

/* What is done with a link of the chain: a certificate's parts and the key of
 * its issuer. */
typedef krb5_error_code link_fn(krb5_context context, gnutls_pubkey_t issuer,
                                const struct kx_certificate *parts);

/* A link_fn: the issuer's key can have signed it. */
static krb5_error_code
can_be_signed(krb5_context context, gnutls_pubkey_t issuer,
              const struct kx_certificate *parts)
{
    return kx_check_signer(context, issuer, &parts->algorithm);
}

/* A link_fn: it did sign it. */
static krb5_error_code
is_signed(krb5_context context, gnutls_pubkey_t issuer,
          const struct kx_certificate *parts)
{
    return kx_verify_by(context, issuer, &parts->algorithm, &parts->tbs,
                        &parts->signature);
}

/*
 * Do it to certificate number i of the chain and its issuer: the next one, or
 * the last one itself.  Errors: KX_ERR_CHAIN with the cause in its message,
 * ENOMEM.
 */
static krb5_error_code
check_link(krb5_context context, const struct kx_chain *chain, unsigned int i,
           link_fn *check)
{
    krb5_boolean last = i + 1 == chain->n;
    krb5_error_code ret;

    ret = check(context, chain->key[last ? i : i + 1], &chain->parts[i]);
    if (ret == 0 || ret == ENOMEM)
        return ret;
    kx_error_prefix(context, ret,
                    "certificate %u of the chain is not signed by %s", i + 1,
                    last ? "itself" : "the next");
    /* One error for the check. */
    return kx_error_as(context, KX_ERR_CHAIN, ret);
}

/*
 * Refuse a chain with a certificate that is there twice.  One that signed
 * itself could else be its own issuer and, by a TLSA record of usage 2, vouch
 * for itself without being a CA.  Errors: KX_ERR_CHAIN.
 */
static krb5_error_code
check_repetitions(krb5_context context, const struct kx_chain *chain)
{
    unsigned int i, j;

    for (i = 1; i < chain->n; i++) {
        for (j = 0; j < i; j++) {
            if (kx_data_equal(&chain->der[i], &chain->der[j]))
                return kx_error(context, KX_ERR_CHAIN,
                                "certificate %u of the chain is number %u "
                                "once more",
                                i + 1, j + 1);
        }
    }
    return 0;
}

krb5_error_code
kx_check_order(krb5_context context, const struct kx_chain *chain)
{
    krb5_error_code ret;
    unsigned int i;
    krb5_boolean last;

    ret = check_repetitions(context, chain);
    for (i = 0; i < chain->n && ret == 0; i++) {
        last = i + 1 == chain->n;
        if (!names_fit(chain->certificate[i],
                       chain->certificate[last ? i : i + 1]))
            return kx_error(context, KX_ERR_CHAIN,
                            last ? "certificate %u, the last of the chain, "
                                   "is not self-signed"
                                 : "certificate %u of the chain was not "
                                   "issued by the next",
                            i + 1);
        ret = check_link(context, chain, i, can_be_signed);
    }
    /* So that the offer can be signed with it. */
    return ret == 0 ? kx_check_public_key(context, chain->key[0]) : ret;
}

/*
 * The other half of check 2: each certificate is signed by its issuer.
 * Errors: KX_ERR_CHAIN, ENOMEM.
 */
static krb5_error_code
check_links(krb5_context context, const struct kx_chain *chain)
{
    krb5_error_code ret = 0;
    unsigned int i;

    for (i = 0; i < chain->n && ret == 0; i++)
        ret = check_link(context, chain, i, is_signed);
    return ret;
}

krb5_error_code
kx_check_chain(krb5_context context, const struct kx_chain *chain)
{
    krb5_error_code ret;

    ret = kx_check_order(context, chain);
    return ret == 0 ? check_links(context, chain) : ret;
}

krb5_error_code
kx_check_signed_offer(krb5_context context, struct kx_course *course,
                      const struct kx_offer *offer,
                      const struct kx_chain *chain)
{
    krb5_error_code ret;

    kx_step_begin(course, KX_STEP_CHAIN);
    ret = kx_check_order(context, chain);
    if (ret)
        return kx_step_end(course, KX_STEP_CHAIN, ret, NULL);
    kx_step_pause(course, KX_STEP_CHAIN);
    kx_step_begin(course, KX_STEP_SIGNATURE);
    ret = kx_check_signature(context, offer, chain);
    if (ret)
        return kx_step_end(course, KX_STEP_SIGNATURE, ret, NULL);
    kx_step_end(course, KX_STEP_SIGNATURE, 0, NULL);
    kx_step_resume(course, KX_STEP_CHAIN);
    ret = check_links(context, chain);
    return kx_step_end(course, KX_STEP_CHAIN, ret, NULL);
}

krb5_error_code
kx_check_signature(krb5_context context, const struct kx_offer *offer,
                   const struct kx_chain *chain)
{
    return kx_verify_by(context, chain->key[0], &offer->sigalg,
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
