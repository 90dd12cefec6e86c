/*
 * fuzz_trust.c: whom to believe: a chain of certificates and the TLSA records
 * of who sent it.
 *
 * An input is a byte of flags, a SEQUENCE OF Certificate, and then records:
 * usage, selector, matching type, and a byte: 0 before two bytes of length and
 * the data, 255 before those and the record in words, else the number of a
 * certificate that the record is of.
 * Nobody is believed but by a record that can be used, and that is of a
 * certificate that its usage can be about.
 */
#include "config.h"
#include <string.h>
#include "exchange/kx_identity.h"
#include "exchange/validate.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define SIGNED                                                                \
    0x01 /* every signature of the chain verifies, but in the path */
#define ROOTED 0x02  /* its last certificate is a configured root */
#define FOREIGN 0x04 /* the only configured root is its first certificate */
#define YEARS 0xf0   /* times 16: that many years after NOW */

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */
#define YEAR (365L * 24 * 60 * 60)
#define MAX_RECORDS 16
#define IN_WORDS 255

static krb5_context context;
static int flags;

__typeof__(kx_verify_by) __real_kx_verify_by, __wrap_kx_verify_by;

krb5_error_code
__wrap_kx_verify_by(krb5_context kcontext, gnutls_pubkey_t key,
                    const struct kx_algorithm *algorithm,
                    const krb5_data *data, const krb5_data *signature)
{
    if ((flags & SIGNED) != 0)
        return kx_check_signer(kcontext, key, algorithm);
    return __real_kx_verify_by(kcontext, key, algorithm, data, signature);
}

/* Read a record as people write it; false if it is none. */
static krb5_boolean
parse_record(const char *text, size_t length, struct kx_tlsa *record)
{
    char *copy = strndup(text, length);
    krb5_boolean is;

    FUZZ_MUST(copy != NULL);
    is = kx_tlsa_parse(context, copy, record) == 0;
    free(copy);
    return is;
}

/* Take one record off in; false if there is none. */
static krb5_boolean
take_record(struct input *in, const krb5_data *chain, size_t n,
            struct kx_tlsa *record)
{
    const uint8_t *head = input_take(in, 4), *length, *bytes;
    krb5_data data;

    if (head == NULL)
        return FALSE;
    memset(record, 0, sizeof(*record));
    if (head[3] != 0 && head[3] != IN_WORDS)
        return n > 0 &&
               kx_tlsa_make(context, head[0] % 4, head[1] % 2, head[2] % 3,
                            &chain[head[3] % n], record) == 0;
    length = input_take(in, 2);
    if (length == NULL)
        return FALSE;
    bytes = input_take(in, (size_t)length[0] << 8 | length[1]);
    if (bytes == NULL)
        return FALSE;
    if (head[3] == IN_WORDS)
        return parse_record((const char *)bytes,
                            (size_t)length[0] << 8 | length[1], record);
    record->usage = head[0];
    record->selector = head[1];
    record->matching_type = head[2];
    data = kx_data(bytes, (size_t)length[0] << 8 | length[1]);
    FUZZ_MUST(kx_data_copy(&data, &record->data) == 0);
    return TRUE;
}

/* The record counts beside the others of claim. */
static void
check_counts(const struct kx_claim *claim, const struct kx_tlsa *matched)
{
    size_t i;

    FUZZ_MUST(matched >= claim->tlsa);
    FUZZ_MUST(matched < claim->tlsa + claim->n_tlsa);
    FUZZ_MUST(kx_tlsa_is_usable(matched));
    FUZZ_MUST(matched->usage >= 2 || claim->n_anchors > 0);
    for (i = 0; i < claim->n_tlsa; i++)
        FUZZ_MUST(matched->matching_type != 1 ||
                  claim->tlsa[i].matching_type != 2 ||
                  claim->tlsa[i].usage != matched->usage ||
                  claim->tlsa[i].selector != matched->selector ||
                  !kx_tlsa_is_usable(&claim->tlsa[i]));
}

