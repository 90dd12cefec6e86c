/*
 * test_dnssec_tlsa.c: TLSA records (RFC 6698): read, usable or not, of a
 * certificate or not.
 *
 * The certificates in testdata/ are self-signed ones made with "openssl req
 * -new -x509"; the digests beside them are of sha256sum and sha512sum over the
 * file, and over the key that "openssl x509 -pubkey | openssl pkey -pubin
 * -outform DER" takes out of it.  The last certificate and its digests are the
 * example of RFC 6698 C.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "dnssec/record.h"
#include "tests/unit/test.h"

static const struct known {
    const char *file;
    const char *digest[2][2]; /* by selector; SHA-256, SHA-512 */
} known[] = {
    {"tlsa-ed25519.der",
     {{"3600c49164fc0ac3f45aea1185470181d0aed58057318e637680c814f20f9caf",
       "680b391ade2264e8650ea8cbc6313119149d9dec4c68ba62dba61b45af655340"
       "9d0313240f2486afda41bd8faef8a5bc97d12a5f708331ebdcc011a934d325fe"},
      {"8c725f632c12207a1d194298470b211e356e5e40ae3bce2481a8bc0ba42c2388",
       "14297dd1e153e9b11218965acb71fbc252bd5d15e9f0d8f6dbabe5d75b2b1aa3"
       "b1fb984821d9e5aeba9c8a1733c52cae2c6dd353ab5a7bfc488604fe19586755"}}},
    {"tlsa-ed448.der",
     {{"b3a3073070b39f5318b694ee90669510a123ef26b1500d825409a5d0973e6999",
       "866a9d75633350b433194a0359caa3e5fe8c14ae6acfc9333bf7632295593ab8"
       "cb9e0e0cf44560b4b9956c2fbcaf1b8356909ee24e7279d32991fcadcf2d85a6"},
      {"804122e8a45cdaf60f295d05c263c327440e95f1346c55dad000e09ebe1f5a42",
       "73b76b0a99c6ffb224120fce6433003be4112e6b38b1f930912e37acb83c53f0"
       "00b229dc427f1a4c55eae869c84b6cfe9289f98701c35cfab69f32c7f624f3e0"}}},
    {"tlsa-p256.der",
     {{"ae2c2f52b56b7529f9b4e8b9a0c8ac7c3ce8fc0f52197448f2e5017b9fc73dde",
       "98d0e95711638d21560fd2258b6f94080134e6019a21460f02b6ab4ebb346c96"
       "226899d5c421a1fc078c4e4c5105d023efebf481ed99fc7a1f8e1e02cdfc6adc"},
      {"4aed938d37d717528316839b8ac007b2018d933afc172a1563b0e4bedf04f8d2",
       "9cca116a82ab0c324b70bfd34b1e150818f159ff5be1041b7de209f9d25ba547"
       "0abdf70564009064a12e1a6c0d1ed2a107e22b8f46e3cfa629a6160ad16b0476"}}},
    {"tlsa-p384.der",
     {{"bf3352a97230aae628cf3e5b89465b28e7f4c6ffe19e5be11c9948ab41870b2c",
       "215fd4435de7da0b3b07423b5750f500d261b05034cd2ddc8720f89ceeab015d"
       "b49d8e345bbd1996d5d2346e7ec3c1b16bff85e3466ff07f81916787dd998077"},
      {"415d33b91c3297f54b439535e1ee2c06419b33a9459945b59c11925cc343f6e1",
       "140cfa42595c054f1c8bf2b874dc1adf6fa1c899ad70941fa36bed840bcba209"
       "ddf9679fa2cebe636febc7856dc7c39abafb4de14861cd71787f61bf160080ec"}}},
    {"tlsa-p521.der",
     {{"b60301f90780b8596a3a44108d0575bdde79df3fdd790685aab8b75772dc0302",
       "9d414c25b2e4d98c79a1ec4c226d38a1a70c70151bbad8c8a6ecb03621221b60"
       "c36b37e726912ff486efe376ed1f433a03dfbb67dc2761649e6e7efb5d8347fc"},
      {"9d542bf9ff5a334aa2487a2911343d651c1135630e2ce3eaf0e54e9a0817605d",
       "277dc5ef48ac1102d81cd4fcc4015ef0d057afcd34ba6527a7a9932332ae1eb4"
       "e56b397ce984fe7d49e34f6fe40a0fd58ccc4b5b361e59dbae6dd0791730b911"}}},
    {"tlsa-rsa.der",
     {{"f8da338a3246159bef07f91f9a84607691f3f5beee0a05c0a2869dd7bb01cd2f",
       "bdfa83f32f4a17da03cdb04b286499a237a128c9f1e01c85d5b260b12265a568"
       "085856687585555b7fb3eb78a6966abd960fac3057f27ecfb6216f616f2459f2"},
      {"2b5d25b0fbe2fefdaa1e9defefe75919f55f611eda8931603147113bc6abed84",
       "efa490a2e5bf45a7dc9854741176430f0f032ddf2daa3bbe018fd49879802ef1"
       "cd80ce7b71d735aaab7e4ae966f19aa33adb98ca97fe1e10243f961b53033b0a"}}},
    {"tlsa-rsapss.der",
     {{"cd716cc2ba5207e9f8f16b5a32b84adfb84441a9610ec3d4b392c333d7c03f50",
       "10ad0378d90343ef419e90d9d06f748bf6a8ac996fccc012159e7309f0d34b07"
       "5cbeefba947f87c990e0fcc556d5325e2733716dc8a887a3abbe28b0a3fb0952"},
      {"04358c3f4d4091647bbf9b95589b54d2ab9ef40280daf3adef6a135a7cb251ca",
       "63184e301db01501a8644cd04652656d9c61261b507d6510208562e4bebfca3f"
       "f2386d644f0a18dadeeb31597a054352714caca00178dfd0b2a8d0e8c1cb51a7"}}},
    {"tlsa-rfc6698.der",
     {{"efddf0d915c7bdc5782c0881e1b2a95ad099fbdd06d7b1f77982d9364338d955",
       "81ee7f6c0ecc6b09b7785a9418f54432de630dd54dc6ee9e3c49de547708d236"
       "d4c413c3e97e44f969e635958aa410495844127c04883503e5b024cf7a8f6a94"},
      {"8755cdaa8fe24ef16cc0f2c918063185e433faaf1415664911d9e30a924138c4",
       "d43165b4cdf8f8660aecccc5344d9d9ae45ffd7e6aab7ab9eec169b58e11f227"
       "ed90c17330cc17b5ccef0390066008c720cec6aae533a934b3a2d7e232c94ab4"}}},
};
#define N_KNOWN (sizeof(known) / sizeof(*known))

