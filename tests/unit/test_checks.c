/*
 * test_checks.c: five of the six checks of a peer's offer, each refusal with
 * its own error.  Check 4 is DNS's: the scenarios have it.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/offer.h"
#include "exchange/validate.h"
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"
#define HOST "kdc.alpha.example"
#define OID_KPKDC "1.3.6.1.5.2.3.5"

static krb5_context context;
static krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96,
                                ENCTYPE_AES128_CTS_HMAC_SHA1_96};
static char local_name[] = LOCAL;
static struct kx_settings settings = {.realm = local_name,
                                      .lifetime = 14 * KX_DAY,
                                      .clockskew = 300,
                                      .etypes = etypes,
                                      .n_etypes = 2};

/* An offer, with all that belongs to it. */
struct made {
    struct kx_identity *identity;
    struct kx_ephemeral *ephemeral;
    krb5_principal kxname;
    struct kx_message *message;
};

/* Make an offer for krbtgt/LOCAL@REMOTE, by identity (taken over). */
static struct made
make_offer(int msg_type, struct kx_identity *identity)
{
    struct made made = {.identity = identity};
    krb5_data local = kx_data(LOCAL, strlen(LOCAL));
    krb5_data remote = kx_data(REMOTE, strlen(REMOTE));
    struct kx_terms terms = {.msg_type = msg_type, .nonce = 4711};

    assert_int_equal(
        kx_ephemeral_generate(context, KX_GROUP_X25519, &made.ephemeral), 0);
    assert_int_equal(kx_crossover_name(context, &local, &remote, &made.kxname),
                     0);
    terms.kxname = made.kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 10 * KX_DAY;
    terms.kvno = msg_type == KX_MSG_REP ? 1 : 0;
    terms.ephemeral = made.ephemeral;
    assert_int_equal(
        kx_offer_make(context, &settings, identity, &terms, &made.message), 0);
    return made;
}

/* A request by a plain identity. */
static struct made
plain_request(void)
{
    return make_offer(KX_MSG_REQ, make_plain_identity("alpha.example"));
}

static void
clear(struct made *made)
{
    kx_message_free(made->message);
    krb5_free_principal(context, made->kxname);
    kx_ephemeral_free(made->ephemeral);
    kx_identity_free(made->identity);
}

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
    struct made made = plain_request();
    struct kx_tbsdata *tbs = &made.message->offer.tbs;

    (void)state;
    tbs->extensions = calloc(1, sizeof(*tbs->extensions));
    tbs->n_extensions = 1;
    tbs->extensions[0].oid = strdup("1.2.3.4");
    tbs->extensions[0].critical = TRUE;
    assert_int_equal(check_request(&made), KX_ERR_POLICY_EXTENSION);
    tbs->extensions[0].critical = FALSE;
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

/* Put an offer's chain, as it is now, to check 2. */
static krb5_error_code
check_chain(const struct kx_offer *offer)
{
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_chain_read(context, offer->chain, offer->n_chain, &chain);
    if (ret == 0)
        ret = kx_check_chain(context, offer->chain, &chain);
    kx_chain_clear(&chain);
    return ret;
}

/* Put an offer, as it is now, to check 3. */
static krb5_error_code
check_signature(const struct kx_offer *offer)
{
    struct kx_chain chain;
    krb5_error_code ret;

    assert_int_equal(
        kx_chain_read(context, offer->chain, offer->n_chain, &chain), 0);
    ret = kx_check_signature(context, offer, &chain);
    kx_chain_clear(&chain);
    return ret;
}

/* Put an offer to check 6, with certificate number index of other as root. */
static krb5_error_code
check_anchors(const struct kx_offer *offer, const struct kx_offer *other,
              size_t index)
{
    struct kx_chain chain, root;
    krb5_error_code ret;

    assert_int_equal(
        kx_chain_read(context, offer->chain, offer->n_chain, &chain), 0);
    assert_int_equal(kx_chain_read(context, &other->chain[index], 1, &root),
                     0);
    ret = kx_check_anchors(context, &chain, root.certificate, root.n);
    kx_chain_clear(&chain);
    kx_chain_clear(&root);
    return ret;
}

/* A chain of three: the KDC's, one between, a root. */
static const struct certificate_plan three[] = {
    {.name = "the KDC", .dns_name = "alpha.example", .purpose = OID_KPKDC},
    {.name = "between", .is_ca = TRUE},
    {.name = "the root", .is_ca = TRUE},
};

static void
a_complete_chain_in_order_is_accepted(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));

    (void)state;
    assert_int_equal(check_chain(&made.message->offer), 0);
    clear(&made);
}

static void
a_chain_out_of_order_is_refused(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    krb5_data *chain = made.message->offer.chain, swap;

    (void)state;
    swap = chain[1];
    chain[1] = chain[2];
    chain[2] = swap;
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
}

static void
a_chain_without_its_root_is_refused(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));

    (void)state;
    kx_data_free(&made.message->offer.chain[--made.message->offer.n_chain]);
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
}

static void
a_chain_with_an_altered_certificate_is_refused(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    krb5_data *first = &made.message->offer.chain[0];

    (void)state;
    first->data[first->length - 1] ^= 1;
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
}

