/*
 * responder.c: our side of an exchange that a peer begins.
 *
 *   KX-REQ ─▶ decode, checks 1 to 3 ─▶ SRV and TLSA of the peer (check 4)
 *                    │                          │ for each server of it
 *                    ▼                          ▼
 *                 refusal ◀──────────── checks 5 and 6 ─▶ agree, derive, store
 *                                                              │
 *                                            KX-REP ◀──────────┘
 *
 * Nothing is asked of DNS, and nothing remembered, for an offer whose own
 * signature does not hold.  An exchange belongs to the responder, not to the
 * connection that brought it: when the asker hangs up it goes on, and the
 * asker's next try with the same bytes finds the answer, or joins the wait.
 *
 * What comes after the checks is accept.c's.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "exchange/accept.h"
#include "exchange/peer.h"
#include "exchange/recent.h"
#include "exchange/refusal.h"
#include "exchange/report.h"

/* Exchanges under way: in all, from one source address, with one realm. */
#define MAX_EXCHANGES 128
#define MAX_PER_SOURCE 16
#define MAX_PER_REALM 4

/* Answers that are remembered, and realms whose key versions are. */
#define MAX_RECENT 1024
#define MAX_GIVEN 1024

/* One who waits for an exchange's answer. */
struct kx_request {
    struct kx_request *next;
    struct exchange *exchange;
    kx_answered_fn *answered;
    void *arg;
};

/* One request's way to its answer. */
struct exchange {
    struct exchange *next;
    struct kx_responder *responder;
    unsigned char digest[KX_REQUEST_DIGEST];
    krb5_data bytes; /* the request as it came; gone once decoded */
    struct sockaddr_storage source;
    struct kx_course course;
    struct event *begin; /* the first step, outside kx_responder_take() */
    struct kx_message *request; /* decoded */
    struct kx_chain chain;      /* request's certificates */
    krb5_data remote;           /* the peer's realm, in request */
    struct kx_peer *peer;
    krb5_error_code kept; /* the first server's verdict */
    char *kept_words;
    krb5_data answer; /* set from the start when it was given before */
    struct kx_request *waiting;
};

struct kx_responder {
    struct kx_engine *engine;
    struct kx_store store;
    struct kx_recent *recent;
    struct kx_given *given;
    struct exchange *exchanges;
};

/* Release an exchange that is out of the responder's list. */
static void
free_exchange(struct exchange *exchange)
{
    struct kx_request *request;

    while ((request = exchange->waiting) != NULL) {
        exchange->waiting = request->next;
        free(request);
    }
    kx_course_end(&exchange->course, ECANCELED, NULL);
    if (exchange->begin != NULL)
        event_free(exchange->begin);
    kx_peer_free(exchange->peer);
    kx_chain_clear(&exchange->chain);
    kx_message_free(exchange->request);
    kx_data_free(&exchange->bytes);
    kx_data_free(&exchange->answer);
    free(exchange->kept_words);
    free(exchange);
}

/* Give the answer to all who wait, and end the exchange. */
static void
finish(struct exchange *exchange)
{
    struct exchange **link = &exchange->responder->exchanges;
    struct kx_request *request;
    kx_answered_fn *answered;
    void *arg;

    while (*link != exchange)
        link = &(*link)->next;
    *link = exchange->next;
    while ((request = exchange->waiting) != NULL) {
        exchange->waiting = request->next;
        answered = request->answered;
        arg = request->arg;
        free(request);
        answered(arg, &exchange->answer);
    }
    free_exchange(exchange);
}

/* Refuse with code, of which the context holds the message, and tell the peer
 * of told. */
static void
refuse_telling(struct exchange *exchange, krb5_error_code code,
               krb5_error_code told)
{
    struct kx_engine *engine = exchange->responder->engine;
    const struct kx_place nowhere = {0};
    const struct kx_roots *roots = NULL;

    kx_report_failed(engine->logger, kx_engine_quiet(engine, code),
                     LOG_WARNING, &exchange->course, &nowhere, code);
    kx_course_end(&exchange->course, code, NULL);
    if (told == KX_ERR_ANCHOR)
        (void)kx_credentials_roots(engine->credentials, &roots);
    if (kx_refusal_make(engine->context, told, engine->settings->realm,
                        time(NULL), roots, &exchange->answer) != 0)
        exchange->answer = kx_data(NULL, 0);
    finish(exchange);
}

