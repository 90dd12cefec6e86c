/*
 * test_store_settles.c: what becomes of a key version that was stored, where
 * others write without regard to it.
 *
 * The database is db2, as its locks do not keep a test from writing an old
 * entry over a new one.
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

static struct database database; /* to write over what was written */
static krb5_context context;     /* database's */
static krb5_context kadm_context;
static struct event_base *base;
static struct kx_settle *settle;
static struct kx_kadm_store *kadm;

/* What was logged last. */
static char line[1024];

static void
keep_line(void *arg, int priority, const char *text)
{
    (void)arg;
    (void)priority;
    snprintf(line, sizeof(line), "%s", text);
}

static const struct kx_logger logger = {keep_line, NULL};

static int
setup(void **state)
{
    (void)state;
    kx_init_errors();
    kx_patience_init();
    base = event_base_new();
    assert_non_null(base);
    database_open(&database, REMOTE, "");
    context = database.context;
    assert_int_equal(kadm5_init_krb5_context(&kadm_context), 0);
    assert_int_equal(krb5_set_default_realm(kadm_context, REMOTE), 0);
    assert_int_equal(kx_settle_new(base, &logger, &settle), 0);
    assert_int_equal(kx_kadm_store_open(kadm_context, REMOTE, settle, &kadm),
                     0);
    kx_settle_set_store(settle, kadm);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    kx_kadm_store_close(kadm);
    kx_settle_free(settle);
    krb5_free_context(kadm_context);
    database_close(&database);
    event_base_free(base);
    libevent_global_shutdown();
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

/* Delete the crossover's entry, if it is there, and watch nothing. */
static int
forget(void **state)
{
    krb5_principal principal = name();

    (void)state;
    kx_settle_clear(settle);
    (void)krb5_db_delete_principal(context, principal);
    krb5_free_principal(context, principal);
    line[0] = '\0';
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

/* Write an entry that was read before, and release it. */
static void
write_over(krb5_db_entry *entry)
{
    assert_int_equal(krb5_db_put_principal(context, entry), 0);
    krb5_db_free_principal(context, entry);
}

/* Run a kadmin.local query. */
static void
kadmin(const char *query)
{
    const char *const argv[] = {"kadmin.local", "-r",  REMOTE,
                                "-q",           query, NULL};

    database_run(argv);
}

/* Store a version, established at that time. */
static void
put(uint32_t kvno, time_t established)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, kvno, established, TILL);

    assert_int_equal(kx_kadm_store_put(kadm, crossover), 0);
    kx_crossover_free(kadm_context, crossover);
}

/* What is found to have become of a version established at NOW. */
static enum kx_settled
settled(uint32_t kvno)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, kvno, NOW, TILL);
    enum kx_settled found;

    assert_int_equal(kx_kadm_store_mend(kadm, &logger, crossover, &found), 0);
    kx_crossover_free(kadm_context, crossover);
    return found;
}

/* The versions of the crossover's entry, highest first; the caller's to
 * free(). */
static uint32_t *
stored_versions(size_t *n)
{
    krb5_db_entry *entry = fetch();
    uint32_t *kvnos;

    assert_int_equal(kx_entry_versions(context, entry, FALSE, &kvnos, n), 0);
    krb5_db_free_principal(context, entry);
    return kvnos;
}

/* Check that the entry's versions, highest first, are those n. */
static void
assert_versions(const uint32_t *expected, size_t n_expected)
{
    size_t n, i;
    uint32_t *kvnos = stored_versions(&n);

    assert_int_equal(n, n_expected);
    for (i = 0; i < n; i++)
        assert_int_equal(kvnos[i], expected[i]);
    free(kvnos);
}

#define ASSERT_VERSIONS(...)                                                  \
    do {                                                                      \
        const uint32_t expected_versions[] = {__VA_ARGS__};                   \
        assert_versions(expected_versions,                                    \
                        sizeof(expected_versions) / sizeof(uint32_t));        \
    } while (0)

static void
what_is_as_it_was_stored_is_there(void **state)
{
    (void)state;
    put(1, NOW);
    put(2, NOW + 1);
    assert_int_equal(settled(1), KX_SETTLED_THERE);
    ASSERT_VERSIONS(2, 1);
    assert_string_equal(line, "");
}

static void
what_was_overwritten_is_stored_again_beside_the_others(void **state)
{
    krb5_db_entry *before;

    (void)state;
    put(1, NOW - DAY);
    before = fetch();
    put(2, NOW);
    write_over(before);
    put(3, NOW + 1);
    ASSERT_VERSIONS(3, 1);
    assert_int_equal(settled(2), KX_SETTLED_MENDED);
    ASSERT_VERSIONS(3, 2, 1);
    assert_non_null(strstr(line, NAME ": key version 2 was overwritten"));
    assert_int_equal(settled(2), KX_SETTLED_THERE);
}

/* Both servers made the entry while they did not hear of each other. */
static void
of_two_new_entries_that_met_both_versions_stay(void **state)
{
    (void)state;
    put(2, NOW + 300);
    assert_int_equal(settled(1), KX_SETTLED_MENDED);
    ASSERT_VERSIONS(2, 1);
}

static void
what_was_deleted_stays_deleted(void **state)
{
    krb5_principal principal = name();
    uint32_t *kvnos;
    size_t n;

    (void)state;
    put(1, NOW);
    kadmin("delprinc -force " NAME);
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    assert_int_equal(
        kx_kadm_store_versions(kadm, principal, FALSE, &kvnos, &n), 0);
    assert_int_equal(n, 0);
    krb5_free_principal(context, principal);
}

