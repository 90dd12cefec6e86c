/*
 * chain.c: certificates read once, for all the checks that look at them.
 */
#include "config.h"
#include <errno.h>
#include "exchange/kx_identity.h"
#include "exchange/validate.h"

/* Release certificate number i, as far as it was read. */
static void
release(struct kx_chain *chain, unsigned int i)
{
    gnutls_x509_crt_deinit(chain->certificate[i]);
    gnutls_pubkey_deinit(chain->key[i]);
    kx_certificate_clear(&chain->parts[i]);
}

/*
 * Read chain->der[i] as certificate number i.  On failure nothing is left of
 * it.  Errors: those of kx_chain_read().
 */
static krb5_error_code
read_certificate(krb5_context context, struct kx_chain *chain, unsigned int i)
{
    const gnutls_datum_t der = {(unsigned char *)chain->der[i].data,
                                chain->der[i].length};
    krb5_error_code ret = 0;
    int status;

    chain->certificate[i] = NULL;
    chain->key[i] = NULL;
    chain->parts[i] = (struct kx_certificate){.algorithm = {.oid = NULL}};
    if (gnutls_x509_crt_init(&chain->certificate[i]) < 0)
        return ENOMEM;
    status = gnutls_x509_crt_import(chain->certificate[i], &der,
                                    GNUTLS_X509_FMT_DER);
    if (status < 0)
        ret = kx_error(context, KX_ERR_CHAIN, "%s", gnutls_strerror(status));
    if (ret == 0)
        ret = kx_public_key(context, chain->certificate[i], &chain->key[i]);
    if (ret == 0)
        ret = kx_decode_certificate(context, &chain->der[i], &chain->parts[i]);
    if (ret == 0)
        return 0;
    release(chain, i);
    if (ret == ENOMEM)
        return ret;
    kx_error_prefix(context, ret, "certificate %u cannot be read", i + 1);
    return kx_error_as(context, KX_ERR_CHAIN, ret);
}

krb5_error_code
kx_chain_read(krb5_context context, const krb5_data *der, size_t n,
              struct kx_chain *chain)
{
    krb5_error_code ret;

    chain->n = 0;
    chain->der = der;
    if (n == 0 || n > KX_MAX_CHAIN)
        return kx_error(context, KX_ERR_CHAIN,
                        "chain of %zu certificates; from 1 to %d are right", n,
                        KX_MAX_CHAIN);
    for (; chain->n < n; chain->n++) {
        ret = read_certificate(context, chain, chain->n);
        if (ret) {
            kx_chain_clear(chain);
            return ret;
        }
    }
    return 0;
}

void
kx_chain_clear(struct kx_chain *chain)
{
    unsigned int i;

    for (i = 0; i < chain->n; i++)
        release(chain, i);
    chain->n = 0;
}

krb5_error_code
kx_certificates_load(krb5_context context, const char *path,
                     gnutls_x509_crt_t **list, unsigned int *n)
{
    gnutls_datum_t pem = {NULL, 0};
    int status;

    *list = NULL;
    *n = 0;
    status = gnutls_load_file(path, &pem);
    if (status == 0)
        status = gnutls_x509_crt_list_import2(list, n, &pem,
                                              GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(pem.data);
    if (status == GNUTLS_E_MEMORY_ERROR)
        return ENOMEM;
    if (status < 0)
        return kx_error(context, KX_ERR_ANCHOR,
                        "cannot read certificates from %s: %s", path,
                        gnutls_strerror(status));
    return 0;
}
