/*
 * signature.c: what an offer, or a certificate, may be signed with.
 *
 * An algorithm is an exact encoding of its AlgorithmIdentifier, so finding it
 * is comparing bytes, and nothing in the parameters can ask for a weaker hash
 * or a shorter salt.  The key decides too: its kind must be the algorithm's,
 * and its size within bounds.  The upper bounds are there because a stranger's
 * key is used before we know who it is: a huge modulus, or a huge exponent,
 * would keep the KDC busy.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <gnutls/x509.h>
#include "exchange/kx_identity.h"

#define MIN_RSA_BITS 2048
#define MAX_RSA_BITS 8192
#define MAX_RSA_EXPONENT_BYTES 8

/* The parts of an AlgorithmIdentifier; kx_algorithm has no const. */
#define BYTES(text) ((char[]){text})
#define OID(text) BYTES(text)
#define DER(text)                                                             \
    {                                                                         \
        KV5M_DATA, sizeof(text) - 1, BYTES(text)                              \
    }
#define ABSENT                                                                \
    {                                                                         \
        KV5M_DATA, 0, NULL                                                    \
    }
#define DER_NULL DER("\x05\x00") /* RFC 8017 A.2.4 */

/*
 * RSASSA-PSS-params (RFC 4055 3.1) with each hash, MGF1 of the same hash and a
 * salt as long as the hash, the trailer left at its default.  A hash without
 * parameters may be written with NULL for them or with nothing (RFC 4055 2.1):
 * OpenSSL does the first (req -x509 -sigopt rsa_padding_mode:pss -sigopt
 * rsa_pss_saltlen:digest), GnuTLS the second (certtool --sign-params rsa-pss),
 * and these are the bytes that they write.  hash is the last byte of the
 * hash's OID, salt the salt's length.
 */
#define PSS_WITH_NULL(hash, salt)                                             \
    DER("\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"        \
        "\x02" hash                                                           \
        "\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"        \
        "\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash       \
        "\x05\x00\xa2\x03\x02\x01" salt)
#define PSS_WITHOUT(hash, salt)                                               \
    DER("\x30\x30\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04"        \
        "\x02" hash                                                           \
        "\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"        \
        "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" hash               \
        "\xa2\x03\x02\x01" salt)

/* The first N_OFFERED are what we offer, best first; the others are their
 * second spellings, which we take too. */
#define N_OFFERED 10
static const struct kx_algorithm algorithms[] = {
    {OID("1.3.101.112"), ABSENT},         /* id-Ed25519, RFC 8410 */
    {OID("1.2.840.10045.4.3.2"), ABSENT}, /* ecdsa-with-SHA256, RFC 5758 */
    {OID("1.2.840.10045.4.3.3"), ABSENT},
    {OID("1.2.840.10045.4.3.4"), ABSENT},
    {OID("1.2.840.113549.1.1.10"), PSS_WITH_NULL("\x01", "\x20")},
    {OID("1.2.840.113549.1.1.10"), PSS_WITH_NULL("\x02", "\x30")},
    {OID("1.2.840.113549.1.1.10"), PSS_WITH_NULL("\x03", "\x40")},
    {OID("1.2.840.113549.1.1.11"), DER_NULL}, /* sha256WithRSAEncryption */
    {OID("1.2.840.113549.1.1.12"), DER_NULL},
    {OID("1.2.840.113549.1.1.13"), DER_NULL},
    {OID("1.2.840.113549.1.1.10"), PSS_WITHOUT("\x01", "\x20")},
    {OID("1.2.840.113549.1.1.10"), PSS_WITHOUT("\x02", "\x30")},
    {OID("1.2.840.113549.1.1.10"), PSS_WITHOUT("\x03", "\x40")},
};
#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

/* What GnuTLS calls each of them. */
static const struct {
    gnutls_pk_algorithm_t key;
    gnutls_sign_algorithm_t sign;
    unsigned int hash_bits;
} uses[N_ALGORITHMS] = {
    {GNUTLS_PK_EDDSA_ED25519, GNUTLS_SIGN_EDDSA_ED25519, 512},
    {GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA256, 256},
    {GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA384, 384},
    {GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA512, 512},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 256},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 384},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 512},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, 256},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA384, 384},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA512, 512},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 256},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 384},
    {GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 512},
};

const struct kx_algorithm *
kx_signature_algorithms(size_t *n)
{
    *n = N_OFFERED;
    return algorithms;
}

/* Find algorithm among ours; its index, or N_ALGORITHMS if it is none. */
static size_t
find_algorithm(const struct kx_algorithm *algorithm)
{
    size_t i;

    for (i = 0; i < N_ALGORITHMS; i++) {
        if (strcmp(algorithm->oid, algorithms[i].oid) == 0 &&
            kx_data_equal(&algorithm->parameters, &algorithms[i].parameters))
            break;
    }
    return i;
}

