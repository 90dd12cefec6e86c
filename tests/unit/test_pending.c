/*
 * test_pending.c: which exchange gives way when there are too many.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "plugin/pending.h"
#include "tests/unit/test.h"

#define MAXIMUM 20

static struct kx_pending *list;
static uint64_t asked;

static int
tear_down(void **state)
{
    (void)state;
    kx_pending_drop(&list, FALSE);
    return 0;
}

/* Put realm into the list, as asked for just now. */
static struct kx_pending *
add(const char *realm)
{
    const krb5_data name = kx_data(realm, strlen(realm));
    struct kx_pending *pending;

    assert_int_equal(kx_pending_new(NULL, &name, &pending), 0);
    pending->asked = ++asked;
    pending->next = list;
    list = pending;
    return pending;
}

/* Put n realms below domain into the list. */
static void
add_many(const char *domain, int n)
{
    char realm[64];
    int i;

    for (i = 0; i < n; i++) {
        (void)snprintf(realm, sizeof(realm), "R%d.%s", i, domain);
        (void)add(realm);
    }
}

/* The realm that gives way; NULL for none. */
static const char *
victim(void)
{
    struct kx_pending **link = kx_pending_victim(&list, MAXIMUM);

    return link != NULL ? (*link)->remote : NULL;
}

static void
while_there_is_room_nobody_gives_way(void **state)
{
    (void)state;
    add_many("EVIL.TEST", MAXIMUM - 1);
    assert_null(victim());
}

static void
of_a_crowd_the_one_that_nobody_asked_for_the_longest_gives_way(void **state)
{
    (void)state;
    add_many("EVIL.TEST", MAXIMUM);
    assert_string_equal(victim(), "R0.EVIL.TEST");
}

static void
an_honest_realm_outlasts_a_crowd_whoever_came_first(void **state)
{
    (void)state;
    (void)add("HONEST.EXAMPLE");
    add_many("EVIL.TEST", MAXIMUM - 2);
    (void)add("LATE.EXAMPLE");
    assert_string_equal(victim(), "R0.EVIL.TEST");
}

static void
of_two_crowds_the_larger_gives_way(void **state)
{
    (void)state;
    add_many("SMALL.TEST", KX_NO_CROWD + 1);
    add_many("LARGE.TEST", MAXIMUM - KX_NO_CROWD - 1);
    assert_string_equal(victim(), "R0.LARGE.TEST");
}

static void
a_crowd_is_counted_however_deep_its_realms_lie(void **state)
{
    (void)state;
    (void)add("A.HONEST.EXAMPLE");
    add_many("DEEP.WITHIN.EVIL.TEST", 7);
    add_many("WITHIN.EVIL.TEST", 6);
    add_many("EVIL.TEST", 6);
    assert_string_equal(victim(), "R0.DEEP.WITHIN.EVIL.TEST");
}

static void
a_few_realms_of_one_domain_are_no_crowd(void **state)
{
    char realm[64];
    int i;

    (void)state;
    (void)add("FIRST.TEST");
    add_many("COLLEGE.EXAMPLE", KX_NO_CROWD);
    for (i = KX_NO_CROWD + 1; i < MAXIMUM; i++) {
        (void)snprintf(realm, sizeof(realm), "R%d.TEST", i);
        (void)add(realm);
    }
    assert_string_equal(victim(), "FIRST.TEST");
}

static void
who_is_asked_for_again_stays(void **state)
{
    (void)state;
    add_many("EVIL.TEST", MAXIMUM - 1);
    add("AGAIN.EVIL.TEST")->asked = 0;
    assert_string_equal(victim(), "AGAIN.EVIL.TEST");
    list->asked = ++asked;
    assert_string_equal(victim(), "R0.EVIL.TEST");
}

static void
a_realm_is_found_by_its_whole_name(void **state)
{
    const krb5_data name = kx_data("B.EXAMPLE", 9), part = kx_data("B", 1),
                    more = kx_data("B.EXAMPLES", 10);
    struct kx_pending *b;

    (void)state;
    (void)add("A.EXAMPLE");
    b = add("B.EXAMPLE");
    assert_ptr_equal(kx_pending_find(list, &name), b);
    assert_null(kx_pending_find(list, &part));
    assert_null(kx_pending_find(list, &more));
}

static void
what_ended_is_swept_out_but_for_one(void **state)
{
    struct kx_pending *b;

    (void)state;
    add("A.EXAMPLE")->ended = TRUE;
    b = add("B.EXAMPLE");
    add("C.EXAMPLE")->ended = TRUE;
    kx_pending_sweep(&list, list);
    assert_string_equal(list->remote, "C.EXAMPLE");
    assert_ptr_equal(list->next, b);
    assert_null(b->next);
    kx_pending_sweep(&list, NULL);
    assert_ptr_equal(list, b);
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(while_there_is_room_nobody_gives_way),
        TEST(of_a_crowd_the_one_that_nobody_asked_for_the_longest_gives_way),
        TEST(an_honest_realm_outlasts_a_crowd_whoever_came_first),
        TEST(of_two_crowds_the_larger_gives_way),
        TEST(a_crowd_is_counted_however_deep_its_realms_lie),
        TEST(a_few_realms_of_one_domain_are_no_crowd),
        TEST(who_is_asked_for_again_stays),
        TEST(a_realm_is_found_by_its_whole_name),
        TEST(what_ended_is_swept_out_but_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
