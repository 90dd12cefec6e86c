/*
 * test_asn1_cost.c: what a stranger can make us spend on one message.
 *
 * Times are of the processor, and each is held against decoding an ordinary
 * message in the same run, so that they mean the same under valgrind.
 */
#include "config.h"
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

#define ROUNDS 5

/* Nothing that a message makes us take is near this. */
#define MAX_MEMORY_KIB (24 * 1024)

/* Processor time so far, in seconds. */
static double
cpu_time(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The shortest of a few times that decoding der takes; it ends with code. */
static double
time_to_decode(const krb5_data *der, krb5_error_code code)
{
    double best = 1e9, begin, taken;
    struct kx_message *message;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        message = NULL;
        begin = cpu_time();
        assert_int_equal(kx_decode_message(NULL, KX_MSG_REQ, der, &message),
                         code);
        kx_message_free(message);
        taken = cpu_time() - begin;
        best = taken < best ? taken : best;
    }
    return best;
}

static double
time_to_decode_an_ordinary_message(void)
{
    krb5_data der = sample_encoded(SAMPLE_REQ);
    double taken = time_to_decode(&der, 0);

    kx_data_free(&der);
    return taken;
}

/* A request whose list at path has as many of these elements as go in. */
static krb5_data
stuffed(const char *path, const char *element, size_t length)
{
    krb5_data der = sample_encoded(SAMPLE_REQ), list, out;
    size_t n = (KX_MAX_MESSAGE - 1024) / length, i;
    char *content = test_alloc(n * length);

    for (i = 0; i < n; i++)
        memcpy(content + i * length, element, length);
    list = der_wrap(0x30, content, n * length);
    out = der_replace(&der, path, list.data, list.length);
    assert_true(out.length <= KX_MAX_MESSAGE);
    free(content);
    kx_data_free(&list);
    kx_data_free(&der);
    return out;
}

static const struct {
    const char *path;
    const char *element;
    size_t length;
} stuffings[] = {
    {"2.1.2.1v", "\x1b\x00", 2}, {"2.1.6v", "\x02\x01\x12", 3},
    {"2.1.7v", "\x30\x00", 2},   {"2.1.7v", "\x30\x03\x06\x01\x2a", 5},
    {"2.1.8v", "\x30\x00", 2},   {"2.1.9v", "\x30\x00", 2},
    {"2.1.10v", "\x30\x00", 2},  {"2.2v", "\x30\x00", 2},
};

static void
a_list_as_long_as_a_message_costs_less_than_an_ordinary_message(void **state)
{
    double ordinary = time_to_decode_an_ordinary_message();
    krb5_data der;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stuffings) / sizeof(stuffings[0]); i++) {
        der = stuffed(stuffings[i].path, stuffings[i].element,
                      stuffings[i].length);
        assert_true(time_to_decode(&der, KX_ERR_TOO_LONG) < ordinary);
        kx_data_free(&der);
    }
}

static void
a_list_as_long_as_a_message_takes_little_memory(void **state)
{
    struct rusage before, after;
    krb5_data der;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(stuffings) / sizeof(stuffings[0]); i++) {
        der = stuffed(stuffings[i].path, stuffings[i].element,
                      stuffings[i].length);
        assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
        assert_refused(SAMPLE_REQ, &der, KX_ERR_TOO_LONG);
        assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
        assert_true(after.ru_maxrss - before.ru_maxrss < MAX_MEMORY_KIB);
        kx_data_free(&der);
    }
}

/* Every list full, and the authorities of what costs most: empty parts. */
static void
the_costliest_message_costs_less_than_100_ordinary_ones(void **state)
{
    static const char *const lists[] = {"2.1.6v", "2.1.7v",  "2.1.8v",
                                        "2.1.9v", "2.1.10v", "2.2v"};
    static const size_t counts[] = {KX_MAX_ETYPES,     KX_MAX_ALGORITHMS,
                                    KX_MAX_ALGORITHMS, KX_MAX_CAS,
                                    KX_MAX_EXTENSIONS, KX_MAX_CHAIN};
    double ordinary = time_to_decode_an_ordinary_message();
    krb5_data der = sample_encoded(SAMPLE_REQ), next;
    unsigned char authority[] = {0x30, 126,  0xa1, 124,          0xa4,
                                 122,  0x30, 120,  [8 + 119] = 0};
    size_t i;

    (void)state;
    for (i = 8; i < sizeof(authority); i += 2)
        authority[i] = 0x31;
    next = der_replace(&der, "2.1.9.0", authority, sizeof(authority));
    kx_data_free(&der);
    for (i = 0; i < 6; i++) {
        der = next;
        next = der_repeat(&der, lists[i], counts[i]);
        kx_data_free(&der);
    }
    assert_true(time_to_decode(&next, 0) < 100 * ordinary);
    kx_data_free(&next);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_as_long_as_a_message_takes_little_memory),
        cmocka_unit_test(
            a_list_as_long_as_a_message_costs_less_than_an_ordinary_message),
        cmocka_unit_test(
            the_costliest_message_costs_less_than_100_ordinary_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
