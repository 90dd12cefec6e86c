/*
 * test_asn1_values.c: a value that KXOVER.asn1 and DER do not allow in its
 * place is refused, and what they allow is not.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

/* ---- numbers ---- */

PROMISE(a_negative_nonce_is_refused, "2.0v", "\x02\x01\xff", KX_ERR_DECODE)
PROMISE(a_nonce_over_32_bits_is_refused, "2.0v",
        "\x02\x05\x01\x00\x00\x00\x00", KX_ERR_DECODE)
PROMISE(a_nonce_over_64_bits_is_refused, "2.0v",
        "\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x01", KX_ERR_DECODE)
PROMISE(a_nonce_of_no_bytes_is_refused, "2.0v", "\x02\x00", KX_ERR_DECODE)
PROMISE(a_positive_number_with_a_zero_too_many_is_refused, "2.0v",
        "\x02\x02\x00\x01", KX_ERR_NOT_DER)
PROMISE(a_negative_number_with_ones_too_many_is_refused, "2.1.6.0",
        "\x02\x02\xff\x80", KX_ERR_NOT_DER)
PROMISE(a_kvno_over_32_bits_is_refused, "2.1.1v",
        "\x02\x05\x01\x00\x00\x00\x00", KX_ERR_DECODE)
PROMISE(a_negative_kvno_is_refused, "2.1.1v", "\x02\x01\x80", KX_ERR_DECODE)
PROMISE(an_encryption_type_over_31_bits_is_refused, "2.1.6.0",
        "\x02\x05\x00\x80\x00\x00\x00", KX_ERR_DECODE)
PROMISE(an_encryption_type_under_minus_31_bits_is_refused, "2.1.6.0",
        "\x02\x05\xff\x7f\xff\xff\xff", KX_ERR_DECODE)
PROMISE(an_enumerated_is_no_number, "2.0v", "\x0a\x01\x01", KX_ERR_DECODE)

static void
numbers_reach_to_the_ends_of_their_range(void **state)
{
    (void)state;
    ACCEPTED("2.0v", "\x02\x01\x00");
    ACCEPTED("2.0v", "\x02\x05\x00\xff\xff\xff\xff");
    ACCEPTED("2.1.6.0", "\x02\x04\x7f\xff\xff\xff");
    ACCEPTED("2.1.6.0", "\x02\x04\x80\x00\x00\x00");
    ACCEPTED("2.1.2.0v", "\x02\x04\x80\x00\x00\x00");
}

/* ---- truth ---- */

PROMISE(a_true_that_is_not_all_ones_is_refused, "2.1.10.0.1v", "\x01\x01\x01",
        KX_ERR_NOT_DER)
PROMISE(a_truth_of_two_bytes_is_refused, "2.1.10.0.1v", "\x01\x02\xff\xff",
        KX_ERR_DECODE)
PROMISE(a_number_is_no_truth, "2.1.10.0.1v", "\x02\x01\x01", KX_ERR_DECODE)

/* ---- strings ---- */

static void
other_types_of_strings_are_refused(void **state)
{
    (void)state;
    REFUSED("2.1.3v",
            "\x0c\x06"
            "A.TEST",
            KX_ERR_DECODE);
    REFUSED("2.1.3v",
            "\x13\x06"
            "A.TEST",
            KX_ERR_DECODE);
    REFUSED("2.1.3v",
            "\x16\x06"
            "A.TEST",
            KX_ERR_DECODE);
    REFUSED("2.1.3v",
            "\x1a\x06"
            "A.TEST",
            KX_ERR_DECODE);
    REFUSED("2.1.3v",
            "\x04\x06"
            "A.TEST",
            KX_ERR_DECODE);
}

PROMISE(a_string_in_parts_is_refused, "2.1.3v",
        "\x3b\x03\x1b\x01"
        "A",
        KX_ERR_DECODE)
PROMISE(octets_in_parts_are_refused, "2.1.10.0.2v",
        "\x24\x03\x04\x01"
        "A",
        KX_ERR_DECODE)
PROMISE(bits_in_parts_are_refused, "2.4v",
        "\x23\x04\x03\x02\x00"
        "A",
        KX_ERR_DECODE)
PROMISE(a_string_without_characters_is_refused, "2.1.3v", "\x1b\x00",
        KX_ERR_DECODE)
PROMISE(a_name_without_characters_is_refused, "2.1.2.1.0", "\x1b\x00",
        KX_ERR_DECODE)

