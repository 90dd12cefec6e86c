/*
 * test_memory_trust.c: whom to believe, when memory runs out while that is
 * judged.  Nobody is believed for want of memory; and one who is to be
 * believed may be refused, but that is all.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <gnutls/abstract.h>
#include "exchange/roots.h"
#include "exchange/revocation.h"
#include "exchange/validate.h"
#include "tests/faults/memory.h"
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

/* ---- an offer and its sender ---- */

struct judgement {
    const struct kx_offer *offer;
    struct kx_claim claim;
    krb5_error_code right; /* what has to come of it; another error than that
                            * is one of memory */
};

/* The sender's chain is read, the signatures are verified, and DNS's record
 * and our roots and lists are applied. */
static krb5_error_code
judge(krb5_context kcontext, void *arg)
{
    struct judgement *judgement = arg;
    const struct kx_offer *offer = judgement->offer;
    const struct kx_tlsa *matched = NULL;
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_chain_read(kcontext, offer->chain, offer->n_chain, &chain);
    if (ret == 0)
        ret = kx_check_signed_offer(kcontext, NULL, offer, &chain);
    if (ret == 0)
        ret = kx_judge_peer(kcontext, &chain, &judgement->claim, &matched);
    memory_restore();
    kx_chain_clear(&chain);
    if (judgement->right != 0) {
        assert_int_not_equal(ret, 0);
        return ret == judgement->right ? 0 : ret;
    }
    assert_true((ret == 0) == (matched != NULL));
    return ret;
}

/* Judge an offer by identity (taken over) by a record of this usage, of the
 * certificate with that index, with these roots and lists.  For
 * KX_ERR_SIGNATURE to be right, the offer is not signed by it. */
static void
try_offer(const char *name, struct kx_identity *identity, unsigned int usage,
          size_t index, krb5_boolean anchored, const struct kx_crls *crls,
          krb5_error_code right)
{
    struct made made = make_offer(KX_MSG_REQ, identity);
    const struct kx_offer *offer = &made.message->offer;
    krb5_data realm = kx_data(REMOTE, strlen(REMOTE));
    struct kx_tlsa tlsa = make_tlsa(usage, &offer->chain[index]);
    struct judgement judgement = {.offer = offer,
                                  .claim = {.realm = &realm,
                                            .host = HOST,
                                            .tlsa = &tlsa,
                                            .n_tlsa = 1,
                                            .crls = crls,
                                            .now = time(NULL)},
                                  .right = right};
    struct kx_chain chain;

    if (right == KX_ERR_SIGNATURE)
        made.message->offer.signature.data[0] ^= 1;
    assert_int_equal(
        kx_chain_read(context, offer->chain, offer->n_chain, &chain), 0);
    if (anchored) {
        judgement.claim.anchors = &chain.certificate[chain.n - 1];
        judgement.claim.n_anchors = 1;
    }
    memory_each(context, name, judge, &judgement);
    kx_chain_clear(&chain);
    kx_data_free(&tlsa.data);
    clear(&made);
}

static void
a_sender_is_believed_by_his_certificate(void **state)
{
    (void)state;
    try_offer("usage 3", make_identity(three, 3), 3, 0, FALSE, NULL, 0);
}

static void
a_sender_is_believed_by_his_issuer(void **state)
{
    (void)state;
    try_offer("usage 2", make_identity(three, 3), 2, 2, FALSE, NULL, 0);
}

static void
a_sender_is_believed_by_our_root(void **state)
{
    (void)state;
    try_offer("usage 1", make_identity(three, 3), 1, 0, TRUE, NULL, 0);
    try_offer("usage 0", make_identity(three, 3), 0, 1, TRUE, NULL, 0);
}

static void
a_sender_is_believed_by_other_kinds_of_keys(void **state)
{
    struct certificate_plan plans[3];

    (void)state;
    memcpy(plans, three, sizeof(plans));
    plans[0].algorithm = GNUTLS_PK_RSA;
    plans[0].bits = 2048;
    plans[1].algorithm = plans[2].algorithm = GNUTLS_PK_ECDSA;
    plans[1].bits = plans[2].bits =
        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    try_offer("RSA and ECDSA", make_identity(plans, 3), 2, 2, TRUE, NULL, 0);
}

static void
a_sender_without_a_record_is_never_believed(void **state)
{
    (void)state;
    try_offer("no record", make_identity(three, 3), 3, 1, FALSE, NULL,
              KX_ERR_TLSA_MISMATCH);
}

static void
a_sender_who_did_not_sign_is_never_believed(void **state)
{
    (void)state;
    try_offer("not signed", make_identity(three, 3), 3, 0, FALSE, NULL,
              KX_ERR_SIGNATURE);
}

