/*
 * test_mark.c: what is known of a key version is written so that people can
 * read it, and read so that nobody's slip of the hand passes.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/crossover_sample.h"

/* The fields of a good mark, for the tests to damage. */
#define TIMES "established=2026-11-22T15:51:00Z till=2026-12-06T15:51:00Z "
#define PEER "peer=kdc.bravo.example:88 "
#define CERTIFICATE                                                           \
    "certificate=sha256:000102030405060708090a0b0c0d0e0f"                     \
    "101112131415161718191a1b1c1d1e1f "
#define TLSA "tlsa=3-1-1-0a1b2c3d "
#define REST "group=X25519 prior=0 chain=1"
#define GOOD TIMES PEER CERTIFICATE TLSA REST

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

/* Read one attribute; what comes of it.  A mark read is released. */
static krb5_error_code
reading(const char *name, const char *value)
{
    krb5_string_attr string;
    krb5_error_code ret;
    struct kx_mark *marks;
    size_t n;

    string.key = strdup(name);
    string.value = strdup(value);
    assert_non_null(string.key);
    assert_non_null(string.value);
    ret = kx_marks_read(context, &string, 1, &marks, &n);
    if (ret)
        assert_null(marks);
    else
        assert_int_equal(n, 1);
    kx_marks_free(marks, n);
    free(string.key);
    free(string.value);
    return ret;
}

static void
a_mark_is_written_as_documented(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(context, 7, SAMPLE_TIME, SAMPLE_TIME + 14 * DAY);
    char *name, *value;

    (void)state;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value), 0);
    assert_string_equal(name, "kxover_kvno_7");
    assert_string_equal(value, GOOD);
    free(name);
    free(value);
    kx_crossover_free(context, crossover);
}

static void
what_was_written_reads_back_the_same(void **state)
{
    struct kx_crossover *crossover =
        sample_crossover(context, KX_MAX_KVNO, SAMPLE_TIME, SAMPLE_TIME + DAY);
    krb5_string_attr string;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    crossover->origin.port = 65535;
    crossover->origin.prior = 2;
    crossover->origin.chain = UINT32_MAX;
    assert_int_equal(
        kx_mark_write(context, crossover, &string.key, &string.value), 0);
    assert_int_equal(kx_marks_read(context, &string, 1, &marks, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(marks->kvno, KX_MAX_KVNO);
    assert_int_equal(marks->established, SAMPLE_TIME);
    assert_int_equal(marks->till, SAMPLE_TIME + DAY);
    assert_string_equal(marks->origin.host, crossover->origin.host);
    assert_int_equal(marks->origin.port, 65535);
    assert_string_equal(marks->origin.certificate,
                        crossover->origin.certificate);
    assert_string_equal(marks->origin.tlsa, crossover->origin.tlsa);
    assert_string_equal(marks->origin.group, crossover->origin.group);
    assert_int_equal(marks->origin.prior, 2);
    assert_int_equal(marks->origin.chain, UINT32_MAX);
    kx_marks_free(marks, n);
    free(string.key);
    free(string.value);
    kx_crossover_free(context, crossover);
}

static void
what_could_not_be_read_back_is_not_written(void **state)
{
    static const char *const hosts[] = {
        "",
        "a b",
        "a:b",
        "a\nb",
        "kdc.example:88 prior=3",
        "\xc3\xa4.example",
        "a\x7f",
    };
    struct kx_crossover *crossover =
        sample_crossover(context, 7, SAMPLE_TIME, SAMPLE_TIME + DAY);
    char *name = NULL, *value = NULL;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        sample_set(&crossover->origin.host, hosts[i]);
        assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                         KX_ERR_METADATA);
        assert_null(name);
        assert_null(value);
    }
    sample_set(&crossover->origin.host, "kdc.example");
    crossover->kvno = 0;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                     KX_ERR_METADATA);
    crossover->kvno = KX_MAX_KVNO + 1;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                     KX_ERR_METADATA);
    crossover->kvno = 7;
    crossover->till = crossover->established;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                     KX_ERR_METADATA);
    crossover->till = (time_t)UINT32_MAX + 1;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                     KX_ERR_METADATA);
    crossover->till = SAMPLE_TIME + DAY;
    free(crossover->origin.group);
    crossover->origin.group = NULL;
    assert_int_equal(kx_mark_write(context, crossover, &name, &value),
                     KX_ERR_METADATA);
    kx_crossover_free(context, crossover);
}

static void
fields_may_stand_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(reading("kxover_kvno_1", GOOD), 0);
    assert_int_equal(reading("kxover_kvno_1",
                             "prior=0 group=X25519 " TLSA CERTIFICATE PEER
                             "till=2026-12-06T15:51:00Z "
                             "established=2026-11-22T15:51:00Z"),
                     0);
}

