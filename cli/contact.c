/*
 * contact.c: our side of a contact, as kxoverd has it, and what is wrong with
 * it.
 *
 * The database is opened as kxoverd opens it, to write; what only looks writes
 * nothing.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cli/contact.h"
#include "cli/readable.h"
#include "cli/remedy.h"

/* Days before the end of a certificate from which on it wants a look. */
#define ENDS_SOON 30

void
contact_tell(struct contact *contact, const char *step, const char *label,
             int64_t begin, krb5_error_code code, const char *detail)
{
    struct report_line line = {
        .step = step,
        .label = label,
        .usec = begin != 0 ? kx_monotonic_usec() - begin : -1,
        .detail = detail,
    };
    const char *words = NULL;

    if (code) {
        words = krb5_get_error_message(contact->context, code);
        line.result = REPORT_BAD;
        line.detail = words;
        line.remedy = remedy(code, REMEDY_OURS);
    }
    report_line(&contact->report, &line);
    krb5_free_error_message(contact->context, words);
}

const char *
contact_identity_text(const char *spec, char text[KX_IDENTITY_TEXT_SIZE])
{
    enum kx_identity_kind kind;
    char *certificate = NULL, *key = NULL;

    if (kx_identity_split(spec, &kind, &certificate, &key) == 0)
        (void)kx_identity_text(certificate, text);
    else
        (void)kx_identity_text(spec, text);
    free(certificate);
    free(key);
    return text;
}

/* True if krb5kdc can read the files of an identity, as far as one can tell.
 */
static krb5_boolean
kdc_can_read(const char *spec)
{
    enum kx_identity_kind kind;
    char *certificate = NULL, *key = NULL;
    krb5_boolean readable = TRUE;

    if (kx_identity_split(spec, &kind, &certificate, &key) == 0 &&
        kind == KX_IDENTITY_FILE)
        readable = readable_by_kdc(certificate) && readable_by_kdc(key);
    free(certificate);
    free(key);
    return readable;
}

/* Tell of an identity that was loaded since begin, or of code, which is so
 * bad. */
static void
tell_identity(struct contact *contact, const char *spec, int64_t begin,
              krb5_error_code code, enum report_result bad,
              const struct kx_identity *identity)
{
    char detail[REPORT_DETAIL_SIZE], text[KX_IDENTITY_TEXT_SIZE];
    char until[KX_TIME_TEXT_SIZE];
    struct report_line line = {.step = "identity", .label = "our identity"};
    const char *words;
    long days;

    if (code) {
        words = krb5_get_error_message(contact->context, code);
        line.result = bad;
        line.usec = kx_monotonic_usec() - begin;
        line.detail = words;
        report_line(&contact->report, &line);
        krb5_free_error_message(contact->context, words);
        return;
    }
    days = (long)((identity->not_after - time(NULL)) / KX_DAY);
    (void)snprintf(detail, sizeof(detail), "%s, valid until %s",
                   contact_identity_text(spec, text),
                   kx_time_text(identity->not_after, until));
    line.usec = kx_monotonic_usec() - begin;
    line.detail = detail;
    if (days < ENDS_SOON) {
        line.result = REPORT_CARE;
        line.remedy = "It ends soon: make the next one with `kxover keygen`, "
                      "and publish its TLSA record beside this one's.";
    }
    if (!kdc_can_read(spec)) {
        line.result = REPORT_CARE;
        line.remedy = "Debian's krb5kdc cannot read it: have certificate and "
                      "key belong to root, in /etc/krb5kdc.";
    }
    report_line(&contact->report, &line);
}

