/*
 * test_responder.c: what the responder answers to requests that it can judge
 * without a name server, and how it treats the askers.
 *
 * The responder is whole: engine, identity from files, libunbound.  libunbound
 * is told to forward to a port where nobody listens (by TCP, so that it knows
 * at once), so a request that passes the checks before DNS ends there.
 * Acceptance, which takes signed DNS, is in the scenarios.
 */
#include "config.h"
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include "exchange/offer.h"
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"

/* The responder with all that it stands on, and what it did. */
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
static unsigned int verified, asked;

int __real_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                      gnutls_sign_algorithm_t algorithm,
                                      unsigned int flags,
                                      const gnutls_datum_t *data,
                                      const gnutls_datum_t *signature);
int __wrap_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                      gnutls_sign_algorithm_t algorithm,
                                      unsigned int flags,
                                      const gnutls_datum_t *data,
                                      const gnutls_datum_t *signature);

/* Called for gnutls_pubkey_verify_data2(), by the linker's --wrap. */
int
__wrap_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                  gnutls_sign_algorithm_t algorithm,
                                  unsigned int flags,
                                  const gnutls_datum_t *data,
                                  const gnutls_datum_t *signature)
{
    verified++;
    return __real_gnutls_pubkey_verify_data2(key, algorithm, flags, data,
                                             signature);
}

int __real_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                            int class, void *arg, ub_callback_type callback,
                            int *id);
int __wrap_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                            int class, void *arg, ub_callback_type callback,
                            int *id);

/* Called for ub_resolve_async(), in the same way. */
int
__wrap_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                        int class, void *arg, ub_callback_type callback,
                        int *id)
{
    asked++;
    return __real_ub_resolve_async(unbound, name, type, class, arg, callback,
                                   id);
}

static krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96};
static char local_name[] = LOCAL;

/* What one asker was told. */
struct answers {
    int n;
    int32_t code;
};

static void
keep_line(void *arg, int priority, const char *line)
{
    struct scene *scene = arg;

    (void)priority;
    (void)snprintf(scene->log, sizeof(scene->log), "%s", line);
    scene->lines++;
}

static krb5_error_code
count_versions(void *arg, krb5_const_principal name, krb5_boolean adopt,
               uint32_t **kvnos, size_t *n)
{
    struct scene *scene = arg;

    (void)name;
    (void)adopt;
    scene->stored++;
    *kvnos = NULL;
    *n = 0;
    return 0;
}

static krb5_error_code
count_put(void *arg, const struct kx_crossover *crossover)
{
    struct scene *scene = arg;

    (void)crossover;
    scene->stored++;
    return 0;
}

