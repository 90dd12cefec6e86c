/*
 * test_prior.c: keys of before are named, proven and mixed in as
 * docs/protocol.md has it, and whoever lacks one of them has nothing.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "exchange/kx_agreement.h"
#include "exchange/prior.h"

/* One answer of testdata/prior.py. */
struct vector {
    krb5_enctype etype;
    const char *key;
    unsigned int length;
    const char *check, *value;
};

#include "tests/unit/testdata/prior_vectors.h"

#define N_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static krb5_context context;
static const krb5_data public = {KV5M_DATA, sizeof(PUBLIC) - 1,
                                 (char[]){PUBLIC}};
static const unsigned char transcript[64] = TRANSCRIPT;

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

/* Append a key of version kvno, all of whose bytes are fill. */
static void
add_key(struct kx_earlier *earlier, uint32_t kvno, krb5_enctype etype,
        int fill)
{
    struct kx_earlier_key *key;
    size_t random, length;

    earlier->keys =
        realloc(earlier->keys, (earlier->n + 1) * sizeof(*earlier->keys));
    assert_non_null(earlier->keys);
    key = &earlier->keys[earlier->n++];
    memset(key, 0, sizeof(*key));
    assert_int_equal(krb5_c_keylengths(context, etype, &random, &length), 0);
    key->kvno = kvno;
    key->chain = kvno;
    key->key.enctype = etype;
    key->key.length = (unsigned int)length;
    key->key.contents = test_alloc(length);
    memset(key->key.contents, fill, length);
}

/* Two keys of version 2 and one of version 1. */
static struct kx_earlier
three_keys(void)
{
    struct kx_earlier earlier = {0};

    add_key(&earlier, 2, ENCTYPE_AES256_CTS_HMAC_SHA384_192, 'a');
    add_key(&earlier, 2, ENCTYPE_AES128_CTS_HMAC_SHA1_96, 'b');
    add_key(&earlier, 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'c');
    return earlier;
}

/* What a request of somebody with the keys of earlier names. */
static struct kx_prior_names
names_of(const struct kx_earlier *earlier)
{
    struct kx_prior_names names;

    assert_int_equal(kx_prior_name_all(context, earlier, &public, &names), 0);
    return names;
}

/* What somebody with the keys of ours answers to asked. */
static struct kx_prior_names
common_of(const struct kx_earlier *ours, const struct kx_prior_names *asked)
{
    struct kx_prior_names names;

    assert_int_equal(
        kx_prior_name_common(context, ours, &public, asked, &names), 0);
    return names;
}

static void
assert_name(const struct kx_prior_name *name, uint32_t kvno,
            krb5_enctype etype)
{
    assert_int_equal(name->kvno, kvno);
    assert_int_equal(name->etype, etype);
}

static void
checks_and_values_are_those_of_an_independent_computation(void **state)
{
    struct kx_earlier earlier = {0};
    struct kx_prior_values values;
    struct kx_prior_names names;
    size_t i;

    (void)state;
    for (i = 0; i < N_VECTORS; i++) {
        add_key(&earlier, (uint32_t)i + 1, vectors[i].etype, 0);
        memcpy(earlier.keys[i].key.contents, vectors[i].key,
               vectors[i].length);
    }
    names = names_of(&earlier);
    assert_int_equal(names.n, N_VECTORS);
    assert_int_equal(
        kx_prior_values(context, &earlier, &names, transcript, &values), 0);
    assert_int_equal(values.n, N_VECTORS);
    for (i = 0; i < N_VECTORS; i++) {
        assert_memory_equal(names.names[i].check, vectors[i].check, 16);
        assert_int_equal(values.keys[i].kvno, i + 1);
        assert_int_equal(values.keys[i].etype, vectors[i].etype);
        assert_int_equal(values.keys[i].value.length, 64);
        assert_memory_equal(values.keys[i].value.data, vectors[i].value, 64);
    }
    kx_prior_values_clear(&values);
    free(names.names);
    kx_earlier_clear(context, &earlier);
}

static void
keys_are_named_by_version_and_then_by_type(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier);

    (void)state;
    assert_int_equal(names.n, 3);
    assert_name(&names.names[0], 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    assert_name(&names.names[1], 2, ENCTYPE_AES128_CTS_HMAC_SHA1_96);
    assert_name(&names.names[2], 2, ENCTYPE_AES256_CTS_HMAC_SHA384_192);
    free(names.names);
    kx_earlier_clear(context, &earlier);
}