/* True if the public exponent of an RSA key is small enough. */
static krb5_boolean
exponent_is_small(gnutls_pubkey_t key)
{
    gnutls_datum_t modulus = {NULL, 0}, exponent = {NULL, 0};
    krb5_boolean small = FALSE;
    unsigned int zeros = 0;

    if (gnutls_pubkey_export_rsa_raw(key, &modulus, &exponent) < 0)
        return FALSE;
    while (zeros < exponent.size && exponent.data[zeros] == 0)
        zeros++;
    small = exponent.size - zeros <= MAX_RSA_EXPONENT_BYTES;
    gnutls_free(modulus.data);
    gnutls_free(exponent.data);
    return small;
}

krb5_error_code
kx_check_public_key(krb5_context context, gnutls_pubkey_t key)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    unsigned int bits = 0;
    int kind;

    kind = gnutls_pubkey_get_pk_algorithm(key, &bits);
    switch (kind) {
    case GNUTLS_PK_EDDSA_ED25519:
        return 0;
    case GNUTLS_PK_ECDSA:
        if (gnutls_pubkey_export_ecc_raw(key, &curve, NULL, NULL) < 0 ||
            (curve != GNUTLS_ECC_CURVE_SECP256R1 &&
             curve != GNUTLS_ECC_CURVE_SECP384R1))
            return kx_error(context, KX_ERR_POLICY_SIGALG,
                            "signature key is on the curve %s; only P-256 "
                            "and P-384 are accepted",
                            gnutls_ecc_curve_get_name(curve) != NULL
                                ? gnutls_ecc_curve_get_name(curve)
                                : "(unknown)");
        return 0;
    case GNUTLS_PK_RSA:
        if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)
            return kx_error(context, KX_ERR_POLICY_KEY_SIZE,
                            "signature key is RSA of %u bits; %d to %d are "
                            "accepted",
                            bits, MIN_RSA_BITS, MAX_RSA_BITS);
        if (!exponent_is_small(key))
            return kx_error(context, KX_ERR_POLICY_KEY_SIZE,
                            "signature key is RSA with a public exponent of "
                            "over %d bytes",
                            MAX_RSA_EXPONENT_BYTES);
        return 0;
    default:
        return kx_error(context, KX_ERR_POLICY_SIGALG,
                        "signature key is of kind %s; Ed25519, ECDSA and RSA "
                        "are accepted",
                        gnutls_pk_get_name(kind) != NULL
                            ? gnutls_pk_get_name(kind)
                            : "(unknown)");
    }
}

/*
 * Sign data with key by our algorithm i into *signature (allocated).
 * Errors: KX_ERR_CRYPTO, ENOMEM.
 */
static krb5_error_code
sign_by(krb5_context context, gnutls_privkey_t key, size_t i,
        const krb5_data *data, krb5_data *signature)
{
    gnutls_datum_t in, out = {NULL, 0};
    krb5_error_code ret;
    krb5_data borrowed;
    int status;

    in.data = (unsigned char *)data->data;
    in.size = data->length;
    status = gnutls_privkey_sign_data2(key, uses[i].sign, 0, &in, &out);
    if (status < 0)
        return kx_error(context, KX_ERR_CRYPTO, "cannot sign with %s: %s",
                        gnutls_sign_get_name(uses[i].sign),
                        gnutls_strerror(status));
    borrowed = kx_data(out.data, out.size);
    ret = kx_data_copy(&borrowed, signature);
    gnutls_free(out.data);
    return ret;
}

/* True if a key of that kind and size signs by our algorithm i. */
static krb5_boolean
fits_key(size_t i, int kind, unsigned int bits)
{
    if (i == N_ALGORITHMS || (int)uses[i].key != kind)
        return FALSE;
    /* A hash shorter than the curve would be the weakest part. */
    return kind != GNUTLS_PK_ECDSA || uses[i].hash_bits >= bits;
}

krb5_boolean
kx_can_sign(const struct kx_identity *identity,
            const struct kx_algorithm *accepted, size_t n_accepted)
{
    unsigned int bits = 0;
    size_t i;
    int kind;

    if (n_accepted == 0)
        accepted = kx_signature_algorithms(&n_accepted);
    kind = gnutls_privkey_get_pk_algorithm(identity->key, &bits);
    for (i = 0; i < n_accepted; i++) {
        if (fits_key(find_algorithm(&accepted[i]), kind, bits))
            return TRUE;
    }
    return FALSE;
}

