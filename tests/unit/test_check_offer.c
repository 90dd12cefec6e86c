/*
 * test_check_offer.c: check 1 of a peer's offer, in line with policy: each
 * refusal with its own error.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/validate.h"
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

/* Put a request, changed by the test, to check 1. */
static krb5_error_code
check_request(struct made *made)
{
    krb5_data remote;

    return kx_check_request(context, &settings, time(NULL),
                            &made->message->offer, &remote);
}

/* Write text over a component or a realm of the request's name. */
static void
rename_to(krb5_data *part, const char *text)
{
    free(part->data);
    part->data = strdup(text);
    part->length = (unsigned int)strlen(text);
}

static void
a_request_in_line_with_policy_is_accepted(void **state)
{
    struct made made = plain_request();

    (void)state;
    assert_int_equal(check_request(&made), 0);
    clear(&made);
}

static void
a_request_for_another_service_realm_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    rename_to(&made.message->offer.tbs.kxname->data[1], "OTHER.EXAMPLE");
    assert_int_equal(check_request(&made), KX_ERR_POLICY_NAME);
    clear(&made);
}

static void
a_request_for_another_kind_of_principal_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    rename_to(&made.message->offer.tbs.kxname->data[0], "host");
    assert_int_equal(check_request(&made), KX_ERR_POLICY_NAME);
    clear(&made);
}

static void
a_request_with_another_name_type_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    made.message->offer.tbs.kxname->type = KRB5_NT_PRINCIPAL;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_NAME);
    clear(&made);
}

static void
a_request_from_our_own_realm_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    rename_to(&made.message->offer.tbs.kxname->realm, LOCAL);
    assert_int_equal(check_request(&made), KX_ERR_POLICY_NAME);
    clear(&made);
}

static void
a_request_from_a_realm_of_one_label_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    rename_to(&made.message->offer.tbs.kxname->realm, "ALPHA");
    assert_int_equal(check_request(&made), KX_ERR_REALM_NAME);
    clear(&made);
}

static void
a_request_from_a_realm_that_kxover_realms_refuses_is_refused(void **state)
{
    struct made made = plain_request();
    char refused[] = "!ALPHA.EXAMPLE", rest[] = "*";
    char *patterns[] = {refused, rest, NULL};

    (void)state;
    settings.realms = patterns;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_REALM);
    settings.realms = NULL;
    clear(&made);
}

static void
a_request_older_than_the_clock_skew_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    made.message->offer.tbs.request_time -= 302;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_TIME);
    clear(&made);
}

static void
a_request_from_the_future_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    made.message->offer.tbs.request_time += 310;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_TIME);
    clear(&made);
}

static void
a_request_for_less_than_a_day_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    made.message->offer.tbs.till = time(NULL) + 3600;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_TILL);
    clear(&made);
}

static void
of_a_least_life_that_is_short_no_more_than_half_is_forgiven(void **state)
{
    struct made made = plain_request();
    time_t now = time(NULL);

    (void)state;
    settings.lifetime_min = 60;
    made.message->offer.tbs.till = now + 40;
    assert_int_equal(check_request(&made), 0);
    made.message->offer.tbs.till = now + 29;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_TILL);
    settings.lifetime_min = KX_DAY;
    clear(&made);
}

static void
a_request_without_a_common_encryption_type_is_refused(void **state)
{
    struct made made = plain_request();
    size_t i;

    (void)state;
    for (i = 0; i < made.message->offer.tbs.n_accept_etype; i++)
        made.message->offer.tbs.accept_etype[i] = ENCTYPE_ARCFOUR_HMAC;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_ETYPE);
    clear(&made);
}

static void
a_request_with_an_unknown_critical_extension_is_refused(void **state)
{
    const krb5_data oid = kx_data("\x06\x03\x2a\x03\x04", 5); /* 1.2.3.4 */
    struct made made = plain_request();
    struct kx_tbsdata *tbs = &made.message->offer.tbs;

    (void)state;
    tbs->extensions = calloc(1, sizeof(*tbs->extensions));
    tbs->n_extensions = 1;
    assert_int_equal(kx_data_copy(&oid, &tbs->extensions[0].oid), 0);
    tbs->extensions[0].critical = TRUE;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_EXTENSION);
    tbs->extensions[0].critical = FALSE;
    assert_int_equal(check_request(&made), 0);
    clear(&made);
}

