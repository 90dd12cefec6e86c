/*
 * test_signature_pss.c: RSASSA-PSS as others write it (RFC 4055).
 */
#include "config.h"
#include <string.h>
#include <gnutls/abstract.h>
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

static struct kx_identity *ed25519, *rsa;

static char text[] = "what is signed";
static const krb5_data message = {KV5M_DATA, sizeof(text) - 1, text};

static int
make_keys(void **state)
{
    struct certificate_plan plan = {
        .algorithm = GNUTLS_PK_RSA, .bits = 2048, .name = "a realm"};

    (void)state;
    kx_init_errors();
    ed25519 = make_plain_identity("alpha.example");
    rsa = make_identity(&plan, 1);
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    kx_identity_free(ed25519);
    kx_identity_free(rsa);
    return 0;
}

/* The DER of crt; to be kx_data_free()d. */
static krb5_data
der_of(gnutls_x509_crt_t crt)
{
    gnutls_datum_t der;
    krb5_data borrowed, out;

    assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der),
                     0);
    borrowed = kx_data(der.data, der.size);
    assert_int_equal(kx_data_copy(&borrowed, &out), 0);
    gnutls_free(der.data);
    return out;
}

/* The RSA certificate, signed anew by its key with PSS and hash. */
static krb5_data
certificate_by_pss(gnutls_digest_algorithm_t hash)
{
    gnutls_datum_t der;
    gnutls_x509_crt_t crt;
    krb5_data out;

    der.data = (unsigned char *)rsa->chain[0].data;
    der.size = rsa->chain[0].length;
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER),
                     0);
    assert_int_equal(
        gnutls_x509_crt_privkey_sign(crt, crt, rsa->key, hash,
                                     GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS),
        0);
    out = der_of(crt);
    gnutls_x509_crt_deinit(crt);
    return out;
}

static void
pss_as_gnutls_spells_it_verifies(void **state)
{
    static const gnutls_digest_algorithm_t hashes[] = {
        GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512};
    struct kx_certificate parts;
    krb5_data der;
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        der = certificate_by_pss(hashes[i]);
        assert_int_equal(kx_decode_certificate(NULL, &der, &parts), 0);
        assert_string_equal(parts.algorithm.oid, "1.2.840.113549.1.1.10");
        assert_int_equal(kx_verify(NULL, &der, &parts.algorithm, &parts.tbs,
                                   &parts.signature),
                         0);
        kx_certificate_clear(&parts);
        kx_data_free(&der);
    }
}

static void
pss_as_openssl_spells_it_is_what_we_offer(void **state)
{
    /* openssl req -x509 -sha256 -sigopt rsa_padding_mode:pss
     * -sigopt rsa_pss_saltlen:digest */
    static const char sha256[] =
        "\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
        "\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
        "\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05"
        "\x00\xa2\x03\x02\x01\x20";
    const krb5_data expected = kx_data(sha256, sizeof(sha256) - 1);
    const struct kx_algorithm *ours;
    size_t n;

    (void)state;
    ours = kx_signature_algorithms(&n);
    assert_data_equal(&ours[4].parameters, &expected);
}

static void
the_peers_spelling_of_pss_is_used(void **state)
{
    struct kx_certificate parts;
    const struct kx_algorithm *used;
    krb5_data der = certificate_by_pss(GNUTLS_DIG_SHA384), signature;

    (void)state;
    assert_int_equal(kx_decode_certificate(NULL, &der, &parts), 0);
    assert_int_equal(
        kx_sign(NULL, rsa, &parts.algorithm, 1, &message, &used, &signature),
        0);
    assert_data_equal(&used->parameters, &parts.algorithm.parameters);
    assert_int_equal(
        kx_verify(NULL, &rsa->chain[0], used, &message, &signature), 0);
    kx_data_free(&signature);
    kx_certificate_clear(&parts);
    kx_data_free(&der);
}

/* A certificate with key, signed by another. */
static krb5_data
certificate_of(gnutls_pubkey_t key)
{
    gnutls_datum_t der;
    gnutls_x509_crt_t crt, issuer;
    krb5_data out;

    der.data = (unsigned char *)ed25519->chain[0].data;
    der.size = ed25519->chain[0].length;
    assert_int_equal(gnutls_x509_crt_init(&issuer), 0);
    assert_int_equal(gnutls_x509_crt_import(issuer, &der, GNUTLS_X509_FMT_DER),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(crt, "1", 1), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(crt, "CN=a realm", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(crt, 0), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, 86400), 0);
    assert_int_equal(gnutls_x509_crt_set_pubkey(crt, key), 0);
    assert_int_equal(gnutls_x509_crt_privkey_sign(crt, issuer, ed25519->key,
                                                  GNUTLS_DIG_SHA512, 0),
                     0);
    out = der_of(crt);
    gnutls_x509_crt_deinit(issuer);
    gnutls_x509_crt_deinit(crt);
    return out;
}

