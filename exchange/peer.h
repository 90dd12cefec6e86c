/*
 * peer.h: where a realm says that its KDCs are, and which keys they have.
 *
 * Check 4: SRV of the realm and TLSA of each target and port, secure at every
 * step.  Targets are given one at a time in the order of RFC 2782, so that
 * nothing is looked up that is not needed.
 */
#ifndef KX_PEER_H
#define KX_PEER_H

#include "exchange/engine.h"

/* So many targets of a realm are tried. */
#define KX_MAX_TARGETS 8

struct kx_peer;

/* One server of a realm; valid until the next kx_peer_next() or the end. */
struct kx_target {
    const char *host;
    uint16_t port;
    const struct kx_tlsa *tlsa;
    size_t n_tlsa;
    const struct sockaddr_storage *address; /* with the port; IPv6 first */
    size_t n_address; /* 0 unless addresses were wanted */
};

/*
 * Called from the event base with the next target that has TLSA records, or
 * with the error that stands for all that were passed over since the last
 * call: KX_ERR_NO_SRV, KX_ERR_NO_TLSA, the resolver's, or KX_ERR_PEER_REFUSED
 * when merely the list is at its end.
 */
typedef void kx_target_fn(void *arg, krb5_error_code code,
                          const struct kx_target *target);

/*
 * Begin with realm (copied).  course (borrowed; may be NULL) gets KX_STEP_SRV,
 * KX_STEP_TLSA, KX_STEP_ADDRESS, and which server it is about.  found is
 * called for the first target, and once more after each kx_peer_next().
 * Errors: KX_ERR_REALM_NAME, KX_ERR_DNS_SETUP, ENOMEM; found is then not
 * called.
 */
krb5_error_code kx_peer_start(struct kx_engine *engine,
                              struct kx_course *course, const krb5_data *realm,
                              krb5_boolean want_addresses, kx_target_fn *found,
                              void *arg, struct kx_peer **out);

/* Go on to the next target. */
void kx_peer_next(struct kx_peer *peer);

/* What is being looked up, in words. */
const char *kx_peer_step(const struct kx_peer *peer);

/* Release; found is not called any more.  May be called from within it. */
void kx_peer_free(struct kx_peer *peer);

#endif /* KX_PEER_H */
