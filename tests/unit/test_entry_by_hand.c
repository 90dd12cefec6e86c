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

/* The entry in the database is the administrator's because of its marks: the
 * message says why, nothing is added, and it is not cut for the KDC. */
static void
assert_left_alone(const char *why)
{
    krb5_db_entry *old, *entry;
    krb5_boolean usable = TRUE, has;
    struct kx_mark *marks;
    uint32_t *kvnos;
    size_t n;
    int n_keys;

    old = fetch();
    n_keys = old->n_key_data;
    assert_int_equal(kx_entry_marks(context, old, &marks, &n),
                     KX_ERR_METADATA);
    assert_null(marks);
    assert_message(KX_ERR_METADATA, NAME);
    assert_message(KX_ERR_METADATA, why);
    assert_message(KX_ERR_METADATA, "kadmin delstr");
    assert_int_equal(adding(old, 20, NOW, NOW + DAY, NOW, &entry),
                     KX_ERR_METADATA);
    assert_null(entry);
    assert_int_equal(kx_entry_versions(context, old, FALSE, &kvnos, &n),
                     KX_ERR_METADATA);
    assert_int_equal(
        kx_entry_restrict(context, old, KX_OUTGOING, NOW + 2 * DAY, &usable),
        KX_ERR_METADATA);
    assert_false(usable);
    assert_int_equal(old->n_key_data, n_keys);
    assert_int_equal(kx_entry_has_attributes(context, old, &has), 0);
    assert_true(has);
    krb5_db_free_principal(context, old);
}

/* Run one query of kadmin.local's. */
static void
kadmin(const char *query)
{
    const char *const arguments[] = {"kadmin.local", "-q", query, NULL};

    database_run(arguments);
}

static void
a_managed_entry_keyed_again_by_hand_is_the_administrators(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    kadmin("cpw -pw secret " NAME);
    assert_left_alone("kxover_kvno_7 is of a key version that is not there");
}

static void
a_managed_entry_keyed_further_by_hand_is_the_administrators(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    kadmin("cpw -keepold -pw secret " NAME);
    assert_left_alone("key version 8 has no string attribute kxover_kvno_8");
}

static void
so_it_is_when_the_number_given_by_hand_begins_again(void **state)
{
    (void)state;
    store_new(65534, NOW, NOW + DAY);
    store_added(65535, NOW, NOW + DAY, NOW);
    kadmin("cpw -keepold -pw secret " NAME);
    assert_left_alone("key version 1 has no string attribute kxover_kvno_1");
}

static void
an_entry_whose_keys_were_purged_is_the_administrators(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    kadmin("purgekeys -keepkvno 8 " NAME);
    assert_left_alone("kxover_kvno_7 is of a key version that is not there");
}

static void
an_entry_all_of_whose_keys_were_purged_is_the_administrators(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    kadmin("purgekeys -all " NAME);
    assert_left_alone("kxover_kvno_7 is of a key version that is not there");
}

static void
an_entry_made_by_hand_with_a_mark_is_the_administrators(void **state)
{
    (void)state;
    store_by_hand();
    store_string("kxover_kvno_7",
                 "established=2026-11-22T15:51:00Z till=2026-12-06T15:51:00Z "
                 "peer=kdc.bravo.example:88 certificate=sha256:"
                 "000102030405060708090a0b0c0d0e0f"
                 "101112131415161718191a1b1c1d1e1f "
                 "tlsa=3-1-1-0a1b group=X25519 prior=0");
    assert_left_alone("kxover_kvno_7 is of a key version that is not there");
}

static void
a_mark_mended_makes_the_entry_kxovers_again(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    kadmin("purgekeys -keepkvno 8 " NAME);
    store_string("kxover_kvno_7", NULL);
    store_added(9, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_string(entry, "kxover_kvno_9", TRUE);
    krb5_db_free_principal(context, entry);
}

static void
an_older_version_without_a_mark_stays_in_the_entry_and_is_not_used(
    void **state)
{
    static const uint32_t versions[] = {9, 8};
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    store_string("kxover_kvno_7", NULL);
    store_added(9, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_int_equal(entry->n_key_data, 6);
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_INCOMING, NOW, &usable), 0);
    assert_true(usable);
    assert_versions(entry, 2, versions);
    krb5_db_free_principal(context, entry);
}

static void
attributes_of_others_are_not_taken_for_ours(void **state)
{
    krb5_db_entry *entry;
    krb5_boolean has;

    (void)state;
    store_by_hand();
    store_string("session_enctypes", "aes256-cts");
    entry = fetch();
    assert_int_equal(kx_entry_has_attributes(context, entry, &has), 0);
    assert_false(has);
    krb5_db_free_principal(context, entry);
}

static void
a_damaged_mark_makes_the_entry_the_administrators(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_kvno_6", "damaged");
    assert_left_alone("kxover_kvno_6 cannot be read");
}

static void
so_does_a_damaged_note_of_adopted_keys(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_adopted_6", "till=tomorrow");
    assert_left_alone("kxover_adopted_6 cannot be read");
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
        ENTRY_TEST(
            a_managed_entry_keyed_further_by_hand_is_the_administrators),
        ENTRY_TEST(so_it_is_when_the_number_given_by_hand_begins_again),
        ENTRY_TEST(an_entry_whose_keys_were_purged_is_the_administrators),
        ENTRY_TEST(
            an_entry_all_of_whose_keys_were_purged_is_the_administrators),
        ENTRY_TEST(an_entry_made_by_hand_with_a_mark_is_the_administrators),
        ENTRY_TEST(a_mark_mended_makes_the_entry_kxovers_again),
        ENTRY_TEST(
            an_older_version_without_a_mark_stays_in_the_entry_and_is_not_used),
        ENTRY_TEST(attributes_of_others_are_not_taken_for_ours),
        ENTRY_TEST(a_damaged_mark_makes_the_entry_the_administrators),
        ENTRY_TEST(so_does_a_damaged_note_of_adopted_keys),
        ENTRY_TEST(limits_of_the_administrators_stay),
        ENTRY_TEST(what_is_not_kxovers_in_an_entry_is_kept),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
