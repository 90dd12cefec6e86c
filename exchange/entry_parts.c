/*
 * entry_parts.c: the parts that an entry of the database is made of.
 *
 * Memory is malloc()'s throughout, as libkdb5 releases it.  A key goes into
 * the entry only once it is encrypted: libkdb5 leaves a dangling pointer in
 * what it was to fill when it fails.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <profile.h>
#include <kadm5/admin.h>
#include "exchange/entry.h"

/*
 * The principal that the master key is kept under, in *out: K/M@REALM, or as
 * the realm's master_key_name says.
 */
static krb5_error_code
master_name(krb5_context context, krb5_principal *out)
{
    krb5_error_code ret;
    profile_t profile = NULL;
    char *realm = NULL, *name = NULL;

    ret = krb5_get_default_realm(context, &realm);
    if (ret)
        goto cleanup;
    ret = krb5_get_profile(context, &profile);
    if (ret)
        goto cleanup;
    ret = profile_get_string(profile, "realms", realm, "master_key_name", NULL,
                             &name);
    if (ret)
        goto cleanup;
    ret = krb5_db_setup_mkey_name(context, name, realm, NULL, out);

cleanup:
    profile_release_string(name);
    if (profile != NULL)
        profile_release(profile);
    krb5_free_default_realm(context, realm);
    return ret;
}

krb5_error_code
kx_master_key(krb5_context context, krb5_kvno *mkvno, krb5_keyblock *mkey)
{
    krb5_error_code ret;
    krb5_principal name = NULL;
    krb5_actkvno_node *list = NULL;
    krb5_keyblock *borrowed;

    memset(mkey, 0, sizeof(*mkey));
    ret = master_name(context, &name);
    if (ret)
        return ret;
    ret = krb5_dbe_fetch_act_key_list(context, name, &list);
    if (ret == 0)
        ret = krb5_dbe_find_act_mkey(context, list, mkvno, &borrowed);
    /* libkdb5 may reload its list of master keys at any decryption. */
    if (ret == 0)
        ret = krb5_copy_keyblock_contents(context, borrowed, mkey);
    krb5_dbe_free_actkvno_list(context, list);
    krb5_free_principal(context, name);
    return kx_error_prefix(context, ret, "the database's master key");
}

krb5_error_code
kx_entry_new(krb5_context context, krb5_const_principal name,
             krb5_db_entry **out)
{
    krb5_error_code ret;
    krb5_db_entry *entry;

    *out = NULL;
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return ENOMEM;
    entry->magic = KRB5_KDB_MAGIC_NUMBER;
    entry->len = KRB5_KDB_V1_BASE_LENGTH;
    entry->attributes = KRB5_KDB_LOCKDOWN_KEYS;
    /* kldap writes what the mask says, and creates where it has the name. */
    entry->mask = KADM5_PRINCIPAL | KADM5_ATTRIBUTES;
    ret = krb5_copy_principal(context, name, &entry->princ);
    if (ret) {
        krb5_db_free_principal(context, entry);
        return ret;
    }
    *out = entry;
    return 0;
}

/* Copy length bytes at from (which may be NULL for none) to *out. */
static krb5_error_code
copy_bytes(const krb5_octet *from, size_t length, krb5_octet **out)
{
    *out = NULL;
    if (from == NULL)
        return 0;
    *out = malloc(length > 0 ? length : 1);
    if (*out == NULL)
        return ENOMEM;
    memcpy(*out, from, length);
    return 0;
}

/* Copy old's tl-data to entry, in their order. */
static krb5_error_code
copy_tl_data(const krb5_db_entry *old, krb5_db_entry *entry)
{
    krb5_tl_data **end = &entry->tl_data;
    const krb5_tl_data *from;

    for (from = old->tl_data; from != NULL; from = from->tl_data_next) {
        *end = calloc(1, sizeof(**end));
        if (*end == NULL)
            return ENOMEM;
        (*end)->tl_data_type = from->tl_data_type;
        (*end)->tl_data_length = from->tl_data_length;
        if (copy_bytes(from->tl_data_contents, from->tl_data_length,
                       &(*end)->tl_data_contents) != 0)
            return ENOMEM;
        entry->n_tl_data++;
        end = &(*end)->tl_data_next;
    }
    return 0;
}

