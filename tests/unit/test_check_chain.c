/*
 * test_check_chain.c: checks 2, 3 and 6 of a peer's offer: the chain holds
 * together, its first key signed the offer, its last certificate is a root.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/validate.h"
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

/* Put an offer's chain, as it is now, to check 2. */
static krb5_error_code
check_chain(const struct kx_offer *offer)
{
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_chain_read(context, offer->chain, offer->n_chain, &chain);
    if (ret == 0)
        ret = kx_check_chain(context, &chain);
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
a_chain_whose_names_do_not_fit_is_refused_though_its_signatures_do(
    void **state)
{
    const struct certificate_plan plans[] = {
        {.name = "the KDC"},
        {.name = "the root", .is_ca = TRUE, .issued_as = "another root"}};
    struct made made = make_offer(KX_MSG_REQ, make_identity(plans, 2));

    (void)state;
    assert_int_equal(check_chain(&made.message->offer), KX_ERR_CHAIN);
    clear(&made);
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

/*
 * Make the key of a certificate with an Ed25519 key one that nobody can read,
 * and with it its own signature wrong: the algorithm is there three times, the
 * second time as the key's.
 */
static void
spoil_key(krb5_data *certificate)
{
    static const char ed25519[] = "\x06\x03\x2b\x65\x70";
    size_t length = sizeof(ed25519) - 1, i, found = 0;

    for (i = 0; i + length <= certificate->length; i++) {
        if (memcmp(certificate->data + i, ed25519, length) == 0 &&
            ++found == 2)
            certificate->data[i + length - 1] = 0;
    }
    assert_int_equal(found, 3);
}

static void
a_first_certificate_whose_key_cannot_be_read_is_refused(void **state)
{
    struct made made = make_offer(KX_MSG_REQ, make_identity(three, 3));
    struct kx_offer *offer = &made.message->offer;
    struct kx_chain chain;

    (void)state;
    spoil_key(&offer->chain[0]);
    assert_int_equal(kx_chain_read(context, offer->chain, 3, &chain),
                     KX_ERR_CHAIN);
    assert_int_equal(chain.n, 0);
    clear(&made);
}

/* Put the chain of two plans to what check 2 sees without computing. */
static krb5_error_code
check_order(const struct certificate_plan *plans)
{
    struct kx_identity *identity = make_identity(plans, 2);
    struct kx_chain chain;
    krb5_error_code ret;

    assert_int_equal(kx_chain_read(context, identity->chain, 2, &chain), 0);
    ret = kx_check_order(context, &chain);
    kx_chain_clear(&chain);
    kx_identity_free(identity);
    return ret;
}

static void
weak_keys_are_refused_before_anything_is_verified(void **state)
{
    const struct certificate_plan good[] = {
        {.name = "the KDC"}, {.name = "the root", .is_ca = TRUE}};
    const struct certificate_plan weak_first[] = {
        {.name = "the KDC", .algorithm = GNUTLS_PK_RSA, .bits = 1024},
        {.name = "the root", .is_ca = TRUE}};
    const struct certificate_plan weak_issuer[] = {{.name = "the KDC"},
                                                   {.name = "the root",
                                                    .is_ca = TRUE,
                                                    .algorithm = GNUTLS_PK_RSA,
                                                    .bits = 1024}};

    (void)state;
    assert_int_equal(check_order(good), 0);
    assert_int_equal(check_order(weak_first), KX_ERR_POLICY_KEY_SIZE);
    assert_int_equal(check_order(weak_issuer), KX_ERR_CHAIN);
}

static void
a_certificate_that_cannot_be_read_is_named(void **state)
{
    static const char expected[] = "certificate 2 cannot be read: ";
    const krb5_data wrong[] = {kx_data("\x30\x03\x02\x01\x02", 5),
                               kx_data("\x30\x00", 2), kx_data(NULL, 0)};
    struct kx_identity *identity = make_plain_identity("alpha.example");
    krb5_data der[2] = {identity->chain[0]};
    struct kx_chain chain;
    const char *words;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        der[1] = wrong[i];
        assert_int_equal(kx_chain_read(context, der, 2, &chain), KX_ERR_CHAIN);
        assert_int_equal(chain.n, 0);
        words = krb5_get_error_message(context, KX_ERR_CHAIN);
        assert_memory_equal(words, expected, strlen(expected));
        assert_null(strstr(words, "key"));
        krb5_free_error_message(context, words);
    }
    kx_identity_free(identity);
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
        cmocka_unit_test(a_complete_chain_in_order_is_accepted),
        cmocka_unit_test(a_chain_out_of_order_is_refused),
        cmocka_unit_test(a_chain_without_its_root_is_refused),
        cmocka_unit_test(a_chain_with_an_altered_certificate_is_refused),
        cmocka_unit_test(
            a_chain_signed_by_a_namesake_of_the_issuer_is_refused),
        cmocka_unit_test(
            a_chain_whose_names_do_not_fit_is_refused_though_its_signatures_do),
        cmocka_unit_test(
            a_self_signed_certificate_with_a_wrong_signature_is_refused),
        cmocka_unit_test(
            a_first_certificate_whose_key_cannot_be_read_is_refused),
        cmocka_unit_test(weak_keys_are_refused_before_anything_is_verified),
        cmocka_unit_test(a_certificate_that_cannot_be_read_is_named),
        cmocka_unit_test(the_signature_of_an_offer_verifies),
        cmocka_unit_test(an_offer_altered_after_signing_is_refused),
        cmocka_unit_test(
            an_offer_signed_by_another_key_than_the_first_certificates_is_refused),
        cmocka_unit_test(a_chain_must_end_in_a_configured_root),
    };

    return cmocka_run_group_tests(tests, offers_begin, offers_end) == 0 ? 0
                                                                        : 1;
}
