/*
 * test_asn1_strict.c: a message whose tags, lengths or fields are not exactly
 * as KXOVER.asn1 and DER have them is refused.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

/* More than a message of the tests has. */
#define MAX_ELEMENTS 200

/* ---- the outside ---- */

static void
an_empty_message_is_refused(void **state)
{
    krb5_data nothing = kx_data(NULL, 0);
    int type;

    (void)state;
    for (type = 0; type < SAMPLE_TYPES; type++)
        assert_refused((enum sample_type)type, &nothing, KX_ERR_DECODE);
}

static void
a_reply_is_no_request(void **state)
{
    krb5_data reply = sample_encoded(SAMPLE_REP);

    (void)state;
    assert_refused(SAMPLE_REQ, &reply, KX_ERR_MSG_TYPE);
    kx_data_free(&reply);
}

static void
another_first_tag_is_refused(void **state)
{
    static const unsigned char tags[] = {0x73, 0x7e, 0x6a, 0x52, 0x30, 0xb2};
    krb5_data der = sample_encoded(SAMPLE_REQ);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(tags); i++) {
        der.data[0] = (char)tags[i];
        assert_refused(SAMPLE_REQ, &der, KX_ERR_MSG_TYPE);
    }
    kx_data_free(&der);
}

static void
a_message_type_other_than_18_and_19_is_not_decoded(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REP);
    krb5_data other = der_replace(&der, "1v", "\x02\x01\x14", 3);
    struct kx_message *message = NULL;

    (void)state;
    other.data[0] = 0x74;
    assert_int_equal(kx_decode_message(NULL, 20, &other, &message),
                     KX_ERR_MSG_TYPE);
    assert_null(message);
    kx_data_free(&other);
    kx_data_free(&der);
}

PROMISE(an_older_version_is_refused, "0v", "\x02\x01\x04", KX_ERR_VERSION)
PROMISE(a_newer_version_is_refused, "0v", "\x02\x01\x06", KX_ERR_VERSION)
PROMISE(a_version_of_two_bytes_is_refused, "0v", "\x02\x02\x01\x05",
        KX_ERR_VERSION)
PROMISE(a_version_that_goes_on_is_refused, "0v", "\x02\x02\x05\x01",
        KX_ERR_VERSION)
PROMISE(a_version_that_is_no_number_is_refused, "0v", "\x04\x01\x05",
        KX_ERR_DECODE)
PROMISE(another_msg_type_inside_is_refused, "1v", "\x02\x01\x13",
        KX_ERR_MSG_TYPE)

static void
bytes_after_the_end_are_refused(void **state)
{
    krb5_data der, longer;
    int type;

    (void)state;
    for (type = 0; type < SAMPLE_TYPES; type++) {
        der = sample_encoded((enum sample_type)type);
        longer = kx_data(test_alloc(der.length + 2), der.length + 2);
        memcpy(longer.data, der.data, der.length);
        longer.data[der.length] = 0x05;
        longer.data[der.length + 1] = 0x00;
        assert_refused((enum sample_type)type, &longer, KX_ERR_DECODE);
        longer.length--;
        assert_refused((enum sample_type)type, &longer, KX_ERR_DECODE);
        kx_data_free(&longer);
        kx_data_free(&der);
    }
}

/* ---- tags and lengths, wherever they stand ---- */

/* element with its length in one octet more than it needs. */
static krb5_data
longer_length(const krb5_data *element)
{
    const unsigned char *in = (const unsigned char *)element->data;
    unsigned char *out = test_alloc(element->length + 2);
    size_t octets = in[1] & 0x80 ? in[1] & 0x7f : 0;
    size_t n = 0;

    out[n++] = in[0];
    out[n++] = (unsigned char)(0x80 | (octets + 1));
    out[n++] = octets == 0 ? in[1] : 0;
    memcpy(out + n, in + 2, element->length - 2);
    return kx_data(out, n + element->length - 2);
}

