/*
 * test_log.c: log lines that a stranger can neither forge nor fill a disk
 * with.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include "tests/unit/test.h"

/* What came out of a logger. */
struct heard {
    unsigned int n;
    char last[2048];
};

static void
hear(void *arg, int priority, const char *line)
{
    struct heard *heard = arg;

    (void)priority;
    heard->n++;
    (void)snprintf(heard->last, sizeof(heard->last), "%s", line);
}

/* Say hello so many times under quiet. */
static void
say(struct kx_quiet *quiet, struct heard *heard, unsigned int times)
{
    const struct kx_logger logger = {hear, heard};

    for (; times > 0; times--)
        kx_log_quietly(quiet, &logger, LOG_NOTICE, "hello %s", "there");
}

static void
control_characters_do_not_get_into_the_log(void **state)
{
    struct heard heard = {0};
    const struct kx_logger logger = {hear, &heard};
    struct kx_quiet quiet = {0};

    (void)state;
    kx_log(&logger, LOG_NOTICE, "a%sb", "\n\r\x1b\x7f");
    assert_string_equal(heard.last, "a????b");
    kx_log_quietly(&quiet, &logger, LOG_NOTICE, "a%sb", "\n");
    assert_string_equal(heard.last, "a?b");
}

static void
a_few_quiet_lines_are_all_written(void **state)
{
    struct heard heard = {0};
    struct kx_quiet quiet = {0};

    (void)state;
    say(&quiet, &heard, KX_QUIET_LINES);
    assert_int_equal(heard.n, KX_QUIET_LINES);
    assert_string_equal(heard.last, "hello there");
}

static void
of_a_flood_no_more_are_written(void **state)
{
    struct heard heard = {0};
    struct kx_quiet quiet = {0};

    (void)state;
    say(&quiet, &heard, 1000);
    assert_int_equal(heard.n, KX_QUIET_LINES);
}

static void
what_was_kept_back_is_counted_in_the_next_period(void **state)
{
    struct heard heard = {0};
    struct kx_quiet quiet = {0};

    (void)state;
    say(&quiet, &heard, KX_QUIET_LINES + 7);
    quiet.until = 0; /* the period is over */
    say(&quiet, &heard, 1);
    assert_string_equal(heard.last, "hello there (and 7 more like it before)");
    say(&quiet, &heard, 1);
    assert_string_equal(heard.last, "hello there");
}

static void
a_line_that_is_cut_keeps_its_count(void **state)
{
    struct heard heard = {0};
    const struct kx_logger logger = {hear, &heard};
    struct kx_quiet quiet = {0};
    char words[2000];

    (void)state;
    memset(words, 'x', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    say(&quiet, &heard, KX_QUIET_LINES + 7);
    quiet.until = 0;
    kx_log_quietly(&quiet, &logger, LOG_NOTICE, "%s", words);
    assert_int_equal(strlen(heard.last), KX_LOG_LINE_SIZE - 1);
    assert_non_null(strstr(heard.last, "x (and 7 more like it before)"));
}

static void
one_quiet_does_not_silence_another(void **state)
{
    struct heard heard = {0};
    struct kx_quiet quiet = {0}, other = {0};

    (void)state;
    say(&quiet, &heard, 1000);
    say(&other, &heard, 1);
    assert_int_equal(heard.n, KX_QUIET_LINES + 1);
}

static void
without_a_logger_nothing_happens(void **state)
{
    struct kx_quiet quiet = {0};

    (void)state;
    kx_log(NULL, LOG_NOTICE, "hello");
    kx_log_quietly(&quiet, NULL, LOG_NOTICE, "hello");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_do_not_get_into_the_log),
        cmocka_unit_test(a_few_quiet_lines_are_all_written),
        cmocka_unit_test(of_a_flood_no_more_are_written),
        cmocka_unit_test(what_was_kept_back_is_counted_in_the_next_period),
        cmocka_unit_test(a_line_that_is_cut_keeps_its_count),
        cmocka_unit_test(one_quiet_does_not_silence_another),
        cmocka_unit_test(without_a_logger_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
