/*
 * entries.c: a crossover's entry in a database, for the tests of it.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/entries.h"
#include "tests/unit/test.h"

struct database database;
krb5_context context;

int
entries_begin(void **state)
{
    (void)state;
    kx_init_errors();
    database_open(&database, LOCAL, "");
    context = database.context;
    return 0;
}

int
entries_end(void **state)
{
    (void)state;
    database_close(&database);
    return 0;
}

int
forget(void **state)
{
    krb5_principal name;

    (void)state;
    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    (void)krb5_db_delete_principal(context, name);
    krb5_free_principal(context, name);
    return 0;
}

krb5_db_entry *
fetch(void)
{
    krb5_principal name;
    krb5_db_entry *entry;

    assert_int_equal(krb5_parse_name(context, NAME, &name), 0);
    assert_int_equal(krb5_db_get_principal(context, name, 0, &entry), 0);
    krb5_free_principal(context, name);
    return entry;
}

krb5_error_code
adding(krb5_db_entry *old, uint32_t kvno, time_t established, time_t till,
       time_t now, krb5_db_entry **out)
{
    struct kx_crossover *crossover =
        sample_crossover(context, kvno, established, till);
    krb5_error_code ret;

    ret = kx_entry_add(context, old, crossover, now, out);
    if (ret)
        assert_null(*out);
    kx_crossover_free(context, crossover);
    return ret;
}

void
store(krb5_db_entry *entry)
{
    assert_int_equal(krb5_db_put_principal(context, entry), 0);
    krb5_db_free_principal(context, entry);
}

void
store_new(uint32_t kvno, time_t established, time_t till)
{
    krb5_db_entry *entry;

    assert_int_equal(adding(NULL, kvno, established, till, NOW, &entry), 0);
    store(entry);
}

void
store_added(uint32_t kvno, time_t established, time_t till, time_t now)
{
    krb5_db_entry *old = fetch(), *entry;

    assert_int_equal(adding(old, kvno, established, till, now, &entry), 0);
    krb5_db_free_principal(context, old);
    store(entry);
}

void
store_by_hand(void)
{
    static const char *const add[] = {
        "kadmin.local", "-q", "addprinc -pw secret -maxlife 8h " NAME, NULL};

    database_run(add);
}

void
store_string(const char *name, const char *value)
{
    krb5_db_entry *entry = fetch();

    assert_int_equal(krb5_dbe_set_string(context, entry, name, value), 0);
    store(entry);
}

void
assert_key(krb5_db_entry *entry, int n, uint32_t kvno, krb5_enctype etype)
{
    krb5_keyblock key = {0};
    unsigned int i;

    assert_true(n < entry->n_key_data);
    assert_int_equal(entry->key_data[n].key_data_kvno, kvno);
    assert_int_equal(krb5_dbe_decrypt_key_data(
                         context, NULL, &entry->key_data[n], &key, NULL),
                     0);
    assert_int_equal(key.enctype, etype);
    assert_int_equal(key.length,
                     etype == ENCTYPE_AES256_CTS_HMAC_SHA384_192 ? 32 : 16);
    for (i = 0; i < key.length; i++)
        assert_int_equal(key.contents[i], kvno & 0xff);
    krb5_free_keyblock_contents(context, &key);
}

void
assert_versions(krb5_db_entry *entry, int n, const uint32_t *kvnos)
{
    int i;

    assert_int_equal(entry->n_key_data, 2 * n);
    for (i = 0; i < n; i++) {
        assert_key(entry, 2 * i, kvnos[i], ENCTYPE_AES256_CTS_HMAC_SHA384_192);
        assert_key(entry, 2 * i + 1, kvnos[i],
                   ENCTYPE_AES128_CTS_HMAC_SHA1_96);
    }
}

void
assert_string(krb5_db_entry *entry, const char *name, krb5_boolean there)
{
    char *value = NULL;

    assert_int_equal(krb5_dbe_get_string(context, entry, name, &value), 0);
    if (there)
        assert_non_null(value);
    else
        assert_null(value);
    krb5_dbe_free_string(context, value);
}

void
assert_message(krb5_error_code code, const char *text)
{
    const char *message = krb5_get_error_message(context, code);

    assert_non_null(strstr(message, text));
    krb5_free_error_message(context, message);
}
