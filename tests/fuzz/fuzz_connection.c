/*
 * fuzz_connection.c: kxoverd's side of one connection, and of the KDC's behind
 * it.
 *
 * An input is a byte that says what is taken for granted of offers
 * (offers.h), one for how the bytes come and what the KDC does with messages
 * that are not KXOVER's, maybe two more for what else happens, and then all
 * that the client sends.  It gets answers
 * for exactly the messages that were whole, in their order: what the KDC said,
 * byte for byte, or one of ours.
 */
#include "config.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "asn1/kx_asn1.h"
#include "daemon/kxoverd.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/kdc.h"
#include "tests/fuzz/offers.h"

#define PIECE                                                                 \
    0x07         /* bytes come all at once (0), or in pieces: 1, 3, 9 ...     \
                  */
#define KDC 0x30 /* times 16: what the KDC does, as in kdc.h */
#define HANGS_UP 0x40 /* the client does, when it has sent all */
#define WAYS 0x80     /* two more bytes follow */

/* The first of these. */
#define KDC_OTHER 0x07 /* what else the KDC does; 0 for nothing else */
#define SLOW 0x08      /* the client first sends all, then takes its answers */
#define DNS_SILENT 0x10
#define ONE_BY_ONE 0x20 /* the KDC gets one message at a time */
#define LONG_ONES 0x40  /* no more long messages may be in memory */
#define IPV6 0x80       /* the client comes from there */

/* The second: what happens, and in which turn of the loop. */
#define TURN 0x0f
#define EVENT 0x30    /* times 16: */
#define TIME_PASSES 1 /* up to the next deadline */
#define STOPS 2       /* SIGTERM comes */
#define RELOADS 3     /* SIGHUP, with room for less */
#define OTHERS 0xc0   /* times 64: how many others come in that turn, */
                      /* and say the same: none, 1, 3, or 6 from elsewhere */

#define MAX_SEATS 4
#define MAX_SOURCE_SEATS 2
#define MAX_LONG_MESSAGES 16 /* connection.c's */

#define MAX_CLIENTS 7

/* Turns without anything new after which, where somebody is silent, time
 * passes. */
#define QUIET_TURNS 2

/* Turns of the loop after which a connection that neither ends nor goes on is
 * one that hangs. */
#define MAX_TURNS 200000

static struct stage *stage;
static struct kx_daemon daemon_;
static struct kx_service only;
static int mode, ways, happens;
static enum kdc_way kdc;
static krb5_boolean is_cut; /* answers may be missing at the end */

/* In service.c's place: there is one service, and it stays. */
void
kx_service_use(struct kx_service *service)
{
    service->users++;
}

void
kx_service_leave(struct kx_service *service)
{
    service->users--;
}

/* ---- kxoverd ---- */

/* Make what there is one of. */
static void
start(void)
{
    static char realm[] = "BRAVO.EXAMPLE";

    stage = offers_stage(realm, "kdc.alpha.example");
    kdc_start(stage->base);
    only.context = stage->context;
    only.settings = &stage->settings;
    daemon_.base = stage->base;
    daemon_.service = &only;
    FUZZ_MUST(kx_limits_new(1, 1, kx_connection_evict, &daemon_.limits) == 0);
    FUZZ_MUST(kx_relays_new(stage->base, NULL, &daemon_.metrics,
                            &daemon_.relays) == 0);
}

/* ---- the clients ---- */

static struct client {
    int fd;
    const uint8_t *data; /* to be sent */
    size_t left;
    krb5_boolean shut; /* all is sent, and that was said */
    krb5_boolean full; /* no more could be sent now */
    uint8_t *got;      /* and what came */
    size_t n_got, room;
} clients[MAX_CLIENTS];
static size_t n_clients;