/* tlsa-ed25519.der's key. */
static const char ed25519_key[] =
    "302a300506032b6570032100d1c6e2773d5c481f0b7a80b65c0c04ff9a55"
    "a6db79d7444f50ebc8056b5a309e";

/* The bytes that hexadecimal digits stand for; release with kx_data_free(). */
static krb5_data
from_hex(const char *hex)
{
    size_t i, length = strlen(hex) / 2;
    char *bytes = malloc(length + 1);
    unsigned int byte;

    assert_non_null(bytes);
    for (i = 0; i < length; i++) {
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (char)byte;
    }
    return kx_data(bytes, length);
}

/* The bytes of a file in testdata/; release with kx_data_free(). */
static krb5_data
from_file(const char *name)
{
    char path[512], bytes[4096];
    krb5_data borrowed, data;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", TESTDATA, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    borrowed = kx_data(bytes, fread(bytes, 1, sizeof(bytes), file));
    (void)fclose(file);
    assert_in_range(borrowed.length, 1, sizeof(bytes) - 1);
    assert_int_equal(kx_data_copy(&borrowed, &data), 0);
    return data;
}

static struct kx_tlsa
record(unsigned int usage, unsigned int selector, unsigned int matching_type,
       krb5_data data)
{
    struct kx_tlsa tlsa = {(uint8_t)usage, (uint8_t)selector,
                           (uint8_t)matching_type, data};

    return tlsa;
}

static void
a_record_is_read_field_by_field(void **state)
{
    static const uint8_t rdata[] = {3, 1, 2, 0xca, 0xfe, 0};
    struct kx_tlsa tlsa;

    (void)state;
    assert_int_equal(kx_tlsa_read(rdata, sizeof(rdata), &tlsa), 0);
    assert_int_equal(tlsa.usage, 3);
    assert_int_equal(tlsa.selector, 1);
    assert_int_equal(tlsa.matching_type, 2);
    assert_int_equal(tlsa.data.length, 3);
    assert_memory_equal(tlsa.data.data, "\xca\xfe\0", 3);
    kx_data_free(&tlsa.data);
}

