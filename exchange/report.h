/*
 * report.h: the one line in the log that an exchange ends with.
 *
 * First a sentence for people, then words for programs, one blank apart:
 *
 *   krbtgt/BRAVO.EXAMPLE@ALPHA.EXAMPLE: key version 7 agreed with
 *   kdc.bravo.example:88, valid until 2026-12-06T15:51:00Z; result=agreed
 *   role=initiator remote=BRAVO.EXAMPLE kvno=7 ... dns_ms=12.1 total_ms=40.3
 *
 * docs/monitoring.md tells what the words mean; they do not change.
 */
#ifndef KX_REPORT_H
#define KX_REPORT_H

#include "exchange/engine.h"
#include "exchange/kx_phase.h"

#define KX_SENTENCE_SIZE 900

/* The server that an exchange is about; borrowed. */
struct kx_place {
    const char *host; /* NULL: none */
    uint16_t port;
    const struct sockaddr *address; /* NULL: not known */
};

/* A line that is to have its end. */
struct kx_report {
    char sentence[KX_SENTENCE_SIZE];
    char words[400];
};

/* Begin the line of course, which ends with crossover. */
void kx_report_agreed(struct kx_report *report, const struct kx_course *course,
                      const struct kx_place *place,
                      const struct kx_crossover *crossover);

/* Write the line, with the times of course, which is not over; store is the
 * time that storing the key took, in microseconds, if course does not know it
 * (else -1). */
void kx_report_write(const struct kx_report *report,
                     const struct kx_logger *logger,
                     const struct kx_course *course, int64_t store);

/*
 * Write the line of course, which ends with code, of which its context holds
 * the message.  priority is one of syslog's; quiet (NULL: none) is what keeps
 * such lines from being a flood.
 */
void kx_report_failed(const struct kx_logger *logger, struct kx_quiet *quiet,
                      int priority, const struct kx_course *course,
                      const struct kx_place *place, krb5_error_code code);

#endif /* KX_REPORT_H */
