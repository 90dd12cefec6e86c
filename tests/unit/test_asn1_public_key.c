/*
 * test_asn1_public_key.c: SubjectPublicKeyInfo, and the groups that a refusal
 * names.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

#define REFUSED_KEY(path, with, code)                                         \
    assert_refused_with(SAMPLE_SPKI, path, with, sizeof(with) - 1, code)
#define REFUSED_GROUPS(path, with, code)                                      \
    assert_refused_with(SAMPLE_GROUPS, path, with, sizeof(with) - 1, code)

static void
a_public_key_comes_back(void **state)
{
    krb5_data point = kx_data("\x04point", 6), der, key;
    struct kx_algorithm algorithm;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        assert_int_equal(kx_encode_spki(NULL, &sample_groups[i], &point, &der),
                         0);
        assert_int_equal(kx_decode_spki(NULL, &der, &algorithm, &key), 0);
        assert_string_equal(algorithm.oid, sample_groups[i].oid);
        assert_data_equal(&algorithm.parameters, &sample_groups[i].parameters);
        assert_data_equal(&key, &point);
        kx_algorithm_clear(&algorithm);
        kx_data_free(&key);
        kx_data_free(&der);
    }
}

/* RFC 8410 10.1, "Example Ed25519 Public Key". */
static void
the_key_of_rfc_8410_encodes_to_its_bytes(void **state)
{
    static const char der[] =
        "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
        "\x19\xbf\x44\x09\x69\x84\xcd\xfe\x85\x41\xba\xc1\x67\xdc\x3b\x96"
        "\xc8\x50\x86\xaa\x30\xb6\xb6\xcb\x0c\x5c\x38\xad\x70\x31\x66\xe1";
    char ed25519[] = "1.3.101.112";
    const struct kx_algorithm algorithm = {.oid = ed25519};
    const krb5_data expected = kx_data(der, sizeof(der) - 1);
    const krb5_data key = kx_data(der + 12, 32);
    krb5_data out;

    (void)state;
    assert_int_equal(kx_encode_spki(NULL, &algorithm, &key, &out), 0);
    assert_data_equal(&out, &expected);
    kx_data_free(&out);
}

static void
a_public_key_has_bits(void **state)
{
    krb5_data none = kx_data(NULL, 0), out;

    (void)state;
    REFUSED_KEY("1", "\x03\x01\x00", KX_ERR_DECODE);
    REFUSED_KEY("1", "\x03\x02\x01\x02", KX_ERR_DECODE);
    assert_int_equal(kx_encode_spki(NULL, &sample_groups[0], &none, &out),
                     KX_ERR_ENCODE);
}

static void
a_public_key_has_its_two_fields_and_no_more(void **state)
{
    (void)state;
    REFUSED_KEY("0", "", KX_ERR_DECODE);
    REFUSED_KEY("1", "", KX_ERR_DECODE);
    REFUSED_KEY("1", "\x03\x02\x00k\x05\x00", KX_ERR_DECODE);
    REFUSED_KEY("0", "\x30\x00", KX_ERR_DECODE);
    REFUSED_KEY("0", "\x30\x06\x06\x01\x2a\x05\x00\x05", KX_ERR_DECODE);
}

static void
a_public_key_has_up_to_1024_bytes(void **state)
{
    char *bits = test_alloc(KX_MAX_KEY_EXCHANGE);
    krb5_data key, out;
    unsigned int overhead;

    (void)state;
    memset(bits, 'k', KX_MAX_KEY_EXCHANGE);
    key = kx_data(bits, 900);
    assert_int_equal(kx_encode_spki(NULL, &sample_groups[0], &key, &out), 0);
    overhead = out.length - 900;
    kx_data_free(&out);

    key.length = KX_MAX_KEY_EXCHANGE - overhead;
    assert_int_equal(kx_encode_spki(NULL, &sample_groups[0], &key, &out), 0);
    assert_int_equal(out.length, KX_MAX_KEY_EXCHANGE);
    kx_data_free(&out);
    key.length++;
    assert_int_equal(kx_encode_spki(NULL, &sample_groups[0], &key, &out),
                     KX_ERR_TOO_LONG);
    free(bits);
}

static void
a_list_of_groups_comes_back(void **state)
{
    krb5_data der = sample_encode_groups();
    struct kx_algorithm *groups = NULL;
    size_t i, n = 0;

    (void)state;
    assert_int_equal(kx_decode_groups(NULL, &der, &groups, &n), 0);
    assert_int_equal(n, 2);
    for (i = 0; i < n; i++) {
        assert_string_equal(groups[i].oid, sample_groups[i].oid);
        assert_data_equal(&groups[i].parameters, &sample_groups[i].parameters);
        kx_algorithm_clear(&groups[i]);
    }
    free(groups);
    kx_data_free(&der);
}

