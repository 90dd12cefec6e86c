/*
 * exchanges.c: the exchanges that a KDC has under way.
 *
 * krb5kdc is one thread, so while we wait for a peer the whole KDC waits.  A
 * lookup therefore waits for kxover_wait at most; an exchange that is not
 * finished then stays, with its sockets, and the next lookup of that realm
 * finds it further on: DNS answers and the peer's bytes wait in the kernel.
 * The loop that a lookup runs moves all exchanges, whoever asked for them.
 *
 * An exchange gives itself up after EXCHANGE_TIMEOUT, so those that nobody
 * asks for again go with the next loop.  MAX_EXCHANGES bounds them all.
 *
 * krb5kdc forks after opening its database; what a parent has started is of no
 * use to a child and dangerous to touch (the event base shares the parent's
 * kernel state, the resolver its thread), so a child abandons it.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include "exchange/step.h"
#include "plugin/exchanges.h"

#define EXCHANGE_TIMEOUT 30 /* seconds */
#define MAX_EXCHANGES 64

/* One exchange under way, or just ended. */
struct pending {
    struct pending *next;
    struct kx_exchanges *exchanges;
    char remote[KX_MAX_DNS_NAME];
    struct kx_initiator *initiator;
    krb5_boolean ended;
    krb5_error_code code; /* how it ended */
};

struct kx_exchanges {
    krb5_context context;
    const struct kx_settings *settings;
    const struct kx_logger *logger;
    struct kx_earlier_source source;
    kx_agreed_fn *agreed;
    void *arg;
    pid_t process; /* that started what follows */
    struct event_base *base;
    struct event *alarm; /* ends a wait */
    struct kx_engine *engine;
    struct pending *pending;
};

/* Release all that is under way; in a forked child, just forget it. */
static void
stop(struct kx_exchanges *exchanges)
{
    struct pending *pending;
    krb5_boolean ours = exchanges->process == getpid();

    while ((pending = exchanges->pending) != NULL) {
        exchanges->pending = pending->next;
        if (ours)
            kx_initiator_free(pending->initiator);
        free(pending);
    }
    if (exchanges->base == NULL)
        return;
    if (ours) {
        kx_engine_free(exchanges->engine);
        event_free(exchanges->alarm);
        event_base_free(exchanges->base);
    } else {
        kx_engine_abandon(exchanges->engine);
    }
    exchanges->engine = NULL;
    exchanges->base = NULL;
}

/* Event: a wait is over; that the loop returned is all there is to it. */
static void
alarm_rang(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/* Have an event base and an engine of this process.  Errors: KX_ERR_DNS_SETUP,
 * ENOMEM. */
static krb5_error_code
start(struct kx_exchanges *exchanges)
{
    krb5_error_code ret;

    if (exchanges->base != NULL && exchanges->process == getpid())
        return 0;
    stop(exchanges);
    exchanges->process = getpid();
    exchanges->base = event_base_new();
    if (exchanges->base == NULL)
        return ENOMEM;
    exchanges->alarm = event_new(exchanges->base, -1, 0, alarm_rang, NULL);
    ret = exchanges->alarm == NULL
              ? ENOMEM
              : kx_engine_new(exchanges->context, exchanges->base,
                              exchanges->settings, exchanges->logger,
                              &exchanges->engine);
    if (ret) {
        if (exchanges->alarm != NULL)
            event_free(exchanges->alarm);
        event_base_free(exchanges->base);
        exchanges->base = NULL;
    }
    return ret;
}

/* The exchange with remote, and how many there are in all. */
static struct pending *
find(const struct kx_exchanges *exchanges, const krb5_data *remote, size_t *n)
{
    struct pending *pending, *found = NULL;

    *n = 0;
    for (pending = exchanges->pending; pending != NULL;
         pending = pending->next) {
        (*n)++;
        if (strlen(pending->remote) == remote->length &&
            memcmp(pending->remote, remote->data, remote->length) == 0)
            found = pending;
    }
    return found;
}

/* An exchange has ended. */
static void
initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct pending *pending = arg;

    pending->ended = TRUE;
    pending->code = code;
    if (code == 0)
        pending->exchanges->agreed(pending->exchanges->arg, crossover);
}

/* Take out and release the exchanges that ended, but for `but`. */
static void
sweep(struct kx_exchanges *exchanges, const struct pending *but)
{
    struct pending **link = &exchanges->pending, *pending;

    while ((pending = *link) != NULL) {
        if (!pending->ended || pending == but) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        kx_initiator_free(pending->initiator);
        free(pending);
    }
}

/* Begin an exchange with remote.  Errors: those of kx_initiator_start(),
 * KX_ERR_BUSY. */