/* Let one more client come, from source number from, with data. */
static void
come(unsigned int from, const uint8_t *data, size_t size)
{
    struct client *client = &clients[n_clients++];
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    const int little = 4096;
    int fds[2];

    memset(client, 0, sizeof(*client));
    client->data = data;
    client->left = size;
    FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    FUZZ_MUST(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    FUZZ_MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0);
    if ((ways & SLOW) != 0)
        FUZZ_MUST(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &little,
                             sizeof(little)) == 0);
    client->fd = fds[0];
    memcpy(&in.sin_addr, &from, sizeof(from));
    memcpy(&in6.sin6_addr, &from, sizeof(from));
    if ((ways & IPV6) != 0)
        kx_connection_start(&daemon_, fds[1], (struct sockaddr *)&in6,
                            sizeof(in6));
    else
        kx_connection_start(&daemon_, fds[1], (struct sockaddr *)&in,
                            sizeof(in));
}

/* Send the next piece, as far as it goes. */
static void
send_piece(struct client *client)
{
    static const size_t sizes[] = {0, 1, 3, 9, 64, 500, 4096, 20000};
    size_t size = sizes[mode & PIECE];
    ssize_t n;

    if (size == 0 || size > client->left)
        size = client->left;
    if (size > 0) {
        n = send(client->fd, client->data, size, MSG_NOSIGNAL);
        if (n > 0) {
            client->data += n;
            client->left -= (size_t)n;
        }
        client->full = n <= 0;
    } else if (!client->shut) {
        (void)shutdown(client->fd, SHUT_WR);
        client->shut = TRUE;
    }
}

/* Take what has come; false if that is nothing. */
static krb5_boolean
receive(struct client *client)
{
    const size_t before = client->n_got;
    ssize_t n;

    do {
        if (client->room - client->n_got < 65536) {
            client->room += 262144;
            client->got = realloc(client->got, client->room);
            FUZZ_MUST(client->got != NULL);
        }
        n = recv(client->fd, client->got + client->n_got,
                 client->room - client->n_got, 0);
        if (n > 0)
            client->n_got += (size_t)n;
    } while (n > 0);
    return client->n_got > before;
}

/* Event: a turn was long enough. */
static void
tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

/* One turn of the loop; it waits a little for something to happen if there is
 * nothing else to do. */
