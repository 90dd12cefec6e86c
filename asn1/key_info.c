/*
 * key_info.c: KXOVER-KEY-INFO, which the key derivation hashes.
 *
 * It holds secrets.  libtasn1 encodes from a copy of the tree and releases
 * that copy unwiped (ASN1_DELETE_FLAG_ZEROIZE is for the tree alone), so it is
 * not shown any: the tree has zeros of the right length in their places, and
 * the secrets are put over the zeros in what was encoded.  The only memory
 * that holds them is then that of the block, which is wiped.
 *
 * The blocks of one derivation differ in two numbers.  As long as these are
 * small, as those of all encryption types of today are, the next block is the
 * last one with other numbers put over them.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/codec.h"

#define TYPE "KXOVER-KEY-INFO"
#define NAME "KXOVER"

/* More than all of its fields take together. */
#define MAX_KEY_INFO 16384

struct kx_key_info_form {
    const struct kx_key_info *info;
    asn1_node tree; /* all of it but its secrets */
    krb5_data der;  /* the last block, secret */
};

static const signed char seq_path[] = {1, KX_PATH_END};
static const signed char etype_path[] = {6, KX_PATH_END};
static const signed char shared_key_path[] = {7, KX_PATH_END};
static const signed char prior_path[] = {9, KX_PATH_END};
static const signed char prior_value_path[] = {2, KX_PATH_END};

/* Write zeros where a secret of the length of value will stand. */
static krb5_error_code
put_place(krb5_context context, asn1_node parent, const char *field,
          size_t max, const krb5_data *value)
{
    static const char zeros[KX_MAX_SHARED_KEY];
    const krb5_data place = kx_data(zeros, value->length);

    return kx_asn1_put_octets(context, parent, field, 1, max, &place);
}

/* Put secret over the zeros of the element found. */
static krb5_error_code
fill_place(krb5_context context, const struct kx_element *place,
           const krb5_data *secret)
{
    if (place->content.length != secret->length)
        return kx_error(context, KX_ERR_ENCODE, "a secret has no place");
    memcpy(place->content.data, secret->data, secret->length);
    return 0;
}

/* Write prior, with zeros for the values. */
static krb5_error_code
put_prior(krb5_context context, asn1_node tree, const struct kx_key_info *info)
{
    static const char field[] = "prior";
    asn1_node list = kx_asn1_field(tree, field), element;
    krb5_error_code ret;
    size_t i;

    if (info->n_prior == 0)
        return kx_asn1_put_absent(context, tree, field);
    ret = kx_asn1_put_count(context, field, info->n_prior, KX_MAX_PRIOR_KEYS);
    for (i = 0; ret == 0 && i < info->n_prior; i++) {
        ret = kx_asn1_put_element(context, tree, field);
        if (ret != 0)
            return ret;
        element = kx_asn1_list_element(list, i);
        ret =
            kx_asn1_put_uint32(context, element, "kvno", info->prior[i].kvno);
        if (ret == 0)
            ret = kx_asn1_put_int32(context, element, "etype",
                                    info->prior[i].etype);
        if (ret == 0)
            ret = put_place(context, element, "value", KX_MAX_PRIOR_VALUE,
                            &info->prior[i].value);
    }
    return ret;
}

/* Put the secrets of info over their zeros in der. */
static krb5_error_code
fill_places(krb5_context context, const struct kx_key_info *info,
            const krb5_data *der)
{
    struct kx_element found, element;
    krb5_error_code ret;
    krb5_data rest;
    size_t i;

    ret = kx_element_find(context, der, shared_key_path, &found);
    if (ret == 0)
        ret = fill_place(context, &found, &info->shared_key);
    if (ret != 0 || info->n_prior == 0)
        return ret;
    ret = kx_element_find(context, der, prior_path, &found);
    rest = found.content;
    for (i = 0; ret == 0 && i < info->n_prior; i++) {
        ret = kx_element_first(context, &rest, &element);
        if (ret != 0)
            return ret;
        rest = kx_data(rest.data + element.whole.length,
                       rest.length - element.whole.length);
        ret =
            kx_element_find(context, &element.whole, prior_value_path, &found);
        if (ret == 0)
            ret = fill_place(context, &found, &info->prior[i].value);
    }
    return ret;
}

