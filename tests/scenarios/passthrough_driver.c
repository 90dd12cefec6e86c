/*
 * passthrough_driver.c: a program that uses its database in ways in which
 * krb5's own programs do not, but may.
 *
 *   passthrough_driver WHAT
 *
 * does one of the things below, in the realm and database that the environment
 * configures, and writes how each call ended.  What it writes is to be the
 * same whether kxover stands in front of the database or not.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <kdb.h>
#include <kadm5/admin.h>

static krb5_context context;
static krb5_principal alice, nobody, other, master;

/* Write how a call ended, and whether a database is open now. */
static void
tell(const char *what, krb5_error_code code)
{
    const char *message = krb5_get_error_message(context, code);

    printf("%s: %ld (%s)\n", what, (long)code, (code != 0) ? message : "");
    krb5_free_error_message(context, message);
}

#define TELL(call) tell(#call, (call))

/* Stop where going on would tell nothing. */
static void
must(const char *what, krb5_error_code code)
{
    if (code == 0)
        return;
    tell(what, code);
    exit(1);
}

#define MUST(call) must(#call, (call))

/* Open the database as kadmin does. */
static void
open_database(void)
{
    MUST(krb5_db_open(context, NULL,
                      KRB5_KDB_OPEN_RW | KRB5_KDB_SRV_TYPE_ADMIN));
}

static int
count(krb5_pointer arg, krb5_db_entry *entry)
{
    (void)entry;
    ++*(int *)arg;
    return 0;
}

/* A callback that fails with words of its own, after using the database. */
static int
fail_at_second(krb5_pointer arg, krb5_db_entry *entry)
{
    krb5_db_entry *found;
    int *n = arg;

    (void)entry;
    if (++*n < 2)
        return 0;
    tell("in the callback", krb5_db_get_principal(context, alice, 0, &found));
    krb5_db_free_principal(context, found);
    krb5_set_error_message(context, EINVAL, "the second was too much");
    return EINVAL;
}

static void
count_policy(void *arg, osa_policy_ent_t policy)
{
    ++*(int *)arg;
    krb5_set_error_message(context, EINVAL, "policy %s was seen",
                           policy->name);
}

/* Call methods with no database open. */
static void
unopened(void)
{
    krb5_db_entry *entry = NULL;
    krb5_keyblock key = {0};
    krb5_kvno kvno = 0;
    int n = 0;
    time_t age;

    TELL(krb5_db_get_principal(context, alice, 0, &entry));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_delete_principal(context, alice));
    TELL(krb5_db_iterate(context, NULL, count, &n, 0));
    TELL(krb5_db_lock(context, KRB5_DB_LOCKMODE_SHARED));
    TELL(krb5_db_unlock(context));
    TELL(krb5_db_get_age(context, NULL, &age));
    TELL(krb5_db_fetch_mkey(context, master, ENCTYPE_UNKNOWN, FALSE, FALSE,
                            NULL, &kvno, NULL, &key));
    printf("kvno %u, %u bytes\n", kvno, key.length);
    krb5_free_keyblock_contents(context, &key);
    krb5_db_refresh_config(context);
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_fini(context));
    TELL(krb5_db_fini(context));
}

/* Free an entry after its database was closed. */
static void
entry_outlives(void)
{
    krb5_db_entry *entry;

    open_database();
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    TELL(krb5_db_fini(context));
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_fini(context));
}

/* Open and close again and again, two databases at a time; what was loaded and
 * unloaded has left nothing where error messages are looked up. */
static void
reopening(void)
{
    krb5_context second;
    krb5_db_entry *entry;
    int i;

    MUST(krb5_init_context_profile(NULL, KRB5_INIT_CONTEXT_KDC, &second));
    for (i = 0; i < 3; i++) {
        open_database();
        MUST(krb5_db_open(second, NULL,
                          KRB5_KDB_OPEN_RW | KRB5_KDB_SRV_TYPE_KDC));
        TELL(krb5_db_open(context, NULL, KRB5_KDB_OPEN_RW));
        TELL(krb5_db_fini(context));
        TELL(krb5_db_get_principal(second, alice, 0, &entry));
        krb5_db_free_principal(second, entry);
        TELL(krb5_db_fini(second));
        tell("an error of nobody's", 1234567890);
    }
    krb5_free_context(second);
}

