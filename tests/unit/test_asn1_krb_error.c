/*
 * test_asn1_krb_error.c: KRB-ERROR as libkrb5 writes and reads it, which knows
 * nothing of our codec.
 *
 * sample_error_full() has no ctime, cusec, crealm and cname, so that what
 * comes after them has lower positions than tags: susec is 3, realm is 5,
 * sname is 6, e-text is 7 and e-data is 8.  with_client() has them all.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

#define REFUSED_ERROR(path, with, code)                                       \
    assert_refused_with(SAMPLE_ERROR, path, with, sizeof(with) - 1, code)

static int
make_context(void **state)
{
    krb5_context context;

    assert_int_equal(krb5_init_context(&context), 0);
    *state = context;
    return 0;
}

static int
free_context(void **state)
{
    krb5_free_context(*state);
    return 0;
}

/* The same error for libkrb5; what it points to stays ours. */
static krb5_error
for_krb5(const struct kx_krb_error *error)
{
    krb5_error out = {.magic = KV5M_ERROR};

    out.stime = (krb5_timestamp)error->stime;
    out.susec = error->susec;
    out.error = (krb5_ui_4)error->error_code;
    out.server = error->sname;
    if (error->e_text != NULL)
        out.text = kx_data(error->e_text, strlen(error->e_text));
    out.e_data = error->e_data;
    return out;
}

/* What krb5_mk_error() makes of error. */
static krb5_data
made_by_krb5(krb5_context context, const krb5_error *error)
{
    krb5_data out;

    assert_int_equal(krb5_mk_error(context, error, &out), 0);
    return out;
}

static void
ours_is_bytewise_what_libkrb5_makes(void **state)
{
    void (*const samples[])(struct kx_krb_error *) = {sample_error_full,
                                                      sample_error_minimal};
    struct kx_krb_error error;
    krb5_error same;
    krb5_data ours, theirs;
    size_t i;

    for (i = 0; i < 2; i++) {
        samples[i](&error);
        ours = sample_encode_error(&error);
        same = for_krb5(&error);
        theirs = made_by_krb5(*state, &same);
        assert_data_equal(&ours, &theirs);
        krb5_free_data_contents(*state, &theirs);
        kx_data_free(&ours);
    }
}

static void
libkrb5_reads_ours(void **state)
{
    struct kx_krb_error error;
    krb5_error *read = NULL;
    krb5_data ours;

    sample_error_full(&error);
    ours = sample_encode_error(&error);
    assert_int_equal(krb5_rd_error(*state, &ours, &read), 0);
    assert_int_equal(read->stime, error.stime);
    assert_int_equal(read->susec, error.susec);
    assert_int_equal(read->error, error.error_code);
    assert_true(krb5_principal_compare(*state, read->server, error.sname));
    assert_int_equal(read->text.length, strlen(error.e_text));
    assert_memory_equal(read->text.data, error.e_text, read->text.length);
    assert_data_equal(&read->e_data, &error.e_data);
    krb5_free_error(*state, read);
    kx_data_free(&ours);
}

static void
we_read_what_libkrb5_makes(void **state)
{
    struct kx_krb_error error, *read = NULL;
    krb5_error same;
    krb5_data theirs;

    sample_error_full(&error);
    same = for_krb5(&error);
    theirs = made_by_krb5(*state, &same);
    assert_int_equal(kx_decode_krb_error(*state, &theirs, &read), 0);
    assert_int_equal(read->stime, error.stime);
    assert_int_equal(read->susec, error.susec);
    assert_int_equal(read->error_code, error.error_code);
    assert_true(krb5_principal_compare(*state, read->sname, error.sname));
    assert_string_equal(read->e_text, error.e_text);
    assert_data_equal(&read->e_data, &error.e_data);
    kx_krb_error_free(read);
    krb5_free_data_contents(*state, &theirs);
}

static void
what_is_absent_is_read_as_nothing(void **state)
{
    struct kx_krb_error error, *read = NULL;
    krb5_data der;

    sample_error_minimal(&error);
    der = sample_encode_error(&error);
    assert_int_equal(kx_decode_krb_error(*state, &der, &read), 0);
    assert_null(read->e_text);
    assert_int_equal(read->e_data.length, 0);
    assert_null(read->e_data.data);
    kx_krb_error_free(read);
    kx_data_free(&der);
}

