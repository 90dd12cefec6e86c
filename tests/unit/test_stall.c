/*
 * test_stall.c: how long a KDC may stand still because of us.
 */
#include "config.h"
#include "tests/unit/test.h"
#include "plugin/stall.h"

#define SECOND ((int64_t)1000000000)
#define WAIT (3 * SECOND)

/* A moment that is not 0, as a clock's first is not. */
#define START (1000 * SECOND)

static void
a_first_lookup_may_wait_its_whole_time(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    assert_int_equal(kx_stall_allowance(&stall, START), WAIT);
}

static void
what_was_waited_is_gone(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, 2 * SECOND, FALSE, START + 2 * SECOND);
    assert_int_equal(kx_stall_allowance(&stall, START + 2 * SECOND), SECOND);
}

static void
an_empty_bucket_lets_nobody_wait(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, WAIT, FALSE, START + WAIT);
    assert_int_equal(kx_stall_allowance(&stall, START + WAIT), 0);
}

static void
it_fills_by_the_percentage_of_the_time_that_goes_by(void **state)
{
    struct kx_stall stall;
    int64_t empty = START + WAIT;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, WAIT, FALSE, empty);
    assert_int_equal(kx_stall_allowance(&stall, empty + 5 * SECOND), SECOND);
    assert_int_equal(kx_stall_allowance(&stall, empty + 10 * SECOND),
                     2 * SECOND);
}

static void
it_never_holds_more_than_one_wait(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    assert_int_equal(kx_stall_allowance(&stall, START + 3600 * SECOND), WAIT);
    kx_stall_spend(&stall, SECOND, FALSE, START + 3601 * SECOND);
    assert_int_equal(kx_stall_allowance(&stall, START + 3601 * SECOND),
                     2 * SECOND);
}

static void
a_wait_in_vain_counts_twice(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, SECOND, TRUE, START + SECOND);
    assert_int_equal(kx_stall_allowance(&stall, START + SECOND), SECOND);
}

static void
a_debt_is_paid_off_before_anybody_waits(void **state)
{
    struct kx_stall stall;
    int64_t empty = START + WAIT;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, WAIT, TRUE, empty);
    assert_int_equal(kx_stall_allowance(&stall, empty + 15 * SECOND), 0);
    assert_int_equal(kx_stall_allowance(&stall, empty + 20 * SECOND), SECOND);
}

static void
a_debt_is_never_more_than_one_wait(void **state)
{
    struct kx_stall stall;
    int64_t end = START + 30 * SECOND;

    (void)state;
    kx_stall_begin(&stall, WAIT, 20, START);
    kx_stall_spend(&stall, 30 * SECOND, FALSE, end);
    assert_int_equal(kx_stall_allowance(&stall, end + 20 * SECOND), SECOND);
}

static void
no_percent_never_waits(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 0, START);
    assert_int_equal(kx_stall_allowance(&stall, START), 0);
    assert_int_equal(kx_stall_allowance(&stall, START + 3600 * SECOND), 0);
}

static void
a_hundred_percent_always_waits(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 100, START);
    kx_stall_spend(&stall, 30 * SECOND, TRUE, START + SECOND);
    assert_int_equal(kx_stall_allowance(&stall, START + SECOND), WAIT);
}

static void
without_a_wait_there_is_nothing_to_wait(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, 0, 100, START);
    assert_int_equal(kx_stall_allowance(&stall, START + 3600 * SECOND), 0);
}

/* The time that is waited in length, when whoever may wait waits as long as
 * allowed, and waiting is in vain or not. */
static int64_t
greedy(int64_t length, krb5_boolean in_vain)
{
    struct kx_stall stall;
    int64_t now = START, waited = 0, allowed;

    kx_stall_begin(&stall, WAIT, 20, START);
    while (now < START + length) {
        allowed = kx_stall_allowance(&stall, now);
        now += allowed;
        waited += allowed;
        if (allowed > 0)
            kx_stall_spend(&stall, allowed, in_vain, now);
        now += SECOND / 1000;
    }
    return waited;
}

static void
in_the_long_run_no_more_than_the_percentage_is_waited(void **state)
{
    const int64_t length = 3600 * SECOND;

    (void)state;
    assert_true(greedy(length, FALSE) <= length / 5 + WAIT);
    assert_true(greedy(length, FALSE) >= length / 6);
}

static void
waiting_in_vain_keeps_to_the_percentage_even_from_a_full_bucket(void **state)
{
    int64_t seconds;

    (void)state;
    for (seconds = 15; seconds < 600; seconds++)
        assert_true(greedy(seconds * SECOND, TRUE) <= seconds * SECOND / 5);
}

static void
a_clock_that_stood_still_for_ages_does_no_harm(void **state)
{
    struct kx_stall stall;

    (void)state;
    kx_stall_begin(&stall, WAIT, 99, 0);
    kx_stall_spend(&stall, WAIT, FALSE, WAIT);
    assert_int_equal(kx_stall_allowance(&stall, INT64_MAX), WAIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_lookup_may_wait_its_whole_time),
        cmocka_unit_test(what_was_waited_is_gone),
        cmocka_unit_test(an_empty_bucket_lets_nobody_wait),
        cmocka_unit_test(it_fills_by_the_percentage_of_the_time_that_goes_by),
        cmocka_unit_test(it_never_holds_more_than_one_wait),
        cmocka_unit_test(a_wait_in_vain_counts_twice),
        cmocka_unit_test(a_debt_is_paid_off_before_anybody_waits),
        cmocka_unit_test(a_debt_is_never_more_than_one_wait),
        cmocka_unit_test(no_percent_never_waits),
        cmocka_unit_test(a_hundred_percent_always_waits),
        cmocka_unit_test(without_a_wait_there_is_nothing_to_wait),
        cmocka_unit_test(
            in_the_long_run_no_more_than_the_percentage_is_waited),
        cmocka_unit_test(
            waiting_in_vain_keeps_to_the_percentage_even_from_a_full_bucket),
        cmocka_unit_test(a_clock_that_stood_still_for_ages_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
