/*
 * told.c: the steps of an exchange, as lines of the report.
 *
 * survey.c has told of DNS and connections, of all servers of the realm;
 * the exchange that comes after it goes there again, and of that is told only
 * what fails.  Check 4 is no step by itself: it is that SRV, TLSA and
 * addresses come secure or not at all.
 *
 * Addresses are looked up beside the TLSA records, and a signature is verified
 * in the middle of its chain.  Such a line is held back until the one that it
 * belongs behind, so that the order is always the same.
 */
#include "config.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "asn1/kx_asn1.h"
#include "cli/contact.h"
#include "cli/remedy.h"

/* Hexadecimal digits of a TLSA record that are shown. */
#define TLSA_SHOWN 24

/* What steps are called.  NULL: not told of, unless it fails. */
static const struct {
    const char *label;
    const char *detail; /* when it is as it should be, and no more is known */
} steps[KX_STEPS] = {
    [KX_STEP_REALM] = {"our policy", ""},
    [KX_STEP_IDENTITY] = {"our identity", ""},
    [KX_STEP_SRV] = {"SRV", ""},
    [KX_STEP_TLSA] = {"TLSA", ""},
    [KX_STEP_ADDRESS] = {"address", ""},
    [KX_STEP_CONNECT] = {"connection", ""},
    [KX_STEP_OFFER] = {"request", "made and signed"},
    [KX_STEP_ANSWER] = {"answer", ""},
    [KX_STEP_MESSAGE] = {"reply", ""},
    [KX_STEP_POLICY] = {"check 1: policy", "in line with our settings"},
    [KX_STEP_CHAIN] = {"check 2: chain",
                       "each certificate is signed by the next"},
    [KX_STEP_SIGNATURE] = {"check 3: signature",
                           "by the first certificate's key"},
    [KX_STEP_DANE] = {"check 5: DANE", ""},
    [KX_STEP_ROOTS] = {"check 6: roots", ""},
    [KX_STEP_AGREEMENT] = {"key agreement", "agreed and derived"},
    [KX_STEP_CONFIRMATION] = {"confirmation",
                              "the other realm has the same key"},
    [KX_STEP_STORE] = {"storage", ""},
    [KX_STEP_EXCHANGE] = {"exchange", ""},
};

/* Append to detail as far as it goes. */
static void append(char detail[REPORT_DETAIL_SIZE], const char *format, ...)
    KX_PRINTF(2, 3);
static void
append(char detail[REPORT_DETAIL_SIZE], const char *format, ...)
{
    size_t length = strlen(detail);
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(detail + length, REPORT_DETAIL_SIZE - length, format, ap);
    va_end(ap);
}

/* Append the servers that a realm has. */
static void
append_srv(char detail[REPORT_DETAIL_SIZE], const struct kx_found *found)
{
    size_t i;

    for (i = 0; i < found->n_srv; i++)
        append(detail, "%s%s:%u", i > 0 ? ", " : "", found->srv[i].target,
               found->srv[i].port);
}

/* Append TLSA records, each cut to what one recognises it by. */
static void
append_tlsa(char detail[REPORT_DETAIL_SIZE], const struct kx_found *found)
{
    char text[KX_TLSA_TEXT_SIZE];
    size_t i;

    for (i = 0; i < found->n_tlsa; i++) {
        (void)kx_tlsa_text(&found->tlsa[i], text);
        append(detail, "%s%.*s%s", i > 0 ? ", " : "", TLSA_SHOWN, text,
               strlen(text) > TLSA_SHOWN ? "..." : "");
    }
}

/* True if everybody connects to address. */
static krb5_boolean
is_public(const struct sockaddr_storage *address)
{
    const struct kx_settings strict = {.n_allow_address = 0};

    return kx_address_permitted(&strict, (const struct sockaddr *)address);
}

