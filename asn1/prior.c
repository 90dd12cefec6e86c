/*
 * prior.c: KX-PriorKeyNames, the value of the extension that names the keys
 * which both sides have of a crossover already.
 *
 * The order in which they stand is the order in which they are mixed in, so
 * there is one order only, and no name twice.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/codec.h"

#define TYPE "KX-PriorKeyNames"

/* 2.25 and d3a49070-4177-4576-a335-42e7325f2559 (ITU-T X.667): whoever makes a
 * UUID has an arc of their own by it. */
static unsigned char oid[] = {0x06, 0x14, 0x69, 0x83, 0xa7, 0xa4, 0xc8, 0x9c,
                              0x88, 0x97, 0xba, 0x95, 0xed, 0xa3, 0x9a, 0xd0,
                              0xdc, 0xf3, 0x92, 0xfc, 0xca, 0x59};

const krb5_data kx_prior_oid = {KV5M_DATA, sizeof(oid), (char *)oid};

int
kx_prior_name_compare(const struct kx_prior_name *a,
                      const struct kx_prior_name *b)
{
    if (a->kvno != b->kvno)
        return a->kvno < b->kvno ? -1 : 1;
    return (a->etype > b->etype) - (a->etype < b->etype);
}

/* Check the numbers of name, which follows before (NULL for the first). */
static krb5_error_code
check_name(krb5_context context, krb5_error_code code,
           const struct kx_prior_name *name,
           const struct kx_prior_name *before)
{
    if (name->kvno == 0)
        return kx_error(context, code, "key version 0 is none");
    if (before != NULL && kx_prior_name_compare(before, name) >= 0)
        return kx_error(context, code,
                        "key version %lu of encryption type %d is not in its "
                        "place, or is there twice",
                        (unsigned long)name->kvno, (int)name->etype);
    return 0;
}

/* Read element into *name. */
static krb5_error_code
get_name(krb5_context context, asn1_node_const element,
         struct kx_prior_name *name)
{
    krb5_data check = kx_data(NULL, 0);
    krb5_error_code ret;

    ret = kx_asn1_get_uint32(context, element, "kvno", &name->kvno);
    if (ret == 0)
        ret = kx_asn1_get_int32(context, element, "etype", &name->etype);
    if (ret == 0)
        ret =
            kx_asn1_get_octets(context, element, "check", KX_PRIOR_CHECK_SIZE,
                               KX_PRIOR_CHECK_SIZE, &check);
    if (ret == 0)
        memcpy(name->check, check.data, sizeof(name->check));
    kx_data_free(&check);
    return ret;
}

/* Read the list that tree is into *names (allocated) and *n. */
static krb5_error_code
get_names(krb5_context context, asn1_node_const tree,
          struct kx_prior_name **names, size_t *n)
{
    struct kx_prior_name *list;
    krb5_error_code ret;
    size_t i, count;

    ret = kx_asn1_get_count(context, tree, "", &count);
    if (ret != 0)
        return ret;
    list = calloc(count, sizeof(*list));
    if (list == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    for (i = 0; ret == 0 && i < count; i++) {
        ret = get_name(context, kx_asn1_list_element(tree, i), &list[i]);
        if (ret == 0)
            ret = check_name(context, KX_ERR_DECODE, &list[i],
                             i > 0 ? &list[i - 1] : NULL);
    }
    if (ret != 0) {
        free(list);
        return ret;
    }
    *names = list;
    *n = count;
    return 0;
}

krb5_error_code
kx_encode_prior_names(krb5_context context, const struct kx_prior_name *names,
                      size_t n, krb5_data *out)
{
    asn1_node tree = NULL, element;
    krb5_error_code ret;
    krb5_data check;
    size_t i;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = kx_asn1_put_count(context, "prior", n, KX_MAX_PRIOR_KEYS);
    for (i = 0; ret == 0 && i < n; i++) {
        ret = check_name(context, KX_ERR_ENCODE, &names[i],
                         i > 0 ? &names[i - 1] : NULL);
        if (ret == 0)
            ret = kx_asn1_put_element(context, tree, "");
        if (ret != 0)
            break;
        element = kx_asn1_list_element(tree, i);
        check = kx_data(names[i].check, sizeof(names[i].check));
        ret = kx_asn1_put_uint32(context, element, "kvno", names[i].kvno);
        if (ret == 0)
            ret = kx_asn1_put_int32(context, element, "etype", names[i].etype);
        if (ret == 0)
            ret = kx_asn1_put_octets(context, element, "check", check.length,
                                     check.length, &check);
    }
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_EXTENSION_VALUE, out);
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, TYPE);
}

krb5_error_code
kx_decode_prior_names(krb5_context context, const krb5_data *in,
                      struct kx_prior_name **names, size_t *n)
{
    static const struct kx_bound bound[] = {
        {{KX_PATH_END}, KX_MAX_PRIOR_KEYS, "prior keys"},
    };
    struct kx_prior_name *list = NULL;
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;
    size_t count = 0;

    *names = NULL;
    *n = 0;
    if (in->length > KX_MAX_EXTENSION_VALUE)
        return kx_error(context, KX_ERR_TOO_LONG, TYPE ": over %d bytes",
                        KX_MAX_EXTENSION_VALUE);
    ret = kx_element_bound(context, in, bound, 1);
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret == 0)
        ret = get_names(context, tree, &list, &count);
    asn1_delete_structure(&tree);
    if (ret == 0) {
        ret = kx_encode_prior_names(context, list, count, &again);
        ret = kx_asn1_same_again(context, ret, in, &again);
    }
    if (ret != 0) {
        free(list);
        return kx_error_prefix(context, ret, TYPE);
    }
    *names = list;
    *n = count;
    return 0;
}
