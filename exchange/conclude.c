/*
 * conclude.c: the key out of a peer's reply, if all is right with it.
 *
 *   KX-REP ─▶ decode, checks 1, 2, 3, 5, 6 ─▶ agree, derive ─▶ confirmation
 *
 * Only a key that the peer confirmed, knowing it, leaves this file: nothing
 * replayed, mixed up or altered is ever stored.
 */
#include "config.h"
#include <string.h>
#include <time.h>
#include "exchange/conclude.h"

krb5_error_code
kx_source_earlier(const struct kx_engine *engine,
                  const struct kx_earlier_source *source,
                  krb5_const_principal name, struct kx_earlier *earlier)
{
    memset(earlier, 0, sizeof(*earlier));
    if (source->get == NULL)
        return 0;
    return source->get(
        source->arg, name,
        kx_settings_adopts(engine->settings, KX_OUTGOING, &name->data[1]),
        earlier);
}

/* Read the peer's message into *reply (kx_message_free()).  Errors: those of
 * kx_decode_message(). */
static krb5_error_code
read_reply(const struct kx_conclusion *conclusion, const krb5_data *message,
           struct kx_message **reply)
{
    struct kx_found found = {0};
    krb5_error_code ret;

    kx_step_begin(conclusion->course, KX_STEP_MESSAGE);
    ret = kx_decode_message(conclusion->engine->context, KX_MSG_REP, message,
                            reply);
    if (ret == 0)
        found.terms = &(*reply)->offer.tbs;
    return kx_step_end(conclusion->course, KX_STEP_MESSAGE, ret, &found);
}

/*
 * Put the reply to the checks; *matched gets the TLSA record.  Errors: those
 * of the checks, of kx_credentials_claim().
 */
static krb5_error_code
check_reply(const struct kx_conclusion *conclusion,
            const struct kx_offer *reply, const struct kx_tlsa **matched)
{
    struct kx_engine *engine = conclusion->engine;
    struct kx_course *course = conclusion->course;
    const struct kx_target *target = conclusion->target;
    struct kx_claim claim = {.realm = &conclusion->kxname->data[1],
                             .host = target->host,
                             .tlsa = target->tlsa,
                             .n_tlsa = target->n_tlsa,
                             .now = time(NULL),
                             .course = course};
    struct kx_chain chain;
    krb5_error_code ret;

    kx_step_begin(course, KX_STEP_POLICY);
    ret = kx_check_reply(engine->context, engine->settings, time(NULL),
                         conclusion->request, reply);
    (void)kx_step_end(course, KX_STEP_POLICY, ret, NULL);
    if (ret)
        return ret;
    kx_step_begin(course, KX_STEP_CHAIN);
    ret = kx_chain_read(engine->context, reply->chain, reply->n_chain, &chain);
    if (ret)
        return kx_step_end(course, KX_STEP_CHAIN, ret, NULL);
    ret = kx_check_signed_offer(engine->context, course, reply, &chain);
    if (ret == 0) {
        kx_step_begin(course, KX_STEP_IDENTITY);
        ret = kx_credentials_claim(engine->credentials, &claim);
        (void)kx_step_end(course, KX_STEP_IDENTITY, ret, NULL);
    }
    if (ret == 0)
        ret = kx_judge_peer(engine->context, &chain, &claim, matched);
    kx_chain_clear(&chain);
    return ret;
}

/*
 * Agree on the key of the checked reply, in *made, and on what confirms it.
 * Errors: those of the source, of kx_agree() and kx_offers_derive().
 */
static krb5_error_code
agree(const struct kx_conclusion *conclusion, const struct kx_offer *reply,
      struct kx_crossover **made, unsigned char expected[KX_CONFIRM_SIZE])
{
    struct kx_engine *engine = conclusion->engine;
    krb5_data z = kx_data(NULL, 0);
    struct kx_earlier earlier;
    krb5_error_code ret;

    kx_step_begin(conclusion->course, KX_STEP_AGREEMENT);
    ret = kx_source_earlier(engine, conclusion->source, conclusion->kxname,
                            &earlier);
    if (ret == 0)
        ret = kx_agree(engine->context, conclusion->ephemeral,
                       &reply->tbs.key_exchange, &z);
    if (ret == 0)
        ret = kx_offers_derive(engine->context, conclusion->request, reply, &z,
                               &earlier,
                               kx_ephemeral_group(conclusion->ephemeral),
                               time(NULL), made, expected);
    kx_earlier_clear(engine->context, &earlier);
    kx_data_zap_free(&z);
    return kx_step_end(conclusion->course, KX_STEP_AGREEMENT, ret, NULL);
}

/* See that the peer has the same key.  Errors: KX_ERR_CONFIRM. */
static krb5_error_code
confirm(const struct kx_conclusion *conclusion, const krb5_data *confirmation,
        const unsigned char expected[KX_CONFIRM_SIZE])
{
    const krb5_data wanted = kx_data(expected, KX_CONFIRM_SIZE);
    krb5_error_code ret = 0;

    kx_step_begin(conclusion->course, KX_STEP_CONFIRMATION);
    if (!kx_data_equal_secret(&wanted, confirmation))
        ret = kx_error(conclusion->engine->context, KX_ERR_CONFIRM,
                       "key confirmation of %s does not match: the request "
                       "or the reply was altered, or is of another exchange",
                       conclusion->target->host);
    return kx_step_end(conclusion->course, KX_STEP_CONFIRMATION, ret, NULL);
}

krb5_error_code
kx_conclude(const struct kx_conclusion *conclusion, const krb5_data *message,
            struct kx_crossover **crossover)
{
    krb5_context context = conclusion->engine->context;
    const struct kx_target *target = conclusion->target;
    unsigned char expected[KX_CONFIRM_SIZE];
    struct kx_message *reply = NULL;
    struct kx_crossover *made = NULL;
    const struct kx_tlsa *matched;
    krb5_error_code ret;

    *crossover = NULL;
    ret = read_reply(conclusion, message, &reply);
    if (ret)
        goto cleanup;
    ret = check_reply(conclusion, &reply->offer, &matched);
    if (ret)
        goto cleanup;
    ret = agree(conclusion, &reply->offer, &made, expected);
    if (ret)
        goto cleanup;
    ret = confirm(conclusion, &reply->confirm, expected);
    if (ret)
        goto cleanup;
    made->adopt = kx_settings_adopts(conclusion->engine->settings, KX_OUTGOING,
                                     &conclusion->kxname->data[1]);
    ret = kx_offer_origin(context, made, &reply->offer, target->host,
                          target->port, matched);
    if (ret)
        goto cleanup;
    *crossover = made;
    made = NULL;

cleanup:
    kx_zap(expected, sizeof(expected));
    kx_crossover_free(context, made);
    kx_message_free(reply);
    return ret;
}
