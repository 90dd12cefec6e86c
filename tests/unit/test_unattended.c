/*
 * test_unattended.c: what is nobody's fault because nobody moved the exchange.
 */
#include "config.h"
#include <errno.h>
#include "exchange/engine.h"
#include "tests/unit/test.h"

#define LONG_AGO (24 * 60 * 60)

static void
a_limit_that_passed_while_nobody_looked_is_excused(void **state)
{
    (void)state;
    assert_true(kx_unattended_excuses(KX_UNATTENDED, KX_ERR_DNS_TIMEOUT));
    assert_true(kx_unattended_excuses(KX_UNATTENDED, KX_ERR_CONNECT));
    assert_true(kx_unattended_excuses(KX_UNATTENDED, KX_ERR_PEER_SILENT));
}

static void
a_peer_that_gave_up_while_nobody_looked_is_excused(void **state)
{
    (void)state;
    assert_true(kx_unattended_excuses(KX_UNATTENDED, KX_ERR_PEER_CLOSED));
}

static void
while_somebody_looks_nothing_is_excused(void **state)
{
    (void)state;
    assert_false(kx_unattended_excuses(0, KX_ERR_PEER_SILENT));
    assert_false(kx_unattended_excuses(KX_UNATTENDED - 1, KX_ERR_PEER_CLOSED));
}

static void
what_the_peer_or_dns_said_counts_however_late_it_is_heard(void **state)
{
    (void)state;
    assert_false(kx_unattended_excuses(LONG_AGO, KX_ERR_PEER_REFUSED));
    assert_false(kx_unattended_excuses(LONG_AGO, KX_ERR_TLSA_MISMATCH));
    assert_false(kx_unattended_excuses(LONG_AGO, KX_ERR_NO_SRV));
    assert_false(kx_unattended_excuses(LONG_AGO, KX_ERR_DNS_BOGUS));
}

static void
what_is_wrong_with_ourselves_is_never_excused(void **state)
{
    (void)state;
    assert_false(kx_unattended_excuses(LONG_AGO, KX_ERR_IDENTITY));
    assert_false(kx_unattended_excuses(LONG_AGO, ENOMEM));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_that_passed_while_nobody_looked_is_excused),
        cmocka_unit_test(a_peer_that_gave_up_while_nobody_looked_is_excused),
        cmocka_unit_test(while_somebody_looks_nothing_is_excused),
        cmocka_unit_test(
            what_the_peer_or_dns_said_counts_however_late_it_is_heard),
        cmocka_unit_test(what_is_wrong_with_ourselves_is_never_excused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
