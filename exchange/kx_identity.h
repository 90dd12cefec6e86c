/*
 * kx_identity.h: who we are to other realms: a private key and the complete
 * chain of certificates from the one with its public key to a self-signed one.
 */
#ifndef KX_IDENTITY_H
#define KX_IDENTITY_H

#include <time.h>
#include <gnutls/abstract.h>
#include "base/kx_base.h"
#include "asn1/kx_asn1.h"

struct kx_identity {
    gnutls_privkey_t key;
    krb5_data *chain; /* DER, the one with the key first */
    size_t n_chain;
    krb5_data root;    /* key identifier of the last one */
    time_t not_before; /* of the first certificate */
    time_t not_after;
};

enum kx_identity_kind { KX_IDENTITY_FILE, KX_IDENTITY_PKCS11 };

/*
 * Take spec (kxover_identity's value) apart without opening anything: two
 * paths or two URLs, *certificate and *key (both allocated, free()).
 * Errors: KX_ERR_IDENTITY (neither form; no message is set), ENOMEM.
 */
krb5_error_code kx_identity_split(const char *spec,
                                  enum kx_identity_kind *kind,
                                  char **certificate, char **key);

/*
 * Write spec, or one URL of it, into text as a message may have it: without
 * the PIN (pin-value=) that may be in it.  Returns text.
 */
#define KX_IDENTITY_TEXT_SIZE 256
const char *kx_identity_text(const char *spec, char *text);

/*
 * Load the identity that spec names (kxover_identity's value) into *out
 * (allocated, kx_identity_free()).  FILE:cert.pem,key.pem has the chain in
 * PEM, in any number of certificates, and the key in PEM, in a file that is
 * not open to all; PKCS11: takes two URLs of RFC 7512.  Verified here: the key
 * is the first certificate's, the chain is complete and in order, the key is
 * of a kind and size that peers accept, and the first certificate is within
 * its dates at time now.  Errors: KX_ERR_IDENTITY, with the file and the
 * remedy; ENOMEM.
 */
krb5_error_code kx_identity_load(krb5_context context, const char *spec,
                                 time_t now, struct kx_identity **out);

void kx_identity_free(struct kx_identity *identity);

/*
 * Make a key (Ed25519) and a self-signed certificate in the KXOVER profile:
 * subject CN=realm; subjectAltName dNSName of the realm and of each of hosts
 * (NULL-terminated, may be NULL) and PKINIT's krbtgt/REALM@REALM; extended key
 * usage id-pkinit-KPKdc (RFC 4556); valid for days days from now, and for an
 * hour before, as not all clocks are alike. *certificate and *key get PEM
 * (allocated; the key's to be released with kx_data_zap_free()).  Errors:
 * KX_ERR_REALM_NAME, KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_identity_generate(krb5_context context, const char *realm,
                                     const char *const *hosts, time_t now,
                                     unsigned int days, krb5_data *certificate,
                                     krb5_data *key);

/*
 * Signature algorithms (RFC 8410, RFC 5758, RFC 8017): Ed25519, ECDSA with
 * SHA-256, -384 or -512 by a key on P-256 or P-384, RSA of 2048 bits and more
 * with PKCS#1 1.5 or PSS and the same hashes (PSS: MGF1 with the same hash,
 * salt as long as the hash).  Those are AlgorithmIdentifiers of exactly one
 * encoding each; PSS has two, its hashes with NULL for their parameters or
 * with none (RFC 4055 2.1).
 */

/* All algorithms as we offer them; a static list that must not be released. */
const struct kx_algorithm *kx_signature_algorithms(size_t *n);

/*
 * Check that a stranger's key is of a kind and size that we compute with: the
 * kinds above, RSA up to 8192 bits with an exponent up to 64 bits. kx_verify()
 * does this itself.  Errors: KX_ERR_POLICY_SIGALG (another kind or curve),
 * KX_ERR_POLICY_KEY_SIZE.
 */
krb5_error_code kx_check_public_key(krb5_context context, gnutls_pubkey_t key);

/*
 * Sign data with the identity's key by the first algorithm of accepted
 * (n_accepted 0 means ours) that it can use; *algorithm, as accepted spells
 * it, is static and must not be released; *signature is allocated.  A key on
 * P-384 does not use SHA-256, which is weaker than it. Errors:
 * KX_ERR_POLICY_SIGALG (none fits), KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_sign(krb5_context context,
                        const struct kx_identity *identity,
                        const struct kx_algorithm *accepted, size_t n_accepted,
                        const krb5_data *data,
                        const struct kx_algorithm **algorithm,
                        krb5_data *signature);

/*
 * True if kx_sign() would find an algorithm of accepted for identity's key; a
 * token may still not be able to use it.
 */
krb5_boolean kx_can_sign(const struct kx_identity *identity,
                         const struct kx_algorithm *accepted,
                         size_t n_accepted);

/*
 * Verify that signature is that of data by the key in certificate (DER).
 * Errors: KX_ERR_POLICY_SIGALG (algorithm not accepted, or not the key's
 * kind), KX_ERR_POLICY_KEY_SIZE, KX_ERR_CHAIN (certificate cannot be read),
 * KX_ERR_SIGNATURE.
 */
krb5_error_code kx_verify(krb5_context context, const krb5_data *certificate,
                          const struct kx_algorithm *algorithm,
                          const krb5_data *data, const krb5_data *signature);

/*
 * Take the key out of certificate: *key (gnutls_pubkey_deinit()), NULL on
 * failure.  Errors: KX_ERR_CHAIN, ENOMEM.
 */
krb5_error_code kx_public_key(krb5_context context,
                              gnutls_x509_crt_t certificate,
                              gnutls_pubkey_t *key);

/* The same as kx_verify(), by the key that was taken out of a certificate. */
krb5_error_code kx_verify_by(krb5_context context, gnutls_pubkey_t key,
                             const struct kx_algorithm *algorithm,
                             const krb5_data *data,
                             const krb5_data *signature);

/*
 * Check all that kx_verify_by() does before it computes anything: that key can
 * have signed by algorithm.  Errors: as there, but for KX_ERR_SIGNATURE.
 */
krb5_error_code kx_check_signer(krb5_context context, gnutls_pubkey_t key,
                                const struct kx_algorithm *algorithm);

#endif /* KX_IDENTITY_H */
