/*
 * test_derive.c: keys and confirmations are what KXOVER's description makes
 * them, and depend on all that both sides have said.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "exchange/kx_agreement.h"
#include "exchange/kx_crossover.h"

struct bytes {
    unsigned int length;
    const char *data;
};

/* One answer of testdata/derive.py; etype 0 is the confirmation. */
struct vector {
    const char *service, *client;
    time_t till;
    uint32_t kvno;
    krb5_enctype etype;
    struct bytes z;
    const char *transcript;
    size_t n_prior;
    struct {
        uint32_t kvno;
        krb5_enctype etype;
        struct bytes value;
    } prior[2];
    struct bytes expected;
};

#include "tests/unit/testdata/derive_vectors.h"

#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static krb5_context context;

static int
setup(void **state)
{
    (void)state;
    kx_init_errors();
    return (int)krb5_init_context(&context);
}

static int
teardown(void **state)
{
    (void)state;
    krb5_free_context(context);
    return 0;
}

/* Derivation input that a vector describes; cleared with clear_input(). */
struct input {
    struct kx_derivation derivation;
    struct kx_prior_key prior[2];
    krb5_principal name;
};

static void
set_name(struct input *input, const char *service, const char *client)
{
    krb5_data service_data = kx_data(service, strlen(service));
    krb5_data client_data = kx_data(client, strlen(client));

    krb5_free_principal(context, input->name);
    assert_int_equal(
        kx_crossover_name(context, &service_data, &client_data, &input->name),
        0);
    input->derivation.kxname = input->name;
}

static void
set_input(struct input *input, const struct vector *vector)
{
    size_t i;

    memset(input, 0, sizeof(*input));
    set_name(input, vector->service, vector->client);
    input->derivation.till = vector->till;
    input->derivation.kvno = vector->kvno;
    input->derivation.z = kx_data(vector->z.data, vector->z.length);
    memcpy(input->derivation.transcript, vector->transcript, 64);
    for (i = 0; i < vector->n_prior; i++) {
        input->prior[i].kvno = vector->prior[i].kvno;
        input->prior[i].etype = vector->prior[i].etype;
        input->prior[i].value = kx_data(vector->prior[i].value.data,
                                        vector->prior[i].value.length);
    }
    input->derivation.prior = input->prior;
    input->derivation.n_prior = vector->n_prior;
}

static void
clear_input(struct input *input)
{
    krb5_free_principal(context, input->name);
}

static void
keys_are_those_of_an_independent_computation(void **state)
{
    unsigned char confirm[KX_CONFIRM_SIZE];
    struct input input;
    krb5_keyblock key;
    size_t i, n = 0;

    (void)state;
    for (i = 0; i < N_VECTORS; i++) {
        if (vectors[i].etype == 0)
            continue;
        n++;
        set_input(&input, &vectors[i]);
        assert_int_equal(kx_derive(context, &input.derivation,
                                   &vectors[i].etype, 1, &key, confirm),
                         0);
        assert_int_equal(key.enctype, vectors[i].etype);
        assert_int_equal(key.length, vectors[i].expected.length);
        assert_memory_equal(key.contents, vectors[i].expected.data,
                            key.length);
        krb5_free_keyblock_contents(context, &key);
        clear_input(&input);
    }
    assert_int_equal(n, 12);
}

static void
confirmations_are_those_of_an_independent_computation(void **state)
{
    unsigned char confirm[KX_CONFIRM_SIZE];
    struct input input;
    size_t i, n = 0;

    (void)state;
    for (i = 0; i < N_VECTORS; i++) {
        if (vectors[i].etype != 0)
            continue;
        n++;
        set_input(&input, &vectors[i]);
        assert_int_equal(
            kx_derive(context, &input.derivation, NULL, 0, NULL, confirm), 0);
        assert_int_equal(vectors[i].expected.length, KX_CONFIRM_SIZE);
        assert_memory_equal(confirm, vectors[i].expected.data,
                            KX_CONFIRM_SIZE);
        clear_input(&input);
    }
    assert_int_equal(n, 3);
}

