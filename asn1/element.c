/*
 * element.c: tags and lengths, before any meaning.
 *
 * libtasn1 makes a tree of whatever list a message holds and only then can
 * anybody count it: 64 KiB of two-byte elements would cost many megabytes and,
 * in releases before 4.20, time that grows with their square.  So the lists
 * are counted here first, by their place in the message.
 *
 * libtasn1 also keeps the length octets that it was given, of an INTEGER or of
 * what is ANY to it, and writes them again as they were.  So whether a length
 * is the shortest is seen here too.
 *
 * Tags and lengths are read by libtasn1's own functions for them.
 */
#include "config.h"
#include <string.h>
#include "asn1/codec.h"

/* How deep kx_element_check() goes; an AuthorityKeyIdentifier has 7 levels. */
#define MAX_DEPTH 16

krb5_error_code
kx_element_first(krb5_context context, const krb5_data *in,
                 struct kx_element *out)
{
    const unsigned char *p = (const unsigned char *)in->data;
    unsigned char shortest[ASN1_MAX_LENGTH_SIZE];
    int tag_size, length_size, shortest_size;
    long length;

    if (in->length > KX_MAX_MESSAGE)
        return kx_error(context, KX_ERR_TOO_LONG, "over %d bytes",
                        KX_MAX_MESSAGE);
    if (asn1_get_tag_der(p, (int)in->length, &out->class, &tag_size,
                         &out->tag) != ASN1_SUCCESS)
        return kx_error(context, KX_ERR_DECODE, "cut off within a tag");
    /* None of our types has a tag over 30, nor do X.509's. */
    if (tag_size != 1)
        return kx_error(context, KX_ERR_DECODE, "a tag is over 30");
    length = asn1_get_length_der(p + tag_size, (int)in->length - tag_size,
                                 &length_size);
    if (length == -1)
        return kx_error(context, KX_ERR_NOT_DER, "a length is indefinite");
    if (length < 0)
        return kx_error(context, KX_ERR_DECODE, "cut off within an element");
    /* Too many octets, or too few of them, differ in the first already. */
    asn1_length_der((unsigned long)length, shortest, &shortest_size);
    if (memcmp(p + tag_size, shortest, (size_t)shortest_size) != 0)
        return kx_error(context, KX_ERR_NOT_DER,
                        "a length is not the shortest");
    out->content = kx_data(p + tag_size + length_size, (size_t)length);
    out->whole =
        kx_data(p, (size_t)tag_size + (size_t)length_size + (size_t)length);
    return 0;
}

krb5_error_code
kx_element_only(krb5_context context, const krb5_data *in,
                struct kx_element *out)
{
    krb5_error_code ret;

    ret = kx_element_first(context, in, out);
    if (ret == 0 && out->whole.length != in->length)
        ret = kx_error(context, KX_ERR_DECODE, "bytes follow its end");
    return ret;
}

krb5_error_code
kx_element_next(krb5_context context, krb5_data *rest, struct kx_element *out)
{
    krb5_error_code ret;

    ret = kx_element_first(context, rest, out);
    if (ret == 0)
        *rest = kx_data(rest->data + out->whole.length,
                        rest->length - out->whole.length);
    return ret;
}

/* Step from an explicit tag to what it holds. */
static krb5_error_code
enter_explicit(krb5_context context, struct kx_element *element)
{
    krb5_data content = element->content;

    return kx_element_only(context, &content, element);
}

/* Step from a SEQUENCE to its field [tag]; out->whole is empty without one. */
static krb5_error_code
enter_field(krb5_context context, const krb5_data *fields, int tag,
            struct kx_element *out)
{
    krb5_data rest = *fields;
    krb5_error_code ret;

    while (rest.length > 0) {
        ret = kx_element_next(context, &rest, out);
        if (ret != 0)
            return ret;
        if ((out->class & ~ASN1_CLASS_STRUCTURED) ==
                ASN1_CLASS_CONTEXT_SPECIFIC &&
            out->tag == (unsigned long)tag)
            return enter_explicit(context, out);
    }
    *out = (struct kx_element){.tag = 0};
    return 0;
}

