/*
 * log.c: log lines to where [logging] says, as krb5's own daemons have it.
 *
 * A log file that was moved away is followed by closing and opening all, not
 * by krb5_klog_reopen(): in krb5 1.20 that one keeps using a closed FILE when
 * it cannot open the new one.
 */
#include "config.h"
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>
#include "daemon/klog.h"
#include "daemon/kxoverd.h"

#define NAME "kxoverd"

static krb5_boolean is_open;
static krb5_boolean to_stderr;

/* A kx_log_fn. */
static void
write_line(void *arg, int priority, const char *line)
{
    (void)arg;
    if (to_stderr && priority <= LOG_ERR)
        (void)fprintf(stderr, "%s: %s\n", NAME, line);
    if (is_open)
        (void)krb5_klog_syslog(priority, "%s", line);
}

const struct kx_logger kx_daemon_logger = {write_line, NULL};

/* Close the log, but not our standard error with it. */
static void
close_log(void)
{
    int saved;

    if (!is_open)
        return;
    saved = dup(STDERR_FILENO);
    krb5_klog_close(NULL);
    if (saved >= 0) {
        (void)dup2(saved, STDERR_FILENO);
        (void)close(saved);
    }
    is_open = FALSE;
}

void
kx_daemon_log_open(krb5_context context)
{
    /* syslog keeps the pointer. */
    static char name[] = NAME;

    close_log();
    /* It complains on standard error, and falls back to syslog, by itself. */
    is_open = krb5_klog_init(context, name, name, FALSE) == 0;
}

void
kx_daemon_log_close(void)
{
    close_log();
}

void
kx_daemon_log_to_stderr(krb5_boolean on)
{
    to_stderr = on;
}
