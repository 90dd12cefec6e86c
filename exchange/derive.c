/*
 * derive.c: from the shared secret to keys and to the confirmation.
 *
 * Everything comes out of one stream for each encryption type: SHA-512 over
 * the DER of KXOVER-KEY-INFO, with its counter going from 1.  A key takes as
 * many bytes of it as the encryption type's random-to-key wants; the
 * confirmation takes the first of the stream for type 0, which no key has.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include "exchange/kx_agreement.h"

#define BLOCK_SIZE 64 /* SHA-512 */

/* Set the message for a failure of GnuTLS's. */
static krb5_error_code
hash_error(krb5_context context, int status)
{
    return kx_error(context, KX_ERR_CRYPTO, "SHA-512 cannot be computed: %s",
                    gnutls_strerror(status));
}

krb5_error_code
kx_transcript(krb5_context context, const krb5_data *request_tbs,
              const krb5_data *reply_tbs, unsigned char transcript[64])
{
    gnutls_hash_hd_t hash;
    int status;

    status = gnutls_hash_init(&hash, GNUTLS_DIG_SHA512);
    if (status < 0)
        return hash_error(context, status);
    status = gnutls_hash(hash, request_tbs->data, request_tbs->length);
    if (status == 0)
        status = gnutls_hash(hash, reply_tbs->data, reply_tbs->length);
    gnutls_hash_deinit(hash, transcript);
    return status < 0 ? hash_error(context, status) : 0;
}

/*
 * Write the first length bytes of the stream for etype to out, which the
 * caller wipes.  Errors: KX_ERR_ENCODE and KX_ERR_TOO_LONG (the codec does not
 * take what the derivation holds), KX_ERR_CRYPTO, ENOMEM.
 */
static krb5_error_code
stream(krb5_context context, struct kx_key_info_form *form, krb5_enctype etype,
       unsigned char *out, size_t length)
{
    krb5_error_code ret = 0;
    unsigned char block[BLOCK_SIZE];
    krb5_data der;
    uint32_t seq;
    size_t part;
    int status;

    for (seq = 1; length > 0; seq++) {
        ret = kx_key_info_encode(context, form, etype, seq, &der);
        if (ret)
            goto cleanup;
        status =
            gnutls_hash_fast(GNUTLS_DIG_SHA512, der.data, der.length, block);
        if (status < 0) {
            ret = hash_error(context, status);
            goto cleanup;
        }
        part = length < sizeof(block) ? length : sizeof(block);
        memcpy(out, block, part);
        out += part;
        length -= part;
    }

cleanup:
    kx_zap(block, sizeof(block));
    return ret;
}

/*
 * Derive the key of encryption type etype into *key (contents allocated, NULL
 * on failure).  Errors: those of kx_derive().
 */
static krb5_error_code
derive_key(krb5_context context, struct kx_key_info_form *form,
           krb5_enctype etype, krb5_keyblock *key)
{
    krb5_error_code ret;
    krb5_keyblock made = {.magic = KV5M_KEYBLOCK, .enctype = etype};
    krb5_data random = kx_data(NULL, 0);
    size_t random_length, key_length;
    unsigned char *bytes = NULL;

    if (!krb5_c_valid_enctype(etype) ||
        krb5_c_keylengths(context, etype, &random_length, &key_length) != 0)
        return kx_error(context, KX_ERR_POLICY_ETYPE,
                        "there is no encryption type %d", (int)etype);
    bytes = malloc(random_length);
    made.contents = malloc(key_length);
    if (bytes == NULL || made.contents == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    made.length = (unsigned int)key_length;
    ret = stream(context, form, etype, bytes, random_length);
    if (ret)
        goto cleanup;
    random = kx_data(bytes, random_length);
    ret = krb5_c_random_to_key(context, etype, &random, &made);
    if (ret) {
        ret = kx_error(context, KX_ERR_CRYPTO,
                       "no key of encryption type %d can be made", (int)etype);
        goto cleanup;
    }
    *key = made;
    made.contents = NULL;

cleanup:
    if (bytes != NULL)
        kx_zap(bytes, random_length);
    free(bytes);
    if (made.contents != NULL)
        kx_zap(made.contents, key_length);
    free(made.contents);
    return ret;
}

krb5_error_code
kx_derive(krb5_context context, const struct kx_derivation *derivation,
          const krb5_enctype *etypes, size_t n, krb5_keyblock *keys,
          unsigned char confirm[KX_CONFIRM_SIZE])
{
    krb5_error_code ret;
    struct kx_key_info_form *form;
    const struct kx_key_info info = {
        .kxname = derivation->kxname,
        .till = derivation->till,
        .kvno = derivation->kvno,
        .shared_key = derivation->z,
        .transcript =
            kx_data(derivation->transcript, sizeof(derivation->transcript)),
        .prior = derivation->prior,
        .n_prior = derivation->n_prior,
    };
    size_t i;

    /* Without keys it may be NULL, which memset() is never to get. */
    if (n > 0)
        memset(keys, 0, n * sizeof(*keys));
    ret = kx_key_info_begin(context, &info, &form);
    if (ret == 0)
        ret = stream(context, form, 0, confirm, KX_CONFIRM_SIZE);
    for (i = 0; i < n && ret == 0; i++)
        ret = derive_key(context, form, etypes[i], &keys[i]);
    kx_key_info_end(form);
    if (ret) {
        for (i = 0; i < n; i++)
            krb5_free_keyblock_contents(context, &keys[i]);
        kx_zap(confirm, KX_CONFIRM_SIZE);
    }
    return ret;
}