static void
a_record_without_its_three_fields_is_refused(void **state)
{
    static const uint8_t rdata[] = {3, 1};
    struct kx_tlsa tlsa;

    (void)state;
    assert_int_equal(kx_tlsa_read(rdata, 2, &tlsa), KX_ERR_DNS_RECORD);
    assert_int_equal(kx_tlsa_read(rdata, 0, &tlsa), KX_ERR_DNS_RECORD);
    assert_int_equal(tlsa.data.length, 0);
}

static void
a_record_without_data_is_read_but_not_usable(void **state)
{
    uint8_t rdata[] = {3, 1, 0};
    struct kx_tlsa tlsa;

    (void)state;
    for (rdata[2] = 0; rdata[2] <= 2; rdata[2]++) {
        assert_int_equal(kx_tlsa_read(rdata, sizeof(rdata), &tlsa), 0);
        assert_null(tlsa.data.data);
        assert_false(kx_tlsa_is_usable(&tlsa));
    }
}

static void
every_known_usage_selector_and_matching_type_is_usable(void **state)
{
    krb5_data full[] = {from_file("tlsa-p256.der"), from_hex(ed25519_key)};
    const char digest[64] = {0};
    unsigned int usage, selector;
    struct kx_tlsa tlsa;

    (void)state;
    for (usage = 0; usage <= 3; usage++) {
        for (selector = 0; selector <= 1; selector++) {
            tlsa = record(usage, selector, 0, full[selector]);
            assert_true(kx_tlsa_is_usable(&tlsa));
            tlsa = record(usage, selector, 1, kx_data(digest, 32));
            assert_true(kx_tlsa_is_usable(&tlsa));
            tlsa = record(usage, selector, 2, kx_data(digest, 64));
            assert_true(kx_tlsa_is_usable(&tlsa));
        }
    }
    kx_data_free(&full[0]);
    kx_data_free(&full[1]);
}

static void
an_unknown_usage_selector_or_matching_type_is_not_usable(void **state)
{
    const krb5_data digest = kx_data("0123456789abcdef0123456789abcdef", 32);
    struct kx_tlsa tlsa;
    unsigned int value;

    (void)state;
    for (value = 0; value <= 255; value++) {
        tlsa = record(value, 1, 1, digest);
        assert_int_equal(kx_tlsa_is_usable(&tlsa), value <= 3);
        tlsa = record(3, value, 1, digest);
        assert_int_equal(kx_tlsa_is_usable(&tlsa), value <= 1);
        tlsa = record(3, 1, value, digest);
        assert_int_equal(kx_tlsa_is_usable(&tlsa), value == 1);
    }
}

static void
a_digest_of_another_length_is_not_usable(void **state)
{
    const char digest[128] = {0};
    struct kx_tlsa tlsa;
    unsigned int length;

    (void)state;
    for (length = 0; length <= sizeof(digest); length++) {
        tlsa = record(3, 1, 1, kx_data(digest, length));
        assert_int_equal(kx_tlsa_is_usable(&tlsa), length == 32);
        tlsa = record(3, 0, 2, kx_data(digest, length));
        assert_int_equal(kx_tlsa_is_usable(&tlsa), length == 64);
    }
}

static void
full_data_that_is_not_what_the_selector_says_is_not_usable(void **state)
{
    krb5_data certificate = from_file("tlsa-p256.der");
    krb5_data key = from_hex(ed25519_key);
    struct kx_tlsa tlsa;

    (void)state;
    tlsa = record(3, 0, 0, key);
    assert_false(kx_tlsa_is_usable(&tlsa));
    tlsa = record(3, 1, 0, certificate);
    assert_false(kx_tlsa_is_usable(&tlsa));
    tlsa = record(3, 0, 0, kx_data(certificate.data, certificate.length - 1));
    assert_false(kx_tlsa_is_usable(&tlsa));
    tlsa = record(3, 1, 0, kx_data("\x30", 1));
    assert_false(kx_tlsa_is_usable(&tlsa));
    kx_data_free(&certificate);
    kx_data_free(&key);
}

/* True if the record is what is made of the certificate. */
static krb5_boolean
matches(const struct kx_tlsa *tlsa, const krb5_data *certificate)
{
    struct kx_tlsa made;
    krb5_boolean same;

    assert_int_equal(kx_tlsa_make(NULL, tlsa->usage, tlsa->selector,
                                  tlsa->matching_type, certificate, &made),
                     0);
    same = kx_data_equal(&made.data, &tlsa->data);
    kx_data_free(&made.data);
    return same;
}

