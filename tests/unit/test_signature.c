/*
 * test_signature.c: what an offer may be signed with, and what is refused.
 */
#include "config.h"
#include <string.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

#define P256 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)
#define P384 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)
#define P521 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)

/* One key of each kind; RSA takes long to make. */
static struct kx_identity *ed25519, *p256, *p384, *rsa;

static char text[] = "what is signed";
static const krb5_data message = {KV5M_DATA, sizeof(text) - 1, text};

/* An identity with a key of the kind, self-signed. */
static struct kx_identity *
identity_of(gnutls_pk_algorithm_t kind, unsigned int bits)
{
    struct certificate_plan plan = {
        .algorithm = kind, .bits = bits, .name = "a realm"};

    return make_identity(&plan, 1);
}

static int
make_keys(void **state)
{
    (void)state;
    kx_init_errors();
    ed25519 = identity_of(GNUTLS_PK_EDDSA_ED25519, 0);
    p256 = identity_of(GNUTLS_PK_ECDSA, P256);
    p384 = identity_of(GNUTLS_PK_ECDSA, P384);
    rsa = identity_of(GNUTLS_PK_RSA, 2048);
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    kx_identity_free(ed25519);
    kx_identity_free(p256);
    kx_identity_free(p384);
    kx_identity_free(rsa);
    return 0;
}

/* The identity whose kind of key goes with our algorithm i. */
static struct kx_identity *
signer_of(size_t i)
{
    return i == 0 ? ed25519 : i <= 3 ? p256 : rsa;
}

/* Sign message by our algorithm i. */
static krb5_data
sign_by(const struct kx_identity *identity, size_t i)
{
    const struct kx_algorithm *used, *ours;
    krb5_data signature;
    size_t n;

    ours = kx_signature_algorithms(&n);
    assert_int_equal(
        kx_sign(NULL, identity, &ours[i], 1, &message, &used, &signature), 0);
    assert_ptr_equal(used, &ours[i]);
    return signature;
}

/* Verify signature of message with the identity's certificate. */
static krb5_error_code
verify(const struct kx_identity *identity, const struct kx_algorithm *by,
       const krb5_data *signature)
{
    return kx_verify(NULL, &identity->chain[0], by, &message, signature);
}

static void
each_algorithm_verifies_what_it_signed(void **state)
{
    const struct kx_algorithm *ours;
    krb5_data signature;
    size_t i, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_int_equal(n, 10);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        assert_int_equal(verify(signer_of(i), &ours[i], &signature), 0);
        kx_data_free(&signature);
    }
}

static void
altered_data_does_not_verify(void **state)
{
    const krb5_data other = kx_data("what is signeD", sizeof(text) - 1);
    const struct kx_algorithm *ours;
    krb5_data signature;
    size_t i, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        assert_int_equal(kx_verify(NULL, &signer_of(i)->chain[0], &ours[i],
                                   &other, &signature),
                         KX_ERR_SIGNATURE);
        kx_data_free(&signature);
    }
}

static void
an_altered_signature_does_not_verify(void **state)
{
    const struct kx_algorithm *ours;
    krb5_data signature;
    size_t i, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        signature.data[signature.length - 1] ^= 1;
        assert_int_equal(verify(signer_of(i), &ours[i], &signature),
                         KX_ERR_SIGNATURE);
        kx_data_free(&signature);
    }
}

static void
a_signature_cut_off_lengthened_or_empty_does_not_verify(void **state)
{
    const struct kx_algorithm *ours;
    krb5_data signature, altered;
    char longer[1024] = {0};
    size_t i, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        altered = kx_data(signature.data, signature.length - 1);
        assert_int_equal(verify(signer_of(i), &ours[i], &altered),
                         KX_ERR_SIGNATURE);
        memcpy(longer, signature.data, signature.length);
        altered = kx_data(longer, signature.length + 1);
        assert_int_equal(verify(signer_of(i), &ours[i], &altered),
                         KX_ERR_SIGNATURE);
        altered = kx_data(NULL, 0);
        assert_int_equal(verify(signer_of(i), &ours[i], &altered),
                         KX_ERR_SIGNATURE);
        kx_data_free(&signature);
    }
}

static void
a_signature_by_somebody_elses_key_does_not_verify(void **state)
{
    struct kx_identity *other = identity_of(GNUTLS_PK_EDDSA_ED25519, 0);
    const struct kx_algorithm *ours;
    krb5_data signature = sign_by(ed25519, 0);
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_int_equal(verify(other, &ours[0], &signature), KX_ERR_SIGNATURE);
    kx_data_free(&signature);
    kx_identity_free(other);
}

static void
a_signature_under_another_algorithm_of_its_key_does_not_verify(void **state)
{
    const struct kx_algorithm *ours;
    krb5_data signature;
    size_t i, j, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        for (j = 0; j < n; j++) {
            if (j != i && signer_of(i) == signer_of(j))
                assert_int_equal(verify(signer_of(i), &ours[j], &signature),
                                 KX_ERR_SIGNATURE);
        }
        kx_data_free(&signature);
    }
}

