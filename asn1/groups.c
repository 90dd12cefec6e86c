/*
 * groups.c: the e-data with which a KRB-ERROR 65 names the groups that are
 * accepted: TYPED-DATA around TD-DH-PARAMETERS (RFC 4556 3.1.3).
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "TYPED-DATA"
#define GROUPS_TYPE "TD-DH-PARAMETERS"
#define TD_DH_PARAMETERS 109

static const struct kx_bound groups_bound = {
    {KX_PATH_END}, KX_MAX_ALGORITHMS, GROUPS_TYPE};

/* Encode groups as TD-DH-PARAMETERS. */
static krb5_error_code
encode_parameters(krb5_context context, const struct kx_algorithm *groups,
                  size_t n, krb5_data *out)
{
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_tree_new(context, GROUPS_TYPE, &tree);
    if (ret == 0)
        ret = kx_asn1_put_algorithms(context, tree, "", groups, n);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_ERROR_DATA, out);
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_encode_groups(krb5_context context, const struct kx_algorithm *groups,
                 size_t n_groups, krb5_data *out)
{
    krb5_data parameters = kx_data(NULL, 0);
    krb5_error_code ret;

    ret = encode_parameters(context, groups, n_groups, &parameters);
    if (ret == 0)
        ret = kx_asn1_encode_typed_data(context, TD_DH_PARAMETERS, &parameters,
                                        out);
    kx_data_free(&parameters);
    return kx_error_prefix(context, ret, TYPE);
}

/* Read the groups of TD-DH-PARAMETERS. */
static krb5_error_code
decode_parameters(krb5_context context, const krb5_data *in,
                  struct kx_algorithm **groups, size_t *n)
{
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_element_bound(context, in, &groups_bound, 1);
    if (ret == 0)
        ret = kx_tree_decode(context, GROUPS_TYPE, in, &tree);
    if (ret == 0)
        ret = kx_asn1_get_algorithms(context, tree, "", groups, n);
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_decode_groups(krb5_context context, const krb5_data *in,
                 struct kx_algorithm **groups, size_t *n_groups)
{
    krb5_data parameters = kx_data(NULL, 0), again = kx_data(NULL, 0);
    struct kx_algorithm *found = NULL;
    krb5_error_code ret;
    size_t n = 0;

    ret =
        kx_asn1_decode_typed_data(context, TD_DH_PARAMETERS, in, &parameters);
    if (ret == 0)
        ret = decode_parameters(context, &parameters, &found, &n);
    kx_data_free(&parameters);
    if (ret == 0) {
        ret = kx_encode_groups(context, found, n, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    if (ret != 0) {
        kx_asn1_algorithms_free(&found, &n);
        return kx_error_prefix(context, ret, TYPE);
    }
    *groups = found;
    *n_groups = n;
    return 0;
}
