/*
 * report.h: steps one after the other, each with what came of it.
 *
 * On a terminal, the step that is being worked on has a line that its result
 * then takes the place of; elsewhere results alone are printed.  With JSON
 * nothing is printed until the end.
 */
#ifndef KX_CLI_REPORT_H
#define KX_CLI_REPORT_H

#include <jansson.h>
#include "base/kx_base.h"

enum report_result {
    REPORT_GOOD,
    REPORT_CARE, /* works, and wants a look */
    REPORT_BAD
};

/* One result; all borrowed. */
struct report_line {
    const char *step;  /* its name for programs */
    const char *label; /* and for people */
    enum report_result result;
    const char *host; /* the server that it is about; NULL: none */
    uint16_t port;
    int64_t usec;       /* what it took; below 0: nothing worth telling */
    const char *detail; /* what was found, or what is wrong */
    const char *remedy; /* what to do; NULL: nothing */
};

#define REPORT_DETAIL_SIZE 1024

/* Begins as zeroes, but for the first two. */
struct report {
    krb5_boolean json;
    krb5_boolean brief; /* print nothing but what is being worked on */
    json_t *steps;      /* with JSON; NULL without memory, too */
    size_t shown;       /* characters of the line that is worked on */
    unsigned int n_care, n_bad;
    char failure[2 * REPORT_DETAIL_SIZE]; /* the first bad one, in one line */
};

/* Say what is being worked on; host may be NULL. */
void report_begin(struct report *report, const char *label, const char *host);

/* Tell a result, without control characters.  What is being worked on makes
 * way for it. */
void report_line(struct report *report, const struct report_line *told);

/* Take away what report_begin() has written. */
void report_clear(struct report *report);

/* The steps for a result in JSON, as a new reference; NULL without memory. */
json_t *report_steps(struct report *report);

/* Release what report holds. */
void report_close(struct report *report);

#endif /* KX_CLI_REPORT_H */
