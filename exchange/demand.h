/*
 * demand.h: what a peer demands of the identity that we come with.
 */
#ifndef KX_DEMAND_H
#define KX_DEMAND_H

#include "asn1/kx_asn1.h"

struct kx_demand {
    krb5_data *roots; /* key identifiers of those that the chain may end in */
    size_t n_roots;   /* 0: any */
    const struct kx_algorithm *accepted; /* to sign with, borrowed */
    size_t n_accepted;                   /* 0: any */
};

/*
 * The demand of a peer's offer, in *out (kx_demand_clear()), which borrows
 * from offer.  Where accept-ca names a root in another way than by its key
 * identifier, that may be any.  Errors: ENOMEM.
 */
krb5_error_code kx_demand_of_offer(const struct kx_tbsdata *offer,
                                   struct kx_demand *out);

/*
 * The demand of a peer that refused with KRB-ERROR 70 and this e-data, in *out
 * (kx_demand_clear()).  Errors: those of kx_decode_certifiers().
 */
krb5_error_code kx_demand_of_refusal(krb5_context context,
                                     const krb5_data *e_data,
                                     struct kx_demand *out);

/* Release what demand holds, and make it one of nothing. */
void kx_demand_clear(struct kx_demand *demand);

/* True if root, a key identifier, is one of those demanded. */
krb5_boolean kx_demand_has_root(const struct kx_demand *demand,
                                const krb5_data *root);

/* Write the first of the roots demanded into text, in hexadecimal digits, for
 * a message; "none" if there are none.  Returns text. */
#define KX_DEMAND_TEXT_SIZE 512
const char *kx_demand_text(const struct kx_demand *demand, char *text);

#endif /* KX_DEMAND_H */
