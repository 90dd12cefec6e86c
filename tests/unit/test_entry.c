/*
 * test_entry.c: a crossover's entry in a real database: how versions come and
 * go.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

static void
a_new_entry_comes_back_from_the_database_as_it_was_made(void **state)
{
    static const uint32_t versions[] = {7};
    krb5_db_entry *entry;
    krb5_principal name, modifier;
    krb5_timestamp stamp;
    struct kx_mark *marks;
    char *text;
    size_t n;

    (void)state;
    store_new(7, NOW - 5, NOW + DAY);
    entry = fetch();
    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    assert_true(krb5_principal_compare(context, entry->princ, name));
    krb5_free_principal(context, name);
    assert_versions(entry, 1, versions);
    assert_int_equal(entry->attributes, KRB5_KDB_LOCKDOWN_KEYS);
    assert_int_equal(entry->expiration, NOW + DAY);
    assert_int_equal(entry->max_life, DAY + 5);
    assert_int_equal(entry->max_renewable_life, DAY + 5);
    assert_int_equal(entry->pw_expiration, 0);
    assert_int_equal(kx_entry_marks(context, entry, &marks, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(marks->kvno, 7);
    assert_int_equal(marks->established, NOW - 5);
    assert_int_equal(marks->till, NOW + DAY);
    kx_marks_free(marks, n);
    assert_int_equal(
        krb5_dbe_lookup_mod_princ_data(context, entry, &stamp, &modifier), 0);
    assert_int_equal(krb5_unparse_name(context, modifier, &text), 0);
    assert_string_equal(text, "kxover@" LOCAL);
    assert_int_equal(stamp, NOW);
    krb5_free_unparsed_name(context, text);
    krb5_free_principal(context, modifier);
    assert_int_equal(krb5_dbe_lookup_last_pwd_change(context, entry, &stamp),
                     0);
    assert_int_equal(stamp, NOW);
    krb5_db_free_principal(context, entry);
}

static void
the_administrators_tools_show_it(void **state)
{
    static const char *const getstrs[] = {"kadmin.local", "-q",
                                          "getstrs " NAME, NULL};
    static const char *const getprinc[] = {"kadmin.local", "-q",
                                           "getprinc " NAME, NULL};
    char output[4096];

    (void)state;
    store_new(7, NOW, NOW + DAY);
    database_read(getstrs, output, sizeof(output));
    assert_non_null(strstr(output,
                           "kxover_kvno_7: established=2026-11-22T15:51:00Z "
                           "till=2026-11-23T15:51:00Z "
                           "peer=kdc.bravo.example:88 "));
    database_read(getprinc, output, sizeof(output));
    assert_non_null(strstr(output, "(kxover@" LOCAL ")"));
    assert_non_null(strstr(output, "Attributes: LOCKDOWN_KEYS"));
    assert_non_null(strstr(output, "vno 7, aes256-cts-hmac-sha384-192\n"));
    assert_non_null(strstr(output, "vno 7, aes128-cts-hmac-sha1-96\n"));
}

static void
a_module_is_told_what_is_set(void **state)
{
    const krb5_ui_4 always = KADM5_PRINC_EXPIRE_TIME | KADM5_MAX_LIFE |
                             KADM5_MAX_RLIFE | KADM5_KEY_DATA | KADM5_TL_DATA;
    krb5_db_entry *old, *entry;

    (void)state;
    assert_int_equal(adding(NULL, 7, NOW, NOW + DAY, NOW, &entry), 0);
    assert_int_equal(entry->mask, always | KADM5_PRINCIPAL | KADM5_ATTRIBUTES);
    store(entry);
    old = fetch();
    assert_int_equal(adding(old, 8, NOW, NOW + DAY, NOW, &entry), 0);
    assert_int_equal(entry->mask, always);
    krb5_db_free_principal(context, entry);
    krb5_db_free_principal(context, old);
}

static void
a_version_is_added_to_those_that_are_there(void **state)
{
    static const uint32_t versions[] = {8, 7};
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW + 100, NOW + 3 * DAY, NOW + 100);
    entry = fetch();
    assert_versions(entry, 2, versions);
    assert_string(entry, "kxover_kvno_7", TRUE);
    assert_string(entry, "kxover_kvno_8", TRUE);
    assert_int_equal(entry->expiration, NOW + 3 * DAY);
    assert_int_equal(entry->max_life, 3 * DAY - 100);
    krb5_db_free_principal(context, entry);
}

static void
keys_are_sorted_by_version_after_65535_too(void **state)
{
    static const uint32_t versions[] = {65535, 1}, grown[] = {65535, 2, 1};
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(65535, NOW, NOW + DAY);
    store_added(1, NOW + 100, NOW + 3 * DAY, NOW + 100);
    old = fetch();
    assert_versions(old, 2, versions);
    /* Already before libkdb5 sorts what it reads: iprop compares. */
    assert_int_equal(
        adding(old, 2, NOW + 200, NOW + 3 * DAY, NOW + 200, &entry), 0);
    assert_versions(entry, 3, grown);
    krb5_db_free_principal(context, entry);
    krb5_db_free_principal(context, old);
}

