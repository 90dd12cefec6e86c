/*
 * purge.c: kxover purge: delete what kxover manages.
 *
 * First the database is looked through for what is to go, so that the question
 * says how much that is; each entry is looked at again when its turn comes.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/crossovers.h"
#include "cli/json.h"
#include "store/kx_store.h"

enum { EXPIRED = CLI_LONG, ALL, FORCE = 'f' };

/* The longest answer that counts. */
#define ANSWER_SIZE 16

/* A principal that is to go. */
struct doomed {
    char *name;
    krb5_boolean blocked; /* it stays, without keys */
};

struct purge {
    krb5_context context;
    struct kx_kadm_store *kadm;
    char *realm;
    const char *remote; /* NULL: all */
    krb5_boolean only_expired;
    time_t now;
    struct doomed *doomed; /* n of them */
    size_t n;
    size_t n_by_hand; /* that are the administrator's, and stay */
};

/* Release what purge holds. */
static void
clear(struct purge *purge)
{
    while (purge->n > 0)
        free(purge->doomed[--purge->n].name);
    free(purge->doomed);
    kx_kadm_store_close(purge->kadm);
    krb5_free_default_realm(purge->context, purge->realm);
    krb5_free_context(purge->context);
}

/* True if all versions of crossover have ended. */
static krb5_boolean
is_expired(const struct crossover *crossover, time_t now)
{
    size_t i;

    for (i = 0; i < crossover->n_versions; i++) {
        if (crossover->versions[i].till == 0 ||
            crossover->versions[i].till > now)
            return FALSE;
    }
    return TRUE;
}