/* The bytes that text, hexadecimal, stands for; to be gnutls_free()d. */
static gnutls_datum_t
unhex(const char *hex)
{
    gnutls_datum_t out, in;
    char copy[1024];

    assert_true(strlen(hex) < sizeof(copy));
    strcpy(copy, hex);
    in.data = (unsigned char *)copy;
    in.size = (unsigned int)strlen(copy);
    assert_int_equal(gnutls_hex_decode2(&in, &out), 0);
    return out;
}

static void
a_salt_shorter_than_the_hash_does_not_verify(void **state)
{
    /* Of a key that openssl made, and message signed with it by openssl dgst
     * -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20, and
     * with a salt of 32 bytes. */
    static const char n[] =
        "bf9c9e7553c425b011ca8649410e691cdccca19f5b34fff2152c00b507fa320b"
        "5a9f421591057efa5752f4ff8ad758b75cc8dea1ed62a44305434ad8144dbce2"
        "1353251b1facd3c56d57f0946325b8e5509929a4ce8fcbdd6564b88c5679fb69"
        "2ed926ec0df92614947241eb2b061f5ffae870bff670523224a448492433f382"
        "c8ff4474ef07caeb570efa884936a853c682cb04507ed4f6d92e4aba8f35b834"
        "2715b2d73bc3e89d0ee3dc29854d0943c4d1a6193572ca7f115b4c0d31d9eafa"
        "8a9954dfb94ec4683f1f971accc430f77483bd88acb9936fe902c0eea5343851"
        "85bff78e11dffc2c6a0385e2087b20c32b67fbe96b1ee9aa15b3a0c3c104094d";
    static const char salt_of_20[] =
        "723375f677c928a35bf1473ac61d7c6076792449a8f9ec0e9a3a99339c62dc25"
        "339987a61f0a907225fbba981c32f8eb9bc810aaabb90370f8ff5f342fb57be3"
        "ff69d55b595110ac363c718b500f1a9e6747a23e499888a24c23b2633e330854"
        "9986553e49b5515bd4d9988307d5ee976237ac6c3d22713de58c0f9bc219c681"
        "12dac9d179347955e32f4a34a90ec45b702460b2917afc6f188a31ac74953669"
        "c3fa90cb5064aba7a70cdbe1188f4421cf4575b844d6b1224ebd7a1606fd5313"
        "aa0b70879b18a7c0dec394fa26480309e853d569d277cf9f33b6a4535c461afa"
        "e09ce25562e1583398e5867749fe16e9a175ef78d5ec253655808fb050feff07";
    static const char salt_of_32[] =
        "684f866adae1d10aac673dd61e57653426a0fe4d8a079a400affe52bc43f5a7f"
        "ddcec44643cd5a1bb337f3ce4ee04e7c407fb12bad49cd4583fd182ffbead244"
        "625db9894cb882dd3b062c42830b78e24ba62107d91e09c39bc858a0b69f095f"
        "831952870d60661e8ed0ba702f8b89df92a8b1c410d1e73f07db9b2e81e06de2"
        "2fa0b90add5061c6a187989e39a1aab5e91d43b233ce10ca9357634845f9e6c8"
        "f0b8fbcb2b846da374018f4cdf1566bfe9cc07e8de4103c7933950e19b950630"
        "25b975d0299e360272d7009699bfaca1843565ceff8175dc5820490d753c21fc"
        "70b0a987f69774fa98b0c56f6968cabce055399615d1de9efcd196c8f2c44b6d";
    const struct kx_algorithm *ours;
    gnutls_datum_t modulus = unhex(n), exponent = unhex("010001");
    gnutls_datum_t shorter = unhex(salt_of_20), right = unhex(salt_of_32);
    gnutls_pubkey_t key;
    krb5_data certificate, signature;
    size_t count;

    (void)state;
    ours = kx_signature_algorithms(&count);
    assert_int_equal(gnutls_pubkey_init(&key), 0);
    assert_true(gnutls_pubkey_import_rsa_raw(key, &modulus, &exponent) >= 0);
    certificate = certificate_of(key);
    signature = kx_data(right.data, right.size);
    assert_int_equal(
        kx_verify(NULL, &certificate, &ours[4], &message, &signature), 0);
    signature = kx_data(shorter.data, shorter.size);
    assert_int_equal(
        kx_verify(NULL, &certificate, &ours[4], &message, &signature),
        KX_ERR_SIGNATURE);
    kx_data_free(&certificate);
    gnutls_pubkey_deinit(key);
    gnutls_free(modulus.data);
    gnutls_free(exponent.data);
    gnutls_free(shorter.data);
    gnutls_free(right.data);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pss_as_gnutls_spells_it_verifies),
        cmocka_unit_test(pss_as_openssl_spells_it_is_what_we_offer),
        cmocka_unit_test(the_peers_spelling_of_pss_is_used),
        cmocka_unit_test(a_salt_shorter_than_the_hash_does_not_verify),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
