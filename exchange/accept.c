/*
 * accept.c: the answer to a request that has passed all checks.
 *
 *   which earlier keys both have ─▶ our offer, with the version ─▶ agree,
 * derive │ the reply, with its confirmation ◀── store ◀─────────────┘
 *
 * A key is in the store before its confirmation leaves; what cannot be stored
 * is not confirmed, so no peer ever holds a key that we lack.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include "exchange/accept.h"
#include "exchange/report.h"

/* True if a crossover with the peer that was keyed by hand is taken over. */
static krb5_boolean
adopts(const struct kx_acceptance *acceptance)
{
    return kx_settings_adopts(acceptance->engine->settings, KX_INCOMING,
                              acceptance->remote);
}

/* Give the keys that the crossover had before in *earlier.  Errors: those of
 * the store. */
static krb5_error_code
get_earlier(const struct kx_acceptance *acceptance, struct kx_earlier *earlier)
{
    const struct kx_store *store = acceptance->store;

    memset(earlier, 0, sizeof(*earlier));
    if (store->earlier == NULL)
        return 0;
    return store->earlier(store->arg, acceptance->request->tbs.kxname,
                          adopts(acceptance), earlier);
}

/*
 * Name in *common the keys that both sides have.  That there are keys, but
 * none that both have, is worth a line: the new one does not build on them.
 */
static krb5_error_code
name_common(const struct kx_acceptance *acceptance,
            const struct kx_earlier *earlier, struct kx_prior_names *common)
{
    struct kx_engine *engine = acceptance->engine;
    const struct kx_tbsdata *tbs = &acceptance->request->tbs;
    struct kx_prior_names asked;
    krb5_error_code ret;

    ret = kx_prior_get(engine->context, tbs, &asked);
    if (ret)
        return ret;
    ret = kx_prior_name_common(engine->context, earlier, &tbs->key_exchange,
                               &asked, common);
    if (ret == 0 && common->n == 0 && (asked.n > 0 || earlier->n > 0))
        kx_log(engine->logger, LOG_WARNING,
               "krbtgt/%s@%.*s: the new key does not build on earlier ones: "
               "the other realm names %zu of them, we have %zu, and none is "
               "the same",
               engine->settings->realm, (int)acceptance->remote->length,
               acceptance->remote->data, asked.n, earlier->n);
    free(asked.names);
    return ret;
}

/*
 * Decide the reply's key version.  Errors: those of the store,
 * KX_ERR_POLICY_KVNO.
 */
static krb5_error_code
choose_kvno(const struct kx_acceptance *acceptance, uint32_t *kvno)
{
    const struct kx_settings *settings = acceptance->engine->settings;
    const struct kx_tbsdata *tbs = &acceptance->request->tbs;
    krb5_error_code ret;
    uint32_t known[2], *used = NULL;
    size_t n = 0;
    time_t now = time(NULL);

    ret = acceptance->store->versions(acceptance->store->arg, tbs->kxname,
                                      adopts(acceptance), &used, &n);
    known[0] = tbs->kvno;
    known[1] = kx_given_find(acceptance->given, acceptance->remote, now);
    if (ret == 0)
        ret = kx_next_kvno(
            acceptance->engine->context, kx_latest_kvno(known, 2), used, n,
            settings->version_share, settings->version_shares, now, kvno);
    free(used);
    return ret;
}

/* Make our offer, with an ephemeral key of the request's group and the names
 * of those keys in earlier that are mixed in. */
static krb5_error_code
make_reply(const struct kx_acceptance *acceptance,
           const struct kx_earlier *earlier, struct kx_ephemeral **ephemeral,
           struct kx_message **reply)
{
    struct kx_engine *engine = acceptance->engine;
    const struct kx_offer *request = acceptance->request;
    const struct kx_identity *identity;
    struct kx_terms terms = {0};
    struct kx_demand demand;
    enum kx_group group;
    krb5_error_code ret;
    time_t now = time(NULL);

