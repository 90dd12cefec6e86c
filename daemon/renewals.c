/*
 * renewals.c: crossovers that are renewed with nobody asking, and those that
 * are over and go.
 *
 * At intervals a child looks through the database (walk.c) for crossovers that
 * are due among those used last, and for entries that are over.  They become
 * jobs, as do the realms that kxover_keep names, and a tick does them one by
 * one, so that we never stand still for long, and a few exchanges at a time.
 * Each job looks at the entry again: a KDC may have renewed it meanwhile, or
 * an administrator have changed it.  If a KDC is at it in this very moment,
 * there are two new keys: both are good, and the later one is used.
 *
 * A realm whose renewal fails is left alone for one interval, then for two,
 * four and so on, up to an hour (attempts.c).
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <syslog.h>
#include "daemon/attempts.h"
#include "daemon/kxoverd.h"
#include "daemon/walk.h"

/* Looks at the database in the shortest life of a key: a third of that is the
 * time for renewal, and has three at the least. */
#define LOOKS 12

/* Seconds from one look to the next, whatever the lives of keys. */
#define SHORTEST_INTERVAL 1
#define LONGEST_INTERVAL 3600

/* The part of that interval that a look may come later, by chance: all that
 * were started in one second (by a power cut that is over, or an upgrade)
 * would else look, and begin exchanges with the same peers, in one second for
 * ever. */
#define LATER_PART 4

/* A walk that took long is followed by a pause so many times as long. */
#define WALK_SHARE 20

/* Milliseconds from tick to tick; entries looked at in one, and exchanges
 * under way at once. */
#define TICK 200
#define LOOKS_PER_TICK 20
#define MAX_EXCHANGES 4

#define EXCHANGE_TIMEOUT 30 /* seconds */

/* What is to be done. */
struct job {
    TAILQ_ENTRY(job) link;
    krb5_boolean removal;
    char name[]; /* a realm, or for a removal a principal */
};
TAILQ_HEAD(jobs, job);

struct kx_renewals {
    struct event_base *base;
    const struct kx_logger *logger;
    const char *program;
    struct kx_service *service;
    struct kx_steady *steady;
    struct kx_metrics *metrics;
    struct event *timer; /* for the next walk */
    struct event *tick;  /* for the next job */
    struct kx_walk *walk;
    int64_t walk_began;   /* microseconds of the monotonic clock */
    size_t n_due, n_over; /* that the walk found */
    krb5_boolean told;    /* a walk was logged */
    time_t interval;
    struct jobs jobs;
    struct kx_attempts attempts;
};

/* Let the next tick come. */
static void
wind_up(struct kx_renewals *renewals)
{
    static const struct timeval tick = {0, TICK * 1000};

    if (!event_pending(renewals->tick, EV_TIMEOUT, NULL))
        (void)event_add(renewals->tick, &tick);
}

/* Add a job, at the end.  Without memory for it, the next walk finds it. */
static void
add_job(struct kx_renewals *renewals, krb5_boolean removal, const char *name)
{
    const size_t size = strlen(name) + 1;
    struct job *job;

    job = malloc(sizeof(*job) + size);
    if (job == NULL)
        return;
    job->removal = removal;
    memcpy(job->name, name, size);
    TAILQ_INSERT_TAIL(&renewals->jobs, job, link);
    wind_up(renewals);
}

/* Log that what was to be done to name failed with code. */
static void
log_failure(const struct kx_renewals *renewals, const char *name,
            const char *what, krb5_error_code code)
{
    krb5_context context = renewals->service->context;
    const char *words = krb5_get_error_message(context, code);

    kx_log(renewals->logger, LOG_WARNING, "%s: %s: %s", name, what, words);
    krb5_free_error_message(context, words);
}

