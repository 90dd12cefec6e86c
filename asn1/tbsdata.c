/*
 * tbsdata.c: KX-TBSDATA, the part of an offer that is signed.
 *
 * Its bytes are what is signed and hashed, so that a message has them as they
 * are and this file makes values of them, and back.  The other way round what
 * a message is to carry is encoded once: here.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "asn1/codec.h"

#define TYPE "KX-TBSDATA"

/* Every list of it. */
static const struct kx_bound bounds[] = {
    {{2, 1, KX_PATH_END}, KX_MAX_NAME_COMPONENTS, "kxname"},
    {{6, KX_PATH_END}, KX_MAX_ETYPES, "accept-etype"},
    {{7, KX_PATH_END}, KX_MAX_ALGORITHMS, "accept-group"},
    {{8, KX_PATH_END}, KX_MAX_ALGORITHMS, "accept-sigalg"},
    {{9, KX_PATH_END}, KX_MAX_CAS, "accept-ca"},
    {{10, KX_PATH_END}, KX_MAX_EXTENSIONS, "extensions"},
};

void
kx_tbsdata_clear(struct kx_tbsdata *tbs)
{
    size_t i;

    if (tbs == NULL)
        return;
    krb5_free_principal(NULL, tbs->kxname);
    kx_data_free(&tbs->key_exchange);
    free(tbs->accept_etype);
    kx_asn1_algorithms_free(&tbs->accept_group, &tbs->n_accept_group);
    kx_asn1_algorithms_free(&tbs->accept_sigalg, &tbs->n_accept_sigalg);
    for (i = 0; i < tbs->n_accept_ca; i++)
        kx_data_free(&tbs->accept_ca[i]);
    free(tbs->accept_ca);
    for (i = 0; i < tbs->n_extensions; i++) {
        kx_data_free(&tbs->extensions[i].oid);
        kx_data_free(&tbs->extensions[i].value);
    }
    free(tbs->extensions);
    *tbs = (struct kx_tbsdata){.kxname = NULL};
}