/* Refuse with code, of which the context holds the message. */
static void
refuse(struct exchange *exchange, krb5_error_code code)
{
    refuse_telling(exchange, code, code);
}

/* All checks are passed: make the key, store it, and remember the answer. */
static krb5_error_code
accept_request(struct exchange *exchange, const struct kx_target *target,
               const struct kx_tlsa *matched)
{
    struct kx_responder *responder = exchange->responder;
    struct kx_engine *engine = responder->engine;
    const struct kx_acceptance acceptance = {
        .engine = engine,
        .course = &exchange->course,
        .store = &responder->store,
        .given = responder->given,
        .request = &exchange->request->offer,
        .remote = &exchange->remote,
    };
    krb5_error_code ret;

    ret = kx_accept(&acceptance, target, matched, &exchange->answer);
    /* Without memory the request is merely not recognised when it comes
     * again. */
    if (ret == 0)
        (void)kx_recent_add(responder->recent, exchange->digest,
                            &exchange->answer,
                            time(NULL) + 2 * engine->settings->clockskew);
    return ret;
}

/* DNS gave a server of the peer, or there are no more. */
static void
target_found(void *arg, krb5_error_code code, const struct kx_target *target)
{
    struct exchange *exchange = arg;
    struct kx_engine *engine = exchange->responder->engine;
    struct kx_claim claim = {.realm = &exchange->remote,
                             .now = time(NULL),
                             .course = &exchange->course};
    const struct kx_tlsa *matched;
    const char *words;

    if (code) {
        /* Of several servers the first one's verdict is told. */
        if (exchange->kept != 0) {
            code = exchange->kept;
            kx_error(engine->context, code, "%s",
                     exchange->kept_words != NULL ? exchange->kept_words
                                                  : error_message(code));
        }
        refuse(exchange, code);
        return;
    }
    kx_step_begin(&exchange->course, KX_STEP_IDENTITY);
    code = kx_credentials_claim(engine->credentials, &claim);
    (void)kx_step_end(&exchange->course, KX_STEP_IDENTITY, code, NULL);
    if (code) {
        /* Files that we cannot read say nothing about the peer's chain. */
        refuse_telling(exchange, code, KX_ERR_IDENTITY);
        return;
    }
    claim.host = target->host;
    claim.tlsa = target->tlsa;
    claim.n_tlsa = target->n_tlsa;
    code = kx_judge_peer(engine->context, &exchange->chain, &claim, &matched);
    if (code) {
        if (exchange->kept == 0) {
            exchange->kept = code;
            words = krb5_get_error_message(engine->context, code);
            exchange->kept_words = strdup(words);
            krb5_free_error_message(engine->context, words);
        }
        kx_peer_next(exchange->peer);
        return;
    }
    code = accept_request(exchange, target, matched);
    if (code)
        refuse(exchange, code);
    else
        finish(exchange);
}

/* True if so many other exchanges are under way with this one's realm. */
static krb5_boolean
realm_is_busy(const struct exchange *exchange)
{
    const struct exchange *other;
    unsigned int n = 0;

    for (other = exchange->responder->exchanges; other != NULL;
         other = other->next) {
        if (other != exchange && other->peer != NULL &&
            kx_data_equal(&other->remote, &exchange->remote))
            n++;
    }
    return n >= MAX_PER_REALM;
}