static void
turn(krb5_boolean idle)
{
    static const struct timeval while_ = {0, 1000};

    if (idle)
        FUZZ_MUST(event_base_once(stage->base, -1, EV_TIMEOUT, tick, NULL,
                                  &while_) == 0);
    (void)event_base_loop(stage->base, idle ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
}

/* Let happen what is to. */
static void
let_happen(void)
{
    switch ((happens & EVENT) / 16) {
    case TIME_PASSES:
        FUZZ_MUST(stage_pass_time(stage));
        break;
    case STOPS:
        daemon_.stopping = TRUE;
        kx_limits_evict(daemon_.limits, TRUE);
        FUZZ_MUST(kx_limits_idle(daemon_.limits) == 0);
        break;
    case RELOADS:
        kx_limits_set_maximum(daemon_.limits, 1, 1);
        FUZZ_MUST(kx_limits_count(daemon_.limits) <= 1 ||
                  kx_limits_idle(daemon_.limits) == 0);
        break;
    default:
        break;
    }
}

/* Let each client say and hear something; false if nothing moved. */
static krb5_boolean
move(krb5_boolean idle)
{
    krb5_boolean moved = FALSE;
    size_t i, before;

    for (i = 0; i < n_clients; i++) {
        before = clients[i].left;
        send_piece(&clients[i]);
        moved = moved || clients[i].left != before;
    }
    turn(idle && !moved);
    for (i = 0; i < n_clients; i++) {
        if ((ways & SLOW) == 0 || clients[i].shut || clients[i].full)
            moved = receive(&clients[i]) || moved;
    }
    return moved;
}

/* Let others come, who send what the first client sends.  There are never
 * more than may be. */
static void
let_others_come(const uint8_t *data, size_t size)
{
    static const size_t numbers[] = {0, 1, 3, 6};
    const size_t n = numbers[(happens & OTHERS) / 64];
    krb5_boolean elsewhere = n == 6;
    unsigned int i;

    for (i = 0; i < n; i++) {
        come(elsewhere ? i + 1 : 0, data, size);
        FUZZ_MUST(kx_limits_count(daemon_.limits) <=
                  (elsewhere ? MAX_SEATS : MAX_SOURCE_SEATS));
        (void)move(FALSE);
    }
}

/* Say all and hear all. */
static void
talk(const uint8_t *data, size_t size)
{
    const krb5_boolean silence = kdc == KDC_SILENT || (ways & DNS_SILENT) != 0;
    unsigned int turns, quiet = 0;
    size_t i;

    for (turns = 0; kx_limits_count(daemon_.limits) > 0; turns++) {
        FUZZ_MUST(turns < MAX_TURNS);
        if ((mode & HANGS_UP) != 0 && clients[0].left == 0)
            break;
        if (turns == (happens & TURN)) {
            let_others_come(data, size);
            let_happen();
        }
        quiet = move(quiet > 0) ? 0 : quiet + 1;
        /* Whatever there is has a deadline. */
        if (silence && quiet > QUIET_TURNS &&
            kx_limits_count(daemon_.limits) > 0)
            FUZZ_MUST(stage_pass_time(stage));
    }
    for (i = 0; i < n_clients; i++)
        (void)receive(&clients[i]);
}

/* ---- what has to come ---- */

/* The length of the frame at data, of which left bytes are there; 0 if it is
 * not whole, SIZE_MAX if it may not be, for all or for us. */
static size_t
frame(const uint8_t *data, size_t left)
{
    size_t length;

    if (left < KX_FRAME_HEADER)
        return 0;
    length = (size_t)data[0] << 24 | (size_t)data[1] << 16 |
             (size_t)data[2] << 8 | data[3];
    if (length == 0 || length > KX_MAX_RELAYED)
        return SIZE_MAX;
    if (left > KX_FRAME_HEADER && data[KX_FRAME_HEADER] == 0x72 &&
        length > KX_MAX_MESSAGE)
        return SIZE_MAX;
    return left - KX_FRAME_HEADER < length ? 0 : KX_FRAME_HEADER + length;
}

/* Take one answer of ours off what came; false if it is cut. */
static krb5_boolean
take_ours(const uint8_t **got, size_t *left)
{
    struct kx_message *reply;
    struct kx_krb_error *error;
    size_t size = frame(*got, *left);
    krb5_data answer;

    if (size == 0 && is_cut)
        return FALSE;
    FUZZ_MUST(size > KX_FRAME_HEADER && size != SIZE_MAX);
    answer = kx_data(*got + KX_FRAME_HEADER, size - KX_FRAME_HEADER);
    if (kx_decode_message(NULL, KX_MSG_REP, &answer, &reply) == 0) {
        kx_message_free(reply);
    } else {
        FUZZ_MUST(kx_decode_krb_error(NULL, &answer, &error) == 0);
        kx_krb_error_free(error);
    }
    *got += size;
    *left -= size;
    return TRUE;
}

/* Take size bytes, if they are all there; false if they are cut. */
static krb5_boolean
take_bytes(const uint8_t **got, size_t *left, const uint8_t *bytes,
           size_t size)
{
    size_t n = *left < size ? *left : size;

    FUZZ_MUST(n == size || is_cut);
    FUZZ_MUST(memcmp(*got, bytes, n) == 0);
    *got += n;
    *left -= n;
    return n == size;
}

/* Take what the KDC answers to the message of size bytes; false if nothing can
 * come after it. */
static krb5_boolean
take_kdcs(const uint8_t **got, size_t *left, const uint8_t *sent, size_t size)
{
    static uint8_t much[KX_FRAME_HEADER + KDC_LONG_SIZE];

    switch (kdc) {
    case KDC_ECHOES:
    case KDC_PIECES:
    case KDC_TRAILS:
        return take_bytes(got, left, sent, size);
    case KDC_LONG:
        memset(much, KDC_LONG_BYTE, sizeof(much));
        kx_frame_header(KDC_LONG_SIZE, much);
        return take_bytes(got, left, much, sizeof(much));
    case KDC_IS_OUT:
        (void)take_ours(got, left);
        return FALSE;
    case KDC_CUTS:
        FUZZ_MUST(*left <= size / 2);
        (void)take_bytes(got, left, sent, *left);
        return FALSE;
    case KDC_BREAKS:
        FUZZ_MUST(*left < KX_FRAME_HEADER);
        *left = 0;
        return FALSE;
    default:
        return FALSE;
    }
}

/* What came is the answers to what was sent. */
static void
check(const uint8_t *sent, size_t n_sent, const uint8_t *got, size_t n_got)
{
    krb5_boolean more = TRUE;
    size_t size;

    for (; more && (size = frame(sent, n_sent)) != 0;
         sent += size, n_sent -= size) {
        if (size == SIZE_MAX) {
            (void)take_ours(&got, &n_got);
            break;
        }
        if ((ways & LONG_ONES) != 0 && size > KX_FRAME_HEADER + KX_MAX_MESSAGE)
            break;
        if (sent[KX_FRAME_HEADER] == 0x72)
            more = take_ours(&got, &n_got);
        else
            more = take_kdcs(&got, &n_got, sent, size);
    }
    FUZZ_MUST(n_got == 0 || (!more && is_cut && frame(got, n_got) == 0));
}

/* Take what the input begins with; how much that is, 0 if it is too short. */
static size_t
set_ways(const uint8_t *data, size_t size)
{
    const size_t head = size > 1 && (data[1] & WAYS) != 0 ? 4 : 2;

    if (size < head + KX_FRAME_HEADER)
        return 0;
    mode = data[1];
    ways = head > 2 ? data[2] : 0;
    happens = head > 2 ? data[3] : 0;
    kdc = (enum kdc_way)((mode & KDC) / 16);
    if (kdc == KDC_ECHOES && (ways & KDC_OTHER) != 0)
        kdc = (enum kdc_way)(KDC_IS_OUT + (ways & KDC_OTHER));
    /* Long answers to a thousand messages take too long. */
    if (kdc == KDC_LONG && size > 1000)
        kdc = KDC_ECHOES;
    is_cut = (happens & (EVENT | OTHERS)) != 0 ||
             (ways & (DNS_SILENT | LONG_ONES)) != 0 || kdc == KDC_SILENT ||
             kdc == KDC_CUTS || kdc == KDC_BREAKS || kdc == KDC_LIES ||
             kdc == KDC_NOBODY;
    return head;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t head = set_ways(data, size);
    const unsigned int others =
        (ways & LONG_ONES) != 0 ? MAX_LONG_MESSAGES : 0;
    krb5_data message;

    if (daemon_.base == NULL)
        start();
    if (head == 0)
        return 0;
    kdc_set(kdc);
    kx_relays_set_kdc(daemon_.relays, kdc_endpoint(),
                      (ways & ONE_BY_ONE) != 0 ? 1 : 16);
    kx_limits_set_maximum(daemon_.limits, MAX_SEATS, MAX_SOURCE_SEATS);
    daemon_.long_messages = others;
    data += head;
    size -= head;
    message = kx_data(data + KX_FRAME_HEADER, size - KX_FRAME_HEADER);
    offers_set(stage, data[-(ptrdiff_t)head], KX_MSG_REQ, &message);
    if ((ways & DNS_SILENT) != 0)
        stage->silent = STAGE_DNS;
    only.responder = stage_responder(stage);
    come(0, data, size);
    talk(data, size);
    while (n_clients > 0) {
        (void)close(clients[--n_clients].fd);
        if ((mode & HANGS_UP) == 0)
            check(data, size, clients[n_clients].got,
                  clients[n_clients].n_got);
        free(clients[n_clients].got);
    }
    /* What was under way ends, too. */
    kx_limits_evict(daemon_.limits, FALSE);
    kdc_clear();
    (void)event_base_loop(stage->base, EVLOOP_NONBLOCK);
    FUZZ_MUST(kx_limits_count(daemon_.limits) == 0);
    FUZZ_MUST(kx_relays_waiting(daemon_.relays) == 0);
    FUZZ_MUST(daemon_.long_messages == others);
    daemon_.stopping = FALSE;
    kx_responder_free(only.responder);
    FUZZ_MUST(only.users == 0);
    offers_clear(stage);
    return 0;
}
