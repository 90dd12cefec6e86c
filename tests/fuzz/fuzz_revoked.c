/*
 * fuzz_revoked.c: lists of revoked certificates (kxover_revoke), and chains of
 * certificates that are looked up in them.
 *
 * An input is a byte of flags, a SEQUENCE OF Certificate, and lists in DER; or
 * all of it after the byte is a file of lists, as it stands.  A second reader,
 * GnuTLS list by list and entry by entry, tells what is in them: no chain
 * passes with a certificate that a list of its issuer's name has.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <gnutls/gnutls.h>
#include "exchange/kx_identity.h"
#include "exchange/revocation.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define SIGNED 0x01 /* every signature verifies */
#define ROOTED 0x02 /* the chain's last certificate is a configured root */
#define AS_IT_IS 0x04

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */
#define MAX_LISTS 64

static krb5_context context;
static int flags;

__typeof__(kx_verify_by) __real_kx_verify_by, __wrap_kx_verify_by;

krb5_error_code
__wrap_kx_verify_by(krb5_context kcontext, gnutls_pubkey_t key,
                    const struct kx_algorithm *algorithm,
                    const krb5_data *data, const krb5_data *signature)
{
    if ((flags & SIGNED) != 0)
        return 0;
    return __real_kx_verify_by(kcontext, key, algorithm, data, signature);
}

/* Write one list into file, in PEM. */
static void
write_list(FILE *file, const krb5_data *der)
{
    const gnutls_datum_t in = {(unsigned char *)der->data, der->length};
    gnutls_datum_t out;

    FUZZ_MUST(gnutls_pem_base64_encode2("X509 CRL", &in, &out) == 0);
    FUZZ_MUST(fwrite(out.data, 1, out.size, file) == out.size);
    gnutls_free(out.data);
}

/* ---- the second reader ---- */

struct second {
    gnutls_x509_crl_t *lists;
    unsigned int n;
};

/* Read the file's bytes; false if they are no lists. */
static krb5_boolean
read_second(const krb5_data *file, struct second *second)
{
    const gnutls_datum_t in = {(unsigned char *)file->data, file->length};

    second->lists = NULL;
    second->n = 0;
    return gnutls_x509_crl_list_import2(&second->lists, &second->n, &in,
                                        GNUTLS_X509_FMT_PEM, 0) >= 0;
}

static void
clear_second(struct second *second)
{
    while (second->n > 0)
        gnutls_x509_crl_deinit(second->lists[--second->n]);
    gnutls_free(second->lists);
}

/* True if both bytes are one number. */
static krb5_boolean
same_number(const unsigned char *a, size_t n, const unsigned char *b, size_t m)
{
    for (; n > 0 && *a == 0; n--)
        a++;
    for (; m > 0 && *b == 0; m--)
        b++;
    return n == m && memcmp(a, b, n) == 0;
}

/* True if the list has the certificate's serial number. */
static krb5_boolean
has(gnutls_x509_crl_t list, gnutls_x509_crt_t certificate)
{
    unsigned char wanted[256], serial[256];
    size_t wanted_length = sizeof(wanted), length;
    int n = gnutls_x509_crl_get_crt_count(list), i;
    time_t since;

    if (gnutls_x509_crt_get_serial(certificate, wanted, &wanted_length) < 0)
        return FALSE;
    for (i = 0; i < n; i++) {
        length = sizeof(serial);
        if (gnutls_x509_crl_get_crt_serial(list, (unsigned int)i, serial,
                                           &length, &since) >= 0 &&
            same_number(wanted, wanted_length, serial, length))
            return TRUE;
    }
    return FALSE;
}

/* True if the list's name is that of the certificate's issuer. */
static krb5_boolean
is_of_issuer(gnutls_x509_crl_t list, gnutls_x509_crt_t certificate)
{
    gnutls_datum_t a = {NULL, 0}, b = {NULL, 0};
    krb5_boolean is =
        gnutls_x509_crl_get_raw_issuer_dn(list, &a) >= 0 &&
        gnutls_x509_crt_get_raw_issuer_dn(certificate, &b) >= 0 &&
        a.size == b.size && memcmp(a.data, b.data, a.size) == 0;

    gnutls_free(a.data);
    gnutls_free(b.data);
    return is;
}

/* No list that was taken has a critical extension: it would not be complete.
 */
