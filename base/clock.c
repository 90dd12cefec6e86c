/*
 * clock.c: how long ago something was, whatever anybody sets the clock to.
 */
#include "config.h"
#include <time.h>
#include "base/kx_base.h"

time_t
kx_monotonic(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}
