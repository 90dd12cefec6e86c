/*
 * test_responder.c: what the responder answers to requests that it can judge
 * without a name server, and how it treats the askers.
 */
#include "config.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "tests/unit/chains.h"
#include "tests/unit/responding.h"
#include "tests/unit/test.h"

static void
garbage_is_refused(void **state)
{
    assert_int_equal(refusal_of(*state, text_message("r garbage")), 60);
}

static void
a_truncated_request_is_refused(void **state)
{
    krb5_data message = honest_request(*state);

    message.length -= 7;
    assert_int_equal(refusal_of(*state, message), 60);
}

static void
a_reply_for_a_request_is_refused_as_another_type(void **state)
{
    krb5_data message = honest_request(*state);

    message.data[0] = 0x73;
    assert_int_equal(refusal_of(*state, message), 40);
}

static void
a_message_over_the_bound_is_refused(void **state)
{
    char *big = calloc(1, KX_MAX_MESSAGE + 1);
    krb5_data message = kx_data(big, KX_MAX_MESSAGE + 1);

    big[0] = 0x72;
    assert_int_equal(refusal_of(*state, message), 61);
}

static void
age(struct kx_terms *terms)
{
    terms->request_time -= 3600;
}

static void
an_old_request_is_refused_for_its_time(void **state)
{
    struct scene *scene = *state;
    struct kx_identity *identity = make_plain_identity("alpha.example");

    assert_int_equal(
        refusal_of(scene, seal(scene, make_request(scene, identity, age))),
        37);
    assert_non_null(strstr(scene->log, "check 1, policy"));
    assert_non_null(strstr(scene->log, "krbtgt/" LOCAL "@" REMOTE));
}

static void
a_broken_chain_is_refused(void **state)
{
    struct scene *scene = *state;
    const struct certificate_plan plans[] = {
        {.name = "first", .dns_name = "alpha.example"},
        {.name = "root", .is_ca = TRUE}};
    struct kx_message *request =
        make_request(scene, make_identity(plans, 2), NULL);

    kx_data_free(&request->offer.chain[--request->offer.n_chain]);
    assert_int_equal(refusal_of(scene, seal(scene, request)), 71);
    assert_non_null(strstr(scene->log, "check 2, chain"));
}

static void
a_wrong_signature_is_refused(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request =
        make_request(scene, make_plain_identity("alpha.example"), NULL);

    request->offer.signature.data[0] ^= 1;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_non_null(strstr(scene->log, "check 3, signature"));
}

static void
a_refusal_is_a_number_and_the_words_stay_in_the_log(void **state)
{
    struct scene *scene = *state;
    struct kx_message *requests[] = {
        make_request(scene, make_plain_identity("alpha.example"), age),
        make_request(scene, make_plain_identity("alpha.example"), NULL),
    };
    size_t i;

    requests[1]->offer.signature.data[0] ^= 1;
    for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        assert_false(answers_to(scene, seal(scene, requests[i])).has_words);
    assert_false(answers_to(scene, text_message("r garbage")).has_words);
    assert_int_equal(scene->lines, 3);
}

static void
of_a_flood_of_refusals_few_are_logged_and_other_kinds_still_are(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request;
    char text[16];
    int i;

    for (i = 0; i < 50; i++) {
        (void)snprintf(text, sizeof(text), "garbage %d", i);
        assert_int_equal(refusal_of(scene, text_message(text)), 60);
    }
    assert_int_equal(scene->lines, KX_QUIET_LINES);
    request = make_request(scene, make_plain_identity("alpha.example"), NULL);
    request->offer.signature.data[0] ^= 1;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_int_equal(scene->lines, KX_QUIET_LINES + 1);
    assert_non_null(strstr(scene->log, "check 3, signature"));
}

