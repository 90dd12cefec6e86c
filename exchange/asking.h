/*
 * asking.h: what an initiator asks for: its request, made, and made anew as
 * the peer wishes.
 */
#ifndef KX_ASKING_H
#define KX_ASKING_H

#include "exchange/offer.h"

struct kx_asking {
    struct kx_engine *engine;
    struct kx_course *course;    /* gets KX_STEP_OFFER; may be NULL */
    krb5_const_principal kxname; /* the crossover; borrowed */
    uint32_t known_kvno;         /* of it, that we have; 0: none */
    struct kx_earlier_source source;

    struct kx_message *request; /* NULL until it is made */
    struct kx_ephemeral *ephemeral;
    size_t n_named;          /* prior keys, in the request */
    struct kx_demand demand; /* the roots that the peer named */
    krb5_boolean regrouped;  /* it was made anew in another group */
    krb5_boolean rerooted;   /* and by another identity */
};

/*
 * Make the request in group, in the place of the one that there is.  Errors:
 * those of kx_credentials_identity(), kx_credentials_roots(), of the source
 * and of kx_offer_make(), KX_ERR_CRYPTO.
 */
krb5_error_code kx_asking_make(struct kx_asking *asking, enum kx_group group);

/*
 * The peer at host has refused the request with error.  If that is the wish
 * for another group (KRB-ERROR 65) or for a chain with another root (70), make
 * another request, once for each.  The answer's step ends.  Errors:
 * KX_ERR_PEER_REFUSED (it is neither, or not for the first time),
 * KX_ERR_POLICY_GROUP, KX_ERR_POLICY_CA, those of kx_asking_make() and of
 * reading the wish.
 */
krb5_error_code kx_asking_please(struct kx_asking *asking, const char *host,
                                 const struct kx_krb_error *error);

/* Release what asking holds. */
void kx_asking_clear(struct kx_asking *asking);

#endif /* KX_ASKING_H */