static void
only_printable_ascii_is_in_a_string(void **state)
{
    static const char wrong[] = "\x00\x01\x0a\x1b\x1f\x7f\x80\xff";
    char string[] = "\x1b\x03"
                    "A?B";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) - 1; i++) {
        string[3] = wrong[i];
        REFUSED("2.1.3v", string, KX_ERR_DECODE);
        REFUSED("2.1.2.1.1", string, KX_ERR_DECODE);
    }
    ACCEPTED("2.1.3v", "\x1b\x03 @~");
}

/* ---- times ---- */

/* Request-time of this text is refused. */
static void
time_refused(const char *text)
{
    krb5_data der = der_wrap(0x18, text, strlen(text));

    assert_refused_with(SAMPLE_REQ, "2.1.0v", der.data, der.length,
                        KX_ERR_DECODE);
    kx_data_free(&der);
}

static void
a_time_has_no_fraction(void **state)
{
    (void)state;
    time_refused("20260101000000.0Z");
    time_refused("20260101000000.5Z");
    time_refused("20260101000000,5Z");
    time_refused("2026010100000.Z");
    time_refused("2026010100005.Z");
}

static void
a_time_is_utc_and_says_so(void **state)
{
    (void)state;
    time_refused("20260101000000");
    time_refused("20260101000000+0000");
    time_refused("20260101000000+0100");
    time_refused("20260101000000-0100");
    time_refused("20260101000000z");
}

static void
a_time_has_all_of_its_digits(void **state)
{
    (void)state;
    time_refused("");
    time_refused("Z");
    time_refused("2026Z");
    time_refused("2026010100Z");
    time_refused("202601010000Z");
    time_refused("260101000000Z");
    time_refused("2026010100000 Z");
    time_refused("-026010100000Z");
    time_refused("0020260101000000Z");
    time_refused("20260101000000ZZ");
}

static void
a_time_is_on_the_calendar_and_the_clock(void **state)
{
    (void)state;
    time_refused("20260001000000Z");
    time_refused("20261301000000Z");
    time_refused("20260100000000Z");
    time_refused("20260132000000Z");
    time_refused("20260431000000Z");
    time_refused("20260229000000Z");
    time_refused("19000229000000Z");
    time_refused("20240230000000Z");
    time_refused("20260101240000Z");
    time_refused("20260101006000Z");
    time_refused("20161231235960Z");
    ACCEPTED("2.1.0v", "\x18\x0f"
                       "20240229235959Z");
}

PROMISE(a_utc_time_is_refused, "2.1.5v",
        "\x17\x0d"
        "260101000000Z",
        KX_ERR_DECODE)

/* ---- lists ---- */

