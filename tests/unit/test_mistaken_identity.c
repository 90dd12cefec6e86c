/*
 * test_mistaken_identity.c: nobody comes to share a key with another realm
 * than the one that it believes it shares it with.
 *
 * CHARLIE is a realm like any other, and lies: it passes on what others sent
 * to it as its own.  It can do so with their public keys, which are no secret,
 * and has its own signature, but it never knows a private key of theirs.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/offer.h"
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

#define ALPHA REMOTE
#define BRAVO LOCAL
#define CHARLIE "CHARLIE.EXAMPLE"

#define NONCE 4711

/* Make the offer for krbtgt/service@client with the public key of ephemeral,
 * signed by the realm whose domain is signer. */
static struct kx_message *
offer_by(const char *signer, int msg_type, const char *service,
         const char *client, const struct kx_ephemeral *ephemeral)
{
    krb5_data service_data = kx_data(service, strlen(service));
    krb5_data client_data = kx_data(client, strlen(client));
    struct kx_identity *identity = make_plain_identity(signer);
    struct kx_terms terms = {.msg_type = msg_type, .nonce = NONCE};
    struct kx_message *message;
    krb5_principal name;

    assert_int_equal(
        kx_crossover_name(context, &service_data, &client_data, &name), 0);
    terms.kxname = name;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 10 * KX_DAY;
    terms.kvno = msg_type == KX_MSG_REP ? 1 : 0;
    terms.ephemeral = ephemeral;
    assert_int_equal(
        kx_offer_make(context, &settings, identity, &terms, &message), 0);
    krb5_free_principal(context, name);
    kx_identity_free(identity);
    return message;
}

/* What a side derives that has seen these two offers and holds own. */
static struct kx_crossover *
derive(const struct kx_message *request, const struct kx_message *reply,
       const struct kx_ephemeral *own, const struct kx_message *other,
       unsigned char confirm[KX_CONFIRM_SIZE])
{
    struct kx_earlier none;
    struct kx_crossover *crossover;
    krb5_data z;

    memset(&none, 0, sizeof(none));
    assert_int_equal(
        kx_agree(context, own, &other->offer.tbs.key_exchange, &z), 0);
    assert_int_equal(kx_offers_derive(context, &request->offer, &reply->offer,
                                      &z, &none, KX_GROUP_X25519, time(NULL),
                                      &crossover, confirm),
                     0);
    kx_data_zap_free(&z);
    return crossover;
}

/* True if both have the same first key. */
static krb5_boolean
same_key(const struct kx_crossover *a, const struct kx_crossover *b)
{
    assert_true(a->n_keys > 0 && b->n_keys > 0);
    return a->keys[0].length == b->keys[0].length &&
           memcmp(a->keys[0].contents, b->keys[0].contents,
                  a->keys[0].length) == 0;
}

/* ALPHA asks CHARLIE, who asks BRAVO with ALPHA's public key, and answers
 * ALPHA with BRAVO's. */
struct relayed {
    struct kx_ephemeral *alpha, *bravo;
    struct kx_message *alpha_request, *charlie_request;
    struct kx_message *bravo_reply, *charlie_reply;
};

static int
set_up(void **state)
{
    struct relayed *relayed = calloc(1, sizeof(*relayed));

    assert_non_null(relayed);
    assert_int_equal(
        kx_ephemeral_generate(context, KX_GROUP_X25519, &relayed->alpha), 0);
    assert_int_equal(
        kx_ephemeral_generate(context, KX_GROUP_X25519, &relayed->bravo), 0);
    relayed->alpha_request =
        offer_by("alpha.example", KX_MSG_REQ, CHARLIE, ALPHA, relayed->alpha);
    relayed->charlie_request = offer_by("charlie.example", KX_MSG_REQ, BRAVO,
                                        CHARLIE, relayed->alpha);
    relayed->bravo_reply =
        offer_by("bravo.example", KX_MSG_REP, BRAVO, CHARLIE, relayed->bravo);
    relayed->charlie_reply = offer_by("charlie.example", KX_MSG_REP, CHARLIE,
                                      ALPHA, relayed->bravo);
    *state = relayed;
    return 0;
}

static int
tear_down(void **state)
{
    struct relayed *relayed = *state;

    kx_message_free(relayed->alpha_request);
    kx_message_free(relayed->charlie_request);
    kx_message_free(relayed->bravo_reply);
    kx_message_free(relayed->charlie_reply);
    kx_ephemeral_free(relayed->alpha);
    kx_ephemeral_free(relayed->bravo);
    free(relayed);
    return 0;
}

/* Both have the same secret; what they make of it is not the same. */
static void
who_takes_the_liar_for_the_other_has_another_key_and_no_confirmation(
    void **state)
{
    struct relayed *relayed = *state;
    unsigned char of_alpha[KX_CONFIRM_SIZE], of_bravo[KX_CONFIRM_SIZE];
    struct kx_crossover *alpha, *bravo;

    assert_int_equal(kx_check_reply(context, &settings, time(NULL),
                                    &relayed->alpha_request->offer,
                                    &relayed->charlie_reply->offer),
                     0);
    alpha = derive(relayed->alpha_request, relayed->charlie_reply,
                   relayed->alpha, relayed->charlie_reply, of_alpha);
    bravo = derive(relayed->charlie_request, relayed->bravo_reply,
                   relayed->bravo, relayed->charlie_request, of_bravo);
    assert_memory_not_equal(of_alpha, of_bravo, KX_CONFIRM_SIZE);
    assert_false(same_key(alpha, bravo));
    kx_crossover_free(context, alpha);
    kx_crossover_free(context, bravo);
}

