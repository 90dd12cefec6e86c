/*
 * check_own.c: kxover check of our own realm: what others see of it.
 *
 * Others know us by DNS, by our chain of certificates, and by who answers at
 * our port.  So for each server of ours, after its records and a connection:
 *
 *   do its TLSA records fit our identities ─▶ is it kxoverd that answers
 *            ─▶ another connection ─▶ does the KDC behind it answer
 *
 * The judgement of our chain is the exchange's own, by one who trusts its
 * root: what roots others have, we cannot know.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/check.h"
#include "cli/paint.h"
#include "cli/remedy.h"
#include "exchange/connect.h"

/* TLSA usages below this are for those who have roots configured. */
#define DANE_TA 2

struct own {
    struct contact *contact;
    struct kx_identity *identities[KX_MAX_IDENTITIES];
    const char *specs[KX_MAX_IDENTITIES]; /* what kxover_identity calls them */
    size_t n;
    size_t believed; /* times that one of them is, at some server */

    /* The server that is looked at. */
    struct survey *survey;
    const struct kx_target *target;
    struct kx_connect *connect;
    struct probe *probe;
    int64_t begin; /* of what is waited for */
};

/* A line about the present server, of what began at own->begin (0: nothing
 * worth telling). */
static struct report_line
line_of(const struct own *own, const char *step, const char *label)
{
    const struct report_line line = {
        .step = step,
        .label = label,
        .host = own->target->host,
        .port = own->target->port,
        .usec = own->begin != 0 ? kx_monotonic_usec() - own->begin : -1,
    };

    return line;
}

/* Tell line with detail, in place of which code has its message, and result
 * if it is not good. */
static void
tell(struct own *own, struct report_line *line, krb5_error_code code,
     enum report_result bad, const char *detail)
{
    krb5_context context = own->contact->context;
    const char *words = NULL;

    line->detail = detail;
    if (code) {
        words = krb5_get_error_message(context, code);
        line->result = bad;
        line->detail = words;
        if (line->remedy == NULL)
            line->remedy = remedy(code, REMEDY_OURS);
    }
    report_line(&own->contact->report, line);
    krb5_free_error_message(context, words);
}

/* Judge identity number i by the present server's records; *matched gets the
 * one that it is believed by.  Errors: those of the checks. */
static krb5_error_code
judge(struct own *own, size_t i, const struct kx_tlsa **matched)
{
    struct contact *contact = own->contact;
    const krb5_data realm = kx_data(contact->realm, strlen(contact->realm));
    const struct kx_identity *identity = own->identities[i];
    struct kx_claim claim = {.realm = &realm,
                             .host = own->target->host,
                             .tlsa = own->target->tlsa,
                             .n_tlsa = own->target->n_tlsa,
                             .now = time(NULL)};
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_credentials_crls(contact->credentials, claim.now, &claim.crls);
    if (ret == 0)
        ret = kx_chain_read(contact->context, identity->chain,
                            identity->n_chain, &chain);
    if (ret)
        return ret;
    claim.anchors = &chain.certificate[chain.n - 1];
    claim.n_anchors = 1;
    ret = kx_judge_peer(contact->context, &chain, &claim, matched);
    kx_chain_clear(&chain);
    return ret;
}

/* Tell whether others believe identity number i at the present server; true if
 * they do. */
static krb5_boolean
tell_identity(struct own *own, size_t i)
{
    krb5_context context = own->contact->context;
    /* Another host may have an identity of its own. */
    const krb5_boolean several = own->contact->n_servers > 1;
    struct report_line line;
    char detail[REPORT_DETAIL_SIZE], text[KX_TLSA_TEXT_SIZE];
    char name[KX_IDENTITY_TEXT_SIZE];
    const struct kx_tlsa *matched = NULL;
    krb5_error_code ret;

    (void)contact_identity_text(own->specs[i], name);
    own->begin = kx_monotonic_usec();
    ret = judge(own, i, &matched);
    line = line_of(own, "dane", "check 5: DANE");
    if (ret == 0) {
        (void)snprintf(detail, sizeof(detail), "%s is believed by TLSA %s",
                       name, kx_tlsa_text(matched, text));
        if (matched->usage < DANE_TA) {
            line.result = REPORT_CARE;
            line.remedy = "Only those believe it who have its root in their "
                          "kxover_anchors; a record of usage 3 is for all.";
        }
    } else if (several && ret == KX_ERR_TLSA_MISMATCH) {
        (void)kx_error(context, ret, "the TLSA records of %s are not of %s",
                       own->target->host, name);
        line.remedy =
            "If that host has an identity of its own, check there, too.";
    } else {
        (void)kx_error_prefix(context, ret, "%s at %s", name,
                              own->target->host);
    }
    tell(own, &line, ret, several || i > 0 ? REPORT_CARE : REPORT_BAD, detail);
    return ret == 0;
}