static void
digests_match_their_certificate_and_no_other(void **state)
{
    unsigned int selector, type, usage;
    krb5_data certificate, digest;
    struct kx_tlsa tlsa;
    size_t i, of;

    (void)state;
    for (i = 0; i < N_KNOWN; i++) {
        certificate = from_file(known[i].file);
        for (of = 0; of < N_KNOWN; of++) {
            for (selector = 0; selector <= 1; selector++) {
                for (type = 1; type <= 2; type++) {
                    digest = from_hex(known[of].digest[selector][type - 1]);
                    for (usage = 0; usage <= 3; usage++) {
                        tlsa = record(usage, selector, type, digest);
                        if (matches(&tlsa, &certificate) != (of == i))
                            fail_msg("%u %u %u of %s against %s", usage,
                                     selector, type, known[of].file,
                                     known[i].file);
                    }
                    kx_data_free(&digest);
                }
            }
        }
        kx_data_free(&certificate);
    }
}

static void
a_record_that_is_made_has_the_digest_that_others_make(void **state)
{
    unsigned int selector, type;
    krb5_data certificate, digest;
    struct kx_tlsa tlsa;
    size_t i;

    (void)state;
    for (i = 0; i < N_KNOWN; i++) {
        certificate = from_file(known[i].file);
        for (selector = 0; selector <= 1; selector++) {
            for (type = 1; type <= 2; type++) {
                digest = from_hex(known[i].digest[selector][type - 1]);
                assert_int_equal(kx_tlsa_make(NULL, 3, (uint8_t)selector,
                                              (uint8_t)type, &certificate,
                                              &tlsa),
                                 0);
                assert_int_equal(tlsa.usage, 3);
                assert_int_equal(tlsa.selector, selector);
                assert_int_equal(tlsa.matching_type, type);
                assert_data_equal(&tlsa.data, &digest);
                kx_data_free(&tlsa.data);
                kx_data_free(&digest);
            }
        }
        kx_data_free(&certificate);
    }
}

static void
a_digest_with_the_wrong_selector_does_not_match(void **state)
{
    krb5_data certificate = from_file(known[0].file);
    krb5_data digest = from_hex(known[0].digest[0][0]);
    struct kx_tlsa tlsa = record(3, 1, 1, digest);

    (void)state;
    assert_false(matches(&tlsa, &certificate));
    kx_data_free(&certificate);
    kx_data_free(&digest);
}

static void
one_wrong_bit_does_not_match(void **state)
{
    krb5_data certificate = from_file(known[0].file);
    krb5_data digest = from_hex(known[0].digest[1][0]);
    struct kx_tlsa tlsa = record(3, 1, 1, digest);

    (void)state;
    assert_true(matches(&tlsa, &certificate));
    digest.data[31] ^= 1;
    assert_false(matches(&tlsa, &certificate));
    kx_data_free(&certificate);
    kx_data_free(&digest);
}

static void
full_data_matches_the_same_bytes_only(void **state)
{
    krb5_data certificate = from_file("tlsa-ed25519.der");
    krb5_data other = from_file("tlsa-p256.der");
    krb5_data key = from_hex(ed25519_key);
    struct kx_tlsa tlsa;

    (void)state;
    tlsa = record(3, 0, 0, certificate);
    assert_true(matches(&tlsa, &certificate));
    assert_false(matches(&tlsa, &other));
    tlsa = record(3, 1, 0, key);
    assert_true(matches(&tlsa, &certificate));
    assert_false(matches(&tlsa, &other));
    key.data[43] ^= 1;
    assert_false(matches(&tlsa, &certificate));
    kx_data_free(&certificate);
    kx_data_free(&other);
    kx_data_free(&key);
}

static void
a_certificate_that_cannot_be_read_is_an_error_whatever_the_record(void **state)
{
    krb5_data whole = from_file("tlsa-p256.der"), longer, damaged[4];
    struct kx_tlsa made;
    uint8_t selector;
    size_t i;

    (void)state;
    longer = kx_data(calloc(1, whole.length + 1), whole.length + 1);
    memcpy(longer.data, whole.data, whole.length);
    damaged[0] = kx_data(NULL, 0);
    damaged[1] = kx_data("no certificate", 14);
    damaged[2] = kx_data(whole.data, whole.length - 1);
    damaged[3] = longer;
    for (i = 0; i < 4; i++) {
        for (selector = 0; selector <= 1; selector++) {
            assert_int_equal(
                kx_tlsa_make(NULL, 3, selector, 0, &damaged[i], &made),
                KX_ERR_CHAIN);
            assert_null(made.data.data);
        }
    }
    kx_data_free(&whole);
    kx_data_free(&longer);
}