/* An exchange is over: store its key.  What failed in it is in the log. */
static void
initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct kx_attempt *attempt = arg;
    struct kx_renewals *renewals = attempt->owner;
    struct kx_service *service = renewals->service;
    int64_t begun, store = -1;

    if (code == 0) {
        begun = kx_monotonic_usec();
        code = service->store.put(service->store.arg, crossover);
        store = kx_monotonic_usec() - begun;
        if (code)
            log_failure(renewals, attempt->realm,
                        "its key is agreed and cannot be stored", code);
        kx_crossover_free(service->context, crossover);
    }
    kx_metrics_renewed(renewals->metrics, code, store);
    if (code)
        kx_attempt_failed(attempt, code, renewals->interval, kx_monotonic());
    else
        kx_attempt_drop(&renewals->attempts, attempt);
}

/* Begin the exchange with realm, of whose crossover life tells what is ours.
 */
static void
begin(struct kx_renewals *renewals, const char *realm,
      const struct kx_life *life)
{
    struct kx_attempt *attempt = kx_attempt_find(&renewals->attempts, realm);
    krb5_data remote = kx_data(realm, strlen(realm));
    const struct kx_store *store = &renewals->service->store;
    const struct kx_earlier_source source = {store->arg, store->earlier};
    krb5_error_code ret;

    if (attempt == NULL)
        attempt = kx_attempt_add(&renewals->attempts, renewals, realm);
    if (attempt == NULL)
        return;
    attempt->till = life->ours ? life->till : 0;
    ret = kx_initiator_start(renewals->service->engine, &remote, life->latest,
                             &source, EXCHANGE_TIMEOUT, initiated, attempt,
                             &attempt->initiator);
    if (ret) {
        log_failure(renewals, realm, "crossover is not renewed", ret);
        kx_attempt_failed(attempt, ret, renewals->interval, kx_monotonic());
    }
}

/* Renew the crossover to realm, if it is to be renewed now.  True if an
 * exchange was begun. */
static krb5_boolean
renew(struct kx_renewals *renewals, const char *realm)
{
    struct kx_service *service = renewals->service;
    struct kx_attempt *attempt = kx_attempt_find(&renewals->attempts, realm);
    const char *local_realm = service->settings->realm;
    krb5_data remote = kx_data(realm, strlen(realm));
    krb5_data local = kx_data(local_realm, strlen(local_realm));
    krb5_principal name = NULL;
    krb5_boolean by_hand;
    struct kx_life life;
    krb5_error_code ret;

    if (attempt != NULL && attempt->initiator != NULL)
        return FALSE;
    ret = kx_crossover_name(service->context, &remote, &local, &name);
    if (ret == 0)
        ret = kx_kadm_store_life(service->kadm, name, &life, &by_hand);
    krb5_free_principal(service->context, name);
    if (ret) {
        log_failure(renewals, realm, "crossover is not renewed", ret);
        return FALSE;
    }
    /* What was keyed by hand, and only that, is taken over if it may be. */
    if (life.by_hand)
        by_hand = !kx_settings_adopts(service->settings, KX_OUTGOING, &remote);
    if (life.blocked || by_hand ||
        (life.ours &&
         time(NULL) < kx_renewal_begins(life.established, life.till))) {
        if (attempt != NULL)
            kx_attempt_drop(&renewals->attempts, attempt);
        return FALSE;
    }
    if (attempt != NULL && kx_monotonic() < attempt->until)
        return FALSE;
    begin(renewals, realm, &life);
    return TRUE;
}

/*
 * Remove the principal called text, if its entry is over.  Not by a clock that
 * was set since the last look, or that we have just begun to go by: the other
 * realm may issue with its keys still.
 */
static void
remove_entry(struct kx_renewals *renewals, const char *text)
{
    struct kx_service *service = renewals->service;
    krb5_principal name = NULL;
    krb5_boolean deleted = FALSE;
    krb5_error_code ret;

    if (kx_steady_seconds(renewals->steady, service->settings->clockskew) <
        renewals->interval)
        return;
    ret = krb5_parse_name(service->context, text, &name);
    if (ret == 0)
        ret = kx_kadm_store_prune(service->kadm, name, time(NULL), &deleted);
    krb5_free_principal(service->context, name);
    if (ret)
        log_failure(renewals, text, "cannot be removed", ret);
    else if (deleted)
        kx_log(renewals->logger, LOG_INFO,
               "%s: removed, its last key expired over %d hours ago", text,
               KX_RECENT / 3600);
}