static void
adding_leaves_the_old_entry_as_it_is(void **state)
{
    static const uint32_t versions[] = {7};
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    old = fetch();
    assert_int_equal(adding(old, 8, NOW, NOW + 9 * DAY, NOW + 8 * DAY, &entry),
                     0);
    krb5_db_free_principal(context, entry);
    assert_versions(old, 1, versions);
    assert_string(old, "kxover_kvno_7", TRUE);
    assert_string(old, "kxover_kvno_8", FALSE);
    assert_int_equal(old->expiration, NOW + DAY);
    krb5_db_free_principal(context, old);
}

static void
versions_go_once_their_last_ticket_is_over(void **state)
{
    static const uint32_t both[] = {8, 7}, rest[] = {9, 8};
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW, NOW + 9 * DAY, NOW + DAY + KX_RECENT);
    entry = fetch();
    assert_versions(entry, 2, both);
    krb5_db_free_principal(context, entry);
    store_added(9, NOW + 1, NOW + 9 * DAY, NOW + DAY + KX_RECENT + 1);
    entry = fetch();
    assert_versions(entry, 2, rest);
    assert_string(entry, "kxover_kvno_7", FALSE);
    assert_string(entry, "kxover_kvno_8", TRUE);
    assert_string(entry, "kxover_kvno_9", TRUE);
    krb5_db_free_principal(context, entry);
}

static void
of_too_many_versions_the_first_to_expire_goes(void **state)
{
    krb5_db_entry *entry;
    uint32_t kvno;

    (void)state;
    store_new(1, NOW, NOW + 9 * DAY);
    for (kvno = 2; kvno <= KX_MAX_VERSIONS; kvno++)
        store_added(kvno, NOW + (time_t)kvno, NOW + DAY - (time_t)kvno, NOW);
    /* All but the first have expired, and the last one before the others. */
    store_added(KX_MAX_VERSIONS + 1, NOW + DAY, NOW + 2 * DAY, NOW + DAY);
    entry = fetch();
    assert_int_equal(entry->n_key_data, 2 * KX_MAX_VERSIONS);
    assert_string(entry, "kxover_kvno_1", TRUE);
    assert_string(entry, "kxover_kvno_63", TRUE);
    assert_string(entry, "kxover_kvno_64", FALSE);
    assert_string(entry, "kxover_kvno_65", TRUE);
    krb5_db_free_principal(context, entry);
}

static void
a_living_version_never_makes_room_for_another(void **state)
{
    krb5_db_entry *old, *entry;
    uint32_t kvno;

    (void)state;
    store_new(1, NOW, NOW + DAY);
    for (kvno = 2; kvno <= KX_MAX_VERSIONS; kvno++)
        store_added(kvno, NOW + (time_t)kvno, NOW + 2 * DAY, NOW);
    old = fetch();
    assert_int_equal(adding(old, KX_MAX_VERSIONS + 1, NOW, NOW + 3 * DAY,
                            NOW + DAY - 1, &entry),
                     KX_ERR_VERSIONS);
    assert_message(KX_ERR_VERSIONS, NAME " has 64 key versions");
    assert_message(KX_ERR_VERSIONS, "the first of them ends at 2026-11-23T15");
    assert_message(KX_ERR_VERSIONS, "delete the principal");
    assert_int_equal(adding(old, KX_MAX_VERSIONS + 1, NOW, NOW + 3 * DAY,
                            NOW + DAY, &entry),
                     0);
    krb5_db_free_principal(context, entry);
    krb5_db_free_principal(context, old);
}

