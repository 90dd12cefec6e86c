/*
 * json.h: results for programs, made with jansson.
 *
 * Names are in small letters with underscores, and stay.  Times are text as
 * RFC 3339 has it, in UTC: "2026-11-22T15:51:00Z".  What is not there is null,
 * never left out.  Numbers are whole ones.
 */
#ifndef KX_CLI_JSON_H
#define KX_CLI_JSON_H

#include <time.h>
#include <jansson.h>
#include "cli/outbox.h"

/* A new string of the time; null for 0. */
json_t *json_time(time_t t);

/* A new string of text, in which what is not UTF-8 was replaced by '?'; null
 * for NULL. */
json_t *json_text(const char *text);

/*
 * Print value, which is given up, on stdout, over several lines.  Returns
 * CLI_OK, or CLI_FAILED after saying what is wrong; NULL is taken for a value
 * that there was no memory for.
 */
int json_print(json_t *value);

/* Send value, which is given up, as one line.  Errors: ENOMEM (also for NULL),
 * outbox_put()'s. */
krb5_error_code json_line(struct outbox *outbox, json_t *value);

#endif /* KX_CLI_JSON_H */
