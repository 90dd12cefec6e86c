/*
 * test_writer.c: what a KDC process writes into its database, which is a real
 * one.
 */
#include "config.h"
#include <string.h>
#include <time.h>
#include "exchange/renewal.h"
#include "plugin/writer.h"
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

/* Note that the crossover is used, as of now. */
static void
note_use(struct kx_writer *writer)
{
    krb5_principal name;

    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    kx_write_use(writer, context, name);
    krb5_free_principal(context, name);
}

/* When the use of the crossover was noted; 0 for never. */
static time_t
used(void)
{
    krb5_db_entry *entry = fetch();
    struct kx_life life;

    assert_int_equal(kx_life_read(context, entry, &life), 0);
    krb5_db_free_principal(context, entry);
    return life.used;
}

/* Write version kvno, made now; what comes of it. */
static krb5_error_code
write_version(struct kx_writer *writer, uint32_t kvno, time_t now)
{
    struct kx_crossover *crossover =
        sample_crossover(context, kvno, now, now + 5 * DAY);
    krb5_error_code ret;

    ret = kx_write_crossover(writer, context, crossover, FALSE);
    kx_crossover_free(context, crossover);
    return ret;
}

static void
a_use_is_noted_while_it_is_news(void **state)
{
    struct kx_writer writer = {0};
    const time_t now = time(NULL);
    time_t noted;

    (void)state;
    store_new(7, now - DAY, now + 4 * DAY);
    note_use(&writer);
    noted = used();
    assert_true(noted >= now);
    store_string("kxover_used", "2026-01-01T00:00:00Z");
    note_use(&writer);
    assert_true(used() >= now);
}

static void
of_what_has_gone_no_use_is_noted(void **state)
{
    struct kx_writer writer = {0};
    krb5_principal name;
    krb5_db_entry *entry;

    (void)state;
    note_use(&writer);
    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    assert_int_equal(krb5_db_get_principal(context, name, 0, &entry),
                     KRB5_KDB_NOENTRY);
    krb5_free_principal(context, name);
    /* It was no fault of the database's. */
    assert_int_equal(writer.pause_notes, 0);
}

static void
what_is_keyed_by_hand_gets_no_note(void **state)
{
    struct kx_writer writer = {0};
    krb5_db_entry *entry;

    (void)state;
    store_by_hand();
    note_use(&writer);
    entry = fetch();
    assert_string(entry, "kxover_used", FALSE);
    krb5_db_free_principal(context, entry);
}

static void
a_version_that_is_there_already_is_no_error(void **state)
{
    static const uint32_t kvnos[] = {7};
    struct kx_writer writer = {0};
    const time_t now = time(NULL);
    krb5_db_entry *entry;

    (void)state;
    assert_int_equal(write_version(&writer, 7, now), 0);
    assert_int_equal(write_version(&writer, 7, now), 0);
    entry = fetch();
    assert_versions(entry, 1, kvnos);
    krb5_db_free_principal(context, entry);
}

static void
what_its_entry_refuses_does_not_keep_others_waiting(void **state)
{
    struct kx_writer writer = {0};
    krb5_error_code ret;

    (void)state;
    store_by_hand();
    ret = write_version(&writer, 7, time(NULL));
    assert_int_equal(ret, KX_ERR_POLICY_REALM);
    assert_true(kx_write_is_refused(ret));
    assert_int_equal(writer.pause, 0);
}

static void
a_database_that_cannot_be_written_is_left_alone_for_a_while(void **state)
{
    struct kx_writer writer = {0};
    const time_t now = time(NULL);

    (void)state;
    writer.pause = kx_monotonic() + 60;
    assert_int_equal(write_version(&writer, 7, now), KX_ERR_STORE);
    assert_message(KX_ERR_STORE, "could not be written a moment ago");
    writer.pause = 0;
    assert_int_equal(write_version(&writer, 7, now), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(a_use_is_noted_while_it_is_news),
        ENTRY_TEST(of_what_has_gone_no_use_is_noted),
        ENTRY_TEST(what_is_keyed_by_hand_gets_no_note),
        ENTRY_TEST(a_version_that_is_there_already_is_no_error),
        ENTRY_TEST(what_its_entry_refuses_does_not_keep_others_waiting),
        ENTRY_TEST(
            a_database_that_cannot_be_written_is_left_alone_for_a_while),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
