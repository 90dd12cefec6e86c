/*
 * agreement.c: key agreement groups and what two ephemeral keys make.
 *
 * One table says all that differs between the groups: how they are named in
 * DER and in logs, how long their numbers are, and which curve of nettle's
 * computes them (none: X25519, which has functions of its own).  A pair is
 * used for one exchange and wiped.
 *
 * The curves' functions that touch a private key are nettle's that take the
 * same time for every key.  GMP's numbers are only used to carry bytes in and
 * out, and are wiped too: clearing them would only give their memory back.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <nettle/bignum.h>
#include <nettle/curve25519.h>
#include <nettle/ecc.h>
#include <nettle/ecc-curve.h>
#include "exchange/kx_agreement.h"

/* Bytes of the longest number: a coordinate of P-384. */
#define MAX_SIZE 48

/* An uncompressed point, SEC 1 2.3.3: this byte, x, y. */
#define UNCOMPRESSED 0x04
#define MAX_POINT (1 + 2 * MAX_SIZE)

/*
 * A random number of the order's length is outside the order with a chance of
 * 2^-32 at most (P-256): so many times in a row only if the generator is
 * broken.
 */
#define MAX_TRIES 8

struct kx_ephemeral {
    enum kx_group group;
    unsigned char secret[MAX_SIZE];
    krb5_data spki;
};

struct group {
    const char *name;
    size_t size; /* bytes of a coordinate; of a private key; of Z */
    const struct ecc_curve *(*curve)(void); /* NULL for X25519 */
};

static const struct group groups[KX_N_GROUPS] = {
    [KX_GROUP_X25519] = {"X25519", CURVE25519_SIZE, NULL},
    [KX_GROUP_P256] = {"P-256", 32, nettle_get_secp_256r1},
    [KX_GROUP_P384] = {"P-384", 48, nettle_get_secp_384r1},
};

/* id-X25519 (RFC 8410) has no parameters; id-ecPublicKey (RFC 5480) has the
 * curve's OBJECT IDENTIFIER. */
static char x25519_oid[] = "1.3.101.110";
static char ec_oid[] = "1.2.840.10045.2.1";
static char p256_parameters[] = {0x06,       0x08, 0x2a, (char)0x86, 0x48,
                                 (char)0xce, 0x3d, 0x03, 0x01,       0x07};
static char p384_parameters[] = {0x06, 0x05, 0x2b, (char)0x81,
                                 0x04, 0x00, 0x22};

static const struct kx_algorithm algorithms[KX_N_GROUPS] = {
    [KX_GROUP_X25519] = {x25519_oid, {KV5M_DATA, 0, NULL}},
    [KX_GROUP_P256] = {ec_oid,
                       {KV5M_DATA, sizeof(p256_parameters), p256_parameters}},
    [KX_GROUP_P384] = {ec_oid,
                       {KV5M_DATA, sizeof(p384_parameters), p384_parameters}},
};

const char *
kx_group_name(enum kx_group group)
{
    return groups[group].name;
}

const struct kx_algorithm *
kx_group_algorithms(size_t *n)
{
    *n = KX_N_GROUPS;
    return algorithms;
}

krb5_error_code
kx_group_find(krb5_context context, const struct kx_algorithm *algorithm,
              enum kx_group *group)
{
    size_t i;

    for (i = 0; i < KX_N_GROUPS; i++) {
        if (strcmp(algorithm->oid, algorithms[i].oid) == 0 &&
            kx_data_equal(&algorithm->parameters, &algorithms[i].parameters)) {
            *group = (enum kx_group)i;
            return 0;
        }
    }
    return kx_error(context, KX_ERR_POLICY_GROUP,
                    "key agreement with algorithm %s is not one of X25519, "
                    "P-256 and P-384",
                    algorithm->oid);
}

/*
 * Read a SubjectPublicKeyInfo: its *group, and its bytes into *key (allocated,
 * kx_data_free()).  Errors: KX_ERR_POLICY_GROUP, KX_ERR_AGREEMENT, ENOMEM.
 */
static krb5_error_code
read_public(krb5_context context, const krb5_data *spki, enum kx_group *group,
            krb5_data *key)
{
    krb5_error_code ret;
    struct kx_algorithm algorithm = {0};
    const char *why;

    *key = kx_data(NULL, 0);
    ret = kx_decode_spki(context, spki, &algorithm, key);
    if (ret == ENOMEM)
        return ret;
    if (ret) {
        why = krb5_get_error_message(context, ret);
        (void)kx_error(context, KX_ERR_AGREEMENT,
                       "key agreement's public key cannot be read: %s", why);
        krb5_free_error_message(context, why);
        return KX_ERR_AGREEMENT;
    }
    ret = kx_group_find(context, &algorithm, group);
    if (ret)
        kx_data_free(key);
    kx_algorithm_clear(&algorithm);
    return ret;
}

