/*
 * test_asn1_key_info.c: KXOVER-KEY-INFO, and that its secrets stay nowhere.
 */
#include "config.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_sample.h"
#include "tests/unit/der.h"
#include "tests/unit/hex.h"

#define SHARED_KEY "a shared key that is 32 bytes..."
#define TRANSCRIPT                                                            \
    "SHA-512 of one TBSDATA and another, 64 bytes, or so it may seem."
#define PRIOR_1 "PRF+ of the first prior key ...."
#define PRIOR_2 "PRF+ of the second"

/* What kxover.cnf says under [key_info], with these two. */
#define ETYPE 18
#define SEQ 3

static void
sample_key_info(struct kx_key_info *out, struct kx_prior_key *prior)
{
    struct kx_message message;

    sample_full(KX_MSG_REQ, &message);
    prior[0] = (struct kx_prior_key){
        .kvno = 1, .etype = 18, .value = kx_data(PRIOR_1, strlen(PRIOR_1))};
    prior[1] =
        (struct kx_prior_key){.kvno = UINT32_MAX,
                              .etype = -1,
                              .value = kx_data(PRIOR_2, strlen(PRIOR_2))};
    *out = (struct kx_key_info){
        .kxname = message.offer.tbs.kxname,
        .till = message.offer.tbs.till,
        .kvno = 65535,
        .shared_key = kx_data(SHARED_KEY, strlen(SHARED_KEY)),
        .transcript = kx_data(TRANSCRIPT, strlen(TRANSCRIPT)),
        .prior = prior,
        .n_prior = 2,
    };
}

/* Encode one block of info, to be released with kx_data_zap_free(). */
static krb5_error_code
encode(const struct kx_key_info *info, krb5_enctype etype, uint32_t seq,
       krb5_data *out)
{
    struct kx_key_info_form *form;
    krb5_error_code ret;
    krb5_data block;

    *out = kx_data(NULL, 0);
    ret = kx_key_info_begin(NULL, info, &form);
    if (ret == 0)
        ret = kx_key_info_encode(NULL, form, etype, seq, &block);
    else
        assert_null(form);
    if (ret == 0)
        assert_int_equal(kx_data_copy(&block, out), 0);
    kx_key_info_end(form);
    return ret;
}

/* The code that encoding info fails with, or 0. */
static krb5_error_code
try_encode(const struct kx_key_info *info)
{
    krb5_error_code ret;
    krb5_data out;

    ret = encode(info, ETYPE, SEQ, &out);
    kx_data_zap_free(&out);
    return ret;
}

static void
it_is_what_openssl_makes_of_it(void **state)
{
    krb5_data file = hex_file("key-info.hex"), ours;
    struct kx_prior_key prior[2];
    struct kx_key_info info;

    (void)state;
    sample_key_info(&info, prior);
    assert_int_equal(encode(&info, ETYPE, SEQ, &ours), 0);
    assert_data_equal(&ours, &file);
    kx_data_zap_free(&ours);
    kx_data_free(&file);
}

static void
without_prior_keys_there_is_no_list_of_them(void **state)
{
    krb5_data file = hex_file("key-info.hex"), expected, ours;
    struct kx_prior_key prior[2];
    struct kx_key_info info;

    (void)state;
    sample_key_info(&info, prior);
    info.prior = NULL;
    info.n_prior = 0;
    expected = der_replace(&file, "9", "", 0);
    assert_int_equal(encode(&info, ETYPE, SEQ, &ours), 0);
    assert_data_equal(&ours, &expected);
    kx_data_zap_free(&ours);
    kx_data_free(&expected);
    kx_data_free(&file);
}

