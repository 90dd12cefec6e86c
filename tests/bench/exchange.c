/*
 * exchange.c: what an exchange costs each side in processor time, beside the
 * bare operations that it cannot do without.
 *
 * Both sides run in this process, on real offers: making, signing, encoding,
 * decoding, the checks but DNS's, agreement, derivation, confirmation.  The
 * bare sum is one signature, two verifications (the offer's and the
 * self-signed certificate's), one ephemeral key and one agreement, called
 * straight in GnuTLS and nettle with all keys ready.  Sockets, DNS and the
 * database are not in it.
 *
 * Beside that stands what a forged offer costs: one with a chain of ten, the
 * longest that there may be, and a signature that does not hold.
 *
 * Prints one line a side: name, and the ratio of each of ROUNDS rounds; and
 * the same for the exchanges that are answered, and the forged offers that are
 * refused, in a second of processor time.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include <nettle/curve25519.h>
#include "exchange/offer.h"
#include "exchange/refusal.h"
#include "exchange/validate.h"
#include "tests/unit/chains.h"

#define ROUNDS 21
#define EXCHANGES 40 /* in a round */

#define CLIENT "ALPHA.EXAMPLE"
#define SERVICE "BRAVO.EXAMPLE"

static krb5_context context;
static char realm[] = SERVICE;
static krb5_enctype etypes[] = {20, 19, 18, 17};
static struct kx_settings settings = {.realm = realm,
                                      .lifetime = 14 * KX_DAY,
                                      .lifetime_min = KX_DAY,
                                      .clockskew = 300,
                                      .etypes = etypes,
                                      .n_etypes = 4};

/* One realm: its identity and the record that DNS has of it. */
struct side {
    const char *name;
    const char *host;
    struct kx_identity *identity;
    struct kx_tlsa tlsa;
    double cpu; /* seconds, of the present round */
};

/* A benchmark of something that fails would be none. */
static void
must(long code)
{
    if (code < 0 || code > 0) {
        fprintf(stderr, "bench: error %ld\n", code);
        exit(1);
    }
}

/* Seconds of processor time of this process. */
static double
cpu_time(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a side keeps of an exchange between its two messages. */
struct half {
    struct kx_ephemeral *ephemeral;
    struct kx_message *ours;
    struct kx_message *theirs;
    struct kx_crossover *crossover;
    unsigned char confirm[KX_CONFIRM_SIZE];
};

static void
clear(struct half *half)
{
    kx_ephemeral_free(half->ephemeral);
    kx_message_free(half->ours);
    kx_message_free(half->theirs);
    kx_crossover_free(context, half->crossover);
}

/* Checks 2, 3, 5 and 6 of peer's offer. */
static void
check_peer(const struct side *peer, const struct kx_offer *offer)
{
    krb5_data name = kx_data(peer->name, strlen(peer->name));
    const struct kx_claim claim = {.realm = &name,
                                   .host = peer->host,
                                   .tlsa = &peer->tlsa,
                                   .n_tlsa = 1,
                                   .now = time(NULL)};
    const struct kx_tlsa *matched;
    struct kx_chain chain;

    must(kx_chain_read(context, offer->chain, offer->n_chain, &chain));
    must(kx_check_signed_offer(context, NULL, offer, &chain));
    must(kx_judge_peer(context, &chain, &claim, &matched));
    kx_chain_clear(&chain);
}

/* Agree and derive; request and reply are the two offers. */
static void
derive(struct half *half, const struct kx_offer *request,
       const struct kx_offer *reply, const struct side *peer)
{
    const struct kx_earlier none = {0};
    krb5_data z;

    must(kx_agree(context, half->ephemeral,
                  &half->theirs->offer.tbs.key_exchange, &z));
    must(kx_offers_derive(context, request, reply, &z, &none, KX_GROUP_X25519,
                          time(NULL), &half->crossover, half->confirm));
    kx_data_zap_free(&z);
    must(kx_offer_origin(context, half->crossover, &half->theirs->offer,
                         peer->host, 88, &peer->tlsa));
}

/* The initiator's first half: *wire gets KX-REQ. */
static void
initiate(struct half *half, const struct side *self, krb5_data *wire)
{
    krb5_data client = kx_data(CLIENT, strlen(CLIENT));
    krb5_data service = kx_data(SERVICE, strlen(SERVICE));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ, .nonce = 1};
    krb5_principal kxname;

    must(kx_crossover_name(context, &service, &client, &kxname));
    must(kx_ephemeral_generate(context, KX_GROUP_X25519, &half->ephemeral));
    terms.kxname = kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 14 * KX_DAY;
    terms.ephemeral = half->ephemeral;
    must(kx_offer_make(context, &settings, self->identity, &terms,
                       &half->ours));
    must(kx_encode_message(context, half->ours, wire));
    krb5_free_principal(context, kxname);
}