/* Write data into a new file. */
static void
write_file(const char *path, const char *data, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Take a TCP port of loopback for scene->dns, where nobody listens yet. */
static unsigned int
deaf_port(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);

    scene->dns = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(scene->dns, (struct sockaddr *)&address, length), 0);
    assert_int_equal(
        getsockname(scene->dns, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* Make the identity's files. */
static void
make_identity_files(struct scene *scene)
{
    char path[64];
    krb5_data certificate, key;

    assert_int_equal(kx_identity_generate(scene->context, LOCAL, NULL,
                                          time(NULL), 2, &certificate, &key),
                     0);
    (void)snprintf(path, sizeof(path), "%s/cert", scene->folder);
    write_file(path, certificate.data, certificate.length);
    (void)snprintf(path, sizeof(path), "%s/key", scene->folder);
    write_file(path, key.data, key.length);
    assert_int_equal(chmod(path, 0600), 0);
    (void)snprintf(scene->identity, sizeof(scene->identity),
                   "FILE:%s/cert,%s/key", scene->folder, scene->folder);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
}

static int
set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct kx_store store = {
        .arg = scene, .versions = count_versions, .put = count_put};
    char conf[512];
    int length;

    assert_non_null(scene);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    scene->base = event_base_new();
    (void)strcpy(scene->folder, "/tmp/kxover-test-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    make_identity_files(scene);
    (void)snprintf(scene->unbound_conf, sizeof(scene->unbound_conf),
                   "%s/unbound.conf", scene->folder);
    length = snprintf(conf, sizeof(conf),
                      "server:\n do-not-query-localhost: no\n"
                      " trust-anchor: \". DS 1 13 2 00000000000000000000000000"
                      "00000000000000000000000000000000000000\"\n"
                      " tcp-upstream: yes\n"
                      "forward-zone:\n name: \".\"\n"
                      " forward-addr: 127.0.0.1@%u\n",
                      deaf_port(scene));
    write_file(scene->unbound_conf, conf, (size_t)length);
    scene->settings.realm = local_name;
    scene->settings.section = local_name;
    scene->identities[0] = scene->identity;
    scene->settings.identities = scene->identities;
    scene->settings.unbound_conf = scene->unbound_conf;
    scene->settings.lifetime = 14 * KX_DAY;
    scene->settings.lifetime_min = KX_DAY;
    scene->settings.clockskew = 300;
    scene->settings.etypes = etypes;
    scene->settings.n_etypes = 1;
    scene->logger.write = keep_line;
    scene->logger.arg = scene;
    assert_int_equal(kx_engine_new(scene->context, scene->base,
                                   &scene->settings, &scene->logger,
                                   &scene->engine),
                     0);
    assert_int_equal(
        kx_responder_new(scene->engine, &store, NULL, &scene->responder), 0);
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"cert", "key", "unbound.conf"};
    char path[64];
    size_t i;

    kx_responder_free(scene->responder);
    kx_engine_free(scene->engine);
    event_base_free(scene->base);
    krb5_free_context(scene->context);
    (void)close(scene->dns);
    for (i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", scene->folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(scene->folder), 0);
    free(scene);
    return 0;
}

/* What a test may change in a request before it is sealed. */
typedef void change_fn(struct kx_terms *terms);

/*
 * A request of REMOTE for a key with LOCAL, by identity (taken over), changed
 * by change (may be NULL) before it is signed.
 */
static struct kx_message *
make_request(struct scene *scene, struct kx_identity *identity,
             change_fn *change)
{
    krb5_data local = kx_data(LOCAL, strlen(LOCAL));
    krb5_data remote = kx_data(REMOTE, strlen(REMOTE));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ, .nonce = 99};
    struct kx_ephemeral *ephemeral;
    struct kx_message *request;
    krb5_principal name;

    assert_int_equal(kx_crossover_name(scene->context, &local, &remote, &name),
                     0);
    assert_int_equal(
        kx_ephemeral_generate(scene->context, KX_GROUP_X25519, &ephemeral), 0);
    terms.kxname = name;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 7 * KX_DAY;
    terms.ephemeral = ephemeral;
    if (change != NULL)
        change(&terms);
    assert_int_equal(kx_offer_make(scene->context, &scene->settings, identity,
                                   &terms, &request),
                     0);
    krb5_free_principal(scene->context, name);
    kx_ephemeral_free(ephemeral);
    kx_identity_free(identity);
    return request;
}

/* The bytes of a request (released). */
static krb5_data
seal(struct scene *scene, struct kx_message *request)
{
    krb5_data bytes;

    assert_int_equal(kx_encode_message(scene->context, request, &bytes), 0);
    kx_message_free(request);
    return bytes;
}

/* A request that passes all checks before DNS. */
static krb5_data
honest_request(struct scene *scene)
{
    return seal(scene, make_request(
                           scene, make_plain_identity("alpha.example"), NULL));
}

/* The answer has come: note what KRB-ERROR it is. */
static void
note_answer(void *arg, const krb5_data *reply)
{
    struct answers *answers = arg;
    struct kx_krb_error *error;

    answers->n++;
    assert_int_equal(kx_decode_krb_error(NULL, reply, &error), 0);
    answers->code = error->error_code;
    kx_krb_error_free(error);
}

/* Hand message over from source. */
static struct kx_request *
take_from(struct scene *scene, const struct sockaddr *source,
          const krb5_data *message, struct answers *answers)
{
    struct kx_request *request;

    assert_int_equal(kx_responder_take(scene->responder, message, source,
                                       note_answer, answers, &request),
                     0);
    return request;
}

/* Hand message over from 192.0.2.1. */
static struct kx_request *
take(struct scene *scene, const krb5_data *message, struct answers *answers)
{
    struct sockaddr_in source = {.sin_family = AF_INET};

    source.sin_addr.s_addr = htonl(0xc0000201);
    return take_from(scene, (struct sockaddr *)&source, message, answers);
}

/* Hand message over (released) and give the code of the refusal. */
static int32_t
refusal_of(struct scene *scene, krb5_data message)
{
    struct answers answers = {0};

    (void)take(scene, &message, &answers);
    assert_int_equal(answers.n, 0); /* never from within */
    while (answers.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    kx_data_free(&message);
    assert_int_equal(answers.n, 1);
    assert_int_equal(scene->stored, 0);
    return answers.code;
}

static krb5_data
text_message(const char *text)
{
    krb5_data borrowed = kx_data(text, strlen(text)), message;

    assert_int_equal(kx_data_copy(&borrowed, &message), 0);
    return message;
}

static void
garbage_is_refused(void **state)
{
    assert_int_equal(refusal_of(*state, text_message("r garbage")), 60);
}

static void
a_truncated_request_is_refused(void **state)
{
    krb5_data message = honest_request(*state);

    message.length -= 7;
    assert_int_equal(refusal_of(*state, message), 60);
}

static void
a_reply_for_a_request_is_refused_as_another_type(void **state)
{
    krb5_data message = honest_request(*state);

    message.data[0] = 0x73;
    assert_int_equal(refusal_of(*state, message), 40);
}

static void
a_message_over_the_bound_is_refused(void **state)
{
    char *big = calloc(1, KX_MAX_MESSAGE + 1);
    krb5_data message = kx_data(big, KX_MAX_MESSAGE + 1);

    big[0] = 0x72;
    assert_int_equal(refusal_of(*state, message), 61);
}

static void
age(struct kx_terms *terms)
{
    terms->request_time -= 3600;
}

static void
an_old_request_is_refused_for_its_time(void **state)
{
    struct scene *scene = *state;
    struct kx_identity *identity = make_plain_identity("alpha.example");

    assert_int_equal(
        refusal_of(scene, seal(scene, make_request(scene, identity, age))),
        37);
    assert_non_null(strstr(scene->log, "check 1, policy"));
    assert_non_null(strstr(scene->log, "krbtgt/" LOCAL "@" REMOTE));
}

static void
a_broken_chain_is_refused(void **state)
{
    struct scene *scene = *state;
    const struct certificate_plan plans[] = {
        {.name = "first", .dns_name = "alpha.example"},
        {.name = "root", .is_ca = TRUE}};
    struct kx_message *request =
        make_request(scene, make_identity(plans, 2), NULL);

    kx_data_free(&request->offer.chain[--request->offer.n_chain]);
    assert_int_equal(refusal_of(scene, seal(scene, request)), 71);
    assert_non_null(strstr(scene->log, "check 2, chain"));
}

static void
a_wrong_signature_is_refused(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request =
        make_request(scene, make_plain_identity("alpha.example"), NULL);

    request->offer.signature.data[0] ^= 1;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_non_null(strstr(scene->log, "check 3, signature"));
}

static void
of_a_flood_of_refusals_few_are_logged_and_other_kinds_still_are(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request;
    char text[16];
    int i;

    for (i = 0; i < 50; i++) {
        (void)snprintf(text, sizeof(text), "garbage %d", i);
        assert_int_equal(refusal_of(scene, text_message(text)), 60);
    }
    assert_int_equal(scene->lines, KX_QUIET_LINES);
    request = make_request(scene, make_plain_identity("alpha.example"), NULL);
    request->offer.signature.data[0] ^= 1;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_int_equal(scene->lines, KX_QUIET_LINES + 1);
    assert_non_null(strstr(scene->log, "check 3, signature"));
}

/* A request with a chain of ten, the longest that there may be. */
static struct kx_message *
long_request(struct scene *scene)
{
    struct certificate_plan plans[KX_MAX_CHAIN] = {{.name = "the KDC"}};
    char names[KX_MAX_CHAIN][16];
    size_t i;

    for (i = 1; i < KX_MAX_CHAIN; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "CA %zu", i);
        plans[i].name = names[i];
        plans[i].is_ca = TRUE;
    }
    return make_request(scene, make_identity(plans, KX_MAX_CHAIN), NULL);
}

static void
a_forged_offer_costs_one_verification_however_long_its_chain(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);

    request->offer.signature.data[0] ^= 1;
    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_int_equal(verified, 1);
    assert_int_equal(asked, 0);
}