/* Each of these is refused, whatever there is no memory for. */
static void
a_sender_whose_path_is_not_valid_is_never_believed(void **state)
{
    static const struct {
        const char *name;
        struct certificate_plan first, second;
        krb5_error_code right;
    } wrong[] = {
        {"another name",
         {.name = "a", .dns_name = "other.example"},
         {.name = "b", .is_ca = TRUE},
         KX_ERR_CERT_NAME},
        {"another purpose",
         {.name = "a", .dns_name = "alpha.example", .purpose = "1.2.3.4"},
         {.name = "b", .is_ca = TRUE},
         KX_ERR_CERT_PURPOSE},
        {"another use",
         {.name = "a",
          .dns_name = "alpha.example",
          .usage = GNUTLS_KEY_KEY_AGREEMENT},
         {.name = "b", .is_ca = TRUE},
         KX_ERR_CERT_PURPOSE},
        {"expired",
         {.name = "a",
          .dns_name = "alpha.example",
          .not_before = 1000,
          .not_after = 2000},
         {.name = "b", .is_ca = TRUE},
         KX_ERR_CERT_PATH},
        {"not a CA",
         {.name = "a", .dns_name = "alpha.example"},
         {.name = "b"},
         KX_ERR_CERT_PATH},
        {"an excluded name",
         {.name = "a", .dns_name = "alpha.example"},
         {.name = "b", .is_ca = TRUE, .excluded = "alpha.example"},
         KX_ERR_CERT_PATH},
        {"a name that is not permitted",
         {.name = "a", .dns_name = "alpha.example"},
         {.name = "b", .is_ca = TRUE, .permitted = "other.example"},
         KX_ERR_CERT_PATH},
        {"an unknown critical extension",
         {.name = "a", .dns_name = "alpha.example", .critical = "1.2.3.4"},
         {.name = "b", .is_ca = TRUE},
         KX_ERR_CERT_PATH},
    };
    struct certificate_plan plans[3] = {[2] = {.name = "c", .is_ca = TRUE}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        plans[0] = wrong[i].first;
        plans[1] = wrong[i].second;
        try_offer(wrong[i].name, make_identity(plans, 3), 2, 2, FALSE, NULL,
                  wrong[i].right);
    }
}

static void
a_sender_with_another_issuer_is_never_believed(void **state)
{
    struct kx_identity *identity = make_identity(three, 3);
    struct kx_identity *other = make_identity(three, 3);
    krb5_data der = identity->chain[2];

    (void)state;
    /* A root of the same name. */
    identity->chain[2] = other->chain[2];
    other->chain[2] = der;
    kx_identity_free(other);
    try_offer("another issuer", identity, 2, 2, FALSE, NULL, KX_ERR_CHAIN);
}

/* ---- files of ours ---- */

static char folder[] = "/tmp/kxover-test-XXXXXX";
static char path[64], spec[80];
static char *specs[2];

/* Write bytes to the file, in the place of what was there. */
static void
write_file(const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* The file has a list by identity, on which there is its own certificate or
 * another one. */
static void
write_list(const struct kx_identity *identity, krb5_boolean its_own)
{
    gnutls_datum_t der = {(unsigned char *)identity->chain[0].data,
                          identity->chain[0].length};
    gnutls_datum_t pem;
    unsigned char other[] = {1, 2, 3, 4};
    gnutls_x509_crt_t certificate;
    gnutls_x509_crl_t list;
    time_t now = time(NULL);

    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(
        gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER), 0);
    assert_int_equal(gnutls_x509_crl_init(&list), 0);
    assert_int_equal(gnutls_x509_crl_set_version(list, 2), 0);
    assert_int_equal(gnutls_x509_crl_set_this_update(list, now - 60), 0);
    assert_int_equal(gnutls_x509_crl_set_next_update(list, now + KX_DAY), 0);
    assert_int_equal(gnutls_x509_crl_set_number(list, other, 1), 0);
    if (its_own)
        assert_int_equal(gnutls_x509_crl_set_crt(list, certificate, now - 60),
                         0);
    else
        assert_int_equal(gnutls_x509_crl_set_crt_serial(
                             list, other, sizeof(other), now - 60),
                         0);
    assert_int_equal(gnutls_x509_crl_privkey_sign(list, certificate,
                                                  identity->key,
                                                  GNUTLS_DIG_SHA512, 0),
                     0);
    assert_int_equal(gnutls_x509_crl_export2(list, GNUTLS_X509_FMT_PEM, &pem),
                     0);
    write_file(pem.data, pem.size);
    gnutls_free(pem.data);
    gnutls_x509_crl_deinit(list);
    gnutls_x509_crt_deinit(certificate);
}

/* A root that speaks for a realm itself. */
static const struct certificate_plan alone = {
    .name = "alone", .dns_name = "alpha.example", .is_ca = TRUE};

