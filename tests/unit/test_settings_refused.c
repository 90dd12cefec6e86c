/*
 * test_settings_refused.c: what may not stand in kdc.conf, and what is
 * said of it.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/settings_sample.h"
#include "tests/unit/test.h"

static void
a_name_of_ours_that_does_not_exist_is_refused(void **state)
{
    (void)state;
    assert_refused("kxover_wiat = 3s", VALUES(REALM, "kxover_wiat"));
    assert_refused("kxover_ = 3s", VALUES(REALM, "kxover_"));
    assert_refused("KXOVER_WAIT = 3s", VALUES(REALM, "KXOVER_WAIT"));
}

static void
a_setting_written_as_a_section_is_refused(void **state)
{
    (void)state;
    assert_refused("kxover_wait = {\na = b\n}",
                   VALUES(REALM, "kxover_wait", "3s"));
}

static void
two_values_where_one_counts_are_refused(void **state)
{
    (void)state;
    assert_refused("kxover_wait = 3s\nkxover_wait = 4s",
                   VALUES(REALM, "kxover_wait", "3s", "4s"));
    assert_refused("kxover_kdc = 127.0.0.1:88\nkxover_kdc = 127.0.0.2:88",
                   VALUES(REALM, "kxover_kdc"));
}

static void
the_same_value_twice_is_no_contradiction(void **state)
{
    struct kx_settings *settings =
        settings_with("kxover_kdc = 127.0.0.1\nkxover_kdc = 127.0.0.1\n"
                      "kxover_listen = 192.0.2.1\n"
                      "kxover_listen = 192.0.2.1");

    (void)state;
    assert_int_equal(settings->n_kdc, 1);
    assert_int_equal(settings->n_listen, 1);
    kx_settings_free(settings);
}

static void
a_refusal_names_section_key_value_and_remedy(void **state)
{
    (void)state;
    assert_refused("kxover_lifetime = 40d",
                   VALUES("kdc.conf", "[dbmodules]", REALM,
                          "kxover_lifetime = 40d",
                          "(without it, from 1d) to 31d"));
}

static void
values_that_mean_nothing_are_refused(void **state)
{
    (void)state;
    assert_each_refused("kxover_backend",
                        VALUES("kxover", "\"\"", "../db2", "db2 kldap"));
    assert_each_refused("kxover_identity",
                        VALUES("\"\"", "/etc/kx.pem,/etc/kx.key",
                               "FILE:/etc/kx.pem", "FILE:/etc/kx.pem,",
                               "FILE:,/etc/kx.key", "FILE:kx.pem,/etc/kx.key",
                               "FILE:/etc/kx.pem,kx.key", "FILE:/a,/b,/c",
                               "PKCS11:pkcs11:object=kx", "PKCS11:a,b",
                               "pkcs11:a,pkcs11:b"));
    assert_each_refused(
        "kxover_anchors",
        VALUES("\"\"", "/etc/roots.pem", "FILE:roots.pem", "DIR:/etc/roots"));
    assert_each_refused("kxover_revoke",
                        VALUES("\"\"", "/etc/crl.pem", "FILE:crl.pem",
                               "http://ca.example/crl.pem"));
    assert_each_refused(
        "kxover_max_peers",
        VALUES("\"\"", "0", "1000001", "-1", "1e3", "10000000", "many"));
    assert_each_refused("kxover_max_connections",
                        VALUES("\"\"", "63", "100001", "-1", "1e3", "1k"));
    assert_each_refused(
        "kxover_attributes",
        VALUES("\"\"", "=x", "%R=x", "kxover_kvno_7=x", "kxover_used"));
    assert_each_refused("kxover_realms",
                        VALUES("\"\"", ",", "!", "EXAMPLE", "*EXAMPLE",
                               "*.*.EXAMPLE", "BRAVO.EXAMPLE.", "!!A.EXAMPLE",
                               "BR_VO.EXAMPLE", "*.", "! BRAVO.EXAMPLE",
                               "in:", "in:!A.EXAMPLE", "in:out:A.EXAMPLE",
                               "up:A.EXAMPLE"));
    assert_each_refused("kxover_adopt",
                        VALUES("\"\"", "EXAMPLE", "yes", "up:A.EXAMPLE"));
    assert_each_refused("kxover_listen",
                        VALUES("\"\"", "0", "65536", "*", "*:0", "*:x",
                               "kdc.alpha.example", "127.0.0.1:0"));
    assert_each_refused("kxover_kdc", VALUES("\"\"", "88", "*:88", "localhost",
                                             "127.0.0.1 127.0.0.2"));
    assert_each_refused("kxover_lifetime",
                        VALUES("\"\"", "0", "23h", "86399", "32d", "31d1s",
                               "-14d", "2 weeks", "14x", "forever"));
    assert_each_refused("kxover_lifetime_min", VALUES("\"\"", "0", "9s", "32d",
                                                      "15d", "-1s", "soon"));
    assert_each_refused("kxover_keep",
                        VALUES("\"\"", "-1", "10001", "1 2", "EXAMPLE",
                               "hub.example", "*.EXAMPLE", "10 %"));
    assert_each_refused("kxover_wait",
                        VALUES("\"\"", "31s", "-1s", "3x", "1m"));
    assert_each_refused(
        "kxover_stall",
        VALUES("\"\"", "101", "-1", "20 percent", "%", "1000", "2 0", "0x10"));
    assert_each_refused("kxover_store", VALUES("\"\"", "disk", "Memory"));
    assert_each_refused("kxover_unbound_conf", VALUES("\"\"", "unbound.conf"));
    assert_each_refused("kxover_allow_address",
                        VALUES("\"\"", "127.0.0.1/8", "localhost", "all"));
    assert_each_refused(
        "kxover_transit",
        VALUES("\"\"", "EXAMPLE", "hub.example", "*", "*.EXAMPLE"));
    assert_each_refused("kxover_not_yet", VALUES("\"\"", "yes", "Unknown"));
    assert_each_refused(
        "kxover_metrics",
        VALUES("\"\"", "9464", "*:9464", "0.0.0.0:9464", "192.0.2.1:9464",
               "[::]:9464", "[2001:db8::1]:9464", "127.0.0.1", "::1", "[::1]",
               "127.0.0.1:0", "localhost:9464", "FILE:kxover.prom",
               "FILE:", "FILE:/", "FILE:/var/lib/", "/run/kxover.sock",
               "FILE:/a.prom FILE:/b.prom"));
    assert_each_refused("kxover_replica", VALUES("\"\"", "1", "maybe", "Yes"));
    assert_each_refused("kxover_versions",
                        VALUES("\"\"", "1", "0/2", "3/2", "1/0", "1/17", "/2",
                               "1/", "1/2/3", "1 / 2", "-1/2", "+1/2", "a/b",
                               "01/2", "1/2x", "4294967297/2",
                               "1/18446744073709551617"));
}

static void
a_pin_is_not_repeated(void **state)
{
    static const char *const lines[] = {
        "kxover_identity = PKCS11:pkcs11:object=kx?pin-value=1234",
        "kxover_identity = PKCS11:pkcs11:a,pkcs11:b?pin-value=1234\n"
        "kxover_identity = PKCS11:pkcs11:c?pin-value=1234",
    };
    krb5_context context;
    struct kx_settings *settings;
    const char *message;
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        context = context_with(lines[i]);
        assert_int_equal(kx_settings_read(context, REALM, NULL, &settings),
                         KX_ERR_SETTING);
        message = krb5_get_error_message(context, KX_ERR_SETTING);
        assert_non_null(strstr(message, "pin-value=..."));
        assert_null(strstr(message, "1234"));
        krb5_free_error_message(context, message);
        krb5_free_context(context);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_of_ours_that_does_not_exist_is_refused),
        cmocka_unit_test(a_setting_written_as_a_section_is_refused),
        cmocka_unit_test(two_values_where_one_counts_are_refused),
        cmocka_unit_test(the_same_value_twice_is_no_contradiction),
        cmocka_unit_test(a_refusal_names_section_key_value_and_remedy),
        cmocka_unit_test(values_that_mean_nothing_are_refused),
        cmocka_unit_test(a_pin_is_not_repeated),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
