/*
 * list.c: kxover list: the crossovers that the realm's database has.
 *
 * A list that one can take in at a glance is sorted, and its columns fit.  One
 * that is longer is printed while it is read, in the order of the database, so
 * that it takes no more memory than a short one.
 */
#include "config.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kdb.h>
#include "cli/cli.h"
#include "cli/crossovers.h"
#include "cli/outbox.h"

static const char *const titles[CROSSOVER_COLUMNS] = {
    "DIRECTION", "REALM", "KVNO", "UNTIL", "PEER", "ENCRYPTION TYPES"};

/* More rows than that are neither sorted nor held back. */
#define MAX_SORTED 1000

/* Longest line: more than the columns have room for. */
#define LINE_SIZE PIPE_BUF

struct table {
    struct outbox outbox;
    krb5_boolean begun; /* the titles are out, and the widths are fixed */
    size_t widths[CROSSOVER_COLUMNS];
    struct crossover_rows rows; /* held back until then */
};

/* Send one line of the table; the last column is not filled up.  Errors:
 * outbox_put()'s. */
static krb5_error_code
put_line(struct table *table, const char *const texts[CROSSOVER_COLUMNS])
{
    char line[LINE_SIZE];
    size_t i, n = 0;

    for (i = 0; i + 1 < CROSSOVER_COLUMNS && n < sizeof(line); i++)
        n += (size_t)snprintf(line + n, sizeof(line) - n, "%-*s  ",
                              (int)table->widths[i], texts[i]);
    if (n < sizeof(line))
        n += (size_t)snprintf(line + n, sizeof(line) - n, "%s\n", texts[i]);
    return outbox_put(&table->outbox, line,
                      n < sizeof(line) ? n : sizeof(line) - 1);
}

/* Send rows.  Errors: outbox_put()'s. */
static krb5_error_code
put_rows(struct table *table, const struct crossover_rows *rows)
{
    const char *texts[CROSSOVER_COLUMNS];
    krb5_error_code ret = 0;
    size_t i, j;

    for (i = 0; i < rows->n && ret == 0; i++) {
        for (j = 0; j < CROSSOVER_COLUMNS; j++)
            texts[j] = rows->rows[i].text[j];
        ret = put_line(table, texts);
    }
    return ret;
}

/* Make each column as wide as its widest text so far, and send the titles and
 * what was held back.  Errors: outbox_put()'s. */
static krb5_error_code
begin(struct table *table)
{
    const struct crossover_rows *rows = &table->rows;
    krb5_error_code ret;
    size_t i, j;

    for (j = 0; j < CROSSOVER_COLUMNS; j++) {
        table->widths[j] = strlen(titles[j]);
        for (i = 0; i < rows->n; i++) {
            if (strlen(rows->rows[i].text[j]) > table->widths[j])
                table->widths[j] = strlen(rows->rows[i].text[j]);
        }
    }
    table->begun = TRUE;
    ret = put_line(table, titles);
    if (ret == 0)
        ret = put_rows(table, rows);
    crossover_rows_clear(&table->rows);
    return ret;
}

/* Take the rows of one crossover.  Errors: ENOMEM, outbox_put()'s. */
static krb5_error_code
take_rows(void *arg, struct crossover_rows *rows)
{
    struct table *table = arg;
    krb5_error_code ret;

    if (table->begun)
        return put_rows(table, rows);
    ret = crossover_rows_move(&table->rows, rows);
    return ret == 0 && table->rows.n > MAX_SORTED ? begin(table) : ret;
}

/* Send what is still here, when nothing is locked any more.  Errors:
 * outbox_put()'s and outbox_flush()'s. */
static krb5_error_code
finish(struct table *table)
{
    krb5_error_code ret = 0;

    if (!table->begun) {
        crossover_rows_sort(&table->rows);
        ret = begin(table);
    }
    return ret ? ret : outbox_flush(&table->outbox);
}

/* Say why the database of realm could not be opened. */
static int
fail_open(krb5_context context, krb5_error_code code, const char *realm)
{
    if (code == EACCES || code == EPERM)
        return cli_fail(context, code,
                        "cannot open the database of %s, which takes the "
                        "rights of kadmin.local",
                        realm);
    return cli_fail(context, code, "cannot open the database of %s", realm);
}

/* Print the crossovers in the database of realm_option. */
static int
list(const char *realm_option)
{
    krb5_context context = NULL;
    struct table table = {0};
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    outbox_init(&table.outbox, STDOUT_FILENO);
    code = cli_open(realm_option, &context, &realm);
    if (code != CLI_OK)
        goto cleanup;
    ret = krb5_db_open(context, NULL,
                       KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    if (ret) {
        code = fail_open(context, ret, realm);
        goto cleanup;
    }
    ret = crossovers_read(context, realm, time(NULL), take_rows, &table);
    if (ret)
        code = cli_fail(context, ret, "cannot list the database of %s", realm);
    (void)krb5_db_fini(context);
    if (code == CLI_OK) {
        ret = finish(&table);
        if (ret)
            code = cli_fail(NULL, ret, "cannot print the list");
    }

cleanup:
    crossover_rows_clear(&table.rows);
    outbox_clear(&table.outbox);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

/* kxover list */
static int
run(const struct cli_command *command, int argc, char **argv)
{
    static const struct option options[] = {CLI_LONG_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    const char *realm = NULL;
    int option;

    while ((option = getopt_long(argc, argv, CLI_SHORT_OPTIONS, options,
                                 NULL)) != -1) {
        if (option != 'r')
            return cli_other_option(command, option, argv);
        realm = optarg;
    }
    if (optind < argc)
        return cli_usage(command, "what is %s?", argv[optind]);
    return list(realm);
}

const struct cli_command cli_list = {
    .name = "list",
    .summary = "list the crossovers to and from other realms",
    .usage =
        "usage: kxover list [-r REALM]\n\n"
        "List the crossovers in the realm's database, a line for each key\n"
        "version: outgoing ones lead this realm's users to the other realm,\n"
        "incoming ones the other's users here.  Those keyed by hand are "
        "shown\n"
        "as such; kxover does not touch them.  More than a thousand lines "
        "are\n"
        "in the order of the database.\n\n"
        "  -r, --realm REALM  the realm [default_realm of krb5.conf]\n",
    .run = run,
};
