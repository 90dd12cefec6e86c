/*
 * engine.h: the inside of struct kx_engine, for the rooms of exchange/ only.
 */
#ifndef KX_ENGINE_H
#define KX_ENGINE_H

#include "exchange/credentials.h"
#include "exchange/kx_exchange.h"

/* How long, in seconds, one DNS lookup, one connection attempt and one answer
 * may take.  The whole exchange has its own limit on top. */
#define KX_LOOKUP_TIMEOUT 5
#define KX_CONNECT_TIMEOUT 5
#define KX_ANSWER_TIMEOUT 10

/* Who has been left alone for so many seconds cannot tell whose fault it is
 * that something took too long.  Two steps may end unseen while nobody looks,
 * so this is shorter than half of any limit, and of a kxoverd's patience with
 * a silent connection. */
#define KX_UNATTENDED 2

/* At least as many as kx_err.et has errors, and one for all that are not of
 * it. */
#define KX_REFUSAL_KINDS 64

struct kx_engine {
    krb5_context context;
    struct event_base *base;
    const struct kx_settings *settings;
    const struct kx_logger *logger;
    struct kx_resolver *resolver;
    struct kx_credentials *credentials;
    struct kx_listener listener;
    struct kx_quiet quiet[KX_REFUSAL_KINDS]; /* kx_engine_quiet() */
    time_t unattended;                       /* kx_engine_unattended() */
};

/*
 * What keeps a flood of lines about code, an exchange's error, from filling
 * the log.  Each error has one of its own, so that one kind of refusal does
 * not drown the others.
 */
struct kx_quiet *kx_engine_quiet(struct kx_engine *engine,
                                 krb5_error_code code);

/*
 * True if code tells of having waited in vain, or for a peer that gave up, and
 * that may be because nobody ran the base for so many seconds.
 */
krb5_boolean kx_unattended_excuses(time_t seconds, krb5_error_code code);

#endif /* KX_ENGINE_H */
