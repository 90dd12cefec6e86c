/*
 * stage.c: a responder or an initiator, whole, whose time, chance, name server
 * and network are what a test says.
 *
 * The functions __wrap_NAME stand in the place of NAME for all objects that
 * are linked with them; they are declared by NAME's own type, so that they
 * stay alike.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/queue.h>
#include <gnutls/crypto.h>
#include "exchange/connect.h"
#include "exchange/peer.h"
#include "exchange/refusal.h"
#include "exchange/transact.h"
#include "tests/vectors/stage.h"

/* As long as an exchange may take here, in seconds: nothing is waited for. */
#define TIMEOUT 30

static struct stage *present;
static krb5_enctype etypes[] = {
    ENCTYPE_AES256_CTS_HMAC_SHA1_96, ENCTYPE_AES128_CTS_HMAC_SHA1_96,
    ENCTYPE_AES256_CTS_HMAC_SHA384_192, ENCTYPE_AES128_CTS_HMAC_SHA256_128};

void
stage_must(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, error_message(code));
    exit(1);
}

/* ---- time and chance ---- */

__typeof__(time) __wrap_time;
__typeof__(gnutls_rnd) __wrap_gnutls_rnd;

time_t
__wrap_time(time_t *out)
{
    if (out != NULL)
        *out = present->now;
    return present->now;
}

/* What was said to come next; when there is nothing left, always the same. */
int
__wrap_gnutls_rnd(gnutls_rnd_level_t level, void *data, size_t length)
{
    const krb5_data *next = &present->chance[present->next_chance];

    (void)level;
    memset(data, 0x42, length);
    if (present->next_chance == present->n_chance)
        return 0;
    present->next_chance++;
    if (next->length != length)
        stage_must(EINVAL, "a random number of another length");
    memcpy(data, next->data, length);
    return 0;
}

/* ---- the name server ---- */

struct kx_peer {
    TAILQ_ENTRY(kx_peer) link;
    kx_target_fn *found;
    void *arg;
    struct event *later;
    size_t n_given; /* servers */
};

/* All that there are, the oldest first. */
static TAILQ_HEAD(, kx_peer) peers = TAILQ_HEAD_INITIALIZER(peers);

__typeof__(kx_peer_start) __wrap_kx_peer_start;
__typeof__(kx_peer_next) __wrap_kx_peer_next;
__typeof__(kx_peer_step) __wrap_kx_peer_step;
__typeof__(kx_peer_free) __wrap_kx_peer_free;

/* Event: give the server, or say that there are no more. */
static void
give_server(evutil_socket_t fd, short what, void *arg)
{
    struct kx_peer *peer = arg;
    struct sockaddr_storage address = {.ss_family = AF_INET};
    struct kx_target target = {.host = present->host,
                               .port = present->port,
                               .tlsa = present->tlsa,
                               .n_tlsa = present->n_tlsa,
                               .address = &address,
                               .n_address = 1};

    (void)fd;
    (void)what;
    if (peer->n_given > present->n_more || present->n_tlsa == 0) {
        peer->found(peer->arg,
                    peer->n_given > 0 ? KX_ERR_PEER_REFUSED : KX_ERR_NO_TLSA,
                    NULL);
        return;
    }
    peer->n_given++;
    peer->found(peer->arg, 0, &target);
}

krb5_error_code
__wrap_kx_peer_start(struct kx_engine *engine, struct kx_course *course,
                     const krb5_data *realm, krb5_boolean want_addresses,
                     kx_target_fn *found, void *arg, struct kx_peer **out)
{
    struct kx_peer *peer = calloc(1, sizeof(*peer));

    (void)course;
    (void)realm;
    (void)want_addresses;
    if (peer == NULL)
        return ENOMEM;
    peer->found = found;
    peer->arg = arg;
    peer->later = event_new(engine->base, -1, 0, give_server, peer);
    if (peer->later == NULL) {
        free(peer);
        return ENOMEM;
    }
    TAILQ_INSERT_TAIL(&peers, peer, link);
    if (present->silent != STAGE_DNS)
        event_active(peer->later, EV_TIMEOUT, 0);
    *out = peer;
    return 0;
}