/* Decode, and do what can be judged without the network. */
static krb5_error_code
check_offer(struct exchange *exchange)
{
    struct kx_engine *engine = exchange->responder->engine;
    struct kx_course *course = &exchange->course;
    const struct kx_identity *identity;
    const struct kx_offer *offer;
    struct kx_found found = {0};
    krb5_error_code ret;
    time_t now = time(NULL);

    kx_step_begin(course, KX_STEP_MESSAGE);
    ret = kx_decode_message(engine->context, KX_MSG_REQ, &exchange->bytes,
                            &exchange->request);
    kx_data_free(&exchange->bytes);
    if (ret)
        return kx_step_end(course, KX_STEP_MESSAGE, ret, NULL);
    offer = &exchange->request->offer;
    found.terms = &offer->tbs;
    (void)kx_step_end(course, KX_STEP_MESSAGE, 0, &found);
    kx_step_begin(course, KX_STEP_POLICY);
    ret = kx_check_request(engine->context, engine->settings, now, offer,
                           &exchange->remote);
    if (kx_realm_is_valid(&exchange->remote))
        course->remote = exchange->remote;
    (void)kx_step_end(course, KX_STEP_POLICY, ret, NULL);
    if (ret)
        return ret;
    /* Without an identity of ours nothing can come of it. */
    kx_step_begin(course, KX_STEP_IDENTITY);
    ret = kx_credentials_identity(engine->credentials, now, NULL, &identity);
    (void)kx_step_end(course, KX_STEP_IDENTITY, ret, NULL);
    if (ret)
        return ret;
    kx_step_begin(course, KX_STEP_CHAIN);
    ret = kx_chain_read(engine->context, offer->chain, offer->n_chain,
                        &exchange->chain);
    if (ret)
        return kx_step_end(course, KX_STEP_CHAIN, ret, NULL);
    ret = kx_check_signed_offer(engine->context, course, offer,
                                &exchange->chain);
    if (ret)
        return ret;
    if (exchange->responder->store.permits != NULL)
        ret = exchange->responder->store.permits(
            exchange->responder->store.arg, offer->tbs.kxname);
    if (ret)
        return ret;
    if (realm_is_busy(exchange))
        return kx_error(engine->context, KX_ERR_BUSY,
                        "%d exchanges with realm %.*s are under way already",
                        MAX_PER_REALM, (int)exchange->remote.length,
                        exchange->remote.data);
    return kx_peer_start(engine, course, &exchange->remote, FALSE,
                         target_found, exchange, &exchange->peer);
}

/* Whoever listens is told of exchange from now on. */
static void
begin_course(struct exchange *exchange)
{
    struct kx_engine *engine = exchange->responder->engine;

    exchange->course.source = (struct sockaddr *)&exchange->source;
    kx_course_begin(&exchange->course, &engine->listener, engine->context,
                    KX_RESPONDER, engine->settings->realm);
}

/* Event: the first step. */
static void
begin(evutil_socket_t fd, short what, void *arg)
{
    struct exchange *exchange = arg;
    krb5_error_code ret;

    (void)fd;
    (void)what;
    if (exchange->answer.length > 0) {
        finish(exchange);
        return;
    }
    begin_course(exchange);
    ret = check_offer(exchange);
    if (ret)
        refuse(exchange, ret);
}

/*
 * True if both addresses are one source: ports do not count, and of IPv6 the
 * first 64 bits alone do, as whoever has one address there has them all.
 */
