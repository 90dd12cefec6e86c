/*
 * mesh.c: a mesh of realms whose users go to each other, for some weeks.
 *
 *   bench_mesh REALMS [together] [all]
 *
 * What users do is a model, and the only one: each realm's users ask for
 * REQUESTS tickets a day to other realms, in working hours, the same ones for
 * all realms; the realm that is asked for most is asked for twice as often as
 * the second, three times as often as the third, and so on (Zipf).  All else
 * is world.h's: what kxover decides.
 *
 * The realms join in the course of JOINING days, or with "together" all in the
 * same hour.  After WARM_UP days, in which the first keys were renewed and
 * those that nobody used are gone, DAYS days are counted.  Then the realm that
 * is asked for most does not answer for a day; on the next day it is back; and
 * at the beginning of the third one all kxoverd are started anew in the same
 * second, and the day after that tells whether they stay in step.
 *
 * Before all that, two realms exchange for real, as bench_exchange lets them,
 * for what an exchange costs.
 *
 * Prints lines of a name and one figure, or three: of all realms, the mean,
 * and the most that one has.  With "all", kxoverd's looks see each principal,
 * which must make no difference.
 */
#include "config.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "tests/bench/sides.h"
#include "tests/bench/world.h"

#define REQUESTS 10.0
#define JOINING 14
#define WARM_UP 28
#define DAYS 14
#define ALIKE                                                                 \
    (6.0 / 24) /* while kxoverds that were started together look at           \
                * their databases together */
#define EXCHANGES 200

static struct side_cost {
    double initiator, responder; /* seconds of processor time */
    size_t bytes;
} cost;

/* Shares of requests that go to realms 0 to i. */
static double *share;

/* What an exchange costs each side here. */
static void
measure_cost(void)
{
    struct sides sides;
    int i;

    sides_open(&sides, GNUTLS_PK_EDDSA_ED25519, 0);
    sides_exchange(&sides);
    sides.initiator.cpu = sides.responder.cpu = 0;
    for (i = 0; i < EXCHANGES; i++)
        sides_exchange(&sides);
    cost.initiator = sides.initiator.cpu / EXCHANGES;
    cost.responder = sides.responder.cpu / EXCHANGES;
    cost.bytes = sides.request + sides.reply;
    sides_close(&sides);
}

/* How much is asked for at a time of the day and of the week, as a part of the
 * most. */
static double
activity(int64_t at)
{
    const double hour = (double)(at / SECOND % KX_DAY) / 3600;
    const int64_t day = at / SECOND / KX_DAY % 7;

    /* 1970 began on a Thursday. */
    if (day == 2 || day == 3)
        return 0.1;
    return hour >= 7 && hour < 19 ? sin((hour - 7) / 12 * 3.14159265) : 0.02;
}

/* Of a week, with the most at 1: what activity() comes to. */
static double
mean_activity(void)
{
    double sum = 0;
    int hour;

    for (hour = 0; hour < 7 * 24; hour++)
        sum += activity((int64_t)hour * 3600 * SECOND);
    return sum / (7 * 24);
}

static double most_requests; /* a second of the busiest hour */

/* The realm that users go to. */
static struct realm *
choose_peer(const struct realm *realm)
{
    struct realm *peer;
    unsigned int low, high, middle;
    double at;

    do {
        at = world_chance(share[world.n - 1]);
        for (low = 0, high = world.n - 1; low < high;) {
            middle = (low + high) / 2;
            if (share[middle] > at)
                high = middle;
            else
                low = middle + 1;
        }
        peer = &world.realms[low];
    } while (peer == realm);
    return peer;
}

/* Users ask, perhaps; and will again. */
static void
live(void *arg)
{
    struct realm *realm = arg, *peer;
    double pause = -log(1 - world_chance(1)) / most_requests;

    world_plan(realm, world.now + (int64_t)(pause * (double)SECOND) + 1, live,
               realm);
    peer = choose_peer(realm);
    if (world_chance(1) < activity(world.now) && peer->joined)
        realm_ask(realm, peer);
}

/* Print the sum of a figure over all realms, its mean and its maximum, each
 * divided by `by`. */
static void
print(const char *name, double (*figure)(const struct realm *realm), double by)
{
    double sum = 0, most = 0, one;
    unsigned int i;

    for (i = 0; i < world.n; i++) {
        one = figure(&world.realms[i]);
        sum += one;
        if (one > most)
            most = one;
    }
    printf("%s %.6g %.6g %.6g\n", name, sum / by, sum / by / world.n,
           most / by);
}

static double
requests(const struct realm *realm)
{
    return (double)realm->counts.requests;
}

static double
begun(const struct realm *realm)
{
    return (double)realm->counts.begun;
}

static double
for_users(const struct realm *realm)
{
    return (double)realm->counts.for_users;
}

static double
answered(const struct realm *realm)
{
    return (double)realm->counts.answered;
}

static double
failed(const struct realm *realm)
{
    return (double)realm->counts.failed;
}

static double
questions(const struct realm *realm)
{
    return (double)realm->counts.questions;
}

static double
uncached(const struct realm *realm)
{
    return (double)realm->counts.uncached;
}

static double
bytes(const struct realm *realm)
{
    return (begun(realm) + answered(realm)) * (double)cost.bytes;
}

static double
processor(const struct realm *realm)
{
    return begun(realm) * cost.initiator + answered(realm) * cost.responder;
}

static double
busiest_second(const struct realm *realm)
{
    return (double)realm->counts.pulse.most[IN_A_SECOND];
}

