/*
 * exchanges.c: the exchanges that a KDC has under way.
 *
 * krb5kdc is one thread, so while we wait for a peer the whole KDC waits.  A
 * lookup therefore waits for kxover_wait at most, and all lookups together for
 * no more than the bucket of stall.c holds; with nothing in it a lookup does
 * not wait at all.
 * An exchange that is not finished then stays, with its sockets, and the next
 * lookup of that realm finds it further on: DNS answers and the peer's bytes
 * wait in the kernel.  Every lookup of a KDC, whatever it is for, moves all
 * exchanges as far as they can go without waiting.
 *
 * A realm whose exchange has failed is left alone for a while (failures.c).
 * But where no lookup came for some time, nobody moved its exchange, and that
 * a limit passed meanwhile, or that the peer did not wait for us, is no
 * failure of the realm: such an exchange is forgotten, and the lookup that
 * finds it begins another.
 *
 * MAX_EXCHANGES bounds them all; with all places taken one gives way
 * (pending.c).
 *
 * The questions about hosts (questions.c) share the loop and the bucket.
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
#include "exchange/failures.h"
#include "exchange/report.h"
#include "plugin/exchanges.h"
#include "plugin/pending.h"
#include "plugin/questions.h"
#include "plugin/stall.h"

/* Seconds for an exchange as a whole.  Its steps have limits of their own;
 * this one has to leave time for a KDC that waits for none of them. */
#define EXCHANGE_TIMEOUT 60
#define MAX_EXCHANGES 64

/* Rounds of the loop at the first lookup after a while. */
#define ROUNDS_AFTER_REST 4

/* Realms that are left alone. */
#define MAX_FAILURES 1024

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
    struct kx_pending *pending;
    struct kx_questions *questions;
    uint64_t asked; /* lookups that asked for an exchange */
    int64_t moved;  /* when the loop last ran, or what is in it was begun */
    struct kx_stall stall;
    struct kx_failures *failures; /* of realms */
    struct kx_failures *unknown;  /* hosts whose realm could not be had */
    struct kx_quiet not_begun_line;
    struct kx_quiet full_line;
};

/* Nanoseconds since some moment, never set back. */
static int64_t
monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The same in seconds, as failures.h counts. */
static int64_t
seconds(void)
{
    return monotonic() / 1000000000;
}

/* Release all that is under way; in a forked child, just forget it. */
static void
stop(struct kx_exchanges *exchanges)
{
    krb5_boolean ours = exchanges->process == getpid();

    kx_pending_drop(&exchanges->pending, !ours);
    kx_questions_drop(exchanges->questions, !ours);
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
    ret = kx_event_base_new(exchanges->context, &exchanges->base);
    if (ret)
        return ret;
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

/* An exchange has ended. */
static void
initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct kx_pending *pending = arg;
    struct kx_exchanges *exchanges = pending->owner;
    krb5_data remote = kx_data(pending->remote, strlen(pending->remote));
    const char *words;

    pending->ended = TRUE;
    pending->code = code;
    if (code == KX_ERR_UNATTENDED)
        return;
    if (code) {
        words = krb5_get_error_message(exchanges->context, code);
        kx_failures_add(exchanges->failures, &remote, code, words, seconds());
        krb5_free_error_message(exchanges->context, words);
        return;
    }
    kx_failures_remove(exchanges->failures, &remote);
    exchanges->agreed(exchanges->arg, crossover);
}

/* With all places taken, let one exchange give way to that with remote. */
static void
make_room(struct kx_exchanges *exchanges, const krb5_data *remote)
{
    struct kx_pending **victim =
        kx_pending_victim(&exchanges->pending, MAX_EXCHANGES);

    if (victim == NULL)
        return;
    kx_log_quietly(&exchanges->full_line, exchanges->logger, LOG_WARNING,
                   "%d exchanges are under way: the one with realm %s gives "
                   "way to one with realm %.*s",
                   MAX_EXCHANGES, (*victim)->remote, (int)remote->length,
                   remote->data);
    kx_pending_release(victim);
}

/* Begin an exchange with remote.  Errors: those of start() and
 * kx_initiator_start(). */
