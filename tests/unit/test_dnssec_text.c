/*
 * test_dnssec_text.c: TXT records, read strictly (RFC 1035 3.3.14).
 */
#include "config.h"
#include <string.h>
#include "dnssec/record.h"
#include "tests/unit/test.h"

/* kx_text_read() of a string literal, from memory that ends with it. */
#define READ(literal, out) read_exactly(literal, sizeof(literal) - 1, out)

static krb5_error_code
read_exactly(const char *bytes, size_t length, char **out)
{
    uint8_t *copy = test_malloc(length + 1);
    krb5_error_code code;

    memcpy(copy + 1, bytes, length);
    code = kx_text_read(copy + 1, length, out);
    test_free(copy);
    return code;
}

static void
one_string_is_read(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("\15BRAVO.EXAMPLE", &text), 0);
    assert_string_equal(text, "BRAVO.EXAMPLE");
    free(text);
}

static void
several_strings_are_put_together(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("\6BRAVO.\0\4EXAM\3PLE", &text), 0);
    assert_string_equal(text, "BRAVO.EXAMPLE");
    free(text);
}

static void
an_empty_string_is_an_empty_text(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("\0", &text), 0);
    assert_string_equal(text, "");
    free(text);
}

static void
the_longest_string_is_read(void **state)
{
    char record[1 + 255], *text;

    (void)state;
    memset(record, 'x', sizeof(record));
    record[0] = '\xff';
    assert_int_equal(read_exactly(record, sizeof(record), &text), 0);
    assert_int_equal(strlen(text), 255);
    free(text);
}

static void
a_record_with_a_nul_inside_is_left_out(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("\3A\0B", &text), 0);
    assert_null(text);
}

static void
a_record_without_a_string_is_refused(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("", &text), KX_ERR_DNS_RECORD);
    assert_null(text);
}

static void
a_string_that_ends_behind_the_record_is_refused(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(READ("\4ABC", &text), KX_ERR_DNS_RECORD);
    assert_int_equal(READ("\3ABC\1", &text), KX_ERR_DNS_RECORD);
    assert_int_equal(READ("\xff", &text), KX_ERR_DNS_RECORD);
    assert_null(text);
}

static char alpha[] = "ALPHA.EXAMPLE", bravo[] = "BRAVO.EXAMPLE";

/* kx_text_realm() of these texts: the realm, or "" where that is an error. */
static const char *
realm_of(char *const *text, size_t n)
{
    static char realm[KX_MAX_DNS_NAME];
    krb5_error_code code;

    code = kx_text_realm(NULL, "www.bravo.example", text, n, realm);
    assert_int_equal(code, realm[0] == '\0' ? KX_ERR_DNS_RECORD : 0);
    return realm;
}

static void
a_realm_that_is_named_twice_is_one_realm(void **state)
{
    char *text[] = {bravo, bravo};

    (void)state;
    assert_string_equal(realm_of(text, 2), "BRAVO.EXAMPLE");
}

static void
a_third_realm_does_not_decide_between_two(void **state)
{
    char *text[] = {bravo, alpha, bravo};

    (void)state;
    assert_string_equal(realm_of(text, 3), "");
}

static void
a_text_that_is_too_long_for_a_realm_is_none(void **state)
{
    char long_text[1024], *text[] = {long_text};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(long_text) - 1; i++)
        long_text[i] = i % 32 == 31 ? '.' : 'A';
    long_text[i] = '\0';
    assert_string_equal(realm_of(text, 1), "");
}

static void
no_text_names_no_realm(void **state)
{
    (void)state;
    assert_string_equal(realm_of(NULL, 0), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_string_is_read),
        cmocka_unit_test(several_strings_are_put_together),
        cmocka_unit_test(an_empty_string_is_an_empty_text),
        cmocka_unit_test(the_longest_string_is_read),
        cmocka_unit_test(a_record_with_a_nul_inside_is_left_out),
        cmocka_unit_test(a_record_without_a_string_is_refused),
        cmocka_unit_test(a_string_that_ends_behind_the_record_is_refused),
        cmocka_unit_test(a_realm_that_is_named_twice_is_one_realm),
        cmocka_unit_test(a_third_realm_does_not_decide_between_two),
        cmocka_unit_test(a_text_that_is_too_long_for_a_realm_is_none),
        cmocka_unit_test(no_text_names_no_realm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
