/*
 * roots.c: our own roots, and their names.
 *
 * A part of the roots is not what the administrator asked for: one file that
 * cannot be read is an error for all.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509-ext.h>
#include "exchange/roots.h"
#include "exchange/validate.h"

#define SHA1_SIZE 20

/* Copy what GnuTLS allocated, and release it. */
static krb5_error_code
take_datum(gnutls_datum_t *datum, krb5_data *out)
{
    const krb5_data borrowed = kx_data(datum->data, datum->size);
    krb5_error_code ret = kx_data_copy(&borrowed, out);

    gnutls_free(datum->data);
    return ret;
}

/* The SHA-1 of the bits of the certificate's key, in *out. */
static krb5_error_code
digest_key(krb5_context context, gnutls_x509_crt_t certificate, krb5_data *out)
{
    struct kx_algorithm algorithm = {.oid = NULL};
    unsigned char digest[SHA1_SIZE] = {0};
    const krb5_data whole = kx_data(digest, sizeof(digest));
    krb5_data bits = kx_data(NULL, 0), spki = kx_data(NULL, 0);
    gnutls_datum_t der = {NULL, 0};
    gnutls_pubkey_t key = NULL;
    krb5_error_code ret;

    if (gnutls_pubkey_init(&key) < 0)
        return ENOMEM;
    if (gnutls_pubkey_import_x509(key, certificate, 0) < 0 ||
        gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der) < 0)
        ret = kx_error(context, KX_ERR_CRYPTO,
                       "key of a certificate cannot be read");
    else
        ret = take_datum(&der, &spki);
    if (ret == 0)
        ret = kx_decode_spki(context, &spki, &algorithm, &bits);
    if (ret == 0 &&
        gnutls_hash_fast(GNUTLS_DIG_SHA1, bits.data, bits.length, digest) < 0)
        ret = kx_error(context, KX_ERR_CRYPTO, "SHA-1 cannot be computed");
    if (ret == 0)
        ret = kx_data_copy(&whole, out);
    kx_algorithm_clear(&algorithm);
    kx_data_free(&bits);
    kx_data_free(&spki);
    gnutls_pubkey_deinit(key);
    return ret;
}

krb5_error_code
kx_key_id(krb5_context context, gnutls_x509_crt_t certificate, krb5_data *out)
{
    unsigned char id[KX_MAX_KEY_ID];
    size_t length = sizeof(id);
    krb5_data borrowed;

    *out = kx_data(NULL, 0);
    if (gnutls_x509_crt_get_subject_key_id(certificate, id, &length, NULL) <
            0 ||
        length == 0)
        return digest_key(context, certificate, out);
    borrowed = kx_data(id, length);
    return kx_data_copy(&borrowed, out);
}

krb5_error_code
kx_ca_key_id(const krb5_data *ca, krb5_data *out)
{
    gnutls_datum_t der = {(unsigned char *)ca->data, ca->length}, id;
    gnutls_x509_aki_t aki = NULL;
    krb5_error_code ret = 0;
    krb5_data borrowed;

    *out = kx_data(NULL, 0);
    if (gnutls_x509_aki_init(&aki) < 0)
        return ENOMEM;
    if (gnutls_x509_ext_import_authority_key_id(&der, aki, 0) >= 0 &&
        gnutls_x509_aki_get_id(aki, &id) >= 0 && id.size > 0) {
        borrowed = kx_data(id.data, id.size);
        ret = kx_data_copy(&borrowed, out);
    }
    gnutls_x509_aki_deinit(aki);
    return ret;
}

/* The AuthorityKeyIdentifier with that key identifier, in *out. */
static krb5_error_code
make_ca(const krb5_data *id, krb5_data *out)
{
    const gnutls_datum_t bytes = {(unsigned char *)id->data, id->length};
    gnutls_datum_t der = {NULL, 0};
    gnutls_x509_aki_t aki = NULL;
    krb5_error_code ret = ENOMEM;

    if (gnutls_x509_aki_init(&aki) < 0)
        return ENOMEM;
    if (gnutls_x509_aki_set_id(aki, &bytes) >= 0 &&
        gnutls_x509_ext_export_authority_key_id(aki, &der) >= 0)
        ret = take_datum(&der, out);
    gnutls_x509_aki_deinit(aki);
    return ret;
}

/* Append the certificates of one file.  Errors: KX_ERR_ANCHOR, ENOMEM. */
static krb5_error_code
load_file(krb5_context context, const char *path, struct kx_roots *roots)
{
    krb5_error_code ret;
    gnutls_x509_crt_t *list = NULL;
    unsigned int n = 0, i;

    ret = kx_certificates_load(context, path, &list, &n);
    for (i = 0; i < n && ret == 0 && roots->n < KX_MAX_CAS; i++) {
        roots->certificate[roots->n] = list[i];
        ret = kx_key_id(context, list[i], &roots->id[roots->n]);
        if (ret == 0)
            ret = make_ca(&roots->id[roots->n], &roots->ca[roots->n]);
        if (ret && ret != ENOMEM)
            ret = kx_error_prefix(context,
                                  kx_error_as(context, KX_ERR_ANCHOR, ret),
                                  "certificate %u in %s", i + 1, path);
        roots->n++;
    }
    if (ret == 0 && i < n)
        ret = kx_error(context, KX_ERR_ANCHOR,
                       "more than %d certificates in %s", KX_MAX_CAS, path);
    for (; i < n; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return ret;
}

krb5_error_code
kx_roots_load(krb5_context context, char *const *specs, struct kx_roots **out)
{
    static const char prefix[] = "FILE:";
    struct kx_roots *roots;
    krb5_error_code ret = 0;
    const char *path;

    *out = NULL;
    roots = calloc(1, sizeof(*roots));
    if (roots == NULL)
        return ENOMEM;
    for (; specs != NULL && *specs != NULL && ret == 0; specs++) {
        path = *specs;
        if (strncmp(path, prefix, sizeof(prefix) - 1) == 0)
            path += sizeof(prefix) - 1;
        ret = load_file(context, path, roots);
    }
    if (ret) {
        kx_roots_free(roots);
        return ret;
    }
    *out = roots;
    return 0;
}

void
kx_roots_free(struct kx_roots *roots)
{
    unsigned int i;

    if (roots == NULL)
        return;
    for (i = 0; i < roots->n; i++) {
        gnutls_x509_crt_deinit(roots->certificate[i]);
        kx_data_free(&roots->id[i]);
        kx_data_free(&roots->ca[i]);
    }
    free(roots);
}