/* Write what all blocks have in common. */
static krb5_error_code
put_common(krb5_context context, asn1_node tree,
           const struct kx_key_info *info)
{
    const krb5_data name = kx_data(NAME, strlen(NAME));
    krb5_error_code ret;

    ret = kx_asn1_put_string(context, tree, "name", name.length, &name);
    if (ret == 0)
        ret = kx_asn1_put_principal(context, tree, "kxname", "kxrealm",
                                    info->kxname);
    if (ret == 0)
        ret = kx_asn1_put_time(context, tree, "till", info->till);
    if (ret == 0)
        ret = kx_asn1_put_uint32(context, tree, "kvno", info->kvno);
    if (ret == 0)
        ret = put_place(context, tree, "shared-key", KX_MAX_SHARED_KEY,
                        &info->shared_key);
    if (ret == 0)
        ret =
            kx_asn1_put_octets(context, tree, "transcript", KX_TRANSCRIPT_SIZE,
                               KX_TRANSCRIPT_SIZE, &info->transcript);
    if (ret == 0)
        ret = put_prior(context, tree, info);
    return ret;
}

krb5_error_code
kx_key_info_begin(krb5_context context, const struct kx_key_info *info,
                  struct kx_key_info_form **out)
{
    struct kx_key_info_form *form;
    krb5_error_code ret;

    *out = NULL;
    form = calloc(1, sizeof(*form));
    if (form == NULL)
        return kx_error(context, ENOMEM, TYPE ": out of memory");
    form->info = info;
    ret = kx_tree_new(context, TYPE, &form->tree);
    if (ret == 0)
        ret = put_common(context, form->tree, info);
    if (ret != 0) {
        kx_key_info_end(form);
        return kx_error_prefix(context, ret, TYPE);
    }
    *out = form;
    return 0;
}

/*
 * Put number over the one that stands at path in der, if each takes one byte
 * of an INTEGER.  False if not.
 */
static krb5_boolean
put_over(const krb5_data *der, const signed char *path, int64_t number)
{
    struct kx_element found;

    if (number < INT8_MIN || number > INT8_MAX || der->length == 0 ||
        kx_element_find(NULL, der, path, &found) != 0 ||
        found.content.length != 1)
        return FALSE;
    found.content.data[0] = (char)number;
    return TRUE;
}

/* Encode all of it anew into form->der.  Errors: those of encoding. */
static krb5_error_code
encode(krb5_context context, struct kx_key_info_form *form, krb5_enctype etype,
       uint32_t seq)
{
    krb5_error_code ret;

    kx_data_zap_free(&form->der);
    ret = kx_asn1_put_uint32(context, form->tree, "seq", seq);
    if (ret == 0)
        ret = kx_asn1_put_int32(context, form->tree, "etype", etype);
    if (ret == 0)
        ret = kx_tree_encode(context, form->tree, MAX_KEY_INFO, &form->der);
    if (ret == 0)
        ret = fill_places(context, form->info, &form->der);
    if (ret != 0)
        kx_data_zap_free(&form->der);
    return ret;
}

krb5_error_code
kx_key_info_encode(krb5_context context, struct kx_key_info_form *form,
                   krb5_enctype etype, uint32_t seq, krb5_data *out)
{
    krb5_error_code ret = 0;

    *out = kx_data(NULL, 0);
    if (!put_over(&form->der, seq_path, seq) ||
        !put_over(&form->der, etype_path, etype))
        ret = encode(context, form, etype, seq);
    if (ret != 0)
        return kx_error_prefix(context, ret, TYPE);
    *out = form->der;
    return 0;
}

void
kx_key_info_end(struct kx_key_info_form *form)
{
    if (form == NULL)
        return;
    kx_data_zap_free(&form->der);
    asn1_delete_structure(&form->tree);
    free(form);
}
