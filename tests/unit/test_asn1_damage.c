/*
 * test_asn1_damage.c: a damaged message is refused or it is another message,
 * and the decoder survives it.  Valgrind and AddressSanitizer watch.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

/* Every type cut off before each of its bytes. */
static void
what_is_cut_off_anywhere_is_refused(void **state)
{
    krb5_data der, cut;
    unsigned int n;
    int type;

    (void)state;
    for (type = 0; type < SAMPLE_TYPES; type++) {
        der = sample_encoded((enum sample_type)type);
        for (n = 0; n < der.length; n++) {
            /* In memory of its own, so that reading on is noticed. */
            cut = kx_data(test_alloc(n + 1), n);
            memcpy(cut.data, der.data, n);
            cut.data = realloc(cut.data, n > 0 ? n : 1);
            assert_non_null(cut.data);
            /* Half a length may also look like one that is too long. */
            assert_refused((enum sample_type)type, &cut,
                           n > 4 ? KX_ERR_DECODE : 0);
            kx_data_free(&cut);
        }
        kx_data_free(&der);
    }
}

/*
 * Every type with each of its bytes altered: its lowest bit, the bit that
 * makes an element constructed, its highest bit, all.  Nothing may be read as
 * what it is not: what is accepted encodes to the altered bytes.
 */
static void
what_is_altered_anywhere_is_refused_or_encodes_to_itself(void **state)
{
    static const unsigned char masks[] = {0x01, 0x20, 0x80, 0xff};
    krb5_data der, out;
    unsigned int n;
    size_t i;
    int type;

    (void)state;
    for (type = 0; type < SAMPLE_TYPES; type++) {
        der = sample_encoded((enum sample_type)type);
        for (n = 0; n < der.length; n++) {
            for (i = 0; i < sizeof(masks); i++) {
                der.data[n] = (char)(der.data[n] ^ masks[i]);
                if (sample_again((enum sample_type)type, &der, &out) == 0)
                    assert_data_equal(&der, &out);
                else
                    assert_int_equal(out.length, 0);
                kx_data_free(&out);
                der.data[n] = (char)(der.data[n] ^ masks[i]);
            }
        }
        kx_data_free(&der);
    }
}

/* A length of 2 to the 31 and more, in the place of each element's. */
static void
no_length_reaches_beyond_the_message(void **state)
{
    static const char *const lengths[] = {
        "\x84\x7f\xff\xff\xff", "\x84\x80\x00\x00\x00", "\x84\xff\xff\xff\xff",
        "\x88\x7f\xff\xff\xff\xff\xff\xff\xff",
        "\x88\xff\xff\xff\xff\xff\xff\xff\xff"};
    static const size_t sizes[] = {5, 5, 5, 9, 9};
    krb5_data der = sample_encoded(SAMPLE_REP), list[200], other;
    size_t i, j, n = der_list(&der, list, 200);
    char header[10];

    (void)state;
    for (i = 0; i < n; i++) {
        for (j = 0; j < 5; j++) {
            header[0] = list[i].data[0];
            memcpy(header + 1, lengths[j], sizes[j]);
            other = der_replace_at(&der, &list[i], header, sizes[j] + 1);
            if (!sample_in_certificate(&der, &list[i]))
                assert_refused(SAMPLE_REP, &other, 0);
            kx_data_free(&other);
        }
    }
    kx_data_free(&der);
}

/* SEQUENCEs within SEQUENCEs, as deep as a message is long. */
static krb5_data
nested(unsigned char tag, size_t depth)
{
    krb5_data out = kx_data(test_alloc(1), 0), around;

    while (depth-- > 0) {
        around = der_wrap(tag, out.data, out.length);
        kx_data_free(&out);
        out = around;
    }
    return out;
}

static void
nesting_as_deep_as_a_message_is_long_is_refused(void **state)
{
    static const char *const paths[] = {"",    "0",      "2",     "2.1",
                                        "2.3", "2.1.6v", "2.1.9", "2.1.10.0"};
    krb5_data deep = nested(0x30, 8000), explicit = nested(0xa0, 8000);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_refused_with(SAMPLE_REQ, paths[i], deep.data, deep.length, 0);
        assert_refused_with(SAMPLE_REQ, paths[i], explicit.data,
                            explicit.length, 0);
    }
    kx_data_free(&deep);
    kx_data_free(&explicit);
}

static void
parameters_are_nested_16_deep_at_most(void **state)
{
    krb5_data fits = nested(0x30, 16), over = nested(0x30, 17);

    (void)state;
    assert_accepted_with("2.3.1", fits.data, fits.length);
    assert_refused_with(SAMPLE_REQ, "2.3.1", over.data, over.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&fits);
    kx_data_free(&over);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(
            what_is_altered_anywhere_is_refused_or_encodes_to_itself),
        cmocka_unit_test(no_length_reaches_beyond_the_message),
        cmocka_unit_test(nesting_as_deep_as_a_message_is_long_is_refused),
        cmocka_unit_test(parameters_are_nested_16_deep_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
