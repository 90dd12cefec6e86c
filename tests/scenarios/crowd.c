/*
 * crowd.c: many clients of one KDC in one process.
 *
 *   crowd load SECONDS PORT SERVICE KEYTAB CLIENT
 *   crowd ask PAUSE PORT REALM...
 *
 * What libkrb5's own programs do beside asking (looking for KDCs, waiting,
 * asking again in other words) would cost more than what is to be measured.
 * So this takes from libkrb5 the requests alone, by UDP from and to
 * 127.0.0.1:PORT.
 *
 * load logs CLIENT in with KEYTAB and gets a ticket for SERVICE, in turns and
 * one after the other, for so many seconds; one that is not answered in a
 * second is sent again.  It prints how many logins and tickets that were.
 *
 * ask wants a ticket for each krbtgt/REALM, as who owns the credential cache:
 * a request each, PAUSE milliseconds after the one before.  Those that are not
 * answered are sent again each second after the last.  It prints a line with
 * REALM and the error code, or 0 for a ticket, for each answer.
 */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <krb5.h>

#define RETRANSMIT 1000 /* milliseconds */
#define RETRIES 30
#define ROUNDS 10 /* of ask, after the last request */
#define MAX_REPLY 65536

static krb5_context context;

/* End with what libkrb5 has to say about code, unless that is 0. */
static void
check(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    (void)fprintf(stderr, "crowd: %s: %s\n", what,
                  krb5_get_error_message(context, code));
    exit(1);
}

/* Milliseconds since some moment. */
static int64_t
milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A socket that talks to the KDC alone. */
static int
socket_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        check(errno, "socket");
    return fd;
}

/* True if fd has something to read before deadline. */
static int
readable(int fd, int64_t deadline)
{
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    int64_t left = deadline - milliseconds();

    return poll(&poller, 1, left > 0 ? (int)left : 0) > 0;
}

/*
 * Send request to the KDC at port and give the answer in *reply, which has
 * room for MAX_REPLY bytes.  Each request has a socket of its own, so a late
 * answer to one that was sent twice finds nobody.
 */
static void
transact(const char *port, const krb5_data *request, krb5_data *reply)
{
    int fd = socket_to(port), tries;
    ssize_t n = 0;

    for (tries = 0; tries < RETRIES && n <= 0; tries++) {
        if (send(fd, request->data, request->length, 0) < 0)
            check(errno, "send");
        if (readable(fd, milliseconds() + RETRANSMIT))
            n = recv(fd, reply->data, MAX_REPLY, 0);
    }
    check(n <= 0 ? ETIMEDOUT : 0, "the KDC");
    reply->length = (unsigned int)n;
    (void)close(fd);
}

/* Log client in with the keytab and put the ticket into cache. */
static void
log_in(const char *port, krb5_principal client, krb5_keytab keytab,
       krb5_ccache cache, char *room)
{
    krb5_init_creds_context login;
    krb5_data in = {0}, out, realm;
    krb5_creds creds;
    unsigned int flags;

    check(krb5_init_creds_init(context, client, NULL, NULL, 0, NULL, &login),
          "login");
    check(krb5_init_creds_set_keytab(context, login, keytab), "keytab");
    for (;;) {
        check(krb5_init_creds_step(context, login, &in, &out, &realm, &flags),
              "login");
        if (!(flags & KRB5_INIT_CREDS_STEP_FLAG_CONTINUE))
            break;
        in.data = room;
        transact(port, &out, &in);
        krb5_free_data_contents(context, &out);
        krb5_free_data_contents(context, &realm);
    }
    memset(&creds, 0, sizeof(creds));
    check(krb5_init_creds_get_creds(context, login, &creds), "login");
    check(krb5_cc_initialize(context, cache, client), "cache");
    check(krb5_cc_store_cred(context, cache, &creds), "cache");
    krb5_free_cred_contents(context, &creds);
    krb5_init_creds_free(context, login);
}

/* Begin to get a ticket for server; the first request is in *out. */
static krb5_tkt_creds_context
begin_ticket(krb5_ccache cache, krb5_principal client, krb5_principal server,
             krb5_data *out)
{
    krb5_tkt_creds_context ticket;
    krb5_creds wanted;
    krb5_data nothing = {0}, realm;
    unsigned int flags;

    memset(&wanted, 0, sizeof(wanted));
    wanted.client = client;
    wanted.server = server;
    check(krb5_tkt_creds_init(context, cache, &wanted, KRB5_GC_NO_STORE,
                              &ticket),
          "ticket");
    check(krb5_tkt_creds_step(context, ticket, &nothing, out, &realm, &flags),
          "ticket");
    krb5_free_data_contents(context, &realm);
    return ticket;
}

/* Get a ticket for server. */
static void
get_ticket(const char *port, krb5_ccache cache, krb5_principal client,
           krb5_principal server, char *room)
{
    krb5_data in = {0}, out, realm;
    krb5_tkt_creds_context ticket;
    unsigned int flags = KRB5_TKT_CREDS_STEP_FLAG_CONTINUE;

    ticket = begin_ticket(cache, client, server, &out);
    while (flags & KRB5_TKT_CREDS_STEP_FLAG_CONTINUE) {
        in.data = room;
        transact(port, &out, &in);
        krb5_free_data_contents(context, &out);
        check(krb5_tkt_creds_step(context, ticket, &in, &out, &realm, &flags),
              "ticket");
        krb5_free_data_contents(context, &realm);
    }
    krb5_free_data_contents(context, &out);
    krb5_tkt_creds_free(context, ticket);
}

