/*
 * scene.h: a resolver without a name server, for tests.
 *
 * libunbound is real.  It is sent to a socket that nobody reads (silent), by
 * TCP to a port where nobody listens (down; with UDP it would take libunbound
 * 17 seconds to believe that), or answers out of its own settings (local:
 * at once, and not secured by DNSSEC).
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "dnssec/kx_dnssec.h"

/* A trust anchor that nothing is signed with. */
#define ANCHOR                                                                \
    "trust-anchor: \". DS 1 13 2 0000000000000000000000000000000000000000"    \
    "000000000000000000000000\"\n"

/* Deadlines: 0.2 and 30 seconds. */
extern const struct timeval soon, late;

struct scene {
    krb5_context context;
    struct event_base *base;
    struct kx_resolver *resolver;
    int silent; /* a socket that takes queries and never answers */
    char conf[32];
};

/* What calls came, and with what. */
struct calls {
    int n;
    krb5_error_code code;
    char message[512];
    krb5_context context;
};

/* A test with a struct scene of its own as its state. */
#define SCENE_TEST(f)                                                         \
    cmocka_unit_test_setup_teardown(f, scene_begin, scene_end)
int scene_begin(void **state);
int scene_end(void **state);

/* A kx_answer_fn: note the call in arg, a struct calls; its message too where
 * that has a context. */
void note(void *arg, const struct kx_answer *answer);

/* Seconds on the monotonic clock. */
double now(void);

/* Write an unbound.conf, and its path into path, 32 bytes. */
void write_conf(char *path, const char *text);

/* Run the base until the calls are n, for at most ten seconds. */
void run_until(struct scene *scene, const struct calls *calls, int n);

/* Run the base for that many milliseconds. */
void run_for(struct scene *scene, int milliseconds);

#endif /* TESTS_SCENE_H */
