/*
 * intercept.c: what a KDC finds that is not in its database.
 *
 * Two names are ours to answer: the outgoing crossover
 * krbtgt/R@LOCAL, for which we run an exchange when there is no live key
 * (outgoing.c), and the incoming one krbtgt/LOCAL@R, of which we keep expired
 * keys back.  What an administrator keyed by hand has no mark of ours and is
 * left alone.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include "exchange/credentials.h"
#include "exchange/kx_settings.h"
#include "plugin/intercept.h"
#include "plugin/log.h"
#include "plugin/outgoing.h"
#include "plugin/referral.h"
#include "plugin/writer.h"

/*
 * An unknown service of ours that may be a host of another realm: the
 * outgoing crossover to that realm, to which the KDC then refers the client.
 */
static krb5_error_code
lookup_host(struct kx_intercept *intercept, krb5_const_principal service,
            krb5_db_entry **entry)
{
    krb5_context context = intercept->context;
    const struct kx_settings *settings = intercept->settings;
    const krb5_data local = kx_data(settings->realm, strlen(settings->realm));
    char host[KX_MAX_DNS_NAME], realm[KX_MAX_DNS_NAME];
    krb5_principal name = NULL;
    krb5_data remote;
    krb5_error_code ret;

    if (!kx_data_equal(&service->realm, &local) ||
        !kx_referral_wanted(context, settings->realm, service, host))
        return KRB5_KDB_NOENTRY;
    ret = kx_exchanges_realm_of(intercept->exchanges, host, realm);
    if (ret)
        return kx_outgoing_no_way(intercept, service, ret);
    remote = kx_data(realm, strlen(realm));
    /* A host of ours that we do not know is just unknown. */
    if (kx_data_equal(&remote, &local))
        return KRB5_KDB_NOENTRY;
    ret = kx_crossover_name(context, &remote, &local, &name);
    if (ret == 0)
        ret = kx_outgoing_lookup(intercept, name, &remote, KRB5_KDB_NOENTRY,
                                 entry);
    krb5_free_principal(context, name);
    return ret;
}

/*
 * What a KDC is to answer where a key for users of realm remote is not in the
 * database, which said code.  Where that is a copy, or other machines agree on
 * keys too, it may be that the key has not come here yet: clients then go on
 * to the next KDC.  (Where there is none, they would ask again and again for
 * some 20 seconds; so a KDC that knows better says no.)
 */
static krb5_error_code
not_here(struct kx_intercept *intercept, const krb5_data *remote,
         krb5_error_code code)
{
    const struct kx_settings *settings = intercept->settings;

    if ((!settings->replica && settings->version_shares == 1) ||
        !kx_realm_is_valid(remote) ||
        !kx_settings_realm_permitted(settings, KX_INCOMING, remote))
        return code;
    return kx_error(intercept->context, KRB5KDC_ERR_SVC_UNAVAILABLE,
                    "that key for users of realm %.*s has not come here from "
                    "the realm's other KDCs, if they have it",
                    (int)remote->length, remote->data);
}

krb5_error_code
kx_intercept_no_such_key(struct kx_intercept *intercept,
                         krb5_const_principal name, krb5_error_code code)
{
    krb5_data remote;

    if (kx_crossover_direction(name, intercept->settings->realm, &remote) !=
        KX_INCOMING)
        return code;
    return not_here(intercept, &remote, code);
}

/*
 * The incoming crossover with realm remote, of which the database answered
 * code and *entry.
 */
static krb5_error_code
lookup_incoming(struct kx_intercept *intercept, const krb5_data *remote,
                unsigned int flags, krb5_error_code code,
                krb5_db_entry **entry)
{
    /* A ticket is good until its end by the clock of the realm that issued it,
     * and krb5 forgives what that is behind ours. */
    if (code == 0)
        code = kx_restrict_entry(intercept, KX_INCOMING, remote,
                                 time(NULL) - intercept->settings->clockskew,
                                 entry);
    if (code != KRB5_KDB_NOENTRY || (flags & KRB5_KDB_FLAG_CLIENT))
        return code;
    return not_here(intercept, remote, code);
}

krb5_error_code
kx_intercept_lookup(struct kx_intercept *intercept, krb5_const_principal name,
                    unsigned int flags, krb5_error_code code,
                    krb5_db_entry **entry)
{
    enum kx_direction direction;
    krb5_data remote;

    if (code != 0 && code != KRB5_KDB_NOENTRY)
        return code;
    direction =
        kx_crossover_direction(name, intercept->settings->realm, &remote);
    if (direction == KX_INCOMING)
        return lookup_incoming(intercept, &remote, flags, code, entry);
    if (flags & KRB5_KDB_FLAG_CLIENT)
        return code;
    if (direction == KX_NOT_A_CROSSOVER && code == KRB5_KDB_NOENTRY &&
        (flags & KRB5_KDB_FLAG_REFERRAL_OK))
        return lookup_host(intercept, name, entry);
    if (direction != KX_OUTGOING)
        return code;

    return kx_outgoing_lookup(intercept, name, &remote, code, entry);
}

