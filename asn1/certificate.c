/*
 * certificate.c: a certificate's outermost parts (RFC 5280 4.1).
 *
 * Reading a certificate is GnuTLS's work.  What it does not do is to verify
 * the signature of one that signed itself, since a root is believed or not; an
 * offer's chain must hold to its last link, so we need the parts.
 */
#include "config.h"
#include "asn1/codec.h"

#define TYPE "SignedCertificate"

/* Read the algorithm and the signature.  Errors: KX_ERR_DECODE, ... */
static krb5_error_code
get_fields(krb5_context context, asn1_node_const tree,
           struct kx_certificate *out)
{
    asn1_node_const algorithm = kx_asn1_field(tree, "signatureAlgorithm");
    krb5_error_code ret;

    if (algorithm == NULL)
        return kx_error(context, KX_ERR_DECODE,
                        "signatureAlgorithm is missing");
    ret = kx_asn1_get_algorithm(context, algorithm, &out->algorithm);
    if (ret == 0)
        ret = kx_asn1_get_bits(context, tree, "signatureValue",
                               KX_MAX_SIGNATURE, &out->signature);
    return ret;
}

krb5_error_code
kx_decode_signed(krb5_context context, const krb5_data *in,
                 struct kx_certificate *out)
{
    struct kx_certificate found = {.algorithm = {.oid = NULL}};
    struct kx_element whole, first;
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = get_fields(context, tree, &found);
    if (ret == 0)
        ret = kx_element_only(context, in, &whole);
    if (ret == 0)
        ret = kx_element_first(context, &whole.content, &first);
    asn1_delete_structure(&tree);
    if (ret) {
        kx_certificate_clear(&found);
        return kx_error_prefix(context, ret, TYPE);
    }
    found.tbs = first.whole;
    *out = found;
    return 0;
}

krb5_error_code
kx_decode_certificate(krb5_context context, const krb5_data *in,
                      struct kx_certificate *out)
{
    if (in->length > KX_MAX_CERTIFICATE)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_CERTIFICATE);
    return kx_decode_signed(context, in, out);
}

void
kx_certificate_clear(struct kx_certificate *certificate)
{
    kx_algorithm_clear(&certificate->algorithm);
    kx_data_free(&certificate->signature);
    certificate->tbs = kx_data(NULL, 0);
}
