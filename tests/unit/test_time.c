/*
 * test_time.c: times in text, as marks have them.
 */
#include "config.h"
#include <time.h>
#include "tests/unit/test.h"

#define DAY 86400

static void
every_day_until_2106_comes_out_the_same_again(void **state)
{
    char text[KX_TIME_TEXT_SIZE];
    time_t t, read;

    (void)state;
    for (t = DAY - 1; t <= (time_t)UINT32_MAX; t += DAY) {
        assert_true(kx_time_read(kx_time_text(t, text), &read));
        assert_int_equal(read, t);
    }
}

static void
the_first_and_the_last_second_are_read(void **state)
{
    time_t t;

    (void)state;
    assert_true(kx_time_read("1970-01-01T00:00:01Z", &t));
    assert_int_equal(t, 1);
    assert_true(kx_time_read("2106-02-07T06:28:15Z", &t));
    assert_int_equal(t, UINT32_MAX);
}

static void
what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-12-06",
        "2026-12-06T19:51:16",
        "2026-12-06T19:51:16Z ",
        " 2026-12-06T19:51:16Z",
        "2026-12-06 19:51:16Z",
        "2026-12-06T19:51:16z",
        "2026-12-6T19:51:16Z",
        "+026-12-06T19:51:16Z",
        "2026-00-06T19:51:16Z",
        "2026-13-06T19:51:16Z",
        "2026-12-00T19:51:16Z",
        "2026-12-32T19:51:16Z",
        "2026-04-31T19:51:16Z",
        "2026-02-29T19:51:16Z",
        "2100-02-29T19:51:16Z",
        "2000-02-30T19:51:16Z",
        "2026-12-06T24:00:00Z",
        "2026-12-06T19:60:16Z",
        "2026-12-06T19:51:60Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "2106-02-07T06:28:16Z",
        "9999-12-31T23:59:59Z",
    };
    time_t t = 7;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (kx_time_read(bad[i], &t))
            fail_msg("%s is a time", bad[i]);
        assert_int_equal(t, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_until_2106_comes_out_the_same_again),
        cmocka_unit_test(the_first_and_the_last_second_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