/* True if tlsa is of a certificate of one of our identities. */
static krb5_boolean
is_of_ours(const struct own *own, const struct kx_tlsa *tlsa)
{
    const struct kx_identity *identity;
    struct kx_tlsa made;
    krb5_boolean equal = FALSE;
    size_t i, j;

    for (i = 0; i < own->n && !equal; i++) {
        identity = own->identities[i];
        for (j = 0; j < identity->n_chain && !equal; j++) {
            if (kx_tlsa_make(own->contact->context, tlsa->usage,
                             tlsa->selector, tlsa->matching_type,
                             &identity->chain[j], &made) != 0)
                continue;
            equal = kx_data_equal(&made.data, &tlsa->data);
            kx_data_free(&made.data);
        }
    }
    return equal;
}

/* Tell of records that fit nothing we have. */
static void
tell_strange_records(struct own *own)
{
    struct report_line line;
    char detail[REPORT_DETAIL_SIZE], text[KX_TLSA_TEXT_SIZE];
    const struct kx_tlsa *tlsa;
    size_t i;

    own->begin = 0;
    for (i = 0; i < own->target->n_tlsa; i++) {
        tlsa = &own->target->tlsa[i];
        if (kx_tlsa_is_usable(tlsa) && is_of_ours(own, tlsa))
            continue;
        line = line_of(own, "tlsa", "TLSA");
        line.result = REPORT_CARE;
        (void)snprintf(detail, sizeof(detail), "%s %s",
                       kx_tlsa_text(tlsa, text),
                       kx_tlsa_is_usable(tlsa)
                           ? "is of no certificate of kxover_identity"
                           : "cannot be used, and counts for nothing");
        line.remedy = "Take it away, unless it is of the key that comes "
                      "next.";
        tell(own, &line, 0, REPORT_CARE, detail);
    }
}

/* Go on to the next server. */
static void
go_on(struct own *own)
{
    probe_free(own->probe);
    own->probe = NULL;
    kx_connect_free(own->connect);
    own->connect = NULL;
    survey_next(own->survey);
}

/* Tell how far the clock of who answered with error is from ours. */
static void
tell_clock(struct own *own, const struct kx_krb_error *error, const char *who)
{
    struct report_line line;
    char detail[REPORT_DETAIL_SIZE];
    const long apart = labs((long)(error->stime - time(NULL)));

    own->begin = 0;
    line = line_of(own, "clock", "clock");
    (void)snprintf(detail, sizeof(detail),
                   "that of %s and this machine's are %ld s apart", who,
                   apart);
    if (apart > own->contact->settings->clockskew) {
        line.result = REPORT_BAD;
        line.remedy = remedy(KX_ERR_POLICY_TIME, REMEDY_OURS);
    }
    tell(own, &line, 0, REPORT_BAD, detail);
}

/* The KDC has answered, or whoever is there. */
static void
kdc_answered(void *arg, krb5_error_code code, const struct kx_krb_error *error)
{
    struct own *own = arg;
    struct report_line line = line_of(own, "kdc", "the KDC behind it");
    const krb5_boolean is_kdc = code == 0 && probe_is_kdc(error);

    if (is_kdc) {
        tell(own, &line, 0, REPORT_BAD, "answers");
        tell_clock(own, error, "the KDC");
    } else {
        line.result = REPORT_BAD;
        line.remedy = "Set kxover_kdc to where krb5kdc listens for TCP "
                      "(kdc_tcp_listen), and start krb5kdc.";
        tell(own, &line, 0, REPORT_BAD, "does not answer");
    }
    go_on(own);
}

/* A second connection stands, or none could be had. */
static void
connected_again(void *arg, krb5_error_code code, evutil_socket_t socket,
                const struct sockaddr *address)
{
    struct own *own = arg;
    struct report_line line;

    (void)address;
    if (code == 0)
        code = probe_kdc(own->contact, socket, own->target->host, kdc_answered,
                         own, &own->probe);
    if (code == 0)
        return;
    line = line_of(own, "kdc", "the KDC behind it");
    tell(own, &line, code, REPORT_BAD, NULL);
    go_on(own);
}

