/*
 * test_agreement.c: two ephemeral keys make the secret that the RFCs say, and
 * nothing that is no key of the group makes one.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "exchange/kx_agreement.h"

/* What the RFCs give of one exchange; hexadecimal. */
struct exchange {
    enum kx_group group;
    const char *private_a, *public_a;
    const char *private_b, *public_b;
    const char *z;
};

static const struct exchange exchanges[] = {
    /* RFC 7748 6.1 */
    {KX_GROUP_X25519,
     "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    /* RFC 5903 8.1 */
    {KX_GROUP_P256,
     "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "04"
     "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
     "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
     "04"
     "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    /* RFC 5903 8.2 */
    {KX_GROUP_P384,
     "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
     "e35b538041e649ee3faef896783ab194",
     "04"
     "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
     "de3ac808acb4bdb4c88732aee95f41aa"
     "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38e"
     "eb9fcff3c2c947dae69b4c634573a81c",
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
     "e0308312916b8ed2960e4bd55a7448fc",
     "04"
     "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
     "0d1ac43a0336def96fda41d0774a3571"
     "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
     "f83fa40142209dff5eaad96db9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
     "d603135569b9e9d09cf5d4a270f59746"},
};

/* SubjectPublicKeyInfo up to the key, as RFC 8410 and RFC 5480 have it. */
static const char *const spki_headers[KX_N_GROUPS] = {
    "302a300506032b656e032100",
    "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    "3076301006072a8648ce3d020106052b81040022036200",
};

static krb5_context context;

static int
setup(void **state)
{
    (void)state;
    kx_init_errors();
    return (int)krb5_init_context(&context);
}

static int
teardown(void **state)
{
    (void)state;
    krb5_free_context(context);
    return 0;
}

/* The value of one hexadecimal digit, in small letters. */
static unsigned int
digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, c);

    assert_true(c != '\0' && at != NULL);
    return (unsigned int)(at - digits);
}

