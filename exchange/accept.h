/*
 * accept.h: the answer to a request that has passed all checks.
 */
#ifndef KX_ACCEPT_H
#define KX_ACCEPT_H

#include "exchange/given.h"
#include "exchange/offer.h"
#include "exchange/peer.h"

/* What it takes; all borrowed. */
struct kx_acceptance {
    struct kx_engine *engine;
    struct kx_course *course; /* gets KX_STEP_OFFER and on, and ends with the
                               * key */
    const struct kx_store *store;
    struct kx_given *given; /* gets the version that is given */
    const struct kx_offer *request;
    const krb5_data *remote; /* the realm that asks */
};

/*
 * Agree on a key with the peer at target, whose TLSA record has matched, store
 * it, and give the reply in *answer (allocated, kx_data_free()).  The log line
 * has been written.  Errors: those of kx_credentials_identity(),
 * kx_group_of_public(), kx_agree(), kx_prior_get(), kx_next_kvno(),
 * kx_offer_make(), kx_offers_derive() and of the store; nothing is stored
 * then.
 */
krb5_error_code kx_accept(const struct kx_acceptance *acceptance,
                          const struct kx_target *target,
                          const struct kx_tlsa *matched, krb5_data *answer);

#endif /* KX_ACCEPT_H */
