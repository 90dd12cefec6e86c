/*
 * test_peer.c: check 4: which servers of a realm are given, in which order,
 * and what is told when none is.
 *
 * The lookups are ours here, so that each can fail in each way, at the start
 * or later; with real DNS all of this is tried by the scenarios.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include "exchange/peer.h"
#include "tests/unit/test.h"

#define REALM "ALPHA.EXAMPLE"

/* What becomes of one lookup. */
enum fate { FOUND, NONE, BOGUS, NOT_STARTED, SILENT };

/* What there is in DNS of one server. */
struct server {
    const char *host;
    uint16_t priority;
    enum fate tlsa;
    enum fate address;
};

/* A lookup under way: what it will be answered with. */
struct kx_lookup {
    kx_answer_fn *done;
    void *arg;
    struct event *event;
    enum fate fate;
    const struct server *server; /* NULL: it is of the realm */
    krb5_boolean is_tlsa;
};

/* DNS, and what came of asking it. */
static struct {
    enum fate srv;
    struct server servers[2 * KX_MAX_TARGETS];
    size_t n_servers;
    int under_way; /* lookups */
} dns;
static struct {
    int calls;
    krb5_error_code code;
    char host[64]; /* empty: none was given */
    uint16_t port; /* of its first address */
    size_t n_tlsa, n_address;
    char words[512];
} told;
static struct kx_engine engine;

/* Lookup: answer it as its fate is. */
static void
answer(evutil_socket_t fd, short what, void *arg)
{
    static char data[32];
    struct kx_lookup *lookup = arg;
    struct kx_answer given = {0};
    struct kx_srv srv[2 * KX_MAX_TARGETS] = {{0}};
    struct kx_tlsa tlsa = {3, 0, 1, kx_data(data, sizeof(data))};
    struct sockaddr_storage address[2] = {{.ss_family = AF_INET6},
                                          {.ss_family = AF_INET}};
    size_t i;

    (void)fd;
    (void)what;
    if (lookup->fate == NONE)
        given.code = kx_error(engine.context, KX_ERR_DNS_NONE, "no record");
    else if (lookup->fate == BOGUS)
        given.code = kx_error(engine.context, KX_ERR_DNS_BOGUS, "bogus at %s",
                              lookup->server ? lookup->server->host : "realm");
    else if (lookup->server == NULL)
        given.n_srv = dns.n_servers;
    else if (lookup->is_tlsa)
        given.n_tlsa = 1;
    else
        given.n_address = 2;
    for (i = 0; i < given.n_srv; i++) {
        srv[i].priority = dns.servers[i].priority;
        srv[i].port = 88;
        (void)snprintf(srv[i].target, sizeof(srv[i].target), "%s",
                       dns.servers[i].host);
    }
    given.srv = srv;
    given.tlsa = &tlsa;
    given.address = address;
    event_free(lookup->event);
    dns.under_way--;
    lookup->done(lookup->arg, &given);
    free(lookup);
}

/* Start a lookup of that fate. */
static krb5_error_code
start(enum fate fate, const struct server *server, krb5_boolean is_tlsa,
      kx_answer_fn *done, void *arg, struct kx_lookup **out)
{
    struct kx_lookup *lookup;

    *out = NULL;
    if (fate == NOT_STARTED)
        return kx_error(engine.context, KX_ERR_BUSY, "too many questions");
    lookup = test_alloc(sizeof(*lookup));
    *lookup = (struct kx_lookup){done, arg, NULL, fate, server, is_tlsa};
    lookup->event = event_new(engine.base, -1, 0, answer, lookup);
    if (fate != SILENT)
        event_active(lookup->event, EV_TIMEOUT, 0);
    dns.under_way++;
    *out = lookup;
    return 0;
}

static const struct server *
server_of(const char *host)
{
    size_t i;

    for (i = 0; i < dns.n_servers; i++) {
        if (strcmp(dns.servers[i].host, host) == 0)
            return &dns.servers[i];
    }
    fail_msg("nobody told of %s", host);
    return NULL;
}

