/*
 * codec.c: libtasn1's trees: made from KXOVER.asn1, from bytes, into bytes.
 *
 * asn1Parser has compiled the module into an array; the array becomes one tree
 * of definitions.  To make a type's tree out of them libtasn1 looks up, by
 * name, each type that is used in it, which takes longer than all else that is
 * done with the tree.  So the first tree of a type is kept blank, and the
 * others are copies of it.  Definitions and blanks are made at first use and
 * then only read, so threads share them.
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
#include <string.h>
#include "asn1/codec.h"

/* The longest name of a type, with "KXOVER." before it. */
#define TYPE_NAME_SIZE 64

/* Most of what is encoded takes no more bytes; room for more is allocated. */
#define USUAL_SIZE 4096

/* From KXOVER.asn1. */
extern const asn1_static_node kxover_asn1_tab[];

/* A type's tree without any values. */
struct blank {
    const char *type; /* in static memory */
    asn1_node tree;
    struct blank *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static asn1_node definitions;
static struct blank *blanks; /* one for each type that was asked for */

/*
 * The KDB module can be unloaded, and loaded again, within one process: what
 * it holds goes with it.
 */
__attribute__((destructor)) static void
release_definitions(void)
{
    struct blank *blank;

    while (blanks != NULL) {
        blank = blanks;
        blanks = blank->next;
        asn1_delete_structure(&blank->tree);
        free(blank);
    }
    asn1_delete_structure(&definitions);
}

/* Make the blank of type, under the lock; NULL if memory is short. */
static struct blank *
make_blank(const char *type)
{
    char name[TYPE_NAME_SIZE];
    struct blank *blank;

    if (definitions == NULL &&
        asn1_array2tree(kxover_asn1_tab, &definitions, NULL) != ASN1_SUCCESS)
        return NULL;
    blank = calloc(1, sizeof(*blank));
    if (blank == NULL)
        return NULL;
    (void)snprintf(name, sizeof(name), "KXOVER.%s", type);
    if (asn1_create_element(definitions, name, &blank->tree) != ASN1_SUCCESS) {
        asn1_delete_structure(&blank->tree);
        free(blank);
        return NULL;
    }
    blank->type = type;
    blank->next = blanks;
    blanks = blank;
    return blank;
}

/* Find the blank of type, or make it; NULL if memory is short. */
static asn1_node_const
find_blank(const char *type)
{
    struct blank *blank;

    if (pthread_mutex_lock(&lock) != 0)
        return NULL;
    blank = blanks;
    while (blank != NULL && strcmp(blank->type, type) != 0)
        blank = blank->next;
    if (blank == NULL)
        blank = make_blank(type);
    pthread_mutex_unlock(&lock);
    return blank != NULL ? blank->tree : NULL;
}

krb5_error_code
kx_tree_new(krb5_context context, const char *type, asn1_node *out)
{
    asn1_node_const blank = find_blank(type);

    /* A type's tree has no name of its own. */
    *out = blank != NULL ? asn1_dup_node(blank, "") : NULL;
    if (*out == NULL)
        return kx_error(context, ENOMEM, "out of memory");
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

/* The error for a libtasn1 error met in encoding into max bytes. */
static krb5_error_code
encoding_error(krb5_context context, int result, size_t max, const char *where)
{
    if (result == ASN1_MEM_ERROR)
        return kx_error(context, KX_ERR_TOO_LONG, "over %zu bytes", max);
    if (result == ASN1_MEM_ALLOC_ERROR)
        return kx_error(context, ENOMEM, "out of memory");
    return kx_error(context, KX_ERR_ENCODE, "%s %s", asn1_strerror(result),
                    where);
}

krb5_error_code
kx_tree_encode(krb5_context context, asn1_node_const tree, size_t max,
               krb5_data *out)
{
    char where[ASN1_MAX_ERROR_DESCRIPTION_SIZE], usual[USUAL_SIZE], *der;
    int length = (int)(max < sizeof(usual) ? max : sizeof(usual));
    krb5_data encoded;
    int result;

    result = asn1_der_coding(tree, "", usual, &length, where);
    if (result == ASN1_SUCCESS) {
        encoded = kx_data(usual, (size_t)length);
        if (kx_data_copy(&encoded, out) != 0)
            return kx_error(context, ENOMEM, "out of memory");
        return 0;
    }
    /* What it takes is known now. */
    if (result != ASN1_MEM_ERROR || (size_t)length > max)
        return encoding_error(context, result, max, where);
    der = malloc((size_t)length);
    if (der == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    result = asn1_der_coding(tree, "", der, &length, where);
    if (result != ASN1_SUCCESS) {
        free(der);
        return encoding_error(context, result, max, where);
    }
    *out = kx_data(der, (size_t)length);
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
