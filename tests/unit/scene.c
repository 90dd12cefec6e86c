/*
 * scene.c: a resolver without a name server, for tests.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "tests/unit/scene.h"
#include "tests/unit/test.h"

const struct timeval soon = {.tv_usec = 200000};
const struct timeval late = {.tv_sec = 30};

void
note(void *arg, const struct kx_answer *answer)
{
    struct calls *calls = arg;
    const char *message;

    calls->n++;
    calls->code = answer->code;
    if (calls->context == NULL)
        return;
    message = krb5_get_error_message(calls->context, answer->code);
    (void)snprintf(calls->message, sizeof(calls->message), "%s", message);
    krb5_free_error_message(calls->context, message);
}

double
now(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A UDP socket on loopback; *port is where. */
static int
open_socket(unsigned int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

void
write_conf(char *path, const char *text)
{
    int fd;

    strcpy(path, "/tmp/kx-unbound-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

int
scene_begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    unsigned int silent_port, down_port;
    char text[1024];

    assert_non_null(scene);
    (void)close(open_socket(&down_port));
    scene->silent = open_socket(&silent_port);
    (void)snprintf(text, sizeof(text),
                   "server:\n" ANCHOR "do-not-query-localhost: no\n"
                   "outgoing-interface: 127.0.0.1\n"
                   "local-zone: \"local.example.\" static\n"
                   "local-data: \"_kerberos.local.example. TXT R.EXAMPLE\"\n"
                   "forward-zone:\nname: \"silent.example\"\n"
                   "forward-addr: 127.0.0.1@%u\n"
                   "forward-zone:\nname: \".\"\nforward-addr: 127.0.0.1@%u\n"
                   "forward-tcp-upstream: yes\n",
                   silent_port, down_port);
    write_conf(scene->conf, text);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    scene->base = event_base_new();
    assert_non_null(scene->base);
    assert_int_equal(kx_resolver_new(scene->context, scene->base, scene->conf,
                                     &scene->resolver),
                     0);
    *state = scene;
    return 0;
}

int
scene_end(void **state)
{
    struct scene *scene = *state;

    kx_resolver_free(scene->resolver);
    event_base_free(scene->base);
    krb5_free_context(scene->context);
    (void)close(scene->silent);
    (void)unlink(scene->conf);
    free(scene);
    return 0;
}

void
run_until(struct scene *scene, const struct calls *calls, int n)
{
    const double end = now() + 10;

    while (calls->n < n) {
        assert_true(now() < end);
        assert_true(event_base_loop(scene->base, EVLOOP_ONCE) >= 0);
    }
}

void
run_for(struct scene *scene, int milliseconds)
{
    const struct timeval time = {.tv_sec = milliseconds / 1000,
                                 .tv_usec = milliseconds % 1000 * 1000};

    assert_int_equal(event_base_loopexit(scene->base, &time), 0);
    assert_true(event_base_loop(scene->base, EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}
