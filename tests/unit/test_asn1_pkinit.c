/*
 * test_asn1_pkinit.c: the name of a principal in a certificate
 * (KRB5PrincipalName, RFC 4556 3.2.2).
 */
#include "config.h"
#include <string.h>
#include "asn1/kx_asn1.h"
#include "tests/unit/der.h"
#include "tests/unit/test.h"

/* krbtgt/A.B@A.B, name type 2, as GnuTLS and MIT krb5 write it. */
static const char krbtgt[] = "\x30\x22"
                             "\xa0\x05\x1b\x03"
                             "A.B"
                             "\xa1\x19\x30\x17"
                             "\xa0\x03\x02\x01\x02"
                             "\xa1\x10\x30\x0e"
                             "\x1b\x06krbtgt"
                             "\x1b\x04"
                             "A.BC";
#define KRBTGT kx_data(krbtgt, sizeof(krbtgt) - 1)

/* Decode in; what comes out is released.  Returns the error. */
static krb5_error_code
decode(const krb5_data *in)
{
    krb5_principal name = NULL;
    krb5_error_code ret;

    ret = kx_decode_pkinit_name(NULL, in, &name);
    assert_true((ret == 0) == (name != NULL));
    krb5_free_principal(NULL, name);
    return ret;
}

static void
a_name_is_read_component_by_component(void **state)
{
    const krb5_data in = KRBTGT, realm = kx_data("A.B", 3);
    const krb5_data first = kx_data("krbtgt", 6), second = kx_data("A.BC", 4);
    krb5_principal name;

    (void)state;
    assert_int_equal(kx_decode_pkinit_name(NULL, &in, &name), 0);
    assert_int_equal(name->type, KRB5_NT_SRV_INST);
    assert_int_equal(name->length, 2);
    assert_data_equal(&name->realm, &realm);
    assert_data_equal(&name->data[0], &first);
    assert_data_equal(&name->data[1], &second);
    krb5_free_principal(NULL, name);
}

static void
a_name_is_the_whole_input_and_all_of_it_is_there(void **state)
{
    char longer[sizeof(krbtgt)] = "";
    krb5_data in = kx_data(longer, sizeof(longer));

    (void)state;
    memcpy(longer, krbtgt, sizeof(krbtgt));
    assert_int_not_equal(decode(&in), 0);
    for (in.length = 0; in.length < sizeof(krbtgt) - 1; in.length++)
        assert_int_not_equal(decode(&in), 0);
}

static void
what_is_not_der_is_no_name(void **state)
{
    /* The first length in two bytes, though one would do. */
    char loose[sizeof(krbtgt) + 1] = "\x30\x81";
    const krb5_data in = kx_data(loose, sizeof(krbtgt));

    (void)state;
    memcpy(loose + 2, krbtgt + 1, sizeof(krbtgt) - 2);
    assert_int_not_equal(decode(&in), 0);
}

static void
a_string_of_other_characters_is_no_name(void **state)
{
    const krb5_data whole = KRBTGT;
    krb5_data altered;

    (void)state;
    altered = der_replace(&whole, "0v",
                          "\x1b\x03"
                          "A\0B",
                          5);
    assert_int_not_equal(decode(&altered), 0);
    free(altered.data);
    altered = der_replace(&whole, "0v",
                          "\x0c\x03"
                          "A.B",
                          5);
    assert_int_not_equal(decode(&altered), 0);
    free(altered.data);
}

static void
a_name_beyond_its_bounds_is_refused(void **state)
{
    const krb5_data whole = KRBTGT;
    char big[KX_MAX_PKINIT_NAME + 1] = "\x30";
    krb5_data many, in = kx_data(big, sizeof(big));

    (void)state;
    assert_int_equal(decode(&in), KX_ERR_TOO_LONG);
    many = der_repeat(&whole, "1.1v", KX_MAX_NAME_COMPONENTS + 1);
    assert_int_not_equal(decode(&many), 0);
    free(many.data);
}

static void
no_damaged_byte_is_taken_for_the_same_name(void **state)
{
    char bytes[sizeof(krbtgt)] = "";
    const krb5_data in = kx_data(bytes, sizeof(krbtgt) - 1);
    krb5_principal whole, name;
    const krb5_data good = KRBTGT;
    unsigned int i, bit;

    (void)state;
    assert_int_equal(kx_decode_pkinit_name(NULL, &good, &whole), 0);
    for (i = 0; i < in.length; i++) {
        for (bit = 0; bit < 8; bit++) {
            memcpy(bytes, krbtgt, sizeof(krbtgt));
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            if (kx_decode_pkinit_name(NULL, &in, &name) != 0)
                continue;
            assert_true(name->type != whole->type || name->length != 2 ||
                        !kx_data_equal(&name->realm, &whole->realm) ||
                        !kx_data_equal(&name->data[0], &whole->data[0]) ||
                        !kx_data_equal(&name->data[1], &whole->data[1]));
            krb5_free_principal(NULL, name);
        }
    }
    krb5_free_principal(NULL, whole);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_read_component_by_component),
        cmocka_unit_test(a_name_is_the_whole_input_and_all_of_it_is_there),
        cmocka_unit_test(what_is_not_der_is_no_name),
        cmocka_unit_test(a_string_of_other_characters_is_no_name),
        cmocka_unit_test(a_name_beyond_its_bounds_is_refused),
        cmocka_unit_test(no_damaged_byte_is_taken_for_the_same_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