static krb5_error_code
begin(struct kx_exchanges *exchanges, const krb5_data *remote,
      uint32_t known_kvno, struct kx_pending **out)
{
    struct kx_pending *pending;
    krb5_error_code ret;

    ret = start(exchanges);
    if (ret)
        return ret;
    ret = kx_pending_new(exchanges, remote, &pending);
    if (ret)
        return ret;
    ret = kx_initiator_start(exchanges->engine, remote, known_kvno,
                             &exchanges->source, EXCHANGE_TIMEOUT, initiated,
                             pending, &pending->initiator);
    if (ret) {
        free(pending);
        return ret;
    }
    make_room(exchanges, remote);
    exchanges->moved = monotonic();
    pending->next = exchanges->pending;
    exchanges->pending = pending;
    *out = pending;
    return 0;
}

/*
 * Log, once in a while, that there can be no exchange with remote because of
 * code, of which the context holds the message, and return code.  (One that
 * has begun logs its own end.)
 */
static krb5_error_code
not_begun(struct kx_exchanges *exchanges, const krb5_data *remote,
          krb5_error_code code)
{
    const struct kx_course course = {.context = exchanges->context,
                                     .side = KX_INITIATOR,
                                     .local = exchanges->settings->realm,
                                     .remote = *remote};
    const struct kx_place nowhere = {0};

    if (kx_failures_note(exchanges->failures, remote, code, seconds()))
        kx_report_failed(exchanges->logger, &exchanges->not_begun_line,
                         LOG_ERR, &course, &nowhere, code);
    return code;
}

/*
 * Give the exchange with remote, begun now if there is none, in *out.
 * Errors: as kx_exchanges_start().
 */
static krb5_error_code
under_way(struct kx_exchanges *exchanges, const krb5_data *remote,
          uint32_t known_kvno, struct kx_pending **out)
{
    krb5_error_code ret;

    *out = NULL;
    if (exchanges->process == getpid())
        *out = kx_pending_find(exchanges->pending, remote);
    if (*out == NULL) {
        ret = kx_failures_find(exchanges->context, exchanges->failures, remote,
                               seconds());
        if (ret)
            return ret;
        ret = begin(exchanges, remote, known_kvno, out);
        if (ret)
            return not_begun(exchanges, remote, ret);
    }
    (*out)->asked = ++exchanges->asked;
    return 0;
}

/* Run the loop until *ended, or as long as the bucket allows; *code is then
 * how it went. */
static void
wait_for(struct kx_exchanges *exchanges, const krb5_boolean *ended,
         const krb5_error_code *code)
{
    struct kx_stall *stall = &exchanges->stall;
    int64_t begun = monotonic(), now, left, end;
    struct timeval alarm;

    end = begun + kx_stall_allowance(stall, begun);
    for (;;) {
        (void)event_base_loop(exchanges->base, EVLOOP_NONBLOCK);
        now = monotonic();
        left = end - now;
        if (*ended || left <= 0)
            break;
        alarm.tv_sec = (time_t)(left / 1000000000);
        alarm.tv_usec = (suseconds_t)(left % 1000000000 / 1000);
        if (event_add(exchanges->alarm, &alarm) < 0)
            break;
        (void)event_base_loop(exchanges->base, EVLOOP_ONCE);
    }
    (void)event_del(exchanges->alarm);
    exchanges->moved = now;
    kx_stall_spend(stall, now - begun, !*ended || *code != 0, now);
}

/*
 * Let happen what can without waiting, after nobody ran the loop for unmoved
 * seconds.  What has happened meanwhile may take a few rounds to come to
 * light: the connection stands, then the peer has closed it.
 */
static void
run_without_waiting(struct kx_exchanges *exchanges, int64_t unmoved)
{
    int rounds = unmoved > 0 ? ROUNDS_AFTER_REST : 1;

    kx_engine_unattended(exchanges->engine, (time_t)unmoved);
    while (rounds-- > 0)
        (void)event_base_loop(exchanges->base, EVLOOP_NONBLOCK);
    kx_engine_unattended(exchanges->engine, 0);
}

