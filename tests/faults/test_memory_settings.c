/*
 * test_memory_settings.c: the settings of kdc.conf, when memory runs out while
 * they are read: all of them, as they are written there, or an error.
 */
#include "config.h"
#include <string.h>
#include "tests/faults/memory.h"
#include "tests/unit/settings_sample.h"
#include "tests/unit/test.h"

/* A line of each kind. */
static const char lines[] = "kxover_backend = db2\n"
                            "kxover_identity = FILE:/etc/a.pem,/etc/a.key\n"
                            "kxover_identity = FILE:/etc/b.pem,/etc/b.key\n"
                            "kxover_anchors = FILE:/etc/roots.pem\n"
                            "kxover_revoke = FILE:/etc/crl.pem\n"
                            "kxover_realms = !EVIL.EXAMPLE in:*.EXAMPLE\n"
                            "kxover_adopt = OLD.EXAMPLE\n"
                            "kxover_listen = 127.0.0.1:88 [::1]:88\n"
                            "kxover_kdc = 127.0.0.1:750\n"
                            "kxover_lifetime = 7d\n"
                            "kxover_lifetime_min = 2d\n"
                            "kxover_keep = 10 A.EXAMPLE B.EXAMPLE\n"
                            "kxover_max_peers = 100\n"
                            "kxover_wait = 2s\n"
                            "kxover_stall = 10\n"
                            "kxover_store = memory\n"
                            "kxover_unbound_conf = /etc/unbound.conf\n"
                            "kxover_allow_address = 127.0.0.0/8 ::1\n"
                            "kxover_versions = 1/2\n"
                            "kxover_attributes = one=1 two\n"
                            "kxover_transit = MIDDLE.EXAMPLE\n";

static krb5_error_code
read_settings(krb5_context context, void *arg)
{
    struct kx_settings *settings = NULL;
    krb5_error_code ret = kx_settings_read(context, REALM, NULL, &settings);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (settings != NULL));
    if (ret == 0) {
        assert_string_equal(settings->backend, "db2");
        assert_string_equal(settings->identities[1],
                            "FILE:/etc/b.pem,/etc/b.key");
        assert_null(settings->identities[2]);
        assert_string_equal(settings->anchors[0], "FILE:/etc/roots.pem");
        assert_string_equal(settings->revoke[0], "FILE:/etc/crl.pem");
        assert_string_equal(settings->realms[0], "!EVIL.EXAMPLE");
        assert_string_equal(settings->realms[1], "in:*.EXAMPLE");
        assert_null(settings->realms[2]);
        assert_string_equal(settings->adopt[0], "OLD.EXAMPLE");
        assert_int_equal(settings->n_listen, 2);
        assert_int_equal(settings->n_kdc, 1);
        assert_int_equal(settings->lifetime, 7 * KX_DAY);
        assert_int_equal(settings->lifetime_min, 2 * KX_DAY);
        assert_int_equal(settings->keep, 10);
        assert_string_equal(settings->keep_realms[1], "B.EXAMPLE");
        assert_int_equal(settings->max_peers, 100);
        assert_int_equal(settings->wait, 2);
        assert_int_equal(settings->stall, 10);
        assert_int_equal(settings->store, KX_STORE_MEMORY);
        assert_string_equal(settings->unbound_conf, "/etc/unbound.conf");
        assert_int_equal(settings->n_allow_address, 2);
        assert_int_equal(settings->version_shares, 2);
        assert_string_equal(settings->attributes[1], "two");
        assert_string_equal(settings->transit[0], "MIDDLE.EXAMPLE");
    }
    kx_settings_free(settings);
    return ret;
}

static void
no_setting_is_lost_for_want_of_memory(void **state)
{
    krb5_context context = context_with(lines);

    (void)state;
    kx_init_errors();
    memory_each(context, "kx_settings_read", read_settings, NULL);
    krb5_free_context(context);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_setting_is_lost_for_want_of_memory),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
