/*
 * chain.c: certificates read once, for all the checks that look at them.
 */
#include "config.h"
#include <errno.h>
#include "exchange/validate.h"

krb5_error_code
kx_chain_read(krb5_context context, const krb5_data *der, size_t n,
              struct kx_chain *chain)
{
    gnutls_x509_crt_t certificate;
    gnutls_datum_t datum;
    int status;

    chain->n = 0;
    chain->der = der;
    if (n == 0 || n > KX_MAX_CHAIN)
        return kx_error(context, KX_ERR_CHAIN,
                        "chain of %zu certificates; from 1 to %d are right", n,
                        KX_MAX_CHAIN);
    for (; chain->n < n; chain->n++) {
        datum.data = (unsigned char *)der[chain->n].data;
        datum.size = der[chain->n].length;
        if (gnutls_x509_crt_init(&certificate) < 0) {
            kx_chain_clear(chain);
            return ENOMEM;
        }
        status =
            gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_DER);
        if (status < 0) {
            gnutls_x509_crt_deinit(certificate);
            kx_error(context, KX_ERR_CHAIN,
                     "certificate %u cannot be read: %s", chain->n + 1,
                     gnutls_strerror(status));
            kx_chain_clear(chain);
            return KX_ERR_CHAIN;
        }
        chain->certificate[chain->n] = certificate;
    }
    return 0;
}

void
kx_chain_clear(struct kx_chain *chain)
{
    unsigned int i;

    for (i = 0; i < chain->n; i++)
        gnutls_x509_crt_deinit(chain->certificate[i]);
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