void
__wrap_kx_peer_next(struct kx_peer *peer)
{
    event_active(peer->later, EV_TIMEOUT, 0);
}

const char *
__wrap_kx_peer_step(const struct kx_peer *peer)
{
    (void)peer;
    return "the stage";
}

void
__wrap_kx_peer_free(struct kx_peer *peer)
{
    if (peer == NULL)
        return;
    TAILQ_REMOVE(&peers, peer, link);
    event_free(peer->later);
    free(peer);
}

void
stage_answer_dns(struct stage *stage)
{
    struct kx_peer *peer;

    stage->silent = STAGE_ALL_SPEAK;
    TAILQ_FOREACH(peer, &peers, link)
    event_active(peer->later, EV_TIMEOUT, 0);
}

/* ---- the network ---- */

struct kx_connect {
    kx_connected_fn *connected;
    void *arg;
    struct event *later;
};

struct kx_transact {
    kx_transacted_fn *done;
    void *arg;
    struct event *later;
};

__typeof__(kx_connect_start) __wrap_kx_connect_start;
__typeof__(kx_connect_free) __wrap_kx_connect_free;
__typeof__(kx_transact_start) __wrap_kx_transact_start;
__typeof__(kx_transact_free) __wrap_kx_transact_free;

/* Event: the connection stands, or there is none. */
static void
be_connected(evutil_socket_t fd, short what, void *arg)
{
    struct kx_connect *connect = arg;
    krb5_error_code code = present->connecting;

    (void)fd;
    (void)what;
    present->connecting = 0;
    connect->connected(connect->arg, code, -1, NULL);
}

krb5_error_code
__wrap_kx_connect_start(struct kx_engine *engine, const char *host,
                        const struct sockaddr_storage *addresses, size_t n,
                        kx_connected_fn *connected, void *arg,
                        struct kx_connect **out)
{
    struct kx_connect *connect = calloc(1, sizeof(*connect));

    (void)host;
    (void)addresses;
    (void)n;
    if (connect == NULL)
        return ENOMEM;
    connect->connected = connected;
    connect->arg = arg;
    connect->later = event_new(engine->base, -1, 0, be_connected, connect);
    if (connect->later == NULL) {
        free(connect);
        return ENOMEM;
    }
    if (present->silent != STAGE_CONNECTION)
        event_active(connect->later, EV_TIMEOUT, 0);
    *out = connect;
    return 0;
}

void
__wrap_kx_connect_free(struct kx_connect *connect)
{
    if (connect == NULL)
        return;
    event_free(connect->later);
    free(connect);
}

/* Event: the server's next answer is here; or it has no more. */
static void
be_answered(evutil_socket_t fd, short what, void *arg)
{
    struct kx_transact *transact = arg;
    const krb5_data *answer = NULL;

    (void)fd;
    (void)what;
    if (present->next_answer < present->n_answers)
        answer = &present->answers[present->next_answer++];
    if (answer == NULL || answer->length == 0)
        transact->done(transact->arg, KX_ERR_PEER_CLOSED, NULL);
    else
        transact->done(transact->arg, 0, answer);
}

krb5_error_code
__wrap_kx_transact_start(struct kx_engine *engine, evutil_socket_t socket,
                         const char *host, const krb5_data *message,
                         kx_transacted_fn *done, void *arg,
                         struct kx_transact **out)
{
    struct kx_transact *transact = calloc(1, sizeof(*transact));

    (void)socket;
    (void)host;
    stage_must(present->n_requests == STAGE_MAX ? E2BIG : 0, "a request");
    if (transact == NULL)
        return ENOMEM;
    transact->done = done;
    transact->arg = arg;
    transact->later = event_new(engine->base, -1, 0, be_answered, transact);
    if (transact->later == NULL ||
        kx_data_copy(message, &present->requests[present->n_requests]) != 0) {
        if (transact->later != NULL)
            event_free(transact->later);
        free(transact);
        return ENOMEM;
    }
    present->n_requests++;
    if (present->silent != STAGE_SERVER)
        event_active(transact->later, EV_TIMEOUT, 0);
    *out = transact;
    return 0;
}

