/*
 * pkinit.c: KRB5PrincipalName (RFC 4556 3.2.2), the name of a principal in a
 * certificate.
 */
#include "config.h"
#include "asn1/codec.h"

#define TYPE "KRB5PrincipalName"

/* Encode name again, into *out (allocated). */
static krb5_error_code
encode(krb5_context context, krb5_const_principal name, krb5_data *out)
{
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = kx_asn1_put_principal(context, tree, "principalName", "realm",
                                    name);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_PKINIT_NAME, out);
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_decode_pkinit_name(krb5_context context, const krb5_data *in,
                      krb5_principal *out)
{
    asn1_node tree = NULL;
    krb5_principal name = NULL;
    krb5_data again = kx_data(NULL, 0);
    krb5_error_code ret;

    *out = NULL;
    if (in->length > KX_MAX_PKINIT_NAME)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_PKINIT_NAME);
    ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = kx_asn1_get_principal(context, tree, "principalName", "realm",
                                    &name);
    if (ret == 0) {
        ret = encode(context, name, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    asn1_delete_structure(&tree);
    if (ret) {
        krb5_free_principal(context, name);
        return kx_error_prefix(context, ret, TYPE);
    }
    *out = name;
    return 0;
}
