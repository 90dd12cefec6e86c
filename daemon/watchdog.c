/*
 * watchdog.c: signs of life for the service manager.
 *
 * A service manager that watches us (systemd's WatchdogSec) ends us when it
 * has not heard of us for some time, and starts us anew.  What it hears must
 * come from the event loop, or a daemon that is stuck would go on assuring
 * that all is well: so it is an event of the loop like any other, twice in
 * that time.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "daemon/kxoverd.h"

/* More microseconds than this between signs of life are as good as none. */
#define LONGEST_TIME (24ULL * 3600 * 1000000)

/* The number that the environment variable name holds; 0 if it has none. */
static unsigned long long
number_in(const char *name)
{
    const char *text = getenv(name);
    unsigned long long number;
    char *end;

    if (text == NULL || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    number = strtoull(text, &end, 10);
    return errno != 0 || *end != '\0' ? 0 : number;
}

/* Event: we are alive. */
static void
on_time(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    kx_process_notify("WATCHDOG=1");
}

krb5_error_code
kx_watchdog_new(struct event_base *base, struct event **out)
{
    unsigned long long time = number_in("WATCHDOG_USEC") / 2;
    struct timeval interval;

    *out = NULL;
    if (time == 0 || time > LONGEST_TIME)
        return 0;
    /* It may be another process of the service that is watched. */
    if (getenv("WATCHDOG_PID") != NULL &&
        number_in("WATCHDOG_PID") != (unsigned long long)getpid())
        return 0;
    *out = event_new(base, -1, EV_PERSIST, on_time, NULL);
    if (*out == NULL)
        return ENOMEM;
    interval.tv_sec = (time_t)(time / 1000000);
    interval.tv_usec = (suseconds_t)(time % 1000000);
    if (event_add(*out, &interval) != 0) {
        event_free(*out);
        *out = NULL;
        return ENOMEM;
    }
    return 0;
}
