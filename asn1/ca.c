/*
 * ca.c: AuthorityKeyIdentifier (RFC 5280 4.2.1.1), looked at and not taken
 * apart: an offer hands it on as it is.
 */
#include "config.h"
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "AuthorityKeyIdentifier"

/*
 * A key identifier and an issuer's name of twenty parts have under 100
 * elements, each of which libtasn1 makes dozens of nodes for.
 */
#define MAX_ELEMENTS 100

/* Write the serial number again: libtasn1 then leaves out what DER does. */
static krb5_error_code
shorten_serial(krb5_context context, asn1_node tree)
{
    static const char field[] = "authorityCertSerialNumber";
    krb5_data serial = kx_data(NULL, 0);
    krb5_error_code ret;

    if (kx_asn1_field(tree, field) == NULL)
        return 0;
    ret = kx_asn1_get_octets(context, tree, field, 1, KX_MAX_CA, &serial);
    if (ret == 0)
        ret = kx_asn1_put_octets(context, tree, field, 1, KX_MAX_CA, &serial);
    kx_data_free(&serial);
    return ret;
}

krb5_error_code
kx_asn1_check_ca(krb5_context context, const krb5_data *in)
{
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;

    if (in->length > KX_MAX_CA)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_CA);
    ret = kx_element_check(context, in, MAX_ELEMENTS);
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = shorten_serial(context, tree);
    if (ret == 0) {
        ret = kx_tree_encode(context, tree, KX_MAX_CA, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, TYPE);
}
