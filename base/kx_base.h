/*
 * kx_base.h: what every room of the house uses: errors with words around
 * them, log lines, byte strings that are wiped.
 *
 * Errors are krb5_error_code values: krb5's own, errno's, or those of
 * kx_err.et.  The words go into the krb5_context, where
 * krb5_get_error_message() finds them.
 *
 * Byte strings are krb5_data.  An empty one has length 0 and data NULL.  One
 * that a function gives out is the caller's to release with kx_data_free(), or
 * kx_data_zap_free() where it holds a secret.
 */
#ifndef KX_BASE_H
#define KX_BASE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <krb5.h>
#include "base/kx_err.h"

#if defined(__GNUC__)
#define KX_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define KX_PRINTF(fmt, args)
#endif

/* Make the codes of kx_err.et known to com_err.  Idempotent. */
void kx_init_errors(void);

/*
 * Set the message of code in context (which may be NULL: then nothing is set)
 * and return code, so that `return kx_error(ctx, KX_ERR_..., "...")` works.
 * The message names the realm, the step and, where there is one, the remedy.
 */
krb5_error_code kx_error(krb5_context context, krb5_error_code code,
                         const char *format, ...) KX_PRINTF(3, 4);

/*
 * Put words and ": " before the message that context holds for code, and
 * return code.  Does nothing for code 0.
 */
krb5_error_code kx_error_prefix(krb5_context context, krb5_error_code code,
                                const char *format, ...) KX_PRINTF(3, 4);

/*
 * Give code the message that context holds for cause, and return code: another
 * error, the same words.
 */
krb5_error_code kx_error_as(krb5_context context, krb5_error_code code,
                            krb5_error_code cause);

/*
 * The name of code, one word that does not change: "no_srv" for KX_ERR_NO_SRV;
 * "ok" for 0, and "other" for all errors that are not of kx_err.et.
 */
const char *kx_error_name(krb5_error_code code);

/* How many errors kx_err.et has, from ERROR_TABLE_BASE_kx on. */
size_t kx_error_count(void);

/*
 * Where log lines go.  priority is one of syslog's (LOG_ERR, LOG_WARNING,
 * LOG_NOTICE, LOG_INFO, LOG_DEBUG); line is one line without a newline; arg is
 * the logger's own.
 */
typedef void kx_log_fn(void *arg, int priority, const char *line);

struct kx_logger {
    kx_log_fn *write;
    void *arg;
};

/* A longer line is cut to this, its NUL included: krb5's own logging takes no
 * more than 2048 with what it puts before. */
#define KX_LOG_LINE_SIZE 1600

/*
 * Write one line through logger (a NULL logger, or one without a function,
 * swallows it).  Control characters that a stranger could have put in, line
 * breaks among them, are replaced by '?'.  Never pass a secret.
 */
void kx_log(const struct kx_logger *logger, int priority, const char *format,
            ...) KX_PRINTF(3, 4);

/* A line that strangers can cause as often as they like.  Begins as zeroes. */
struct kx_quiet {
    int64_t until; /* end of the present period, seconds of the monotonic
                    * clock */
    unsigned int written;   /* lines in this period */
    unsigned int kept_back; /* lines not written since the last one */
};

/* So many of its lines are written in so many seconds. */
#define KX_QUIET_LINES 10
#define KX_QUIET_SECONDS 10

/*
 * kx_log(), unless KX_QUIET_LINES were written under the same quiet in the
 * present period; then the line is counted, and the next one that is written
 * tells the count.
 */
void kx_log_quietly(struct kx_quiet *quiet, const struct kx_logger *logger,
                    int priority, const char *format, ...) KX_PRINTF(4, 5);

/*
 * *mapped says whether [domain_realm] of context's profile has host (in small
 * letters) or a domain that it is in: as libkrb5 looks there, for a.b.c, .b.c,
 * b.c, .c and c.  Errors: the profile library's.
 */
krb5_error_code kx_domain_realm_has(krb5_context context, const char *host,
                                    krb5_boolean *mapped);

/* Seconds on the monotonic clock, and microseconds on it. */
time_t kx_monotonic(void);
int64_t kx_monotonic_usec(void);

/* Overwrite length bytes at p so that the compiler cannot leave it out. */
void kx_zap(void *p, size_t length);

/* A krb5_data that borrows length bytes at p. */
krb5_data kx_data(const void *p, size_t length);

/* Copy in to *out (allocated).  Errors: ENOMEM. */
krb5_error_code kx_data_copy(const krb5_data *in, krb5_data *out);

/* True when both hold the same bytes.  Not for secrets. */
krb5_boolean kx_data_equal(const krb5_data *a, const krb5_data *b);

/* True when both hold the same bytes; time depends on the length only. */
krb5_boolean kx_data_equal_secret(const krb5_data *a, const krb5_data *b);

/* Release what *data owns and make it empty. */
void kx_data_free(krb5_data *data);

/* Release an array of n, and what they hold.  NULL is fine. */
void kx_datas_free(krb5_data *datas, size_t n);

/* The same, wiping it first. */
void kx_data_zap_free(krb5_data *data);

/*
 * Write time t as 2026-11-22T15:51:00Z into buffer (at least
 * KX_TIME_TEXT_SIZE bytes) and return buffer.
 */
#define KX_TIME_TEXT_SIZE 24
const char *kx_time_text(time_t t, char *buffer);

/*
 * Read a time as kx_time_text() writes it, in krb5's range, into *t.  What
 * does not come out the same again, such as the 30th of February, is none:
 * false.
 */
krb5_boolean kx_time_read(const char *text, time_t *t);

#endif /* KX_BASE_H */
