/*
 * patience.c: not waiting for ever for a lock on the database.
 *
 * While we wait, nothing else goes on, the relay included; so a signal ends
 * the wait (kx_alarm.h).  After a wait that was in vain the next ones are
 * short for a while: not every request that comes in is to stop us again.
 *
 * The signal is unblocked only here, and only in the thread that waits:
 * threads of the libraries never get it.
 */
#include "config.h"
#include <errno.h>
#include <pthread.h>
#include "exchange/kx_alarm.h"
#include "store/kx_store.h"

/* Milliseconds that we wait for HASTY_SECONDS after it was in vain. */
#define HASTY_PATIENCE 50
#define HASTY_SECONDS 10

static time_t hasty_until;     /* on the monotonic clock */
static struct kx_alarm before; /* while we wait */

void
kx_patience_init(void)
{
    sigset_t alarm_only;

    (void)sigemptyset(&alarm_only);
    (void)sigaddset(&alarm_only, SIGALRM);
    (void)pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
}

void
kx_patience_begins(int milliseconds)
{
    int patience =
        kx_monotonic() < hasty_until ? HASTY_PATIENCE : milliseconds;

    kx_alarm_set(&before, patience, HASTY_PATIENCE);
}

krb5_error_code
kx_patience_ends(krb5_context context, krb5_error_code ret)
{
    kx_alarm_put_back(&before);
    if (ret != EINTR)
        return ret;
    hasty_until = kx_monotonic() + HASTY_SECONDS;
    return kx_error(context, KX_ERR_STORE,
                    "the database is locked by another program; try again "
                    "when it is done");
}