static void
a_chain_that_is_not_in_order_costs_no_verification(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);
    krb5_data swap = request->offer.chain[8];

    request->offer.chain[8] = request->offer.chain[9];
    request->offer.chain[9] = swap;
    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 71);
    assert_int_equal(verified, 0);
    assert_int_equal(asked, 0);
}

static void
every_signature_of_a_chain_is_verified_before_dns_is_asked(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);

    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 29);
    assert_non_null(strstr(scene->log, "check 4, DNSSEC"));
    assert_int_equal(verified, 1 + KX_MAX_CHAIN);
    assert_int_equal(asked, 1);
}

static void
without_dns_the_peer_is_told_to_try_later(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(refusal_of(scene, honest_request(scene)), 29);
    assert_non_null(strstr(scene->log, "check 4, DNSSEC"));
}

static void
without_an_identity_the_peer_is_told_to_try_later(void **state)
{
    struct scene *scene = *state;
    char none[] = "FILE:/nonexistent/cert,/nonexistent/key";

    kx_credentials_free(scene->engine->credentials);
    scene->identities[0] = none;
    assert_int_equal(kx_credentials_new(scene->context, &scene->settings,
                                        &scene->logger,
                                        &scene->engine->credentials),
                     0);
    assert_int_equal(refusal_of(scene, honest_request(scene)), 29);
    assert_non_null(strstr(scene->log, "our identity"));
}

