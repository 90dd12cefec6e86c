/*
 * engine.c: what the initiator and the responder share.
 *
 * The identity and the roots are files that an administrator may replace or
 * mend while we run.  So neither fails the start: what could not be loaded is
 * logged, tried again at each exchange, and until then every exchange is
 * refused, while the KDC serves its own realm.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <gnutls/x509.h>
#include "exchange/engine.h"
#include "exchange/validate.h"

/* A file of roots: some hundred certificates at most. */
#define MAX_ANCHORS 256

/* Release the roots. */
static void
free_anchors(struct kx_engine *engine)
{
    unsigned int i;

    for (i = 0; i < engine->n_anchors; i++)
        gnutls_x509_crt_deinit(engine->anchors[i]);
    free(engine->anchors);
    engine->anchors = NULL;
    engine->n_anchors = 0;
}

/*
 * Append the certificates of one PEM file, named as FILE:path, to the roots.
 * Errors: KX_ERR_ANCHOR with the path, ENOMEM.
 */
static krb5_error_code
load_anchor_file(struct kx_engine *engine, const char *spec)
{
    krb5_error_code ret;
    gnutls_x509_crt_t *list = NULL, *grown;
    unsigned int n = 0, i;
    const char *path = spec;

    if (strncmp(path, "FILE:", 5) == 0)
        path += 5;
    ret = kx_certificates_load(engine->context, path, &list, &n);
    if (ret)
        return kx_error_prefix(engine->context, ret, "kxover_anchors");
    if (engine->n_anchors + n > MAX_ANCHORS) {
        ret = kx_error(engine->context, KX_ERR_ANCHOR,
                       "kxover_anchors: more than %d certificates in %s",
                       MAX_ANCHORS, path);
        goto cleanup;
    }
    grown = realloc(engine->anchors,
                    (engine->n_anchors + n) * sizeof(*engine->anchors));
    if (grown == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    engine->anchors = grown;
    memcpy(engine->anchors + engine->n_anchors, list, n * sizeof(*list));
    engine->n_anchors += n;
    n = 0; /* they are the engine's now */

cleanup:
    for (i = 0; i < n; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return ret;
}

krb5_error_code
kx_engine_anchors(struct kx_engine *engine, const gnutls_x509_crt_t **anchors,
                  unsigned int *n)
{
    char *const *spec = engine->settings->anchors;
    krb5_error_code ret = 0;

    for (; engine->n_anchors == 0 && spec != NULL && *spec != NULL; spec++) {
        ret = load_anchor_file(engine, *spec);
        if (ret)
            break;
    }
    /* A part of the roots is not what the administrator asked for. */
    if (ret)
        free_anchors(engine);
    *anchors = engine->anchors;
    *n = engine->n_anchors;
    return ret;
}

krb5_error_code
kx_engine_identity(struct kx_engine *engine, time_t now,
                   const struct kx_identity **out)
{
    krb5_error_code ret;
    struct kx_identity *loaded = NULL;

    *out = NULL;
    if (engine->identity == NULL || engine->identity->not_before > now ||
        engine->identity->not_after < now) {
        if (engine->settings->identity == NULL)
            return kx_error(engine->context, KX_ERR_IDENTITY,
                            "kxover_identity is not set in section %s of "
                            "[dbmodules]: make one with `kxover keygen`",
                            engine->settings->section);
        ret = kx_identity_load(engine->context, engine->settings->identity,
                               now, &loaded);
        if (ret)
            return ret;
        kx_identity_free(engine->identity);
        engine->identity = loaded;
    }
    *out = engine->identity;
    return 0;
}

/* Log that code, of which context holds the message, stops new crossovers. */
static void
log_unready(struct kx_engine *engine, krb5_error_code code)
{
    const char *message = krb5_get_error_message(engine->context, code);

    kx_log(engine->logger, LOG_ERR,
           "%s: new crossovers are refused until this is mended: %s",
           engine->settings->realm, message);
    krb5_free_error_message(engine->context, message);
}

krb5_error_code
kx_engine_new(krb5_context context, struct event_base *base,
              const struct kx_settings *settings,
              const struct kx_logger *logger, struct kx_engine **out)
{
    krb5_error_code ret;
    struct kx_engine *engine;
    const struct kx_identity *identity;
    const gnutls_x509_crt_t *anchors;
    unsigned int n;

    *out = NULL;
    kx_init_errors();
    engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return ENOMEM;
    engine->context = context;
    engine->base = base;
    engine->settings = settings;
    engine->logger = logger;
    ret = kx_resolver_new(context, base, settings->unbound_conf,
                          &engine->resolver);
    if (ret) {
        free(engine);
        return ret;
    }
    ret = kx_engine_identity(engine, time(NULL), &identity);
    if (ret)
        log_unready(engine, ret);
    ret = kx_engine_anchors(engine, &anchors, &n);
    if (ret)
        log_unready(engine, ret);
    *out = engine;
    return 0;
}

struct kx_quiet *
kx_engine_quiet(struct kx_engine *engine, krb5_error_code code)
{
    krb5_error_code kind = code - ERROR_TABLE_BASE_kx;

    if (kind < 0 || kind >= KX_REFUSAL_KINDS)
        kind = KX_REFUSAL_KINDS - 1;
    return &engine->quiet[kind];
}

struct kx_resolver *
kx_engine_resolver(const struct kx_engine *engine)
{
    return engine->resolver;
}

/* Release all of the engine but its resolver. */
static void
free_engine(struct kx_engine *engine)
{
    kx_identity_free(engine->identity);
    free_anchors(engine);
    free(engine);
}

void
kx_engine_free(struct kx_engine *engine)
{
    if (engine == NULL)
        return;
    kx_resolver_free(engine->resolver);
    free_engine(engine);
}

void
kx_engine_abandon(struct kx_engine *engine)
{
    if (engine == NULL)
        return;
    kx_resolver_abandon(engine->resolver);
    free_engine(engine);
}
