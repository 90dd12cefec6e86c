/*
 * test_memory_exchange.c: both sides of an exchange, each whole
 * (tests/vectors/stage.h), when memory runs out in the middle of it.
 *
 * A responder that gives no KX-REP has stored no key, and an initiator has one
 * that was confirmed or none.  No secret stays behind in what either of them
 * gave back.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <nettle/curve25519.h>
#include "exchange/kx_identity.h"
#include "tests/faults/memory.h"
#include "tests/unit/test.h"
#include "tests/vectors/stage.h"

#define NOW ((time_t)1795348800) /* 2026-11-22T12:00:00Z */

/* One of the realms. */
struct party {
    char realm[16], host[24];
    char file[96], spec[208];
    char *identities[2];
    char *anchors[2], anchor[104]; /* our own certificate, where wanted */
    struct kx_tlsa tlsa;           /* of its certificate */
};

static char folder[] = "/tmp/kxover-test-XXXXXX";
static struct party alpha = {.realm = "ALPHA.EXAMPLE",
                             .host = "kdc.alpha.example"};
static struct party bravo = {.realm = "BRAVO.EXAMPLE",
                             .host = "kdc.bravo.example"};
static struct stage stage;

/* The private keys of the exchange; nonces are as the stage has them. */
static unsigned char alpha_secret[32], bravo_secret[32];
static uint32_t nonce = 4711;

/* A key that both had before. */
static unsigned char prior_bytes[32];
static struct kx_earlier_key prior = {
    .kvno = 3,
    .chain = 1,
    .key = {.enctype = ENCTYPE_AES256_CTS_HMAC_SHA384_192,
            .length = sizeof(prior_bytes),
            .contents = prior_bytes}};

/* What comes of it where memory is there. */
static krb5_data request, reply;
static struct kx_crossover *made;

/* Write data to the file at path. */
static void
write_file(const char *path, const krb5_data *data)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data->data, 1, data->length, file), data->length);
    assert_int_equal(fclose(file), 0);
}

/* Make the files of a party. */
static void
make_party(struct party *party)
{
    krb5_data certificate, key, both;
    struct kx_identity *identity;

    stage_begin(&stage, party->realm);
    assert_int_equal(kx_identity_generate(stage.context, party->realm, NULL,
                                          NOW, 30, &certificate, &key),
                     0);
    both = kx_data(test_alloc(certificate.length + key.length),
                   certificate.length + key.length);
    memcpy(both.data, certificate.data, certificate.length);
    memcpy(both.data + certificate.length, key.data, key.length);
    (void)snprintf(party->file, sizeof(party->file), "%s/%s", folder,
                   party->realm);
    write_file(party->file, &both);
    (void)snprintf(party->anchor, sizeof(party->anchor), "FILE:%s",
                   party->file);
    party->anchors[0] = party->anchor;
    (void)snprintf(party->spec, sizeof(party->spec), "FILE:%s,%s", party->file,
                   party->file);
    party->identities[0] = party->spec;
    assert_int_equal(
        kx_identity_load(stage.context, party->spec, NOW, &identity), 0);
    assert_int_equal(kx_tlsa_make(stage.context, 3, 1, 1, &identity->chain[0],
                                  &party->tlsa),
                     0);
    kx_identity_free(identity);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    kx_data_zap_free(&both);
    stage_end(&stage);
}

/* Set the stage for one party, who deals with the other one. */
static void
enter(struct party *one, const struct party *other, unsigned char *secret)
{
    stage_begin(&stage, one->realm);
    stage.now = NOW;
    stage.host = other->host;
    stage.port = 88;
    stage.settings.identities = one->identities;
    stage.tlsa[0] = other->tlsa;
    stage.n_tlsa = 1;
    stage.chance[0] = kx_data(secret, 32);
    stage.chance[1] = kx_data(&nonce, sizeof(nonce));
    stage.n_chance = 2;
}

/* Both have a key from before; or neither has. */
static void
set_prior(krb5_boolean has)
{
    stage.held.keys = &prior;
    stage.held.n = has ? 1 : 0;
    stage.known = stage.versions[0] = has ? prior.kvno : 0;
    stage.n_versions = has ? 1 : 0;
}

/* ---- the two works ---- */

/* BRAVO's responder gets the request. */
static krb5_error_code
respond(krb5_context context, void *arg)
{
    krb5_boolean is_reply;
    krb5_error_code ret;

    (void)context;
    (void)arg;
    stage_clear(&stage);
    stage_respond(&stage, &request);
    memory_restore();
    is_reply = kx_data_equal(&stage.answer, &reply);
    assert_true(is_reply == (stage.crossover != NULL));
    assert_true(is_reply == (stage.refused == 0));
    if (!is_reply && stage.answer.length > 0)
        assert_int_equal((unsigned char)stage.answer.data[0],
                         0x60 | KX_MSG_ERROR);
    ret = stage.refused;
    stage_clear(&stage);
    return ret;
}

/* ALPHA's initiator asks, and gets the reply. */
static krb5_error_code
initiate(krb5_context context, void *arg)
{
    krb5_error_code ret;
    size_t i;

    (void)context;
    (void)arg;
    stage_clear(&stage);
    stage_initiate(&stage, bravo.realm);
    memory_restore();
    ret = stage.refused;
    assert_true((ret == 0) == (stage.crossover != NULL));
    if (ret == 0) {
        assert_int_equal(stage.crossover->kvno, made->kvno);
        assert_int_equal(stage.crossover->n_keys, made->n_keys);
        for (i = 0; i < made->n_keys; i++)
            assert_memory_equal(stage.crossover->keys[i].contents,
                                made->keys[i].contents, made->keys[i].length);
    }
    stage_clear(&stage);
    return ret;
}

