/*
 * typed_data.c: TYPED-DATA (RFC 4120 5.9.1) of one element, the e-data of a
 * KRB-ERROR that says what would have been accepted.
 */
#include "config.h"
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "TYPED-DATA"

static const struct kx_bound typed_data_bound = {{KX_PATH_END}, 1, TYPE};

krb5_error_code
kx_asn1_encode_typed_data(krb5_context context, int32_t type,
                          const krb5_data *value, krb5_data *out)
{
    asn1_node tree = NULL, element;
    krb5_error_code ret;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = kx_asn1_put_element(context, tree, "");
    if (ret != 0)
        goto cleanup;
    element = kx_asn1_list_element(tree, 0);
    ret = kx_asn1_put_int32(context, element, "data-type", type);
    if (ret == 0)
        ret = kx_asn1_put_octets(context, element, "data-value", 1,
                                 KX_MAX_ERROR_DATA, value);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_ERROR_DATA, out);

cleanup:
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_asn1_decode_typed_data(krb5_context context, int32_t type,
                          const krb5_data *in, krb5_data *out)
{
    asn1_node tree = NULL;
    asn1_node_const element;
    krb5_error_code ret;
    int32_t found;
    size_t n;

    if (in->length > KX_MAX_ERROR_DATA)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_ERROR_DATA);
    ret = kx_element_bound(context, in, &typed_data_bound, 1);
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = kx_asn1_get_count(context, tree, "", &n);
    if (ret != 0)
        goto cleanup;
    element = kx_asn1_list_element(tree, 0);
    ret = kx_asn1_get_int32(context, element, "data-type", &found);
    if (ret == 0 && found != type)
        ret =
            kx_error(context, KX_ERR_DECODE, "data-type is not %d", (int)type);
    if (ret == 0)
        ret = kx_asn1_get_octets(context, element, "data-value", 1,
                                 KX_MAX_ERROR_DATA, out);

cleanup:
    asn1_delete_structure(&tree);
    return ret;
}
