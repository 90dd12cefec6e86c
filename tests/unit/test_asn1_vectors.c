/*
 * test_asn1_vectors.c: our messages are bytewise those of another encoder, by
 * files that OpenSSL made from testdata/kxover.cnf.
 */
#include "config.h"
#include "tests/unit/test.h"
#include "tests/unit/asn1_sample.h"
#include "tests/unit/hex.h"

/* The file holds message: encoded and decoded. */
static void
is_in_file(const struct kx_message *message, const char *name)
{
    krb5_data file = hex_file(name), ours = sample_encode(message);
    struct kx_message *read = NULL;

    assert_data_equal(&ours, &file);
    assert_int_equal(kx_decode_message(NULL, message->msg_type, &file, &read),
                     0);
    assert_message_equal(message, read);
    kx_message_free(read);
    kx_data_free(&ours);
    kx_data_free(&file);
}

static void
a_full_request_is_what_openssl_makes_of_it(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    is_in_file(&message, "kx-req.hex");
}

static void
a_full_reply_is_what_openssl_makes_of_it(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REP, &message);
    is_in_file(&message, "kx-rep.hex");
}

static void
a_minimal_request_is_what_openssl_makes_of_it(void **state)
{
    struct kx_message message;

    (void)state;
    sample_minimal(KX_MSG_REQ, &message);
    is_in_file(&message, "kx-req-minimal.hex");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_request_is_what_openssl_makes_of_it),
        cmocka_unit_test(a_full_reply_is_what_openssl_makes_of_it),
        cmocka_unit_test(a_minimal_request_is_what_openssl_makes_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
