/*
 * credentials.c: the files by which we are known and by which we judge.
 *
 * An administrator may replace or mend them while we run.  So none of them
 * fails the start: what could not be loaded is logged, tried again at each
 * exchange, and until then every exchange is refused, while the KDC serves its
 * own realm.
 *
 * An identity is looked for again when it is out of date, the lists of revoked
 * certificates when a file has changed: it changes by itself, every day or so.
 * Roots wait for the administrator (SIGHUP).
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>
#include "exchange/credentials.h"

/* An overdue list is mentioned no more often than this, in seconds. */
#define OVERDUE_EVERY 3600

struct kx_credentials {
    krb5_context context;
    const struct kx_settings *settings;
    const struct kx_logger *logger;
    struct kx_identity *identity; /* NULL until it could be loaded */
    struct kx_roots *roots;       /* the same */
    struct kx_crls *crls;         /* the same */
    time_t overdue_logged;        /* 0: never */
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
    if (credentials == NULL)
        return;
    kx_identity_free(credentials->identity);
    kx_roots_free(credentials->roots);
    kx_crls_free(credentials->crls);
    free(credentials);
}

krb5_error_code
kx_credentials_identity(struct kx_credentials *credentials, time_t now,
                        const struct kx_identity **out)
{
    krb5_context context = credentials->context;
    const struct kx_settings *settings = credentials->settings;
    const struct kx_identity *present = credentials->identity;
    struct kx_identity *loaded = NULL;
    krb5_error_code ret;

    *out = NULL;
    if (present == NULL || present->not_before > now ||
        present->not_after < now) {
        if (settings->identity == NULL)
            return kx_error(context, KX_ERR_IDENTITY,
                            "kxover_identity is not set in section %s of "
                            "[dbmodules]: make one with `kxover keygen`",
                            settings->section);
        ret = kx_identity_load(context, settings->identity, now, &loaded);
        if (ret)
            return ret;
        kx_identity_free(credentials->identity);
        credentials->identity = loaded;
    }
    *out = credentials->identity;
    return 0;
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

    ret = kx_credentials_identity(credentials, now, &identity);
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
                kx_credentials_identity(credentials, now, &identity));
    log_unready(credentials, kx_credentials_roots(credentials, &roots));
    log_unready(credentials, kx_credentials_crls(credentials, now, &crls));
}
