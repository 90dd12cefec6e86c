/*
 * questions.c: what a KDC asks DNS about hosts.
 *
 * A question waits in the list for its answer, and then with its answer for
 * the lookup that asks again.  One that nobody comes back for goes when its
 * place is wanted; what it says is then as old as the last request of a busy
 * KDC, so an answer also has an end of its own.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "plugin/questions.h"

#define MAX_QUESTIONS 64
#define PATIENCE 20  /* seconds until a question is given up */
#define FRESHNESS 60 /* seconds that an answer waits to be heard */

struct entry {
    struct kx_question question; /* the first member: callers have it */
    TAILQ_ENTRY(entry) link;
    krb5_context context;
    struct kx_lookup *lookup; /* until it has ended */
    time_t asked;             /* kx_monotonic() */
    char host[KX_MAX_DNS_NAME];
};

struct kx_questions {
    krb5_context context;
    TAILQ_HEAD(entries, entry) entries; /* the oldest first */
    size_t n;
};

/* Take an entry out and release it. */
static void
release(struct kx_questions *questions, struct entry *entry,
        krb5_boolean is_parents)
{
    TAILQ_REMOVE(&questions->entries, entry, link);
    questions->n--;
    if (!is_parents)
        kx_lookup_cancel(entry->lookup);
    free(entry);
}

/* Event: DNS has answered. */
static void
answered(void *arg, const struct kx_answer *answer)
{
    struct entry *entry = arg;

    entry->lookup = NULL;
    entry->question.ended = TRUE;
    entry->question.code = answer->code;
    if (answer->code == 0)
        entry->question.code =
            kx_text_realm(entry->context, entry->host, answer->text,
                          answer->n_text, entry->question.realm);
}

krb5_error_code
kx_questions_new(krb5_context context, struct kx_questions **out)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return ENOMEM;
    (*out)->context = context;
    TAILQ_INIT(&(*out)->entries);
    return 0;
}

void
kx_questions_free(struct kx_questions *questions)
{
    if (questions == NULL)
        return;
    kx_questions_drop(questions, FALSE);
    free(questions);
}

void
kx_questions_drop(struct kx_questions *questions, krb5_boolean is_parents)
{
    while (!TAILQ_EMPTY(&questions->entries))
        release(questions, TAILQ_FIRST(&questions->entries), is_parents);
}

/* The entry about host; NULL for none, or if its answer is stale. */
static struct entry *
find(struct kx_questions *questions, const char *host)
{
    struct entry *entry;

    TAILQ_FOREACH(entry, &questions->entries, link)
    {
        if (strcmp(entry->host, host) == 0)
            break;
    }
    if (entry != NULL && entry->question.ended &&
        kx_monotonic() - entry->asked > FRESHNESS) {
        release(questions, entry, FALSE);
        return NULL;
    }
    return entry;
}

krb5_error_code
kx_questions_ask(struct kx_questions *questions, struct kx_resolver *resolver,
                 const char *host, const struct kx_question **out)
{
    const struct timeval patience = {PATIENCE, 0};
    struct entry *entry = find(questions, host);
    krb5_error_code ret;

    *out = NULL;
    if (entry != NULL) {
        *out = &entry->question;
        return 0;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return ENOMEM;
    entry->context = questions->context;
    entry->asked = kx_monotonic();
    strncpy(entry->host, host, sizeof(entry->host) - 1);
    ret = kx_lookup_text(resolver, host, &patience, answered, entry,
                         &entry->lookup);
    if (ret) {
        free(entry);
        return ret;
    }
    if (questions->n == MAX_QUESTIONS)
        release(questions, TAILQ_FIRST(&questions->entries), FALSE);
    TAILQ_INSERT_TAIL(&questions->entries, entry, link);
    questions->n++;
    *out = &entry->question;
    return 0;
}

void
kx_questions_done(struct kx_questions *questions,
                  const struct kx_question *question)
{
    struct entry *entry;

    TAILQ_FOREACH(entry, &questions->entries, link)
    {
        if (&entry->question == question) {
            release(questions, entry, FALSE);
            return;
        }
    }
}
