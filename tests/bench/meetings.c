/*
 * meetings.c: exchanges of which nothing is computed and nothing sent.
 *
 * What they ask of DNS is asked by exchange/peer.c, for both sides, and
 * answered from a cache for each process that asks, or after a while.  The
 * responder chooses the version and stores the key by the product's functions,
 * before the initiator has it.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include "exchange/peer.h"
#include "tests/bench/world.h"

/* Milliseconds: a question that no cache answers; from one realm to another
 * and back; until silence is one. */
#define DNS_TIME 60
#define ROUND_TRIP 60
#define SILENCE 10000

static void
milliseconds(struct timeval *out, int n)
{
    out->tv_sec = n / 1000;
    out->tv_usec = (suseconds_t)(n % 1000) * 1000;
}

/* ---- DNS ---- */

struct kx_resolver {
    struct realm *realm;
    enum process process;
};

struct kx_lookup {
    struct event *event;
    struct realm *peer;
    enum question question;
    kx_answer_fn *done;
    void *arg;
};

__typeof__(kx_lookup_srv) __wrap_kx_lookup_srv;
__typeof__(kx_lookup_tlsa) __wrap_kx_lookup_tlsa;
__typeof__(kx_lookup_address) __wrap_kx_lookup_address;
__typeof__(kx_lookup_cancel) __wrap_kx_lookup_cancel;

void
__wrap_kx_lookup_cancel(struct kx_lookup *lookup)
{
    if (lookup == NULL)
        return;
    event_free(lookup->event);
    free(lookup);
}

static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
    struct kx_lookup *lookup = arg, answered = *lookup;
    static char digest[32];
    struct kx_srv srv = {.port = 88};
    struct kx_tlsa tlsa = {3, 1, 1, kx_data(digest, sizeof(digest))};
    struct sockaddr_storage address = {.ss_family = AF_INET};
    struct kx_answer answer = {0};

    (void)fd;
    (void)what;
    __wrap_kx_lookup_cancel(lookup);
    switch (answered.question) {
    case SRV:
        strcpy(srv.target, answered.peer->host);
        answer.srv = &srv;
        answer.n_srv = 1;
        break;
    case TLSA:
        answer.tlsa = &tlsa;
        answer.n_tlsa = 1;
        break;
    case ADDRESS:
    case QUESTIONS:
        answer.address = &address;
        answer.n_address = 1;
    }
    answered.done(answered.arg, &answer);
}

/* Begin with a lookup about a peer; an address is asked for in both families.
 */
static krb5_error_code
look_up(struct kx_resolver *resolver, struct realm *peer,
        enum question question, kx_answer_fn *done, void *arg,
        struct kx_lookup **out)
{
    struct realm *realm = resolver->realm;
    int64_t *until = &realm->cached[peer->number][resolver->process][question];
    struct kx_lookup *lookup = calloc(1, sizeof(*lookup));
    const unsigned int n = question == ADDRESS ? 2 : 1;
    struct timeval delay = {0, 0};

    must_not_fail(lookup == NULL ? ENOMEM : 0, "a lookup");
    realm->counts.questions += n;
    if (*until <= world.now) {
        realm->counts.uncached += n;
        *until = world.now + world.dns_ttl;
        milliseconds(&delay, DNS_TIME);
    }
    lookup->peer = peer;
    lookup->question = question;
    lookup->done = done;
    lookup->arg = arg;
    lookup->event = event_new(NULL, -1, 0, on_answer, lookup);
    *out = lookup;
    return event_add(lookup->event, &delay);
}

krb5_error_code
__wrap_kx_lookup_srv(struct kx_resolver *resolver, const krb5_data *realm,
                     const struct timeval *timeout, kx_answer_fn *done,
                     void *arg, struct kx_lookup **out)
{
    (void)timeout;
    return look_up(resolver, realm_named(realm), SRV, done, arg, out);
}

/* The realm of a host, kdc.r0007.example. */
static struct realm *
realm_of_host(const char *host)
{
    const krb5_data name = kx_data(host + 4, strlen(host + 4));

    return realm_named(&name);
}

krb5_error_code
__wrap_kx_lookup_tlsa(struct kx_resolver *resolver, const char *host,
                      uint16_t port, const struct timeval *timeout,
                      kx_answer_fn *done, void *arg, struct kx_lookup **out)
{
    (void)port;
    (void)timeout;
    return look_up(resolver, realm_of_host(host), TLSA, done, arg, out);
}

krb5_error_code
__wrap_kx_lookup_address(struct kx_resolver *resolver, const char *host,
                         const struct timeval *timeout, kx_answer_fn *done,
                         void *arg, struct kx_lookup **out)
{
    (void)timeout;
    return look_up(resolver, realm_of_host(host), ADDRESS, done, arg, out);
}

/* ---- an exchange ---- */

struct kx_initiator {
    struct realm *realm;
    struct realm *remote;
    enum process process;
    uint32_t known;
    struct kx_peer *peer; /* what is looked up, by either side */
    struct event *event;  /* the initiator's next step */
    void (*step)(struct kx_initiator *initiator);
    struct kx_crossover *crossover;
    kx_initiated_fn *done;
    void *arg;
};

