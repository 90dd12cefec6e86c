/*
 * test_hostrealm.c: what libkrb5 gets when it loads the module for clients.
 */
#include "config.h"
#include <krb5/hostrealm_plugin.h>
#include "tests/unit/test.h"

krb5_error_code hostrealm_kxover_initvt(krb5_context context, int maj_ver,
                                        int min_ver,
                                        krb5_plugin_vtable vtable);

static void
the_interface_of_today_is_filled_in(void **state)
{
    struct krb5_hostrealm_vtable_st table = {0};

    (void)state;
    assert_int_equal(
        hostrealm_kxover_initvt(NULL, 1, 1, (krb5_plugin_vtable)&table), 0);
    assert_string_equal(table.name, "kxover");
    assert_non_null(table.init);
    assert_non_null(table.fini);
    assert_non_null(table.host_realm);
    assert_non_null(table.free_list);
    /* The user's own realm, and realms beside DNS, are not ours to tell. */
    assert_null(table.default_realm);
    assert_null(table.fallback_realm);
}

static void
any_other_interface_is_left_alone(void **state)
{
    static const int versions[] = {0, 2, 99};
    struct krb5_hostrealm_vtable_st table = {0};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        assert_int_equal(hostrealm_kxover_initvt(NULL, versions[i], 1,
                                                 (krb5_plugin_vtable)&table),
                         KRB5_PLUGIN_VER_NOTSUPP);
        assert_null(table.name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interface_of_today_is_filled_in),
        cmocka_unit_test(any_other_interface_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