void
__wrap_kx_transact_free(struct kx_transact *transact)
{
    if (transact == NULL)
        return;
    event_free(transact->later);
    free(transact);
}

/* ---- refusals ---- */

__typeof__(kx_refusal_make) __real_kx_refusal_make, __wrap_kx_refusal_make;

/* The real one, with a note of what was refused for. */
krb5_error_code
__wrap_kx_refusal_make(krb5_context context, krb5_error_code code,
                       const char *realm, time_t now,
                       const struct kx_roots *roots, krb5_data *out)
{
    present->refused = code;
    return __real_kx_refusal_make(context, code, realm, now, roots, out);
}

/* ---- the database ---- */

/* Give the keys that are held; of a kx_store and a kx_earlier_source. */
static krb5_error_code
get_held(void *arg, krb5_const_principal name, krb5_boolean adopt,
         struct kx_earlier *earlier)
{
    struct stage *stage = arg;
    const struct kx_earlier *held = &stage->held;
    krb5_error_code ret = 0;

    (void)name;
    (void)adopt;
    memset(earlier, 0, sizeof(*earlier));
    if (held->n == 0)
        return 0;
    earlier->keys = calloc(held->n, sizeof(*earlier->keys));
    if (earlier->keys == NULL)
        return ENOMEM;
    for (; ret == 0 && earlier->n < held->n; earlier->n++) {
        earlier->keys[earlier->n] = held->keys[earlier->n];
        ret = krb5_copy_keyblock_contents(stage->context,
                                          &held->keys[earlier->n].key,
                                          &earlier->keys[earlier->n].key);
    }
    if (ret)
        kx_earlier_clear(stage->context, earlier);
    return ret;
}

/* Give the versions that are held; of a kx_store. */
static krb5_error_code
get_versions(void *arg, krb5_const_principal name, krb5_boolean adopt,
             uint32_t **kvnos, size_t *n)
{
    struct stage *stage = arg;

    (void)name;
    (void)adopt;
    *kvnos = calloc(stage->n_versions + 1, sizeof(**kvnos));
    if (*kvnos == NULL)
        return ENOMEM;
    memcpy(*kvnos, stage->versions, stage->n_versions * sizeof(**kvnos));
    *n = stage->n_versions;
    return 0;
}

/* Keep the new key; of a kx_store. */
static krb5_error_code
put_crossover(void *arg, const struct kx_crossover *crossover)
{
    struct stage *stage = arg;

    kx_crossover_free(stage->context, stage->crossover);
    stage->crossover = NULL;
    stage->n_stored++;
    return kx_crossover_copy(stage->context, crossover, &stage->crossover);
}

/* Say whether the crossover is blocked; of a kx_store. */
static krb5_error_code
permit(void *arg, krb5_const_principal name)
{
    const struct stage *stage = arg;

    (void)name;
    return stage->is_blocked ? KX_ERR_BLOCKED : 0;
}

/* ---- both sides ---- */

void
stage_begin(struct stage *stage, char *realm)
{
    memset(stage, 0, sizeof(*stage));
    present = stage;
    kx_init_errors();
    stage_must(krb5_init_context(&stage->context), "libkrb5");
    stage->base = event_base_new();
    stage_must(stage->base == NULL ? ENOMEM : 0, "an event base");
    stage->settings.realm = realm;
    stage->settings.section = realm;
    stage->settings.lifetime = 14 * KX_DAY;
    stage->settings.lifetime_min = KX_DAY;
    stage->settings.clockskew = 300;
    stage->settings.etypes = etypes;
    stage->settings.n_etypes = sizeof(etypes) / sizeof(etypes[0]);
    stage->settings.version_share = 1;
    stage->settings.version_shares = 1;
}

/* Make the engine, once the settings are there. */
static void
need_engine(struct stage *stage)
{
    if (stage->engine == NULL)
        stage_must(kx_engine_new(stage->context, stage->base, &stage->settings,
                                 NULL, &stage->engine),
                   "the engine");
    stage->next_chance = 0;
    stage->next_answer = 0;
}

