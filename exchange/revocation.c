/*
 * revocation.c: lists of revoked certificates (RFC 5280 5), and whether a
 * certificate of a peer's chain is in one.
 *
 * Who sets kxover_revoke means it: a certificate that is listed is refused by
 * whatever TLSA record it came, and nothing makes a list not count silently.
 *
 *   - A list is known to be an issuer's by its name, and is verified by the
 *     key that the chain has for that name, whatever else the issuer's
 *     certificate says of that key: the one who was revoked sends it.  Names
 *     are the same when their bytes are.  They are also compared as RFC 4514
 *     writes them, as another kind of string may hold the same letters; that
 *     alone would not do, as GnuTLS writes a name in another way when it lacks
 *     memory.
 *   - Where the key does not verify the list, the chain is refused, unless the
 *     list itself says that it is another key's: an authority that has changed
 *     its key keeps its name.
 *   - A list that is overdue counts on: nobody is revoked for a time only.
 *   - Lists that do not stand for themselves (of changes, or of certificates
 *     of other issuers, RFC 5280 5.2.4 and 5.2.5) are refused when read.
 *
 * Serial numbers are sorted once, so that a long list costs a stranger's chain
 * no more than a short one.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <gnutls/x509.h>
#include "exchange/kx_identity.h"
#include "exchange/revocation.h"

#define MAX_FILES 32
#define MAX_LISTS 64
/* RFC 5280 4.1.2.2 allows for 20. */
#define MAX_SERIAL 64
#define MAX_KEY_ID 128
#define SERIAL_TEXT_SIZE (2 * MAX_SERIAL + 1)

/* A serial number, without zeros at its front. */
struct serial {
    unsigned char length;
    unsigned char bytes[MAX_SERIAL];
};

struct entry {
    struct serial serial;
    time_t since;
};

/* A list. */
struct list {
    const char *path; /* borrowed from its file */
    gnutls_x509_crl_t crl;
    gnutls_datum_t issuer_der;   /* whose it is: the name as it stands, */
    char *issuer;                /* and as RFC 4514 has it */
    krb5_data der;               /* what parts borrows from */
    struct kx_certificate parts; /* what is signed, and how */
    unsigned char key_id[MAX_KEY_ID];
    size_t key_id_length;  /* 0: it does not say which key it is of */
    struct entry *entries; /* sorted */
    size_t n_entries;
};

/* A file, and how to see that it is another one by now. */
struct file {
    char *path;
    struct stat status;
};

struct kx_crls {
    struct file files[MAX_FILES];
    size_t n_files;
    struct list lists[MAX_LISTS];
    size_t n_lists;
};

/* Release what list holds. */
static void
clear_list(struct list *list)
{
    if (list->crl != NULL)
        gnutls_x509_crl_deinit(list->crl);
    gnutls_free(list->issuer_der.data);
    gnutls_free(list->issuer);
    kx_certificate_clear(&list->parts);
    kx_data_free(&list->der);
    free(list->entries);
}

void
kx_crls_free(struct kx_crls *crls)
{
    size_t i;

    if (crls == NULL)
        return;
    for (i = 0; i < crls->n_lists; i++)
        clear_list(&crls->lists[i]);
    for (i = 0; i < crls->n_files; i++)
        free(crls->files[i].path);
    free(crls);
}

/* Fill *out with the serial number in bytes, which are as DER has them. */
static krb5_boolean
set_serial(struct serial *out, const unsigned char *bytes, size_t length)
{
    while (length > 1 && bytes[0] == 0) {
        bytes++;
        length--;
    }
    if (length > MAX_SERIAL)
        return FALSE;
    memset(out, 0, sizeof(*out));
    out->length = (unsigned char)length;
    memcpy(out->bytes, bytes, length);
    return TRUE;
}

/* Order two struct entry, or a struct serial and a struct entry, which begins
 * with one. */
static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct serial));
}

