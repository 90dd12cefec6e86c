/*
 * resolver.c: libunbound, run beside us.
 *
 * libunbound resolves and validates in a thread of its own, and puts answers
 * into a pipe; the event base watches the pipe, and ub_process() takes them
 * out.  So nothing here waits, but kx_resolver_free(), which joins the thread:
 * that stops at once, whatever its name servers are (not) doing.
 *
 * The thread runs inside a KDC.  It must not take the KDC's signals, nor may
 * its connections raise SIGPIPE, so it is born with all signals blocked.  What
 * libunbound logs is read while it is set up, for the error message, and
 * thrown away later: of a lookup, the answer says what there is to say.  Its
 * parser changes the working directory where unbound.conf has a `directory:`;
 * we go back.
 *
 * A question that nobody waits for any more is not cancelled: with a thread,
 * ub_cancel() only keeps the answer from us, while the work goes on.  It runs
 * to its end, where it fills the cache for the next try, and it counts until
 * then, so that strangers cannot pile up work by making us ask.
 *
 * After a fork the child has libunbound's memory but not its thread: locks may
 * be held for ever and the pipes are shared with the parent, and so is the
 * event base's epoll set.  It can only leave all three alone.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/nameser.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/lookup.h"
#include "dnssec/resolver.h"

/* What libunbound's thread opens at once, and with its first questions. */
#define FILES_OF_THREAD 16

/*
 * Find in libunbound's log the words of its first error, and end them there;
 * NULL if there are none.
 */
static char *
first_error(char *log)
{
    static const char mark[] = " error: ";
    char *words = log != NULL ? strstr(log, mark) : NULL;

    if (words == NULL)
        return NULL;
    words += sizeof(mark) - 1;
    words[strcspn(words, "\n")] = '\0';
    return words;
}

/* True if unbound.conf named a trust anchor, in any of the ways there are. */
static krb5_boolean
has_trust_anchor(struct ub_ctx *unbound)
{
    static const char *const options[] = {
        "trust-anchor",
        "trust-anchor-file",
        "auto-trust-anchor-file",
        "trusted-keys-file",
    };
    krb5_boolean found = FALSE;
    char *value;
    size_t i;

    for (i = 0; i < sizeof(options) / sizeof(*options) && !found; i++) {
        value = NULL;
        if (ub_ctx_get_option(unbound, options[i], &value) != UB_NOERROR)
            continue;
        found = value != NULL && value[0] != '\0';
        free(value);
    }
    return found;
}

/*
 * How many questions may be open in DNS at a time, by UDP and by TCP.
 * libunbound's own 16 and 2 are for a program that asks for itself.  Here
 * strangers have us ask, of name servers of theirs that need not answer: with
 * 16 of those nobody else would have an answer.  So there is room for all that
 * may be under way; a question takes a file and little memory while it is
 * open, but each of the places for TCP takes 64 KiB.
 */
#define OPEN_QUESTIONS "768"
#define OPEN_TCP_QUESTIONS "16"

/*
 * Have libunbound read its settings (unbound_conf, or NULL) and take them up
 * now, so that mistakes in them are found now.  Returns libunbound's code;
 * *anchored says whether there is a trust anchor.
 */
static int
apply_settings(struct ub_ctx *unbound, const char *unbound_conf,
               krb5_boolean *anchored)
{
    int result, here;

    *anchored = TRUE;
    here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* What unbound_conf says of them is read after that, and counts. */
    result = ub_ctx_set_option(unbound, "outgoing-range:", OPEN_QUESTIONS);
    if (result == UB_NOERROR)
        result = ub_ctx_set_option(unbound,
                                   "outgoing-num-tcp:", OPEN_TCP_QUESTIONS);
    if (result == UB_NOERROR && unbound_conf != NULL) {
        result = ub_ctx_config(unbound, unbound_conf);
        *anchored = has_trust_anchor(unbound);
    } else if (result == UB_NOERROR) {
        result = ub_ctx_add_ta_file(unbound, KX_ROOT_KEY_FILE);
    }
    /* A module that libunbound was built without would crash it, and without
     * the validator nothing would be secure. */
    if (result == UB_NOERROR)
        result =
            ub_ctx_set_option(unbound, "module-config:", "validator iterator");
    if (result == UB_NOERROR)
        result = ub_ctx_debuglevel(unbound, 0);
    if (result == UB_NOERROR)
        result = ub_ctx_async(unbound, 1);
    /* Of the calls that take up the settings, this one does nothing else. */
    if (result == UB_NOERROR)
        result = ub_ctx_print_local_zones(unbound);
    if (here >= 0) {
        if (fchdir(here) != 0 && result == UB_NOERROR)
            result = UB_READFILE;
        (void)close(here);
    }
    return result;
}