/* Judge by a list that has the sender's certificate on it, or not. */
static void
try_list(krb5_boolean revoked)
{
    struct kx_identity *identity = make_identity(&alone, 1);
    struct kx_crls *crls;

    write_list(identity, revoked);
    assert_int_equal(kx_crls_load(context, specs, &crls), 0);
    try_offer(revoked ? "revoked" : "not revoked", identity, 3, 0, TRUE, crls,
              revoked ? KX_ERR_REVOKED : 0);
    kx_crls_free(crls);
}

static void
a_sender_who_is_not_on_a_list_is_believed(void **state)
{
    (void)state;
    try_list(FALSE);
}

static void
a_sender_who_is_revoked_is_never_believed(void **state)
{
    (void)state;
    try_list(TRUE);
}

static krb5_error_code
load_list(krb5_context kcontext, void *arg)
{
    struct kx_crls *crls = NULL;
    krb5_error_code ret = kx_crls_load(kcontext, specs, &crls);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (crls != NULL));
    kx_crls_free(crls);
    return ret;
}

static void
a_list_is_loaded_whole_or_not_at_all(void **state)
{
    struct kx_identity *identity = make_identity(&alone, 1);

    (void)state;
    write_list(identity, TRUE);
    kx_identity_free(identity);
    memory_each(context, "kx_crls_load", load_list, NULL);
}

static krb5_error_code
load_roots(krb5_context kcontext, void *arg)
{
    struct kx_roots *roots = NULL;
    krb5_error_code ret = kx_roots_load(kcontext, specs, &roots);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (roots != NULL));
    if (ret == 0)
        assert_int_equal(roots->n, 1);
    kx_roots_free(roots);
    return ret;
}

/* Make an identity in the file: certificate and key. */
static void
write_identity(void)
{
    krb5_data certificate, key, both;

    assert_int_equal(kx_identity_generate(context, LOCAL, NULL, time(NULL), 30,
                                          &certificate, &key),
                     0);
    both.length = certificate.length + key.length;
    both.data = test_alloc(both.length);
    memcpy(both.data, certificate.data, certificate.length);
    memcpy(both.data + certificate.length, key.data, key.length);
    write_file(both.data, both.length);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    kx_data_zap_free(&both);
}

static void
roots_are_loaded_all_or_none(void **state)
{
    (void)state;
    write_identity();
    memory_each(context, "kx_roots_load", load_roots, NULL);
}

static krb5_error_code
load_identity(krb5_context kcontext, void *arg)
{
    struct kx_identity *identity = NULL;
    krb5_error_code ret =
        kx_identity_load(kcontext, arg, time(NULL), &identity);

    memory_restore();
    assert_true((ret == 0) == (identity != NULL));
    kx_identity_free(identity);
    return ret;
}

static void
an_identity_is_loaded_whole_or_not_at_all(void **state)
{
    char both[160];

    (void)state;
    write_identity();
    (void)snprintf(both, sizeof(both), "FILE:%s,%s", path, path);
    memory_each(context, "kx_identity_load", load_identity, both);
}

static krb5_error_code
generate_identity(krb5_context kcontext, void *arg)
{
    krb5_data certificate = kx_data(NULL, 0), key = kx_data(NULL, 0);
    krb5_error_code ret = kx_identity_generate(
        kcontext, LOCAL, NULL, time(NULL), 30, &certificate, &key);

    (void)arg;
    memory_restore();
    assert_true((ret == 0) == (key.length > 0));
    assert_true((ret == 0) == (certificate.length > 0));
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    return ret;
}

static void
an_identity_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    memory_each(context, "kx_identity_generate", generate_identity, NULL);
}

static int
begin(void **state)
{
    if (offers_begin(state) != 0 || mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/file", folder);
    (void)snprintf(spec, sizeof(spec), "FILE:%s", path);
    specs[0] = spec;
    (void)umask(077);
    return 0;
}

static int
end(void **state)
{
    (void)unlink(path);
    (void)rmdir(folder);
    return offers_end(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sender_is_believed_by_his_certificate),
        cmocka_unit_test(a_sender_is_believed_by_his_issuer),
        cmocka_unit_test(a_sender_is_believed_by_our_root),
        cmocka_unit_test(a_sender_is_believed_by_other_kinds_of_keys),
        cmocka_unit_test(a_sender_without_a_record_is_never_believed),
        cmocka_unit_test(a_sender_who_did_not_sign_is_never_believed),
        cmocka_unit_test(a_sender_whose_path_is_not_valid_is_never_believed),
        cmocka_unit_test(a_sender_with_another_issuer_is_never_believed),
        cmocka_unit_test(a_sender_who_is_not_on_a_list_is_believed),
        cmocka_unit_test(a_sender_who_is_revoked_is_never_believed),
        cmocka_unit_test(a_list_is_loaded_whole_or_not_at_all),
        cmocka_unit_test(roots_are_loaded_all_or_none),
        cmocka_unit_test(an_identity_is_loaded_whole_or_not_at_all),
        cmocka_unit_test(an_identity_is_made_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
