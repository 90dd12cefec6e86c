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

/* The records are many, of both digests, and none fits but the last. */
static void
many_records_are_judged_like_few(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    const struct kx_offer *offer = &made.message->offer;
    krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    unsigned char junk[64] = {0};
    struct kx_tlsa tlsa[KX_MAX_RECORDS];
    struct kx_claim claim = {.realm = &realm,
                             .host = HOST,
                             .tlsa = tlsa,
                             .n_tlsa = KX_MAX_RECORDS,
                             .now = time(NULL)};
    const struct kx_tlsa *matched;
    struct kx_chain chain;
    size_t i, last = KX_MAX_RECORDS - 1;

    (void)state;
    for (i = 0; i < last; i++) {
        tlsa[i].usage = (uint8_t)(2 + i % 2);
        tlsa[i].selector = (uint8_t)(i / 2 % 2);
        tlsa[i].matching_type = (uint8_t)(1 + i / 4 % 2);
        tlsa[i].data = kx_data(junk, tlsa[i].matching_type * 32);
    }
    assert_int_equal(
        kx_tlsa_make(context, 2, 1, 0, &offer->chain[2], &tlsa[last]), 0);
    assert_int_equal(kx_chain_read(context, offer->chain, 3, &chain), 0);
    assert_int_equal(kx_check_tlsa(context, &chain, &claim, &matched), 0);
    assert_ptr_equal(matched, &tlsa[last]);
    claim.n_tlsa = last;
    assert_int_equal(kx_check_tlsa(context, &chain, &claim, &matched),
                     KX_ERR_TLSA_MISMATCH);
    assert_null(matched);
    kx_data_free(&tlsa[last].data);
    kx_chain_clear(&chain);
    clear(&made);
}

/* Check 2 refuses such a chain before; the path is not led astray either. */
static void
a_certificate_is_no_path_to_itself(void **state)
{
    const struct certificate_plan own = {.name = "a realm"};
    struct kx_identity *identity = make_identity(&own, 1);
    const krb5_data twice[] = {identity->chain[0], identity->chain[0]};
    struct kx_chain chain;

    (void)state;
    assert_int_equal(kx_chain_read(context, twice, 2, &chain), 0);
    assert_int_equal(kx_check_path(context, &chain, 1, time(NULL)),
                     KX_ERR_CERT_PATH);
    assert_int_equal(kx_check_path(context, &chain, 0, time(NULL)), 0);
    kx_chain_clear(&chain);
    kx_identity_free(identity);
}

static void
a_certificate_whose_dates_cannot_be_read_is_not_read(void **state)
{
    struct kx_identity *identity = make_plain_identity("alpha.example");
    static const char utc_time[] = "\x17\x0d";
    char *at = memmem(identity->chain[0].data, identity->chain[0].length,
                      utc_time, 2);
    struct kx_chain chain;

    (void)state;
    assert_non_null(at);
    memcpy(at + 2, "991399", 6); /* in the thirteenth month */
    assert_int_equal(kx_chain_read(context, identity->chain, 1, &chain),
                     KX_ERR_CHAIN);
    kx_identity_free(identity);
}

/* What is said of a certificate with these alternative names (DER in
 * hexadecimal) that is to stand for realm. */
static krb5_error_code
judge_names(const char *names, const char *realm)
{
    const struct certificate_plan plan = {.name = "a KDC", .names = names};
    struct kx_identity *identity = make_identity(&plan, 1);
    const krb5_data peer = kx_data(realm, strlen(realm));
    struct kx_chain chain;
    krb5_error_code ret;

    assert_int_equal(kx_chain_read(context, identity->chain, 1, &chain), 0);
    ret = kx_check_names(context, chain.certificate[0], &peer, HOST);
    kx_chain_clear(&chain);
    kx_identity_free(identity);
    return ret;
}

/* An otherName that calls itself a KRB5PrincipalName, and is empty; and the
 * same with the dNSName alpha.example behind it. */