/* Make a libunbound context.  Errors: KX_ERR_DNS_SETUP, ENOMEM. */
static krb5_error_code
open_unbound(krb5_context context, const char *unbound_conf,
             struct ub_ctx **out)
{
    struct ub_ctx *unbound = NULL;
    krb5_boolean anchored = TRUE;
    krb5_error_code code = 0;
    FILE *stream = NULL;
    char *log = NULL;
    const char *words;
    size_t log_size;
    int result;

    *out = NULL;
    unbound = ub_ctx_create();
    stream = open_memstream(&log, &log_size);
    if (unbound == NULL || stream == NULL) {
        code =
            kx_error(context, KX_ERR_DNS_SETUP,
                     "DNS resolver cannot be made: %s", error_message(errno));
        goto cleanup;
    }
    (void)ub_ctx_debugout(unbound, stream);
    result = apply_settings(unbound, unbound_conf, &anchored);
    (void)ub_ctx_debugout(unbound, NULL);
    /* Without memory the stream would end what was said without a NUL. */
    if (fputc('\0', stream) == EOF || fflush(stream) != 0) {
        code = ENOMEM;
        goto cleanup;
    }

    words = first_error(log);
    if (words == NULL)
        words = ub_strerror(result);
    if (result != UB_NOERROR && unbound_conf != NULL) {
        code = kx_error(context, KX_ERR_DNS_SETUP,
                        "DNS resolver cannot use %s: %s (unbound-checkconf "
                        "tells more)",
                        unbound_conf, words);
    } else if (result != UB_NOERROR) {
        code = kx_error(context, KX_ERR_DNS_SETUP,
                        "DNS resolver cannot use the DNS root key %s: %s "
                        "(Debian package dns-root-data has it)",
                        KX_ROOT_KEY_FILE, words);
    } else if (!anchored) {
        code = kx_error(context, KX_ERR_DNS_SETUP,
                        "%s has no trust anchor, so nothing would be secure: "
                        "add trust-anchor-file: \"%s\"",
                        unbound_conf, KX_ROOT_KEY_FILE);
    }
    if (code != 0)
        goto cleanup;
    *out = unbound;
    unbound = NULL;

cleanup:
    ub_ctx_delete(unbound);
    if (stream != NULL)
        (void)fclose(stream);
    free(log);
    return code;
}

/*
 * Take the question off the resolver's list: it is answered, or gave up.  With
 * the last one, the event base has nothing to watch for us.
 */
static void
unlist(struct kx_question *question)
{
    struct kx_resolver *resolver = question->resolver;

    LIST_REMOVE(question, others);
    if (--resolver->n_questions == 0)
        (void)event_del(resolver->readable);
}

/* The question has its answer: tell whoever waits, or release it. */
static void
settle(struct kx_question *question, int error, struct ub_result *result)
{
    unlist(question);
    question->is_answered = TRUE;
    question->error = error;
    question->result = result;
    if (question->answered != NULL)
        question->answered(question->arg);
    else
        kx_question_drop(question);
}

/* libunbound's callback, from within ub_process(). */
static void
take_result(void *arg, int error, struct ub_result *result)
{
    settle(arg, error, result);
}

/*
 * The event base's callback: the pipe has answers; take them in.  If
 * libunbound cannot read its own pipe, no question will ever be answered.
 */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct kx_resolver *resolver = arg;
    struct kx_question *question;
    int result;

    (void)fd;
    (void)what;
    result = ub_process(resolver->unbound);
    if (result == UB_NOERROR)
        return;
    resolver->is_broken = TRUE;
    while ((question = LIST_FIRST(&resolver->questions)) != NULL)
        /* What is settled is not in the list any more.
         * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        settle(question, result, NULL);
}

krb5_error_code
kx_resolver_new(krb5_context context, struct event_base *base,
                const char *unbound_conf, struct kx_resolver **out)
{
    struct kx_resolver *resolver = NULL;
    krb5_error_code code;

    *out = NULL;
    resolver = calloc(1, sizeof(*resolver));
    if (resolver == NULL)
        return ENOMEM;
    resolver->context = context;
    resolver->base = base;
    resolver->owner = getpid();
    LIST_INIT(&resolver->questions);
    LIST_INIT(&resolver->lookups);
    code = open_unbound(context, unbound_conf, &resolver->unbound);
    if (code != 0)
        goto cleanup;
    resolver->readable =
        event_new(base, ub_fd(resolver->unbound), EV_READ | EV_PERSIST,
                  on_readable, resolver);
    if (resolver->readable == NULL) {
        code = ENOMEM;
        goto cleanup;
    }
    *out = resolver;
    resolver = NULL;

cleanup:
    kx_resolver_free(resolver);
    return code;
}

/* Release what the resolver has but libunbound and its event. */
static void
release(struct kx_resolver *resolver)
{
    struct kx_question *question = LIST_FIRST(&resolver->questions), *next;

    for (; question != NULL; question = next) {
        next = LIST_NEXT(question, others);
        free(question);
    }
    free(resolver);
}

