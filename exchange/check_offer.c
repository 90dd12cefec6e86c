/*
 * check_offer.c: check 1, the offer is in line with policy.
 *
 * All of it is comparing what is in the offer with what is in the settings: no
 * cryptography, no network.  So a stranger's nonsense costs next to nothing.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/kx_agreement.h"
#include "exchange/kx_crossover.h"
#include "exchange/kx_identity.h"
#include "exchange/prior.h"
#include "exchange/validate.h"

/* A realm as "%.*s" takes it. */
#define REALM_ARGS(realm) (int)(realm)->length, (realm)->data

/* Seconds between two times, without regard to which is first. */
static time_t
distance(time_t a, time_t b)
{
    return a > b ? a - b : b - a;
}

/* True if component i of name is text. */
static krb5_boolean
component_is(krb5_const_principal name, int i, const char *text)
{
    return name->data[i].length == strlen(text) &&
           memcmp(name->data[i].data, text, name->data[i].length) == 0;
}

/*
 * What both directions demand alike: the time, and no critical extension that
 * is not known.
 */
static krb5_error_code
check_common(krb5_context context, const struct kx_settings *settings,
             time_t now, const krb5_data *remote, const struct kx_tbsdata *tbs)
{
    char theirs[KX_TIME_TEXT_SIZE], ours[KX_TIME_TEXT_SIZE];
    char oid[KX_OID_TEXT_SIZE];
    size_t i;

    if (distance(tbs->request_time, now) > settings->clockskew)
        return kx_error(context, KX_ERR_POLICY_TIME,
                        "offer of %.*s is of %s, here it is %s: more apart "
                        "than clockskew (%d s); set the clocks",
                        REALM_ARGS(remote),
                        kx_time_text(tbs->request_time, theirs),
                        kx_time_text(now, ours), (int)settings->clockskew);
    for (i = 0; i < tbs->n_extensions; i++) {
        if (tbs->extensions[i].critical &&
            !kx_data_equal(&tbs->extensions[i].oid, &kx_prior_oid))
            return kx_error(context, KX_ERR_POLICY_EXTENSION,
                            "offer of %.*s has the critical extension %s, "
                            "which is not known here",
                            REALM_ARGS(remote),
                            kx_oid_text(&tbs->extensions[i].oid, oid));
    }
    return 0;
}

/*
 * Too short a lifetime would have keys rolled all the time.  The clock skew
 * that is forgiven elsewhere is forgiven here too, but not so much of it that
 * nothing is left of a short life.
 */
static krb5_error_code
check_till(krb5_context context, const struct kx_settings *settings,
           time_t now, const krb5_data *remote, time_t till)
{
    char text[KX_TIME_TEXT_SIZE];
    time_t least = settings->lifetime_min, forgiven = settings->clockskew;

    if (forgiven > least / 2)
        forgiven = least / 2;
    if (till < now + least - forgiven)
        return kx_error(context, KX_ERR_POLICY_TILL,
                        "offer of %.*s has a key that ends at %s: a life of "
                        "less than kxover_lifetime_min (%d s)",
                        REALM_ARGS(remote), kx_time_text(till, text),
                        (int)least);
    return 0;
}

/* True if the encryption type is one that we accept. */
static krb5_boolean
etype_accepted(const struct kx_settings *settings, krb5_enctype etype)
{
    size_t i;

    for (i = 0; i < settings->n_etypes; i++) {
        if (settings->etypes[i] == etype)
            return TRUE;
    }
    return FALSE;
}

/*
 * Refuse a request for another crossover than those to us.  Errors:
 * KX_ERR_POLICY_NAME, ENOMEM.
 */
