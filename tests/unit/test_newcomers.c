/*
 * test_newcomers.c: how fast a KDC may meet realms that it never met.
 */
#include "config.h"
#include "plugin/newcomers.h"
#include "tests/unit/test.h"

#define DAY (24 * 60 * 60)
#define NOW 1000000

/* More than ever come at once here: with a bucket that lets in all, a test is
 * to fail, not to go on for ever. */
#define ENOUGH 1000000

/* How many come at moment now, who come as fast as they may. */
static int64_t
come(struct kx_newcomers *newcomers, int64_t now)
{
    int64_t n = 0;

    while (n < ENOUGH && kx_newcomers_may_come(newcomers, now)) {
        kx_newcomers_came(newcomers);
        n++;
    }
    return n;
}

static void
a_tenth_of_them_may_come_at_once(void **state)
{
    struct kx_newcomers newcomers;

    (void)state;
    kx_newcomers_begin(&newcomers, 10000, 16 * DAY, NOW);
    assert_int_equal(come(&newcomers, NOW), 1000);
}

static void
one_may_come_at_least(void **state)
{
    struct kx_newcomers newcomers;

    (void)state;
    kx_newcomers_begin(&newcomers, 1, 16 * DAY, NOW);
    assert_int_equal(come(&newcomers, NOW), 1);
    assert_int_equal(come(&newcomers, NOW + 16 * DAY - 1), 0);
    assert_int_equal(come(&newcomers, NOW + 16 * DAY), 1);
}

static void
in_a_life_no_more_come_than_there_may_be_and_the_first_of_them(void **state)
{
    struct kx_newcomers newcomers;
    int64_t n = 0, now;

    (void)state;
    kx_newcomers_begin(&newcomers, 100, 16 * DAY, NOW);
    n = come(&newcomers, NOW);
    assert_int_equal(n, 10);
    for (now = NOW; now <= NOW + 16 * DAY; now += 60)
        n += come(&newcomers, now);
    assert_int_equal(n, 110);
}

static void
who_does_not_come_is_not_saved_up_for(void **state)
{
    struct kx_newcomers newcomers;

    (void)state;
    kx_newcomers_begin(&newcomers, 100, 16 * DAY, NOW);
    assert_int_equal(come(&newcomers, NOW + 365 * DAY), 10);
    assert_int_equal(come(&newcomers, NOW + 365 * DAY + 8 * DAY), 10);
}

static void
to_ask_is_not_to_come(void **state)
{
    struct kx_newcomers newcomers;
    int i;

    (void)state;
    kx_newcomers_begin(&newcomers, 1, 16 * DAY, NOW);
    for (i = 0; i < 10; i++)
        assert_true(kx_newcomers_may_come(&newcomers, NOW));
    kx_newcomers_came(&newcomers);
    assert_false(kx_newcomers_may_come(&newcomers, NOW));
}

static void
the_largest_numbers_do_not_overflow(void **state)
{
    struct kx_newcomers newcomers;
    const int64_t life = 33LL * DAY;

    (void)state;
    kx_newcomers_begin(&newcomers, 1000000, life, 0);
    assert_int_equal(come(&newcomers, INT64_MAX / 2), 100000);
    assert_int_equal(come(&newcomers, INT64_MAX / 2 + life - 1), 100000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tenth_of_them_may_come_at_once),
        cmocka_unit_test(one_may_come_at_least),
        cmocka_unit_test(
            in_a_life_no_more_come_than_there_may_be_and_the_first_of_them),
        cmocka_unit_test(who_does_not_come_is_not_saved_up_for),
        cmocka_unit_test(to_ask_is_not_to_come),
        cmocka_unit_test(the_largest_numbers_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
