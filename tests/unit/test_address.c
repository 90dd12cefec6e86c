/*
 * test_address.c: which addresses may be connected to, and how they are read
 * and written.
 */
#include "config.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "exchange/address.h"
#include "tests/unit/test.h"

/* The address in text at a port, as kx_endpoint_read() does not make it. */
static struct sockaddr_storage
address_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(88)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(88)};
    struct sockaddr_storage out;

    memset(&out, 0, sizeof(out));
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&out, &v4, sizeof(v4));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&out, &v6, sizeof(v6));
    }
    return out;
}

/* Whether text may be connected to with n blocks of kxover_allow_address. */
static krb5_boolean
permitted(const char *text, struct kx_network *blocks, size_t n)
{
    struct kx_settings settings = {.allow_address = blocks,
                                   .n_allow_address = n};
    struct sockaddr_storage address = address_of(text);

    return kx_address_permitted(&settings, (struct sockaddr *)&address);
}

static struct kx_network
block(const char *text)
{
    struct kx_network out;

    assert_true(kx_network_read(text, &out));
    return out;
}

static void
public_addresses_may_be_connected_to(void **state)
{
    static const char *const good[] = {
        "1.1.1.1",      "9.255.255.255", "11.0.0.0",
        "100.63.0.1",   "100.128.0.1",   "126.255.255.255",
        "128.0.0.1",    "169.253.1.1",   "172.15.255.255",
        "172.32.0.0",   "192.0.3.1",     "192.167.1.1",
        "198.17.255.1", "198.20.0.1",    "223.255.255.255",
        "2000::1",      "2001:200::1",   "2001:db7::1",
        "2001:db9::1",  "2003::1",       "2a00:1450:4001::1",
        "3ffe:ffff::1", "3fff:1000::1",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!permitted(good[i], NULL, 0))
            fail_msg("%s is refused", good[i]);
    }
}

static void
other_addresses_may_not_be_connected_to(void **state)
{
    static const char *const bad[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::ffff:127.0.0.1",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
        "64:ff9b:1::1",
        "100::1",
        "1fff:ffff::1",
        "2001::1",
        "2001:1ff:ffff::",
        "2001:db8::1",
        "2002:101:101::1",
        "3fff::1",
        "3fff:fff:ffff::",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "ffff::1",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (permitted(bad[i], NULL, 0))
            fail_msg("%s is permitted", bad[i]);
    }
}

static void
an_allowed_block_may_be_connected_to_and_nothing_beside_it(void **state)
{
    struct kx_network blocks[] = {block("127.0.0.0/8"), block("10.1.2.0/23"),
                                  block("fd00:1:2::/47"), block("::1")};

    (void)state;
    assert_true(permitted("127.255.255.255", blocks, 4));
    assert_true(permitted("10.1.3.255", blocks, 4));
    assert_true(permitted("fd00:1:3:ffff::1", blocks, 4));
    assert_true(permitted("::1", blocks, 4));
    assert_false(permitted("10.1.4.0", blocks, 4));
    assert_false(permitted("fd00:1:4::1", blocks, 4));
    assert_false(permitted("::2", blocks, 4));
}

static void
a_mapped_address_is_not_let_in_by_the_block_of_what_it_maps(void **state)
{
    struct kx_network blocks[] = {block("127.0.0.0/8")};

    (void)state;
    assert_false(permitted("::ffff:127.0.0.1", blocks, 1));
}

static void
a_block_of_one_family_says_nothing_of_the_other(void **state)
{
    struct kx_network blocks[] = {block("0.0.0.0/0")};

    (void)state;
    assert_true(permitted("10.0.0.1", blocks, 1));
    assert_false(permitted("::1", blocks, 1));
}

static void
an_address_of_another_family_may_not_be_connected_to(void **state)
{
    struct kx_settings settings = {0};
    struct sockaddr_storage address = {.ss_family = AF_UNIX};

    (void)state;
    assert_false(kx_address_permitted(&settings, (struct sockaddr *)&address));
}

static void
an_address_is_written_with_its_port(void **state)
{
    struct sockaddr_storage v4 = address_of("192.0.2.1");
    struct sockaddr_storage v6 = address_of("2001:db8::1");
    struct sockaddr_storage other = {.ss_family = AF_UNIX};
    char text[KX_ADDRESS_TEXT_SIZE];

    (void)state;
    assert_string_equal(kx_address_text((struct sockaddr *)&v4, text),
                        "192.0.2.1:88");
    assert_string_equal(kx_address_text((struct sockaddr *)&v6, text),
                        "[2001:db8::1]:88");
    assert_string_equal(kx_address_text((struct sockaddr *)&other, text),
                        "(no address)");
}

