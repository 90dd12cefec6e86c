/*
 * test_asn1_message.c: KX-REQ and KX-REP come back as they were sent.
 */
#include "config.h"
#include <pthread.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_sample.h"
#include "tests/unit/der.h"

/* Encode and decode message; it has to come back. */
static void
comes_back(const struct kx_message *message)
{
    krb5_data der = sample_encode(message);
    struct kx_message *back = NULL;

    assert_int_equal(kx_decode_message(NULL, message->msg_type, &der, &back),
                     0);
    assert_message_equal(message, back);
    kx_message_free(back);
    kx_data_free(&der);
}

static void
a_full_request_comes_back(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    comes_back(&message);
}

static void
a_full_reply_comes_back(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REP, &message);
    comes_back(&message);
}

static void
a_minimal_request_comes_back(void **state)
{
    struct kx_message message;

    (void)state;
    sample_minimal(KX_MSG_REQ, &message);
    comes_back(&message);
}

static void
a_minimal_reply_comes_back(void **state)
{
    struct kx_message message;

    (void)state;
    sample_minimal(KX_MSG_REP, &message);
    comes_back(&message);
}

/* Every one of the optional fields alone, then all but that one. */
static void
each_optional_field_may_be_there_or_not(void **state)
{
    struct kx_message full, message;
    struct kx_tbsdata *tbs = &message.offer.tbs;
    const struct kx_tbsdata *from = &full.offer.tbs;
    int field, alone;

    (void)state;
    for (alone = 0; alone < 2; alone++) {
        for (field = 0; field < 5; field++) {
            sample_full(KX_MSG_REQ, &full);
            sample_full(KX_MSG_REQ, &message);
            if ((field == 0) != alone) {
                tbs->has_kvno = FALSE;
                tbs->kvno = 0;
            }
            tbs->n_accept_group =
                (field == 1) != alone ? 0 : from->n_accept_group;
            tbs->n_accept_sigalg =
                (field == 2) != alone ? 0 : from->n_accept_sigalg;
            tbs->n_accept_ca = (field == 3) != alone ? 0 : from->n_accept_ca;
            tbs->n_extensions = (field == 4) != alone ? 0 : from->n_extensions;
            comes_back(&message);
        }
    }
}

static void
a_kvno_of_zero_is_not_a_missing_one(void **state)
{
    struct kx_message message;

    (void)state;
    sample_minimal(KX_MSG_REQ, &message);
    message.offer.tbs.has_kvno = TRUE;
    comes_back(&message);
}

static void
times_come_back_from_the_year_0_to_9999(void **state)
{
    static const time_t times[] = {-62167219200, -1,         0,
                                   951782400,    4107542399, 253402300799};
    struct kx_message message;
    size_t i;

    (void)state;
    sample_minimal(KX_MSG_REQ, &message);
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        message.offer.tbs.till = times[i];
        comes_back(&message);
    }
}

static void
a_time_beyond_the_year_9999_is_not_encoded(void **state)
{
    struct kx_message message;

    (void)state;
    sample_minimal(KX_MSG_REQ, &message);
    message.offer.tbs.till = 253402300800;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    message.offer.tbs.till = -62167219201;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

static void
a_message_begins_with_its_application_tag(void **state)
{
    krb5_data req = sample_encoded(SAMPLE_REQ);
    krb5_data rep = sample_encoded(SAMPLE_REP);

    (void)state;
    assert_int_equal((unsigned char)req.data[0], 0x72);
    assert_int_equal((unsigned char)rep.data[0], 0x73);
    kx_data_free(&req);
    kx_data_free(&rep);
}

static void
what_was_signed_is_given_out_as_it_stands_in_the_message(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REP);
    krb5_data tbs = der_at(&der, "2.1v");
    struct kx_message *message = NULL;

    (void)state;
    assert_int_equal(kx_decode_message(NULL, KX_MSG_REP, &der, &message), 0);
    assert_data_equal(&message->offer.tbs_der, &tbs);
    assert_int_equal(message->offer.tbs_der.data[0], 0x30);
    kx_message_free(message);
    kx_data_free(&der);
}