/* Give made the extension that names prior keys, with value. */
static void
name_prior(struct made *made, const char *value, krb5_boolean critical)
{
    const krb5_data borrowed = kx_data(value, strlen(value));
    struct kx_tbsdata *tbs = &made->message->offer.tbs;

    tbs->extensions = calloc(1, sizeof(*tbs->extensions));
    assert_non_null(tbs->extensions);
    tbs->n_extensions = 1;
    tbs->extensions[0].critical = critical;
    assert_int_equal(kx_data_copy(&kx_prior_oid, &tbs->extensions[0].oid), 0);
    assert_int_equal(kx_data_copy(&borrowed, &tbs->extensions[0].value), 0);
}

/* The list of one name: version 1, type 18. */
#define ONE_PRIOR                                                             \
    "\x30\x20\x30\x1e\xa0\x03\x02\x01\x01\xa1\x03\x02\x01\x12\xa2\x12\x04"    \
    "\x10"                                                                    \
    "0123456789abcdef"

static void
a_request_with_prior_keys_that_cannot_be_read_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    name_prior(&made, "?", FALSE);
    assert_int_equal(check_request(&made), KX_ERR_DECODE);
    clear(&made);
}

static void
a_request_may_have_prior_keys_and_say_that_they_are_critical(void **state)
{
    struct made made = plain_request();

    (void)state;
    name_prior(&made, ONE_PRIOR, TRUE);
    assert_int_equal(check_request(&made), 0);
    clear(&made);
}

static void
a_request_with_a_key_version_over_16_bits_is_refused(void **state)
{
    struct made made = plain_request();

    (void)state;
    made.message->offer.tbs.has_kvno = TRUE;
    made.message->offer.tbs.kvno = 65536;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_KVNO);
    clear(&made);
}

static void
a_request_that_accepts_no_signature_of_ours_is_refused(void **state)
{
    struct made made = plain_request();
    struct kx_tbsdata *tbs = &made.message->offer.tbs;

    (void)state;
    tbs->accept_sigalg = calloc(1, sizeof(*tbs->accept_sigalg));
    tbs->n_accept_sigalg = 1;
    tbs->accept_sigalg[0].oid = strdup("1.2.3.4");
    assert_int_equal(check_request(&made), KX_ERR_POLICY_SIGALG);
    clear(&made);
}

/* Put a reply, changed by change, to check 1 against a fitting request. */
static krb5_error_code
check_reply(void (*change)(struct kx_offer *reply))
{
    struct made request = plain_request();
    struct made reply =
        make_offer(KX_MSG_REP, make_plain_identity("bravo.example"));
    krb5_error_code ret;

    if (change != NULL)
        change(&reply.message->offer);
    ret = kx_check_reply(context, &settings, time(NULL),
                         &request.message->offer, &reply.message->offer);
    clear(&request);
    clear(&reply);
    return ret;
}

static void
a_fitting_reply_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(check_reply(NULL), 0);
}

static void
change_nonce(struct kx_offer *reply)
{
    reply->nonce++;
}

static void
a_reply_with_another_nonce_is_not_ours(void **state)
{
    (void)state;
    assert_int_equal(check_reply(change_nonce), KX_ERR_NOT_OURS);
}

static void
change_name(struct kx_offer *reply)
{
    rename_to(&reply->tbs.kxname->realm, "OTHER.EXAMPLE");
}

static void
a_reply_for_another_crossover_is_not_ours(void **state)
{
    (void)state;
    assert_int_equal(check_reply(change_name), KX_ERR_NOT_OURS);
}

static void
lengthen_till(struct kx_offer *reply)
{
    reply->tbs.till += 60;
}

static void
a_reply_that_lives_longer_than_asked_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_reply(lengthen_till), KX_ERR_POLICY_TILL);
}

static void
drop_kvno(struct kx_offer *reply)
{
    reply->tbs.has_kvno = FALSE;
    reply->tbs.kvno = 0;
}

