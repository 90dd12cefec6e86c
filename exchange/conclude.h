/*
 * conclude.h: the key out of a peer's reply, if all is right with it.
 */
#ifndef KX_CONCLUDE_H
#define KX_CONCLUDE_H

#include "exchange/offer.h"
#include "exchange/peer.h"

/* What it takes; all borrowed. */
struct kx_conclusion {
    struct kx_engine *engine;
    struct kx_course *course; /* gets KX_STEP_MESSAGE and on; may be NULL */
    krb5_const_principal kxname;
    const struct kx_earlier_source *source;
    const struct kx_offer *request; /* ours */
    struct kx_ephemeral *ephemeral; /* of the request */
    const struct kx_target *target; /* the server that replied */
};

/*
 * Put the reply message to the checks, and make its key in *crossover
 * (kx_crossover_free()).  Check 4 was before the connection.  Errors: those of
 * kx_decode_message(), of the checks, of kx_credentials_claim(), kx_agree(),
 * kx_offers_derive() and kx_offer_origin(), KX_ERR_CONFIRM.
 */
krb5_error_code kx_conclude(const struct kx_conclusion *conclusion,
                            const krb5_data *message,
                            struct kx_crossover **crossover);

/*
 * Give the keys that the outgoing crossover name had before in *earlier
 * (kx_earlier_clear(), also on failure); none where source has no get.
 * Errors: those of the source.
 */
krb5_error_code kx_source_earlier(const struct kx_engine *engine,
                                  const struct kx_earlier_source *source,
                                  krb5_const_principal name,
                                  struct kx_earlier *earlier);

#endif /* KX_CONCLUDE_H */