/* Called for the functions of dnssec/, by the linker's --wrap. */
krb5_error_code __wrap_kx_lookup_srv(struct kx_resolver *resolver,
                                     const krb5_data *realm,
                                     const struct timeval *timeout,
                                     kx_answer_fn *done, void *arg,
                                     struct kx_lookup **out);
krb5_error_code __wrap_kx_lookup_tlsa(struct kx_resolver *resolver,
                                      const char *host, uint16_t port,
                                      const struct timeval *timeout,
                                      kx_answer_fn *done, void *arg,
                                      struct kx_lookup **out);
krb5_error_code __wrap_kx_lookup_address(struct kx_resolver *resolver,
                                         const char *host,
                                         const struct timeval *timeout,
                                         kx_answer_fn *done, void *arg,
                                         struct kx_lookup **out);
void __wrap_kx_lookup_cancel(struct kx_lookup *lookup);

krb5_error_code
__wrap_kx_lookup_srv(struct kx_resolver *resolver, const krb5_data *realm,
                     const struct timeval *timeout, kx_answer_fn *done,
                     void *arg, struct kx_lookup **out)
{
    (void)resolver;
    (void)realm;
    (void)timeout;
    return start(dns.srv, NULL, FALSE, done, arg, out);
}

krb5_error_code
__wrap_kx_lookup_tlsa(struct kx_resolver *resolver, const char *host,
                      uint16_t port, const struct timeval *timeout,
                      kx_answer_fn *done, void *arg, struct kx_lookup **out)
{
    const struct server *server = server_of(host);

    (void)resolver;
    (void)timeout;
    assert_int_equal(port, 88);
    return start(server->tlsa, server, TRUE, done, arg, out);
}

krb5_error_code
__wrap_kx_lookup_address(struct kx_resolver *resolver, const char *host,
                         const struct timeval *timeout, kx_answer_fn *done,
                         void *arg, struct kx_lookup **out)
{
    const struct server *server = server_of(host);

    (void)resolver;
    (void)timeout;
    return start(server->address, server, FALSE, done, arg, out);
}

void
__wrap_kx_lookup_cancel(struct kx_lookup *lookup)
{
    event_free(lookup->event);
    free(lookup);
    dns.under_way--;
}

/* A kx_target_fn. */
static void
note(void *arg, krb5_error_code code, const struct kx_target *target)
{
    const char *words;

    (void)arg;
    told.calls++;
    told.code = code;
    told.host[0] = '\0';
    told.n_tlsa = told.n_address = 0;
    if (target != NULL) {
        (void)snprintf(told.host, sizeof(told.host), "%s", target->host);
        told.n_tlsa = target->n_tlsa;
        told.n_address = target->n_address;
        if (target->n_address > 0)
            told.port = ntohs(
                ((const struct sockaddr_in6 *)&target->address[0])->sin6_port);
    }
    words = krb5_get_error_message(engine.context, code);
    (void)snprintf(told.words, sizeof(told.words), "%s", words);
    krb5_free_error_message(engine.context, words);
}

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    memset(&dns, 0, sizeof(dns));
    memset(&told, 0, sizeof(told));
    engine.base = event_base_new();
    return krb5_init_context(&engine.context);
}

static int
end(void **state)
{
    (void)state;
    event_base_free(engine.base);
    krb5_free_context(engine.context);
    return dns.under_way;
}

/* Tell of one more server, of a lower priority than those before. */
static void
publish(const char *host, enum fate tlsa, enum fate address)
{
    dns.servers[dns.n_servers] =
        (struct server){host, (uint16_t)dns.n_servers, tlsa, address};
    dns.n_servers++;
}

/* Do what is to be done now. */
static void
run(void)
{
    while (event_base_loop(engine.base, EVLOOP_NONBLOCK) == 0)
        ;
}

/* Begin with REALM, as a responder or an initiator does. */
static struct kx_peer *
look_for(krb5_boolean want_addresses)
{
    const krb5_data realm = kx_data(REALM, strlen(REALM));
    struct kx_peer *peer;

    assert_int_equal(kx_peer_start(&engine, NULL, &realm, want_addresses, note,
                                   NULL, &peer),
                     0);
    assert_int_equal(told.calls, 0);
    return peer;
}

