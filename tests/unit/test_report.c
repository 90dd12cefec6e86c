/*
 * test_report.c: the line in the log that an exchange ends with.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <netinet/in.h>
#include "exchange/kx_crossover.h"
#include "exchange/report.h"
#include "tests/unit/test.h"

/* What was written last. */
struct written {
    char line[4096];
    int priority;
};

struct scene {
    struct written written;
    struct kx_logger logger;
    struct kx_course course;
    struct sockaddr_in address;
    struct kx_place place;
    krb5_keyblock keys[2];
    struct kx_crossover crossover;
};

static struct scene scene;

static void
write_line(void *arg, int priority, const char *line)
{
    struct written *written = arg;

    (void)snprintf(written->line, sizeof(written->line), "%s", line);
    written->priority = priority;
}

/* Let step have taken so many microseconds. */
static void
took(enum kx_step step, int64_t usec)
{
    scene.course.time[step].times = 1;
    scene.course.time[step].spent = usec;
}

static int
set_up(void **state)
{
    static char host[] = "kdc.bravo.example", tlsa[] = "3-1-1-0a1b",
                group[] = "X25519";

    (void)state;
    kx_init_errors();
    memset(&scene, 0, sizeof(scene));
    scene.logger = (struct kx_logger){write_line, &scene.written};
    scene.course.side = KX_INITIATOR;
    scene.course.local = "ALPHA.EXAMPLE";
    scene.course.remote = kx_data("BRAVO.EXAMPLE", 13);
    scene.address.sin_family = AF_INET;
    scene.address.sin_port = htons(88);
    scene.address.sin_addr.s_addr = htonl(0xc0000201);
    scene.place.host = host;
    scene.place.port = 88;
    scene.place.address = (struct sockaddr *)&scene.address;
    scene.keys[0].enctype = ENCTYPE_AES256_CTS_HMAC_SHA384_192;
    scene.keys[1].enctype = ENCTYPE_AES128_CTS_HMAC_SHA1_96;
    scene.crossover.kvno = 7;
    scene.crossover.till = 1796572260; /* 2026-12-06T15:51:00Z */
    scene.crossover.keys = scene.keys;
    scene.crossover.n_keys = 2;
    scene.crossover.origin.tlsa = tlsa;
    scene.crossover.origin.group = group;
    scene.crossover.origin.prior = 2;
    scene.crossover.origin.chain = 3;
    return krb5_init_context(&scene.course.context) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    krb5_free_context(scene.course.context);
    return 0;
}

/* The line has these words, between blanks or at its end. */
static void
assert_words(const char *const *words)
{
    char line[4200], word[512];

    (void)snprintf(line, sizeof(line), "%s ", scene.written.line);
    for (; *words != NULL; words++) {
        (void)snprintf(word, sizeof(word), " %s ", *words);
        if (strstr(line, word) == NULL)
            fail_msg("%s: there is no %s", line, *words);
    }
}

#define assert_has(...) assert_words((const char *const[]){__VA_ARGS__, NULL})

/* Report a key. */
static void
report_key(int64_t store)
{
    struct kx_report report;

    kx_report_agreed(&report, &scene.course, &scene.place, &scene.crossover);
    kx_report_write(&report, &scene.logger, &scene.course, store);
}

/* Report a failure. */
static void
report_failure(krb5_error_code code, const char *message)
{
    krb5_set_error_message(scene.course.context, code, "%s", message);
    kx_report_failed(&scene.logger, NULL, LOG_WARNING, &scene.course,
                     &scene.place, code);
}

static void
a_key_is_told_in_a_sentence_and_in_words(void **state)
{
    static const char sentence[] =
        "krbtgt/BRAVO.EXAMPLE@ALPHA.EXAMPLE: key version 7 agreed with "
        "kdc.bravo.example:88, valid until 2026-12-06T15:51:00Z; ";

    (void)state;
    report_key(-1);
    assert_memory_equal(scene.written.line, sentence, strlen(sentence));
    assert_int_equal(scene.written.priority, LOG_INFO);
    assert_has("result=agreed", "role=initiator", "remote=BRAVO.EXAMPLE",
               "kvno=7", "till=2026-12-06T15:51:00Z",
               "etypes=aes256-sha2,aes128-cts", "group=X25519",
               "tlsa=3-1-1-0a1b", "prior=2", "chain=3",
               "host=kdc.bravo.example:88", "address=192.0.2.1:88");
}

static void
a_failure_is_told_with_its_step_its_cause_and_what_to_do(void **state)
{
    static const char sentence[] =
        "krbtgt/BRAVO.EXAMPLE@ALPHA.EXAMPLE: no crossover: check 4, DNSSEC: "
        "no TLSA record; publish one; ";

    (void)state;
    report_failure(KX_ERR_NO_TLSA, "no TLSA record; publish one");
    assert_memory_equal(scene.written.line, sentence, strlen(sentence));
    assert_has("result=failed", "role=initiator", "remote=BRAVO.EXAMPLE",
               "step=dnssec", "cause=no_tlsa", "host=kdc.bravo.example:88");
}