static void
a_mark_of_before_there_were_chains_is_read_as_a_first_link(void **state)
{
    krb5_string_attr string;
    struct kx_mark *marks;
    size_t n;

    (void)state;
    string.key = strdup("kxover_kvno_1");
    string.value = strdup(TIMES PEER CERTIFICATE TLSA "group=X25519 prior=0");
    assert_int_equal(kx_marks_read(context, &string, 1, &marks, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(marks->origin.chain, 1);
    kx_marks_free(marks, n);
    free(string.key);
    free(string.value);
}

static void
a_cut_tlsa_record_is_read(void **state)
{
    (void)state;
    assert_int_equal(reading("kxover_kvno_1", TIMES PEER CERTIFICATE
                             "tlsa=2-0-0-30820102... " REST),
                     0);
}

static void
a_mark_that_was_tampered_with_is_refused(void **state)
{
    static const char *const values[] = {
        "",
        " ",
        " " GOOD,
        GOOD " ",
        TIMES PEER CERTIFICATE TLSA "group=X25519  prior=0",
        TIMES PEER CERTIFICATE TLSA "group=X25519\tprior=0",
        /* A field is missing, there twice, unknown or nameless. */
        TIMES PEER CERTIFICATE TLSA "group=X25519",
        TIMES PEER CERTIFICATE TLSA "group=X25519 chain=1",
        GOOD " chain=1",
        TIMES PEER CERTIFICATE REST,
        GOOD " prior=0",
        GOOD " " PEER "x=1",
        GOOD " note=mine",
        GOOD " =1",
        GOOD " x",
        TIMES PEER CERTIFICATE TLSA "GROUP=X25519 prior=0",
        /* Values */
        TIMES "peer= " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example " CERTIFICATE TLSA REST,
        TIMES "peer=:88 " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example: " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example:0 " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example:65536 " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example:+88 " CERTIFICATE TLSA REST,
        TIMES "peer=kdc.bravo.example:088 " CERTIFICATE TLSA REST,
        TIMES "peer=kdc:bravo:88 " CERTIFICATE TLSA REST,
        TIMES PEER "certificate=0001 " TLSA REST,
        TIMES PEER "certificate=sha256:0001 " TLSA REST,
        TIMES PEER "certificate=sha512:000102030405060708090a0b0c0d0e0f"
                   "101112131415161718191a1b1c1d1e1f " TLSA REST,
        TIMES PEER "certificate=sha256:000102030405060708090A0B0C0D0E0F"
                   "101112131415161718191A1B1C1D1E1F " TLSA REST,
        TIMES PEER "certificate=sha256:000102030405060708090a0b0c0d0e0f"
                   "101112131415161718191a1b1c1d1e1f0 " TLSA REST,
        TIMES PEER "certificate=sha256:000102030405060708090a0b0c0d0e0f"
                   "101112131415161718191a1b1c1d1e1fx " TLSA REST,
        TIMES PEER CERTIFICATE "tlsa=3 " REST,
        TIMES PEER CERTIFICATE "tlsa=3-1-1- " REST,
        TIMES PEER CERTIFICATE "tlsa=3-1-1-... " REST,
        TIMES PEER CERTIFICATE "tlsa=4-1-1-0a " REST,
        TIMES PEER CERTIFICATE "tlsa=3-1-1-0a.. " REST,
        TIMES PEER CERTIFICATE "tlsa=3-1-1-0a...0a " REST,
        TIMES PEER CERTIFICATE "tlsa=3-1-1-xx " REST,
        TIMES PEER CERTIFICATE "tlsa=3:1:1:0a " REST,
        TIMES PEER CERTIFICATE TLSA "group= prior=0",
        TIMES PEER CERTIFICATE TLSA
        "group=abcdefghijklmnopqrstuvwxyz0123456 prior=0",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=-1",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=00",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=1x",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=17",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=1 chain=0",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=1 chain=",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=1 chain=01",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=1 chain=4294967296",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=4294967296",
        TIMES PEER CERTIFICATE TLSA "group=X25519 prior=18446744073709551616",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        assert_int_equal(reading("kxover_kvno_1", values[i]), KX_ERR_METADATA);
}

/* Read a mark that ends at till. */
static krb5_error_code
reading_till(const char *till)
{
    char value[512];

    (void)snprintf(
        value, sizeof(value),
        "established=1970-01-02T00:00:00Z till=%s " PEER CERTIFICATE TLSA REST,
        till);
    return reading("kxover_kvno_1", value);
}

static void
a_time_is_one_that_the_calendar_has(void **state)
{
    static const char *const good[] = {
        "1970-01-02T00:00:01Z",
        "2024-02-29T23:59:59Z",
        "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:15Z",
    };
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T15:51:00",
        "2026-11-22T15:51:00z",
        "2026-11-22T15:51:00ZZ",
        "2026-11-22T15:51:00+01",
        "2026-11-22 15:51:00Z",
        "2026-11-22T15:51Z",
        "26-11-22T15:51:00Z",
        "+2026-11-22T15:51:00Z",
        "02026-11-22T15:51:00Z",
        "2026-1-22T15:51:00Z",
        "2026-11-2T15:51:00Z",
        "2026-00-22T15:51:00Z",
        "2026-13-22T15:51:00Z",
        "2026-11-00T15:51:00Z",
        "2026-11-31T15:51:00Z",
        "2026-02-29T15:51:00Z",
        "2100-02-29T15:51:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T15:60:00Z",
        "2026-11-22T15:51:60Z",
        "2026-11-22T15:51:61Z",
        /* krb5's clock ends before. */
        "2106-02-07T06:28:16Z",
        "9999-12-31T23:59:59Z",
        "99999-12-31T23:59:59Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(reading_till(good[i]), 0);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(reading_till(bad[i]), KX_ERR_METADATA);
}

static void
a_time_is_after_krb5s_beginning_of_time(void **state)
{
    (void)state;
    /* To krb5, time 0 is no time. */
    assert_int_equal(
        reading("kxover_kvno_1",
                "established=1970-01-01T00:00:00Z "
                "till=2026-12-06T15:51:00Z " PEER CERTIFICATE TLSA REST),
        KX_ERR_METADATA);
    assert_int_equal(
        reading("kxover_kvno_1",
                "established=1969-12-31T23:59:59Z "
                "till=2026-12-06T15:51:00Z " PEER CERTIFICATE TLSA REST),
        KX_ERR_METADATA);
}

static void
a_key_does_not_end_before_it_begins(void **state)
{
    (void)state;
    assert_int_equal(reading_till("1970-01-02T00:00:00Z"), KX_ERR_METADATA);
    assert_int_equal(reading_till("1970-01-01T23:59:59Z"), KX_ERR_METADATA);
}

static void
a_version_is_a_number_from_1_to_65535_in_one_spelling(void **state)
{
    static const char *const bad[] = {
        "kxover_kvno_",
        "kxover_kvno_0",
        "kxover_kvno_01",
        "kxover_kvno_65536",
        "kxover_kvno_-1",
        "kxover_kvno_+1",
        "kxover_kvno_1x",
        "kxover_kvno_ 1",
        "kxover_kvno_1 ",
        "kxover_kvno_1_2",
        "kxover_kvno_0x1",
        "kxover_kvno_4294967297",
        "kxover_kvno_18446744073709551617",
    };
    size_t i;

    (void)state;
    assert_int_equal(reading("kxover_kvno_1", GOOD), 0);
    assert_int_equal(reading("kxover_kvno_65535", GOOD), 0);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(reading(bad[i], GOOD), KX_ERR_METADATA);
}

static void
a_mark_is_named_after_a_version_that_can_be(void **state)
{
    char *name;

    (void)state;
    assert_int_equal(kx_mark_name(context, 65535, &name), 0);
    assert_string_equal(name, "kxover_kvno_65535");
    free(name);
    assert_int_equal(kx_mark_name(context, 0, &name), KX_ERR_METADATA);
    assert_null(name);
    assert_int_equal(kx_mark_name(context, 65536, &name), KX_ERR_METADATA);
    assert_int_equal(kx_mark_name(context, UINT32_MAX, &name),
                     KX_ERR_METADATA);
}

static void
a_value_beyond_its_bounds_is_refused(void **state)
{
    char *value = malloc(70000);

    (void)state;
    assert_non_null(value);
    /* Too long for a host, for a TLSA record, for a value. */
    (void)snprintf(value, 70000, TIMES "peer=%0254d:88 " CERTIFICATE TLSA REST,
                   0);
    assert_int_equal(reading("kxover_kvno_1", value), KX_ERR_METADATA);
    (void)snprintf(value, 70000,
                   TIMES PEER CERTIFICATE "tlsa=3-1-1-%0154d " REST, 0);
    assert_int_equal(reading("kxover_kvno_1", value), KX_ERR_METADATA);
    (void)snprintf(value, 70000, GOOD "%065000d", 0);
    assert_int_equal(reading("kxover_kvno_1", value), KX_ERR_METADATA);
    /* The longest are taken. */
    (void)snprintf(
        value, 70000,
        TIMES "peer=%0253d:88 " CERTIFICATE "tlsa=3-1-1-%0153d " REST, 0, 0);
    assert_int_equal(reading("kxover_kvno_1", value), 0);
    free(value);
}

static void
the_message_names_the_attribute_and_what_is_wrong_with_it(void **state)
{
    const char *message;

    (void)state;
    assert_int_equal(reading("kxover_kvno_7", GOOD " note=mine"),
                     KX_ERR_METADATA);
    message = krb5_get_error_message(context, KX_ERR_METADATA);
    assert_non_null(strstr(message, "kxover_kvno_7"));
    assert_non_null(strstr(message, "note=mine"));
    assert_non_null(strstr(message, "delstr"));
    krb5_free_error_message(context, message);
}

/* A string attribute in static memory, which nobody writes to. */
static krb5_string_attr
attribute(const char *name, const char *value)
{
    krb5_string_attr string;

    memcpy(&string.key, &name, sizeof(name));
    memcpy(&string.value, &value, sizeof(value));
    return string;
}

static void
marks_come_newest_first_and_other_attributes_are_passed_over(void **state)
{
    const krb5_string_attr strings[] = {
        attribute("session_enctypes", "aes256-cts"),
        attribute("kxover_kvno_9", GOOD),
        attribute("kxover_kvno_1",
                  "established=2026-11-22T15:51:01Z "
                  "till=2026-12-06T15:51:00Z " PEER CERTIFICATE TLSA REST),
        attribute("kxover_note", "anything"),
        attribute("kxover_kvno_65535",
                  "established=2026-11-22T15:50:59Z "
                  "till=2027-12-06T15:51:00Z " PEER CERTIFICATE TLSA REST),
        attribute("kxover_kvno_10", GOOD),
    };
    struct kx_mark *marks;
    size_t n;

    (void)state;
    assert_int_equal(kx_marks_read(context, strings, 6, &marks, &n), 0);
    assert_int_equal(n, 4);
    assert_int_equal(marks[0].kvno, 1);
    assert_int_equal(marks[1].kvno, 10);
    assert_int_equal(marks[2].kvno, 9);
    assert_int_equal(marks[3].kvno, 65535);
    kx_marks_free(marks, n);
}

static void
one_damaged_mark_among_good_ones_is_an_error(void **state)
{
    const krb5_string_attr strings[] = {
        attribute("kxover_kvno_1", GOOD),
        attribute("kxover_kvno_2", "damaged"),
        attribute("kxover_kvno_3", GOOD),
    };
    struct kx_mark *marks;
    size_t n;

    (void)state;
    assert_int_equal(kx_marks_read(context, strings, 3, &marks, &n),
                     KX_ERR_METADATA);
    assert_null(marks);
    assert_int_equal(n, 0);
}

static void
a_version_marked_twice_is_an_error(void **state)
{
    const krb5_string_attr strings[] = {
        attribute("kxover_kvno_1", GOOD),
        attribute("kxover_kvno_2", GOOD),
        attribute("kxover_kvno_1", GOOD),
    };
    struct kx_mark *marks;
    size_t n;

    (void)state;
    assert_int_equal(kx_marks_read(context, strings, 3, &marks, &n),
                     KX_ERR_METADATA);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_written_as_documented),
        cmocka_unit_test(what_was_written_reads_back_the_same),
        cmocka_unit_test(what_could_not_be_read_back_is_not_written),
        cmocka_unit_test(fields_may_stand_in_any_order),
        cmocka_unit_test(
            a_mark_of_before_there_were_chains_is_read_as_a_first_link),
        cmocka_unit_test(a_cut_tlsa_record_is_read),
        cmocka_unit_test(a_mark_that_was_tampered_with_is_refused),
        cmocka_unit_test(a_time_is_one_that_the_calendar_has),
        cmocka_unit_test(a_time_is_after_krb5s_beginning_of_time),
        cmocka_unit_test(a_key_does_not_end_before_it_begins),
        cmocka_unit_test(
            a_version_is_a_number_from_1_to_65535_in_one_spelling),
        cmocka_unit_test(a_mark_is_named_after_a_version_that_can_be),
        cmocka_unit_test(a_value_beyond_its_bounds_is_refused),
        cmocka_unit_test(
            the_message_names_the_attribute_and_what_is_wrong_with_it),
        cmocka_unit_test(
            marks_come_newest_first_and_other_attributes_are_passed_over),
        cmocka_unit_test(one_damaged_mark_among_good_ones_is_an_error),
        cmocka_unit_test(a_version_marked_twice_is_an_error),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