/* What a callback says is what the program hears. */
static void
callbacks(void)
{
    int n = 0;

    open_database();
    TELL(krb5_db_iterate(context, NULL, fail_at_second, &n, 0));
    printf("after %d\n", n);
    n = 0;
    TELL(krb5_db_iter_policy(context, NULL, count_policy, &n));
    printf("after %d\n", n);
    tell("the callback's words stay", EINVAL);
    TELL(krb5_db_fini(context));
}

/* Messages are set, cleared and left alone by the same calls. */
static void
messages(void)
{
    krb5_db_entry *entry;

    open_database();
    krb5_set_error_message(context, EINVAL, "words of the program");
    TELL(krb5_db_lock(context, KRB5_DB_LOCKMODE_SHARED));
    TELL(krb5_db_unlock(context));
    TELL(krb5_db_get_principal(context, nobody, 0, &entry));
    tell("they are still there", EINVAL);
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    entry->mask = KADM5_ATTRIBUTES;
    TELL(krb5_db_put_principal(context, entry));
    tell("db2 clears them when it writes", EINVAL);
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_fini(context));
}

/* Give an entry arguments for the database. */
static void
add_argument(krb5_db_entry *entry, const char *text)
{
    krb5_tl_data *node = calloc(1, sizeof(*node)), **link;

    for (link = &entry->tl_data; *link != NULL; link = &(*link)->tl_data_next)
        continue;
    node->tl_data_type = KRB5_TL_DB_ARGS;
    node->tl_data_length = (krb5_ui_2)(strlen(text) + 1);
    node->tl_data_contents = (krb5_octet *)strdup(text);
    *link = node;
    entry->n_tl_data++;
}

/* Arguments arrive, all of them, in order, and stay nowhere. */
static void
arguments(void)
{
    krb5_db_entry *entry;
    krb5_tl_data *node;

    open_database();
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    printf("tl-data %d\n", entry->n_tl_data);
    add_argument(entry, "harmless");
    add_argument(entry, "second=2");
    add_argument(entry, "");
    add_argument(entry, "last");
    entry->mask = KADM5_TL_DATA;
    TELL(krb5_db_put_principal(context, entry));
    printf("tl-data %d:", entry->n_tl_data);
    for (node = entry->tl_data; node != NULL; node = node->tl_data_next)
        printf(" %d", node->tl_data_type);
    printf("\n");
    add_argument(entry, "refused");
    TELL(krb5_db_put_principal(context, entry));
    printf("tl-data %d\n", entry->n_tl_data);
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_fini(context));
}

/* A database that is made on the side and put in place is closed by that. */
static void
promotion(void)
{
    char temporary[] = "temporary";
    char *args[] = {temporary, NULL};
    krb5_db_entry *entry;

    TELL(krb5_db_create(context, args));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_promote(context, args));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_get_principal(context, alice, 0, &entry));
    open_database();
    TELL(krb5_db_get_principal(context, alice, 0, &entry));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_promote(context, args));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_destroy(context, NULL));
    TELL(krb5_db_inited(context) == 0);
    TELL(krb5_db_destroy(context, NULL));
    TELL(krb5_db_fini(context));
    TELL(krb5_db_open(context, NULL, KRB5_KDB_OPEN_RW));
    TELL(krb5_db_inited(context) == 0);
}

/* An entry is stored under another name: the first stays. */
static void
copying(void)
{
    krb5_db_entry *entry;
    krb5_principal name;

    open_database();
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    name = entry->princ;
    entry->princ = other;
    TELL(krb5_db_put_principal(context, entry));
    entry->princ = name;
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_get_principal(context, alice, 0, &entry));
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_get_principal(context, other, 0, &entry));
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_delete_principal(context, nobody));
    TELL(krb5_db_fini(context));
}

/* Rename, there and back and to where somebody is; delete what is gone. */
static void
renaming(void)
{
    open_database();
    TELL(krb5_db_rename_principal(context, alice, other));
    TELL(krb5_db_delete_principal(context, alice));
    TELL(krb5_db_rename_principal(context, nobody, alice));
    TELL(krb5_db_rename_principal(context, other, master));
    TELL(krb5_db_rename_principal(context, other, alice));
    TELL(krb5_db_delete_principal(context, alice));
    TELL(krb5_db_delete_principal(context, alice));
    TELL(krb5_db_fini(context));
}