/* The responder's whole work: KX-REQ in, KX-REP out. */
static void
respond(struct half *half, const struct side *self, const struct side *peer,
        const krb5_data *request, krb5_data *reply)
{
    struct kx_terms terms = {.msg_type = KX_MSG_REP, .kvno = 1};
    const struct kx_offer *offer;
    krb5_data remote, confirm;

    must(kx_decode_message(context, KX_MSG_REQ, request, &half->theirs));
    offer = &half->theirs->offer;
    must(kx_check_request(context, &settings, time(NULL), offer, &remote));
    check_peer(peer, offer);
    must(kx_ephemeral_generate(context, KX_GROUP_X25519, &half->ephemeral));
    terms.nonce = offer->nonce;
    terms.kxname = offer->tbs.kxname;
    terms.request_time = time(NULL);
    terms.till = offer->tbs.till;
    terms.ephemeral = half->ephemeral;
    terms.accepted = offer->tbs.accept_sigalg;
    terms.n_accepted = offer->tbs.n_accept_sigalg;
    must(kx_offer_make(context, &settings, self->identity, &terms,
                       &half->ours));
    derive(half, offer, &half->ours->offer, peer);
    confirm = kx_data(half->confirm, sizeof(half->confirm));
    must(kx_data_copy(&confirm, &half->ours->confirm));
    must(kx_encode_message(context, half->ours, reply));
}

/* The initiator's second half: KX-REP in, the key. */
static void
complete(struct half *half, const struct side *peer, const krb5_data *reply)
{
    must(kx_decode_message(context, KX_MSG_REP, reply, &half->theirs));
    must(kx_check_reply(context, &settings, time(NULL), &half->ours->offer,
                        &half->theirs->offer));
    check_peer(peer, &half->theirs->offer);
    derive(half, &half->ours->offer, &half->theirs->offer, peer);
    must(memcmp(half->confirm, half->theirs->confirm.data,
                sizeof(half->confirm)));
}

/* One exchange, its time booked on each side. */
static void
exchange(struct side *initiator, struct side *responder)
{
    struct half a = {0}, b = {0};
    krb5_data request, reply;
    double begin = cpu_time(), mark;

    initiate(&a, initiator, &request);
    mark = cpu_time();
    initiator->cpu += mark - begin;
    respond(&b, responder, initiator, &request, &reply);
    begin = cpu_time();
    responder->cpu += begin - mark;
    complete(&a, responder, &reply);
    initiator->cpu += cpu_time() - begin;
    clear(&a);
    clear(&b);
    kx_data_free(&request);
    kx_data_free(&reply);
}

/* A request of CLIENT with a chain of ten and a wrong signature. */
static void
forge(krb5_data *wire)
{
    struct certificate_plan plans[KX_MAX_CHAIN] = {{.name = "the KDC"}};
    char names[KX_MAX_CHAIN][16];
    struct half half = {0};
    struct side side = {CLIENT, "kdc.alpha.example", NULL, {0}, 0};
    size_t i;

    for (i = 1; i < KX_MAX_CHAIN; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "CA %zu", i);
        plans[i].name = names[i];
        plans[i].is_ca = TRUE;
    }
    side.identity = make_identity(plans, KX_MAX_CHAIN);
    initiate(&half, &side, wire);
    half.ours->offer.signature.data[0] ^= 1;
    kx_data_free(wire);
    must(kx_encode_message(context, half.ours, wire));
    clear(&half);
    kx_identity_free(side.identity);
}

