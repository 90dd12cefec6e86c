/*
 * json.c: results for programs, made with jansson.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/json.h"

json_t *
json_time(time_t t)
{
    char text[KX_TIME_TEXT_SIZE];

    return t == 0 ? json_null() : json_string(kx_time_text(t, text));
}

json_t *
json_text(const char *text)
{
    json_t *value;
    char *copy, *c;

    if (text == NULL)
        return json_null();
    value = json_string(text);
    if (value != NULL)
        return value;
    copy = strdup(text);
    if (copy == NULL)
        return NULL;
    for (c = copy; *c != '\0'; c++) {
        if ((unsigned char)*c > '~')
            *c = '?';
    }
    value = json_string(copy);
    free(copy);
    return value;
}

int
json_print(json_t *value)
{
    int code = CLI_OK;

    if (value == NULL)
        return cli_fail(NULL, ENOMEM, "cannot print the result");
    if (json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0 ||
        putchar('\n') == EOF)
        code = cli_fail(NULL, errno != 0 ? errno : EIO,
                        "cannot print the result");
    json_decref(value);
    return code;
}

krb5_error_code
json_line(struct outbox *outbox, json_t *value)
{
    krb5_error_code ret = ENOMEM;
    char *text = NULL;

    if (value != NULL)
        text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text != NULL)
        ret = outbox_text(outbox, text);
    if (ret == 0)
        ret = outbox_text(outbox, "\n");
    free(text);
    json_decref(value);
    return ret;
}