/* Take crossover, which is released, if it is to go.  Errors: ENOMEM. */
static krb5_error_code
take(void *arg, struct crossover *crossover)
{
    struct purge *purge = arg;
    krb5_error_code ret = 0;
    struct doomed *grown;

    if (crossover == NULL)
        return 0;
    if (crossover->keys == KEYS_BY_HAND || crossover->keys == KEYS_DAMAGED)
        purge->n_by_hand++;
    if (crossover->keys != KEYS_KXOVER ||
        (purge->only_expired &&
         (crossover->keep.given || !is_expired(crossover, purge->now))))
        goto cleanup;
    grown = realloc(purge->doomed, (purge->n + 1) * sizeof(*grown));
    if (grown == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    purge->doomed = grown;
    grown += purge->n;
    grown->blocked = crossover->blocked;
    grown->name = strdup(crossover->principal);
    ret = grown->name == NULL ? ENOMEM : 0;
    purge->n += ret == 0;

cleanup:
    crossover_free(crossover);
    return ret;
}

/* Look for what is to go.  Errors: libkdb5's, ENOMEM. */
static krb5_error_code
look(struct purge *purge)
{
    struct crossover *crossover = NULL;
    krb5_error_code ret;

    if (purge->remote == NULL)
        return crossovers_read(purge->context, purge->realm, NULL, purge->now,
                               take, purge);
    ret = crossover_find(purge->context, purge->realm, purge->remote,
                         KX_OUTGOING, NULL, purge->now, &crossover);
    if (ret == 0)
        ret = take(purge, crossover);
    if (ret == 0)
        ret = crossover_find(purge->context, purge->realm, purge->remote,
                             KX_INCOMING, NULL, purge->now, &crossover);
    return ret ? ret : take(purge, crossover);
}

/* Say why there is nothing to delete; returns the exit code: where it may well
 * be so, that is no failure. */
static int
tell_nothing(const struct purge *purge)
{
    if (purge->remote == NULL)
        return CLI_OK;
    if (purge->n_by_hand == 0)
        return cli_no_crossover(purge->realm, purge->remote);
    fprintf(stderr,
            "kxover: the crossover with %s was keyed by hand, and stays; "
            "kadmin.local delprinc deletes it\n",
            purge->remote);
    return CLI_FAILED;
}

/* Ask whether to go on.  Returns CLI_OK, or another code after saying what. */
static int
ask(const struct cli_call *call, const struct purge *purge)
{
    char answer[ANSWER_SIZE];

    if (cli_has(call, FORCE))
        return CLI_OK;
    if (!isatty(STDIN_FILENO))
        return cli_usage(call, "nobody is here to confirm it; give --force");
    fprintf(stderr,
            "Delete %lu %s and all keys in %s?  Users with tickets under "
            "these keys\nhave to get new ones.  (type 'yes' to confirm) ",
            (unsigned long)purge->n,
            purge->n == 1 ? "principal" : "principals",
            purge->n == 1 ? "it" : "them");
    if (fgets(answer, sizeof(answer), stdin) != NULL &&
        strcmp(answer, "yes\n") == 0)
        return CLI_OK;
    fprintf(stderr, "kxover: nothing was deleted\n");
    return CLI_FAILED;
}

/* Delete the principal called text, if it is still to go; *done tells. */
static krb5_error_code
delete_one(struct purge *purge, const char *text, krb5_boolean *done)
{
    enum kx_ordered ordered = KX_ORDERED_NOTHING;
    krb5_principal name = NULL;
    krb5_error_code ret;

    ret = krb5_parse_name(purge->context, text, &name);
    if (ret == 0)
        ret = kx_kadm_store_purge(purge->kadm, name, purge->only_expired,
                                  purge->now, &ordered);
    krb5_free_principal(purge->context, name);
    *done = ret == 0 && ordered == KX_ORDERED;
    return ret;
}

/* Delete all that is to go, and tell. */
static int
delete_all(const struct cli_call *call, struct purge *purge)
{
    json_t *deleted = call->json ? json_array() : NULL;
    const struct doomed *doomed;
    krb5_error_code ret = 0;
    krb5_boolean done;
    size_t i, n = 0, n_open = 0;
    int code = CLI_OK;

    for (i = 0; i < purge->n && ret == 0; i++) {
        doomed = &purge->doomed[i];
        ret = delete_one(purge, doomed->name, &done);
        if (!done)
            continue;
        n++;
        n_open += !doomed->blocked;
        if (call->json)
            (void)json_array_append_new(deleted, json_text(doomed->name));
        else
            printf("%s  deleted%s\n", doomed->name,
                   doomed->blocked ? ", and stays blocked" : "");
    }
    if (call->json)
        code = json_print(json_pack("{s: o}", "deleted", deleted));
    else if (n > 0)
        printf("Tickets under these keys are not taken here any more.%s\n",
               n_open > 0 ? " Who asks for one of these\nrealms next begins "
                            "an exchange; block the realm if that is not to "
                            "be."
                          : "");
    else if (ret == 0)
        printf("Nothing to delete.\n");
    (void)fflush(stdout);
    if (ret)
        code = cli_not_written(purge->context, ret, "not all was deleted");
    return code;
}

/* kxover purge */
static int
run(const struct cli_call *call)
{
    size_t ways =
        call->n_operands + cli_has(call, EXPIRED) + cli_has(call, ALL);
    struct purge purge = {.remote =
                              call->n_operands > 0 ? call->operands[0] : NULL,
                          .only_expired = cli_has(call, EXPIRED),
                          .now = time(NULL)};
    krb5_error_code ret;
    int code = CLI_OK;

    if (ways != 1)
        return cli_usage(call, "one is wanted of OTHER.REALM, --expired and "
                               "--all");
    if (purge.remote != NULL)
        code = cli_check_realm(call, "realm", purge.remote);
    if (code == CLI_OK)
        code = cli_open_store(call, &purge.context, &purge.realm, &purge.kadm);
    if (code != CLI_OK)
        goto cleanup;
    ret = look(&purge);
    if (ret)
        code = cli_fail(purge.context, ret, "cannot read the database of %s",
                        purge.realm);
    else if (purge.n == 0)
        code = tell_nothing(&purge);
    else
        code = ask(call, &purge);
    if (code == CLI_OK)
        code = delete_all(call, &purge);

cleanup:
    clear(&purge);
    return code;
}

static const struct cli_option options[] = {
    {EXPIRED, "expired", NULL,
     "what has expired, in full, of all realms, and is\nnot kept"},
    {ALL, "all", NULL, "what there is, of all realms"},
    {FORCE, "force", NULL, "do not ask"},
    {0, NULL, NULL, NULL}};

const struct cli_command cli_purge = {
    .name = "purge",
    .summary = "delete crossovers that kxover made",
    .synopsis = "[-r REALM] [-f] OTHER.REALM | --expired | --all",
    .about =
        "Delete the crossovers with another realm, in both directions, or\n"
        "those that have expired, or all: the principals, their keys, and\n"
        "what was noted in them.  What you keyed by hand stays.  A realm "
        "that\n"
        "is blocked stays blocked.  Tickets under the keys are lost.\n",
    .options = options,
    .max_operands = 1,
    .run = run,
};
