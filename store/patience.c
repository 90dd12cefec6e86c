/*
 * patience.c: not waiting for ever for a lock on the database.
 *
 * libkrb5 knows no other way to wait for a lock.  While we wait, nothing else
 * goes on, the relay included; so a timer's signal interrupts the wait.  After
 * a wait that was in vain the next ones are short for a while: not every
 * request that comes in is to stop us again.
 *
 * The signal is unblocked only here, and only in the thread that waits:
 * threads of the libraries never get it.
 */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include "store/kx_store.h"

/* Milliseconds that we wait for HASTY_SECONDS after it was in vain. */
#define HASTY_PATIENCE 50
#define HASTY_SECONDS 10

static time_t hasty_until; /* on the monotonic clock */

/* SIGALRM: to interrupt what waits is all it is for. */
static void
on_alarm(int number)
{
    (void)number;
}

/* Block or unblock SIGALRM for this thread. */
static void
mask_alarm(int how)
{
    sigset_t alarm_only;

    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    (void)pthread_sigmask(how, &alarm_only, NULL);
}

void
kx_patience_init(void)
{
    struct sigaction action = {0};

    /* No SA_RESTART: what waits is to come back. */
    action.sa_handler = on_alarm;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGALRM, &action, NULL);
    mask_alarm(SIG_BLOCK);
}

void
kx_patience_begins(int milliseconds)
{
    int patience =
        kx_monotonic() < hasty_until ? HASTY_PATIENCE : milliseconds;
    /* Again and again: the first signal may come just before the waiting. */
    struct itimerval timer = {{0, HASTY_PATIENCE * 1000},
                              {patience / 1000, patience % 1000 * 1000}};

    mask_alarm(SIG_UNBLOCK);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

krb5_error_code
kx_patience_ends(krb5_context context, krb5_error_code ret)
{
    struct itimerval off = {{0, 0}, {0, 0}};

    (void)setitimer(ITIMER_REAL, &off, NULL);
    mask_alarm(SIG_BLOCK);
    if (ret != EINTR)
        return ret;
    hasty_until = kx_monotonic() + HASTY_SECONDS;
    return kx_error(context, KX_ERR_STORE,
                    "the database is locked by another program; try again "
                    "when it is done");
}