/* RFC 4556 3.1.3 and RFC 4120 5.9.1, put together by hand. */
static void
a_list_of_groups_is_typed_data_109(void **state)
{
    static const char der[] = "\x30\x15"     /* TYPED-DATA */
                              "\x30\x13"     /* its one element */
                              "\xa0\x03"     /* data-type */
                              "\x02\x01\x6d" /* 109 */
                              "\xa1\x0c"     /* data-value */
                              "\x04\x0a"
                              "\x30\x08" /* TD-DH-PARAMETERS */
                              "\x30\x06" /* AlgorithmIdentifier */
                              "\x06\x04\x2b\x65\x6e\x01";
    char oid[] = "1.3.101.110.1";
    const struct kx_algorithm group = {.oid = oid};
    const krb5_data expected = kx_data(der, sizeof(der) - 1);
    krb5_data out;

    (void)state;
    assert_int_equal(kx_encode_groups(NULL, &group, 1, &out), 0);
    assert_data_equal(&out, &expected);
    kx_data_free(&out);
}

static void
up_to_32_groups_are_listed(void **state)
{
    struct kx_algorithm groups[KX_MAX_ALGORITHMS + 1], *read = NULL;
    krb5_data der, parameters, value, other;
    size_t i, n = 0;

    (void)state;
    for (i = 0; i <= KX_MAX_ALGORITHMS; i++)
        groups[i] = sample_groups[0];
    assert_int_equal(
        kx_encode_groups(NULL, groups, KX_MAX_ALGORITHMS + 1, &der),
        KX_ERR_TOO_LONG);
    assert_int_equal(kx_encode_groups(NULL, groups, 0, &der), KX_ERR_ENCODE);
    assert_int_equal(kx_encode_groups(NULL, groups, KX_MAX_ALGORITHMS, &der),
                     0);
    assert_int_equal(kx_decode_groups(NULL, &der, &read, &n), 0);
    assert_int_equal(n, KX_MAX_ALGORITHMS);
    for (i = 0; i < n; i++)
        kx_algorithm_clear(&read[i]);
    free(read);

    /* One more in what the OCTET STRING holds; 2 and 3 octets are before it.
     */
    value = der_at(&der, "0.1v");
    value = kx_data(value.data + 3, value.length - 3);
    parameters = der_repeat(&value, "", KX_MAX_ALGORITHMS + 1);
    value = der_wrap(0x04, parameters.data, parameters.length);
    other = der_replace(&der, "0.1v", value.data, value.length);
    assert_refused(SAMPLE_GROUPS, &other, KX_ERR_TOO_LONG);
    kx_data_free(&other);
    kx_data_free(&value);
    kx_data_free(&parameters);
    kx_data_free(&der);
}

static void
typed_data_has_one_element_which_is_of_groups(void **state)
{
    krb5_data der = sample_encode_groups();
    krb5_data twice = der_repeat(&der, "", 2);

    (void)state;
    assert_refused(SAMPLE_GROUPS, &twice, KX_ERR_TOO_LONG);
    kx_data_free(&twice);
    kx_data_free(&der);
    REFUSED_GROUPS("", "\x30\x00", KX_ERR_DECODE);
    REFUSED_GROUPS("0.0v", "\x02\x01\x68", KX_ERR_DECODE);
    REFUSED_GROUPS("0.1", "", KX_ERR_DECODE);
    REFUSED_GROUPS("0.1v", "\x04\x00", KX_ERR_DECODE);
    REFUSED_GROUPS("0.1v", "\x04\x02\x30\x00", KX_ERR_DECODE);
    REFUSED_GROUPS("0.1v", "\x04\x04\x30\x02\x05\x00", KX_ERR_DECODE);
}

static void
typed_data_has_up_to_8192_bytes(void **state)
{
    krb5_data big =
        kx_data(calloc(1, KX_MAX_ERROR_DATA + 1), KX_MAX_ERROR_DATA + 1);

    (void)state;
    assert_non_null(big.data);
    assert_refused(SAMPLE_GROUPS, &big, KX_ERR_TOO_LONG);
    kx_data_free(&big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_key_comes_back),
        cmocka_unit_test(the_key_of_rfc_8410_encodes_to_its_bytes),
        cmocka_unit_test(a_public_key_has_bits),
        cmocka_unit_test(a_public_key_has_its_two_fields_and_no_more),
        cmocka_unit_test(a_public_key_has_up_to_1024_bytes),
        cmocka_unit_test(a_list_of_groups_comes_back),
        cmocka_unit_test(a_list_of_groups_is_typed_data_109),
        cmocka_unit_test(up_to_32_groups_are_listed),
        cmocka_unit_test(typed_data_has_one_element_which_is_of_groups),
        cmocka_unit_test(typed_data_has_up_to_8192_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
