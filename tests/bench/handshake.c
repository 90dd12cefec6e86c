/*
 * handshake.c: an exchange beside a mutually authenticated TLS 1.3 handshake
 * of GnuTLS, with the same certificates, keys and group, in processor time.
 *
 * Both sides of both run in this process (sides.h), in turn.  TLS goes through
 * memory, without tickets, and offers X25519 alone.  There are two of it,
 * which differ in what they ask of the peer's certificate:
 *
 *   alike  all that an exchange asks: check 2, that it is signed by itself,
 *          which is a verification more, and checks 5 and 6
 *   bare   that it is the one of the TLSA record, and nothing else
 *
 * What TLS does not do at all stays in the exchange: a key for each encryption
 * type, and proof to the initiator that the other side has the same.
 *
 * Prints for each kind of key, handshake and side the ratio of each of ROUNDS
 * rounds, exchange to handshake; the bytes there and back, of the exchange and
 * of TLS; and the turns that TLS takes until the client's first question to
 * the server is answered.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include "tests/bench/sides.h"

#define ROUNDS 15
#define EACH 20       /* of a round */
#define MAX_WAY 65536 /* bytes that may be under way */

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519"

/* What goes one way, and has not been read. */
struct way {
    unsigned char bytes[MAX_WAY];
    size_t begin;
    size_t end;
    size_t total; /* bytes that ever went */
};

/* The connection of a client and a server. */
struct wire {
    struct way to_server;
    struct way to_client;
    const struct way *latest; /* the way that was used last */
    unsigned int turns;       /* how often that has changed */
};

/* One end of it. */
struct end {
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    const struct sides *sides;
    const struct side *peer;
    krb5_boolean alike; /* how its peer's certificate is judged */
    double cpu;         /* seconds, of the present round */
    struct wire *wire;
    struct way *in;
    struct way *out;
};

static ssize_t
push(gnutls_transport_ptr_t arg, const void *bytes, size_t n)
{
    struct end *end = arg;
    struct way *out = end->out;

    if (n > MAX_WAY - out->end) {
        fprintf(stderr, "bench: %zu bytes more under way than expected\n", n);
        exit(1);
    }
    memcpy(out->bytes + out->end, bytes, n);
    out->end += n;
    out->total += n;
    if (end->wire->latest != out)
        end->wire->turns++;
    end->wire->latest = out;
    return (ssize_t)n;
}

static ssize_t
pull(gnutls_transport_ptr_t arg, void *bytes, size_t n)
{
    struct end *end = arg;
    struct way *in = end->in;

    if (in->begin == in->end) {
        gnutls_transport_set_errno(end->session, EAGAIN);
        return -1;
    }
    if (n > in->end - in->begin)
        n = in->end - in->begin;
    memcpy(bytes, in->bytes + in->begin, n);
    in->begin += n;
    if (in->begin == in->end)
        in->begin = in->end = 0;
    return (ssize_t)n;
}

/* There is a message, or none, already: memory does not block. */
static int
pull_timeout(gnutls_transport_ptr_t arg, unsigned int milliseconds)
{
    const struct end *end = arg;

    (void)milliseconds;
    return end->in->begin < end->in->end;
}

/* Is it the certificate of the peer's TLSA record? */
static int
verify(gnutls_session_t session)
{
    const struct end *end = gnutls_session_get_ptr(session);
    const krb5_data *record = &end->peer->tlsa.data;
    unsigned char digest[32];
    const gnutls_datum_t *chain;
    krb5_data certificate;
    unsigned int n;

    chain = gnutls_certificate_get_peers(session, &n);
    if (chain == NULL || n != 1)
        return GNUTLS_E_CERTIFICATE_ERROR;
    if (end->alike) {
        certificate = kx_data(chain[0].data, chain[0].size);
        sides_judge(end->sides, end->peer, &certificate);
        return 0;
    }
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, chain[0].data, chain[0].size,
                         digest) < 0 ||
        record->length != sizeof(digest) ||
        memcmp(record->data, digest, sizeof(digest)) != 0)
        return GNUTLS_E_CERTIFICATE_ERROR;
    return 0;
}

/* What an end keeps from one handshake to the next: its certificate and key.
 */
