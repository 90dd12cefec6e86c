/*
 * asn1_sample.c: messages to test with.  The keys, certificates and signatures
 * in them are made up; the codec does not look into them.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_sample.h"

#define DATA(text)                                                            \
    {                                                                         \
        KV5M_DATA, sizeof(text) - 1, (char[])                                 \
        {                                                                     \
            text                                                              \
        }                                                                     \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static krb5_data components[] = {DATA("krbtgt"), DATA("B.EXAMPLE")};
static krb5_principal_data kxname = {.magic = KV5M_PRINCIPAL,
                                     .realm = DATA("A.EXAMPLE"),
                                     .data = components,
                                     .length = COUNT(components),
                                     .type = KRB5_NT_SRV_INST};

/* SubjectPublicKeyInfo of X25519, RFC 8410 4. */
static krb5_data key_exchange =
    DATA("\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00"
         "0123456789abcdef0123456789abcdef");

static krb5_enctype etypes[] = {18, 17, 20, -128, 2147483647};
static krb5_enctype one_etype[] = {18};

#define X25519                                                                \
    {                                                                         \
        (char[]){"1.3.101.110"},                                              \
        {                                                                     \
            .length = 0                                                       \
        }                                                                     \
    }
#define P256                                                                  \
    {                                                                         \
        (char[]){"1.2.840.10045.2.1"},                                        \
            DATA("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")                  \
    }
#define ED25519                                                               \
    {                                                                         \
        (char[]){"1.3.101.112"},                                              \
        {                                                                     \
            .length = 0                                                       \
        }                                                                     \
    }
#define RSA_SHA256                                                            \
    {                                                                         \
        (char[]){"1.2.840.113549.1.1.11"}, DATA("\x05\x00")                   \
    }

const struct kx_algorithm sample_groups[2] = {X25519, P256};
static struct kx_algorithm groups[] = {X25519, P256};
static struct kx_algorithm sigalgs[] = {ED25519, RSA_SHA256};

static krb5_data cas[] = {
    DATA("\x30\x0a\x80\x08keyident"),
    /* An issuer's directoryName of one RDN, and its serial number. */
    DATA("\x30\x17\xa1\x11\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03"
         "\x0c\x02"
         "CA\x82\x02\x00\x80"),
};

static struct kx_extension extensions[] = {
    /* 1.3.6.1.4.1.44469.666.1 and 2.999.3 */
    {DATA("\x06\x0b\x2b\x06\x01\x04\x01\x82\xdb\x35\x85\x1a\x01"), TRUE,
     DATA("value")},
    {DATA("\x06\x03\x88\x37\x03"), FALSE, {.length = 0}},
};

static krb5_data chain[] = {
    DATA("\x30\x06\x02\x01\x01\x04\x01z"),
    DATA("\x30\x03\x02\x01\x02"),
};

static char error_text[] = "Key agreement group is not accepted";
static krb5_data error_data = DATA("some data");

static krb5_data confirm = DATA("fedcba9876543210fedcba9876543210");
static krb5_data signature = DATA("a signature of some bytes");

void
sample_minimal(int msg_type, struct kx_message *out)
{
    struct kx_tbsdata *tbs = &out->offer.tbs;

    *out = (struct kx_message){.msg_type = msg_type};
    tbs->request_time = 0;
    tbs->kxname = &kxname;
    tbs->key_exchange = key_exchange;
    tbs->till = 1;
    tbs->accept_etype = one_etype;
    tbs->n_accept_etype = COUNT(one_etype);
    out->offer.chain = chain;
    out->offer.n_chain = 1;
    out->offer.sigalg = sigalgs[0];
    out->offer.signature = signature;
    if (msg_type == KX_MSG_REP)
        out->confirm = confirm;
}

void
sample_full(int msg_type, struct kx_message *out)
{
    struct kx_tbsdata *tbs = &out->offer.tbs;

    sample_minimal(msg_type, out);
    out->offer.nonce = 4294967295;
    tbs->request_time = 1792857060; /* 2026-10-24T15:51:00Z */
    tbs->has_kvno = TRUE;
    tbs->kvno = 65535;
    tbs->till = 1792857060 + 14 * 86400;
    tbs->accept_etype = etypes;
    tbs->n_accept_etype = COUNT(etypes);
    tbs->accept_group = groups;
    tbs->n_accept_group = COUNT(groups);
    tbs->accept_sigalg = sigalgs;
    tbs->n_accept_sigalg = COUNT(sigalgs);
    tbs->accept_ca = cas;
    tbs->n_accept_ca = COUNT(cas);
    tbs->extensions = extensions;
    tbs->n_extensions = COUNT(extensions);
    out->offer.n_chain = COUNT(chain);
    out->offer.sigalg = sigalgs[1];
}

