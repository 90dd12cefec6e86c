/*
 * test_dnssec_lookup.c: lookups that end well without a name server: at their
 * deadline, cancelled, with their resolver freed, around a fork; and settings
 * that cannot be used.
 *
 * libunbound is real.  It is sent to a socket that nobody reads (silent), by
 * TCP to a port where nobody listens (down; with UDP it would take libunbound
 * 17 seconds to believe that), or answers out of its own settings (local:
 * at once, and not secured by DNSSEC).
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "dnssec/resolver.h"
#include "tests/unit/test.h"

/* A trust anchor that nothing is signed with. */
#define ANCHOR                                                                \
    "trust-anchor: \". DS 1 13 2 0000000000000000000000000000000000000000"    \
    "000000000000000000000000\"\n"

static const struct timeval soon = {.tv_usec = 200000};
static const struct timeval late = {.tv_sec = 30};

struct scene {
    krb5_context context;
    struct event_base *base;
    struct kx_resolver *resolver;
    int silent; /* a socket that takes queries and never answers */
    char conf[32];
};

/* What calls came, and with what. */
struct calls {
    int n;
    krb5_error_code code;
    char message[512];
    krb5_context context;
};

static void
note(void *arg, const struct kx_answer *answer)
{
    struct calls *calls = arg;
    const char *message;

    calls->n++;
    calls->code = answer->code;
    if (calls->context == NULL)
        return;
    message = krb5_get_error_message(calls->context, answer->code);
    (void)snprintf(calls->message, sizeof(calls->message), "%s", message);
    krb5_free_error_message(calls->context, message);
}