krb5_error_code
kx_group_of_public(krb5_context context, const krb5_data *spki,
                   enum kx_group *group)
{
    krb5_error_code ret;
    krb5_data key;

    ret = read_public(context, spki, group, &key);
    kx_data_free(&key);
    return ret;
}

/* Release a number, wiping it first. */
static void
zap_number(mpz_t number)
{
    size_t limbs = mpz_size(number);

    if (limbs > 0)
        kx_zap(mpz_limbs_modify(number, (mp_size_t)limbs),
               limbs * sizeof(mp_limb_t));
    mpz_limbs_finish(number, 0);
    mpz_clear(number);
}

/* Release a scalar, wiping it first. */
static void
zap_scalar(struct ecc_scalar *scalar)
{
    kx_zap(scalar->p, (size_t)ecc_size(scalar->ecc) * sizeof(mp_limb_t));
    ecc_scalar_clear(scalar);
}

/* Release a point, wiping it first. */
static void
zap_point(struct ecc_point *point)
{
    kx_zap(point->p, (size_t)ecc_size_a(point->ecc) * sizeof(mp_limb_t));
    ecc_point_clear(point);
}

/*
 * Set scalar, which is initialised, to size big-endian bytes.  False if they
 * are 0 or not under the group's order.
 */
static krb5_boolean
set_scalar(struct ecc_scalar *scalar, const unsigned char *bytes, size_t size)
{
    krb5_boolean ok;
    mpz_t number;

    nettle_mpz_init_set_str_256_u(number, size, bytes);
    ok = ecc_scalar_set(scalar, number) != 0;
    zap_number(number);
    return ok;
}

/*
 * Set point, which is initialised, to the uncompressed point of length bytes.
 * False if they are of another form or not on the curve.
 */
static krb5_boolean
set_point(struct ecc_point *point, const unsigned char *bytes, size_t length,
          size_t size)
{
    krb5_boolean ok;
    mpz_t x, y;

    if (length != 1 + 2 * size || bytes[0] != UNCOMPRESSED)
        return FALSE;
    nettle_mpz_init_set_str_256_u(x, size, bytes + 1);
    nettle_mpz_init_set_str_256_u(y, size, bytes + 1 + size);
    ok = ecc_point_set(point, x, y) != 0;
    mpz_clear(x);
    mpz_clear(y);
    return ok;
}

/* Write point's coordinates, size big-endian bytes each; y may be NULL. */
static void
get_point(const struct ecc_point *point, unsigned char *x_bytes,
          unsigned char *y_bytes, size_t size)
{
    mpz_t x, y;

    mpz_init(x);
    mpz_init(y);
    ecc_point_get(point, x, y);
    nettle_mpz_get_str_256(size, x_bytes, x);
    if (y_bytes != NULL)
        nettle_mpz_get_str_256(size, y_bytes, y);
    zap_number(x);
    zap_number(y);
}

/*
 * Compute the public key of secret into bytes, MAX_POINT of them, and its
 * *length.  False if secret is no scalar of the group.
 */
static krb5_boolean
make_public(const struct group *group, const unsigned char *secret,
            unsigned char *bytes, size_t *length)
{
    struct ecc_scalar scalar;
    struct ecc_point point;
    krb5_boolean ok;

    if (group->curve == NULL) {
        curve25519_mul_g(bytes, secret);
        *length = group->size;
        return TRUE;
    }
    ecc_scalar_init(&scalar, group->curve());
    ecc_point_init(&point, group->curve());
    ok = set_scalar(&scalar, secret, group->size);
    if (ok) {
        ecc_point_mul_g(&point, &scalar);
        bytes[0] = UNCOMPRESSED;
        get_point(&point, bytes + 1, bytes + 1 + group->size, group->size);
        *length = 1 + 2 * group->size;
    }
    zap_scalar(&scalar);
    zap_point(&point);
    return ok;
}

krb5_error_code
kx_ephemeral_import(krb5_context context, enum kx_group group,
                    const krb5_data *private_key, struct kx_ephemeral **out)
{
    krb5_error_code ret = 0;
    struct kx_ephemeral *ephemeral = NULL;
    unsigned char bytes[MAX_POINT];
    krb5_data public;
    size_t length;

    *out = NULL;
    if (private_key->length != groups[group].size)
        return kx_error(context, KX_ERR_AGREEMENT,
                        "private key of %s has %u bytes instead of %zu",
                        groups[group].name, private_key->length,
                        groups[group].size);
    ephemeral = calloc(1, sizeof(*ephemeral));
    if (ephemeral == NULL)
        return ENOMEM;
    ephemeral->group = group;
    memcpy(ephemeral->secret, private_key->data, private_key->length);
    if (!make_public(&groups[group], ephemeral->secret, bytes, &length)) {
        ret =
            kx_error(context, KX_ERR_AGREEMENT,
                     "private key is not a scalar of %s", groups[group].name);
        goto cleanup;
    }
    public = kx_data(bytes, length);
    ret =
        kx_encode_spki(context, &algorithms[group], &public, &ephemeral->spki);
    if (ret)
        goto cleanup;
    *out = ephemeral;
    ephemeral = NULL;

cleanup:
    kx_ephemeral_free(ephemeral);
    return ret;
}

