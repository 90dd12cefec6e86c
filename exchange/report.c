/*
 * report.c: the one line in the log that an exchange ends with.
 *
 * Some of what is in a line comes from strangers.  So the words come last, and
 * no value has a blank in it: whoever reads from the last "; " on reads what
 * we wrote.  A sentence that is too long is cut; the words are not.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include "exchange/kx_crossover.h"
#include "exchange/report.h"
#include "exchange/step.h"

static void add(char *words, size_t size, const char *name, const char *format,
                ...) KX_PRINTF(4, 5);

/* Put name=value behind words, if there is room.  What no value may have is
 * replaced by '?'. */
static void
add(char *words, size_t size, const char *name, const char *format, ...)
{
    size_t length = strlen(words);
    char value[KX_MAX_DNS_NAME + 16], *p;
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(value, sizeof(value), format, ap);
    va_end(ap);
    for (p = value; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || *p == ';' || *p == '=')
            *p = '?';
    }
    if (length + 2 + strlen(name) + strlen(value) < size)
        (void)snprintf(words + length, size - length, "%s%s=%s",
                       length > 0 ? " " : "", name, value);
}

/* Put the beginning and the place into words. */
static void
add_beginning(char *words, size_t size, const struct kx_course *course,
              const char *result)
{
    words[0] = '\0';
    add(words, size, "result", "%s", result);
    add(words, size, "role", "%s", kx_side_name(course->side));
    if (course->remote.length > 0)
        add(words, size, "remote", "%.*s", (int)course->remote.length,
            course->remote.data);
}

static void
add_place(char *words, size_t size, const struct kx_course *course,
          const struct kx_place *place)
{
    const struct sockaddr *address = place->address;
    char text[KX_ADDRESS_TEXT_SIZE];

    if (place->host != NULL)
        add(words, size, "host", "%s:%u", place->host, place->port);
    if (address == NULL)
        address = course->source;
    if (address != NULL)
        add(words, size, "address", "%s", kx_address_text(address, text));
}

/* Put into words how long course took, of which storing the key took store
 * microseconds, if it does not know that itself (else -1). */
static void
add_times(char *words, size_t size, const struct kx_course *course,
          int64_t store)
{
    int64_t spent;
    char name[32];
    int phase;

    for (phase = 0; phase < KX_PHASES; phase++) {
        spent = kx_phase_spent(course, (enum kx_phase)phase);
        if (phase == KX_PHASE_STORE && store >= 0)
            spent = store;
        if (spent < 0)
            continue;
        (void)snprintf(name, sizeof(name), "%s_ms",
                       kx_phase_name((enum kx_phase)phase));
        add(words, size, name, "%.1f", (double)spent / 1000);
    }
    if (course->time[KX_STEP_EXCHANGE].under_way)
        add(words, size, "total_ms", "%.1f",
            (double)(kx_monotonic_usec() -
                     course->time[KX_STEP_EXCHANGE].began) /
                1000);
}

/* Put the encryption types of crossover's keys into text, with commas. */
static void
etypes_text(const struct kx_crossover *crossover, char *text, size_t size)
{
    size_t i, length = 0;
    char name[64];

    text[0] = '\0';
    for (i = 0; i < crossover->n_keys && length < size; i++) {
        if (krb5_enctype_to_name(crossover->keys[i].enctype, TRUE, name,
                                 sizeof(name)) != 0)
            (void)snprintf(name, sizeof(name), "%d",
                           (int)crossover->keys[i].enctype);
        length += (size_t)snprintf(text + length, size - length, "%s%s",
                                   i > 0 ? "," : "", name);
    }
}

/* Put the crossover that course is about, and a colon, into sentence. */
static void
begin_sentence(char *sentence, size_t size, const struct kx_course *course)
{
    const krb5_data remote =
        course->remote.length > 0 ? course->remote : kx_data("?", 1);

    if (course->side == KX_INITIATOR)
        (void)snprintf(sentence, size, "krbtgt/%.*s@%s: ", (int)remote.length,
                       remote.data, course->local);
    else
        (void)snprintf(sentence, size, "krbtgt/%s@%.*s: ", course->local,
                       (int)remote.length, remote.data);
}

void
kx_report_agreed(struct kx_report *report, const struct kx_course *course,
                 const struct kx_place *place,
                 const struct kx_crossover *crossover)
{
    char *words = report->words, till[KX_TIME_TEXT_SIZE], etypes[128];
    const size_t size = sizeof(report->words);
    size_t length;

    (void)kx_time_text(crossover->till, till);
    etypes_text(crossover, etypes, sizeof(etypes));
    begin_sentence(report->sentence, sizeof(report->sentence), course);
    length = strlen(report->sentence);
    (void)snprintf(
        report->sentence + length, sizeof(report->sentence) - length,
        "key version %lu agreed with %s:%u, valid until %s",
        (unsigned long)crossover->kvno, place->host, place->port, till);
    add_beginning(words, size, course, "agreed");
    add(words, size, "kvno", "%lu", (unsigned long)crossover->kvno);
    add(words, size, "till", "%s", till);
    add(words, size, "etypes", "%s", etypes);
    add(words, size, "group", "%s", crossover->origin.group);
    add(words, size, "tlsa", "%s", crossover->origin.tlsa);
    add(words, size, "prior", "%u", crossover->origin.prior);
    add(words, size, "chain", "%u", crossover->origin.chain);
    add_place(words, size, course, place);
}

void
kx_report_write(const struct kx_report *report, const struct kx_logger *logger,
                const struct kx_course *course, int64_t store)
{
    char times[256] = "";

    add_times(times, sizeof(times), course, store);
    kx_log(logger, LOG_INFO, "%s; %s %s", report->sentence, report->words,
           times);
}

void
kx_report_failed(const struct kx_logger *logger, struct kx_quiet *quiet,
                 int priority, const struct kx_course *course,
                 const struct kx_place *place, krb5_error_code code)
{
    char sentence[KX_SENTENCE_SIZE], words[640],
        source[KX_ADDRESS_TEXT_SIZE] = "";
    const char *message = krb5_get_error_message(course->context, code);
    struct kx_quiet loud = {0};
    size_t length;

    begin_sentence(sentence, sizeof(sentence), course);
    length = strlen(sentence);
    if (course->source != NULL)
        (void)kx_address_text(course->source, source);
    (void)snprintf(
        sentence + length, sizeof(sentence) - length, "%s%s: %s: %s",
        course->side == KX_INITIATOR ? "no crossover" : "refused to ", source,
        kx_error_step(code), message);
    krb5_free_error_message(course->context, message);
    add_beginning(words, sizeof(words), course, "failed");
    add(words, sizeof(words), "step", "%s", kx_error_step_word(code));
    add(words, sizeof(words), "cause", "%s", kx_error_name(code));
    add_place(words, sizeof(words), course, place);
    add_times(words, sizeof(words), course, -1);
    kx_log_quietly(quiet != NULL ? quiet : &loud, logger, priority, "%s; %s",
                   sentence, words);
}
