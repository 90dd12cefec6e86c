/*
 * test_news.c: a line that was told is not told again for a while.
 */
#include "config.h"
#include <stdio.h>
#include "plugin/news.h"
#include "tests/unit/test.h"

#define NOW 1000

static int
set_up(void **state)
{
    static struct kx_news news;

    *state = &news;
    return 0;
}

static int
tear_down(void **state)
{
    kx_news_clear(*state);
    return 0;
}

static void
a_line_is_news_once(void **state)
{
    assert_true(kx_is_news(*state, "a", NOW));
    assert_false(kx_is_news(*state, "a", NOW));
    assert_false(kx_is_news(*state, "a", NOW + KX_NEWS_PAUSE - 1));
}

static void
another_line_is_news_of_its_own(void **state)
{
    assert_true(kx_is_news(*state, "a", NOW));
    assert_true(kx_is_news(*state, "b", NOW));
    assert_false(kx_is_news(*state, "a", NOW));
}

static void
a_line_is_news_again_after_a_while(void **state)
{
    assert_true(kx_is_news(*state, "a", NOW));
    assert_true(kx_is_news(*state, "a", NOW + KX_NEWS_PAUSE));
    assert_false(kx_is_news(*state, "a", NOW + KX_NEWS_PAUSE + 1));
}

static void
of_many_lines_the_oldest_is_forgotten(void **state)
{
    char line[16];
    int i;

    for (i = 0; i <= KX_NEWS_LINES; i++) {
        (void)snprintf(line, sizeof(line), "%d", i);
        assert_true(kx_is_news(*state, line, NOW));
    }
    assert_false(kx_is_news(*state, "1", NOW));
    assert_true(kx_is_news(*state, "0", NOW));
}

static void
what_was_cleared_is_news(void **state)
{
    assert_true(kx_is_news(*state, "a", NOW));
    kx_news_clear(*state);
    assert_true(kx_is_news(*state, "a", NOW));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_news_once),
        TEST(another_line_is_news_of_its_own),
        TEST(a_line_is_news_again_after_a_while),
        TEST(of_many_lines_the_oldest_is_forgotten),
        TEST(what_was_cleared_is_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