static krb5_boolean
same_source(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return FALSE;
    if (a->ss_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                      &((const struct sockaddr_in6 *)b)->sin6_addr, 8) == 0;
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
           ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/*
 * True if there is no place for a further exchange from source.  The refusal
 * is then an answer like any other, only without the work.
 */
static krb5_boolean
is_full(const struct kx_responder *responder,
        const struct sockaddr_storage *source)
{
    const struct exchange *exchange;
    unsigned int all = 0, of_source = 0;

    for (exchange = responder->exchanges; exchange != NULL;
         exchange = exchange->next) {
        all++;
        if (same_source(&exchange->source, source))
            of_source++;
    }
    return all >= MAX_EXCHANGES || of_source >= MAX_PER_SOURCE;
}

/* Copy source into *out by its family; other families become nothing. */
static void
copy_source(const struct sockaddr *source, struct sockaddr_storage *out)
{
    if (source->sa_family == AF_INET6)
        memcpy(out, source, sizeof(struct sockaddr_in6));
    else if (source->sa_family == AF_INET)
        memcpy(out, source, sizeof(struct sockaddr_in));
}

/*
 * Begin an exchange for message in *out, already in the responder's list.
 * Errors: KX_ERR_CRYPTO, ENOMEM.
 */
static krb5_error_code
new_exchange(struct kx_responder *responder, const krb5_data *message,
             const unsigned char *digest, const struct sockaddr *source,
             struct exchange **out)
{
    struct kx_engine *engine = responder->engine;
    struct exchange *exchange;
    const struct kx_place nowhere = {0};
    const krb5_data *given;
    krb5_error_code ret;

    exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL)
        return ENOMEM;
    exchange->responder = responder;
    memcpy(exchange->digest, digest, KX_REQUEST_DIGEST);
    copy_source(source, &exchange->source);
    exchange->begin = event_new(engine->base, -1, 0, begin, exchange);
    ret = exchange->begin == NULL ? ENOMEM : 0;
    given = kx_recent_find(responder->recent, digest, time(NULL));
    if (ret == 0 && given != NULL) {
        ret = kx_data_copy(given, &exchange->answer);
    } else if (ret == 0 && is_full(responder, &exchange->source)) {
        begin_course(exchange);
        (void)kx_error(engine->context, KX_ERR_BUSY,
                       "too many exchanges are under way");
        kx_report_failed(engine->logger, kx_engine_quiet(engine, KX_ERR_BUSY),
                         LOG_WARNING, &exchange->course, &nowhere,
                         KX_ERR_BUSY);
        kx_course_end(&exchange->course, KX_ERR_BUSY, NULL);
        ret = kx_refusal_make(engine->context, KX_ERR_BUSY,
                              engine->settings->realm, time(NULL), NULL,
                              &exchange->answer);
    } else if (ret == 0) {
        ret = kx_data_copy(message, &exchange->bytes);
    }
    if (ret) {
        free_exchange(exchange);
        return ret;
    }
    exchange->next = responder->exchanges;
    responder->exchanges = exchange;
    event_active(exchange->begin, EV_TIMEOUT, 0);
    *out = exchange;
    return 0;
}

krb5_error_code
kx_responder_take(struct kx_responder *responder, const krb5_data *message,
                  const struct sockaddr *source, kx_answered_fn *answered,
                  void *arg, struct kx_request **out)
{
    unsigned char digest[KX_REQUEST_DIGEST];
    struct exchange *exchange;
    struct kx_request *request;
    krb5_error_code ret;

    *out = NULL;
    ret = kx_request_digest(responder->engine->context, message, digest);
    if (ret)
        return ret;
    request = calloc(1, sizeof(*request));
    if (request == NULL)
        return ENOMEM;
    for (exchange = responder->exchanges; exchange != NULL;
         exchange = exchange->next) {
        if (memcmp(exchange->digest, digest, sizeof(digest)) == 0)
            break;
    }
    if (exchange == NULL) {
        ret = new_exchange(responder, message, digest, source, &exchange);
        if (ret) {
            free(request);
            return ret;
        }
    }
    request->exchange = exchange;
    request->answered = answered;
    request->arg = arg;
    request->next = exchange->waiting;
    exchange->waiting = request;
    *out = request;
    return 0;
}

void
kx_request_cancel(struct kx_request *request)
{
    struct kx_request **link;

    if (request == NULL)
        return;
    link = &request->exchange->waiting;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    free(request);
}

krb5_error_code
kx_responder_new(struct kx_engine *engine, const struct kx_store *store,
                 const struct kx_responder *before, struct kx_responder **out)
{
    struct kx_responder *responder;
    krb5_error_code ret = 0;

    *out = NULL;
    responder = calloc(1, sizeof(*responder));
    if (responder == NULL)
        return ENOMEM;
    responder->engine = engine;
    responder->store = *store;
    if (before != NULL) {
        responder->recent = kx_recent_share(before->recent);
        responder->given = kx_given_share(before->given);
    } else {
        ret = kx_recent_new(MAX_RECENT, &responder->recent);
        if (ret == 0)
            ret = kx_given_new(MAX_GIVEN, &responder->given);
    }
    if (ret) {
        kx_recent_free(responder->recent);
        free(responder);
        return ret;
    }
    *out = responder;
    return 0;
}

void
kx_responder_free(struct kx_responder *responder)
{
    struct exchange *exchange;

    if (responder == NULL)
        return;
    while ((exchange = responder->exchanges) != NULL) {
        responder->exchanges = exchange->next;
        free_exchange(exchange);
    }
    kx_recent_free(responder->recent);
    kx_given_free(responder->given);
    free(responder);
}
