/*
 * fuzz_request.c: a responder and one message.
 *
 * Whatever comes, there is an answer: a KX-REP with a key that was stored
 * before, or a KRB-ERROR and no key.
 */
#include "config.h"
#include "asn1/kx_asn1.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/offers.h"

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

/* The answer is a KRB-ERROR that says what kx_refusal_code() has for it. */
static void
check_refusal(const struct stage *stage)
{
    struct kx_krb_error *error;

    FUZZ_MUST(stage->crossover == NULL && stage->refused != 0);
    FUZZ_MUST(kx_decode_krb_error(stage->context, &stage->answer, &error) ==
              0);
    FUZZ_MUST(error->e_data.length == 0 || error->error_code == 65 ||
              error->error_code == 70);
    kx_krb_error_free(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char realm[] = "BRAVO.EXAMPLE";
    struct stage *stage = offers_stage(realm, "kdc.alpha.example");
    krb5_data message;

    if (size < 2)
        return 0;
    message = kx_data(data + 1, size - 1);
    offers_set(stage, data[0], KX_MSG_REQ, &message);
    stage_respond(stage, &message);
    FUZZ_MUST(stage->answer.length > 0);
    if ((unsigned char)stage->answer.data[0] == (0x60 | KX_MSG_REP))
        check_reply(stage, &message);
    else
        check_refusal(stage);
    offers_clear(stage);
    return 0;
}
