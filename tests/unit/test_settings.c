/*
 * test_settings.c: what may stand in kdc.conf.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/settings_sample.h"
#include "tests/unit/test.h"

static void
an_empty_section_gives_the_defaults(void **state)
{
    struct kx_settings *settings = settings_with("db_library = kxover");

    (void)state;
    assert_string_equal(settings->realm, REALM);
    assert_string_equal(settings->section, REALM);
    assert_null(settings->backend);
    assert_null(settings->identities);
    assert_null(settings->anchors);
    assert_null(settings->realms);
    assert_null(settings->adopt);
    assert_int_equal(settings->n_listen, 2);
    assert_string_equal(endpoint_text(&settings->listen[0]), "[::]:88");
    assert_string_equal(endpoint_text(&settings->listen[1]), "0.0.0.0:88");
    assert_int_equal(settings->n_kdc, 0);
    assert_int_equal(settings->n_metrics, 0);
    assert_null(settings->metrics_file);
    assert_int_equal(settings->lifetime_min, KX_DAY);
    assert_int_equal(settings->keep, 100);
    assert_null(settings->keep_realms);
    assert_int_equal(settings->lifetime, 14 * KX_DAY);
    assert_int_equal(settings->wait, 3);
    assert_int_equal(settings->stall, 20);
    assert_int_equal(settings->store, KX_STORE_DATABASE);
    assert_null(settings->unbound_conf);
    assert_int_equal(settings->n_allow_address, 0);
    assert_null(settings->transit);
    assert_int_equal(settings->version_share, 1);
    assert_int_equal(settings->version_shares, 1);
    assert_false(settings->not_yet_unknown);
    assert_false(settings->replica);
    assert_int_equal(settings->clockskew, 300);
    kx_settings_free(settings);
}

static void
a_missing_section_gives_the_defaults(void **state)
{
    krb5_context context = context_of("[libdefaults]\n");
    struct kx_settings *settings;

    (void)state;
    assert_int_equal(kx_settings_read(context, REALM, NULL, &settings), 0);
    assert_null(settings->identities);
    assert_int_equal(settings->lifetime, 14 * KX_DAY);
    kx_settings_free(settings);
    krb5_free_context(context);
}

static void
every_setting_is_read(void **state)
{
    struct kx_settings *settings =
        settings_with("kxover_backend = kldap\n"
                      "kxover_identity = FILE:/etc/kx.pem,/etc/kx.key\n"
                      "kxover_anchors = FILE:/etc/one.pem FILE:/etc/two.pem\n"
                      "kxover_revoke = FILE:/etc/crl.pem\n"
                      "kxover_realms = !EVIL.EXAMPLE, *.example\n"
                      "kxover_adopt = out:*.TEST PARTNER.TEST\n"
                      "kxover_listen = 192.0.2.1 [2001:db8::1]:1088\n"
                      "kxover_kdc = 127.0.0.1:1088\n"
                      "kxover_lifetime = 7d\n"
                      "kxover_lifetime_min = 2d\n"
                      "kxover_keep = 7 BRAVO.EXAMPLE, HUB.EXAMPLE\n"
                      "kxover_max_peers = 5000\n"
                      "kxover_max_connections = 12000\n"
                      "kxover_wait = 5s\n"
                      "kxover_stall = 30 %\n"
                      "kxover_store = memory\n"
                      "kxover_unbound_conf = /etc/unbound/kxover.conf\n"
                      "kxover_allow_address = 127.0.0.0/8 ::1\n"
                      "kxover_transit = HUB.EXAMPLE\n"
                      "kxover_versions = 2/3\n"
                      "kxover_not_yet = unknown\n"
                      "kxover_replica = yes\n");

    (void)state;
    assert_string_equal(settings->backend, "kldap");
    assert_string_equal(settings->identities[0],
                        "FILE:/etc/kx.pem,/etc/kx.key");
    assert_string_equal(settings->anchors[0], "FILE:/etc/one.pem");
    assert_string_equal(settings->anchors[1], "FILE:/etc/two.pem");
    assert_null(settings->anchors[2]);
    assert_string_equal(settings->revoke[0], "FILE:/etc/crl.pem");
    assert_null(settings->revoke[1]);
    assert_string_equal(settings->realms[0], "!EVIL.EXAMPLE");
    assert_string_equal(settings->realms[1], "*.example");
    assert_null(settings->realms[2]);
    assert_string_equal(settings->adopt[0], "out:*.TEST");
    assert_string_equal(settings->adopt[1], "PARTNER.TEST");
    assert_null(settings->adopt[2]);
    assert_int_equal(settings->n_listen, 2);
    assert_string_equal(endpoint_text(&settings->listen[0]), "192.0.2.1:88");
    assert_string_equal(endpoint_text(&settings->listen[1]),
                        "[2001:db8::1]:1088");
    assert_int_equal(settings->n_kdc, 1);
    assert_string_equal(endpoint_text(&settings->kdc[0]), "127.0.0.1:1088");
    assert_int_equal(settings->lifetime, 7 * KX_DAY);
    assert_int_equal(settings->lifetime_min, 2 * KX_DAY);
    assert_int_equal(settings->keep, 7);
    assert_string_equal(settings->keep_realms[0], "BRAVO.EXAMPLE");
    assert_string_equal(settings->keep_realms[1], "HUB.EXAMPLE");
    assert_null(settings->keep_realms[2]);
    assert_int_equal(settings->max_peers, 5000);
    assert_int_equal(settings->max_connections, 12000);
    assert_int_equal(settings->wait, 5);
    assert_int_equal(settings->stall, 30);
    assert_int_equal(settings->store, KX_STORE_MEMORY);
    assert_string_equal(settings->unbound_conf, "/etc/unbound/kxover.conf");
    assert_int_equal(settings->n_allow_address, 2);
    assert_int_equal(settings->allow_address[0].prefix, 8);
    assert_int_equal(settings->allow_address[1].family, AF_INET6);
    assert_string_equal(settings->transit[0], "HUB.EXAMPLE");
    assert_int_equal(settings->version_share, 2);
    assert_int_equal(settings->version_shares, 3);
    assert_true(settings->not_yet_unknown);
    assert_true(settings->replica);
    kx_settings_free(settings);
}

static void
several_values_may_stand_in_several_lines(void **state)
{
    struct kx_settings *settings =
        settings_with("kxover_realms = !EVIL.EXAMPLE\n"
                      "kxover_realms = BRAVO.EXAMPLE,CHARLIE.EXAMPLE\n");

    (void)state;
    assert_string_equal(settings->realms[0], "!EVIL.EXAMPLE");
    assert_string_equal(settings->realms[1], "BRAVO.EXAMPLE");
    assert_string_equal(settings->realms[2], "CHARLIE.EXAMPLE");
    assert_null(settings->realms[3]);
    kx_settings_free(settings);
}

static void
the_section_is_the_one_that_the_realm_names(void **state)
{
    krb5_context context =
        context_of("[realms]\n" REALM " = {\ndatabase_module = store\n}\n"
                   "[dbmodules]\nstore = {\nkxover_backend = klmdb\n}\n" REALM
                   " = {\nkxover_backend = kldap\n}\n");
    struct kx_settings *settings;

    (void)state;
    assert_int_equal(kx_settings_read(context, REALM, NULL, &settings), 0);
    assert_string_equal(settings->section, "store");
    assert_string_equal(settings->backend, "klmdb");
    kx_settings_free(settings);
    krb5_free_context(context);
}

static void
the_section_may_be_given(void **state)
{
    krb5_context context =
        context_of("[dbmodules]\nother = {\nkxover_backend = klmdb\n}\n");
    struct kx_settings *settings;

    (void)state;
    assert_int_equal(kx_settings_read(context, REALM, "other", &settings), 0);
    assert_string_equal(settings->backend, "klmdb");
    kx_settings_free(settings);
    krb5_free_context(context);
}

static void
settings_of_other_modules_are_left_alone(void **state)
{
    struct kx_settings *settings =
        settings_with("database_name = /var/lib/krb5kdc/principal\n"
                      "ldap_servers = ldapi://\n"
                      "strange = {\nkxover_strange = 1\n}\n");

    (void)state;
    kx_settings_free(settings);
}

static void
names_alone_leave_the_number_of_kept_crossovers_as_it_is(void **state)
{
    struct kx_settings *settings = settings_with("kxover_keep = HUB.EXAMPLE");

    (void)state;
    assert_int_equal(settings->keep, 100);
    assert_string_equal(settings->keep_realms[0], "HUB.EXAMPLE");
    kx_settings_free(settings);
}

static void
a_short_lifetime_takes_a_shorter_least_one(void **state)
{
    struct kx_settings *settings = settings_with("kxover_lifetime = 10s\n"
                                                 "kxover_lifetime_min = 10s");

    (void)state;
    assert_int_equal(settings->lifetime, 10);
    assert_int_equal(settings->lifetime_min, 10);
    kx_settings_free(settings);
    assert_refused("kxover_lifetime = 3h",
                   VALUES("kdc.conf", "[dbmodules]", REALM,
                          "kxover_lifetime (10800 s)",
                          "kxover_lifetime_min (86400 s)"));
}

static void
the_bounds_themselves_are_taken(void **state)
{
    struct kx_settings *least = settings_with("kxover_lifetime = 1d\n"
                                              "kxover_keep = 0\n"
                                              "kxover_max_peers = 1\n"
                                              "kxover_max_connections = 64\n"
                                              "kxover_wait = 0\n"
                                              "kxover_stall = 0\n");
    struct kx_settings *most =
        settings_with("kxover_lifetime = 31d\n"
                      "kxover_lifetime_min = 31d\n"
                      "kxover_keep = 10000\n"
                      "kxover_max_peers = 1000000\n"
                      "kxover_max_connections = 100000\n"
                      "kxover_wait = 30\n"
                      "kxover_stall = 100%\n"
                      "kxover_versions = 16/16\n");

    (void)state;
    assert_int_equal(least->lifetime, KX_DAY);
    assert_int_equal(least->keep, 0);
    assert_int_equal(least->max_peers, 1);
    assert_int_equal(least->max_connections, 64);
    assert_int_equal(least->wait, 0);
    assert_int_equal(least->stall, 0);
    assert_int_equal(most->lifetime, 31 * KX_DAY);
    assert_int_equal(most->lifetime_min, 31 * KX_DAY);
    assert_int_equal(most->keep, KX_MAX_KEEP);
    assert_int_equal(most->max_peers, KX_MAX_PEERS);
    assert_int_equal(most->max_connections, KX_MAX_CONNECTIONS);
    assert_int_equal(most->wait, 30);
    assert_int_equal(most->stall, 100);
    assert_int_equal(most->version_share, 16);
    kx_settings_free(least);
    kx_settings_free(most);
}

static void
a_port_alone_means_all_addresses(void **state)
{
    struct kx_settings *plain = settings_with("kxover_listen = 1088");
    struct kx_settings *starred = settings_with("kxover_listen = *:1088");

    (void)state;
    assert_int_equal(plain->n_listen, 2);
    assert_string_equal(endpoint_text(&plain->listen[0]), "[::]:1088");
    assert_string_equal(endpoint_text(&plain->listen[1]), "0.0.0.0:1088");
    assert_int_equal(starred->n_listen, 2);
    kx_settings_free(plain);
    kx_settings_free(starred);
}

static void
figures_are_told_at_several_addresses_and_in_a_file(void **state)
{
    struct kx_settings *settings =
        settings_with("kxover_metrics = 127.0.0.1:9464 [::1]:9464\n"
                      "kxover_metrics = FILE:/var/lib/kxover.prom");

    (void)state;
    assert_int_equal(settings->n_metrics, 2);
    assert_string_equal(endpoint_text(&settings->metrics[0]),
                        "127.0.0.1:9464");
    assert_string_equal(endpoint_text(&settings->metrics[1]), "[::1]:9464");
    assert_string_equal(settings->metrics_file, "/var/lib/kxover.prom");
    kx_settings_free(settings);
}

static void
a_token_may_be_the_identity(void **state)
{
    static const char spec[] =
        "PKCS11:pkcs11:object=a,b;type=cert,pkcs11:object=kx;type=private";
    struct kx_settings *settings;
    char line[256];

    (void)state;
    snprintf(line, sizeof(line), "kxover_identity = %s", spec);
    settings = settings_with(line);
    assert_string_equal(settings->identities[0], spec);
    kx_settings_free(settings);
}

static void
several_identities_stand_on_a_line_each(void **state)
{
    struct kx_settings *settings =
        settings_with("kxover_identity = FILE:/one.pem,/one.key\n"
                      "kxover_identity = FILE:/two.pem,/one.key\n"
                      "kxover_identity = FILE:/one.pem,/one.key\n");

    (void)state;
    assert_string_equal(settings->identities[0], "FILE:/one.pem,/one.key");
    assert_string_equal(settings->identities[1], "FILE:/two.pem,/one.key");
    assert_null(settings->identities[2]);
    kx_settings_free(settings);
}

static void
deprecated_encryption_types_are_left_out_and_the_order_kept(void **state)
{
    krb5_context context =
        context_of("[libdefaults]\nallow_weak_crypto = true\n"
                   "permitted_enctypes = rc4 aes128-sha2 des3 aes256-sha1 "
                   "rc4-exp camellia256-cts\n");
    struct kx_settings *settings;

    (void)state;
    assert_int_equal(kx_settings_read(context, REALM, NULL, &settings), 0);
    assert_int_equal(settings->n_etypes, 3);
    assert_int_equal(settings->etypes[0], ENCTYPE_AES128_CTS_HMAC_SHA256_128);
    assert_int_equal(settings->etypes[1], ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    assert_int_equal(settings->etypes[2], ENCTYPE_CAMELLIA256_CTS_CMAC);
    kx_settings_free(settings);
    krb5_free_context(context);
}

static void
deprecated_encryption_types_alone_are_refused(void **state)
{
    krb5_context context =
        context_of("[libdefaults]\npermitted_enctypes = rc4 des3\n");
    struct kx_settings *settings = NULL;

    (void)state;
    assert_int_equal(kx_settings_read(context, REALM, NULL, &settings),
                     KX_ERR_SETTING);
    assert_null(settings);
    krb5_free_context(context);
}

static void
the_clock_skew_is_that_of_krb5(void **state)
{
    krb5_context set = context_of("[libdefaults]\nclockskew = 60\n");
    /* krb5 goes on with its default, and its KDC is not ours to stop. */
    krb5_context wrong = context_of("[libdefaults]\nclockskew = 5m\n");
    krb5_context negative = context_of("[libdefaults]\nclockskew = -1\n");
    struct kx_settings *settings;

    (void)state;
    assert_int_equal(kx_settings_read(set, REALM, NULL, &settings), 0);
    assert_int_equal(settings->clockskew, 60);
    kx_settings_free(settings);
    assert_int_equal(kx_settings_read(wrong, REALM, NULL, &settings), 0);
    assert_int_equal(settings->clockskew, 300);
    kx_settings_free(settings);
    assert_int_equal(kx_settings_read(negative, REALM, NULL, &settings), 0);
    assert_int_equal(settings->clockskew, 300);
    kx_settings_free(settings);
    krb5_free_context(set);
    krb5_free_context(wrong);
    krb5_free_context(negative);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_section_gives_the_defaults),
        cmocka_unit_test(a_missing_section_gives_the_defaults),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(several_values_may_stand_in_several_lines),
        cmocka_unit_test(the_section_is_the_one_that_the_realm_names),
        cmocka_unit_test(the_section_may_be_given),
        cmocka_unit_test(settings_of_other_modules_are_left_alone),
        cmocka_unit_test(
            names_alone_leave_the_number_of_kept_crossovers_as_it_is),
        cmocka_unit_test(a_short_lifetime_takes_a_shorter_least_one),
        cmocka_unit_test(the_bounds_themselves_are_taken),
        cmocka_unit_test(a_port_alone_means_all_addresses),
        cmocka_unit_test(figures_are_told_at_several_addresses_and_in_a_file),
        cmocka_unit_test(a_token_may_be_the_identity),
        cmocka_unit_test(several_identities_stand_on_a_line_each),
        cmocka_unit_test(
            deprecated_encryption_types_are_left_out_and_the_order_kept),
        cmocka_unit_test(deprecated_encryption_types_alone_are_refused),
        cmocka_unit_test(the_clock_skew_is_that_of_krb5),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
