/*
 * table.c: rows of texts in columns that fit.
 *
 * A row goes out as soon as it is put.  So who wants columns that fit shows
 * all rows first, and who has too many of them shows the first ones.
 */
#include "config.h"
#include <string.h>
#include "cli/table.h"

void
table_fit(struct table *table, const struct table_cell *cells)
{
    size_t i;

    for (i = 0; i < table->n_columns; i++) {
        if (strlen(cells[i].text) > table->widths[i])
            table->widths[i] = strlen(cells[i].text);
    }
}

/* Send n blanks.  Errors: outbox_put()'s. */
static krb5_error_code
put_blanks(struct table *table, size_t n)
{
    krb5_error_code ret = 0;

    for (; n > 0 && ret == 0; n--)
        ret = outbox_put(table->outbox, " ", 1);
    return ret;
}

krb5_error_code
table_put(struct table *table, const struct table_cell *cells)
{
    krb5_error_code ret;
    size_t i, length;

    ret = put_blanks(table, table->indent);
    for (i = 0; i < table->n_columns && ret == 0; i++) {
        length = strlen(cells[i].text);
        ret = outbox_text(table->outbox, paint_on(cells[i].paint));
        if (ret == 0)
            ret = outbox_text(table->outbox, cells[i].text);
        if (ret == 0)
            ret = outbox_text(table->outbox, paint_off(cells[i].paint));
        if (ret == 0 && i + 1 < table->n_columns)
            ret = put_blanks(table, 2 + (table->widths[i] > length
                                             ? table->widths[i] - length
                                             : 0));
    }
    return ret ? ret : outbox_text(table->outbox, "\n");
}
