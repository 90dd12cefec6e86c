/*
 * test_store.c: crossover keys into a real database, through libkadm5srv.
 *
 * What happens when the database is locked or the disk is full is tried in the
 * scenarios: valgrind lets no signal interrupt the wait for a lock, and db2
 * loses memory when it cannot write.
 */
#include "config.h"
#include <string.h>
#include <kadm5/admin.h>
#include "tests/unit/test.h"
#include "tests/unit/crossover_sample.h"
#include "tests/unit/database.h"
#include "store/kx_store.h"

#define NAME "krbtgt/" REMOTE "@" LOCAL
#define NOW SAMPLE_TIME
#define TILL (SAMPLE_TIME + 14 * DAY)

static struct database database; /* to look into it */
static krb5_context context;     /* database's */
static krb5_context kadm_context;
static struct kx_kadm_store *kadm; /* what is tested */

static int
setup(void **state)
{
    (void)state;
    kx_init_errors();
    kx_patience_init();
    /* The realm that the crossover leads to is the one that stores it. */
    database_open(&database, REMOTE, "");
    context = database.context;
    assert_int_equal(kadm5_init_krb5_context(&kadm_context), 0);
    assert_int_equal(krb5_set_default_realm(kadm_context, REMOTE), 0);
    assert_int_equal(kx_kadm_store_open(kadm_context, REMOTE, NULL, &kadm), 0);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kx_kadm_store_close(kadm);
    krb5_free_context(kadm_context);
    database_close(&database);
    return 0;
}

/* The crossover's principal; the caller's to release. */
static krb5_principal
name(void)
{
    krb5_principal principal;

    assert_int_equal(krb5_parse_name(context, NAME, &principal), 0);
    return principal;
}

/* Delete the crossover's entry, if it is there. */
static int
forget(void **state)
{
    krb5_principal principal = name();

    (void)state;
    (void)krb5_db_delete_principal(context, principal);
    krb5_free_principal(context, principal);
    return 0;
}

/* The crossover's entry; the caller's to release. */
static krb5_db_entry *
fetch(void)
{
    krb5_principal principal = name();
    krb5_db_entry *entry;

    assert_int_equal(krb5_db_get_principal(context, principal, 0, &entry), 0);
    krb5_free_principal(context, principal);
    return entry;
}

/* Run a kadmin.local query. */
static void
kadmin(const char *query)
{
    const char *const argv[] = {"kadmin.local", "-r",  REMOTE,
                                "-q",           query, NULL};

    database_run(argv);
}

static krb5_error_code
put_times(uint32_t kvno, time_t established, time_t till)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, kvno, established, till);
    krb5_error_code ret = kx_kadm_store_put(kadm, crossover);

    kx_crossover_free(kadm_context, crossover);
    return ret;
}

static krb5_error_code
put(uint32_t kvno)
{
    return put_times(kvno, NOW, TILL);
}

/* Check that the entry's versions, highest first, are those n. */
static void
assert_versions(const uint32_t *expected, size_t n_expected)
{
    krb5_principal principal = name();
    uint32_t *kvnos;
    size_t n, i;

    assert_int_equal(
        kx_kadm_store_versions(kadm, principal, FALSE, &kvnos, &n), 0);
    assert_int_equal(n, n_expected);
    for (i = 0; i < n; i++)
        assert_int_equal(kvnos[i], expected[i]);
    free(kvnos);
    krb5_free_principal(context, principal);
}

#define ASSERT_VERSIONS(...)                                                  \
    do {                                                                      \
        const uint32_t expected_versions[] = {__VA_ARGS__};                   \
        assert_versions(expected_versions,                                    \
                        sizeof(expected_versions) / sizeof(uint32_t));        \
    } while (0)

/* Check how many marks the entry has, those without keys included. */
static void
assert_marks(size_t expected)
{
    krb5_db_entry *entry = fetch();
    krb5_string_attr *strings;
    struct kx_mark *marks;
    size_t n_marks;
    int n;

    assert_int_equal(krb5_dbe_get_strings(context, entry, &strings, &n), 0);
    assert_int_equal(
        kx_marks_read(context, strings, (size_t)n, &marks, &n_marks), 0);
    assert_int_equal(n_marks, expected);
    kx_marks_free(marks, n_marks);
    krb5_dbe_free_strings(context, strings, n);
    krb5_db_free_principal(context, entry);
}

/* Check that versions and put refuse the entry, with a word of the message. */
static void
assert_refused(krb5_error_code code, const char *word)
{
    krb5_principal principal = name();
    const char *message;
    uint32_t *kvnos;
    size_t n;

    assert_int_equal(
        kx_kadm_store_versions(kadm, principal, FALSE, &kvnos, &n), code);
    assert_null(kvnos);
    message = krb5_get_error_message(kadm_context, code);
    assert_non_null(strstr(message, NAME));
    assert_non_null(strstr(message, word));
    krb5_free_error_message(kadm_context, message);
    krb5_free_principal(context, principal);
    assert_int_equal(put(100), code);
}