/* Append addresses without their port, and whether they are connected to. */
static void
append_addresses(const struct contact *contact, const struct kx_found *found,
                 char detail[REPORT_DETAIL_SIZE])
{
    const struct sockaddr *address;
    char text[KX_ADDRESS_TEXT_SIZE];
    size_t i;

    for (i = 0; i < found->n_address; i++) {
        address = (const struct sockaddr *)&found->address[i];
        (void)kx_address_text(address, text);
        *strrchr(text, ':') = '\0';
        append(detail, "%s%s (%s)", i > 0 ? ", " : "", text,
               is_public(&found->address[i]) ? "public"
               : kx_address_permitted(contact->settings, address)
                   ? "permitted by kxover_allow_address"
                   : "not public");
    }
}

/* Append what the peer says. */
static void
append_terms(char detail[REPORT_DETAIL_SIZE], const struct kx_tbsdata *terms)
{
    char till[KX_TIME_TEXT_SIZE];

    append(detail, "key version %lu until %s; the clocks are %ld s apart",
           (unsigned long)terms->kvno, kx_time_text(terms->till, till),
           labs((long)(terms->request_time - time(NULL))));
}

/* Write what told's step found into detail. */
static void
describe(const struct contact *contact, const struct kx_told *told,
         char detail[REPORT_DETAIL_SIZE])
{
    const struct kx_course *course = told->course;
    char text[KX_ADDRESS_TEXT_SIZE];

    detail[0] = '\0';
    if (course->host != NULL &&
        (told->step == KX_STEP_TLSA || told->step == KX_STEP_ADDRESS))
        append(detail, "%s:%u: ", course->host, course->port);
    if (told->step == KX_STEP_DANE)
        append(detail, "by TLSA ");
    if (told->found->srv != NULL)
        append_srv(detail, told->found);
    else if (told->found->tlsa != NULL)
        append_tlsa(detail, told->found);
    else if (told->step == KX_STEP_CONNECT && told->found->n_address > 0)
        append(detail, "%s: %s", course->host,
               kx_address_text((const struct sockaddr *)told->found->address,
                               text));
    else if (told->found->address != NULL)
        append_addresses(contact, told->found, detail);
    else if (told->step == KX_STEP_ANSWER)
        append(detail, "of %s:%u", course->host, course->port);
    else if (told->found->terms != NULL)
        append_terms(detail, told->found->terms);
    else if (told->step == KX_STEP_ROOTS)
        append(detail, "%s",
               contact->settings->anchors != NULL
                   ? "the chain ends in one of kxover_anchors"
                   : "no kxover_anchors are set, so any will do");
    else
        append(detail, "%s", steps[told->step].detail);
}

/* Check 4 was passed when the records were found. */
static void
tell_check_4(struct contact *contact, const struct kx_course *course)
{
    const struct report_line line = {
        .step = "dnssec",
        .label = "check 4: DNSSEC",
        .host = course->host,
        .port = course->port,
        .usec = -1,
        .detail = "SRV, TLSA and address are proven",
    };

    report_line(&contact->report, &line);
}

/* True if told's step was told before, or says nothing that the next ones do
 * not. */
static krb5_boolean
is_known(const struct contact *contact, const struct kx_told *told)
{
    /* The whole fails with what a step has failed with, but where the peer's
     * wish could not be granted. */
    if (told->step == KX_STEP_EXCHANGE)
        return told->begins || told->code == 0 ||
               contact->report.n_bad > contact->n_bad_before;
    /* That went wrong with the addresses. */
    if (told->step == KX_STEP_CONNECT && told->code == KX_ERR_ADDRESS)
        return TRUE;
    if (!told->begins && told->code != 0)
        return FALSE;
    return (told->step <= KX_STEP_IDENTITY) ||
           (contact->surveyed && told->step <= KX_STEP_CONNECT);
}

/* True if step takes the time of others, not ours. */
static krb5_boolean
is_waited_for(enum kx_step step)
{
    return (step >= KX_STEP_SRV && step <= KX_STEP_CONNECT) ||
           step == KX_STEP_ANSWER;
}

/* How bad addresses are: of another realm's one will do that we connect to, of
 * ours all are to be such that everybody does. */
static enum report_result
judge_addresses(const struct contact *contact, const struct kx_found *found,
                enum remedy_side side)
{
    krb5_boolean permitted = FALSE;
    size_t i;