static void
a_responder_tells_who_asked(void **state)
{
    static const char sentence[] = "krbtgt/ALPHA.EXAMPLE@BRAVO.EXAMPLE: "
                                   "refused to 192.0.2.1:88: check 1, policy";

    (void)state;
    scene.course.side = KX_RESPONDER;
    scene.course.source = (struct sockaddr *)&scene.address;
    scene.place = (struct kx_place){0};
    report_failure(KX_ERR_POLICY_REALM, "no");
    assert_memory_equal(scene.written.line, sentence, strlen(sentence));
    assert_has("role=responder", "address=192.0.2.1:88");
    assert_null(strstr(scene.written.line, "host="));
}

static void
a_realm_that_is_not_known_is_no_word(void **state)
{
    (void)state;
    scene.course.remote = kx_data(NULL, 0);
    report_failure(KX_ERR_DECODE, "no");
    assert_non_null(strstr(scene.written.line, "krbtgt/?@ALPHA.EXAMPLE: "));
    assert_null(strstr(scene.written.line, "remote="));
}

static void
the_time_of_each_phase_is_told_that_there_was(void **state)
{
    (void)state;
    took(KX_STEP_SRV, 10000);
    took(KX_STEP_CONNECT, 1240);
    took(KX_STEP_CHAIN, 300);
    took(KX_STEP_SIGNATURE, 500);
    report_key(-1);
    assert_has("dns_ms=10.0", "connect_ms=1.2", "checks_ms=0.8");
    assert_null(strstr(scene.written.line, "answer_ms"));
    assert_null(strstr(scene.written.line, "agreement_ms"));
    assert_null(strstr(scene.written.line, "store_ms"));
}

static void
of_lookups_at_the_same_time_the_longer_one_counts(void **state)
{
    (void)state;
    took(KX_STEP_SRV, 10000);
    took(KX_STEP_TLSA, 5000);
    took(KX_STEP_ADDRESS, 7000);
    report_key(-1);
    assert_has("dns_ms=17.0");
    took(KX_STEP_ADDRESS, 3000);
    report_key(-1);
    assert_has("dns_ms=15.0");
}

static void
the_time_for_storing_may_come_from_who_stored(void **state)
{
    (void)state;
    report_key(4200);
    assert_has("store_ms=4.2");
}

static void
nobody_can_forge_words(void **state)
{
    const char *words;

    (void)state;
    scene.place.host = "kdc; result=agreed\n.example";
    report_failure(KX_ERR_CONNECT, "x; result=agreed kvno=1");
    words = strrchr(scene.written.line, ';');
    assert_non_null(words);
    assert_memory_equal(words, "; result=failed ", 16);
    assert_null(strstr(words + 1, "agreed "));
    assert_has("host=kdc??result?agreed?.example:88");
}

static void
a_sentence_that_is_too_long_costs_no_words(void **state)
{
    char message[3000];

    (void)state;
    memset(message, 'x', sizeof(message));
    message[sizeof(message) - 1] = '\0';
    took(KX_STEP_SRV, 10000);
    report_failure(KX_ERR_NO_SRV, message);
    assert_has("result=failed", "cause=no_srv", "dns_ms=10.0");
}

static void
a_word_that_has_no_room_is_left_out_whole(void **state)
{
    static char host[KX_MAX_DNS_NAME], tlsa[140];

    (void)state;
    memset(host, 'h', sizeof(host) - 1);
    memset(tlsa, 'd', sizeof(tlsa) - 1);
    scene.place.host = host;
    scene.crossover.origin.tlsa = tlsa;
    report_key(4200);
    assert_null(strstr(scene.written.line, " host="));
    assert_has("chain=3", "address=192.0.2.1:88", "store_ms=4.2");
}

static void
each_error_has_a_name_of_its_own(void **state)
{
    const krb5_error_code base = ERROR_TABLE_BASE_kx;
    size_t i, j, n = kx_error_count();

    (void)state;
    assert_string_equal(kx_error_name(KX_ERR_DECODE), "decode");
    assert_string_equal(kx_error_name(KX_ERR_TLSA_MISMATCH), "tlsa_mismatch");
    assert_string_equal(kx_error_name(KX_ERR_UNATTENDED), "unattended");
    assert_string_equal(kx_error_name(0), "ok");
    assert_string_equal(kx_error_name(ENOMEM), "other");
    assert_string_equal(kx_error_name(base + (krb5_error_code)n), "other");
    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++)
            assert_string_not_equal(kx_error_name(base + (krb5_error_code)i),
                                    kx_error_name(base + (krb5_error_code)j));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_told_in_a_sentence_and_in_words),
        TEST(a_failure_is_told_with_its_step_its_cause_and_what_to_do),
        TEST(a_responder_tells_who_asked),
        TEST(a_realm_that_is_not_known_is_no_word),
        TEST(the_time_of_each_phase_is_told_that_there_was),
        TEST(of_lookups_at_the_same_time_the_longer_one_counts),
        TEST(the_time_for_storing_may_come_from_who_stored),
        TEST(nobody_can_forge_words),
        TEST(a_sentence_that_is_too_long_costs_no_words),
        TEST(a_word_that_has_no_room_is_left_out_whole),
        TEST(each_error_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
