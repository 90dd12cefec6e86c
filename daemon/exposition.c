/*
 * exposition.c: the figures as text for Prometheus.
 *
 * The format is Prometheus's text exposition format 0.0.4: for each family of
 * figures a line of help and one of its type, then a line for each figure.
 * Every figure has the label realm, ours, so that those of several kxoverd on
 * a machine can stand in one folder.  No label has more values than settings
 * and kx_err.et give it; only `remote`, of renewals that fail, is bounded by
 * KX_MAX_FAILING.
 *
 * docs/monitoring.md tells what each is for.
 */
#include "config.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include "daemon/metrics.h"

/* Room for one label's value, escaped. */
#define LABEL_SIZE 520

/* Where a family goes. */
struct text {
    struct evbuffer *out;
    char realm[LABEL_SIZE]; /* ours */
    const char *name;       /* of the present family */
};

/* Write value into out, with backslashes as labels want them. */
static void
escape(const char *value, char out[LABEL_SIZE])
{
    size_t n = 0;

    for (; *value != '\0' && n < LABEL_SIZE - 2; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            out[n++] = '\\';
        out[n++] = *value == '\n' ? 'n' : *value;
    }
    out[n] = '\0';
}

/* Begin a family. */
static void
family(struct text *text, const char *name, const char *type, const char *help)
{
    text->name = name;
    (void)evbuffer_add_printf(text->out, "# HELP %s %s\n# TYPE %s %s\n", name,
                              help, name, type);
}

/* The lines of a family; label is NULL, or the name of a further one. */
static void
number(struct text *text, const char *label, const char *value, uint64_t n)
{
    if (label == NULL)
        (void)evbuffer_add_printf(text->out, "%s{realm=\"%s\"} %" PRIu64 "\n",
                                  text->name, text->realm, n);
    else
        (void)evbuffer_add_printf(text->out,
                                  "%s{realm=\"%s\",%s=\"%s\"} %" PRIu64 "\n",
                                  text->name, text->realm, label, value, n);
}

/* A line with two further labels. */
static void
number_of_two(struct text *text, const char *label, const char *value,
              const char *other, const char *other_value, uint64_t n)
{
    (void)evbuffer_add_printf(
        text->out, "%s{realm=\"%s\",%s=\"%s\",%s=\"%s\"} %" PRIu64 "\n",
        text->name, text->realm, label, value, other, other_value, n);
}

/* A moment. */
static void
moment_line(struct text *text, const char *label, const char *value, time_t t)
{
    number(text, label, value, t > 0 ? (uint64_t)t : 0);
}

/* A family with a single figure. */
static void
single(struct text *text, const char *name, const char *type, const char *help,
       uint64_t n)
{
    family(text, name, type, help);
    number(text, NULL, NULL, n);
}

/* The lines of one histogram; phase is NULL for none. */
static void
histogram_lines(struct text *text, enum kx_side side, const char *phase,
                const struct kx_histogram *histogram)
{
    char labels[LABEL_SIZE + 64];
    uint64_t n = 0;
    size_t i;

    (void)snprintf(labels, sizeof(labels), "realm=\"%s\",role=\"%s\"%s%s%s",
                   text->realm, kx_side_name(side),
                   phase != NULL ? ",phase=\"" : "",
                   phase != NULL ? phase : "", phase != NULL ? "\"" : "");
    for (i = 0; i < KX_BUCKETS - 1; i++) {
        n += histogram->bucket[i];
        (void)evbuffer_add_printf(
            text->out, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", text->name,
            labels, (double)kx_bucket_bounds[i] / 1000000, n);
    }
    n += histogram->bucket[i];
    (void)evbuffer_add_printf(
        text->out,
        "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n%s_sum{%s} %.6f\n"
        "%s_count{%s} %" PRIu64 "\n",
        text->name, labels, n, text->name, labels,
        (double)histogram->sum / 1000000, text->name, labels, n);
}

/* The name of cause n, an index as of kx_cause(); NULL if there is none. */
static const char *
cause_name(size_t n)
{
    if (n == KX_MAX_CAUSES - 1)
        return kx_error_name(ENOMEM);
    return n < kx_error_count()
               ? kx_error_name(ERROR_TABLE_BASE_kx + (krb5_error_code)n)
               : NULL;
}