/*
 * Give the entry in the database a string attribute of the administrator's
 * that leaves room for as many marks of the sample's, and not a byte more.
 */
static void
leave_room_for(size_t n_marks)
{
    struct kx_crossover *crossover =
        sample_crossover(context, 7, NOW, NOW + DAY);
    char *name, *value, *text;
    size_t length;

    assert_int_equal(kx_mark_write(context, crossover, &name, &value), 0);
    length = UINT16_MAX - n_marks * (strlen(name) + strlen(value) + 2);
    length -= sizeof("note") + 1;
    text = malloc(length + 1);
    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    store_string("note", text);
    free(text);
    free(name);
    free(value);
    kx_crossover_free(context, crossover);
}

static void
an_expired_version_makes_room_for_the_mark(void **state)
{
    static const uint32_t versions[] = {9, 8};
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_added(8, NOW + 1, NOW + DAY + 1, NOW);
    leave_room_for(2);
    store_added(9, NOW + DAY, NOW + 2 * DAY, NOW + DAY);
    entry = fetch();
    assert_versions(entry, 2, versions);
    assert_string(entry, "kxover_kvno_7", FALSE);
    assert_string(entry, "kxover_kvno_8", TRUE);
    assert_string(entry, "kxover_kvno_9", TRUE);
    assert_string(entry, "note", TRUE);
    krb5_db_free_principal(context, entry);
}

static void
without_room_for_a_mark_nothing_is_added(void **state)
{
    static const uint32_t versions[] = {7};
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    leave_room_for(1);
    old = fetch();
    /* One digit more than the mark that is there. */
    assert_int_equal(adding(old, 10, NOW, NOW + DAY, NOW, &entry),
                     KX_ERR_VERSIONS);
    assert_versions(old, 1, versions);
    krb5_db_free_principal(context, old);
}

static void
without_room_for_the_first_mark_the_error_names_it(void **state)
{
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    store_string("kxover_kvno_7", NULL);
    leave_room_for(0);
    /* As an administrator's principal that never had a key. */
    old = fetch();
    while (old->n_key_data > 0)
        krb5_dbe_free_key_data_contents(context,
                                        &old->key_data[--old->n_key_data]);
    assert_int_equal(adding(old, 8, NOW, NOW + DAY, NOW, &entry),
                     KRB5_KDB_STRINGS_TOOLONG);
    assert_message(KRB5_KDB_STRINGS_TOOLONG, "no room for kxover_kvno_8");
    krb5_db_free_principal(context, old);
}

static void
what_a_database_module_keeps_with_an_entry_stays_with_it(void **state)
{
    static const char data[] = "the module's own";
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    old = fetch();
    old->e_data = (krb5_octet *)strdup(data);
    assert_non_null(old->e_data);
    old->e_length = sizeof(data);
    assert_int_equal(adding(old, 8, NOW, NOW + DAY, NOW, &entry), 0);
    assert_int_equal(entry->e_length, sizeof(data));
    assert_memory_equal(entry->e_data, data, sizeof(data));
    assert_ptr_not_equal(entry->e_data, old->e_data);
    krb5_db_free_principal(context, entry);
    krb5_db_free_principal(context, old);
}

static void
a_version_that_is_there_is_not_replaced(void **state)
{
    krb5_db_entry *old, *entry;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    old = fetch();
    assert_int_equal(adding(old, 7, NOW + 100, NOW + DAY, NOW + 100, &entry),
                     KX_ERR_POLICY_KVNO);
    /* Not even when it would go now: iprop tells replicas of changed keys by
     * their version numbers. */
    assert_int_equal(
        adding(old, 7, NOW + 9 * DAY, NOW + 20 * DAY, NOW + 9 * DAY, &entry),
        KX_ERR_POLICY_KVNO);
    krb5_db_free_principal(context, old);
}