/* What is told first, of those servers. */
static krb5_error_code
first_told(krb5_boolean want_addresses)
{
    struct kx_peer *peer = look_for(want_addresses);

    run();
    assert_int_equal(told.calls, 1);
    kx_peer_free(peer);
    return told.code;
}

static void
servers_are_given_one_by_one_as_srv_puts_them(void **state)
{
    struct kx_peer *peer;

    (void)state;
    publish("b.example", FOUND, FOUND);
    publish("a.example", FOUND, FOUND);
    dns.servers[0].priority = 2;
    peer = look_for(TRUE);
    run();
    assert_string_equal(told.host, "a.example");
    assert_int_equal(told.n_tlsa, 1);
    assert_int_equal(told.n_address, 2);
    assert_int_equal(told.port, 88);
    assert_int_equal(told.calls, 1);
    kx_peer_next(peer);
    assert_int_equal(told.calls, 1); /* not before the base runs */
    run();
    assert_string_equal(told.host, "b.example");
    kx_peer_next(peer);
    run();
    assert_int_equal(told.code, KX_ERR_PEER_REFUSED);
    assert_int_equal(told.calls, 3);
    kx_peer_free(peer);
}

static void
who_does_not_connect_needs_no_addresses(void **state)
{
    (void)state;
    publish("a.example", FOUND, BOGUS);
    assert_int_equal(first_told(FALSE), 0);
    assert_int_equal(told.n_address, 0);
}

static void
without_srv_a_realm_does_not_take_part(void **state)
{
    (void)state;
    dns.srv = NONE;
    assert_int_equal(first_told(TRUE), KX_ERR_NO_SRV);
    assert_non_null(strstr(told.words, "realm " REALM " has no SRV"));
}

static void
srv_that_names_no_server_is_as_none(void **state)
{
    (void)state;
    publish("", FOUND, FOUND);
    assert_int_equal(first_told(TRUE), KX_ERR_NO_SRV);
}

static void
srv_that_is_not_secure_is_an_error(void **state)
{
    (void)state;
    dns.srv = BOGUS;
    assert_int_equal(first_told(TRUE), KX_ERR_DNS_BOGUS);
    assert_non_null(strstr(told.words, "realm " REALM ": SRV: bogus"));
}

static void
a_server_without_tlsa_is_passed_over(void **state)
{
    (void)state;
    publish("a.example", NONE, FOUND);
    publish("b.example", FOUND, FOUND);
    assert_int_equal(first_told(TRUE), 0);
    assert_string_equal(told.host, "b.example");
}

static void
a_server_whose_address_is_not_secure_is_passed_over(void **state)
{
    (void)state;
    publish("a.example", FOUND, BOGUS);
    publish("b.example", FOUND, FOUND);
    assert_int_equal(first_told(TRUE), 0);
    assert_string_equal(told.host, "b.example");
}

static void
with_none_left_the_first_servers_error_is_told(void **state)
{
    (void)state;
    publish("a.example", NONE, BOGUS);
    publish("b.example", BOGUS, FOUND);
    assert_int_equal(first_told(TRUE), KX_ERR_NO_TLSA);
    assert_non_null(strstr(told.words, "_88._tcp.a.example"));
}

static void
tlsa_that_is_not_secure_is_an_error(void **state)
{
    (void)state;
    publish("a.example", BOGUS, FOUND);
    assert_int_equal(first_told(TRUE), KX_ERR_DNS_BOGUS);
    assert_non_null(strstr(told.words, "TLSA of a.example: bogus"));
}

static void
a_server_whose_lookups_do_not_start_is_passed_over(void **state)
{
    (void)state;
    publish("a.example", NOT_STARTED, FOUND);
    publish("b.example", FOUND, NOT_STARTED);
    publish("c.example", FOUND, FOUND);
    assert_int_equal(first_told(TRUE), 0);
    assert_string_equal(told.host, "c.example");
}

static void
when_no_lookup_starts_that_is_told(void **state)
{
    (void)state;
    publish("a.example", FOUND, NOT_STARTED);
    assert_int_equal(first_told(TRUE), KX_ERR_BUSY);
    assert_non_null(strstr(told.words, "too many questions"));
}