krb5_boolean
kx_intercept_move(struct kx_intercept *intercept)
{
    return kx_exchanges_move(intercept->exchanges);
}

const struct kx_settings *
kx_intercept_settings(const struct kx_intercept *intercept)
{
    return intercept->settings;
}

/*
 * Make what works with settings, and put it in the place of what was there.
 * Errors: ENOMEM (all stays as it was).
 */
static krb5_error_code
take_settings(struct kx_intercept *intercept, struct kx_settings *settings)
{
    const struct kx_earlier_source source = {intercept, kx_outgoing_earlier};
    struct kx_exchanges *exchanges;
    krb5_error_code ret;

    ret = kx_exchanges_new(intercept->context, settings, &kx_plugin_logger,
                           &source, kx_outgoing_agreed, intercept, &exchanges);
    if (ret)
        return ret;
    kx_exchanges_free(intercept->exchanges);
    kx_settings_free(intercept->settings);
    intercept->exchanges = exchanges;
    intercept->settings = settings;
    kx_newcomers_begin(&intercept->newcomers, (int64_t)settings->max_peers,
                       settings->lifetime + KX_RECENT, kx_monotonic());
    return 0;
}

/* Log files that will not do, now that the administrator is looking. */
static void
try_credentials(struct kx_intercept *intercept)
{
    struct kx_credentials *credentials;

    if (kx_credentials_new(intercept->context, intercept->settings,
                           &kx_plugin_logger, &credentials) != 0)
        return;
    kx_credentials_try(credentials, time(NULL));
    kx_credentials_free(credentials);
}

krb5_error_code
kx_intercept_open(krb5_context context, krb5_context backend,
                  const char *realm, const char *section,
                  struct kx_intercept **out)
{
    struct kx_intercept *intercept;
    struct kx_settings *settings = NULL;
    krb5_error_code ret;

    *out = NULL;
    ret = kx_settings_read(context, realm, section, &settings);
    if (ret) {
        krb5_copy_error_message(backend, context);
        return ret;
    }
    intercept = calloc(1, sizeof(*intercept));
    if (intercept == NULL) {
        kx_settings_free(settings);
        return ENOMEM;
    }
    intercept->context = backend;
    ret = take_settings(intercept, settings);
    if (ret) {
        kx_settings_free(settings);
        free(intercept);
        return ret;
    }
    try_credentials(intercept);
    *out = intercept;
    return 0;
}

void
kx_intercept_close(struct kx_intercept *intercept)
{
    if (intercept == NULL)
        return;
    kx_exchanges_free(intercept->exchanges);
    kx_held_prune(intercept->context, &intercept->held, 0);
    kx_settings_free(intercept->settings);
    kx_news_clear(&intercept->told);
    free(intercept);
}

/*
 * Read the settings in force now from the files, into *settings; *context
 * (krb5_free_context()) is what they were read with, and has the message of an
 * error.  The KDC's own context would not do: a profile looks at its files
 * once a second at most, and in libkrb5 of 1.22 and later a copy of it, which
 * krb5_get_profile() gives, does not look either.  Errors: libkrb5's, with
 * *context NULL; those of kx_settings_read().
 */
static krb5_error_code
read_anew(const struct kx_settings *before, krb5_context *context,
          struct kx_settings **settings)
{
    krb5_error_code ret;

    *context = NULL;
    *settings = NULL;
    ret = krb5_init_context_profile(NULL, KRB5_INIT_CONTEXT_KDC, context);
    if (ret)
        return ret;
    return kx_settings_read(*context, before->realm, before->section,
                            settings);
}

void
kx_intercept_refresh(struct kx_intercept *intercept)
{
    const char *realm = intercept->settings->realm;
    struct kx_settings *settings;
    krb5_context context;
    const char *words;
    krb5_error_code ret;

    ret = read_anew(intercept->settings, &context, &settings);
    if (ret == 0) {
        ret = take_settings(intercept, settings);
        if (ret)
            kx_settings_free(settings);
    }
    if (ret) {
        words = krb5_get_error_message(context, ret);
        kx_log(&kx_plugin_logger, LOG_ERR,
               "%s: the settings stay as they were: %s", realm, words);
        krb5_free_error_message(context, words);
    } else {
        kx_log(&kx_plugin_logger, LOG_NOTICE,
               "%s: settings read again; realms that failed may be tried "
               "again",
               intercept->settings->realm);
        kx_news_clear(&intercept->told);
        try_credentials(intercept);
    }
    krb5_free_context(context);
}
