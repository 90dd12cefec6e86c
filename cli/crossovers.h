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
 * Read the crossovers of realm from context's open database into *out
 * (crossover_rows_clear()), sorted by realm, direction and version; now tells
 * which have expired.  Errors: libkdb5's, ENOMEM.
 */
krb5_error_code crossover_rows_read(krb5_context context, const char *realm,
                                    time_t now, struct crossover_rows *out);

/* Release what rows holds, not rows itself. */
void crossover_rows_clear(struct crossover_rows *rows);

#endif /* KX_CLI_CROSSOVERS_H */