static void
a_message_is_sent_with_what_was_signed(void **state)
{
    struct kx_message message;
    krb5_data out, tbs;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    assert_int_equal(
        kx_encode_tbsdata(NULL, &message.offer.tbs, &message.offer.tbs_der),
        0);
    message.offer.tbs.till++;
    assert_int_equal(kx_encode_message(NULL, &message, &out), 0);
    tbs = der_at(&out, "2.1v");
    assert_data_equal(&tbs, &message.offer.tbs_der);
    kx_data_free(&message.offer.tbs_der);
    kx_data_free(&out);
}

static void
a_request_with_a_confirmation_is_not_encoded(void **state)
{
    struct kx_message message, reply;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    sample_full(KX_MSG_REP, &reply);
    message.confirm = reply.confirm;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

/* The words that message is refused with by the encoder. */
static void
not_encoded_because(const struct kx_message *message, const char *expected)
{
    krb5_context context = NULL;
    krb5_data out = kx_data(NULL, 0);
    const char *words;
    krb5_error_code ret;

    assert_int_equal(krb5_init_context(&context), 0);
    ret = kx_encode_message(context, message, &out);
    assert_int_equal(ret, KX_ERR_ENCODE);
    assert_int_equal(out.length, 0);
    words = krb5_get_error_message(context, ret);
    assert_string_equal(words, expected);
    krb5_free_error_message(context, words);
    krb5_free_context(context);
}

static void
a_message_of_another_type_is_not_encoded(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.msg_type = 10;
    not_encoded_because(&message, "10 is not a message's type");
}

static void
a_message_in_which_nothing_was_signed_is_not_encoded(void **state)
{
    const krb5_data wrong[] = {kx_data(NULL, 0), kx_data("\x30\x00\x00", 3),
                               kx_data("\x31\x00", 2),
                               kx_data("\x30\x81\x00", 3)};
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        message.offer.tbs_der = wrong[i];
        not_encoded_because(&message,
                            "KX-REQ: what was signed is not a KX-TBSDATA");
    }
}