void
kx_resolver_free(struct kx_resolver *resolver)
{
    if (resolver == NULL)
        return;
    if (resolver->owner != getpid()) {
        kx_resolver_abandon(resolver);
        return;
    }
    kx_lookups_cancel(resolver);
    if (resolver->readable != NULL)
        event_free(resolver->readable);
    ub_ctx_delete(resolver->unbound);
    release(resolver);
}

void
kx_resolver_abandon(struct kx_resolver *resolver)
{
    if (resolver == NULL)
        return;
    kx_lookups_cancel(resolver);
    release(resolver);
}

/* A thread that ends where it begins. */
static void *
do_nothing(void *arg)
{
    return arg;
}

/*
 * Try whether a thread can be started: where libunbound cannot start its own,
 * it does not notice, and ub_ctx_delete() crashes.  Returns an errno value.
 */
static int
try_thread(void)
{
    sigset_t all, before;
    pthread_t thread;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, NULL, do_nothing, NULL);
    if (error == 0)
        error = pthread_join(thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* ub_resolve_async(), so that a thread it starts has all signals blocked. */
static int
resolve_unsignalled(struct kx_question *question)
{
    sigset_t all, before;
    int result;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    result =
        ub_resolve_async(question->resolver->unbound, question->name,
                         question->type, ns_c_in, question, take_result, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/*
 * See that there is room for a question about name.  Errors: KX_ERR_BUSY.
 */
static krb5_error_code
check_room(const struct kx_resolver *resolver, const char *name)
{
    const char *domain = kx_domain_of(name);
    const struct kx_question *other;
    int n = 0;

    if (resolver->n_questions >= KX_MAX_QUESTIONS)
        return kx_error(resolver->context, KX_ERR_BUSY,
                        "DNS lookup of %s is one too many: %d are under way",
                        name, KX_MAX_QUESTIONS);
    LIST_FOREACH(other, &resolver->questions, others)
    {
        if (strcmp(kx_domain_of(other->name), domain) == 0)
            n++;
    }
    if (n >= KX_MAX_QUESTIONS_OF_DOMAIN)
        return kx_error(resolver->context, KX_ERR_BUSY,
                        "DNS lookup of %s is one too many: %d are under way "
                        "in the domain %s",
                        name, n, domain);
    return 0;
}

krb5_error_code
kx_question_ask(struct kx_resolver *resolver, const char *name, int type,
                void (*answered)(void *arg), void *arg,
                struct kx_question **out)
{
    struct kx_question *question = NULL;
    krb5_error_code code;
    int result;

    *out = NULL;
    if (resolver->owner != getpid() || resolver->is_broken)
        return kx_error(resolver->context, KX_ERR_DNS_SETUP,
                        "DNS resolver cannot look up %s: %s", name,
                        resolver->is_broken ? "its thread is lost"
                                            : "it is of another process");
    code = check_room(resolver, name);
    if (code != 0)
        return code;
    if (!resolver->has_thread) {
        result = kx_files_try(FILES_OF_THREAD);
        if (result == 0)
            result = try_thread();
        if (result != 0)
            return kx_error(resolver->context, KX_ERR_DNS_SETUP,
                            "DNS resolver cannot start its thread: %s",
                            error_message(result));
        resolver->has_thread = TRUE;
    }
    question = calloc(1, sizeof(*question));
    if (question == NULL)
        return ENOMEM;
    question->resolver = resolver;
    question->answered = answered;
    question->arg = arg;
    question->type = type;
    (void)snprintf(question->name, sizeof(question->name), "%s", name);
    LIST_INSERT_HEAD(&resolver->questions, question, others);
    resolver->n_questions++;

    if (event_add(resolver->readable, NULL) != 0) {
        unlist(question);
        free(question);
        return ENOMEM;
    }
    result = resolve_unsignalled(question);
    if (result != UB_NOERROR) {
        unlist(question);
        free(question);
        return kx_error(resolver->context, KX_ERR_DNS_SETUP,
                        "DNS resolver cannot look up %s: %s", name,
                        ub_strerror(result));
    }
    *out = question;
    return 0;
}

void
kx_question_drop(struct kx_question *question)
{
    if (question == NULL)
        return;
    if (!question->is_answered) {
        question->answered = NULL;
        return;
    }
    ub_resolve_free(question->result);
    free(question);
}
