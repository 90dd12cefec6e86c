/*
 * orders.c: kxover block, allow, keep and drop: what an administrator orders
 * of the crossovers with one realm.
 *
 * Each writes into the realm's principals (store/), where kadmin shows it and
 * from where each KDC process and kxoverd have it at once.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/cli.h"
#include "cli/json.h"
#include "exchange/kx_settings.h"
#include "store/kx_store.h"

/* An order under way. */
struct order {
    krb5_context context;
    struct kx_kadm_store *kadm;
    char *realm;
    const char *remote;
    struct kx_settings *settings;
};

/* What came of it for one principal. */
struct outcome {
    char *principal;
    enum kx_ordered ordered;
};

/* Release what order holds. */
static void
clear(struct order *order)
{
    kx_kadm_store_close(order->kadm);
    kx_settings_free(order->settings);
    krb5_free_default_realm(order->context, order->realm);
    krb5_free_context(order->context);
}

/* Read the call, and open the database.  Returns CLI_OK, or another code after
 * saying why. */
static int
begin(const struct cli_call *call, struct order *order)
{
    krb5_error_code ret;
    int code;

    memset(order, 0, sizeof(*order));
    order->remote = call->operands[0];
    code = cli_check_realm(call, "realm", order->remote);
    if (code == CLI_OK)
        code =
            cli_open_store(call, &order->context, &order->realm, &order->kadm);
    if (code != CLI_OK)
        return code;
    if (strcmp(order->remote, order->realm) == 0)
        return cli_usage(call, "%s is our own realm", order->remote);
    ret =
        kx_settings_read(order->context, order->realm, NULL, &order->settings);
    return ret ? cli_untried(order->context, ret, "cannot use the settings")
               : CLI_OK;
}

/* What is done to one principal. */
typedef krb5_error_code order_fn(struct kx_kadm_store *kadm,
                                 krb5_principal name,
                                 enum kx_ordered *ordered);

static krb5_error_code
block_one(struct kx_kadm_store *kadm, krb5_principal name,
          enum kx_ordered *ordered)
{
    return kx_kadm_store_block(kadm, name, time(NULL), ordered);
}

static krb5_error_code
keep_one(struct kx_kadm_store *kadm, krb5_principal name,
         enum kx_ordered *ordered)
{
    return kx_kadm_store_keep(kadm, name, time(NULL), ordered);
}

/* Do it to the crossover in direction; *outcome's principal is the caller's to
 * release (krb5_free_unparsed_name()).  Errors: function's, ENOMEM. */
static krb5_error_code
carry_out(const struct order *order, enum kx_direction direction,
          order_fn *function, struct outcome *outcome)
{
    const krb5_data here = kx_data(order->realm, strlen(order->realm));
    const krb5_data there = kx_data(order->remote, strlen(order->remote));
    krb5_principal name = NULL;
    krb5_error_code ret;

    ret = direction == KX_OUTGOING
              ? kx_crossover_name(order->context, &there, &here, &name)
              : kx_crossover_name(order->context, &here, &there, &name);
    if (ret == 0)
        ret = krb5_unparse_name(order->context, name, &outcome->principal);
    if (ret == 0)
        ret = function(order->kadm, name, &outcome->ordered);
    krb5_free_principal(order->context, name);
    return ret;
}

/* What programs get of an outcome. */
static json_t *
outcome_json(const struct outcome *outcome)
{
    static const char *const names[] = {[KX_ORDERED] = "done",
                                        [KX_ORDERED_ALREADY] = "already",
                                        [KX_ORDERED_NOTHING] = "nothing",
                                        [KX_ORDERED_BY_HAND] = "by hand"};

    return json_pack("{s: o, s: s}", "principal",
                     json_text(outcome->principal), "result",
                     names[outcome->ordered]);
}

/* Print what came of an order for both directions: words has a word for each
 * kx_ordered. */
static int
tell_both(const struct cli_call *call, const struct order *order,
          const struct outcome outcomes[2], const char *const words[4])
{
    size_t i;

    if (call->json)
        return json_print(json_pack("{s: o, s: o, s: o}", "realm",
                                    json_text(order->remote), "outgoing",
                                    outcome_json(&outcomes[0]), "incoming",
                                    outcome_json(&outcomes[1])));
    for (i = 0; i < 2; i++)
        printf("%s  %s\n", outcomes[i].principal, words[outcomes[i].ordered]);
    return CLI_OK;
}