static void
of_many_keys_the_newest_are_named(void **state)
{
    struct kx_earlier earlier = {0};
    struct kx_prior_names names;
    uint32_t kvno;

    (void)state;
    for (kvno = 20; kvno > 0; kvno--)
        add_key(&earlier, kvno, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'x');
    names = names_of(&earlier);
    assert_int_equal(names.n, KX_MAX_PRIOR_KEYS);
    assert_int_equal(names.names[0].kvno, 20 - KX_MAX_PRIOR_KEYS + 1);
    assert_int_equal(names.names[names.n - 1].kvno, 20);
    free(names.names);
    kx_earlier_clear(context, &earlier);
}

static void
of_two_keys_of_one_name_the_first_is_named(void **state)
{
    struct kx_earlier earlier = {0}, alone = {0};
    struct kx_prior_names names, expected;

    (void)state;
    add_key(&earlier, 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'a');
    add_key(&earlier, 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'b');
    add_key(&alone, 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'a');
    names = names_of(&earlier);
    expected = names_of(&alone);
    assert_int_equal(names.n, 1);
    assert_memory_equal(names.names, expected.names, sizeof(*names.names));
    free(names.names);
    free(expected.names);
    kx_earlier_clear(context, &earlier);
    kx_earlier_clear(context, &alone);
}

static void
a_check_is_of_one_request_alone(void **state)
{
    const krb5_data other = kx_data("another key-exchange", 20);
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier), again;

    (void)state;
    assert_int_equal(kx_prior_name_all(context, &earlier, &other, &again), 0);
    assert_memory_not_equal(names.names[0].check, again.names[0].check, 16);
    free(names.names);
    free(again.names);
    kx_earlier_clear(context, &earlier);
}

/* The codec refuses such a key-exchange before. */
static void
a_check_is_of_no_more_than_a_key_exchange_can_be(void **state)
{
    static const char zeros[KX_MAX_KEY_EXCHANGE + 1];
    const krb5_data longest = kx_data(zeros, KX_MAX_KEY_EXCHANGE);
    const krb5_data longer = kx_data(zeros, sizeof(zeros));
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names;

    (void)state;
    assert_int_equal(kx_prior_name_all(context, &earlier, &longest, &names),
                     0);
    free(names.names);
    assert_int_equal(kx_prior_name_all(context, &earlier, &longer, &names),
                     KX_ERR_TOO_LONG);
    assert_null(names.names);
    kx_earlier_clear(context, &earlier);
}

static void
what_both_have_is_common(void **state)
{
    struct kx_earlier theirs = three_keys(), ours = {0};
    struct kx_prior_names asked = names_of(&theirs), common;

    (void)state;
    add_key(&ours, 3, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'd');
    add_key(&ours, 2, ENCTYPE_AES128_CTS_HMAC_SHA1_96, 'b');
    add_key(&ours, 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96, 'c');
    common = common_of(&ours, &asked);
    assert_int_equal(common.n, 2);
    assert_memory_equal(&common.names[0], &asked.names[0],
                        sizeof(*common.names));
    assert_memory_equal(&common.names[1], &asked.names[1],
                        sizeof(*common.names));
    free(asked.names);
    free(common.names);
    kx_earlier_clear(context, &theirs);
    kx_earlier_clear(context, &ours);
}

static void
another_key_of_the_same_name_is_not_common(void **state)
{
    struct kx_earlier theirs = three_keys(), ours = three_keys();
    struct kx_prior_names asked = names_of(&theirs), common;

    (void)state;
    ours.keys[0].key.contents[31] ^= 1;
    common = common_of(&ours, &asked);
    assert_int_equal(common.n, 2);
    assert_name(&common.names[0], 1, ENCTYPE_AES256_CTS_HMAC_SHA1_96);
    assert_name(&common.names[1], 2, ENCTYPE_AES128_CTS_HMAC_SHA1_96);
    free(asked.names);
    free(common.names);
    kx_earlier_clear(context, &theirs);
    kx_earlier_clear(context, &ours);
}

static void
where_nothing_is_named_nothing_is_common(void **state)
{
    const struct kx_prior_names none = {0};
    struct kx_earlier ours = three_keys();
    struct kx_prior_names common = common_of(&ours, &none);

    (void)state;
    assert_int_equal(common.n, 0);
    assert_null(common.names);
    kx_earlier_clear(context, &ours);
}