static void
the_same_request_twice_at_once_is_one_exchange(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers first = {0}, second = {0};

    (void)take(scene, &message, &first);
    (void)take(scene, &message, &second);
    verified = asked = 0;
    while (first.n == 0 || second.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(first.n, 1);
    assert_int_equal(second.n, 1);
    assert_int_equal(first.code, second.code);
    /* Its own signature and that of its chain of one, once. */
    assert_int_equal(verified, 2);
    assert_int_equal(asked, 1);
    assert_int_equal(scene->lines, 1);
    kx_data_free(&message);
}

static void
an_asker_who_has_gone_is_not_answered(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers gone = {0}, staying = {0};
    struct kx_request *request = take(scene, &message, &gone);

    (void)take(scene, &message, &staying);
    kx_request_cancel(request);
    while (staying.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(gone.n, 0);
    kx_data_free(&message);
}

static void
one_source_cannot_have_more_than_its_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[17] = {0};
    krb5_data message;
    int i;

    for (i = 0; i < 17; i++) {
        assert_null(strstr(scene->log, "limits"));
        message = honest_request(scene);
        (void)take(scene, &message, &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    while (answers[16].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(answers[16].code, 29);
}

static void
of_a_flood_from_one_source_few_lines_are_logged(void **state)
{
    struct scene *scene = *state;
    struct answers answers[60] = {0};
    krb5_data message;
    int i;

    for (i = 0; i < 60; i++) {
        message = honest_request(scene);
        (void)take(scene, &message, &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    assert_int_equal(scene->lines, KX_QUIET_LINES);
}

static void
addresses_of_one_ipv6_prefix_are_one_source(void **state)
{
    struct scene *scene = *state;
    struct answers answers[18] = {0};
    struct sockaddr_in6 source = {.sin6_family = AF_INET6};
    krb5_data message;
    int i;

    source.sin6_addr.s6_addr[0] = 0x20;
    for (i = 0; i < 17; i++) {
        assert_null(strstr(scene->log, "limits"));
        source.sin6_addr.s6_addr[8] = source.sin6_addr.s6_addr[15] =
            (uint8_t)i;
        message = honest_request(scene);
        (void)take_from(scene, (struct sockaddr *)&source, &message,
                        &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    scene->log[0] = '\0';
    source.sin6_addr.s6_addr[7] = 1;
    message = honest_request(scene);
    (void)take_from(scene, (struct sockaddr *)&source, &message, &answers[17]);
    kx_data_free(&message);
    assert_null(strstr(scene->log, "limits"));
    while (answers[17].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
}

/* Hand an honest request over that comes from 192.0.2.number. */
static void
take_honest(struct scene *scene, int number, struct answers *answers)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    krb5_data message = honest_request(scene);

    source.sin_addr.s_addr = htonl(0xc0000200 + (uint32_t)number);
    (void)take_from(scene, (struct sockaddr *)&source, &message, answers);
    kx_data_free(&message);
}

static void
one_realm_cannot_have_more_than_its_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[5] = {0};
    int i;

    /* From now on DNS accepts connections and says nothing. */
    assert_int_equal(listen(scene->dns, 8), 0);
    for (i = 0; i < 5; i++)
        take_honest(scene, i, &answers[i]);
    while (scene->lines == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_non_null(strstr(scene->log, "limits: 4 exchanges with realm " REMOTE
                                       " are under way"));
    assert_int_equal(answers[4].n, 1);
    assert_int_equal(answers[4].code, 29);
    assert_int_equal(scene->lines, 1);
}

static void
all_together_cannot_have_more_than_their_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[129] = {0};
    int i;

    for (i = 0; i < 129; i++) {
        assert_null(strstr(scene->log, "limits"));
        take_honest(scene, i / 16, &answers[i]);
    }
    assert_non_null(strstr(scene->log, "limits"));
    while (answers[128].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(answers[128].code, 29);
}

/* Bytes that malloc() has given out: none counted under valgrind and the
 * sanitizers, which tell of lost ones themselves. */
static size_t
bytes_in_use(void)
{
    return mallinfo2().uordblks;
}

/* Have the same message (released) refused again and again.  What malloc()
 * keeps for the next one who asks counts as given out, so a little more or
 * less means nothing; but that it is less than any allocation for each. */
static void
assert_refusals_leave_nothing(struct scene *scene, krb5_data message,
                              int32_t code)
{
    struct answers answers;
    size_t before = 0;
    int i;

    for (i = 0; i < 200; i++) {
        /* The first ones fill what is there once for all. */
        if (i == 100)
            before = bytes_in_use();
        memset(&answers, 0, sizeof(answers));
        (void)take(scene, &message, &answers);
        while (answers.n == 0)
            (void)event_base_loop(scene->base, EVLOOP_ONCE);
        assert_int_equal(answers.code, code);
    }
    assert_in_range(bytes_in_use(), 0, before + 100 * 16);
    kx_data_free(&message);
}

static void
a_refusal_leaves_nothing_in_memory(void **state)
{
    struct scene *scene = *state;
    struct kx_message *forged =
        make_request(scene, make_plain_identity("alpha.example"), NULL);

    forged->offer.signature.data[0] ^= 1;
    assert_refusals_leave_nothing(scene, text_message("r garbage"), 60);
    assert_refusals_leave_nothing(
        scene,
        seal(scene,
             make_request(scene, make_plain_identity("alpha.example"), age)),
        37);
    assert_refusals_leave_nothing(scene, seal(scene, forged), 64);
}

static void
a_refused_realm_leaves_nothing_in_memory(void **state)
{
    struct scene *scene = *state;
    char refused[] = "!" REMOTE, rest[] = "*";
    char *patterns[] = {refused, rest, NULL};

    scene->settings.realms = patterns;
    assert_refusals_leave_nothing(scene, honest_request(scene), 12);
    assert_non_null(strstr(scene->log, "refused by kxover_realms"));
}

static void
a_responder_goes_with_requests_under_way(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers answers = {0};

    (void)take(scene, &message, &answers);
    (void)event_base_loop(scene->base, EVLOOP_NONBLOCK);
    kx_responder_free(scene->responder);
    scene->responder = NULL;
    assert_int_equal(answers.n, 0);
    kx_data_free(&message);
}

#define SCENE_TEST(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(garbage_is_refused),
        SCENE_TEST(
            of_a_flood_of_refusals_few_are_logged_and_other_kinds_still_are),
        SCENE_TEST(of_a_flood_from_one_source_few_lines_are_logged),
        SCENE_TEST(a_truncated_request_is_refused),
        SCENE_TEST(a_reply_for_a_request_is_refused_as_another_type),
        SCENE_TEST(a_message_over_the_bound_is_refused),
        SCENE_TEST(an_old_request_is_refused_for_its_time),
        SCENE_TEST(a_broken_chain_is_refused),
        SCENE_TEST(a_wrong_signature_is_refused),
        SCENE_TEST(
            a_forged_offer_costs_one_verification_however_long_its_chain),
        SCENE_TEST(a_chain_that_is_not_in_order_costs_no_verification),
        SCENE_TEST(every_signature_of_a_chain_is_verified_before_dns_is_asked),
        SCENE_TEST(without_dns_the_peer_is_told_to_try_later),
        SCENE_TEST(without_an_identity_the_peer_is_told_to_try_later),
        SCENE_TEST(the_same_request_twice_at_once_is_one_exchange),
        SCENE_TEST(an_asker_who_has_gone_is_not_answered),
        SCENE_TEST(one_source_cannot_have_more_than_its_share_under_way),
        SCENE_TEST(addresses_of_one_ipv6_prefix_are_one_source),
        SCENE_TEST(one_realm_cannot_have_more_than_its_share_under_way),
        SCENE_TEST(all_together_cannot_have_more_than_their_share_under_way),
        SCENE_TEST(a_refusal_leaves_nothing_in_memory),
        SCENE_TEST(a_refused_realm_leaves_nothing_in_memory),
        SCENE_TEST(a_responder_goes_with_requests_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
