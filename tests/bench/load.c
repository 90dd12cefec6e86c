/*
 * load.c: many clients of one server in one process, which cost as little as
 * they can: the server is what is to be measured.
 *
 *   load send PORT CLIENTS SOURCES FILE [kept]
 *   load hold PORT N SOURCES [FILE]
 *
 * They go to 127.0.0.1:PORT: from the SOURCES addresses that begin with
 * 127.0.0.2, in turns, if there are several.
 *
 * send: so many clients send the messages of FILE (messages.c), each the next
 * one once it has its answer, on a new connection or, with "kept", on the one
 * that it has.  Then it prints a line: nanoseconds, and the number of answers
 * by the first byte: 0x73 is KX-REP, 0x6d TGS-REP, 0x7e KRB-ERROR.
 *
 * hold: N connections, which say nothing; with FILE each says the first of its
 * messages but for the last byte.  When they are there it prints "held".  One
 * that is closed is opened anew, until standard input ends.
 */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define HEADER 4
#define MAX_ANSWER (1 << 20)
#define FIRST_SOURCE 0x7f000002 /* 127.0.0.2 */
#define PAUSE 20                /* milliseconds, of hold */
#define PATIENCE 300            /* seconds, and then send gives up */

/* The messages of FILE, each behind its length. */
struct message {
    const char *data;
    size_t length; /* with that */
};

static struct sockaddr_in server;
static uint32_t n_sources;
static struct message *messages;
static size_t n_messages;
static int is_kept;
static atomic_size_t next_message;
static atomic_ulong answers[256];

/* End the program because of errno, if bad. */
static void
must_not(int bad, const char *what)
{
    if (!bad)
        return;
    perror(what);
    exit(1);
}

/* The length that stands before a message. */
static size_t
length_at(const char *header)
{
    uint32_t length;

    memcpy(&length, header, sizeof(length));
    return ntohl(length);
}

/* Read the messages of the file at path. */
static void
read_messages(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *all = NULL;
    size_t size = 0, room = 0, at;

    must_not(file == NULL, path);
    for (;;) {
        if (size == room) {
            room = room == 0 ? 1 << 20 : 2 * room;
            all = realloc(all, room);
            must_not(all == NULL, "realloc");
        }
        at = fread(all + size, 1, room - size, file);
        if (at == 0)
            break;
        size += at;
    }
    (void)fclose(file);
    for (at = 0; at + HEADER <= size; at += messages[n_messages++].length) {
        messages = realloc(messages, (n_messages + 1) * sizeof(*messages));
        must_not(messages == NULL, "realloc");
        messages[n_messages].data = all + at;
        messages[n_messages].length = HEADER + length_at(all + at);
    }
}

/* Let fd come from the source of that number. */
static void
bind_to_source(int fd, size_t number)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    int on = 1;

    source.sin_addr.s_addr =
        htonl(FIRST_SOURCE + (uint32_t)(number % n_sources));
    must_not(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
                        sizeof(on)) != 0,
             "IP_BIND_ADDRESS_NO_PORT");
    must_not(bind(fd, (struct sockaddr *)&source, sizeof(source)) != 0,
             "a source address");
}

/* Connect from the source of that number.  -1: refused or reset. */
static int
dial(size_t number)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must_not(fd < 0, "socket");
    if (n_sources > 1)
        bind_to_source(fd, number);
    if (connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0)
        return fd;
    must_not(errno != ECONNRESET, "connect");
    (void)close(fd);
    return -1;
}

/* Send it all.  Returns whether that went well. */
static int
send_all(int fd, const char *data, size_t length)
{
    ssize_t n;

    for (; length > 0; data += n, length -= (size_t)n) {
        n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0)
            return 0;
    }
    return 1;
}

