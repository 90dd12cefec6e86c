/*
 * failures.c: the realms with which an exchange has failed.
 *
 * A plain array, searched from end to end: that is nothing beside the exchange
 * that it saves.  A place is not free when its pause is over but when it is
 * needed, so that a peer that fails again is known to.
 *
 * Whoever asks for many realms that fail can push others out of here; each
 * that is pushed out costs one exchange more, no more.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "dnssec/kx_dnssec.h"
#include "exchange/failures.h"

/* A failure is the first one again this many seconds after the last pause. */
#define FORGIVEN_AFTER 600

struct failure {
    size_t length; /* of realm; 0: the place is free */
    char realm[KX_MAX_DNS_NAME];
    krb5_error_code code;
    char *words;
    unsigned int times; /* in a row */
    int64_t since;      /* seconds of the monotonic clock */
    int64_t until;
};

struct kx_failures {
    size_t n;
    struct failure failure[];
};

krb5_error_code
kx_failures_new(size_t entries, struct kx_failures **out)
{
    struct kx_failures *failures;

    *out = NULL;
    failures = calloc(1, sizeof(*failures) + entries * sizeof(struct failure));
    if (failures == NULL)
        return ENOMEM;
    failures->n = entries;
    *out = failures;
    return 0;
}

void
kx_failures_free(struct kx_failures *failures)
{
    size_t i;

    if (failures == NULL)
        return;
    for (i = 0; i < failures->n; i++)
        free(failures->failure[i].words);
    free(failures);
}

/* KX_SHORTEST_PAUSE the first time, twice as long each further time. */
static unsigned int
growing_pause(unsigned int times)
{
    unsigned int pause = KX_SHORTEST_PAUSE;

    for (; times > 1 && pause < KX_LONGEST_PAUSE; times--)
        pause *= 2;
    return pause < KX_LONGEST_PAUSE ? pause : KX_LONGEST_PAUSE;
}

unsigned int
kx_failure_pause(krb5_error_code code, unsigned int times)
{
    switch (code) {
    case KX_ERR_DNS_INSECURE:
    case KX_ERR_DNS_BOGUS:
    case KX_ERR_DNS_NONE:
    case KX_ERR_DNS_RECORD:
    case KX_ERR_NO_SRV:
    case KX_ERR_NO_TLSA:
    case KX_ERR_TLSA_UNUSABLE:
    case KX_ERR_ADDRESS:
        return 120;
    case KX_ERR_DECODE:
    case KX_ERR_NOT_DER:
    case KX_ERR_TOO_LONG:
    case KX_ERR_VERSION:
    case KX_ERR_MSG_TYPE:
    case KX_ERR_POLICY_NAME:
    case KX_ERR_POLICY_TIME:
    case KX_ERR_POLICY_TILL:
    case KX_ERR_POLICY_ETYPE:
    case KX_ERR_POLICY_GROUP:
    case KX_ERR_POLICY_SIGALG:
    case KX_ERR_POLICY_KEY_SIZE:
    case KX_ERR_POLICY_EXTENSION:
    case KX_ERR_POLICY_KVNO:
    case KX_ERR_POLICY_CA:
    case KX_ERR_NOT_OURS:
    case KX_ERR_CHAIN:
    case KX_ERR_SIGNATURE:
    case KX_ERR_TLSA_MISMATCH:
    case KX_ERR_CERT_PATH:
    case KX_ERR_CERT_NAME:
    case KX_ERR_CERT_PURPOSE:
    case KX_ERR_ANCHOR:
    case KX_ERR_REVOKED:
    case KX_ERR_AGREEMENT:
    case KX_ERR_CONFIRM:
    case KX_ERR_PRIOR:
    case KX_ERR_PEER_REFUSED:
        return 60;
    case KX_ERR_DNS_FAILED:
    case KX_ERR_DNS_TIMEOUT:
    case KX_ERR_CONNECT:
    case KX_ERR_PEER_SILENT:
    case KX_ERR_PEER_CLOSED:
        return growing_pause(times);
    default:
        return 0;
    }
}

/* True if the failure is realm's. */
static krb5_boolean
is_of(const struct failure *failure, const krb5_data *realm)
{
    return failure->length > 0 && failure->length == realm->length &&
           memcmp(failure->realm, realm->data, realm->length) == 0;
}

/* Make a place free. */
static void
clear(struct failure *failure)
{
    free(failure->words);
    memset(failure, 0, sizeof(*failure));
}

/* The place of realm; else a free one, or the one that is over first, made
 * free. */
static struct failure *
place_for(struct kx_failures *failures, const krb5_data *realm)
{
    struct failure *failure, *place = &failures->failure[0];
    size_t i;

    for (i = 0; i < failures->n; i++) {
        failure = &failures->failure[i];
        if (is_of(failure, realm))
            return failure;
        if (place->length > 0 &&
            (failure->length == 0 || failure->until < place->until))
            place = failure;
    }
    clear(place);
    return place;
}

/* What kx_failures_add() and kx_failures_note() have in common; words is NULL
 * when the realm is not to be left alone.  Returns TRUE if it is news. */
static krb5_boolean
add(struct kx_failures *failures, const krb5_data *realm, krb5_error_code code,
    const char *words, int64_t now)
{
    struct failure *failure;
    krb5_boolean news;
    char *copy = NULL;

    if (realm->length == 0 || realm->length > sizeof(failure->realm))
        return TRUE;
    if (words != NULL) {
        copy = strdup(words);
        if (copy == NULL)
            return TRUE;
    }
    failure = place_for(failures, realm);
    news = failure->length == 0 || failure->code != code ||
           now >= failure->since + KX_NEWS_AFTER;
    if (failure->length == 0 || now >= failure->until + FORGIVEN_AFTER)
        failure->times = 0;
    free(failure->words);
    memcpy(failure->realm, realm->data, realm->length);
    failure->length = realm->length;
    failure->code = code;
    failure->words = copy;
    failure->since = now;
    failure->until = now;
    if (copy != NULL) {
        if (failure->times < UINT_MAX)
            failure->times++;
        failure->until += kx_failure_pause(code, failure->times);
    }
    return news;
}

void
kx_failures_add(struct kx_failures *failures, const krb5_data *realm,
                krb5_error_code code, const char *words, int64_t now)
{
    (void)add(failures, realm, code, words, now);
}

krb5_boolean
kx_failures_note(struct kx_failures *failures, const krb5_data *realm,
                 krb5_error_code code, int64_t now)
{
    return add(failures, realm, code, NULL, now);
}

krb5_error_code
kx_failures_find(krb5_context context, const struct kx_failures *failures,
                 const krb5_data *realm, int64_t now)
{
    const struct failure *failure;
    size_t i;

    for (i = 0; i < failures->n; i++) {
        failure = &failures->failure[i];
        if (is_of(failure, realm))
            return now < failure->until
                       ? kx_error(context, failure->code, "%s", failure->words)
                       : 0;
    }
    return 0;
}

void
kx_failures_remove(struct kx_failures *failures, const krb5_data *realm)
{
    size_t i;

    for (i = 0; i < failures->n; i++) {
        if (is_of(&failures->failure[i], realm))
            clear(&failures->failure[i]);
    }
}
