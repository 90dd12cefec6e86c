/*
 * test_memory_codec.c: messages, when memory runs out while one is read or
 * written.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/faults/memory.h"
#include "tests/unit/test.h"
#include "tests/unit/asn1_sample.h"

static krb5_context context;

/* Each reader and each writer of kx_asn1.h is one of these works.  Where it
 * gives something, that must be what it is without a fault: libtasn1 may lose
 * a value for want of memory and go on. */

/* What a writer gave is what it gives when there is memory, or nothing. */
static krb5_error_code
written(krb5_error_code ret, krb5_data *der, const krb5_data *right)
{
    memory_restore();
    if (ret != 0)
        return ret;
    assert_data_equal(der, right);
    kx_data_free(der);
    return 0;
}

/* ---- KX-REQ and KX-REP ---- */

struct message_work {
    int msg_type;
    krb5_data der;
    struct kx_message *message; /* it, decoded */
    krb5_data tbs_der;
};

static krb5_error_code
read_message(krb5_context kcontext, void *arg)
{
    const struct message_work *work = arg;
    struct kx_message *message = NULL;
    krb5_error_code ret =
        kx_decode_message(kcontext, work->msg_type, &work->der, &message);

    memory_restore();
    assert_true((ret == 0) == (message != NULL));
    if (ret == 0)
        assert_message_equal(message, work->message);
    kx_message_free(message);
    return ret;
}

static krb5_error_code
write_message(krb5_context kcontext, void *arg)
{
    const struct message_work *work = arg;
    krb5_data der;

    return written(kx_encode_message(kcontext, work->message, &der), &der,
                   &work->der);
}

static krb5_error_code
write_tbsdata(krb5_context kcontext, void *arg)
{
    const struct message_work *work = arg;
    krb5_data der;

    return written(
        kx_encode_tbsdata(kcontext, &work->message->offer.tbs, &der), &der,
        &work->message->offer.tbs_der);
}

static void
try_message(int msg_type)
{
    struct message_work work = {
        .msg_type = msg_type,
        .der =
            sample_encoded(msg_type == KX_MSG_REQ ? SAMPLE_REQ : SAMPLE_REP)};

    assert_int_equal(
        kx_decode_message(context, msg_type, &work.der, &work.message), 0);
    memory_each(context, "kx_decode_message", read_message, &work);
    memory_each(context, "kx_encode_message", write_message, &work);
    memory_each(context, "kx_encode_tbsdata", write_tbsdata, &work);
    kx_message_free(work.message);
    kx_data_free(&work.der);
}

static void
a_request_is_read_and_written_whole_or_not_at_all(void **state)
{
    (void)state;
    try_message(KX_MSG_REQ);
}

static void
a_reply_is_read_and_written_whole_or_not_at_all(void **state)
{
    (void)state;
    try_message(KX_MSG_REP);
}

/* ---- what is read and written again ---- */

struct again_work {
    enum sample_type type;
    krb5_data der;
};

static krb5_error_code
read_and_write(krb5_context kcontext, void *arg)
{
    const struct again_work *work = arg;
    krb5_data out;

    (void)kcontext;
    return written(sample_again(work->type, &work->der, &out), &out,
                   &work->der);
}

static void
an_error_a_key_and_groups_are_read_and_written_whole_or_not_at_all(
    void **state)
{
    static const enum sample_type types[] = {SAMPLE_ERROR, SAMPLE_SPKI,
                                             SAMPLE_GROUPS};
    struct again_work work;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        work.type = types[i];
        work.der = sample_encoded(types[i]);
        memory_each(context, "another type", read_and_write, &work);
        kx_data_free(&work.der);
    }
}

/* ---- prior keys ---- */

static const struct kx_prior_name prior_names[] = {
    {1, 18, "check of the fir"}, {2, 17, "check of another"}};

static krb5_error_code
read_prior_names(krb5_context kcontext, void *arg)
{
    struct kx_prior_name *names = NULL;
    size_t n = 0;
    krb5_error_code ret = kx_decode_prior_names(kcontext, arg, &names, &n);

    memory_restore();
    assert_true((ret == 0) == (names != NULL));
    if (ret == 0) {
        assert_int_equal(n, 2);
        assert_int_equal(kx_prior_name_compare(&names[1], &prior_names[1]), 0);
    }
    free(names);
    return ret;
}

static krb5_error_code
write_prior_names(krb5_context kcontext, void *arg)
{
    krb5_data der;

    return written(kx_encode_prior_names(kcontext, prior_names, 2, &der), &der,
                   arg);
}

static void
the_names_of_prior_keys_are_read_and_written_whole_or_not_at_all(void **state)
{
    krb5_data der;

    (void)state;
    assert_int_equal(kx_encode_prior_names(context, prior_names, 2, &der), 0);
    memory_each(context, "kx_decode_prior_names", read_prior_names, &der);
    memory_each(context, "kx_encode_prior_names", write_prior_names, &der);
    kx_data_free(&der);
}

/* ---- the roots that are accepted ---- */

static krb5_error_code
read_certifiers(krb5_context kcontext, void *arg)
{
    krb5_data *ids = NULL;
    size_t n = 0;
    krb5_error_code ret = kx_decode_certifiers(kcontext, arg, &ids, &n);

    memory_restore();
    assert_true((ret == 0) == (ids != NULL));
    if (ret == 0)
        assert_int_equal(n, 2);
    kx_datas_free(ids, n);
    return ret;
}

static krb5_data certifiers[2];

static krb5_error_code
write_certifiers(krb5_context kcontext, void *arg)
{
    krb5_data der;

    return written(kx_encode_certifiers(kcontext, certifiers, 2, &der), &der,
                   arg);
}

