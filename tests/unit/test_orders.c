/*
 * test_orders.c: what the administrator has ordered of a crossover, read and
 * carried out in a real database.
 */
#include "config.h"
#include <string.h>
#include <kadm5/admin.h>
#include "exchange/orders.h"
#include "exchange/renewal.h"
#include "store/kx_store.h"
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

static krb5_context kadm_context;
static struct kx_kadm_store *kadm;

static int
begin(void **state)
{
    (void)entries_begin(state);
    kx_patience_init();
    assert_int_equal(kadm5_init_krb5_context(&kadm_context), 0);
    assert_int_equal(krb5_set_default_realm(kadm_context, LOCAL), 0);
    assert_int_equal(kx_kadm_store_open(kadm_context, LOCAL, NULL, &kadm), 0);
    return 0;
}

static int
end(void **state)
{
    kx_kadm_store_close(kadm);
    krb5_free_context(kadm_context);
    return entries_end(state);
}

/* The order in the database's entry. */
static struct kx_order
order_now(const char *name)
{
    krb5_db_entry *entry = fetch();
    struct kx_order order;

    assert_int_equal(kx_order_read(context, entry, name, &order), 0);
    krb5_db_free_principal(context, entry);
    return order;
}

/* Whether the database has the crossover, and whether it is blocked. */
static krb5_boolean
is_there(krb5_boolean *blocked)
{
    krb5_principal name;
    krb5_db_entry *entry = NULL;
    krb5_error_code ret;

    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    ret = krb5_db_get_principal(context, name, 0, &entry);
    *blocked = ret == 0 && kx_entry_is_blocked(entry);
    krb5_db_free_principal(context, entry);
    krb5_free_principal(context, name);
    return ret == 0;
}

/* Try to carry out one order, with *ordered what came of it. */
static krb5_error_code
ordering(char what, enum kx_ordered *ordered)
{
    krb5_principal name;
    krb5_error_code ret;

    assert_int_equal(krb5_parse_name(kadm_context, NAME, &name), 0);
    switch (what) {
    case 'b':
        ret = kx_kadm_store_block(kadm, name, NOW, ordered);
        break;
    case 'a':
        ret = kx_kadm_store_allow(kadm, name, ordered);
        break;
    case 'k':
        ret = kx_kadm_store_keep(kadm, name, NOW, ordered);
        break;
    case 'd':
        ret = kx_kadm_store_drop(kadm, name, ordered);
        break;
    case 'p':
        ret = kx_kadm_store_purge(kadm, name, FALSE, NOW, ordered);
        break;
    default:
        ret = kx_kadm_store_purge(kadm, name, TRUE, NOW, ordered);
        break;
    }
    krb5_free_principal(kadm_context, name);
    return ret;
}

/* Carry out one order; what came of it. */
static enum kx_ordered
order(char what)
{
    enum kx_ordered ordered = KX_ORDERED_NOTHING;

    assert_int_equal(ordering(what, &ordered), 0);
    return ordered;
}

static void
what_is_written_is_read_back(void **state)
{
    const struct kx_order all[] = {{TRUE, NOW, FALSE, FALSE},
                                   {TRUE, NOW, TRUE, FALSE},
                                   {TRUE, NOW, FALSE, TRUE},
                                   {TRUE, NOW, TRUE, TRUE}};
    char text[KX_ORDER_TEXT_SIZE];
    struct kx_order read;
    size_t i;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        store_string(KX_BLOCKED_NAME, kx_order_text(&all[i], text));
        read = order_now(KX_BLOCKED_NAME);
        assert_true(read.given);
        assert_int_equal(read.at, all[i].at);
        assert_int_equal(read.made_entry, all[i].made_entry);
        assert_int_equal(read.made_flag, all[i].made_flag);
    }
    assert_false(order_now(KX_KEPT_NAME).given);
}