/* Ask for the KDC behind the present server. */
static void
ask_kdc(struct own *own)
{
    const struct kx_target *target = own->target;
    struct report_line line;
    krb5_error_code ret;

    probe_free(own->probe);
    own->probe = NULL;
    report_begin(&own->contact->report, "the KDC behind it", target->host);
    own->begin = kx_monotonic_usec();
    ret = kx_connect_start(own->contact->engine, target->host, target->address,
                           target->n_address, connected_again, own,
                           &own->connect);
    if (ret == 0)
        return;
    line = line_of(own, "kdc", "the KDC behind it");
    tell(own, &line, ret, REPORT_BAD, NULL);
    go_on(own);
}

/* kxoverd has answered, or whoever is there. */
static void
kxoverd_answered(void *arg, krb5_error_code code,
                 const struct kx_krb_error *error)
{
    struct own *own = arg;
    struct report_line line = line_of(own, "kxoverd", "kxoverd");
    char detail[REPORT_DETAIL_SIZE];
    const krb5_boolean ours =
        code == 0 && probe_is_kxoverd(own->contact, error);

    (void)snprintf(detail, sizeof(detail),
                   ours ? "answers for %s"
                        : "whoever answers is no kxoverd of %s",
                   own->contact->realm);
    if (code == 0 && !ours) {
        line.result = REPORT_BAD;
        line.remedy = remedy(KX_ERR_PEER_CLOSED, REMEDY_OURS);
    }
    tell(own, &line, code, REPORT_BAD, detail);
    if (ours)
        tell_clock(own, error, "kxoverd");
    ask_kdc(own);
}

/* A survey_fn: look closer at a server. */
static void
look_closer(void *arg, struct survey *survey, const struct kx_target *target,
            evutil_socket_t socket)
{
    struct own *own = arg;
    struct report_line line;
    krb5_error_code ret;
    size_t i, believed = 0;

    own->survey = survey;
    own->target = target;
    for (i = 0; i < own->n; i++)
        believed += tell_identity(own, i);
    own->believed += believed;
    if (believed > 0 || (own->n > 0 && own->contact->n_servers == 1))
        tell_strange_records(own);
    report_begin(&own->contact->report, "kxoverd", target->host);
    own->begin = kx_monotonic_usec();
    ret = probe_kxoverd(own->contact, socket, target->host, kxoverd_answered,
                        own, &own->probe);
    if (ret == 0)
        return;
    line = line_of(own, "kxoverd", "kxoverd");
    tell(own, &line, ret, REPORT_BAD, NULL);
    ask_kdc(own);
}

/* Load the identities that there are; that others are not has been told. */
static void
load_identities(struct own *own)
{
    krb5_context context = own->contact->context;
    char *const *specs = own->contact->settings->identities;
    size_t i;

    for (i = 0; specs != NULL && specs[i] != NULL; i++) {
        own->specs[own->n] = specs[i];
        if (kx_identity_load(context, specs[i], time(NULL),
                             &own->identities[own->n]) == 0)
            own->n++;
    }
}

int
check_own(struct contact *contact)
{
    struct own own = {.contact = contact};
    krb5_boolean good;
    unsigned int reached;

    (void)contact_tell_ours(contact);
    load_identities(&own);
    (void)survey_realm(contact, contact->realm, look_closer, &own, &reached);
    if (own.n > 0 && own.believed == 0 && contact->report.n_bad == 0)
        contact_tell(contact, "dane", "check 5: DANE", 0,
                     kx_error(contact->context, KX_ERR_TLSA_MISMATCH,
                              "no TLSA record of %s is of an identity that we "
                              "have",
                              contact->realm),
                     NULL);
    good = contact->report.n_bad == 0 && reached > 0;
    report_clear(&contact->report);
    if (good && !contact->report.json)
        printf("\n%s%s is as others need it, as far as one can tell from "
               "here.%s\n",
               paint_on(PAINT_TITLE), contact->realm, paint_off(PAINT_TITLE));
    while (own.n > 0)
        kx_identity_free(own.identities[--own.n]);
    return check_end(contact, good);
}
