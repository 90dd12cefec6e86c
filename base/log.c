/*
 * log.c: log lines that a stranger cannot forge.
 */
#include "config.h"
#include <stdio.h>
#include "base/kx_base.h"

/* syslog's customary limit; a longer line is cut. */
#define LINE_SIZE 1024

void
kx_log(const struct kx_logger *logger, int priority, const char *format, ...)
{
    char line[LINE_SIZE];
    unsigned char *p;
    va_list ap;

    if (logger == NULL || logger->write == NULL)
        return;
    va_start(ap, format);
    (void)vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    for (p = (unsigned char *)line; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    logger->write(logger->arg, priority, line);
}