/* The exchanges. */
static void
exchanges(struct text *text, const struct kx_metrics *metrics)
{
    int side, phase;
    size_t n;

    family(text, "kxover_exchanges_agreed_total", "counter",
           "Exchanges that ended with a new key, stored.");
    for (side = 0; side < KX_SIDES; side++)
        number(text, "role", kx_side_name((enum kx_side)side),
               metrics->agreed[side]);
    family(text, "kxover_exchanges_failed_total", "counter",
           "Exchanges that ended without a key, by cause.");
    for (side = 0; side < KX_SIDES; side++) {
        for (n = 0; n < KX_MAX_CAUSES; n++) {
            if (cause_name(n) != NULL)
                number_of_two(text, "role", kx_side_name((enum kx_side)side),
                              "cause", cause_name(n),
                              metrics->failed[side][n]);
        }
    }
    family(text, "kxover_exchange_duration_seconds", "histogram",
           "How long exchanges took that ended with a key.");
    for (side = 0; side < KX_SIDES; side++)
        histogram_lines(text, (enum kx_side)side, NULL,
                        &metrics->exchange[side]);
    family(text, "kxover_exchange_phase_duration_seconds", "histogram",
           "How long the phases of those exchanges took.");
    for (side = 0; side < KX_SIDES; side++) {
        for (phase = 0; phase < KX_PHASES; phase++) {
            /* Who is asked connects to nobody. */
            if (side == KX_RESPONDER &&
                (phase == KX_PHASE_CONNECT || phase == KX_PHASE_ANSWER))
                continue;
            histogram_lines(text, (enum kx_side)side,
                            kx_phase_name((enum kx_phase)phase),
                            &metrics->phase[side][phase]);
        }
    }
}

/* The lookups. */
static void
dns(struct text *text, const struct kx_metrics *metrics)
{
    static const krb5_error_code kinds[] = {
        KX_ERR_NO_SRV,     KX_ERR_NO_TLSA,    KX_ERR_DNS_NONE,
        KX_ERR_DNS_BOGUS,  KX_ERR_DNS_FAILED, KX_ERR_DNS_INSECURE,
        KX_ERR_DNS_RECORD, KX_ERR_DNS_SETUP,  KX_ERR_DNS_TIMEOUT};
    size_t i;

    family(text, "kxover_dns_lookups_failed_total", "counter",
           "Lookups of other realms' records that failed, by cause.");
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        number(text, "cause", kx_error_name(kinds[i]),
               metrics->dns_failed[kx_cause(kinds[i])]);
}

/* The clients, and the KDC behind us. */
static void
connections(struct text *text, const struct kx_metrics *metrics,
            const struct kx_moment *moment)
{
    single(text, "kxover_connections_total", "counter",
           "Connections that were accepted.", metrics->connections);
    family(text, "kxover_connections", "gauge", "Connections that are open.");
    number(text, "state", "idle", moment->idle);
    number(text, "state", "busy", moment->connections - moment->idle);
    single(text, "kxover_connections_limit", "gauge",
           "Connections that may be open.", moment->max_connections);
    single(text, "kxover_connections_refused_total", "counter",
           "Connections closed at once, as there were too many.",
           metrics->connections_refused);
    single(text, "kxover_connections_evicted_total", "counter",
           "Idle connections closed to make room for others.",
           metrics->connections_evicted);
    single(text, "kxover_connections_expired_total", "counter",
           "Connections closed because a time limit had passed.",
           metrics->connections_expired);
    family(text, "kxover_messages_refused_total", "counter",
           "Messages refused before anybody looked into them.");
    number(text, "cause", "length", metrics->refused[KX_REFUSED_LENGTH]);
    number(text, "cause", "no_kdc", metrics->refused[KX_REFUSED_NO_KDC]);
    single(text, "kxover_relayed_messages_total", "counter",
           "Messages for the KDC that were answered.", metrics->relayed);
    single(text, "kxover_relay_failures_total", "counter",
           "Messages for the KDC that it did not answer, or could not get.",
           metrics->relays_failed);
    family(text, "kxover_relayed_bytes_total", "counter",
           "Bytes of messages to the KDC and of its answers.");
    number(text, "direction", "to_kdc", metrics->relayed_bytes[KX_TO_KDC]);
    number(text, "direction", "from_kdc", metrics->relayed_bytes[KX_FROM_KDC]);
    single(text, "kxover_relay_waiting", "gauge",
           "Messages that wait until the KDC has answered others.",
           moment->relays_waiting);
}

