/*
 * given.h: the key versions that a responder gave lately.
 *
 * A crossover may be deleted on both sides and made anew at once.  As long as
 * the responder that gave its numbers runs, it goes on from there.
 */
#ifndef KX_GIVEN_H
#define KX_GIVEN_H

#include <time.h>
#include "base/kx_base.h"

struct kx_given;

/* Make a memory for at most entries realms, with one user.  Errors: ENOMEM. */
krb5_error_code kx_given_new(size_t entries, struct kx_given **out);

/* One more user of the same memory; one less, and with the last it goes. */
struct kx_given *kx_given_share(struct kx_given *given);
void kx_given_free(struct kx_given *given);

/* The version that realm was given last, if that is still remembered at time
 * now; otherwise 0. */
uint32_t kx_given_find(const struct kx_given *given, const krb5_data *realm,
                       time_t now);

/*
 * Remember until the given time that realm was given version kvno, and nothing
 * that it was given before; the realm that was given one longest ago makes
 * room where there is none.  Errors: ENOMEM (what was remembered stays).
 */
krb5_error_code kx_given_add(struct kx_given *given, const krb5_data *realm,
                             uint32_t kvno, time_t until);

#endif /* KX_GIVEN_H */