/* One thing that both sides have said, changed. */
static void
change_service(struct input *input)
{
    set_name(input, "CRAVO.EXAMPLE", "ALPHA.EXAMPLE");
}

static void
change_client(struct input *input)
{
    set_name(input, "BRAVO.EXAMPLE", "ALPHB.EXAMPLE");
}

static void
change_realms_over(struct input *input)
{
    set_name(input, "ALPHA.EXAMPLE", "BRAVO.EXAMPLE");
}

static void
change_name_type(struct input *input)
{
    input->name->type = KRB5_NT_PRINCIPAL;
}

static void
change_till(struct input *input)
{
    input->derivation.till++;
}

static void
change_kvno(struct input *input)
{
    input->derivation.kvno++;
}

static void
change_secret(struct input *input)
{
    static const char other[32] = {1};

    input->derivation.z = kx_data(other, sizeof(other));
}

static void
change_secret_length(struct input *input)
{
    input->derivation.z.length--;
}

static void
change_transcript(struct input *input)
{
    input->derivation.transcript[63] ^= 1;
}

static void
change_prior_away(struct input *input)
{
    input->derivation.n_prior = 0;
}

static void
change_prior_number(struct input *input)
{
    input->derivation.n_prior = 1;
}

static void
change_prior_order(struct input *input)
{
    struct kx_prior_key first = input->prior[0];

    input->prior[0] = input->prior[1];
    input->prior[1] = first;
}

static void
change_prior_kvno(struct input *input)
{
    input->prior[0].kvno++;
}

static void
change_prior_etype(struct input *input)
{
    input->prior[0].etype = ENCTYPE_AES128_CTS_HMAC_SHA1_96;
}

static void
change_prior_value(struct input *input)
{
    input->prior[0].value.length--;
}

static void (*const changes[])(struct input *) = {
    change_service,    change_client,        change_realms_over,
    change_name_type,  change_till,          change_kvno,
    change_secret,     change_secret_length, change_transcript,
    change_prior_away, change_prior_number,  change_prior_order,
    change_prior_kvno, change_prior_etype,   change_prior_value,
};
#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

static void
everything_that_goes_in_changes_what_comes_out(void **state)
{
    static const krb5_enctype etype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
    unsigned char confirm[N_CHANGES + 1][KX_CONFIRM_SIZE];
    krb5_keyblock key[N_CHANGES + 1];
    struct input input;
    size_t i, j;

    (void)state;
    for (i = 0; i <= N_CHANGES; i++) {
        /* The last vector has prior keys. */
        set_input(&input, &vectors[N_VECTORS - 1]);
        if (i < N_CHANGES)
            changes[i](&input);
        assert_int_equal(kx_derive(context, &input.derivation, &etype, 1,
                                   &key[i], confirm[i]),
                         0);
        clear_input(&input);
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(key[i].contents, key[j].contents, 32);
            assert_memory_not_equal(confirm[i], confirm[j], KX_CONFIRM_SIZE);
        }
    }
    for (i = 0; i <= N_CHANGES; i++)
        krb5_free_keyblock_contents(context, &key[i]);
}

static void
keys_of_different_types_and_the_confirmation_have_nothing_in_common(
    void **state)
{
    static const krb5_enctype etypes[] = {17, 18, 19, 20};
    unsigned char first[5][16], confirm[KX_CONFIRM_SIZE];
    struct input input;
    krb5_keyblock keys[4];
    size_t i, j;

    (void)state;
    set_input(&input, &vectors[0]);
    assert_int_equal(
        kx_derive(context, &input.derivation, etypes, 4, keys, confirm), 0);
    memcpy(first[4], confirm, 16);
    for (i = 0; i < 4; i++) {
        memcpy(first[i], keys[i].contents, 16);
        krb5_free_keyblock_contents(context, &keys[i]);
    }
    for (i = 0; i < 5; i++) {
        for (j = 0; j < i; j++)
            assert_memory_not_equal(first[i], first[j], 16);
    }
    clear_input(&input);
}

