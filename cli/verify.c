/*
 * verify.c: kxover verify: would we believe this chain of certificates?
 *
 * The judgement is the exchange's own (checks 2, 5 and 6): nothing is decided
 * here.  It is offline, so what DNS says is given in, and so is the time.  The
 * exit code tells yes and no apart from a question that made no sense, so that
 * a script need not read the words.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/x509.h>
#include "cli/cli.h"
#include "cli/json.h"
#include "exchange/revocation.h"
#include "exchange/step.h"
#include "exchange/validate.h"

enum { HOST = CLI_LONG, CHAIN, TLSA, ANCHORS, CRL, AT };

struct request {
    const char *realm;
    const char *host;
    const char *chain;   /* path */
    const char *anchors; /* path, NULL: none */
    char *const *crls;   /* paths, NULL-terminated */
    size_t n_crls;
    const char *at; /* NULL: now */
    const char **tlsa;
    size_t n_tlsa;
};

/* What the request's words mean. */
struct question {
    krb5_context context;
    gnutls_x509_crt_t *list; /* as the file has them */
    unsigned int n_list;
    krb5_data *der; /* the same, n_list of them */
    gnutls_x509_crt_t *anchors;
    unsigned int n_anchors;
    struct kx_crls *crls; /* NULL: none */
    struct kx_tlsa *tlsa; /* n_tlsa of them */
    size_t n_tlsa;
    char host[KX_MAX_DNS_NAME];
    time_t now;
};

