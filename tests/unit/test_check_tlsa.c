/*
 * test_check_tlsa.c: check 5 of a peer's offer: a TLSA record fits its chain,
 * by the rules of the record's usage.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/validate.h"
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

/*
 * Judge a chain of plans by one TLSA record: usage, of the certificate with
 * number index; with the last certificate as our root where anchored.
 */
static krb5_error_code
judge(const struct certificate_plan *plans, size_t n, unsigned int usage,
      size_t index, krb5_boolean anchored)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(plans, n));
    const struct kx_offer *offer = &made.message->offer;
    krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    struct kx_tlsa tlsa = make_tlsa(usage, &offer->chain[index]);
    struct kx_claim claim = {.realm = &realm,
                             .host = HOST,
                             .tlsa = &tlsa,
                             .n_tlsa = 1,
                             .now = time(NULL)};
    const struct kx_tlsa *matched = NULL;
    struct kx_chain chain;
    krb5_error_code ret;

    assert_int_equal(
        kx_chain_read(context, offer->chain, offer->n_chain, &chain), 0);
    claim.anchors = anchored ? &chain.certificate[n - 1] : NULL;
    claim.n_anchors = anchored ? 1 : 0;
    ret = kx_check_tlsa(context, &chain, &claim, &matched);
    kx_chain_clear(&chain);
    assert_true((ret == 0) == (matched == &tlsa));
    kx_data_free(&tlsa.data);
    clear(&made);
    return ret;
}

static void
usage_3_of_the_first_certificate_suffices(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 3, 0, FALSE), 0);
}

static void
usage_3_does_not_look_at_names_or_dates(void **state)
{
    const struct certificate_plan old = {
        .name = "x", .not_before = 1000, .not_after = 2000};

    (void)state;
    assert_int_equal(judge(&old, 1, 3, 0, FALSE), 0);
}

static void
usage_3_of_a_further_certificate_does_not_match(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 3, 1, FALSE), KX_ERR_TLSA_MISMATCH);
}

static void
usage_2_of_a_further_certificate_suffices(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 2, 1, FALSE), 0);
    assert_int_equal(judge(three, 3, 2, 2, FALSE), 0);
}

static void
usage_2_of_the_first_certificate_does_not_match(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 2, 0, FALSE), KX_ERR_TLSA_MISMATCH);
}

static void
usage_2_refuses_a_chain_past_its_dates(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[0].not_before = 1000;
    plans[0].not_after = 2000;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_PATH);
}

static void
usage_2_refuses_an_issuer_that_is_no_ca(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[1].is_ca = FALSE;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_PATH);
}

static void
usage_2_refuses_a_certificate_with_another_name(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[0].dns_name = "other.example";
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_NAME);
}

static void
usage_2_accepts_the_servers_name_and_pkinits(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[0].dns_name = "KDC.alpha.example";
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), 0);
    plans[0].dns_name = NULL;
    plans[0].principal = "krbtgt/" REMOTE "@" REMOTE;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), 0);
    plans[0].principal = "krbtgt/" REMOTE "@OTHER.EXAMPLE";
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_NAME);
}

static void
usage_2_refuses_a_certificate_for_another_purpose(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[0].purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_PURPOSE);
    plans[0].purpose = NULL;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), 0);
    plans[0].usage = GNUTLS_KEY_ENCIPHER_ONLY;
    assert_int_equal(judge(plans, 3, 2, 2, FALSE), KX_ERR_CERT_PURPOSE);
}

static void
usages_0_and_1_do_not_count_without_roots(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 0, 1, FALSE), KX_ERR_TLSA_UNUSABLE);
    assert_int_equal(judge(three, 3, 1, 0, FALSE), KX_ERR_TLSA_UNUSABLE);
}

static void
usages_0_and_1_count_with_roots(void **state)
{
    (void)state;
    assert_int_equal(judge(three, 3, 0, 1, TRUE), 0);
    assert_int_equal(judge(three, 3, 1, 0, TRUE), 0);
    assert_int_equal(judge(three, 3, 0, 0, TRUE), KX_ERR_TLSA_MISMATCH);
    assert_int_equal(judge(three, 3, 1, 1, TRUE), KX_ERR_TLSA_MISMATCH);
}

static void
one_fitting_record_among_several_suffices(void **state)
{
    struct made made = plain_request(), other = plain_request();
    krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    struct kx_tlsa tlsa[2];
    const struct kx_claim claim = {.realm = &realm,
                                   .host = HOST,
                                   .tlsa = tlsa,
                                   .n_tlsa = 2,
                                   .now = time(NULL)};
    const struct kx_tlsa *matched;
    struct kx_chain chain;

    (void)state;
    tlsa[0] = make_tlsa(3, &other.message->offer.chain[0]);
    tlsa[1] = make_tlsa(3, &made.message->offer.chain[0]);
    assert_int_equal(
        kx_chain_read(context, made.message->offer.chain, 1, &chain), 0);
    assert_int_equal(kx_check_tlsa(context, &chain, &claim, &matched), 0);
    assert_ptr_equal(matched, &tlsa[1]);
    kx_chain_clear(&chain);
    kx_data_free(&tlsa[0].data);
    kx_data_free(&tlsa[1].data);
    clear(&made);
    clear(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_3_of_the_first_certificate_suffices),
        cmocka_unit_test(usage_3_does_not_look_at_names_or_dates),
        cmocka_unit_test(usage_3_of_a_further_certificate_does_not_match),
        cmocka_unit_test(usage_2_of_a_further_certificate_suffices),
        cmocka_unit_test(usage_2_of_the_first_certificate_does_not_match),
        cmocka_unit_test(usage_2_refuses_a_chain_past_its_dates),
        cmocka_unit_test(usage_2_refuses_an_issuer_that_is_no_ca),
        cmocka_unit_test(usage_2_refuses_a_certificate_with_another_name),
        cmocka_unit_test(usage_2_accepts_the_servers_name_and_pkinits),
        cmocka_unit_test(usage_2_refuses_a_certificate_for_another_purpose),
        cmocka_unit_test(usages_0_and_1_do_not_count_without_roots),
        cmocka_unit_test(usages_0_and_1_count_with_roots),
        cmocka_unit_test(one_fitting_record_among_several_suffices),
    };

    return cmocka_run_group_tests(tests, offers_begin, offers_end) == 0 ? 0
                                                                        : 1;
}