__typeof__(kx_initiator_start) __wrap_kx_initiator_start;
__typeof__(kx_initiator_free) __wrap_kx_initiator_free;

void
__wrap_kx_initiator_free(struct kx_initiator *initiator)
{
    if (initiator == NULL)
        return;
    kx_peer_free(initiator->peer);
    event_free(initiator->event);
    kx_crossover_free(world.context, initiator->crossover);
    free(initiator);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
    struct kx_initiator *initiator = arg;

    (void)fd;
    (void)what;
    initiator->step(initiator);
}

/* Do step as the initiator's realm, after so many milliseconds. */
static void
go_on(struct kx_initiator *initiator, int after,
      void (*step)(struct kx_initiator *initiator))
{
    struct timeval delay;

    milliseconds(&delay, after);
    initiator->step = step;
    (void)event_add(initiator->event, &delay);
}

static void
be_answered(struct kx_initiator *initiator)
{
    struct kx_crossover *crossover = initiator->crossover;

    initiator->crossover = NULL;
    initiator->done(initiator->arg, 0, crossover);
}

static void
be_disappointed(struct kx_initiator *initiator)
{
    initiator->realm->counts.failed++;
    initiator->done(initiator->arg,
                    kx_error(world.context, KX_ERR_PEER_SILENT,
                             "%s does not answer", initiator->remote->name),
                    NULL);
}

/* What a mark has of the peer at the other end. */
static void
set_origin(struct kx_origin *origin, const struct realm *peer)
{
    origin->host = strdup(peer->host);
    origin->port = 88;
    origin->certificate = strdup("sha256:000102030405060708090a0b0c0d0e0f"
                                 "101112131415161718191a1b1c1d1e1f");
    origin->tlsa = strdup("3-1-1-000102030405060708090a0b0c0d0e0f"
                          "101112131415161718191a1b1c1d1e1f");
    origin->group = strdup("X25519");
    origin->chain = 1;
}

/* The key that both get, as the responder of the exchange has it. */
static struct kx_crossover *
make_crossover(const struct kx_initiator *initiator, uint32_t kvno)
{
    const struct realm *realm = initiator->realm, *remote = initiator->remote;
    const krb5_data client = kx_data(realm->name, strlen(realm->name));
    const krb5_data service = kx_data(remote->name, strlen(remote->name));
    struct kx_crossover *made = calloc(1, sizeof(*made));
    const struct kx_settings *settings = &remote->settings;

    must_not_fail(made == NULL ? ENOMEM : 0, "a crossover");
    must_not_fail(
        kx_crossover_name(world.context, &service, &client, &made->name),
        "a crossover");
    made->kvno = kvno;
    made->established = time(NULL);
    made->till = made->established + settings->lifetime;
    made->keys = calloc(settings->n_etypes, sizeof(*made->keys));
    must_not_fail(made->keys == NULL ? ENOMEM : 0, "keys");
    for (; made->n_keys < settings->n_etypes; made->n_keys++)
        must_not_fail(krb5_c_make_random_key(world.context,
                                             settings->etypes[made->n_keys],
                                             &made->keys[made->n_keys]),
                      "a key");
    set_origin(&made->origin, realm);
    return made;
}

/* The responder: its DNS has vouched for the initiator's realm. */
static void
on_vouched(void *arg, krb5_error_code code, const struct kx_target *target)
{
    struct kx_initiator *initiator = arg;
    struct realm *realm = initiator->realm, *remote = initiator->remote;
    const struct kx_settings *settings = &remote->settings;
    const struct kx_store *store = &remote->service.store;
    const krb5_data name = kx_data(realm->name, strlen(realm->name));
    struct kx_crossover *made = make_crossover(initiator, 1);
    uint32_t known[2], *used;
    size_t n;

    (void)target;
    must_not_fail(code, "DNS");
    must_not_fail(store->versions(store->arg, made->name, FALSE, &used, &n),
                  "versions");
    known[0] = initiator->known;
    known[1] = kx_given_find(remote->given, &name, time(NULL));
    must_not_fail(kx_next_kvno(world.context, kx_latest_kvno(known, 2), used,
                               n, settings->version_share,
                               settings->version_shares, time(NULL),
                               &made->kvno),
                  "a version");
    free(used);
    must_not_fail(store->put(store->arg, made), "the responder's database");
    must_not_fail(
        kx_given_add(remote->given, &name, made->kvno, made->till + KX_RECENT),
        "a version");
    remote->counts.answered++;
    pulse_beat(&remote->counts.pulse);
    kx_origin_clear(&made->origin);
    set_origin(&made->origin, remote);
    initiator->crossover = made;
    kx_peer_free(initiator->peer);
    initiator->peer = NULL;
    go_on(initiator, ROUND_TRIP / 2, be_answered);
}