static void
load(struct end *end, const struct sides *sides, const struct side *self,
     const struct side *peer)
{
    const krb5_data *der = &self->identity->chain[0];
    gnutls_datum_t raw = {(unsigned char *)der->data, der->length};
    gnutls_pcert_st certificate;
    gnutls_x509_privkey_t plain;
    gnutls_privkey_t key;

    memset(end, 0, sizeof(*end));
    end->sides = sides;
    end->peer = peer;
    must(gnutls_pcert_import_x509_raw(&certificate, &raw, GNUTLS_X509_FMT_DER,
                                      0));
    must(gnutls_privkey_export_x509(self->identity->key, &plain));
    must(gnutls_privkey_init(&key));
    must(gnutls_privkey_import_x509(key, plain,
                                    GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE));
    must(gnutls_certificate_allocate_credentials(&end->credentials));
    must(gnutls_certificate_set_key(end->credentials, NULL, 0, &certificate, 1,
                                    key));
    gnutls_certificate_set_verify_function(end->credentials, verify);
    must(gnutls_priority_init(&end->priority, PRIORITY, NULL));
}

static void
unload(struct end *end)
{
    gnutls_certificate_free_credentials(end->credentials);
    gnutls_priority_deinit(end->priority);
}

/* Begin an end's session; role is as gnutls_init() has it. */
static void
begin_session(struct end *end, unsigned int role)
{
    must(gnutls_init(&end->session, role | GNUTLS_NO_TICKETS));
    must(gnutls_priority_set(end->session, end->priority));
    must(gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE,
                                end->credentials));
    gnutls_session_set_ptr(end->session, end);
    if ((role & GNUTLS_SERVER) != 0)
        gnutls_certificate_server_set_request(end->session,
                                              GNUTLS_CERT_REQUIRE);
}

/* An end of a new connection through memory. */
static void
begin(struct end *end, struct wire *wire, unsigned int role)
{
    end->wire = wire;
    end->in = role == GNUTLS_SERVER ? &wire->to_server : &wire->to_client;
    end->out = role == GNUTLS_SERVER ? &wire->to_client : &wire->to_server;
    begin_session(end, role | GNUTLS_NONBLOCK);
    gnutls_transport_set_ptr(end->session, end);
    gnutls_transport_set_push_function(end->session, push);
    gnutls_transport_set_pull_function(end->session, pull);
    gnutls_transport_set_pull_timeout_function(end->session, pull_timeout);
}

/* Go on with an end's handshake; true when it is through. */
static krb5_boolean
go_on(struct end *end)
{
    int status = gnutls_handshake(end->session);

    if (status != GNUTLS_E_AGAIN)
        must(status);
    return status == 0;
}

/* Both ends' handshake, its time booked on each. */
static void
handshake(struct end *client, struct end *server, krb5_boolean alike)
{
    krb5_boolean client_done = FALSE, server_done = FALSE;
    struct wire *wire = client->wire;
    double mark, now;

    client->alike = server->alike = alike;
    wire->to_server.total = wire->to_client.total = 0;
    wire->latest = NULL;
    wire->turns = 0;
    mark = cpu_time();
    begin(client, wire, GNUTLS_CLIENT);
    now = cpu_time();
    client->cpu += now - mark;
    begin(server, wire, GNUTLS_SERVER);
    mark = cpu_time();
    server->cpu += mark - now;
    while (!client_done || !server_done) {
        client_done = client_done || go_on(client);
        now = cpu_time();
        client->cpu += now - mark;
        server_done = server_done || go_on(server);
        mark = cpu_time();
        server->cpu += mark - now;
    }
}

/* One byte there, one byte back, as whoever made the connection wants it. */
static void
ask(struct end *client, struct end *server)
{
    char byte = '?';

    must(gnutls_record_send(client->session, &byte, 1) - 1);
    must(gnutls_record_recv(server->session, &byte, 1) - 1);
    must(gnutls_record_send(server->session, &byte, 1) - 1);
    must(gnutls_record_recv(client->session, &byte, 1) - 1);
}

static void
end_session(struct end *end)
{
    gnutls_deinit(end->session);
    end->wire->to_client.begin = end->wire->to_client.end = 0;
    end->wire->to_server.begin = end->wire->to_server.end = 0;
}

/* Sessions of one handshake that has been measured. */
static void
end_sessions(struct end *client, struct end *server)
{
    end_session(client);
    end_session(server);
}

