/*
 * ca.c: AuthorityKeyIdentifier (RFC 5280 4.2.1.1), looked at and not taken
 * apart: an offer hands it on as it is.
 */
#include "config.h"
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "AuthorityKeyIdentifier"

/*
 * An issuer's name of fourteen parts, with all around it, has that many
 * elements.  libtasn1 makes dozens of nodes for each GeneralName, of which
 * there is one.
 */
#define MAX_ELEMENTS 64
#define MAX_NAMES 8

#define ISSUER "authorityCertIssuer"
#define ISSUER_TAG 1
#define SERIAL "authorityCertSerialNumber"

/* Count the names before libtasn1 makes anything of them. */
static krb5_error_code
bound_names(krb5_context context, const krb5_data *in)
{
    struct kx_element element = {.tag = 0};
    krb5_error_code ret;
    krb5_data rest;

    ret = kx_element_only(context, in, &element);
    rest = element.content;
    while (ret == 0 && rest.length > 0) {
        ret = kx_element_next(context, &rest, &element);
        if (ret == 0 && element.tag == ISSUER_TAG)
            ret =
                kx_element_count(context, &element.content, MAX_NAMES, ISSUER);
    }
    return ret;
}

/* Write the serial number again: libtasn1 then leaves out what DER does. */
static krb5_error_code
shorten_serial(krb5_context context, asn1_node tree)
{
    krb5_data serial = kx_data(NULL, 0);
    krb5_error_code ret;

    if (kx_asn1_field(tree, SERIAL) == NULL)
        return 0;
    ret = kx_asn1_get_octets(context, tree, SERIAL, 1, KX_MAX_CA, &serial);
    if (ret == 0)
        ret = kx_asn1_put_octets(context, tree, SERIAL, 1, KX_MAX_CA, &serial);
    kx_data_free(&serial);
    return ret;
}

krb5_error_code
kx_asn1_check_ca(krb5_context context, const krb5_data *in)
{
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;
    size_t names;

    if (in->length > KX_MAX_CA)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_CA);
    ret = kx_element_check(context, in, MAX_ELEMENTS);
    if (ret == 0)
        ret = bound_names(context, in);
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0 && kx_asn1_field(tree, ISSUER) != NULL)
        ret = kx_asn1_get_count(context, tree, ISSUER, &names);
    if (ret == 0)
        ret = shorten_serial(context, tree);
    if (ret == 0) {
        ret = kx_tree_encode(context, tree, KX_MAX_CA, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, TYPE);
}
