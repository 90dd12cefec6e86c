/*
 * test_settings_realms.c: which realms the patterns of kxover_realms and
 * kxover_adopt are for.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/settings_sample.h"
#include "tests/unit/test.h"

/* Whether kxover_realms as in patterns (NULL: not set) permits realm in
 * direction. */
static krb5_boolean
permits_one_way(const char *patterns, enum kx_direction direction,
                const char *realm)
{
    struct kx_settings *settings;
    krb5_data name = kx_data(realm, strlen(realm));
    char line[512];
    krb5_boolean permitted;

    snprintf(line, sizeof(line), "%s%s",
             patterns != NULL ? "kxover_realms = " : "",
             patterns != NULL ? patterns : "");
    settings = settings_with(line);
    permitted = kx_settings_realm_permitted(settings, direction, &name);
    kx_settings_free(settings);
    return permitted;
}

/* The same, both ways. */
static krb5_boolean
permits(const char *patterns, const char *realm)
{
    krb5_boolean in = permits_one_way(patterns, KX_INCOMING, realm);

    assert_int_equal(permits_one_way(patterns, KX_OUTGOING, realm), in);
    return in;
}

static void
a_pattern_with_a_direction_says_nothing_of_the_other(void **state)
{
    (void)state;
    assert_true(permits_one_way("in:B.TEST", KX_INCOMING, "B.TEST"));
    assert_false(permits_one_way("in:B.TEST", KX_OUTGOING, "B.TEST"));
    assert_true(permits_one_way("OUT:*.TEST", KX_OUTGOING, "B.TEST"));
    assert_false(permits_one_way("OUT:*.TEST", KX_INCOMING, "B.TEST"));
    assert_true(permits_one_way("out:* B.TEST", KX_INCOMING, "B.TEST"));
}

static void
one_direction_can_be_refused_alone(void **state)
{
    (void)state;
    assert_false(permits_one_way("!in:B.TEST *", KX_INCOMING, "B.TEST"));
    assert_true(permits_one_way("!in:B.TEST *", KX_OUTGOING, "B.TEST"));
    assert_true(permits_one_way("!in:* *", KX_OUTGOING, "B.TEST"));
    assert_false(permits_one_way("!in:* *", KX_INCOMING, "B.TEST"));
}

/* Whether the settings in line have a crossover with B.TEST taken over. */
static krb5_boolean
adopts(const char *line, enum kx_direction direction)
{
    struct kx_settings *settings = settings_with(line);
    krb5_data name = kx_data("B.TEST", 6);
    krb5_boolean adopts;

    adopts = kx_settings_adopts(settings, direction, &name);
    kx_settings_free(settings);
    return adopts;
}

static void
what_was_keyed_by_hand_is_taken_over_only_where_a_pattern_says_so(void **state)
{
    (void)state;
    assert_false(adopts("", KX_OUTGOING));
    assert_false(adopts("kxover_realms = *", KX_OUTGOING));
    assert_false(adopts("kxover_adopt = A.TEST", KX_OUTGOING));
    assert_true(adopts("kxover_adopt = A.TEST *.TEST", KX_OUTGOING));
    assert_false(adopts("kxover_adopt = !B.TEST *", KX_OUTGOING));
    assert_true(adopts("kxover_adopt = in:B.TEST", KX_INCOMING));
    assert_false(adopts("kxover_adopt = in:B.TEST", KX_OUTGOING));
}

static void
without_patterns_all_realms_are_permitted(void **state)
{
    (void)state;
    assert_true(permits(NULL, "BRAVO.EXAMPLE"));
}

static void
with_patterns_a_realm_that_none_matches_is_refused(void **state)
{
    (void)state;
    assert_true(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("BRAVO.EXAMPLE", "CHARLIE.EXAMPLE"));
    assert_false(permits("!BRAVO.EXAMPLE", "CHARLIE.EXAMPLE"));
}

static void
the_first_match_decides(void **state)
{
    (void)state;
    assert_false(permits("!BRAVO.EXAMPLE *", "BRAVO.EXAMPLE"));
    assert_true(permits("!BRAVO.EXAMPLE *", "CHARLIE.EXAMPLE"));
    assert_true(permits("* !BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
}

static void
a_pattern_with_a_star_is_for_what_is_below_its_name(void **state)
{
    (void)state;
    assert_true(permits("*.BRAVO.EXAMPLE", "A.BRAVO.EXAMPLE"));
    assert_true(permits("*.BRAVO.EXAMPLE", "B.A.BRAVO.EXAMPLE"));
    assert_true(permits("*.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", "BRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", "XBRAVO.EXAMPLE"));
    assert_false(permits("*.BRAVO.EXAMPLE", ".BRAVO.EXAMPLE"));
}

static void
a_name_is_not_matched_by_its_beginning(void **state)
{
    (void)state;
    assert_false(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPLES"));
    assert_false(permits("BRAVO.EXAMPLE", "BRAVO.EXAMPL"));
    assert_false(permits("BRAVO.EXAMPLE", ""));
}

static void
patterns_do_not_regard_case(void **state)
{
    (void)state;
    assert_false(permits("!bravo.example *", "BRAVO.EXAMPLE"));
    assert_true(permits("*.Example", "BRAVO.EXAMPLE"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_was_keyed_by_hand_is_taken_over_only_where_a_pattern_says_so),
        cmocka_unit_test(without_patterns_all_realms_are_permitted),
        cmocka_unit_test(with_patterns_a_realm_that_none_matches_is_refused),
        cmocka_unit_test(the_first_match_decides),
        cmocka_unit_test(a_pattern_with_a_direction_says_nothing_of_the_other),
        cmocka_unit_test(one_direction_can_be_refused_alone),
        cmocka_unit_test(a_pattern_with_a_star_is_for_what_is_below_its_name),
        cmocka_unit_test(a_name_is_not_matched_by_its_beginning),
        cmocka_unit_test(patterns_do_not_regard_case),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
