/*
 * test_connect.c: one connection out of several addresses, and one message
 * each way over it, with real sockets on loopback.
 *
 * An address that never answers is a socket whose queue of connections is
 * full: Linux then lets a further SYN go unanswered.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include "exchange/connect.h"
#include "exchange/recent.h"
#include "exchange/transact.h"
#include "tests/unit/test.h"

/* An engine without DNS, which neither of the two needs. */
struct scene {
    struct kx_settings settings;
    struct kx_network loopback[2];
    struct kx_engine engine;
    /* What came of it. */
    int calls;
    krb5_error_code code;
    evutil_socket_t socket;
    uint16_t port; /* that the connection leads to */
    char message[64];
    size_t length;
};

/* A socket at loopback in family, with its address. */
struct place {
    int socket;
    struct sockaddr_storage address;
};

static int
set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    kx_init_errors();
    scene->loopback[0] = (struct kx_network){AF_INET, {127}, 8};
    scene->loopback[1] = (struct kx_network){AF_INET6, {[15] = 1}, 128};
    scene->settings.allow_address = scene->loopback;
    scene->settings.n_allow_address = 2;
    scene->engine.settings = &scene->settings;
    assert_int_equal(krb5_init_context(&scene->engine.context), 0);
    scene->engine.base = event_base_new();
    scene->socket = -1;
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    if (scene->socket >= 0)
        (void)close(scene->socket);
    event_base_free(scene->engine.base);
    krb5_free_context(scene->engine.context);
    free(scene);
    return 0;
}

/* Bind a socket; nothing listens there yet. */
static struct place
bind_place(int family)
{
    struct place place = {.socket = socket(family, SOCK_STREAM, 0)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&place.address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place.address;
    socklen_t length = sizeof(place.address);

    place.address.ss_family = (sa_family_t)family;
    if (family == AF_INET6) {
        v6->sin6_addr = in6addr_loopback;
        length = sizeof(*v6);
    } else {
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        length = sizeof(*v4);
    }
    assert_int_equal(
        bind(place.socket, (struct sockaddr *)&place.address, length), 0);
    assert_int_equal(
        getsockname(place.socket, (struct sockaddr *)&place.address, &length),
        0);
    return place;
}

static struct place
listening_place(int family)
{
    struct place place = bind_place(family);

    assert_int_equal(listen(place.socket, 8), 0);
    return place;
}

/* A place that takes SYNs and says nothing; *fill are the sockets that do it.
 */
static struct place
mute_place(int fill[2])
{
    struct place place = bind_place(AF_INET);
    int i;

    assert_int_equal(listen(place.socket, 0), 0);
    for (i = 0; i < 2; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], (struct sockaddr *)&place.address,
                      sizeof(struct sockaddr_in));
    }
    return place;
}

static uint16_t
port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)address)->sin6_port
                     : ((const struct sockaddr_in *)address)->sin_port);
}

static void
note_connection(void *arg, krb5_error_code code, evutil_socket_t fd,
                const struct sockaddr *address)
{
    struct scene *scene = arg;
    struct sockaddr_storage copy = {0};

    scene->calls++;
    scene->code = code;
    scene->socket = fd;
    if (address == NULL)
        return;
    memcpy(&copy, address,
           address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in));
    scene->port = port_of(&copy);
}

/* Connect to the n places, and give the error or 0. */
static krb5_error_code
connect_to(struct scene *scene, const struct sockaddr_storage *addresses,
           size_t n)
{
    struct kx_connect *connect;
    krb5_error_code ret;

    ret = kx_connect_start(&scene->engine, "kdc.example", addresses, n,
                           note_connection, scene, &connect);
    if (ret)
        return ret;
    assert_int_equal(scene->calls, 0); /* never from within */
    while (scene->calls == 0)
        (void)event_base_loop(scene->engine.base, EVLOOP_ONCE);
    kx_connect_free(connect);
    assert_int_equal(scene->calls, 1);
    return scene->code;
}

static void
ipv6_is_tried_first_wherever_it_stands(void **state)
{
    struct scene *scene = *state;
    struct place v4 = listening_place(AF_INET);
    struct place v6 = listening_place(AF_INET6);
    struct sockaddr_storage addresses[] = {v4.address, v6.address};

    assert_int_equal(connect_to(scene, addresses, 2), 0);
    assert_int_equal(scene->port, port_of(&v6.address));
    (void)close(v4.socket);
    (void)close(v6.socket);
}

