/*
 * dns.c: kxover dns: the records by which other realms find and know this one,
 * as lines of a zone file.
 *
 * TLSA is 3 1 1 whatever the chain: the digest of our own key (RFC 7671 5.1).
 * It asks nothing of the rest of the chain, and outlives a new certificate for
 * the same key.
 */
#include "config.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/cli.h"
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_identity.h"
#include "exchange/kx_settings.h"

#define DEFAULT_PORT 88
#define TTL 3600
#define MAX_NAME (KX_MAX_DNS_NAME - 1)

struct request {
    const char *realm;
    const char *host;
    unsigned long port;
    const char *identity; /* NULL: as in kdc.conf */
};

/* The TLSA records of the realm's identities, each once. */
struct records {
    struct kx_tlsa tlsa[KX_MAX_IDENTITIES];
    size_t n;
};

/* Release what records holds. */
static void
clear_records(struct records *records)
{
    while (records->n > 0)
        kx_data_free(&records->tlsa[--records->n].data);
}

/*
 * Append the TLSA record of the identity that spec names, unless it is there:
 * one key may have several chains.  Errors: those of the identity.
 */
static krb5_error_code
add_record(krb5_context context, const char *spec, struct records *records)
{
    struct kx_tlsa *made = &records->tlsa[records->n];
    struct kx_identity *identity = NULL;
    krb5_error_code ret;
    size_t i;

    ret = kx_identity_load(context, spec, time(NULL), &identity);
    if (ret == 0)
        ret = kx_tlsa_make(context, 3, 1, 1, &identity->chain[0], made);
    kx_identity_free(identity);
    if (ret)
        return ret;
    for (i = 0; i < records->n; i++) {
        if (kx_data_equal(&records->tlsa[i].data, &made->data)) {
            kx_data_free(&made->data);
            return 0;
        }
    }
    records->n++;
    return 0;
}

/*
 * The TLSA records of spec or, if that is NULL, of all identities of the
 * realm, in *records (clear_records()).  Errors: those of the settings and of
 * the identities.
 */
static krb5_error_code
make_records(krb5_context context, const char *realm, const char *spec,
             struct records *records)
{
    struct kx_settings *settings = NULL;
    krb5_error_code ret;
    char **named;

    if (spec != NULL)
        return add_record(context, spec, records);
    ret = kx_settings_read(context, realm, NULL, &settings);
    if (ret)
        return ret;
    if (settings->identities == NULL)
        ret = kx_error(context, KX_ERR_IDENTITY,
                       "kxover_identity is not set in [dbmodules] %s of "
                       "kdc.conf; make one with kxover keygen and set it, or "
                       "give --identity",
                       settings->section);
    for (named = settings->identities;
         ret == 0 && named != NULL && *named != NULL; named++)
        ret = add_record(context, *named, records);
    kx_settings_free(settings);
    return ret;
}

/* Print the records of the realm. */
static int
print_records(const struct cli_command *command, const struct request *request)
{
    krb5_context context = NULL;
    char *realm = NULL, domain[KX_MAX_DNS_NAME], host[KX_MAX_DNS_NAME];
    char owner[2 * KX_MAX_DNS_NAME], text[KX_TLSA_TEXT_SIZE];
    struct records records = {.n = 0};
    krb5_data name;
    krb5_error_code ret;
    size_t i;
    int code;

    if (!cli_host(request->host, host) ||
        snprintf(owner, sizeof(owner), "_%lu._tcp.%s", request->port, host) >
            MAX_NAME)
        return cli_usage(command,
                         "--host %s is no host name of two labels "
                         "or more",
                         request->host);
    code = cli_open(request->realm, &context, &realm);
    if (code != CLI_OK)
        goto cleanup;
    name = kx_data(realm, strlen(realm));
    ret = kx_realm_to_dns(context, &name, domain);
    if (ret == 0)
        ret = make_records(context, realm, request->identity, &records);
    if (ret) {
        code = cli_fail(context, ret, "cannot tell the records of %s", realm);
        goto cleanup;
    }
    printf("_kerberos._tcp.%s. %d IN SRV 0 0 %lu %s.\n", domain, TTL,
           request->port, host);
    for (i = 0; i < records.n; i++)
        printf("%s. %d IN TLSA %s\n", owner, TTL,
               kx_tlsa_text(&records.tlsa[i], text));
    printf("_kerberos.%s. %d IN TXT \"%s\"\n", domain, TTL, realm);

cleanup:
    clear_records(&records);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

/* kxover dns */
static int
run(const struct cli_command *command, int argc, char **argv)
{
    enum { HOST = 256, PORT, IDENTITY };
    static const struct option options[] = {
        CLI_LONG_OPTIONS,
        {"host", required_argument, NULL, HOST},
        {"port", required_argument, NULL, PORT},
        {"identity", required_argument, NULL, IDENTITY},
        {NULL, 0, NULL, 0}};
    struct request request = {.port = DEFAULT_PORT};
    int option;

    while ((option = getopt_long(argc, argv, CLI_SHORT_OPTIONS, options,
                                 NULL)) != -1) {
        if (option == 'r') {
            request.realm = optarg;
        } else if (option == HOST) {
            request.host = optarg;
        } else if (option == PORT) {
            if (!cli_number(optarg, 65535, &request.port))
                return cli_usage(command,
                                 "--port %s: from 1 to 65535 are "
                                 "right",
                                 optarg);
        } else if (option == IDENTITY) {
            request.identity = optarg;
        } else {
            return cli_other_option(command, option, argv);
        }
    }
    if (optind < argc)
        return cli_usage(command, "what is %s?", argv[optind]);
    if (request.host == NULL)
        return cli_usage(command, "--host, the host that kxoverd runs on, is "
                                  "missing");
    return print_records(command, &request);
}

const struct cli_command cli_dns = {
    .name = "dns",
    .summary = "print the DNS records to publish",
    .usage =
        "usage: kxover dns [-r REALM] --host NAME [--port PORT] "
        "[--identity SPEC]\n\n"
        "Print the SRV, TLSA and TXT records of the realm as lines of a zone\n"
        "file.  The zone, and that of the host, must be signed (DNSSEC).\n\n"
        "  -r, --realm REALM   the realm [default_realm of krb5.conf]\n"
        "      --host NAME     the host that kxoverd runs on\n"
        "      --port PORT     the port that it listens at [88]\n"
        "      --identity SPEC FILE:cert.pem,key.pem or PKCS11:cert,key\n"
        "                      [all kxover_identity of kdc.conf]\n",
    .run = run,
};
