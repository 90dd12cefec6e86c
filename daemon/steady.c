/*
 * steady.c: whether the clock can be believed.
 *
 * A clock that is months ahead for a while (a dead battery, a slip of the
 * hand) makes every key seem over.  Nothing that cannot be undone is to be
 * done by it.  So we compare it with the clock that is never set, and believe
 * it only after the two have gone together for some time.
 */
#include "config.h"
#include <stdlib.h>
#include <time.h>
#include "daemon/kxoverd.h"

void
kx_steady_begin(struct kx_steady *steady)
{
    steady->since = kx_monotonic();
    steady->offset = time(NULL) - steady->since;
}

time_t
kx_steady_seconds(struct kx_steady *steady, time_t tolerance)
{
    time_t now = kx_monotonic(), offset = time(NULL) - now;

    if (offset - steady->offset > tolerance ||
        steady->offset - offset > tolerance) {
        steady->offset = offset;
        steady->since = now;
    }
    return now - steady->since;
}