/* crowd load */
static void
load(char **argument)
{
    int64_t end = milliseconds() + 1000 * strtol(argument[0], NULL, 10);
    const char *port = argument[1];
    unsigned long logins = 0, tickets = 0;
    krb5_principal server, client;
    krb5_keytab keytab;
    krb5_ccache cache;
    char *room = malloc(MAX_REPLY);

    check(room == NULL ? ENOMEM : 0, "memory");
    check(krb5_parse_name(context, argument[2], &server), argument[2]);
    check(krb5_kt_resolve(context, argument[3], &keytab), argument[3]);
    check(krb5_parse_name(context, argument[4], &client), argument[4]);
    check(krb5_cc_new_unique(context, "MEMORY", NULL, &cache), "cache");
    while (milliseconds() < end) {
        log_in(port, client, keytab, cache, room);
        logins++;
        get_ticket(port, cache, client, server, room);
        tickets++;
    }
    (void)printf("%lu logins %lu tickets\n", logins, tickets);
    (void)krb5_cc_destroy(context, cache);
    (void)krb5_kt_close(context, keytab);
    krb5_free_principal(context, server);
    krb5_free_principal(context, client);
    free(room);
}

/* The error code of an answer, as the protocol has it; 0 for a ticket. */
static unsigned int
code_of(const krb5_data *answer)
{
    krb5_error *error;
    unsigned int code;

    if (krb5_rd_error(context, answer, &error) != 0)
        return 0;
    code = error->error;
    krb5_free_error(context, error);
    return code;
}

/* One request of ask; its socket is -1 once it is answered. */
struct asked {
    const char *realm;
    int fd;
    krb5_data request;
};

/* Take the answer that has come to a request. */
static void
take_answer(struct asked *asked, char *room)
{
    krb5_data answer = {.data = room};
    ssize_t length = recv(asked->fd, room, MAX_REPLY, 0);

    answer.length = length > 0 ? (unsigned int)length : 0;
    (void)printf("%s %u\n", asked->realm, code_of(&answer));
    (void)close(asked->fd);
    asked->fd = -1;
}

/* Take the answers that come to n requests until deadline.  Returns how many
 * are then not answered. */
static int
take_answers(struct asked *asked, int n, int64_t deadline, char *room)
{
    struct pollfd *poller = calloc((size_t)n, sizeof(*poller));
    int64_t left;
    int i, open;

    check(poller == NULL ? ENOMEM : 0, "memory");
    do {
        left = deadline - milliseconds();
        for (i = 0; i < n; i++) {
            poller[i].fd = asked[i].fd;
            poller[i].events = POLLIN;
        }
        if (poll(poller, (nfds_t)n, left > 0 ? (int)left : 0) > 0) {
            for (i = 0; i < n; i++) {
                if (asked[i].fd >= 0 && (poller[i].revents & POLLIN))
                    take_answer(&asked[i], room);
            }
        }
        for (open = 0, i = 0; i < n; i++)
            open += asked[i].fd >= 0;
    } while (left > 0 && open > 0);
    free(poller);
    return open;
}

/* Send a request, for the first time or again. */
static void
send_request(const struct asked *asked)
{
    if (send(asked->fd, asked->request.data, asked->request.length, 0) < 0)
        check(errno, "send");
}

/* Ask for a ticket for krbtgt/realm, and do not wait for it. */
static void
ask_one(struct asked *asked, krb5_ccache cache, krb5_principal client,
        const char *port, const char *realm)
{
    krb5_tkt_creds_context ticket;
    krb5_principal server;

    asked->realm = realm;
    asked->fd = socket_to(port);
    check(krb5_build_principal(context, &server, client->realm.length,
                               client->realm.data, "krbtgt", realm,
                               (char *)NULL),
          realm);
    ticket = begin_ticket(cache, client, server, &asked->request);
    send_request(asked);
    krb5_tkt_creds_free(context, ticket);
    krb5_free_principal(context, server);
}

/* crowd ask */
static void
ask(char **argument)
{
    int64_t pause = strtol(argument[0], NULL, 10), next = milliseconds();
    char **realm = argument + 2, *room = malloc(MAX_REPLY);
    krb5_principal client;
    struct asked *asked;
    krb5_ccache cache;
    int n, i, round;

    for (n = 0; realm[n] != NULL; n++)
        ;
    asked = calloc((size_t)n, sizeof(*asked));
    check(asked == NULL || room == NULL ? ENOMEM : 0, "memory");
    check(krb5_cc_default(context, &cache), "cache");
    check(krb5_cc_get_principal(context, cache, &client), "cache");
    for (i = 0; i < n; i++) {
        ask_one(&asked[i], cache, client, argument[1], realm[i]);
        next += pause;
        if (pause > 0) {
            (void)take_answers(asked, i + 1, next, room);
            while (milliseconds() < next)
                (void)poll(NULL, 0, (int)(next - milliseconds()));
        }
    }
    for (round = 0; round < ROUNDS; round++) {
        if (take_answers(asked, n, milliseconds() + RETRANSMIT, room) == 0)
            break;
        for (i = 0; i < n; i++) {
            if (asked[i].fd >= 0)
                send_request(&asked[i]);
        }
    }
    for (i = 0; i < n; i++)
        krb5_free_data_contents(context, &asked[i].request);
    krb5_free_principal(context, client);
    (void)krb5_cc_close(context, cache);
    free(asked);
    free(room);
}

int
main(int argc, char **argv)
{
    check(krb5_init_context(&context), "libkrb5");
    if (argc == 7 && strcmp(argv[1], "load") == 0) {
        load(argv + 2);
    } else if (argc > 4 && strcmp(argv[1], "ask") == 0) {
        ask(argv + 2);
    } else {
        (void)fprintf(stderr, "crowd: see the head of crowd.c\n");
        return 2;
    }
    krb5_free_context(context);
    return 0;
}
