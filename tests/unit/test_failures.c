/*
 * test_failures.c: the realms with which an exchange has failed.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "exchange/failures.h"
#include "tests/unit/test.h"

#define PLACES 4
#define NOW 1000000

struct scene {
    krb5_context context;
    struct kx_failures *failures;
};

static int
set_up(void **state)
{
    struct scene *scene = test_alloc(sizeof(*scene));

    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    assert_int_equal(kx_failures_new(PLACES, &scene->failures), 0);
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    kx_failures_free(scene->failures);
    krb5_free_context(scene->context);
    free(scene);
    return 0;
}

/* Let realm fail with code at second now. */
static void
fail_at(struct scene *scene, const char *realm, krb5_error_code code,
        int64_t now)
{
    krb5_data name = kx_data(realm, strlen(realm));

    kx_failures_add(scene->failures, &name, code, "its words", now);
}

/* Let an exchange with realm not begin at second now; TRUE if that is news. */
static krb5_boolean
not_begun_at(struct scene *scene, const char *realm, krb5_error_code code,
             int64_t now)
{
    krb5_data name = kx_data(realm, strlen(realm));

    return kx_failures_note(scene->failures, &name, code, now);
}

/* What is remembered of realm at second now. */
static krb5_error_code
found_at(struct scene *scene, const char *realm, int64_t now)
{
    krb5_data name = kx_data(realm, strlen(realm));

    return kx_failures_find(scene->context, scene->failures, &name, now);
}

static void
a_realm_that_has_not_failed_may_be_tried(void **state)
{
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW), 0);
}

static void
a_failure_is_given_again_with_its_words(void **state)
{
    struct scene *scene = *state;
    const char *words;

    fail_at(scene, "BRAVO.EXAMPLE", KX_ERR_NO_SRV, NOW);
    assert_int_equal(found_at(scene, "BRAVO.EXAMPLE", NOW), KX_ERR_NO_SRV);
    words = krb5_get_error_message(scene->context, KX_ERR_NO_SRV);
    assert_string_equal(words, "its words");
    krb5_free_error_message(scene->context, words);
}

static void
only_the_realm_that_failed_is_left_alone(void **state)
{
    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_NO_SRV, NOW);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPL", NOW), 0);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLES", NOW), 0);
    assert_int_equal(found_at(*state, "ALPHA.EXAMPLE", NOW), 0);
}

static void
after_the_pause_it_may_be_tried_again(void **state)
{
    unsigned int pause = kx_failure_pause(KX_ERR_CONFIRM, 1);

    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_CONFIRM, NOW);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW + pause - 1),
                     KX_ERR_CONFIRM);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW + pause), 0);
}

static void
what_dns_does_not_vouch_for_is_left_alone_for_minutes(void **state)
{
    (void)state;
    assert_int_equal(kx_failure_pause(KX_ERR_NO_SRV, 1), 120);
    assert_int_equal(kx_failure_pause(KX_ERR_NO_TLSA, 1), 120);
    assert_int_equal(kx_failure_pause(KX_ERR_DNS_NONE, 1), 120);
    assert_int_equal(kx_failure_pause(KX_ERR_DNS_INSECURE, 5), 120);
}

static void
a_peer_that_refuses_or_fails_a_check_is_left_alone_for_a_minute(void **state)
{
    (void)state;
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_REFUSED, 1), 60);
    assert_int_equal(kx_failure_pause(KX_ERR_SIGNATURE, 1), 60);
    assert_int_equal(kx_failure_pause(KX_ERR_TLSA_MISMATCH, 5), 60);
}

static void
a_silent_peer_is_left_alone_longer_each_time_but_not_for_ever(void **state)
{
    (void)state;
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_SILENT, 1), 15);
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_SILENT, 2), 30);
    assert_int_equal(kx_failure_pause(KX_ERR_CONNECT, 3), 60);
    assert_int_equal(kx_failure_pause(KX_ERR_DNS_TIMEOUT, 4), 120);
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_CLOSED, 5), 240);
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_SILENT, 6), 300);
    assert_int_equal(kx_failure_pause(KX_ERR_PEER_SILENT, UINT32_MAX), 300);
}

static void
what_is_our_own_affair_holds_no_attempt_back(void **state)
{
    const krb5_error_code ours[] = {KX_ERR_IDENTITY, KX_ERR_DNS_SETUP,
                                    KX_ERR_CRYPTO,   KX_ERR_STORE,
                                    KX_ERR_SETTING,  ENOMEM};
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        fail_at(*state, "BRAVO.EXAMPLE", ours[i], NOW);
        assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW), 0);
    }
}

static void
what_could_not_begin_holds_no_attempt_back(void **state)
{
    (void)not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_ANCHOR, NOW);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW), 0);
}

