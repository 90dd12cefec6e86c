/*
 * test_entry_by_hand.c: nothing of the administrator's in a crossover's entry
 * is touched.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

static void
an_entry_keyed_by_hand_is_never_touched(void **state)
{
    krb5_db_entry *old, *entry;
    krb5_boolean usable;
    uint32_t *kvnos;
    struct kx_mark *marks;
    size_t n;
    int n_keys;

    (void)state;
    store_by_hand();
    old = fetch();
    n_keys = old->n_key_data;
    assert_true(n_keys > 0);
    assert_int_equal(kx_entry_marks(context, old, &marks, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(adding(old, 7, NOW, NOW + DAY, NOW, &entry),
                     KX_ERR_POLICY_REALM);
    assert_message(KX_ERR_POLICY_REALM, NAME " was keyed by hand");
    assert_int_equal(kx_entry_versions(context, old, FALSE, &kvnos, &n),
                     KX_ERR_POLICY_REALM);
    assert_null(kvnos);
    assert_int_equal(
        kx_entry_restrict(context, old, KX_OUTGOING, NOW, &usable), 0);
    assert_true(usable);
    assert_int_equal(old->n_key_data, n_keys);
    assert_int_equal(old->max_life, 8 * 60 * 60);
    assert_int_equal(old->expiration, 0);
    krb5_db_free_principal(context, old);
}

static void
a_managed_entry_keyed_again_by_hand_is_the_administrators(void **state)
{
    static const char *const change[] = {"kadmin.local", "-q",
                                         "cpw -pw secret " NAME, NULL};
    krb5_db_entry *old, *entry;
    krb5_boolean usable;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    database_run(change);
    old = fetch();
    assert_string(old, "kxover_kvno_7", TRUE);
    assert_int_equal(adding(old, 9, NOW, NOW + DAY, NOW, &entry),
                     KX_ERR_POLICY_REALM);
    assert_int_equal(
        kx_entry_restrict(context, old, KX_OUTGOING, NOW + 2 * DAY, &usable),
        0);
    assert_true(usable);
    assert_true(old->n_key_data > 0);
    krb5_db_free_principal(context, old);
}

static void
a_key_added_by_hand_stays_in_the_entry(void **state)
{
    static const char *const change[] = {
        "kadmin.local", "-q", "cpw -keepold -pw secret " NAME, NULL};
    krb5_db_entry *entry;
    int n_keys;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    database_run(change);
    entry = fetch();
    n_keys = entry->n_key_data;
    krb5_db_free_principal(context, entry);
    store_added(9, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_int_equal(entry->n_key_data, n_keys + 2);
    assert_int_equal(entry->key_data[2].key_data_kvno, 8);
    assert_string(entry, "kxover_kvno_8", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
a_mark_whose_keys_were_purged_goes_at_the_next_version(void **state)
{
    static const uint32_t versions[] = {9, 8};
    static const char *const purge[] = {"kadmin.local", "-q",
                                        "purgekeys -keepkvno 8 " NAME, NULL};
    krb5_db_entry *entry;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    database_run(purge);
    entry = fetch();
    assert_string(entry, "kxover_kvno_7", TRUE);
    assert_int_equal(kx_entry_marks(context, entry, &marks, &n), 0);
    assert_int_equal(n, 1);
    kx_marks_free(marks, n);
    krb5_db_free_principal(context, entry);
    store_added(9, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_versions(entry, 2, versions);
    assert_string(entry, "kxover_kvno_7", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
a_damaged_mark_makes_the_entry_unreadable_and_names_it(void **state)
{
    krb5_db_entry *old, *entry;
    krb5_boolean usable = TRUE;
    uint32_t *kvnos;
    size_t n;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_kvno_6", "damaged");
    old = fetch();
    assert_int_equal(adding(old, 8, NOW, NOW + DAY, NOW, &entry),
                     KX_ERR_METADATA);
    assert_message(KX_ERR_METADATA, NAME);
    assert_message(KX_ERR_METADATA, "kxover_kvno_6");
    assert_int_equal(kx_entry_versions(context, old, FALSE, &kvnos, &n),
                     KX_ERR_METADATA);
    assert_int_equal(
        kx_entry_restrict(context, old, KX_INCOMING, NOW + 2 * DAY, &usable),
        KX_ERR_METADATA);
    assert_false(usable);
    assert_int_equal(old->n_key_data, 2);
    krb5_db_free_principal(context, old);
}

static void
limits_of_the_administrators_stay(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + 2 * DAY);
    entry = fetch();
    entry->attributes |= KRB5_KDB_DISALLOW_ALL_TIX;
    entry->expiration = NOW + DAY;
    entry->max_life = 3600;
    entry->max_renewable_life = 0;
    store(entry);
    store_added(8, NOW + 100, NOW + 14 * DAY, NOW + 100);
    entry = fetch();
    assert_int_equal(entry->attributes,
                     KRB5_KDB_LOCKDOWN_KEYS | KRB5_KDB_DISALLOW_ALL_TIX);
    assert_int_equal(entry->expiration, NOW + DAY);
    assert_int_equal(entry->max_life, 3600);
    assert_int_equal(entry->max_renewable_life, 0);
    krb5_db_free_principal(context, entry);
}

static void
what_is_not_kxovers_in_an_entry_is_kept(void **state)
{
    krb5_tl_data tl = {NULL, 0x0300, 4, NULL}, found = tl;
    krb5_octet bytes[] = {1, 2, 3, 4};
    krb5_db_entry *entry;

    (void)state;
    tl.tl_data_contents = bytes;
    store_new(7, NOW, NOW + DAY);
    store_string("session_enctypes", "aes256-cts");
    entry = fetch();
    assert_int_equal(krb5_dbe_update_tl_data(context, entry, &tl), 0);
    entry->fail_auth_count = 3;
    entry->last_failed = NOW;
    store(entry);
    store_added(8, NOW, NOW + DAY, NOW);
    entry = fetch();
    assert_string(entry, "session_enctypes", TRUE);
    assert_int_equal(krb5_dbe_lookup_tl_data(context, entry, &found), 0);
    assert_int_equal(found.tl_data_length, 4);
    assert_memory_equal(found.tl_data_contents, bytes, 4);
    assert_int_equal(entry->fail_auth_count, 3);
    assert_int_equal(entry->last_failed, NOW);
    krb5_db_free_principal(context, entry);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(an_entry_keyed_by_hand_is_never_touched),
        ENTRY_TEST(a_managed_entry_keyed_again_by_hand_is_the_administrators),
        ENTRY_TEST(a_key_added_by_hand_stays_in_the_entry),
        ENTRY_TEST(a_mark_whose_keys_were_purged_goes_at_the_next_version),
        ENTRY_TEST(a_damaged_mark_makes_the_entry_unreadable_and_names_it),
        ENTRY_TEST(limits_of_the_administrators_stay),
        ENTRY_TEST(what_is_not_kxovers_in_an_entry_is_kept),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