#define EMPTY_PRINCIPAL "a00c06062b0601050202a0023000"
static const char empty_principal[] = "300e" EMPTY_PRINCIPAL;
static const char empty_principal_and_name[] =
    "301d" EMPTY_PRINCIPAL "820d616c7068612e6578616d706c65";

static void
a_principals_name_that_cannot_be_read_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(judge_names(empty_principal, REMOTE), KX_ERR_CERT_NAME);
    assert_int_equal(judge_names(empty_principal_and_name, REMOTE), 0);
}

static void
no_name_stands_for_a_realm_that_dns_cannot_have(void **state)
{
    (void)state;
    assert_int_equal(judge_names(empty_principal_and_name, "ALPHA"),
                     KX_ERR_REALM_NAME);
}

static void
a_chain_of_none_or_too_many_is_not_read(void **state)
{
    struct kx_identity *identity = make_plain_identity("alpha.example");
    krb5_data many[KX_MAX_CHAIN + 1];
    struct kx_chain chain;
    size_t i;

    (void)state;
    for (i = 0; i < KX_MAX_CHAIN + 1; i++)
        many[i] = identity->chain[0];
    assert_int_equal(kx_chain_read(context, many, 0, &chain), KX_ERR_CHAIN);
    assert_int_equal(chain.n, 0);
    assert_int_equal(kx_chain_read(context, many, KX_MAX_CHAIN + 1, &chain),
                     KX_ERR_CHAIN);
    assert_int_equal(chain.n, 0);
    assert_int_equal(kx_chain_read(context, many, KX_MAX_CHAIN, &chain), 0);
    kx_chain_clear(&chain);
    kx_identity_free(identity);
}

/* Put a certificate of three, as a record of usage 3 matches it, to checks 5
 * and 6, with another's root as ours. */
static void
a_chain_to_other_roots_is_believed_by_no_record(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    struct kx_identity *other = make_identity(three, 3);
    const struct kx_offer *offer = &made.message->offer;
    krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    struct kx_tlsa tlsa = make_tlsa(3, &offer->chain[0]);
    struct kx_claim claim = {.realm = &realm,
                             .host = HOST,
                             .tlsa = &tlsa,
                             .n_tlsa = 1,
                             .now = time(NULL)};
    const struct kx_tlsa *matched;
    struct kx_chain chain, roots;

    (void)state;
    assert_int_equal(kx_chain_read(context, offer->chain, 3, &chain), 0);
    assert_int_equal(kx_chain_read(context, &other->chain[2], 1, &roots), 0);
    assert_int_equal(kx_judge_peer(context, &chain, &claim, &matched), 0);
    assert_ptr_equal(matched, &tlsa);
    claim.anchors = roots.certificate;
    claim.n_anchors = 1;
    assert_int_equal(kx_judge_peer(context, &chain, &claim, &matched),
                     KX_ERR_ANCHOR);
    assert_null(matched);
    /* Usages 0 and 1 are about our roots to begin with. */
    tlsa.usage = 1;
    assert_int_equal(kx_check_tlsa(context, &chain, &claim, &matched),
                     KX_ERR_ANCHOR);
    assert_null(matched);
    kx_data_free(&tlsa.data);
    kx_chain_clear(&chain);
    kx_chain_clear(&roots);
    kx_identity_free(other);
    clear(&made);
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
        cmocka_unit_test(many_records_are_judged_like_few),
        cmocka_unit_test(a_certificate_is_no_path_to_itself),
        cmocka_unit_test(a_certificate_whose_dates_cannot_be_read_is_not_read),
        cmocka_unit_test(a_principals_name_that_cannot_be_read_is_passed_over),
        cmocka_unit_test(no_name_stands_for_a_realm_that_dns_cannot_have),
        cmocka_unit_test(a_chain_of_none_or_too_many_is_not_read),
        cmocka_unit_test(a_chain_to_other_roots_is_believed_by_no_record),
    };

    return cmocka_run_group_tests(tests, offers_begin, offers_end) == 0 ? 0
                                                                        : 1;
}