static void
no_list_may_be_empty(void **state)
{
    static const char *const lists[] = {
        "2.1.2.1v", "2.1.6v", "2.1.7v", "2.1.8v", "2.1.9v", "2.1.10v", "2.2v"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        REFUSED(lists[i], "\x30\x00", KX_ERR_DECODE);
}

static void
no_sequence_may_be_empty(void **state)
{
    static const char *const sequences[] = {"v",      "2v",      "2.1v",
                                            "2.1.2v", "2.1.4v",  "2.1.4.0",
                                            "2.3v",   "2.1.7.0", "2.1.10.0"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
        REFUSED(sequences[i], "\x30\x00", KX_ERR_DECODE);
}

/* ---- bits ---- */

static void
a_signature_has_no_unused_bits(void **state)
{
    char bits[] = "\x03\x03?\xaa\x00";
    char unused;

    (void)state;
    for (unused = 1; unused <= 9; unused++) {
        bits[2] = unused;
        REFUSED("2.4v", bits, KX_ERR_DECODE);
    }
}

PROMISE(a_signature_has_bits, "2.4v", "\x03\x01\x00", KX_ERR_DECODE)
PROMISE(a_signature_says_how_many_bits_are_unused, "2.4v", "\x03\x00",
        KX_ERR_DECODE)
PROMISE(a_public_key_has_no_unused_bits, "2.1.4.1", "\x03\x02\x01\xaa",
        KX_ERR_DECODE)

/* ---- algorithms, certificates, authorities ---- */

PROMISE(an_object_identifier_has_an_arc, "2.3.0", "\x06\x00", KX_ERR_DECODE)
PROMISE(an_arc_has_no_leading_zeros, "2.3.0", "\x06\x04\x2a\x80\x01\x01",
        KX_ERR_DECODE)
PROMISE(an_arc_is_not_cut_off, "2.3.0", "\x06\x03\x2a\x03\x81", KX_ERR_NOT_DER)
PROMISE(an_arc_is_not_over_64_bits, "2.3.0",
        "\x06\x0b\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\x7f", KX_ERR_DECODE)
PROMISE(a_relative_object_identifier_is_none, "2.3.0", "\x0d\x02\x2a\x03",
        KX_ERR_DECODE)
PROMISE(parameters_are_one_element, "2.3.1", "\x05\x00\x05\x00", KX_ERR_DECODE)
PROMISE(a_certificate_is_a_sequence, "2.2.0", "\x04\x02\x05\x00",
        KX_ERR_DECODE)
PROMISE(a_certificate_is_a_sequence_of_elements, "2.2.0", "\x10\x02\x05\x00",
        KX_ERR_DECODE)
PROMISE(a_certificate_is_not_a_set, "2.2.0", "\x31\x02\x05\x00", KX_ERR_DECODE)
PROMISE(a_certificate_has_the_shortest_length, "2.2.0", "\x30\x81\x02\x05\x00",
        KX_ERR_NOT_DER)
PROMISE(a_key_exchange_is_a_public_key, "2.1.4v", "\x30\x02\x05\x00",
        KX_ERR_DECODE)

static void
a_certificate_is_kept_whatever_it_holds(void **state)
{
    (void)state;
    ACCEPTED("2.2.0", "\x30\x00");
    ACCEPTED("2.2.0", "\x30\x05\x02\x82\x00\x01\x05");
}

/* What RFC 5280 allows where an authority is named. */
static void
authorities_of_all_forms_are_accepted(void **state)
{
    (void)state;
    ACCEPTED("2.1.9.0", "\x30\x00");
    ACCEPTED("2.1.9.0", "\x30\x03\x80\x01k");
    ACCEPTED("2.1.9.0", "\x30\x03\x82\x01\x05");
    ACCEPTED("2.1.9.0", "\x30\x12\xa1\x10\x82\x02"
                        "ab\x86\x02"
                        "cd\x87\x02"
                        "ef\x88\x02\x2a\x03");
    ACCEPTED("2.1.9.0", "\x30\x0b\xa1\x09\xa0\x07\x06\x01\x2a\xa0\x02\x05"
                        "\x00");
}

PROMISE(an_authority_is_a_sequence, "2.1.9.0", "\x31\x00", KX_ERR_DECODE)
PROMISE(an_authority_has_no_other_fields, "2.1.9.0", "\x30\x03\x83\x01\x05",
        KX_ERR_DECODE)
PROMISE(an_authority_has_fields_in_order, "2.1.9.0",
        "\x30\x06\x82\x01\x05\x80\x01k", KX_ERR_DECODE)
PROMISE(an_authority_has_names_where_it_has_any, "2.1.9.0", "\x30\x02\xa1\x00",
        KX_ERR_DECODE)
PROMISE(an_authority_has_no_x400_name, "2.1.9.0", "\x30\x04\xa1\x02\xa3\x00",
        KX_ERR_DECODE)
PROMISE(an_authority_has_a_key_identifier_in_one_piece, "2.1.9.0",
        "\x30\x05\xa0\x03\x04\x01k", KX_ERR_DECODE)
PROMISE(an_authority_has_the_shortest_serial_number, "2.1.9.0",
        "\x30\x04\x82\x02\x00\x05", KX_ERR_NOT_DER)
PROMISE(an_authority_has_a_serial_number_of_one_byte_at_least, "2.1.9.0",
        "\x30\x02\x82\x00", KX_ERR_DECODE)
PROMISE(an_authority_has_a_set_in_its_order, "2.1.9.0",
        "\x30\x18\xa1\x16\xa4\x14\x30\x12\x31\x10"
        "\x30\x06\x06\x01\x2b\x0c\x01"
        "B\x30\x06\x06\x01\x2a\x0c\x01"
        "A",
        KX_ERR_NOT_DER)

static void
an_authority_has_up_to_8_names_and_64_elements(void **state)
{
    char names[18], parts[256];
    krb5_data list, authority;
    size_t n, i;

    (void)state;
    for (n = 8; n <= 9; n++) {
        for (i = 0; i < n; i++)
            memcpy(names + 2 * i, "\x82", 2);
        list = der_wrap(0xa1, names, 2 * n);
        authority = der_wrap(0x30, list.data, list.length);
        if (n == 8)
            assert_accepted_with("2.1.9.0", authority.data, authority.length);
        else
            assert_refused_with(SAMPLE_REQ, "2.1.9.0", authority.data,
                                authority.length, KX_ERR_TOO_LONG);
        kx_data_free(&list);
        kx_data_free(&authority);
    }
    /* 60 RelativeDistinguishedNames and the 4 elements around them. */
    for (n = 60; n <= 61; n++) {
        for (i = 0; i < n; i++)
            memcpy(parts + 2 * i, "\x31", 2);
        list = der_wrap(0x30, parts, 2 * n);
        authority = der_wrap(0xa4, list.data, list.length);
        kx_data_free(&list);
        list = der_wrap(0xa1, authority.data, authority.length);
        kx_data_free(&authority);
        authority = der_wrap(0x30, list.data, list.length);
        kx_data_free(&list);
        if (n == 60)
            assert_accepted_with("2.1.9.0", authority.data, authority.length);
        else
            assert_refused_with(SAMPLE_REQ, "2.1.9.0", authority.data,
                                authority.length, KX_ERR_TOO_LONG);
        kx_data_free(&authority);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_negative_nonce_is_refused),
        cmocka_unit_test(a_nonce_over_32_bits_is_refused),
        cmocka_unit_test(a_nonce_over_64_bits_is_refused),
        cmocka_unit_test(a_nonce_of_no_bytes_is_refused),
        cmocka_unit_test(a_positive_number_with_a_zero_too_many_is_refused),
        cmocka_unit_test(a_negative_number_with_ones_too_many_is_refused),
        cmocka_unit_test(a_kvno_over_32_bits_is_refused),
        cmocka_unit_test(a_negative_kvno_is_refused),
        cmocka_unit_test(an_encryption_type_over_31_bits_is_refused),
        cmocka_unit_test(an_encryption_type_under_minus_31_bits_is_refused),
        cmocka_unit_test(an_enumerated_is_no_number),
        cmocka_unit_test(numbers_reach_to_the_ends_of_their_range),
        cmocka_unit_test(a_true_that_is_not_all_ones_is_refused),
        cmocka_unit_test(a_truth_of_two_bytes_is_refused),
        cmocka_unit_test(a_number_is_no_truth),
        cmocka_unit_test(other_types_of_strings_are_refused),
        cmocka_unit_test(a_string_in_parts_is_refused),
        cmocka_unit_test(octets_in_parts_are_refused),
        cmocka_unit_test(bits_in_parts_are_refused),
        cmocka_unit_test(a_string_without_characters_is_refused),
        cmocka_unit_test(a_name_without_characters_is_refused),
        cmocka_unit_test(only_printable_ascii_is_in_a_string),
        cmocka_unit_test(a_time_has_no_fraction),
        cmocka_unit_test(a_time_is_utc_and_says_so),
        cmocka_unit_test(a_time_has_all_of_its_digits),
        cmocka_unit_test(a_time_is_on_the_calendar_and_the_clock),
        cmocka_unit_test(a_utc_time_is_refused),
        cmocka_unit_test(no_list_may_be_empty),
        cmocka_unit_test(no_sequence_may_be_empty),
        cmocka_unit_test(a_signature_has_no_unused_bits),
        cmocka_unit_test(a_signature_has_bits),
        cmocka_unit_test(a_signature_says_how_many_bits_are_unused),
        cmocka_unit_test(a_public_key_has_no_unused_bits),
        cmocka_unit_test(an_object_identifier_has_an_arc),
        cmocka_unit_test(an_arc_has_no_leading_zeros),
        cmocka_unit_test(an_arc_is_not_cut_off),
        cmocka_unit_test(an_arc_is_not_over_64_bits),
        cmocka_unit_test(a_relative_object_identifier_is_none),
        cmocka_unit_test(parameters_are_one_element),
        cmocka_unit_test(a_certificate_is_a_sequence),
        cmocka_unit_test(a_certificate_is_a_sequence_of_elements),
        cmocka_unit_test(a_certificate_is_not_a_set),
        cmocka_unit_test(a_certificate_has_the_shortest_length),
        cmocka_unit_test(a_key_exchange_is_a_public_key),
        cmocka_unit_test(a_certificate_is_kept_whatever_it_holds),
        cmocka_unit_test(authorities_of_all_forms_are_accepted),
        cmocka_unit_test(an_authority_is_a_sequence),
        cmocka_unit_test(an_authority_has_no_other_fields),
        cmocka_unit_test(an_authority_has_fields_in_order),
        cmocka_unit_test(an_authority_has_names_where_it_has_any),
        cmocka_unit_test(an_authority_has_no_x400_name),
        cmocka_unit_test(an_authority_has_a_key_identifier_in_one_piece),
        cmocka_unit_test(an_authority_has_the_shortest_serial_number),
        cmocka_unit_test(
            an_authority_has_a_serial_number_of_one_byte_at_least),
        cmocka_unit_test(an_authority_has_a_set_in_its_order),
        cmocka_unit_test(an_authority_has_up_to_8_names_and_64_elements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
