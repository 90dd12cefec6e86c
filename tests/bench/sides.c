/*
 * sides.c: an exchange with both of its sides in this process.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/bench/sides.h"

#define CLIENT "ALPHA.EXAMPLE"
#define SERVICE "BRAVO.EXAMPLE"

static char realm[] = SERVICE;
static krb5_enctype etypes[] = {20, 19, 18, 17};

void
must(long code)
{
    if (code < 0 || code > 0) {
        fprintf(stderr, "bench: error %ld\n", code);
        exit(1);
    }
}

double
cpu_time(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void
half_clear(const struct sides *sides, struct half *half)
{
    kx_ephemeral_free(half->ephemeral);
    kx_message_free(half->ours);
    kx_message_free(half->theirs);
    kx_crossover_free(sides->context, half->crossover);
}

/* Checks 5 and 6 of a chain of peer's. */
static void
judge(const struct sides *sides, const struct side *peer,
      const struct kx_chain *chain)
{
    krb5_data name = kx_data(peer->name, strlen(peer->name));
    const struct kx_claim claim = {.realm = &name,
                                   .host = peer->host,
                                   .tlsa = &peer->tlsa,
                                   .n_tlsa = 1,
                                   .now = time(NULL)};
    const struct kx_tlsa *matched;

    must(kx_judge_peer(sides->context, chain, &claim, &matched));
}

void
sides_judge(const struct sides *sides, const struct side *peer,
            const krb5_data *certificate)
{
    struct kx_chain chain;

    must(kx_chain_read(sides->context, certificate, 1, &chain));
    must(kx_check_chain(sides->context, &chain));
    judge(sides, peer, &chain);
    kx_chain_clear(&chain);
}

/* Checks 2, 3, 5 and 6 of peer's offer. */
static void
check_peer(const struct sides *sides, const struct side *peer,
           const struct kx_offer *offer)
{
    struct kx_chain chain;

    must(kx_chain_read(sides->context, offer->chain, offer->n_chain, &chain));
    must(kx_check_signed_offer(sides->context, NULL, offer, &chain));
    judge(sides, peer, &chain);
    kx_chain_clear(&chain);
}

/* Agree and derive; request and reply are the two offers. */
static void
derive(const struct sides *sides, struct half *half,
       const struct kx_offer *request, const struct kx_offer *reply,
       const struct side *peer)
{
    const struct kx_earlier none = {0};
    krb5_data z;

    must(kx_agree(sides->context, half->ephemeral,
                  &half->theirs->offer.tbs.key_exchange, &z));
    must(kx_offers_derive(sides->context, request, reply, &z, &none,
                          KX_GROUP_X25519, time(NULL), &half->crossover,
                          half->confirm));
    kx_data_zap_free(&z);
    must(kx_offer_origin(sides->context, half->crossover, &half->theirs->offer,
                         peer->host, 88, &peer->tlsa));
}

void
sides_initiate(const struct sides *sides, const struct kx_identity *identity,
               struct half *half, krb5_data *wire)
{
    krb5_data client = kx_data(CLIENT, strlen(CLIENT));
    krb5_data service = kx_data(SERVICE, strlen(SERVICE));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ, .nonce = 1};
    krb5_principal kxname;

    must(kx_crossover_name(sides->context, &service, &client, &kxname));
    must(kx_ephemeral_generate(sides->context, KX_GROUP_X25519,
                               &half->ephemeral));
    terms.kxname = kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 14 * KX_DAY;
    terms.ephemeral = half->ephemeral;
    must(kx_offer_make(sides->context, &sides->settings, identity, &terms,
                       &half->ours));
    must(kx_encode_message(sides->context, half->ours, wire));
    krb5_free_principal(sides->context, kxname);
}