static void
what_cannot_be_a_crossovers_version_is_refused(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(context, 7, NOW, NOW + DAY);
    krb5_db_entry *other, *entry;
    krb5_principal name;
    size_t n_keys = crossover->n_keys;

    (void)state;
    crossover->n_keys = 0;
    assert_int_equal(kx_entry_add(context, NULL, crossover, NOW, &entry),
                     KX_ERR_STORE);
    crossover->n_keys = n_keys;
    crossover->kvno = KX_MAX_KVNO + 1;
    assert_int_equal(kx_entry_add(context, NULL, crossover, NOW, &entry),
                     KX_ERR_METADATA);
    crossover->kvno = 7;
    /* The entry of another principal is not the crossover's old one. */
    assert_int_equal(
        krb5_parse_name(context, "krbtgt/" LOCAL "@" LOCAL, &name), 0);
    assert_int_equal(krb5_db_get_principal(context, name, 0, &other), 0);
    assert_int_equal(kx_entry_add(context, other, crossover, NOW, &entry),
                     KX_ERR_STORE);
    krb5_free_principal(context, name);
    krb5_db_free_principal(context, other);
    kx_crossover_free(context, crossover);
}

static void
limits_follow_the_versions_otherwise(void **state)
{
    krb5_db_entry *entry;

    (void)state;
    store_new(7, NOW, NOW + 14 * DAY);
    store_added(8, NOW + 15 * DAY, NOW + 16 * DAY, NOW + 15 * DAY);
    entry = fetch();
    assert_int_equal(entry->expiration, NOW + 16 * DAY);
    assert_int_equal(entry->max_life, 14 * DAY);
    krb5_db_free_principal(context, entry);
    store_added(9, NOW + 20 * DAY, NOW + 23 * DAY, NOW + 20 * DAY);
    entry = fetch();
    assert_int_equal(entry->expiration, NOW + 23 * DAY);
    assert_int_equal(entry->max_life, 3 * DAY);
    assert_int_equal(entry->max_renewable_life, 3 * DAY);
    krb5_db_free_principal(context, entry);
}

static void
times_after_2038_are_krb5s(void **state)
{
    const time_t late = (time_t)UINT32_MAX - 30 * DAY;
    krb5_db_entry *entry;
    krb5_boolean usable;

    (void)state;
    assert_int_equal(adding(NULL, 7, late, late + 2 * DAY, late, &entry), 0);
    store(entry);
    store_added(8, late, late + 14 * DAY, late);
    entry = fetch();
    assert_int_equal((uint32_t)entry->expiration, late + 14 * DAY);
    assert_int_equal(entry->max_life, 14 * DAY);
    assert_int_equal(kx_entry_restrict(context, entry, KX_INCOMING,
                                       late + 13 * DAY, &usable),
                     0);
    assert_true(usable);
    assert_int_equal(entry->n_key_data, 2);
    assert_int_equal(entry->max_life, DAY - KX_ISSUE_MARGIN);
    krb5_db_free_principal(context, entry);
}

static void
all_versions_are_told_highest_first(void **state)
{
    static const uint32_t versions[] = {65535, 9, 1};
    krb5_db_entry *entry;
    uint32_t *kvnos;
    size_t n;

    (void)state;
    store_new(9, NOW, NOW + DAY);
    store_added(65535, NOW, NOW + DAY, NOW);
    store_added(1, NOW, NOW + DAY, NOW);
    entry = fetch();
    assert_int_equal(kx_entry_versions(context, entry, FALSE, &kvnos, &n), 0);
    assert_int_equal(n, 3);
    assert_memory_equal(kvnos, versions, sizeof(versions));
    free(kvnos);
    krb5_db_free_principal(context, entry);
}

/* The number of entry's keys that the master key of version mkvno decrypts. */
static int
keys_under(krb5_db_entry *entry, krb5_kvno mkvno)
{
    krb5_keylist_node *master = krb5_db_mkey_list_alias(context);
    krb5_keyblock key = {0};
    int i, n = 0;

    while (master != NULL && master->kvno != mkvno)
        master = master->next;
    assert_non_null(master);
    for (i = 0; i < entry->n_key_data; i++) {
        if (krb5_dbe_decrypt_key_data(context, &master->keyblock,
                                      &entry->key_data[i], &key, NULL) == 0)
            n++;
        krb5_free_keyblock_contents(context, &key);
    }
    return n;
}

