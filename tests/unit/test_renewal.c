/*
 * test_renewal.c: when a crossover is to be renewed, and when it is over.
 */
#include "config.h"
#include <string.h>
#include "exchange/renewal.h"
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

/* The life of the entry in the database. */
static struct kx_life
life_now(void)
{
    krb5_db_entry *entry = fetch();
    struct kx_life life;

    assert_int_equal(kx_life_read(context, entry, &life), 0);
    krb5_db_free_principal(context, entry);
    return life;
}

/* Whether the entry in the database is over at time now. */
static krb5_boolean
over_at(time_t now)
{
    krb5_db_entry *entry = fetch();
    krb5_boolean over = FALSE;

    assert_int_equal(kx_entry_is_over(context, entry, now, &over), 0);
    krb5_db_free_principal(context, entry);
    return over;
}

static void
a_key_is_due_when_a_third_of_its_life_is_left(void **state)
{
    (void)state;
    assert_int_equal(kx_renewal_begins(NOW, NOW + 15 * DAY), NOW + 10 * DAY);
    assert_int_equal(kx_renewal_begins(NOW, NOW + 30), NOW + 20);
    assert_int_equal(kx_renewal_begins(NOW, NOW + 10), NOW + 7);
}

static void
a_life_that_ends_before_it_begins_is_due_at_its_end(void **state)
{
    (void)state;
    assert_int_equal(kx_renewal_begins(NOW, NOW), NOW);
    assert_int_equal(kx_renewal_begins(NOW, NOW - DAY), NOW - DAY);
}

static void
the_life_of_a_crossover_is_that_of_its_newest_key(void **state)
{
    struct kx_life life;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    store_added(9, NOW + DAY, NOW + 3 * DAY, NOW + DAY);
    store_added(8, NOW + 60, NOW + 4 * DAY, NOW + DAY);
    life = life_now();
    assert_true(life.ours);
    assert_int_equal(life.established, NOW + DAY);
    assert_int_equal(life.till, NOW + 3 * DAY);
    assert_int_equal(life.last_till, NOW + 5 * DAY);
    assert_int_equal(life.latest, 9);
    assert_int_equal(life.used, 0);
}

static void
what_was_keyed_by_hand_or_cannot_be_read_has_no_life(void **state)
{
    (void)state;
    store_by_hand();
    assert_false(life_now().ours);
    assert_int_equal(forget(NULL), 0);
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_kvno_7", "damaged");
    assert_false(life_now().ours);
    assert_false(over_at(NOW + 99 * DAY));
}

static void
a_noted_use_is_read_back(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    entry = fetch();
    assert_int_equal(kx_use_note(context, entry, NOW + 60), 0);
    store(entry);
    assert_int_equal(life_now().used, NOW + 60);
}

static void
a_note_that_cannot_be_read_counts_as_none(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_used", "yesterday");
    assert_true(life_now().ours);
    assert_int_equal(life_now().used, 0);
}

static void
use_is_news_once_for_a_key_and_after_a_quarter_of_its_life(void **state)
{
    struct kx_life life = {.established = NOW, .till = NOW + 4 * DAY};

    (void)state;
    assert_true(kx_use_is_news(&life, NOW));
    life.used = NOW - 1;
    assert_true(kx_use_is_news(&life, NOW));
    life.used = NOW;
    assert_false(kx_use_is_news(&life, NOW));
    assert_false(kx_use_is_news(&life, NOW + DAY));
    assert_true(kx_use_is_news(&life, NOW + DAY + 1));
    life.used = NOW + 2 * DAY;
    assert_true(kx_use_is_news(&life, NOW + DAY - 1));
}

static void
an_entry_is_over_when_all_its_versions_are_long_gone(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + 3 * DAY);
    store_added(8, NOW + 1, NOW + DAY, NOW);
    store_string("kxover_used", "2026-11-22T15:51:00Z");
    assert_false(over_at(NOW + 3 * DAY + KX_RECENT));
    assert_true(over_at(NOW + 3 * DAY + KX_RECENT + 1));
}