/* A KRB-ERROR of libkrb5 with all that RFC 4120 knows. */
static krb5_data
with_client(krb5_context context)
{
    struct kx_krb_error error;
    krb5_error full;

    sample_error_full(&error);
    full = for_krb5(&error);
    full.client = error.sname;
    full.ctime = 1000000000;
    full.cusec = 999999;
    return made_by_krb5(context, &full);
}

static void
what_is_about_a_client_is_passed_over(void **state)
{
    krb5_data der = with_client(*state);
    struct kx_krb_error *read = NULL;

    assert_int_equal(kx_decode_krb_error(*state, &der, &read), 0);
    assert_int_equal(read->error_code, 65);
    kx_krb_error_free(read);
    krb5_free_data_contents(*state, &der);
}

/* The full error of libkrb5 with other bytes at path is refused. */
static void
client_refused(krb5_context context, const char *path, const char *with,
               size_t length, krb5_error_code code)
{
    krb5_data der = with_client(context);
    krb5_data other = der_replace(&der, path, with, length);

    assert_refused(SAMPLE_ERROR, &other, code);
    kx_data_free(&other);
    krb5_free_data_contents(context, &der);
}

/* A name-string with one component too many. */
static const char five_names[] = "\x30\x0f\x1b\x01"
                                 "a\x1b\x01"
                                 "b\x1b\x01"
                                 "c\x1b\x01"
                                 "d\x1b\x01"
                                 "e";

static void
a_server_has_up_to_4_names(void **state)
{
    client_refused(*state, "10.1v", five_names, sizeof(five_names) - 1,
                   KX_ERR_TOO_LONG);
}

static void
what_is_about_a_client_is_checked_all_the_same(void **state)
{
    client_refused(*state, "2v", "\x18\x00", 2, KX_ERR_DECODE);
    client_refused(*state, "3v", "\x02\x03\x0f\x42\x40", 5, KX_ERR_DECODE);
    client_refused(*state, "3v", "\x02\x01\xff", 3, KX_ERR_DECODE);
    client_refused(*state, "3v", "\x02\x02\x00\x01", 4, KX_ERR_NOT_DER);
    client_refused(*state, "7v", "\x1b\x01\x00", 3, KX_ERR_DECODE);
    client_refused(*state, "7", "", 0, KX_ERR_DECODE);
    client_refused(*state, "8", "", 0, KX_ERR_DECODE);
    client_refused(*state, "8.1v", five_names, sizeof(five_names) - 1,
                   KX_ERR_TOO_LONG);
}

static void
error_codes_of_32_bits_come_back(void **state)
{
    static const int32_t codes[] = {0, 1, 127, 128, INT32_MAX, INT32_MIN, -1};
    struct kx_krb_error error, *read = NULL;
    krb5_data der;
    size_t i;

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        sample_error_minimal(&error);
        error.error_code = codes[i];
        der = sample_encode_error(&error);
        assert_int_equal(kx_decode_krb_error(*state, &der, &read), 0);
        assert_int_equal(read->error_code, codes[i]);
        kx_krb_error_free(read);
        kx_data_free(&der);
    }
}

static void
another_version_is_refused(void **state)
{
    (void)state;
    REFUSED_ERROR("0v", "\x02\x01\x04", KX_ERR_VERSION);
}

static void
another_message_type_is_refused(void **state)
{
    krb5_data request = sample_encoded(SAMPLE_REQ);

    (void)state;
    REFUSED_ERROR("1v", "\x02\x01\x12", KX_ERR_MSG_TYPE);
    assert_refused(SAMPLE_ERROR, &request, KX_ERR_MSG_TYPE);
    kx_data_free(&request);
}

static void
microseconds_are_under_a_million(void **state)
{
    struct kx_krb_error error;
    krb5_data out;

    (void)state;
    REFUSED_ERROR("3v", "\x02\x03\x0f\x42\x40", KX_ERR_DECODE);
    REFUSED_ERROR("3v", "\x02\x01\xff", KX_ERR_DECODE);
    sample_error_full(&error);
    error.susec = 1000000;
    assert_int_equal(kx_encode_krb_error(NULL, &error, &out), KX_ERR_ENCODE);
    error.susec = -1;
    assert_int_equal(kx_encode_krb_error(NULL, &error, &out), KX_ERR_ENCODE);
}

