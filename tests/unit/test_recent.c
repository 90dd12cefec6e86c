/*
 * test_recent.c: what is remembered of the answers that were given.
 */
#include "config.h"
#include <string.h>
#include "exchange/recent.h"
#include "tests/unit/test.h"

#define NOW 1000
#define LATER 2000
#define ENTRIES 3

static int
set_up(void **state)
{
    return (int)kx_recent_new(ENTRIES, (struct kx_recent **)state);
}

static int
tear_down(void **state)
{
    kx_recent_free(*state);
    return 0;
}

/* Remember, until LATER, that the request was answered in that way. */
static void
add(struct kx_recent *recent, const char *request, const char *answer)
{
    const krb5_data asked = kx_data(request, strlen(request));
    const krb5_data given = kx_data(answer, strlen(answer));
    unsigned char digest[KX_REQUEST_DIGEST];

    assert_int_equal(kx_request_digest(NULL, &asked, digest), 0);
    assert_int_equal(kx_recent_add(recent, digest, &given, LATER), 0);
}

/* Check what is remembered of the request at time now; NULL for nothing. */
static void
assert_answer(const struct kx_recent *recent, const char *request, time_t now,
              const char *expected)
{
    const krb5_data asked = kx_data(request, strlen(request));
    unsigned char digest[KX_REQUEST_DIGEST];
    const krb5_data *answer;

    assert_int_equal(kx_request_digest(NULL, &asked, digest), 0);
    answer = kx_recent_find(recent, digest, now);
    if (expected == NULL) {
        assert_null(answer);
        return;
    }
    assert_non_null(answer);
    assert_int_equal(answer->length, strlen(expected));
    assert_memory_equal(answer->data, expected, answer->length);
}

static void
the_same_request_has_its_answer_and_another_has_none(void **state)
{
    assert_answer(*state, "request", NOW, NULL);
    add(*state, "request", "answer");
    assert_answer(*state, "request", NOW, "answer");
    assert_answer(*state, "requesu", NOW, NULL);
    assert_answer(*state, "reques", NOW, NULL);
}

static void
an_answer_is_remembered_to_its_last_second(void **state)
{
    add(*state, "request", "answer");
    assert_answer(*state, "request", LATER, "answer");
    assert_answer(*state, "request", LATER + 1, NULL);
}

static void
the_oldest_answer_makes_room_for_another(void **state)
{
    add(*state, "1", "one");
    add(*state, "2", "two");
    add(*state, "3", "three");
    assert_answer(*state, "1", NOW, "one");
    add(*state, "4", "four");
    assert_answer(*state, "1", NOW, NULL);
    assert_answer(*state, "2", NOW, "two");
    assert_answer(*state, "3", NOW, "three");
    assert_answer(*state, "4", NOW, "four");
}

static void
what_two_remember_one_of_them_goes_on_with(void **state)
{
    struct kx_recent *other = kx_recent_share(*state);

    add(*state, "request", "answer");
    kx_recent_free(other);
    assert_answer(*state, "request", NOW, "answer");
}

#define RECENT_TEST(test)                                                     \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RECENT_TEST(the_same_request_has_its_answer_and_another_has_none),
        RECENT_TEST(an_answer_is_remembered_to_its_last_second),
        RECENT_TEST(the_oldest_answer_makes_room_for_another),
        RECENT_TEST(what_two_remember_one_of_them_goes_on_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
