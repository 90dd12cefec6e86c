/*
 * walk.c: looking through the whole database, in a process of its own.
 *
 * To find what is due takes a look at every entry, and of those a realm may
 * have a million.  We answer requests meanwhile, so a child does it: kxoverd
 * with option -l, started anew, since what libkdb5 keeps of an open database
 * must not be used in two processes.  It tells by a pipe, one line for each
 * finding:
 *
 *   due BRAVO.EXAMPLE
 *   over krbtgt/ALPHA.EXAMPLE@CHARLIE.EXAMPLE
 *   peers 7
 *   held outgoing 12 1 0 1796572260
 *   held incoming 7 0 0 1796572260
 *   end
 *
 * or, in the place of the last line, why not: "failed WORDS".  The child is
 * told to let go of the database's lock from entry to entry, where the
 * database's module can (db2 calls it unlockiter), so that nobody's writing
 * waits for it.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <kadm5/admin.h>
#include <kdb.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include "dnssec/kx_dnssec.h"
#include "daemon/walk.h"
#include "exchange/renewal.h"

#define DUE "due "
#define OVER "over "
#define PEERS "peers "
#define HELD "held "
#define END "end"
#define FAILED "failed "

/* As they stand in lines and, in this order, in struct kx_found_crossovers. */
static const char *const directions[] = {"outgoing", "incoming"};

/* Longer lines, which no principal of ours makes, end the walk. */
#define MAX_LINE 4096

/* A child that takes longer than this is ended. */
static const struct timeval limit = {30 * 60, 0};

struct kx_walk {
    const struct kx_walked *found;
    void *arg;
    pid_t child;
    int pipe;
    struct event *readable;
    struct evbuffer *input;
    krb5_boolean whole;
    struct kx_found_crossovers held;
    char *failure; /* the child's words */
};

/* The child's side. */

/* A crossover that was used. */
struct used {
    char *realm;
    time_t used;
    krb5_boolean due;
};

struct look {
    krb5_context context;
    const char *realm;
    time_t now;
    FILE *out;
    struct used *used;
    size_t n_used, room;
    size_t n_over;
    size_t n_peers; /* incoming crossovers of ours */
    struct kx_found_crossovers held;
};

/* Remember an outgoing crossover with remote that was used.  Errors: ENOMEM.
 */
static krb5_error_code
remember(struct look *look, const krb5_data *remote, time_t used,
         krb5_boolean due)
{
    struct used *grown;
    size_t room;

    if (look->n_used == look->room) {
        room = look->room > 0 ? 2 * look->room : 64;
        grown = realloc(look->used, room * sizeof(*grown));
        if (grown == NULL)
            return ENOMEM;
        look->used = grown;
        look->room = room;
    }
    grown = &look->used[look->n_used];
    grown->realm = strndup(remote->data, remote->length);
    if (grown->realm == NULL)
        return ENOMEM;
    grown->used = used;
    grown->due = due;
    look->n_used++;
    return 0;
}

/* Tell of principal, whose entry is over. */
static krb5_error_code
tell_over(struct look *look, krb5_const_principal principal)
{
    krb5_error_code ret;
    char *name;

    if (look->n_over == KX_WALK_OVER_MAX)
        return 0;
    ret = krb5_unparse_name(look->context, principal, &name);
    if (ret)
        return ret;
    look->n_over++;
    (void)fprintf(look->out, OVER "%s\n", name);
    krb5_free_unparsed_name(look->context, name);
    return 0;
}

/* Tell of realm remote, which is due though it may never have been used. */
static void
tell_due(const struct look *look, const krb5_data *remote)
{
    (void)fprintf(look->out, DUE "%.*s\n", (int)remote->length, remote->data);
}

/* Count an entry that is not over, of which life is known. */
static void
count(struct look *look, enum kx_direction direction,
      const struct kx_life *life)
{
    struct kx_found_crossovers *held = &look->held;
    const int i = direction == KX_INCOMING;

    held->blocked[i] += life->blocked != 0;
    held->by_hand[i] += life->by_hand || life->damaged;
    if (!life->ours)
        return;
    held->managed[i]++;
    if (life->last_till > look->now &&
        (held->earliest_end[i] == 0 ||
         life->last_till < held->earliest_end[i]))
        held->earliest_end[i] = life->last_till;
}

/* Tell all that was counted. */
static void
tell_counts(const struct look *look)
{
    const struct kx_found_crossovers *held = &look->held;
    int i;

    (void)fprintf(look->out, PEERS "%lu\n", (unsigned long)look->n_peers);
    for (i = 0; i < 2; i++)
        (void)fprintf(look->out,
                      HELD "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %lld\n",
                      directions[i], held->managed[i], held->by_hand[i],
                      held->blocked[i], (long long)held->earliest_end[i]);
}

