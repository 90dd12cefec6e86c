/*
 * chain.c: certificates beside the realm's own.
 *
 * The TLSA record that a realm publishes is of its public key.  So a
 * certificate that another authority issued for that key still fits the
 * record, and only the chain is what a mode made of it.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>
#include "tests/hostile/hostile.h"
#include "tests/unit/chains.h"

/* A private extension, not critical, of no meaning. */
#define OID_PADDING "1.3.6.1.4.1.99999.1"

/* End the program unless GnuTLS did what it was asked. */
static void
did(int status)
{
    if (status < 0)
        must(NULL, KX_ERR_CRYPTO, gnutls_strerror(status));
}

struct kx_identity *
make_authority(void)
{
    const struct certificate_plan plan = {.name = "an authority",
                                          .is_ca = TRUE};

    return make_identity(&plan, 1);
}

/* The certificate in der, as GnuTLS has it. */
static gnutls_x509_crt_t
import(const krb5_data *der)
{
    gnutls_datum_t datum = {(unsigned char *)der->data, der->length};
    gnutls_x509_crt_t crt;

    did(gnutls_x509_crt_init(&crt));
    did(gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER));
    return crt;
}

krb5_data
issue(const struct draft *draft, const struct kx_identity *authority,
      size_t padding)
{
    static const char name[] = "a realm";
    gnutls_x509_crt_t crt, issuer = import(&authority->chain[0]);
    gnutls_pubkey_t key;
    gnutls_datum_t der;
    unsigned char serial = 7, *zeros;
    krb5_data out, borrowed;
    time_t now = time(NULL);

    did(gnutls_x509_crt_init(&crt));
    did(gnutls_pubkey_init(&key));
    did(gnutls_pubkey_import_privkey(key, draft->signer->key, 0, 0));
    did(gnutls_x509_crt_set_pubkey(crt, key));
    did(gnutls_x509_crt_set_version(crt, 3));
    did(gnutls_x509_crt_set_serial(crt, &serial, 1));
    did(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                      name, sizeof(name) - 1));
    did(gnutls_x509_crt_set_activation_time(crt, now - KX_DAY));
    did(gnutls_x509_crt_set_expiration_time(crt, now + KX_DAY));
    if (padding > 0) {
        zeros = calloc(1, padding);
        if (zeros == NULL)
            must(NULL, ENOMEM, "padding");
        did(gnutls_x509_crt_set_extension_by_oid(crt, OID_PADDING, zeros,
                                                 padding, 0));
        free(zeros);
    }
    did(gnutls_x509_crt_privkey_sign(crt, issuer, authority->key,
                                     GNUTLS_DIG_SHA512, 0));
    did(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der));
    borrowed = kx_data(der.data, der.size);
    must(NULL, kx_data_copy(&borrowed, &out), "a certificate");
    gnutls_free(der.data);
    gnutls_pubkey_deinit(key);
    gnutls_x509_crt_deinit(issuer);
    gnutls_x509_crt_deinit(crt);
    return out;
}

void
set_chain(struct draft *draft, const krb5_data *certificates, size_t n)
{
    struct kx_offer *offer = &draft->message->offer;
    size_t i;

    for (i = 0; i < offer->n_chain; i++)
        kx_data_free(&offer->chain[i]);
    free(offer->chain);
    offer->chain = calloc(n, sizeof(*offer->chain));
    if (offer->chain == NULL)
        must(NULL, ENOMEM, "a chain");
    for (i = 0; i < n; i++)
        must(NULL, kx_data_copy(&certificates[i], &offer->chain[i]),
             "a chain");
    offer->n_chain = n;
}
