/*
 * offers.c: a stage for offers that a fuzzer made.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <gnutls/crypto.h>
#include "exchange/credentials.h"
#include "exchange/kx_identity.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/offers.h"

static struct stage stage;
static int present;    /* the flags */
static krb5_data root; /* the configured one, in an input's chain */
static struct kx_roots roots;
static krb5_data own;        /* our certificate */
static krb5_boolean unknown; /* the roots cannot be read */
static krb5_boolean foreign; /* the root is our own, which none has */

/* ---- what is taken for granted ---- */

__typeof__(kx_verify_by) __real_kx_verify_by, __wrap_kx_verify_by;
__typeof__(kx_credentials_claim) __real_kx_credentials_claim,
    __wrap_kx_credentials_claim;
__typeof__(kx_credentials_roots) __real_kx_credentials_roots,
    __wrap_kx_credentials_roots;

krb5_error_code
__wrap_kx_verify_by(krb5_context context, gnutls_pubkey_t key,
                    const struct kx_algorithm *algorithm,
                    const krb5_data *data, const krb5_data *signature)
{
    if ((present & OFFERS_SIGNED) != 0)
        return kx_check_signer(context, key, algorithm);
    return __real_kx_verify_by(context, key, algorithm, data, signature);
}

krb5_error_code
__wrap_kx_credentials_claim(struct kx_credentials *credentials,
                            struct kx_claim *claim)
{
    krb5_error_code ret = __real_kx_credentials_claim(credentials, claim);

    if (unknown)
        return KX_ERR_IDENTITY;
    if (ret == 0 && roots.n > 0) {
        claim->anchors = roots.certificate;
        claim->n_anchors = roots.n;
    }
    return ret;
}

krb5_error_code
__wrap_kx_credentials_roots(struct kx_credentials *credentials,
                            const struct kx_roots **out)
{
    if (!foreign)
        return __real_kx_credentials_roots(credentials, out);
    *out = &roots;
    return 0;
}

/* ---- the stage ---- */

/* Forget the configured root. */
static void
clear_root(void)
{
    if (roots.n > 0) {
        gnutls_x509_crt_deinit(roots.certificate[0]);
        kx_data_free(&roots.id[0]);
    }
    roots.n = 0;
    kx_data_free(&root);
}

/* Write data into a new file of folder; its path is kept in path. */
static void
write_file(const char *folder, const char *name, const krb5_data *data,
           char *path)
{
    FILE *file;

    (void)sprintf(path, "%s/%s", folder, name);
    (void)umask(077);
    file = fopen(path, "w");
    FUZZ_MUST(file != NULL);
    FUZZ_MUST(fwrite(data->data, 1, data->length, file) == data->length);
    FUZZ_MUST(fclose(file) == 0);
}

/* Keep our certificate, which comes in PEM. */
static void
set_own(const krb5_data *pem)
{
    gnutls_datum_t in = {(unsigned char *)pem->data, pem->length}, der;
    gnutls_x509_crt_t certificate;
    krb5_data whole;

    FUZZ_MUST(gnutls_x509_crt_init(&certificate) >= 0);
    FUZZ_MUST(gnutls_x509_crt_import(certificate, &in, GNUTLS_X509_FMT_PEM) >=
              0);
    FUZZ_MUST(
        gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der) >= 0);
    whole = kx_data(der.data, der.size);
    FUZZ_MUST(kx_data_copy(&whole, &own) == 0);
    gnutls_free(der.data);
    gnutls_x509_crt_deinit(certificate);
}

struct stage *
offers_stage(char *realm, const char *host)
{
    static char identity[256], *identities[2];
    char folder[] = "/tmp/kxover-fuzz-XXXXXX", path[2][64];
    krb5_data certificate, key, nothing = kx_data("", 1);

    if (stage.context != NULL)
        return &stage;
    stage_begin(&stage, realm);
    stage.now = OFFERS_NOW;
    stage.host = host;
    stage.port = 88;
    FUZZ_MUST(kx_identity_generate(stage.context, realm, NULL, OFFERS_NOW, 30,
                                   &certificate, &key) == 0);
    FUZZ_MUST(mkdtemp(folder) != NULL);
    write_file(folder, "certificate", &certificate, path[0]);
    write_file(folder, "key", &key, path[1]);
    (void)snprintf(identity, sizeof(identity), "FILE:%s,%s", path[0], path[1]);
    identities[0] = identity;
    stage.settings.identities = identities;
    /* It reads its identity now; the files may go. */
    stage_respond(&stage, &nothing);
    offers_clear(&stage);
    FUZZ_MUST(unlink(path[0]) == 0 && unlink(path[1]) == 0);
    FUZZ_MUST(rmdir(folder) == 0);
    set_own(&certificate);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    return &stage;
}