krb5_error_code
kx_ephemeral_generate(krb5_context context, enum kx_group group,
                      struct kx_ephemeral **out)
{
    krb5_error_code ret = KX_ERR_AGREEMENT;
    unsigned char secret[MAX_SIZE] = {0};
    krb5_data private_key = kx_data(secret, groups[group].size);
    int i, status;

    *out = NULL;
    for (i = 0; i < MAX_TRIES && ret == KX_ERR_AGREEMENT; i++) {
        status = gnutls_rnd(GNUTLS_RND_KEY, secret, groups[group].size);
        if (status < 0) {
            ret = kx_error(context, KX_ERR_CRYPTO,
                           "no random numbers for a key: %s",
                           gnutls_strerror(status));
            break;
        }
        ret = kx_ephemeral_import(context, group, &private_key, out);
    }
    if (ret == KX_ERR_AGREEMENT)
        ret = kx_error(context, KX_ERR_CRYPTO,
                       "random numbers for a key of %s are out of range, %d "
                       "times in a row",
                       groups[group].name, MAX_TRIES);
    kx_zap(secret, sizeof(secret));
    return ret;
}

void
kx_ephemeral_free(struct kx_ephemeral *ephemeral)
{
    if (ephemeral == NULL)
        return;
    kx_zap(ephemeral->secret, sizeof(ephemeral->secret));
    kx_data_free(&ephemeral->spki);
    free(ephemeral);
}

enum kx_group
kx_ephemeral_group(const struct kx_ephemeral *ephemeral)
{
    return ephemeral->group;
}

const krb5_data *
kx_ephemeral_public(const struct kx_ephemeral *ephemeral)
{
    return &ephemeral->spki;
}

/*
 * Compute the secret of X25519 into z, CURVE25519_SIZE bytes.  False if the
 * peer's key has another length, or is of small order: then the result is all
 * zeros whatever our key is (RFC 7748 6.1).
 */
static krb5_boolean
agree_x25519(const unsigned char *secret, const krb5_data *peer,
             unsigned char *z)
{
    unsigned char any = 0;
    size_t i;

    if (peer->length != CURVE25519_SIZE)
        return FALSE;
    curve25519_mul(z, secret, (const unsigned char *)peer->data);
    for (i = 0; i < CURVE25519_SIZE; i++)
        any |= z[i];
    return any != 0;
}

/*
 * Compute the x coordinate of the secret point into z, group->size bytes.
 * False if the peer's key is not a point of the curve.  The curves have no
 * points of small order.
 */
static krb5_boolean
agree_curve(const struct group *group, const unsigned char *secret,
            const krb5_data *peer, unsigned char *z)
{
    struct ecc_scalar scalar;
    struct ecc_point point, product;
    krb5_boolean ok;

    ecc_scalar_init(&scalar, group->curve());
    ecc_point_init(&point, group->curve());
    ecc_point_init(&product, group->curve());
    ok = set_scalar(&scalar, secret, group->size) &&
         set_point(&point, (const unsigned char *)peer->data, peer->length,
                   group->size);
    if (ok) {
        ecc_point_mul(&product, &scalar, &point);
        get_point(&product, z, NULL, group->size);
    }
    zap_scalar(&scalar);
    zap_point(&product);
    ecc_point_clear(&point);
    return ok;
}

krb5_error_code
kx_agree(krb5_context context, const struct kx_ephemeral *ephemeral,
         const krb5_data *peer_spki, krb5_data *z)
{
    krb5_error_code ret;
    const struct group *ours = &groups[ephemeral->group];
    unsigned char secret[MAX_SIZE] = {0};
    enum kx_group group;
    krb5_data peer, shared = kx_data(secret, ours->size);
    krb5_boolean ok;

    *z = kx_data(NULL, 0);
    ret = read_public(context, peer_spki, &group, &peer);
    if (ret)
        return ret;
    if (group != ephemeral->group) {
        ret = kx_error(context, KX_ERR_POLICY_GROUP,
                       "peer's public key is of %s, ours of %s",
                       groups[group].name, ours->name);
        goto cleanup;
    }
    ok = ours->curve == NULL
             ? agree_x25519(ephemeral->secret, &peer, secret)
             : agree_curve(ours, ephemeral->secret, &peer, secret);
    if (!ok) {
        ret =
            kx_error(context, KX_ERR_AGREEMENT,
                     "peer's public key is not a valid one of %s", ours->name);
        goto cleanup;
    }
    ret = kx_data_copy(&shared, z);

cleanup:
    kx_zap(secret, sizeof(secret));
    kx_data_free(&peer);
    return ret;
}
