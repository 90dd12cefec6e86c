/*
 * fuzz_messages.c: every decoder of asn1/.
 *
 * The first byte chooses one.  What is decoded must encode again to the same
 * bytes, and must be DER to the second reader (reader.h).  Of KX-REQ and
 * KX-REP the second reader tells what is in order, and the codec must say the
 * same.
 */
#include "config.h"
#include <string.h>
#include "asn1/kx_asn1.h"
#include "exchange/kx_agreement.h"
#include "exchange/roots.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/reader.h"

/* For the messages of errors, which hold what was read. */
static krb5_context context;

typedef void decode_fn(const krb5_data *in);

/* What was encoded again is what was decoded, and DER; release it. */
static void
same(krb5_error_code ret, const krb5_data *in, krb5_data *again)
{
    FUZZ_MUST(ret == 0);
    FUZZ_MUST(kx_data_equal(in, again));
    FUZZ_MUST(reader_is_der(in));
    kx_data_free(again);
}

static void
message(int msg_type, const krb5_data *in)
{
    enum reader_verdict verdict = reader_message(msg_type, in);
    struct kx_message *decoded = NULL;
    krb5_error_code ret;
    krb5_data again;

    ret = kx_decode_message(context, msg_type, in, &decoded);
    if (ret != 0) {
        FUZZ_MUST(decoded == NULL);
        FUZZ_MUST(verdict != READER_TAKES);
        return;
    }
    FUZZ_MUST(verdict != READER_REFUSES);
    /* The inside of a certificate is GnuTLS's to judge. */
    FUZZ_MUST(kx_encode_message(context, decoded, &again) == 0);
    FUZZ_MUST(kx_data_equal(in, &again));
    kx_data_free(&again);
    kx_message_free(decoded);
}

static void
request(const krb5_data *in)
{
    message(KX_MSG_REQ, in);
}

static void
reply(const krb5_data *in)
{
    message(KX_MSG_REP, in);
}

static void
krb_error(const krb5_data *in)
{
    struct kx_krb_error *error, *once_more;
    krb5_data again;

    if (kx_decode_krb_error(context, in, &error) != 0)
        return;
    FUZZ_MUST(reader_is_der(in));
    /* Optional fields are passed over, so it may come out shorter. */
    FUZZ_MUST(kx_encode_krb_error(context, error, &again) == 0);
    FUZZ_MUST(again.length <= in->length);
    FUZZ_MUST(kx_decode_krb_error(context, &again, &once_more) == 0);
    FUZZ_MUST(once_more->error_code == error->error_code);
    FUZZ_MUST(once_more->stime == error->stime);
    FUZZ_MUST(kx_data_equal(&once_more->e_data, &error->e_data));
    kx_krb_error_free(once_more);
    kx_krb_error_free(error);
    kx_data_free(&again);
}

static void
groups(const krb5_data *in)
{
    struct kx_algorithm *list;
    enum kx_group group;
    krb5_data again;
    size_t n, i;

    if (kx_decode_groups(context, in, &list, &n) != 0)
        return;
    FUZZ_MUST(n > 0 && n <= KX_MAX_ALGORITHMS);
    same(kx_encode_groups(context, list, n, &again), in, &again);
    for (i = 0; i < n; i++) {
        (void)kx_group_find(context, &list[i], &group);
        kx_algorithm_clear(&list[i]);
    }
    free(list);
}

static void
certifiers(const krb5_data *in)
{
    krb5_data *ids, *once_more, again;
    size_t n, m;

    if (kx_decode_certifiers(context, in, &ids, &n) != 0)
        return;
    FUZZ_MUST(reader_is_der(in));
    FUZZ_MUST(n <= KX_MAX_CAS);
    /* Roots that are named in another way are passed over. */
    if (n > 0) {
        FUZZ_MUST(kx_encode_certifiers(context, ids, n, &again) == 0);
        FUZZ_MUST(again.length <= in->length);
        FUZZ_MUST(kx_decode_certifiers(context, &again, &once_more, &m) == 0);
        FUZZ_MUST(m == n && kx_data_equal(&ids[n - 1], &once_more[n - 1]));
        kx_datas_free(once_more, m);
        kx_data_free(&again);
    }
    kx_datas_free(ids, n);
}

static void
prior_names(const krb5_data *in)
{
    struct kx_prior_name *names;
    krb5_data again;
    size_t n, i;

    if (kx_decode_prior_names(context, in, &names, &n) != 0)
        return;
    FUZZ_MUST(n > 0 && n <= KX_MAX_PRIOR_KEYS);
    for (i = 1; i < n; i++)
        FUZZ_MUST(kx_prior_name_compare(&names[i - 1], &names[i]) < 0);
    same(kx_encode_prior_names(context, names, n, &again), in, &again);
    free(names);
}

static void
public_key(const krb5_data *in)
{
    struct kx_algorithm algorithm;
    enum kx_group group;
    krb5_data key, again;

    (void)kx_group_of_public(context, in, &group);
    if (kx_decode_spki(context, in, &algorithm, &key) != 0)
        return;
    same(kx_encode_spki(context, &algorithm, &key, &again), in, &again);
    kx_algorithm_clear(&algorithm);
    kx_data_free(&key);
}

/* Agree with it, in its own group, by a key of ours. */
static void
agreement(const krb5_data *in)
{
    static const unsigned char secret[48] = {1, 2, 3};
    static const size_t sizes[KX_N_GROUPS] = {32, 32, 48};
    struct kx_ephemeral *ephemeral;
    enum kx_group group;
    krb5_data ours, z;

    if (kx_group_of_public(context, in, &group) != 0)
        return;
    ours = kx_data(secret, sizes[group]);
    FUZZ_MUST(kx_ephemeral_import(context, group, &ours, &ephemeral) == 0);
    if (kx_agree(context, ephemeral, in, &z) == 0) {
        FUZZ_MUST(z.length == sizes[group]);
        kx_data_zap_free(&z);
    }
    kx_ephemeral_free(ephemeral);
}

/* The outside of a certificate. */
static void
certificate(const krb5_data *in)
{
    struct kx_certificate parts;

    if (kx_decode_certificate(context, in, &parts) != 0)
        return;
    FUZZ_MUST(parts.tbs.data > in->data);
    FUZZ_MUST(parts.tbs.data + parts.tbs.length < in->data + in->length);
    kx_certificate_clear(&parts);
}

static void
pkinit_name(const krb5_data *in)
{
    krb5_principal name;

    if (kx_decode_pkinit_name(context, in, &name) != 0)
        return;
    FUZZ_MUST(reader_is_der(in));
    krb5_free_principal(context, name);
}

static void
authority_key_id(const krb5_data *in)
{
    krb5_data id;

    if (kx_ca_key_id(in, &id) == 0)
        kx_data_free(&id);
}

static decode_fn *const decoders[] = {
    request,     reply,       krb_error,       groups,
    certifiers,  prior_names, public_key,      agreement,
    certificate, pkinit_name, authority_key_id};
#define N_DECODERS (sizeof(decoders) / sizeof(decoders[0]))

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    krb5_data in;

    if (size == 0)
        return 0;
    if (context == NULL)
        FUZZ_MUST(krb5_init_context(&context) == 0);
    in = kx_data(data + 1, size - 1);
    decoders[data[0] % N_DECODERS](&in);
    return 0;
}