static void
the_longest_address_fits(void **state)
{
    struct sockaddr_storage v6 =
        address_of("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255");
    char text[KX_ADDRESS_TEXT_SIZE];

    (void)state;
    kx_address_text((struct sockaddr *)&v6, text);
    assert_string_equal(text + strlen(text) - 4, "]:88");
}

static void
an_endpoint_is_read_in_each_of_its_forms(void **state)
{
    static const struct {
        const char *text;
        const char *written;
    } good[] = {
        {"192.0.2.1", "192.0.2.1:88"},
        {"192.0.2.1:1088", "192.0.2.1:1088"},
        {"0.0.0.0:65535", "0.0.0.0:65535"},
        {"2001:db8::1", "[2001:db8::1]:88"},
        {"[2001:db8::1]", "[2001:db8::1]:88"},
        {"[2001:db8::1]:1088", "[2001:db8::1]:1088"},
        {"::", "[::]:88"},
    };
    struct kx_endpoint endpoint;
    char text[KX_ADDRESS_TEXT_SIZE];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(kx_endpoint_read(good[i].text, &endpoint));
        assert_string_equal(
            kx_address_text((struct sockaddr *)&endpoint.address, text),
            good[i].written);
    }
}

static void
an_endpoint_says_how_long_its_address_is(void **state)
{
    struct kx_endpoint endpoint;

    (void)state;
    assert_true(kx_endpoint_read("192.0.2.1", &endpoint));
    assert_int_equal(endpoint.length, sizeof(struct sockaddr_in));
    assert_true(kx_endpoint_read("::1", &endpoint));
    assert_int_equal(endpoint.length, sizeof(struct sockaddr_in6));
}

static void
anything_else_is_no_endpoint(void **state)
{
    static const char *const bad[] = {
        "",
        "kdc.alpha.example",
        "1",
        "127.1",
        "192.0.2",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:-1",
        "192.0.2.1:+8",
        "192.0.2.1: 88",
        "192.0.2.1:8x",
        "192.0.2.256",
        ":88",
        "[]",
        "[]:88",
        "[::1",
        "[::1]88",
        "[::1]:",
        "[::1]:0",
        "[192.0.2.1]:88",
        "2001:db8::g",
        "[2001:db8::1]:88:88",
    };
    char too_long[300];
    struct kx_endpoint endpoint;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (kx_endpoint_read(bad[i], &endpoint))
            fail_msg("%s is taken", bad[i]);
    }
    memset(too_long, ':', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    assert_false(kx_endpoint_read(too_long, &endpoint));
}

static void
a_mere_address_is_a_block_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(block("192.0.2.1").prefix, 32);
    assert_int_equal(block("2001:db8::1").prefix, 128);
}

static void
anything_else_is_no_block(void **state)
{
    static const char *const bad[] = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8x",
        "10.0.0/8",
        "10.0.0.1/8",
        "10.128.0.0/8",
        "fd00::/129",
        "fd00::1/64",
        "fd00:0:0:1::/63",
        "[fd00::]/8",
        "10.0.0.0/8/8",
        "localhost/8",
        "10.0.0.0/ 8",
    };
    struct kx_network network;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (kx_network_read(bad[i], &network))
            fail_msg("%s is taken", bad[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses_may_be_connected_to),
        cmocka_unit_test(other_addresses_may_not_be_connected_to),
        cmocka_unit_test(
            an_allowed_block_may_be_connected_to_and_nothing_beside_it),
        cmocka_unit_test(
            a_mapped_address_is_not_let_in_by_the_block_of_what_it_maps),
        cmocka_unit_test(a_block_of_one_family_says_nothing_of_the_other),
        cmocka_unit_test(an_address_of_another_family_may_not_be_connected_to),
        cmocka_unit_test(an_address_is_written_with_its_port),
        cmocka_unit_test(the_longest_address_fits),
        cmocka_unit_test(an_endpoint_is_read_in_each_of_its_forms),
        cmocka_unit_test(an_endpoint_says_how_long_its_address_is),
        cmocka_unit_test(anything_else_is_no_endpoint),
        cmocka_unit_test(a_mere_address_is_a_block_of_its_own),
        cmocka_unit_test(anything_else_is_no_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
