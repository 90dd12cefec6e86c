/*
 * test_dnssec_srv.c: SRV records, read strictly and put in the order of
 * RFC 2782.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "dnssec/record.h"
#include "tests/unit/test.h"

#define FIXED "\0\1\0\2\0\x58" /* priority 1, weight 2, port 88 */
#define LABEL_63                                                              \
    "\x3f"                                                                    \
    "123456789012345678901234567890123456789012345678901234567890123"

/* kx_srv_read() of a string literal, from memory that ends with it. */
#define READ(literal, out) read_exactly(literal, sizeof(literal) - 1, out)

static krb5_error_code
read_exactly(const char *bytes, size_t length, struct kx_srv *out)
{
    uint8_t *copy = test_malloc(length + 1);
    krb5_error_code code;

    memcpy(copy + 1, bytes, length);
    code = kx_srv_read(copy + 1, length, out);
    test_free(copy);
    return code;
}

static void
a_record_is_read_with_its_target_in_small_letters(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ("\x12\x34\xff\xfe\x02\xee"
                          "\5KDC-1\5brAvo\7example\0",
                          &srv),
                     0);
    assert_int_equal(srv.priority, 0x1234);
    assert_int_equal(srv.weight, 0xfffe);
    assert_int_equal(srv.port, 750);
    assert_string_equal(srv.target, "kdc-1.bravo.example");
}

static void
the_target_root_means_no_service_here(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ(FIXED "\0", &srv), 0);
    assert_string_equal(srv.target, "");
}

static void
the_longest_name_that_dns_knows_is_read(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(
        READ(FIXED LABEL_63 LABEL_63 LABEL_63
             "\x3d"
             "1234567890123456789012345678901234567890123456789012345678901"
             "\0",
             &srv),
        0);
    assert_int_equal(strlen(srv.target), 253);
}

static void
a_name_longer_than_dns_knows_is_refused(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(
        READ(FIXED LABEL_63 LABEL_63 LABEL_63
             "\x3e"
             "12345678901234567890123456789012345678901234567890123456789012"
             "\0",
             &srv),
        KX_ERR_DNS_RECORD);
    assert_int_equal(
        READ(FIXED LABEL_63 LABEL_63 LABEL_63 LABEL_63 LABEL_63 "\0", &srv),
        KX_ERR_DNS_RECORD);
}

