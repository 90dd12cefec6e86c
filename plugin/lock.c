/*
 * lock.c: the database's lock, without waiting long for it.
 *
 * db2 waits for its lock in fcntl(), for as long as somebody else has it: a
 * dump of a large database, say.  In a KDC that is all clients waiting.  There
 * is no way to ask for less, so a timer's signal ends the wait.  It runs while
 * we wait for the lock and never while something is written.
 *
 * The KDC's own handler, mask and timer are put back just as they were.
 */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include "plugin/lock.h"

/* Microseconds until the first signal, and from one to the next: the first may
 * come just before the waiting begins. */
#define PATIENCE_USEC 100000

/* What the KDC has, while ours is in its place. */
struct alarm {
    struct sigaction action;
    sigset_t mask;
    struct itimerval timer;
};

/* SIGALRM: to interrupt what waits is all it is for. */
static void
on_alarm(int number)
{
    (void)number;
}

/* Have SIGALRM interrupt this thread from now on. */
static void
set_alarm(struct alarm *before)
{
    const struct itimerval timer = {{0, PATIENCE_USEC}, {0, PATIENCE_USEC}};
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

/* Put back what there was. */
static void
put_back(const struct alarm *before)
{
    const struct itimerval off = {{0, 0}, {0, 0}};

    /* Ours first goes off, so that the handler is there for its last. */
    (void)setitimer(ITIMER_REAL, &off, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    (void)sigaction(SIGALRM, &before->action, NULL);
    (void)setitimer(ITIMER_REAL, &before->timer, NULL);
}

krb5_error_code
kx_lock_for_writing(krb5_context context, krb5_boolean *locked)
{
    struct alarm before;
    krb5_error_code ret;

    set_alarm(&before);
    ret = krb5_db_lock(context, KRB5_DB_LOCKMODE_EXCLUSIVE);
    put_back(&before);
    *locked = ret == 0;
    if (ret == KRB5_PLUGIN_OP_NOTSUPP)
        return 0;
    if (ret == EINTR)
        return kx_error(context, KX_ERR_STORE,
                        "the database is locked by another program");
    return ret;
}