static void
the_beginning_fails_with_its_lookup(void **state)
{
    const krb5_data realm = kx_data(REALM, strlen(REALM));
    struct kx_peer *peer;

    (void)state;
    dns.srv = NOT_STARTED;
    assert_int_equal(
        kx_peer_start(&engine, NULL, &realm, TRUE, note, NULL, &peer),
        KX_ERR_BUSY);
    assert_null(peer);
    run();
    assert_int_equal(told.calls, 0);
}

static void
nothing_is_asked_about_a_realm_that_dns_cannot_have(void **state)
{
    const krb5_data realm = kx_data("ALPHA", 5);
    struct kx_peer *peer;

    (void)state;
    assert_int_equal(
        kx_peer_start(&engine, NULL, &realm, TRUE, note, NULL, &peer),
        KX_ERR_REALM_NAME);
    assert_null(peer);
}

static void
so_many_servers_are_tried_and_no_more(void **state)
{
    static char hosts[KX_MAX_TARGETS + 1][16];
    size_t i;

    (void)state;
    for (i = 0; i <= KX_MAX_TARGETS; i++) {
        (void)snprintf(hosts[i], sizeof(hosts[i]), "%zu.example", i);
        publish(hosts[i], i < KX_MAX_TARGETS ? NONE : FOUND, FOUND);
    }
    assert_int_equal(first_told(TRUE), KX_ERR_NO_TLSA);
}

static void
what_is_looked_up_is_told_in_words(void **state)
{
    struct kx_peer *peer;

    (void)state;
    publish("a.example", FOUND, SILENT);
    publish("b.example", SILENT, FOUND);
    publish("c.example", FOUND, FOUND);
    peer = look_for(TRUE);
    assert_string_equal(kx_peer_step(peer), "the SRV record");
    run();
    assert_string_equal(kx_peer_step(peer), "the address");
    kx_peer_free(peer);
    dns.servers[0].tlsa = NONE;
    dns.servers[0].address = FOUND;
    peer = look_for(TRUE);
    run();
    assert_string_equal(kx_peer_step(peer), "the TLSA record");
    kx_peer_free(peer);
    dns.servers[1].tlsa = FOUND;
    peer = look_for(TRUE);
    run();
    assert_string_equal(kx_peer_step(peer), "its turn");
    kx_peer_free(peer);
}

static void
who_is_let_go_calls_nobody(void **state)
{
    const enum fate fates[][2] = {
        {SILENT, SILENT}, {SILENT, FOUND}, {FOUND, SILENT}};
    struct kx_peer *peer;
    size_t i;

    (void)state;
    kx_peer_free(NULL);
    publish("a.example", FOUND, FOUND);
    kx_peer_free(look_for(TRUE));
    for (i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
        dns.servers[0].tlsa = fates[i][0];
        dns.servers[0].address = fates[i][1];
        peer = look_for(TRUE);
        run();
        kx_peer_free(peer);
        assert_int_equal(dns.under_way, 0);
    }
    run();
    assert_int_equal(told.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(servers_are_given_one_by_one_as_srv_puts_them),
        TEST(who_does_not_connect_needs_no_addresses),
        TEST(without_srv_a_realm_does_not_take_part),
        TEST(srv_that_names_no_server_is_as_none),
        TEST(srv_that_is_not_secure_is_an_error),
        TEST(a_server_without_tlsa_is_passed_over),
        TEST(a_server_whose_address_is_not_secure_is_passed_over),
        TEST(with_none_left_the_first_servers_error_is_told),
        TEST(tlsa_that_is_not_secure_is_an_error),
        TEST(a_server_whose_lookups_do_not_start_is_passed_over),
        TEST(when_no_lookup_starts_that_is_told),
        TEST(the_beginning_fails_with_its_lookup),
        TEST(nothing_is_asked_about_a_realm_that_dns_cannot_have),
        TEST(so_many_servers_are_tried_and_no_more),
        TEST(what_is_looked_up_is_told_in_words),
        TEST(who_is_let_go_calls_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