static void
an_algorithm_that_is_not_the_keys_kind_is_refused(void **state)
{
    const struct kx_algorithm *ours;
    krb5_data signature;
    size_t i, j, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        for (j = 0; j < n; j++) {
            if (signer_of(i) != signer_of(j))
                assert_int_equal(verify(signer_of(i), &ours[j], &signature),
                                 KX_ERR_POLICY_SIGALG);
        }
        kx_data_free(&signature);
    }
}

static void
a_key_on_p384_signs_with_a_hash_that_is_as_strong(void **state)
{
    const struct kx_algorithm *ours, *used;
    krb5_data signature;
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_int_equal(kx_sign(NULL, p384, NULL, 0, &message, &used, &signature),
                     0);
    assert_ptr_equal(used, &ours[2]);
    assert_int_equal(verify(p384, used, &signature), 0);
    kx_data_free(&signature);
    assert_int_equal(
        kx_sign(NULL, p384, &ours[1], 1, &message, &used, &signature),
        KX_ERR_POLICY_SIGALG);
}

static void
the_peers_first_algorithm_that_the_key_can_make_is_used(void **state)
{
    const struct kx_algorithm *ours, *used;
    struct kx_algorithm accepted[4];
    krb5_data signature;
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    accepted[0] = ours[0];
    accepted[1] = (struct kx_algorithm){(char[]){"1.2.3.4"}, {0}};
    accepted[2] = ours[9];
    accepted[3] = ours[4];
    assert_int_equal(
        kx_sign(NULL, rsa, accepted, 4, &message, &used, &signature), 0);
    assert_ptr_equal(used, &ours[9]);
    kx_data_free(&signature);
}

static void
a_peer_that_accepts_nothing_we_can_make_is_told_so(void **state)
{
    const struct kx_algorithm *ours, *used;
    krb5_data signature;
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_int_equal(
        kx_sign(NULL, ed25519, &ours[1], n - 1, &message, &used, &signature),
        KX_ERR_POLICY_SIGALG);
    assert_null(used);
    assert_null(signature.data);
}

/* Sign and verify with an identity that does not belong here. */
static void
assert_key_refused(struct kx_identity *identity, krb5_error_code expected,
                   size_t algorithm)
{
    const struct kx_algorithm *ours;
    krb5_data signature = kx_data("x", 1);
    size_t n;

    ours = kx_signature_algorithms(&n);
    assert_int_equal(verify(identity, &ours[algorithm], &signature), expected);
    kx_identity_free(identity);
}

static void
an_rsa_key_under_2048_bits_is_refused(void **state)
{
    (void)state;
    assert_key_refused(identity_of(GNUTLS_PK_RSA, 1024),
                       KX_ERR_POLICY_KEY_SIZE, 7);
}

static void
a_key_on_another_curve_is_refused(void **state)
{
    (void)state;
    assert_key_refused(identity_of(GNUTLS_PK_ECDSA, P521),
                       KX_ERR_POLICY_SIGALG, 3);
}

static void
a_key_of_another_kind_is_refused(void **state)
{
    gnutls_privkey_t private;
    gnutls_pubkey_t key;

    (void)state;
    assert_int_equal(gnutls_privkey_init(&private), 0);
    assert_int_equal(
        gnutls_privkey_generate(private, GNUTLS_PK_EDDSA_ED448, 0, 0), 0);
    assert_int_equal(gnutls_pubkey_init(&key), 0);
    assert_int_equal(gnutls_pubkey_import_privkey(key, private, 0, 0), 0);
    assert_int_equal(kx_check_public_key(NULL, key), KX_ERR_POLICY_SIGALG);
    gnutls_pubkey_deinit(key);
    gnutls_privkey_deinit(private);
}

/* What is said of an RSA key of so many bits with so long an exponent. */
static krb5_error_code
rsa_key(unsigned int bits, unsigned int exponent_bytes)
{
    unsigned char n[2048], e[16];
    gnutls_datum_t modulus = {n, bits / 8}, exponent = {e, exponent_bytes};
    gnutls_pubkey_t key;
    krb5_error_code ret;

    memset(n, 0xff, sizeof(n));
    memset(e, 0xff, sizeof(e));
    assert_int_equal(gnutls_pubkey_init(&key), 0);
    assert_true(gnutls_pubkey_import_rsa_raw(key, &modulus, &exponent) >= 0);
    ret = kx_check_public_key(NULL, key);
    gnutls_pubkey_deinit(key);
    return ret;
}

