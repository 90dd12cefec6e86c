/*
 * module.c: what the module knows of one opened database.
 *
 * A program that holds a krb5_context finds in it the message of the last
 * error, whoever set it: libkdb5, the database's module, or the program itself
 * in a callback.  With the database in a context of its own there are two
 * messages.  We keep them one: the caller's goes in with each call and the
 * backend's comes out, errors or not, so that setting, clearing and leaving a
 * message alone all have the effect that they have without us.
 *
 * libkdb5 takes the pointer that we keep in the caller's context for the sign
 * that a database is open.  So it stays from opening (or creating) to closing;
 * a module made for a call outside of that goes when the call is over.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <profile.h>
#include "plugin/backend.h"
#include "plugin/module.h"

/* Tells our pointer from one that a program put into the context itself, as
 * kdb5_ldap_util does.  That one stays there, and each call gets a module. */
#define MODULE_MAGIC ((krb5_magic)0x6b786d64)

/* Free the module but not its backend. */
static void
free_module(krb5_context context, struct kx_module *module)
{
    if (module == NULL)
        return;
    krb5_free_principal(context, module->last_read);
    krb5_free_principal(context, module->renamed);
    free(module->backend_name);
    free(module->section);
    free(module->realm);
    module->magic = 0;
    free(module);
}

/* Context's module, or NULL when it has none. */
static struct kx_module *
find_module(krb5_context context)
{
    struct kx_module *module;
    void *found;

    if (krb5_db_get_context(context, &found) != 0)
        return NULL;
    module = found;
    return (module->magic == MODULE_MAGIC) ? module : NULL;
}

/* The section of [dbmodules] that libkdb5 takes for realm, in *section_out
 * (allocated).  Errors: ENOMEM, the profile library's. */
static krb5_error_code
default_section(krb5_context context, const char *realm, char **section_out)
{
    krb5_error_code code;
    profile_t profile;

    *section_out = NULL;
    code = krb5_get_profile(context, &profile);
    if (code)
        return code;
    code = profile_get_string(profile, "realms", realm, "database_module",
                              realm, section_out);
    profile_release(profile);
    return code;
}

/*
 * Make a module for section (NULL: the one that libkdb5 would take) with its
 * backend loaded but not opened, and hang it into context.  Errors: as
 * kx_module_enter().
 */
static krb5_error_code
attach(krb5_context context, const char *section,
       struct kx_module **module_out)
{
    krb5_error_code code;
    struct kx_module *module;
    char *realm = NULL;
    void *found;

    *module_out = NULL;
    module = calloc(1, sizeof(*module));
    if (module == NULL)
        return ENOMEM;
    module->magic = MODULE_MAGIC;
    code = krb5_get_default_realm(context, &realm);
    if (code)
        goto cleanup;
    module->realm = strdup(realm);
    if (module->realm == NULL) {
        code = ENOMEM;
        goto cleanup;
    }
    if (section == NULL) {
        code = default_section(context, realm, &module->section);
    } else {
        module->section = strdup(section);
        code = (module->section == NULL) ? ENOMEM : 0;
    }
    if (code)
        goto cleanup;
    code = kx_backend_name(context, module->section, &module->backend_name);
    if (code)
        goto cleanup;
    code = kx_backend_make(context, module->section, module->realm,
                           module->backend_name, &module->backend);
    if (code)
        goto cleanup;
    module->backend_renames = kx_backend_renames(module->backend_name);
    if (krb5_db_get_context(context, &found) != 0)
        (void)krb5_db_set_context(context, module);
    *module_out = module;
    module = NULL;

cleanup:
    krb5_free_default_realm(context, realm);
    free_module(context, module);
    return code;
}

/* Close the database and forget module.  Errors: the backend's. */
static krb5_error_code
detach(krb5_context context, struct kx_module *module)
{
    krb5_error_code code;

    kx_intercept_close(module->intercept);
    module->intercept = NULL;
    code = kx_backend_close(context, module->backend);
    if (code)
        return code;
    if (find_module(context) == module)
        (void)krb5_db_set_context(context, NULL);
    free_module(context, module);
    return 0;
}

/* Begin a use.  See module.h. */
krb5_error_code
kx_module_enter(krb5_context context, const char *section,
                struct kx_module **module_out)
{
    krb5_error_code code;

    *module_out = find_module(context);
    if (*module_out == NULL) {
        code = attach(context, section, module_out);
        if (code)
            return code;
    }
    (*module_out)->uses++;
    kx_module_call_in(context, *module_out);
    return 0;
}

/* End a use.  See module.h. */
krb5_error_code
kx_module_leave(krb5_context context, struct kx_module *module,
                krb5_error_code code)
{
    kx_module_call_out(context, module);
    if (--module->uses == 0 && !module->opened)
        (void)detach(context, module);
    return code;
}

/* Close the database and forget the module.  See module.h. */
krb5_error_code
kx_module_end(krb5_context context)
{
    struct kx_module *module = find_module(context);

    return (module != NULL) ? detach(context, module) : 0;
}

/* The message goes out.  See module.h. */
void
kx_module_call_out(krb5_context context, const struct kx_module *module)
{
    krb5_copy_error_message(context, module->backend);
}

/* The message comes in.  See module.h. */
void
kx_module_call_in(krb5_context context, const struct kx_module *module)
{
    krb5_copy_error_message(module->backend, context);
}