/* element with an indefinite length and two octets that end it. */
static krb5_data
indefinite_length(const krb5_data *element)
{
    const unsigned char *in = (const unsigned char *)element->data;
    unsigned char *out = test_alloc(element->length + 4);
    size_t octets = in[1] & 0x80 ? in[1] & 0x7f : 0;
    size_t content = element->length - 2 - octets;

    out[0] = in[0];
    out[1] = 0x80;
    memcpy(out + 2, in + 2 + octets, content);
    out[2 + content] = 0;
    out[3 + content] = 0;
    return kx_data(out, content + 4);
}

/* Change every element of a reply by change, one at a time. */
static void
refused_everywhere(krb5_data (*change)(const krb5_data *), int constructed)
{
    krb5_data der = sample_encoded(SAMPLE_REP), other, changed;
    krb5_data list[MAX_ELEMENTS];
    size_t i, tried = 0, n = der_list(&der, list, MAX_ELEMENTS);

    for (i = 0; i < n; i++) {
        if (sample_in_certificate(&der, &list[i]) ||
            (constructed && !(list[i].data[0] & 0x20)))
            continue;
        changed = change(&list[i]);
        other = der_replace_at(&der, &list[i], changed.data, changed.length);
        assert_refused(SAMPLE_REP, &other, 0);
        kx_data_free(&other);
        kx_data_free(&changed);
        tried++;
    }
    assert_true(tried > 30);
    kx_data_free(&der);
}

static void
no_length_may_take_more_octets_than_it_needs(void **state)
{
    (void)state;
    refused_everywhere(longer_length, 0);
}

static void
no_length_may_be_indefinite(void **state)
{
    (void)state;
    refused_everywhere(indefinite_length, 1);
}

static void
what_another_length_would_make_right_is_called_not_der(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    krb5_data other = indefinite_length(&der);

    (void)state;
    assert_refused(SAMPLE_REQ, &other, KX_ERR_NOT_DER);
    kx_data_free(&other);
    other = longer_length(&der);
    assert_refused(SAMPLE_REQ, &other, KX_ERR_NOT_DER);
    kx_data_free(&other);
    kx_data_free(&der);
}

static void
a_tag_in_the_long_form_is_refused(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    krb5_data other = kx_data(test_alloc(der.length + 1), der.length + 1);

    (void)state;
    other.data[0] = 0x7f;
    other.data[1] = KX_MSG_REQ;
    memcpy(other.data + 2, der.data + 1, der.length - 1);
    assert_refused(SAMPLE_REQ, &other, KX_ERR_DECODE);
    kx_data_free(&other);
    kx_data_free(&der);
}

PROMISE(two_values_in_one_tag_are_refused, "2.0",
        "\xa0\x06\x02\x01\x01\x02\x01\x02", 0)
PROMISE(a_tag_longer_than_its_value_is_refused, "2.0",
        "\xa0\x05\x02\x01\x01\x05\x00", 0)

/* ---- fields that are missing, doubled, unknown or out of order ---- */

static void
no_field_that_is_not_optional_may_be_missing(void **state)
{
    static const char *const paths[] = {
        "0",       "1",       "2",     "3",          "2.0",       "2.1",
        "2.2",     "2.3",     "2.4",   "2.1.0",      "2.1.2",     "2.1.3",
        "2.1.4",   "2.1.5",   "2.1.6", "2.1.2.0",    "2.1.2.1",   "2.1.10.0.0",
        "2.1.4.0", "2.1.4.1", "2.3.0", "2.1.10.0.1", "2.1.10.0.2"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        REFUSED_REP(paths[i], "", KX_ERR_DECODE);
}

static void
no_field_may_be_there_twice(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ), other, field;
    char path[] = "2.1.?", twice[512];
    int i;

    (void)state;
    for (i = 0; i < 10; i++) {
        path[4] = (char)('0' + i);
        field = der_at(&der, path);
        memcpy(twice, field.data, field.length);
        memcpy(twice + field.length, field.data, field.length);
        other = der_replace(&der, path, twice, 2 * (size_t)field.length);
        assert_refused(SAMPLE_REQ, &other, KX_ERR_DECODE);
        kx_data_free(&other);
    }
    kx_data_free(&der);
}

