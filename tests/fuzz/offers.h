/*
 * offers.h: a stage (tests/vectors/stage.h) for offers that a fuzzer made.
 *
 * No fuzzer comes upon a signature, or upon a certificate that DNS has a
 * record of.  So the first byte of an input says what is taken for granted:
 */
#ifndef KX_FUZZ_OFFERS_H
#define KX_FUZZ_OFFERS_H

#include "tests/vectors/stage.h"

#define OFFERS_SIGNED 0x01  /* every signature verifies */
#define OFFERS_IN_DNS 0x02  /* DNS has a record of the chain, */
#define OFFERS_USAGE 0x0c   /* of this usage, times 4; otherwise of nothing */
#define OFFERS_ROOTED 0x10  /* the chain ends in a configured root */
#define OFFERS_PRIOR 0x20   /* there are prior keys */
#define OFFERS_REGROUP 0x40 /* the responder first asks for another group */
#define OFFERS_REROOT 0x80  /* and for a chain to the root that we have */
#define OFFERS_FOREIGN 0x40 /* to a responder: another root is configured */
#define OFFERS_CROWD 0x80   /* and two bytes follow (fuzz_request.c) */

/* When the vectors' exchanges were: 2026-11-22T12:00:00Z. */
#define OFFERS_NOW 1795348800

/* The stage for realm, with an identity, set up once.  Its peer's server is
 * "kdc.alpha.example" or "kdc.bravo.example". */
struct stage *offers_stage(char *realm, const char *host);

/* Set the stage for an input with these flags, message of msg_type in it. */
void offers_set(struct stage *set, int flags, int msg_type,
                const krb5_data *message);

/* Let no root be configured but one that no chain of others ends in. */
void offers_set_foreign_root(void);

/* Let the configured roots be unreadable, until offers_clear(). */
void offers_hide_roots(void);

/* Put all back. */
void offers_clear(struct stage *set);

/* The first length bytes (64 at most) of the digest by which the vectors' keys
 * of that name are made, in out. */
void offers_secret(const char *name, unsigned char *out, size_t length);

/* The key that was made is one that can be. */
void offers_check_key(const struct stage *made);

#endif /* KX_FUZZ_OFFERS_H */
