/*
 * stall.c: how long a KDC may stand still because of us.
 */
#include "config.h"
#include "plugin/stall.h"

/* Put in what has come in until now. */
static void
refill(struct kx_stall *stall, int64_t now)
{
    int64_t passed = now - stall->filled;

    if (passed > 0)
        stall->level += passed / 100 * stall->percent;
    if (stall->level > stall->wait)
        stall->level = stall->wait;
    stall->filled = now;
}

void
kx_stall_begin(struct kx_stall *stall, int64_t wait, int percent, int64_t now)
{
    stall->wait = wait;
    stall->percent = percent;
    stall->level = wait;
    stall->filled = now;
}

int64_t
kx_stall_allowance(struct kx_stall *stall, int64_t now)
{
    if (stall->percent == 0)
        return 0;
    if (stall->percent == 100)
        return stall->wait;
    refill(stall, now);
    return stall->level > 0 ? stall->level : 0;
}

void
kx_stall_spend(struct kx_stall *stall, int64_t spent, krb5_boolean in_vain,
               int64_t now)
{
    refill(stall, now);
    stall->level -= in_vain ? 2 * spent : spent;
    /* A debt that is never paid off would be no use to anybody. */
    if (stall->level < -stall->wait)
        stall->level = -stall->wait;
}
