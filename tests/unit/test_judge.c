/*
 * test_judge.c: which tickets of other realms a KDC takes, as far as the
 * scenarios cannot make such tickets: no KDC writes a path that cannot be
 * read.
 */
#include "config.h"
#include <string.h>
#include "plugin/judge.h"
#include "tests/unit/database.h"
#include "tests/unit/test.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"

/* The KDC's database, in which there is no crossover at all. */
static struct database database;

/*
 * Judge a ticket of a user of REMOTE for LOCAL's KDC that came through
 * transited, with *status for the KDC's log.
 */
static krb5_error_code
judge(const char *transited, const char **status)
{
    char realm[] = LOCAL;
    struct kx_settings settings = {.realm = realm};
    krb5_enc_tkt_part part = {0};
    krb5_ticket ticket = {.enc_part2 = &part};
    krb5_error_code ret;

    assert_int_equal(
        krb5_parse_name(database.context, "alice@" REMOTE, &part.client), 0);
    assert_int_equal(krb5_parse_name(database.context,
                                     "krbtgt/" LOCAL "@" REMOTE,
                                     &ticket.server),
                     0);
    part.transited.tr_contents = kx_data(transited, strlen(transited));
    *status = NULL;
    ret = kx_judge_ticket(database.context, &settings, &ticket, status);
    krb5_free_principal(database.context, part.client);
    krb5_free_principal(database.context, ticket.server);
    return ret;
}

/* Such a ticket is taken. */
static void
assert_taken(const char *transited)
{
    const char *status;

    assert_int_equal(judge(transited, &status), 0);
    assert_null(status);
}

/* It is refused, as its path cannot be read. */
static void
assert_unreadable(const char *transited)
{
    const char *status, *words;

    assert_int_equal(judge(transited, &status), KRB5KDC_ERR_POLICY);
    assert_string_equal(status, "KXOVER_TRANSIT");
    words = krb5_get_error_message(database.context, KRB5KDC_ERR_POLICY);
    assert_non_null(strstr(words, "cannot be read"));
    assert_non_null(strstr(words, REMOTE));
    krb5_free_error_message(database.context, words);
}

static void
a_ticket_that_came_straight_from_its_realm_is_taken(void **state)
{
    (void)state;
    assert_taken("");
}

static void
realms_that_kxover_has_nothing_to_do_with_are_krb5s_matter(void **state)
{
    (void)state;
    assert_taken("HUB.EXAMPLE,THIRD.EXAMPLE");
}

static void
a_path_that_ends_in_mid_character_is_refused(void **state)
{
    (void)state;
    assert_unreadable("HUB.EXAMPLE\\");
}

static void
a_path_that_leaves_out_realms_between_strangers_is_refused(void **state)
{
    (void)state;
    assert_unreadable(",HUB.TEST");
}

static void
a_realm_longer_than_any_is_refused(void **state)
{
    char path[1024];

    (void)state;
    memset(path, 'A', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_unreadable(path);
}

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    database_open(&database, LOCAL, "");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    database_close(&database);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_that_came_straight_from_its_realm_is_taken),
        cmocka_unit_test(
            realms_that_kxover_has_nothing_to_do_with_are_krb5s_matter),
        cmocka_unit_test(a_path_that_ends_in_mid_character_is_refused),
        cmocka_unit_test(
            a_path_that_leaves_out_realms_between_strangers_is_refused),
        cmocka_unit_test(a_realm_longer_than_any_is_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