static void
what_kxover_attributes_set_does_not_keep_an_entry(void **state)
{
    char first[] = "xr:@%R", second[] = "note=of %R%%R!", third[] = "n=";
    char *attributes[] = {first, second, third, NULL};
    const krb5_data realm = kx_data("BRAVO.EXAMPLE", 13);
    krb5_db_entry *entry;
    char *value = NULL;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    entry = fetch();
    assert_int_equal(
        kx_entry_set_attributes(context, entry, attributes, &realm), 0);
    store(entry);
    assert_true(over_at(NOW + 99 * DAY));
    entry = fetch();
    assert_int_equal(krb5_dbe_get_string(context, entry, "note", &value), 0);
    assert_string_equal(value, "of BRAVO.EXAMPLE%BRAVO.EXAMPLE!");
    krb5_dbe_free_string(context, value);
    krb5_db_free_principal(context, entry);
    store_string("xr:@BRAVO.EXAMPL", "");
    assert_false(over_at(NOW + 99 * DAY));
}

static void
what_is_keyed_by_hand_is_never_over(void **state)
{
    (void)state;
    store_by_hand();
    assert_false(over_at(NOW + 9999 * DAY));
}

/* Change the entry of a key that is long gone, and see that it stays. */
static void
assert_kept_with(void (*change)(krb5_db_entry *entry))
{
    krb5_db_entry *entry;

    store_new(7, NOW, NOW + DAY);
    assert_true(over_at(NOW + 99 * DAY));
    entry = fetch();
    change(entry);
    store(entry);
    assert_false(over_at(NOW + 99 * DAY));
    assert_int_equal(forget(NULL), 0);
}

static void
change_attributes(krb5_db_entry *entry)
{
    entry->attributes |= KRB5_KDB_DISALLOW_FORWARDABLE;
}

static void
change_expiration(krb5_db_entry *entry)
{
    entry->expiration = (krb5_timestamp)(NOW + 60);
}

static void
change_life(krb5_db_entry *entry)
{
    entry->max_life = 3600;
}

static void
change_renewable_life(krb5_db_entry *entry)
{
    entry->max_renewable_life = 0;
}

static void
change_string(krb5_db_entry *entry)
{
    assert_int_equal(
        krb5_dbe_set_string(context, entry, "session_enctypes", "aes256-cts"),
        0);
}

static void
keys_without_a_mark_keep_an_entry(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    assert_true(over_at(NOW + 99 * DAY));
    store_string("kxover_kvno_8", NULL);
    assert_false(over_at(NOW + 99 * DAY));
}

static void
older_keys_without_a_mark_keep_an_entry_as_well(void **state)
{
    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + DAY, NOW);
    store_string("kxover_kvno_7", NULL);
    assert_true(life_now().ours);
    assert_false(over_at(NOW + 99 * DAY));
}

static void
what_an_administrator_set_keeps_an_entry(void **state)
{
    (void)state;
    assert_kept_with(change_attributes);
    assert_kept_with(change_expiration);
    assert_kept_with(change_life);
    assert_kept_with(change_renewable_life);
    assert_kept_with(change_string);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_due_when_a_third_of_its_life_is_left),
        cmocka_unit_test(a_life_that_ends_before_it_begins_is_due_at_its_end),
        ENTRY_TEST(the_life_of_a_crossover_is_that_of_its_newest_key),
        ENTRY_TEST(what_was_keyed_by_hand_or_cannot_be_read_has_no_life),
        ENTRY_TEST(a_noted_use_is_read_back),
        ENTRY_TEST(a_note_that_cannot_be_read_counts_as_none),
        cmocka_unit_test(
            use_is_news_once_for_a_key_and_after_a_quarter_of_its_life),
        ENTRY_TEST(an_entry_is_over_when_all_its_versions_are_long_gone),
        ENTRY_TEST(what_kxover_attributes_set_does_not_keep_an_entry),
        ENTRY_TEST(what_is_keyed_by_hand_is_never_over),
        ENTRY_TEST(keys_without_a_mark_keep_an_entry),
        ENTRY_TEST(older_keys_without_a_mark_keep_an_entry_as_well),
        ENTRY_TEST(what_an_administrator_set_keeps_an_entry),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
