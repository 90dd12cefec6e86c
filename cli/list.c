/*
 * list.c: kxover list: the crossovers that the realm's database has.
 *
 * A list that one can take in at a glance is sorted, and its columns fit.  One
 * that is longer is printed while it is read, in the order of the database, so
 * that it takes no more memory than a short one.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kdb.h>
#include "cli/cli.h"
#include "cli/crossovers.h"
#include "cli/table.h"

static const char *const titles[CROSSOVER_COLUMNS] = {
    "DIRECTION", "REALM", "KVNO", "UNTIL", "PEER", "ENCRYPTION TYPES"};

/* More rows than that are neither sorted nor held back. */
#define MAX_SORTED 1000

struct list {
    struct outbox outbox;
    struct table table;
    krb5_boolean begun;         /* the titles are out */
    struct crossover_rows rows; /* held back until then */
};

/* The cells of a row's texts. */
static void
make_cells(const char *const texts[CROSSOVER_COLUMNS], enum paint paint,
           struct table_cell cells[CROSSOVER_COLUMNS])
{
    size_t i;

    for (i = 0; i < CROSSOVER_COLUMNS; i++) {
        cells[i].text = texts[i];
        cells[i].paint = paint;
    }
}

/* Send rows.  Errors: outbox_put()'s. */
static krb5_error_code
put_rows(struct list *list, const struct crossover_rows *rows)
{
    struct table_cell cells[CROSSOVER_COLUMNS];
    krb5_error_code ret = 0;
    size_t i;

    for (i = 0; i < rows->n && ret == 0; i++) {
        make_cells((const char *const *)rows->rows[i].text, PAINT_PLAIN,
                   cells);
        ret = table_put(&list->table, cells);
    }
    return ret;
}

/* Make each column as wide as its widest text so far, and send the titles and
 * what was held back.  Errors: outbox_put()'s. */
static krb5_error_code
begin(struct list *list)
{
    const struct crossover_rows *rows = &list->rows;
    struct table_cell cells[CROSSOVER_COLUMNS];
    krb5_error_code ret;
    size_t i;

    for (i = 0; i < rows->n; i++) {
        make_cells((const char *const *)rows->rows[i].text, PAINT_PLAIN,
                   cells);
        table_fit(&list->table, cells);
    }
    make_cells(titles, PAINT_TITLE, cells);
    table_fit(&list->table, cells);
    list->begun = TRUE;
    ret = table_put(&list->table, cells);
    if (ret == 0)
        ret = put_rows(list, rows);
    crossover_rows_clear(&list->rows);
    return ret;
}

/* Take the rows of one crossover.  Errors: ENOMEM, outbox_put()'s. */
static krb5_error_code
take_rows(void *arg, struct crossover_rows *rows)
{
    struct list *list = arg;
    krb5_error_code ret;

    if (list->begun)
        return put_rows(list, rows);
    ret = crossover_rows_move(&list->rows, rows);
    return ret == 0 && list->rows.n > MAX_SORTED ? begin(list) : ret;
}

/* Send what is still here, when nothing is locked any more.  Errors:
 * outbox_put()'s and outbox_flush()'s. */
static krb5_error_code
finish(struct list *list)
{
    krb5_error_code ret = 0;

    if (!list->begun) {
        crossover_rows_sort(&list->rows);
        ret = begin(list);
    }
    return ret ? ret : outbox_flush(&list->outbox);
}

/* kxover list */
static int
run(const struct cli_call *call)
{
    krb5_context context = NULL;
    struct list list = {.table = {.n_columns = CROSSOVER_COLUMNS}};
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    outbox_init(&list.outbox, STDOUT_FILENO);
    list.table.outbox = &list.outbox;
    code = cli_open(call, &context, &realm);
    if (code != CLI_OK)
        goto cleanup;
    ret = krb5_db_open(context, NULL,
                       KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    if (ret) {
        code = cli_no_database(context, ret, realm);
        goto cleanup;
    }
    ret = crossovers_read(context, realm, time(NULL), take_rows, &list);
    if (ret)
        code = cli_fail(context, ret, "cannot list the database of %s", realm);
    (void)krb5_db_fini(context);
    if (code == CLI_OK) {
        ret = finish(&list);
        if (ret)
            code = cli_fail(NULL, ret, "cannot print the list");
    }

cleanup:
    crossover_rows_clear(&list.rows);
    outbox_clear(&list.outbox);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

const struct cli_command cli_list = {
    .name = "list",
    .summary = "list the crossovers to and from other realms",
    .synopsis = "[-r REALM]",
    .about =
        "List the crossovers in the realm's database, a line for each key\n"
        "version: outgoing ones lead this realm's users to the other realm,\n"
        "incoming ones the other's users here.  Those keyed by hand are "
        "shown\n"
        "as such; kxover does not touch them.  More than a thousand lines "
        "are\n"
        "in the order of the database.\n",
    .run = run,
};