static void
what_was_deleted_does_not_come_back_in_an_entry_made_anew(void **state)
{
    (void)state;
    put(1, NOW);
    kadmin("delprinc -force " NAME);
    put(2, NOW + 301);
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    ASSERT_VERSIONS(2);
}

static void
keys_that_were_taken_away_stay_away(void **state)
{
    krb5_db_entry *entry;
    int i;

    (void)state;
    put(1, NOW);
    put(2, NOW + 1);
    kadmin("modprinc -lockdown_keys " NAME);
    kadmin("purgekeys -keepkvno 2 " NAME);
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    assert_string_equal(line, "");
    entry = fetch();
    assert_true(entry->n_key_data > 0);
    for (i = 0; i < entry->n_key_data; i++)
        assert_int_equal(entry->key_data[i].key_data_kvno, 2);
    krb5_db_free_principal(context, entry);
}

static void
a_version_that_lacks_a_key_is_left_alone(void **state)
{
    struct kx_crossover *part = sample_crossover(kadm_context, 1, NOW, TILL);
    size_t n = part->n_keys;

    (void)state;
    part->n_keys = 1;
    assert_int_equal(kx_kadm_store_put(kadm, part), 0);
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    assert_string_equal(line, "");
    part->n_keys = n;
    kx_crossover_free(kadm_context, part);
}

static void
a_version_whose_mark_was_taken_away_is_left_alone(void **state)
{
    krb5_db_entry *entry;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    put(1, NOW);
    put(2, NOW + 1);
    kadmin("delstr " NAME " kxover_kvno_1");
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    assert_string_equal(line, "");
    entry = fetch();
    assert_int_equal(kx_entry_marks(context, entry, &marks, &n), 0);
    assert_int_equal(n, 1);
    kx_marks_free(marks, n);
    krb5_db_free_principal(context, entry);
}

static void
what_is_keyed_by_hand_meanwhile_is_left_alone(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    put(1, NOW);
    kadmin("delprinc -force " NAME);
    kadmin("addprinc -pw secret -kvno 5 " NAME);
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    entry = fetch();
    assert_int_equal(entry->key_data[entry->n_key_data - 1].key_data_kvno, 5);
    krb5_db_free_principal(context, entry);
}

/* Nothing can be mended then; but somebody must be told what to set. */
static void
another_key_under_the_same_number_is_told_and_left(void **state)
{
    struct kx_crossover *other = sample_crossover(kadm_context, 1, NOW, TILL);
    krb5_db_entry *before, *after;

    (void)state;
    other->keys[0].contents[0] ^= 1;
    assert_int_equal(kx_kadm_store_put(kadm, other), 0);
    before = fetch();
    assert_int_equal(settled(1), KX_SETTLED_GONE);
    after = fetch();
    assert_memory_equal(after->key_data[0].key_data_contents[0],
                        before->key_data[0].key_data_contents[0],
                        before->key_data[0].key_data_length[0]);
    assert_non_null(strstr(line, NAME));
    assert_non_null(strstr(line, "key version 1"));
    assert_non_null(strstr(line, "kxover_versions"));
    krb5_db_free_principal(context, before);
    krb5_db_free_principal(context, after);
    kx_crossover_free(kadm_context, other);
}

/* Run the loop until the crossover's entry has n versions; give up when
 * nothing is looked for any more. */
static void
run_until_versions(size_t expected)
{
    size_t n = 0;

    while (n != expected && event_base_loop(base, EVLOOP_ONCE) == 0)
        free(stored_versions(&n));
    assert_int_equal(n, expected);
}

static void
a_version_that_is_watched_is_mended_without_being_asked_for(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, 2, NOW, TILL);
    krb5_db_entry *before;

    (void)state;
    put(1, NOW - DAY);
    before = fetch();
    put(2, NOW);
    kx_settle_watch(settle, crossover);
    write_over(before);
    ASSERT_VERSIONS(1);
    run_until_versions(2);
    ASSERT_VERSIONS(2, 1);
    kx_crossover_free(kadm_context, crossover);
}

/* After a reload it is the new service's database. */
static void
without_a_store_nothing_is_watched_any_more(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, 2, NOW, TILL);

    (void)state;
    kx_settle_set_store(settle, NULL);
    kx_settle_watch(settle, crossover);
    assert_int_equal(event_base_dispatch(base), 1);
    kx_settle_set_store(settle, kadm);
    kx_crossover_free(kadm_context, crossover);
}

static void
no_more_is_watched_than_there_is_room_for(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(kadm_context, 2, NOW, TILL);
    int i;

    (void)state;
    for (i = 0; i < 1030; i++)
        kx_settle_watch(settle, crossover);
    assert_int_equal(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED),
                     1024);
    kx_crossover_free(kadm_context, crossover);
}

int
main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, forget)
    const struct CMUnitTest tests[] = {
        TEST(what_is_as_it_was_stored_is_there),
        TEST(what_was_overwritten_is_stored_again_beside_the_others),
        TEST(of_two_new_entries_that_met_both_versions_stay),
        TEST(what_was_deleted_stays_deleted),
        TEST(what_was_deleted_does_not_come_back_in_an_entry_made_anew),
        TEST(keys_that_were_taken_away_stay_away),
        TEST(a_version_that_lacks_a_key_is_left_alone),
        TEST(a_version_whose_mark_was_taken_away_is_left_alone),
        TEST(what_is_keyed_by_hand_meanwhile_is_left_alone),
        TEST(another_key_under_the_same_number_is_told_and_left),
        TEST(a_version_that_is_watched_is_mended_without_being_asked_for),
        TEST(without_a_store_nothing_is_watched_any_more),
        TEST(no_more_is_watched_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