static void
other_words_are_an_order_that_made_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        "yes",
        "at=",
        "at= made=",
        "at=2026-11-22T15:51:00Z",
        "at=2026-02-30T15:51:00Z made=entry",
        "at=2026-11-22T15:51:00Z made=flag,entry",
        "at=2026-11-22T15:51:00Z made=entry ",
        "at=2026-11-22T15:51:00Z made=entry made=flag",
        "at=2026-11-22T15:51:00Z2026-11-22T15:51:00Z made=entry"};
    struct kx_order read;
    size_t i;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        store_string(KX_BLOCKED_NAME, texts[i]);
        read = order_now(KX_BLOCKED_NAME);
        assert_true(read.given);
        assert_int_equal(read.at, 0);
        assert_false(read.made_entry || read.made_flag);
    }
}

static void
a_crossover_that_is_kept_is_never_over(void **state)
{
    krb5_db_entry *entry;
    krb5_boolean over;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    store_string(KX_KEPT_NAME, "at=2026-11-22T15:51:00Z made=");
    entry = fetch();
    assert_int_equal(kx_entry_is_over(context, entry, NOW + 1000 * DAY, &over),
                     0);
    assert_false(over);
    krb5_db_free_principal(context, entry);
}

static void
to_block_and_to_allow_leaves_the_entry_as_it_was(void **state)
{
    static const uint32_t kvnos[] = {7};
    krb5_db_entry *entry;
    krb5_boolean blocked;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    assert_int_equal(order('b'), KX_ORDERED);
    assert_true(is_there(&blocked) && blocked);
    assert_int_equal(order('b'), KX_ORDERED_ALREADY);
    assert_int_equal(order('a'), KX_ORDERED);
    entry = fetch();
    assert_int_equal(entry->attributes, KRB5_KDB_LOCKDOWN_KEYS);
    assert_string(entry, KX_BLOCKED_NAME, FALSE);
    assert_versions(entry, 1, kvnos);
    krb5_db_free_principal(context, entry);
    assert_int_equal(order('a'), KX_ORDERED_NOTHING);
}

static void
an_entry_that_was_made_for_orders_goes_with_the_last_of_them(void **state)
{
    static const char *const orders[] = {"ba",   "kd",   "bkad",
                                         "bkda", "kbad", "kbda"};
    krb5_boolean blocked;
    const char *what;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        for (what = orders[i]; *what != '\0'; what++) {
            assert_true(what == orders[i] || is_there(&blocked));
            assert_int_equal(order(*what), KX_ORDERED);
        }
        assert_false(is_there(&blocked));
    }
}

static void
what_kadmin_has_blocked_only_kadmin_allows(void **state)
{
    krb5_db_entry *entry;
    krb5_boolean blocked;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    entry = fetch();
    entry->attributes |= KRB5_KDB_DISALLOW_ALL_TIX;
    entry->mask = KADM5_ATTRIBUTES;
    store(entry);
    assert_int_equal(order('b'), KX_ORDERED_BY_HAND);
    assert_int_equal(order('a'), KX_ORDERED_BY_HAND);
    assert_true(is_there(&blocked) && blocked);
    assert_int_equal(order('p'), KX_ORDERED);
    assert_true(is_there(&blocked) && blocked);
    assert_false(order_now(KX_BLOCKED_NAME).given);
}

static void
what_was_keyed_by_hand_is_neither_kept_nor_purged(void **state)
{
    krb5_boolean blocked;

    (void)state;
    store_by_hand();
    assert_int_equal(order('k'), KX_ORDERED_BY_HAND);
    assert_int_equal(order('p'), KX_ORDERED_BY_HAND);
    assert_int_equal(order('e'), KX_ORDERED_BY_HAND);
    assert_true(is_there(&blocked));
    assert_false(order_now(KX_KEPT_NAME).given);
}