/* Event: do what can be done without standing still for long. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct kx_renewals *renewals = arg;
    krb5_boolean enough = FALSE;
    struct job *job;
    int looks;

    (void)fd;
    (void)what;
    for (looks = 0; looks < LOOKS_PER_TICK && !enough; looks++) {
        job = TAILQ_FIRST(&renewals->jobs);
        if (job == NULL)
            return;
        if (!job->removal &&
            kx_attempts_under_way(&renewals->attempts) >= MAX_EXCHANGES)
            break;
        TAILQ_REMOVE(&renewals->jobs, job, link);
        if (job->removal)
            remove_entry(renewals, job->name);
        else
            enough = renew(renewals, job->name);
        enough = enough || job->removal;
        free(job);
    }
    wind_up(renewals);
}

/* The walk has found a crossover that is due. */
static void
found_due(void *arg, const char *realm)
{
    struct kx_renewals *renewals = arg;

    renewals->n_due++;
    kx_attempts_want(&renewals->attempts, realm);
    add_job(renewals, FALSE, realm);
}

/* The walk has counted the realms that have crossed over to us. */
static void
counted_peers(void *arg, size_t n)
{
    struct kx_renewals *renewals = arg;

    kx_kadm_store_counted(renewals->service->kadm, n);
}

/* The walk has counted all crossovers. */
static void
counted_all(void *arg, const struct kx_found_crossovers *found)
{
    struct kx_renewals *renewals = arg;

    renewals->metrics->crossovers = *found;
    renewals->metrics->crossovers.due = renewals->n_due;
    renewals->metrics->looked = time(NULL);
    kx_attempts_drop_unwanted(&renewals->attempts);
}

/* The walk has found an entry that is over. */
static void
found_over(void *arg, const char *principal)
{
    struct kx_renewals *renewals = arg;

    renewals->n_over++;
    add_job(renewals, TRUE, principal);
}

/* Have the next walk begin, and not sooner than what the last one took, in
 * milliseconds, allows. */
static void
set_timer(struct kx_renewals *renewals, time_t took)
{
    time_t pause = took * WALK_SHARE / 1000;
    struct timeval next;
    uint32_t number;
    int64_t later;

    if (pause < renewals->interval)
        pause = renewals->interval;
    evutil_secure_rng_get_bytes(&number, sizeof(number));
    later = number % ((int64_t)renewals->interval * 1000 / LATER_PART);
    next.tv_sec = pause + (time_t)(later / 1000);
    next.tv_usec = (suseconds_t)(later % 1000 * 1000);
    (void)event_add(renewals->timer, &next);
}

/* Log what a walk has found, if it is anything, and that the first one went
 * well. */
static void
tell_walk(struct kx_renewals *renewals)
{
    if (renewals->told && renewals->n_due == 0 && renewals->n_over == 0)
        return;
    renewals->told = TRUE;
    kx_log(renewals->logger, LOG_INFO,
           "%s: looked through the database: %lu crossovers are due for "
           "renewal, %lu are over",
           renewals->service->settings->realm, (unsigned long)renewals->n_due,
           (unsigned long)renewals->n_over);
}

/* The walk is over. */
static void
walk_done(void *arg, const char *failure)
{
    struct kx_renewals *renewals = arg;
    int64_t took;

    if (failure == NULL)
        tell_walk(renewals);
    else
        kx_log(renewals->logger, LOG_WARNING,
               "%s: the database could not be looked through for crossovers "
               "to renew: %s",
               renewals->service->settings->realm, failure);
    kx_walk_free(renewals->walk);
    renewals->walk = NULL;
    took = kx_monotonic_usec() - renewals->walk_began;
    if (failure == NULL)
        renewals->metrics->look_took = took;
    else
        renewals->metrics->looks_failed++;
    set_timer(renewals, (time_t)(took / 1000));
}

