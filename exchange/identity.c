/*
 * identity.c: our key and chain, loaded so that a peer would take them.
 *
 * Everything that a peer would refuse is looked for here, with the peer's own
 * checks, so that the administrator reads it in our log and not in a
 * stranger's.  That the key belongs to the certificate is found out by doing
 * what it is for: it signs, and the signature is verified.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gnutls/x509.h>
#include "exchange/kx_identity.h"
#include "exchange/roots.h"
#include "exchange/validate.h"

/* PEM is a third longer than DER, and may have words around it. */
#define MAX_CHAIN_FILE (KX_MAX_CHAIN * KX_MAX_CERTIFICATE * 2)
#define MAX_KEY_FILE 65536

/* True if text begins with prefix. */
static krb5_boolean
begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

krb5_error_code
kx_identity_split(const char *spec, enum kx_identity_kind *kind,
                  char **certificate, char **key)
{
    const char *first, *second, *separator;

    *certificate = *key = NULL;
    if (begins_with(spec, "FILE:")) {
        *kind = KX_IDENTITY_FILE;
        first = spec + strlen("FILE:");
        separator = strchr(first, ',');
        if (separator == NULL || strchr(separator + 1, ',') != NULL)
            return KX_ERR_IDENTITY;
        second = separator + 1;
    } else if (begins_with(spec, "PKCS11:pkcs11:")) {
        *kind = KX_IDENTITY_PKCS11;
        first = spec + strlen("PKCS11:");
        /* A URL may have commas of its own. */
        separator = strstr(first, ",pkcs11:");
        if (separator == NULL)
            return KX_ERR_IDENTITY;
        second = separator + 1;
    } else {
        return KX_ERR_IDENTITY;
    }
    if (separator == first || second[0] == '\0')
        return KX_ERR_IDENTITY;
    *certificate = strndup(first, (size_t)(separator - first));
    *key = strdup(second);
    if (*certificate == NULL || *key == NULL) {
        free(*certificate);
        free(*key);
        *certificate = *key = NULL;
        return ENOMEM;
    }
    return 0;
}

const char *
kx_identity_text(const char *spec, char *text)
{
    static const char pin[] = "pin-value=";
    const char *found = strstr(spec, pin);
    int length = (int)strnlen(spec, KX_IDENTITY_TEXT_SIZE);

    if (found != NULL && found - spec < KX_IDENTITY_TEXT_SIZE)
        length = (int)(found - spec + (ptrdiff_t)strlen(pin));
    (void)snprintf(text, KX_IDENTITY_TEXT_SIZE, "%.*s%s", length, spec,
                   found != NULL ? "..." : "");
    return text;
}

/*
 * Read what is left in fd, length bytes at most, into buffer; *got says how
 * much it was.  Errors: errno's.
 */
