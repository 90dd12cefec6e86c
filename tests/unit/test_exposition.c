/*
 * test_exposition.c: figures as text for Prometheus.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include "daemon/metrics.h"
#include "tests/unit/test.h"

static struct kx_metrics metrics;
static struct kx_moment moment;
static char text[256 * 1024];

static int
set_up(void **state)
{
    (void)state;
    kx_init_errors();
    memset(&metrics, 0, sizeof(metrics));
    memset(&moment, 0, sizeof(moment));
    moment.realm = "ALPHA.EXAMPLE";
    return 0;
}

/* Write all of it into text. */
static void
write_text(void)
{
    struct evbuffer *out = evbuffer_new();
    int n;

    assert_non_null(out);
    kx_exposition(&metrics, &moment, out);
    n = evbuffer_remove(out, text, sizeof(text) - 1);
    assert_in_range(n, 1, sizeof(text) - 2);
    text[n] = '\0';
    evbuffer_free(out);
}

/* A line of text begins with this. */
static krb5_boolean
has(const char *line)
{
    const char *found;

    for (found = strstr(text, line); found != NULL;
         found = strstr(found + 1, line)) {
        if (found == text || found[-1] == '\n')
            return TRUE;
    }
    return FALSE;
}

static void
a_figure_has_its_help_its_type_and_whose_it_is(void **state)
{
    (void)state;
    metrics.connections = 42;
    write_text();
    assert_non_null(strstr(
        text, "# HELP kxover_connections_total Connections that were "
              "accepted.\n"
              "# TYPE kxover_connections_total counter\n"
              "kxover_connections_total{realm=\"ALPHA.EXAMPLE\"} 42\n"));
}

static void
a_histogram_counts_up_to_all(void **state)
{
    struct kx_histogram *histogram = &metrics.exchange[KX_RESPONDER];

    (void)state;
    kx_histogram_add(histogram, 1000); /* a bound is in its bucket */
    kx_histogram_add(histogram, 1001);
    kx_histogram_add(histogram, 20000000);
    write_text();
#define BUCKET(le, n)                                                         \
    "kxover_exchange_duration_seconds_bucket{realm=\"ALPHA.EXAMPLE\","        \
    "role=\"responder\",le=\"" le "\"} " n "\n"
    assert_true(has(BUCKET("0.001", "1")));
    assert_true(has(BUCKET("0.005", "2")));
    assert_true(has(BUCKET("10", "2")));
    assert_true(has(BUCKET("+Inf", "3")));
    assert_true(has("kxover_exchange_duration_seconds_sum{realm=\"ALPHA."
                    "EXAMPLE\",role=\"responder\"} 20.002001\n"));
    assert_true(has("kxover_exchange_duration_seconds_count{realm=\"ALPHA."
                    "EXAMPLE\",role=\"responder\"} 3\n"));
}

static void
signs_that_end_a_label_are_escaped(void **state)
{
    (void)state;
    moment.realm = "A\"B\\C\nD";
    write_text();
    assert_true(
        has("kxover_connections_total{realm=\"A\\\"B\\\\C\\nD\"} 0\n"));
}

static void
what_was_not_looked_at_yet_is_not_told(void **state)
{
    (void)state;
    write_text();
    assert_null(strstr(text, "kxover_crossovers{"));
    assert_null(strstr(text, "earliest_end"));
    metrics.looked = 1796572260;
    metrics.crossovers.managed[1] = 7;
    write_text();
    assert_true(has("kxover_crossovers{realm=\"ALPHA.EXAMPLE\",direction="
                    "\"incoming\",keyed=\"kxover\"} 7\n"));
    assert_true(has("kxover_database_look_timestamp_seconds{realm=\"ALPHA."
                    "EXAMPLE\"} 1796572260\n"));
    assert_null(strstr(text, "earliest_end"));
}

static void
a_realm_whose_renewal_fails_is_told_with_cause_and_end(void **state)
{
    const struct kx_failing failing[] = {
        {"BRAVO.EXAMPLE", KX_ERR_NO_TLSA, 3, 1796572260},
        {"CHARLIE.EXAMPLE", ENOMEM, 1, 0}};

    (void)state;
    moment.failing = failing;
    moment.n_listed = 2;
    moment.n_failing = 5;
    write_text();
    assert_true(has("kxover_renewals_failing{realm=\"ALPHA.EXAMPLE\"} 5\n"));
    assert_true(has("kxover_renewal_failures{realm=\"ALPHA.EXAMPLE\",remote="
                    "\"BRAVO.EXAMPLE\",cause=\"no_tlsa\"} 3\n"));
    assert_true(has("kxover_renewal_failures{realm=\"ALPHA.EXAMPLE\",remote="
                    "\"CHARLIE.EXAMPLE\",cause=\"other\"} 1\n"));
    assert_true(has("kxover_renewal_key_end_timestamp_seconds{realm=\"ALPHA."
                    "EXAMPLE\",remote=\"BRAVO.EXAMPLE\"} 1796572260\n"));
    assert_null(strstr(text, "end_timestamp_seconds{realm=\"ALPHA.EXAMPLE\","
                             "remote=\"CHARLIE"));
}