krb5_boolean
contact_tell_ours(struct contact *contact)
{
    const struct kx_settings *settings = contact->settings;
    char detail[REPORT_DETAIL_SIZE];
    enum report_result bad = REPORT_BAD;
    const struct kx_identity *chosen;
    struct kx_identity *identity;
    char *const *spec;
    krb5_error_code ret;
    int64_t begin;

    (void)snprintf(
        detail, sizeof(detail), "[dbmodules] %s of kdc.conf%s%s",
        settings->section,
        settings->unbound_conf != NULL ? "; DNS is asked as in " : "",
        settings->unbound_conf != NULL ? settings->unbound_conf : "");
    contact_tell(contact, "settings", "settings", 0, 0, detail);
    /* One that can be used will do. */
    if (kx_credentials_identity(contact->credentials, time(NULL), NULL,
                                &chosen) == 0)
        bad = REPORT_CARE;
    for (spec = settings->identities; spec != NULL && *spec != NULL; spec++) {
        begin = kx_monotonic_usec();
        ret = kx_identity_load(contact->context, *spec, time(NULL), &identity);
        tell_identity(contact, *spec, begin, ret, bad, identity);
        kx_identity_free(identity);
    }
    begin = kx_monotonic_usec();
    ret = kx_credentials_ready(contact->credentials, time(NULL));
    /* Of one or several identities, each has told for itself. */
    if (ret == KX_ERR_IDENTITY && settings->identities != NULL)
        return FALSE;
    if (ret == KX_ERR_IDENTITY)
        contact_tell(contact, "identity", "our identity", begin, ret, NULL);
    else if (ret || settings->anchors != NULL || settings->revoke != NULL)
        contact_tell(contact, "trust", "our roots", begin, ret,
                     "kxover_anchors and kxover_revoke can be read");
    return ret == 0;
}

/* Say in detail what the database has of the crossover. */
static void
describe(const struct contact *contact, const struct kx_life *life,
         char detail[REPORT_DETAIL_SIZE])
{
    char till[KX_TIME_TEXT_SIZE];

    if (life->ours)
        (void)snprintf(detail, REPORT_DETAIL_SIZE,
                       "krbtgt/%s@%s has key version %lu, until %s",
                       contact->remote, contact->realm,
                       (unsigned long)life->latest,
                       kx_time_text(life->till, till));
    else
        (void)snprintf(detail, REPORT_DETAIL_SIZE,
                       "krbtgt/%s@%s has no key of kxover's yet",
                       contact->remote, contact->realm);
}

/* Read what the database has of the crossover.  Errors: KX_ERR_POLICY_REALM
 * (it was keyed by hand), KX_ERR_BLOCKED, those of kx_kadm_store_life(). */
static krb5_error_code
read_crossover(struct contact *contact, struct kx_life *life)
{
    const krb5_data remote = kx_data(contact->remote, strlen(contact->remote));
    const krb5_data local = kx_data(contact->realm, strlen(contact->realm));
    krb5_principal name = NULL;
    krb5_boolean by_hand = FALSE;
    krb5_error_code ret;

    ret = kx_crossover_name(contact->context, &remote, &local, &name);
    if (ret == 0)
        ret = kx_kadm_store_life(contact->store, name, life, &by_hand);
    krb5_free_principal(contact->context, name);
    if (ret == 0 && life->by_hand)
        by_hand = !kx_settings_adopts(contact->settings, KX_OUTGOING, &remote);
    if (ret == 0 && life->blocked)
        ret = kx_error(contact->context, KX_ERR_BLOCKED,
                       "krbtgt/%s@%s is blocked", contact->remote,
                       contact->realm);
    else if (ret == 0 && by_hand)
        ret = kx_error(contact->context, KX_ERR_POLICY_REALM,
                       "krbtgt/%s@%s was keyed by hand, and kxover leaves it "
                       "alone",
                       contact->remote, contact->realm);
    return ret;
}

krb5_boolean
contact_tell_crossover(struct contact *contact, struct kx_life *life)
{
    const krb5_data remote = kx_data(contact->remote, strlen(contact->remote));
    struct report_line line = {
        .step = "database", .label = "our database", .result = REPORT_BAD};
    char detail[REPORT_DETAIL_SIZE];
    krb5_error_code ret;
    int64_t begin;

    if (!kx_settings_realm_permitted(contact->settings, KX_OUTGOING,
                                     &remote)) {
        ret =
            kx_error(contact->context, KX_ERR_POLICY_REALM,
                     "realm %s is refused by kxover_realms", contact->remote);
        contact_tell(contact, "realm", "our policy", 0, ret, NULL);
        return FALSE;
    }
    (void)snprintf(detail, sizeof(detail), "kxover_realms permits %s",
                   contact->remote);
    contact_tell(contact, "realm", "our policy", 0, 0, detail);
    begin = kx_monotonic_usec();
    ret = read_crossover(contact, life);
    if (ret != KX_ERR_POLICY_REALM) {
        if (ret == 0)
            describe(contact, life, detail);
        contact_tell(contact, line.step, line.label, begin, ret, detail);
        return ret == 0;
    }
    line.detail = krb5_get_error_message(contact->context, ret);
    line.usec = kx_monotonic_usec() - begin;
    line.remedy = "Your users get there by that key; to have kxover take it "
                  "over, name the realm in kxover_adopt.";
    report_line(&contact->report, &line);
    krb5_free_error_message(contact->context, line.detail);
    return FALSE;
}

