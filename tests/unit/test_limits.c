/*
 * test_limits.c: who may have a connection, and who makes room for whom.
 */
#include "config.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "tests/unit/test.h"
#include "daemon/kxoverd.h"

#define MAX_SEATS 6
#define MAX_SOURCE_SEATS 3

static struct kx_limits *limits;

/* A connection, as far as limits know it. */
struct guest {
    struct kx_seat seat;
    krb5_boolean seated;
};

/* A kx_evict_fn. */
static void
evict(struct kx_seat *seat)
{
    struct guest *guest = (struct guest *)(void *)seat;

    assert_true(guest->seated);
    guest->seated = FALSE;
    kx_seat_leave(limits, seat);
}

static int
setup(void **state)
{
    (void)state;
    return kx_limits_new(MAX_SEATS, MAX_SOURCE_SEATS, evict, &limits) != 0;
}

static int
teardown(void **state)
{
    (void)state;
    kx_limits_evict(limits, FALSE);
    kx_limits_free(limits);
    return 0;
}

/* Let guest ask for a seat, coming from the IPv4 or IPv6 address text. */
static krb5_error_code
take(struct guest *guest, const char *text)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    krb5_error_code ret;

    if (strchr(text, ':') != NULL) {
        assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        memcpy(&address, &in6, sizeof(in6));
    } else {
        assert_int_equal(inet_pton(AF_INET, text, &in.sin_addr), 1);
        memcpy(&address, &in, sizeof(in));
    }
    ret = kx_seat_take(limits, (struct sockaddr *)&address, &guest->seat);
    guest->seated = ret == 0;
    return ret;
}

/* Seat n guests from one address. */
static void
seat(struct guest *guests, size_t n, const char *text)
{
    size_t i;

    for (i = 0; i < n; i++)
        assert_int_equal(take(&guests[i], text), 0);
}

static void
seats_are_counted_and_given_back(void **state)
{
    static struct guest guests[2];

    (void)state;
    seat(guests, 2, "192.0.2.1");
    assert_int_equal(kx_limits_count(limits), 2);
    evict(&guests[0].seat);
    assert_int_equal(kx_limits_count(limits), 1);
}

static void
at_a_sources_limit_its_oldest_idle_guest_goes(void **state)
{
    static struct guest other, guests[MAX_SOURCE_SEATS], late;

    (void)state;
    seat(&other, 1, "192.0.2.2");
    seat(guests, MAX_SOURCE_SEATS, "192.0.2.1");
    assert_int_equal(take(&late, "192.0.2.1"), 0);
    assert_false(guests[0].seated);
    assert_true(guests[1].seated);
    assert_true(other.seated);
}

static void
idle_for_longest_is_since_the_last_answer_not_since_coming(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late;

    (void)state;
    seat(guests, MAX_SOURCE_SEATS, "192.0.2.1");
    kx_seat_set_idle(limits, &guests[0].seat, FALSE);
    kx_seat_set_idle(limits, &guests[0].seat, TRUE);
    assert_int_equal(take(&late, "192.0.2.1"), 0);
    assert_true(guests[0].seated);
    assert_false(guests[1].seated);
}

static void
at_the_limit_of_all_the_oldest_idle_guest_goes_whosever(void **state)
{
    static struct guest guests[MAX_SEATS], late;

    (void)state;
    seat(guests, MAX_SEATS / 2, "192.0.2.1");
    seat(guests + MAX_SEATS / 2, MAX_SEATS / 2, "192.0.2.2");
    assert_int_equal(take(&late, "192.0.2.3"), 0);
    assert_false(guests[0].seated);
    assert_int_equal(kx_limits_count(limits), MAX_SEATS);
}

static void
busy_guests_stay_and_the_idle_one_after_them_goes(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late;

    (void)state;
    seat(guests, MAX_SOURCE_SEATS, "192.0.2.1");
    kx_seat_set_idle(limits, &guests[0].seat, FALSE);
    assert_int_equal(take(&late, "192.0.2.1"), 0);
    assert_true(guests[0].seated);
    assert_false(guests[1].seated);
}

static void
when_all_of_a_source_are_busy_its_next_one_is_refused(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late, other;
    size_t i;

    (void)state;
    seat(guests, MAX_SOURCE_SEATS, "192.0.2.1");
    for (i = 0; i < MAX_SOURCE_SEATS; i++)
        kx_seat_set_idle(limits, &guests[i].seat, FALSE);
    assert_int_equal(take(&late, "192.0.2.1"), KX_ERR_BUSY);
    assert_int_equal(kx_limits_count(limits), MAX_SOURCE_SEATS);
    assert_int_equal(take(&other, "192.0.2.2"), 0);
}

