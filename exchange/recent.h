/*
 * recent.h: requests that were answered lately, with their answers.
 *
 * A request that comes again gets the same bytes again, so that a lost answer
 * or a replay makes no second key.  What is older than the clock skew allows
 * is refused by its time, and need not be remembered.
 */
#ifndef KX_RECENT_H
#define KX_RECENT_H

#include <time.h>
#include "base/kx_base.h"

/* Bytes of the digest by which a request is known. */
#define KX_REQUEST_DIGEST 32

struct kx_recent;

/* Make a memory of at most entries answers, with one user.  Errors: ENOMEM. */
krb5_error_code kx_recent_new(size_t entries, struct kx_recent **out);

/* One more user of the same memory; one less, and with the last it goes. */
struct kx_recent *kx_recent_share(struct kx_recent *recent);
void kx_recent_free(struct kx_recent *recent);

/* The digest of a request's bytes.  Errors: KX_ERR_CRYPTO. */
krb5_error_code kx_request_digest(krb5_context context,
                                  const krb5_data *request,
                                  unsigned char digest[KX_REQUEST_DIGEST]);

/*
 * The answer that was given to the request of digest, borrowed until the next
 * kx_recent_add(); NULL if there is none that is still remembered at time now.
 */
const krb5_data *kx_recent_find(const struct kx_recent *recent,
                                const unsigned char *digest, time_t now);

/*
 * Remember answer (copied) until the given time; the oldest makes room where
 * there is none.  Errors: ENOMEM.
 */
krb5_error_code kx_recent_add(struct kx_recent *recent,
                              const unsigned char *digest,
                              const krb5_data *answer, time_t until);

#endif /* KX_RECENT_H */