/* Carry out function in both directions, and tell. */
static int
order_both(const struct cli_call *call, order_fn *function,
           const char *const words[4], const char *what)
{
    struct outcome outcomes[2] = {{NULL, KX_ORDERED}, {NULL, KX_ORDERED}};
    static const enum kx_direction directions[] = {KX_OUTGOING, KX_INCOMING};
    struct order order;
    krb5_error_code ret = 0;
    size_t i;
    int code;

    code = begin(call, &order);
    for (i = 0; i < 2 && code == CLI_OK; i++) {
        ret = carry_out(&order, directions[i], function, &outcomes[i]);
        if (ret)
            code = cli_not_written(order.context, ret,
                                   i == 0 ? "%s is not %s"
                                          : "%s is %s in one direction only",
                                   order.remote, what);
    }
    if (code == CLI_OK)
        code = tell_both(call, &order, outcomes, words);
    for (i = 0; i < 2; i++) {
        if (code == CLI_OK && function == kx_kadm_store_allow &&
            outcomes[i].ordered == KX_ORDERED_BY_HAND) {
            (void)fflush(stdout);
            fprintf(stderr,
                    "kxover: %s was blocked with kadmin, not with kxover; "
                    "kadmin.local -q 'modprinc +allow_tix %s' undoes it\n",
                    outcomes[i].principal, outcomes[i].principal);
            code = CLI_FAILED;
        }
    }
    for (i = 0; i < 2; i++)
        krb5_free_unparsed_name(order.context, outcomes[i].principal);
    clear(&order);
    return code;
}

/* kxover block */
static int
run_block(const struct cli_call *call)
{
    static const char *const words[] = {
        [KX_ORDERED] = "blocked",
        [KX_ORDERED_ALREADY] = "blocked already",
        [KX_ORDERED_NOTHING] = "",
        [KX_ORDERED_BY_HAND] = "blocked already, by kadmin"};
    int code = order_both(call, block_one, words, "blocked");

    if (code == CLI_OK && !call->json)
        printf("No tickets to or from %s from now on. Tickets for services "
               "that its users have\nalready are good to their end. kxover "
               "allow undoes this.\n",
               call->operands[0]);
    return code;
}

/* kxover allow */
static int
run_allow(const struct cli_call *call)
{
    static const char *const words[] = {
        [KX_ORDERED] = "allowed again",
        [KX_ORDERED_ALREADY] = "",
        [KX_ORDERED_NOTHING] = "was not blocked",
        [KX_ORDERED_BY_HAND] = "still blocked, by kadmin"};

    return order_both(call, kx_kadm_store_allow, words, "allowed");
}

/* See that kxoverd could keep the realm.  Returns CLI_OK, or another code
 * after saying why not. */
static int
check_keeping(const struct order *order)
{
    const krb5_data remote = kx_data(order->remote, strlen(order->remote));
    const struct kx_settings *settings = order->settings;

    if (settings->store == KX_STORE_MEMORY || settings->replica) {
        fprintf(stderr,
                "kxover: kxoverd renews nothing here: %s in [dbmodules] %s\n",
                settings->replica ? "kxover_replica is yes"
                                  : "kxover_store is memory",
                settings->section);
        return CLI_UNTRIED;
    }
    if (kx_settings_realm_permitted(settings, KX_OUTGOING, &remote))
        return CLI_OK;
    fprintf(stderr,
            "kxover: kxover_realms in [dbmodules] %s refuses %s; change it "
            "first\n",
            settings->section, order->remote);
    return CLI_FAILED;
}

/* Print what came of keep or drop. */
static int
tell_one(const struct cli_call *call, const struct order *order,
         const struct outcome *outcome, const char *words)
{
    if (call->json)
        return json_print(json_pack("{s: o, s: o}", "realm",
                                    json_text(order->remote), "outgoing",
                                    outcome_json(outcome)));
    printf("%s  %s\n", outcome->principal, words);
    return CLI_OK;
}

