/*
 * crossover_sample.h: a crossover key as an exchange makes it, for tests.
 */
#ifndef CROSSOVER_SAMPLE_H
#define CROSSOVER_SAMPLE_H

#include "exchange/kx_crossover.h"

#define LOCAL "ALPHA.EXAMPLE"
#define REMOTE "BRAVO.EXAMPLE"
#define DAY ((time_t)24 * 60 * 60)

/* 2026-11-22T15:51:00Z */
#define SAMPLE_TIME ((time_t)1795362660)

/*
 * Make version kvno of krbtgt/REMOTE@LOCAL, agreed at established and good
 * until till, with an AES-256 and an AES-128 key whose bytes are kvno's.  The
 * caller releases it with kx_crossover_free().
 */
struct kx_crossover *sample_crossover(krb5_context context, uint32_t kvno,
                                      time_t established, time_t till);

/* Put text in the place of *field, which is released. */
void sample_set(char **field, const char *text);

#endif /* CROSSOVER_SAMPLE_H */