/* Master keys: one, all, stored one by one and together. */
static void
master_keys(void)
{
    char keyfile[] = "/nonexistent/stash", password[] = "secret";
    krb5_keyblock key = {0}, found = {0};
    krb5_kvno kvno = 0;
    krb5_db_entry *entry;
    krb5_keylist_node *list;

    open_database();
    MUST(krb5_db_fetch_mkey(context, master, ENCTYPE_UNKNOWN, FALSE, FALSE,
                            keyfile, &kvno, NULL, &key));
    printf("kvno %u, %u bytes\n", kvno, key.length);
    TELL(krb5_db_store_master_key(context, keyfile, master, kvno, &key,
                                  password));
    TELL(krb5_db_store_master_key_list(context, keyfile, master, NULL));
    TELL(krb5_db_fetch_mkey_list(context, master, &key));
    for (list = krb5_db_mkey_list_alias(context); list != NULL;
         list = list->next)
        printf("master key %u: %02x\n", list->kvno,
               list->keyblock.contents[0]);
    TELL(krb5_db_store_master_key_list(context, NULL, master, NULL));
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    TELL(krb5_dbe_decrypt_key_data(context, NULL, &entry->key_data[0], &found,
                                   NULL));
    krb5_free_keyblock_contents(context, &found);
    krb5_free_keyblock_contents(context, &key);
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_fini(context));
}

/* The list of master keys outlives the database that it came from. */
static void
master_keys_outlive(void)
{
    char temporary[] = "temporary";
    char *args[] = {temporary, NULL};
    krb5_keyblock key = {0};

    MUST(krb5_db_create(context, args));
    MUST(krb5_db_fetch_mkey(context, master, ENCTYPE_UNKNOWN, FALSE, FALSE,
                            NULL, NULL, NULL, &key));
    TELL(krb5_db_fetch_mkey_list(context, master, &key));
    TELL(krb5_db_promote(context, args));
    TELL(krb5_db_store_master_key_list(context, NULL, master, NULL));
    krb5_free_keyblock_contents(context, &key);
    TELL(krb5_db_fini(context));
}

/* Call every method for which there is a way; a database may lack it. */
static void
every_method(void)
{
    krb5_db_entry *entry, *found = NULL;
    krb5_key_data *key_data = NULL, made = {0};
    krb5_keyblock key = {0}, master_key = {0};
    krb5_key_salt_tuple keysalt = {ENCTYPE_AES128_CTS_HMAC_SHA1_96, 0};
    krb5_int32 start = 0;
    osa_policy_ent_rec policy = {0};
    osa_policy_ent_t policy_found = NULL;
    char name[] = "new", password[] = "secret";
    const char *status;
    krb5_pa_data **e_data;
    krb5_kdc_req request = {0};
    krb5_ticket ticket = {0};
    krb5_data realm = alice->realm, empty = {0};
    krb5_data **indicators = NULL;
    krb5_address address = {0};
    krb5_pac pac;
    time_t age;
    int n = 0;

    open_database();
    MUST(krb5_db_fetch_mkey(context, master, ENCTYPE_UNKNOWN, FALSE, FALSE,
                            getenv("KXPROBE_STASH"), NULL, NULL, &master_key));
    MUST(krb5_db_get_principal(context, alice, 0, &entry));
    policy.name = name;
    request.client = alice;
    MUST(krb5_pac_init(context, &pac));

    TELL(krb5_db_get_age(context, NULL, &age));
    TELL(krb5_db_lock(context, KRB5_DB_LOCKMODE_SHARED));
    TELL(krb5_db_unlock(context));
    TELL(krb5_db_put_principal(context, entry));
    TELL(krb5_db_iterate(context, NULL, count, &n, 0));
    printf("iterated over %d\n", n);
    TELL(krb5_db_create_policy(context, &policy));
    TELL(krb5_db_get_policy(context, name, &policy_found));
    krb5_db_free_policy(context, policy_found);
    policy.pw_min_length = 9;
    TELL(krb5_db_put_policy(context, &policy));
    n = 0;
    TELL(krb5_db_iter_policy(context, NULL, count_policy, &n));
    printf("policies %d\n", n);
    TELL(krb5_db_delete_policy(context, name));
    TELL(
        krb5_dbe_search_enctype(context, entry, &start, -1, -1, 0, &key_data));
    printf("found at %d\n", start);
    if (key_data != NULL)
        TELL(krb5_dbe_decrypt_key_data(context, &master_key, key_data, &key,
                                       NULL));
    krb5_free_keyblock_contents(context, &key);
    TELL(krb5_dbe_encrypt_key_data(context, &master_key, &master_key, NULL, 3,
                                   &made));
    krb5_dbe_free_key_data_contents(context, &made);
    TELL(krb5_dbe_cpw(context, &master_key, &keysalt, 1, password, 0, TRUE,
                      entry));
    printf("keys %d\n", entry->n_key_data);
    TELL(krb5_db_check_transited_realms(context, &empty, &realm, &realm));
    TELL(krb5_db_check_policy_as(context, &request, entry, entry, 0, &status,
                                 &e_data));
    TELL(krb5_db_check_policy_tgs(context, &request, entry, &ticket, &status,
                                  &e_data));
    krb5_db_audit_as_req(context, &request, &address, &address, entry, entry,
                         0, KRB5KDC_ERR_PREAUTH_FAILED);
    krb5_db_refresh_config(context);
    TELL(krb5_db_check_allowed_to_delegate(context, alice, entry, NULL));
    TELL(krb5_db_get_s4u_x509_principal(context, &realm, alice, 0, &found));
    TELL(krb5_db_allowed_to_delegate_from(context, alice, alice, pac, entry));
    TELL(krb5_db_issue_pac(context, 0, entry, NULL, entry, NULL, 0, NULL, pac,
                           &indicators));
    TELL(krb5_db_rename_principal(context, alice, other));
    TELL(krb5_db_delete_principal(context, other));
    krb5_pac_free(context, pac);
    krb5_free_keyblock_contents(context, &master_key);
    krb5_db_free_principal(context, entry);
    TELL(krb5_db_fini(context));
}

