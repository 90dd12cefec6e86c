/*
 * report.c: steps one after the other, each with what came of it.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/json.h"
#include "cli/paint.h"
#include "cli/report.h"

/* The longest label, "check 3: signature". */
#define LABEL_WIDTH 18

/* What stands before the detail; a remedy is put beneath that. */
#define INDENT 38

/* Columns that any terminal has. */
#define MAX_PROGRESS 79

static const struct {
    const char *word;
    const char *name; /* for programs */
    enum paint paint;
} results[] = {
    [REPORT_GOOD] = {"ok", "ok", PAINT_GOOD},
    [REPORT_CARE] = {"care", "care", PAINT_CARE},
    [REPORT_BAD] = {"FAIL", "failed", PAINT_BAD},
};

void
report_clear(struct report *report)
{
    if (report->shown == 0)
        return;
    printf("\r%*s\r", (int)report->shown, "");
    (void)fflush(stdout);
    report->shown = 0;
}

void
report_begin(struct report *report, const char *label, const char *host)
{
    char text[MAX_PROGRESS + 1];

    if (report->json || !isatty(STDOUT_FILENO))
        return;
    report_clear(report);
    (void)snprintf(text, sizeof(text), "  ...   %s%s%s", label,
                   host != NULL ? ": " : "", host != NULL ? host : "");
    fputs(text, stdout);
    (void)fflush(stdout);
    report->shown = strlen(text);
}

/* Append line to the report's JSON. */
static void
append(struct report *report, const struct report_line *line)
{
    json_t *step;

    if (report->steps == NULL)
        report->steps = json_array();
    step = json_pack(
        "{s: s, s: s, s: o, s: o, s: o, s: o, s: o}", "step", line->step,
        "result", results[line->result].name, "host", json_text(line->host),
        "port", line->host != NULL ? json_integer(line->port) : json_null(),
        "microseconds",
        line->usec >= 0 ? json_integer((json_int_t)line->usec) : json_null(),
        "detail", json_text(line->detail), "remedy", json_text(line->remedy));
    if (step != NULL)
        (void)json_array_append_new(report->steps, step);
}

/* Print line. */
static void
print(const struct report_line *line)
{
    const enum paint paint = results[line->result].paint;
    char time[32] = "";

    if (line->usec >= 0)
        (void)snprintf(time, sizeof(time), "%.1f ms",
                       (double)line->usec / 1000);
    printf("  %s%-4s%s  %-*s %10s  %s\n", paint_on(paint),
           results[line->result].word, paint_off(paint), LABEL_WIDTH,
           line->label, time, line->detail);
    if (line->remedy != NULL)
        printf("%*s%s%s%s\n", INDENT, "", paint_on(PAINT_TITLE), line->remedy,
               paint_off(PAINT_TITLE));
    (void)fflush(stdout);
}

/* Copy text, in which strangers may have had a word, to clean as far as it
 * goes, with '?' for what would do something to a terminal. */
static void
make_clean(const char *text, char clean[REPORT_DETAIL_SIZE])
{
    unsigned char *p;

    (void)snprintf(clean, REPORT_DETAIL_SIZE, "%s", text);
    for (p = (unsigned char *)clean; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
}

void
report_line(struct report *report, const struct report_line *told)
{
    struct report_line copy = *told;
    const struct report_line *line = &copy;
    char detail[REPORT_DETAIL_SIZE];

    make_clean(told->detail, detail);
    copy.detail = detail;
    report_clear(report);
    if (line->result == REPORT_CARE)
        report->n_care++;
    if (line->result == REPORT_BAD && report->n_bad++ == 0)
        (void)snprintf(report->failure, sizeof(report->failure), "%s: %s%s%s",
                       line->label, line->detail,
                       line->remedy != NULL ? ". " : "",
                       line->remedy != NULL ? line->remedy : "");
    if (report->json)
        append(report, line);
    else if (!report->brief)
        print(line);
}

json_t *
report_steps(struct report *report)
{
    return report->steps != NULL ? json_incref(report->steps) : json_array();
}

void
report_close(struct report *report)
{
    report_clear(report);
    json_decref(report->steps);
    report->steps = NULL;
}
