/*
 * test_crossover.c: what a crossover is called, which way it goes, and which
 * key version is next.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/crossover_sample.h"

#define NOW SAMPLE_TIME

/* kxover_lifetime is 31 days at the most. */
#define LONGEST_LIFE (31 * 24 * 60 * 60)

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

/* The direction of the principal called text to LOCAL. */
static enum kx_direction
direction_of(const char *text, char *remote, size_t size)
{
    enum kx_direction direction;
    krb5_principal principal;
    krb5_data other = kx_data(NULL, 0);

    assert_int_equal(krb5_parse_name(context, text, &principal), 0);
    direction = kx_crossover_direction(principal, LOCAL, &other);
    assert_true(other.length < size);
    memcpy(remote, other.length > 0 ? other.data : "", other.length);
    remote[other.length] = '\0';
    krb5_free_principal(context, principal);
    return direction;
}

static void
a_key_for_another_realms_kdc_is_outgoing(void **state)
{
    char remote[64];

    (void)state;
    assert_int_equal(
        direction_of("krbtgt/" REMOTE "@" LOCAL, remote, sizeof(remote)),
        KX_OUTGOING);
    assert_string_equal(remote, REMOTE);
}

static void
another_realms_key_for_our_kdc_is_incoming(void **state)
{
    char remote[64];

    (void)state;
    assert_int_equal(
        direction_of("krbtgt/" LOCAL "@" REMOTE, remote, sizeof(remote)),
        KX_INCOMING);
    assert_string_equal(remote, REMOTE);
}

static void
other_principals_are_no_crossovers(void **state)
{
    static const char *const names[] = {
        "krbtgt/" LOCAL "@" LOCAL,         "krbtgt/" REMOTE "@" REMOTE,
        "krbtgt/" REMOTE "@THIRD.EXAMPLE", "krbtgt@" REMOTE,
        "krbtgt/" LOCAL "/x@" REMOTE,      "KRBTGT/" LOCAL "@" REMOTE,
        "krbtg/" LOCAL "@" REMOTE,         "krbtgt/alpha.example@" REMOTE,
        "krbtgt/" LOCAL "x@" REMOTE,       "krbtgt/@" LOCAL,
        "host/" REMOTE "@" LOCAL,
    };
    char remote[64];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(direction_of(names[i], remote, sizeof(remote)),
                         KX_NOT_A_CROSSOVER);
        assert_string_equal(remote, "");
    }
}

static void
the_name_has_the_service_realm_in_it_and_the_client_realm_behind_it(
    void **state)
{
    krb5_data service = kx_data(REMOTE "xx", strlen(REMOTE));
    krb5_data client = kx_data(LOCAL "yy", strlen(LOCAL));
    krb5_principal name;
    char *text;

    (void)state;
    assert_int_equal(kx_crossover_name(context, &service, &client, &name), 0);
    assert_int_equal(krb5_unparse_name(context, name, &text), 0);
    assert_string_equal(text, "krbtgt/" REMOTE "@" LOCAL);
    assert_int_equal(name->type, KRB5_NT_SRV_INST);
    krb5_free_unparsed_name(context, text);
    krb5_free_principal(context, name);
}

static void
the_next_version_is_one_after_the_highest_known_to_either_side(void **state)
{
    static const struct {
        uint32_t requested, used[4];
        size_t n;
        uint32_t next;
    } cases[] = {
        {7, {0}, 0, 8},
        {0, {7, 3}, 2, 8},
        {3, {7}, 1, 8},
        {9, {7}, 1, 10},
        {65533, {0}, 0, 65534},
        {65534, {0}, 0, 65535},
        /* After the last, from 1 again, past what is in use. */
        {65535, {0}, 0, 1},
        {0, {65535}, 1, 1},
        {0, {65535, 1}, 2, 2},
        {2, {65535, 1}, 2, 3},
        {0, {2, 65534, 65535, 1}, 4, 3},
        {65535, {1, 2}, 2, 3},
        /* A request may name any 32-bit number. */
        {65536, {0}, 0, 1},
        {UINT32_MAX, {1}, 1, 2},
        /* The wrap is over once the high ones are gone. */
        {2, {1, 2}, 2, 3},
        /* One side may be further behind the wrap than the other. */
        {7, {65535, 1, 2}, 3, 8},
        {65535, {7, 6}, 2, 8},
        {7, {65535}, 1, 8},
        /* 8 and 15 bits are no ends. */
        {255, {255}, 1, 256},
        {32767, {32767}, 1, 32768},
        {32768, {32767}, 1, 32769},
        /* Numbers far from the ends have not begun again. */
        {3000, {65535, 2999}, 2, 1},
        {1, {40000}, 1, 40001},
    };
    uint32_t next;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        next = 0;
        assert_int_equal(kx_next_kvno(context, cases[i].requested,
                                      cases[i].used, cases[i].n, 1, 1, NOW,
                                      &next),
                         0);
        assert_int_equal(next, cases[i].next);
    }
}

/* Two who give numbers at once, from the same beginning, never give the same.
 */
