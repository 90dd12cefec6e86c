/*
 * offers.h: offers for the tests of the six checks, as the realm LOCAL gets
 * them from REMOTE.
 */
#ifndef TESTS_OFFERS_H
#define TESTS_OFFERS_H

#include "exchange/kx_settings.h"
#include "exchange/offer.h"
#include "tests/unit/chains.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"
#define HOST "kdc.alpha.example"
#define OID_KPKDC "1.3.6.1.5.2.3.5"

/* Made by offers_begin(). */
extern krb5_context context;

/* LOCAL's.  A test that changes them puts back what was there. */
extern struct kx_settings settings;

/* A chain of three: the KDC's, one between, a root. */
extern const struct certificate_plan three[3];

/* An offer, with all that belongs to it. */
struct made {
    struct kx_identity *identity;
    struct kx_ephemeral *ephemeral;
    krb5_principal kxname;
    struct kx_message *message;
};

/* For cmocka_run_group_tests(). */
int offers_begin(void **state);
int offers_end(void **state);

/* Make an offer for krbtgt/LOCAL@REMOTE, by identity (taken over). */
struct made make_offer(int msg_type, struct kx_identity *identity);

/* A request by a plain identity. */
struct made plain_request(void);

/* Release what made holds. */
void clear(struct made *made);

#endif /* TESTS_OFFERS_H */