/* So the difference above is not for want of the same secret. */
static void
two_that_mean_each_other_have_the_same_key_and_confirmation(void **state)
{
    struct relayed *relayed = *state;
    unsigned char asked[KX_CONFIRM_SIZE], answered[KX_CONFIRM_SIZE];
    struct kx_crossover *one, *other;

    one = derive(relayed->charlie_request, relayed->bravo_reply,
                 relayed->alpha, relayed->bravo_reply, asked);
    other = derive(relayed->charlie_request, relayed->bravo_reply,
                   relayed->bravo, relayed->charlie_request, answered);
    assert_memory_equal(asked, answered, KX_CONFIRM_SIZE);
    assert_true(same_key(one, other));
    kx_crossover_free(context, one);
    kx_crossover_free(context, other);
}

/* What has no place of its own in the key's derivation goes into it, too: two
 * sides that saw different offers have different keys. */
static void
whatever_an_offer_says_goes_into_the_key(void **state)
{
    struct relayed *relayed = *state;
    struct kx_message *request = relayed->charlie_request;
    struct kx_message *reply = relayed->bravo_reply;
    unsigned char sent[KX_CONFIRM_SIZE], seen[KX_CONFIRM_SIZE];
    struct kx_crossover *one, *other;
    struct kx_message *altered[] = {request, reply};
    size_t i;

    for (i = 0; i < 2; i++) {
        one = derive(request, reply, relayed->alpha, reply, sent);
        altered[i]->offer.tbs.request_time--;
        kx_data_free(&altered[i]->offer.tbs_der);
        assert_int_equal(kx_encode_tbsdata(context, &altered[i]->offer.tbs,
                                           &altered[i]->offer.tbs_der),
                         0);
        other = derive(request, reply, relayed->bravo, request, seen);
        assert_memory_not_equal(sent, seen, KX_CONFIRM_SIZE);
        assert_false(same_key(one, other));
        kx_crossover_free(context, one);
        kx_crossover_free(context, other);
    }
}

/* The liar may also pass on what the other said without a change. */
static void
what_the_other_said_to_the_liar_is_no_answer_to_us(void **state)
{
    struct relayed *relayed = *state;

    assert_int_equal(kx_check_reply(context, &settings, time(NULL),
                                    &relayed->alpha_request->offer,
                                    &relayed->bravo_reply->offer),
                     KX_ERR_NOT_OURS);
}

/* Check that BRAVO refuses the request for its name, in these words. */
static void
assert_name_refused(const struct kx_message *request, const char *words)
{
    const char *message;
    krb5_data remote;

    assert_int_equal(kx_check_request(context, &settings, time(NULL),
                                      &request->offer, &remote),
                     KX_ERR_POLICY_NAME);
    message = krb5_get_error_message(context, KX_ERR_POLICY_NAME);
    assert_non_null(strstr(message, words));
    krb5_free_error_message(context, message);
}

/* BRAVO's own request comes back to BRAVO: it is for ALPHA's key, and it would
 * be BRAVO that asks BRAVO. */
static void
our_own_request_sent_back_to_us_is_refused(void **state)
{
    struct relayed *relayed = *state;
    struct kx_message *own =
        offer_by("bravo.example", KX_MSG_REQ, ALPHA, BRAVO, relayed->bravo);

    assert_name_refused(own, "request is for krbtgt/" ALPHA "@" BRAVO);
    kx_message_free(own);
    own = offer_by("bravo.example", KX_MSG_REQ, BRAVO, BRAVO, relayed->bravo);
    assert_name_refused(own, "names our own realm");
    kx_message_free(own);
}

/* BRAVO's reply to ALPHA comes back to BRAVO as if ALPHA asked: the names are
 * right, and it is for check 5 to see that BRAVO is not ALPHA. */
static void
our_own_reply_sent_back_as_a_request_is_not_the_peers(void **state)
{
    const krb5_data realm = kx_data(ALPHA, strlen(ALPHA));
    struct relayed *relayed = *state;
    struct kx_message *own =
        offer_by("bravo.example", KX_MSG_REP, BRAVO, ALPHA, relayed->bravo);
    struct kx_identity *alpha = make_plain_identity("alpha.example");
    struct kx_claim claim = {.realm = &realm, .host = HOST, .now = time(NULL)};
    struct kx_tlsa tlsa = make_tlsa(3, &alpha->chain[0]);
    const struct kx_tlsa *matched;
    struct kx_chain chain;

    claim.tlsa = &tlsa;
    claim.n_tlsa = 1;
    assert_int_equal(
        kx_chain_read(context, own->offer.chain, own->offer.n_chain, &chain),
        0);
    assert_int_equal(kx_check_signed_offer(context, NULL, &own->offer, &chain),
                     0);
    assert_int_equal(kx_judge_peer(context, &chain, &claim, &matched),
                     KX_ERR_TLSA_MISMATCH);
    kx_chain_clear(&chain);
    kx_data_free(&tlsa.data);
    kx_identity_free(alpha);
    kx_message_free(own);
}

#define RELAYED_TEST(test)                                                    \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RELAYED_TEST(
            who_takes_the_liar_for_the_other_has_another_key_and_no_confirmation),
        RELAYED_TEST(
            two_that_mean_each_other_have_the_same_key_and_confirmation),
        RELAYED_TEST(whatever_an_offer_says_goes_into_the_key),
        RELAYED_TEST(what_the_other_said_to_the_liar_is_no_answer_to_us),
        RELAYED_TEST(our_own_request_sent_back_to_us_is_refused),
        RELAYED_TEST(our_own_reply_sent_back_as_a_request_is_not_the_peers),
    };

    return cmocka_run_group_tests(tests, offers_begin, offers_end);
}