static krb5_error_code
read_all(int fd, char *buffer, size_t length, size_t *got)
{
    ssize_t n;

    *got = 0;
    while (*got < length) {
        n = read(fd, buffer + *got, length - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return 0;
}

/*
 * Read the file at path, of limit bytes at most, into *out (to be released
 * with kx_data_zap_free()).  A private one must not be open to all: reading by
 * a group is common for keys, by everybody is a mistake.
 * Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
read_file(krb5_context context, const char *path, size_t limit,
          krb5_boolean private, krb5_data *out)
{
    krb5_error_code ret = 0;
    char *buffer = NULL;
    struct stat status;
    size_t got = 0;
    int fd, cause = 0;

    *out = kx_data(NULL, 0);
    /* Without O_NONBLOCK, opening a named pipe would wait for a writer. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        ret = kx_error(context, KX_ERR_IDENTITY, "cannot read %s: %s", path,
                       error_message(errno));
        goto cleanup;
    }
    if (!S_ISREG(status.st_mode)) {
        ret =
            kx_error(context, KX_ERR_IDENTITY, "%s is not a plain file", path);
        goto cleanup;
    }
    if (private && (status.st_mode & S_IRWXO) != 0) {
        ret = kx_error(context, KX_ERR_IDENTITY,
                       "private key %s is open to everybody on this machine; "
                       "chmod o= %s, and consider a new key",
                       path, path);
        goto cleanup;
    }
    buffer = malloc(limit + 1);
    if (buffer == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    cause = (int)read_all(fd, buffer, limit + 1, &got);
    if (cause != 0)
        ret = kx_error(context, KX_ERR_IDENTITY, "cannot read %s: %s", path,
                       error_message(cause));
    else if (got == 0)
        ret = kx_error(context, KX_ERR_IDENTITY, "%s is empty", path);
    else if (got > limit)
        ret = kx_error(context, KX_ERR_IDENTITY,
                       "%s has over %zu bytes; that is no identity", path,
                       limit);
    if (ret)
        goto cleanup;
    *out = kx_data(buffer, got);
    buffer = NULL;

cleanup:
    if (buffer != NULL)
        kx_zap(buffer, got);
    free(buffer);
    if (fd >= 0)
        (void)close(fd);
    return ret;
}

/* Borrow data as GnuTLS has it. */
static gnutls_datum_t
datum(const krb5_data *data)
{
    gnutls_datum_t out;

    out.data = (unsigned char *)data->data;
    out.size = data->length;
    return out;
}

/*
 * Load the certificates at name into *list (allocated, gnutls_free(), each
 * gnutls_x509_crt_deinit()).  Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
load_certificates(krb5_context context, enum kx_identity_kind kind,
                  const char *name, gnutls_x509_crt_t **list, unsigned int *n)
{
    char text[KX_IDENTITY_TEXT_SIZE];
    krb5_error_code ret;
    krb5_data pem;
    gnutls_datum_t in;
    int status;

    *list = NULL;
    *n = 0;
    if (kind == KX_IDENTITY_PKCS11) {
        status = gnutls_x509_crt_list_import_url(list, n, name, NULL, NULL, 0);
    } else {
        ret = read_file(context, name, MAX_CHAIN_FILE, FALSE, &pem);
        if (ret)
            return ret;
        in = datum(&pem);
        status =
            gnutls_x509_crt_list_import2(list, n, &in, GNUTLS_X509_FMT_PEM, 0);
        kx_data_zap_free(&pem);
    }
    if (status < 0)
        return kx_error(context, KX_ERR_IDENTITY,
                        "cannot read certificates from %s: %s",
                        kx_identity_text(name, text), gnutls_strerror(status));
    return 0;
}

/*
 * Fill in the identity's chain and dates from the certificates at name.
 * Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
load_chain(krb5_context context, enum kx_identity_kind kind, const char *name,
           struct kx_identity *identity)
{
    krb5_error_code ret;
    gnutls_x509_crt_t *list = NULL;
    gnutls_datum_t der;
    krb5_data borrowed;
    unsigned int n = 0, i;

    ret = load_certificates(context, kind, name, &list, &n);
    if (ret)
        goto cleanup;
    if (n > KX_MAX_CHAIN) {
        ret = kx_error(context, KX_ERR_IDENTITY,
                       "%s has %u certificates; a chain has %d at most", name,
                       n, KX_MAX_CHAIN);
        goto cleanup;
    }
    identity->chain = calloc(n, sizeof(*identity->chain));
    if (identity->chain == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    for (i = 0; i < n; i++) {
        if (gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der) < 0) {
            ret = ENOMEM;
            goto cleanup;
        }
        borrowed = kx_data(der.data, der.size);
        ret = kx_data_copy(&borrowed, &identity->chain[i]);
        gnutls_free(der.data);
        if (ret)
            goto cleanup;
        identity->n_chain++;
        if (identity->chain[i].length > KX_MAX_CERTIFICATE) {
            ret = kx_error(context, KX_ERR_IDENTITY,
                           "certificate %u in %s has over %d bytes", i + 1,
                           name, KX_MAX_CERTIFICATE);
            goto cleanup;
        }
    }
    ret = kx_key_id(context, list[n - 1], &identity->root);
    if (ret && ret != ENOMEM)
        ret = kx_error_as(context, KX_ERR_IDENTITY, ret);
    identity->not_before = gnutls_x509_crt_get_activation_time(list[0]);
    identity->not_after = gnutls_x509_crt_get_expiration_time(list[0]);

cleanup:
    for (i = 0; i < n; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    return ret;
}

/*
 * Load the identity's key from name.  Nobody is there to type a password or a
 * PIN: an encrypted file is refused, a token's PIN stands in its URL.
 * Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
load_key(krb5_context context, enum kx_identity_kind kind, const char *name,
         struct kx_identity *identity)
{
    krb5_error_code ret;
    krb5_data pem;
    gnutls_datum_t in;
    int status;

    if (gnutls_privkey_init(&identity->key) < 0)
        return ENOMEM;
    if (kind == KX_IDENTITY_PKCS11) {
        status = gnutls_privkey_import_url(identity->key, name, 0);
        /* The URL is not repeated: it may have the PIN in it. */
        return status >= 0 ? 0
                           : kx_error(context, KX_ERR_IDENTITY,
                                      "cannot use the token's private key: "
                                      "%s; the URL names the key, and its "
                                      "PIN by pin-source=PATH",
                                      gnutls_strerror(status));
    }
    ret = read_file(context, name, MAX_KEY_FILE, TRUE, &pem);
    if (ret)
        return ret;
    in = datum(&pem);
    status = gnutls_privkey_import_x509_raw(identity->key, &in,
                                            GNUTLS_X509_FMT_PEM, NULL, 0);
    kx_data_zap_free(&pem);
    if (status == GNUTLS_E_DECRYPTION_FAILED)
        return kx_error(context, KX_ERR_IDENTITY,
                        "private key %s is encrypted; it must not be, nobody "
                        "is there to type the password",
                        name);
    if (status < 0)
        return kx_error(context, KX_ERR_IDENTITY,
                        "cannot read a private key from %s: %s", name,
                        gnutls_strerror(status));
    return 0;
}

