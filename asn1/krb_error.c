/*
 * krb_error.c: KRB-ERROR (RFC 4120 5.9.1), the way a peer says no.
 *
 * The fields that are about a client are none of ours, but a peer may send
 * them; they are read so that the message can be encoded again and compared.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/codec.h"

#define TYPE "KRB-ERROR"
#define MAX_MICROSECONDS 999999

/* The fields that are only passed over. */
struct unused {
    krb5_boolean has_ctime;
    time_t ctime;
    krb5_boolean has_cusec;
    int32_t cusec;
    krb5_principal client; /* crealm and cname: both or none */
};

static const struct kx_bound bounds[] = {
    {{8, 1, KX_PATH_END}, KX_MAX_NAME_COMPONENTS, "cname"},
    {{10, 1, KX_PATH_END}, KX_MAX_NAME_COMPONENTS, "sname"},
};

void
kx_krb_error_free(struct kx_krb_error *error)
{
    if (error == NULL)
        return;
    krb5_free_principal(NULL, error->sname);
    free(error->e_text);
    kx_data_free(&error->e_data);
    free(error);
}

/* Read microseconds. */
static krb5_error_code
get_microseconds(krb5_context context, asn1_node_const tree, const char *field,
                 int32_t *out)
{
    krb5_error_code ret;

    ret = kx_asn1_get_int32(context, tree, field, out);
    if (ret == 0 && (*out < 0 || *out > MAX_MICROSECONDS))
        ret =
            kx_error(context, KX_ERR_DECODE, "%s is out of its range", field);
    return ret;
}

/* Write microseconds. */
static krb5_error_code
put_microseconds(krb5_context context, asn1_node tree, const char *field,
                 int32_t value)
{
    if (value < 0 || value > MAX_MICROSECONDS)
        return kx_error(context, KX_ERR_ENCODE, "%s is out of its range",
                        field);
    return kx_asn1_put_int32(context, tree, field, value);
}

/* Read the fields that are only passed over. */
static krb5_error_code
get_unused(krb5_context context, asn1_node_const tree, struct unused *out)
{
    krb5_error_code ret = 0;

    out->has_ctime = kx_asn1_field(tree, "ctime") != NULL;
    if (out->has_ctime)
        ret = kx_asn1_get_time(context, tree, "ctime", &out->ctime);
    out->has_cusec = kx_asn1_field(tree, "cusec") != NULL;
    if (ret == 0 && out->has_cusec)
        ret = get_microseconds(context, tree, "cusec", &out->cusec);
    if (ret == 0 && (kx_asn1_field(tree, "crealm") != NULL ||
                     kx_asn1_field(tree, "cname") != NULL))
        ret = kx_asn1_get_principal(context, tree, "cname", "crealm",
                                    &out->client);
    return ret;
}

/* Write them, or leave all of them out when unused is NULL. */
static krb5_error_code
put_unused(krb5_context context, asn1_node tree, const struct unused *unused)
{
    krb5_error_code ret;

    ret = unused != NULL && unused->has_ctime
              ? kx_asn1_put_time(context, tree, "ctime", unused->ctime)
              : kx_asn1_put_absent(context, tree, "ctime");
    if (ret == 0)
        ret = unused != NULL && unused->has_cusec
                  ? put_microseconds(context, tree, "cusec", unused->cusec)
                  : kx_asn1_put_absent(context, tree, "cusec");
    if (ret != 0)
        return ret;
    if (unused != NULL && unused->client != NULL)
        return kx_asn1_put_principal(context, tree, "cname", "crealm",
                                     unused->client);
    ret = kx_asn1_put_absent(context, tree, "crealm");
    return ret != 0 ? ret : kx_asn1_put_absent(context, tree, "cname");
}

