/*
 * test_frame.c: what the length before a message may be (RFC 4120 7.2.2).
 */
#include "config.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "exchange/kx_exchange.h"

static void
a_length_comes_back_as_it_was_written(void **state)
{
    static const size_t lengths[] = {1, 255, 256, 65536, 1048576, 0x7fffffff};
    unsigned char header[KX_FRAME_HEADER];
    size_t i, length;

    (void)state;
    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        kx_frame_header(lengths[i], header);
        assert_int_equal(kx_frame_length(NULL, header, 0x7fffffff, &length),
                         0);
        assert_int_equal(length, lengths[i]);
    }
}

static void
the_highest_byte_comes_first(void **state)
{
    unsigned char header[KX_FRAME_HEADER];

    (void)state;
    kx_frame_header(0x01020304, header);
    assert_memory_equal(header, "\x01\x02\x03\x04", 4);
}

static void
a_message_as_long_as_the_limit_is_taken(void **state)
{
    unsigned char header[KX_FRAME_HEADER];
    size_t length;

    (void)state;
    kx_frame_header(65536, header);
    assert_int_equal(kx_frame_length(NULL, header, 65536, &length), 0);
}

static void
a_message_over_the_limit_is_refused(void **state)
{
    unsigned char header[KX_FRAME_HEADER];
    size_t length;

    (void)state;
    kx_frame_header(65537, header);
    assert_int_equal(kx_frame_length(NULL, header, 65536, &length),
                     KX_ERR_TOO_LONG);
    assert_int_equal(length, 0);
}

static void
the_reserved_highest_bit_is_refused_whatever_the_limit(void **state)
{
    const unsigned char header[KX_FRAME_HEADER] = {0x80, 0, 0, 1};
    size_t length;

    (void)state;
    assert_int_equal(kx_frame_length(NULL, header, SIZE_MAX, &length),
                     KX_ERR_TOO_LONG);
}

static void
an_empty_message_is_refused(void **state)
{
    const unsigned char header[KX_FRAME_HEADER] = {0, 0, 0, 0};
    size_t length;

    (void)state;
    assert_int_equal(kx_frame_length(NULL, header, 65536, &length),
                     KX_ERR_DECODE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_length_comes_back_as_it_was_written),
        cmocka_unit_test(the_highest_byte_comes_first),
        cmocka_unit_test(a_message_as_long_as_the_limit_is_taken),
        cmocka_unit_test(a_message_over_the_limit_is_refused),
        cmocka_unit_test(
            the_reserved_highest_bit_is_refused_whatever_the_limit),
        cmocka_unit_test(an_empty_message_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