/* Release n certificates and their list. */
static void
free_list(gnutls_x509_crt_t *list, unsigned int n)
{
    unsigned int i;

    for (i = 0; i < n; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
}

/* Release what the question holds. */
static void
clear_question(struct question *question)
{
    size_t i;

    for (i = 0; question->der != NULL && i < question->n_list; i++)
        kx_data_free(&question->der[i]);
    free(question->der);
    free_list(question->list, question->n_list);
    free_list(question->anchors, question->n_anchors);
    kx_crls_free(question->crls);
    for (i = 0; i < question->n_tlsa; i++)
        kx_data_free(&question->tlsa[i].data);
    free(question->tlsa);
    krb5_free_context(question->context);
}

/* Say what keeps us from judging at all; returns CLI_USAGE. */
static int
unreadable(krb5_context context, krb5_error_code code, const char *what)
{
    (void)cli_fail(context, code, "cannot judge: %s", what);
    return CLI_USAGE;
}

/*
 * Read the chain into list and, as an offer would have it, into der.
 * Errors: those of kx_certificates_load(), ENOMEM.
 */
static krb5_error_code
read_chain(struct question *question, const char *path)
{
    krb5_error_code ret;
    gnutls_datum_t out;
    krb5_data borrowed;
    unsigned int i;

    ret = kx_certificates_load(question->context, path, &question->list,
                               &question->n_list);
    if (ret)
        return ret;
    question->der = calloc(question->n_list, sizeof(*question->der));
    if (question->der == NULL)
        return ENOMEM;
    for (i = 0; i < question->n_list; i++) {
        if (gnutls_x509_crt_export2(question->list[i], GNUTLS_X509_FMT_DER,
                                    &out) < 0)
            return ENOMEM;
        borrowed = kx_data(out.data, out.size);
        ret = kx_data_copy(&borrowed, &question->der[i]);
        gnutls_free(out.data);
        if (ret)
            return ret;
    }
    return 0;
}

/* Read all that the request names.  Returns CLI_OK, or CLI_USAGE after saying
 * what is wrong. */
static int
read_question(const struct cli_call *call, const struct request *request,
              struct question *question)
{
    krb5_data realm = kx_data(request->realm, strlen(request->realm));
    krb5_error_code ret;
    size_t i;

    ret = krb5_init_context(&question->context);
    if (ret)
        return unreadable(NULL, ret, "krb5.conf");
    if (!kx_realm_is_valid(&realm))
        return cli_usage(call,
                         "--realm %s is no DNS name in capitals of two "
                         "labels or more",
                         request->realm);
    if (!cli_host(request->host, question->host))
        return cli_usage(call,
                         "--host %s is no host name of two labels or more",
                         request->host);
    question->now = time(NULL);
    if (request->at != NULL && !kx_time_read(request->at, &question->now))
        return cli_usage(call, "--at %s is no time like 2026-11-22T15:51:00Z",
                         request->at);
    question->tlsa = calloc(request->n_tlsa, sizeof(*question->tlsa));
    if (question->tlsa == NULL)
        return unreadable(NULL, ENOMEM, "--tlsa");
    for (i = 0; i < request->n_tlsa; i++) {
        ret = kx_tlsa_parse(question->context, request->tlsa[i],
                            &question->tlsa[i]);
        if (ret)
            return unreadable(question->context, ret, request->tlsa[i]);
        question->n_tlsa++;
    }
    ret = read_chain(question, request->chain);
    if (ret)
        return unreadable(question->context, ret, "--chain");
    if (request->anchors != NULL) {
        ret = kx_certificates_load(question->context, request->anchors,
                                   &question->anchors, &question->n_anchors);
        if (ret)
            return unreadable(question->context, ret, "--anchors");
    }
    if (request->n_crls > 0) {
        ret = kx_crls_load(question->context, request->crls, &question->crls);
        if (ret)
            return unreadable(question->context, ret, "--crl");
    }
    return CLI_OK;
}

/*
 * Put the question to the checks; *matched gets the TLSA record by which the
 * chain is believed.  Errors: theirs.
 */
static krb5_error_code
judge(const struct question *question, const char *name,
      const struct kx_tlsa **matched)
{
    const krb5_data realm = kx_data(name, strlen(name));
    const struct kx_claim claim = {.realm = &realm,
                                   .host = question->host,
                                   .tlsa = question->tlsa,
                                   .n_tlsa = question->n_tlsa,
                                   .anchors = question->anchors,
                                   .n_anchors = question->n_anchors,
                                   .crls = question->crls,
                                   .now = question->now};
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_chain_read(question->context, question->der, question->n_list,
                        &chain);
    if (ret == 0)
        ret = kx_check_chain(question->context, &chain);
    if (ret == 0)
        ret = kx_judge_peer(question->context, &chain, &claim, matched);
    kx_chain_clear(&chain);
    return ret;
}

/* Say that realm is believed by a TLSA record, or not because of code. */
static int
tell(const struct cli_call *call, krb5_context context, const char *realm,
     const struct kx_tlsa *matched, krb5_error_code code)
{
    char text[KX_TLSA_TEXT_SIZE];
    const char *words = NULL;
    int result = CLI_OK;

    if (code)
        words = krb5_get_error_message(context, code);
    if (call->json)
        result = json_print(
            json_pack("{s: o, s: b, s: o, s: o, s: o}", "realm",
                      json_text(realm), "believed", code == 0, "tlsa",
                      json_text(code ? NULL : kx_tlsa_text(matched, text)),
                      "step", json_text(code ? kx_error_step(code) : NULL),
                      "reason", json_text(words)));
    else if (code == 0)
        printf("%s is believed by TLSA %s\n", realm,
               kx_tlsa_text(matched, text));
    if (code && result == CLI_OK)
        result = cli_fail(context, code, "%s is not believed: %s", realm,
                          kx_error_step(code));
    krb5_free_error_message(context, words);
    return result;
}

/* Answer the request in one line. */
static int
answer(const struct cli_call *call, const struct request *request)
{
    struct question question = {.context = NULL};
    const struct kx_tlsa *matched = NULL;
    krb5_error_code ret;
    int code;

    code = read_question(call, request, &question);
    if (code != CLI_OK)
        goto cleanup;
    ret = judge(&question, request->realm, &matched);
    if (ret == ENOMEM || ret == KX_ERR_CRYPTO)
        code = unreadable(question.context, ret, "out of means");
    else
        code = tell(call, question.context, request->realm, matched, ret);

cleanup:
    clear_question(&question);
    return code;
}

/* kxover verify */
static int
run(const struct cli_call *call)
{
    const char *tlsa[CLI_MAX_GIVEN + 1] = {NULL};
    char *crls[CLI_MAX_GIVEN + 1] = {NULL};
    struct request request = {.realm = cli_value(call, CLI_REALM),
                              .host = cli_value(call, HOST),
                              .chain = cli_value(call, CHAIN),
                              .anchors = cli_value(call, ANCHORS),
                              .crls = crls,
                              .at = cli_value(call, AT),
                              .tlsa = tlsa};
    size_t i = 0;

    while ((tlsa[request.n_tlsa] = cli_next_value(call, TLSA, &i)) != NULL)
        request.n_tlsa++;
    i = 0;
    while ((crls[request.n_crls] = cli_next_value(call, CRL, &i)) != NULL)
        request.n_crls++;
    if (request.realm == NULL || request.host == NULL ||
        request.chain == NULL || request.n_tlsa == 0)
        return cli_usage(call, "--realm, --host, --chain and --tlsa are all "
                               "wanted");
    return answer(call, &request);
}

static const struct cli_option options[] = {
    {CLI_REALM, "realm", "REALM", "the realm that the chain is to stand for"},
    {HOST, "host", "NAME", "its server, the target of its SRV record"},
    {CHAIN, "chain", "PEM",
     "the chain, the KDC's certificate first, a\nself-signed one last"},
    {TLSA, "tlsa", "RECORD", "a TLSA record of that server; may be repeated"},
    {ANCHORS, "anchors", "PEM", "roots, as kxover_anchors has them [none]"},
    {CRL, "crl", "PEM",
     "lists of revoked certificates, as kxover_revoke\nhas them; may be "
     "repeated [none]"},
    {AT, "at", "TIME", "when, as 2026-11-22T15:51:00Z [now]"},
    {0, NULL, NULL, NULL}};

const struct cli_command cli_verify = {
    .name = "verify",
    .summary = "judge a realm's certificates as an exchange would",
    .synopsis = "--realm REALM --host NAME --chain PEM\n"
                "           --tlsa 'USAGE SELECTOR TYPE HEX'... "
                "[--anchors PEM] [--crl PEM]...\n"
                "           [--at TIME]",
    .about =
        "Tell whether the chain of certificates would be believed of REALM.\n"
        "Nothing is looked up: the TLSA records are taken as they are given,\n"
        "as if DNSSEC had proven them.  Exit code 0: it would be; 1: it "
        "would\n"
        "not, and the line says why; 2: the question cannot be understood.\n",
    .options = options,
    .run = run,
};