/* Event: time for a walk.  Not while jobs of the last one wait. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    static const struct kx_walked found = {found_due, counted_peers,
                                           found_over, counted_all, walk_done};
    struct kx_renewals *renewals = arg;
    const struct kx_settings *settings = renewals->service->settings;
    krb5_error_code ret;
    size_t i;

    (void)fd;
    (void)what;
    if (!TAILQ_EMPTY(&renewals->jobs)) {
        set_timer(renewals, 0);
        return;
    }
    kx_attempts_doubt(&renewals->attempts);
    for (i = 0;
         settings->keep_realms != NULL && settings->keep_realms[i] != NULL;
         i++) {
        kx_attempts_want(&renewals->attempts, settings->keep_realms[i]);
        add_job(renewals, FALSE, settings->keep_realms[i]);
    }
    renewals->walk_began = kx_monotonic_usec();
    kx_kadm_store_counting(renewals->service->kadm);
    renewals->n_due = renewals->n_over = 0;
    ret = kx_walk_start(renewals->base, renewals->program, settings->realm,
                        settings->keep, &found, renewals, &renewals->walk);
    if (ret) {
        kx_log(renewals->logger, LOG_WARNING,
               "%s: the database cannot be looked through: %s",
               settings->realm, error_message(ret));
        renewals->metrics->looks_failed++;
        set_timer(renewals, 0);
    }
}

krb5_error_code
kx_renewals_new(struct event_base *base, const struct kx_logger *logger,
                const char *program, struct kx_service *service,
                struct kx_steady *steady, struct kx_metrics *metrics,
                struct kx_renewals **out)
{
    static const struct timeval at_once = {0, 0};
    struct kx_renewals *renewals;

    *out = NULL;
    /* Keys in a KDC's memory are that KDC's to renew, and not for us to see.
     */
    if (service->kadm == NULL) {
        metrics->looked = 0;
        return 0;
    }
    renewals = calloc(1, sizeof(*renewals));
    if (renewals == NULL)
        return ENOMEM;
    renewals->base = base;
    renewals->logger = logger;
    renewals->program = program;
    renewals->service = service;
    renewals->steady = steady;
    renewals->metrics = metrics;
    TAILQ_INIT(&renewals->jobs);
    renewals->interval = service->settings->lifetime_min / LOOKS;
    if (renewals->interval < SHORTEST_INTERVAL)
        renewals->interval = SHORTEST_INTERVAL;
    if (renewals->interval > LONGEST_INTERVAL)
        renewals->interval = LONGEST_INTERVAL;
    renewals->timer = event_new(base, -1, 0, on_timer, renewals);
    renewals->tick = event_new(base, -1, 0, on_tick, renewals);
    if (renewals->timer == NULL || renewals->tick == NULL ||
        event_add(renewals->timer, &at_once) != 0) {
        kx_renewals_free(renewals);
        return ENOMEM;
    }
    *out = renewals;
    return 0;
}

size_t
kx_renewals_failing(const struct kx_renewals *renewals,
                    struct kx_failing *failing, size_t room, size_t *n_listed)
{
    static const struct kx_attempts none;

    return kx_attempts_failing(renewals != NULL ? &renewals->attempts : &none,
                               failing, room, n_listed);
}

void
kx_renewals_free(struct kx_renewals *renewals)
{
    struct job *job;

    if (renewals == NULL)
        return;
    kx_walk_free(renewals->walk);
    kx_attempts_clear(&renewals->attempts);
    while ((job = TAILQ_FIRST(&renewals->jobs)) != NULL) {
        TAILQ_REMOVE(&renewals->jobs, job, link);
        free(job);
    }
    if (renewals->timer != NULL)
        event_free(renewals->timer);
    if (renewals->tick != NULL)
        event_free(renewals->tick);
    free(renewals);
}
