/*
 * test_settings.c: what may stand in kdc.conf, and what is said of the rest.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <profile.h>
#include "exchange/kx_settings.h"
#include "tests/unit/test.h"

#define REALM "ALPHA.EXAMPLE"

/* Files with settings, which must outlive the profiles that were read from
 * them; all gone at the end. */
static char folder[] = "/tmp/kxover-test-XXXXXX";
static unsigned int n_files;

static int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
    char path[64];

    (void)state;
    while (n_files > 0) {
        snprintf(path, sizeof(path), "%s/%u", folder, --n_files);
        unlink(path);
    }
    return rmdir(folder);
}

/* A context whose profile is a file with this text. */
static krb5_context
context_of(const char *text)
{
    char path[64];
    krb5_context context;
    profile_t profile;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%u", folder, n_files++);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(profile_init_path(path, &profile), 0);
    assert_int_equal(krb5_init_context_profile(profile, 0, &context), 0);
    profile_release(profile);
    return context;
}

/* A context with these lines in the realm's section. */
static krb5_context
context_with(const char *lines)
{
    char text[4096];

    assert_true(snprintf(text, sizeof(text),
                         "[dbmodules]\n" REALM " = {\n%s\n}\n",
                         lines) < (int)sizeof(text));
    return context_of(text);
}

/* The settings by these lines in the realm's section. */
static struct kx_settings *
settings_with(const char *lines)
{
    krb5_context context = context_with(lines);
    struct kx_settings *settings;
    krb5_error_code ret = kx_settings_read(context, REALM, NULL, &settings);

    if (ret)
        fail_msg("%s: %s", lines, krb5_get_error_message(context, ret));
    krb5_free_context(context);
    return settings;
}

/* These lines are refused, with a message that has all of words in it. */
static void
assert_refused(const char *lines, const char *const *words)
{
    krb5_context context = context_with(lines);
    struct kx_settings *settings = NULL;
    krb5_error_code ret = kx_settings_read(context, REALM, NULL, &settings);
    const char *message;

    if (ret != KX_ERR_SETTING)
        fail_msg("%s: taken, or another error (%d)", lines, (int)ret);
    assert_null(settings);
    message = krb5_get_error_message(context, ret);
    for (; *words != NULL; words++) {
        if (strstr(message, *words) == NULL)
            fail_msg("%s: not said: %s", message, *words);
    }
    krb5_free_error_message(context, message);
    krb5_free_context(context);
}

/* Each of values, which a NULL ends, is refused for key. */
static void
assert_each_refused(const char *key, const char *const *values)
{
    const char *const words[] = {"[dbmodules]", REALM, key, NULL};
    char line[512];

    for (; *values != NULL; values++) {
        snprintf(line, sizeof(line), "%s = %s", key, *values);
        assert_refused(line, words);
    }
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What endpoint says, as text. */
static const char *
endpoint_text(const struct kx_endpoint *endpoint)
{
    static char text[KX_ADDRESS_TEXT_SIZE];

    return kx_address_text((const struct sockaddr *)&endpoint->address, text);
}

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
    assert_each_refused("kxover_replica", VALUES("\"\"", "1", "maybe", "Yes"));
    assert_each_refused("kxover_versions",
                        VALUES("\"\"", "1", "0/2", "3/2", "1/0", "1/17", "/2",
                               "1/", "1/2/3", "1 / 2", "-1/2", "+1/2", "a/b",
                               "01/2", "1/2x", "4294967297/2",
                               "1/18446744073709551617"));
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
                                              "kxover_wait = 0\n"
                                              "kxover_stall = 0\n");
    struct kx_settings *most = settings_with("kxover_lifetime = 31d\n"
                                             "kxover_lifetime_min = 31d\n"
                                             "kxover_keep = 10000\n"
                                             "kxover_wait = 30\n"
                                             "kxover_stall = 100%\n"
                                             "kxover_versions = 16/16\n");

    (void)state;
    assert_int_equal(least->lifetime, KX_DAY);
    assert_int_equal(least->keep, 0);
    assert_int_equal(least->wait, 0);
    assert_int_equal(least->stall, 0);
    assert_int_equal(most->lifetime, 31 * KX_DAY);
    assert_int_equal(most->lifetime_min, 31 * KX_DAY);
    assert_int_equal(most->keep, KX_MAX_KEEP);
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

/* Whether kxover_realms as in patterns (NULL: not set) permits realm in
 * direction. */
static krb5_boolean
permits_one_way(const char *patterns, enum kx_direction direction,
                const char *realm)
{
    struct kx_settings *settings;
    krb5_data name = kx_data(realm, strlen(realm));
    char line[512];
    krb5_boolean permitted;

    snprintf(line, sizeof(line), "%s%s",
             patterns != NULL ? "kxover_realms = " : "",
             patterns != NULL ? patterns : "");
    settings = settings_with(line);
    permitted = kx_settings_realm_permitted(settings, direction, &name);
    kx_settings_free(settings);
    return permitted;
}

/* The same, both ways. */
static krb5_boolean
permits(const char *patterns, const char *realm)
{
    krb5_boolean in = permits_one_way(patterns, KX_INCOMING, realm);

    assert_int_equal(permits_one_way(patterns, KX_OUTGOING, realm), in);
    return in;
}

static void
a_pattern_with_a_direction_says_nothing_of_the_other(void **state)
{
    (void)state;
    assert_true(permits_one_way("in:B.TEST", KX_INCOMING, "B.TEST"));
    assert_false(permits_one_way("in:B.TEST", KX_OUTGOING, "B.TEST"));
    assert_true(permits_one_way("OUT:*.TEST", KX_OUTGOING, "B.TEST"));
    assert_false(permits_one_way("OUT:*.TEST", KX_INCOMING, "B.TEST"));
    assert_true(permits_one_way("out:* B.TEST", KX_INCOMING, "B.TEST"));
}

