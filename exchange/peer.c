/*
 * peer.c: walking through a realm's servers in DNS.
 *
 * First the SRV records, then for one target after the other its TLSA records
 * and, for an initiator, its addresses, both asked at once.  A target without
 * secure TLSA is passed over, with its error kept: that of the first target
 * that failed is the one told, as it is the server that the administrator of
 * the realm put first.
 *
 * All calls of the user come from a timer event, never from within a function
 * that the user called.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "exchange/peer.h"

struct kx_peer {
    struct kx_engine *engine;
    struct kx_course *course;
    char realm[KX_MAX_DNS_NAME];
    krb5_boolean want_addresses;
    kx_target_fn *found;
    void *arg;

    struct kx_lookup *srv_lookup;
    struct kx_lookup *tlsa_lookup;
    struct kx_lookup *address_lookup;
    struct event *later; /* calls the user */

    struct kx_srv srv[KX_MAX_TARGETS];
    size_t n_srv;
    size_t next; /* the target after the present one */

    struct kx_tlsa tlsa[KX_MAX_RECORDS]; /* data is ours */
    size_t n_tlsa;
    struct sockaddr_storage address[KX_MAX_RECORDS];
    size_t n_address;

    krb5_error_code code; /* of the present target, or for the whole */
    krb5_error_code kept; /* the first target's error since the last call */
    char *kept_words;
};

static void start_target(struct kx_peer *peer);

/* A number below bound, from the system's generator. */
static uint32_t
random_below(void *arg, uint32_t bound)
{
    uint32_t number, limit;

    (void)arg;
    /* Numbers over the last multiple of bound would favour small results. */
    limit = UINT32_MAX - UINT32_MAX % bound;
    do {
        if (gnutls_rnd(GNUTLS_RND_NONCE, &number, sizeof(number)) < 0)
            return 0;
    } while (number >= limit);
    return number % bound;
}

/* Forget the present target. */
static void
clear_target(struct kx_peer *peer)
{
    size_t i;

    for (i = 0; i < peer->n_tlsa; i++)
        kx_data_free(&peer->tlsa[i].data);
    peer->n_tlsa = 0;
    peer->n_address = 0;
    peer->code = 0;
}

/* Keep code with its words, if it is the first error. */
static void
keep_error(struct kx_peer *peer, krb5_error_code code)
{
    const char *words;

    if (peer->kept != 0)
        return;
    peer->kept = code;
    words = krb5_get_error_message(peer->engine->context, code);
    peer->kept_words = strdup(words);
    krb5_free_error_message(peer->engine->context, words);
}

/* Arrange for the user to be called with what is found. */
static void
call_later(struct kx_peer *peer)
{
    event_active(peer->later, EV_TIMEOUT, 0);
}

/* Event: tell the user of the present target, or of the end. */
static void
call_user(evutil_socket_t fd, short what, void *arg)
{
    struct kx_peer *peer = arg;
    struct kx_target target = {0};
    krb5_context context = peer->engine->context;
    krb5_error_code code;

    (void)fd;
    (void)what;
    if (peer->n_tlsa > 0) {
        target.host = peer->srv[peer->next - 1].target;
        target.port = peer->srv[peer->next - 1].port;
        target.tlsa = peer->tlsa;
        target.n_tlsa = peer->n_tlsa;
        target.address = peer->address;
        target.n_address = peer->n_address;
        peer->found(peer->arg, 0, &target);
        return;
    }
    kx_course_server(peer->course, NULL, 0);
    code = peer->kept;
    if (code != 0)
        kx_error(context, code, "%s",
                 peer->kept_words != NULL ? peer->kept_words
                                          : error_message(code));
    else
        code = kx_error(context, KX_ERR_PEER_REFUSED,
                        "no further server of %s is left to try", peer->realm);
    peer->found(peer->arg, code, NULL);
}

/* When all lookups of the present target are back: give it or pass it over. */
static void
target_done(struct kx_peer *peer)
{
    if (peer->tlsa_lookup != NULL || peer->address_lookup != NULL)
        return;
    if (peer->code == 0) {
        call_later(peer);
        return;
    }
    clear_target(peer);
    start_target(peer);
}