/* The serial number in hexadecimal digits. */
static const char *
serial_text(const struct serial *serial, char text[SERIAL_TEXT_SIZE])
{
    size_t i;

    for (i = 0; i < serial->length; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", serial->bytes[i]);
    text[2 * serial->length] = '\0';
    return text;
}

/* Read the list's entries, and sort them.  Errors: KX_ERR_CRL, ENOMEM. */
static krb5_error_code
read_entries(krb5_context context, struct list *list)
{
    gnutls_x509_crl_iter_t iterator = NULL;
    unsigned char bytes[2 * MAX_SERIAL];
    struct entry *entry;
    krb5_error_code ret = 0;
    int n = gnutls_x509_crl_get_crt_count(list->crl), status = 0;
    size_t length;

    list->entries = calloc(n > 0 ? (size_t)n : 1, sizeof(*list->entries));
    if (list->entries == NULL)
        return ENOMEM;
    while (list->n_entries < (size_t)(n > 0 ? n : 0)) {
        entry = &list->entries[list->n_entries];
        length = sizeof(bytes);
        status = gnutls_x509_crl_iter_crt_serial(list->crl, &iterator, bytes,
                                                 &length, &entry->since);
        if (status < 0 || !set_serial(&entry->serial, bytes, length))
            break;
        list->n_entries++;
    }
    if (n < 0 || list->n_entries < (size_t)n)
        ret = kx_error(context, KX_ERR_CRL,
                       "entry %zu of the list in %s cannot be read",
                       list->n_entries + 1, list->path);
    gnutls_x509_crl_iter_deinit(iterator);
    qsort(list->entries, list->n_entries, sizeof(*list->entries), compare);
    return ret;
}

/*
 * Refuse a list with a critical extension: it is one of changes, or of
 * certificates of other issuers, or of some alone, or of a kind that is not
 * known (RFC 5280 5.2).  Errors: KX_ERR_CRL.
 */
static krb5_error_code
check_extensions(krb5_context context, const struct list *list)
{
    unsigned int i, critical;
    char oid[64];
    size_t size;
    int status;

    for (i = 0;; i++) {
        size = sizeof(oid);
        critical = 0;
        status = gnutls_x509_crl_get_extension_info(list->crl, i, oid, &size,
                                                    &critical);
        if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return 0;
        if (status < 0)
            return kx_error(context, KX_ERR_CRL,
                            "extensions of the list in %s cannot be read: %s",
                            list->path, gnutls_strerror(status));
        if (critical != 0)
            return kx_error(context, KX_ERR_CRL,
                            "list in %s has the critical extension %s: only "
                            "complete lists of one authority's certificates "
                            "can be used",
                            list->path, oid);
    }
}

/* Read what the list says of itself.  Errors: KX_ERR_CRL, ENOMEM. */
static krb5_error_code
read_list(krb5_context context, struct list *list)
{
    gnutls_datum_t out = {NULL, 0}, issuer = {NULL, 0};
    krb5_error_code ret;
    krb5_data borrowed;

    /* GnuTLS has NULL for a name without any part. */
    if (gnutls_x509_crl_get_raw_issuer_dn(list->crl, &list->issuer_der) < 0 ||
        gnutls_x509_crl_get_issuer_dn3(list->crl, &issuer, 0) < 0 ||
        issuer.data == NULL)
        return kx_error(context, KX_ERR_CRL,
                        "list in %s does not say whose it is", list->path);
    list->issuer = (char *)issuer.data;
    list->key_id_length = sizeof(list->key_id);
    if (gnutls_x509_crl_get_authority_key_id(list->crl, list->key_id,
                                             &list->key_id_length, NULL) < 0)
        list->key_id_length = 0;
    ret = check_extensions(context, list);
    if (ret)
        return ret;
    if (gnutls_x509_crl_export2(list->crl, GNUTLS_X509_FMT_DER, &out) < 0)
        return ENOMEM;
    borrowed = kx_data(out.data, out.size);
    ret = kx_data_copy(&borrowed, &list->der);
    gnutls_free(out.data);
    if (ret)
        return ret;
    ret = kx_decode_signed(context, &list->der, &list->parts);
    if (ret)
        return ret == ENOMEM ? ret : kx_error_as(context, KX_ERR_CRL, ret);
    return read_entries(context, list);
}

/* Append the lists of one file.  Errors: KX_ERR_CRL, ENOMEM. */
static krb5_error_code
load_file(krb5_context context, struct kx_crls *crls, const char *path)
{
    struct file *file = &crls->files[crls->n_files];
    gnutls_datum_t pem = {NULL, 0};
    gnutls_x509_crl_t *read = NULL;
    krb5_error_code ret = 0;
    unsigned int n = 0, i;
    struct list *list;
    int status;

    file->path = strdup(path);
    if (file->path == NULL)
        return ENOMEM;
    crls->n_files++;
    /* What is written while we read will look newer than this. */
    if (stat(path, &file->status) < 0)
        return kx_error(context, KX_ERR_CRL, "cannot read %s: %s", path,
                        error_message(errno));
    status = gnutls_load_file(path, &pem);
    if (status == 0)
        status = gnutls_x509_crl_list_import2(&read, &n, &pem,
                                              GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(pem.data);
    if (status == GNUTLS_E_MEMORY_ERROR)
        return ENOMEM;
    if (status < 0)
        return kx_error(context, KX_ERR_CRL,
                        "cannot read a list of revoked certificates from %s: "
                        "%s; it is to be in PEM",
                        path, gnutls_strerror(status));
    for (i = 0; i < n && ret == 0 && crls->n_lists < MAX_LISTS; i++) {
        list = &crls->lists[crls->n_lists++];
        list->path = file->path;
        list->crl = read[i];
        ret = read_list(context, list);
    }
    if (ret == 0 && i < n)
        ret = kx_error(context, KX_ERR_CRL, "more than %d lists in %s",
                       MAX_LISTS, path);
    for (; i < n; i++)
        gnutls_x509_crl_deinit(read[i]);
    gnutls_free(read);
    return ret;
}

krb5_error_code
kx_crls_load(krb5_context context, char *const *specs, struct kx_crls **out)
{
    static const char prefix[] = "FILE:";
    struct kx_crls *crls;
    krb5_error_code ret = 0;
    const char *path;

    *out = NULL;
    crls = calloc(1, sizeof(*crls));
    if (crls == NULL)
        return ENOMEM;
    for (; specs != NULL && *specs != NULL && ret == 0; specs++) {
        path = *specs;
        if (strncmp(path, prefix, sizeof(prefix) - 1) == 0)
            path += sizeof(prefix) - 1;
        ret = crls->n_files == MAX_FILES
                  ? kx_error(context, KX_ERR_CRL, "more than %d files",
                             MAX_FILES)
                  : load_file(context, crls, path);
    }
    if (ret) {
        kx_crls_free(crls);
        return ret;
    }
    *out = crls;
    return 0;
}

krb5_boolean
kx_crls_changed(const struct kx_crls *crls)
{
    const struct stat *old;
    struct stat new;
    size_t i;

    for (i = 0; i < crls->n_files; i++) {
        old = &crls->files[i].status;
        if (stat(crls->files[i].path, &new) < 0 || new.st_ino != old->st_ino ||
            new.st_dev != old->st_dev || new.st_size != old->st_size ||
            new.st_mtim.tv_sec != old->st_mtim.tv_sec ||
            new.st_mtim.tv_nsec != old->st_mtim.tv_nsec)
            return TRUE;
    }
    return FALSE;
}

const char *
kx_crls_overdue(const struct kx_crls *crls, time_t now, time_t *due)
{
    const char *found = NULL;
    time_t next;
    size_t i;

    for (i = 0; i < crls->n_lists; i++) {
        next = gnutls_x509_crl_get_next_update(crls->lists[i].crl);
        if (next == (time_t)-1 || next >= now ||
            (found != NULL && next >= *due))
            continue;
        found = crls->lists[i].path;
        *due = next;
    }
    return found;
}

/* True if the list says that it is of another key than the issuer's. */
static krb5_boolean
is_of_another_key(const struct list *list, gnutls_x509_crt_t issuer)
{
    unsigned char id[MAX_KEY_ID];
    size_t length = sizeof(id);

    return list->key_id_length > 0 &&
           gnutls_x509_crt_get_subject_key_id(issuer, id, &length, NULL) >=
               0 &&
           (length != list->key_id_length ||
            memcmp(id, list->key_id, length) != 0);
}

/* True if the list is signed by the key in certificate. */
static krb5_boolean
is_signed_by(krb5_context context, const struct list *list,
             gnutls_x509_crt_t certificate)
{
    gnutls_pubkey_t key;
    krb5_error_code ret;

    ret = kx_public_key(context, certificate, &key);
    if (ret == 0)
        ret = kx_verify_by(context, key, &list->parts.algorithm,
                           &list->parts.tbs, &list->parts.signature);
    gnutls_pubkey_deinit(key);
    return ret == 0;
}

/* True if the list is signed by the issuer that the chain has, or by a
 * configured root of that name. */
static krb5_boolean
is_signed(krb5_context context, const struct list *list,
          gnutls_x509_crt_t issuer, const struct kx_claim *claim)
{
    gnutls_datum_t name;
    krb5_boolean same;
    unsigned int i;

    if (is_signed_by(context, list, issuer))
        return TRUE;
    for (i = 0; i < claim->n_anchors; i++) {
        if (gnutls_x509_crt_get_dn3(claim->anchors[i], &name, 0) < 0)
            continue;
        same =
            name.data != NULL && strcmp((char *)name.data, list->issuer) == 0;
        gnutls_free(name.data);
        if (same && is_signed_by(context, list, claim->anchors[i]))
            return TRUE;
    }
    return FALSE;
}

/*
 * Judge certificate number i of the chain, whose issuer has the list's name,
 * by the list.  Errors: KX_ERR_REVOKED, KX_ERR_CRL.
 */
static krb5_error_code
judge(krb5_context context, const struct kx_chain *chain, unsigned int i,
      const struct list *list, const struct kx_claim *claim)
{
    gnutls_x509_crt_t certificate = chain->certificate[i];
    gnutls_x509_crt_t issuer =
        chain->certificate[i + 1 == chain->n ? i : i + 1];
    unsigned char bytes[2 * MAX_SERIAL];
    char text[SERIAL_TEXT_SIZE], since[KX_TIME_TEXT_SIZE];
    gnutls_datum_t name = {NULL, 0};
    const struct entry *found = NULL;
    struct serial serial;
    size_t length = sizeof(bytes);
    krb5_error_code ret = 0;
    int status;

    status = gnutls_x509_crt_get_serial(certificate, bytes, &length);
    if (status < 0 && status != GNUTLS_E_SHORT_MEMORY_BUFFER)
        return kx_error(context, KX_ERR_CRL,
                        "serial number of certificate %u of the chain cannot "
                        "be read: %s",
                        i + 1, gnutls_strerror(status));
    if (status >= 0 && set_serial(&serial, bytes, length))
        found = bsearch(&serial, list->entries, list->n_entries,
                        sizeof(*list->entries), compare);
    if (!is_signed(context, list, issuer, claim)) {
        if (found == NULL && is_of_another_key(list, issuer))
            return 0;
        return kx_error(context, KX_ERR_CRL,
                        "list in %s is named as that of the issuer of "
                        "certificate %u (%s) and is not signed by it; get it "
                        "anew, or take it away if it is another authority's",
                        list->path, i + 1, list->issuer);
    }
    if (found == NULL)
        return 0;
    (void)gnutls_x509_crt_get_dn3(certificate, &name, 0);
    ret = kx_error(context, KX_ERR_REVOKED,
                   "certificate %u of the chain (%.128s, serial number %s) is "
                   "revoked since %s, as %s says",
                   i + 1, name.data != NULL ? (char *)name.data : "no name",
                   serial_text(&serial, text),
                   kx_time_text(found->since, since), list->path);
    gnutls_free(name.data);
    return ret;
}

/* True if the list is of who issued certificate; *known is false when that
 * cannot be told. */
static krb5_boolean
is_of_issuer(const struct list *list, gnutls_x509_crt_t certificate,
             krb5_boolean *known)
{
    gnutls_datum_t der = {NULL, 0}, text = {NULL, 0};
    krb5_boolean is = FALSE;

    *known = gnutls_x509_crt_get_raw_issuer_dn(certificate, &der) >= 0 &&
             gnutls_x509_crt_get_issuer_dn3(certificate, &text, 0) >= 0;
    if (*known)
        is = (der.size == list->issuer_der.size &&
              memcmp(der.data, list->issuer_der.data, der.size) == 0) ||
             (text.data != NULL &&
              strcmp((char *)text.data, list->issuer) == 0);
    gnutls_free(der.data);
    gnutls_free(text.data);
    return is;
}

krb5_error_code
kx_check_revoked(krb5_context context, const struct kx_chain *chain,
                 const struct kx_claim *claim)
{
    const struct kx_crls *crls = claim->crls;
    krb5_boolean known;
    krb5_error_code ret = 0;
    unsigned int i;
    size_t l;

    for (i = 0; crls != NULL && i < chain->n; i++) {
        for (l = 0; l < crls->n_lists && ret == 0; l++) {
            if (is_of_issuer(&crls->lists[l], chain->certificate[i], &known))
                ret = judge(context, chain, i, &crls->lists[l], claim);
            else if (!known)
                ret = kx_error(context, KX_ERR_CRL,
                               "certificate %u of the chain does not say who "
                               "issued it",
                               i + 1);
        }
    }
    return ret;
}