    ret = kx_demand_of_offer(&request->tbs, &demand);
    if (ret)
        return ret;
    ret =
        kx_credentials_identity(engine->credentials, now, &demand, &identity);
    kx_demand_clear(&demand);
    if (ret == 0)
        ret = kx_credentials_roots(engine->credentials, &terms.roots);
    if (ret)
        return ret;
    ret = kx_group_of_public(engine->context, &request->tbs.key_exchange,
                             &group);
    if (ret)
        return ret;
    ret = kx_ephemeral_generate(engine->context, group, ephemeral);
    if (ret)
        return ret;
    ret = choose_kvno(acceptance, &terms.kvno);
    if (ret)
        return ret;
    terms.msg_type = KX_MSG_REP;
    terms.nonce = request->nonce;
    terms.kxname = request->tbs.kxname;
    terms.request_time = now;
    terms.till = now + engine->settings->lifetime;
    if (request->tbs.till < terms.till)
        terms.till = request->tbs.till;
    terms.ephemeral = *ephemeral;
    terms.accepted = request->tbs.accept_sigalg;
    terms.n_accepted = request->tbs.n_accept_sigalg;
    ret = name_common(acceptance, earlier, &terms.prior);
    if (ret)
        return ret;
    ret = kx_offer_make(engine->context, engine->settings, identity, &terms,
                        reply);
    free(terms.prior.names);
    return ret;
}

krb5_error_code
kx_accept(const struct kx_acceptance *acceptance,
          const struct kx_target *target, const struct kx_tlsa *matched,
          krb5_data *answer)
{
    struct kx_engine *engine = acceptance->engine;
    krb5_context context = engine->context;
    struct kx_course *course = acceptance->course;
    const struct kx_offer *request = acceptance->request;
    unsigned char confirm[KX_CONFIRM_SIZE];
    const struct kx_place place = {.host = target->host, .port = target->port};
    struct kx_report report;
    struct kx_ephemeral *ephemeral = NULL;
    struct kx_message *reply = NULL;
    struct kx_crossover *crossover = NULL;
    struct kx_earlier earlier;
    krb5_data z = kx_data(NULL, 0), shown;
    krb5_error_code ret;

    kx_step_begin(course, KX_STEP_OFFER);
    ret = get_earlier(acceptance, &earlier);
    if (ret == 0)
        ret = make_reply(acceptance, &earlier, &ephemeral, &reply);
    (void)kx_step_end(course, KX_STEP_OFFER, ret, NULL);
    if (ret)
        goto cleanup;
    kx_step_begin(course, KX_STEP_AGREEMENT);
    ret = kx_agree(context, ephemeral, &request->tbs.key_exchange, &z);
    if (ret == 0)
        ret = kx_offers_derive(context, request, &reply->offer, &z, &earlier,
                               kx_ephemeral_group(ephemeral), time(NULL),
                               &crossover, confirm);
    (void)kx_step_end(course, KX_STEP_AGREEMENT, ret, NULL);
    if (ret)
        goto cleanup;
    kx_earlier_clear(context, &earlier);
    crossover->adopt = adopts(acceptance);
    ret = kx_offer_origin(context, crossover, request, target->host,
                          target->port, matched);
    if (ret)
        goto cleanup;
    shown = kx_data(confirm, sizeof(confirm));
    ret = kx_data_copy(&shown, &reply->confirm);
    if (ret)
        goto cleanup;
    ret = kx_encode_message(context, reply, answer);
    if (ret)
        goto cleanup;
    kx_step_begin(course, KX_STEP_STORE);
    ret = acceptance->store->put(acceptance->store->arg, crossover);
    (void)kx_step_end(course, KX_STEP_STORE, ret, NULL);
    if (ret) {
        kx_data_free(answer);
        goto cleanup;
    }
    /* Without memory the version is still known to the store. */
    (void)kx_given_add(acceptance->given, acceptance->remote, crossover->kvno,
                       crossover->till + KX_RECENT);
    kx_report_agreed(&report, course, &place, crossover);
    kx_report_write(&report, engine->logger, course, -1);
    kx_course_end(course, 0, crossover);

cleanup:
    kx_earlier_clear(context, &earlier);
    kx_data_zap_free(&z);
    kx_zap(confirm, sizeof(confirm));
    kx_ephemeral_free(ephemeral);
    kx_message_free(reply);
    kx_crossover_free(context, crossover);
    return ret;
}