/* [0] request-time and [1] kvno change places. */
static void
fields_out_of_order_are_refused(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    krb5_data time = der_at(&der, "2.1.0"), kvno = der_at(&der, "2.1.1");
    krb5_data tbs = der_at(&der, "2.1v");
    char swapped[64];

    (void)state;
    memcpy(swapped, kvno.data, kvno.length);
    memcpy(swapped + kvno.length, time.data, time.length);
    assert_true(time.data > tbs.data && kvno.data == time.data + time.length);
    memcpy(time.data, swapped, time.length + kvno.length);
    assert_refused(SAMPLE_REQ, &der, KX_ERR_DECODE);
    kx_data_free(&der);
}

/* A field [tag] NULL after the last one in the SEQUENCE at path. */
static void
refused_with_field(const char *path, unsigned char tag)
{
    krb5_data der = sample_encoded(SAMPLE_REQ), other, fields, sequence;
    char content[2048];
    size_t header, n;

    fields = der_at(&der, path);
    header = fields.data[1] & 0x80 ? 2 + (fields.data[1] & 0x7f) : 2;
    n = fields.length - header;
    memcpy(content, fields.data + header, n);
    content[n++] = (char)tag;
    content[n++] = 2;
    content[n++] = 5;
    content[n++] = 0;
    sequence = der_wrap(0x30, content, n);
    other = der_replace(&der, path, sequence.data, sequence.length);
    assert_refused(SAMPLE_REQ, &other, KX_ERR_DECODE);
    kx_data_free(&sequence);
    kx_data_free(&other);
    kx_data_free(&der);
}

static void
fields_of_a_later_version_are_refused(void **state)
{
    (void)state;
    refused_with_field("v", 0xa3);
    refused_with_field("2v", 0xa5);
    refused_with_field("2.1v", 0xab);
    refused_with_field("2.1.2v", 0xa2);
    refused_with_field("2.1.10.0", 0xa3);
}

static void
a_request_with_a_confirmation_is_refused(void **state)
{
    krb5_data rep = sample_encoded(SAMPLE_REP);
    krb5_data other =
        der_replace(&rep, "1v", "\x02\x01\x12", sizeof("\x02\x01\x12") - 1);

    (void)state;
    other.data[0] = 0x72;
    assert_refused(SAMPLE_REQ, &other, KX_ERR_DECODE);
    kx_data_free(&other);
    kx_data_free(&rep);
}

static void
a_confirmation_has_32_bytes(void **state)
{
    (void)state;
    REFUSED_REP("3v",
                "\x04\x1f"
                "0123456789abcdef0123456789abcde",
                KX_ERR_DECODE);
    REFUSED_REP("3v",
                "\x04\x21"
                "0123456789abcdef0123456789abcdefg",
                KX_ERR_TOO_LONG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_message_is_refused),
        cmocka_unit_test(a_reply_is_no_request),
        cmocka_unit_test(another_first_tag_is_refused),
        cmocka_unit_test(a_message_type_other_than_18_and_19_is_not_decoded),
        cmocka_unit_test(an_older_version_is_refused),
        cmocka_unit_test(a_newer_version_is_refused),
        cmocka_unit_test(a_version_of_two_bytes_is_refused),
        cmocka_unit_test(a_version_that_goes_on_is_refused),
        cmocka_unit_test(a_version_that_is_no_number_is_refused),
        cmocka_unit_test(another_msg_type_inside_is_refused),
        cmocka_unit_test(bytes_after_the_end_are_refused),
        cmocka_unit_test(no_length_may_take_more_octets_than_it_needs),
        cmocka_unit_test(no_length_may_be_indefinite),
        cmocka_unit_test(
            what_another_length_would_make_right_is_called_not_der),
        cmocka_unit_test(a_tag_in_the_long_form_is_refused),
        cmocka_unit_test(two_values_in_one_tag_are_refused),
        cmocka_unit_test(a_tag_longer_than_its_value_is_refused),
        cmocka_unit_test(no_field_that_is_not_optional_may_be_missing),
        cmocka_unit_test(no_field_may_be_there_twice),
        cmocka_unit_test(fields_out_of_order_are_refused),
        cmocka_unit_test(fields_of_a_later_version_are_refused),
        cmocka_unit_test(a_request_with_a_confirmation_is_refused),
        cmocka_unit_test(a_confirmation_has_32_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
