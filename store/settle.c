/*
 * settle.c: seeing to it that what was stored stays.
 *
 * A directory (kldap) has no locks.  Who changes an entry reads it, and
 * replaces all its keys; two who do so at once lose one key version, and where
 * several servers take writes "at once" is as long as replication takes.  Our
 * peer has the key by then, and tickets under it.  So each version that went
 * into a database without locks is remembered for a while, and looked for at
 * growing intervals; store.c adds it again where it was lost.
 *
 * Its number is not given to another key meanwhile, as the responder remembers
 * what it gave.
 *
 * Only a version of an incoming crossover is needed for sure: of an outgoing
 * one that was lost, the other writer's version is as good.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <syslog.h>
#include "store/kx_store.h"

/* Seconds until the first look; each next one comes INTERVAL_FACTOR times
 * later, and LOOKS of them are 23 minutes. */
#define FIRST_INTERVAL 1
#define INTERVAL_FACTOR 4
#define LOOKS 6

/* Versions that are remembered; for a further one the oldest is forgotten. */
#define MAX_WATCHED 1024

/* A version that is looked for. */
struct watched {
    TAILQ_ENTRY(watched) link;
    struct kx_settle *settle;
    struct kx_crossover *crossover; /* a copy */
    struct event *timer;
    unsigned int looks; /* so many are over */
    time_t interval;    /* before the next one */
};

TAILQ_HEAD(watched_list, watched);

struct kx_settle {
    krb5_context context; /* its own: services come and go */
    struct event_base *base;
    const struct kx_logger *logger;
    struct kx_kadm_store *kadm; /* where to look; NULL: nowhere */
    struct watched_list list;   /* oldest first */
    size_t n;
};

/* Forget a version. */
static void
forget(struct watched *watched)
{
    struct kx_settle *settle = watched->settle;

    TAILQ_REMOVE(&settle->list, watched, link);
    settle->n--;
    if (watched->timer != NULL)
        event_free(watched->timer);
    kx_crossover_free(settle->context, watched->crossover);
    free(watched);
}

/* Look again after the interval that is due, or no more. */
static void
wait_for_next(struct watched *watched)
{
    const struct timeval interval = {watched->interval, 0};

    if (watched->looks++ >= LOOKS ||
        event_add(watched->timer, &interval) != 0) {
        forget(watched);
        return;
    }
    watched->interval *= INTERVAL_FACTOR;
}

/* Event: it is time to look. */
static void
on_time(evutil_socket_t fd, short what, void *arg)
{
    struct watched *watched = arg;
    const struct kx_settle *settle = watched->settle;
    enum kx_settled settled = KX_SETTLED_GONE;

    (void)fd;
    (void)what;
    /* What cannot be read now can perhaps at the next look. */
    if (settle->kadm != NULL &&
        kx_kadm_store_mend(settle->kadm, settle->logger, watched->crossover,
                           &settled) != 0)
        settled = KX_SETTLED_THERE;
    switch (settled) {
    case KX_SETTLED_GONE:
        forget(watched);
        return;
    case KX_SETTLED_MENDED:
        /* Whoever made us lose it may have missed it again. */
        watched->looks = 0;
        watched->interval = FIRST_INTERVAL;
        break;
    case KX_SETTLED_THERE:
        break;
    }
    wait_for_next(watched);
}

void
kx_settle_watch(struct kx_settle *settle, const struct kx_crossover *crossover)
{
    struct watched *watched;

    while (settle->n >= MAX_WATCHED)
        /* What was forgotten is not in the list any more.
         * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        forget(TAILQ_FIRST(&settle->list));
    /* Without memory the version is stored all the same, only not looked
     * after. */
    watched = calloc(1, sizeof(*watched));
    if (watched == NULL)
        return;
    watched->settle = settle;
    watched->interval = FIRST_INTERVAL;
    TAILQ_INSERT_TAIL(&settle->list, watched, link);
    settle->n++;
    watched->timer = evtimer_new(settle->base, on_time, watched);
    if (watched->timer == NULL || kx_crossover_copy(settle->context, crossover,
                                                    &watched->crossover) != 0)
        forget(watched);
    else
        wait_for_next(watched);
}

void
kx_settle_set_store(struct kx_settle *settle, struct kx_kadm_store *kadm)
{
    settle->kadm = kadm;
}

krb5_error_code
kx_settle_new(struct event_base *base, const struct kx_logger *logger,
              struct kx_settle **out)
{
    struct kx_settle *settle;
    krb5_error_code ret;

    *out = NULL;
    settle = calloc(1, sizeof(*settle));
    if (settle == NULL)
        return ENOMEM;
    ret = krb5_init_context(&settle->context);
    if (ret) {
        free(settle);
        return ret;
    }
    settle->base = base;
    settle->logger = logger;
    TAILQ_INIT(&settle->list);
    *out = settle;
    return 0;
}

void
kx_settle_clear(struct kx_settle *settle)
{
    while (!TAILQ_EMPTY(&settle->list))
        /* What was forgotten is not in the list any more.
         * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        forget(TAILQ_FIRST(&settle->list));
}

void
kx_settle_free(struct kx_settle *settle)
{
    if (settle == NULL)
        return;
    kx_settle_clear(settle);
    krb5_free_context(settle->context);
    free(settle);
}