static void
a_refused_address_gives_way_to_the_next_at_once(void **state)
{
    struct scene *scene = *state;
    struct place deaf = bind_place(AF_INET6);
    struct place open = listening_place(AF_INET);
    struct sockaddr_storage addresses[] = {deaf.address, open.address};

    assert_int_equal(connect_to(scene, addresses, 2), 0);
    assert_int_equal(scene->port, port_of(&open.address));
    (void)close(deaf.socket);
    (void)close(open.socket);
}

static void
an_address_that_says_nothing_does_not_hold_up_the_next(void **state)
{
    struct scene *scene = *state;
    int fill[2];
    struct place mute = mute_place(fill);
    struct place open = listening_place(AF_INET);
    struct sockaddr_storage addresses[] = {mute.address, open.address};

    assert_int_equal(connect_to(scene, addresses, 2), 0);
    assert_int_equal(scene->port, port_of(&open.address));
    (void)close(fill[0]);
    (void)close(fill[1]);
    (void)close(mute.socket);
    (void)close(open.socket);
}

static void
when_all_refuse_the_error_says_so(void **state)
{
    struct scene *scene = *state;
    struct place a = bind_place(AF_INET), b = bind_place(AF_INET6);
    struct sockaddr_storage addresses[] = {a.address, b.address};

    assert_int_equal(connect_to(scene, addresses, 2), KX_ERR_CONNECT);
    assert_int_equal(scene->socket, -1);
    (void)close(a.socket);
    (void)close(b.socket);
}

static void
without_sockets_the_error_says_that(void **state)
{
    struct scene *scene = *state;
    struct place v4 = listening_place(AF_INET);
    struct place v6 = listening_place(AF_INET6);
    struct sockaddr_storage addresses[] = {v4.address, v6.address};
    struct rlimit before, none;
    const char *message;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(connect_to(scene, addresses, 2), KX_ERR_CONNECT);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    message = krb5_get_error_message(scene->engine.context, KX_ERR_CONNECT);
    assert_non_null(strstr(message, "kdc.example"));
    assert_non_null(strstr(message, "Too many open files"));
    krb5_free_error_message(scene->engine.context, message);
    (void)close(v4.socket);
    (void)close(v6.socket);
}

static void
an_address_that_is_not_permitted_is_not_connected_to(void **state)
{
    struct scene *scene = *state;
    struct place open = listening_place(AF_INET);

    scene->settings.n_allow_address = 0;
    assert_int_equal(connect_to(scene, &open.address, 1), KX_ERR_ADDRESS);
    (void)close(open.socket);
}

static void
a_connection_given_up_does_not_call(void **state)
{
    struct scene *scene = *state;
    struct place open = listening_place(AF_INET);
    struct kx_connect *connect;

    assert_int_equal(kx_connect_start(&scene->engine, "kdc.example",
                                      &open.address, 1, note_connection, scene,
                                      &connect),
                     0);
    kx_connect_free(connect);
    (void)event_base_loop(scene->engine.base, EVLOOP_NONBLOCK);
    assert_int_equal(scene->calls, 0);
    (void)close(open.socket);
}

static void
note_message(void *arg, krb5_error_code code, const krb5_data *message)
{
    struct scene *scene = arg;

    scene->calls++;
    scene->code = code;
    if (message == NULL)
        return;
    scene->length = message->length;
    memcpy(scene->message, message->data,
           message->length < sizeof(scene->message) ? message->length
                                                    : sizeof(scene->message));
}

/*
 * Send "hello", while the other end writes n bytes of answer, all at once or
 * one by one, and closes if it should.  Gives the outcome.
 */
static krb5_error_code
transact(struct scene *scene, const char *answer, size_t n,
         krb5_boolean one_by_one, krb5_boolean then_close)
{
    krb5_data hello = kx_data("hello", 5);
    struct kx_transact *transact;
    char request[16];
    int pair[2];
    size_t i;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair),
                     0);
    assert_int_equal(kx_transact_start(&scene->engine, pair[0], "kdc.example",
                                       &hello, note_message, scene, &transact),
                     0);
    for (i = 0; i < n; i += one_by_one ? 1 : n) {
        assert_true(write(pair[1], answer + i, one_by_one ? 1 : n) > 0);
        if (one_by_one)
            (void)event_base_loop(scene->engine.base, EVLOOP_NONBLOCK);
    }
    (void)event_base_loop(scene->engine.base, EVLOOP_NONBLOCK);
    assert_int_equal(read(pair[1], request, sizeof(request)), 9);
    assert_memory_equal(request, "\0\0\0\5hello", 9);
    if (then_close)
        (void)close(pair[1]);
    while (scene->calls == 0)
        (void)event_base_loop(scene->engine.base, EVLOOP_ONCE);
    kx_transact_free(transact);
    if (!then_close)
        (void)close(pair[1]);
    return scene->code;
}

