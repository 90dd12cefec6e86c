/*
 * test_asn1_prior.c: the extension that names prior keys has one encoding, and
 * an extension's identifier may be as long as those that nobody assigns.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"

/* The element with version 1, type 18 and sixteen times c. */
#define CHECK(c) c c c c c c c c c c c c c c c c
#define NAME(kvno, etype, c)                                                  \
    "\x30\x1e\xa0\x03\x02\x01" kvno "\xa1\x03\x02\x01" etype                  \
    "\xa2\x12\x04\x10" CHECK(c)

/* A list of length bytes. */
#define LIST(length, names) "\x30" length names

static krb5_context context;

static int
setup(void **state)
{
    (void)state;
    kx_init_errors();
    return (int)krb5_init_context(&context);
}

static int
teardown(void **state)
{
    (void)state;
    krb5_free_context(context);
    return 0;
}

static const struct kx_prior_name two[] = {
    {1, 18, CHECK("a")},
    {1, 20, CHECK("b")},
};
static const char two_der[] =
    LIST("\x40", NAME("\x01", "\x12", "a") NAME("\x01", "\x14", "b"));

/* Decode length bytes; what comes of it. */
static krb5_error_code
decoding(const char *bytes, size_t length)
{
    const krb5_data in = kx_data(bytes, length);
    struct kx_prior_name *names;
    krb5_error_code ret;
    size_t n;

    ret = kx_decode_prior_names(context, &in, &names, &n);
    if (ret)
        assert_null(names);
    free(names);
    return ret;
}
#define DECODING(bytes) decoding(bytes, sizeof(bytes) - 1)

static void
names_are_encoded_as_documented(void **state)
{
    krb5_data der;

    (void)state;
    assert_int_equal(kx_encode_prior_names(context, two, 2, &der), 0);
    assert_int_equal(der.length, sizeof(two_der) - 1);
    assert_memory_equal(der.data, two_der, der.length);
    kx_data_free(&der);
}

static void
what_was_encoded_is_decoded_the_same(void **state)
{
    const krb5_data der = kx_data(two_der, sizeof(two_der) - 1);
    struct kx_prior_name *names;
    size_t n;

    (void)state;
    assert_int_equal(kx_decode_prior_names(context, &der, &names, &n), 0);
    assert_int_equal(n, 2);
    assert_memory_equal(names, two, sizeof(two));
    free(names);
}

static void
names_out_of_their_order_or_twice_are_refused(void **state)
{
    const struct kx_prior_name turned[] = {two[1], two[0]};
    const struct kx_prior_name same[] = {two[0], two[0]};
    krb5_data der;

    (void)state;
    assert_int_equal(DECODING(LIST("\x40", NAME("\x01", "\x14", "a")
                                               NAME("\x01", "\x12", "b"))),
                     KX_ERR_DECODE);
    assert_int_equal(DECODING(LIST("\x40", NAME("\x02", "\x12", "a")
                                               NAME("\x01", "\x14", "b"))),
                     KX_ERR_DECODE);
    assert_int_equal(DECODING(LIST("\x40", NAME("\x01", "\x12", "a")
                                               NAME("\x01", "\x12", "b"))),
                     KX_ERR_DECODE);
    assert_int_equal(kx_encode_prior_names(context, turned, 2, &der),
                     KX_ERR_ENCODE);
    assert_int_equal(kx_encode_prior_names(context, same, 2, &der),
                     KX_ERR_ENCODE);
}

static void
types_are_ordered_as_signed_numbers(void **state)
{
    (void)state;
    assert_int_equal(DECODING(LIST("\x40", NAME("\x01", "\x80", "a")
                                               NAME("\x01", "\x12", "b"))),
                     0);
}

static void
version_0_is_refused(void **state)
{
    const struct kx_prior_name zero = {0, 18, CHECK("a")};
    krb5_data der;

    (void)state;
    assert_int_equal(DECODING(LIST("\x20", NAME("\x00", "\x12", "a"))),
                     KX_ERR_DECODE);
    assert_int_equal(kx_encode_prior_names(context, &zero, 1, &der),
                     KX_ERR_ENCODE);
}

static void
up_to_16_names_are_taken(void **state)
{
    struct kx_prior_name names[KX_MAX_PRIOR_KEYS + 1] = {0};
    char over[4 + 17 * 32] = "\x30\x82\x02\x20";
    krb5_data der;
    size_t i;

    (void)state;
    for (i = 0; i <= KX_MAX_PRIOR_KEYS; i++) {
        names[i].kvno = (uint32_t)i + 1;
        memcpy(over + 4 + i * 32, NAME("\x00", "\x00", "\x00"), 32);
        over[4 + i * 32 + 6] = (char)(i + 1);
    }
    assert_int_equal(
        kx_encode_prior_names(context, names, KX_MAX_PRIOR_KEYS, &der), 0);
    assert_int_equal(decoding(der.data, der.length), 0);
    kx_data_free(&der);
    assert_int_equal(
        kx_encode_prior_names(context, names, KX_MAX_PRIOR_KEYS + 1, &der),
        KX_ERR_TOO_LONG);
    assert_int_equal(decoding(over, sizeof(over)), KX_ERR_TOO_LONG);
}

