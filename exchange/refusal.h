/*
 * refusal.h: a refusal on the wire: KRB-ERROR with the codes of RFC 4120 and
 * RFC 4556 where they fit.
 *
 * A stranger learns the kind of error, no more; the log has all of it.
 */
#ifndef KX_REFUSAL_H
#define KX_REFUSAL_H

#include "exchange/roots.h"

/* The protocol's code for one of ours. */
int32_t kx_refusal_code(krb5_error_code code);

/* What a protocol code means, for a log line; never NULL. */
const char *kx_refusal_words(int32_t code);

/*
 * Make the KRB-ERROR for code, from realm, at time now, in *out (allocated).
 * For KX_ERR_POLICY_GROUP it lists the groups that we accept, for
 * KX_ERR_ANCHOR our roots; these may be NULL, and then it lists none. Errors:
 * KX_ERR_ENCODE, ENOMEM.
 */
krb5_error_code kx_refusal_make(krb5_context context, krb5_error_code code,
                                const char *realm, time_t now,
                                const struct kx_roots *roots, krb5_data *out);

#endif /* KX_REFUSAL_H */