static void
a_chain_signed_by_a_namesake_of_the_issuer_is_refused(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    struct made other = make_offer(KX_MSG_REQ, make_identity(three, 3));
    krb5_data swap = made.message->offer.chain[0];

    (void)state;
    made.message->offer.chain[0] = other.message->offer.chain[0];
    other.message->offer.chain[0] = swap;
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
    clear(&other);
}

static void
a_self_signed_certificate_with_a_wrong_signature_is_refused(void **state)
{
    struct made made = plain_request();
    krb5_data *only = &made.message->offer.chain[0];

    (void)state;
    only->data[only->length - 1] ^= 1;
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
}

static void
the_signature_of_an_offer_verifies(void **state)
{
    struct made made = plain_request();

    (void)state;
    assert_int_equal(check_signature(&made.message->offer), 0);
    clear(&made);
}

static void
an_offer_altered_after_signing_is_refused(void **state)
{
    struct made made = plain_request();
    krb5_data *tbs = &made.message->offer.tbs_der;

    (void)state;
    tbs->data[tbs->length / 2] ^= 1;
    assert_int_equal(check_signature(&made.message->offer), KX_ERR_SIGNATURE);
    clear(&made);
}

static void
an_offer_signed_by_another_key_than_the_first_certificates_is_refused(
    void **state)
{
    struct made made = plain_request(), other = plain_request();
    krb5_data swap = made.message->offer.chain[0];

    (void)state;
    made.message->offer.chain[0] = other.message->offer.chain[0];
    other.message->offer.chain[0] = swap;
    assert_int_equal(check_signature(&made.message->offer), KX_ERR_SIGNATURE);
    clear(&made);
    clear(&other);
}

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
    const struct kx_tlsa *matched = NULL;
    struct kx_chain chain;
    krb5_error_code ret;

    assert_int_equal(
        kx_chain_read(context, offer->chain, offer->n_chain, &chain), 0);
    ret = kx_check_tlsa(context, offer, &chain, &realm, HOST, &tlsa, 1,
                        anchored ? &chain.certificate[n - 1] : NULL,
                        anchored ? 1 : 0, &matched);
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
    const struct kx_tlsa *matched;
    struct kx_chain chain;

    (void)state;
    tlsa[0] = make_tlsa(3, &other.message->offer.chain[0]);
    tlsa[1] = make_tlsa(3, &made.message->offer.chain[0]);
    assert_int_equal(
        kx_chain_read(context, made.message->offer.chain, 1, &chain), 0);
    assert_int_equal(kx_check_tlsa(context, &made.message->offer, &chain,
                                   &realm, HOST, tlsa, 2, NULL, 0, &matched),
                     0);
    assert_ptr_equal(matched, &tlsa[1]);
    kx_chain_clear(&chain);
    kx_data_free(&tlsa[0].data);
    kx_data_free(&tlsa[1].data);
    clear(&made);
    clear(&other);
}

static void
a_chain_must_end_in_a_configured_root(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    struct made other = plain_request();
    const struct kx_offer *offer = &made.message->offer;

    (void)state;
    assert_int_equal(kx_check_anchors(context, NULL, NULL, 0), 0);
    assert_int_equal(check_anchors(offer, offer, 2), 0);
    assert_int_equal(check_anchors(offer, offer, 1), KX_ERR_ANCHOR);
    assert_int_equal(check_anchors(offer, &other.message->offer, 0),
                     KX_ERR_ANCHOR);
    clear(&made);
    clear(&other);
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
            a_request_without_a_common_encryption_type_is_refused),
        cmocka_unit_test(
            a_request_with_an_unknown_critical_extension_is_refused),
        cmocka_unit_test(a_request_with_a_key_version_over_16_bits_is_refused),
        cmocka_unit_test(
            a_request_that_accepts_no_signature_of_ours_is_refused),
        cmocka_unit_test(a_fitting_reply_is_accepted),
        cmocka_unit_test(a_reply_with_another_nonce_is_not_ours),
        cmocka_unit_test(a_reply_for_another_crossover_is_not_ours),
        cmocka_unit_test(a_reply_that_lives_longer_than_asked_is_refused),
        cmocka_unit_test(a_reply_without_a_key_version_is_refused),
        cmocka_unit_test(a_reply_in_another_group_is_refused),
        cmocka_unit_test(a_reply_outside_the_clock_skew_is_refused),
        cmocka_unit_test(common_encryption_types_come_in_the_requests_order),
        cmocka_unit_test(a_complete_chain_in_order_is_accepted),
        cmocka_unit_test(a_chain_out_of_order_is_refused),
        cmocka_unit_test(a_chain_without_its_root_is_refused),
        cmocka_unit_test(a_chain_with_an_altered_certificate_is_refused),
        cmocka_unit_test(
            a_chain_signed_by_a_namesake_of_the_issuer_is_refused),
        cmocka_unit_test(
            a_self_signed_certificate_with_a_wrong_signature_is_refused),
        cmocka_unit_test(the_signature_of_an_offer_verifies),
        cmocka_unit_test(an_offer_altered_after_signing_is_refused),
        cmocka_unit_test(
            an_offer_signed_by_another_key_than_the_first_certificates_is_refused),
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
        cmocka_unit_test(a_chain_must_end_in_a_configured_root),
    };

    kx_init_errors();
    if (krb5_init_context(&context) != 0)
        return 99;
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
