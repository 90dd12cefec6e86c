/*
 * fuzz_request.c: a responder and one message, or many at once.
 *
 * Whatever comes, there is an answer: a KX-REP with a key that was stored
 * before, or a KRB-ERROR and no key.
 *
 * In a crowd, two bytes say how many further messages come, and how.  They are
 * the first one with other nonces.  Of those that are taken, each has a
 * key version of its own; and there are bounds to how many are under way.
 */
#include "config.h"
#include <string.h>
#include <netinet/in.h>
#include "asn1/kx_asn1.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/offers.h"

#define FURTHER 0x1f     /* of the first byte: so many further messages */
#define OWN_SOURCES 0x01 /* of the second: each is of a source of its own */
#define HANGS_UP 0x02    /* the first one does not wait for its answer */
#define DNS_SLOW 0x04    /* DNS answers when all have come, */
#define DNS_SILENT 0x08  /* or not at all */
#define TWICE 0x10    /* the first comes again, before and after its answer */
#define BLOCKED 0x20  /* the crossover is */
#define NO_ROOTS 0x40 /* ours cannot be read */

/* What responder.c holds to: from one source, with one realm. */
#define MAX_PER_SOURCE 16
#define MAX_PER_REALM 4

/* What those are told for whom there is no place, RFC 4120 7.5.9. */
#define SVC_UNAVAILABLE 29

#define MAX_ASKERS (FURTHER + 3)

/* One who asks, and the answer. */
struct asker {
    krb5_data answer;
    krb5_boolean answered;
    struct kx_request *request;
};

/* The answer to message is a KX-REP that tells of the key on stage. */
static void
check_reply(const struct stage *stage, const krb5_data *message)
{
    struct kx_message *request, *reply;

    FUZZ_MUST(stage->crossover != NULL && stage->refused == 0);
    FUZZ_MUST(kx_decode_message(stage->context, KX_MSG_REP, &stage->answer,
                                &reply) == 0);
    FUZZ_MUST(reply->offer.tbs.kvno == stage->crossover->kvno);
    FUZZ_MUST(reply->offer.tbs.till == stage->crossover->till);
    FUZZ_MUST(
        kx_decode_message(stage->context, KX_MSG_REQ, message, &request) == 0);
    FUZZ_MUST(reply->offer.nonce == request->offer.nonce);
    FUZZ_MUST(reply->offer.tbs.till <= request->offer.tbs.till);
    FUZZ_MUST(reply->offer.tbs.kvno != request->offer.tbs.kvno);
    kx_message_free(request);
    kx_message_free(reply);
    offers_check_key(stage);
}

/* The answer is a KRB-ERROR that says what kx_refusal_code() has for it; its
 * number. */
static int32_t
check_error(const struct stage *stage, const krb5_data *answer)
{
    struct kx_krb_error *error;
    int32_t number;

    FUZZ_MUST(kx_decode_krb_error(stage->context, answer, &error) == 0);
    number = error->error_code;
    FUZZ_MUST(error->e_data.length == 0 || error->error_code == 65 ||
              error->error_code == 70);
    kx_krb_error_free(error);
    return number;
}

/* ---- many at once ---- */

/* A kx_answered_fn. */
static void
take_answer(void *arg, const krb5_data *reply)
{
    struct asker *asker = arg;

    FUZZ_MUST(!asker->answered);
    asker->answered = TRUE;
    asker->request = NULL;
    FUZZ_MUST(kx_data_copy(reply, &asker->answer) == 0);
}

/* Let asker, who is number from of those who come, send message. */
static void
ask(struct kx_responder *responder, struct asker *asker, unsigned int from,
    const krb5_data *message)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr *source = (struct sockaddr *)&in;

    memcpy(&in.sin_addr, &from, sizeof(from));
    memcpy(&in6.sin6_addr, &from, sizeof(from));
    if (from % 2 == 1)
        source = (struct sockaddr *)&in6;
    FUZZ_MUST(kx_responder_take(responder, message, source, take_answer, asker,
                                &asker->request) == 0);
}

/* Let n further askers send message with nonces of their own; those who cannot
 * be understood differ in their last byte. */
static void
ask_further(struct stage *stage, struct kx_responder *responder,
            struct asker *askers, unsigned int n, int ways,
            const krb5_data *message)
{
    struct kx_message *decoded = NULL;
    krb5_data other;
    unsigned int i;

    (void)kx_decode_message(stage->context, KX_MSG_REQ, message, &decoded);
    for (i = 0; i < n; i++) {
        if (decoded != NULL) {
            decoded->offer.nonce++;
            FUZZ_MUST(kx_encode_message(stage->context, decoded, &other) == 0);
        } else {
            FUZZ_MUST(kx_data_copy(message, &other) == 0);
            other.data[other.length - 1] =
                (char)(other.data[other.length - 1] + (int)i + 1);
        }
        ask(responder, &askers[i], (ways & OWN_SOURCES) != 0 ? i + 1 : 0,
            &other);
        kx_data_free(&other);
    }
    kx_message_free(decoded);
}