static void
each_kxoverd_of_a_realm_gives_its_share_of_the_numbers(void **state)
{
    static const struct {
        uint32_t requested, used[2];
        size_t n;
        uint32_t next[3]; /* of the first, second and third of three */
    } cases[] = {
        {3, {0}, 0, {4, 5, 6}},
        {0, {4}, 1, {7, 5, 6}},
        {0, {7, 8}, 2, {10, 11, 9}},
        /* 65535 is one of the third's. */
        {65534, {0}, 0, {1, 2, 65535}},
        {65535, {2, 3}, 2, {4, 5, 6}},
        {UINT32_MAX, {0}, 0, {1, 2, 3}},
    };
    unsigned int share;
    uint32_t next;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (share = 1; share <= 3; share++) {
            next = 0;
            assert_int_equal(kx_next_kvno(context, cases[i].requested,
                                          cases[i].used, cases[i].n, share, 3,
                                          NOW, &next),
                             0);
            assert_int_equal(next, cases[i].next[share - 1]);
        }
    }
}

static void
a_share_may_be_used_up(void **state)
{
    static uint32_t used[KX_MAX_KVNO];
    uint32_t i, next = 0;
    size_t n = 0;

    (void)state;
    for (i = 2; i <= KX_MAX_KVNO; i += 2)
        used[n++] = i;
    assert_int_equal(kx_next_kvno(context, 5, used, n, 2, 2, NOW, &next),
                     KX_ERR_POLICY_KVNO);
    assert_int_equal(kx_next_kvno(context, 5, used, n, 1, 2, NOW, &next), 0);
    assert_int_equal(next % 2, 1);
}

/* The version of a crossover that neither side knows, made at a time. */
static uint32_t
first_version(time_t now)
{
    uint32_t kvno = 0;

    assert_int_equal(kx_next_kvno(context, 0, NULL, 0, 1, 1, now, &kvno), 0);
    return kvno;
}

static void
the_first_version_of_all_is_the_minute_it_is_made_in(void **state)
{
    (void)state;
    assert_int_equal(first_version(0), 1);
    assert_int_equal(first_version(59), 1);
    assert_int_equal(first_version(60), 2);
    assert_int_equal(first_version(60 * (KX_MAX_KVNO - 1)), KX_MAX_KVNO);
    assert_int_equal(first_version((time_t)60 * KX_MAX_KVNO), 1);
}

static void
a_first_version_comes_again_only_when_no_key_of_that_time_is_left(void **state)
{
    uint32_t first = first_version(NOW);
    time_t later;

    (void)state;
    for (later = 60; later <= LONGEST_LIFE + KX_RECENT; later += 60)
        assert_int_not_equal(first_version(NOW + later), first);
}

static void
the_latest_version_is_the_highest_until_numbering_begins_again(void **state)
{
    static const struct {
        uint32_t kvnos[4];
        size_t n;
        uint32_t latest;
    } cases[] = {
        {{0}, 0, 0},
        {{0}, 1, 0},
        {{5, 7, 6}, 3, 7},
        {{0, 65535}, 2, 65535},
        {{65535, 65534}, 2, 65535},
        {{65535, 1, 65534}, 3, 1},
        {{1, 65535, 2048}, 3, 2048},
        {{65535, 2049}, 2, 65535},
        {{63488, 2048}, 2, 2048},
        {{63487, 2048}, 2, 63487},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(kx_latest_kvno(cases[i].kvnos, cases[i].n),
                         cases[i].latest);
}

static void
the_last_free_version_is_found(void **state)
{
    static uint32_t used[KX_MAX_KVNO];
    uint32_t i, next = 0;
    size_t n = 0;

    (void)state;
    for (i = 1; i <= KX_MAX_KVNO; i++) {
        if (i != 40000)
            used[n++] = i;
    }
    assert_int_equal(kx_next_kvno(context, 0, used, n, 1, 1, NOW, &next), 0);
    assert_int_equal(next, 40000);
}

static void
with_all_versions_in_use_there_is_no_next(void **state)
{
    static uint32_t used[KX_MAX_KVNO];
    uint32_t i, next = 0;

    (void)state;
    for (i = 0; i < KX_MAX_KVNO; i++)
        used[i] = i + 1;
    assert_int_equal(
        kx_next_kvno(context, 5, used, KX_MAX_KVNO, 1, 1, NOW, &next),
        KX_ERR_POLICY_KVNO);
    assert_int_equal(next, 0);
}

static void
nothing_at_all_is_released_too(void **state)
{
    (void)state;
    kx_crossover_free(context, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_for_another_realms_kdc_is_outgoing),
        cmocka_unit_test(another_realms_key_for_our_kdc_is_incoming),
        cmocka_unit_test(other_principals_are_no_crossovers),
        cmocka_unit_test(
            the_name_has_the_service_realm_in_it_and_the_client_realm_behind_it),
        cmocka_unit_test(
            the_next_version_is_one_after_the_highest_known_to_either_side),
        cmocka_unit_test(
            each_kxoverd_of_a_realm_gives_its_share_of_the_numbers),
        cmocka_unit_test(a_share_may_be_used_up),
        cmocka_unit_test(the_first_version_of_all_is_the_minute_it_is_made_in),
        cmocka_unit_test(
            a_first_version_comes_again_only_when_no_key_of_that_time_is_left),
        cmocka_unit_test(
            the_latest_version_is_the_highest_until_numbering_begins_again),
        cmocka_unit_test(the_last_free_version_is_found),
        cmocka_unit_test(with_all_versions_in_use_there_is_no_next),
        cmocka_unit_test(nothing_at_all_is_released_too),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