/* Read accept-etype. */
static krb5_error_code
get_etypes(krb5_context context, asn1_node_const node, struct kx_tbsdata *out)
{
    static const char field[] = "accept-etype";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node_const list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i, n;

    ret = kx_asn1_get_count(context, node, field, &n);
    if (ret != 0)
        return ret;
    out->accept_etype = calloc(n, sizeof(*out->accept_etype));
    if (out->accept_etype == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    out->n_accept_etype = n;
    for (i = 0; ret == 0 && i < n; i++)
        ret = kx_asn1_get_int32(context, list, kx_asn1_element_name(i, name),
                                &out->accept_etype[i]);
    return ret;
}

/* Write accept-etype. */
static krb5_error_code
put_etypes(krb5_context context, asn1_node node,
           const struct kx_tbsdata *value)
{
    static const char field[] = "accept-etype";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_put_count(context, field, value->n_accept_etype,
                            KX_MAX_ETYPES);
    for (i = 0; ret == 0 && i < value->n_accept_etype; i++) {
        ret = kx_asn1_put_element(context, node, field);
        if (ret == 0)
            ret =
                kx_asn1_put_int32(context, list, kx_asn1_element_name(i, name),
                                  value->accept_etype[i]);
    }
    return ret;
}

/* Read accept-ca. */
static krb5_error_code
get_cas(krb5_context context, asn1_node_const node, struct kx_tbsdata *out)
{
    static const char field[] = "accept-ca";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node_const list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i, n;

    ret = kx_asn1_get_count(context, node, field, &n);
    if (ret != 0)
        return ret;
    out->accept_ca = calloc(n, sizeof(*out->accept_ca));
    if (out->accept_ca == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    out->n_accept_ca = n;
    for (i = 0; ret == 0 && i < n; i++) {
        ret = kx_asn1_get_octets(context, list, kx_asn1_element_name(i, name),
                                 1, KX_MAX_CA, &out->accept_ca[i]);
        if (ret == 0)
            ret = kx_asn1_check_ca(context, &out->accept_ca[i]);
    }
    return ret;
}

/* Write accept-ca. */
static krb5_error_code
put_cas(krb5_context context, asn1_node node, const struct kx_tbsdata *value)
{
    static const char field[] = "accept-ca";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_put_count(context, field, value->n_accept_ca, KX_MAX_CAS);
    for (i = 0; ret == 0 && i < value->n_accept_ca; i++) {
        ret = kx_asn1_put_element(context, node, field);
        if (ret == 0)
            ret = kx_asn1_put_octets(context, list,
                                     kx_asn1_element_name(i, name), 1,
                                     KX_MAX_CA, &value->accept_ca[i]);
    }
    return ret;
}

/* Check what an encoder is given as DER: key-exchange and accept-ca. */
static krb5_error_code
check_given(krb5_context context, const struct kx_tbsdata *value)
{
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_check_spki(NULL, &value->key_exchange);
    if (ret == ENOMEM)
        return kx_error(context, ret, "out of memory");
    if (ret == KX_ERR_TOO_LONG)
        return kx_error(context, ret, "key-exchange is too long");
    if (ret != 0)
        return kx_error(context, KX_ERR_ENCODE,
                        "key-exchange is not a SubjectPublicKeyInfo");
    for (i = 0; i < value->n_accept_ca; i++) {
        ret = kx_asn1_check_ca(NULL, &value->accept_ca[i]);
        if (ret == ENOMEM)
            return kx_error(context, ret, "out of memory");
        if (ret == KX_ERR_TOO_LONG)
            return kx_error(context, ret, "accept-ca %zu is too long", i + 1);
        if (ret != 0)
            return kx_error(context, KX_ERR_ENCODE,
                            "accept-ca %zu is not an AuthorityKeyIdentifier",
                            i + 1);
    }
    return 0;
}

/*
 * Check that oid is an OBJECT IDENTIFIER: its arcs, each in bytes that have
 * the highest bit set but for the last, begin with no byte too many and are
 * all there.  code tells which way it goes.
 */
static krb5_error_code
check_oid(krb5_context context, krb5_error_code code, const krb5_data *oid)
{
    struct kx_element element;
    krb5_boolean begins = TRUE;
    unsigned char byte;
    size_t i;

    if (kx_element_only(NULL, oid, &element) != 0 ||
        element.class != ASN1_CLASS_UNIVERSAL ||
        element.tag != ASN1_TAG_OBJECT_ID || element.content.length == 0)
        return kx_error(context, code, "oid is not an object identifier");
    for (i = 0; i < element.content.length; i++) {
        byte = (unsigned char)element.content.data[i];
        if (begins && byte == 0x80)
            return kx_error(context, code, "oid has an arc that is padded");
        begins = (byte & 0x80) == 0;
    }
    if (!begins)
        return kx_error(context, code, "oid is cut off within an arc");
    return 0;
}

const char *
kx_oid_text(const krb5_data *oid, char *text)
{
    size_t i;
    int read;

    if (oid->length > 1 &&
        asn1_get_object_id_der((const unsigned char *)oid->data + 1,
                               (int)oid->length - 1, &read, text,
                               KX_OID_TEXT_SIZE) == ASN1_SUCCESS)
        return text;
    text[0] = '\0';
    for (i = 0; i < oid->length && 2 * i + 2 < KX_OID_TEXT_SIZE; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned char)oid->data[i]);
    return text;
}

/* Read extensions. */
static krb5_error_code
get_extensions(krb5_context context, asn1_node_const node,
               struct kx_tbsdata *out)
{
    static const char field[] = "extensions";
    asn1_node_const list = kx_asn1_field(node, field), element;
    struct kx_extension *extension;
    krb5_error_code ret;
    size_t i, n;

    ret = kx_asn1_get_count(context, node, field, &n);
    if (ret != 0)
        return ret;
    out->extensions = calloc(n, sizeof(*out->extensions));
    if (out->extensions == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    out->n_extensions = n;
    for (i = 0; ret == 0 && i < n; i++) {
        element = kx_asn1_list_element(list, i);
        extension = &out->extensions[i];
        ret = kx_asn1_get_octets(context, element, "oid", 1,
                                 KX_MAX_EXTENSION_OID, &extension->oid);
        if (ret == 0)
            ret = check_oid(context, KX_ERR_DECODE, &extension->oid);
        if (ret == 0)
            ret = kx_asn1_get_boolean(context, element, "critical",
                                      &extension->critical);
        if (ret == 0)
            ret =
                kx_asn1_get_octets(context, element, "value", 0,
                                   KX_MAX_EXTENSION_VALUE, &extension->value);
    }
    return ret;
}

/* Write extensions. */
static krb5_error_code
put_extensions(krb5_context context, asn1_node node,
               const struct kx_tbsdata *value)
{
    static const char field[] = "extensions";
    const struct kx_extension *extension;
    asn1_node list = kx_asn1_field(node, field), element;
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_put_count(context, field, value->n_extensions,
                            KX_MAX_EXTENSIONS);
    for (i = 0; ret == 0 && i < value->n_extensions; i++) {
        extension = &value->extensions[i];
        ret = kx_asn1_put_element(context, node, field);
        if (ret != 0)
            return ret;
        element = kx_asn1_list_element(list, i);
        ret = check_oid(context, KX_ERR_ENCODE, &extension->oid);
        if (ret == 0)
            ret = kx_asn1_put_octets(context, element, "oid", 1,
                                     KX_MAX_EXTENSION_OID, &extension->oid);
        if (ret == 0)
            ret = kx_asn1_put_boolean(context, element, "critical",
                                      extension->critical);
        if (ret == 0)
            ret =
                kx_asn1_put_octets(context, element, "value", 0,
                                   KX_MAX_EXTENSION_VALUE, &extension->value);
    }
    return ret;
}

/* Read a KX-TBSDATA; *out is all zero before. */
static krb5_error_code
get_fields(krb5_context context, asn1_node_const node, struct kx_tbsdata *out)
{
    krb5_error_code ret;

    ret = kx_asn1_get_time(context, node, "request-time", &out->request_time);
    if (ret == 0 && kx_asn1_field(node, "kvno") != NULL) {
        out->has_kvno = TRUE;
        ret = kx_asn1_get_uint32(context, node, "kvno", &out->kvno);
    }
    if (ret == 0)
        ret = kx_asn1_get_principal(context, node, "kxname", "kxrealm",
                                    &out->kxname);
    if (ret == 0)
        ret = kx_asn1_get_octets(context, node, "key-exchange", 1,
                                 KX_MAX_KEY_EXCHANGE, &out->key_exchange);
    if (ret == 0)
        ret = kx_asn1_check_spki(context, &out->key_exchange);
    if (ret == 0)
        ret = kx_asn1_get_time(context, node, "till", &out->till);
    if (ret == 0)
        ret = get_etypes(context, node, out);
    if (ret == 0 && kx_asn1_field(node, "accept-group") != NULL)
        ret = kx_asn1_get_algorithms(context, node, "accept-group",
                                     &out->accept_group, &out->n_accept_group);
    if (ret == 0 && kx_asn1_field(node, "accept-sigalg") != NULL)
        ret =
            kx_asn1_get_algorithms(context, node, "accept-sigalg",
                                   &out->accept_sigalg, &out->n_accept_sigalg);
    if (ret == 0 && kx_asn1_field(node, "accept-ca") != NULL)
        ret = get_cas(context, node, out);
    if (ret == 0 && kx_asn1_field(node, "extensions") != NULL)
        ret = get_extensions(context, node, out);
    return ret;
}

/* Write a KX-TBSDATA; what it has as DER is written as it is. */
static krb5_error_code
put_fields(krb5_context context, asn1_node node,
           const struct kx_tbsdata *value)
{
    krb5_error_code ret;

    ret = kx_asn1_put_time(context, node, "request-time", value->request_time);
    if (ret == 0)
        ret = value->has_kvno
                  ? kx_asn1_put_uint32(context, node, "kvno", value->kvno)
                  : kx_asn1_put_absent(context, node, "kvno");
    if (ret == 0)
        ret = kx_asn1_put_principal(context, node, "kxname", "kxrealm",
                                    value->kxname);
    if (ret == 0)
        ret = kx_asn1_put_octets(context, node, "key-exchange", 1,
                                 KX_MAX_KEY_EXCHANGE, &value->key_exchange);
    if (ret == 0)
        ret = kx_asn1_put_time(context, node, "till", value->till);
    if (ret == 0)
        ret = put_etypes(context, node, value);
    if (ret == 0)
        ret = value->n_accept_group > 0
                  ? kx_asn1_put_algorithms(context, node, "accept-group",
                                           value->accept_group,
                                           value->n_accept_group)
                  : kx_asn1_put_absent(context, node, "accept-group");
    if (ret == 0)
        ret = value->n_accept_sigalg > 0
                  ? kx_asn1_put_algorithms(context, node, "accept-sigalg",
                                           value->accept_sigalg,
                                           value->n_accept_sigalg)
                  : kx_asn1_put_absent(context, node, "accept-sigalg");
    if (ret == 0)
        ret = value->n_accept_ca > 0
                  ? put_cas(context, node, value)
                  : kx_asn1_put_absent(context, node, "accept-ca");
    if (ret == 0)
        ret = value->n_extensions > 0
                  ? put_extensions(context, node, value)
                  : kx_asn1_put_absent(context, node, "extensions");
    return ret;
}

/* Encode tbs, whose parts that are DER already are checked. */
static krb5_error_code
encode(krb5_context context, const struct kx_tbsdata *tbs, krb5_data *out)
{
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = put_fields(context, tree, tbs);
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_MESSAGE, out);
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_encode_tbsdata(krb5_context context, const struct kx_tbsdata *tbs,
                  krb5_data *out)
{
    krb5_error_code ret;

    ret = check_given(context, tbs);
    if (ret == 0)
        ret = encode(context, tbs, out);
    return kx_error_prefix(context, ret, TYPE);
}

krb5_error_code
kx_asn1_decode_tbsdata(krb5_context context, const krb5_data *in,
                       struct kx_tbsdata *out)
{
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_element_bound(context, in, bounds,
                           sizeof(bounds) / sizeof(bounds[0]));
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = get_fields(context, tree, out);
    asn1_delete_structure(&tree);
    if (ret == 0) {
        ret = encode(context, out, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    return ret;
}