krb5_error_code
kx_element_find(krb5_context context, const krb5_data *in,
                const signed char *path, struct kx_element *out)
{
    krb5_error_code ret;
    krb5_data fields;

    ret = kx_element_only(context, in, out);
    if (ret == 0 &&
        out->class == (ASN1_CLASS_APPLICATION | ASN1_CLASS_STRUCTURED))
        ret = enter_explicit(context, out);
    for (; ret == 0 && *path != KX_PATH_END && out->whole.length > 0; path++) {
        fields = out->content;
        ret = enter_field(context, &fields, *path, out);
    }
    return ret;
}

/* Check the elements that in is made of; *left counts down what is allowed. */
static krb5_error_code /* NOLINTNEXTLINE(misc-no-recursion): see MAX_DEPTH */
check_elements(krb5_context context, const krb5_data *in, int depth,
               size_t *left)
{
    struct kx_element element;
    krb5_data rest = *in;
    krb5_error_code ret;

    if (depth > MAX_DEPTH)
        return kx_error(context, KX_ERR_TOO_LONG, "nested more than %d deep",
                        MAX_DEPTH);
    while (rest.length > 0) {
        if (*left == 0)
            return kx_error(context, KX_ERR_TOO_LONG, "too many elements");
        (*left)--;
        ret = kx_element_next(context, &rest, &element);
        if (ret == 0 && element.class & ASN1_CLASS_STRUCTURED)
            ret = check_elements(context, &element.content, depth + 1, left);
        if (ret != 0)
            return ret;
    }
    return 0;
}

krb5_error_code
kx_element_check(krb5_context context, const krb5_data *in,
                 size_t max_elements)
{
    struct kx_element element;
    krb5_error_code ret;

    ret = kx_element_only(context, in, &element);
    if (ret != 0)
        return ret;
    return check_elements(context, in, 0, &max_elements);
}

krb5_error_code
kx_element_count(krb5_context context, const krb5_data *list, size_t max,
                 const char *name)
{
    struct kx_element element;
    krb5_data rest = *list;
    krb5_error_code ret;
    size_t count;

    for (count = 0; rest.length > 0; count++) {
        if (count == max)
            return kx_error(context, KX_ERR_TOO_LONG,
                            "%s has more than %zu elements", name, max);
        ret = kx_element_next(context, &rest, &element);
        if (ret != 0)
            return ret;
    }
    return 0;
}

krb5_error_code
kx_element_bound(krb5_context context, const krb5_data *in,
                 const struct kx_bound *bounds, size_t n)
{
    struct kx_element list;
    krb5_error_code ret = 0;
    size_t i;

    for (i = 0; ret == 0 && i < n; i++) {
        ret = kx_element_find(context, in, bounds[i].path, &list);
        if (ret == 0)
            ret = kx_element_count(context, &list.content, bounds[i].max,
                                   bounds[i].name);
    }
    return ret;
}

/* Check that the field at path is this number, else return code. */
static krb5_error_code
check_number(krb5_context context, const krb5_data *in,
             const signed char *path, int value, krb5_error_code code,
             const char *name)
{
    struct kx_element element;
    krb5_error_code ret;

    ret = kx_element_find(context, in, path, &element);
    if (ret != 0)
        return ret;
    if (element.whole.length == 0)
        return kx_error(context, KX_ERR_DECODE, "%s is missing", name);
    /* That it is an INTEGER, libtasn1 sees. */
    if (element.content.length != 1 || element.content.data[0] != value)
        return kx_error(context, code, "%s is not %d", name, value);
    return 0;
}

krb5_error_code
kx_element_header(krb5_context context, const krb5_data *in, int msg_type)
{
    static const signed char pvno[] = {0, KX_PATH_END};
    static const signed char type[] = {1, KX_PATH_END};
    struct kx_element element;
    krb5_error_code ret;

    ret = kx_element_first(context, in, &element);
    if (ret != 0)
        return ret;
    if (element.class != (ASN1_CLASS_APPLICATION | ASN1_CLASS_STRUCTURED) ||
        element.tag != (unsigned long)msg_type)
        return kx_error(context, KX_ERR_MSG_TYPE,
                        "its tag is not [APPLICATION %d]", msg_type);
    ret = check_number(context, in, pvno, KX_PVNO, KX_ERR_VERSION, "pvno");
    if (ret == 0)
        ret = check_number(context, in, type, msg_type, KX_ERR_MSG_TYPE,
                           "msg-type");
    return ret;
}
