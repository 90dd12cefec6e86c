/*
 * list.c: kxover list: the crossovers that the realm's database has.
 */
#include "config.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <kdb.h>
#include "cli/cli.h"
#include "cli/crossovers.h"

static const char *const titles[CROSSOVER_COLUMNS] = {
    "DIRECTION", "REALM", "KVNO", "UNTIL", "PEER", "ENCRYPTION TYPES"};

/* Print one line of the table; the last column is not filled up. */
static void
print_line(const size_t widths[CROSSOVER_COLUMNS],
           const char *const texts[CROSSOVER_COLUMNS])
{
    size_t i;

    for (i = 0; i + 1 < CROSSOVER_COLUMNS; i++)
        printf("%-*s  ", (int)widths[i], texts[i]);
    printf("%s\n", texts[i]);
}

/* Print the table, each column as wide as its widest text. */
static void
print_rows(const struct crossover_rows *rows)
{
    size_t widths[CROSSOVER_COLUMNS], i, j;
    const char *texts[CROSSOVER_COLUMNS];

    for (j = 0; j < CROSSOVER_COLUMNS; j++) {
        widths[j] = strlen(titles[j]);
        for (i = 0; i < rows->n; i++) {
            if (strlen(rows->rows[i].text[j]) > widths[j])
                widths[j] = strlen(rows->rows[i].text[j]);
        }
    }
    print_line(widths, titles);
    for (i = 0; i < rows->n; i++) {
        for (j = 0; j < CROSSOVER_COLUMNS; j++)
            texts[j] = rows->rows[i].text[j];
        print_line(widths, texts);
    }
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
    struct crossover_rows rows = {0};
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    code = cli_open(realm_option, &context, &realm);
    if (code != CLI_OK)
        goto cleanup;
    ret = krb5_db_open(context, NULL,
                       KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    if (ret) {
        code = fail_open(context, ret, realm);
        goto cleanup;
    }
    ret = crossover_rows_read(context, realm, time(NULL), &rows);
    if (ret)
        code = cli_fail(context, ret, "cannot read the database of %s", realm);
    (void)krb5_db_fini(context);
    if (code == CLI_OK)
        print_rows(&rows);

cleanup:
    crossover_rows_clear(&rows);
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
        "as such; kxover does not touch them.\n\n"
        "  -r, --realm REALM  the realm [default_realm of krb5.conf]\n",
    .run = run,
};
