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
#include <time.h>
#include <unistd.h>
#include "daemon/klog.h"
#include "daemon/kxoverd.h"

#define NAME "kxoverd"

/* Of lines that strangers can cause, so many are written in so many seconds.
 */
#define QUIET_LINES 10
#define QUIET_SECONDS 10

/* As long as base/log.c lets a line be. */
#define LINE_SIZE 1024

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
    char name[] = NAME;

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

void
kx_log_quietly(struct kx_quiet *quiet, const struct kx_logger *logger,
               int priority, const char *format, ...)
{
    char line[LINE_SIZE];
    struct timespec now = {0, 0};
    va_list ap;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec >= quiet->until) {
        quiet->until = now.tv_sec + QUIET_SECONDS;
        quiet->written = 0;
    }
    if (quiet->written >= QUIET_LINES) {
        quiet->kept_back++;
        return;
    }
    quiet->written++;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    if (quiet->kept_back == 0)
        kx_log(logger, priority, "%s", line);
    else
        kx_log(logger, priority, "%s (and %u more like it before)", line,
               quiet->kept_back);
    quiet->kept_back = 0;
}