void
sample_error_minimal(struct kx_krb_error *out)
{
    *out = (struct kx_krb_error){.stime = 1792857060,
                                 .susec = 999999,
                                 .error_code = 65,
                                 .sname = &kxname};
}

void
sample_error_full(struct kx_krb_error *out)
{
    sample_error_minimal(out);
    out->e_text = error_text;
    out->e_data = error_data;
}

/* Encode message with the right tbs_der. */
static krb5_error_code
try_encode(const struct kx_message *message, krb5_data *out)
{
    struct kx_message copy = *message;
    krb5_error_code ret;

    *out = kx_data(NULL, 0);
    ret = kx_encode_tbsdata(NULL, &message->offer.tbs, &copy.offer.tbs_der);
    if (ret != 0)
        return ret;
    ret = kx_encode_message(NULL, &copy, out);
    kx_data_free(&copy.offer.tbs_der);
    return ret;
}

krb5_data
sample_encode(const struct kx_message *message)
{
    krb5_data out;

    assert_int_equal(try_encode(message, &out), 0);
    return out;
}

krb5_error_code
sample_try(const struct kx_message *message)
{
    krb5_error_code ret;
    krb5_data out;

    ret = try_encode(message, &out);
    assert_true(ret == 0 || out.length == 0);
    kx_data_free(&out);
    return ret;
}

krb5_data
sample_encode_error(const struct kx_krb_error *error)
{
    krb5_data out;

    assert_int_equal(kx_encode_krb_error(NULL, error, &out), 0);
    return out;
}

krb5_data
sample_encode_spki(void)
{
    krb5_data point = DATA("\x04 a point of the curve P-256, or so we say");
    krb5_data out;

    assert_int_equal(kx_encode_spki(NULL, &sample_groups[1], &point, &out), 0);
    return out;
}

krb5_data
sample_encode_groups(void)
{
    krb5_data out;

    assert_int_equal(kx_encode_groups(NULL, sample_groups, 2, &out), 0);
    return out;
}

/* Stop the test unless both lists are the same. */
static void
assert_algorithms_equal(const struct kx_algorithm *a, size_t n_a,
                        const struct kx_algorithm *b, size_t n_b)
{
    size_t i;

    assert_int_equal(n_a, n_b);
    for (i = 0; i < n_a; i++) {
        assert_string_equal(a[i].oid, b[i].oid);
        assert_data_equal(&a[i].parameters, &b[i].parameters);
    }
}

/* The same for lists of byte strings. */
static void
assert_list_equal(const krb5_data *a, size_t n_a, const krb5_data *b,
                  size_t n_b)
{
    size_t i;

    assert_int_equal(n_a, n_b);
    for (i = 0; i < n_a; i++)
        assert_data_equal(&a[i], &b[i]);
}

/* The same for KX-TBSDATA. */
static void
assert_tbsdata_equal(const struct kx_tbsdata *a, const struct kx_tbsdata *b)
{
    size_t i;

    assert_int_equal(a->request_time, b->request_time);
    assert_int_equal(a->has_kvno, b->has_kvno);
    assert_int_equal(a->kvno, b->kvno);
    assert_int_equal(a->kxname->type, b->kxname->type);
    assert_list_equal(a->kxname->data, (size_t)a->kxname->length,
                      b->kxname->data, (size_t)b->kxname->length);
    assert_data_equal(&a->kxname->realm, &b->kxname->realm);
    assert_data_equal(&a->key_exchange, &b->key_exchange);
    assert_int_equal(a->till, b->till);
    assert_int_equal(a->n_accept_etype, b->n_accept_etype);
    for (i = 0; i < a->n_accept_etype; i++)
        assert_int_equal(a->accept_etype[i], b->accept_etype[i]);
    assert_algorithms_equal(a->accept_group, a->n_accept_group,
                            b->accept_group, b->n_accept_group);
    assert_algorithms_equal(a->accept_sigalg, a->n_accept_sigalg,
                            b->accept_sigalg, b->n_accept_sigalg);
    assert_list_equal(a->accept_ca, a->n_accept_ca, b->accept_ca,
                      b->n_accept_ca);
    assert_int_equal(a->n_extensions, b->n_extensions);
    for (i = 0; i < a->n_extensions; i++) {
        assert_data_equal(&a->extensions[i].oid, &b->extensions[i].oid);
        assert_int_equal(a->extensions[i].critical, b->extensions[i].critical);
        assert_data_equal(&a->extensions[i].value, &b->extensions[i].value);
    }
}

