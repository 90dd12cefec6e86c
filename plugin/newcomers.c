/*
 * newcomers.c: a bucket of realms.
 *
 * Each second puts in max, each realm takes out life: so max realms come in a
 * life, in whole numbers.
 */
#include "config.h"
#include "plugin/newcomers.h"

/* The part of max that the bucket holds, but for the least that it does. */
#define BURST_PART 10
#define LEAST_BURST 1

/* What the bucket holds, in life-ths of a realm. */
static int64_t
capacity(const struct kx_newcomers *newcomers)
{
    int64_t realms = newcomers->max / BURST_PART;

    return (realms > LEAST_BURST ? realms : LEAST_BURST) * newcomers->life;
}

void
kx_newcomers_begin(struct kx_newcomers *newcomers, int64_t max, int64_t life,
                   int64_t now)
{
    newcomers->max = max;
    newcomers->life = life;
    newcomers->filled = now;
    newcomers->level = capacity(newcomers);
}

krb5_boolean
kx_newcomers_may_come(struct kx_newcomers *newcomers, int64_t now)
{
    int64_t passed = now - newcomers->filled, full = capacity(newcomers);

    newcomers->filled = now;
    /* In a life it fills up in any case. */
    if (passed >= newcomers->life)
        newcomers->level = full;
    else
        newcomers->level += passed * newcomers->max;
    if (newcomers->level > full)
        newcomers->level = full;
    return newcomers->level >= newcomers->life;
}

void
kx_newcomers_came(struct kx_newcomers *newcomers)
{
    newcomers->level -= newcomers->life;
}
