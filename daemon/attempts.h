/*
 * attempts.h: the realms whose crossovers kxoverd tries to renew: those with
 * which an exchange is under way, and those with which the last one failed.
 */
#ifndef KX_ATTEMPTS_H
#define KX_ATTEMPTS_H

#include "daemon/metrics.h"
#include "exchange/kx_exchange.h"

/* The longest time, in seconds, that a realm is left alone after failures. */
#define KX_LONGEST_ATTEMPT_PAUSE 3600

struct kx_attempt {
    struct kx_attempt *next;
    void *owner; /* the maker's */
    char *realm;
    struct kx_initiator *initiator; /* NULL: none is under way */
    krb5_boolean wanted;   /* the crossover is still to be renewed, as far as
                            * the present walk has come */
    unsigned int failures; /* in a row */
    krb5_error_code code;  /* of the last one */
    time_t till;           /* the end of the key that there is; 0: none */
    time_t until;          /* not again until then, on the monotonic clock */
};

/* All of them; begins as zeroes. */
struct kx_attempts {
    struct kx_attempt *first;
};

/* The attempt at realm, or NULL. */
struct kx_attempt *kx_attempt_find(const struct kx_attempts *attempts,
                                   const char *realm);

/* Add one at realm (copied), wanted.  NULL: no memory. */
struct kx_attempt *kx_attempt_add(struct kx_attempts *attempts, void *owner,
                                  const char *realm);

/* Take it out and release it; an exchange under way is given up. */
void kx_attempt_drop(struct kx_attempts *attempts, struct kx_attempt *attempt);

/*
 * It has failed with code at second now of the monotonic clock: it is not to
 * be tried again for interval seconds, twice as long each further time, up to
 * KX_LONGEST_ATTEMPT_PAUSE.
 */
void kx_attempt_failed(struct kx_attempt *attempt, krb5_error_code code,
                       time_t interval, time_t now);

/* How many exchanges are under way. */
unsigned int kx_attempts_under_way(const struct kx_attempts *attempts);

/*
 * A walk through the database tells anew what is to be renewed: it begins; the
 * crossover to realm is; it is over and was whole, so that failures of all
 * others are forgotten.  A KDC may have renewed those, or an administrator
 * have taken them away.
 */
void kx_attempts_doubt(struct kx_attempts *attempts);
void kx_attempts_want(struct kx_attempts *attempts, const char *realm);
void kx_attempts_drop_unwanted(struct kx_attempts *attempts);

/* Release all. */
void kx_attempts_clear(struct kx_attempts *attempts);

/* How many realms failed at the last attempt; up to room of them go into
 * failing, *n_listed, their names borrowed. */
size_t kx_attempts_failing(const struct kx_attempts *attempts,
                           struct kx_failing *failing, size_t room,
                           size_t *n_listed);

#endif /* KX_ATTEMPTS_H */