static void
all_keys_come_under_the_current_master_key(void **state)
{
    static const uint32_t versions[] = {8, 7};
    static const char *const add[] = {
        "sh", "-c", "printf 'second\\nsecond\\n' | kdb5_util add_mkey -s 2>&1",
        NULL};
    static const char *const use[] = {"kdb5_util", "use_mkey", "2", NULL};
    krb5_db_entry *entry;
    krb5_kvno mkvno;

    (void)state;
    store_new(7, NOW, NOW + DAY);
    database_run(add);
    database_run(use);
    store_added(8, NOW + 1, NOW + DAY, NOW);
    entry = fetch();
    assert_versions(entry, 2, versions);
    assert_int_equal(keys_under(entry, 2), 4);
    assert_int_equal(keys_under(entry, 1), 0);
    assert_int_equal(krb5_dbe_lookup_mkvno(context, entry, &mkvno), 0);
    assert_int_equal(mkvno, 2);
    krb5_db_free_principal(context, entry);
}

static void
a_master_key_of_another_name_is_found(void **state)
{
    struct database other;
    struct kx_crossover *crossover;
    krb5_db_entry *entry;

    (void)state;
    database_open(&other, LOCAL, "  master_key_name = Master/Key\n");
    crossover = sample_crossover(other.context, 7, NOW, NOW + DAY);
    assert_int_equal(kx_entry_add(other.context, NULL, crossover, NOW, &entry),
                     0);
    assert_int_equal(krb5_db_put_principal(other.context, entry), 0);
    krb5_db_free_principal(other.context, entry);
    kx_crossover_free(other.context, crossover);
    database_close(&other);
    database_use(&database);
}

static void
without_an_open_database_there_is_an_error(void **state)
{
    krb5_context closed;
    struct kx_crossover *crossover;
    krb5_db_entry *entry;

    (void)state;
    assert_int_equal(krb5_init_context(&closed), 0);
    crossover = sample_crossover(closed, 7, NOW, NOW + DAY);
    assert_int_not_equal(kx_entry_add(closed, NULL, crossover, NOW, &entry),
                         0);
    assert_null(entry);
    kx_crossover_free(closed, crossover);
    (void)krb5_db_fini(closed);
    krb5_free_context(closed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(a_new_entry_comes_back_from_the_database_as_it_was_made),
        ENTRY_TEST(the_administrators_tools_show_it),
        ENTRY_TEST(a_module_is_told_what_is_set),
        ENTRY_TEST(a_version_is_added_to_those_that_are_there),
        ENTRY_TEST(keys_are_sorted_by_version_after_65535_too),
        ENTRY_TEST(adding_leaves_the_old_entry_as_it_is),
        ENTRY_TEST(versions_go_once_their_last_ticket_is_over),
        ENTRY_TEST(of_too_many_versions_the_first_to_expire_goes),
        ENTRY_TEST(a_living_version_never_makes_room_for_another),
        ENTRY_TEST(an_expired_version_makes_room_for_the_mark),
        ENTRY_TEST(without_room_for_a_mark_nothing_is_added),
        ENTRY_TEST(without_room_for_the_first_mark_the_error_names_it),
        ENTRY_TEST(what_a_database_module_keeps_with_an_entry_stays_with_it),
        ENTRY_TEST(a_version_that_is_there_is_not_replaced),
        ENTRY_TEST(what_cannot_be_a_crossovers_version_is_refused),
        ENTRY_TEST(limits_follow_the_versions_otherwise),
        ENTRY_TEST(times_after_2038_are_krb5s),
        ENTRY_TEST(all_versions_are_told_highest_first),
        ENTRY_TEST(all_keys_come_under_the_current_master_key),
        ENTRY_TEST(a_master_key_of_another_name_is_found),
        ENTRY_TEST(without_an_open_database_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, entries_begin, entries_end);
}