static double
now(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A UDP socket on loopback; *port is where. */
static int
open_socket(unsigned int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Write an unbound.conf, and its path into path, 32 bytes. */
static void
write_conf(char *path, const char *text)
{
    int fd;

    strcpy(path, "/tmp/kx-unbound-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static int
arrange(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    unsigned int silent_port, down_port;
    char text[1024];

    assert_non_null(scene);
    (void)close(open_socket(&down_port));
    scene->silent = open_socket(&silent_port);
    (void)snprintf(text, sizeof(text),
                   "server:\n" ANCHOR "do-not-query-localhost: no\n"
                   "outgoing-interface: 127.0.0.1\n"
                   "local-zone: \"local.example.\" static\n"
                   "local-data: \"_kerberos.local.example. TXT R.EXAMPLE\"\n"
                   "forward-zone:\nname: \"silent.example\"\n"
                   "forward-addr: 127.0.0.1@%u\n"
                   "forward-zone:\nname: \".\"\nforward-addr: 127.0.0.1@%u\n"
                   "forward-tcp-upstream: yes\n",
                   silent_port, down_port);
    write_conf(scene->conf, text);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    scene->base = event_base_new();
    assert_non_null(scene->base);
    assert_int_equal(kx_resolver_new(scene->context, scene->base, scene->conf,
                                     &scene->resolver),
                     0);
    *state = scene;
    return 0;
}

static int
clean_up(void **state)
{
    struct scene *scene = *state;

    kx_resolver_free(scene->resolver);
    event_base_free(scene->base);
    krb5_free_context(scene->context);
    (void)close(scene->silent);
    (void)unlink(scene->conf);
    free(scene);
    return 0;
}

/* Run the base until the calls are n, for at most ten seconds. */
static void
run_until(struct scene *scene, const struct calls *calls, int n)
{
    const double end = now() + 10;

    while (calls->n < n) {
        assert_true(now() < end);
        assert_true(event_base_loop(scene->base, EVLOOP_ONCE) >= 0);
    }
}

/* Run the base for that many milliseconds. */
static void
run_for(struct scene *scene, int milliseconds)
{
    const struct timeval time = {.tv_sec = milliseconds / 1000,
                                 .tv_usec = milliseconds % 1000 * 1000};

    assert_int_equal(event_base_loopexit(scene->base, &time), 0);
    assert_true(event_base_loop(scene->base, EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}

static void
a_silent_server_ends_in_a_timeout_at_the_deadline(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {.context = scene->context};
    const krb5_data realm = kx_data("SILENT.EXAMPLE", 14);
    double began = now(), took;

    assert_int_equal(
        kx_lookup_srv(scene->resolver, &realm, &soon, note, &calls, NULL), 0);
    run_until(scene, &calls, 1);
    took = now() - began;
    assert_int_equal(calls.code, KX_ERR_DNS_TIMEOUT);
    assert_non_null(
        strstr(calls.message, "_kerberos._tcp.silent.example SRV"));
    assert_true(took >= 0.19 && took < 2);
}

static void
each_family_of_addresses_waits_for_the_one_deadline(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {.context = scene->context};
    double began = now();

    assert_int_equal(kx_lookup_address(scene->resolver, "h.silent.example",
                                       &soon, note, &calls, NULL),
                     0);
    run_until(scene, &calls, 1);
    assert_int_equal(calls.code, KX_ERR_DNS_TIMEOUT);
    assert_true(now() - began < 2);
    run_for(scene, 50);
    assert_int_equal(calls.n, 1);
}

static void
a_server_that_is_down_is_a_failure_before_the_deadline(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {.context = scene->context};

    assert_int_equal(kx_lookup_tlsa(scene->resolver, "kdc.down.example", 88,
                                    &late, note, &calls, NULL),
                     0);
    run_until(scene, &calls, 1);
    assert_int_equal(calls.code, KX_ERR_DNS_FAILED);
    assert_non_null(strstr(calls.message, "_88._tcp.kdc.down.example TLSA"));
    assert_non_null(strstr(calls.message, "SERVFAIL"));
}

static void
an_answer_out_of_the_settings_is_not_secure(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {.context = scene->context};

    assert_int_equal(kx_lookup_text(scene->resolver, "Local.Example", &late,
                                    note, &calls, NULL),
                     0);
    run_until(scene, &calls, 1);
    assert_int_equal(calls.code, KX_ERR_DNS_INSECURE);
    assert_non_null(strstr(calls.message, "_kerberos.local.example TXT"));
}

static void
no_call_comes_before_the_base_runs(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    int i;

    for (i = 0; i < 3; i++) {
        assert_int_equal(kx_lookup_text(scene->resolver, "local.example",
                                        &late, note, &calls, NULL),
                         0);
        (void)usleep(50000);
        assert_int_equal(calls.n, 0);
    }
    run_until(scene, &calls, 3);
}

static void
an_answer_that_waited_for_the_base_beats_the_deadline(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};

    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &soon,
                                    note, &calls, NULL),
                     0);
    (void)usleep(500000);
    run_until(scene, &calls, 1);
    assert_int_equal(calls.code, KX_ERR_DNS_INSECURE);
}

static void
a_cancelled_lookup_never_calls(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    struct kx_lookup *waiting, *answered;

    assert_int_equal(kx_lookup_address(scene->resolver, "h.silent.example",
                                       &soon, note, &calls, &waiting),
                     0);
    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &soon,
                                    note, &calls, &answered),
                     0);
    (void)usleep(50000);
    kx_lookup_cancel(answered);
    kx_lookup_cancel(waiting);
    run_for(scene, 400);
    assert_int_equal(calls.n, 0);
}

static void
the_base_has_nothing_left_to_watch_after_the_last_answer(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    const int n = EVENT_BASE_COUNT_ADDED;

    assert_int_equal(event_base_get_num_events(scene->base, n), 0);
    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &late,
                                    note, &calls, NULL),
                     0);
    assert_int_not_equal(event_base_get_num_events(scene->base, n), 0);
    run_until(scene, &calls, 1);
    assert_int_equal(event_base_get_num_events(scene->base, n), 0);
}

/* Calls that a call leads to. */
struct chain {
    struct scene *scene;
    struct kx_lookup *other;
    struct calls calls, next;
};

static void
cancel_another_and_start_a_next(void *arg, const struct kx_answer *answer)
{
    struct chain *chain = arg;

    note(&chain->calls, answer);
    kx_lookup_cancel(chain->other);
    assert_int_equal(kx_lookup_text(chain->scene->resolver, "local.example",
                                    &late, note, &chain->next, NULL),
                     0);
}

static void
a_call_may_cancel_another_lookup_and_start_a_next_one(void **state)
{
    struct chain chain = {.scene = *state};
    struct kx_resolver *resolver = chain.scene->resolver;
    struct calls other = {0};

    assert_int_equal(kx_lookup_text(resolver, "local.example", &late,
                                    cancel_another_and_start_a_next, &chain,
                                    NULL),
                     0);
    assert_int_equal(kx_lookup_text(resolver, "local.example", &late, note,
                                    &other, &chain.other),
                     0);
    (void)usleep(50000);
    run_until(chain.scene, &chain.next, 1);
    assert_int_equal(chain.calls.n, 1);
    assert_int_equal(other.n, 0);
}