static void
anything_else_is_refused(void **state)
{
    (void)state;
    assert_int_not_equal(decoding("", 0), 0);
    assert_int_not_equal(DECODING("?"), 0);
    /* An empty list; a name without its check; bytes behind the end. */
    assert_int_not_equal(DECODING("\x30\x00"), 0);
    assert_int_not_equal(
        DECODING("\x30\x0c\x30\x0a\xa0\x03\x02\x01\x01\xa1\x03\x02\x01\x12"),
        0);
    assert_int_not_equal(
        DECODING(LIST("\x20", NAME("\x01", "\x12", "a") "\0")), 0);
    /* A check of 15 and of 17 bytes. */
    assert_int_not_equal(
        DECODING("\x30\x1f\x30\x1d\xa0\x03\x02\x01\x01\xa1\x03\x02\x01\x12"
                 "\xa2\x11\x04\x0f"
                 "aaaaaaaaaaaaaaa"),
        0);
    assert_int_not_equal(
        DECODING("\x30\x21\x30\x1f\xa0\x03\x02\x01\x01\xa1\x03\x02\x01\x12"
                 "\xa2\x13\x04\x11"
                 "aaaaaaaaaaaaaaaaa"),
        0);
    /* A length and a number that are not the shortest. */
    assert_int_equal(DECODING("\x30\x81\x20" NAME("\x01", "\x12", "a")),
                     KX_ERR_NOT_DER);
    assert_int_equal(DECODING("\x30\x21\x30\x1f\xa0\x04\x02\x02\x00\x01"
                              "\xa1\x03\x02\x01\x12\xa2\x12\x04\x10"
                              "aaaaaaaaaaaaaaaa"),
                     KX_ERR_NOT_DER);
}

static void
an_identifier_longer_than_64_bits_travels(void **state)
{
    struct kx_extension extension = {kx_prior_oid, FALSE, kx_data("x", 1)};
    struct kx_message message, *read;
    krb5_data der;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.extensions = &extension;
    message.offer.tbs.n_extensions = 1;
    assert_int_equal(
        kx_encode_tbsdata(context, &message.offer.tbs, &message.offer.tbs_der),
        0);
    assert_int_equal(kx_encode_message(context, &message, &der), 0);
    assert_int_equal(kx_decode_message(context, KX_MSG_REQ, &der, &read), 0);
    assert_data_equal(&read->offer.tbs.extensions[0].oid, &kx_prior_oid);
    kx_message_free(read);
    kx_data_free(&der);
    kx_data_free(&message.offer.tbs_der);
}

static void
the_identifier_of_prior_keys_is_the_one_documented(void **state)
{
    /* As `openssl asn1parse -genstr` writes
     * 2.25.281321573356214804194614218603097957721. */
    static const char der[] = "\x06\x14\x69\x83\xa7\xa4\xc8\x9c\x88\x97\xba"
                              "\x95\xed\xa3\x9a\xd0\xdc\xf3\x92\xfc\xca\x59";

    (void)state;
    assert_int_equal(kx_prior_oid.length, sizeof(der) - 1);
    assert_memory_equal(kx_prior_oid.data, der, sizeof(der) - 1);
}

static void
what_is_no_identifier_is_refused(void **state)
{
    (void)state;
    REFUSED("2.1.10.0.0v", "\x06\x00", KX_ERR_DECODE);
    /* Padded at its begin and within, and cut off. */
    REFUSED("2.1.10.0.0v", "\x06\x02\x80\x01", KX_ERR_DECODE);
    REFUSED("2.1.10.0.0v", "\x06\x03\x2a\x80\x01", KX_ERR_DECODE);
    REFUSED("2.1.10.0.0v", "\x06\x02\x2a\x83", KX_ERR_DECODE);
    /* Another type, and a length that is not the shortest. */
    REFUSED("2.1.10.0.0v", "\x04\x02\x2a\x03", KX_ERR_DECODE);
    REFUSED("2.1.10.0.0v", "\x26\x02\x2a\x03", KX_ERR_DECODE);
    REFUSED("2.1.10.0.0v", "\x06\x81\x02\x2a\x03", KX_ERR_DECODE);
    ACCEPTED("2.1.10.0.0v", "\x06\x02\x2a\x03");
}

static void
an_identifier_has_up_to_64_bytes(void **state)
{
    char longest[64] = "\x06\x3e", over[65] = "\x06\x3f";

    (void)state;
    memset(longest + 2, 0x01, sizeof(longest) - 2);
    memset(over + 2, 0x01, sizeof(over) - 2);
    assert_accepted_with("2.1.10.0.0v", longest, sizeof(longest));
    assert_refused_with(SAMPLE_REQ, "2.1.10.0.0v", over, sizeof(over),
                        KX_ERR_TOO_LONG);
}

static void
an_identifier_is_shown_dotted_or_in_hexadecimal(void **state)
{
    const krb5_data dotted = kx_data("\x06\x03\x88\x37\x03", 5);
    char text[KX_OID_TEXT_SIZE];

    (void)state;
    assert_string_equal(kx_oid_text(&dotted, text), "2.999.3");
    assert_string_equal(kx_oid_text(&kx_prior_oid, text),
                        "06146983a7a4c89c8897ba95eda39ad0dcf392fcca59");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_encoded_as_documented),
        cmocka_unit_test(what_was_encoded_is_decoded_the_same),
        cmocka_unit_test(names_out_of_their_order_or_twice_are_refused),
        cmocka_unit_test(types_are_ordered_as_signed_numbers),
        cmocka_unit_test(version_0_is_refused),
        cmocka_unit_test(up_to_16_names_are_taken),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(an_identifier_longer_than_64_bits_travels),
        cmocka_unit_test(the_identifier_of_prior_keys_is_the_one_documented),
        cmocka_unit_test(what_is_no_identifier_is_refused),
        cmocka_unit_test(an_identifier_has_up_to_64_bytes),
        cmocka_unit_test(an_identifier_is_shown_dotted_or_in_hexadecimal),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
