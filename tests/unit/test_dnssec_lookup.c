/*
 * test_dnssec_lookup.c: lookups that end well without a name server: at their
 * deadline, cancelled, with their resolver freed.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "dnssec/resolver.h"
#include "tests/unit/scene.h"
#include "tests/unit/test.h"

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
        (void)snprintf(host, sizeof(host), "h%d.silent%d.example", i, i % 16);
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
one_domain_cannot_have_all_questions(void **state)
{
    struct scene *scene = *state;
    struct calls calls = {0};
    struct kx_lookup *lookup;
    krb5_error_code code = 0;
    char host[32];
    int i;

    for (i = 0; i <= KX_MAX_QUESTIONS_OF_DOMAIN && code == 0; i++) {
        (void)snprintf(host, sizeof(host), "h%d.silent.example", i);
        code = kx_lookup_text(scene->resolver, host, &late, note, &calls,
                              &lookup);
        kx_lookup_cancel(lookup);
    }
    assert_int_equal(code, KX_ERR_BUSY);
    assert_int_equal(i, KX_MAX_QUESTIONS_OF_DOMAIN + 1);
    assert_int_equal(kx_lookup_text(scene->resolver, "h.other.example", &late,
                                    note, &calls, &lookup),
                     0);
    kx_lookup_cancel(lookup);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_silent_server_ends_in_a_timeout_at_the_deadline),
        SCENE_TEST(each_family_of_addresses_waits_for_the_one_deadline),
        SCENE_TEST(a_server_that_is_down_is_a_failure_before_the_deadline),
        SCENE_TEST(an_answer_out_of_the_settings_is_not_secure),
        SCENE_TEST(no_call_comes_before_the_base_runs),
        SCENE_TEST(an_answer_that_waited_for_the_base_beats_the_deadline),
        SCENE_TEST(a_cancelled_lookup_never_calls),
        SCENE_TEST(the_base_has_nothing_left_to_watch_after_the_last_answer),
        SCENE_TEST(a_call_may_cancel_another_lookup_and_start_a_next_one),
        SCENE_TEST(a_call_may_free_the_resolver),
        SCENE_TEST(
            freeing_the_resolver_ends_its_lookups_at_once_and_without_a_call),
        SCENE_TEST(
            questions_are_bounded_and_cancelled_ones_count_until_they_are_over),
        SCENE_TEST(one_domain_cannot_have_all_questions),
        SCENE_TEST(
            names_that_cannot_be_looked_up_are_refused_before_anything_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
