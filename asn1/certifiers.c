/*
 * certifiers.c: the e-data with which a KRB-ERROR 70 names the roots that are
 * accepted: TYPED-DATA around TD-TRUSTED-CERTIFIERS (RFC 4556 3.1.3).
 *
 * A root is named by its key identifier.  The two other ways that RFC 4556
 * has are passed over.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "TD-TRUSTED-CERTIFIERS"
#define TD_TRUSTED_CERTIFIERS 104
#define KEY_ID "subjectKeyIdentifier"

static const struct kx_bound bound = {{KX_PATH_END}, KX_MAX_CAS, TYPE};

/* Append one root to the list.  Errors: those of encoding. */
static krb5_error_code
put_root(krb5_context context, asn1_node tree, size_t i, const krb5_data *id)
{
    krb5_error_code ret;
    asn1_node element;

    ret = kx_asn1_put_element(context, tree, "");
    if (ret)
        return ret;
    element = kx_asn1_list_element(tree, i);
    ret = kx_asn1_put_absent(context, element, "subjectName");
    if (ret == 0)
        ret = kx_asn1_put_absent(context, element, "issuerAndSerialNumber");
    if (ret == 0)
        ret =
            kx_asn1_put_octets(context, element, KEY_ID, 1, KX_MAX_KEY_ID, id);
    return ret;
}

krb5_error_code
kx_encode_certifiers(krb5_context context, const krb5_data *ids, size_t n,
                     krb5_data *out)
{
    krb5_data list = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_put_count(context, TYPE, n, KX_MAX_CAS);
    if (ret == 0)
        ret = kx_tree_new(context, TYPE, &tree);
    for (i = 0; i < n && ret == 0; i++)
        ret = put_root(context, tree, i, &ids[i]);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_ERROR_DATA, &list);
    asn1_delete_structure(&tree);
    if (ret == 0)
        ret = kx_asn1_encode_typed_data(context, TD_TRUSTED_CERTIFIERS, &list,
                                        out);
    kx_data_free(&list);
    return kx_error_prefix(context, ret, TYPE);
}

/* Read the roots of the list in tree that have a key identifier. */
static krb5_error_code
get_roots(krb5_context context, asn1_node_const tree, krb5_data **ids,
          size_t *n)
{
    asn1_node_const element;
    krb5_error_code ret;
    size_t count, i;

    ret = kx_asn1_get_count(context, tree, "", &count);
    if (ret)
        return ret;
    *ids = calloc(count, sizeof(**ids));
    if (*ids == NULL)
        return ENOMEM;
    for (i = 0; i < count && ret == 0; i++) {
        element = kx_asn1_list_element(tree, i);
        if (kx_asn1_field(element, KEY_ID) == NULL)
            continue;
        ret = kx_asn1_get_octets(context, element, KEY_ID, 1, KX_MAX_KEY_ID,
                                 &(*ids)[*n]);
        if (ret == 0)
            (*n)++;
    }
    return ret;
}

krb5_error_code
kx_decode_certifiers(krb5_context context, const krb5_data *in,
                     krb5_data **ids, size_t *n)
{
    krb5_data list = kx_data(NULL, 0), again = kx_data(NULL, 0);
    krb5_data *found = NULL;
    asn1_node tree = NULL;
    krb5_error_code ret;
    size_t n_found = 0;

    ret = kx_asn1_decode_typed_data(context, TD_TRUSTED_CERTIFIERS, in, &list);
    if (ret == 0)
        ret = kx_element_bound(context, &list, &bound, 1);
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, &list, &tree);
    if (ret == 0)
        ret = get_roots(context, tree, &found, &n_found);
    if (ret == 0) {
        ret = kx_tree_encode(context, tree, KX_MAX_ERROR_DATA, &again);
        ret = kx_asn1_same_again(context, ret, &list, &again);
    }
    if (ret == 0) {
        ret = kx_asn1_encode_typed_data(context, TD_TRUSTED_CERTIFIERS, &list,
                                        &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    asn1_delete_structure(&tree);
    kx_data_free(&list);
    if (ret) {
        kx_datas_free(found, n_found);
        return kx_error_prefix(context, ret, TYPE);
    }
    *ids = found;
    *n = n_found;
    return 0;
}
