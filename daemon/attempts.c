/*
 * attempts.c: the realms whose crossovers kxoverd tries to renew.
 *
 * A list, searched from end to end: there are as many as kxover_keep allows,
 * and all of them fail at the same time only where we are cut off.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "daemon/attempts.h"

struct kx_attempt *
kx_attempt_find(const struct kx_attempts *attempts, const char *realm)
{
    struct kx_attempt *attempt = attempts->first;

    while (attempt != NULL && strcmp(attempt->realm, realm) != 0)
        attempt = attempt->next;
    return attempt;
}

struct kx_attempt *
kx_attempt_add(struct kx_attempts *attempts, void *owner, const char *realm)
{
    struct kx_attempt *attempt = calloc(1, sizeof(*attempt));

    if (attempt == NULL)
        return NULL;
    attempt->realm = strdup(realm);
    if (attempt->realm == NULL) {
        free(attempt);
        return NULL;
    }
    attempt->owner = owner;
    attempt->wanted = TRUE;
    attempt->next = attempts->first;
    attempts->first = attempt;
    return attempt;
}

void
kx_attempt_drop(struct kx_attempts *attempts, struct kx_attempt *attempt)
{
    struct kx_attempt **link = &attempts->first;

    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    kx_initiator_free(attempt->initiator);
    free(attempt->realm);
    free(attempt);
}

void
kx_attempt_failed(struct kx_attempt *attempt, krb5_error_code code,
                  time_t interval, time_t now)
{
    time_t pause = interval;
    unsigned int i;

    for (i = 0; i < attempt->failures && pause < KX_LONGEST_ATTEMPT_PAUSE; i++)
        pause *= 2;
    if (pause > KX_LONGEST_ATTEMPT_PAUSE)
        pause = KX_LONGEST_ATTEMPT_PAUSE;
    attempt->failures++;
    attempt->code = code;
    attempt->until = now + pause;
    kx_initiator_free(attempt->initiator);
    attempt->initiator = NULL;
}

unsigned int
kx_attempts_under_way(const struct kx_attempts *attempts)
{
    const struct kx_attempt *attempt;
    unsigned int n = 0;

    for (attempt = attempts->first; attempt != NULL; attempt = attempt->next)
        n += attempt->initiator != NULL;
    return n;
}

void
kx_attempts_doubt(struct kx_attempts *attempts)
{
    struct kx_attempt *attempt;

    for (attempt = attempts->first; attempt != NULL; attempt = attempt->next)
        attempt->wanted = FALSE;
}

void
kx_attempts_want(struct kx_attempts *attempts, const char *realm)
{
    struct kx_attempt *attempt = kx_attempt_find(attempts, realm);

    if (attempt != NULL)
        attempt->wanted = TRUE;
}

void
kx_attempts_drop_unwanted(struct kx_attempts *attempts)
{
    struct kx_attempt *attempt, *next;

    for (attempt = attempts->first; attempt != NULL; attempt = next) {
        next = attempt->next;
        if (!attempt->wanted && attempt->initiator == NULL)
            kx_attempt_drop(attempts, attempt);
    }
}

void
kx_attempts_clear(struct kx_attempts *attempts)
{
    while (attempts->first != NULL)
        kx_attempt_drop(attempts, attempts->first);
}

size_t
kx_attempts_failing(const struct kx_attempts *attempts,
                    struct kx_failing *failing, size_t room, size_t *n_listed)
{
    const struct kx_attempt *attempt;
    size_t n = 0;

    *n_listed = 0;
    for (attempt = attempts->first; attempt != NULL; attempt = attempt->next) {
        if (attempt->failures == 0)
            continue;
        n++;
        if (*n_listed == room)
            continue;
        failing[(*n_listed)++] =
            (struct kx_failing){.realm = attempt->realm,
                                .code = attempt->code,
                                .times = attempt->failures,
                                .till = attempt->till};
    }
    return n;
}