static void
each_of_its_values_changes_it(void **state)
{
    struct kx_prior_key prior[2], other_prior[2];
    struct kx_key_info info, other;
    krb5_data first, second;
    int i;

    (void)state;
    sample_key_info(&info, prior);
    assert_int_equal(encode(&info, ETYPE, SEQ, &first), 0);
    for (i = 0; i < 9; i++) {
        sample_key_info(&other, other_prior);
        other.till += i == 1;
        other.kvno -= i == 2;
        if (i == 4)
            other.shared_key = kx_data(TRANSCRIPT, 32);
        if (i == 5)
            other.transcript = kx_data(SHARED_KEY SHARED_KEY, 64);
        other_prior[0].kvno += i == 6;
        other_prior[1].etype -= i == 7;
        if (i == 8)
            other_prior[1].value.length--;
        assert_int_equal(
            encode(&other, ETYPE - (i == 3), SEQ + (i == 0), &second), 0);
        assert_false(kx_data_equal(&first, &second));
        kx_data_zap_free(&second);
    }
    kx_data_zap_free(&first);
}

static void
a_block_does_not_depend_on_those_before_it(void **state)
{
    static const struct {
        krb5_enctype etype;
        uint32_t seq;
    } blocks[] = {
        {0, 1},    {18, 3},        {INT32_MIN, UINT32_MAX},
        {-1, 1},   {18, 3},        {18, 127},
        {18, 128}, {127, 2},       {128, 2},
        {18, 2},   {-128, 2},      {-129, 2},
        {17, 2},   {INT32_MIN, 2}, {17, 2},
    };
    struct kx_prior_key prior[2];
    struct kx_key_info_form *form;
    struct kx_key_info info;
    krb5_data of_one, alone;
    size_t i;

    (void)state;
    sample_key_info(&info, prior);
    assert_int_equal(kx_key_info_begin(NULL, &info, &form), 0);
    for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        assert_int_equal(kx_key_info_encode(NULL, form, blocks[i].etype,
                                            blocks[i].seq, &of_one),
                         0);
        assert_int_equal(encode(&info, blocks[i].etype, blocks[i].seq, &alone),
                         0);
        assert_data_equal(&of_one, &alone);
        kx_data_zap_free(&alone);
    }
    kx_key_info_end(form);
}

static void
its_byte_strings_have_bounds(void **state)
{
    static const char bytes[KX_MAX_SHARED_KEY + 1];
    struct kx_prior_key prior[2];
    struct kx_key_info info;

    (void)state;
    sample_key_info(&info, prior);
    info.shared_key = kx_data(bytes, KX_MAX_SHARED_KEY);
    assert_int_equal(try_encode(&info), 0);
    info.shared_key.length++;
    assert_int_equal(try_encode(&info), KX_ERR_TOO_LONG);
    info.shared_key.length = 0;
    assert_int_equal(try_encode(&info), KX_ERR_ENCODE);

    sample_key_info(&info, prior);
    info.transcript.length = KX_TRANSCRIPT_SIZE - 1;
    assert_int_equal(try_encode(&info), KX_ERR_ENCODE);
    info.transcript = kx_data(bytes, KX_TRANSCRIPT_SIZE + 1);
    assert_int_equal(try_encode(&info), KX_ERR_TOO_LONG);

    sample_key_info(&info, prior);
    prior[1].value = kx_data(bytes, KX_MAX_PRIOR_VALUE);
    assert_int_equal(try_encode(&info), 0);
    prior[1].value.length++;
    assert_int_equal(try_encode(&info), KX_ERR_TOO_LONG);
    prior[1].value.length = 0;
    assert_int_equal(try_encode(&info), KX_ERR_ENCODE);
}

static void
up_to_16_prior_keys_are_mixed_in(void **state)
{
    struct kx_prior_key prior[KX_MAX_PRIOR_KEYS + 1];
    struct kx_key_info info;
    size_t i;

    (void)state;
    sample_key_info(&info, prior);
    for (i = 2; i <= KX_MAX_PRIOR_KEYS; i++)
        prior[i] = prior[0];
    info.n_prior = KX_MAX_PRIOR_KEYS;
    assert_int_equal(try_encode(&info), 0);
    info.n_prior++;
    assert_int_equal(try_encode(&info), KX_ERR_TOO_LONG);
}

static void
it_is_for_a_name(void **state)
{
    struct kx_prior_key prior[2];
    struct kx_key_info info;

    (void)state;
    sample_key_info(&info, prior);
    info.kxname = NULL;
    assert_int_equal(try_encode(&info), KX_ERR_ENCODE);
}

/* ---- secrets ---- */

