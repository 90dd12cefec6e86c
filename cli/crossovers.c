/*
 * crossovers.c: the crossovers in a database.
 *
 * db2 holds its lock while it iterates, and the KDC's writes wait for that. So
 * nothing here waits for anything, and no more is kept than one crossover.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/crossovers.h"

#define TEXT_SIZE 512

/* An entry whose marks cannot be read or do not fit its keys. */
#define MARKS_DAMAGED "(by hand: marks damaged)"

/* What the iteration carries along. */
struct reading {
    krb5_context context;
    const char *realm;
    time_t now;
    crossover_fn *function;
    void *arg;
    krb5_error_code code; /* what ended it early */
};

/* Append ", text", or text where out is empty, to out as far as it goes. */
static void
append(char out[TEXT_SIZE], const char *text)
{
    size_t length = strlen(out);

    (void)snprintf(out + length, TEXT_SIZE - length, "%s%s",
                   length > 0 ? "," : "", text);
}

/* Write the encryption types of version kvno, as they are stored. */
static void
etypes_text(const krb5_db_entry *entry, unsigned int kvno, char out[TEXT_SIZE])
{
    char name[64];
    int i, etype;

    out[0] = '\0';
    for (i = 0; i < entry->n_key_data; i++) {
        if (entry->key_data[i].key_data_kvno != kvno)
            continue;
        etype = entry->key_data[i].key_data_type[0];
        if (krb5_enctype_to_name(etype, TRUE, name, sizeof(name)) != 0)
            (void)snprintf(name, sizeof(name), "%d", etype);
        append(out, name);
    }
}

/* Write until when, and whether that is over. */
static void
until_text(time_t until, time_t now, char out[TEXT_SIZE])
{
    char time[KX_TIME_TEXT_SIZE];

    if (until == 0)
        (void)snprintf(out, TEXT_SIZE, "never");
    else
        (void)snprintf(out, TEXT_SIZE, "%s%s", kx_time_text(until, time),
                       until <= now ? " expired" : "");
}

/* Write a realm's name; other than printable ASCII becomes '?'. */
static void
realm_text(const krb5_data *realm, char out[TEXT_SIZE])
{
    unsigned int i;

    for (i = 0; i < realm->length && i < TEXT_SIZE - 1; i++)
        out[i] = realm->data[i] > ' ' && realm->data[i] <= '~' ? realm->data[i]
                                                               : '?';
    out[i] = '\0';
}

/* Append a row with copies of these texts; established is 0 for a version
 * without a mark.  Errors: ENOMEM. */
static krb5_error_code
append_row(struct crossover_rows *rows, enum kx_direction direction,
           unsigned int kvno, time_t established,
           char (*const text)[CROSSOVER_COLUMNS][TEXT_SIZE])
{
    struct crossover_row *grown, *row;
    size_t i;

    grown = realloc(rows->rows, (rows->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return ENOMEM;
    rows->rows = grown;
    row = &grown[rows->n++];
    memset(row, 0, sizeof(*row));
    row->direction = direction;
    row->kvno = kvno;
    row->established = established;
    for (i = 0; i < CROSSOVER_COLUMNS; i++) {
        row->text[i] = strdup((*text)[i]);
        if (row->text[i] == NULL)
            return ENOMEM;
    }
    return 0;
}

/* The mark of version kvno, or NULL. */
static const struct kx_mark *
find_mark(const struct kx_mark *marks, size_t n, unsigned int kvno)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (marks[i].kvno == kvno)
            return &marks[i];
    }
    return NULL;
}

/* True if an earlier key of entry has the version of its key i. */
static krb5_boolean
seen_before(const krb5_db_entry *entry, int i)
{
    int j;

    for (j = 0; j < i; j++) {
        if (entry->key_data[j].key_data_kvno ==
            entry->key_data[i].key_data_kvno)
            return TRUE;
    }
    return FALSE;
}

/*
 * Append the rows of one crossover, whose realm and direction text has
 * already, to rows.  Errors: ENOMEM, kx_entry_marks()'s.
 */
static krb5_error_code
add_versions(const struct reading *reading, krb5_db_entry *entry,
             enum kx_direction direction,
             char (*text)[CROSSOVER_COLUMNS][TEXT_SIZE],
             struct crossover_rows *rows)
{
    struct kx_mark *marks = NULL;
    const struct kx_mark *mark;
    struct kx_adopted *adopted = NULL;
    krb5_boolean damaged;
    size_t n = 0, n_adopted = 0;
    krb5_error_code ret;
    time_t accepted;
    unsigned int kvno;
    int i;

