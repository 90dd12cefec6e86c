/*
 * failures.h: the realms with which an exchange has failed, and how long each
 * is to be left alone.
 *
 * An exchange that failed would fail again a moment later, and one failing
 * request of a user is several lookups of the KDC.  So its error is remembered
 * for a time that fits the cause (kx_failure_pause()), and given at once.
 */
#ifndef KX_FAILURES_H
#define KX_FAILURES_H

#include "base/kx_base.h"

/* The shortest and the longest pause, in seconds. */
#define KX_SHORTEST_PAUSE 15
#define KX_LONGEST_PAUSE 300

/* A failure that comes again within so many seconds is the same news. */
#define KX_NEWS_AFTER 10

struct kx_failures;

/* Make a memory of as many realms as entries says.  Errors: ENOMEM. */
krb5_error_code kx_failures_new(size_t entries, struct kx_failures **out);

/* Release it.  failures may be NULL. */
void kx_failures_free(struct kx_failures *failures);

/*
 * How many seconds a realm is left alone after its exchange has failed with
 * code for the times'th time in a row (1 is the first):
 *
 *   DNS does not vouch for the realm       2 minutes: its administrator has
 *                                          something to mend
 *   it refused, or a check failed          1 minute
 *   DNS or the peer did not answer         15 seconds, twice as long each
 *                                          time, up to 5 minutes
 *   anything else is our own affair        0: mend it, and the next attempt
 *                                          uses it
 */
unsigned int kx_failure_pause(krb5_error_code code, unsigned int times);

/*
 * Remember that an exchange with realm has failed with code and words (copied)
 * at second now of the monotonic clock.  When all places are taken, the
 * failure that is over first makes room.  Without memory nothing is
 * remembered.
 */
void kx_failures_add(struct kx_failures *failures, const krb5_data *realm,
                     krb5_error_code code, const char *words, int64_t now);

/*
 * Note that an exchange could not even begin because of code: that is our own
 * affair, and holds no attempt back.  Returns TRUE if it is news: this realm
 * has not failed with this code in the last KX_NEWS_AFTER seconds, so it is
 * worth a line in the log.
 */
krb5_boolean kx_failures_note(struct kx_failures *failures,
                              const krb5_data *realm, krb5_error_code code,
                              int64_t now);

/*
 * The error for which realm is to be left alone at second now, with its
 * message put into context; 0 when an exchange may be tried.
 */
krb5_error_code kx_failures_find(krb5_context context,
                                 const struct kx_failures *failures,
                                 const krb5_data *realm, int64_t now);

/* Forget realm: an exchange with it has succeeded. */
void kx_failures_remove(struct kx_failures *failures, const krb5_data *realm);

#endif /* KX_FAILURES_H */