krb5_boolean
kx_exchanges_move(struct kx_exchanges *exchanges)
{
    int64_t begun, now;

    if (exchanges->pending == NULL || exchanges->process != getpid())
        return FALSE;
    begun = monotonic();
    run_without_waiting(exchanges, (begun - exchanges->moved) / 1000000000);
    kx_pending_sweep(&exchanges->pending, NULL);
    now = monotonic();
    exchanges->moved = now;
    kx_stall_spend(&exchanges->stall, now - begun, FALSE, now);
    return TRUE;
}

krb5_error_code
kx_exchanges_start(struct kx_exchanges *exchanges, const krb5_data *remote,
                   uint32_t known_kvno)
{
    struct kx_pending *pending;

    return under_way(exchanges, remote, known_kvno, &pending);
}

krb5_error_code
kx_exchanges_wait(struct kx_exchanges *exchanges, const krb5_data *remote,
                  uint32_t known_kvno)
{
    struct kx_pending *pending;
    krb5_error_code ret;
    const char *step;

    ret = under_way(exchanges, remote, known_kvno, &pending);
    if (ret)
        return ret;
    wait_for(exchanges, &pending->ended, &pending->code);
    kx_pending_sweep(&exchanges->pending, pending);
    if (!pending->ended) {
        step = kx_initiator_step(pending->initiator);
        return kx_error(exchanges->context, KRB5KDC_ERR_SVC_UNAVAILABLE,
                        "exchange with realm %s waits for %s", pending->remote,
                        step);
    }
    ret = pending->code;
    kx_pending_sweep(&exchanges->pending, NULL);
    return ret;
}

krb5_error_code
kx_exchanges_realm_of(struct kx_exchanges *exchanges, const char *host,
                      char *realm)
{
    const krb5_data name = kx_data(host, strlen(host));
    const struct kx_question *question;
    const char *words;
    krb5_error_code ret;

    realm[0] = '\0';
    ret = kx_failures_find(exchanges->context, exchanges->unknown, &name,
                           seconds());
    if (ret == 0)
        ret = start(exchanges);
    if (ret == 0)
        ret = kx_questions_ask(exchanges->questions,
                               kx_engine_resolver(exchanges->engine), host,
                               &question);
    if (ret)
        return ret;
    wait_for(exchanges, &question->ended, &question->code);
    kx_pending_sweep(&exchanges->pending, NULL);
    if (!question->ended)
        return kx_error(exchanges->context, KRB5KDC_ERR_SVC_UNAVAILABLE,
                        "the realm of host %s is asked of DNS", host);
    ret = question->code;
    memcpy(realm, question->realm, sizeof(question->realm));
    kx_questions_done(exchanges->questions, question);
    if (ret) {
        words = krb5_get_error_message(exchanges->context, ret);
        (void)kx_failures_add(exchanges->unknown, &name, ret, words,
                              seconds());
        krb5_free_error_message(exchanges->context, words);
    }
    return ret;
}

krb5_error_code
kx_exchanges_new(krb5_context context, const struct kx_settings *settings,
                 const struct kx_logger *logger,
                 const struct kx_earlier_source *source, kx_agreed_fn *agreed,
                 void *arg, struct kx_exchanges **out)
{
    struct kx_exchanges *exchanges;
    krb5_error_code ret;

    *out = NULL;
    exchanges = calloc(1, sizeof(*exchanges));
    if (exchanges == NULL)
        return ENOMEM;
    ret = kx_failures_new(MAX_FAILURES, &exchanges->failures);
    if (ret == 0)
        ret = kx_failures_new(MAX_FAILURES, &exchanges->unknown);
    if (ret == 0)
        ret = kx_questions_new(context, &exchanges->questions);
    if (ret) {
        kx_failures_free(exchanges->failures);
        kx_failures_free(exchanges->unknown);
        free(exchanges);
        return ret;
    }
    kx_stall_begin(&exchanges->stall, (int64_t)settings->wait * 1000000000,
                   settings->stall, monotonic());
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
    kx_questions_free(exchanges->questions);
    kx_failures_free(exchanges->failures);
    kx_failures_free(exchanges->unknown);
    free(exchanges);
}
