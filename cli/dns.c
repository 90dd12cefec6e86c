/*
 * dns.c: kxover dns: the records by which other realms find and know this one,
 * as lines of a zone file.
 *
 * TLSA is 3 1 1 whatever the chain: the digest of our own key (RFC 7671 5.1).
 * It asks nothing of the rest of the chain, and outlives a new certificate for
 * the same key.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cli/cli.h"
#include "cli/json.h"
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_identity.h"
#include "exchange/kx_settings.h"

#define DEFAULT_PORT 88
#define TTL 3600
#define MAX_NAME (KX_MAX_DNS_NAME - 1)

enum { HOST = CLI_LONG, PORT, IDENTITY };

struct request {
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

/* Print one record, or append it to array. */
static void
print_record(json_t *array, const char *owner, const char *type,
             const char *data)
{
    if (array == NULL)
        printf("%s %d IN %s %s\n", owner, TTL, type, data);
    else
        (void)json_array_append_new(
            array, json_pack("{s: s, s: i, s: s, s: s}", "name", owner, "ttl",
                             TTL, "type", type, "data", data));
}

/* Print the records of realm, at domain, whose server is host: at owner are
 * the TLSA records. */
static int
print_all(const struct cli_call *call, const struct request *request,
          const char *realm, const char *domain, const char *host,
          const struct records *records)
{
    char owner[2 * KX_MAX_DNS_NAME], data[2 * KX_MAX_DNS_NAME];
    char tlsa[KX_TLSA_TEXT_SIZE];
    json_t *array = call->json ? json_array() : NULL;
    size_t i;

    if (call->json && array == NULL)
        return json_print(NULL);
    (void)snprintf(owner, sizeof(owner), "_kerberos._tcp.%s.", domain);
    (void)snprintf(data, sizeof(data), "0 0 %lu %s.", request->port, host);
    print_record(array, owner, "SRV", data);
    (void)snprintf(owner, sizeof(owner), "_%lu._tcp.%s.", request->port, host);
    for (i = 0; i < records->n; i++)
        print_record(array, owner, "TLSA",
                     kx_tlsa_text(&records->tlsa[i], tlsa));
    (void)snprintf(owner, sizeof(owner), "_kerberos.%s.", domain);
    (void)snprintf(data, sizeof(data), "\"%s\"", realm);
    print_record(array, owner, "TXT", data);
    return array != NULL ? json_print(array) : CLI_OK;
}

/* Print the records of the realm. */
static int
print_records(const struct cli_call *call, const struct request *request)
{
    krb5_context context = NULL;
    char *realm = NULL, domain[KX_MAX_DNS_NAME], host[KX_MAX_DNS_NAME];
    struct records records = {.n = 0};
    krb5_data name;
    krb5_error_code ret;
    int code;

    if (!cli_host(request->host, host) ||
        snprintf(NULL, 0, "_%lu._tcp.%s", request->port, host) > MAX_NAME)
        return cli_usage(call,
                         "--host %s is no host name of two labels or more",
                         request->host);
    code = cli_open(call, &context, &realm);
    if (code == CLI_OK)
        code = cli_check_realm(call, "realm", realm);
    if (code != CLI_OK)
        goto cleanup;
    name = kx_data(realm, strlen(realm));
    ret = kx_realm_to_dns(context, &name, domain);
    if (ret == 0)
        ret = make_records(context, realm, request->identity, &records);
    if (ret)
        code =
            cli_untried(context, ret, "cannot tell the records of %s", realm);
    else
        code = print_all(call, request, realm, domain, host, &records);

cleanup:
    clear_records(&records);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

/* kxover dns */
static int
run(const struct cli_call *call)
{
    struct request request = {.port = DEFAULT_PORT};
    const char *port = cli_value(call, PORT);

    if (port != NULL && !cli_number(port, 65535, &request.port))
        return cli_usage(call, "--port %s: from 1 to 65535 are right", port);
    request.host = cli_value(call, HOST);
    request.identity = cli_value(call, IDENTITY);
    if (request.host == NULL)
        return cli_usage(call, "--host, the host that kxoverd runs on, is "
                               "missing");
    return print_records(call, &request);
}

static const struct cli_option options[] = {
    {HOST, "host", "NAME", "the host that kxoverd runs on"},
    {PORT, "port", "PORT", "the port that it listens at [88]"},
    {IDENTITY, "identity", "SPEC",
     "FILE:cert.pem,key.pem or PKCS11:cert,key\n[all kxover_identity of "
     "kdc.conf]"},
    {0, NULL, NULL, NULL}};

const struct cli_command cli_dns = {
    .name = "dns",
    .summary = "print the DNS records to publish",
    .synopsis = "[-r REALM] --host NAME [--port PORT] [--identity SPEC]",
    .about =
        "Print the SRV, TLSA and TXT records of the realm as lines of a zone\n"
        "file.  The zone, and that of the host, must be signed (DNSSEC).\n",
    .options = options,
    .run = run,
};
