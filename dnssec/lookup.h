/*
 * lookup.h: what the parts of a lookup know of each other.  For this folder.
 */
#ifndef KX_DNSSEC_LOOKUP_H
#define KX_DNSSEC_LOOKUP_H

#include "dnssec/resolver.h"

/* End all lookups of the resolver without their calls. */
void kx_lookups_cancel(struct kx_resolver *resolver);

/*
 * Judge the answer to a question and add its records to answer, which is left
 * as it was on error.  A question without an answer is one that had waited for
 * timeout.  Errors: those that kx_dnssec.h names at its top, ENOMEM.
 */
krb5_error_code kx_answer_add(const struct kx_question *question,
                              const struct timeval *timeout,
                              struct kx_answer *answer);

/* Release the records in answer and make it empty, but for its code. */
void kx_answer_clear(struct kx_answer *answer);

#endif /* KX_DNSSEC_LOOKUP_H */