static void
a_crossover_that_is_not_there_has_no_versions(void **state)
{
    (void)state;
    assert_versions(NULL, 0);
}

static void
a_new_crossover_has_its_keys(void **state)
{
    krb5_db_entry *entry;
    struct kx_crossover *sample = sample_crossover(context, 3, NOW, TILL);
    krb5_keyblock key;
    size_t i;

    (void)state;
    assert_int_equal(put(3), 0);
    entry = fetch();
    assert_int_equal(entry->n_key_data, sample->n_keys);
    for (i = 0; i < sample->n_keys; i++) {
        assert_int_equal(entry->key_data[i].key_data_kvno, 3);
        assert_int_equal(krb5_dbe_decrypt_key_data(
                             context, NULL, &entry->key_data[i], &key, NULL),
                         0);
        assert_int_equal(key.enctype, sample->keys[i].enctype);
        assert_int_equal(key.length, sample->keys[i].length);
        assert_memory_equal(key.contents, sample->keys[i].contents,
                            key.length);
        krb5_free_keyblock_contents(context, &key);
    }
    krb5_db_free_principal(context, entry);
    kx_crossover_free(context, sample);
}

static void
a_new_crossover_is_marked_locked_down_and_limited(void **state)
{
    krb5_db_entry *entry;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    assert_int_equal(put(3), 0);
    entry = fetch();
    assert_int_equal(kx_entry_marks(context, entry, &marks, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(marks[0].kvno, 3);
    assert_int_equal(marks[0].till, TILL);
    assert_string_equal(marks[0].origin.host, "kdc.bravo.example");
    kx_marks_free(marks, n);
    assert_int_equal(entry->attributes, KRB5_KDB_LOCKDOWN_KEYS);
    assert_int_equal((uint32_t)entry->expiration, TILL);
    assert_int_equal(entry->max_life, 14 * DAY);
    assert_int_equal(entry->max_renewable_life, 14 * DAY);
    krb5_db_free_principal(context, entry);
}

static void
the_log_of_changes_says_who_it_was(void **state)
{
    krb5_db_entry *entry;
    krb5_principal modifier;
    krb5_timestamp when;
    char *text;

    (void)state;
    assert_int_equal(put(1), 0);
    entry = fetch();
    assert_int_equal(
        krb5_dbe_lookup_mod_princ_data(context, entry, &when, &modifier), 0);
    assert_int_equal(krb5_unparse_name(context, modifier, &text), 0);
    assert_string_equal(text, "kxover@" REMOTE);
    krb5_free_unparsed_name(context, text);
    krb5_free_principal(context, modifier);
    krb5_db_free_principal(context, entry);
}

static void
a_further_version_leaves_the_live_ones(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    assert_int_equal(put_times(1, NOW - 10 * DAY, NOW + 4 * DAY), 0);
    assert_int_equal(put(2), 0);
    ASSERT_VERSIONS(2, 1);
    assert_marks(2);
    entry = fetch();
    assert_int_equal((uint32_t)entry->expiration, TILL);
    krb5_db_free_principal(context, entry);
}

static void
the_same_version_again_is_refused(void **state)
{
    (void)state;
    assert_int_equal(put(1), 0);
    assert_int_equal(put(1), KX_ERR_POLICY_KVNO);
    ASSERT_VERSIONS(1);
}

static void
what_an_administrator_keyed_is_refused_and_left_as_it_was(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    kadmin("addprinc -pw secret -kvno 5 " NAME);
    assert_refused(KX_ERR_POLICY_REALM, "keyed by hand");
    entry = fetch();
    assert_int_equal(entry->key_data[0].key_data_kvno,
                     entry->key_data[entry->n_key_data - 1].key_data_kvno);
    assert_int_equal(entry->attributes, 0);
    krb5_db_free_principal(context, entry);
}

static void
an_entry_with_a_damaged_mark_is_refused(void **state)
{
    (void)state;
    assert_int_equal(put(1), 0);
    kadmin("setstr " NAME " kxover_kvno_1 nonsense");
    assert_refused(KX_ERR_METADATA, "kxover_kvno_1");
}

static void
a_version_keyed_by_hand_after_ours_makes_the_entry_the_administrators(
    void **state)
{
    (void)state;
    assert_int_equal(put(1), 0);
    kadmin("cpw -keepold -pw secret " NAME);
    assert_refused(KX_ERR_METADATA, "keyed by hand");
}

static void
an_entry_whose_keys_were_purged_is_refused(void **state)
{
    (void)state;
    assert_int_equal(put(1), 0);
    kadmin("purgekeys -all " NAME);
    assert_refused(KX_ERR_METADATA, "kxover_kvno_1");
}

static void
what_an_administrator_limited_stays_limited(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    assert_int_equal(put_times(1, NOW - DAY, NOW + 13 * DAY), 0);
    kadmin("modprinc -maxlife 1hour -expire 2026-11-30 -allow_tix " NAME);
    entry = fetch();
    assert_int_equal(entry->max_life, 3600);
    krb5_db_free_principal(context, entry);
    assert_int_equal(put(2), 0);
    entry = fetch();
    assert_int_equal(entry->max_life, 3600);
    assert_true((uint32_t)entry->expiration < NOW + 13 * DAY);
    assert_true(entry->attributes & KRB5_KDB_DISALLOW_ALL_TIX);
    krb5_db_free_principal(context, entry);
}

static void
what_was_begun_and_not_ended_is_completed(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    kadmin("addprinc -nokey " NAME);
    assert_versions(NULL, 0);
    assert_int_equal(put(2), 0);
    ASSERT_VERSIONS(2);
    assert_marks(1);
    entry = fetch();
    assert_true(entry->attributes & KRB5_KDB_LOCKDOWN_KEYS);
    assert_int_equal((uint32_t)entry->expiration, TILL);
    krb5_db_free_principal(context, entry);
}

static void
a_version_under_which_tickets_are_still_out_stays(void **state)
{
    (void)state;
    assert_int_equal(put_times(1, NOW - 14 * DAY, NOW - KX_RECENT + 1), 0);
    assert_int_equal(put(2), 0);
    ASSERT_VERSIONS(2, 1);
    assert_marks(2);
}

static void
a_version_expired_long_ago_goes_with_its_mark(void **state)
{
    (void)state;
    assert_int_equal(put_times(1, NOW - 20 * DAY, NOW - KX_RECENT - 1), 0);
    assert_int_equal(put_times(2, NOW - 3 * DAY, NOW + 9 * DAY), 0);
    assert_int_equal(put(3), 0);
    ASSERT_VERSIONS(3, 2);
    assert_marks(2);
}

static void
when_all_expired_long_ago_only_the_new_one_is_left(void **state)
{
    (void)state;
    assert_int_equal(put_times(65535, NOW - 40 * DAY, NOW - 26 * DAY), 0);
    assert_int_equal(put(1), 0);
    ASSERT_VERSIONS(1);
    assert_marks(1);
}

static void
after_the_last_number_the_first_ones_and_the_last_live_together(void **state)
{
    (void)state;
    assert_int_equal(put_times(65535, NOW - DAY, NOW + 13 * DAY), 0);
    assert_int_equal(put(1), 0);
    ASSERT_VERSIONS(65535, 1);
    assert_marks(2);
}

static void
what_would_push_out_a_living_version_is_refused(void **state)
{
    uint32_t kvno;

    (void)state;
    for (kvno = 1; kvno <= KX_MAX_VERSIONS; kvno++)
        assert_int_equal(put_times(kvno, NOW + kvno, TILL + kvno), 0);
    assert_int_equal(put_times(kvno, NOW + kvno, TILL + kvno),
                     KX_ERR_VERSIONS);
    assert_marks(KX_MAX_VERSIONS);
}

static void
a_new_master_key_is_used_from_its_day_on(void **state)
{
    static const char *const add[] = {
        "sh", "-c", "printf 'second\\nsecond\\n' | kdb5_util add_mkey -s 2>&1",
        NULL};
    static const char *const use[] = {"kdb5_util", "use_mkey", "2", NULL};
    krb5_keylist_node *master;
    krb5_db_entry *entry;
    krb5_keyblock key;
    int i;

    (void)state;
    assert_int_equal(put(1), 0);
    database_run(add);
    database_run(use);
    assert_int_equal(put(2), 0);
    entry = fetch();
    assert_int_equal(entry->n_key_data, 4);
    /* Our own view of the database is from before. */
    master = krb5_db_mkey_list_alias(context);
    for (i = 0; i < entry->n_key_data; i++)
        assert_int_not_equal(
            krb5_dbe_decrypt_key_data(context, &master->keyblock,
                                      &entry->key_data[i], &key, NULL),
            0);
    krb5_db_free_principal(context, entry);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, forget)
    const struct CMUnitTest tests[] = {
        TEST(a_crossover_that_is_not_there_has_no_versions),
        TEST(a_new_crossover_has_its_keys),
        TEST(a_new_crossover_is_marked_locked_down_and_limited),
        TEST(the_log_of_changes_says_who_it_was),
        TEST(a_further_version_leaves_the_live_ones),
        TEST(the_same_version_again_is_refused),
        TEST(what_an_administrator_keyed_is_refused_and_left_as_it_was),
        TEST(an_entry_with_a_damaged_mark_is_refused),
        TEST(
            a_version_keyed_by_hand_after_ours_makes_the_entry_the_administrators),
        TEST(an_entry_whose_keys_were_purged_is_refused),
        TEST(what_an_administrator_limited_stays_limited),
        TEST(what_was_begun_and_not_ended_is_completed),
        TEST(a_version_under_which_tickets_are_still_out_stays),
        TEST(a_version_expired_long_ago_goes_with_its_mark),
        TEST(when_all_expired_long_ago_only_the_new_one_is_left),
        TEST(after_the_last_number_the_first_ones_and_the_last_live_together),
        TEST(what_would_push_out_a_living_version_is_refused),
        TEST(a_new_master_key_is_used_from_its_day_on),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
