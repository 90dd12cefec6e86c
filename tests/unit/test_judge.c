/*
 * test_judge.c: which tickets a KDC takes and gives, as far as the scenarios
 * cannot ask for them: no KDC writes a path that cannot be read, for one.
 */
#include "config.h"
#include <string.h>
#include "exchange/entry.h"
#include "plugin/judge.h"
#include "tests/unit/database.h"
#include "tests/unit/test.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"

/* The KDC's database, in which there is no crossover at all. */
static struct database database;

/* What cannot be read: it ends in mid-character. */
#define UNREADABLE "HUB.EXAMPLE\\"

/*
 * Judge client's ticket for server that came through transited, with *status
 * for the KDC's log.
 */
static krb5_error_code
judge_ticket(const char *client, const char *server, const char *transited,
             const char **status)
{
    char realm[] = LOCAL;
    struct kx_settings settings = {.realm = realm};
    krb5_enc_tkt_part part = {0};
    krb5_ticket ticket = {.enc_part2 = &part};
    krb5_error_code ret;

    assert_int_equal(krb5_parse_name(database.context, client, &part.client),
                     0);
    assert_int_equal(krb5_parse_name(database.context, server, &ticket.server),
                     0);
    part.transited.tr_contents = kx_data(transited, strlen(transited));
    *status = NULL;
    ret = kx_judge_ticket(database.context, &settings, &ticket, status);
    krb5_free_principal(database.context, part.client);
    krb5_free_principal(database.context, ticket.server);
    return ret;
}

/* Judge a ticket of a user of REMOTE for LOCAL's KDC. */
static krb5_error_code
judge(const char *transited, const char **status)
{
    return judge_ticket("alice@" REMOTE, "krbtgt/" LOCAL "@" REMOTE, transited,
                        status);
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
    assert_unreadable(UNREADABLE);
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

static void
who_is_anonymous_is_krb5s_matter_wherever_they_came_through(void **state)
{
    const char *status;

    (void)state;
    assert_int_equal(judge_ticket("WELLKNOWN/ANONYMOUS@WELLKNOWN:ANONYMOUS",
                                  "krbtgt/" LOCAL "@" REMOTE, UNREADABLE,
                                  &status),
                     0);
    assert_null(status);
}

static void
a_ticket_that_brings_nobody_here_is_krb5s_matter(void **state)
{
    const char *status;

    (void)state;
    assert_int_equal(judge_ticket("bob@" LOCAL, "krbtgt/" LOCAL "@" LOCAL,
                                  UNREADABLE, &status),
                     0);
    assert_null(status);
    assert_int_equal(judge_ticket("bob@" LOCAL, "krbtgt/" REMOTE "@" LOCAL,
                                  UNREADABLE, &status),
                     0);
    assert_null(status);
}

/* Judge who asks here for a ticket for server, which kxover has made or not,
 * with these options; status gets the word for the KDC's log, or NULL. */
static krb5_error_code
judge_login(const char *server, krb5_boolean ours, krb5_flags options,
            const char **status)
{
    char realm[] = LOCAL;
    struct kx_settings settings = {.realm = realm};
    krb5_kdc_req request = {.kdc_options = options};
    krb5_principal name;
    krb5_db_entry *entry;
    krb5_error_code ret;

    assert_int_equal(krb5_parse_name(database.context, server, &name), 0);
    assert_int_equal(kx_entry_new(database.context, name, &entry), 0);
    if (ours)
        assert_int_equal(krb5_dbe_set_string(database.context, entry,
                                             "kxover_kvno_7", "of kxover"),
                         0);
    *status = NULL;
    ret = kx_judge_login(database.context, &settings, &request, entry, status);
    krb5_db_free_principal(database.context, entry);
    krb5_free_principal(database.context, name);
    return ret;
}

static void
nobody_gets_a_ticket_for_later_for_a_realm_that_kxover_met(void **state)
{
    const char *status;

    (void)state;
    assert_int_equal(judge_login("krbtgt/" REMOTE "@" LOCAL, TRUE,
                                 KDC_OPT_POSTDATED, &status),
                     KRB5KDC_ERR_CANNOT_POSTDATE);
    assert_string_equal(status, "KXOVER_POSTDATED");
    assert_int_equal(judge_login("krbtgt/" REMOTE "@" LOCAL, TRUE, 0, &status),
                     0);
    assert_null(status);
}

static void
tickets_for_later_are_krb5s_matter_elsewhere(void **state)
{
    static const char *const servers[] = {"krbtgt/" REMOTE "@" LOCAL,
                                          "krbtgt/" LOCAL "@" LOCAL,
                                          "host/a.bravo.example@" LOCAL};
    const char *status;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        assert_int_equal(
            judge_login(servers[i], FALSE, KDC_OPT_POSTDATED, &status), 0);
        assert_null(status);
    }
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
        cmocka_unit_test(
            who_is_anonymous_is_krb5s_matter_wherever_they_came_through),
        cmocka_unit_test(a_ticket_that_brings_nobody_here_is_krb5s_matter),
        cmocka_unit_test(
            nobody_gets_a_ticket_for_later_for_a_realm_that_kxover_met),
        cmocka_unit_test(tickets_for_later_are_krb5s_matter_elsewhere),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