/* kxover keep */
static int
run_keep(const struct cli_call *call)
{
    static const char *const words[] = {
        [KX_ORDERED] = "kept: kxoverd renews it, used or not",
        [KX_ORDERED_ALREADY] = "kept already",
        [KX_ORDERED_NOTHING] = "",
        [KX_ORDERED_BY_HAND] = ""};
    struct outcome outcome = {NULL, KX_ORDERED};
    struct order order;
    krb5_error_code ret;
    int code;

    code = begin(call, &order);
    if (code == CLI_OK)
        code = check_keeping(&order);
    if (code != CLI_OK)
        goto cleanup;
    ret = carry_out(&order, KX_OUTGOING, keep_one, &outcome);
    if (ret) {
        code = cli_not_written(order.context, ret, "%s is not kept",
                               order.remote);
    } else if (outcome.ordered == KX_ORDERED_BY_HAND) {
        fprintf(stderr,
                "kxover: %s was keyed by hand, and kxover does not renew it; "
                "see kxover_adopt to have it taken over\n",
                outcome.principal);
        code = CLI_FAILED;
    } else {
        code = tell_one(call, &order, &outcome, words[outcome.ordered]);
    }

cleanup:
    krb5_free_unparsed_name(order.context, outcome.principal);
    clear(&order);
    return code;
}

/* kxover drop */
static int
run_drop(const struct cli_call *call)
{
    static const char *const words[] = {
        [KX_ORDERED] = "kept no more: renewed while it is used",
        [KX_ORDERED_ALREADY] = "",
        [KX_ORDERED_NOTHING] = "was not kept",
        [KX_ORDERED_BY_HAND] = ""};
    struct outcome outcome = {NULL, KX_ORDERED};
    struct order order;
    krb5_error_code ret;
    int code;

    code = begin(call, &order);
    if (code != CLI_OK)
        goto cleanup;
    ret = carry_out(&order, KX_OUTGOING, kx_kadm_store_drop, &outcome);
    if (ret)
        code = cli_not_written(order.context, ret, "%s is still kept",
                               order.remote);
    else
        code = tell_one(call, &order, &outcome, words[outcome.ordered]);
    if (code == CLI_OK && kx_settings_keeps(order.settings, order.remote)) {
        (void)fflush(stdout);
        fprintf(stderr,
                "kxover: %s is still kept, by kxover_keep in [dbmodules] %s; "
                "take it out there\n",
                order.remote, order.settings->section);
        code = CLI_FAILED;
    }

cleanup:
    krb5_free_unparsed_name(order.context, outcome.principal);
    clear(&order);
    return code;
}

#define ONE_REALM                                                             \
    .synopsis = "[-r REALM] OTHER.REALM", .min_operands = 1,                  \
    .max_operands = 1,                                                        \
    .wanted = "the other realm is missing, such as BRAVO.EXAMPLE"

const struct cli_command cli_block = {
    .name = "block",
    .summary = "let no tickets be had to or from another realm",
    ONE_REALM,
    .about =
        "From now on no KDC of this database gives tickets to the other\n"
        "realm, or takes tickets from it, whether kxover made the crossover\n"
        "or you keyed it by hand; and no exchange with it is begun or\n"
        "answered.  Nothing has to be restarted, and no key is lost: kxover\n"
        "allow undoes it.\n",
    .run = run_block,
};

const struct cli_command cli_allow = {
    .name = "allow",
    .summary = "undo kxover block",
    ONE_REALM,
    .about = "Undo what kxover block has done, and nothing else.  What was\n"
             "blocked with kadmin (modprinc -allow_tix) stays so.\n",
    .run = run_allow,
};

const struct cli_command cli_keep = {
    .name = "keep",
    .summary = "have a crossover renewed, used or not",
    ONE_REALM,
    .about =
        "Have kxoverd renew the crossover to the other realm before its key\n"
        "ends, whether it is used or not; and make its first key, if there\n"
        "is none.  kxoverd sees it when it looks through the database next:\n"
        "within the hour, or at once after SIGHUP.\n",
    .run = run_keep,
};

const struct cli_command cli_drop = {
    .name = "drop",
    .summary = "undo kxover keep",
    ONE_REALM,
    .about = "Undo kxover keep: the crossover is renewed while it is used.\n",
    .run = run_drop,
};
