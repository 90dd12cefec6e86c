/*
 * test_entry_adopted.c: an entry keyed by hand that kxover takes over costs
 * nobody a ticket, and keeps what its administrator has set.
 */
#include "config.h"
#include <string.h>
#include "exchange/entry.h"
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

#define HAND 1 /* the version that administrators make first */
#define OURS 2

/* How long that one is accepted: longer than its max_life of 8 hours. */
#define TILL (NOW + KX_RECENT)

/* Add a version to old, as an exchange does where kxover_adopt is set. */
static krb5_error_code
adopting(krb5_db_entry *old, uint32_t kvno, time_t established, time_t till,
         time_t now, krb5_db_entry **out)
{
    struct kx_crossover *crossover =
        sample_crossover(context, kvno, established, till);
    krb5_error_code ret;

    crossover->adopt = TRUE;
    ret = kx_entry_add(context, old, crossover, now, out);
    kx_crossover_free(context, crossover);
    return ret;
}

/* Add a version to the entry in the database. */
static void
store_adopting(uint32_t kvno, time_t established, time_t till, time_t now)
{
    krb5_db_entry *old = fetch(), *entry;

    assert_int_equal(adopting(old, kvno, established, till, now, &entry), 0);
    krb5_db_free_principal(context, old);
    store(entry);
}

/* An entry keyed by hand that was taken over at NOW. */
static void
store_adopted(void)
{
    store_by_hand();
    store_adopting(OURS, NOW, NOW + 14 * DAY, NOW);
}

/* The versions that a KDC gets of the entry at a time: bits 1, 2, ... */
static unsigned int
served(enum kx_direction direction, time_t when)
{
    krb5_db_entry *entry = fetch();
    krb5_boolean usable;
    unsigned int versions = 0;
    int i;

    assert_int_equal(
        kx_entry_restrict(context, entry, direction, when, &usable), 0);
    for (i = 0; usable && i < entry->n_key_data; i++)
        versions |= 1U << entry->key_data[i].key_data_kvno;
    krb5_db_free_principal(context, entry);
    return versions;
}