static void
where_there_are_no_keys_there_is_nothing_to_purge(void **state)
{
    krb5_boolean blocked;

    (void)state;
    assert_int_equal(order('p'), KX_ORDERED_NOTHING);
    assert_int_equal(order('e'), KX_ORDERED_NOTHING);
    assert_int_equal(order('k'), KX_ORDERED);
    assert_int_equal(order('p'), KX_ORDERED_NOTHING);
    assert_true(is_there(&blocked));
    assert_true(order_now(KX_KEPT_NAME).given);
}

static void
who_keeps_what_is_kept_hears_so_and_changes_nothing(void **state)
{
    static const char earlier[] = "at=2026-01-01T00:00:00Z made=";
    struct kx_order before, after;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    store_string(KX_KEPT_NAME, earlier);
    before = order_now(KX_KEPT_NAME);
    assert_int_equal(order('k'), KX_ORDERED_ALREADY);
    after = order_now(KX_KEPT_NAME);
    assert_int_equal(after.at, before.at);
}

static void
what_has_marks_that_cannot_be_read_is_not_kept(void **state)
{
    enum kx_ordered ordered;

    (void)state;
    store_new(7, NOW, NOW + 5 * DAY);
    store_string("kxover_kvno_7", "damaged");
    assert_int_equal(ordering('k', &ordered), KX_ERR_METADATA);
    assert_false(order_now(KX_KEPT_NAME).given);
}

static void
of_what_has_expired_only_that_is_purged(void **state)
{
    krb5_boolean blocked;

    (void)state;
    store_new(7, NOW - 9 * DAY, NOW + 1);
    assert_int_equal(order('e'), KX_ORDERED_NOTHING);
    assert_true(is_there(&blocked));
    (void)forget(NULL);
    store_new(7, NOW - 9 * DAY, NOW);
    assert_int_equal(order('k'), KX_ORDERED);
    assert_int_equal(order('e'), KX_ORDERED_NOTHING);
    assert_int_equal(order('d'), KX_ORDERED);
    assert_int_equal(order('e'), KX_ORDERED);
    assert_false(is_there(&blocked));
}

static void
a_blocked_crossover_has_no_versions_for_an_exchange(void **state)
{
    krb5_principal name;
    uint32_t *kvnos;
    size_t n;

    (void)state;
    assert_int_equal(krb5_parse_name(kadm_context, NAME, &name), 0);
    assert_int_equal(kx_kadm_store_permits(kadm, name), 0);
    store_new(7, NOW, NOW + 5 * DAY);
    assert_int_equal(kx_kadm_store_permits(kadm, name), 0);
    assert_int_equal(order('b'), KX_ORDERED);
    assert_int_equal(kx_kadm_store_permits(kadm, name), KX_ERR_BLOCKED);
    assert_int_equal(kx_kadm_store_versions(kadm, name, FALSE, &kvnos, &n),
                     KX_ERR_BLOCKED);
    krb5_free_principal(kadm_context, name);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(what_is_written_is_read_back),
        ENTRY_TEST(other_words_are_an_order_that_made_nothing),
        ENTRY_TEST(a_crossover_that_is_kept_is_never_over),
        ENTRY_TEST(to_block_and_to_allow_leaves_the_entry_as_it_was),
        ENTRY_TEST(
            an_entry_that_was_made_for_orders_goes_with_the_last_of_them),
        ENTRY_TEST(what_kadmin_has_blocked_only_kadmin_allows),
        ENTRY_TEST(what_was_keyed_by_hand_is_neither_kept_nor_purged),
        ENTRY_TEST(where_there_are_no_keys_there_is_nothing_to_purge),
        ENTRY_TEST(who_keeps_what_is_kept_hears_so_and_changes_nothing),
        ENTRY_TEST(what_has_marks_that_cannot_be_read_is_not_kept),
        ENTRY_TEST(of_what_has_expired_only_that_is_purged),
        ENTRY_TEST(a_blocked_crossover_has_no_versions_for_an_exchange),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