static void
a_key_does_not_depend_on_those_derived_with_it(void **state)
{
    static const krb5_enctype etypes[] = {20, 17, 18};
    unsigned char confirm[2][KX_CONFIRM_SIZE];
    krb5_keyblock keys[3], alone;
    struct input input;
    size_t i;

    (void)state;
    set_input(&input, &vectors[N_VECTORS - 1]);
    assert_int_equal(
        kx_derive(context, &input.derivation, etypes, 3, keys, confirm[0]), 0);
    for (i = 0; i < 3; i++) {
        assert_int_equal(kx_derive(context, &input.derivation, &etypes[i], 1,
                                   &alone, confirm[1]),
                         0);
        assert_int_equal(keys[i].enctype, etypes[i]);
        assert_int_equal(keys[i].length, alone.length);
        assert_memory_equal(keys[i].contents, alone.contents, alone.length);
        assert_memory_equal(confirm[0], confirm[1], KX_CONFIRM_SIZE);
        krb5_free_keyblock_contents(context, &keys[i]);
        krb5_free_keyblock_contents(context, &alone);
    }
    clear_input(&input);
}

/* Deriving for these types fails with code and gives nothing. */
static void
assert_nothing_derived(const struct kx_derivation *derivation,
                       const krb5_enctype *etypes, size_t n,
                       krb5_error_code code)
{
    static const unsigned char zeros[KX_CONFIRM_SIZE];
    unsigned char confirm[KX_CONFIRM_SIZE];
    krb5_keyblock keys[2];
    size_t i;

    memset(confirm, 0xff, sizeof(confirm));
    assert_int_equal(kx_derive(context, derivation, etypes, n, keys, confirm),
                     code);
    for (i = 0; i < n; i++)
        assert_null(keys[i].contents);
    assert_memory_equal(confirm, zeros, sizeof(zeros));
}

static void
an_encryption_type_that_is_none_is_refused(void **state)
{
    /* 0 among them: its stream is the confirmation's. */
    static const krb5_enctype none[] = {0, -1, 1, 999, INT32_MAX, INT32_MIN};
    krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96, 0};
    struct input input;
    size_t i;

    (void)state;
    set_input(&input, &vectors[0]);
    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        etypes[1] = none[i];
        assert_nothing_derived(&input.derivation, etypes, 2,
                               KX_ERR_POLICY_ETYPE);
    }
    clear_input(&input);
}

static void
what_cannot_be_encoded_gives_neither_key_nor_confirmation(void **state)
{
    static const krb5_enctype etype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
    struct input input;

    (void)state;
    set_input(&input, &vectors[0]);
    /* KerberosTime ends with the year 9999. */
    input.derivation.till = (time_t)253402300800;
    assert_nothing_derived(&input.derivation, &etype, 1, KX_ERR_ENCODE);
    clear_input(&input);
}

static void
the_transcript_is_of_the_request_and_then_of_the_reply(void **state)
{
    krb5_data request = kx_data("request", 7), reply = kx_data("reply", 5);
    unsigned char transcript[64];

    (void)state;
    assert_int_equal(kx_transcript(context, &request, &reply, transcript), 0);
    assert_memory_equal(transcript, vectors[0].transcript, 64);
    assert_int_equal(kx_transcript(context, &reply, &request, transcript), 0);
    assert_memory_not_equal(transcript, vectors[0].transcript, 64);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_an_independent_computation),
        cmocka_unit_test(
            confirmations_are_those_of_an_independent_computation),
        cmocka_unit_test(everything_that_goes_in_changes_what_comes_out),
        cmocka_unit_test(
            keys_of_different_types_and_the_confirmation_have_nothing_in_common),
        cmocka_unit_test(a_key_does_not_depend_on_those_derived_with_it),
        cmocka_unit_test(an_encryption_type_that_is_none_is_refused),
        cmocka_unit_test(
            what_cannot_be_encoded_gives_neither_key_nor_confirmation),
        cmocka_unit_test(
            the_transcript_is_of_the_request_and_then_of_the_reply),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