static void
it_gets_a_version_and_keeps_its_own(void **state)
{
    krb5_db_entry *entry;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    store_adopted();
    entry = fetch();
    assert_true(kx_entry_has_version(entry, HAND));
    assert_key(entry, 0, OURS, ENCTYPE_AES256_CTS_HMAC_SHA384_192);
    assert_int_equal(kx_entry_marks(context, entry, &marks, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(marks->kvno, OURS);
    kx_marks_free(marks, n);
    krb5_db_free_principal(context, entry);
}

static void
till_when_its_own_counts_can_be_read(void **state)
{
    krb5_db_entry *entry;
    char *value;

    (void)state;
    store_adopted();
    entry = fetch();
    assert_int_equal(
        krb5_dbe_get_string(context, entry, "kxover_adopted_1", &value), 0);
    assert_string_equal(value, "till=2026-11-24T15:51:00Z");
    krb5_dbe_free_string(context, value);
    krb5_db_free_principal(context, entry);
}

static void
of_versions_of_ours_that_is_not_said(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_adopted();
    store_adopting(OURS + 1, NOW + DAY, NOW + 15 * DAY, NOW + DAY);
    entry = fetch();
    assert_string(entry, "kxover_adopted_2", FALSE);
    assert_string(entry, "kxover_adopted_3", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
its_limits_stay(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_by_hand();
    entry = fetch();
    entry->attributes = KRB5_KDB_DISALLOW_POSTDATED;
    entry->max_renewable_life = 3 * DAY;
    entry->expiration = (krb5_timestamp)(NOW + 20 * DAY);
    store(entry);
    store_adopting(OURS, NOW, NOW + 14 * DAY, NOW);
    entry = fetch();
    assert_int_equal(entry->attributes, KRB5_KDB_DISALLOW_POSTDATED);
    assert_int_equal(entry->max_life, 8 * 60 * 60);
    assert_int_equal(entry->max_renewable_life, 3 * DAY);
    assert_int_equal(entry->expiration, NOW + 20 * DAY);
    krb5_db_free_principal(context, entry);
}

static void
those_who_come_are_served_with_both_until_no_ticket_needs_its_own(void **state)
{
    (void)state;
    store_adopted();
    assert_int_equal(served(KX_INCOMING, NOW), 1 << HAND | 1 << OURS);
    assert_int_equal(served(KX_INCOMING, TILL - 1), 1 << HAND | 1 << OURS);
    assert_int_equal(served(KX_INCOMING, TILL), 1 << OURS);
}

static void
its_own_counts_as_long_as_the_longest_ticket(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_by_hand();
    entry = fetch();
    entry->max_life = 30 * DAY;
    store(entry);
    store_adopting(OURS, NOW, NOW + 14 * DAY, NOW);
    assert_int_equal(served(KX_INCOMING, NOW + 13 * DAY),
                     1 << HAND | 1 << OURS);
    assert_int_equal(served(KX_INCOMING, NOW + 30 * DAY - 1), 1 << HAND);
    assert_int_equal(served(KX_INCOMING, NOW + 30 * DAY), 0);
}

static void
its_own_is_issued_with_only_until_the_peer_has_settled(void **state)
{
    (void)state;
    store_adopted();
    assert_int_equal(served(KX_OUTGOING, NOW), 1 << HAND);
    assert_int_equal(served(KX_OUTGOING, NOW + KX_SETTLING - 1), 1 << HAND);
    assert_int_equal(served(KX_OUTGOING, NOW + KX_SETTLING), 1 << OURS);
    /* Never again: a key that has ended is followed by an exchange. */
    assert_int_equal(served(KX_OUTGOING, NOW + 14 * DAY), 0);
}

static void
its_own_is_not_issued_with_again_when_ours_has_ended(void **state)
{
    (void)state;
    store_by_hand();
    store_adopting(OURS, NOW, NOW + DAY, NOW);
    assert_true(NOW + DAY < TILL);
    assert_int_equal(served(KX_OUTGOING, NOW + DAY), 0);
}

static void
its_own_counts_no_more_when_somebody_took_its_keys_away(void **state)
{
    krb5_db_entry *entry;
    int k;

    (void)state;
    store_adopted();
    entry = fetch();
    for (k = entry->n_key_data - 1; k >= 0; k--) {
        if (entry->key_data[k].key_data_kvno == HAND)
            kx_entry_remove_key(context, entry, k);
    }
    store(entry);
    assert_int_equal(served(KX_OUTGOING, NOW), 1 << OURS);
    assert_int_equal(served(KX_INCOMING, NOW), 1 << OURS);
}

static void
its_own_goes_when_no_ticket_needs_it(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_adopted();
    store_adopting(OURS + 1, NOW + DAY, NOW + 15 * DAY, TILL + KX_RECENT);
    entry = fetch();
    assert_true(kx_entry_has_version(entry, HAND));
    krb5_db_free_principal(context, entry);

    store_adopting(OURS + 2, NOW + 2 * DAY, NOW + 16 * DAY,
                   TILL + KX_RECENT + 1);
    entry = fetch();
    assert_false(kx_entry_has_version(entry, HAND));
    assert_string(entry, "kxover_adopted_1", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
what_was_taken_over_goes_on_when_the_setting_is_gone(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_adopted();
    store_added(OURS + 1, NOW + DAY, NOW + 15 * DAY, NOW + DAY);
    assert_int_equal(served(KX_INCOMING, NOW + DAY),
                     1 << HAND | 1 << OURS | 1 << (OURS + 1));
    store_added(OURS + 2, NOW + 5 * DAY, NOW + 19 * DAY, NOW + 5 * DAY);
    entry = fetch();
    assert_false(kx_entry_has_version(entry, HAND));
    krb5_db_free_principal(context, entry);
}

static void
an_attribute_left_over_takes_no_key_of_ours_with_it(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_new(OURS, NOW, NOW + 14 * DAY);
    store_string("kxover_adopted_2", "till=2020-01-01T00:00:00Z");
    store_added(OURS + 1, NOW + 1, NOW + 14 * DAY, NOW + 1);
    entry = fetch();
    assert_true(kx_entry_has_version(entry, OURS));
    assert_string(entry, "kxover_adopted_2", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
damaged_attributes_leave_it_to_its_administrator(void **state)
{
    static const char *const damaged[][2] = {
        {"kxover_adopted_1", "till=tomorrow"},
        {"kxover_adopted_1", "till=2026-11-24T15:51:00Z "},
        {"kxover_adopted_1", "2026-11-24T15:51:00Z"},
        {"kxover_adopted_1", "ends=2026-11-24T15:51:00Z"},
        {"kxover_adopted_", "till=2026-11-24T15:51:00Z"},
        {"kxover_adopted_0", "till=2026-11-24T15:51:00Z"},
        {"kxover_adopted_01", "till=2026-11-24T15:51:00Z"},
        {"kxover_adopted_65537", "till=2026-11-24T15:51:00Z"},
        {"kxover_adopted_1x", "till=2026-11-24T15:51:00Z"},
    };
    krb5_db_entry *entry, *added;
    krb5_boolean usable;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        assert_int_equal(forget(state), 0);
        store_adopted();
        store_string(damaged[i][0], damaged[i][1]);
        entry = fetch();
        assert_int_equal(adopting(entry, OURS + 1, NOW + 1, NOW + 14 * DAY,
                                  NOW + 1, &added),
                         KX_ERR_METADATA);
        assert_null(added);
        assert_int_equal(
            kx_entry_restrict(context, entry, KX_INCOMING, NOW, &usable),
            KX_ERR_METADATA);
        assert_message(KX_ERR_METADATA, damaged[i][0]);
        krb5_db_free_principal(context, entry);
    }
}

static void
an_entry_whose_marks_are_damaged_is_not_taken_over(void **state)
{
    krb5_db_entry *old, *entry;
    uint32_t *kvnos;
    size_t n;

    (void)state;
    store_by_hand();
    store_string("kxover_kvno_1", "mine");
    old = fetch();
    assert_int_equal(adopting(old, OURS, NOW, NOW + 14 * DAY, NOW, &entry),
                     KX_ERR_METADATA);
    assert_int_equal(kx_entry_versions(context, old, TRUE, &kvnos, &n),
                     KX_ERR_METADATA);
    krb5_db_free_principal(context, old);
}

static void
its_versions_are_told_to_whoever_may_take_over(void **state)
{
    krb5_db_entry *old;
    uint32_t *kvnos;
    size_t n;

    (void)state;
    store_by_hand();
    old = fetch();
    assert_int_equal(kx_entry_versions(context, old, TRUE, &kvnos, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(kvnos[0], HAND);
    free(kvnos);
    krb5_db_free_principal(context, old);
}

/* The versions of the keys that a new one may build on, as digits. */
static const char *
builds_on(krb5_boolean adopt)
{
    static char text[32];
    struct kx_earlier earlier = {0};
    krb5_db_entry *entry = fetch();
    size_t i, n = 0;

    assert_int_equal(kx_entry_earlier(context, entry, adopt, &earlier), 0);
    assert_true(earlier.n < sizeof(text));
    for (i = 0; i < earlier.n; i++) {
        assert_int_equal(earlier.keys[i].chain, 1);
        assert_non_null(earlier.keys[i].key.contents);
        if (i == 0 || earlier.keys[i].kvno != earlier.keys[i - 1].kvno)
            text[n++] = (char)('0' + earlier.keys[i].kvno);
    }
    text[n] = '\0';
    kx_earlier_clear(context, &earlier);
    krb5_db_free_principal(context, entry);
    return text;
}

static void
a_new_key_builds_on_its_own_where_it_may_be_taken_over(void **state)
{
    (void)state;
    store_by_hand();
    assert_string_equal(builds_on(FALSE), "");
    assert_string_equal(builds_on(TRUE), "1");
}

static void
a_new_key_builds_on_the_newest_first_and_on_what_was_set_by_hand_last(
    void **state)
{
    (void)state;
    store_adopted();
    store_adopting(OURS + 1, NOW + DAY, NOW + 15 * DAY, NOW + DAY);
    assert_string_equal(builds_on(FALSE), "32");
    assert_string_equal(builds_on(TRUE), "321");
}

static void
each_key_comes_with_the_chain_of_its_version(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(context, OURS, NOW, NOW + DAY);
    struct kx_earlier earlier = {0};
    krb5_db_entry *old, *entry;

    (void)state;
    store_by_hand();
    old = fetch();
    crossover->adopt = TRUE;
    crossover->origin.chain = 7;
    assert_int_equal(kx_entry_add(context, old, crossover, NOW, &entry), 0);
    assert_int_equal(kx_entry_earlier(context, entry, TRUE, &earlier), 0);
    assert_int_equal(earlier.keys[0].kvno, OURS);
    assert_int_equal(earlier.keys[0].chain, 7);
    assert_int_equal(earlier.keys[earlier.n - 1].kvno, HAND);
    assert_int_equal(earlier.keys[earlier.n - 1].chain, 1);
    kx_earlier_clear(context, &earlier);
    krb5_db_free_principal(context, entry);
    krb5_db_free_principal(context, old);
    kx_crossover_free(context, crossover);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(it_gets_a_version_and_keeps_its_own),
        ENTRY_TEST(till_when_its_own_counts_can_be_read),
        ENTRY_TEST(of_versions_of_ours_that_is_not_said),
        ENTRY_TEST(its_limits_stay),
        ENTRY_TEST(
            those_who_come_are_served_with_both_until_no_ticket_needs_its_own),
        ENTRY_TEST(its_own_counts_as_long_as_the_longest_ticket),
        ENTRY_TEST(its_own_is_issued_with_only_until_the_peer_has_settled),
        ENTRY_TEST(its_own_is_not_issued_with_again_when_ours_has_ended),
        ENTRY_TEST(its_own_counts_no_more_when_somebody_took_its_keys_away),
        ENTRY_TEST(its_own_goes_when_no_ticket_needs_it),
        ENTRY_TEST(what_was_taken_over_goes_on_when_the_setting_is_gone),
        ENTRY_TEST(an_attribute_left_over_takes_no_key_of_ours_with_it),
        ENTRY_TEST(damaged_attributes_leave_it_to_its_administrator),
        ENTRY_TEST(an_entry_whose_marks_are_damaged_is_not_taken_over),
        ENTRY_TEST(its_versions_are_told_to_whoever_may_take_over),
        ENTRY_TEST(a_new_key_builds_on_its_own_where_it_may_be_taken_over),
        ENTRY_TEST(
            a_new_key_builds_on_the_newest_first_and_on_what_was_set_by_hand_last),
        ENTRY_TEST(each_key_comes_with_the_chain_of_its_version),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