static void
a_record_cut_short_anywhere_is_refused(void **state)
{
    static const char whole[] = FIXED "\3kdc\1b\0";
    struct kx_srv srv;
    size_t length;

    (void)state;
    for (length = 0; length < sizeof(whole) - 1; length++)
        assert_int_equal(read_exactly(whole, length, &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(read_exactly(whole, length, &srv), 0);
}

static void
bytes_behind_the_target_are_refused(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ(FIXED "\3kdc\0\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\0x", &srv), KX_ERR_DNS_RECORD);
}

static void
a_compressed_target_is_refused(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ(FIXED "\3kdc\xc0\x0c", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\xc0\x06", &srv), KX_ERR_DNS_RECORD);
}

static void
a_label_of_over_63_bytes_is_refused(void **state)
{
    char record[6 + 1 + 64 + 1] = {0};
    struct kx_srv srv;

    (void)state;
    memset(record + 7, 'a', 64);
    record[6] = 63;
    assert_int_equal(read_exactly(record, sizeof(record), &srv),
                     KX_ERR_DNS_RECORD);
    record[6] = 64;
    assert_int_equal(read_exactly(record, sizeof(record), &srv),
                     KX_ERR_DNS_RECORD);
}

static void
a_target_with_other_than_host_characters_is_refused(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ(FIXED "\3k c\1b\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\3k\nc\1b\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\3k/c\1b\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\3k\0c\1b\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\3k\xffz\1b\0", &srv), KX_ERR_DNS_RECORD);
    assert_int_equal(READ(FIXED "\4k_-9\1b\0", &srv), 0);
}

static void
a_dot_inside_a_label_does_not_pass_for_a_separator(void **state)
{
    struct kx_srv srv;

    (void)state;
    assert_int_equal(READ(FIXED "\5kdc.b\0", &srv), KX_ERR_DNS_RECORD);
}

/* Numbers for kx_srv_order(), which remembers the last bound asked for. */
struct chance {
    uint32_t seed; /* 0: always give fixed, or the highest below the bound */
    uint32_t fixed;
    uint32_t bound;
    size_t calls;
};

static uint32_t
draw(void *arg, uint32_t bound)
{
    struct chance *chance = arg;

    chance->calls++;
    chance->bound = bound;
    assert_true(bound > 0);
    if (chance->seed == 0)
        return chance->fixed < bound ? chance->fixed : bound - 1;
    chance->seed = chance->seed * 1664525U + 1013904223U;
    return (uint32_t)(((uint64_t)chance->seed * bound) >> 32);
}

static struct kx_srv
record(uint16_t priority, uint16_t weight, const char *target)
{
    struct kx_srv srv = {.priority = priority, .weight = weight, .port = 88};

    (void)snprintf(srv.target, sizeof(srv.target), "%s", target);
    return srv;
}

/* The targets of n records, of one letter each, put together. */
static const char *
targets(const struct kx_srv *records, size_t n)
{
    static char text[8];
    size_t i;

    assert_true(n < sizeof(text));
    for (i = 0; i < n; i++)
        text[i] = records[i].target[0];
    text[n] = '\0';
    return text;
}

static void
no_record_and_one_record_need_no_order(void **state)
{
    struct chance chance = {.seed = 1};
    struct kx_srv one = record(3, 4, "a");

    (void)state;
    kx_srv_order(NULL, 0, draw, &chance);
    kx_srv_order(&one, 1, draw, &chance);
    assert_string_equal(one.target, "a");
    assert_int_equal(one.weight, 4);
}

static void
lower_priority_numbers_come_first_whatever_the_weights(void **state)
{
    struct chance chance = {.seed = 42};
    int round;

    (void)state;
    for (round = 0; round < 1000; round++) {
        struct kx_srv records[] = {
            record(20, 65535, "d"), record(0, 0, "a"),  record(30, 1, "e"),
            record(10, 1, "b"),     record(10, 9, "b"), record(11, 0, "c"),
        };

        kx_srv_order(records, 6, draw, &chance);
        assert_string_equal(targets(records, 6), "abbcde");
    }
}

static void
every_record_is_kept_whole(void **state)
{
    struct chance chance = {.seed = 7};
    struct kx_srv records[64];
    size_t seen[64] = {0}, i;

    (void)state;
    for (i = 0; i < 64; i++) {
        records[i] = record((uint16_t)(i % 3), (uint16_t)(i % 5), "");
        records[i].port = (uint16_t)i;
        (void)snprintf(records[i].target, sizeof(records[i].target), "t%zu",
                       i);
    }
    kx_srv_order(records, 64, draw, &chance);
    for (i = 0; i < 64; i++) {
        char target[8];

        (void)snprintf(target, sizeof(target), "t%u", records[i].port);
        assert_string_equal(records[i].target, target);
        assert_int_equal(records[i].priority, records[i].port % 3);
        assert_int_equal(records[i].weight, records[i].port % 5);
        seen[records[i].port]++;
    }
    for (i = 0; i < 64; i++)
        assert_int_equal(seen[i], 1);
}

static void
the_chance_of_coming_first_is_the_share_of_the_weight(void **state)
{
    struct chance chance = {.seed = 20260101};
    int first[3] = {0}, round;

    (void)state;
    for (round = 0; round < 60000; round++) {
        struct kx_srv records[] = {record(1, 100, "a"), record(1, 200, "b"),
                                   record(1, 300, "c")};

        kx_srv_order(records, 3, draw, &chance);
        first[records[0].target[0] - 'a']++;
    }
    assert_in_range(first[0], 9500, 10500);
    assert_in_range(first[1], 19500, 20500);
    assert_in_range(first[2], 29500, 30500);
}

static void
the_rest_is_chosen_by_weight_again(void **state)
{
    struct chance chance = {.seed = 4711};
    int rounds = 0, second_is_b = 0;

    (void)state;
    while (rounds < 20000) {
        struct kx_srv records[] = {record(1, 300, "a"), record(1, 100, "b"),
                                   record(1, 300, "c")};

        kx_srv_order(records, 3, draw, &chance);
        if (records[0].target[0] != 'a')
            continue;
        rounds++;
        second_is_b += records[1].target[0] == 'b';
    }
    assert_in_range(second_is_b, 4700, 5300);
}

static void
weight_0_has_a_small_chance_beside_others(void **state)
{
    struct chance chance = {.seed = 99};
    int first = 0, round;

    (void)state;
    for (round = 0; round < 100000; round++) {
        struct kx_srv records[] = {record(1, 99, "a"), record(1, 0, "z")};

        kx_srv_order(records, 2, draw, &chance);
        first += records[0].target[0] == 'z';
    }
    assert_in_range(first, 800, 1200);
}

static void
the_number_0_picks_a_record_of_weight_0(void **state)
{
    struct chance chance = {.fixed = 0};
    struct kx_srv records[] = {record(1, 5, "a"), record(1, 0, "z")};

    (void)state;
    kx_srv_order(records, 2, draw, &chance);
    assert_string_equal(targets(records, 2), "za");
}

static void
the_highest_number_picks_the_last_in_the_running_sum(void **state)
{
    struct chance chance = {.fixed = UINT32_MAX};
    struct kx_srv records[] = {record(1, 5, "a"), record(1, 0, "z"),
                               record(1, 7, "b")};

    (void)state;
    kx_srv_order(records, 3, draw, &chance);
    assert_string_equal(targets(records, 3), "baz");
}

static void
the_number_is_drawn_from_0_to_the_sum_of_the_weights(void **state)
{
    struct chance chance = {.fixed = 0};
    struct kx_srv records[] = {record(1, 65535, "a"), record(1, 65535, "b")};

    (void)state;
    kx_srv_order(records, 1, draw, &chance);
    assert_int_equal(chance.bound, 65536);
    chance.fixed = UINT32_MAX;
    kx_srv_order(records, 2, draw, &chance);
    assert_int_equal(chance.bound, 65536); /* of the one that was left */
    assert_string_equal(targets(records, 2), "ba");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_with_its_target_in_small_letters),
        cmocka_unit_test(the_target_root_means_no_service_here),
        cmocka_unit_test(the_longest_name_that_dns_knows_is_read),
        cmocka_unit_test(a_name_longer_than_dns_knows_is_refused),
        cmocka_unit_test(a_record_cut_short_anywhere_is_refused),
        cmocka_unit_test(bytes_behind_the_target_are_refused),
        cmocka_unit_test(a_compressed_target_is_refused),
        cmocka_unit_test(a_label_of_over_63_bytes_is_refused),
        cmocka_unit_test(a_target_with_other_than_host_characters_is_refused),
        cmocka_unit_test(a_dot_inside_a_label_does_not_pass_for_a_separator),
        cmocka_unit_test(no_record_and_one_record_need_no_order),
        cmocka_unit_test(
            lower_priority_numbers_come_first_whatever_the_weights),
        cmocka_unit_test(every_record_is_kept_whole),
        cmocka_unit_test(
            the_chance_of_coming_first_is_the_share_of_the_weight),
        cmocka_unit_test(the_rest_is_chosen_by_weight_again),
        cmocka_unit_test(weight_0_has_a_small_chance_beside_others),
        cmocka_unit_test(the_number_0_picks_a_record_of_weight_0),
        cmocka_unit_test(the_highest_number_picks_the_last_in_the_running_sum),
        cmocka_unit_test(the_number_is_drawn_from_0_to_the_sum_of_the_weights),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
