/*
 * asking.c: what an initiator asks for: its request, made, and made anew as
 * the peer wishes.
 *
 * A request is made once and serves all servers of a realm.  A peer may wish
 * for another group or another root, and is obeyed once each: what it says is
 * proven by nobody, and is not to keep us busy.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include "exchange/asking.h"
#include "exchange/conclude.h"
#include "exchange/refusal.h"

#define WIRE_DH_NOT_ACCEPTED 65 /* KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED */
#define WIRE_CANT_VERIFY 70     /* KDC_ERR_CANT_VERIFY_CERTIFICATE */

/* Name in *names the keys that the crossover had before. */
static krb5_error_code
name_earlier(struct kx_asking *asking, struct kx_prior_names *names)
{
    krb5_context context = asking->engine->context;
    struct kx_earlier earlier;
    krb5_error_code ret;

    ret = kx_source_earlier(asking->engine, &asking->source, asking->kxname,
                            &earlier);
    if (ret)
        return ret;
    ret = kx_prior_name_all(context, &earlier,
                            kx_ephemeral_public(asking->ephemeral), names);
    kx_earlier_clear(context, &earlier);
    return ret;
}

/* The work of kx_asking_make(). */
static krb5_error_code
build_request(struct kx_asking *asking, enum kx_group group)
{
    struct kx_engine *engine = asking->engine;
    const struct kx_identity *identity;
    struct kx_terms terms = {0};
    krb5_error_code ret;
    time_t now = time(NULL);

    kx_ephemeral_free(asking->ephemeral);
    asking->ephemeral = NULL;
    kx_message_free(asking->request);
    asking->request = NULL;

    ret = kx_credentials_identity(engine->credentials, now, &asking->demand,
                                  &identity);
    if (ret == 0)
        ret = kx_credentials_roots(engine->credentials, &terms.roots);
    if (ret)
        return ret;
    ret = kx_ephemeral_generate(engine->context, group, &asking->ephemeral);
    if (ret)
        return ret;
    terms.msg_type = KX_MSG_REQ;
    if (gnutls_rnd(GNUTLS_RND_NONCE, &terms.nonce, sizeof(terms.nonce)) < 0)
        return kx_error(engine->context, KX_ERR_CRYPTO,
                        "no random numbers can be had");
    terms.kxname = asking->kxname;
    terms.request_time = now;
    terms.kvno = asking->known_kvno;
    terms.till = now + engine->settings->lifetime;
    terms.ephemeral = asking->ephemeral;
    ret = name_earlier(asking, &terms.prior);
    if (ret)
        return ret;
    asking->n_named = terms.prior.n;
    ret = kx_offer_make(engine->context, engine->settings, identity, &terms,
                        &asking->request);
    free(terms.prior.names);
    return ret;
}

krb5_error_code
kx_asking_make(struct kx_asking *asking, enum kx_group group)
{
    kx_step_begin(asking->course, KX_STEP_OFFER);
    return kx_step_end(asking->course, KX_STEP_OFFER,
                       build_request(asking, group), NULL);
}

/*
 * The peer refused our group: choose another of those it told, once.
 * Errors: KX_ERR_POLICY_GROUP.
 */
static krb5_error_code
change_group(struct kx_asking *asking, const krb5_data *e_data,
             const char *host)
{
    krb5_context context = asking->engine->context;
    enum kx_group group, present = kx_ephemeral_group(asking->ephemeral);
    struct kx_algorithm *groups = NULL;
    size_t n = 0, i;
    krb5_error_code ret;

    ret = kx_decode_groups(context, e_data, &groups, &n);
    if (ret)
        return kx_error_prefix(context, ret, "groups that %s accepts", host);
    ret = KX_ERR_POLICY_GROUP;
    for (i = 0; i < n && ret != 0; i++) {
        if (kx_group_find(context, &groups[i], &group) == 0 &&
            group != present)
            ret = 0;
    }
    for (i = 0; i < n; i++)
        kx_algorithm_clear(&groups[i]);
    free(groups);
    if (ret)
        return kx_error(context, KX_ERR_POLICY_GROUP,
                        "%s accepts no key agreement group that we know",
                        host);
    return kx_asking_make(asking, group);
}

/*
 * The peer refused our chain for its root, and told which roots would do:
 * choose another identity, once.  Errors: KX_ERR_POLICY_CA.
 */
static krb5_error_code
change_identity(struct kx_asking *asking, const krb5_data *e_data,
                const char *host)
{
    struct kx_engine *engine = asking->engine;
    krb5_error_code ret;

    ret = kx_demand_of_refusal(engine->context, e_data, &asking->demand);
    if (ret == 0 && asking->demand.n_roots == 0)
        ret = kx_error(engine->context, KX_ERR_POLICY_CA,
                       "it names none by a key identifier that would do");
    if (ret == 0)
        ret = kx_asking_make(asking, kx_ephemeral_group(asking->ephemeral));
    return kx_error_prefix(engine->context, ret,
                           "%s does not accept the root of our chain", host);
}

/* End the answer's step with code, as error says.  Returns code. */
static krb5_error_code
end_answer(struct kx_asking *asking, krb5_error_code code,
           const struct kx_krb_error *error)
{
    const struct kx_found found = {.refusal = error->error_code};

    return kx_step_end(asking->course, KX_STEP_ANSWER, code, &found);
}

krb5_error_code
kx_asking_please(struct kx_asking *asking, const char *host,
                 const struct kx_krb_error *error)
{
    krb5_context context = asking->engine->context;

    if (error->error_code == WIRE_DH_NOT_ACCEPTED && !asking->regrouped &&
        error->e_data.length > 0) {
        asking->regrouped = TRUE;
        (void)end_answer(asking,
                         kx_error(context, KX_ERR_POLICY_GROUP,
                                  "%s asks for another key agreement group",
                                  host),
                         error);
        return change_group(asking, &error->e_data, host);
    }
    if (error->error_code == WIRE_CANT_VERIFY && !asking->rerooted &&
        error->e_data.length > 0) {
        asking->rerooted = TRUE;
        (void)end_answer(
            asking,
            kx_error(context, KX_ERR_POLICY_CA,
                     "%s asks for a chain that ends in another root", host),
            error);
        return change_identity(asking, &error->e_data, host);
    }
    return end_answer(asking,
                      kx_error(context, KX_ERR_PEER_REFUSED,
                               "%s refused the exchange: %s (error %d)", host,
                               kx_refusal_words(error->error_code),
                               (int)error->error_code),
                      error);
}

void
kx_asking_clear(struct kx_asking *asking)
{
    kx_ephemeral_free(asking->ephemeral);
    kx_message_free(asking->request);
    kx_demand_clear(&asking->demand);
    memset(asking, 0, sizeof(*asking));
}
