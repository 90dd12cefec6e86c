/*
 * keys.c: master keys, and what is encrypted in them, asked of the database
 * behind us.
 *
 * libkdb5 has these methods for modules that have none, and most have none.
 * Ours always ask the backend, since one that keeps its keys in its own way
 * (in a directory, in hardware, not encrypted at all) must be asked for each.
 *
 * libkdb5 keeps the list of master keys that it fetched in the context, the
 * caller's, and tries them all where a caller names none.  A backend's method
 * that falls back on libkdb5 (changing a password while old keys are kept,
 * after the master key changed) looks for that list in its own context.  So
 * each fetch goes by the function that keeps the list there, and the caller
 * gets a copy.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "plugin/methods.h"
#include "plugin/module.h"

/* Read a master key from stash_file (NULL: the default one). */
krb5_error_code
kx_fetch_master_key(krb5_context context, krb5_principal name,
                    krb5_keyblock *key, krb5_kvno *kvno, char *stash_file)
{
    PASS_THROUGH(krb5_db_fetch_mkey(backend, name, key->enctype, FALSE, FALSE,
                                    stash_file, kvno, NULL, key));
}

/* Copy a list of master keys to *copy_out (allocated).  Errors: ENOMEM. */
static krb5_error_code
copy_key_list(krb5_context context, const krb5_keylist_node *list,
              krb5_keylist_node **copy_out)
{
    krb5_error_code code;
    krb5_keylist_node *copy = NULL, **tail = &copy;

    *copy_out = NULL;
    for (; list != NULL; list = list->next) {
        *tail = calloc(1, sizeof(**tail));
        if (*tail == NULL) {
            code = ENOMEM;
            goto cleanup;
        }
        (*tail)->kvno = list->kvno;
        code = krb5_copy_keyblock_contents(context, &list->keyblock,
                                           &(*tail)->keyblock);
        if (code)
            goto cleanup;
        tail = &(*tail)->next;
    }
    *copy_out = copy;
    copy = NULL;
    code = 0;

cleanup:
    krb5_dbe_free_key_list(context, copy);
    return code;
}

/* All master keys in *list_out (the caller's), given one of them. */
krb5_error_code
kx_fetch_master_key_list(krb5_context context, krb5_principal name,
                         const krb5_keyblock *key,
                         krb5_keylist_node **list_out)
{
    krb5_error_code code;
    struct kx_module *module;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    code = krb5_db_fetch_mkey_list(module->backend, name, key);
    if (code == 0)
        code = copy_key_list(context, krb5_db_mkey_list_alias(module->backend),
                             list_out);
    return kx_module_leave(context, module, code);
}

/* True if both lists have the same versions in the same order. */
static krb5_boolean
same_versions(const krb5_keylist_node *a, const krb5_keylist_node *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        if (a->kvno != b->kvno)
            return FALSE;
    }
    return a == NULL && b == NULL;
}

/*
 * Write master keys to stash_file (NULL: the default one).  libkdb5 has a
 * function for one key and one for the list in its context, which is the same
 * list unless the backend was opened anew since: then it is fetched first.
 */
krb5_error_code
kx_store_master_key_list(krb5_context context, char *stash_file,
                         krb5_principal name, krb5_keylist_node *list,
                         char *password)
{
    krb5_error_code code;
    struct kx_module *module;

    if (list == NULL)
        return KRB5_KDB_DBNOTINITED;
    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    if (list->next == NULL) {
        code = krb5_db_store_master_key(module->backend, stash_file, name,
                                        list->kvno, &list->keyblock, password);
    } else {
        if (!same_versions(list, krb5_db_mkey_list_alias(module->backend)))
            code = krb5_db_fetch_mkey_list(module->backend, name,
                                           &list->keyblock);
        if (code == 0)
            code = krb5_db_store_master_key_list(module->backend, stash_file,
                                                 name, password);
    }
    return kx_module_leave(context, module, code);
}

/*
 * Find a key of entry at or after *start, and move *start behind it.  In a
 * KDC, what is answered for a version that is not there is what
 * kx_intercept_no_such_key() says.
 */
krb5_error_code
kx_search_enctype(krb5_context context, krb5_db_entry *entry,
                  krb5_int32 *start, krb5_int32 enctype, krb5_int32 salttype,
                  krb5_int32 kvno, krb5_key_data **key_data_out)
{
    krb5_error_code code;
    struct kx_module *module;
    krb5_boolean first = *start == 0;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    code = krb5_dbe_search_enctype(module->backend, entry, start, enctype,
                                   salttype, kvno, key_data_out);
    if (code == KRB5_KDB_NO_MATCHING_KEY && first && kvno > 0 &&
        module->intercept != NULL)
        code = kx_intercept_no_such_key(module->intercept, entry->princ, code);
    return kx_module_leave(context, module, code);
}

/* Give entry keys from a password. */
krb5_error_code
kx_change_pwd(krb5_context context, krb5_keyblock *master_key,
              krb5_key_salt_tuple *keysalts, int n_keysalts, char *password,
              int kvno, krb5_boolean keepold, krb5_db_entry *entry)
{
    PASS_THROUGH(krb5_dbe_cpw(backend, master_key, keysalts, n_keysalts,
                              password, kvno, keepold, entry));
}

/* Decrypt a key of an entry; a master_key of NULL is the backend's matter. */
krb5_error_code
kx_decrypt_key_data(krb5_context context, const krb5_keyblock *master_key,
                    const krb5_key_data *key_data, krb5_keyblock *key_out,
                    krb5_keysalt *salt_out)
{
    PASS_THROUGH(krb5_dbe_decrypt_key_data(backend, master_key, key_data,
                                           key_out, salt_out));
}

/* Encrypt a key for an entry. */
krb5_error_code
kx_encrypt_key_data(krb5_context context, const krb5_keyblock *master_key,
                    const krb5_keyblock *key, const krb5_keysalt *salt,
                    int kvno, krb5_key_data *key_data_out)
{
    PASS_THROUGH(krb5_dbe_encrypt_key_data(backend, master_key, key, salt,
                                           kvno, key_data_out));
}