#define SECRET_SIZE 48
#define PIECE_SIZE 12

/* Mappings larger than this are a sanitizer's, not ours. */
#define MAX_MAPPING (1 << 28)

/* Byte i of a secret that stands nowhere in this program. */
static unsigned char
secret_byte(size_t i, unsigned int salt)
{
    return (unsigned char)((i * 167 + 13) ^ (i >> 1) ^ (salt * 91 + 5));
}

static void
fill_secret(char *p, unsigned int salt)
{
    size_t i;

    for (i = 0; i < SECRET_SIZE; i++)
        p[i] = (char)secret_byte(i, salt);
}

/* How often one of the secret's pieces stands in the n bytes at p. */
static size_t
count_pieces(const unsigned char *p, size_t n, unsigned int salt)
{
    const unsigned char *at;
    size_t found = 0, offset, left, i;

    for (offset = 0; offset < SECRET_SIZE; offset += PIECE_SIZE) {
        for (at = p; (left = n - (size_t)(at - p)) >= PIECE_SIZE; at++) {
            at = memchr(at, secret_byte(offset, salt), left - PIECE_SIZE + 1);
            if (at == NULL)
                break;
            for (i = 1; i < PIECE_SIZE; i++) {
                if (at[i] != secret_byte(offset + i, salt))
                    break;
            }
            found += i == PIECE_SIZE;
        }
    }
    return found;
}

/* The same in all memory that this process can write to, also what is free. */
static size_t
count_in_memory(unsigned int salt)
{
    static unsigned char window[1 << 16];
    unsigned long long begin, end;
    char line[512], mode[8];
    size_t found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    ssize_t n;

    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%llx-%llx %7s", &begin, &end, mode) != 3 ||
            mode[1] != 'w' || end - begin > MAX_MAPPING)
            continue;
        for (; begin < end; begin += sizeof(window) - PIECE_SIZE) {
            n = pread(memory, window, sizeof(window), (off_t)begin);
            if (n > 0)
                found += count_pieces(window, (size_t)n, salt);
            kx_zap(window, sizeof(window));
        }
    }
    (void)close(memory);
    (void)fclose(maps);
    return found;
}

/* Look for secrets while the last of several blocks holds them, and when it is
 * gone. */
static void
no_secret_stays_in_memory_once_the_encoding_is_released(void **state)
{
    static char key[SECRET_SIZE], value[SECRET_SIZE];
    struct kx_prior_key prior[2];
    struct kx_key_info_form *form;
    struct kx_key_info info;
    krb5_data block;

    (void)state;
    sample_key_info(&info, prior);
    fill_secret(key, 1);
    fill_secret(value, 2);
    info.shared_key = kx_data(key, sizeof(key));
    prior[1].value = kx_data(value, sizeof(value));
    assert_int_equal(kx_key_info_begin(NULL, &info, &form), 0);
    assert_int_equal(kx_key_info_encode(NULL, form, 18, 1, &block), 0);
    assert_int_equal(kx_key_info_encode(NULL, form, 17, 1, &block), 0);
    assert_int_equal(kx_key_info_encode(NULL, form, 17, 1000, &block), 0);
    kx_zap(key, sizeof(key));
    kx_zap(value, sizeof(value));
    assert_int_equal(count_in_memory(1), SECRET_SIZE / PIECE_SIZE);
    assert_int_equal(count_in_memory(2), SECRET_SIZE / PIECE_SIZE);

    kx_key_info_end(form);
    assert_int_equal(count_in_memory(1), 0);
    assert_int_equal(count_in_memory(2), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_openssl_makes_of_it),
        cmocka_unit_test(without_prior_keys_there_is_no_list_of_them),
        cmocka_unit_test(each_of_its_values_changes_it),
        cmocka_unit_test(a_block_does_not_depend_on_those_before_it),
        cmocka_unit_test(its_byte_strings_have_bounds),
        cmocka_unit_test(up_to_16_prior_keys_are_mixed_in),
        cmocka_unit_test(it_is_for_a_name),
        cmocka_unit_test(
            no_secret_stays_in_memory_once_the_encoding_is_released),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
