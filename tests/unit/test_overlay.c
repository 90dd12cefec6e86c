/*
 * test_overlay.c: the caller's profile with some relations answered
 * differently, read in the ways that libprofile has.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "plugin/overlay.h"
#include "tests/unit/test.h"

static const char configuration[] = "[dbmodules]\n"
                                    " ours = {\n"
                                    "  db_library = kxover\n"
                                    "  kxover_backend = kldap\n"
                                    "  inner = {\n"
                                    "   db_library = theirs\n"
                                    "  }\n"
                                    " }\n"
                                    " other = {\n"
                                    "  db_library = klmdb\n"
                                    " }\n";

static const struct kx_relation relations[] = {{"db_library", "db2"},
                                               {NULL, NULL}};

/* The profile that is tried, and the file that it is made of. */
static char path[] = "/tmp/kxover-test-XXXXXX";
static profile_t profile;

static int
begin(void **state)
{
    const char *files[] = {path, NULL};
    krb5_context context;
    profile_t plain;
    int fd = mkstemp(path);

    (void)state;
    kx_init_errors();
    assert_true(fd >= 0);
    assert_int_equal(write(fd, configuration, sizeof(configuration) - 1),
                     sizeof(configuration) - 1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(profile_init(files, &plain), 0);
    assert_int_equal(krb5_init_context_profile(plain, 0, &context), 0);
    assert_int_equal(kx_overlay_profile(context, "ours", relations, &profile),
                     0);
    /* It lives on without these. */
    krb5_free_context(context);
    profile_release(plain);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    profile_release(profile);
    return unlink(path);
}

/* The one value of a relation is expected. */
static void
assert_value(const char *const *names, const char *expected)
{
    char **values;

    assert_int_equal(profile_get_values(profile, names, &values), 0);
    assert_string_equal(values[0], expected);
    assert_null(values[1]);
    profile_free_list(values);
}

/* Go through what is at names and write it to text as "name=value ". */
static void
walk(const char *const *names, char *text, size_t size)
{
    void *iterator;
    char *name, *value;
    size_t length = 0;

    text[0] = '\0';
    assert_int_equal(profile_iterator_create(
                         profile, names, PROFILE_ITER_LIST_SECTION, &iterator),
                     0);
    for (;;) {
        assert_int_equal(profile_iterator(&iterator, &name, &value), 0);
        if (name == NULL)
            break;
        length += (size_t)snprintf(text + length, size - length, "%s=%s ",
                                   name, value != NULL ? value : "{}");
        assert_true(length < size);
        profile_release_string(name);
        profile_release_string(value);
    }
    profile_iterator_free(&iterator);
}

static void
a_relation_is_answered_in_its_section_alone(void **state)
{
    static const char *const ours[] = {"dbmodules", "ours", "db_library",
                                       NULL};
    static const char *const inner[] = {"dbmodules", "ours", "inner",
                                        "db_library", NULL};
    static const char *const other[] = {"dbmodules", "other", "db_library",
                                        NULL};
    static const char *const rest[] = {"dbmodules", "ours", "kxover_backend",
                                       NULL};

    (void)state;
    assert_value(ours, "db2");
    assert_value(inner, "theirs");
    assert_value(other, "klmdb");
    assert_value(rest, "kldap");
}

static void
it_is_answered_in_going_through_the_section(void **state)
{
    static const char *const ours[] = {"dbmodules", "ours", NULL};
    static const char *const inner[] = {"dbmodules", "ours", "inner", NULL};
    static const char *const other[] = {"dbmodules", "other", NULL};
    char text[128];

    (void)state;
    walk(ours, text, sizeof(text));
    assert_string_equal(text, "db_library=db2 inner={} kxover_backend=kldap ");
    walk(inner, text, sizeof(text));
    assert_string_equal(text, "db_library=theirs ");
    walk(other, text, sizeof(text));
    assert_string_equal(text, "db_library=klmdb ");
}

static void
it_is_answered_in_going_through_its_values(void **state)
{
    static const char *const ours[] = {"dbmodules", "ours", "db_library",
                                       NULL};
    static const char *const rest[] = {"dbmodules", "ours", "kxover_backend",
                                       NULL};
    void *iterator;
    char *name, *value;

    (void)state;
    assert_int_equal(profile_iterator_create(profile, ours, 0, &iterator), 0);
    assert_int_equal(profile_iterator(&iterator, &name, &value), 0);
    assert_string_equal(value, "db2");
    profile_release_string(name);
    profile_release_string(value);
    profile_iterator_free(&iterator);
    assert_int_equal(profile_iterator_create(profile, rest, 0, &iterator), 0);
    assert_int_equal(profile_iterator(&iterator, &name, &value), 0);
    assert_string_equal(value, "kldap");
    profile_release_string(name);
    profile_release_string(value);
    profile_iterator_free(&iterator);
}

static void
a_walk_may_be_given_up_before_its_end(void **state)
{
    static const char *const ours[] = {"dbmodules", "ours", NULL};
    void *iterator;
    char *name, *value;

    (void)state;
    assert_int_equal(profile_iterator_create(
                         profile, ours, PROFILE_ITER_LIST_SECTION, &iterator),
                     0);
    assert_int_equal(profile_iterator(&iterator, &name, &value), 0);
    profile_release_string(name);
    profile_release_string(value);
    profile_iterator_free(&iterator);
    assert_null(iterator);
}

static void
a_copy_outlives_what_it_is_a_copy_of(void **state)
{
    static const char *const ours[] = {"dbmodules", "ours", "db_library",
                                       NULL};
    krb5_context context;
    profile_t copy;
    char **values;

    (void)state;
    assert_int_equal(krb5_init_context_profile(profile, 0, &context), 0);
    assert_int_equal(krb5_get_profile(context, &copy), 0);
    krb5_free_context(context);
    assert_int_equal(profile_get_values(copy, ours, &values), 0);
    assert_string_equal(values[0], "db2");
    profile_free_list(values);
    profile_release(copy);
}

static void
more_relations_than_there_is_room_for_are_refused(void **state)
{
    static const struct kx_relation many[] = {{"a", "1"}, {"b", "2"},
                                              {"c", "3"}, {"d", "4"},
                                              {"e", "5"}, {NULL, NULL}};
    krb5_context context;
    profile_t none;

    (void)state;
    assert_int_equal(krb5_init_context_profile(profile, 0, &context), 0);
    assert_int_equal(kx_overlay_profile(context, "ours", many, &none), EINVAL);
    assert_null(none);
    krb5_free_context(context);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_relation_is_answered_in_its_section_alone),
        cmocka_unit_test(it_is_answered_in_going_through_the_section),
        cmocka_unit_test(it_is_answered_in_going_through_its_values),
        cmocka_unit_test(a_walk_may_be_given_up_before_its_end),
        cmocka_unit_test(a_copy_outlives_what_it_is_a_copy_of),
        cmocka_unit_test(more_relations_than_there_is_room_for_are_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
