/*
 * check.c: kxover check: every step of a contact with a realm, and where it
 * stops.
 *
 * Another realm: our side, all its servers, then an exchange as the KDC would
 * begin it.  Nothing is stored here.  The other realm stores its key before it
 * replies, as it does for every exchange; so we ask for one with the shortest
 * life that we permit, and say what is left there.  --no-exchange stops before
 * that.
 *
 * Our own realm is check_own.c's.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cli/check.h"
#include "cli/json.h"
#include "cli/paint.h"

enum { NO_EXCHANGE = CLI_LONG };

/* A survey_fn: that the connection stands is all there is to know. */
static void
leave(void *arg, struct survey *survey, const struct kx_target *target,
      evutil_socket_t socket)
{
    (void)arg;
    (void)target;
    (void)close(socket);
    survey_next(survey);
}

/* Print the verdict on another realm for people. */
static void
print_verdict(const struct contact *contact, krb5_boolean good,
              krb5_boolean exchanged)
{
    char till[KX_TIME_TEXT_SIZE];

    if (good)
        printf("\n%sUsers of %s can cross over to %s%s.%s\n",
               paint_on(PAINT_TITLE), contact->realm, contact->remote,
               !exchanged ? ", as far as one can tell without "
                            "an exchange"
               : contact->report.n_bad > 0 ? ", though not by all its servers"
                                           : "",
               paint_off(PAINT_TITLE));
    if (contact->left_till != 0)
        printf("%sNothing was stored here.  %s holds key version %lu, which "
               "nobody uses,\nuntil %s.\n",
               good ? "" : "\n", contact->remote,
               (unsigned long)contact->left_kvno,
               kx_time_text(contact->left_till, till));
    else if (good)
        printf("Nothing was sent to it.\n");
}

int
check_end(struct contact *contact, krb5_boolean good)
{
    const char *verdict = !good                        ? "failed"
                          : contact->report.n_bad > 0  ? "care"
                          : contact->report.n_care > 0 ? "care"
                                                       : "ok";
    int code = CLI_OK;

    report_clear(&contact->report);
    if (contact->report.json)
        code = json_print(json_pack(
            "{s: s, s: s, s: s, s: o, s: o}", "realm", contact->remote,
            "our_realm", contact->realm, "result", verdict, "left_there",
            contact->left_till != 0
                ? json_pack("{s: i, s: o}", "kvno", (int)contact->left_kvno,
                            "till", json_time(contact->left_till))
                : json_null(),
            "steps", report_steps(&contact->report)));
    if (code != CLI_OK || good)
        return code;
    (void)fflush(stdout);
    fprintf(stderr, "kxover: check %s: %s\n", contact->remote,
            contact->report.failure);
    return CLI_FAILED;
}

/* Check another realm. */
static int
check_other(struct contact *contact, krb5_boolean no_exchange)
{
    struct kx_crossover *crossover = NULL;
    krb5_boolean exchanged = FALSE;
    struct kx_life life = {0};
    krb5_boolean good;
    unsigned int reached = 0;
    int code;

    /* What it leaves behind there is to be gone soon. */
    contact->settings->lifetime = contact->settings->lifetime_min;
    good =
        contact_tell_ours(contact) && contact_tell_crossover(contact, &life) &&
        survey_realm(contact, contact->remote, leave, NULL, &reached) == 0 &&
        reached > 0;
    if (good && !no_exchange) {
        exchanged = TRUE;
        good = contact_exchange(contact, life.latest, &crossover) == 0;
    }
    report_clear(&contact->report);
    if (!contact->report.json)
        print_verdict(contact, good, exchanged);
    code = check_end(contact, good);
    kx_crossover_free(contact->context, crossover);
    return code;
}

/* kxover check */
static int
run(const struct cli_call *call)
{
    struct contact contact;
    krb5_boolean own;
    int code;

    code = contact_open(call, &contact);
    if (code == CLI_OK) {
        own = strcmp(contact.remote, contact.realm) == 0;
        if (!call->json)
            printf(own ? "%s, as other realms see it:\n\n"
                       : "From %2$s to %1$s:\n\n",
                   contact.remote, contact.realm);
        (void)fflush(stdout);
        code = own ? check_own(&contact)
                   : check_other(&contact, cli_has(call, NO_EXCHANGE));
    }
    contact_close(&contact);
    return code;
}

static const struct cli_option options[] = {
    {NO_EXCHANGE, "no-exchange", NULL,
     "stop when the connections stand: nothing is\n"
     "sent, and nothing is left at the other realm"},
    {0, NULL, NULL, NULL}};

const struct cli_command cli_check = {
    .name = "check",
    .summary = "take every step of a contact with a realm, and tell",
    .synopsis = "[-r REALM] [--no-exchange] REALM",
    .about =
        "Do all that the KDC does when a user first asks for a service of\n"
        "REALM, and tell of each step what came of it, how long it took, and\n"
        "what to do if it failed.  Nothing is stored here.  The other realm\n"
        "keeps a key version that nobody uses, for as long as the shortest\n"
        "life of a key (kxover_lifetime_min).\n\n"
        "Given our own realm, look at it as others see it: its records, its\n"
        "identity, kxoverd and the KDC behind it.\n\n"
        "It takes the rights of kadmin.local.  Exit code 0: it works; 1: it\n"
        "does not; 2: called wrongly; 3: it could not be tried.\n",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .wanted = "which realm is to be checked?",
    .run = run,
};
