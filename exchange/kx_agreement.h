/*
 * kx_agreement.h: from two ephemeral keys to the crossover's keys.
 *
 * Groups: X25519 (RFC 7748, RFC 8410), P-256 and P-384 (RFC 5480, uncompressed
 * points, the secret is the x coordinate as RFC 5903 has it).
 */
#ifndef KX_AGREEMENT_H
#define KX_AGREEMENT_H

#include "base/kx_base.h"
#include "asn1/kx_asn1.h"

enum kx_group { KX_GROUP_X25519, KX_GROUP_P256, KX_GROUP_P384 };
#define KX_N_GROUPS 3

/* "X25519", "P-256", "P-384". */
const char *kx_group_name(enum kx_group group);

/* All groups as AlgorithmIdentifiers, best first; static. */
const struct kx_algorithm *kx_group_algorithms(size_t *n);

/* The group that algorithm names.  Errors: KX_ERR_POLICY_GROUP. */
krb5_error_code kx_group_find(krb5_context context,
                              const struct kx_algorithm *algorithm,
                              enum kx_group *group);

/* The group of a SubjectPublicKeyInfo.  Errors: KX_ERR_POLICY_GROUP,
 * KX_ERR_AGREEMENT (it cannot be read). */
krb5_error_code kx_group_of_public(krb5_context context, const krb5_data *spki,
                                   enum kx_group *group);

/* An ephemeral key pair; the private half is wiped at release. */
struct kx_ephemeral;

/* Errors: KX_ERR_CRYPTO, ENOMEM. */
krb5_error_code kx_ephemeral_generate(krb5_context context,
                                      enum kx_group group,
                                      struct kx_ephemeral **out);

/*
 * Make a pair of a known private key: 32 bytes for X25519, a big-endian scalar
 * of the field's size otherwise.  Errors: KX_ERR_AGREEMENT (not a scalar of
 * the group), ENOMEM.
 */
krb5_error_code kx_ephemeral_import(krb5_context context, enum kx_group group,
                                    const krb5_data *private_key,
                                    struct kx_ephemeral **out);

void kx_ephemeral_free(struct kx_ephemeral *ephemeral);

enum kx_group kx_ephemeral_group(const struct kx_ephemeral *ephemeral);

/* The public half as SubjectPublicKeyInfo; borrowed. */
const krb5_data *kx_ephemeral_public(const struct kx_ephemeral *ephemeral);

/*
 * The shared secret Z of our pair and the peer's SubjectPublicKeyInfo into *z
 * (kx_data_zap_free()).  Refused are a key of another group, a point not on
 * the curve and a result of all zeros (RFC 7748 6.1). Errors:
 * KX_ERR_POLICY_GROUP, KX_ERR_AGREEMENT, ENOMEM.
 */
krb5_error_code kx_agree(krb5_context context,
                         const struct kx_ephemeral *ephemeral,
                         const krb5_data *peer_spki, krb5_data *z);

/* What all keys of one exchange are derived from (docs/protocol.md). */
struct kx_derivation {
    krb5_const_principal kxname;
    time_t till;
    uint32_t kvno;
    krb5_data z;                  /* secret, borrowed */
    unsigned char transcript[64]; /* kx_transcript() */
    const struct kx_prior_key *prior;
    size_t n_prior;
};

/* SHA-512 over the request's KX-TBSDATA and then the reply's.
 * Errors: KX_ERR_CRYPTO. */
krb5_error_code kx_transcript(krb5_context context,
                              const krb5_data *request_tbs,
                              const krb5_data *reply_tbs,
                              unsigned char transcript[64]);

/*
 * Derive the keys of the n encryption types into keys, which has room for them
 * (contents allocated, krb5_free_keyblock_contents()), and the confirmation:
 * the first bytes of the stream for etype 0.  On failure there is neither.
 * Errors: KX_ERR_POLICY_ETYPE (no such type), those of encoding,
 * KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_derive(krb5_context context,
                          const struct kx_derivation *derivation,
                          const krb5_enctype *etypes, size_t n,
                          krb5_keyblock *keys,
                          unsigned char confirm[KX_CONFIRM_SIZE]);

#endif /* KX_AGREEMENT_H */