/* Note the present target's first error. */
static void
target_failed(struct kx_peer *peer, krb5_error_code code)
{
    if (peer->code != 0)
        return;
    peer->code = code;
    keep_error(peer, code);
}

/* Answer: the TLSA records. */
static void
tlsa_answered(void *arg, const struct kx_answer *answer)
{
    struct kx_peer *peer = arg;
    const struct kx_srv *srv = &peer->srv[peer->next - 1];
    krb5_context context = peer->engine->context;
    struct kx_found found = {0};
    krb5_error_code code = answer->code;
    size_t i;

    peer->tlsa_lookup = NULL;
    if (code == KX_ERR_DNS_NONE)
        code = kx_error(context, KX_ERR_NO_TLSA,
                        "realm %s: no TLSA record at _%u._tcp.%s; publish "
                        "what `kxover dns` prints there",
                        peer->realm, srv->port, srv->target);
    else if (code)
        kx_error_prefix(context, code, "realm %s: TLSA of %s", peer->realm,
                        srv->target);
    for (i = 0; code == 0 && i < answer->n_tlsa; i++) {
        peer->tlsa[i] = answer->tlsa[i];
        code = kx_data_copy(&answer->tlsa[i].data, &peer->tlsa[i].data);
        if (code == 0)
            peer->n_tlsa++;
    }
    found.tlsa = peer->tlsa;
    found.n_tlsa = peer->n_tlsa;
    (void)kx_step_end(peer->course, KX_STEP_TLSA, code, &found);
    if (code)
        target_failed(peer, code);
    target_done(peer);
}

/* Answer: the addresses. */
static void
address_answered(void *arg, const struct kx_answer *answer)
{
    struct kx_peer *peer = arg;
    const struct kx_srv *srv = &peer->srv[peer->next - 1];
    struct kx_found found = {.address = peer->address};
    struct sockaddr_storage *address;
    size_t i;

    peer->address_lookup = NULL;
    for (i = 0; i < answer->n_address; i++) {
        address = &peer->address[i];
        *address = answer->address[i];
        if (address->ss_family == AF_INET6)
            ((struct sockaddr_in6 *)address)->sin6_port = htons(srv->port);
        else
            ((struct sockaddr_in *)address)->sin_port = htons(srv->port);
    }
    found.n_address = peer->n_address = answer->n_address;
    if (answer->code)
        kx_error_prefix(peer->engine->context, answer->code,
                        "realm %s: address of %s", peer->realm, srv->target);
    (void)kx_step_end(peer->course, KX_STEP_ADDRESS, answer->code, &found);
    if (answer->code)
        target_failed(peer, answer->code);
    target_done(peer);
}

/* Begin with the lookups of srv.  Errors: theirs; none is then under way. */
static krb5_error_code
look_up_target(struct kx_peer *peer, const struct kx_srv *srv)
{
    static const struct timeval timeout = {KX_LOOKUP_TIMEOUT, 0};
    struct kx_resolver *resolver = peer->engine->resolver;
    krb5_error_code ret;

    kx_step_begin(peer->course, KX_STEP_TLSA);
    ret = kx_lookup_tlsa(resolver, srv->target, srv->port, &timeout,
                         tlsa_answered, peer, &peer->tlsa_lookup);
    if (ret)
        return kx_step_end(peer->course, KX_STEP_TLSA, ret, NULL);
    if (!peer->want_addresses)
        return 0;
    kx_step_begin(peer->course, KX_STEP_ADDRESS);
    ret = kx_lookup_address(resolver, srv->target, &timeout, address_answered,
                            peer, &peer->address_lookup);
    if (ret == 0)
        return 0;
    kx_lookup_cancel(peer->tlsa_lookup);
    peer->tlsa_lookup = NULL;
    (void)kx_step_end(peer->course, KX_STEP_ADDRESS, ret, NULL);
    return kx_step_end(peer->course, KX_STEP_TLSA, ret, NULL);
}

/* Begin with the next target; with none left, call the user. */
static void
start_target(struct kx_peer *peer)
{
    const struct kx_srv *srv;
    krb5_error_code ret;

    /* A lookup that does not even start is passed over like one that fails. */
    while (peer->next < peer->n_srv) {
        srv = &peer->srv[peer->next++];
        kx_course_server(peer->course, srv->target, srv->port);
        ret = look_up_target(peer, srv);
        if (ret == 0)
            return;
        keep_error(peer, ret);
    }
    call_later(peer);
}