/* The responder's whole work: KX-REQ in, KX-REP out. */
static void
respond(const struct sides *sides, struct half *half, const krb5_data *request,
        krb5_data *reply)
{
    struct kx_terms terms = {.msg_type = KX_MSG_REP, .kvno = 1};
    const struct kx_offer *offer;
    krb5_data remote, confirm;

    must(
        kx_decode_message(sides->context, KX_MSG_REQ, request, &half->theirs));
    offer = &half->theirs->offer;
    must(kx_check_request(sides->context, &sides->settings, time(NULL), offer,
                          &remote));
    check_peer(sides, &sides->initiator, offer);
    must(kx_ephemeral_generate(sides->context, KX_GROUP_X25519,
                               &half->ephemeral));
    terms.nonce = offer->nonce;
    terms.kxname = offer->tbs.kxname;
    terms.request_time = time(NULL);
    terms.till = offer->tbs.till;
    terms.ephemeral = half->ephemeral;
    terms.accepted = offer->tbs.accept_sigalg;
    terms.n_accepted = offer->tbs.n_accept_sigalg;
    must(kx_offer_make(sides->context, &sides->settings,
                       sides->responder.identity, &terms, &half->ours));
    derive(sides, half, offer, &half->ours->offer, &sides->initiator);
    confirm = kx_data(half->confirm, sizeof(half->confirm));
    must(kx_data_copy(&confirm, &half->ours->confirm));
    must(kx_encode_message(sides->context, half->ours, reply));
}

/* The initiator's second half: KX-REP in, the key. */
static void
complete(const struct sides *sides, struct half *half, const krb5_data *reply)
{
    must(kx_decode_message(sides->context, KX_MSG_REP, reply, &half->theirs));
    must(kx_check_reply(sides->context, &sides->settings, time(NULL),
                        &half->ours->offer, &half->theirs->offer));
    check_peer(sides, &sides->responder, &half->theirs->offer);
    derive(sides, half, &half->ours->offer, &half->theirs->offer,
           &sides->responder);
    must(memcmp(half->confirm, half->theirs->confirm.data,
                sizeof(half->confirm)));
}

void
sides_exchange(struct sides *sides)
{
    struct half a = {0}, b = {0};
    krb5_data request, reply;
    double begin = cpu_time(), mark;

    sides_initiate(sides, sides->initiator.identity, &a, &request);
    mark = cpu_time();
    sides->initiator.cpu += mark - begin;
    respond(sides, &b, &request, &reply);
    begin = cpu_time();
    sides->responder.cpu += begin - mark;
    complete(sides, &a, &reply);
    sides->initiator.cpu += cpu_time() - begin;
    sides->request = request.length + 4;
    sides->reply = reply.length + 4;
    half_clear(sides, &a);
    half_clear(sides, &b);
    kx_data_free(&request);
    kx_data_free(&reply);
}

/* One realm and its certificate. */
static void
open_side(struct side *side, const char *name, const char *host,
          const char *domain, gnutls_pk_algorithm_t algorithm,
          unsigned int bits)
{
    struct certificate_plan plan = {.algorithm = algorithm,
                                    .bits = bits,
                                    .name = "a realm",
                                    .dns_name = domain,
                                    .purpose = "1.3.6.1.5.2.3.5"};

    side->name = name;
    side->host = host;
    side->identity = make_identity(&plan, 1);
    side->tlsa = make_tlsa(3, &side->identity->chain[0]);
    side->cpu = 0;
}

void
sides_open(struct sides *sides, gnutls_pk_algorithm_t algorithm,
           unsigned int bits)
{
    memset(sides, 0, sizeof(*sides));
    kx_init_errors();
    must(krb5_init_context(&sides->context));
    sides->settings.realm = realm;
    sides->settings.lifetime = 14 * KX_DAY;
    sides->settings.lifetime_min = KX_DAY;
    sides->settings.clockskew = 300;
    sides->settings.etypes = etypes;
    sides->settings.n_etypes = sizeof(etypes) / sizeof(etypes[0]);
    open_side(&sides->initiator, CLIENT, "kdc.alpha.example", "alpha.example",
              algorithm, bits);
    open_side(&sides->responder, SERVICE, "kdc.bravo.example", "bravo.example",
              algorithm, bits);
}

void
sides_close(struct sides *sides)
{
    kx_data_free(&sides->initiator.tlsa.data);
    kx_data_free(&sides->responder.tlsa.data);
    kx_identity_free(sides->initiator.identity);
    kx_identity_free(sides->responder.identity);
    krb5_free_context(sides->context);
}
