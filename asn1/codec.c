/*
 * codec.c: libtasn1's trees: made from KXOVER.asn1, from bytes, into bytes.
 *
 * asn1Parser has compiled the module into an array; the array becomes one tree
 * of definitions, which every message's tree is copied from.  It is made at
 * first use and then only read, so threads share it.
 *
 * libtasn1 accepts more than DER even when told to be strict, so nothing is
 * believed until what was understood encodes to the same bytes again:
 * kx_asn1_same_again().  Encode from the values, not from the tree that was
 * decoded: that one writes some octets back as they came.
 */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "asn1/codec.h"

/* The longest name of a type, with "KXOVER." before it. */
#define TYPE_NAME_SIZE 64

/* From KXOVER.asn1. */
extern const asn1_static_node kxover_asn1_tab[];

static pthread_mutex_t definitions_lock = PTHREAD_MUTEX_INITIALIZER;
static asn1_node definitions;

/*
 * The KDB module can be unloaded, and loaded again, within one process: what
 * it holds goes with it.
 */
__attribute__((destructor)) static void
release_definitions(void)
{
    asn1_delete_structure(&definitions);
}

/* Make the definitions if they are not there yet.  Errors: ENOMEM. */
static krb5_error_code
load_definitions(asn1_node_const *out)
{
    int result = ASN1_SUCCESS;

    if (pthread_mutex_lock(&definitions_lock) != 0)
        return ENOMEM;
    if (definitions == NULL)
        result = asn1_array2tree(kxover_asn1_tab, &definitions, NULL);
    *out = definitions;
    pthread_mutex_unlock(&definitions_lock);
    return result == ASN1_SUCCESS ? 0 : ENOMEM;
}

krb5_error_code
kx_tree_new(krb5_context context, const char *type, asn1_node *out)
{
    char name[TYPE_NAME_SIZE];
    asn1_node_const root;

    *out = NULL;
    (void)snprintf(name, sizeof(name), "KXOVER.%s", type);
    if (load_definitions(&root) != 0 ||
        asn1_create_element(root, name, out) != ASN1_SUCCESS) {
        asn1_delete_structure(out);
        return kx_error(context, ENOMEM, "out of memory");
    }
    return 0;
}

krb5_error_code
kx_tree_decode(krb5_context context, const char *type, const krb5_data *in,
               asn1_node *out)
{
    char where[ASN1_MAX_ERROR_DESCRIPTION_SIZE];
    krb5_error_code ret;
    int length, result;

    *out = NULL;
    ret = kx_tree_new(context, type, out);
    if (ret != 0)
        return ret;
    length = (int)in->length;
    result = asn1_der_decoding2(out, in->data, &length,
                                ASN1_DECODE_FLAG_STRICT_DER, where);
    if (result == ASN1_SUCCESS)
        return 0;
    asn1_delete_structure(out);
    if (result == ASN1_MEM_ALLOC_ERROR)
        return kx_error(context, ENOMEM, "out of memory");
    return kx_error(context, KX_ERR_DECODE,
                    "its fields are not those of the type (%s%s%s)",
                    asn1_strerror(result), where[0] != '\0' ? " at " : "",
                    where);
}

krb5_error_code
kx_tree_encode(krb5_context context, asn1_node_const tree, size_t max,
               krb5_data *out)
{
    char where[ASN1_MAX_ERROR_DESCRIPTION_SIZE];
    int length = (int)max;
    int result;
    char *der, *cut;

    der = malloc(max);
    if (der == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    result = asn1_der_coding(tree, "", der, &length, where);
    if (result != ASN1_SUCCESS) {
        free(der);
        if (result == ASN1_MEM_ERROR)
            return kx_error(context, KX_ERR_TOO_LONG, "over %zu bytes", max);
        if (result == ASN1_MEM_ALLOC_ERROR)
            return kx_error(context, ENOMEM, "out of memory");
        return kx_error(context, KX_ERR_ENCODE, "%s %s", asn1_strerror(result),
                        where);
    }
    cut = realloc(der, (size_t)length);
    *out = kx_data(cut != NULL ? cut : der, (size_t)length);
    return 0;
}

krb5_error_code
kx_asn1_same_again(krb5_context context, krb5_error_code code,
                   const krb5_data *in, krb5_data *again)
{
    krb5_boolean same = code == 0 && kx_data_equal(in, again);

    kx_data_free(again);
    if (same)
        return 0;
    if (code == ENOMEM)
        return code;
    return kx_error(context, KX_ERR_NOT_DER,
                    "its encoding is not the one that DER allows");
}