/* A request with a chain of ten, the longest that there may be. */
static struct kx_message *
long_request(struct scene *scene)
{
    struct certificate_plan plans[KX_MAX_CHAIN] = {{.name = "the KDC"}};
    char names[KX_MAX_CHAIN][16];
    size_t i;

    for (i = 1; i < KX_MAX_CHAIN; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "CA %zu", i);
        plans[i].name = names[i];
        plans[i].is_ca = TRUE;
    }
    return make_request(scene, make_identity(plans, KX_MAX_CHAIN), NULL);
}

static void
a_forged_offer_costs_one_verification_however_long_its_chain(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);

    request->offer.signature.data[0] ^= 1;
    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 64);
    assert_int_equal(verified, 1);
    assert_int_equal(asked, 0);
}

static void
a_chain_that_is_not_in_order_costs_no_verification(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);
    krb5_data swap = request->offer.chain[8];

    request->offer.chain[8] = request->offer.chain[9];
    request->offer.chain[9] = swap;
    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 71);
    assert_int_equal(verified, 0);
    assert_int_equal(asked, 0);
}

static void
every_signature_of_a_chain_is_verified_before_dns_is_asked(void **state)
{
    struct scene *scene = *state;
    struct kx_message *request = long_request(scene);

    verified = asked = 0;
    assert_int_equal(refusal_of(scene, seal(scene, request)), 29);
    assert_non_null(strstr(scene->log, "check 4, DNSSEC"));
    assert_int_equal(verified, 1 + KX_MAX_CHAIN);
    assert_int_equal(asked, 1);
}

static void
without_dns_the_peer_is_told_to_try_later(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(refusal_of(scene, honest_request(scene)), 29);
    assert_non_null(strstr(scene->log, "check 4, DNSSEC"));
}

static void
without_an_identity_the_peer_is_told_to_try_later(void **state)
{
    struct scene *scene = *state;
    char none[] = "FILE:/nonexistent/cert,/nonexistent/key";

    kx_credentials_free(scene->engine->credentials);
    scene->identities[0] = none;
    assert_int_equal(kx_credentials_new(scene->context, &scene->settings,
                                        &scene->logger,
                                        &scene->engine->credentials),
                     0);
    assert_int_equal(refusal_of(scene, honest_request(scene)), 29);
    assert_non_null(strstr(scene->log, "our identity"));
}