/* The request has come to the responder. */
static void
be_asked(struct kx_initiator *initiator)
{
    const char *name = initiator->realm->name;
    const krb5_data realm = kx_data(name, strlen(name));
    struct realm *remote = initiator->remote;

    if (remote->silent) {
        go_on(initiator, SILENCE, be_disappointed);
        return;
    }
    world_act(remote);
    must_not_fail(kx_peer_start(&remote->engine[KXOVERD], NULL, &realm, FALSE,
                                on_vouched, initiator, &initiator->peer),
                  "DNS");
}

/* The initiator: its DNS has vouched for the responder's realm. */
static void
on_found(void *arg, krb5_error_code code, const struct kx_target *target)
{
    struct kx_initiator *initiator = arg;

    (void)target;
    must_not_fail(code, "DNS");
    kx_peer_free(initiator->peer);
    initiator->peer = NULL;
    go_on(initiator, ROUND_TRIP * 3 / 2, be_asked);
}

krb5_error_code
__wrap_kx_initiator_start(struct kx_engine *engine, const krb5_data *remote,
                          uint32_t known_kvno,
                          const struct kx_earlier_source *source,
                          unsigned int timeout, kx_initiated_fn *done,
                          void *arg, struct kx_initiator **out)
{
    struct kx_initiator *initiator = calloc(1, sizeof(*initiator));
    struct realm *realm = world.acting;

    (void)source;
    (void)timeout;
    must_not_fail(initiator == NULL ? ENOMEM : 0, "an exchange");
    initiator->realm = realm;
    initiator->remote = realm_named(remote);
    initiator->process = engine == &realm->engine[KDC] ? KDC : KXOVERD;
    initiator->known = known_kvno;
    initiator->done = done;
    initiator->arg = arg;
    initiator->event = event_new(NULL, -1, 0, on_step, initiator);
    realm->counts.begun++;
    pulse_beat(&realm->counts.pulse);
    pulse_beat(&world.pulse);
    *out = initiator;
    return kx_peer_start(&realm->engine[initiator->process], NULL, remote,
                         TRUE, on_found, initiator, &initiator->peer);
}

/* ---- those of a KDC, which moves on whenever it can ---- */

struct pending {
    struct pending *next;
    struct kx_exchanges *exchanges;
    struct realm *remote;
    struct kx_initiator *initiator;
};

struct kx_exchanges {
    struct realm *realm;
    struct pending *pending;
    struct kx_resolver resolver[PROCESSES];
};

struct kx_exchanges *
meetings_exchanges(struct realm *realm)
{
    struct kx_exchanges *exchanges = calloc(1, sizeof(*exchanges));
    int process;

    must_not_fail(exchanges == NULL ? ENOMEM : 0, "exchanges");
    exchanges->realm = realm;
    for (process = 0; process < PROCESSES; process++) {
        exchanges->resolver[process].realm = realm;
        exchanges->resolver[process].process = (enum process)process;
        realm->engine[process].resolver = &exchanges->resolver[process];
    }
    return exchanges;
}

static void
on_initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct pending *pending = arg, **link = &pending->exchanges->pending;
    struct realm *realm = pending->exchanges->realm;
    const char *name = pending->remote->name;
    const krb5_data remote = kx_data(name, strlen(name));

    while (*link != pending)
        link = &(*link)->next;
    *link = pending->next;
    if (code == 0) {
        kx_failures_remove(realm->failures, &remote);
        kx_outgoing_agreed(&realm->intercept, crossover);
    } else {
        kx_failures_add(realm->failures, &remote, code, error_message(code),
                        kx_monotonic());
    }
    __wrap_kx_initiator_free(pending->initiator);
    free(pending);
}

krb5_error_code
kx_exchanges_start(struct kx_exchanges *exchanges, const krb5_data *remote,
                   uint32_t known_kvno)
{
    struct realm *realm = exchanges->realm, *peer = realm_named(remote);
    struct pending *pending = exchanges->pending;
    krb5_error_code ret;

    while (pending != NULL && pending->remote != peer)
        pending = pending->next;
    if (pending != NULL)
        return 0;
    ret = kx_failures_find(world.context, realm->failures, remote,
                           kx_monotonic());
    if (ret)
        return ret;
    pending = calloc(1, sizeof(*pending));
    must_not_fail(pending == NULL ? ENOMEM : 0, "an exchange");
    pending->exchanges = exchanges;
    pending->remote = peer;
    pending->next = exchanges->pending;
    exchanges->pending = pending;
    return kx_initiator_start(&realm->engine[KDC], remote, known_kvno, NULL,
                              60, on_initiated, pending, &pending->initiator);
}

/* With kxover_wait = 0: the client asks again. */
krb5_error_code
kx_exchanges_wait(struct kx_exchanges *exchanges, const krb5_data *remote,
                  uint32_t known_kvno)
{
    const uint64_t before = exchanges->realm->counts.begun;
    krb5_error_code ret;

    ret = kx_exchanges_start(exchanges, remote, known_kvno);
    exchanges->realm->counts.for_users +=
        exchanges->realm->counts.begun - before;
    return ret == 0 ? KRB5KDC_ERR_SVC_UNAVAILABLE : ret;
}