static void
free_the_resolver(void *arg, const struct kx_answer *answer)
{
    struct chain *chain = arg;

    kx_resolver_free(chain->scene->resolver);
    chain->scene->resolver = NULL;
    note(&chain->calls, answer);
}

static void
a_call_may_free_the_resolver(void **state)
{
    struct chain chain = {.scene = *state};
    struct kx_resolver *resolver = chain.scene->resolver;
    struct calls other = {0};
    int i;

    assert_int_equal(kx_lookup_text(resolver, "local.example", &late,
                                    free_the_resolver, &chain, NULL),
                     0);
    for (i = 0; i < 3; i++)
        assert_int_equal(kx_lookup_text(resolver, "local.example", &late, note,
                                        &other, NULL),
                         0);
    (void)usleep(50000);
    run_until(chain.scene, &chain.calls, 1);
    run_for(chain.scene, 50);
    assert_true(other.n <= 3);
}

static void
freeing_the_resolver_ends_its_lookups_at_once_and_without_a_call(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    char host[32];
    double began;
    int i;

    for (i = 0; i < 50; i++) {
        (void)snprintf(host, sizeof(host), "h%d.silent.example", i);
        assert_int_equal(kx_lookup_address(scene->resolver, host, &late, note,
                                           &calls, NULL),
                         0);
    }
    run_for(scene, 300);
    began = now();
    kx_resolver_free(scene->resolver);
    scene->resolver = NULL;
    assert_true(now() - began < 0.5);
    run_for(scene, 50);
    assert_int_equal(calls.n, 0);
}

static void
questions_are_bounded_and_cancelled_ones_count_until_they_are_over(
    void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    struct kx_lookup *lookup;
    krb5_error_code code = 0;
    char host[32];
    int i;

    for (i = 0; i <= KX_MAX_QUESTIONS && code == 0; i++) {
        (void)snprintf(host, sizeof(host), "h%d.silent.example", i);
        code = kx_lookup_text(scene->resolver, host, &late, note, &calls,
                              &lookup);
        if (code == 0)
            kx_lookup_cancel(lookup);
        else
            assert_null(lookup);
    }
    assert_int_equal(code, KX_ERR_BUSY);
    assert_int_equal(i, KX_MAX_QUESTIONS + 1);
    assert_int_equal(calls.n, 0);
}

static void
names_that_cannot_be_looked_up_are_refused_before_anything_starts(void **state)
{
    static const char *const hosts[] = {"", ".", "a..b", "a b", "a.b."};
    struct scene *scene = *state;
    struct kx_resolver *resolver = scene->resolver;
    const krb5_data realm = kx_data("local.example", 13);
    struct calls calls = {0};
    struct kx_lookup *lookup;
    char host[300];
    size_t i;

    assert_int_equal(
        kx_lookup_srv(resolver, &realm, &late, note, &calls, &lookup),
        KX_ERR_REALM_NAME);
    for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        assert_int_equal(kx_lookup_tlsa(resolver, hosts[i], 88, &late, note,
                                        &calls, &lookup),
                         KX_ERR_REALM_NAME);
        assert_int_equal(kx_lookup_address(resolver, hosts[i], &late, note,
                                           &calls, &lookup),
                         KX_ERR_REALM_NAME);
        assert_int_equal(
            kx_lookup_text(resolver, hosts[i], &late, note, &calls, &lookup),
            KX_ERR_REALM_NAME);
        assert_null(lookup);
    }
    /* 253 characters, but not behind "_kerberos." */
    for (i = 0; i < 253; i++)
        host[i] = i % 64 == 63 ? '.' : 'a';
    host[253] = '\0';
    assert_int_equal(kx_lookup_text(resolver, host, &late, note, &calls, NULL),
                     KX_ERR_REALM_NAME);
    assert_int_equal(
        kx_lookup_address(resolver, host, &late, note, &calls, &lookup), 0);
    kx_lookup_cancel(lookup);
}

static volatile sig_atomic_t n_signals;

static void
count_signal(int number)
{
    (void)number;
    n_signals++;
}

