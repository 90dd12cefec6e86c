/*
 * offer.h: making our own offers.
 */
#ifndef KX_OFFER_H
#define KX_OFFER_H

#include "exchange/engine.h"
#include "exchange/validate.h"
#include "exchange/kx_agreement.h"
#include "exchange/prior.h"

/* What an offer of ours says; all borrowed. */
struct kx_terms {
    int msg_type; /* KX_MSG_REQ or KX_MSG_REP */
    uint32_t nonce;
    krb5_const_principal kxname;
    time_t request_time;
    uint32_t kvno; /* 0: none is told */
    time_t till;
    const struct kx_ephemeral *ephemeral;
    /* The signature algorithms that the peer accepts; none: all of ours. */
    const struct kx_algorithm *accepted;
    size_t n_accepted;
    struct kx_prior_names prior;  /* that are told; may be none */
    const struct kx_roots *roots; /* that are told; NULL for none */
};

/*
 * Make and sign the offer of terms in a new message *out (kx_message_free());
 * a reply's confirm is still to be filled in.
 * Errors: KX_ERR_POLICY_SIGALG, KX_ERR_CRYPTO, KX_ERR_ENCODE, ENOMEM.
 */
krb5_error_code kx_offer_make(krb5_context context,
                              const struct kx_settings *settings,
                              const struct kx_identity *identity,
                              const struct kx_terms *terms,
                              struct kx_message **out);

/*
 * The keys of an exchange whose two offers are known: every common encryption
 * type of request and reply, in *crossover (allocated, kx_crossover_free()),
 * with its confirmation.  The reply's name, kvno and till count.  z is the
 * shared secret; earlier has the keys that the reply says are mixed in.
 * origin is left empty but for group, prior and chain.  Errors:
 * KX_ERR_POLICY_ETYPE, KX_ERR_PRIOR, KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_offers_derive(
    krb5_context context, const struct kx_offer *request,
    const struct kx_offer *reply, const krb5_data *z,
    const struct kx_earlier *earlier, enum kx_group group, time_t now,
    struct kx_crossover **crossover, unsigned char confirm[KX_CONFIRM_SIZE]);

/*
 * Note in crossover with whom it was agreed: the peer's host and port, its
 * first certificate and the TLSA record that matched.  Errors: KX_ERR_CRYPTO,
 * ENOMEM.
 */
krb5_error_code kx_offer_origin(krb5_context context,
                                struct kx_crossover *crossover,
                                const struct kx_offer *peer, const char *host,
                                uint16_t port, const struct kx_tlsa *tlsa);

#endif /* KX_OFFER_H */