static krb5_error_code
refuse_name(krb5_context context, const struct kx_settings *settings,
            krb5_const_principal name)
{
    krb5_error_code ret;
    char *text = NULL;

    ret = krb5_unparse_name(context, name, &text);
    if (ret)
        return ret;
    kx_error(context, KX_ERR_POLICY_NAME,
             "request is for %s (name type %d); what can be had here is "
             "krbtgt/%s of other realms (name type %d)",
             text, (int)name->type, settings->realm, KRB5_NT_SRV_INST);
    krb5_free_unparsed_name(context, text);
    return KX_ERR_POLICY_NAME;
}

krb5_error_code
kx_check_request(krb5_context context, const struct kx_settings *settings,
                 time_t now, const struct kx_offer *offer, krb5_data *remote)
{
    krb5_error_code ret;
    const struct kx_tbsdata *tbs = &offer->tbs;
    krb5_const_principal name = tbs->kxname;
    const struct kx_algorithm *ours;
    struct kx_prior_names prior;
    size_t i, j, n_ours;

    *remote = name->realm;
    if (name->type != KRB5_NT_SRV_INST || name->length != 2 ||
        !component_is(name, 0, KRB5_TGS_NAME) ||
        !component_is(name, 1, settings->realm))
        return refuse_name(context, settings, name);
    if (!kx_realm_is_valid(remote))
        return kx_error(context, KX_ERR_REALM_NAME,
                        "realm %.*s of the request is not a DNS name in "
                        "capitals of two labels or more",
                        REALM_ARGS(remote));
    if (remote->length == strlen(settings->realm) &&
        memcmp(remote->data, settings->realm, remote->length) == 0)
        return kx_error(context, KX_ERR_POLICY_NAME,
                        "request names our own realm %s as the peer",
                        settings->realm);
    if (!kx_settings_realm_permitted(settings, KX_INCOMING, remote))
        return kx_error(context, KX_ERR_POLICY_REALM,
                        "realm %.*s is refused by kxover_realms",
                        REALM_ARGS(remote));
    ret = check_common(context, settings, now, remote, tbs);
    if (ret)
        return ret;
    ret = check_till(context, settings, now, remote, tbs->till);
    if (ret)
        return ret;
    if (tbs->has_kvno && tbs->kvno > KX_MAX_KVNO)
        return kx_error(context, KX_ERR_POLICY_KVNO,
                        "request of %.*s knows key version %lu: over %d",
                        REALM_ARGS(remote), (unsigned long)tbs->kvno,
                        KX_MAX_KVNO);
    for (i = 0; i < tbs->n_accept_etype; i++) {
        if (etype_accepted(settings, tbs->accept_etype[i]))
            break;
    }
    if (i == tbs->n_accept_etype)
        return kx_error(context, KX_ERR_POLICY_ETYPE,
                        "request of %.*s accepts no encryption type that is "
                        "permitted here",
                        REALM_ARGS(remote));
    ret = kx_prior_get(context, tbs, &prior);
    free(prior.names);
    if (ret)
        return kx_error_prefix(context, ret, "request of %.*s",
                               REALM_ARGS(remote));
    /* What the request is signed with must be fine for us; that is verified
     * with the signature.  Here: could we sign so that the peer accepts? */
    ours = kx_signature_algorithms(&n_ours);
    for (i = 0; i < tbs->n_accept_sigalg; i++) {
        for (j = 0; j < n_ours; j++) {
            if (strcmp(tbs->accept_sigalg[i].oid, ours[j].oid) == 0)
                return 0;
        }
    }
    if (tbs->n_accept_sigalg > 0)
        return kx_error(context, KX_ERR_POLICY_SIGALG,
                        "request of %.*s accepts no signature algorithm that "
                        "we know",
                        REALM_ARGS(remote));
    return 0;
}

/*
 * Refuse a reply whose key agreement is of another algorithm than the
 * request's.  Errors: KX_ERR_POLICY_GROUP, KX_ERR_AGREEMENT, ENOMEM.
 */