    ret = kx_entry_marks(reading->context, entry, &marks, &n);
    if (ret == 0)
        ret = kx_adopted_read(reading->context, entry, &adopted, &n_adopted);
    damaged = ret == KX_ERR_METADATA;
    if (ret && !damaged)
        return ret;
    ret = 0;
    if (entry->n_key_data == 0) {
        (void)snprintf((*text)[CROSSOVER_KVNO], TEXT_SIZE, "-");
        (void)snprintf((*text)[CROSSOVER_ETYPES], TEXT_SIZE, "-");
        (void)snprintf((*text)[CROSSOVER_UNTIL], TEXT_SIZE, "-");
        (void)snprintf((*text)[CROSSOVER_PEER], TEXT_SIZE, "%s",
                       damaged ? MARKS_DAMAGED : "(no keys)");
        ret = append_row(rows, direction, 0, 0, text);
    }
    for (i = 0; i < entry->n_key_data && ret == 0; i++) {
        if (seen_before(entry, i))
            continue;
        kvno = entry->key_data[i].key_data_kvno;
        mark = find_mark(marks, n, kvno);
        accepted = kx_adopted_till(adopted, n_adopted, kvno);
        (void)snprintf((*text)[CROSSOVER_KVNO], TEXT_SIZE, "%u", kvno);
        etypes_text(entry, kvno, (*text)[CROSSOVER_ETYPES]);
        /* krb5's times are unsigned, until 2106; their type is not. */
        until_text(mark != NULL   ? mark->till
                   : accepted > 0 ? accepted
                                  : (time_t)(uint32_t)entry->expiration,
                   reading->now, (*text)[CROSSOVER_UNTIL]);
        if (mark != NULL)
            (void)snprintf((*text)[CROSSOVER_PEER], TEXT_SIZE, "%s:%u",
                           mark->origin.host, mark->origin.port);
        else
            (void)snprintf((*text)[CROSSOVER_PEER], TEXT_SIZE, "%s",
                           damaged        ? MARKS_DAMAGED
                           : accepted > 0 ? "(by hand: taken over)"
                           : n > 0        ? "(no mark: not used)"
                                          : "(by hand)");
        ret = append_row(rows, direction, kvno,
                         mark != NULL ? mark->established : 0, text);
    }
    free(adopted);
    kx_marks_free(marks, n);
    return ret;
}

/* The order of rows: realm, direction, newest version first.  After 65535 the
 * newest is not the one with the highest number. */
static int
compare(const void *a, const void *b)
{
    const struct crossover_row *x = a, *y = b;
    const uint32_t kvnos[] = {x->kvno, y->kvno};
    int order;

    order = strcmp(x->text[CROSSOVER_REALM], y->text[CROSSOVER_REALM]);
    if (order == 0)
        order = (int)x->direction - (int)y->direction;
    if (order == 0 && x->established != y->established)
        return x->established < y->established ? 1 : -1;
    if (order == 0 && x->kvno != y->kvno)
        order = kx_latest_kvno(kvnos, 2) == x->kvno ? -1 : 1;
    return order;
}

void
crossover_rows_sort(struct crossover_rows *rows)
{
    if (rows->n > 0)
        qsort(rows->rows, rows->n, sizeof(*rows->rows), compare);
}

krb5_error_code
crossover_rows_move(struct crossover_rows *to, struct crossover_rows *from)
{
    struct crossover_row *grown;

    if (from->n == 0)
        return 0;
    grown = realloc(to->rows, (to->n + from->n) * sizeof(*grown));
    if (grown == NULL)
        return ENOMEM;
    memcpy(grown + to->n, from->rows, from->n * sizeof(*grown));
    to->rows = grown;
    to->n += from->n;
    free(from->rows);
    memset(from, 0, sizeof(*from));
    return 0;
}

/* Take one entry of the database.  Errors: those of add_versions(), the
 * function's.  Not every module heeds them, so they are kept, too. */
static int
take_entry(krb5_pointer arg, krb5_db_entry *entry)
{
    struct reading *reading = arg;
    struct crossover_rows rows = {0};
    char text[CROSSOVER_COLUMNS][TEXT_SIZE];
    enum kx_direction direction;
    krb5_data remote;

    /* A pattern is a hint that modules may ignore. */
    direction = kx_crossover_direction(entry->princ, reading->realm, &remote);
    if (direction == KX_NOT_A_CROSSOVER || reading->code != 0)
        return reading->code;
    realm_text(&remote, text[CROSSOVER_REALM]);
    (void)snprintf(text[CROSSOVER_DIRECTION], TEXT_SIZE, "%s",
                   direction == KX_OUTGOING ? "outgoing" : "incoming");
    reading->code = add_versions(reading, entry, direction, &text, &rows);
    crossover_rows_sort(&rows);
    if (reading->code == 0)
        reading->code = reading->function(reading->arg, &rows);
    crossover_rows_clear(&rows);
    return reading->code;
}

krb5_error_code
crossovers_read(krb5_context context, const char *realm, time_t now,
                crossover_fn *function, void *arg)
{
    struct reading reading = {context, realm, now, function, arg, 0};
    char pattern[] = "krbtgt/*";
    krb5_error_code ret;

    ret = krb5_db_iterate(context, pattern, take_entry, &reading, 0);
    return reading.code != 0 ? reading.code : ret;
}

void
crossover_rows_clear(struct crossover_rows *rows)
{
    size_t i, j;

    for (i = 0; i < rows->n; i++) {
        for (j = 0; j < CROSSOVER_COLUMNS; j++)
            free(rows->rows[i].text[j]);
    }
    free(rows->rows);
    memset(rows, 0, sizeof(*rows));
}
