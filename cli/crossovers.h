/*
 * crossovers.h: the crossovers in a database, one row a key version.
 */
#ifndef KX_CLI_CROSSOVERS_H
#define KX_CLI_CROSSOVERS_H

#include <time.h>
#include "exchange/kx_crossover.h"

/* Columns of a row, all texts allocated. */
enum {
    CROSSOVER_DIRECTION,
    CROSSOVER_REALM,
    CROSSOVER_KVNO,
    CROSSOVER_UNTIL,
    CROSSOVER_PEER,
    CROSSOVER_ETYPES,
    CROSSOVER_COLUMNS
};

struct crossover_row {
    enum kx_direction direction;
    unsigned int kvno;
    time_t established; /* 0 for a version without a mark */
    char *text[CROSSOVER_COLUMNS];
};

struct crossover_rows {
    struct crossover_row *rows;
    size_t n;
};

/*
 * Called with the rows of one crossover, newest version first; they are the
 * caller's, but may be taken out with crossover_rows_move().  An error of its
 * own ends the reading.
 */
typedef krb5_error_code crossover_fn(void *arg, struct crossover_rows *rows);

/*
 * Call function for each crossover of realm in context's open database, in the
 * order of the database; now tells which have expired.  The database may be
 * locked meanwhile, so function must not wait for anybody.  Errors: libkdb5's,
 * ENOMEM, function's.
 */
krb5_error_code crossovers_read(krb5_context context, const char *realm,
                                time_t now, crossover_fn *function, void *arg);

/* Sort by realm, direction and version, the newest first. */
void crossover_rows_sort(struct crossover_rows *rows);

/* Move all rows of from to the end of to.  Errors: ENOMEM. */
krb5_error_code crossover_rows_move(struct crossover_rows *to,
                                    struct crossover_rows *from);

/* Release what rows holds, not rows itself. */
void crossover_rows_clear(struct crossover_rows *rows);

#endif /* KX_CLI_CROSSOVERS_H */