static void
the_resolver_thread_takes_no_signals(void **state)
{
    struct scene *scene = *state;
    struct sigaction action = {.sa_handler = count_signal}, before;
    sigset_t set, mask;
    struct calls calls = {0};

    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &late,
                                    note, &calls, NULL),
                     0);
    run_until(scene, &calls, 1);
    assert_int_equal(sigemptyset(&set), 0);
    assert_int_equal(sigaddset(&set, SIGUSR1), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &set, &mask), 0);

    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    (void)usleep(100000);

    assert_int_equal(n_signals, 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
    assert_int_equal(n_signals, 1);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void
without_room_for_a_thread_a_lookup_is_refused_and_later_works(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    pthread_attr_t normal, huge;

    assert_int_equal(pthread_getattr_default_np(&normal), 0);
    assert_int_equal(pthread_getattr_default_np(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 46), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &late,
                                    note, &calls, NULL),
                     KX_ERR_DNS_SETUP);

    assert_int_equal(pthread_setattr_default_np(&normal), 0);
    assert_int_equal(kx_lookup_text(scene->resolver, "local.example", &late,
                                    note, &calls, NULL),
                     0);
    run_until(scene, &calls, 1);
    assert_int_equal(pthread_attr_destroy(&normal), 0);
    assert_int_equal(pthread_attr_destroy(&huge), 0);
}

/*
 * Run act in a child, which has ten seconds; returns its exit status.  The
 * child ends as another program, because it is meant to leave memory alone
 * that a leak checker would count.
 */
static int
in_a_child(int (*act)(struct scene *scene), struct scene *scene)
{
    char command[16];
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(10);
        (void)snprintf(command, sizeof(command), "exit %d", act(scene));
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
abandon(struct scene *scene)
{
    kx_resolver_abandon(scene->resolver);
    return 3;
}

static int
free_all_the_same(struct scene *scene)
{
    kx_resolver_free(scene->resolver);
    return 4;
}

static int
use_all_the_same(struct scene *scene)
{
    krb5_error_code code;
    struct calls calls = {0};

    code = kx_lookup_text(scene->resolver, "local.example", &soon, note,
                          &calls, NULL);
    return code == KX_ERR_DNS_SETUP ? 5 : 1;
}

static int
use_one_of_its_own(struct scene *scene)
{
    struct scene mine = *scene;
    struct calls calls = {0};

    kx_resolver_abandon(scene->resolver);
    mine.base = event_base_new();
    if (mine.base == NULL ||
        kx_resolver_new(mine.context, mine.base, mine.conf, &mine.resolver) !=
            0 ||
        kx_lookup_text(mine.resolver, "local.example", &late, note, &calls,
                       NULL) != 0)
        return 1;
    run_until(&mine, &calls, 1);
    kx_resolver_free(mine.resolver);
    event_base_free(mine.base);
    return calls.code == KX_ERR_DNS_INSECURE ? 6 : 1;
}

static void
a_forked_child_leaves_its_parents_resolver_working(void **state)
{
    static int (*const acts[])(struct scene * scene) = {
        abandon, free_all_the_same, use_all_the_same, use_one_of_its_own};
    struct scene *scene = *state;
    struct calls silent = {0}, calls = {0};
    int i;

    assert_int_equal(kx_lookup_address(scene->resolver, "h.silent.example",
                                       &late, note, &silent, NULL),
                     0);
    for (i = 0; i < 4; i++) {
        assert_int_equal(kx_lookup_text(scene->resolver, "local.example",
                                        &late, note, &calls, NULL),
                         0);
        assert_int_equal(in_a_child(acts[i], scene), 3 + i);
        run_until(scene, &calls, i + 1);
        assert_int_equal(calls.code, KX_ERR_DNS_INSECURE);
    }
    assert_int_equal(silent.n, 0);
}

/* Make a resolver with settings that cannot be used, and check that the
 * message has the path of unbound.conf and words. */
static void
refuse(struct scene *scene, const char *path, const char *words)
{
    struct kx_resolver *resolver = scene->resolver;
    krb5_error_code code;
    const char *message;

    code = kx_resolver_new(scene->context, scene->base, path, &resolver);
    assert_int_equal(code, KX_ERR_DNS_SETUP);
    assert_null(resolver);
    message = krb5_get_error_message(scene->context, code);
    if (strstr(message, path) == NULL || strstr(message, words) == NULL)
        fail_msg("%s or \"%s\" is not in: %s", path, words, message);
    krb5_free_error_message(scene->context, message);
}

static void
settings_that_cannot_be_used_are_refused_at_once_by_name(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"server:\nno-such-setting: 1\n", "syntax error"},
        {"server:\ndo-ip6: no\n", "has no trust anchor"},
        {"server:\ntrust-anchor-file: /no/such/key\n", "/no/such/key"},
        {"server:\ntrust-anchor: \"no anchor\"\n", "parsing trust anchor"},
    };
    struct scene *scene = *state;
    char path[32];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_conf(path, cases[i].text);
        refuse(scene, path, cases[i].words);
        (void)unlink(path);
    }
    refuse(scene, "/no/such/unbound.conf", "No such file");
}

