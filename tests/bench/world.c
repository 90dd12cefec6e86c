/*
 * world.c: time that passes from event to event.
 *
 * Events are in a heap, the next one first, and of those of one time the one
 * that was planned first.  Each belongs to the realm that acted when it was
 * made, and happens as that realm.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/world.h"

/* Milliseconds until a client asks again. */
#define CLIENT_PAUSE 200

struct world world;

struct event {
    event_callback_fn call;
    void *arg;
    struct realm *realm;
    int64_t at;
    uint64_t order;
    size_t place; /* in the heap, from 1 on; 0: not pending */
};

static struct event **heap; /* from 1 on */
static size_t n_events, room;
static uint64_t n_planned;
static uint64_t chance;

void
must_not_fail(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "bench: %s: %s\n", what,
            krb5_get_error_message(world.context, code));
    exit(1);
}

/* Memory for n things of a size, zeroes. */
static void *
memory(size_t n, size_t size)
{
    void *made = calloc(n, size);

    must_not_fail(made == NULL ? ENOMEM : 0, "the world");
    return made;
}

double
world_chance(double bound)
{
    /* splitmix64: the same everywhere. */
    uint64_t z = chance += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0 * bound;
}

void
pulse_beat(struct pulse *pulse)
{
    static const int64_t spans[SPANS] = {SECOND, MINUTE, DAY};
    int64_t present;
    int i;

    for (i = 0; i < SPANS; i++) {
        present = world.now / spans[i];
        if (present != pulse->present[i]) {
            pulse->present[i] = present;
            pulse->now[i] = 0;
        }
        if (++pulse->now[i] > pulse->most[i])
            pulse->most[i] = pulse->now[i];
    }
}

/* ---- the clock ---- */

__typeof__(time) __wrap_time;
__typeof__(kx_monotonic) __wrap_kx_monotonic;
__typeof__(kx_monotonic_usec) __wrap_kx_monotonic_usec;

time_t
__wrap_time(time_t *out)
{
    const time_t now = (time_t)(world.now / SECOND);

    if (out != NULL)
        *out = now;
    return now;
}

time_t
__wrap_kx_monotonic(void)
{
    return (time_t)(world.now / SECOND);
}

int64_t
__wrap_kx_monotonic_usec(void)
{
    return world.now;
}

/* ---- libevent ---- */

__typeof__(event_new) __wrap_event_new;
__typeof__(event_add) __wrap_event_add;
__typeof__(event_active) __wrap_event_active;
__typeof__(event_pending) __wrap_event_pending;
__typeof__(event_free) __wrap_event_free;
__typeof__(evutil_secure_rng_get_bytes) __wrap_evutil_secure_rng_get_bytes;