void
assert_message_equal(const struct kx_message *a, const struct kx_message *b)
{
    assert_int_equal(a->msg_type, b->msg_type);
    assert_int_equal(a->offer.nonce, b->offer.nonce);
    assert_tbsdata_equal(&a->offer.tbs, &b->offer.tbs);
    assert_list_equal(a->offer.chain, a->offer.n_chain, b->offer.chain,
                      b->offer.n_chain);
    assert_algorithms_equal(&a->offer.sigalg, 1, &b->offer.sigalg, 1);
    assert_data_equal(&a->offer.signature, &b->offer.signature);
    assert_data_equal(&a->confirm, &b->confirm);
}

krb5_data
sample_encoded(enum sample_type type)
{
    struct kx_krb_error error;
    struct kx_message message;

    switch (type) {
    case SAMPLE_REQ:
    case SAMPLE_REP:
        sample_full(type == SAMPLE_REQ ? KX_MSG_REQ : KX_MSG_REP, &message);
        return sample_encode(&message);
    case SAMPLE_ERROR:
        sample_error_full(&error);
        return sample_encode_error(&error);
    case SAMPLE_SPKI:
        return sample_encode_spki();
    default:
        return sample_encode_groups();
    }
}

/* sample_again() of a message. */
static krb5_error_code
message_again(int msg_type, const krb5_data *in, krb5_data *out)
{
    struct kx_message *message = NULL;
    krb5_error_code ret;

    ret = kx_decode_message(NULL, msg_type, in, &message);
    if (ret == 0)
        ret = kx_encode_message(NULL, message, out);
    kx_message_free(message);
    return ret;
}

/* sample_again() of a KRB-ERROR. */
static krb5_error_code
error_again(const krb5_data *in, krb5_data *out)
{
    struct kx_krb_error *error = NULL;
    krb5_error_code ret;

    ret = kx_decode_krb_error(NULL, in, &error);
    if (ret == 0)
        ret = kx_encode_krb_error(NULL, error, out);
    kx_krb_error_free(error);
    return ret;
}

/* sample_again() of a SubjectPublicKeyInfo. */
static krb5_error_code
spki_again(const krb5_data *in, krb5_data *out)
{
    struct kx_algorithm algorithm = {.oid = NULL};
    krb5_data key = kx_data(NULL, 0);
    krb5_error_code ret;

    ret = kx_decode_spki(NULL, in, &algorithm, &key);
    if (ret == 0)
        ret = kx_encode_spki(NULL, &algorithm, &key, out);
    kx_algorithm_clear(&algorithm);
    kx_data_free(&key);
    return ret;
}

/* sample_again() of a list of groups. */
static krb5_error_code
groups_again(const krb5_data *in, krb5_data *out)
{
    struct kx_algorithm *list = NULL;
    krb5_error_code ret;
    size_t i, n = 0;

    ret = kx_decode_groups(NULL, in, &list, &n);
    if (ret == 0)
        ret = kx_encode_groups(NULL, list, n, out);
    for (i = 0; i < n; i++)
        kx_algorithm_clear(&list[i]);
    free(list);
    return ret;
}

krb5_error_code
sample_again(enum sample_type type, const krb5_data *in, krb5_data *out)
{
    *out = kx_data(NULL, 0);
    switch (type) {
    case SAMPLE_REQ:
        return message_again(KX_MSG_REQ, in, out);
    case SAMPLE_REP:
        return message_again(KX_MSG_REP, in, out);
    case SAMPLE_ERROR:
        return error_again(in, out);
    case SAMPLE_SPKI:
        return spki_again(in, out);
    default:
        return groups_again(in, out);
    }
}