static void
the_same_request_twice_at_once_is_one_exchange(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers first = {0}, second = {0};

    (void)take(scene, &message, &first);
    (void)take(scene, &message, &second);
    verified = asked = 0;
    while (first.n == 0 || second.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(first.n, 1);
    assert_int_equal(second.n, 1);
    assert_int_equal(first.code, second.code);
    /* Its own signature and that of its chain of one, once. */
    assert_int_equal(verified, 2);
    assert_int_equal(asked, 1);
    assert_int_equal(scene->lines, 1);
    kx_data_free(&message);
}

static void
an_asker_who_has_gone_is_not_answered(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers gone = {0}, staying = {0};
    struct kx_request *request = take(scene, &message, &gone);

    (void)take(scene, &message, &staying);
    kx_request_cancel(request);
    while (staying.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(gone.n, 0);
    kx_data_free(&message);
}

static void
one_source_cannot_have_more_than_its_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[17] = {0};
    krb5_data message;
    int i;

    for (i = 0; i < 17; i++) {
        assert_null(strstr(scene->log, "limits"));
        message = honest_request(scene);
        (void)take(scene, &message, &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    while (answers[16].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(answers[16].code, 29);
}

static void
of_a_flood_from_one_source_few_lines_are_logged(void **state)
{
    struct scene *scene = *state;
    struct answers answers[60] = {0};
    krb5_data message;
    int i;

    for (i = 0; i < 60; i++) {
        message = honest_request(scene);
        (void)take(scene, &message, &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    assert_int_equal(scene->lines, KX_QUIET_LINES);
}

static void
addresses_of_one_ipv6_prefix_are_one_source(void **state)
{
    struct scene *scene = *state;
    struct answers answers[18] = {0};
    struct sockaddr_in6 source = {.sin6_family = AF_INET6};
    krb5_data message;
    int i;

    source.sin6_addr.s6_addr[0] = 0x20;
    for (i = 0; i < 17; i++) {
        assert_null(strstr(scene->log, "limits"));
        source.sin6_addr.s6_addr[8] = source.sin6_addr.s6_addr[15] =
            (uint8_t)i;
        message = honest_request(scene);
        (void)take_from(scene, (struct sockaddr *)&source, &message,
                        &answers[i]);
        kx_data_free(&message);
    }
    assert_non_null(strstr(scene->log, "limits"));
    scene->log[0] = '\0';
    source.sin6_addr.s6_addr[7] = 1;
    message = honest_request(scene);
    (void)take_from(scene, (struct sockaddr *)&source, &message, &answers[17]);
    kx_data_free(&message);
    assert_null(strstr(scene->log, "limits"));
    while (answers[17].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
}

static void
an_address_of_one_family_is_none_of_the_other(void **state)
{
    struct scene *scene = *state;
    struct answers answers[17] = {0};
    struct sockaddr_in6 ours = {.sin6_family = AF_INET6};
    struct sockaddr_in other = {.sin_family = AF_INET};
    krb5_data message;
    int i;

    ours.sin6_addr.s6_addr[15] = 1;
    other.sin_addr.s_addr = htonl(0x7f000001);
    for (i = 0; i < 17; i++) {
        message = honest_request(scene);
        (void)take_from(scene,
                        i < 16 ? (struct sockaddr *)&ours
                               : (struct sockaddr *)&other,
                        &message, &answers[i]);
        kx_data_free(&message);
    }
    assert_null(strstr(scene->log, "limits"));
    while (answers[16].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
}

/* Hand an honest request over that comes from 192.0.2.number. */
static void
take_honest(struct scene *scene, int number, struct answers *answers)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    krb5_data message = honest_request(scene);

    source.sin_addr.s_addr = htonl(0xc0000200 + (uint32_t)number);
    (void)take_from(scene, (struct sockaddr *)&source, &message, answers);
    kx_data_free(&message);
}

static void
one_realm_cannot_have_more_than_its_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[5] = {0};
    int i;

    /* From now on DNS accepts connections and says nothing. */
    assert_int_equal(listen(scene->dns, 8), 0);
    for (i = 0; i < 5; i++)
        take_honest(scene, i, &answers[i]);
    while (scene->lines == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_non_null(strstr(scene->log, "limits: 4 exchanges with realm " REMOTE
                                       " are under way"));
    assert_int_equal(answers[4].n, 1);
    assert_int_equal(answers[4].code, 29);
    assert_int_equal(scene->lines, 1);
}

static void
all_together_cannot_have_more_than_their_share_under_way(void **state)
{
    struct scene *scene = *state;
    struct answers answers[129] = {0};
    int i;

    for (i = 0; i < 129; i++) {
        assert_null(strstr(scene->log, "limits"));
        take_honest(scene, i / 16, &answers[i]);
    }
    assert_non_null(strstr(scene->log, "limits"));
    while (answers[128].n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    assert_int_equal(answers[128].code, 29);
}

/* Bytes that malloc() has given out: none counted under valgrind and the
 * sanitizers, which tell of lost ones themselves. */
static size_t
bytes_in_use(void)
{
    return mallinfo2().uordblks;
}

/* Have the same message (released) refused again and again.  What malloc()
 * keeps for the next one who asks counts as given out, so a little more or
 * less means nothing; but that it is less than any allocation for each. */
static void
assert_refusals_leave_nothing(struct scene *scene, krb5_data message,
                              int32_t code)
{
    struct answers answers;
    size_t before = 0;
    int i;

    for (i = 0; i < 200; i++) {
        /* The first ones fill what is there once for all. */
        if (i == 100)
            before = bytes_in_use();
        memset(&answers, 0, sizeof(answers));
        (void)take(scene, &message, &answers);
        while (answers.n == 0)
            (void)event_base_loop(scene->base, EVLOOP_ONCE);
        assert_int_equal(answers.code, code);
    }
    assert_in_range(bytes_in_use(), 0, before + 100 * 16);
    kx_data_free(&message);
}

static void
a_refusal_leaves_nothing_in_memory(void **state)
{
    struct scene *scene = *state;
    struct kx_message *forged =
        make_request(scene, make_plain_identity("alpha.example"), NULL);

    forged->offer.signature.data[0] ^= 1;
    assert_refusals_leave_nothing(scene, text_message("r garbage"), 60);
    assert_refusals_leave_nothing(
        scene,
        seal(scene,
             make_request(scene, make_plain_identity("alpha.example"), age)),
        37);
    assert_refusals_leave_nothing(scene, seal(scene, forged), 64);
}

static void
a_refused_realm_leaves_nothing_in_memory(void **state)
{
    struct scene *scene = *state;
    char refused[] = "!" REMOTE, rest[] = "*";
    char *patterns[] = {refused, rest, NULL};

    scene->settings.realms = patterns;
    assert_refusals_leave_nothing(scene, honest_request(scene), 12);
    assert_non_null(strstr(scene->log, "refused by kxover_realms"));
}

static void
a_responder_goes_with_requests_under_way(void **state)
{
    struct scene *scene = *state;
    krb5_data message = honest_request(scene);
    struct answers answers = {0};

    (void)take(scene, &message, &answers);
    (void)event_base_loop(scene->base, EVLOOP_NONBLOCK);
    kx_responder_free(scene->responder);
    scene->responder = NULL;
    assert_int_equal(answers.n, 0);
    kx_data_free(&message);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RESPONDING_TEST(garbage_is_refused),
        RESPONDING_TEST(
            of_a_flood_of_refusals_few_are_logged_and_other_kinds_still_are),
        RESPONDING_TEST(of_a_flood_from_one_source_few_lines_are_logged),
        RESPONDING_TEST(a_truncated_request_is_refused),
        RESPONDING_TEST(a_reply_for_a_request_is_refused_as_another_type),
        RESPONDING_TEST(a_message_over_the_bound_is_refused),
        RESPONDING_TEST(an_old_request_is_refused_for_its_time),
        RESPONDING_TEST(a_broken_chain_is_refused),
        RESPONDING_TEST(a_wrong_signature_is_refused),
        RESPONDING_TEST(a_refusal_is_a_number_and_the_words_stay_in_the_log),
        RESPONDING_TEST(
            a_forged_offer_costs_one_verification_however_long_its_chain),
        RESPONDING_TEST(a_chain_that_is_not_in_order_costs_no_verification),
        RESPONDING_TEST(
            every_signature_of_a_chain_is_verified_before_dns_is_asked),
        RESPONDING_TEST(without_dns_the_peer_is_told_to_try_later),
        RESPONDING_TEST(without_an_identity_the_peer_is_told_to_try_later),
        RESPONDING_TEST(the_same_request_twice_at_once_is_one_exchange),
        RESPONDING_TEST(an_asker_who_has_gone_is_not_answered),
        RESPONDING_TEST(one_source_cannot_have_more_than_its_share_under_way),
        RESPONDING_TEST(addresses_of_one_ipv6_prefix_are_one_source),
        RESPONDING_TEST(an_address_of_one_family_is_none_of_the_other),
        RESPONDING_TEST(one_realm_cannot_have_more_than_its_share_under_way),
        RESPONDING_TEST(
            all_together_cannot_have_more_than_their_share_under_way),
        RESPONDING_TEST(a_refusal_leaves_nothing_in_memory),
        RESPONDING_TEST(a_refused_realm_leaves_nothing_in_memory),
        RESPONDING_TEST(a_responder_goes_with_requests_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