/* Encode error, and what is unused where there is any, into *out. */
static krb5_error_code
encode(krb5_context context, const struct kx_krb_error *error,
       const struct unused *unused, krb5_data *out)
{
    asn1_node tree = NULL;
    krb5_error_code ret;
    krb5_data text;

    ret = kx_tree_new(context, TYPE, &tree);
    if (ret == 0)
        ret = kx_asn1_put_int32(context, tree, "pvno", KX_PVNO);
    if (ret == 0)
        ret = kx_asn1_put_int32(context, tree, "msg-type", KX_MSG_ERROR);
    if (ret == 0)
        ret = put_unused(context, tree, unused);
    if (ret == 0)
        ret = kx_asn1_put_time(context, tree, "stime", error->stime);
    if (ret == 0)
        ret = put_microseconds(context, tree, "susec", error->susec);
    if (ret == 0)
        ret =
            kx_asn1_put_int32(context, tree, "error-code", error->error_code);
    if (ret == 0)
        ret = kx_asn1_put_principal(context, tree, "sname", "realm",
                                    error->sname);
    if (ret == 0 && error->e_text != NULL) {
        text = kx_data(error->e_text, strlen(error->e_text));
        ret = kx_asn1_put_string(context, tree, "e-text", KX_MAX_ERROR_TEXT,
                                 &text);
    } else if (ret == 0) {
        ret = kx_asn1_put_absent(context, tree, "e-text");
    }
    if (ret == 0)
        ret = error->e_data.length > 0
                  ? kx_asn1_put_octets(context, tree, "e-data", 1,
                                       KX_MAX_ERROR_DATA, &error->e_data)
                  : kx_asn1_put_absent(context, tree, "e-data");
    if (ret == 0)
        ret = kx_tree_encode(context, tree, KX_MAX_MESSAGE, out);
    asn1_delete_structure(&tree);
    return ret;
}

krb5_error_code
kx_encode_krb_error(krb5_context context, const struct kx_krb_error *error,
                    krb5_data *out)
{
    return kx_error_prefix(context, encode(context, error, NULL, out), TYPE);
}

/* Read tree into *error and *unused, which are to be released in any case. */
static krb5_error_code
decode(krb5_context context, asn1_node_const tree, struct kx_krb_error *error,
       struct unused *unused)
{
    krb5_error_code ret;
    krb5_data text;

    ret = get_unused(context, tree, unused);
    if (ret == 0)
        ret = kx_asn1_get_time(context, tree, "stime", &error->stime);
    if (ret == 0)
        ret = get_microseconds(context, tree, "susec", &error->susec);
    if (ret == 0)
        ret =
            kx_asn1_get_int32(context, tree, "error-code", &error->error_code);
    if (ret == 0)
        ret = kx_asn1_get_principal(context, tree, "sname", "realm",
                                    &error->sname);
    if (ret == 0 && kx_asn1_field(tree, "e-text") != NULL) {
        ret = kx_asn1_get_string(context, tree, "e-text", KX_MAX_ERROR_TEXT,
                                 &text);
        error->e_text = text.data;
    }
    if (ret == 0 && kx_asn1_field(tree, "e-data") != NULL)
        ret = kx_asn1_get_octets(context, tree, "e-data", 1, KX_MAX_ERROR_DATA,
                                 &error->e_data);
    return ret;
}

krb5_error_code
kx_decode_krb_error(krb5_context context, const krb5_data *in,
                    struct kx_krb_error **out)
{
    struct unused unused = {.client = NULL};
    struct kx_krb_error *error = NULL;
    krb5_data again = kx_data(NULL, 0);
    asn1_node tree = NULL;
    krb5_error_code ret;

    ret = kx_element_header(context, in, KX_MSG_ERROR);
    if (ret == 0)
        ret = kx_element_bound(context, in, bounds,
                               sizeof(bounds) / sizeof(bounds[0]));
    if (ret == 0)
        ret = kx_tree_decode(context, TYPE, in, &tree);
    if (ret != 0)
        goto cleanup;
    error = calloc(1, sizeof(*error));
    if (error == NULL) {
        ret = kx_error(context, ENOMEM, "out of memory");
        goto cleanup;
    }
    ret = decode(context, tree, error, &unused);
    if (ret != 0)
        goto cleanup;
    ret = encode(context, error, &unused, &again);
    ret = kx_asn1_same_again(context, ret, in, &again);
    if (ret != 0)
        goto cleanup;
    *out = error;
    error = NULL;

cleanup:
    kx_krb_error_free(error);
    krb5_free_principal(context, unused.client);
    asn1_delete_structure(&tree);
    return kx_error_prefix(context, ret, TYPE);
}