/* Receive an answer.  Returns its first byte; 0: there was none. */
static unsigned char
receive(int fd, char *room)
{
    size_t there = 0, wanted = HEADER;
    ssize_t n;

    while (there < wanted) {
        n = recv(fd, room + there, MAX_ANSWER - there, 0);
        if (n <= 0)
            return 0;
        there += (size_t)n;
        if (there >= HEADER)
            wanted = HEADER + length_at(room);
        if (wanted <= HEADER || wanted > MAX_ANSWER)
            return 0;
    }
    return (unsigned char)room[HEADER];
}

/* One client of send, from the source whose number arg points to. */
static void *
client(void *arg)
{
    size_t number = *(const size_t *)arg, i;
    char *room = malloc(MAX_ANSWER);
    unsigned char answer;
    int fd = -1;

    must_not(room == NULL, "malloc");
    while ((i = atomic_fetch_add(&next_message, 1)) < n_messages) {
        if (fd < 0)
            fd = dial(number);
        answer = 0;
        if (fd >= 0 && send_all(fd, messages[i].data, messages[i].length))
            answer = receive(fd, room);
        atomic_fetch_add(&answers[answer], 1);
        if (fd >= 0 && (!is_kept || answer == 0)) {
            (void)close(fd);
            fd = -1;
        }
    }
    free(room);
    return NULL;
}

/* load send */
static void
send_messages(size_t n)
{
    pthread_t *threads = calloc(n, sizeof(*threads));
    size_t *numbers = calloc(n, sizeof(*numbers)), i;
    struct timespec begin, end;

    must_not(threads == NULL || numbers == NULL, "calloc");
    (void)alarm(PATIENCE);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    for (i = 0; i < n; i++) {
        numbers[i] = i;
        errno = pthread_create(&threads[i], NULL, client, &numbers[i]);
        must_not(errno != 0, "pthread_create");
    }
    for (i = 0; i < n; i++)
        (void)pthread_join(threads[i], NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    (void)printf("%lld", (end.tv_sec - begin.tv_sec) * 1000000000LL +
                             (end.tv_nsec - begin.tv_nsec));
    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (answers[i] > 0)
            (void)printf(" 0x%02zx %lu", i, (unsigned long)answers[i]);
    }
    (void)printf("\n");
    free(threads);
    free(numbers);
}

/* One more connection of hold, which says what it has to say. */
static int
hold_one(size_t number)
{
    int fd;

    do
        fd = dial(number);
    while (fd < 0);
    if (n_messages > 0)
        (void)send_all(fd, messages[0].data, messages[0].length - 1);
    return fd;
}

/* load hold */
static void
hold(size_t n)
{
    struct pollfd *held = calloc(n + 1, sizeof(*held));
    size_t i;

    must_not(held == NULL, "calloc");
    for (i = 0; i < n; i++) {
        held[i].fd = hold_one(i);
        held[i].events = POLLIN;
    }
    held[n].fd = STDIN_FILENO;
    held[n].events = POLLIN;
    (void)printf("held\n");
    (void)fflush(stdout);
    while (poll(held, (nfds_t)n + 1, -1) > 0 && held[n].revents == 0) {
        for (i = 0; i < n; i++) {
            if (held[i].revents == 0)
                continue;
            (void)close(held[i].fd);
            held[i].fd = hold_one(i);
        }
        (void)poll(NULL, 0, PAUSE);
    }
    free(held);
}

int
main(int argc, char **argv)
{
    struct rlimit files;
    int is_send = argc > 5 && strcmp(argv[1], "send") == 0;

    if (argc < 5 || (!is_send && strcmp(argv[1], "hold") != 0)) {
        (void)fprintf(stderr, "load: see the head of load.c\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    n_sources = (uint32_t)strtoul(argv[4], NULL, 10);
    if (argc > 5)
        read_messages(argv[5]);
    is_kept = argc > 6;
    if (is_send)
        send_messages(strtoul(argv[3], NULL, 10));
    else
        hold(strtoul(argv[3], NULL, 10));
    return 0;
}
