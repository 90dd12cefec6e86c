/*
 * test_cli_report.c: what kxover check tells of its steps.
 *
 * How it looks on a terminal is tried in the scenarios.
 */
#include "config.h"
#include <string.h>
#include "cli/json.h"
#include "cli/report.h"
#include "tests/unit/test.h"

/* A step of which nothing but detail is worth telling. */
static struct report_line
line_of(enum report_result result, const char *detail)
{
    const struct report_line line = {.step = "tlsa",
                                     .label = "TLSA",
                                     .result = result,
                                     .usec = -1,
                                     .detail = detail};

    return line;
}

/* The text of name in the report's step number i; valid until it is closed. */
static const char *
told(struct report *report, size_t i, const char *name)
{
    return json_string_value(
        json_object_get(json_array_get(report->steps, i), name));
}

static void
what_a_stranger_wrote_does_nothing_to_a_terminal(void **state)
{
    struct report report = {.json = TRUE};
    const struct report_line line =
        line_of(REPORT_BAD, "before\033[2Jafter\r\n\x7f");

    (void)state;
    report_line(&report, &line);

    assert_string_equal(told(&report, 0, "detail"), "before?[2Jafter???");
    assert_string_equal(report.failure, "TLSA: before?[2Jafter???");
    report_close(&report);
}

static void
what_is_no_utf8_is_told_without_what_is_no_ascii(void **state)
{
    json_t *told = json_text("caf\xe9 au lait");

    (void)state;
    assert_string_equal(json_string_value(told), "caf? au lait");
    json_decref(told);
}

static void
what_there_is_not_is_told_as_null(void **state)
{
    json_t *text = json_text(NULL), *time = json_time(0);

    (void)state;
    assert_true(json_is_null(text));
    assert_true(json_is_null(time));
}

static void
other_languages_are_left_as_they_are(void **state)
{
    struct report report = {.json = TRUE};
    const struct report_line line = line_of(REPORT_GOOD, "für immer");

    (void)state;
    report_line(&report, &line);

    assert_string_equal(told(&report, 0, "detail"), "für immer");
    report_close(&report);
}

static void
what_is_too_long_is_cut(void **state)
{
    struct report report = {.json = TRUE};
    char detail[2 * REPORT_DETAIL_SIZE];
    struct report_line line;

    (void)state;
    memset(detail, 'x', sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    line = line_of(REPORT_BAD, detail);
    report_line(&report, &line);

    assert_int_equal(strlen(told(&report, 0, "detail")),
                     REPORT_DETAIL_SIZE - 1);
    report_close(&report);
}

static void
of_several_failures_the_first_is_told_at_the_end(void **state)
{
    struct report report = {.json = TRUE};
    const struct report_line care = line_of(REPORT_CARE, "care"),
                             first = line_of(REPORT_BAD, "first"),
                             second = line_of(REPORT_BAD, "second");

    (void)state;
    report_line(&report, &care);
    report_line(&report, &first);
    report_line(&report, &second);

    assert_string_equal(report.failure, "TLSA: first");
    assert_int_equal(report.n_care, 1);
    assert_int_equal(report.n_bad, 2);
    report_close(&report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_stranger_wrote_does_nothing_to_a_terminal),
        cmocka_unit_test(what_is_no_utf8_is_told_without_what_is_no_ascii),
        cmocka_unit_test(what_there_is_not_is_told_as_null),
        cmocka_unit_test(other_languages_are_left_as_they_are),
        cmocka_unit_test(what_is_too_long_is_cut),
        cmocka_unit_test(of_several_failures_the_first_is_told_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