static void
the_text_is_as_in_a_zone_file(void **state)
{
    struct kx_tlsa tlsa = record(3, 1, 1, kx_data("\x0a\x1b\xff\x00", 4));
    char text[KX_TLSA_TEXT_SIZE];

    (void)state;
    assert_string_equal(kx_tlsa_text(&tlsa, text), "3 1 1 0a1bff00");
    tlsa = record(255, 255, 255, kx_data(NULL, 0));
    assert_string_equal(kx_tlsa_text(&tlsa, text), "255 255 255 ");
}

static void
the_text_has_room_for_a_sha_512_and_cuts_what_is_longer(void **state)
{
    char data[200], text[KX_TLSA_TEXT_SIZE];
    struct kx_tlsa tlsa;
    size_t length;

    (void)state;
    memset(data, 0xab, sizeof(data));
    tlsa = record(255, 255, 255, kx_data(data, 64));
    assert_int_equal(strlen(kx_tlsa_text(&tlsa, text)), 12 + 128);
    for (length = 65; length <= sizeof(data); length++) {
        tlsa = record(3, 0, 0, kx_data(data, length));
        (void)kx_tlsa_text(&tlsa, text);
        assert_in_range(strlen(text), 6 + 130, KX_TLSA_TEXT_SIZE - 1);
    }
    assert_string_equal(text + strlen(text) - 5, "ab...");
}

static void
a_record_as_in_a_zone_file_is_read(void **state)
{
    static const char *const texts[] = {"3 1 2 cafe00", "3 1 2 CAFE00",
                                        "  3\t1 2\nca fe 0 0 ",
                                        "003 1 2 cafe00"};
    char text[KX_TLSA_TEXT_SIZE];
    struct kx_tlsa tlsa;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(kx_tlsa_parse(NULL, texts[i], &tlsa), 0);
        assert_string_equal(kx_tlsa_text(&tlsa, text), "3 1 2 cafe00");
        kx_data_free(&tlsa.data);
    }
    assert_int_equal(kx_tlsa_parse(NULL, "255 255 255", &tlsa), 0);
    assert_int_equal(tlsa.usage, 255);
    assert_int_equal(tlsa.data.length, 0);
    kx_data_free(&tlsa.data);
}

static void
what_is_no_record_of_a_zone_file_is_refused(void **state)
{
    static const char *const texts[] = {
        "",           "3",        "3 1",       "3 1 256 00", "3 1 1000 00",
        "-3 1 1 00",  "+3 1 1",   "0x3 1 1",   "3,1,1 00",   "3 1 1 0",
        "3 1 1 00 0", "3 1 1 0g", "3 1 1 00;", "3 1 100 0",  "00003 1 1 00",
        "3 1 1 ab..."};
    struct kx_tlsa tlsa;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(kx_tlsa_parse(NULL, texts[i], &tlsa),
                         KX_ERR_DNS_RECORD);
        assert_null(tlsa.data.data);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_field_by_field),
        cmocka_unit_test(a_record_without_its_three_fields_is_refused),
        cmocka_unit_test(a_record_without_data_is_read_but_not_usable),
        cmocka_unit_test(
            every_known_usage_selector_and_matching_type_is_usable),
        cmocka_unit_test(
            an_unknown_usage_selector_or_matching_type_is_not_usable),
        cmocka_unit_test(a_digest_of_another_length_is_not_usable),
        cmocka_unit_test(
            full_data_that_is_not_what_the_selector_says_is_not_usable),
        cmocka_unit_test(digests_match_their_certificate_and_no_other),
        cmocka_unit_test(
            a_record_that_is_made_has_the_digest_that_others_make),
        cmocka_unit_test(a_digest_with_the_wrong_selector_does_not_match),
        cmocka_unit_test(one_wrong_bit_does_not_match),
        cmocka_unit_test(full_data_matches_the_same_bytes_only),
        cmocka_unit_test(
            a_certificate_that_cannot_be_read_is_an_error_whatever_the_record),
        cmocka_unit_test(the_text_is_as_in_a_zone_file),
        cmocka_unit_test(a_record_as_in_a_zone_file_is_read),
        cmocka_unit_test(what_is_no_record_of_a_zone_file_is_refused),
        cmocka_unit_test(
            the_text_has_room_for_a_sha_512_and_cuts_what_is_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