static void
a_key_exchange_that_is_no_public_key_is_not_encoded(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.key_exchange = message.offer.signature;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

static void
an_authority_that_is_none_is_not_encoded(void **state)
{
    krb5_data ca = kx_data("\x30\x02\x05\x00", 4);
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.accept_ca = &ca;
    message.offer.tbs.n_accept_ca = 1;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

static void
a_certificate_that_is_not_der_is_not_encoded(void **state)
{
    krb5_data certificate = kx_data("\x30\x81\x03\x02\x01\x02", 6);
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.chain = &certificate;
    message.offer.n_chain = 1;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

static void
parameters_that_are_not_der_are_not_encoded(void **state)
{
    static const char *const wrong[] = {"\x05", "\x05\x00\x05\x00",
                                        "\x05\x81\x00", "\x30\x80\x00\x00",
                                        "\x05\x82"};
    static const unsigned int lengths[] = {1, 4, 3, 4, 2};
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < 5; i++) {
        message.offer.sigalg.parameters = kx_data(wrong[i], lengths[i]);
        assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    }
}

static void
an_object_identifier_that_is_none_is_not_encoded(void **state)
{
    static char wrong[][32] = {
        "",     "1",      "3.1",  "1.40", "1..2",  ".1.2",
        "1.2.", "1.2.03", "1.+2", "1.2 ", "1.2.x", "1.2.99999999999999999999",
    };
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        message.offer.sigalg.oid = wrong[i];
        assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    }
    message.offer.sigalg.oid = NULL;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
}

static void
a_refusal_says_which_field_of_which_message(void **state)
{
    krb5_context context = NULL;
    krb5_data der = sample_encoded(SAMPLE_REQ);
    krb5_data wrong = der_replace(&der, "2.1.3v", "\x1b\x01\x07", 3);
    struct kx_message *message = NULL;
    const char *words;
    krb5_error_code ret;

    (void)state;
    assert_int_equal(krb5_init_context(&context), 0);
    ret = kx_decode_message(context, KX_MSG_REQ, &wrong, &message);
    words = krb5_get_error_message(context, ret);
    assert_string_equal(words, "KX-REQ: kxrealm has a character that is not "
                               "printable ASCII");
    krb5_free_error_message(context, words);
    krb5_free_context(context);
    kx_data_free(&wrong);
    kx_data_free(&der);
}

/* Much of krb5 prints realms and components as C strings. */
static void
strings_have_a_nul_behind_them(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    struct kx_message *message = NULL;
    krb5_principal name;

    (void)state;
    assert_int_equal(kx_decode_message(NULL, KX_MSG_REQ, &der, &message), 0);
    name = message->offer.tbs.kxname;
    assert_string_equal(name->realm.data, "A.EXAMPLE");
    assert_string_equal(name->data[0].data, "krbtgt");
    assert_string_equal(name->data[1].data, "B.EXAMPLE");
    kx_message_free(message);
    kx_data_free(&der);
}

static void
nothing_is_given_out_on_failure(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    struct kx_message *message = NULL;

    (void)state;
    der.length--;
    assert_int_not_equal(kx_decode_message(NULL, KX_MSG_REQ, &der, &message),
                         0);
    assert_null(message);
    kx_data_free(&der);
}

/* Decode der a few times; the result is NULL when it went well. */
static void *
decode_repeatedly(void *der)
{
    struct kx_message expected, *message;
    int i;

    sample_full(KX_MSG_REQ, &expected);
    for (i = 0; i < 20; i++) {
        message = NULL;
        if (kx_decode_message(NULL, KX_MSG_REQ, der, &message) != 0 ||
            message->offer.nonce != expected.offer.nonce)
            return der;
        kx_message_free(message);
    }
    return NULL;
}

static void
threads_may_decode_at_the_same_time(void **state)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    pthread_t threads[4];
    void *wrong;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, decode_repeatedly, &der), 0);
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    kx_data_free(&der);
}

static void
nothing_is_released_as_nothing(void **state)
{
    (void)state;
    kx_message_free(NULL);
    kx_tbsdata_clear(NULL);
    kx_algorithm_clear(NULL);
    kx_krb_error_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_request_comes_back),
        cmocka_unit_test(a_full_reply_comes_back),
        cmocka_unit_test(a_minimal_request_comes_back),
        cmocka_unit_test(a_minimal_reply_comes_back),
        cmocka_unit_test(each_optional_field_may_be_there_or_not),
        cmocka_unit_test(a_kvno_of_zero_is_not_a_missing_one),
        cmocka_unit_test(times_come_back_from_the_year_0_to_9999),
        cmocka_unit_test(a_time_beyond_the_year_9999_is_not_encoded),
        cmocka_unit_test(a_message_begins_with_its_application_tag),
        cmocka_unit_test(
            what_was_signed_is_given_out_as_it_stands_in_the_message),
        cmocka_unit_test(a_message_is_sent_with_what_was_signed),
        cmocka_unit_test(a_message_in_which_nothing_was_signed_is_not_encoded),
        cmocka_unit_test(a_request_with_a_confirmation_is_not_encoded),
        cmocka_unit_test(a_message_of_another_type_is_not_encoded),
        cmocka_unit_test(a_key_exchange_that_is_no_public_key_is_not_encoded),
        cmocka_unit_test(an_authority_that_is_none_is_not_encoded),
        cmocka_unit_test(a_certificate_that_is_not_der_is_not_encoded),
        cmocka_unit_test(parameters_that_are_not_der_are_not_encoded),
        cmocka_unit_test(an_object_identifier_that_is_none_is_not_encoded),
        cmocka_unit_test(a_refusal_says_which_field_of_which_message),
        cmocka_unit_test(strings_have_a_nul_behind_them),
        cmocka_unit_test(nothing_is_given_out_on_failure),
        cmocka_unit_test(threads_may_decode_at_the_same_time),
        cmocka_unit_test(nothing_is_released_as_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
