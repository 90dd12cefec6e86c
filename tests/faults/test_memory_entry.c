/*
 * test_memory_entry.c: a crossover's entry in the database, when memory runs
 * out while one is made or read: the whole of it is there, or an error.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tests/faults/memory.h"
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

#define OLD 7 /* the versions */
#define NEW 8
#define TILL (NOW + 14 * DAY)

static struct kx_crossover *made, *stored; /* NEW; OLD, as it is in old */
static krb5_db_entry *old;

/* ---- making one ---- */

static krb5_error_code
add_to_nothing(krb5_context kcontext, void *arg)
{
    krb5_db_entry *entry = NULL;
    krb5_error_code ret = kx_entry_add(kcontext, NULL, made, NOW, &entry);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (entry != NULL));
    if (ret == 0)
        assert_versions(entry, 1, (const uint32_t[]){NEW});
    krb5_db_free_principal(kcontext, entry);
    return ret;
}

static krb5_error_code
add_to_old(krb5_context kcontext, void *arg)
{
    krb5_db_entry *entry = NULL;
    krb5_error_code ret = kx_entry_add(kcontext, old, made, NOW, &entry);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (entry != NULL));
    if (ret == 0)
        assert_versions(entry, 2, (const uint32_t[]){NEW, OLD});
    krb5_db_free_principal(kcontext, entry);
    return ret;
}

static void
a_version_is_added_with_all_its_keys_and_its_mark(void **state)
{
    (void)state;
    memory_each(context, "kx_entry_add, a new entry", add_to_nothing, NULL);
    memory_each(context, "kx_entry_add, one more", add_to_old, NULL);
}

static krb5_error_code
write_mark(krb5_context kcontext, void *arg)
{
    char *name = NULL, *value = NULL;
    krb5_error_code ret = kx_mark_write(kcontext, made, &name, &value);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (name != NULL));
    assert_true((ret == 0) == (value != NULL));
    free(name);
    free(value);
    return ret;
}

static void
a_mark_is_written_whole(void **state)
{
    (void)state;
    memory_each(context, "kx_mark_write", write_mark, NULL);
}

static krb5_error_code
set_attributes(krb5_context kcontext, void *arg)
{
    char one[] = "one=value of %R", two[] = "two";
    char *attributes[] = {one, two, NULL};
    const krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    krb5_db_entry *entry;
    krb5_error_code ret;

    (void)arg;
    memory_restore();
    entry = fetch();
    memory_begin();
    ret = kx_entry_set_attributes(kcontext, entry, attributes, &realm);
    memory_restore();
    if (ret == 0) {
        assert_string(entry, "one", TRUE);
        assert_string(entry, "two", TRUE);
    }
    krb5_db_free_principal(kcontext, entry);
    return ret;
}

static void
attributes_are_set_all_or_with_an_error(void **state)
{
    (void)state;
    memory_each(context, "kx_entry_set_attributes", set_attributes, NULL);
}

/* ---- reading one ---- */

static krb5_error_code
read_marks(krb5_context kcontext, void *arg)
{
    struct kx_mark *marks = NULL;
    size_t n = 0;
    krb5_error_code ret = kx_entry_marks(kcontext, old, &marks, &n);

    (void)arg;
    memory_restore();
    if (ret == 0) {
        assert_int_equal(n, 1);
        assert_int_equal(marks[0].kvno, OLD);
    }
    kx_marks_free(marks, n);
    return ret;
}

static krb5_error_code
read_versions(krb5_context kcontext, void *arg)
{
    uint32_t *kvnos = NULL;
    size_t n = 0;
    krb5_error_code ret = kx_entry_versions(kcontext, old, FALSE, &kvnos, &n);

    (void)arg;
    memory_restore();
    if (ret == 0) {
        assert_int_equal(n, 1);
        assert_int_equal(kvnos[0], OLD);
    }
    free(kvnos);
    return ret;
}