static void
accepted_roots_are_read_and_written_whole_or_not_at_all(void **state)
{
    krb5_data der;

    (void)state;
    certifiers[0] = kx_data("the key of a root", 17);
    certifiers[1] = kx_data("that of another root", 20);
    assert_int_equal(kx_encode_certifiers(context, certifiers, 2, &der), 0);
    memory_each(context, "kx_decode_certifiers", read_certifiers, &der);
    memory_each(context, "kx_encode_certifiers", write_certifiers, &der);
    kx_data_free(&der);
}

/* ---- the key derivation's input ---- */

static const char z[] = "the shared key, which is secret.";
static const char prior_value[] = "the value of a prior key: secret";

/* What is derived from for two keys, the second one of two blocks, with a
 * prior key: into out (allocated, both empty on failure). */
static krb5_error_code
key_info(krb5_context kcontext, krb5_data out[2])
{
    struct kx_message message;
    struct kx_prior_key prior = {.kvno = 1, .etype = 18};
    struct kx_key_info info = {.till = 1, .kvno = 2};
    struct kx_key_info_form *form = NULL;
    char transcript[KX_TRANSCRIPT_SIZE] = "";
    krb5_error_code ret;
    krb5_data block;
    uint32_t i;

    out[0] = out[1] = kx_data(NULL, 0);
    sample_minimal(KX_MSG_REQ, &message);
    prior.value = kx_data(prior_value, sizeof(prior_value) - 1);
    info.kxname = message.offer.tbs.kxname;
    info.shared_key = kx_data(z, sizeof(z) - 1);
    info.transcript = kx_data(transcript, sizeof(transcript));
    info.prior = &prior;
    info.n_prior = 1;
    ret = kx_key_info_begin(kcontext, &info, &form);
    for (i = 0; ret == 0 && i < 2; i++) {
        ret = kx_key_info_encode(kcontext, form, i == 0 ? 18 : 20, i + 1,
                                 &block);
        if (ret == 0)
            ret = kx_data_copy(&block, &out[i]);
    }
    kx_key_info_end(form);
    return ret;
}

static krb5_error_code
write_key_info(krb5_context kcontext, void *arg)
{
    const krb5_data *right = arg;
    krb5_data blocks[2];
    krb5_error_code ret = key_info(kcontext, blocks);
    size_t i;

    memory_restore();
    for (i = 0; i < 2; i++) {
        if (ret == 0)
            assert_data_equal(&blocks[i], &right[i]);
        kx_data_zap_free(&blocks[i]);
    }
    return ret;
}

static void
the_shared_key_is_wiped_from_what_is_derived_from_it(void **state)
{
    krb5_data blocks[2];

    (void)state;
    memory_keep_secret(z, sizeof(z) - 1);
    memory_keep_secret(prior_value, sizeof(prior_value) - 1);
    assert_int_equal(key_info(context, blocks), 0);
    memory_each(context, "kx_key_info_encode", write_key_info, blocks);
    kx_data_zap_free(&blocks[0]);
    kx_data_zap_free(&blocks[1]);
}

/* ---- certificates ---- */

static krb5_error_code
read_certificate(krb5_context kcontext, void *arg)
{
    struct kx_certificate certificate;
    krb5_error_code ret = kx_decode_certificate(kcontext, arg, &certificate);

    memory_restore();
    if (ret == 0) {
        assert_string_equal(certificate.algorithm.oid, "1.3.101.112");
        assert_int_equal(certificate.signature.length, 64);
        kx_certificate_clear(&certificate);
    }
    return ret;
}

static void
a_certificate_is_taken_apart_or_it_is_not(void **state)
{
    static char bytes[4096];
    FILE *file = fopen(TESTDATA "/tlsa-ed25519.der", "rb");
    krb5_data der;

    (void)state;
    assert_non_null(file);
    der = kx_data(bytes, fread(bytes, 1, sizeof(bytes), file));
    assert_int_equal(fclose(file), 0);
    memory_each(context, "kx_decode_certificate", read_certificate, &der);
}

static krb5_error_code
read_pkinit_name(krb5_context kcontext, void *arg)
{
    krb5_principal name = NULL;
    krb5_error_code ret = kx_decode_pkinit_name(kcontext, arg, &name);

    memory_restore();
    assert_true((ret == 0) == (name != NULL));
    if (ret == 0)
        assert_int_equal(name->length, 2);
    krb5_free_principal(kcontext, name);
    return ret;
}

static void
a_principal_in_a_certificate_is_read_whole_or_not_at_all(void **state)
{
    static const char bytes[] = "\x30\x22"
                                "\xa0\x05\x1b\x03"
                                "A.B"
                                "\xa1\x19\x30\x17"
                                "\xa0\x03\x02\x01\x02"
                                "\xa1\x10\x30\x0e"
                                "\x1b\x06krbtgt"
                                "\x1b\x04"
                                "A.BC";
    krb5_data der = kx_data(bytes, sizeof(bytes) - 1);

    (void)state;
    memory_each(context, "kx_decode_pkinit_name", read_pkinit_name, &der);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(a_reply_is_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(
            an_error_a_key_and_groups_are_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(
            the_names_of_prior_keys_are_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(
            accepted_roots_are_read_and_written_whole_or_not_at_all),
        cmocka_unit_test(the_shared_key_is_wiped_from_what_is_derived_from_it),
        cmocka_unit_test(a_certificate_is_taken_apart_or_it_is_not),
        cmocka_unit_test(
            a_principal_in_a_certificate_is_read_whole_or_not_at_all),
    };
    int failed;

    kx_init_errors();
    if (krb5_init_context(&context) != 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    krb5_free_context(context);
    return failed;
}
