/*
 * lock.c: the database's lock, without waiting long for it.
 *
 * In a KDC that waits, all clients wait.  So a signal ends the wait
 * (kx_alarm.h).  It runs while we wait for the lock and never while something
 * is written.
 */
#include "config.h"
#include <errno.h>
#include "exchange/kx_alarm.h"
#include "plugin/lock.h"

/* Milliseconds that we wait. */
#define PATIENCE 100

krb5_error_code
kx_lock_for_writing(krb5_context context, krb5_boolean *locked)
{
    struct kx_alarm before;
    krb5_error_code ret;

    kx_alarm_set(&before, PATIENCE, PATIENCE);
    ret = krb5_db_lock(context, KRB5_DB_LOCKMODE_EXCLUSIVE);
    kx_alarm_put_back(&before);
    *locked = ret == 0;
    if (ret == KRB5_PLUGIN_OP_NOTSUPP)
        return 0;
    if (ret == EINTR)
        return kx_error(context, KX_ERR_STORE,
                        "the database is locked by another program");
    return ret;
}