static krb5_error_code
read_earlier(krb5_context kcontext, void *arg)
{
    struct kx_earlier earlier = {0};
    krb5_error_code ret = kx_entry_earlier(kcontext, old, FALSE, &earlier);

    (void)arg;
    memory_restore();
    if (ret == 0)
        assert_int_equal(earlier.n, 2);
    kx_earlier_clear(kcontext, &earlier);
    return ret;
}

static krb5_error_code
copy_earlier(krb5_context kcontext, void *arg)
{
    struct kx_earlier earlier = {0};
    krb5_error_code ret = kx_crossover_earlier(kcontext, made, &earlier);

    (void)arg;
    memory_restore();
    if (ret == 0)
        assert_int_equal(earlier.n, 2);
    kx_earlier_clear(kcontext, &earlier);
    return ret;
}

static krb5_error_code
copy_crossover(krb5_context kcontext, void *arg)
{
    struct kx_crossover *copy = NULL;
    krb5_error_code ret = kx_crossover_copy(kcontext, made, &copy);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (copy != NULL));
    if (ret == 0)
        assert_int_equal(copy->n_keys, 2);
    kx_crossover_free(kcontext, copy);
    return ret;
}

static krb5_error_code
tell_presence(krb5_context kcontext, void *arg)
{
    enum kx_presence presence = KX_ABSENT;
    krb5_error_code ret = kx_entry_presence(kcontext, old, stored, &presence);

    (void)arg;
    memory_restore();
    if (ret == 0)
        assert_int_equal(presence, KX_PRESENT);
    return ret;
}

static void
an_entry_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    memory_each(context, "kx_entry_marks", read_marks, NULL);
    memory_each(context, "kx_entry_versions", read_versions, NULL);
    memory_each(context, "kx_entry_earlier", read_earlier, NULL);
    memory_each(context, "kx_entry_presence", tell_presence, NULL);
    memory_each(context, "kx_crossover_earlier", copy_earlier, NULL);
    memory_each(context, "kx_crossover_copy", copy_crossover, NULL);
}

/* What a KDC may use of the entry, for its users or for those of others. */
static krb5_error_code
restrict_entry(krb5_context kcontext, void *arg)
{
    const enum kx_direction *direction = arg;
    krb5_db_entry *entry;
    krb5_boolean usable = FALSE;
    krb5_error_code ret;

    memory_restore();
    entry = fetch();
    memory_begin();
    ret = kx_entry_restrict(kcontext, entry, *direction, NOW + 60, &usable);
    memory_restore();
    if (ret == 0) {
        assert_true(usable);
        assert_versions(entry, 1, (const uint32_t[]){OLD});
    }
    krb5_db_free_principal(kcontext, entry);
    return ret;
}

static void
what_a_kdc_gets_is_whole_or_nothing(void **state)
{
    static enum kx_direction directions[] = {KX_OUTGOING, KX_INCOMING};
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++)
        memory_each(context, "kx_entry_restrict", restrict_entry,
                    &directions[i]);
}

static int
begin(void **state)
{
    static unsigned char key[2][32];

    if (entries_begin(state) != 0)
        return -1;
    store_new(OLD, NOW - DAY, NOW + DAY);
    old = fetch();
    made = sample_crossover(context, NEW, NOW, TILL);
    stored = sample_crossover(context, OLD, NOW - DAY, NOW + DAY);
    memset(key[0], OLD, sizeof(key[0]));
    memset(key[1], NEW, sizeof(key[1]));
    memory_keep_secret(key[0], 16);
    memory_keep_secret(key[1], 16);
    return 0;
}

static int
end(void **state)
{
    kx_crossover_free(context, made);
    kx_crossover_free(context, stored);
    krb5_db_free_principal(context, old);
    return entries_end(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_is_added_with_all_its_keys_and_its_mark),
        cmocka_unit_test(a_mark_is_written_whole),
        cmocka_unit_test(attributes_are_set_all_or_with_an_error),
        cmocka_unit_test(an_entry_is_read_whole_or_not_at_all),
        cmocka_unit_test(what_a_kdc_gets_is_whole_or_nothing),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
