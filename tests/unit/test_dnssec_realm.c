/*
 * test_dnssec_realm.c: which names are realms or hosts, and what becomes of
 * them; nothing else becomes a DNS name.
 */
#include "config.h"
#include <string.h>
#include "dnssec/record.h"
#include "tests/unit/test.h"

#define TEN "ABCDEFGHIJ"
#define LABEL_63 TEN TEN TEN TEN TEN TEN "ABC"
#define REALM_238                                                             \
    LABEL_63 "." LABEL_63 "." LABEL_63 "." TEN TEN TEN TEN "ABCDEF"

static const char *const realms[] = {
    "A.B",
    "EXAMPLE.ORG",
    "BRAVO.EXAMPLE",
    "A-B.C--D.EXAMPLE",
    "123.EXAMPLE",
    "XN--NXASMQ6B.EXAMPLE",
    LABEL_63 ".EXAMPLE",
    REALM_238,
};

static const struct {
    const char *name;
    size_t length;
} no_realms[] = {
#define NAME(s)                                                               \
    {                                                                         \
        s, sizeof(s) - 1                                                      \
    }
    NAME(""),
    NAME("."),
    NAME("ORG"),
    NAME("EXAMPLE."),
    NAME("EXAMPLE.ORG."),
    NAME(".EXAMPLE.ORG"),
    NAME("EXAMPLE..ORG"),
    NAME("example.org"),
    NAME("Example.ORG"),
    NAME("EXAMPLE.ORg"),
    NAME("-A.EXAMPLE"),
    NAME("A-.EXAMPLE"),
    NAME("A.-EXAMPLE"),
    NAME("A.EXAMPLE-"),
    NAME("A.-"),
    NAME("A_B.EXAMPLE"),
    NAME("_KERBEROS.EXAMPLE"),
    NAME("A B.EXAMPLE"),
    NAME("A.EXAMPLE "),
    NAME("A.EXAMPLE\n"),
    NAME("A/B.EXAMPLE"),
    NAME("A@B.EXAMPLE"),
    NAME("A\\.B.EXAMPLE"),
    NAME("*.EXAMPLE"),
    NAME("A.EXAMPLE\0"),
    NAME("A\0.EXAMPLE"),
    NAME("\xc3\x84.EXAMPLE"),
    NAME("X500:C=NL"),
    NAME("[::1].EXAMPLE"),
    NAME(LABEL_63 "D.EXAMPLE"),
    NAME(REALM_238 "G"),
#undef NAME
};

static krb5_data
data_of(const char *text)
{
    return kx_data(text, strlen(text));
}

static void
capitals_digits_and_hyphens_in_two_labels_or_more_make_a_realm(void **state)
{
    krb5_data realm;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(realms) / sizeof(*realms); i++) {
        realm = data_of(realms[i]);
        if (!kx_realm_is_valid(&realm))
            fail_msg("%s is a realm", realms[i]);
    }
}

static void
nothing_else_is_a_realm(void **state)
{
    krb5_data realm;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(no_realms) / sizeof(*no_realms); i++) {
        realm = kx_data(no_realms[i].name, no_realms[i].length);
        if (kx_realm_is_valid(&realm))
            fail_msg("\"%s\" is no realm", no_realms[i].name);
    }
}

static void
what_is_no_realm_does_not_become_a_dns_name(void **state)
{
    char name[KX_MAX_DNS_NAME];
    krb5_data realm;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(no_realms) / sizeof(*no_realms); i++) {
        realm = kx_data(no_realms[i].name, no_realms[i].length);
        assert_int_equal(kx_realm_to_dns(NULL, &realm, name),
                         KX_ERR_REALM_NAME);
        assert_string_equal(name, "");
    }
}

static void
a_realm_is_a_part_of_its_krb5_data_only(void **state)
{
    const krb5_data realm = kx_data("A.EXAMPLE.lower", 9);
    char name[KX_MAX_DNS_NAME];

    (void)state;
    assert_int_equal(kx_realm_to_dns(NULL, &realm, name), 0);
    assert_string_equal(name, "a.example");
}

static void
a_realm_becomes_a_name_in_small_letters_and_comes_back(void **state)
{
    char name[KX_MAX_DNS_NAME], realm[KX_MAX_DNS_NAME];
    krb5_data data = data_of("A-1.BRAVO.EXAMPLE");

    (void)state;
    assert_int_equal(kx_realm_to_dns(NULL, &data, name), 0);
    assert_string_equal(name, "a-1.bravo.example");
    assert_int_equal(kx_dns_to_realm(NULL, name, realm), 0);
    assert_string_equal(realm, "A-1.BRAVO.EXAMPLE");
}

static void
the_longest_realm_still_has_room_for_what_stands_before_it(void **state)
{
    char name[KX_MAX_DNS_NAME];
    krb5_data realm = data_of(REALM_238);

    (void)state;
    assert_int_equal(kx_realm_to_dns(NULL, &realm, name), 0);
    assert_int_equal(strlen(KX_SRV_PREFIX) + strlen(name), 253);
}

