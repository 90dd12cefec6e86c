/*
 * test_entry_served.c: what a KDC may use of a crossover's entry, and when.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

static void
an_outgoing_crossover_is_served_with_the_version_made_last(void **state)
{
    static const uint32_t versions[] = {1};
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(65534, NOW, NOW + 10 * DAY);
    store_added(65535, NOW + 1, NOW + 10 * DAY, NOW);
    store_added(1, NOW + 2, NOW + 9 * DAY, NOW);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, NOW + DAY, &usable), 0);
    assert_true(usable);
    assert_versions(entry, 1, versions);
    assert_int_equal(entry->expiration, NOW + 9 * DAY);
    assert_int_equal(entry->max_life, 8 * DAY - KX_ISSUE_MARGIN);
    assert_int_equal(entry->max_renewable_life, 8 * DAY - KX_ISSUE_MARGIN);
    krb5_db_free_principal(context, entry);
}

static void
an_older_version_that_lives_longer_serves_after_the_last_one(void **state)
{
    static const uint32_t versions[] = {7};
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(7, NOW, NOW + 10 * DAY);
    store_added(8, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, NOW + DAY, &usable), 0);
    assert_true(usable);
    assert_versions(entry, 1, versions);
    krb5_db_free_principal(context, entry);
}

/* The version that the outgoing entry is served with at a time. */
static uint32_t
issued_at(time_t when)
{
    krb5_db_entry *entry = fetch();
    krb5_boolean usable;
    uint32_t kvno;

    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, when, &usable), 0);
    assert_true(usable);
    kvno = entry->key_data[0].key_data_kvno;
    assert_versions(entry, 1, &kvno);
    krb5_db_free_principal(context, entry);
    return kvno;
}

/* The peer has several KDCs, and all are to have it by then. */
static void
a_new_version_is_issued_with_after_a_while_if_there_is_an_older_one(
    void **state)
{
    (void)state;
    store_new(1, NOW, NOW + 14 * DAY);
    assert_int_equal(issued_at(NOW), 1);
    store_added(2, NOW + 10 * DAY, NOW + 24 * DAY, NOW);
    assert_int_equal(issued_at(NOW + 10 * DAY), 1);
    assert_int_equal(issued_at(NOW + 10 * DAY + KX_SETTLING - 1), 1);
    assert_int_equal(issued_at(NOW + 10 * DAY + KX_SETTLING), 2);
}

static void
of_a_short_life_that_while_is_a_small_part(void **state)
{
    (void)state;
    store_new(1, NOW, NOW + 1000);
    store_added(2, NOW + 700, NOW + 1700, NOW);
    assert_int_equal(issued_at(NOW + 749), 1);
    assert_int_equal(issued_at(NOW + 750), 2);
}

static void
an_older_version_that_ends_too_soon_is_not_waited_with(void **state)
{
    (void)state;
    store_new(1, NOW, NOW + DAY);
    store_added(2, NOW + DAY - KX_SETTLING, NOW + 15 * DAY, NOW);
    assert_int_equal(issued_at(NOW + DAY - KX_SETTLING), 2);
    store_added(3, NOW + 15 * DAY - KX_SETTLING - 1, NOW + 29 * DAY, NOW);
    assert_int_equal(issued_at(NOW + 15 * DAY - KX_SETTLING - 1), 2);
}

static void
of_several_new_versions_the_one_known_for_longest_is_issued_with(void **state)
{
    (void)state;
    store_new(1, NOW, NOW + 14 * DAY);
    store_added(2, NOW + 100, NOW + 14 * DAY, NOW);
    store_added(3, NOW + 200, NOW + 14 * DAY, NOW);
    assert_int_equal(issued_at(NOW + 250), 1);
    assert_int_equal(issued_at(NOW + KX_SETTLING + 99), 1);
    assert_int_equal(issued_at(NOW + KX_SETTLING + 100), 2);
    assert_int_equal(issued_at(NOW + KX_SETTLING + 200), 3);
}

static void
a_version_from_the_future_is_issued_with(void **state)
{
    (void)state;
    store_new(1, NOW, NOW + 14 * DAY);
    store_added(2, NOW + DAY, NOW + 15 * DAY, NOW);
    assert_int_equal(issued_at(NOW + 600), 2);
}

