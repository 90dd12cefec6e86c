/*
 * list.c: kxover list: the crossovers that the realm's database has.
 *
 * A list that one can take in at a glance is sorted, and its columns fit.  One
 * that is longer is printed while it is read, in the order of the database, so
 * that it takes no more memory than a short one.  For programs it is printed
 * so from the beginning.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kdb.h>
#include "cli/cli.h"
#include "cli/crossovers.h"
#include "cli/json.h"
#include "cli/table.h"
#include "dnssec/kx_dnssec.h"

enum { DIRECTION, REALM, KVNO, UNTIL, STATE, PEER, ETYPES, COLUMNS };

static const char *const titles[COLUMNS] = {"DIRECTION",       "REALM", "KVNO",
                                            "UNTIL",           "STATE", "PEER",
                                            "ENCRYPTION TYPES"};

/* More rows than that are neither sorted nor held back. */
#define MAX_SORTED 1000

struct list {
    struct outbox outbox;
    struct table table;
    krb5_boolean json;
    krb5_boolean begun;      /* the titles are out */
    struct crossover **held; /* held back until then */
    size_t n_held;
    size_t n_rows; /* that these make */
};

/* A row's texts that are made for it. */
struct row_texts {
    char kvno[16];
    char until[KX_TIME_TEXT_SIZE];
    char state[64];
    char peer[KX_MAX_DNS_NAME + 16];
    char etypes[ETYPES_TEXT_SIZE];
};

/* What to say in the place of a peer. */
static const char *
no_peer(const struct crossover *crossover, enum version_source source)
{
    if (crossover->keys == KEYS_DAMAGED)
        return "(by hand: marks damaged)";
    switch (source) {
    case VERSION_TAKEN_OVER:
        return "(by hand: taken over)";
    case VERSION_UNMARKED:
        return "(no mark: not used)";
    default:
        return "(by hand)";
    }
}

/* The colour of a state. */
static enum paint
paint_of(const struct crossover *crossover,
         const struct crossover_version *version)
{
    if (crossover->blocked || crossover->refused)
        return PAINT_BAD;
    if (crossover->keys == KEYS_DAMAGED)
        return PAINT_CARE;
    if (version == NULL)
        return PAINT_PLAIN;
    switch (version->state) {
    case VERSION_IN_USE:
    case VERSION_ACCEPTED:
        return PAINT_GOOD;
    case VERSION_NEXT:
        return PAINT_PLAIN;
    default:
        return PAINT_FAINT;
    }
}

/* The row of a version, or of a crossover without any (NULL), whose texts are
 * made in texts. */
static void
make_row(const struct crossover *crossover,
         const struct crossover_version *version, struct row_texts *texts,
         struct table_cell cells[COLUMNS])
{
    size_t i;

    for (i = 0; i < COLUMNS; i++)
        cells[i] = (struct table_cell){"-", PAINT_PLAIN};
    cells[DIRECTION].text = crossover_direction_name(crossover->direction);
    cells[REALM].text = crossover->realm;
    (void)snprintf(texts->state, sizeof(texts->state), "%s%s",
                   crossover->blocked   ? "blocked"
                   : crossover->refused ? "refused"
                   : version != NULL    ? version_state_name(version->state)
                                        : "no keys",
                   crossover->kept ? ", kept" : "");
    cells[STATE].text = texts->state;
    cells[STATE].paint = paint_of(crossover, version);
    if (version == NULL) {
        if (crossover->keys == KEYS_DAMAGED)
            cells[PEER].text = no_peer(crossover, VERSION_BY_HAND);
        return;
    }
    (void)snprintf(texts->kvno, sizeof(texts->kvno), "%u", version->kvno);
    cells[KVNO].text = texts->kvno;
    cells[UNTIL].text = version->till != 0
                            ? kx_time_text(version->till, texts->until)
                            : "never";
    cells[PEER].text = no_peer(crossover, version->source);
    if (version->source == VERSION_KXOVER) {
        (void)snprintf(texts->peer, sizeof(texts->peer), "%s:%u",
                       version->origin.host, version->origin.port);
        cells[PEER].text = texts->peer;
    }
    cells[ETYPES].text = version_etypes(version, ",", texts->etypes);
}

/* Show the rows of crossover to the table: only to fit it, or to send them.
 * Errors: outbox_put()'s. */
