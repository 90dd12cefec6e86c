/*
 * message.c: KX-REQ and KX-REP.
 *
 * The two differ in their tags and in confirm.  A message is looked at from
 * the outside in: its size, its tag and version, the length of its lists, and
 * only then does libtasn1 make a tree of it.  At the end what was read is
 * encoded and has to be the message.
 *
 * The part that is signed is to the message one element of DER, which
 * tbsdata.c reads: so what is sent is what was signed, and what is verified is
 * what came.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/codec.h"

/* The one list of a message outside of its KX-TBSDATA. */
static const struct kx_bound chain_bound = {
    {2, 2, KX_PATH_END}, KX_MAX_CHAIN, "signature-owner"};

/* The name of the type in KXOVER.asn1. */
static const char *
type_name(int msg_type)
{
    return msg_type == KX_MSG_REQ ? "KX-REQ" : "KX-REP";
}

void
kx_message_free(struct kx_message *message)
{
    struct kx_offer *offer;
    size_t i;

    if (message == NULL)
        return;
    offer = &message->offer;
    kx_tbsdata_clear(&offer->tbs);
    kx_data_free(&offer->tbs_der);
    for (i = 0; i < offer->n_chain; i++)
        kx_data_free(&offer->chain[i]);
    free(offer->chain);
    kx_algorithm_clear(&offer->sigalg);
    kx_data_free(&offer->signature);
    kx_data_free(&message->confirm);
    free(message);
}

/*
 * Check that in is one SEQUENCE, whose inside is looked at elsewhere.  Returns
 * code if it is something else.
 */
static krb5_error_code
check_sequence(krb5_context context, krb5_error_code code, const char *name,
               const krb5_data *in)
{
    struct kx_element element;
    krb5_error_code ret;

    ret = kx_element_only(context, in, &element);
    if (ret == 0 &&
        (element.class != (ASN1_CLASS_UNIVERSAL | ASN1_CLASS_STRUCTURED) ||
         element.tag != ASN1_TAG_SEQUENCE))
        ret = kx_error(context, code, "%s is not a SEQUENCE", name);
    return ret;
}

