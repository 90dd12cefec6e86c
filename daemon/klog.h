/*
 * klog.h: krb5's logging, as [logging] in kdc.conf configures it.
 *
 * libkadm5srv exports these functions for krb5's own daemons but no public
 * header declares them.  configure checks that they are there.
 */
#ifndef KX_KLOG_H
#define KX_KLOG_H

#include "base/kx_base.h"

/*
 * Log from now on as [logging] ename says ("default" where it says nothing,
 * else syslog), under the name whoami.  take_com_err sends com_err()'s
 * messages there as well.  context is not kept unless take_com_err is true.
 */
krb5_error_code krb5_klog_init(krb5_context context, char *ename, char *whoami,
                               krb5_boolean take_com_err);

/* Write one line of syslog's priority. */
int krb5_klog_syslog(int priority, const char *format, ...) KX_PRINTF(2, 3);

/*
 * Close everything that krb5_klog_init() opened; descriptor 2 is closed with
 * it when a line of [logging] says STDERR.
 */
void krb5_klog_close(krb5_context context);

#endif /* KX_KLOG_H */