/* Go through an exchange where memory is there: request, reply, made. */
static void
rehearse(krb5_boolean has_prior)
{
    enter(&alpha, &bravo, alpha_secret);
    set_prior(has_prior);
    stage_initiate(&stage, bravo.realm);
    assert_int_equal(stage.n_requests, 1);
    assert_int_equal(kx_data_copy(&stage.requests[0], &request), 0);
    stage_end(&stage);
    enter(&bravo, &alpha, bravo_secret);
    set_prior(has_prior);
    stage_respond(&stage, &request);
    assert_int_equal(stage.refused, 0);
    assert_non_null(stage.crossover);
    assert_int_equal(kx_data_copy(&stage.answer, &reply), 0);
    made = stage.crossover;
    stage.crossover = NULL;
    stage_end(&stage);
    assert_int_equal(made->origin.prior, has_prior ? 1 : 0);
}

/* Its keys are not to be found in what is released from now on. */
static void
keep_keys_secret(void)
{
    static unsigned char bytes[STAGE_MAX][32];
    static size_t n;
    size_t i;

    for (i = 0; i < made->n_keys; i++, n++) {
        assert_true(n < STAGE_MAX && made->keys[i].length <= 32);
        memcpy(bytes[n], made->keys[i].contents, made->keys[i].length);
        memory_keep_secret(bytes[n], made->keys[i].length);
    }
}

/* Forget it. */
static void
forget(void)
{
    kx_data_free(&request);
    kx_data_free(&reply);
    kx_crossover_free(NULL, made);
}

/* Have both parties do it without memory; name tells what. */
static void
try_exchange(const char *name, krb5_boolean has_prior, krb5_boolean anchored)
{
    char text[64];

    rehearse(has_prior);
    keep_keys_secret();
    (void)snprintf(text, sizeof(text), "a responder, %s", name);
    enter(&bravo, &alpha, bravo_secret);
    set_prior(has_prior);
    if (anchored)
        stage.settings.anchors = alpha.anchors;
    /* The first time makes the engine, too. */
    assert_int_equal(respond(stage.context, NULL), 0);
    memory_each(stage.context, text, respond, NULL);
    stage_end(&stage);

    (void)snprintf(text, sizeof(text), "an initiator, %s", name);
    enter(&alpha, &bravo, alpha_secret);
    set_prior(has_prior);
    stage.answers[0] = reply;
    stage.n_answers = 1;
    assert_int_equal(initiate(stage.context, NULL), 0);
    memory_each(stage.context, text, initiate, NULL);
    stage_end(&stage);
    forget();
}

static void
a_first_exchange_is_whole_or_there_is_no_key(void **state)
{
    (void)state;
    try_exchange("for the first time", FALSE, FALSE);
}

static void
an_exchange_with_prior_keys_is_whole_or_there_is_no_key(void **state)
{
    (void)state;
    try_exchange("with a prior key", TRUE, FALSE);
}

/* ---- what both stand on ---- */

static krb5_error_code
make_engine(krb5_context context, void *arg)
{
    struct kx_engine *engine = NULL;
    krb5_error_code ret =
        kx_engine_new(context, stage.base, &stage.settings, NULL, &engine);
    time_t until;

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (engine != NULL));
    /* What could not be loaded is loaded when it is wanted. */
    if (engine != NULL)
        (void)kx_engine_identity(engine, 0, &until);
    kx_engine_free(engine);
    return ret;
}

static void
an_engine_is_there_or_it_is_not(void **state)
{
    (void)state;
    enter(&bravo, &alpha, bravo_secret);
    memory_each(stage.context, "kx_engine_new", make_engine, NULL);
    stage_end(&stage);
}

/* Neither are the private keys, what both make (RFC 7748 6.1), and the prior
 * key. */
static void
keep_secrets(void)
{
    static unsigned char z[32];
    unsigned char public[32];

    curve25519_mul_g(public, bravo_secret);
    curve25519_mul(z, alpha_secret, public);
    memory_keep_secret(alpha_secret, sizeof(alpha_secret));
    memory_keep_secret(bravo_secret, sizeof(bravo_secret));
    memory_keep_secret(prior_bytes, sizeof(prior_bytes));
    memory_keep_secret(z, sizeof(z));
}

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    (void)umask(077);
    memset(alpha_secret, 0xa1, sizeof(alpha_secret));
    memset(bravo_secret, 0xb2, sizeof(bravo_secret));
    memset(prior_bytes, 0xc3, sizeof(prior_bytes));
    keep_secrets();
    if (mkdtemp(folder) == NULL)
        return -1;
    make_party(&alpha);
    make_party(&bravo);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    kx_data_free(&alpha.tlsa.data);
    kx_data_free(&bravo.tlsa.data);
    (void)unlink(alpha.file);
    (void)unlink(bravo.file);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_exchange_is_whole_or_there_is_no_key),
        cmocka_unit_test(
            an_exchange_with_prior_keys_is_whole_or_there_is_no_key),
        cmocka_unit_test(an_engine_is_there_or_it_is_not),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