static void
all_errors_have_a_place_and_strangers_share_one(void **state)
{
    const size_t n = kx_error_count();

    (void)state;
    /* The last place is that of all others. */
    assert_in_range(n, 1, KX_MAX_CAUSES - 1);
    assert_int_equal(kx_cause(ERROR_TABLE_BASE_kx), 0);
    assert_int_equal(kx_cause(ERROR_TABLE_BASE_kx + (krb5_error_code)n - 1),
                     n - 1);
    assert_int_equal(kx_cause(ERROR_TABLE_BASE_kx + (krb5_error_code)n),
                     KX_MAX_CAUSES - 1);
    assert_int_equal(kx_cause(ENOMEM), KX_MAX_CAUSES - 1);
    assert_int_equal(kx_cause(-1), KX_MAX_CAUSES - 1);
}

/* Tell metrics of the end of a whole exchange. */
static void
tell_end(enum kx_side side, krb5_error_code code)
{
    struct kx_course course = {.side = side};
    const struct kx_told told = {.course = &course,
                                 .step = KX_STEP_EXCHANGE,
                                 .code = code,
                                 .begin = 5,
                                 .end = 2005};

    course.time[KX_STEP_SRV].times = 1;
    course.time[KX_STEP_SRV].spent = 1500;
    kx_metrics_tell(&metrics, &told);
}

static void
times_are_those_of_exchanges_that_end_with_a_key(void **state)
{
    (void)state;
    tell_end(KX_RESPONDER, KX_ERR_NO_SRV);
    assert_int_equal(metrics.exchange[KX_RESPONDER].sum, 0);
    assert_int_equal(metrics.failed[KX_RESPONDER][kx_cause(KX_ERR_NO_SRV)], 1);
    tell_end(KX_RESPONDER, 0);
    assert_int_equal(metrics.exchange[KX_RESPONDER].sum, 2000);
    assert_int_equal(metrics.phase[KX_RESPONDER][KX_PHASE_DNS].sum, 1500);
    assert_int_equal(metrics.agreed[KX_RESPONDER], 1);
}

static void
what_was_given_up_is_not_counted(void **state)
{
    struct kx_metrics before;

    (void)state;
    before = metrics;
    tell_end(KX_INITIATOR, ECANCELED);
    assert_memory_equal(&before, &metrics, sizeof(before));
}

static void
a_renewal_counts_when_its_key_is_stored(void **state)
{
    (void)state;
    tell_end(KX_INITIATOR, 0);
    assert_int_equal(metrics.agreed[KX_INITIATOR], 0);
    kx_metrics_renewed(&metrics, 0, 300);
    assert_int_equal(metrics.agreed[KX_INITIATOR], 1);
    assert_int_equal(metrics.phase[KX_INITIATOR][KX_PHASE_STORE].sum, 300);
    kx_metrics_renewed(&metrics, KX_ERR_STORE, 300);
    assert_int_equal(metrics.agreed[KX_INITIATOR], 1);
    assert_int_equal(metrics.failed[KX_INITIATOR][kx_cause(KX_ERR_STORE)], 1);
    /* One that came to no key was told of already. */
    kx_metrics_renewed(&metrics, KX_ERR_NO_SRV, -1);
    assert_int_equal(metrics.failed[KX_INITIATOR][kx_cause(KX_ERR_NO_SRV)], 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_figure_has_its_help_its_type_and_whose_it_is,
                               set_up),
        cmocka_unit_test_setup(a_histogram_counts_up_to_all, set_up),
        cmocka_unit_test_setup(signs_that_end_a_label_are_escaped, set_up),
        cmocka_unit_test_setup(what_was_not_looked_at_yet_is_not_told, set_up),
        cmocka_unit_test_setup(
            a_realm_whose_renewal_fails_is_told_with_cause_and_end, set_up),
        cmocka_unit_test_setup(all_errors_have_a_place_and_strangers_share_one,
                               set_up),
        cmocka_unit_test_setup(
            times_are_those_of_exchanges_that_end_with_a_key, set_up),
        cmocka_unit_test_setup(what_was_given_up_is_not_counted, set_up),
        cmocka_unit_test_setup(a_renewal_counts_when_its_key_is_stored,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
