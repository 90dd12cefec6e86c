/*
 * kx_exchange.h: the KXOVER exchange, both sides, as resumable state machines
 * over a libevent base.
 *
 * The daemon runs the base for ever; the plugin runs it only inside a lookup,
 * up to a deadline.  Nothing here blocks, starts a thread (libunbound's own
 * excepted, at the first lookup) or knows how keys are stored.
 */
#ifndef KX_EXCHANGE_H
#define KX_EXCHANGE_H

#include <event2/event.h>
#include "base/kx_base.h"
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_course.h"
#include "exchange/kx_crossover.h"
#include "exchange/kx_settings.h"

/* What both sides share: identity, anchors, resolver, settings. */
struct kx_engine;

/*
 * Make an engine on base.  context, settings and logger are borrowed and must
 * outlive it.  Identities, anchors or lists of revoked certificates that
 * cannot be loaded are logged and do not fail this: each exchange tries again
 * and is refused with KX_ERR_IDENTITY, KX_ERR_ANCHOR or KX_ERR_CRL.  Errors:
 * KX_ERR_DNS_SETUP, ENOMEM.
 */
krb5_error_code kx_engine_new(krb5_context context, struct event_base *base,
                              const struct kx_settings *settings,
                              const struct kx_logger *logger,
                              struct kx_engine **out);

/* Its resolver, for other questions; borrowed. */
struct kx_resolver *kx_engine_resolver(const struct kx_engine *engine);

/*
 * Until told otherwise (0, as at first), what happens in the base happens
 * after nobody ran it for so many seconds.  A limit that passed meanwhile, or
 * a peer that gave up waiting for us, then ends an exchange with
 * KX_ERR_UNATTENDED: it says nothing of the peer, and the exchange may be
 * begun anew at once.
 */
void kx_engine_unattended(struct kx_engine *engine, time_t seconds);

/* From now on tell listener (copied) of all exchanges; with a NULL one, nobody
 * is told.  See kx_course.h. */
void kx_engine_listen(struct kx_engine *engine,
                      const struct kx_listener *listener);

/* True if our identity number i, as the settings have them, is loaded and
 * valid now; *end gets the end of its certificate. */
krb5_boolean kx_engine_identity(const struct kx_engine *engine, size_t i,
                                time_t *end);

/* Release the engine; its initiators and responders must be gone. */
void kx_engine_free(struct kx_engine *engine);

/* In a forked child: forget the parent's engine, its base and its sockets. */
void kx_engine_abandon(struct kx_engine *engine);

/*
 * The initiator: one exchange that ends in a key for krbtgt/REMOTE@LOCAL.
 */
struct kx_initiator;

/*
 * Called once, from the event base, with the key (the callee's to release) or
 * an error whose message is in the engine's context.  An error's log line has
 * been written (of a flood of failures of one kind, some are merely counted);
 * that of a key follows, and tells how long the callee took to store it.
 * kx_initiator_free() may be called from within.
 */
typedef void kx_initiated_fn(void *arg, krb5_error_code code,
                             struct kx_crossover *crossover);

/*
 * Start an exchange with realm remote.  known_kvno is the latest version that
 * we hold of that crossover, 0 for none; source (copied; NULL for none) has
 * the keys that the crossover had before, of which those that the peer has,
 * too, are mixed in.  The exchange gives up after timeout seconds.  Errors
 * (done is then not called): KX_ERR_REALM_NAME, KX_ERR_POLICY_REALM,
 * KX_ERR_IDENTITY, KX_ERR_ANCHOR, KX_ERR_CRL, KX_ERR_DNS_SETUP, ENOMEM.  The
 * engine's listener is told of these exchanges, too.
 */
krb5_error_code kx_initiator_start(struct kx_engine *engine,
                                   const krb5_data *remote,
                                   uint32_t known_kvno,
                                   const struct kx_earlier_source *source,
                                   unsigned int timeout, kx_initiated_fn *done,
                                   void *arg, struct kx_initiator **out);

/* Release an initiator, finished or not; done is not called any more. */
void kx_initiator_free(struct kx_initiator *initiator);

/* What it waits for, in words for a log line: "the SRV record", ... */
const char *kx_initiator_step(const struct kx_initiator *initiator);

/*
 * The responder: judges requests and mints keys for krbtgt/LOCAL@REMOTE.
 */
struct kx_responder;

/* Where the responder's keys go. */
struct kx_store {
    void *arg;
    /*
     * See, at once or not at all, that the crossover name is not blocked, for
     * an offer of which only the signature is known to hold; may be NULL.
     * KX_ERR_BLOCKED.
     */
    krb5_error_code (*permits)(void *arg, krb5_const_principal name);
    /*
     * Give the key versions that the database has of crossover name, live or
     * not (kx_entry_versions()): *kvnos (allocated, free()), *n.  An entry of
     * the administrator's is refused with KX_ERR_POLICY_REALM, unless adopt;
     * one that is blocked with KX_ERR_BLOCKED.
     */
    krb5_error_code (*versions)(void *arg, krb5_const_principal name,
                                krb5_boolean adopt, uint32_t **kvnos,
                                size_t *n);
    /* Their keys, as the get() of struct kx_earlier_source; may be NULL. */
    krb5_error_code (*earlier)(void *arg, krb5_const_principal name,
                               krb5_boolean adopt, struct kx_earlier *earlier);
    /* Store crossover; durable when this returns 0.  KX_ERR_STORE. */
    krb5_error_code (*put)(void *arg, const struct kx_crossover *crossover);
};

/*
 * Make a responder.  before, which may be NULL, is the one whose place it
 * takes: what either of them answers, both remember.  Errors: ENOMEM.
 */
krb5_error_code kx_responder_new(struct kx_engine *engine,
                                 const struct kx_store *store,
                                 const struct kx_responder *before,
                                 struct kx_responder **out);

/* Release the responder; requests under way end without an answer. */
void kx_responder_free(struct kx_responder *responder);

/* One request under way. */
struct kx_request;

/*
 * Called once, from the event base, with a KX-REP or a KRB-ERROR, without its
 * length prefix.  Valid during the call.  It is empty when not even a refusal
 * could be made (out of memory): the asker is then to be left without an
 * answer.  The request is gone then.
 */
typedef void kx_answered_fn(void *arg, const krb5_data *reply);

/*
 * Take the request message (without its length prefix; copied) that source
 * sent.  Every refusal is answered and logged (of a flood of one kind, some
 * are merely counted in the log).  The same bytes again get the same answer
 * and make no second key.  *out serves kx_request_cancel() until answered is
 * called.  Errors (answered is then not called): KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_responder_take(struct kx_responder *responder,
                                  const krb5_data *message,
                                  const struct sockaddr *source,
                                  kx_answered_fn *answered, void *arg,
                                  struct kx_request **out);

/*
 * The asker has gone: answered is not called any more.  The exchange itself
 * goes on, for the asker's next try.
 */
void kx_request_cancel(struct kx_request *request);

/*
 * Framing, RFC 4120 7.2.2: a 4-byte big-endian length before each message.
 */
#define KX_FRAME_HEADER 4

/* Write the header for length bytes. */
void kx_frame_header(size_t length, unsigned char header[KX_FRAME_HEADER]);

/*
 * The length that header announces.  Errors: KX_ERR_TOO_LONG when it is over
 * maximum or has the reserved highest bit, KX_ERR_DECODE when it is 0.
 */
krb5_error_code kx_frame_length(krb5_context context,
                                const unsigned char header[KX_FRAME_HEADER],
                                size_t maximum, size_t *length);

#endif /* KX_EXCHANGE_H */
