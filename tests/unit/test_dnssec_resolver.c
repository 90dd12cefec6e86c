/*
 * test_dnssec_resolver.c: a resolver inside a program that has signals, forks,
 * limits and a working directory of its own; and settings that cannot be used.
 */
#include "config.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "dnssec/resolver.h"
#include "tests/unit/scene.h"
#include "tests/unit/test.h"

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

#ifdef __SANITIZE_THREAD__
    print_message("left out: ThreadSanitizer cannot follow into the child of "
                  "a process with threads\n");
    return;
#endif
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_resolver_thread_takes_no_signals),
        SCENE_TEST(
            without_room_for_a_thread_a_lookup_is_refused_and_later_works),
        SCENE_TEST(a_forked_child_leaves_its_parents_resolver_working),
        SCENE_TEST(settings_that_cannot_be_used_are_refused_at_once_by_name),
        SCENE_TEST(modules_that_only_unbound_itself_has_are_passed_over),
        SCENE_TEST(without_settings_the_root_key_of_the_distribution_is_used),
        SCENE_TEST(settings_do_not_move_us_to_another_directory),
        SCENE_TEST(nothing_is_written_to_stderr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