static void
an_incoming_crossover_is_served_with_all_live_versions(void **state)
{
    static const uint32_t versions[] = {9, 8};
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(6, NOW, NOW + 3 * DAY);
    store_added(7, NOW, NOW + DAY, NOW);
    store_added(8, NOW + 1, NOW + DAY + 1, NOW);
    store_added(9, NOW + 2, NOW + 3 * DAY, NOW);
    /* A version without a mark is one that nobody agreed to. */
    store_string("kxover_kvno_6", NULL);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_INCOMING, NOW + DAY, &usable), 0);
    assert_true(usable);
    assert_versions(entry, 2, versions);
    assert_int_equal(entry->expiration, NOW + 3 * DAY);
    assert_int_equal(entry->max_life, 2 * DAY - KX_ISSUE_MARGIN);
    krb5_db_free_principal(context, entry);
}

static void
without_a_live_version_an_entry_is_not_usable_and_unchanged(void **state)
{
    static const uint32_t versions[] = {8, 7};
    static const enum kx_direction directions[] = {KX_OUTGOING, KX_INCOMING};
    krb5_db_entry *entry;
    krb5_boolean usable = TRUE;
    size_t i;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + 2 * DAY, NOW);
    entry = fetch();
    for (i = 0; i < 2; i++) {
        assert_int_equal(kx_entry_restrict(context, entry, directions[i],
                                           NOW + 2 * DAY, &usable),
                         0);
        assert_false(usable);
        assert_versions(entry, 2, versions);
        assert_int_equal(entry->max_life, 2 * DAY);
        assert_int_equal(entry->expiration, NOW + 2 * DAY);
    }
    krb5_db_free_principal(context, entry);
}

static void
a_key_in_its_last_seconds_is_accepted_but_not_issued_with(void **state)
{
    const time_t last = NOW + DAY - KX_ISSUE_MARGIN;
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, last, &usable), 0);
    assert_false(usable);
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, last - 1, &usable), 0);
    assert_true(usable);
    assert_int_equal(entry->max_life, 1);
    krb5_db_free_principal(context, entry);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_INCOMING, NOW + DAY - 1, &usable),
        0);
    assert_true(usable);
    /* 0 would be a life without limit. */
    assert_int_equal(entry->max_life, 1);
    krb5_db_free_principal(context, entry);
}

static void
the_administrators_limits_hold_for_what_is_served(void **state)
{
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    store_new(7, NOW, NOW + 2 * DAY);
    entry = fetch();
    entry->expiration = NOW + 60;
    entry->max_life = 3600;
    entry->max_renewable_life = 0;
    store(entry);
    entry = fetch();
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, NOW, &usable), 0);
    assert_true(usable);
    assert_int_equal(entry->expiration, NOW + 60);
    assert_int_equal(entry->max_life, 3600);
    assert_int_equal(entry->max_renewable_life, 0);
    /* No limit at all is not one. */
    entry->expiration = 0;
    entry->max_life = 0;
    assert_int_equal(
        kx_entry_restrict(context, entry, KX_OUTGOING, NOW, &usable), 0);
    assert_int_equal(entry->expiration, NOW + 2 * DAY);
    assert_int_equal(entry->max_life, 2 * DAY - KX_ISSUE_MARGIN);
    krb5_db_free_principal(context, entry);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(an_outgoing_crossover_is_served_with_the_version_made_last),
        ENTRY_TEST(
            an_older_version_that_lives_longer_serves_after_the_last_one),
        ENTRY_TEST(
            a_new_version_is_issued_with_after_a_while_if_there_is_an_older_one),
        ENTRY_TEST(of_a_short_life_that_while_is_a_small_part),
        ENTRY_TEST(an_older_version_that_ends_too_soon_is_not_waited_with),
        ENTRY_TEST(
            of_several_new_versions_the_one_known_for_longest_is_issued_with),
        ENTRY_TEST(a_version_from_the_future_is_issued_with),
        ENTRY_TEST(an_incoming_crossover_is_served_with_all_live_versions),
        ENTRY_TEST(
            without_a_live_version_an_entry_is_not_usable_and_unchanged),
        ENTRY_TEST(a_key_in_its_last_seconds_is_accepted_but_not_issued_with),
        ENTRY_TEST(the_administrators_limits_hold_for_what_is_served),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