krb5_error_code
contact_run(struct contact *contact, const krb5_boolean *done)
{
    krb5_error_code ret;

    while (!*done && event_base_loop(contact->base, EVLOOP_ONCE) == 0)
        ;
    if (*done)
        return 0;
    ret = kx_error(contact->context, EIO, "the event loop has failed");
    contact_tell(contact, "exchange", "exchange", 0, ret, NULL);
    return ret;
}

/* An exchange under way, or what came of it. */
struct attempt {
    krb5_boolean done;
    krb5_error_code code;
    struct kx_crossover *crossover;
};

/* A kx_initiated_fn. */
static void
initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct attempt *attempt = arg;

    attempt->done = TRUE;
    attempt->code = code;
    attempt->crossover = crossover;
}

krb5_error_code
contact_exchange(struct contact *contact, uint32_t known,
                 struct kx_crossover **crossover)
{
    const krb5_data remote = kx_data(contact->remote, strlen(contact->remote));
    const struct kx_earlier_source source = {contact->store,
                                             kx_kadm_store_earlier};
    struct attempt attempt = {.done = FALSE};
    struct kx_initiator *initiator = NULL;
    krb5_error_code ret;

    *crossover = NULL;
    ret = kx_initiator_start(contact->engine, &remote, known, &source,
                             CONTACT_TIMEOUT, initiated, &attempt, &initiator);
    if (ret)
        return ret;
    ret = contact_run(contact, &attempt.done);
    kx_initiator_free(initiator);
    if (ret == 0)
        ret = attempt.code;
    *crossover = attempt.crossover;
    return ret;
}

int
contact_open(const struct cli_call *call, struct contact *contact)
{
    krb5_error_code ret;
    int code;

    memset(contact, 0, sizeof(*contact));
    contact->call = call;
    contact->remote = call->operands[0];
    contact->report.json = call->json;
    code = cli_check_realm(call, "realm", contact->remote);
    if (code == CLI_OK)
        code = cli_open(call, &contact->context, &contact->realm);
    if (code == CLI_OK)
        code = cli_check_realm(call, "our realm", contact->realm);
    if (code != CLI_OK)
        return code;
    ret = kx_settings_read(contact->context, contact->realm, NULL,
                           &contact->settings);
    if (ret)
        return cli_untried(contact->context, ret, "cannot use the settings");
    /* Before libunbound has a thread. */
    kx_patience_init();
    ret = kx_kadm_store_open(contact->context, contact->realm, NULL,
                             &contact->store);
    if (ret)
        return cli_no_database(contact->context, ret, contact->realm);
    contact->base = event_base_new();
    if (contact->base == NULL)
        return cli_untried(NULL, ENOMEM, "cannot begin");
    ret = kx_engine_new(contact->context, contact->base, contact->settings,
                        NULL, &contact->engine);
    if (ret == 0)
        ret = kx_credentials_new(contact->context, contact->settings, NULL,
                                 &contact->credentials);
    if (ret)
        return cli_untried(contact->context, ret, "cannot ask DNS");
    kx_engine_listen(contact->engine,
                     &(struct kx_listener){contact_told, contact});
    return CLI_OK;
}

void
contact_close(struct contact *contact)
{
    report_close(&contact->report);
    kx_credentials_free(contact->credentials);
    kx_engine_free(contact->engine);
    if (contact->base != NULL)
        event_base_free(contact->base);
    kx_kadm_store_close(contact->store);
    kx_settings_free(contact->settings);
    krb5_free_default_realm(contact->context, contact->realm);
    krb5_free_context(contact->context);
}