static void
modules_that_only_unbound_itself_has_are_passed_over(void **state)
{
    struct scene *scene = *state;
    struct kx_resolver *resolver;
    char path[32];

    write_conf(path, "server:\n" ANCHOR
                     "module-config: \"no-such-module iterator\"\n");
    assert_int_equal(
        kx_resolver_new(scene->context, scene->base, path, &resolver), 0);
    kx_resolver_free(resolver);
    (void)unlink(path);
}

static void
without_settings_the_root_key_of_the_distribution_is_used(void **state)
{
    struct scene *scene = *state;
    struct kx_resolver *resolver;

    assert_int_equal(
        kx_resolver_new(scene->context, scene->base, NULL, &resolver), 0);
    kx_resolver_free(resolver);
}

static void
settings_do_not_move_us_to_another_directory(void **state)
{
    struct scene *scene = *state;
    struct kx_resolver *resolver;
    char path[32], before[512], after[512];

    write_conf(path, "server:\n" ANCHOR "directory: \"/\"\n");
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(
        kx_resolver_new(scene->context, scene->base, path, &resolver), 0);
    assert_non_null(getcwd(after, sizeof(after)));
    assert_string_equal(after, before);
    kx_resolver_free(resolver);
    (void)unlink(path);
}

static void
nothing_is_written_to_stderr(void **state)
{
    struct scene *scene = *state;
    struct kx_resolver *resolver = scene->resolver, *none;
    struct calls calls = {0};
    struct rlimit limit, no_more;
    char written[512] = "";
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    assert_non_null(file);
    assert_true(saved >= 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    no_more = limit;
    no_more.rlim_cur = 0;
    (void)fflush(stderr);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);

    (void)kx_lookup_text(resolver, "local.example", &late, note, &calls, NULL);
    run_until(scene, &calls, 1);
    /* That it gets no socket is worth a line to libunbound. */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &no_more), 0);
    (void)kx_lookup_text(resolver, "silent.example", &soon, note, &calls,
                         NULL);
    run_until(scene, &calls, 2);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    (void)kx_resolver_new(scene->context, scene->base, "/no/such", &none);

    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    rewind(file);
    (void)!fread(written, 1, sizeof(written) - 1, file);
    assert_string_equal(written, "");
    (void)fclose(file);
    (void)close(saved);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, arrange, clean_up)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_silent_server_ends_in_a_timeout_at_the_deadline),
        TEST(each_family_of_addresses_waits_for_the_one_deadline),
        TEST(a_server_that_is_down_is_a_failure_before_the_deadline),
        TEST(an_answer_out_of_the_settings_is_not_secure),
        TEST(no_call_comes_before_the_base_runs),
        TEST(an_answer_that_waited_for_the_base_beats_the_deadline),
        TEST(a_cancelled_lookup_never_calls),
        TEST(the_base_has_nothing_left_to_watch_after_the_last_answer),
        TEST(a_call_may_cancel_another_lookup_and_start_a_next_one),
        TEST(a_call_may_free_the_resolver),
        TEST(freeing_the_resolver_ends_its_lookups_at_once_and_without_a_call),
        TEST(
            questions_are_bounded_and_cancelled_ones_count_until_they_are_over),
        TEST(
            names_that_cannot_be_looked_up_are_refused_before_anything_starts),
        TEST(the_resolver_thread_takes_no_signals),
        TEST(without_room_for_a_thread_a_lookup_is_refused_and_later_works),
        TEST(a_forked_child_leaves_its_parents_resolver_working),
        TEST(settings_that_cannot_be_used_are_refused_at_once_by_name),
        TEST(modules_that_only_unbound_itself_has_are_passed_over),
        TEST(without_settings_the_root_key_of_the_distribution_is_used),
        TEST(settings_do_not_move_us_to_another_directory),
        TEST(nothing_is_written_to_stderr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
