/*
 * common.c: what commands say when they cannot, and how they begin.
 */
#include "config.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include <kdb.h>
#include "cli/cli.h"
#include "dnssec/kx_dnssec.h"
#include "store/kx_store.h"

/* Milliseconds that we wait for somebody else's lock on the database. */
#define PATIENCE 5000

int
cli_usage(const struct cli_call *call, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "kxover: %s: ", call->command->name);
    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "; see kxover %s --help\n", call->command->name);
    return CLI_USAGE;
}

/* Say on stderr what code kept us from. */
static void
explain(krb5_context context, krb5_error_code code, const char *format,
        va_list ap)
{
    const char *message = krb5_get_error_message(context, code);

    fprintf(stderr, "kxover: ");
    (void)vfprintf(stderr, format, ap);
    /* Some of krb5's messages end their line themselves. */
    fprintf(stderr, ": %.*s\n", (int)strcspn(message, "\n"), message);
    krb5_free_error_message(context, message);
}

int
cli_fail(krb5_context context, krb5_error_code code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    explain(context, code, format, ap);
    va_end(ap);
    return CLI_FAILED;
}

int
cli_untried(krb5_context context, krb5_error_code code, const char *format,
            ...)
{
    va_list ap;

    va_start(ap, format);
    explain(context, code, format, ap);
    va_end(ap);
    return CLI_UNTRIED;
}

int
cli_not_written(krb5_context context, krb5_error_code code, const char *format,
                ...)
{
    va_list ap;

    va_start(ap, format);
    if (code == KRB5_KDB_CANTLOCK_DB)
        (void)kx_error_prefix(context, code,
                              "to write takes the rights of kadmin.local");
    explain(context, code, format, ap);
    va_end(ap);
    return code == KRB5_KDB_CANTLOCK_DB ? CLI_UNTRIED : CLI_FAILED;
}

int
cli_open(const struct cli_call *call, krb5_context *context, char **name)
{
    const char *realm = cli_value(call, CLI_REALM);
    krb5_error_code ret;

    *name = NULL;
    ret = kadm5_init_krb5_context(context);
    if (ret) {
        *context = NULL;
        return cli_untried(NULL, ret, "cannot read krb5.conf or kdc.conf");
    }
    if (realm != NULL)
        ret = krb5_set_default_realm(*context, realm);
    if (ret == 0)
        ret = krb5_get_default_realm(*context, name);
    if (ret)
        return cli_untried(*context, ret,
                           "which realm?  Give -r REALM, or set "
                           "default_realm");
    return CLI_OK;
}

int
cli_no_database(krb5_context context, krb5_error_code code, const char *realm)
{
    if (code == EACCES || code == EPERM)
        return cli_untried(context, code,
                           "cannot open the database of %s, which takes the "
                           "rights of kadmin.local",
                           realm);
    if (code == ENOENT)
        return cli_untried(context, code,
                           "there is no database of %s here; give -r REALM if "
                           "you mean another realm",
                           realm);
    return cli_untried(context, code, "cannot open the database of %s", realm);
}

/*
 * See that the open database of realm can be read now: who holds its lock may
 * hold it for long, and libkrb5 waits for ever.  Errors: KX_ERR_STORE (it is
 * locked), libkdb5's, ENOMEM.
 */
static krb5_error_code
try_reading(krb5_context context, const char *realm)
{
    krb5_db_entry *entry = NULL;
    krb5_principal name = NULL;
    krb5_error_code ret;

    /* cli_open() says CLI_OK with a realm only.
     * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
    ret = krb5_build_principal(context, &name, (unsigned int)strlen(realm),
                               realm, KRB5_TGS_NAME, realm, (char *)NULL);
    if (ret)
        return ret;
    kx_patience_init();
    kx_patience_begins(PATIENCE);
    ret = krb5_db_get_principal(context, name, 0, &entry);
    ret = kx_patience_ends(context, ret == KRB5_KDB_NOENTRY ? 0 : ret);
    krb5_db_free_principal(context, entry);
    krb5_free_principal(context, name);
    return ret;
}

int
cli_open_database(const struct cli_call *call, krb5_context *context,
                  char **name, struct kx_settings **settings)
{
    krb5_error_code ret;
    int code;

    *settings = NULL;
    code = cli_open(call, context, name);
    if (code != CLI_OK)
        return code;
    ret = krb5_db_open(*context, NULL,
                       KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    if (ret)
        return cli_no_database(*context, ret, *name);
    ret = try_reading(*context, *name);
    if (ret)
        return cli_untried(*context, ret, "cannot read the database of %s",
                           *name);
    (void)kx_settings_read(*context, *name, NULL, settings);
    return CLI_OK;
}

int
cli_open_store(const struct cli_call *call, krb5_context *context, char **name,
               struct kx_kadm_store **kadm)
{
    krb5_error_code ret;
    int code;

    *kadm = NULL;
    code = cli_open(call, context, name);
    if (code != CLI_OK)
        return code;
    kx_patience_init();
    ret = kx_kadm_store_open(*context, *name, NULL, kadm);
    switch (ret) {
    case 0:
        return CLI_OK;
    case KRB5_KDB_CANTREAD_STORED:
    case KRB5_KDB_BADSTORED_MKEY:
    case KRB5_KDB_BADMASTERKEY:
    case KRB5_KDB_NOMASTERKEY:
        return cli_untried(*context, ret,
                           "cannot use the master key of %s; see that its "
                           "stash file (key_stash_file) is there and right",
                           *name);
    default:
        return cli_no_database(*context, ret, *name);
    }
}

int
cli_no_crossover(const char *realm, const char *remote)
{
    fprintf(stderr,
            "kxover: %s has no crossover with %s; kxover list shows those "
            "that there are\n",
            realm, remote);
    return CLI_FAILED;
}

/* Write text in capitals into capitals; false if it is too long. */
static krb5_boolean
in_capitals(const char *text, char capitals[KX_MAX_DNS_NAME])
{
    size_t i, length = strlen(text);

    if (length >= KX_MAX_DNS_NAME)
        return FALSE;
    for (i = 0; i <= length; i++)
        capitals[i] =
            (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A'
                                                    : text[i]);
    return TRUE;
}

int
cli_check_realm(const struct cli_call *call, const char *what,
                const char *realm)
{
    char capitals[KX_MAX_DNS_NAME];
    krb5_data data = kx_data(realm, strlen(realm));

    if (kx_realm_is_valid(&data))
        return CLI_OK;
    if (in_capitals(realm, capitals)) {
        data = kx_data(capitals, strlen(capitals));
        if (kx_realm_is_valid(&data))
            return cli_usage(call,
                             "%s %s: realms are in capitals (did you mean "
                             "%s?)",
                             what, realm, capitals);
    }
    return cli_usage(call,
                     "%s %s: a realm is a DNS name in capitals of two labels "
                     "or more, such as BRAVO.EXAMPLE",
                     what, realm);
}

krb5_boolean
cli_number(const char *text, unsigned long maximum, unsigned long *number)
{
    size_t length = strlen(text);

    if (length == 0 || length > 9 || strspn(text, "0123456789") != length)
        return FALSE;
    *number = strtoul(text, NULL, 10);
    return *number >= 1 && *number <= maximum;
}

krb5_boolean
cli_host(const char *text, char *host)
{
    char capitals[KX_MAX_DNS_NAME];
    krb5_data realm;

    if (kx_dns_to_realm(NULL, text, capitals) != 0)
        return FALSE;
    realm = kx_data(capitals, strlen(capitals));
    return kx_realm_to_dns(NULL, &realm, host) == 0;
}