static void
an_error_names_a_server(void **state)
{
    struct kx_krb_error error;
    krb5_data out;

    (void)state;
    REFUSED_ERROR("5", "", KX_ERR_DECODE);
    REFUSED_ERROR("6", "", KX_ERR_DECODE);
    sample_error_full(&error);
    error.sname = NULL;
    assert_int_equal(kx_encode_krb_error(NULL, &error, &out), KX_ERR_ENCODE);
}

static void
a_text_is_printable_and_ends_nowhere_else(void **state)
{
    struct kx_krb_error error;
    char newline[] = "two\nlines";
    krb5_data out;

    (void)state;
    REFUSED_ERROR("7v", "\x1b\x03\x41\x00\x41", KX_ERR_DECODE);
    REFUSED_ERROR("7v", "\x1b\x00", KX_ERR_DECODE);
    sample_error_full(&error);
    error.e_text = newline;
    assert_int_equal(kx_encode_krb_error(NULL, &error, &out), KX_ERR_ENCODE);
}

static void
data_that_is_there_has_bytes(void **state)
{
    (void)state;
    REFUSED_ERROR("8v", "\x04\x00", KX_ERR_DECODE);
}

static void
a_text_has_up_to_1024_characters(void **state)
{
    char text[KX_MAX_ERROR_TEXT + 2];
    struct kx_krb_error error, *read = NULL;
    krb5_data der, element, other;

    memset(text, 't', sizeof(text));
    text[KX_MAX_ERROR_TEXT] = '\0';
    sample_error_minimal(&error);
    error.e_text = text;
    der = sample_encode_error(&error);
    assert_int_equal(kx_decode_krb_error(*state, &der, &read), 0);
    assert_string_equal(read->e_text, text);
    kx_krb_error_free(read);

    text[KX_MAX_ERROR_TEXT] = 't';
    text[KX_MAX_ERROR_TEXT + 1] = '\0';
    assert_int_equal(kx_encode_krb_error(NULL, &error, &other),
                     KX_ERR_TOO_LONG);
    element = der_wrap(0x1b, text, KX_MAX_ERROR_TEXT + 1);
    other = der_replace(&der, "7v", element.data, element.length);
    assert_refused(SAMPLE_ERROR, &other, KX_ERR_TOO_LONG);
    kx_data_free(&other);
    kx_data_free(&element);
    kx_data_free(&der);
}

static void
data_has_up_to_8192_bytes(void **state)
{
    char *data = test_alloc(KX_MAX_ERROR_DATA + 1);
    struct kx_krb_error error, *read = NULL;
    krb5_data der, element, other;

    memset(data, 'd', KX_MAX_ERROR_DATA + 1);
    sample_error_minimal(&error);
    error.e_data = kx_data(data, KX_MAX_ERROR_DATA);
    der = sample_encode_error(&error);
    assert_int_equal(kx_decode_krb_error(*state, &der, &read), 0);
    assert_data_equal(&read->e_data, &error.e_data);
    kx_krb_error_free(read);

    error.e_data.length++;
    assert_int_equal(kx_encode_krb_error(NULL, &error, &other),
                     KX_ERR_TOO_LONG);
    element = der_wrap(0x04, data, KX_MAX_ERROR_DATA + 1);
    other = der_replace(&der, "7v", element.data, element.length);
    assert_refused(SAMPLE_ERROR, &other, KX_ERR_TOO_LONG);
    kx_data_free(&other);
    kx_data_free(&element);
    kx_data_free(&der);
    free(data);
}

#define TEST(name)                                                            \
    cmocka_unit_test_setup_teardown(name, make_context, free_context)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ours_is_bytewise_what_libkrb5_makes),
        TEST(libkrb5_reads_ours),
        TEST(we_read_what_libkrb5_makes),
        TEST(what_is_absent_is_read_as_nothing),
        TEST(what_is_about_a_client_is_passed_over),
        TEST(a_server_has_up_to_4_names),
        TEST(what_is_about_a_client_is_checked_all_the_same),
        TEST(error_codes_of_32_bits_come_back),
        TEST(another_version_is_refused),
        TEST(another_message_type_is_refused),
        TEST(microseconds_are_under_a_million),
        TEST(an_error_names_a_server),
        TEST(a_text_is_printable_and_ends_nowhere_else),
        TEST(data_that_is_there_has_bytes),
        TEST(a_text_has_up_to_1024_characters),
        TEST(data_has_up_to_8192_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