static void
a_reply_without_a_key_version_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_reply(drop_kvno), KX_ERR_POLICY_KVNO);
}

static void
change_group(struct kx_offer *reply)
{
    struct kx_ephemeral *other;

    assert_int_equal(kx_ephemeral_generate(context, KX_GROUP_P256, &other), 0);
    kx_data_free(&reply->tbs.key_exchange);
    assert_int_equal(
        kx_data_copy(kx_ephemeral_public(other), &reply->tbs.key_exchange), 0);
    kx_ephemeral_free(other);
}

static void
a_reply_in_another_group_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_reply(change_group), KX_ERR_POLICY_GROUP);
}

static void
shorten_key(struct kx_offer *reply)
{
    reply->tbs.key_exchange.length--;
}

static void
a_reply_whose_key_is_of_no_group_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_reply(shorten_key), KX_ERR_AGREEMENT);
}

static void
age(struct kx_offer *reply)
{
    reply->tbs.request_time -= 400;
}

static void
a_reply_outside_the_clock_skew_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check_reply(age), KX_ERR_POLICY_TIME);
}

static void
common_encryption_types_come_in_the_requests_order(void **state)
{
    krb5_enctype asked[] = {17, 18, 17, 20}, given[] = {20, 18, 17};
    struct kx_tbsdata request = {.accept_etype = asked, .n_accept_etype = 4};
    struct kx_tbsdata reply = {.accept_etype = given, .n_accept_etype = 3};
    krb5_enctype *common;
    size_t n;

    (void)state;
    assert_int_equal(kx_common_etypes(context, &request, &reply, &common, &n),
                     0);
    assert_int_equal(n, 3);
    assert_int_equal(common[0], 17);
    assert_int_equal(common[1], 18);
    assert_int_equal(common[2], 20);
    free(common);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_line_with_policy_is_accepted),
        cmocka_unit_test(a_request_for_another_service_realm_is_refused),
        cmocka_unit_test(a_request_for_another_kind_of_principal_is_refused),
        cmocka_unit_test(a_request_with_another_name_type_is_refused),
        cmocka_unit_test(a_request_from_our_own_realm_is_refused),
        cmocka_unit_test(a_request_from_a_realm_of_one_label_is_refused),
        cmocka_unit_test(
            a_request_from_a_realm_that_kxover_realms_refuses_is_refused),
        cmocka_unit_test(a_request_older_than_the_clock_skew_is_refused),
        cmocka_unit_test(a_request_from_the_future_is_refused),
        cmocka_unit_test(a_request_for_less_than_a_day_is_refused),
        cmocka_unit_test(
            of_a_least_life_that_is_short_no_more_than_half_is_forgiven),
        cmocka_unit_test(
            a_request_without_a_common_encryption_type_is_refused),
        cmocka_unit_test(
            a_request_with_an_unknown_critical_extension_is_refused),
        cmocka_unit_test(
            a_request_with_prior_keys_that_cannot_be_read_is_refused),
        cmocka_unit_test(
            a_request_may_have_prior_keys_and_say_that_they_are_critical),
        cmocka_unit_test(a_request_with_a_key_version_over_16_bits_is_refused),
        cmocka_unit_test(
            a_request_that_accepts_no_signature_of_ours_is_refused),
        cmocka_unit_test(a_fitting_reply_is_accepted),
        cmocka_unit_test(a_reply_with_another_nonce_is_not_ours),
        cmocka_unit_test(a_reply_for_another_crossover_is_not_ours),
        cmocka_unit_test(a_reply_that_lives_longer_than_asked_is_refused),
        cmocka_unit_test(a_reply_without_a_key_version_is_refused),
        cmocka_unit_test(a_reply_in_another_group_is_refused),
        cmocka_unit_test(a_reply_whose_key_is_of_no_group_is_refused),
        cmocka_unit_test(a_reply_outside_the_clock_skew_is_refused),
        cmocka_unit_test(common_encryption_types_come_in_the_requests_order),
    };

    return cmocka_run_group_tests(tests, offers_begin, offers_end) == 0 ? 0
                                                                        : 1;
}
