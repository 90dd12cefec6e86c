/*
 * test_attempts.c: how long a realm is left alone whose renewal fails, and
 * when that is forgotten.
 */
#include "config.h"
#include <string.h>
#include "daemon/attempts.h"
#include "tests/unit/test.h"

#define INTERVAL 100
#define NOW 5000

static struct kx_attempts attempts;

static int
tear_down(void **state)
{
    (void)state;
    kx_attempts_clear(&attempts);
    return 0;
}

/* An attempt at realm that has failed so many times. */
static struct kx_attempt *
failed(const char *realm, int times)
{
    struct kx_attempt *attempt = kx_attempt_add(&attempts, NULL, realm);

    assert_non_null(attempt);
    while (times-- > 0)
        kx_attempt_failed(attempt, KX_ERR_CONNECT, INTERVAL, NOW);
    return attempt;
}

static void
the_pause_is_an_interval_and_doubles_each_time(void **state)
{
    (void)state;
    assert_int_equal(failed("A.TEST", 1)->until, NOW + INTERVAL);
    assert_int_equal(failed("B.TEST", 2)->until, NOW + 2 * INTERVAL);
    assert_int_equal(failed("C.TEST", 4)->until, NOW + 8 * INTERVAL);
}

static void
the_pause_does_not_grow_for_ever(void **state)
{
    (void)state;
    assert_int_equal(failed("A.TEST", 100)->until,
                     NOW + KX_LONGEST_ATTEMPT_PAUSE);
}

static void
what_a_whole_walk_did_not_find_due_is_forgotten(void **state)
{
    (void)state;
    (void)failed("A.TEST", 1);
    (void)failed("B.TEST", 1);
    kx_attempts_doubt(&attempts);
    kx_attempts_want(&attempts, "B.TEST");
    kx_attempts_want(&attempts, "C.TEST");
    kx_attempts_drop_unwanted(&attempts);
    assert_null(kx_attempt_find(&attempts, "A.TEST"));
    assert_non_null(kx_attempt_find(&attempts, "B.TEST"));
    assert_null(kx_attempt_find(&attempts, "C.TEST"));
}

static void
what_began_during_a_walk_is_not(void **state)
{
    (void)state;
    kx_attempts_doubt(&attempts);
    (void)failed("A.TEST", 1);
    kx_attempts_drop_unwanted(&attempts);
    assert_non_null(kx_attempt_find(&attempts, "A.TEST"));
}

static void
who_is_left_alone_is_not_under_way(void **state)
{
    (void)state;
    assert_int_equal(kx_attempts_under_way(&attempts), 0);
    (void)failed("A.TEST", 1);
    (void)failed("B.TEST", 2);
    assert_int_equal(kx_attempts_under_way(&attempts), 0);
}

static void
those_that_fail_are_counted_and_as_many_told_as_there_is_room_for(void **state)
{
    struct kx_failing failing[2];
    size_t n_listed;

    (void)state;
    (void)failed("A.TEST", 3);
    (void)failed("B.TEST", 1);
    (void)failed("C.TEST", 0);
    (void)failed("D.TEST", 1);
    assert_int_equal(kx_attempts_failing(&attempts, failing, 2, &n_listed), 3);
    assert_int_equal(n_listed, 2);
    assert_int_equal(failing[0].code, KX_ERR_CONNECT);
    assert_int_equal(kx_attempts_failing(&attempts, failing, 0, &n_listed), 3);
    assert_int_equal(n_listed, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_pause_is_an_interval_and_doubles_each_time),
        TEST(the_pause_does_not_grow_for_ever),
        TEST(what_a_whole_walk_did_not_find_due_is_forgotten),
        TEST(what_began_during_a_walk_is_not),
        TEST(who_is_left_alone_is_not_under_way),
        TEST(
            those_that_fail_are_counted_and_as_many_told_as_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
