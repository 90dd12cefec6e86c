/*
 * principal.c: PrincipalName and Realm (RFC 4120 5.2.2) as krb5_principal.
 *
 * A message has the two as fields of their own, with names that differ from
 * type to type; krb5 has them in one.  The memory is as krb5 would have taken
 * it, so that krb5_free_principal() releases it.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "asn1/codec.h"

krb5_error_code
kx_asn1_get_principal(krb5_context context, asn1_node_const parent,
                      const char *name, const char *realm, krb5_principal *out)
{
    char element[KX_ELEMENT_NAME_SIZE];
    krb5_principal principal = NULL;
    asn1_node_const node, strings;
    krb5_error_code ret;
    size_t i, n;

    node = kx_asn1_field(parent, name);
    strings = node != NULL ? kx_asn1_field(node, "name-string") : NULL;
    if (strings == NULL)
        return kx_error(context, KX_ERR_DECODE, "%s is missing", name);
    ret = kx_asn1_get_count(context, node, "name-string", &n);
    if (ret != 0)
        return ret;

    principal = calloc(1, sizeof(*principal));
    if (principal == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    principal->magic = KV5M_PRINCIPAL;
    principal->data = calloc(n, sizeof(*principal->data));
    if (principal->data == NULL) {
        ret = kx_error(context, ENOMEM, "out of memory");
        goto cleanup;
    }
    principal->length = (krb5_int32)n;
    ret = kx_asn1_get_int32(context, node, "name-type", &principal->type);
    for (i = 0; ret == 0 && i < n; i++)
        ret = kx_asn1_get_string(context, strings,
                                 kx_asn1_element_name(i, element),
                                 KX_MAX_NAME_COMPONENT, &principal->data[i]);
    if (ret == 0)
        ret = kx_asn1_get_string(context, parent, realm, KX_MAX_REALM,
                                 &principal->realm);
    if (ret != 0)
        goto cleanup;
    *out = principal;
    principal = NULL;

cleanup:
    krb5_free_principal(context, principal);
    return ret;
}

krb5_error_code
kx_asn1_put_principal(krb5_context context, asn1_node parent, const char *name,
                      const char *realm, krb5_const_principal value)
{
    char element[KX_ELEMENT_NAME_SIZE];
    asn1_node node, strings;
    krb5_error_code ret;
    size_t i, n;

    if (value == NULL || value->length < 0)
        return kx_error(context, KX_ERR_ENCODE, "%s is missing", name);
    n = (size_t)value->length;
    node = kx_asn1_field(parent, name);
    strings = node != NULL ? kx_asn1_field(node, "name-string") : NULL;
    if (strings == NULL)
        return kx_error(context, KX_ERR_ENCODE, "%s has no place", name);
    ret = kx_asn1_put_count(context, name, n, KX_MAX_NAME_COMPONENTS);
    if (ret == 0)
        ret = kx_asn1_put_int32(context, node, "name-type", value->type);
    for (i = 0; ret == 0 && i < n; i++) {
        ret = kx_asn1_put_element(context, node, "name-string");
        if (ret == 0)
            ret = kx_asn1_put_string(context, strings,
                                     kx_asn1_element_name(i, element),
                                     KX_MAX_NAME_COMPONENT, &value->data[i]);
    }
    if (ret == 0)
        ret = kx_asn1_put_string(context, parent, realm, KX_MAX_REALM,
                                 &value->realm);
    return ret;
}