/* A kx_answered_fn. */
static void
take_answer(void *arg, const krb5_data *reply)
{
    struct stage *stage = arg;

    if (reply->length > 0)
        memcpy(stage->answer_bytes, reply->data, reply->length);
    stage->answer = kx_data(stage->answer_bytes, reply->length);
    (void)event_base_loopbreak(stage->base);
}

/* Make the responder.  Errors: ENOMEM. */
static krb5_error_code
new_responder(struct stage *stage, struct kx_responder **out)
{
    const struct kx_store store = {.arg = stage,
                                   .permits = permit,
                                   .versions = get_versions,
                                   .earlier = get_held,
                                   .put = put_crossover};

    need_engine(stage);
    return kx_responder_new(stage->engine, &store, NULL, out);
}

struct kx_responder *
stage_responder(struct stage *stage)
{
    struct kx_responder *responder;

    stage_must(new_responder(stage, &responder), "the responder");
    return responder;
}

void
stage_respond(struct stage *stage, const krb5_data *message)
{
    const struct sockaddr_in source = {.sin_family = AF_INET};
    struct kx_responder *responder;
    struct kx_request *request;

    stage->refused = new_responder(stage, &responder);
    if (stage->refused == 0)
        stage->refused = kx_responder_take(responder, message,
                                           (const struct sockaddr *)&source,
                                           take_answer, stage, &request);
    if (stage->refused == 0)
        (void)event_base_dispatch(stage->base);
    kx_responder_free(responder);
}

/* As evutil_timercmp(), which cppcheck cannot read. */
static krb5_boolean
is_before(const struct timeval *x, const struct timeval *y)
{
    return x->tv_sec != y->tv_sec ? x->tv_sec < y->tv_sec
                                  : x->tv_usec < y->tv_usec;
}

/* Keep the event in *arg if it has the next deadline. */
static int
find_next(const struct event_base *base, const struct event *event, void *arg)
{
    const struct event **next = arg;
    struct timeval at, best;

    (void)base;
    if (event_pending(event, EV_TIMEOUT, &at) != 0 &&
        (*next == NULL || (event_pending(*next, EV_TIMEOUT, &best) != 0 &&
                           is_before(&at, &best))))
        *next = event;
    return 0;
}

krb5_boolean
stage_pass_time(struct stage *stage)
{
    const struct event *next = NULL;

    (void)event_base_foreach_event(stage->base, find_next, &next);
    if (next == NULL)
        return FALSE;
    /* It takes the const off: NOLINTNEXTLINE(performance-no-int-to-ptr) */
    event_active((struct event *)(uintptr_t)next, EV_TIMEOUT, 0);
    return TRUE;
}

/* A kx_initiated_fn. */
static void
take_crossover(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct stage *stage = arg;

    stage->refused = code;
    stage->crossover = crossover;
    (void)event_base_loopbreak(stage->base);
}

void
stage_initiate(struct stage *stage, const char *remote)
{
    const krb5_data realm = kx_data(remote, strlen(remote));
    const struct kx_earlier_source source = {.arg = stage, .get = get_held};
    struct kx_initiator *initiator;

    need_engine(stage);
    stage->refused =
        kx_initiator_start(stage->engine, &realm, stage->known, &source,
                           TIMEOUT, take_crossover, stage, &initiator);
    if (stage->refused == 0 && stage->silent != STAGE_ALL_SPEAK) {
        (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
        if (stage->refused == 0)
            (void)stage_pass_time(stage);
    }
    if (stage->refused == 0 && stage->crossover == NULL)
        (void)event_base_dispatch(stage->base);
    kx_initiator_free(initiator);
}

void
stage_clear(struct stage *stage)
{
    size_t i;

    stage->answer = kx_data(NULL, 0);
    for (i = 0; i < stage->n_requests; i++)
        kx_data_free(&stage->requests[i]);
    stage->n_requests = 0;
    kx_crossover_free(stage->context, stage->crossover);
    stage->crossover = NULL;
    stage->n_stored = 0;
    stage->refused = 0;
}

void
stage_end(struct stage *stage)
{
    stage_clear(stage);
    kx_engine_free(stage->engine);
    event_base_free(stage->base);
    krb5_free_context(stage->context);
}
