/*
 * table.h: rows of texts in columns that fit.
 */
#ifndef KX_CLI_TABLE_H
#define KX_CLI_TABLE_H

#include "cli/outbox.h"
#include "cli/paint.h"

#define TABLE_MAX_COLUMNS 8

struct table_cell {
    const char *text;
    enum paint paint;
};

/* Begins as zeroes, but for outbox and n_columns. */
struct table {
    struct outbox *outbox; /* where it goes; not the table's */
    size_t n_columns;
    size_t indent; /* blanks before each row */
    size_t widths[TABLE_MAX_COLUMNS];
};

/* Make the columns wide enough for this row. */
void table_fit(struct table *table, const struct table_cell *cells);

/* Send a row; what does not fit moves the rest of its line.  The last column
 * is not filled up.  Errors: outbox_put()'s. */
krb5_error_code table_put(struct table *table, const struct table_cell *cells);

#endif /* KX_CLI_TABLE_H */