static krb5_error_code
begin(struct kx_exchanges *exchanges, const krb5_data *remote,
      uint32_t known_kvno, size_t n, struct pending **out)
{
    struct pending *pending;
    krb5_error_code ret;

    if (n >= MAX_EXCHANGES)
        return kx_error(exchanges->context, KX_ERR_BUSY,
                        "realm %.*s: %d exchanges are under way already",
                        (int)remote->length, remote->data, MAX_EXCHANGES);
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        return ENOMEM;
    pending->exchanges = exchanges;
    if (remote->length < sizeof(pending->remote))
        memcpy(pending->remote, remote->data, remote->length);
    ret = kx_initiator_start(exchanges->engine, remote, known_kvno,
                             &exchanges->source, EXCHANGE_TIMEOUT, initiated,
                             pending, &pending->initiator);
    if (ret) {
        free(pending);
        return ret;
    }
    pending->next = exchanges->pending;
    exchanges->pending = pending;
    *out = pending;
    return 0;
}

/*
 * Log that there can be no exchange with remote because of code, of which the
 * context holds the message, and return code.  (One that has begun logs its
 * own end.)
 */
static krb5_error_code
not_begun(const struct kx_exchanges *exchanges, const krb5_data *remote,
          krb5_error_code code)
{
    const char *words = krb5_get_error_message(exchanges->context, code);

    kx_log(exchanges->logger, LOG_ERR, "krbtgt/%.*s@%s: no crossover: %s: %s",
           (int)remote->length, remote->data, exchanges->settings->realm,
           kx_error_step(code), words);
    krb5_free_error_message(exchanges->context, words);
    return code;
}

/* Nanoseconds since some moment, never set back. */
static int64_t
monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Run the loop until pending has ended or the time is up. */
static void
run_until(struct kx_exchanges *exchanges, const struct pending *pending)
{
    int64_t end, left;
    struct timeval alarm;

    end = monotonic() + (int64_t)exchanges->settings->wait * 1000000000;
    for (;;) {
        (void)event_base_loop(exchanges->base, EVLOOP_NONBLOCK);
        left = end - monotonic();
        if (pending->ended || left <= 0)
            break;
        alarm.tv_sec = (time_t)(left / 1000000000);
        alarm.tv_usec = (suseconds_t)(left % 1000000000 / 1000);
        if (event_add(exchanges->alarm, &alarm) < 0)
            break;
        (void)event_base_loop(exchanges->base, EVLOOP_ONCE);
    }
    (void)event_del(exchanges->alarm);
}

void
kx_exchanges_move(struct kx_exchanges *exchanges)
{
    if (exchanges->pending == NULL || exchanges->process != getpid())
        return;
    (void)event_base_loop(exchanges->base, EVLOOP_NONBLOCK);
    sweep(exchanges, NULL);
}

krb5_error_code
kx_exchanges_start(struct kx_exchanges *exchanges, const krb5_data *remote,
                   uint32_t known_kvno)
{
    struct pending *pending;
    krb5_error_code ret;
    size_t n;

    ret = start(exchanges);
    if (ret == 0 && find(exchanges, remote, &n) == NULL)
        ret = begin(exchanges, remote, known_kvno, n, &pending);
    return ret ? not_begun(exchanges, remote, ret) : 0;
}

krb5_error_code
kx_exchanges_wait(struct kx_exchanges *exchanges, const krb5_data *remote,
                  uint32_t known_kvno)
{
    krb5_context context = exchanges->context;
    struct pending *pending;
    krb5_error_code ret;
    const char *step;
    size_t n;

    ret = start(exchanges);
    if (ret)
        return not_begun(exchanges, remote, ret);
    pending = find(exchanges, remote, &n);
    if (pending == NULL) {
        ret = begin(exchanges, remote, known_kvno, n, &pending);
        if (ret)
            return not_begun(exchanges, remote, ret);
    }
    run_until(exchanges, pending);
    sweep(exchanges, pending);
    if (!pending->ended) {
        step = kx_initiator_step(pending->initiator);
        return kx_error(context, KRB5KDC_ERR_SVC_UNAVAILABLE,
                        "exchange with realm %s waits for %s", pending->remote,
                        step);
    }
    ret = pending->code;
    sweep(exchanges, NULL);
    return ret;
}

krb5_error_code
kx_exchanges_new(krb5_context context, const struct kx_settings *settings,
                 const struct kx_logger *logger,
                 const struct kx_earlier_source *source, kx_agreed_fn *agreed,
                 void *arg, struct kx_exchanges **out)
{
    struct kx_exchanges *exchanges;

    *out = NULL;
    exchanges = calloc(1, sizeof(*exchanges));
    if (exchanges == NULL)
        return ENOMEM;
    exchanges->context = context;
    exchanges->settings = settings;
    exchanges->logger = logger;
    if (source != NULL)
        exchanges->source = *source;
    exchanges->agreed = agreed;
    exchanges->arg = arg;
    *out = exchanges;
    return 0;
}

void
kx_exchanges_free(struct kx_exchanges *exchanges)
{
    if (exchanges == NULL)
        return;
    stop(exchanges);
    free(exchanges);
}