static krb5_error_code
refuse_group(krb5_context context, const krb5_data *remote,
             const struct kx_tbsdata *asked, const struct kx_tbsdata *given)
{
    enum kx_group ours, theirs;
    krb5_error_code ret;

    ret = kx_group_of_public(context, &asked->key_exchange, &ours);
    if (ret)
        return ret;
    ret = kx_group_of_public(context, &given->key_exchange, &theirs);
    if (ret)
        return kx_error_prefix(context, ret, "reply of %.*s",
                               REALM_ARGS(remote));
    return kx_error(context, KX_ERR_POLICY_GROUP,
                    "reply of %.*s is in group %s, our request in %s",
                    REALM_ARGS(remote), kx_group_name(theirs),
                    kx_group_name(ours));
}

krb5_error_code
kx_check_reply(krb5_context context, const struct kx_settings *settings,
               time_t now, const struct kx_offer *request,
               const struct kx_offer *reply)
{
    krb5_error_code ret;
    const struct kx_tbsdata *asked = &request->tbs, *given = &reply->tbs;
    const krb5_data *remote = &asked->kxname->data[1];
    krb5_enctype *etypes;
    size_t n;

    if (reply->nonce != request->nonce)
        return kx_error(context, KX_ERR_NOT_OURS,
                        "reply of %.*s has another nonce than our request",
                        REALM_ARGS(remote));
    if (given->kxname->type != asked->kxname->type ||
        !krb5_principal_compare(context, given->kxname, asked->kxname))
        return kx_error(context, KX_ERR_NOT_OURS,
                        "reply of %.*s is for another crossover than we "
                        "asked for",
                        REALM_ARGS(remote));
    ret = check_common(context, settings, now, remote, given);
    if (ret)
        return ret;
    if (given->till > asked->till)
        return kx_error(context, KX_ERR_POLICY_TILL,
                        "reply of %.*s has a key that lives longer than we "
                        "asked for",
                        REALM_ARGS(remote));
    ret = check_till(context, settings, now, remote, given->till);
    if (ret)
        return ret;
    if (!given->has_kvno || given->kvno == 0 || given->kvno > KX_MAX_KVNO)
        return kx_error(context, KX_ERR_POLICY_KVNO,
                        "reply of %.*s has no key version from 1 to %d",
                        REALM_ARGS(remote), KX_MAX_KVNO);
    if (asked->has_kvno && given->kvno == asked->kvno)
        return kx_error(context, KX_ERR_POLICY_KVNO,
                        "reply of %.*s gives key version %lu, which we hold "
                        "already",
                        REALM_ARGS(remote), (unsigned long)given->kvno);
    if (!kx_spki_same_algorithm(&asked->key_exchange, &given->key_exchange))
        return refuse_group(context, remote, asked, given);
    ret = kx_common_etypes(context, asked, given, &etypes, &n);
    if (ret)
        return ret;
    free(etypes);
    ret = kx_prior_check_reply(context, asked, given);
    return kx_error_prefix(context, ret, "reply of %.*s", REALM_ARGS(remote));
}

krb5_error_code
kx_common_etypes(krb5_context context, const struct kx_tbsdata *request,
                 const struct kx_tbsdata *reply, krb5_enctype **etypes,
                 size_t *n)
{
    krb5_enctype *common, etype;
    size_t i, j, count = 0;

    *etypes = NULL;
    *n = 0;
    common = calloc(request->n_accept_etype + 1, sizeof(*common));
    if (common == NULL)
        return ENOMEM;
    for (i = 0; i < request->n_accept_etype; i++) {
        etype = request->accept_etype[i];
        for (j = 0; j < count && common[j] != etype; j++)
            ;
        if (j < count)
            continue;
        for (j = 0; j < reply->n_accept_etype; j++) {
            if (reply->accept_etype[j] == etype) {
                common[count++] = etype;
                break;
            }
        }
    }
    if (count == 0) {
        free(common);
        return kx_error(context, KX_ERR_POLICY_ETYPE,
                        "request and reply of %.*s have no encryption type "
                        "in common",
                        REALM_ARGS(&reply->kxname->realm));
    }
    *etypes = common;
    *n = count;
    return 0;
}
