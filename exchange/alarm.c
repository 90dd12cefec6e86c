/*
 * alarm.c: an end to waiting that has none.
 *
 * The handler, the mask and the timer of the program that we are in are put
 * back just as they were.
 */
#include "config.h"
#include <pthread.h>
#include "exchange/kx_alarm.h"

/* SIGALRM: to interrupt what waits is all it is for. */
static void
on_alarm(int number)
{
    (void)number;
}

/* The time of so many milliseconds. */
static struct timeval
milliseconds(int n)
{
    const struct timeval time = {n / 1000, n % 1000 * 1000};

    return time;
}

void
kx_alarm_set(struct kx_alarm *before, int first, int next)
{
    const struct itimerval timer = {milliseconds(next), milliseconds(first)};
    struct sigaction action = {0};
    sigset_t alarm_only;

    /* No SA_RESTART: what waits is to come back. */
    action.sa_handler = on_alarm;
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    (void)sigaction(SIGALRM, &action, &before->action);
    (void)pthread_sigmask(SIG_UNBLOCK, &alarm_only, &before->mask);
    (void)setitimer(ITIMER_REAL, &timer, &before->timer);
}

void
kx_alarm_put_back(const struct kx_alarm *before)
{
    const struct itimerval off = {{0, 0}, {0, 0}};

    /* Ours first goes off, so that the handler is there for its last. */
    (void)setitimer(ITIMER_REAL, &off, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    (void)sigaction(SIGALRM, &before->action, NULL);
    (void)setitimer(ITIMER_REAL, &before->timer, NULL);
}