/* Give tbs the extension with names. */
static void
put(struct kx_tbsdata *tbs, const struct kx_prior_names *names)
{
    memset(tbs, 0, sizeof(*tbs));
    assert_int_equal(kx_prior_put(context, names, tbs), 0);
}

static void
names_travel_in_an_extension_that_is_not_critical(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier), read;
    struct kx_tbsdata tbs;

    (void)state;
    put(&tbs, &names);
    assert_int_equal(tbs.n_extensions, 1);
    assert_data_equal(&tbs.extensions[0].oid, &kx_prior_oid);
    assert_false(tbs.extensions[0].critical);
    assert_int_equal(kx_prior_get(context, &tbs, &read), 0);
    assert_int_equal(read.n, 3);
    assert_memory_equal(read.names, names.names, 3 * sizeof(*read.names));
    free(read.names);
    free(names.names);
    kx_tbsdata_clear(&tbs);
    kx_earlier_clear(context, &earlier);
}

static void
without_names_there_is_no_extension(void **state)
{
    const struct kx_prior_names none = {0};
    struct kx_prior_names read;
    struct kx_tbsdata tbs;

    (void)state;
    put(&tbs, &none);
    assert_int_equal(tbs.n_extensions, 0);
    assert_int_equal(kx_prior_get(context, &tbs, &read), 0);
    assert_int_equal(read.n, 0);
}

static void
the_extension_twice_is_refused(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier), read;
    struct kx_extension two[2];
    struct kx_tbsdata tbs, twice = {0};

    (void)state;
    put(&tbs, &names);
    two[0] = two[1] = tbs.extensions[0];
    twice.extensions = two;
    twice.n_extensions = 2;
    assert_int_equal(kx_prior_get(context, &twice, &read), KX_ERR_DECODE);
    assert_null(read.names);
    free(names.names);
    kx_tbsdata_clear(&tbs);
    kx_earlier_clear(context, &earlier);
}

/* What comes of a reply with names, to a request with asked. */
static krb5_error_code
reply_with(const struct kx_prior_names *asked,
           const struct kx_prior_names *names)
{
    struct kx_tbsdata request, reply;
    krb5_error_code ret;

    put(&request, asked);
    put(&reply, names);
    ret = kx_prior_check_reply(context, &request, &reply);
    kx_tbsdata_clear(&request);
    kx_tbsdata_clear(&reply);
    return ret;
}

static void
a_reply_names_nothing_that_the_request_did_not(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names all = names_of(&earlier), some = all;
    struct kx_prior_names none = {0};

    (void)state;
    some.n = 2;
    assert_int_equal(reply_with(&all, &all), 0);
    assert_int_equal(reply_with(&all, &some), 0);
    assert_int_equal(reply_with(&all, &none), 0);
    assert_int_equal(reply_with(&some, &all), KX_ERR_PRIOR);
    assert_int_equal(reply_with(&none, &some), KX_ERR_PRIOR);
    free(all.names);
    kx_earlier_clear(context, &earlier);
}

static void
a_reply_with_another_check_than_the_request_is_refused(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names asked = names_of(&earlier);
    struct kx_prior_names given = names_of(&earlier);

    (void)state;
    given.names[2].check[15] ^= 1;
    assert_int_equal(reply_with(&asked, &given), KX_ERR_PRIOR);
    free(asked.names);
    free(given.names);
    kx_earlier_clear(context, &earlier);
}

static void
a_key_that_is_gone_meanwhile_is_told(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier);
    struct kx_prior_values values;

    (void)state;
    earlier.keys[0].kvno = 7;
    assert_int_equal(
        kx_prior_values(context, &earlier, &names, transcript, &values),
        KX_ERR_PRIOR);
    assert_null(values.keys);
    free(names.names);
    kx_earlier_clear(context, &earlier);
}

static void
the_chain_is_that_of_the_newest_key_that_is_mixed_in(void **state)
{
    struct kx_earlier earlier = three_keys();
    struct kx_prior_names names = names_of(&earlier);
    struct kx_prior_values values;

    (void)state;
    assert_int_equal(
        kx_prior_values(context, &earlier, &names, transcript, &values), 0);
    assert_int_equal(values.chain, 2);
    kx_prior_values_clear(&values);

    names.n = 1;
    assert_int_equal(
        kx_prior_values(context, &earlier, &names, transcript, &values), 0);
    assert_int_equal(values.chain, 1);
    kx_prior_values_clear(&values);

    names.n = 0;
    assert_int_equal(
        kx_prior_values(context, &earlier, &names, transcript, &values), 0);
    assert_int_equal(values.chain, 0);
    free(names.names);
    kx_earlier_clear(context, &earlier);
}

