/*
 * metrics.c: what kxoverd counts of exchanges.
 *
 * The engine tells us of each step (exchange/kx_course.h).  How long exchanges
 * and their phases take is counted of those that end with a key: a flood of
 * requests that are refused at once would make all others look fast.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include "daemon/metrics.h"

const int64_t kx_bucket_bounds[KX_BUCKETS - 1] = {
    1000,   5000,   10000,   25000,   50000,   100000,
    250000, 500000, 1000000, 2500000, 5000000, 10000000};

void
kx_metrics_begin(struct kx_metrics *metrics)
{
    memset(metrics, 0, sizeof(*metrics));
    metrics->started = time(NULL);
}

void
kx_histogram_add(struct kx_histogram *histogram, int64_t usec)
{
    size_t i = 0;

    while (i < KX_BUCKETS - 1 && usec > kx_bucket_bounds[i])
        i++;
    histogram->bucket[i]++;
    histogram->sum += usec;
}

size_t
kx_cause(krb5_error_code code)
{
    const krb5_error_code n = code - ERROR_TABLE_BASE_kx;

    return n >= 0 && (size_t)n < kx_error_count() && n < KX_MAX_CAUSES - 1
               ? (size_t)n
               : KX_MAX_CAUSES - 1;
}

/* The whole is over. */
static void
count_exchange(struct kx_metrics *metrics, const struct kx_told *told)
{
    const enum kx_side side = told->course->side;
    int64_t spent;
    int phase;

    /* One that was given up came to nothing. */
    if (told->code == ECANCELED)
        return;
    if (told->code) {
        metrics->failed[side][kx_cause(told->code)]++;
        return;
    }
    if (side == KX_RESPONDER)
        metrics->agreed[side]++;
    kx_histogram_add(&metrics->exchange[side], told->end - told->begin);
    for (phase = 0; phase < KX_PHASES; phase++) {
        spent = kx_phase_spent(told->course, (enum kx_phase)phase);
        if (spent >= 0)
            kx_histogram_add(&metrics->phase[side][phase], spent);
    }
}

void
kx_metrics_tell(void *arg, const struct kx_told *told)
{
    struct kx_metrics *metrics = arg;

    if (told->begins)
        return;
    switch (told->step) {
    case KX_STEP_EXCHANGE:
        count_exchange(metrics, told);
        break;
    case KX_STEP_SRV:
    case KX_STEP_TLSA:
    case KX_STEP_ADDRESS:
        if (told->code && told->code != ECANCELED)
            metrics->dns_failed[kx_cause(told->code)]++;
        break;
    default:
        break;
    }
}

void
kx_metrics_renewed(struct kx_metrics *metrics, krb5_error_code code,
                   int64_t store)
{
    if (store >= 0)
        kx_histogram_add(&metrics->phase[KX_INITIATOR][KX_PHASE_STORE], store);
    if (code == 0)
        metrics->agreed[KX_INITIATOR]++;
    else if (store >= 0)
        metrics->failed[KX_INITIATOR][kx_cause(code)]++;
}
