/*
 * wire.c: messages over TCP, as RFC 4120 7.2.2 has it, and as it has not.
 */
#include "config.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "tests/hostile/hostile.h"

/* Longer than any time limit that we want to see kept. */
#define PATIENCE 20 /* seconds */

/* No answer is longer. */
#define MAX_ANSWER 1000000

/* End the program because of errno. */
static void
fail(const char *what)
{
    perror(what);
    exit(2);
}

/* The address of port on this machine. */
static struct sockaddr_in
here(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    return address;
}

int
dial(const char *port)
{
    struct sockaddr_in address = here(port);
    struct timeval patience = {PATIENCE, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) <
            0 ||
        connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        fail("connect");
    return fd;
}

int
listen_at(const char *port)
{
    struct sockaddr_in address = here(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 16) < 0)
        fail("listen");
    return fd;
}

/* Send length bytes; whoever does not want them may have gone. */
static void
send_all(int fd, const char *data, size_t length)
{
    ssize_t n;

    while (length > 0) {
        n = send(fd, data, length, MSG_NOSIGNAL);
        if (n < 0)
            return;
        data += n;
        length -= (size_t)n;
    }
}

void
send_frame(int fd, size_t announced, const char *data, size_t length)
{
    unsigned char header[KX_FRAME_HEADER];
    char *whole = malloc(sizeof(header) + length);

    if (whole == NULL)
        fail("malloc");
    kx_frame_header(announced, header);
    memcpy(whole, header, sizeof(header));
    if (length > 0)
        memcpy(whole + sizeof(header), data, length);
    send_all(fd, whole, sizeof(header) + length);
    free(whole);
}

/* Receive length bytes; false when they do not come. */
static krb5_boolean
receive_all(int fd, char *data, size_t length)
{
    ssize_t n;

    while (length > 0) {
        n = recv(fd, data, length, 0);
        if (n <= 0)
            return FALSE;
        data += n;
        length -= (size_t)n;
    }
    return TRUE;
}

krb5_data
receive_frame(int fd)
{
    unsigned char header[KX_FRAME_HEADER];
    size_t length;
    char *data;

    if (!receive_all(fd, (char *)header, sizeof(header)) ||
        kx_frame_length(NULL, header, MAX_ANSWER, &length) != 0)
        return kx_data(NULL, 0);
    data = malloc(length);
    if (data == NULL)
        fail("malloc");
    if (!receive_all(fd, data, length)) {
        free(data);
        return kx_data(NULL, 0);
    }
    return kx_data(data, length);
}