/* Let TLS go over socket, which sends at once whatever it is given. */
static void
use_socket(const struct end *end, int socket)
{
    int on = 1;

    must(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
    gnutls_transport_set_int(end->session, socket);
}

/* The server of ROUNDS connections over TCP: one byte is asked, one answered.
 */
static void
serve(struct end *server, int listener)
{
    char byte;
    int i, socket;

    for (i = 0; i < ROUNDS; i++) {
        socket = accept(listener, NULL, NULL);
        must(socket < 0);
        begin_session(server, GNUTLS_SERVER);
        use_socket(server, socket);
        must(gnutls_handshake(server->session));
        must(gnutls_record_recv(server->session, &byte, 1) - 1);
        must(gnutls_record_send(server->session, &byte, 1) - 1);
        gnutls_deinit(server->session);
        (void)close(socket);
    }
}

/* Milliseconds from a new connection to the first answer over it. */
static double
contact(struct end *client, const struct sockaddr_in *address)
{
    struct timespec begun, ended;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte = '?';

    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    must(connect(fd, (const struct sockaddr *)address, sizeof(*address)));
    begin_session(client, GNUTLS_CLIENT);
    use_socket(client, fd);
    must(gnutls_handshake(client->session));
    must(gnutls_record_send(client->session, &byte, 1) - 1);
    must(gnutls_record_recv(client->session, &byte, 1) - 1);
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    gnutls_deinit(client->session);
    (void)close(fd);
    return (double)(ended.tv_sec - begun.tv_sec) * 1e3 +
           (double)(ended.tv_nsec - begun.tv_nsec) / 1e6;
}

/* Milliseconds of each of ROUNDS contacts over TCP, certificates judged as an
 * exchange does. */
static void
measure_latency(struct end *client, struct end *server, double latency[ROUNDS])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), i, status;
    pid_t child;

    client->alike = server->alike = TRUE;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&address, size));
    must(listen(listener, 1));
    must(getsockname(listener, (struct sockaddr *)&address, &size));
    (void)fflush(stdout);
    child = fork();
    must(child < 0);
    if (child == 0) {
        serve(server, listener);
        _exit(0);
    }
    (void)close(listener);
    for (i = 0; i < ROUNDS; i++)
        latency[i] = contact(client, &address);
    must(waitpid(child, &status, 0) != child || status != 0);
}

/* One line: a figure of each round. */
static void
print_figures(const char *kind, const char *name, const char *what,
              const double *figures)
{
    int i;

    printf("%s_%s_%s", kind, name, what);
    for (i = 0; i < ROUNDS; i++)
        printf(" %.4f", figures[i]);
    printf("\n");
}

/* What goes over the wire. */
static void
print_traffic(const char *kind, const struct sides *sides,
              const struct wire *wire)
{
    printf("%s_bytes %zu %zu\n", kind, sides->request, sides->reply);
    printf("%s_tls_bytes %zu %zu\n", kind, wire->to_server.total,
           wire->to_client.total);
}

/* All figures of one kind of key. */
static void
measure(const char *kind, gnutls_pk_algorithm_t algorithm, unsigned int bits)
{
    static const char *const names[] = {"bare", "alike"};
    static struct wire wire;
    struct sides sides;
    struct end client, server;
    double initiator[2][ROUNDS], responder[2][ROUNDS], latency[ROUNDS];
    int round, i, alike;

    sides_open(&sides, algorithm, bits);
    load(&client, &sides, &sides.initiator, &sides.responder);
    load(&server, &sides, &sides.responder, &sides.initiator);
    client.wire = server.wire = &wire;
    /* What is set up once, is before the first round. */
    sides_exchange(&sides);
    handshake(&client, &server, TRUE);
    print_traffic(kind, &sides, &wire);
    ask(&client, &server);
    printf("%s_turns %u\n", kind, wire.turns);
    end_sessions(&client, &server);
    for (round = 0; round < ROUNDS; round++) {
        for (alike = 0; alike <= 1; alike++) {
            sides.initiator.cpu = sides.responder.cpu = 0;
            client.cpu = server.cpu = 0;
            for (i = 0; i < EACH; i++) {
                sides_exchange(&sides);
                handshake(&client, &server, alike != 0);
                end_sessions(&client, &server);
            }
            initiator[alike][round] = sides.initiator.cpu / client.cpu;
            responder[alike][round] = sides.responder.cpu / server.cpu;
        }
    }
    measure_latency(&client, &server, latency);
    print_figures(kind, "tls", "latency", latency);
    for (alike = 0; alike <= 1; alike++) {
        print_figures(kind, names[alike], "initiator", initiator[alike]);
        print_figures(kind, names[alike], "responder", responder[alike]);
    }
    unload(&client);
    unload(&server);
    sides_close(&sides);
}

int
main(void)
{
    measure("ed25519", GNUTLS_PK_EDDSA_ED25519, 0);
    measure("p256", GNUTLS_PK_ECDSA, 0);
    measure("rsa2048", GNUTLS_PK_RSA, 2048);
    return 0;
}
