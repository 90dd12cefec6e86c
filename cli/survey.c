/*
 * survey.c: all servers of a realm, one after the other, as an exchange would
 * look for them: but to the last one, whatever comes of the first.
 *
 *   SRV ─▶ TLSA, address ─▶ connection ─▶ each() ─▶ survey_next() ─┐
 *            ▲                                                     │
 *            └─────────────── the next server ◀────────────────────┘
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "cli/contact.h"
#include "cli/remedy.h"
#include "exchange/connect.h"
#include "exchange/course.h"

struct survey {
    struct contact *contact;
    survey_fn *each;
    void *arg;
    struct kx_listener listener;
    struct kx_course course;
    struct kx_peer *peer;
    struct kx_connect *connect;
    struct kx_target target; /* the present one; points into peer */
    unsigned int reached;
    krb5_boolean done;
};

void
survey_next(struct survey *survey)
{
    kx_connect_free(survey->connect);
    survey->connect = NULL;
    kx_peer_next(survey->peer);
}

/* A connection stands, or none could be had. */
static void
connected(void *arg, krb5_error_code code, evutil_socket_t socket,
          const struct sockaddr *address)
{
    struct survey *survey = arg;
    const struct kx_found found = {
        .address = (const struct sockaddr_storage *)(const void *)address,
        .n_address = address != NULL};

    (void)kx_step_end(&survey->course, KX_STEP_CONNECT, code, &found);
    if (code) {
        survey_next(survey);
        return;
    }
    survey->reached++;
    survey->each(survey->arg, survey, &survey->target, socket);
}

/* DNS gave a server, or there are no more. */
static void
target_found(void *arg, krb5_error_code code, const struct kx_target *target)
{
    struct survey *survey = arg;

    if (code) {
        survey->done = TRUE;
        return;
    }
    survey->target = *target;
    kx_step_begin(&survey->course, KX_STEP_CONNECT);
    code = kx_connect_start(survey->contact->engine, target->host,
                            target->address, target->n_address, connected,
                            survey, &survey->connect);
    if (code) {
        (void)kx_step_end(&survey->course, KX_STEP_CONNECT, code, NULL);
        survey_next(survey);
    }
}

/* Tell that all servers of realm were passed over. */
static void
tell_none(struct contact *contact, const char *realm)
{
    struct report_line line = {
        .step = "tlsa", .label = "TLSA", .result = REPORT_BAD, .usec = -1};
    char detail[REPORT_DETAIL_SIZE];

    (void)snprintf(detail, sizeof(detail), "no server of %s has a TLSA record",
                   realm);
    line.detail = detail;
    line.remedy = remedy(KX_ERR_NO_TLSA, strcmp(realm, contact->realm) == 0
                                             ? REMEDY_OURS
                                             : REMEDY_THEIRS);
    report_line(&contact->report, &line);
}

krb5_error_code
survey_realm(struct contact *contact, const char *realm, survey_fn *each,
             void *arg, unsigned int *reached)
{
    const krb5_data name = kx_data(realm, strlen(realm));
    struct survey survey = {.contact = contact, .each = each, .arg = arg};
    const unsigned int n_bad = contact->report.n_bad;
    krb5_error_code ret;

    *reached = 0;
    survey.listener.tell = contact_told;
    survey.listener.arg = contact;
    survey.course.remote = name;
    kx_course_begin(&survey.course, &survey.listener, contact->context,
                    KX_INITIATOR, contact->realm);
    ret = kx_peer_start(contact->engine, &survey.course, &name, TRUE,
                        target_found, &survey, &survey.peer);
    if (ret == 0) {
        ret = contact_run(contact, &survey.done);
        kx_connect_free(survey.connect);
        kx_peer_free(survey.peer);
    }
    if (ret == 0 && survey.reached == 0 && contact->report.n_bad == n_bad)
        tell_none(contact, realm);
    kx_course_end(&survey.course, ret, NULL);
    contact->surveyed = TRUE;
    *reached = survey.reached;
    return ret;
}
