/*
 * principal.c: reading, storing, deleting and renaming principals.
 *
 * Reading is where kxover does more than pass through: in a KDC, once the
 * database has answered, with an entry or without, kx_get_principal() has all
 * that it takes to answer better.
 *
 * Storing: arguments for the database (kadmin -x) travel in the entry until
 * libkdb5 takes them out and hands them to the method apart.  The libkdb5 call
 * that reaches the backend wants them in the entry again, and takes them out
 * again.
 *
 * Renaming: our table has no method for it, as with one libkdb5 would refuse
 * every renaming while incremental propagation is on.  libkdb5 then reads the
 * old principal, stores it under the new name and deletes the old name, which
 * does for most databases.  One that has a method of its own has it because
 * that does not do (in a directory, it would change the old object's name and
 * then delete that object).  For such a backend we recognise the sequence by
 * its middle: what is stored claims to exist, but does not.  Then the backend
 * renames, and the deletion that follows finds its work done.
 *
 * Freeing: libkdb5 frees an entry in the caller's context, but for e_data it
 * asks the module, and only the backend knows how.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include "plugin/methods.h"
#include "plugin/module.h"

/* libkdb5 declares some names writable that it only reads. */
static krb5_principal
as_writable(krb5_const_principal name)
{
    /* It takes the const off: NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return (krb5_principal)(uintptr_t)name;
}

/* Remember what was read last, where a renaming may have to be recognised. */
static krb5_error_code
note_read(krb5_context context, struct kx_module *module,
          krb5_const_principal name)
{
    if (!module->backend_renames || module->for_kdc)
        return 0;
    krb5_free_principal(context, module->last_read);
    module->last_read = NULL;
    return krb5_copy_principal(context, name, &module->last_read);
}

/*
 * Read a principal; in a KDC, crossovers are what kx_intercept_lookup() says.
 * Errors: KRB5_KDB_NOENTRY when there is none.
 */
krb5_error_code
kx_get_principal(krb5_context context, krb5_const_principal search_for,
                 unsigned int flags, krb5_db_entry **entry_out)
{
    krb5_error_code code;
    struct kx_module *module;

    *entry_out = NULL;
    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    /* What happens in there is not what happens to this lookup. */
    if (module->intercept != NULL && kx_intercept_move(module->intercept))
        kx_module_call_in(context, module);
    code =
        krb5_db_get_principal(module->backend, search_for, flags, entry_out);
    if (code == 0) {
        code = note_read(context, module, search_for);
        if (code) {
            krb5_db_free_principal(module->backend, *entry_out);
            *entry_out = NULL;
        }
    }
    if (module->intercept != NULL)
        code = kx_intercept_lookup(module->intercept, search_for, flags, code,
                                   entry_out);
    return kx_module_leave(context, module, code);
}

/* Put db_args, in their order, at the end of entry's tl-data.  Errors: ENOMEM,
 * EINVAL when there is no room for them. */
static krb5_error_code
append_db_args(krb5_db_entry *entry, char **db_args)
{
    krb5_tl_data **link = &entry->tl_data, *node;
    size_t size;

    while (*link != NULL)
        link = &(*link)->tl_data_next;
    for (; db_args != NULL && *db_args != NULL; db_args++) {
        size = strlen(*db_args) + 1;
        if (size > UINT16_MAX || entry->n_tl_data == INT16_MAX)
            return EINVAL;
        node = calloc(1, sizeof(*node));
        if (node == NULL)
            return ENOMEM;
        node->tl_data_type = KRB5_TL_DB_ARGS;
        node->tl_data_length = (krb5_ui_2)size;
        node->tl_data_contents = (krb5_octet *)strdup(*db_args);
        if (node->tl_data_contents == NULL) {
            free(node);
            return ENOMEM;
        }
        *link = node;
        link = &node->tl_data_next;
        entry->n_tl_data++;
    }
    return 0;
}

/* True if storing entry is libkdb5's way of renaming module->last_read, and
 * the backend has another. */
static krb5_boolean
is_renaming(krb5_context context, struct kx_module *module,
            const krb5_db_entry *entry)
{
    krb5_error_code code;
    krb5_db_entry *existing = NULL;

    if (!module->backend_renames || module->last_read == NULL ||
        (entry->mask & KADM5_PRINCIPAL) != 0 ||
        krb5_principal_compare(context, module->last_read, entry->princ))
        return FALSE;
    code = krb5_db_get_principal(module->backend, entry->princ, 0, &existing);
    krb5_db_free_principal(module->backend, existing);
    return code == KRB5_KDB_NOENTRY;
}

/* Let the backend rename module->last_read to target.  Errors: the
 * backend's. */
static krb5_error_code
rename_in_backend(krb5_context context, struct kx_module *module,
                  krb5_principal target)
{
    krb5_error_code code;

    code =
        krb5_db_rename_principal(module->backend, module->last_read, target);
    if (code)
        return code;
    krb5_free_principal(context, module->renamed);
    module->renamed = module->last_read;
    module->last_read = NULL;
    return 0;
}

/* Create or change a principal. */
krb5_error_code
kx_put_principal(krb5_context context, krb5_db_entry *entry, char **db_args)
{
    krb5_error_code code;
    struct kx_module *module;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    if (is_renaming(context, module, entry)) {
        code = rename_in_backend(context, module, entry->princ);
        goto cleanup;
    }
    code = append_db_args(entry, db_args);
    if (code == 0)
        code = krb5_db_put_principal(module->backend, entry);

cleanup:
    return kx_module_leave(context, module, code);
}

/* Delete a principal.  Errors: KRB5_KDB_NOENTRY when there is none. */
krb5_error_code
kx_delete_principal(krb5_context context, krb5_const_principal search_for)
{
    krb5_error_code code;
    struct kx_module *module;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    code = krb5_db_delete_principal(module->backend, as_writable(search_for));
    if (code == KRB5_KDB_NOENTRY && module->renamed != NULL &&
        krb5_principal_compare(context, module->renamed, search_for))
        code = 0;
    krb5_free_principal(context, module->renamed);
    module->renamed = NULL;
    return kx_module_leave(context, module, code);
}

/*
 * Free the e_data of an entry.  libkdb5 offers that for whole entries only, so
 * it gets one that holds nothing else; without memory for it, e_data leaks.
 */
void
kx_free_principal_e_data(krb5_context context, krb5_octet *e_data)
{
    struct kx_module *module;
    krb5_db_entry *entry;

    if (kx_module_enter(context, NULL, &module) != 0)
        return;
    entry = calloc(1, sizeof(*entry));
    if (entry != NULL) {
        entry->e_data = e_data;
        krb5_db_free_principal(module->backend, entry);
    }
    (void)kx_module_leave(context, module, 0);
}