/* Look at one entry. */
static int
look_at(krb5_pointer arg, krb5_db_entry *entry)
{
    struct look *look = arg;
    enum kx_direction direction;
    struct kx_life life;
    krb5_boolean over, due;
    krb5_error_code ret;
    krb5_data remote;

    direction = kx_crossover_direction(entry->princ, look->realm, &remote);
    if (direction == KX_NOT_A_CROSSOVER)
        return 0;
    ret = kx_entry_is_over(look->context, entry, look->now, &over);
    if (ret)
        return ret;
    if (over)
        return tell_over(look, entry->princ);
    if (!kx_realm_is_valid(&remote))
        return 0;
    ret = kx_life_read(look->context, entry, &life);
    if (ret == 0)
        count(look, direction, &life);
    if (ret == 0 && direction == KX_INCOMING) {
        look->n_peers += life.ours;
        return 0;
    }
    if (ret || life.blocked)
        return ret;
    due = look->now >= kx_renewal_begins(life.established, life.till);
    if (life.kept && !life.by_hand && !life.damaged) {
        if (due)
            tell_due(look, &remote);
        return 0;
    }
    if (!life.ours || life.used < life.established)
        return 0;
    return remember(look, &remote, life.used, due);
}

/* The order of use, last first. */
static int
compare(const void *a, const void *b)
{
    const struct used *x = a, *y = b;

    return x->used < y->used ? 1 : x->used > y->used ? -1 : 0;
}

/* Open the database of realm for reading, with as little locking as can be. */
static krb5_error_code
open_database(krb5_context context)
{
    char unlock[] = "unlockiter", *args[] = {unlock, NULL};
    krb5_error_code ret;

    ret = krb5_db_open(context, args,
                       KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    /* Not every module knows it. */
    if (ret)
        ret = krb5_db_open(context, NULL,
                           KRB5_KDB_OPEN_RO | KRB5_KDB_SRV_TYPE_OTHER);
    return ret;
}

/* Tell why the walk is not whole. */
static void
tell_failure(struct look *look, krb5_error_code code)
{
    const char *words = krb5_get_error_message(look->context, code);

    (void)fprintf(look->out, FAILED "%s\n", words);
    krb5_free_error_message(look->context, words);
}

void
kx_walk_look(const char *realm, size_t keep, FILE *out)
{
    struct look look = {.realm = realm, .now = time(NULL), .out = out};
    char pattern[] = KRB5_TGS_NAME "/*", *own = NULL;
    krb5_error_code ret;
    size_t i;

    ret = kadm5_init_krb5_context(&look.context);
    if (ret == 0)
        ret = realm != NULL ? krb5_set_default_realm(look.context, realm)
                            : krb5_get_default_realm(look.context, &own);
    if (realm == NULL)
        look.realm = own;
    if (ret == 0)
        ret = open_database(look.context);
    if (ret == 0) {
        ret = krb5_db_iterate(look.context, pattern, look_at, &look, 0);
        (void)krb5_db_fini(look.context);
    }
    if (look.n_used > 0)
        qsort(look.used, look.n_used, sizeof(*look.used), compare);
    for (i = 0; i < look.n_used; i++) {
        if (ret == 0 && i < keep && look.used[i].due)
            (void)fprintf(out, DUE "%s\n", look.used[i].realm);
        free(look.used[i].realm);
    }
    free(look.used);
    if (ret) {
        tell_failure(&look, ret);
    } else {
        tell_counts(&look);
        (void)fprintf(out, END "\n");
    }
    krb5_free_default_realm(look.context, own);
    krb5_free_context(look.context);
}

/*
 * Between fork() and exec, where little may be called: give the child `out` as
 * its standard output and nothing else of ours.  Connections that we close are
 * to be closed.
 */
static void
become_child(int out, char *const argv[])
{
    sigset_t none;
    int fd;

    (void)sigemptyset(&none);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a child has one thread */
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(out, STDOUT_FILENO) < 0)
        _exit(1);
#ifdef HAVE_SYS_PRCTL_H
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
#ifdef HAVE_CLOSE_RANGE
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
#endif
        for (fd = (int)sysconf(_SC_OPEN_MAX) - 1; fd > STDERR_FILENO; fd--)
            (void)close(fd);
    (void)execvp(argv[0], argv);
    _exit(1);
}

/* The parent's side. */