/* Copy old's keys, encrypted as they are, to entry. */
static krb5_error_code
copy_keys(krb5_context context, const krb5_db_entry *old, krb5_db_entry *entry)
{
    krb5_error_code ret;
    const krb5_key_data *from;
    krb5_key_data *to;
    int i, j;

    for (i = 0; i < old->n_key_data; i++) {
        ret = krb5_dbe_create_key_data(context, entry);
        if (ret)
            return ret;
        from = &old->key_data[i];
        to = &entry->key_data[i];
        to->key_data_ver = from->key_data_ver;
        to->key_data_kvno = from->key_data_kvno;
        for (j = 0; j < from->key_data_ver && j < KRB5_KDB_V1_KEY_DATA_ARRAY;
             j++) {
            to->key_data_type[j] = from->key_data_type[j];
            to->key_data_length[j] = from->key_data_length[j];
            ret = copy_bytes(from->key_data_contents[j],
                             from->key_data_length[j],
                             &to->key_data_contents[j]);
            if (ret)
                return ret;
        }
    }
    return 0;
}

krb5_error_code
kx_entry_copy(krb5_context context, const krb5_db_entry *old,
              krb5_db_entry **out)
{
    krb5_error_code ret;
    krb5_db_entry *entry;

    *out = NULL;
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return ENOMEM;
    entry->magic = KRB5_KDB_MAGIC_NUMBER;
    /* db2 aborts at any other. */
    entry->len = KRB5_KDB_V1_BASE_LENGTH;
    entry->attributes = old->attributes;
    entry->max_life = old->max_life;
    entry->max_renewable_life = old->max_renewable_life;
    entry->expiration = old->expiration;
    entry->pw_expiration = old->pw_expiration;
    entry->last_success = old->last_success;
    entry->last_failed = old->last_failed;
    entry->fail_auth_count = old->fail_auth_count;
    ret = krb5_copy_principal(context, old->princ, &entry->princ);
    if (ret)
        goto cleanup;
    ret = copy_tl_data(old, entry);
    if (ret)
        goto cleanup;
    ret = copy_keys(context, old, entry);
    if (ret)
        goto cleanup;
    if (old->e_length > 0) {
        ret = copy_bytes(old->e_data, old->e_length, &entry->e_data);
        if (ret)
            goto cleanup;
        entry->e_length = old->e_length;
    }
    *out = entry;
    entry = NULL;

cleanup:
    krb5_db_free_principal(context, entry);
    return ret;
}

/* Bring one key under mkey, keeping its version and salt. */
static krb5_error_code
rewrap_key(krb5_context context, krb5_key_data *key_data,
           const krb5_keyblock *mkey)
{
    krb5_error_code ret;
    krb5_keyblock key = {0};
    krb5_keysalt salt = {0};
    krb5_key_data fresh = {0};

    if (krb5_dbe_decrypt_key_data(context, mkey, key_data, &key, NULL) == 0)
        goto cleanup_key;
    krb5_clear_error_message(context);
    ret = krb5_dbe_decrypt_key_data(context, NULL, key_data, &key, &salt);
    if (ret)
        return kx_error_prefix(context, ret, "key version %u",
                               (unsigned int)key_data->key_data_kvno);
    ret = krb5_dbe_encrypt_key_data(context, mkey, &key, &salt,
                                    key_data->key_data_kvno, &fresh);
    if (ret == 0) {
        krb5_dbe_free_key_data_contents(context, key_data);
        *key_data = fresh;
    }
    free(salt.data.data);
    krb5_free_keyblock_contents(context, &key);
    return ret;

cleanup_key:
    krb5_free_keyblock_contents(context, &key);
    return 0;
}

krb5_error_code
kx_entry_rewrap(krb5_context context, krb5_db_entry *entry,
                const krb5_keyblock *mkey)
{
    krb5_error_code ret;
    int i;

    for (i = 0; i < entry->n_key_data; i++) {
        ret = rewrap_key(context, &entry->key_data[i], mkey);
        if (ret)
            return ret;
    }
    return 0;
}

krb5_error_code
kx_entry_add_key(krb5_context context, krb5_db_entry *entry,
                 const krb5_keyblock *mkey, const krb5_keyblock *key,
                 uint32_t kvno)
{
    krb5_error_code ret;
    krb5_key_data made = {0};

    if (entry->n_key_data == INT16_MAX)
        return kx_error(context, KX_ERR_STORE, "the entry has %d keys already",
                        INT16_MAX);
    ret =
        krb5_dbe_encrypt_key_data(context, mkey, key, NULL, (int)kvno, &made);
    if (ret)
        return ret;
    ret = krb5_dbe_create_key_data(context, entry);
    if (ret) {
        krb5_dbe_free_key_data_contents(context, &made);
        return ret;
    }
    entry->key_data[entry->n_key_data - 1] = made;
    return 0;
}
