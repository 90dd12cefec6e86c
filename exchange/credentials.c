/*
 * credentials.c: the files by which we are known and by which we judge.
 *
 * An administrator may replace or mend them while we run.  So none of them
 * fails the start: what could not be loaded is logged, tried again at each
 * exchange, and until then every exchange is refused, while the KDC serves its
 * own realm.
 *
 * Several identities stand in for each other: one that is missing stops
 * nothing while another one will do, but each attempt looks for it again.
 * Lists of revoked certificates are read again when a file has changed, as it
 * does every day or so.  Roots wait for the administrator (SIGHUP).
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "exchange/credentials.h"

/* An overdue list is mentioned no more often than this, in seconds. */
#define OVERDUE_EVERY 3600

struct kx_credentials {
    krb5_context context;
    const struct kx_settings *settings;
    const struct kx_logger *logger;
    /* As settings has them; NULL until it could be loaded. */
    struct kx_identity *identities[KX_MAX_IDENTITIES];
    struct kx_quiet quiet;  /* about those that could not */
    struct kx_roots *roots; /* NULL until they could be loaded */
    struct kx_crls *crls;   /* the same */
    time_t overdue_logged;  /* 0: never */
};

krb5_error_code
kx_credentials_new(krb5_context context, const struct kx_settings *settings,
                   const struct kx_logger *logger, struct kx_credentials **out)
{
    struct kx_credentials *credentials = calloc(1, sizeof(*credentials));

    *out = credentials;
    if (credentials == NULL)
        return ENOMEM;
    credentials->context = context;
    credentials->settings = settings;
    credentials->logger = logger;
    return 0;
}

void
kx_credentials_free(struct kx_credentials *credentials)
{
    size_t i;

    if (credentials == NULL)
        return;
    for (i = 0; i < KX_MAX_IDENTITIES; i++)
        kx_identity_free(credentials->identities[i]);
    kx_roots_free(credentials->roots);
    kx_crls_free(credentials->crls);
    free(credentials);
}

krb5_boolean
kx_credentials_look(const struct kx_credentials *credentials, size_t i,
                    time_t now, time_t *end)
{
    const struct kx_identity *identity =
        i < KX_MAX_IDENTITIES ? credentials->identities[i] : NULL;

    *end = identity != NULL ? identity->not_after : 0;
    return identity != NULL && identity->not_before <= now &&
           identity->not_after >= now;
}

/*
 * Have identity number i, valid at time now.  Errors: those of
 * kx_identity_load().
 */
static krb5_error_code
have_identity(struct kx_credentials *credentials, size_t i, time_t now)
{
    const struct kx_identity *present = credentials->identities[i];

    if (present != NULL && present->not_before <= now &&
        present->not_after >= now)
        return 0;
    kx_identity_free(credentials->identities[i]);
    credentials->identities[i] = NULL;
    return kx_identity_load(credentials->context,
                            credentials->settings->identities[i], now,
                            &credentials->identities[i]);
}

/*
 * Have all identities that there are; *missing gets the first one's error that
 * there is not, with its message in *words (allocated; NULL without memory).
 */
static void
have_identities(struct kx_credentials *credentials, time_t now,
                krb5_error_code *missing, char **words)
{
    krb5_context context = credentials->context;
    char *const *specs = credentials->settings->identities;
    krb5_error_code ret;
    const char *message;
    size_t i;

    *missing = 0;
    *words = NULL;
    for (i = 0; specs != NULL && specs[i] != NULL; i++) {
        ret = have_identity(credentials, i, now);
        if (ret == 0 || *missing != 0)
            continue;
        message = krb5_get_error_message(context, ret);
        *missing = ret;
        *words = strdup(message);
        krb5_free_error_message(context, message);
    }
}

/* The first identity that has a root that demand accepts and, if there is one,
 * signs as it wants.  NULL if there is none. */
static const struct kx_identity *
choose(const struct kx_credentials *credentials,
       const struct kx_demand *demand)
{
    const struct kx_identity *identity, *first = NULL;
    size_t i;

    for (i = 0; i < KX_MAX_IDENTITIES; i++) {
        identity = credentials->identities[i];
        if (identity == NULL ||
            (demand != NULL && !kx_demand_has_root(demand, &identity->root)))
            continue;
        if (demand == NULL ||
            kx_can_sign(identity, demand->accepted, demand->n_accepted))
            return identity;
        if (first == NULL)
            first = identity;
    }
    return first;
}