/* The version in an answer; 0 if that is a refusal, and *busy then says if it
 * may be for how much is under way. */
static uint32_t
version(const struct stage *stage, const krb5_data *answer, krb5_boolean *busy)
{
    struct kx_message *reply;
    uint32_t kvno;

    *busy = FALSE;
    FUZZ_MUST(answer->length > 0);
    if ((unsigned char)answer->data[0] != (0x60 | KX_MSG_REP)) {
        *busy = check_error(stage, answer) == SVC_UNAVAILABLE;
        return 0;
    }
    FUZZ_MUST(kx_decode_message(stage->context, KX_MSG_REP, answer, &reply) ==
              0);
    kvno = reply->offer.tbs.kvno;
    kx_message_free(reply);
    FUZZ_MUST(kvno > 0);
    return kvno;
}

/* The answers of n different messages are what they have to be, and as many
 * keys were stored. */
static void
check_crowd(const struct stage *stage, const struct asker *askers, size_t n,
            int ways)
{
    uint32_t kvnos[MAX_ASKERS];
    krb5_boolean busy;
    size_t taken = 0, heard = 0, i, j;

    for (i = 0; i < n; i++) {
        kvnos[i] = 0;
        FUZZ_MUST(askers[i].answered || (i == 0 && (ways & HANGS_UP) != 0));
        if (!askers[i].answered)
            continue;
        kvnos[i] = version(stage, &askers[i].answer, &busy);
        heard += busy ? 0 : 1;
        taken += kvnos[i] != 0 ? 1 : 0;
        for (j = 0; j < i; j++)
            FUZZ_MUST(kvnos[i] == 0 || kvnos[i] != kvnos[j]);
    }
    FUZZ_MUST(stage->n_stored >= taken);
    FUZZ_MUST(stage->n_stored <= taken + ((ways & HANGS_UP) != 0 ? 1 : 0));
    FUZZ_MUST((ways & OWN_SOURCES) != 0 || heard <= MAX_PER_SOURCE);
    FUZZ_MUST((ways & DNS_SLOW) == 0 || taken <= MAX_PER_REALM);
    FUZZ_MUST((ways & (BLOCKED | NO_ROOTS)) == 0 || taken == 0);
}

/* Let many ask at once. */
static void
ask_together(struct stage *stage, unsigned int further, int ways,
             const krb5_data *message)
{
    struct asker askers[MAX_ASKERS];
    struct asker *again = &askers[further + 1], *late = again + 1;
    struct kx_responder *responder;
    krb5_boolean busy;
    size_t i;

    memset(askers, 0, sizeof(askers));
    if ((ways & (DNS_SLOW | DNS_SILENT)) != 0)
        stage->silent = STAGE_DNS;
    stage->is_blocked = (ways & BLOCKED) != 0;
    if ((ways & NO_ROOTS) != 0)
        offers_hide_roots();
    responder = stage_responder(stage);
    ask(responder, &askers[0], 0, message);
    if ((ways & TWICE) != 0)
        ask(responder, again, 0, message);
    if ((ways & HANGS_UP) != 0) {
        kx_request_cancel(askers[0].request);
        askers[0].request = NULL;
    }
    ask_further(stage, responder, &askers[1], further, ways, message);
    (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
    if ((ways & DNS_SILENT) == 0) {
        stage_answer_dns(stage);
        (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
        check_crowd(stage, askers, further + 1, ways);
    }
    if ((ways & (TWICE | DNS_SILENT)) == TWICE) {
        i = stage->n_stored;
        ask(responder, late, 0, message);
        (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
        stage_answer_dns(stage);
        (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
        FUZZ_MUST(again->answered && late->answered);
        FUZZ_MUST(version(stage, &again->answer, &busy) == 0 ||
                  (kx_data_equal(&again->answer, &late->answer) &&
                   stage->n_stored == i));
        FUZZ_MUST(!askers[0].answered ||
                  kx_data_equal(&again->answer, &askers[0].answer));
    }
    kx_responder_free(responder);
    for (i = 0; i < MAX_ASKERS; i++)
        kx_data_free(&askers[i].answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char realm[] = "BRAVO.EXAMPLE";
    struct stage *stage = offers_stage(realm, "kdc.alpha.example");
    size_t head = size > 0 && (data[0] & OFFERS_CROWD) != 0 ? 3 : 1;
    krb5_data message;

    if (size < head + 1)
        return 0;
    message = kx_data(data + head, size - head);
    offers_set(stage, data[0], KX_MSG_REQ, &message);
    if ((data[0] & OFFERS_FOREIGN) != 0)
        offers_set_foreign_root();
    if (head > 1) {
        ask_together(stage, data[1] & FURTHER, data[2], &message);
    } else {
        stage_respond(stage, &message);
        if (stage->answer.length > 0 &&
            (unsigned char)stage->answer.data[0] == (0x60 | KX_MSG_REP)) {
            check_reply(stage, &message);
        } else {
            FUZZ_MUST(stage->crossover == NULL && stage->refused != 0);
            (void)check_error(stage, &stage->answer);
        }
    }
    offers_clear(stage);
    return 0;
}
