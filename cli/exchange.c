/*
 * exchange.c: kxover exchange: a crossover now, ahead of need.
 *
 * What kxoverd does for its renewals, by the same code: the exchange, and the
 * store.  Who runs it need not wait until the KDC or kxoverd sees a reason to.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "cli/contact.h"
#include "cli/json.h"
#include "cli/paint.h"

/*
 * Exchange with the other realm, of whose crossover version known is ours, and
 * store the key; *key is it.  What fails is told.  Errors: those of the
 * exchange and of the store.
 */
static krb5_error_code
make(struct contact *contact, uint32_t known, struct kx_crossover **key)
{
    krb5_error_code ret;
    int64_t begin;

    ret = contact_exchange(contact, known, key);
    if (ret)
        return ret;
    report_begin(&contact->report, "storage", NULL);
    begin = kx_monotonic_usec();
    ret = kx_kadm_store_put(contact->store, *key);
    contact_tell(contact, "store", "storage", begin, ret, "in the database");
    return ret;
}

/* Print the key for people. */
static void
print_key(const struct contact *contact, const struct kx_crossover *key)
{
    const struct kx_origin *origin = &key->origin;
    char till[KX_TIME_TEXT_SIZE], tlsa[KX_TLSA_TEXT_SIZE], *blank;

    /* As DNS has it. */
    (void)snprintf(tlsa, sizeof(tlsa), "%s", origin->tlsa);
    while ((blank = strchr(tlsa, '-')) != NULL)
        *blank = ' ';
    printf("%skrbtgt/%s@%s has key version %lu, until %s%s\n",
           paint_on(PAINT_GOOD), contact->remote, contact->realm,
           (unsigned long)key->kvno, kx_time_text(key->till, till),
           paint_off(PAINT_GOOD));
    printf("  peer          %s:%u\n", origin->host, origin->port);
    printf("  verified by   TLSA %s, under DNSSEC\n", tlsa);
    printf("  certificate   %s\n", origin->certificate);
    printf("  agreed in     group %s\n", origin->group);
    if (origin->prior == 0)
        printf("  earlier keys  none: a chain begins here\n");
    else
        printf("  earlier keys  %u mixed in; it is the last of a chain of %u "
               "exchanges\n",
               origin->prior, origin->chain);
}

/* The key for programs; names are those of `kxover list`. */
static json_t *
key_json(const struct contact *contact, const struct kx_crossover *key)
{
    const struct kx_origin *origin = &key->origin;
    char principal[2 * KX_MAX_DNS_NAME + 16];

    (void)snprintf(principal, sizeof(principal), "krbtgt/%s@%s",
                   contact->remote, contact->realm);
    return json_pack(
        "{s: s, s: i, s: o, s: o, s: s, s: i, s: s, s: s, s: s, s: i, s: i}",
        "principal", principal, "kvno", (int)key->kvno, "established",
        json_time(key->established), "till", json_time(key->till), "peer_host",
        origin->host, "peer_port", (int)origin->port, "certificate",
        origin->certificate, "tlsa", origin->tlsa, "group", origin->group,
        "prior_keys", (int)origin->prior, "chain", (int)origin->chain);
}

/* Print what came of it.  Returns the exit code. */
static int
end(struct contact *contact, const struct kx_crossover *key)
{
    int code = CLI_OK;

    report_clear(&contact->report);
    if (contact->report.json)
        code = json_print(
            json_pack("{s: s, s: s, s: s, s: o, s: o}", "realm",
                      contact->remote, "our_realm", contact->realm, "result",
                      key != NULL ? "ok" : "failed", "key",
                      key != NULL ? key_json(contact, key) : json_null(),
                      "steps", report_steps(&contact->report)));
    else if (key != NULL)
        print_key(contact, key);
    if (code != CLI_OK || key != NULL)
        return code;
    (void)fflush(stdout);
    fprintf(stderr, "kxover: no new key with %s: %s\n", contact->remote,
            contact->report.failure);
    return CLI_FAILED;
}

/* Say why there is nothing to store in, if so.  Returns CLI_OK or
 * CLI_UNTRIED. */
static int
check_storage(const struct contact *contact)
{
    if (contact->settings->store == KX_STORE_MEMORY)
        fprintf(
            stderr,
            "kxover: exchange: kxover_store is memory, so each KDC process "
            "makes keys of its own; there is nothing to do ahead\n");
    else if (contact->settings->replica)
        fprintf(stderr,
                "kxover: exchange: this is a copy of the database "
                "(kxover_replica); make the exchange where it is written\n");
    else
        return CLI_OK;
    return CLI_UNTRIED;
}

/* kxover exchange */
static int
run(const struct cli_call *call)
{
    struct contact contact;
    struct kx_crossover *key = NULL;
    struct kx_life life = {0};
    krb5_boolean made;
    int code;

    code = contact_open(call, &contact);
    if (code == CLI_OK && strcmp(contact.remote, contact.realm) == 0)
        code = cli_usage(call, "%s is our own realm; name another one",
                         contact.remote);
    if (code == CLI_OK)
        code = check_storage(&contact);
    if (code != CLI_OK)
        goto cleanup;
    contact.report.brief = TRUE;
    made = contact_tell_ours(&contact) &&
           contact_tell_crossover(&contact, &life) &&
           make(&contact, life.latest, &key) == 0;
    code = end(&contact, made ? key : NULL);
    kx_crossover_free(contact.context, key);

cleanup:
    contact_close(&contact);
    return code;
}

const struct cli_command cli_exchange = {
    .name = "exchange",
    .summary = "make a key with a realm now, ahead of need",
    .synopsis = "[-r REALM] REALM",
    .about =
        "Exchange a key with REALM, by which our users reach it, and store "
        "it\n"
        "in the database: as kxoverd does when it renews one, but now.  A\n"
        "crossover that was keyed by hand is left alone, unless kxover_adopt\n"
        "names the realm.  `kxover check REALM` tells more if it fails.\n\n"
        "It takes the rights of kadmin.local.  Exit code 0: the key is "
        "there;\n"
        "1: it is not; 2: called wrongly; 3: it could not be tried.\n",
    .min_operands = 1,
    .max_operands = 1,
    .wanted = "with which realm?",
    .run = run,
};