static void
one_direction_can_be_refused_alone(void **state)
{
    (void)state;
    assert_false(permits_one_way("!in:B.TEST *", KX_INCOMING, "B.TEST"));
    assert_true(permits_one_way("!in:B.TEST *", KX_OUTGOING, "B.TEST"));
    assert_true(permits_one_way("!in:* *", KX_OUTGOING, "B.TEST"));
    assert_false(permits_one_way("!in:* *", KX_INCOMING, "B.TEST"));
}

/* Whether the settings in line have a crossover with B.TEST taken over. */
static krb5_boolean
adopts(const char *line, enum kx_direction direction)
{
    struct kx_settings *settings = settings_with(line);
    krb5_data name = kx_data("B.TEST", 6);
    krb5_boolean adopts;

    adopts = kx_settings_adopts(settings, direction, &name);
    kx_settings_free(settings);
    return adopts;
}

static void
what_was_keyed_by_hand_is_taken_over_only_where_a_pattern_says_so(void **state)
{
    (void)state;
    assert_false(adopts("", KX_OUTGOING));
    assert_false(adopts("kxover_realms = *", KX_OUTGOING));
    assert_false(adopts("kxover_adopt = A.TEST", KX_OUTGOING));
    assert_true(adopts("kxover_adopt = A.TEST *.TEST", KX_OUTGOING));
    assert_false(adopts("kxover_adopt = !B.TEST *", KX_OUTGOING));
    assert_true(adopts("kxover_adopt = in:B.TEST", KX_INCOMING));
    assert_false(adopts("kxover_adopt = in:B.TEST", KX_OUTGOING));
}

static void
without_patterns_all_realms_are_permitted(void **state)
{
    (void)state;
    assert_true(permits(NULL, "BRAVO.EXAMPLE"));
}

static void
with_patterns_a_realm_that_none_matches_is_refused(void **state)
{
    (void)state;
    assert_true(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("BRAVO.EXAMPLE", "CHARLIE.EXAMPLE"));
    assert_false(permits("!BRAVO.EXAMPLE", "CHARLIE.EXAMPLE"));
}

static void
the_first_match_decides(void **state)
{
    (void)state;
    assert_false(permits("!BRAVO.EXAMPLE *", "BRAVO.EXAMPLE"));
    assert_true(permits("!BRAVO.EXAMPLE *", "CHARLIE.EXAMPLE"));
    assert_true(permits("* !BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
}

static void
a_pattern_with_a_star_is_for_what_is_below_its_name(void **state)
{
    (void)state;
    assert_true(permits("*.BRAVO.EXAMPLE", "A.BRAVO.EXAMPLE"));
    assert_true(permits("*.BRAVO.EXAMPLE", "B.A.BRAVO.EXAMPLE"));
    assert_true(permits("*.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", "XBRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", ".BRAVO.EXAMPLE"));
}

static void
a_name_is_not_matched_by_its_beginning(void **state)
{
    (void)state;
    assert_false(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPLES"));
    assert_false(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPL"));
    assert_false(permits("BRAVO.EXAMPLE", ""));
}

static void
patterns_do_not_regard_case(void **state)
{
    (void)state;
    assert_false(permits("!bravo.example *", "BRAVO.EXAMPLE"));
    assert_true(permits("*.Example", "BRAVO.EXAMPLE"));
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
        cmocka_unit_test(a_name_of_ours_that_does_not_exist_is_refused),
        cmocka_unit_test(a_setting_written_as_a_section_is_refused),
        cmocka_unit_test(two_values_where_one_counts_are_refused),
        cmocka_unit_test(the_same_value_twice_is_no_contradiction),
        cmocka_unit_test(a_refusal_names_section_key_value_and_remedy),
        cmocka_unit_test(values_that_mean_nothing_are_refused),
        cmocka_unit_test(
            names_alone_leave_the_number_of_kept_crossovers_as_it_is),
        cmocka_unit_test(a_short_lifetime_takes_a_shorter_least_one),
        cmocka_unit_test(the_bounds_themselves_are_taken),
        cmocka_unit_test(a_port_alone_means_all_addresses),
        cmocka_unit_test(a_token_may_be_the_identity),
        cmocka_unit_test(several_identities_stand_on_a_line_each),
        cmocka_unit_test(a_pin_is_not_repeated),
        cmocka_unit_test(
            what_was_keyed_by_hand_is_taken_over_only_where_a_pattern_says_so),
        cmocka_unit_test(without_patterns_all_realms_are_permitted),
        cmocka_unit_test(with_patterns_a_realm_that_none_matches_is_refused),
        cmocka_unit_test(the_first_match_decides),
        cmocka_unit_test(a_pattern_with_a_direction_says_nothing_of_the_other),
        cmocka_unit_test(one_direction_can_be_refused_alone),
        cmocka_unit_test(a_pattern_with_a_star_is_for_what_is_below_its_name),
        cmocka_unit_test(a_name_is_not_matched_by_its_beginning),
        cmocka_unit_test(patterns_do_not_regard_case),
        cmocka_unit_test(
            deprecated_encryption_types_are_left_out_and_the_order_kept),
        cmocka_unit_test(deprecated_encryption_types_alone_are_refused),
        cmocka_unit_test(the_clock_skew_is_that_of_krb5),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