/* Seconds of processor time that refusing the forged request takes. */
static double
refuse(const krb5_data *request)
{
    struct kx_message *message;
    struct kx_chain chain;
    krb5_data remote, answer;
    double begin = cpu_time();

    must(kx_decode_message(context, KX_MSG_REQ, request, &message));
    must(kx_check_request(context, &settings, time(NULL), &message->offer,
                          &remote));
    must(kx_chain_read(context, message->offer.chain, message->offer.n_chain,
                       &chain));
    must(kx_check_signed_offer(context, NULL, &message->offer, &chain) -
         KX_ERR_SIGNATURE);
    must(kx_refusal_make(context, KX_ERR_SIGNATURE, SERVICE, time(NULL), NULL,
                         &answer));
    kx_chain_clear(&chain);
    kx_message_free(message);
    kx_data_free(&answer);
    return cpu_time() - begin;
}

/* Seconds of processor time for the bare operations of one side, once. */
static double
bare_operations(gnutls_privkey_t key, gnutls_pubkey_t public_key)
{
    unsigned char text[600] = {0}, secret[32], point[32], other[32] = {9};
    gnutls_datum_t data = {text, sizeof(text)}, signature;
    double begin = cpu_time();

    must(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &data,
                                   &signature));
    must(gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_EDDSA_ED25519, 0,
                                    &data, &signature));
    must(gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_EDDSA_ED25519, 0,
                                    &data, &signature));
    must(gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof(secret)));
    curve25519_mul_g(point, secret);
    curve25519_mul(other, secret, point);
    gnutls_free(signature.data);
    return cpu_time() - begin;
}

static void
print_figures(const char *name, const double *figures)
{
    int i;

    printf("%s", name);
    for (i = 0; i < ROUNDS; i++)
        printf(" %.3f", figures[i]);
    printf("\n");
}

int
main(void)
{
    struct side initiator = {CLIENT, "kdc.alpha.example", NULL, {0}, 0};
    struct side responder = {SERVICE, "kdc.bravo.example", NULL, {0}, 0};
    double begun[ROUNDS], answered[ROUNDS], bare, refused;
    double answers[ROUNDS], refusals[ROUNDS];
    krb5_data forged;
    gnutls_pubkey_t public_key;
    int round, i;

    kx_init_errors();
    must(krb5_init_context(&context));
    initiator.identity = make_plain_identity("alpha.example");
    responder.identity = make_plain_identity("bravo.example");
    initiator.tlsa = make_tlsa(3, &initiator.identity->chain[0]);
    responder.tlsa = make_tlsa(3, &responder.identity->chain[0]);
    must(gnutls_pubkey_init(&public_key));
    must(gnutls_pubkey_import_privkey(public_key, initiator.identity->key, 0,
                                      0));
    forge(&forged);
    exchange(&initiator, &responder); /* what is set up once, is now */
    for (round = 0; round < ROUNDS; round++) {
        initiator.cpu = responder.cpu = bare = refused = 0;
        for (i = 0; i < EXCHANGES; i++) {
            exchange(&initiator, &responder);
            bare += bare_operations(initiator.identity->key, public_key);
            refused += refuse(&forged);
        }
        begun[round] = initiator.cpu / bare;
        answered[round] = responder.cpu / bare;
        answers[round] = EXCHANGES / responder.cpu;
        refusals[round] = EXCHANGES / refused;
    }
    print_figures("initiator", begun);
    print_figures("responder", answered);
    print_figures("answers", answers);
    print_figures("refusals", refusals);
    kx_data_free(&forged);
    gnutls_pubkey_deinit(public_key);
    kx_data_free(&initiator.tlsa.data);
    kx_data_free(&responder.tlsa.data);
    kx_identity_free(initiator.identity);
    kx_identity_free(responder.identity);
    krb5_free_context(context);
    return 0;
}