static void
a_dns_name_of_any_case_with_or_without_final_dot_becomes_a_realm(void **state)
{
    static const char *const names[] = {"bravo.example", "Bravo.Example",
                                        "BRAVO.EXAMPLE", "bravo.example."};
    char realm[KX_MAX_DNS_NAME];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_int_equal(kx_dns_to_realm(NULL, names[i], realm), 0);
        assert_string_equal(realm, "BRAVO.EXAMPLE");
    }
}

static void
a_dns_name_that_no_realm_can_have_is_refused(void **state)
{
    static const char *const names[] = {
        "",
        ".",
        "example",
        "bravo.example..",
        ".bravo.example",
        "bravo..example",
        "_kerberos.example",
        "-a.example",
        "bravo example.org",
        "br\xc3\xa4vo.example",
        LABEL_63 "d.example",
        REALM_238 "g",
        REALM_238 "." REALM_238,
    };
    char realm[KX_MAX_DNS_NAME];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_int_equal(kx_dns_to_realm(NULL, names[i], realm),
                         KX_ERR_REALM_NAME);
        assert_string_equal(realm, "");
    }
}

static void
the_message_names_what_was_refused_without_its_control_characters(void **state)
{
    const krb5_data realm = kx_data("EVIL\n.\x1b[31m\0X", 13);
    char name[KX_MAX_DNS_NAME];
    krb5_context context;
    const char *message;

    (void)state;
    kx_init_errors();
    assert_int_equal(krb5_init_context(&context), 0);

    (void)kx_realm_to_dns(context, &realm, name);

    message = krb5_get_error_message(context, KX_ERR_REALM_NAME);
    assert_non_null(strstr(message, "\"EVIL?.?[31m?X\""));
    krb5_free_error_message(context, message);
    krb5_free_context(context);
}

static void
printable_text_is_cut_to_its_room(void **state)
{
    char out[KX_PRINTABLE_SIZE];

    (void)state;
    (void)kx_printable(REALM_238, 80, out);
    assert_int_equal(strlen(out), 80);
    assert_memory_equal(out, REALM_238, 80);
    (void)kx_printable(REALM_238, 81, out);
    assert_string_equal(out + 80, "...");
    assert_memory_equal(out, REALM_238, 80);
}

static void
a_host_name_is_put_into_small_letters(void **state)
{
    char out[KX_MAX_DNS_NAME];

    (void)state;
    assert_true(kx_host_name("KDC_1.Bravo-x.EXAMPLE", 21, out));
    assert_string_equal(out, "kdc_1.bravo-x.example");
    assert_true(kx_host_name("localhost", 9, out));
    assert_string_equal(out, "localhost");
}

static void
a_host_name_is_up_to_253_characters(void **state)
{
    static const char longest[] =
        LABEL_63 "." LABEL_63 "." LABEL_63 "." TEN TEN TEN TEN TEN TEN "AB";
    char out[KX_MAX_DNS_NAME];

    (void)state;
    assert_int_equal(strlen(longest), 254);
    assert_true(kx_host_name(longest, 253, out));
    assert_int_equal(strlen(out), 253);
    assert_false(kx_host_name(longest, 254, out));
    assert_string_equal(out, "");
}

static void
what_cannot_stand_in_a_host_name_is_refused(void **state)
{
    static const char *const names[] = {
        "", ".", "a.", ".a", "a..b", "a b", "a/b", "a:b", "a\\b", "*", "\xe4",
    };
    char out[KX_MAX_DNS_NAME];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_false(kx_host_name(names[i], strlen(names[i]), out));
    assert_false(kx_host_name("a\0b", 3, out));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            capitals_digits_and_hyphens_in_two_labels_or_more_make_a_realm),
        cmocka_unit_test(nothing_else_is_a_realm),
        cmocka_unit_test(what_is_no_realm_does_not_become_a_dns_name),
        cmocka_unit_test(a_realm_is_a_part_of_its_krb5_data_only),
        cmocka_unit_test(
            a_realm_becomes_a_name_in_small_letters_and_comes_back),
        cmocka_unit_test(
            the_longest_realm_still_has_room_for_what_stands_before_it),
        cmocka_unit_test(
            a_dns_name_of_any_case_with_or_without_final_dot_becomes_a_realm),
        cmocka_unit_test(a_dns_name_that_no_realm_can_have_is_refused),
        cmocka_unit_test(
            the_message_names_what_was_refused_without_its_control_characters),
        cmocka_unit_test(printable_text_is_cut_to_its_room),
        cmocka_unit_test(a_host_name_is_put_into_small_letters),
        cmocka_unit_test(a_host_name_is_up_to_253_characters),
        cmocka_unit_test(what_cannot_stand_in_a_host_name_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
