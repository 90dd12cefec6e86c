/*
 * responding.h: a responder with all that it stands on, and those who ask it.
 *
 * The responder is whole: engine, identity from files, libunbound.  libunbound
 * is told to forward to a port where nobody listens (by TCP, so that it knows
 * at once), so a request that passes the checks before DNS ends there.
 * Acceptance, which takes signed DNS, is in the scenarios.
 *
 * A program that uses it is linked with --wrap of the two functions whose
 * calls are counted (checks.am).
 */
#ifndef KX_TEST_RESPONDING_H
#define KX_TEST_RESPONDING_H

#include "exchange/offer.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"

/* The responder, and what it did. */
struct scene {
    krb5_context context;
    struct event_base *base;
    char folder[32];
    char identity[128];
    char *identities[2];
    char unbound_conf[64];
    struct kx_settings settings;
    struct kx_logger logger;
    struct kx_engine *engine;
    struct kx_responder *responder;
    int dns;        /* a socket in the place of a name server */
    int stored;     /* calls of the store */
    char log[1024]; /* the last line */
    unsigned int lines;
};

/* Signatures that were verified, and questions asked of DNS, by whomever in
 * this program. */
extern unsigned int verified, asked;

/* What one asker was told. */
struct answers {
    int n;
    int32_t code;
    krb5_boolean has_words; /* in e-text or e-data */
};

/* What a test may change in a request before it is sealed. */
typedef void change_fn(struct kx_terms *terms);

/* A test with a struct scene of its own as its state. */
int responding_begin(void **state);
int responding_end(void **state);
#define RESPONDING_TEST(test)                                                 \
    cmocka_unit_test_setup_teardown(test, responding_begin, responding_end)

/*
 * A request of REMOTE for a key with LOCAL, by identity (taken over), changed
 * by change (may be NULL) before it is signed.
 */
struct kx_message *make_request(struct scene *scene,
                                struct kx_identity *identity,
                                change_fn *change);

/* The bytes of a request (released). */
krb5_data seal(struct scene *scene, struct kx_message *request);

/* A request that passes all checks before DNS. */
krb5_data honest_request(struct scene *scene);

/* A message of that text. */
krb5_data text_message(const char *text);

/* Hand message over from source. */
struct kx_request *take_from(struct scene *scene,
                             const struct sockaddr *source,
                             const krb5_data *message,
                             struct answers *answers);

/* Hand message over from 192.0.2.1. */
struct kx_request *take(struct scene *scene, const krb5_data *message,
                        struct answers *answers);

/* Hand message over (released) and give what came back: one refusal. */
struct answers answers_to(struct scene *scene, krb5_data message);

/* The same, and give its code. */
int32_t refusal_of(struct scene *scene, krb5_data message);

#endif /* KX_TEST_RESPONDING_H */