/*
 * Derive what somebody has who knows the shared secret and all that was said,
 * and of the keys named those in earlier.
 */
static void
derive(const struct kx_earlier *earlier, const struct kx_prior_names *names,
       krb5_keyblock *key, unsigned char confirm[KX_CONFIRM_SIZE])
{
    static const krb5_enctype etype = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
    const krb5_data service = kx_data("BRAVO.EXAMPLE", 13);
    const krb5_data client = kx_data("ALPHA.EXAMPLE", 13);
    struct kx_derivation derivation = {.till = 1796572260, .kvno = 3};
    struct kx_prior_values values;
    krb5_principal name;

    assert_int_equal(kx_crossover_name(context, &service, &client, &name), 0);
    assert_int_equal(
        kx_prior_values(context, earlier, names, transcript, &values), 0);
    derivation.kxname = name;
    derivation.z = kx_data("the shared secret of this exchange", 34);
    memcpy(derivation.transcript, transcript, sizeof(transcript));
    derivation.prior = values.keys;
    derivation.n_prior = values.n;
    assert_int_equal(kx_derive(context, &derivation, &etype, 1, key, confirm),
                     0);
    kx_prior_values_clear(&values);
    krb5_free_principal(context, name);
}

static void
who_lacks_a_prior_key_has_neither_the_key_nor_the_confirmation(void **state)
{
    enum { WITH_ALL, ANOTHER, ONE_BIT, WITHOUT_ONE, WITHOUT_ANY, CASES };
    unsigned char confirm[CASES + 1][KX_CONFIRM_SIZE];
    krb5_keyblock key[CASES + 1];
    struct kx_prior_names names;
    struct kx_earlier earlier;
    size_t i, j;

    (void)state;
    for (i = 0; i <= CASES; i++) {
        earlier = three_keys();
        names = names_of(&earlier);
        if (i == ANOTHER)
            memset(earlier.keys[2].key.contents, 'z', 32);
        else if (i == ONE_BIT)
            earlier.keys[1].key.contents[15] ^= 0x80;
        else if (i == WITHOUT_ONE)
            names.n--;
        else if (i == WITHOUT_ANY)
            names.n = 0;
        derive(&earlier, &names, &key[i], confirm[i]);
        free(names.names);
        kx_earlier_clear(context, &earlier);
    }
    /* The last is like the first. */
    assert_memory_equal(key[CASES].contents, key[WITH_ALL].contents, 32);
    assert_memory_equal(confirm[CASES], confirm[WITH_ALL], KX_CONFIRM_SIZE);
    for (i = 0; i < CASES; i++) {
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(key[i].contents, key[j].contents, 32);
            assert_memory_not_equal(confirm[i], confirm[j], KX_CONFIRM_SIZE);
        }
    }
    for (i = 0; i <= CASES; i++)
        krb5_free_keyblock_contents(context, &key[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            checks_and_values_are_those_of_an_independent_computation),
        cmocka_unit_test(keys_are_named_by_version_and_then_by_type),
        cmocka_unit_test(of_many_keys_the_newest_are_named),
        cmocka_unit_test(of_two_keys_of_one_name_the_first_is_named),
        cmocka_unit_test(a_check_is_of_one_request_alone),
        cmocka_unit_test(a_check_is_of_no_more_than_a_key_exchange_can_be),
        cmocka_unit_test(what_both_have_is_common),
        cmocka_unit_test(another_key_of_the_same_name_is_not_common),
        cmocka_unit_test(where_nothing_is_named_nothing_is_common),
        cmocka_unit_test(names_travel_in_an_extension_that_is_not_critical),
        cmocka_unit_test(without_names_there_is_no_extension),
        cmocka_unit_test(the_extension_twice_is_refused),
        cmocka_unit_test(a_reply_names_nothing_that_the_request_did_not),
        cmocka_unit_test(
            a_reply_with_another_check_than_the_request_is_refused),
        cmocka_unit_test(a_key_that_is_gone_meanwhile_is_told),
        cmocka_unit_test(the_chain_is_that_of_the_newest_key_that_is_mixed_in),
        cmocka_unit_test(
            who_lacks_a_prior_key_has_neither_the_key_nor_the_confirmation),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
