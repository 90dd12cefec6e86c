/*
 * credentials.h: the files by which we are known and by which we judge:
 * identities, roots, lists of revoked certificates.
 */
#ifndef KX_CREDENTIALS_H
#define KX_CREDENTIALS_H

#include "exchange/demand.h"
#include "exchange/kx_identity.h"
#include "exchange/kx_settings.h"
#include "exchange/revocation.h"
#include "exchange/roots.h"

struct kx_credentials;

/*
 * Make credentials of what settings names; all arguments are borrowed and must
 * outlive them.  Nothing is read yet.  Errors: ENOMEM.
 */
krb5_error_code kx_credentials_new(krb5_context context,
                                   const struct kx_settings *settings,
                                   const struct kx_logger *logger,
                                   struct kx_credentials **out);

void kx_credentials_free(struct kx_credentials *credentials);

/* Read all files, and log what keeps new crossovers from being made: the
 * administrator is looking. */
void kx_credentials_try(struct kx_credentials *credentials, time_t now);

/*
 * Give in *out (borrowed until the next call) the first identity that is valid
 * at time now and that demand (NULL: any) accepts.  Each that is not loaded or
 * out of date is loaded again; one that cannot be is logged where another one
 * takes its place.  Errors: KX_ERR_IDENTITY (there is none), KX_ERR_POLICY_CA
 * (none has a root that would do).
 */
krb5_error_code kx_credentials_identity(struct kx_credentials *credentials,
                                        time_t now,
                                        const struct kx_demand *demand,
                                        const struct kx_identity **out);

/* True if identity number i, as the settings have them, is loaded and valid at
 * time now; *end gets the end of its certificate. */
krb5_boolean kx_credentials_look(const struct kx_credentials *credentials,
                                 size_t i, time_t now, time_t *end);

/*
 * Give the roots in *out (borrowed), loading them if need be.  Errors:
 * KX_ERR_ANCHOR (configured, but cannot be read), ENOMEM.
 */
krb5_error_code kx_credentials_roots(struct kx_credentials *credentials,
                                     const struct kx_roots **out);

/*
 * Give the lists of revoked certificates in *out (borrowed until the next
 * call; NULL if none are configured).  A file that has changed is read again.
 * A list that is overdue at time now is logged, once an hour.  Errors:
 * KX_ERR_CRL (configured, but cannot be read), ENOMEM.
 */
krb5_error_code kx_credentials_crls(struct kx_credentials *credentials,
                                    time_t now, const struct kx_crls **out);

/* Fill in of claim the roots and lists, by which a chain is to be judged at
 * claim->now.  Errors: those of the two before. */
krb5_error_code kx_credentials_claim(struct kx_credentials *credentials,
                                     struct kx_claim *claim);

/* All of these are there: without, no exchange is worth beginning.  Errors:
 * theirs. */
krb5_error_code kx_credentials_ready(struct kx_credentials *credentials,
                                     time_t now);

#endif /* KX_CREDENTIALS_H */
