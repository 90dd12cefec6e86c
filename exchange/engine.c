/*
 * engine.c: what the initiator and the responder share.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/engine.h"

krb5_error_code
kx_engine_new(krb5_context context, struct event_base *base,
              const struct kx_settings *settings,
              const struct kx_logger *logger, struct kx_engine **out)
{
    krb5_error_code ret;
    struct kx_engine *engine;

    *out = NULL;
    kx_init_errors();
    engine = calloc(1, sizeof(*engine));
    if (engine == NULL)
        return ENOMEM;
    engine->context = context;
    engine->base = base;
    engine->settings = settings;
    engine->logger = logger;
    ret = kx_credentials_new(context, settings, logger, &engine->credentials);
    if (ret == 0)
        ret = kx_resolver_new(context, base, settings->unbound_conf,
                              &engine->resolver);
    if (ret) {
        kx_credentials_free(engine->credentials);
        free(engine);
        return ret;
    }
    kx_credentials_try(engine->credentials, time(NULL));
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

void
kx_engine_unattended(struct kx_engine *engine, time_t seconds)
{
    engine->unattended = seconds;
}

krb5_boolean
kx_unattended_excuses(time_t seconds, krb5_error_code code)
{
    if (seconds < KX_UNATTENDED)
        return FALSE;
    switch (code) {
    case KX_ERR_DNS_TIMEOUT:
    case KX_ERR_CONNECT:
    case KX_ERR_PEER_SILENT:
    case KX_ERR_PEER_CLOSED:
        return TRUE;
    default:
        return FALSE;
    }
}

void
kx_engine_listen(struct kx_engine *engine, const struct kx_listener *listener)
{
    memset(&engine->listener, 0, sizeof(engine->listener));
    if (listener != NULL)
        engine->listener = *listener;
}

struct kx_resolver *
kx_engine_resolver(const struct kx_engine *engine)
{
    return engine->resolver;
}

krb5_boolean
kx_engine_identity(const struct kx_engine *engine, size_t i, time_t *end)
{
    return kx_credentials_look(engine->credentials, i, time(NULL), end);
}

/* Release all of the engine but its resolver. */
static void
free_engine(struct kx_engine *engine)
{
    kx_credentials_free(engine->credentials);
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
