/*
 * test_remedy.c: what an administrator is told to do about an error.
 */
#include "config.h"
#include <string.h>
#include "cli/remedy.h"
#include "exchange/refusal.h"
#include "tests/unit/test.h"

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    return 0;
}

static void
a_refusal_has_the_remedy_of_its_number(void **state)
{
    (void)state;
    assert_non_null(strstr(
        remedy_for_refusal(kx_refusal_code(KX_ERR_POLICY_TIME)), "clock"));
    assert_non_null(strstr(remedy_for_refusal(kx_refusal_code(KX_ERR_REVOKED)),
                           "certificate"));
    assert_non_null(
        strstr(remedy_for_refusal(kx_refusal_code(KX_ERR_POLICY_REALM)),
               "kxover_realms there"));
}

static void
for_any_other_refusal_our_realm_is_looked_at_as_others_do(void **state)
{
    static const int32_t numbers[] = {0, 6, 60, 64, -1, INT32_MAX};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_non_null(
            strstr(remedy_for_refusal(numbers[i]), "`kxover check`"));
}

static void
what_is_wrong_elsewhere_is_mended_there(void **state)
{
    const char *theirs = remedy(KX_ERR_CHAIN, REMEDY_THEIRS);
    const char *ours = remedy(KX_ERR_CHAIN, REMEDY_OURS);

    (void)state;
    assert_ptr_equal(strstr(theirs, "Its administrator"), theirs);
    assert_null(strstr(ours, "administrator"));
    /* The same for both sides. */
    assert_ptr_equal(remedy(KX_ERR_CONFIRM, REMEDY_THEIRS),
                     remedy(KX_ERR_CONFIRM, REMEDY_OURS));
}

static void
where_the_message_says_it_all_there_is_none(void **state)
{
    (void)state;
    assert_null(remedy(KX_ERR_SETTING, REMEDY_OURS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_has_the_remedy_of_its_number),
        cmocka_unit_test(
            for_any_other_refusal_our_realm_is_looked_at_as_others_do),
        cmocka_unit_test(what_is_wrong_elsewhere_is_mended_there),
        cmocka_unit_test(where_the_message_says_it_all_there_is_none),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