static void
an_rsa_key_that_would_keep_us_busy_is_refused(void **state)
{
    (void)state;
    assert_int_equal(rsa_key(8192, 8), 0);
    assert_int_equal(rsa_key(8200, 3), KX_ERR_POLICY_KEY_SIZE);
    assert_int_equal(rsa_key(2048, 9), KX_ERR_POLICY_KEY_SIZE);
    assert_int_equal(rsa_key(2040, 3), KX_ERR_POLICY_KEY_SIZE);
}

static void
an_algorithm_that_is_not_ours_is_refused(void **state)
{
    static const char *const others[] = {
        "1.2.840.113549.1.1.5",  /* RSA with SHA-1 */
        "1.2.840.113549.1.1.4",  /* RSA with MD5 */
        "1.2.840.10045.4.1",     /* ECDSA with SHA-1 */
        "1.2.840.113549.1.1.14", /* RSA with SHA-224 */
        "1.2.840.113549.1.1.1",  /* RSA without a hash */
        "1.3.101.113",           /* Ed448 */
        "",
    };
    /* As RSA has it, and as the others do. */
    const krb5_data parameters[] = {kx_data("\x05\x00", 2), kx_data(NULL, 0)};
    struct kx_algorithm other;
    krb5_data signature = kx_data("x", 1);
    char oid[64];
    size_t i;

    (void)state;
    other.oid = oid;
    for (i = 0; i < 2 * sizeof(others) / sizeof(others[0]); i++) {
        strcpy(oid, others[i / 2]);
        other.parameters = parameters[i % 2];
        assert_int_equal(verify(rsa, &other, &signature),
                         KX_ERR_POLICY_SIGALG);
    }
}

static void
parameters_other_than_the_one_encoding_are_refused(void **state)
{
    const struct kx_algorithm *ours;
    struct kx_algorithm altered;
    krb5_data signature;
    char parameters[64];
    size_t i, n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    for (i = 0; i < n; i++) {
        signature = sign_by(signer_of(i), i);
        altered = ours[i];
        if (altered.parameters.length == 0) {
            /* NULL instead of nothing. */
            altered.parameters = kx_data("\x05\x00", 2);
        } else {
            memcpy(parameters, altered.parameters.data,
                   altered.parameters.length);
            altered.parameters.data = parameters;
            parameters[altered.parameters.length - 1] ^= 1;
        }
        assert_int_equal(verify(signer_of(i), &altered, &signature),
                         KX_ERR_POLICY_SIGALG);
        altered.parameters = kx_data(NULL, 0);
        if (ours[i].parameters.length > 0)
            assert_int_equal(verify(signer_of(i), &altered, &signature),
                             KX_ERR_POLICY_SIGALG);
        kx_data_free(&signature);
    }
}

static void
a_certificate_that_cannot_be_read_is_refused(void **state)
{
    const krb5_data nonsense = kx_data("nonsense", 8);
    const krb5_data nothing = kx_data(NULL, 0);
    const krb5_data cut =
        kx_data(ed25519->chain[0].data, ed25519->chain[0].length - 1);
    const struct kx_algorithm *ours;
    krb5_data signature = sign_by(ed25519, 0);
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_int_equal(
        kx_verify(NULL, &nonsense, &ours[0], &message, &signature),
        KX_ERR_CHAIN);
    assert_int_equal(kx_verify(NULL, &nothing, &ours[0], &message, &signature),
                     KX_ERR_CHAIN);
    assert_int_equal(kx_verify(NULL, &cut, &ours[0], &message, &signature),
                     KX_ERR_CHAIN);
    kx_data_free(&signature);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_verifies_what_it_signed),
        cmocka_unit_test(altered_data_does_not_verify),
        cmocka_unit_test(an_altered_signature_does_not_verify),
        cmocka_unit_test(
            a_signature_cut_off_lengthened_or_empty_does_not_verify),
        cmocka_unit_test(a_signature_by_somebody_elses_key_does_not_verify),
        cmocka_unit_test(
            a_signature_under_another_algorithm_of_its_key_does_not_verify),
        cmocka_unit_test(an_algorithm_that_is_not_the_keys_kind_is_refused),
        cmocka_unit_test(a_key_on_p384_signs_with_a_hash_that_is_as_strong),
        cmocka_unit_test(
            the_peers_first_algorithm_that_the_key_can_make_is_used),
        cmocka_unit_test(a_peer_that_accepts_nothing_we_can_make_is_told_so),
        cmocka_unit_test(an_rsa_key_under_2048_bits_is_refused),
        cmocka_unit_test(a_key_on_another_curve_is_refused),
        cmocka_unit_test(a_key_of_another_kind_is_refused),
        cmocka_unit_test(an_rsa_key_that_would_keep_us_busy_is_refused),
        cmocka_unit_test(an_algorithm_that_is_not_ours_is_refused),
        cmocka_unit_test(parameters_other_than_the_one_encoding_are_refused),
        cmocka_unit_test(a_certificate_that_cannot_be_read_is_refused),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