/* Check the dates of the first certificate.  Errors: KX_ERR_IDENTITY. */
static krb5_error_code
check_dates(krb5_context context, const struct kx_identity *identity,
            time_t now)
{
    char text[KX_TIME_TEXT_SIZE];

    if (now < identity->not_before)
        return kx_error(context, KX_ERR_IDENTITY,
                        "certificate is not valid before %s; look at the "
                        "clock",
                        kx_time_text(identity->not_before, text));
    if (now > identity->not_after)
        return kx_error(context, KX_ERR_IDENTITY,
                        "certificate expired at %s; make a new one with "
                        "`kxover keygen` and publish it as `kxover dns` says",
                        kx_time_text(identity->not_after, text));
    return 0;
}

/*
 * Check that peers would take the chain.  Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
check_chain(krb5_context context, const struct kx_identity *identity)
{
    struct kx_chain chain;
    krb5_error_code ret;

    ret = kx_chain_read(context, identity->chain, identity->n_chain, &chain);
    if (ret == 0)
        ret = kx_check_chain(context, &chain);
    kx_chain_clear(&chain);
    if (ret == 0 || ret == ENOMEM)
        return ret;
    kx_error_prefix(context, ret,
                    "the certificates must be in order, from the one with "
                    "our key to a self-signed one");
    return kx_error_as(context, KX_ERR_IDENTITY, ret);
}

/*
 * Check that the key signs what the first certificate verifies.
 * Errors: KX_ERR_IDENTITY, ENOMEM.
 */
static krb5_error_code
check_key(krb5_context context, const struct kx_identity *identity)
{
    static const char sample[] = "kxover tries its key";
    const krb5_data data = kx_data(sample, sizeof(sample) - 1);
    const struct kx_algorithm *algorithm;
    krb5_data signature = kx_data(NULL, 0);
    krb5_error_code ret;

    ret = kx_sign(context, identity, NULL, 0, &data, &algorithm, &signature);
    if (ret == KX_ERR_POLICY_SIGALG)
        ret = kx_error(context, KX_ERR_IDENTITY,
                       "private key is of a kind that peers do not accept; "
                       "Ed25519, ECDSA (P-256, P-384) and RSA are");
    if (ret == 0)
        ret = kx_verify(context, &identity->chain[0], algorithm, &data,
                        &signature);
    kx_data_free(&signature);
    if (ret == KX_ERR_SIGNATURE || ret == KX_ERR_POLICY_SIGALG)
        return kx_error(context, KX_ERR_IDENTITY,
                        "private key is not that of the first certificate");
    return ret == 0 || ret == ENOMEM
               ? ret
               : kx_error_as(context, KX_ERR_IDENTITY, ret);
}

krb5_error_code
kx_identity_load(krb5_context context, const char *spec, time_t now,
                 struct kx_identity **out)
{
    krb5_error_code ret;
    enum kx_identity_kind kind;
    struct kx_identity *identity = NULL;
    char *certificate = NULL, *key = NULL, text[KX_IDENTITY_TEXT_SIZE];

    *out = NULL;
    ret = kx_identity_split(spec, &kind, &certificate, &key);
    if (ret == KX_ERR_IDENTITY)
        kx_error(context, ret,
                 "%s is neither FILE:cert.pem,key.pem nor "
                 "PKCS11:pkcs11:certificate,pkcs11:key",
                 kx_identity_text(spec, text));
    if (ret)
        goto cleanup;
    identity = calloc(1, sizeof(*identity));
    if (identity == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    ret = load_chain(context, kind, certificate, identity);
    if (ret == 0)
        ret = load_key(context, kind, key, identity);
    if (ret == 0)
        ret = check_dates(context, identity, now);
    if (ret == 0)
        ret = check_chain(context, identity);
    if (ret == 0)
        ret = check_key(context, identity);
    if (ret)
        goto cleanup;
    *out = identity;
    identity = NULL;

cleanup:
    free(certificate);
    free(key);
    kx_identity_free(identity);
    return ret == 0 ? 0 : kx_error_prefix(context, ret, "kxover_identity");
}

void
kx_identity_free(struct kx_identity *identity)
{
    size_t i;

    if (identity == NULL)
        return;
    for (i = 0; i < identity->n_chain; i++)
        kx_data_free(&identity->chain[i]);
    free(identity->chain);
    kx_data_free(&identity->root);
    if (identity->key != NULL)
        gnutls_privkey_deinit(identity->key);
    free(identity);
}
