/*
 * exchange.c: what an exchange costs each side in processor time, beside the
 * bare operations that it cannot do without.
 *
 * Both sides run in this process, on real offers (sides.h).  The bare sum is
 * what the protocol has a side compute, called straight in GnuTLS and nettle
 * with all keys ready:
 *
 *   - one signature, over the own offer;
 *   - two verifications: of the peer's offer, and of its certificate, which
 *     signed itself.  A TLSA record of usage 3 asks nothing of that signature
 *     (RFC 7671 5.1), but check 2 does: a chain must hold to its last link,
 *     whatever the record;
 *   - one ephemeral key, one agreement;
 *   - SHA-512 over both offers and over five KXOVER-KEY-INFOs, of four keys
 * and the confirmation; SHA-256 of the certificate's key for TLSA, and of the
 *     certificate for the mark.
 *
 * Reading, writing and comparing are not in the bare sum; sockets, DNS and the
 * database are in neither.
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
#include "exchange/refusal.h"
#include "tests/bench/sides.h"

#define ROUNDS 21
#define EXCHANGES 40 /* in a round */

/* Bytes of what these exchanges sign and hash. */
#define OFFER 211
#define KEY_INFO 204
#define KEY 44
#define CERTIFICATE 276

/* A request with a chain of ten and a wrong signature. */
static void
forge(const struct sides *sides, krb5_data *wire)
{
    struct certificate_plan plans[KX_MAX_CHAIN] = {{.name = "the KDC"}};
    char names[KX_MAX_CHAIN][16];
    struct kx_identity *identity;
    struct half half = {0};
    size_t i;

    for (i = 1; i < KX_MAX_CHAIN; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "CA %zu", i);
        plans[i].name = names[i];
        plans[i].is_ca = TRUE;
    }
    identity = make_identity(plans, KX_MAX_CHAIN);
    sides_initiate(sides, identity, &half, wire);
    half.ours->offer.signature.data[0] ^= 1;
    kx_data_free(wire);
    must(kx_encode_message(sides->context, half.ours, wire));
    half_clear(sides, &half);
    kx_identity_free(identity);
}

/* Seconds of processor time that refusing the forged request takes. */
static double
refuse(const struct sides *sides, const krb5_data *request)
{
    krb5_context context = sides->context;
    struct kx_message *message;
    struct kx_chain chain;
    krb5_data remote, answer;
    double begin = cpu_time();

    must(kx_decode_message(context, KX_MSG_REQ, request, &message));
    must(kx_check_request(context, &sides->settings, time(NULL),
                          &message->offer, &remote));
    must(kx_chain_read(context, message->offer.chain, message->offer.n_chain,
                       &chain));
    must(kx_check_signed_offer(context, NULL, &message->offer, &chain) -
         KX_ERR_SIGNATURE);
    must(kx_refusal_make(context, KX_ERR_SIGNATURE, sides->settings.realm,
                         time(NULL), NULL, &answer));
    kx_chain_clear(&chain);
    kx_message_free(message);
    kx_data_free(&answer);
    return cpu_time() - begin;
}

/* Digest length bytes of text, none of which matters. */
static void
digest(gnutls_digest_algorithm_t algorithm, const unsigned char *text,
       size_t length)
{
    unsigned char out[64];

    must(gnutls_hash_fast(algorithm, text, length, out));
}

/* Seconds of processor time for the bare operations of one side, once. */
static double
bare_operations(gnutls_privkey_t key, gnutls_pubkey_t public_key)
{
    unsigned char text[2 * OFFER] = {0};
    unsigned char secret[32], point[32], other[32] = {9};
    gnutls_datum_t data = {text, OFFER}, signature;
    double begin = cpu_time();
    int i;

    must(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_EDDSA_ED25519, 0, &data,
                                   &signature));
    must(gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_EDDSA_ED25519, 0,
                                    &data, &signature));
    must(gnutls_pubkey_verify_data2(public_key, GNUTLS_SIGN_EDDSA_ED25519, 0,
                                    &data, &signature));
    must(gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof(secret)));
    curve25519_mul_g(point, secret);
    curve25519_mul(other, secret, point);
    digest(GNUTLS_DIG_SHA512, text, sizeof(text));
    for (i = 0; i < 5; i++)
        digest(GNUTLS_DIG_SHA512, text, KEY_INFO);
    digest(GNUTLS_DIG_SHA256, text, KEY);
    digest(GNUTLS_DIG_SHA256, text, CERTIFICATE);
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
    struct sides sides;
    double begun[ROUNDS], answered[ROUNDS], bare, refused;
    double answers[ROUNDS], refusals[ROUNDS];
    krb5_data forged;
    gnutls_privkey_t key;
    gnutls_pubkey_t public_key;
    int round, i;

    sides_open(&sides, GNUTLS_PK_EDDSA_ED25519, 0);
    key = sides.initiator.identity->key;
    must(gnutls_pubkey_init(&public_key));
    must(gnutls_pubkey_import_privkey(public_key, key, 0, 0));
    forge(&sides, &forged);
    sides_exchange(&sides); /* what is set up once, is now */
    for (round = 0; round < ROUNDS; round++) {
        sides.initiator.cpu = sides.responder.cpu = bare = refused = 0;
        for (i = 0; i < EXCHANGES; i++) {
            sides_exchange(&sides);
            bare += bare_operations(key, public_key);
        }
        for (i = 0; i < EXCHANGES; i++)
            refused += refuse(&sides, &forged);
        begun[round] = sides.initiator.cpu / bare;
        answered[round] = sides.responder.cpu / bare;
        answers[round] = EXCHANGES / sides.responder.cpu;
        refusals[round] = EXCHANGES / refused;
    }
    print_figures("initiator", begun);
    print_figures("responder", answered);
    print_figures("answers", answers);
    print_figures("refusals", refusals);
    kx_data_free(&forged);
    gnutls_pubkey_deinit(public_key);
    sides_close(&sides);
    return 0;
}