static void
check_complete(gnutls_x509_crl_t list)
{
    unsigned int i, critical = 0;
    char oid[128];
    size_t size = sizeof(oid);

    for (i = 0; gnutls_x509_crl_get_extension_info(list, i, oid, &size,
                                                   &critical) >= 0;
         i++) {
        FUZZ_MUST(critical == 0);
        size = sizeof(oid);
    }
}

/* ---- the judgement ---- */

/* Who is in a list of his issuer's name does not pass, and who is revoked is
 * in a list. */
static void
check_verdict(const struct kx_chain *chain, const struct second *second,
              krb5_error_code verdict)
{
    krb5_boolean listed = FALSE;
    unsigned int i, l;

    for (i = 0; i < chain->n; i++) {
        for (l = 0; l < second->n; l++) {
            if (!has(second->lists[l], chain->certificate[i]))
                continue;
            listed = TRUE;
            FUZZ_MUST(verdict != 0 ||
                      !is_of_issuer(second->lists[l], chain->certificate[i]));
        }
    }
    FUZZ_MUST(verdict == 0 || verdict == KX_ERR_REVOKED ||
              verdict == KX_ERR_CRL);
    FUZZ_MUST(verdict != KX_ERR_REVOKED || listed);
}

/* Judge the chain, if there is one, by the lists that were read. */
static void
judge(const struct kx_chain *chain, const struct kx_crls *crls,
      const struct second *second)
{
    struct kx_claim claim = {.now = NOW, .crls = crls};
    const char *late;
    unsigned int l;
    time_t due;

    FUZZ_MUST(second->n <= MAX_LISTS);
    for (l = 0; l < second->n; l++)
        check_complete(second->lists[l]);
    late = kx_crls_overdue(crls, NOW, &due);
    FUZZ_MUST(late == NULL || due < NOW);
    FUZZ_MUST(!kx_crls_changed(crls));
    if (chain == NULL)
        return;
    if ((flags & ROOTED) != 0) {
        claim.anchors = &chain->certificate[chain->n - 1];
        claim.n_anchors = 1;
    }
    check_verdict(chain, second, kx_check_revoked(context, chain, &claim));
}

/* Make the file of what is left in in. */
static FILE *
write_file(struct input *in, krb5_boolean as_it_is)
{
    FILE *file = fdopen(memfd_create("crl", 0), "w+");
    struct input unused;
    krb5_data list;

    FUZZ_MUST(file != NULL);
    if (as_it_is)
        FUZZ_MUST(fwrite(in->at, 1, in->left, file) == in->left);
    while (!as_it_is && (list = input_take_element(in, &unused)).length > 0)
        write_list(file, &list);
    FUZZ_MUST(fflush(file) == 0);
    return file;
}

/* Read the file both ways, and judge the chain. */
static void
read_and_judge(FILE *file, const struct kx_chain *chain)
{
    char path[64], *specs[] = {path, NULL};
    long size = ftell(file);
    krb5_data bytes;
    struct second second;
    struct kx_crls *crls;

    FUZZ_MUST(size >= 0);
    bytes = kx_data(malloc((size_t)size + 1), (size_t)size);
    FUZZ_MUST(bytes.data != NULL && fseek(file, 0, SEEK_SET) == 0);
    FUZZ_MUST(fread(bytes.data, 1, bytes.length, file) == bytes.length);
    bytes.data[bytes.length] = '\0';
    (void)snprintf(path, sizeof(path), "FILE:/proc/self/fd/%d", fileno(file));
    if (kx_crls_load(context, specs, &crls) == 0) {
        FUZZ_MUST(read_second(&bytes, &second));
        judge(chain, crls, &second);
        clear_second(&second);
        kx_crls_free(crls);
    }
    kx_data_free(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krb5_boolean has_chain = FALSE;
    krb5_data der[KX_MAX_CHAIN];
    struct kx_chain chain;
    struct input in;
    FILE *file;
    size_t n;

    if (context == NULL) {
        kx_init_errors();
        FUZZ_MUST(krb5_init_context(&context) == 0);
    }
    if (size < 1)
        return 0;
    flags = data[0];
    in.at = data + 1;
    in.left = size - 1;
    if ((flags & AS_IT_IS) == 0) {
        n = input_take_list(&in, der, KX_MAX_CHAIN);
        has_chain = kx_chain_read(context, der, n, &chain) == 0;
    }
    file = write_file(&in, (flags & AS_IT_IS) != 0);
    read_and_judge(file, has_chain ? &chain : NULL);
    (void)fclose(file);
    if (has_chain)
        kx_chain_clear(&chain);
    return 0;
}
