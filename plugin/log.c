/*
 * log.c: log lines from inside another program.
 *
 * krb5's daemons log with krb5_klog_syslog() of libkadm5srv, which is no part
 * of the interface of a database module and is not there in every program that
 * opens a database.  So it is used where the program has it (a weak symbol);
 * elsewhere a line goes to com_err, as libkdb5's own do.
 */
#include "config.h"
#include <syslog.h>
#include <com_err.h>
#include "plugin/log.h"

extern int krb5_klog_syslog(int priority, const char *format, ...)
    __attribute__((weak, format(printf, 2, 3)));

/* Write one line. */
static void
write_line(void *arg, int priority, const char *line)
{
    (void)arg;
    if (krb5_klog_syslog != NULL)
        (void)krb5_klog_syslog(priority, "kxover: %s", line);
    else if (priority <= LOG_WARNING)
        com_err("kxover", 0, "%s", line);
}

const struct kx_logger kx_plugin_logger = {write_line, NULL};
