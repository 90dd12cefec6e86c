/*
 * test_listener.c: where kxoverd listens.
 *
 * The sockets are real, on loopback; that the kernel has no IPv6, or no IPv4,
 * is ours to say.  Who is accepted is counted, not served.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "daemon/kxoverd.h"
#include "exchange/address.h"
#include "tests/unit/test.h"

static struct kx_daemon daemon_;
static struct kx_listeners *listeners;
static krb5_context context;
static int accepted;
static int missing; /* a family that the kernel does not have; 0: none */

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);

/* Called for socket(), by the linker's --wrap. */
int
__wrap_socket(int family, int type, int protocol)
{
    if (family == missing) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    return __real_socket(family, type, protocol);
}

/* In connection.c's place. */
void
kx_connection_start(struct kx_daemon *served_by, evutil_socket_t fd,
                    const struct sockaddr *address, int length)
{
    (void)served_by;
    (void)address;
    (void)length;
    accepted++;
    (void)close(fd);
}

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    missing = 0;
    accepted = 0;
    daemon_.base = event_base_new();
    assert_int_equal(krb5_init_context(&context), 0);
    return kx_listeners_new(&daemon_, &listeners);
}

static int
end(void **state)
{
    (void)state;
    kx_listeners_free(listeners);
    event_base_free(daemon_.base);
    krb5_free_context(context);
    return 0;
}

/* A socket at a port of 127.0.0.1 that nobody has, and its endpoint.  Nobody
 * else gets the port while it is open; it is not listened at. */
static int
take_port(struct kx_endpoint *endpoint)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&endpoint->address;
    int on = 1, fd = __real_socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    memset(endpoint, 0, sizeof(*endpoint));
    endpoint->length = sizeof(*v4);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
                     0);
    assert_int_equal(bind(fd, (struct sockaddr *)v4, sizeof(*v4)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)v4, &endpoint->length),
                     0);
    return fd;
}

/* How many of n can connect to endpoint; they are accepted. */
static int
accepted_of(const struct kx_endpoint *endpoint, int n)
{
    int fds[8], i, before = accepted, connected = 0;

    for (i = 0; i < n; i++) {
        fds[i] = __real_socket(endpoint->address.ss_family, SOCK_STREAM, 0);
        connected +=
            connect(fds[i], (const struct sockaddr *)&endpoint->address,
                    endpoint->length) == 0;
    }
    for (i = 0; i < 100 && accepted - before < connected; i++) {
        (void)event_base_loop(daemon_.base, EVLOOP_NONBLOCK);
        (void)usleep(10000);
    }
    for (i = 0; i < n; i++)
        (void)close(fds[i]);
    assert_int_equal(accepted - before, connected);
    return connected;
}

/* The message of code has word. */
static void
assert_told(krb5_error_code code, const char *word)
{
    const char *text = krb5_get_error_message(context, code);

    assert_non_null(strstr(text, word));
    krb5_free_error_message(context, text);
}

static void
who_connects_is_served(void **state)
{
    struct kx_endpoint endpoint;
    int port = take_port(&endpoint);

    (void)state;
    assert_int_equal(kx_listeners_set(listeners, context, &endpoint, 1), 0);
    assert_int_equal(accepted_of(&endpoint, 3), 3);
    (void)close(port);
}

static void
an_address_named_twice_is_listened_at_once(void **state)
{
    struct kx_endpoint endpoints[2];
    int port = take_port(&endpoints[0]);

    (void)state;
    endpoints[1] = endpoints[0];
    assert_int_equal(kx_listeners_set(listeners, context, endpoints, 2), 0);
    assert_int_equal(accepted_of(&endpoints[0], 1), 1);
    (void)close(port);
}

static void
without_ipv6_all_addresses_are_those_of_ipv4(void **state)
{
    struct kx_endpoint endpoints[2], here;
    int fd = take_port(&here);
    uint16_t port = ntohs(((struct sockaddr_in *)&here.address)->sin_port);

    (void)state;
    missing = AF_INET6;
    kx_endpoint_any(AF_INET6, port, &endpoints[0]);
    kx_endpoint_any(AF_INET, port, &endpoints[1]);
    assert_int_equal(kx_listeners_set(listeners, context, endpoints, 2), 0);
    assert_int_equal(accepted_of(&here, 1), 1);
    (void)close(fd);
}

static void
without_ipv6_an_address_of_it_is_an_error(void **state)
{
    struct kx_endpoint endpoints[2];
    int fd = take_port(&endpoints[0]);

    (void)state;
    missing = AF_INET6;
    assert_true(kx_endpoint_read("[::1]:88", &endpoints[1]));
    assert_int_equal(kx_listeners_set(listeners, context, endpoints, 2),
                     EAFNOSUPPORT);
    assert_told(EAFNOSUPPORT, "::1");
    assert_int_equal(accepted_of(&endpoints[0], 1), 0);
    (void)close(fd);
}

static void
without_ipv4_an_address_of_it_is_an_error(void **state)
{
    struct kx_endpoint endpoints[2];

    (void)state;
    missing = AF_INET;
    kx_endpoint_any(AF_INET6, 0, &endpoints[0]);
    kx_endpoint_any(AF_INET, 0, &endpoints[1]);
    assert_int_equal(kx_listeners_set(listeners, context, endpoints, 2),
                     EAFNOSUPPORT);
    assert_told(EAFNOSUPPORT, "0.0.0.0");
}

static void
when_one_address_cannot_be_had_all_is_as_before(void **state)
{
    struct kx_endpoint before, after[3];
    int fds[3] = {take_port(&before), take_port(&after[0]),
                  take_port(&after[1])};
    int i;

    (void)state;
    assert_int_equal(kx_listeners_set(listeners, context, &before, 1), 0);
    assert_int_equal(listen(fds[2], 1), 0);
    after[2] = after[1];
    after[1] = before;
    assert_int_equal(kx_listeners_set(listeners, context, after, 3),
                     EADDRINUSE);
    assert_told(EADDRINUSE, "kxover_listen");
    assert_int_equal(accepted_of(&before, 1), 1);
    assert_int_equal(accepted_of(&after[0], 1), 0);
    for (i = 0; i < 3; i++)
        (void)close(fds[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_connects_is_served),
        TEST(an_address_named_twice_is_listened_at_once),
        TEST(without_ipv6_all_addresses_are_those_of_ipv4),
        TEST(without_ipv6_an_address_of_it_is_an_error),
        TEST(without_ipv4_an_address_of_it_is_an_error),
        TEST(when_one_address_cannot_be_had_all_is_as_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
