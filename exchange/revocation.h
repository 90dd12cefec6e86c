/*
 * revocation.h: the lists of revoked certificates (RFC 5280 5) that
 * kxover_revoke names.
 */
#ifndef KX_REVOCATION_H
#define KX_REVOCATION_H

#include "exchange/validate.h"

/* All lists of all files, as they were when they were read. */
struct kx_crls;

/*
 * Read the lists in the PEM files that specs (NULL-terminated, as FILE:path or
 * path; copied) names into *out (kx_crls_free()).  Errors: KX_ERR_CRL with
 * the file and the remedy, ENOMEM.
 */
krb5_error_code kx_crls_load(krb5_context context, char *const *specs,
                             struct kx_crls **out);

void kx_crls_free(struct kx_crls *crls);

/* True if a file is another one than it was when it was read, or is gone. */
krb5_boolean kx_crls_changed(const struct kx_crls *crls);

/* Of the lists whose next one was due before now, the one that is longest
 * overdue: its file (borrowed) and when that was.  NULL if there is none. */
const char *kx_crls_overdue(const struct kx_crls *crls, time_t now,
                            time_t *due);

#endif /* KX_REVOCATION_H */