static void
when_all_are_busy_the_next_one_is_refused_wherever_from(void **state)
{
    static struct guest guests[MAX_SEATS], late;
    size_t i;

    (void)state;
    seat(guests, MAX_SEATS / 2, "192.0.2.1");
    seat(guests + MAX_SEATS / 2, MAX_SEATS / 2, "192.0.2.2");
    for (i = 0; i < MAX_SEATS; i++)
        kx_seat_set_idle(limits, &guests[i].seat, FALSE);
    assert_int_equal(take(&late, "192.0.2.3"), KX_ERR_BUSY);
    assert_int_equal(kx_limits_count(limits), MAX_SEATS);
}

static void
more_seats_are_there_at_once(void **state)
{
    static struct guest guests[MAX_SEATS + 1];

    (void)state;
    kx_limits_set_maximum(limits, MAX_SEATS + 1, MAX_SEATS + 1);
    seat(guests, MAX_SEATS + 1, "192.0.2.1");
    assert_true(guests[0].seated);
    assert_int_equal(kx_limits_maximum(limits), MAX_SEATS + 1);
}

static void
of_fewer_seats_the_oldest_idle_guests_go_at_once(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS];

    (void)state;
    seat(guests, MAX_SOURCE_SEATS, "192.0.2.1");
    kx_limits_set_maximum(limits, 1, MAX_SOURCE_SEATS);
    assert_int_equal(kx_limits_count(limits), 1);
    assert_true(guests[MAX_SOURCE_SEATS - 1].seated);
}

static void
of_fewer_seats_the_busy_guests_keep_theirs(void **state)
{
    static struct guest guests[2], late;

    (void)state;
    seat(guests, 2, "192.0.2.1");
    kx_seat_set_idle(limits, &guests[0].seat, FALSE);
    kx_seat_set_idle(limits, &guests[1].seat, FALSE);
    kx_limits_set_maximum(limits, 1, MAX_SOURCE_SEATS);
    assert_int_equal(kx_limits_count(limits), 2);
    assert_int_equal(take(&late, "192.0.2.2"), KX_ERR_BUSY);
}

static void
a_network_of_ipv6_is_one_source(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late;

    (void)state;
    seat(&guests[0], 1, "2001:db8:0:1::1");
    seat(&guests[1], 1, "2001:db8:0:1::2");
    seat(&guests[2], 1, "2001:db8:0:1:ffff::3");
    assert_int_equal(take(&late, "2001:db8:0:1::4"), 0);
    assert_false(guests[0].seated);
}

static void
another_network_of_ipv6_is_another_source(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late;

    (void)state;
    seat(guests, MAX_SOURCE_SEATS, "2001:db8:0:1::1");
    assert_int_equal(take(&late, "2001:db8:0:2::1"), 0);
    assert_true(guests[0].seated);
}

static void
an_ipv4_source_is_no_ipv6_source(void **state)
{
    static struct guest guests[MAX_SOURCE_SEATS], late;

    (void)state;
    /* 32.1.13.184 has the bytes of 2001:db8. */
    seat(guests, MAX_SOURCE_SEATS, "32.1.13.184");
    assert_int_equal(take(&late, "2001:db8::"), 0);
    assert_true(guests[0].seated);
}

static void
evicting_the_idle_ones_leaves_the_busy_ones(void **state)
{
    static struct guest guests[2];

    (void)state;
    seat(guests, 2, "192.0.2.1");
    kx_seat_set_idle(limits, &guests[1].seat, FALSE);
    kx_limits_evict(limits, TRUE);
    assert_false(guests[0].seated);
    assert_true(guests[1].seated);
}

int
main(void)
{
#define TEST(function)                                                        \
    cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(seats_are_counted_and_given_back),
        TEST(at_a_sources_limit_its_oldest_idle_guest_goes),
        TEST(idle_for_longest_is_since_the_last_answer_not_since_coming),
        TEST(at_the_limit_of_all_the_oldest_idle_guest_goes_whosever),
        TEST(busy_guests_stay_and_the_idle_one_after_them_goes),
        TEST(when_all_of_a_source_are_busy_its_next_one_is_refused),
        TEST(when_all_are_busy_the_next_one_is_refused_wherever_from),
        TEST(more_seats_are_there_at_once),
        TEST(of_fewer_seats_the_oldest_idle_guests_go_at_once),
        TEST(of_fewer_seats_the_busy_guests_keep_theirs),
        TEST(a_network_of_ipv6_is_one_source),
        TEST(another_network_of_ipv6_is_another_source),
        TEST(an_ipv4_source_is_no_ipv6_source),
        TEST(evicting_the_idle_ones_leaves_the_busy_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
