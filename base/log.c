/*
 * log.c: log lines that a stranger can neither forge nor fill a disk with.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/kx_base.h"

/* Write line, which may be changed, without control characters. */
static void
write_clean(const struct kx_logger *logger, int priority, char *line)
{
    unsigned char *p;

    if (logger == NULL || logger->write == NULL)
        return;
    for (p = (unsigned char *)line; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    logger->write(logger->arg, priority, line);
}

void
kx_log(const struct kx_logger *logger, int priority, const char *format, ...)
{
    char line[KX_LOG_LINE_SIZE];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    write_clean(logger, priority, line);
}

void
kx_log_quietly(struct kx_quiet *quiet, const struct kx_logger *logger,
               int priority, const char *format, ...)
{
    char line[KX_LOG_LINE_SIZE], count[64] = "";
    const time_t now = kx_monotonic();
    size_t end;
    va_list ap;

    if (now >= quiet->until) {
        quiet->until = now + KX_QUIET_SECONDS;
        quiet->written = 0;
    }
    if (quiet->written >= KX_QUIET_LINES) {
        quiet->kept_back++;
        return;
    }
    quiet->written++;
    if (quiet->kept_back > 0)
        (void)snprintf(count, sizeof(count), " (and %u more like it before)",
                       quiet->kept_back);
    quiet->kept_back = 0;
    /* A line that has to be cut keeps its count. */
    end = sizeof(line) - strlen(count);
    va_start(ap, format);
    (void)vsnprintf(line, end, format, ap);
    va_end(ap);
    end = strlen(line);
    (void)snprintf(line + end, sizeof(line) - end, "%s", count);
    write_clean(logger, priority, line);
}
