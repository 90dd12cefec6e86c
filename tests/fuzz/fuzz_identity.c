/*
 * fuzz_identity.c: files of certificates and keys: kxover_identity and
 * kxover_anchors.
 *
 * An input is a byte of flags, a SEQUENCE OF Certificate and a PrivateKeyInfo,
 * which are put into files in PEM; or two bytes of length and the file of
 * certificates, as it stands, and the file of the key is what is left.  An
 * identity that is taken can do what it is for: it signs, and its first
 * certificate verifies that; its chain is one that passes the checks of
 * others.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <gnutls/gnutls.h>
#include "exchange/kx_identity.h"
#include "exchange/roots.h"
#include "exchange/validate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define IN_DER 0x01 /* the parts are DER */
#define ANCHORS                                                               \
    0x02           /* the certificates are roots, and the key is of no use    \
                    */
#define OPEN 0x04  /* the key's file is open to all */
#define YEARS 0xf0 /* times 16: that many years after NOW */

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */
#define YEAR (365L * 24 * 60 * 60)

static krb5_context context;

/* Write der into file as PEM. */
static void
write_pem(FILE *file, const char *kind, const krb5_data *der)
{
    const gnutls_datum_t in = {(unsigned char *)der->data, der->length};
    gnutls_datum_t out;

    FUZZ_MUST(gnutls_pem_base64_encode2(kind, &in, &out) == 0);
    FUZZ_MUST(fwrite(out.data, 1, out.size, file) == out.size);
    gnutls_free(out.data);
}

/* A new file of that mode; its path, in the process's own folder, in path. */
static FILE *
make_file(mode_t mode, char path[64])
{
    int fd = memfd_create("pem", 0);
    FILE *file = fdopen(fd, "w");

    FUZZ_MUST(file != NULL && fchmod(fd, mode) == 0);
    (void)snprintf(path, 64, "/proc/self/fd/%d", fd);
    return file;
}

/* Fill the files of certificates and the key. */
static void
fill(struct input *in, int flags, FILE *certificates, FILE *key)
{
    krb5_data list[KX_MAX_CHAIN + 1], whole;
    const uint8_t *length;
    struct input unused;
    size_t n, i;

    if ((flags & IN_DER) != 0) {
        n = input_take_list(in, list, KX_MAX_CHAIN + 1);
        for (i = 0; i < n; i++)
            write_pem(certificates, "CERTIFICATE", &list[i]);
        whole = input_take_element(in, &unused);
        if (whole.length > 0)
            write_pem(key, "PRIVATE KEY", &whole);
    } else if ((length = input_take(in, 2)) != NULL) {
        n = (size_t)length[0] << 8 | length[1];
        n = n < in->left ? n : in->left;
        FUZZ_MUST(fwrite(in->at, 1, n, certificates) == n);
        (void)input_take(in, n);
        FUZZ_MUST(fwrite(in->at, 1, in->left, key) == in->left);
    }
    FUZZ_MUST(fflush(certificates) == 0 && fflush(key) == 0);
}

/* What the chain of an identity is to others. */
static void
check_chain(const struct kx_identity *identity)
{
    struct kx_chain chain;

    FUZZ_MUST(identity->n_chain >= 1 && identity->n_chain <= KX_MAX_CHAIN);
    FUZZ_MUST(kx_chain_read(context, identity->chain, identity->n_chain,
                            &chain) == 0);
    FUZZ_MUST(kx_check_chain(context, &chain) == 0);
    kx_chain_clear(&chain);
    FUZZ_MUST(identity->root.length > 0);
}

/* It signs, and that verifies, but not of other bytes. */
static void
check_signs(const struct kx_identity *identity)
{
    const krb5_data said = kx_data("said", 4), other = kx_data("else", 4);
    const struct kx_algorithm *algorithm;
    krb5_data signature;

    FUZZ_MUST(kx_can_sign(identity, NULL, 0));
    FUZZ_MUST(kx_sign(context, identity, NULL, 0, &said, &algorithm,
                      &signature) == 0);
    FUZZ_MUST(kx_verify(context, &identity->chain[0], algorithm, &said,
                        &signature) == 0);
    FUZZ_MUST(kx_verify(context, &identity->chain[0], algorithm, &other,
                        &signature) == KX_ERR_SIGNATURE);
    kx_data_free(&signature);
}

/* Load the identity. */
static void
load_identity(int flags, const char *certificates, const char *key)
{
    const time_t now = NOW + (flags & YEARS) / 16 * YEAR;
    struct kx_identity *identity;
    krb5_error_code ret;
    char spec[160];

    (void)snprintf(spec, sizeof(spec), "FILE:%s,%s", certificates, key);
    ret = kx_identity_load(context, spec, now, &identity);
    FUZZ_MUST(ret == 0 || ret == KX_ERR_IDENTITY);
    FUZZ_MUST((ret == 0) == (identity != NULL));
    if (ret)
        return;
    FUZZ_MUST((flags & OPEN) == 0);
    FUZZ_MUST(identity->not_before <= now && now <= identity->not_after);
    check_chain(identity);
    check_signs(identity);
    kx_identity_free(identity);
}

/* Load the certificates as roots: each has a name that others can give it. */
static void
load_roots(char *certificates)
{
    char spec[80], *specs[] = {spec, NULL};
    struct kx_roots *roots;
    krb5_error_code ret;
    krb5_data id;
    unsigned int i;

    (void)snprintf(spec, sizeof(spec), "FILE:%s", certificates);
    ret = kx_roots_load(context, specs, &roots);
    FUZZ_MUST(ret == 0 || ret == KX_ERR_ANCHOR);
    if (ret)
        return;
    FUZZ_MUST(roots->n >= 1 && roots->n <= KX_MAX_CAS);
    for (i = 0; i < roots->n; i++) {
        FUZZ_MUST(kx_ca_key_id(&roots->ca[i], &id) == 0);
        FUZZ_MUST(kx_data_equal(&id, &roots->id[i]));
        kx_data_free(&id);
    }
    kx_roots_free(roots);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char certificates[64], key[64];
    struct input in;
    FILE *first, *second;

    if (context == NULL) {
        kx_init_errors();
        FUZZ_MUST(krb5_init_context(&context) == 0);
    }
    if (size < 1)
        return 0;
    in.at = data + 1;
    in.left = size - 1;
    first = make_file(0644, certificates);
    second = make_file((data[0] & OPEN) != 0 ? 0644 : 0600, key);
    fill(&in, data[0], first, second);
    if ((data[0] & ANCHORS) != 0)
        load_roots(certificates);
    else
        load_identity(data[0], certificates, key);
    (void)fclose(first);
    (void)fclose(second);
    return 0;
}
