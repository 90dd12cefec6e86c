/*
 * test_transited.c: the realms that a ticket came through (RFC 4120 3.3.3.2).
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <krb5.h>
#include "plugin/transited.h"
#include "tests/unit/test.h"

#define ILLEGAL KRB5KRB_AP_ERR_ILL_CR_TKT

/* What was visited, with blanks between. */
struct visited {
    char text[16384];
    krb5_error_code answer; /* to give at the first realm */
};

static krb5_error_code
visit(void *arg, const krb5_data *realm)
{
    struct visited *visited = arg;

    if (visited->text[0] != '\0')
        strcat(visited->text, " ");
    strncat(visited->text, realm->data, realm->length);
    return visited->answer;
}

/* Walk from memory that ends with the text. */
static krb5_error_code
walk(const char *transited, const char *client, const char *server,
     struct visited *visited)
{
    size_t length = strlen(transited);
    krb5_data from = kx_data(client, strlen(client));
    krb5_data to = kx_data(server, strlen(server)), path;
    char *copy = test_malloc(length + 1);
    krb5_error_code code;

    memcpy(copy + 1, transited, length);
    path = kx_data(copy + 1, length);
    visited->text[0] = '\0';
    code = kx_transited_walk(&path, &from, &to, visit, visited);
    test_free(copy);
    return code;
}

/* The realms of a path from A.X.TEST to B.TEST are these. */
static void
assert_path(const char *transited, const char *realms)
{
    struct visited visited = {.answer = 0};

    assert_int_equal(walk(transited, "A.X.TEST", "B.TEST", &visited), 0);
    assert_string_equal(visited.text, realms);
}

static void
assert_refused(const char *transited)
{
    struct visited visited = {.answer = 0};

    assert_int_equal(walk(transited, "A.X.TEST", "B.TEST", &visited), ILLEGAL);
}

static void
no_path_has_no_realms(void **state)
{
    (void)state;
    assert_path("", "");
}

static void
realms_stand_between_commas(void **state)
{
    (void)state;
    assert_path("HUB.TEST", "HUB.TEST");
    assert_path("ONE.TEST,TWO.TEST,THREE.EXAMPLE",
                "ONE.TEST TWO.TEST THREE.EXAMPLE");
}

static void
a_dot_at_the_end_goes_before_the_last_realm(void **state)
{
    (void)state;
    assert_path("EDU,MIT.,ATHENA.,WASHINGTON.EDU,CS.",
                "EDU MIT.EDU ATHENA.MIT.EDU WASHINGTON.EDU CS.WASHINGTON.EDU");
}

static void
a_slash_at_the_beginning_goes_behind_the_last_realm(void **state)
{
    (void)state;
    assert_path("/COM/HP,/APOLLO, /COM/DEC",
                "/COM/HP /COM/HP/APOLLO /COM/DEC");
}

static void
a_blank_before_a_realm_has_it_stand_alone(void **state)
{
    (void)state;
    assert_path("EDU, MIT.", "EDU MIT.");
    assert_path("EDU, /COM", "EDU /COM");
    assert_path("EDU, ,MIT.", "EDU MIT.EDU");
}

static void
a_backslash_takes_the_next_character_as_it_is(void **state)
{
    (void)state;
    assert_path("A\\,B,C\\\\D,\\ E", "A,B C\\D  E");
}

static void
an_empty_first_stands_for_all_from_the_clients_realm_on(void **state)
{
    (void)state;
    assert_path(",TEST", "TEST X.TEST");
    assert_path(",X.TEST", "X.TEST");
}

static void
an_empty_last_stands_for_all_to_the_servers_realm(void **state)
{
    struct visited visited = {.answer = 0};

    (void)state;
    assert_int_equal(walk("TEST,", "A.TEST", "C.B.X.TEST", &visited), 0);
    assert_string_equal(visited.text, "TEST B.X.TEST X.TEST");
}

static void
an_empty_one_stands_for_all_between_its_neighbours(void **state)
{
    (void)state;
    assert_path("C.B.A.TEST,,TEST,OTHER",
                "C.B.A.TEST TEST B.A.TEST A.TEST OTHER");
    assert_path("/A,, /A/B/C/D", "/A /A/B/C/D /A/B/C /A/B");
}

static void
one_comma_stands_for_the_whole_hierarchy(void **state)
{
    struct visited visited = {.answer = 0};

    (void)state;
    assert_int_equal(walk(",", "C.B.A.TEST", "TEST", &visited), 0);
    assert_string_equal(visited.text, "B.A.TEST A.TEST");
}

static void
what_lies_between_strangers_is_refused(void **state)
{
    (void)state;
    assert_refused(",OTHER");
    assert_refused("OTHER,");
    assert_refused("ONE.TEST,,TWO.TEST");
    assert_refused(",A.X.TEST");
    assert_refused(",ST"); /* ends alike, but not at a dot */
    assert_refused("/A,, /AB/C");
    assert_refused(",");
}

static void
a_backslash_at_the_end_is_refused(void **state)
{
    (void)state;
    assert_refused("HUB.TEST\\");
}

static void
a_realm_that_is_too_long_is_refused(void **state)
{
    char text[2048] = "";
    size_t i;

    (void)state;
    memset(text, 'A', 512);
    assert_path(text, text);
    memset(text, 'A', 513);
    assert_refused(text);
    /* Each is short, but they join. */
    text[0] = '\0';
    for (i = 0; i < 20; i++)
        strcat(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZABC.,");
    assert_refused(text);
}

static void
so_many_realms_and_no_more_are_visited(void **state)
{
    struct visited visited = {.answer = 0};
    char text[256] = "A";
    size_t i;

    (void)state;
    for (i = 1; i < KX_MAX_TRANSITED; i++)
        strcat(text, ",A");
    assert_int_equal(walk(text, "A.X.TEST", "B.TEST", &visited), 0);
    strcat(text, ",A");
    assert_refused(text);
}

static void
an_error_of_the_visitor_ends_the_walk(void **state)
{
    struct visited visited = {.answer = EPERM};

    (void)state;
    assert_int_equal(walk("ONE,TWO", "A.TEST", "B.TEST", &visited), EPERM);
    assert_string_equal(visited.text, "ONE");
    assert_int_equal(walk("ONE,", "A.TEST", "B.A.ONE", &visited), EPERM);
    assert_string_equal(visited.text, "ONE");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_path_has_no_realms),
        cmocka_unit_test(realms_stand_between_commas),
        cmocka_unit_test(a_dot_at_the_end_goes_before_the_last_realm),
        cmocka_unit_test(a_slash_at_the_beginning_goes_behind_the_last_realm),
        cmocka_unit_test(a_blank_before_a_realm_has_it_stand_alone),
        cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
        cmocka_unit_test(
            an_empty_first_stands_for_all_from_the_clients_realm_on),
        cmocka_unit_test(an_empty_last_stands_for_all_to_the_servers_realm),
        cmocka_unit_test(an_empty_one_stands_for_all_between_its_neighbours),
        cmocka_unit_test(one_comma_stands_for_the_whole_hierarchy),
        cmocka_unit_test(what_lies_between_strangers_is_refused),
        cmocka_unit_test(a_backslash_at_the_end_is_refused),
        cmocka_unit_test(a_realm_that_is_too_long_is_refused),
        cmocka_unit_test(so_many_realms_and_no_more_are_visited),
        cmocka_unit_test(an_error_of_the_visitor_ends_the_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
