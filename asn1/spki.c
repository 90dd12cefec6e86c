/*
 * spki.c: SubjectPublicKeyInfo (RFC 5280 4.1.2.7), alone and within an offer.
 *
 * An offer holds it whole; the key agreement takes it apart.
 */
#include "config.h"
#include <errno.h>
#include "asn1/codec.h"

#define TYPE "SubjectPublicKeyInfo"

/* Read node's two fields. */
static krb5_error_code
get_fields(krb5_context context, asn1_node_const node,
           struct kx_algorithm *algorithm, krb5_data *key)
{
    asn1_node_const inner = kx_asn1_field(node, "algorithm");
    struct kx_algorithm found = {.oid = NULL};
    krb5_error_code ret;

    if (inner == NULL)
        return kx_error(context, KX_ERR_DECODE, "algorithm is missing");
    ret = kx_asn1_get_algorithm(context, inner, &found);
    if (ret == 0)
        ret = kx_asn1_get_bits(context, node, "subjectPublicKey",
                               KX_MAX_KEY_EXCHANGE, key);
    if (ret != 0)
        kx_algorithm_clear(&found);
    else
        *algorithm = found;
    return ret;
}

/* Write node's two fields. */
static krb5_error_code
put_fields(krb5_context context, asn1_node node,
           const struct kx_algorithm *algorithm, const krb5_data *key)
{
    asn1_node inner = kx_asn1_field(node, "algorithm");
    krb5_error_code ret;

    if (inner == NULL)
        return kx_error(context, KX_ERR_ENCODE, "algorithm has no place");
    ret = kx_asn1_put_algorithm(context, inner, algorithm);
    if (ret == 0)
        ret = kx_asn1_put_bits(context, node, "subjectPublicKey",
                               KX_MAX_KEY_EXCHANGE, key);
    return ret;
}

krb5_error_code
kx_encode_spki(krb5_context context, const struct kx_algorithm *algorithm,
               const krb5_data *key, krb5_data *out)
{
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = put_fields(context, tree, algorithm, key);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_KEY_EXCHANGE, out);
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, TYPE);
}

krb5_error_code
kx_decode_spki(krb5_context context, const krb5_data *in,
               struct kx_algorithm *algorithm, krb5_data *key)
{
    struct kx_algorithm found = {.oid = NULL};
    krb5_data bits = kx_data(NULL, 0), again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;

    if (in->length > KX_MAX_KEY_EXCHANGE)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_KEY_EXCHANGE);
    ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = get_fields(context, tree, &found, &bits);
    asn1_delete_structure(&tree);
    if (ret == 0) {
        ret = kx_encode_spki(context, &found, &bits, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    if (ret != 0) {
        kx_algorithm_clear(&found);
        kx_data_free(&bits);
        return kx_error_prefix(context, ret, TYPE);
    }
    *algorithm = found;
    *key = bits;
    return 0;
}

krb5_error_code
kx_asn1_check_spki(krb5_context context, const krb5_data *in)
{
    struct kx_algorithm algorithm = {.oid = NULL};
    krb5_data key = kx_data(NULL, 0);
    krb5_error_code ret;

    ret = kx_decode_spki(context, in, &algorithm, &key);
    kx_algorithm_clear(&algorithm);
    kx_data_free(&key);
    return ret;
}

/* Find the AlgorithmIdentifier of a SubjectPublicKeyInfo; false if it has
 * none. */
static krb5_boolean
find_algorithm(const krb5_data *spki, krb5_data *out)
{
    struct kx_element whole, first;

    if (kx_element_only(NULL, spki, &whole) != 0 ||
        kx_element_first(NULL, &whole.content, &first) != 0)
        return FALSE;
    *out = first.whole;
    return TRUE;
}

krb5_boolean
kx_spki_same_algorithm(const krb5_data *a, const krb5_data *b)
{
    krb5_data of_a, of_b;

    return find_algorithm(a, &of_a) && find_algorithm(b, &of_b) &&
           kx_data_equal(&of_a, &of_b);
}
