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

int64_t
kx_monotonic_usec(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