static double
busiest_minute(const struct realm *realm)
{
    return (double)realm->counts.pulse.most[IN_A_MINUTE];
}

static double
busiest_day(const struct realm *realm)
{
    return (double)realm->counts.pulse.most[IN_A_DAY];
}

/* Principals of a direction. */
static double
principals(const struct realm *realm, enum kx_direction direction)
{
    size_t n = 0, i;

    for (i = 0; i < realm->n_slots; i++)
        n += realm->slots[i]->direction == direction;
    return (double)n;
}

static double
outgoing(const struct realm *realm)
{
    return principals(realm, KX_OUTGOING);
}

static double
incoming(const struct realm *realm)
{
    return principals(realm, KX_INCOMING);
}

/* The most keys that a principal of realm has. */
static double
keys(const struct realm *realm)
{
    double most = 0;
    size_t i;

    for (i = 0; i < realm->n_slots; i++) {
        if (realm->slots[i]->entry->n_key_data > most)
            most = realm->slots[i]->entry->n_key_data;
    }
    return most;
}

/* The most key versions that a principal of realm has. */
static double
versions(const struct realm *realm)
{
    size_t most = 0, n, i;
    uint32_t *kvnos;

    for (i = 0; i < realm->n_slots; i++) {
        must_not_fail(kx_entry_versions(world.context, realm->slots[i]->entry,
                                        FALSE, &kvnos, &n),
                      "versions");
        free(kvnos);
        if (n > most)
            most = n;
    }
    return (double)most;
}

/* Print what was counted in so many days, under names that begin alike. */
static void
report(const char *prefix, double days)
{
    static const struct {
        const char *name;
        double (*figure)(const struct realm *realm);
        krb5_boolean per_day;
    } figures[] = {{"requests", requests, TRUE},
                   {"begun", begun, TRUE},
                   {"for_users", for_users, TRUE},
                   {"answered", answered, TRUE},
                   {"failed", failed, TRUE},
                   {"questions", questions, TRUE},
                   {"uncached", uncached, TRUE},
                   {"bytes", bytes, TRUE},
                   {"processor", processor, TRUE},
                   {"busiest_second", busiest_second, FALSE},
                   {"busiest_minute", busiest_minute, FALSE},
                   {"busiest_day", busiest_day, FALSE},
                   {"outgoing", outgoing, FALSE},
                   {"incoming", incoming, FALSE},
                   {"keys", keys, FALSE},
                   {"versions", versions, FALSE}};
    char name[64];
    size_t i;

    for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s_%s", prefix, figures[i].name);
        print(name, figures[i].figure, figures[i].per_day ? days : 1);
    }
    printf("%s_of_all %u %u %u\n", prefix, world.pulse.most[IN_A_SECOND],
           world.pulse.most[IN_A_MINUTE], world.pulse.most[IN_A_DAY]);
    world_count_anew();
}

/* Let days pass. */
static void
pass(double days)
{
    world_run(world.now + (int64_t)(days * DAY));
}

/* All kxoverd start in this second. */
static void
start_all(void)
{
    unsigned int i;

    for (i = 0; i < world.n; i++)
        realm_start_kxoverd(&world.realms[i]);
}

/* A realm joins, and its users begin to ask. */
static void
join(void *arg)
{
    realm_start_kxoverd(arg);
    if (world.n > 1)
        live(arg);
}

/* Plan that all realms join in the course of so many days. */
static void
begin(double days)
{
    unsigned int i;

    share = calloc(world.n, sizeof(*share));
    must_not_fail(share == NULL ? ENOMEM : 0, "the realms' shares");
    for (i = 0; i < world.n; i++)
        share[i] = (i > 0 ? share[i - 1] : 0) + 1.0 / (i + 1);
    most_requests = REQUESTS / KX_DAY / mean_activity();
    for (i = 0; i < world.n; i++)
        world_plan(&world.realms[i],
                   world.now + (int64_t)world_chance(days * DAY), join,
                   &world.realms[i]);
}

int
main(int argc, char **argv)
{
    krb5_boolean together = FALSE;
    struct timespec now;
    int i;
    unsigned int n = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;

    if (n < 1 || n > 9999) {
        fprintf(stderr, "usage: bench_mesh REALMS [together] [all]\n");
        return 2;
    }
    for (i = 2; i < argc; i++) {
        together = together || strcmp(argv[i], "together") == 0;
        world.look_at_all = world.look_at_all || strcmp(argv[i], "all") == 0;
    }
    kx_init_errors();
    (void)setenv("KRB5_CONFIG", "/dev/null", 1);
    (void)setenv("KRB5_KDC_PROFILE", "/dev/null", 1);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    world.now = now.tv_sec * SECOND;
    measure_cost();
    printf("cost_initiator %.9f\ncost_responder %.9f\ncost_bytes %zu\n",
           cost.initiator, cost.responder, cost.bytes);
    /* Always the same Monday: what happens depends on no clock. */
    world_open(n, 1767571200, n);
    begin(together ? 1.0 / 24 : JOINING);
    pass(WARM_UP);
    world_count_anew();
    pass(DAYS);
    report("usual", DAYS);
    world.realms[0].silent = TRUE;
    pass(1);
    report("silent", 1);
    world.realms[0].silent = FALSE;
    pass(1);
    report("back", 1);
    start_all();
    pass(ALIKE);
    report("started", ALIKE);
    pass(1 - ALIKE);
    world_count_anew();
    pass(1);
    report("apart", 1);
    world_close();
    free(share);
    return 0;
}