krb5_error_code
kx_credentials_identity(struct kx_credentials *credentials, time_t now,
                        const struct kx_demand *demand,
                        const struct kx_identity **out)
{
    krb5_context context = credentials->context;
    const struct kx_settings *settings = credentials->settings;
    char text[KX_DEMAND_TEXT_SIZE], *words;
    krb5_error_code missing, ret = 0;

    *out = NULL;
    if (settings->identities == NULL)
        return kx_error(context, KX_ERR_IDENTITY,
                        "kxover_identity is not set in section %s of "
                        "[dbmodules]: make one with `kxover keygen`",
                        settings->section);
    have_identities(credentials, now, &missing, &words);
    *out = choose(credentials, demand);
    if (missing != 0 && choose(credentials, NULL) == NULL)
        ret = kx_error(context, missing, "%s",
                       words != NULL ? words : error_message(missing));
    else if (missing != 0)
        kx_log_quietly(&credentials->quiet, credentials->logger, LOG_ERR,
                       "%s: an identity is left out until this is mended: %s",
                       settings->realm,
                       words != NULL ? words : error_message(missing));
    if (ret == 0 && *out == NULL)
        ret = kx_error(context, KX_ERR_POLICY_CA,
                       "no chain of kxover_identity ends in a root that is "
                       "accepted there; their key identifiers: %s",
                       kx_demand_text(demand, text));
    free(words);
    return ret;
}

krb5_error_code
kx_credentials_roots(struct kx_credentials *credentials,
                     const struct kx_roots **out)
{
    krb5_context context = credentials->context;
    krb5_error_code ret = 0;

    if (credentials->roots == NULL)
        ret = kx_roots_load(context, credentials->settings->anchors,
                            &credentials->roots);
    *out = credentials->roots;
    return ret == 0 ? 0 : kx_error_prefix(context, ret, "kxover_anchors");
}

/* Log a list that is overdue, if that was not done in the last hour. */
static void
log_overdue(struct kx_credentials *credentials, time_t now)
{
    char text[KX_TIME_TEXT_SIZE];
    const char *path;
    time_t due = 0;

    /* A clock that was set back starts anew. */
    if (credentials->overdue_logged != 0 &&
        now - credentials->overdue_logged < OVERDUE_EVERY &&
        now >= credentials->overdue_logged)
        return;
    path = kx_crls_overdue(credentials->crls, now, &due);
    if (path == NULL)
        return;
    credentials->overdue_logged = now;
    kx_log(credentials->logger, LOG_WARNING,
           "%s: kxover_revoke: a newer list than that in %s was due at %s; "
           "who was revoked since then is still believed",
           credentials->settings->realm, path, kx_time_text(due, text));
}

krb5_error_code
kx_credentials_crls(struct kx_credentials *credentials, time_t now,
                    const struct kx_crls **out)
{
    krb5_context context = credentials->context;
    krb5_error_code ret = 0;

    *out = NULL;
    if (credentials->settings->revoke == NULL)
        return 0;
    if (credentials->crls != NULL && kx_crls_changed(credentials->crls)) {
        /* What was read before is not what counts now, readable or not. */
        kx_crls_free(credentials->crls);
        credentials->crls = NULL;
    }
    if (credentials->crls == NULL)
        ret = kx_crls_load(context, credentials->settings->revoke,
                           &credentials->crls);
    if (ret)
        return kx_error_prefix(context, ret, "kxover_revoke");
    log_overdue(credentials, now);
    *out = credentials->crls;
    return 0;
}

krb5_error_code
kx_credentials_claim(struct kx_credentials *credentials,
                     struct kx_claim *claim)
{
    const struct kx_roots *roots;
    krb5_error_code ret;

    ret = kx_credentials_roots(credentials, &roots);
    if (ret)
        return ret;
    claim->anchors = roots->certificate;
    claim->n_anchors = roots->n;
    return kx_credentials_crls(credentials, claim->now, &claim->crls);
}

krb5_error_code
kx_credentials_ready(struct kx_credentials *credentials, time_t now)
{
    const struct kx_identity *identity;
    const struct kx_roots *roots;
    const struct kx_crls *crls;
    krb5_error_code ret;

    ret = kx_credentials_identity(credentials, now, NULL, &identity);
    if (ret == 0)
        ret = kx_credentials_roots(credentials, &roots);
    if (ret == 0)
        ret = kx_credentials_crls(credentials, now, &crls);
    return ret;
}

/* Log code, if it is an error; the context holds its message. */
static void
log_unready(struct kx_credentials *credentials, krb5_error_code code)
{
    const char *message;

    if (code == 0)
        return;
    message = krb5_get_error_message(credentials->context, code);
    kx_log(credentials->logger, LOG_ERR,
           "%s: new crossovers are refused until this is mended: %s",
           credentials->settings->realm, message);
    krb5_free_error_message(credentials->context, message);
}

void
kx_credentials_try(struct kx_credentials *credentials, time_t now)
{
    const struct kx_identity *identity;
    const struct kx_roots *roots;
    const struct kx_crls *crls;

    log_unready(credentials,
                kx_credentials_identity(credentials, now, NULL, &identity));
    log_unready(credentials, kx_credentials_roots(credentials, &roots));
    log_unready(credentials, kx_credentials_crls(credentials, now, &crls));
}