/* True if the record is of certificate i of the chain, and that is worth what
 * its usage says. */
static krb5_boolean
is_worth(const struct kx_chain *chain, const struct kx_claim *claim,
         const struct kx_tlsa *matched, unsigned int i)
{
    krb5_boolean is;
    struct kx_tlsa made;

    if ((i == 0) != (matched->usage == 3 || matched->usage == 1))
        return FALSE;
    FUZZ_MUST(kx_tlsa_make(context, matched->usage, matched->selector,
                           matched->matching_type, &chain->der[i],
                           &made) == 0);
    is = kx_data_equal(&made.data, &matched->data);
    kx_data_free(&made.data);
    return is && (matched->usage == 3 ||
                  kx_check_path(context, chain,
                                matched->usage == 2 ? i : chain->n - 1,
                                claim->now) == 0);
}

/* The record is of a certificate of the chain that its usage can be about, and
 * the chain is what it has to be then. */
static void
check_match(const struct kx_chain *chain, const struct kx_claim *claim,
            const struct kx_tlsa *matched)
{
    krb5_boolean found = FALSE;
    unsigned int i;

    check_counts(claim, matched);
    for (i = 0; i < chain->n && !found; i++)
        found = is_worth(chain, claim, matched, i);
    FUZZ_MUST(found);
    if (matched->usage == 3)
        return;
    FUZZ_MUST(kx_check_names(context, chain->certificate[0], claim->realm,
                             claim->host) == 0);
    FUZZ_MUST(kx_check_purpose(context, chain->certificate[0]) == 0);
}

/* Judge it. */
static void
judge(const struct kx_chain *chain, const struct kx_tlsa *records, size_t n)
{
    static const char realm[] = "ALPHA.EXAMPLE";
    const krb5_data name = kx_data(realm, sizeof(realm) - 1);
    struct kx_claim claim = {.realm = &name,
                             .host = "kdc.alpha.example",
                             .tlsa = records,
                             .n_tlsa = n,
                             .now = NOW + (flags & YEARS) / 16 * YEAR};
    const struct kx_tlsa *matched = NULL;
    krb5_error_code order = kx_check_order(context, chain), ret;

    if ((flags & ROOTED) != 0) {
        claim.anchors = &chain->certificate[chain->n - 1];
        claim.n_anchors = 1;
    }
    if ((flags & FOREIGN) != 0) {
        claim.anchors = &chain->certificate[0];
        claim.n_anchors = 1;
    }
    ret = kx_check_chain(context, chain);
    FUZZ_MUST(order == 0 || ret == order);
    if (ret != 0)
        return;
    ret = kx_judge_peer(context, chain, &claim, &matched);
    FUZZ_MUST(ret != KX_ERR_ANCHOR || claim.n_anchors > 0);
    FUZZ_MUST(ret != 0 || claim.n_anchors == 0 ||
              gnutls_x509_crt_equals(chain->certificate[chain->n - 1],
                                     claim.anchors[0]));
    if (ret == 0)
        check_match(chain, &claim, matched);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kx_tlsa records[MAX_RECORDS];
    krb5_data der[KX_MAX_CHAIN];
    struct input in = {data, size};
    struct kx_chain chain;
    size_t n, n_records = 0;
    const uint8_t *first = input_take(&in, 1);

    if (context == NULL) {
        kx_init_errors();
        FUZZ_MUST(krb5_init_context(&context) == 0);
    }
    if (first == NULL)
        return 0;
    flags = *first;
    n = input_take_list(&in, der, KX_MAX_CHAIN);
    while (n_records < MAX_RECORDS &&
           take_record(&in, der, n, &records[n_records]))
        n_records++;
    if (kx_chain_read(context, der, n, &chain) == 0) {
        judge(&chain, records, n_records);
        kx_chain_clear(&chain);
    }
    while (n_records > 0)
        kx_data_free(&records[--n_records].data);
    return 0;
}