/* Answer: the SRV records. */
static void
srv_answered(void *arg, const struct kx_answer *answer)
{
    struct kx_peer *peer = arg;
    krb5_context context = peer->engine->context;
    krb5_error_code code = answer->code;
    struct kx_found found = {0};
    struct kx_srv all[KX_MAX_RECORDS];
    size_t n = 0, i;

    peer->srv_lookup = NULL;
    for (i = 0; i < answer->n_srv && n < KX_MAX_RECORDS; i++) {
        if (answer->srv[i].target[0] != '\0' && answer->srv[i].port != 0)
            all[n++] = answer->srv[i];
    }
    if (code == KX_ERR_DNS_NONE || (code == 0 && n == 0)) {
        code = kx_error(context, KX_ERR_NO_SRV,
                        "realm %s has no SRV record _kerberos._tcp in DNS: "
                        "it does not take part in KXOVER",
                        peer->realm);
    } else if (code) {
        kx_error_prefix(context, code, "realm %s: SRV", peer->realm);
    }
    if (code == 0)
        kx_srv_order(all, n, random_below, NULL);
    found.srv = all;
    found.n_srv = n;
    (void)kx_step_end(peer->course, KX_STEP_SRV, code, &found);
    if (code) {
        keep_error(peer, code);
        call_later(peer);
        return;
    }
    peer->n_srv = n < KX_MAX_TARGETS ? n : KX_MAX_TARGETS;
    memcpy(peer->srv, all, peer->n_srv * sizeof(*all));
    start_target(peer);
}

krb5_error_code
kx_peer_start(struct kx_engine *engine, struct kx_course *course,
              const krb5_data *realm, krb5_boolean want_addresses,
              kx_target_fn *found, void *arg, struct kx_peer **out)
{
    static const struct timeval timeout = {KX_LOOKUP_TIMEOUT, 0};
    krb5_error_code ret;
    struct kx_peer *peer;

    *out = NULL;
    if (!kx_realm_is_valid(realm))
        return kx_error(engine->context, KX_ERR_REALM_NAME,
                        "realm %.*s is not a DNS name in capitals of two "
                        "labels or more",
                        (int)realm->length, realm->data);
    peer = calloc(1, sizeof(*peer));
    if (peer == NULL)
        return ENOMEM;
    peer->engine = engine;
    peer->course = course;
    memcpy(peer->realm, realm->data, realm->length);
    peer->want_addresses = want_addresses;
    peer->found = found;
    peer->arg = arg;
    peer->later = event_new(engine->base, -1, 0, call_user, peer);
    if (peer->later == NULL) {
        free(peer);
        return ENOMEM;
    }
    kx_step_begin(course, KX_STEP_SRV);
    ret = kx_lookup_srv(engine->resolver, realm, &timeout, srv_answered, peer,
                        &peer->srv_lookup);
    if (ret) {
        (void)kx_step_end(course, KX_STEP_SRV, ret, NULL);
        kx_peer_free(peer);
        return ret;
    }
    *out = peer;
    return 0;
}

void
kx_peer_next(struct kx_peer *peer)
{
    clear_target(peer);
    free(peer->kept_words);
    peer->kept_words = NULL;
    peer->kept = 0;
    start_target(peer);
}

const char *
kx_peer_step(const struct kx_peer *peer)
{
    if (peer->srv_lookup != NULL)
        return "the SRV record";
    if (peer->tlsa_lookup != NULL)
        return "the TLSA record";
    if (peer->address_lookup != NULL)
        return "the address";
    return "its turn";
}

void
kx_peer_free(struct kx_peer *peer)
{
    if (peer == NULL)
        return;
    if (peer->srv_lookup != NULL)
        kx_lookup_cancel(peer->srv_lookup);
    if (peer->tlsa_lookup != NULL)
        kx_lookup_cancel(peer->tlsa_lookup);
    if (peer->address_lookup != NULL)
        kx_lookup_cancel(peer->address_lookup);
    event_free(peer->later);
    kx_course_server(peer->course, NULL, 0);
    clear_target(peer);
    free(peer->kept_words);
    free(peer);
}