/* What the database has, as it was last looked through. */
static void
crossovers(struct text *text, const struct kx_metrics *metrics,
           const struct kx_moment *moment)
{
    static const char *const direction[] = {"outgoing", "incoming"};
    const struct kx_found_crossovers *found = &metrics->crossovers;
    int i;

    single(text, "kxover_database_looks_failed_total", "counter",
           "Looks through the database that broke off.",
           metrics->looks_failed);
    single(text, "kxover_peers_limit", "gauge",
           "Realms that may have crossed over to this one (kxover_max_peers).",
           moment->max_peers);
    if (metrics->looked == 0)
        return;
    single(text, "kxover_database_look_timestamp_seconds", "gauge",
           "When the database was last looked through, as a whole.",
           (uint64_t)metrics->looked);
    family(text, "kxover_database_look_duration_seconds", "gauge",
           "How long that took.");
    (void)evbuffer_add_printf(text->out, "%s{realm=\"%s\"} %.6f\n", text->name,
                              text->realm,
                              (double)metrics->look_took / 1000000);
    family(text, "kxover_crossovers", "gauge",
           "Crossovers in the database, by direction and by who keyed them.");
    for (i = 0; i < 2; i++) {
        number_of_two(text, "direction", direction[i], "keyed", "kxover",
                      found->managed[i]);
        number_of_two(text, "direction", direction[i], "keyed", "hand",
                      found->by_hand[i]);
    }
    family(text, "kxover_crossovers_blocked", "gauge",
           "Crossovers that an administrator has blocked.");
    for (i = 0; i < 2; i++)
        number(text, "direction", direction[i], found->blocked[i]);
    single(text, "kxover_crossovers_due", "gauge",
           "Crossovers in use that were due for renewal then.", found->due);
    if (found->earliest_end[0] == 0 && found->earliest_end[1] == 0)
        return;
    family(text, "kxover_crossover_earliest_end_timestamp_seconds", "gauge",
           "The end of the crossover made by kxover that ends first.");
    for (i = 0; i < 2; i++) {
        if (found->earliest_end[i] != 0)
            moment_line(text, "direction", direction[i],
                        found->earliest_end[i]);
    }
}

/* The renewals that do not come about. */
static void
renewals(struct text *text, const struct kx_moment *moment)
{
    const struct kx_failing *failing = moment->failing;
    char remote[LABEL_SIZE];
    size_t i, with_key = 0;

    single(text, "kxover_renewals_failing", "gauge",
           "Realms whose crossover could not be renewed at the last attempt.",
           moment->n_failing);
    if (moment->n_listed == 0)
        return;
    family(text, "kxover_renewal_failures", "gauge",
           "Attempts in a row that failed, and the cause of the last one.");
    for (i = 0; i < moment->n_listed; i++) {
        escape(failing[i].realm, remote);
        number_of_two(text, "remote", remote, "cause",
                      kx_error_name(failing[i].code), failing[i].times);
        with_key += failing[i].till != 0;
    }
    if (with_key == 0)
        return;
    family(text, "kxover_renewal_key_end_timestamp_seconds", "gauge",
           "The end of the key that could not be renewed.");
    for (i = 0; i < moment->n_listed; i++) {
        escape(failing[i].realm, remote);
        if (failing[i].till != 0)
            moment_line(text, "remote", remote, failing[i].till);
    }
}

/* Who we are. */
static void
identities(struct text *text, const struct kx_moment *moment)
{
    char name[24];
    size_t i, n_loaded = 0;

    if (moment->n_identities == 0)
        return;
    family(text, "kxover_identity_loaded", "gauge",
           "Whether an identity (kxover_identity, in its order) can be used.");
    for (i = 0; i < moment->n_identities; i++) {
        (void)snprintf(name, sizeof(name), "%zu", i + 1);
        number(text, "identity", name, moment->identity[i].loaded);
        n_loaded += moment->identity[i].loaded;
    }
    if (n_loaded == 0)
        return;
    family(text, "kxover_identity_end_timestamp_seconds", "gauge",
           "The end of an identity's certificate.");
    for (i = 0; i < moment->n_identities; i++) {
        (void)snprintf(name, sizeof(name), "%zu", i + 1);
        if (moment->identity[i].loaded)
            moment_line(text, "identity", name, moment->identity[i].end);
    }
}

/* The program, and its settings. */
static void
process(struct text *text, const struct kx_metrics *metrics)
{
    family(text, "kxover_build_info", "gauge", "The version of kxoverd.");
    number(text, "version", PACKAGE_VERSION, 1);
    single(text, "kxover_start_timestamp_seconds", "gauge",
           "When kxoverd was started.", (uint64_t)metrics->started);
    single(text, "kxover_settings_read_timestamp_seconds", "gauge",
           "When the settings in force were read.",
           (uint64_t)metrics->settings_read);
    single(text, "kxover_settings_good", "gauge",
           "0 if the settings that were read last are not used.",
           !metrics->settings_bad);
}

void
kx_exposition(const struct kx_metrics *metrics, const struct kx_moment *moment,
              struct evbuffer *out)
{
    struct text text = {.out = out};

    escape(moment->realm, text.realm);
    process(&text, metrics);
    exchanges(&text, metrics);
    dns(&text, metrics);
    connections(&text, metrics, moment);
    crossovers(&text, metrics, moment);
    renewals(&text, moment);
    identities(&text, moment);
}