/* Read signature-owner. */
static krb5_error_code
get_chain(krb5_context context, asn1_node_const node, struct kx_offer *out)
{
    static const char field[] = "signature-owner";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node_const list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i, n;

    ret = kx_asn1_get_count(context, node, field, &n);
    if (ret != 0)
        return ret;
    out->chain = calloc(n, sizeof(*out->chain));
    if (out->chain == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    out->n_chain = n;
    for (i = 0; ret == 0 && i < n; i++) {
        ret = kx_asn1_get_octets(context, list, kx_asn1_element_name(i, name),
                                 1, KX_MAX_CERTIFICATE, &out->chain[i]);
        if (ret == 0)
            ret = check_sequence(context, KX_ERR_DECODE, "a certificate",
                                 &out->chain[i]);
    }
    return kx_error_prefix(context, ret, "%s", field);
}

/* Write signature-owner. */
static krb5_error_code
put_chain(krb5_context context, asn1_node node, const struct kx_offer *value)
{
    static const char field[] = "signature-owner";
    char name[KX_ELEMENT_NAME_SIZE];
    asn1_node list = kx_asn1_field(node, field);
    krb5_error_code ret;
    size_t i;

    ret = kx_asn1_put_count(context, field, value->n_chain, KX_MAX_CHAIN);
    for (i = 0; ret == 0 && i < value->n_chain; i++) {
        ret = kx_asn1_put_element(context, node, field);
        if (ret == 0)
            ret = kx_asn1_put_octets(context, list,
                                     kx_asn1_element_name(i, name), 1,
                                     KX_MAX_CERTIFICATE, &value->chain[i]);
        if (ret == 0 &&
            check_sequence(NULL, KX_ERR_ENCODE, "", &value->chain[i]) != 0)
            ret = kx_error(context, KX_ERR_ENCODE,
                           "certificate %zu is not DER", i + 1);
    }
    return ret;
}

/* Read a KX-OFFER. */
static krb5_error_code
get_offer(krb5_context context, asn1_node_const node, struct kx_offer *out)
{
    asn1_node_const sigalg = kx_asn1_field(node, "signature-alg");
    krb5_error_code ret;

    if (sigalg == NULL)
        return kx_error(context, KX_ERR_DECODE, "signature-alg is missing");
    ret = kx_asn1_get_uint32(context, node, "nonce", &out->nonce);
    if (ret == 0)
        ret = kx_asn1_get_octets(context, node, "signature-input", 1,
                                 KX_MAX_MESSAGE, &out->tbs_der);
    if (ret == 0)
        ret = kx_asn1_decode_tbsdata(context, &out->tbs_der, &out->tbs);
    if (ret == 0)
        ret = get_chain(context, node, out);
    if (ret == 0)
        ret = kx_asn1_get_algorithm(context, sigalg, &out->sigalg);
    if (ret == 0)
        ret = kx_asn1_get_bits(context, node, "signature-value",
                               KX_MAX_SIGNATURE, &out->signature);
    return ret;
}

/* Write a KX-OFFER. */
static krb5_error_code
put_offer(krb5_context context, asn1_node node, const struct kx_offer *value)
{
    asn1_node sigalg = kx_asn1_field(node, "signature-alg");
    krb5_error_code ret;

    if (sigalg == NULL)
        return kx_error(context, KX_ERR_ENCODE, "signature-alg has no place");
    ret = kx_asn1_put_uint32(context, node, "nonce", value->nonce);
    if (ret == 0)
        ret = kx_asn1_put_octets(context, node, "signature-input", 1,
                                 KX_MAX_MESSAGE, &value->tbs_der);
    if (ret == 0)
        ret = put_chain(context, node, value);
    if (ret == 0)
        ret = kx_asn1_put_algorithm(context, sigalg, &value->sigalg);
    if (ret == 0)
        ret = kx_asn1_put_bits(context, node, "signature-value",
                               KX_MAX_SIGNATURE, &value->signature);
    return ret;
}

/* Encode message, whose type is one of the two, into *out. */
static krb5_error_code
encode(krb5_context context, const struct kx_message *message, krb5_data *out)
{
    asn1_node tree = NULL, offer;
    krb5_error_code ret;

    ret = kx_tree_new(context, type_name(message->msg_type), &tree);
    if (ret != 0)
        return ret;
    offer = kx_asn1_field(tree, "offer");
    if (offer == NULL) {
        ret = kx_error(context, KX_ERR_ENCODE, "offer has no place");
        goto cleanup;
    }
    ret = kx_asn1_put_int32(context, tree, "pvno", KX_PVNO);
    if (ret == 0)
        ret = kx_asn1_put_int32(context, tree, "msg-type", message->msg_type);
    if (ret == 0)
        ret = put_offer(context, offer, &message->offer);
    if (ret == 0 && message->msg_type == KX_MSG_REP)
        ret = kx_asn1_put_octets(context, tree, "confirm", KX_CONFIRM_SIZE,
                                 KX_CONFIRM_SIZE, &message->confirm);
    if (ret == 0 && message->msg_type == KX_MSG_REQ &&
        message->confirm.length > 0)
        ret = kx_error(context, KX_ERR_ENCODE, "it has no confirm");
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_MESSAGE, out);

cleanup:
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_encode_message(krb5_context context, const struct kx_message *message,
                  krb5_data *out)
{
    krb5_error_code ret;

    if (message->msg_type != KX_MSG_REQ && message->msg_type != KX_MSG_REP)
        return kx_error(context, KX_ERR_ENCODE, "%d is not a message's type",
                        message->msg_type);
    ret = check_sequence(NULL, KX_ERR_ENCODE, "", &message->offer.tbs_der);
    if (ret != 0)
        ret = kx_error(context, KX_ERR_ENCODE,
                       "what was signed is not a KX-TBSDATA");
    if (ret == 0)
        ret = encode(context, message, out);
    return kx_error_prefix(context, ret, "%s", type_name(message->msg_type));
}

krb5_error_code
kx_decode_message(krb5_context context, int msg_type, const krb5_data *in,
                  struct kx_message **out)
{
    struct kx_message *message = NULL;
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    asn1_node_const offer;
    krb5_error_code ret;

    if (msg_type != KX_MSG_REQ && msg_type != KX_MSG_REP)
        return kx_error(context, KX_ERR_MSG_TYPE, "%d is not a message's type",
                        msg_type);
    ret = kx_element_header(context, in, msg_type);
    if (ret == 0)
        ret = kx_element_bound(context, in, &chain_bound, 1);
    if (ret == 0)
        ret = kx_tree_decode(context, type_name(msg_type), in, &tree);
    if (ret != 0)
        goto cleanup;

    message = calloc(1, sizeof(*message));
    offer = kx_asn1_field(tree, "offer");
    if (message == NULL || offer == NULL) {
        ret = message == NULL
                  ? kx_error(context, ENOMEM, "out of memory")
                  : kx_error(context, KX_ERR_DECODE, "offer is missing");
        goto cleanup;
    }
    message->msg_type = msg_type;
    ret = get_offer(context, offer, &message->offer);
    if (ret == 0 && msg_type == KX_MSG_REP)
        ret = kx_asn1_get_octets(context, tree, "confirm", KX_CONFIRM_SIZE,
                                 KX_CONFIRM_SIZE, &message->confirm);
    if (ret != 0)
        goto cleanup;
    ret = encode(context, message, &again);
    ret = kx_asn1_same_again(context, ret, in, &again);
    if (ret != 0)
        goto cleanup;
    *out = message;
    message = NULL;

cleanup:
    kx_message_free(message);
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, "%s", type_name(msg_type));
}