/* The bytes of two pieces of hexadecimal text put together; kx_data_free(). */
static krb5_data
unhex(const char *a, const char *b)
{
    size_t length = strlen(a) + strlen(b), i;
    unsigned char *bytes = test_alloc(length / 2 + 1);
    char *text = test_alloc(length + 1);

    memcpy(text, a, strlen(a));
    memcpy(text + strlen(a), b, strlen(b) + 1);
    assert_int_equal(length % 2, 0);
    for (i = 0; i < length / 2; i++)
        bytes[i] =
            (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    free(text);
    return kx_data(bytes, length / 2);
}

/* The pair with the private key in hexadecimal. */
static struct kx_ephemeral *
import(enum kx_group group, const char *private_key)
{
    krb5_data bytes = unhex(private_key, "");
    struct kx_ephemeral *pair;

    assert_int_equal(kx_ephemeral_import(context, group, &bytes, &pair), 0);
    kx_data_free(&bytes);
    return pair;
}

/* What comes of importing a private key that is none. */
static krb5_error_code
importing(enum kx_group group, const char *private_key)
{
    krb5_data bytes = unhex(private_key, "");
    struct kx_ephemeral *pair;
    krb5_error_code ret;

    ret = kx_ephemeral_import(context, group, &bytes, &pair);
    if (ret)
        assert_null(pair);
    kx_ephemeral_free(pair);
    kx_data_free(&bytes);
    return ret;
}

/* What comes of agreeing, by private key A of the group, with key in spki. */
static krb5_error_code
agreeing(enum kx_group group, const char *header, const char *key)
{
    struct kx_ephemeral *pair = import(group, exchanges[group].private_a);
    krb5_data spki = unhex(header, key), z;
    krb5_error_code ret;

    ret = kx_agree(context, pair, &spki, &z);
    if (ret) {
        assert_null(z.data);
        assert_int_equal(z.length, 0);
    }
    kx_data_zap_free(&z);
    kx_data_free(&spki);
    kx_ephemeral_free(pair);
    return ret;
}

static void
the_rfcs_public_keys_come_of_their_private_keys(void **state)
{
    const struct exchange *exchange;
    struct kx_ephemeral *pair;
    krb5_data expected;
    size_t i;

    (void)state;
    for (i = 0; i < KX_N_GROUPS; i++) {
        exchange = &exchanges[i];
        pair = import(exchange->group, exchange->private_b);
        expected = unhex(spki_headers[i], exchange->public_b);
        assert_data_equal(kx_ephemeral_public(pair), &expected);
        assert_int_equal(kx_ephemeral_group(pair), exchange->group);
        kx_data_free(&expected);
        kx_ephemeral_free(pair);
    }
}

static void
both_sides_of_the_rfcs_exchanges_have_their_secret(void **state)
{
    const struct exchange *exchange;
    struct kx_ephemeral *a, *b;
    krb5_data expected, z;
    size_t i;

    (void)state;
    for (i = 0; i < KX_N_GROUPS; i++) {
        exchange = &exchanges[i];
        a = import(exchange->group, exchange->private_a);
        b = import(exchange->group, exchange->private_b);
        expected = unhex(exchange->z, "");
        assert_int_equal(kx_agree(context, a, kx_ephemeral_public(b), &z), 0);
        assert_data_equal(&z, &expected);
        kx_data_zap_free(&z);
        assert_int_equal(kx_agree(context, b, kx_ephemeral_public(a), &z), 0);
        assert_data_equal(&z, &expected);
        kx_data_zap_free(&z);
        kx_data_free(&expected);
        kx_ephemeral_free(a);
        kx_ephemeral_free(b);
    }
}

static void
x25519_passes_over_the_highest_bit_of_a_public_key(void **state)
{
    /* RFC 7748 5.2, the second vector */
    struct kx_ephemeral *pair = import(
        KX_GROUP_X25519,
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
    krb5_data spki = unhex(
        spki_headers[KX_GROUP_X25519],
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
    krb5_data expected = unhex(
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        "");
    krb5_data z;

    (void)state;
    assert_int_equal(kx_agree(context, pair, &spki, &z), 0);
    assert_data_equal(&z, &expected);
    kx_data_zap_free(&z);
    kx_data_free(&spki);
    kx_data_free(&expected);
    kx_ephemeral_free(pair);
}

static void
fresh_pairs_agree_and_are_never_the_same(void **state)
{
    struct kx_ephemeral *a, *b;
    krb5_data of_a, of_b;
    size_t i;
    int round;

    (void)state;
    for (i = 0; i < KX_N_GROUPS; i++) {
        for (round = 0; round < 8; round++) {
            assert_int_equal(
                kx_ephemeral_generate(context, (enum kx_group)i, &a), 0);
            assert_int_equal(
                kx_ephemeral_generate(context, (enum kx_group)i, &b), 0);
            assert_false(
                kx_data_equal(kx_ephemeral_public(a), kx_ephemeral_public(b)));
            assert_int_equal(
                kx_agree(context, a, kx_ephemeral_public(b), &of_a), 0);
            assert_int_equal(
                kx_agree(context, b, kx_ephemeral_public(a), &of_b), 0);
            assert_int_equal(of_a.length, i == KX_GROUP_P384 ? 48 : 32);
            assert_data_equal(&of_a, &of_b);
            kx_data_zap_free(&of_a);
            kx_data_zap_free(&of_b);
            kx_ephemeral_free(a);
            kx_ephemeral_free(b);
        }
    }
}

static void
a_secret_that_begins_with_zeros_keeps_its_length(void **state)
{
    struct kx_ephemeral *pair = import(
        KX_GROUP_P256,
        "000000000000000000000000000000000000000000000000000000000000edb8");
    krb5_data spki =
        unhex(spki_headers[KX_GROUP_P256], exchanges[KX_GROUP_P256].public_b);
    krb5_data expected = unhex(
        "00000d81a0f71208c525824587a492768c76027d6fadc30102e1db996f4b2700",
        "");
    krb5_data z;

    (void)state;
    assert_int_equal(kx_agree(context, pair, &spki, &z), 0);
    assert_data_equal(&z, &expected);
    kx_data_zap_free(&z);
    kx_data_free(&spki);
    kx_data_free(&expected);
    kx_ephemeral_free(pair);
}

static void
a_key_of_another_group_is_refused(void **state)
{
    size_t i, j;

    (void)state;
    for (i = 0; i < KX_N_GROUPS; i++) {
        for (j = 0; j < KX_N_GROUPS; j++)
            assert_int_equal(agreeing((enum kx_group)i, spki_headers[j],
                                      exchanges[j].public_b),
                             i == j ? 0 : KX_ERR_POLICY_GROUP);
    }
}

static void
x25519_keys_of_small_order_are_refused(void **state)
{
    /* All points of order 1, 2, 4 and 8, those not reduced too. */
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_int_equal(
            agreeing(KX_GROUP_X25519, spki_headers[KX_GROUP_X25519], keys[i]),
            KX_ERR_AGREEMENT);
}

static void
x25519_keys_of_another_length_are_refused(void **state)
{
    (void)state;
    assert_int_equal(
        agreeing(
            KX_GROUP_X25519, "3029300506032b656e032000",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e"),
        KX_ERR_AGREEMENT);
    assert_int_equal(
        agreeing(KX_GROUP_X25519, "302b300506032b656e032200",
                 "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b"
                 "4e6a00"),
        KX_ERR_AGREEMENT);
    assert_int_equal(agreeing(KX_GROUP_X25519, "300a300506032b656e030100", ""),
                     KX_ERR_AGREEMENT);
}

/* Two coordinates of P-256 that are those of a point of the curve. */
#define X "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
#define Y "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static void
what_is_not_a_point_of_the_curve_is_refused(void **state)
{
    static const char *const points[] = {
        /* Next to the point */
        "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf64" Y,
        "04" X
        "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872aa",
        "04" Y X,
        "04" ZERO ZERO,
        /* A point of the curve plus the field's prime: (0, sqrt(b)) */
        "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        "04ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* Other forms: hybrid, compressed in the bytes of another */
        "06" X Y,
        "07" X Y,
        "02" X Y,
        "03" X Y,
        "00" X Y,
    };
    size_t i;

    (void)state;
    assert_int_equal(agreeing(KX_GROUP_P256, spki_headers[KX_GROUP_P256],
                              "04" ZERO "66485c780e2f83d72433bd5d84a06bb6541c2"
                              "af31dae871728bf856a174f93f4"),
                     0);
    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        assert_int_equal(
            agreeing(KX_GROUP_P256, spki_headers[KX_GROUP_P256], points[i]),
            KX_ERR_AGREEMENT);
    assert_int_equal(agreeing(KX_GROUP_P384, spki_headers[KX_GROUP_P384],
                              "04" ZERO "00000000000000000000000000000000" ZERO
                              "00000000000000000000000000000000"),
                     KX_ERR_AGREEMENT);
}

static void
a_point_of_another_length_is_refused(void **state)
{
    (void)state;
    /* Infinity, compressed, cut, with a byte more, and one of P-384's length
     * under the name of P-256. */
    assert_int_equal(
        agreeing(KX_GROUP_P256,
                 "3019301306072a8648ce3d020106082a8648ce3d030107030200", "00"),
        KX_ERR_AGREEMENT);
    assert_int_equal(
        agreeing(KX_GROUP_P256,
                 "3039301306072a8648ce3d020106082a8648ce3d030107032200",
                 "03" X),
        KX_ERR_AGREEMENT);
    assert_int_equal(
        agreeing(
            KX_GROUP_P256,
            "3058301306072a8648ce3d020106082a8648ce3d030107034100",
            "04" X
            "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872"),
        KX_ERR_AGREEMENT);
    assert_int_equal(
        agreeing(KX_GROUP_P256,
                 "305a301306072a8648ce3d020106082a8648ce3d030107034300",
                 "04" X Y "00"),
        KX_ERR_AGREEMENT);
    assert_int_equal(
        agreeing(KX_GROUP_P256,
                 "3079301306072a8648ce3d020106082a8648ce3d030107036200",
                 exchanges[KX_GROUP_P384].public_b),
        KX_ERR_AGREEMENT);
}

static void
what_is_no_public_key_at_all_is_refused(void **state)
{
    static const char *const headers[] = {
        "",
        "30",
        "3000",
        /* A byte too many behind it; an indefinite length */
        "302a300506032b656e0321008520f0098930a754748b7ddcb43ef75a0dbf3a0d2638"
        "1af4eba4a98eaa9b4e6a00",
        "3080300506032b656e0321008520f0098930a754748b7ddcb43ef75a0dbf3a0d2638"
        "1af4eba4a98eaa9b4e6a0000",
    };
    enum kx_group group;
    krb5_data spki;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_int_equal(agreeing(KX_GROUP_X25519, headers[i], ""),
                         KX_ERR_AGREEMENT);
        spki = unhex(headers[i], "");
        assert_int_equal(kx_group_of_public(context, &spki, &group),
                         KX_ERR_AGREEMENT);
        kx_data_free(&spki);
    }
}

static void
a_public_key_tells_its_group(void **state)
{
    enum kx_group group;
    krb5_data spki;
    size_t i;

    (void)state;
    for (i = 0; i < KX_N_GROUPS; i++) {
        spki = unhex(spki_headers[i], exchanges[i].public_a);
        assert_int_equal(kx_group_of_public(context, &spki, &group), 0);
        assert_int_equal(group, i);
        kx_data_free(&spki);
    }
}

static void
other_algorithms_are_no_groups(void **state)
{
    static const char *const keys[] = {
        /* X448, Ed25519 */
        "3042300506032b656f033900"
        "0000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000000000000",
        "302a300506032b65700321008520f0098930a754748b7ddcb43ef75a0dbf3a0d2638"
        "1af4eba4a98eaa9b4e6a",
        /* X25519 with NULL parameters; secp256k1 */
        "302c300706032b656e05000321008520f0098930a754748b7ddcb43ef75a0dbf3a0d"
        "26381af4eba4a98eaa9b4e6a",
        "3056301006072a8648ce3d020106052b8104000a03420004" X Y,
        /* id-ecPublicKey without parameters */
        "304f300906072a8648ce3d020103420004" X Y,
    };
    enum kx_group group;
    krb5_data spki;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        spki = unhex(keys[i], "");
        assert_int_equal(kx_group_of_public(context, &spki, &group),
                         KX_ERR_POLICY_GROUP);
        kx_data_free(&spki);
        assert_int_equal(agreeing(KX_GROUP_X25519, keys[i], ""),
                         KX_ERR_POLICY_GROUP);
    }
}

static void
groups_are_listed_best_first_and_found_again(void **state)
{
    static const char *const names[] = {"X25519", "P-256", "P-384"};
    const struct kx_algorithm *list;
    enum kx_group group;
    size_t n, i;

    (void)state;
    list = kx_group_algorithms(&n);
    assert_int_equal(n, KX_N_GROUPS);
    for (i = 0; i < n; i++) {
        assert_int_equal(kx_group_find(context, &list[i], &group), 0);
        assert_int_equal(group, i);
        assert_string_equal(kx_group_name(group), names[i]);
    }
}

static void
a_private_key_is_a_scalar_of_the_group(void **state)
{
    /* The orders, and one less */
#define Q256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325"
#define Q384                                                                  \
    "ffffffffffffffffffffffffffffffffffffffffffffffff"                        \
    "c7634d81f4372ddf581a0db248b0a77aecec196accc529"

    (void)state;
    assert_int_equal(importing(KX_GROUP_P256, Q256 "50"), 0);
    assert_int_equal(importing(KX_GROUP_P256, Q256 "51"), KX_ERR_AGREEMENT);
    assert_int_equal(importing(KX_GROUP_P256, ZERO), KX_ERR_AGREEMENT);
    assert_int_equal(importing(KX_GROUP_P384, Q384 "72"), 0);
    assert_int_equal(importing(KX_GROUP_P384, Q384 "73"), KX_ERR_AGREEMENT);
    /* Another length */
    assert_int_equal(importing(KX_GROUP_P384, ZERO), KX_ERR_AGREEMENT);
    assert_int_equal(importing(KX_GROUP_P256, Q384 "72"), KX_ERR_AGREEMENT);
    assert_int_equal(importing(KX_GROUP_X25519, ""), KX_ERR_AGREEMENT);
    assert_int_equal(importing(KX_GROUP_X25519, ZERO "00"), KX_ERR_AGREEMENT);
    /* X25519 makes a scalar of any 32 bytes. */
    assert_int_equal(importing(KX_GROUP_X25519, ZERO), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_public_keys_come_of_their_private_keys),
        cmocka_unit_test(both_sides_of_the_rfcs_exchanges_have_their_secret),
        cmocka_unit_test(x25519_passes_over_the_highest_bit_of_a_public_key),
        cmocka_unit_test(fresh_pairs_agree_and_are_never_the_same),
        cmocka_unit_test(a_secret_that_begins_with_zeros_keeps_its_length),
        cmocka_unit_test(a_key_of_another_group_is_refused),
        cmocka_unit_test(x25519_keys_of_small_order_are_refused),
        cmocka_unit_test(x25519_keys_of_another_length_are_refused),
        cmocka_unit_test(what_is_not_a_point_of_the_curve_is_refused),
        cmocka_unit_test(a_point_of_another_length_is_refused),
        cmocka_unit_test(what_is_no_public_key_at_all_is_refused),
        cmocka_unit_test(a_public_key_tells_its_group),
        cmocka_unit_test(other_algorithms_are_no_groups),
        cmocka_unit_test(groups_are_listed_best_first_and_found_again),
        cmocka_unit_test(a_private_key_is_a_scalar_of_the_group),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