krb5_error_code
kx_sign(krb5_context context, const struct kx_identity *identity,
        const struct kx_algorithm *accepted, size_t n_accepted,
        const krb5_data *data, const struct kx_algorithm **algorithm,
        krb5_data *signature)
{
    krb5_error_code ret = KX_ERR_POLICY_SIGALG;
    unsigned int bits = 0;
    size_t i, found;
    int kind;

    *algorithm = NULL;
    *signature = kx_data(NULL, 0);
    if (n_accepted == 0)
        accepted = kx_signature_algorithms(&n_accepted);
    kind = gnutls_privkey_get_pk_algorithm(identity->key, &bits);
    for (i = 0; i < n_accepted; i++) {
        found = find_algorithm(&accepted[i]);
        if (!fits_key(found, kind, bits))
            continue;
        /* A token may know a kind of key, but not each way to sign with it. */
        ret = sign_by(context, identity->key, found, data, signature);
        if (ret == 0)
            *algorithm = &algorithms[found];
        if (ret != KX_ERR_CRYPTO)
            return ret;
    }
    if (ret == KX_ERR_POLICY_SIGALG)
        kx_error(context, ret,
                 "peer accepts no signature algorithm that our key, of kind "
                 "%s, can make",
                 gnutls_pk_get_name(kind) != NULL ? gnutls_pk_get_name(kind)
                                                  : "(unknown)");
    return ret;
}

krb5_error_code
kx_public_key(krb5_context context, gnutls_x509_crt_t certificate,
              gnutls_pubkey_t *key)
{
    gnutls_pubkey_t read;
    int status;

    *key = NULL;
    if (gnutls_pubkey_init(&read) < 0)
        return ENOMEM;
    status = gnutls_pubkey_import_x509(read, certificate, 0);
    if (status < 0) {
        gnutls_pubkey_deinit(read);
        return kx_error(context, KX_ERR_CHAIN,
                        "certificate's key cannot be read: %s",
                        gnutls_strerror(status));
    }
    *key = read;
    return 0;
}

/*
 * Find algorithm, by which key is to have signed: *found, its index among
 * ours.  Errors: those of kx_check_signer().
 */
static krb5_error_code
find_for_key(krb5_context context, gnutls_pubkey_t key,
             const struct kx_algorithm *algorithm, size_t *found)
{
    krb5_error_code ret;
    int kind;

    *found = find_algorithm(algorithm);
    if (*found == N_ALGORITHMS)
        return kx_error(context, KX_ERR_POLICY_SIGALG,
                        "signature algorithm %s, with the parameters that it "
                        "has, is not accepted",
                        algorithm->oid);
    ret = kx_check_public_key(context, key);
    if (ret)
        return ret;
    kind = gnutls_pubkey_get_pk_algorithm(key, NULL);
    if (kind != (int)uses[*found].key)
        return kx_error(
            context, KX_ERR_POLICY_SIGALG,
            "signature algorithm %s does not go with a key of kind %s",
            gnutls_sign_get_name(uses[*found].sign), gnutls_pk_get_name(kind));
    return 0;
}

krb5_error_code
kx_check_signer(krb5_context context, gnutls_pubkey_t key,
                const struct kx_algorithm *algorithm)
{
    size_t found;

    return find_for_key(context, key, algorithm, &found);
}

krb5_error_code
kx_verify_by(krb5_context context, gnutls_pubkey_t key,
             const struct kx_algorithm *algorithm, const krb5_data *data,
             const krb5_data *signature)
{
    gnutls_datum_t in, value;
    krb5_error_code ret;
    size_t found;
    int status;

    ret = find_for_key(context, key, algorithm, &found);
    if (ret)
        return ret;
    in.data = (unsigned char *)data->data;
    in.size = data->length;
    value.data = (unsigned char *)signature->data;
    value.size = signature->length;
    status = gnutls_pubkey_verify_data2(key, uses[found].sign, 0, &in, &value);
    if (status < 0)
        return kx_error(
            context, KX_ERR_SIGNATURE, "signature (%s) does not verify: %s",
            gnutls_sign_get_name(uses[found].sign), gnutls_strerror(status));
    return 0;
}

krb5_error_code
kx_verify(krb5_context context, const krb5_data *certificate,
          const struct kx_algorithm *algorithm, const krb5_data *data,
          const krb5_data *signature)
{
    const gnutls_datum_t der = {(unsigned char *)certificate->data,
                                certificate->length};
    gnutls_pubkey_t key = NULL;
    gnutls_x509_crt_t crt;
    krb5_error_code ret;
    int status;

    if (gnutls_x509_crt_init(&crt) < 0)
        return ENOMEM;
    status = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER);
    if (status < 0)
        ret = kx_error(context, KX_ERR_CHAIN, "cannot read certificate: %s",
                       gnutls_strerror(status));
    else
        ret = kx_public_key(context, crt, &key);
    if (ret == 0)
        ret = kx_verify_by(context, key, algorithm, data, signature);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crt_deinit(crt);
    return ret;
}