static void
failures_in_a_row_make_the_pause_longer(void **state)
{
    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, NOW);
    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, NOW + 20);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW + 20 + 29),
                     KX_ERR_PEER_SILENT);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", NOW + 20 + 30), 0);
}

static void
an_old_failure_is_forgiven(void **state)
{
    const int64_t later = NOW + 15 + 600;

    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, NOW);
    fail_at(*state, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, later);
    assert_int_equal(found_at(*state, "BRAVO.EXAMPLE", later + 15), 0);
}

static void
success_wipes_the_slate(void **state)
{
    struct scene *scene = *state;
    krb5_data realm = kx_data("BRAVO.EXAMPLE", 13);

    fail_at(scene, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, NOW);
    kx_failures_remove(scene->failures, &realm);
    assert_int_equal(found_at(scene, "BRAVO.EXAMPLE", NOW), 0);
    fail_at(scene, "BRAVO.EXAMPLE", KX_ERR_PEER_SILENT, NOW);
    assert_int_equal(found_at(scene, "BRAVO.EXAMPLE", NOW + 15), 0);
}

static void
with_all_places_taken_the_one_that_is_over_first_makes_room(void **state)
{
    char realm[32];
    int i;

    fail_at(*state, "LONG.EXAMPLE", KX_ERR_NO_SRV, NOW);
    fail_at(*state, "SHORT.EXAMPLE", KX_ERR_PEER_SILENT, NOW);
    for (i = 0; i < PLACES - 1; i++) {
        (void)snprintf(realm, sizeof(realm), "R%d.EXAMPLE", i);
        fail_at(*state, realm, KX_ERR_CONFIRM, NOW);
    }
    assert_int_equal(found_at(*state, "SHORT.EXAMPLE", NOW), 0);
    assert_int_equal(found_at(*state, "LONG.EXAMPLE", NOW), KX_ERR_NO_SRV);
    assert_int_equal(found_at(*state, "R0.EXAMPLE", NOW), KX_ERR_CONFIRM);
    assert_int_equal(found_at(*state, realm, NOW), KX_ERR_CONFIRM);
}

static void
the_same_failure_in_a_moment_is_no_news(void **state)
{
    assert_true(not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_IDENTITY, NOW));
    assert_false(
        not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_IDENTITY, NOW + 9));
}

static void
the_same_failure_later_another_one_or_of_another_realm_is_news(void **state)
{
    (void)not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_IDENTITY, NOW);
    assert_true(
        not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_IDENTITY, NOW + 10));
    assert_true(
        not_begun_at(*state, "BRAVO.EXAMPLE", KX_ERR_DNS_SETUP, NOW + 10));
    assert_true(
        not_begun_at(*state, "ALPHA.EXAMPLE", KX_ERR_DNS_SETUP, NOW + 10));
}

static void
a_name_that_is_no_realms_is_not_remembered_and_pushes_nobody_out(void **state)
{
    char name[512];
    int i;

    memset(name, 'A', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    fail_at(*state, name, KX_ERR_NO_SRV, NOW);
    assert_true(not_begun_at(*state, name, KX_ERR_IDENTITY, NOW));
    assert_int_equal(found_at(*state, name, NOW), 0);
    fail_at(*state, "", KX_ERR_NO_SRV, NOW);
    for (i = 0; i < PLACES; i++) {
        (void)snprintf(name, sizeof(name), "R%d.EXAMPLE", i);
        fail_at(*state, name, KX_ERR_NO_SRV, NOW);
    }
    fail_at(*state, "", KX_ERR_NO_SRV, NOW);
    assert_int_equal(found_at(*state, "R0.EXAMPLE", NOW), KX_ERR_NO_SRV);
    assert_int_equal(found_at(*state, "", NOW), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_realm_that_has_not_failed_may_be_tried),
        TEST(a_failure_is_given_again_with_its_words),
        TEST(only_the_realm_that_failed_is_left_alone),
        TEST(after_the_pause_it_may_be_tried_again),
        TEST(what_dns_does_not_vouch_for_is_left_alone_for_minutes),
        TEST(a_peer_that_refuses_or_fails_a_check_is_left_alone_for_a_minute),
        TEST(a_silent_peer_is_left_alone_longer_each_time_but_not_for_ever),
        TEST(what_is_our_own_affair_holds_no_attempt_back),
        TEST(what_could_not_begin_holds_no_attempt_back),
        TEST(failures_in_a_row_make_the_pause_longer),
        TEST(an_old_failure_is_forgiven),
        TEST(success_wipes_the_slate),
        TEST(with_all_places_taken_the_one_that_is_over_first_makes_room),
        TEST(the_same_failure_in_a_moment_is_no_news),
        TEST(the_same_failure_later_another_one_or_of_another_realm_is_news),
        TEST(a_name_that_is_no_realms_is_not_remembered_and_pushes_nobody_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
