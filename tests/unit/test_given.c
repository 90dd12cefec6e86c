/*
 * test_given.c: what is remembered of the key versions that were given.
 */
#include "config.h"
#include <string.h>
#include "exchange/given.h"
#include "tests/unit/test.h"

#define NOW 1000
#define LATER 2000
#define ENTRIES 3

static int
set_up(void **state)
{
    return (int)kx_given_new(ENTRIES, (struct kx_given **)state);
}

static int
tear_down(void **state)
{
    kx_given_free(*state);
    return 0;
}

/* What is remembered of realm at time now. */
static uint32_t
find(const struct kx_given *given, const char *realm, time_t now)
{
    krb5_data name = kx_data(realm, strlen(realm));

    return kx_given_find(given, &name, now);
}

/* Remember that realm was given kvno, until LATER. */
static void
add(struct kx_given *given, const char *realm, uint32_t kvno)
{
    krb5_data name = kx_data(realm, strlen(realm));

    assert_int_equal(kx_given_add(given, &name, kvno, LATER), 0);
}

static void
a_realm_that_was_given_nothing_has_no_version(void **state)
{
    assert_int_equal(find(*state, "A.EXAMPLE", NOW), 0);
    add(*state, "A.EXAMPLE", 7);
    assert_int_equal(find(*state, "B.EXAMPLE", NOW), 0);
}

static void
the_version_given_last_is_remembered(void **state)
{
    add(*state, "A.EXAMPLE", 65535);
    add(*state, "B.EXAMPLE", 8);
    add(*state, "A.EXAMPLE", 1);
    assert_int_equal(find(*state, "A.EXAMPLE", NOW), 1);
    assert_int_equal(find(*state, "B.EXAMPLE", NOW), 8);
}

static void
a_version_is_remembered_until_its_time(void **state)
{
    add(*state, "A.EXAMPLE", 7);
    assert_int_equal(find(*state, "A.EXAMPLE", LATER), 7);
    assert_int_equal(find(*state, "A.EXAMPLE", LATER + 1), 0);
}

static void
the_realm_that_was_given_one_longest_ago_makes_room(void **state)
{
    add(*state, "A.EXAMPLE", 1);
    add(*state, "B.EXAMPLE", 2);
    add(*state, "C.EXAMPLE", 3);
    add(*state, "A.EXAMPLE", 4);
    add(*state, "D.EXAMPLE", 5);
    assert_int_equal(find(*state, "A.EXAMPLE", NOW), 4);
    assert_int_equal(find(*state, "B.EXAMPLE", NOW), 0);
    assert_int_equal(find(*state, "C.EXAMPLE", NOW), 3);
    assert_int_equal(find(*state, "D.EXAMPLE", NOW), 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_realm_that_was_given_nothing_has_no_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_version_given_last_is_remembered,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_version_is_remembered_until_its_time,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_realm_that_was_given_one_longest_ago_makes_room, set_up,
            tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