/* A program whose clock is two hours ahead. */
static void
clock_ahead(void)
{
    MUST(krb5_set_real_time(context, (krb5_timestamp)(time(NULL) + 7200), 0));
    open_database();
    TELL(krb5_db_fini(context));
}

/* A program that keeps something of its own where a module keeps its state, as
 * kdb5_ldap_util does. */
static void
own_context(void)
{
    int own[64] = {1, 2, 3};
    krb5_db_entry *entry;

    MUST(krb5_db_setup_lib_handle(context));
    MUST(krb5_db_set_context(context, own));
    TELL(krb5_db_get_principal(context, alice, 0, &entry));
    krb5_db_refresh_config(context);
    printf("own data %d %d %d\n", own[0], own[1], own[2]);
    TELL(krb5_db_fini(context));
}

static const struct {
    const char *name;
    void (*run)(void);
} things[] = {
    {"arguments", arguments},
    {"callbacks", callbacks},
    {"clock_ahead", clock_ahead},
    {"copying", copying},
    {"entry_outlives", entry_outlives},
    {"every_method", every_method},
    {"master_keys", master_keys},
    {"master_keys_outlive", master_keys_outlive},
    {"messages", messages},
    {"own_context", own_context},
    {"promotion", promotion},
    {"renaming", renaming},
    {"reopening", reopening},
    {"unopened", unopened},
};

int
main(int argc, char **argv)
{
    size_t i;

    (void)setvbuf(stdout, NULL, _IONBF, 0);
    for (i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
        if (argc == 2 && strcmp(argv[1], things[i].name) == 0)
            break;
    }
    if (i == sizeof(things) / sizeof(things[0])) {
        (void)fprintf(stderr, "usage: passthrough_driver WHAT\n");
        return 2;
    }
    if (krb5_init_context_profile(NULL, KRB5_INIT_CONTEXT_KDC, &context) != 0)
        return 1;
    MUST(krb5_parse_name(context, "alice", &alice));
    MUST(krb5_parse_name(context, "nobody", &nobody));
    MUST(krb5_parse_name(context, "other", &other));
    MUST(krb5_parse_name(context, "K/M", &master));
    things[i].run();
    krb5_free_principal(context, alice);
    krb5_free_principal(context, nobody);
    krb5_free_principal(context, other);
    krb5_free_principal(context, master);
    krb5_free_context(context);
    return 0;
}