/* Take what the child counted in one direction. */
static void
take_counts(struct kx_walk *walk, const char *line)
{
    struct kx_found_crossovers *held = &walk->held;
    size_t length;
    char *end;
    int i;

    for (i = 0; i < 2; i++) {
        length = strlen(directions[i]);
        if (strncmp(line, directions[i], length) != 0)
            continue;
        held->managed[i] = strtoull(line + length, &end, 10);
        held->by_hand[i] = strtoull(end, &end, 10);
        held->blocked[i] = strtoull(end, &end, 10);
        held->earliest_end[i] = (time_t)strtoll(end, NULL, 10);
    }
}

/* Take one line of the child's. */
static void
take_line(struct kx_walk *walk, const char *line)
{
    if (strcmp(line, END) == 0)
        walk->whole = TRUE;
    else if (strncmp(line, FAILED, strlen(FAILED)) == 0 &&
             walk->failure == NULL)
        walk->failure = strdup(line + strlen(FAILED));
    else if (strncmp(line, DUE, strlen(DUE)) == 0)
        walk->found->due(walk->arg, line + strlen(DUE));
    else if (strncmp(line, PEERS, strlen(PEERS)) == 0)
        walk->found->peers(walk->arg,
                           (size_t)strtoul(line + strlen(PEERS), NULL, 10));
    else if (strncmp(line, HELD, strlen(HELD)) == 0)
        take_counts(walk, line + strlen(HELD));
    else if (strncmp(line, OVER, strlen(OVER)) == 0)
        walk->found->over(walk->arg, line + strlen(OVER));
}

/* Event: the child has something to say, has ended, or takes too long. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct kx_walk *walk = arg;
    char *line;
    int n = 0;

    if (what & EV_READ) {
        n = evbuffer_read(walk->input, fd, MAX_LINE);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
    }
    while ((line = evbuffer_readln(walk->input, NULL, EVBUFFER_EOL_LF)) !=
           NULL) {
        take_line(walk, line);
        free(line);
    }
    if (n > 0 && evbuffer_get_length(walk->input) < MAX_LINE)
        return;
    (void)event_del(walk->readable);
    if (walk->whole)
        walk->found->held(walk->arg, &walk->held);
    walk->found->done(walk->arg, walk->whole             ? NULL
                                 : walk->failure != NULL ? walk->failure
                                                         : "it broke off");
}

krb5_error_code
kx_walk_start(struct event_base *base, const char *program, const char *realm,
              size_t keep, const struct kx_walked *found, void *arg,
              struct kx_walk **out)
{
    krb5_error_code ret = ENOMEM;
    struct kx_walk *walk;
    int ends[2] = {-1, -1};
    char number[24], *copies[2] = {strdup(program), strdup(realm)};
    char of_realm[] = "-r", look[] = "-l";
    char *argv[] = {copies[0], of_realm, copies[1], look, number, NULL};

    *out = NULL;
    (void)snprintf(number, sizeof(number), "%lu", (unsigned long)keep);
    walk = calloc(1, sizeof(*walk));
    if (walk == NULL || copies[0] == NULL || copies[1] == NULL)
        goto cleanup;
    walk->found = found;
    walk->arg = arg;
    walk->input = evbuffer_new();
    if (walk->input == NULL)
        goto cleanup;
    if (pipe(ends) != 0) {
        ret = errno;
        goto cleanup;
    }
    walk->pipe = ends[0];
    (void)evutil_make_socket_nonblocking(ends[0]);
    (void)evutil_make_socket_closeonexec(ends[0]);
    walk->readable =
        event_new(base, ends[0], EV_READ | EV_PERSIST, on_readable, walk);
    if (walk->readable == NULL || event_add(walk->readable, &limit) != 0)
        goto cleanup;
    walk->child = fork();
    if (walk->child == 0)
        become_child(ends[1], argv);
    if (walk->child < 0) {
        ret = errno;
        goto cleanup;
    }
    *out = walk;
    walk = NULL;
    ret = 0;

cleanup:
    if (ends[1] >= 0)
        (void)close(ends[1]);
    free(copies[0]);
    free(copies[1]);
    kx_walk_free(walk);
    return ret;
}

void
kx_walk_free(struct kx_walk *walk)
{
    if (walk == NULL)
        return;
    if (walk->child > 0) {
        (void)kill(walk->child, SIGKILL);
        while (waitpid(walk->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (walk->readable != NULL)
        event_free(walk->readable);
    if (walk->pipe > 0)
        (void)close(walk->pipe);
    if (walk->input != NULL)
        evbuffer_free(walk->input);
    free(walk->failure);
    free(walk);
}
