/*
 * kx_alarm.h: an end to waiting that has none.
 *
 * db2 waits for its lock in fcntl(), for as long as somebody else has it, and
 * there is no way to ask for less.  A signal ends that wait: it fails with
 * EINTR.
 */
#ifndef KX_ALARM_H
#define KX_ALARM_H

#include <signal.h>
#include <sys/time.h>

/* What the program had of SIGALRM, while ours is in its place. */
struct kx_alarm {
    struct sigaction action;
    sigset_t mask;
    struct itimerval timer;
};

/*
 * From now on have SIGALRM interrupt this thread where it waits: after first
 * milliseconds, and again every next ones, as a signal may come just before
 * the waiting begins.  *before gets what there was.
 */
void kx_alarm_set(struct kx_alarm *before, int first, int next);

/* Put back what there was. */
void kx_alarm_put_back(const struct kx_alarm *before);

#endif /* KX_ALARM_H */