static krb5_error_code
show_rows(struct list *list, const struct crossover *crossover,
          krb5_boolean send)
{
    struct table_cell cells[COLUMNS];
    struct row_texts texts;
    krb5_error_code ret = 0;
    size_t i = 0;

    do {
        make_row(crossover,
                 crossover->n_versions > 0 ? &crossover->versions[i] : NULL,
                 &texts, cells);
        if (send)
            ret = table_put(&list->table, cells);
        else
            table_fit(&list->table, cells);
    } while (ret == 0 && ++i < crossover->n_versions);
    return ret;
}

/* Release what is held back. */
static void
clear_held(struct list *list)
{
    while (list->n_held > 0)
        crossover_free(list->held[--list->n_held]);
    free(list->held);
    list->held = NULL;
}

/* Make each column as wide as its widest text so far, and send the titles and
 * what was held back.  Errors: outbox_put()'s. */
static krb5_error_code
begin(struct list *list)
{
    struct table_cell cells[COLUMNS];
    krb5_error_code ret;
    size_t i;

    for (i = 0; i < COLUMNS; i++)
        cells[i] = (struct table_cell){titles[i], PAINT_TITLE};
    table_fit(&list->table, cells);
    for (i = 0; i < list->n_held; i++)
        (void)show_rows(list, list->held[i], FALSE);
    list->begun = TRUE;
    ret = table_put(&list->table, cells);
    for (i = 0; i < list->n_held && ret == 0; i++)
        ret = show_rows(list, list->held[i], TRUE);
    clear_held(list);
    return ret;
}

/* Hold crossover back.  Errors: ENOMEM (it is released). */
static krb5_error_code
hold(struct list *list, struct crossover *crossover)
{
    struct crossover **grown;

    grown =
        realloc(list->held, (list->n_held + 1) * sizeof(struct crossover *));
    if (grown == NULL) {
        crossover_free(crossover);
        return ENOMEM;
    }
    list->held = grown;
    grown[list->n_held++] = crossover;
    list->n_rows += crossover->n_versions > 0 ? crossover->n_versions : 1;
    return 0;
}

/* Take a crossover.  Errors: ENOMEM, outbox_put()'s. */
static krb5_error_code
take(void *arg, struct crossover *crossover)
{
    struct list *list = arg;
    krb5_error_code ret;

    if (!list->json && !list->begun) {
        ret = hold(list, crossover);
        return ret == 0 && list->n_rows > MAX_SORTED ? begin(list) : ret;
    }
    ret = list->json ? json_line(&list->outbox, crossover_json(crossover))
                     : show_rows(list, crossover, TRUE);
    crossover_free(crossover);
    return ret;
}

/* The order of crossovers: by realm, outgoing ones first. */
static int
compare(const void *a, const void *b)
{
    const struct crossover *x = *(struct crossover *const *)a;
    const struct crossover *y = *(struct crossover *const *)b;
    int order = strcmp(x->realm, y->realm);

    return order != 0 ? order : (int)x->direction - (int)y->direction;
}

/* Send what is still here, when nothing is locked any more.  Errors:
 * outbox_put()'s and outbox_flush()'s. */
static krb5_error_code
finish(struct list *list)
{
    krb5_error_code ret = 0;

    if (!list->json && !list->begun) {
        if (list->n_held > 0)
            qsort(list->held, list->n_held, sizeof(struct crossover *),
                  compare);
        ret = begin(list);
    }
    return ret ? ret : outbox_flush(&list->outbox);
}

/* kxover list */
static int
run(const struct cli_call *call)
{
    krb5_context context = NULL;
    struct list list = {.table = {.n_columns = COLUMNS}, .json = call->json};
    struct kx_settings *settings = NULL;
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    outbox_init(&list.outbox, STDOUT_FILENO);
    list.table.outbox = &list.outbox;
    code = cli_open_database(call, &context, &realm, &settings);
    if (code != CLI_OK)
        goto cleanup;
    ret = crossovers_read(context, realm, settings, time(NULL), take, &list);
    if (ret)
        code = cli_fail(context, ret, "cannot list the database of %s", realm);
    (void)krb5_db_fini(context);
    if (code == CLI_OK) {
        ret = finish(&list);
        if (ret)
            code = cli_fail(NULL, ret, "cannot print the list");
    }

cleanup:
    clear_held(&list);
    outbox_clear(&list.outbox);
    kx_settings_free(settings);
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