/* Let DNS have a record of message's chain. */
static void
set_tlsa(const struct kx_message *message, uint8_t usage)
{
    const struct kx_offer *offer = &message->offer;
    size_t of = usage == 2 || usage == 0 ? offer->n_chain - 1 : 0;

    if (kx_tlsa_make(stage.context, usage, usage % 2, 1, &offer->chain[of],
                     &stage.tlsa[0]) == 0)
        stage.n_tlsa = 1;
}

/* Let certificate be a configured root. */
static void
set_root(const krb5_data *certificate)
{
    gnutls_datum_t der;

    FUZZ_MUST(kx_data_copy(certificate, &root) == 0);
    der.data = (unsigned char *)root.data;
    der.size = root.length;
    FUZZ_MUST(gnutls_x509_crt_init(&roots.certificate[0]) >= 0);
    if (gnutls_x509_crt_import(roots.certificate[0], &der,
                               GNUTLS_X509_FMT_DER) >= 0)
        roots.n = 1;
    else
        gnutls_x509_crt_deinit(roots.certificate[0]);
}

void
offers_secret(const char *name, unsigned char *out, size_t length)
{
    unsigned char digest[64];
    char text[128];
    int n = snprintf(text, sizeof(text), "kxover test vectors: 0 %s", name);

    FUZZ_MUST(gnutls_hash_fast(GNUTLS_DIG_SHA512, text, (size_t)n, digest) ==
              0);
    memcpy(out, digest, length);
}

/* Let there be the prior keys of the vectors. */
static void
set_prior(void)
{
    static const struct {
        uint32_t kvno;
        krb5_enctype etype;
        unsigned int length;
    } held[] = {
        {3, 20, 32}, {3, 19, 16}, {2, 18, 32}, {2, 17, 16}, {1, 18, 32}};
    static unsigned char bytes[5][32];
    static struct kx_earlier_key keys[5];
    char name[32];
    size_t i;

    for (i = 0; i < 5; i++) {
        (void)snprintf(name, sizeof(name), "prior key %u %d", held[i].kvno,
                       (int)held[i].etype);
        offers_secret(name, bytes[i], held[i].length);
        keys[i].kvno = held[i].kvno;
        keys[i].chain = 1;
        keys[i].key.enctype = held[i].etype;
        keys[i].key.length = held[i].length;
        keys[i].key.contents = bytes[i];
    }
    stage.held.keys = keys;
    stage.held.n = 5;
    stage.known = 3;
    stage.versions[0] = 3;
    stage.n_versions = 1;
}

void
offers_set(struct stage *set, int flags, int msg_type,
           const krb5_data *message)
{
    struct kx_message *decoded;

    FUZZ_MUST(set == &stage);
    present = flags;
    if ((flags & OFFERS_PRIOR) != 0)
        set_prior();
    if (kx_decode_message(stage.context, msg_type, message, &decoded) != 0)
        return;
    if ((flags & OFFERS_IN_DNS) != 0)
        set_tlsa(decoded, (uint8_t)((flags & OFFERS_USAGE) / 4));
    if ((flags & OFFERS_ROOTED) != 0)
        set_root(&decoded->offer.chain[decoded->offer.n_chain - 1]);
    kx_message_free(decoded);
}

void
offers_set_foreign_root(void)
{
    clear_root();
    set_root(&own);
    FUZZ_MUST(kx_key_id(stage.context, roots.certificate[0], &roots.id[0]) ==
              0);
    foreign = TRUE;
}

void
offers_hide_roots(void)
{
    unknown = TRUE;
}

void
offers_clear(struct stage *set)
{
    stage_clear(set);
    present = 0;
    unknown = FALSE;
    foreign = FALSE;
    stage.silent = STAGE_ALL_SPEAK;
    stage.is_blocked = FALSE;
    stage.n_more = 0;
    stage.connecting = 0;
    kx_data_free(&stage.tlsa[0].data);
    stage.n_tlsa = 0;
    stage.n_answers = 0;
    stage.n_chance = 0;
    stage.held.n = 0;
    stage.known = 0;
    stage.n_versions = 0;
    clear_root();
}

void
offers_check_key(const struct stage *made)
{
    const struct kx_crossover *crossover = made->crossover;
    size_t i;

    FUZZ_MUST(crossover->kvno >= 1 && crossover->kvno <= KX_MAX_KVNO);
    FUZZ_MUST(crossover->till <= made->now + 14 * KX_DAY);
    FUZZ_MUST(crossover->till >= made->now + KX_DAY - 300);
    FUZZ_MUST(crossover->n_keys >= 1 && crossover->n_keys <= 4);
    for (i = 0; i < crossover->n_keys; i++) {
        FUZZ_MUST(crossover->keys[i].length == 16 ||
                  crossover->keys[i].length == 32);
    }
}
