/*
 * lookup.c: the lookups, each one question or two and a deadline.
 *
 * A lookup has one event, a timer.  It goes off at the deadline, or is made to
 * go off when the last question is answered; either way the lookup ends there,
 * in the event base and not inside libunbound, so that whoever is called may
 * start and cancel lookups and even free the resolver.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/nameser.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/lookup.h"
#include "dnssec/record.h"

/* IPv6 and IPv4. */
#define MAX_TYPES 2

struct kx_lookup {
    LIST_ENTRY(kx_lookup) others;
    struct kx_resolver *resolver;
    struct event *end;
    struct timeval timeout;
    kx_answer_fn *done;
    void *arg;
    size_t n_questions;
    struct kx_question *question[MAX_TYPES];
};

void
kx_lookup_cancel(struct kx_lookup *lookup)
{
    size_t i;

    if (lookup == NULL)
        return;
    for (i = 0; i < lookup->n_questions; i++)
        kx_question_drop(lookup->question[i]);
    if (lookup->end != NULL)
        event_free(lookup->end);
    LIST_REMOVE(lookup, others);
    free(lookup);
}

void
kx_lookups_cancel(struct kx_resolver *resolver)
{
    struct kx_lookup *lookup;

    while ((lookup = LIST_FIRST(&resolver->lookups)) != NULL)
        kx_lookup_cancel(lookup);
}

/* True if every question of the lookup is answered. */
static krb5_boolean
is_complete(const struct kx_lookup *lookup)
{
    size_t i;

    for (i = 0; i < lookup->n_questions; i++) {
        if (!lookup->question[i]->is_answered)
            return FALSE;
    }
    return TRUE;
}

/* A question is answered; with the last one the lookup is to end. */
static void
on_answered(void *arg)
{
    struct kx_lookup *lookup = arg;

    if (is_complete(lookup))
        event_active(lookup->end, EV_TIMEOUT, 1);
}

/*
 * Put the answers together.  Of two failures the one that tells more counts,
 * and a failure counts only if there is nothing else to give.  Errors: as
 * kx_answer_add().
 */
static krb5_error_code
collect(const struct kx_lookup *lookup, struct kx_answer *answer)
{
    const struct kx_question *failed = NULL;
    krb5_error_code code, worst = 0;
    size_t i, n_good = 0;

    for (i = 0; i < lookup->n_questions; i++) {
        code = kx_answer_add(lookup->question[i], &lookup->timeout, answer);
        if (code == 0) {
            n_good++;
        } else if (failed == NULL || worst == KX_ERR_DNS_NONE) {
            failed = lookup->question[i];
            worst = code;
        }
    }
    if (n_good > 0 || failed == NULL)
        return 0;
    /* Once more, for its message. */
    return kx_answer_add(failed, &lookup->timeout, answer);
}

/* The timer's callback: all answers are there, or the deadline is. */
static void
on_end(evutil_socket_t fd, short what, void *arg)
{
    struct kx_lookup *lookup = arg;
    kx_answer_fn *done = lookup->done;
    void *done_arg = lookup->arg;
    struct kx_answer answer;

    (void)fd;
    (void)what;
    memset(&answer, 0, sizeof(answer));
    answer.code = collect(lookup, &answer);
    kx_lookup_cancel(lookup);
    done(done_arg, &answer);
    kx_answer_clear(&answer);
}

/*
 * Write prefix and the host name into name, KX_MAX_DNS_NAME bytes.  Errors:
 * KX_ERR_REALM_NAME.
 */
static krb5_error_code
make_name(krb5_context context, const char *prefix, const char *host,
          char *name)
{
    const size_t before = strlen(prefix), length = strlen(host);
    char small[KX_MAX_DNS_NAME], text[KX_PRINTABLE_SIZE];

    if (before + length >= KX_MAX_DNS_NAME ||
        !kx_host_name(host, length, small))
        return kx_error(context, KX_ERR_REALM_NAME,
                        "\"%s\" cannot be looked up: it is no host name, or "
                        "too long for one behind \"%s\"",
                        kx_printable(host, length, text), prefix);
    memcpy(name, prefix, before);
    memcpy(name + before, small, length + 1);
    return 0;
}

/*
 * Start a lookup of the records of n types that prefix and host together have.
 * Errors: KX_ERR_REALM_NAME, KX_ERR_DNS_SETUP, KX_ERR_BUSY, ENOMEM.
 */
static krb5_error_code
start(struct kx_resolver *resolver, const char *prefix, const char *host,
      const int *types, size_t n, const struct timeval *timeout,
      kx_answer_fn *done, void *arg, struct kx_lookup **out)
{
    struct kx_lookup *lookup = NULL;
    char name[KX_MAX_DNS_NAME];
    krb5_error_code code;

    code = make_name(resolver->context, prefix, host, name);
    if (code != 0)
        goto cleanup;
    lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL) {
        code = ENOMEM;
        goto cleanup;
    }
    LIST_INSERT_HEAD(&resolver->lookups, lookup, others);
    lookup->resolver = resolver;
    lookup->timeout = *timeout;
    lookup->done = done;
    lookup->arg = arg;
    lookup->end = evtimer_new(resolver->base, on_end, lookup);
    if (lookup->end == NULL || evtimer_add(lookup->end, timeout) != 0) {
        code = ENOMEM;
        goto cleanup;
    }
    while (lookup->n_questions < n) {
        code = kx_question_ask(resolver, name, types[lookup->n_questions],
                               on_answered, lookup,
                               &lookup->question[lookup->n_questions]);
        if (code != 0)
            goto cleanup;
        lookup->n_questions++;
    }

cleanup:
    if (code != 0) {
        kx_lookup_cancel(lookup);
        lookup = NULL;
    }
    if (out != NULL)
        *out = lookup;
    return code;
}

krb5_error_code
kx_lookup_srv(struct kx_resolver *resolver, const krb5_data *realm,
              const struct timeval *timeout, kx_answer_fn *done, void *arg,
              struct kx_lookup **out)
{
    static const int types[] = {ns_t_srv};
    char domain[KX_MAX_DNS_NAME];
    krb5_error_code code;

    if (out != NULL)
        *out = NULL;
    code = kx_realm_to_dns(resolver->context, realm, domain);
    if (code != 0)
        return code;
    return start(resolver, KX_SRV_PREFIX, domain, types, 1, timeout, done, arg,
                 out);
}

krb5_error_code
kx_lookup_tlsa(struct kx_resolver *resolver, const char *host, uint16_t port,
               const struct timeval *timeout, kx_answer_fn *done, void *arg,
               struct kx_lookup **out)
{
    static const int types[] = {ns_t_tlsa};
    char prefix[sizeof("_65535._tcp.")];

    (void)snprintf(prefix, sizeof(prefix), "_%u._tcp.", (unsigned int)port);
    return start(resolver, prefix, host, types, 1, timeout, done, arg, out);
}

krb5_error_code
kx_lookup_address(struct kx_resolver *resolver, const char *host,
                  const struct timeval *timeout, kx_answer_fn *done, void *arg,
                  struct kx_lookup **out)
{
    static const int types[] = {ns_t_aaaa, ns_t_a};

    return start(resolver, "", host, types, 2, timeout, done, arg, out);
}

krb5_error_code
kx_lookup_text(struct kx_resolver *resolver, const char *host,
               const struct timeval *timeout, kx_answer_fn *done, void *arg,
               struct kx_lookup **out)
{
    static const int types[] = {ns_t_txt};

    return start(resolver, "_kerberos.", host, types, 1, timeout, done, arg,
                 out);
}