static void
a_message_goes_out_and_one_comes_back(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(transact(scene, "\0\0\0\3abc", 7, FALSE, FALSE), 0);
    assert_int_equal(scene->length, 3);
    assert_memory_equal(scene->message, "abc", 3);
}

static void
an_answer_in_single_bytes_is_put_together(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(transact(scene, "\0\0\0\3abc", 7, TRUE, FALSE), 0);
    assert_int_equal(scene->length, 3);
}

static void
an_answer_cut_off_in_mid_message_is_an_error(void **state)
{
    assert_int_equal(transact(*state, "\0\0\0\3ab", 6, FALSE, TRUE),
                     KX_ERR_PEER_CLOSED);
}

static void
an_end_without_an_answer_is_an_error(void **state)
{
    assert_int_equal(transact(*state, "", 0, FALSE, TRUE), KX_ERR_PEER_CLOSED);
}

static void
an_answer_over_the_bound_is_refused_by_its_header(void **state)
{
    assert_int_equal(transact(*state, "\0\1\0\1", 4, FALSE, FALSE),
                     KX_ERR_TOO_LONG);
}

static void
an_empty_answer_is_refused(void **state)
{
    assert_int_equal(transact(*state, "\0\0\0\0", 4, FALSE, FALSE),
                     KX_ERR_DECODE);
}

static void
more_than_one_message_is_refused(void **state)
{
    assert_int_equal(transact(*state, "\0\0\0\1ab", 6, FALSE, FALSE),
                     KX_ERR_DECODE);
}

static void
an_answer_given_lately_is_found_until_its_time(void **state)
{
    struct kx_recent *recent;
    unsigned char digest[KX_REQUEST_DIGEST] = {1}, other[32] = {2};
    krb5_data answer = kx_data("yes", 3);
    const krb5_data *found;

    (void)state;
    assert_int_equal(kx_recent_new(4, &recent), 0);
    assert_int_equal(kx_recent_add(recent, digest, &answer, 1000), 0);
    found = kx_recent_find(recent, digest, 1000);
    assert_non_null(found);
    assert_data_equal(found, &answer);
    assert_null(kx_recent_find(recent, digest, 1001));
    assert_null(kx_recent_find(recent, other, 1000));
    kx_recent_free(recent);
}

static void
the_oldest_answer_makes_room(void **state)
{
    struct kx_recent *recent;
    unsigned char digest[KX_REQUEST_DIGEST] = {0};
    krb5_data answer = kx_data("yes", 3);
    unsigned char i;

    (void)state;
    assert_int_equal(kx_recent_new(4, &recent), 0);
    for (i = 0; i < 5; i++) {
        digest[0] = i;
        assert_int_equal(kx_recent_add(recent, digest, &answer, 1000), 0);
    }
    assert_non_null(kx_recent_find(recent, digest, 1000));
    digest[0] = 1;
    assert_non_null(kx_recent_find(recent, digest, 1000));
    digest[0] = 0;
    assert_null(kx_recent_find(recent, digest, 1000));
    kx_recent_free(recent);
}

#define SCENE_TEST(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(ipv6_is_tried_first_wherever_it_stands),
        SCENE_TEST(a_refused_address_gives_way_to_the_next_at_once),
        SCENE_TEST(an_address_that_says_nothing_does_not_hold_up_the_next),
        SCENE_TEST(when_all_refuse_the_error_says_so),
        SCENE_TEST(without_sockets_the_error_says_that),
        SCENE_TEST(an_address_that_is_not_permitted_is_not_connected_to),
        SCENE_TEST(a_connection_given_up_does_not_call),
        SCENE_TEST(a_message_goes_out_and_one_comes_back),
        SCENE_TEST(an_answer_in_single_bytes_is_put_together),
        SCENE_TEST(an_answer_cut_off_in_mid_message_is_an_error),
        SCENE_TEST(an_end_without_an_answer_is_an_error),
        SCENE_TEST(an_answer_over_the_bound_is_refused_by_its_header),
        SCENE_TEST(an_empty_answer_is_refused),
        SCENE_TEST(more_than_one_message_is_refused),
        cmocka_unit_test(an_answer_given_lately_is_found_until_its_time),
        cmocka_unit_test(the_oldest_answer_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