    for (i = 0; i < found->n_address; i++) {
        if (side == REMEDY_OURS && !is_public(&found->address[i]))
            return REPORT_CARE;
        if (kx_address_permitted(contact->settings,
                                 (const struct sockaddr *)&found->address[i]))
            permitted = TRUE;
    }
    return permitted ? REPORT_GOOD : REPORT_BAD;
}

/* How bad it is what told's step found: a peer may ask for another request,
 * and one of several servers may be there for clients alone. */
static enum report_result
judge(const struct contact *contact, const struct kx_told *told,
      enum remedy_side side)
{
    if (told->code == 0 && told->step == KX_STEP_ADDRESS)
        return judge_addresses(contact, told->found, side);
    if (told->code == 0)
        return REPORT_GOOD;
    if (told->code == KX_ERR_NO_TLSA && contact->n_servers > 1)
        return REPORT_CARE;
    if (told->step == KX_STEP_ANSWER &&
        (told->code == KX_ERR_POLICY_GROUP || told->code == KX_ERR_POLICY_CA))
        return REPORT_CARE;
    return REPORT_BAD;
}

/* Tell line, and what was held back for it; or hold it back itself. */
static void
tell_in_order(struct contact *contact, const struct kx_told *told,
              const struct report_line *line)
{
    const struct kx_step_time *time = told->course->time;
    struct report_line held = contact->held;

    if (line->result != REPORT_BAD &&
        ((told->step == KX_STEP_ADDRESS && time[KX_STEP_TLSA].under_way) ||
         (told->step == KX_STEP_SIGNATURE && time[KX_STEP_CHAIN].under_way))) {
        contact->held = *line;
        (void)snprintf(contact->held_detail, sizeof(contact->held_detail),
                       "%s", line->detail);
        contact->held.detail = contact->held_detail;
        return;
    }
    report_line(&contact->report, line);
    if (held.step == NULL)
        return;
    contact->held.step = NULL;
    report_line(&contact->report, &held);
}

void
contact_told(void *arg, const struct kx_told *told)
{
    struct contact *contact = arg;
    const struct kx_course *course = told->course;
    const enum remedy_side side = strcmp(contact->remote, contact->realm) == 0
                                      ? REMEDY_OURS
                                      : REMEDY_THEIRS;
    struct report_line line = {.step = kx_step_name(told->step)};
    char detail[REPORT_DETAIL_SIZE];
    const char *words = NULL;

    if (told->step == KX_STEP_EXCHANGE && told->begins)
        contact->n_bad_before = contact->report.n_bad;
    if (is_known(contact, told))
        return;
    line.label = steps[told->step].label;
    if (told->step == KX_STEP_SRV && !told->begins)
        contact->n_servers = told->found->n_srv;
    if (told->step == KX_STEP_MESSAGE && told->found->terms != NULL) {
        contact->left_kvno = told->found->terms->kvno;
        contact->left_till = told->found->terms->till;
    }
    if (told->begins) {
        if (told->step == KX_STEP_DANE)
            tell_check_4(contact, course);
        if (is_waited_for(told->step))
            report_begin(&contact->report, line.label, course->host);
        return;
    }
    line.result = judge(contact, told, side);
    line.host = course->host;
    line.port = course->port;
    line.usec = told->end - told->begin;
    line.detail = detail;
    if (told->code == 0) {
        describe(contact, told, detail);
        if (line.result == REPORT_CARE)
            line.remedy = "Only those connect to it who permit it in their "
                          "kxover_allow_address.";
        else if (line.result == REPORT_BAD)
            line.remedy = remedy(KX_ERR_ADDRESS, side);
    } else {
        words = krb5_get_error_message(contact->context, told->code);
        line.detail = words;
        if (told->code == KX_ERR_NO_TLSA && line.result == REPORT_CARE)
            line.remedy = "It is passed over, as is right for the KDC of a "
                          "copy of the database.";
        else if (line.result == REPORT_BAD)
            line.remedy = told->found->refusal != 0
                              ? remedy_for_refusal(told->found->refusal)
                              : remedy(told->code, side);
    }
    tell_in_order(contact, told, &line);
    krb5_free_error_message(contact->context, words);
}