static krb5_boolean
is_before(const struct event *a, const struct event *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void
put_at(struct event *event, size_t place)
{
    heap[place] = event;
    event->place = place;
}

/* Find the place of an event between the top of the heap and its end. */
static void
settle_down(struct event *event, size_t place)
{
    size_t next;

    while (place > 1 && is_before(event, heap[place / 2])) {
        put_at(heap[place / 2], place);
        place /= 2;
    }
    for (next = 2 * place; next <= n_events; next = 2 * place) {
        if (next < n_events && is_before(heap[next + 1], heap[next]))
            next++;
        if (!is_before(heap[next], event))
            break;
        put_at(heap[next], place);
        place = next;
    }
    put_at(event, place);
}

static void
take_out(struct event *event)
{
    size_t place = event->place;
    struct event *last;

    if (place == 0)
        return;
    event->place = 0;
    last = heap[n_events--];
    if (last != event)
        settle_down(last, place);
}

static void
put_in(struct event *event, int64_t at)
{
    take_out(event);
    if (n_events + 1 >= room) {
        room = room > 0 ? 2 * room : 1024;
        heap = realloc(heap, room * sizeof(struct event *));
        must_not_fail(heap == NULL ? ENOMEM : 0, "events");
    }
    event->at = at;
    event->order = n_planned++;
    settle_down(event, ++n_events);
}

struct event *
__wrap_event_new(struct event_base *base, evutil_socket_t fd, short what,
                 event_callback_fn call, void *arg)
{
    struct event *event = memory(1, sizeof(*event));

    (void)base;
    (void)fd;
    (void)what;
    event->call = call;
    event->arg = arg;
    event->realm = world.acting;
    return event;
}

int
__wrap_event_add(struct event *event, const struct timeval *in)
{
    put_in(event, world.now + in->tv_sec * SECOND + in->tv_usec);
    return 0;
}

void
__wrap_event_active(struct event *event, int what, short calls)
{
    (void)what;
    (void)calls;
    put_in(event, world.now);
}

int
__wrap_event_pending(const struct event *event, short what,
                     struct timeval *out)
{
    (void)what;
    (void)out;
    return event->place != 0;
}

void
__wrap_event_free(struct event *event)
{
    take_out(event);
    free(event);
}

void
__wrap_evutil_secure_rng_get_bytes(void *out, size_t n)
{
    unsigned char *bytes = out;

    while (n > 0)
        bytes[--n] = (unsigned char)world_chance(256);
}

/* What world_plan() plans. */
struct plan {
    struct event *event;
    void (*happen)(void *arg);
    void *arg;
};

static void
on_plan(evutil_socket_t fd, short what, void *arg)
{
    struct plan *plan = arg, now = *plan;

    (void)fd;
    (void)what;
    __wrap_event_free(plan->event);
    free(plan);
    now.happen(now.arg);
}

void
world_plan(struct realm *realm, int64_t at, void (*happen)(void *arg),
           void *arg)
{
    struct plan *plan = memory(1, sizeof(*plan));

    plan->event = __wrap_event_new(NULL, -1, 0, on_plan, plan);
    plan->event->realm = realm;
    plan->happen = happen;
    plan->arg = arg;
    put_in(plan->event, at > world.now ? at : world.now);
}

void
world_run(int64_t until)
{
    struct event *event;

    while (n_events > 0 && heap[1]->at <= until) {
        event = heap[1];
        take_out(event);
        world.now = event->at;
        world_act(event->realm);
        event->call(-1, EV_TIMEOUT, event->arg);
    }
    world.now = until;
}

/* ---- the realms ---- */

void
world_act(struct realm *realm)
{
    if (world.acting == realm || realm == NULL)
        return;
    world.acting = realm;
    must_not_fail(krb5_set_default_realm(world.context, realm->name),
                  realm->name);
}

struct realm *
realm_named(const krb5_data *name)
{
    unsigned long number = strtoul(name->data + 1, NULL, 10);

    must_not_fail(number < world.n ? 0 : EINVAL, "a realm");
    return &world.realms[number];
}

static void
write_line(void *arg, int priority, const char *line)
{
    (void)arg;
    /* What is refused while a realm is silent is told by the counts. */
    (void)priority;
    (void)line;
}

static const struct kx_logger logger = {write_line, NULL};
const struct kx_logger kx_plugin_logger = {write_line, NULL};

/* Make realm number i as an administrator does who leaves all settings as they
 * are. */
static void
open_realm(unsigned int i)
{
    static krb5_enctype etypes[] = {
        ENCTYPE_AES256_CTS_HMAC_SHA1_96,    ENCTYPE_AES128_CTS_HMAC_SHA1_96,
        ENCTYPE_AES256_CTS_HMAC_SHA384_192, ENCTYPE_AES128_CTS_HMAC_SHA256_128,
        ENCTYPE_CAMELLIA128_CTS_CMAC,       ENCTYPE_CAMELLIA256_CTS_CMAC};
    struct realm *realm = &world.realms[i];
    struct kx_settings *settings = &realm->settings;
    int process;

    realm->number = i;
    (void)snprintf(realm->name, sizeof(realm->name), "R%04u.EXAMPLE", i);
    (void)snprintf(realm->host, sizeof(realm->host), "kdc.r%04u.example", i);
    settings->realm = realm->name;
    settings->section = realm->name;
    settings->lifetime = 14 * KX_DAY;
    settings->lifetime_min = KX_DAY;
    settings->keep = 100;
    settings->max_peers = 10000;
    settings->clockskew = 300;
    settings->etypes = etypes;
    settings->n_etypes = sizeof(etypes) / sizeof(etypes[0]);
    settings->version_share = settings->version_shares = 1;
    realm->kadm = (struct kx_kadm_store){.context = world.context,
                                         .realm = realm->name,
                                         .max_peers = settings->max_peers};
    realm->service = (struct kx_service){
        .context = world.context,
        .settings = settings,
        .kadm = &realm->kadm,
        .store = {&realm->kadm, kx_kadm_store_permits, kx_kadm_store_versions,
                  kx_kadm_store_earlier, kx_kadm_store_put},
        .engine = &realm->engine[KXOVERD]};
    for (process = 0; process < PROCESSES; process++)
        realm->engine[process] = (struct kx_engine){
            .context = world.context, .settings = settings, .logger = &logger};
    must_not_fail(kx_failures_new(1024, &realm->failures), realm->name);
    must_not_fail(kx_given_new(1024, &realm->given), realm->name);
    realm->intercept.context = world.context;
    realm->intercept.settings = settings;
    realm->intercept.exchanges = meetings_exchanges(realm);
    kx_newcomers_begin(&realm->intercept.newcomers,
                       (int64_t)settings->max_peers,
                       settings->lifetime + KX_RECENT, kx_monotonic());
    realm->by_peer[0] = memory(world.n, sizeof(struct slot *));
    realm->by_peer[1] = memory(world.n, sizeof(struct slot *));
    realm->cached = memory(world.n, sizeof(*realm->cached));
}

void
world_open(unsigned int n, time_t now, unsigned int seed)
{
    unsigned int i;

    world.now = now * SECOND;
    world.n = n;
    world.dns_ttl = 3600 * SECOND;
    chance = seed;
    must_not_fail(krb5_init_context(&world.context), "libkrb5");
    world.realms = memory(n, sizeof(*world.realms));
    for (i = 0; i < n; i++)
        open_realm(i);
    databases_open();
}

void
world_close(void)
{
    struct realm *realm;
    unsigned int i;

    for (i = 0; i < world.n; i++) {
        realm = &world.realms[i];
        world_act(realm);
        kx_renewals_free(realm->renewals);
    }
    databases_close();
    for (i = 0; i < world.n; i++) {
        realm = &world.realms[i];
        kx_failures_free(realm->failures);
        kx_given_free(realm->given);
        kx_news_clear(&realm->intercept.told);
        free(realm->intercept.exchanges);
        free(realm->by_peer[0]);
        free(realm->by_peer[1]);
        free(realm->cached);
        free(realm->slots);
    }
    free(world.realms);
    while (n_events > 0) {
        free(heap[n_events]->call == on_plan ? heap[n_events]->arg : NULL);
        free(heap[n_events--]);
    }
    free(heap);
    krb5_free_context(world.context);
}

void
world_count_anew(void)
{
    unsigned int i;

    for (i = 0; i < world.n; i++)
        memset(&world.realms[i].counts, 0, sizeof(struct counts));
    memset(&world.pulse, 0, sizeof(world.pulse));
}

void
realm_start_kxoverd(struct realm *realm)
{
    world_act(realm);
    kx_renewals_free(realm->renewals);
    realm->joined = TRUE;
    kx_steady_begin(&realm->steady);
    must_not_fail(kx_renewals_new(NULL, &logger, "kxoverd", &realm->service,
                                  &realm->steady, &realm->metrics,
                                  &realm->renewals),
                  realm->name);
}

/* A user who waits. */
struct request {
    struct realm *realm;
    struct realm *peer;
};

/* True if a lookup of slot would do no more than to serve it. */
static krb5_boolean
is_settled(const struct slot *slot, time_t now)
{
    const struct kx_life *life = &slot->life;

    return life->ours &&
           now < kx_renewal_begins(life->established, life->till) &&
           !kx_use_is_news(life, now);
}

static void
ask(void *arg)
{
    struct request *request = arg;
    struct realm *realm = request->realm, *peer = request->peer;
    const krb5_data local = kx_data(realm->name, strlen(realm->name));
    const krb5_data remote = kx_data(peer->name, strlen(peer->name));
    const struct slot *slot = realm->by_peer[0][peer->number];
    krb5_principal name;
    krb5_db_entry *entry = NULL;
    krb5_error_code ret;

    if (slot != NULL && is_settled(slot, time(NULL))) {
        free(request);
        return;
    }
    must_not_fail(kx_crossover_name(world.context, &remote, &local, &name),
                  peer->name);
    ret = krb5_db_get_principal(world.context, name, 0, &entry);
    ret = kx_outgoing_lookup(&realm->intercept, name, &remote, ret, &entry);
    krb5_free_principal(world.context, name);
    if (ret == 0) {
        krb5_db_free_principal(world.context, entry);
        free(request);
    } else if (ret == KRB5KDC_ERR_SVC_UNAVAILABLE) {
        world_plan(realm, world.now + CLIENT_PAUSE * SECOND / 1000, ask,
                   request);
    } else {
        free(request);
    }
}

void
realm_ask(struct realm *realm, struct realm *peer)
{
    struct request *request = memory(1, sizeof(*request));

    request->realm = realm;
    request->peer = peer;
    realm->counts.requests++;
    world_act(realm);
    ask(request);
}
