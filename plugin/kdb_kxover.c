/*
 * kdb_kxover.c: the KDB module kxover.so.
 *
 * krb5 keeps its principals in a database module, which it finds under
 * db_library in the realm's section of [dbmodules].  This one stands in front
 * of another: kxover_backend in the same section names the module that has the
 * principals.  kadmin, kdb5_util and kpropd see that database as it is, and so
 * does the KDC but for what kxover adds.
 *
 *   libkdb5 ──▶ kdb_function_table ──▶ methods ──▶ libkdb5 ──▶ the backend
 *   the caller's context                           a context of our own
 *
 *   module.c       what we know of one opened database, and the way in and out
 *   backend.c      the second context, in which the backend is loaded
 *   overlay.c      the profile of that context
 *   principal.c    the methods for principals
 *   keys.c         the methods for master keys and what they encrypt
 *   passthrough.c  all other methods
 *
 *   intercept.c    what a KDC is answered that is not in the database
 *   outgoing.c     the crossovers by which its users go to other realms
 *   exchanges.c    the exchanges that it has under way
 *   pending.c      their list, and which of them gives way
 *   referral.c     which unknown services may be of another realm
 *   questions.c    what it asks DNS about hosts
 *   stall.c        how long it may stand still because of them
 *   held.c         keys that it holds in memory
 *   writer.c       what it writes into the database
 *   lock.c         the database's lock, without waiting long for it
 *   judge.c        what it must not grant because of a crossover of ours
 *   transited.c    the realms that a ticket came through
 *   log.c          log lines from inside it
 *
 * Here are the table and the life of a module: loaded, opened or created,
 * closed.  A method that the backend does not have must not be missed: libkdb5
 * then answers for it with the backend's context just what it would answer if
 * it were missing here.  So all are in the table, except renaming (principal.c
 * says why) and what krb5 does not call.
 *
 * krb5kdc opens its database, then forks into the background; with -w it opens
 * the database in the parent, closes it, forks, and opens it anew in each
 * worker.  Nothing here outlives a database that is closed.
 */
#include "config.h"
#include "plugin/backend.h"
#include "plugin/methods.h"
#include "plugin/module.h"

/* Which program opens a database, in the mode of opening. */
#define SERVICE_TYPE_MASK 0x0f00

/* Our one exported symbol. */
extern kdb_vftabl kdb_function_table;

/* The library is loaded: make our errors known. */
static krb5_error_code
init_library(void)
{
    kx_init_errors();
    return 0;
}

/* The last database is closed; the library stays in memory. */
static krb5_error_code
fini_library(void)
{
    return 0;
}

/*
 * Open the database; for a KDC, interception begins.  Errors: the backend's,
 * kx_module_enter()'s, KX_ERR_SETTING.
 */
static krb5_error_code
init_module(krb5_context context, char *section, char **db_args, int mode)
{
    krb5_error_code code;
    struct kx_module *module;

    code = kx_module_enter(context, section, &module);
    if (code)
        return code;
    code = krb5_db_open(module->backend, db_args, mode);
    if (code == 0 && !module->opened) {
        module->opened = TRUE;
        module->for_kdc = (mode & SERVICE_TYPE_MASK) == KRB5_KDB_SRV_TYPE_KDC;
        if (module->for_kdc)
            code = kx_intercept_open(context, module->backend, module->realm,
                                     module->section, &module->intercept);
    }
    return kx_module_leave(context, module, code);
}

/* Close the database.  Errors: the backend's. */
static krb5_error_code
fini_module(krb5_context context)
{
    return kx_module_end(context);
}

/* Create the database, and leave it open.  Errors: the backend's,
 * kx_module_enter()'s. */
static krb5_error_code
create(krb5_context context, char *section, char **db_args)
{
    krb5_error_code code;
    struct kx_module *module;

    code = kx_module_enter(context, section, &module);
    if (code)
        return code;
    code = krb5_db_create(module->backend, db_args);
    if (code == 0)
        module->opened = TRUE;
    return kx_module_leave(context, module, code);
}

/* Our database is no longer open when the backend's, which was (was_open), has
 * been closed by a method. */
static void
note_closing(struct kx_module *module, krb5_boolean was_open)
{
    if (was_open && krb5_db_inited(module->backend) != 0)
        module->opened = FALSE;
}

/* Destroy the database, which may be open.  Errors: the backend's,
 * kx_module_enter()'s. */
static krb5_error_code
destroy(krb5_context context, char *section, char **db_args)
{
    krb5_error_code code;
    struct kx_module *module;
    krb5_boolean was_open;

    code = kx_module_enter(context, section, &module);
    if (code)
        return code;
    was_open = (krb5_db_inited(module->backend) == 0);
    code = krb5_db_destroy(module->backend, db_args);
    note_closing(module, was_open);
    return kx_module_leave(context, module, code);
}

/* Put the temporary database that was created in the place of the real one,
 * and close it.  Errors: the backend's, kx_module_enter()'s. */
static krb5_error_code
promote_db(krb5_context context, char *section, char **db_args)
{
    krb5_error_code code;
    struct kx_module *module;
    krb5_boolean was_open;

    code = kx_module_enter(context, section, &module);
    if (code)
        return code;
    was_open = (krb5_db_inited(module->backend) == 0);
    code = krb5_db_promote(module->backend, db_args);
    note_closing(module, was_open);
    return kx_module_leave(context, module, code);
}

/* The KDC was told to read its configuration again (SIGHUP). */
static void
refresh_config(krb5_context context)
{
    struct kx_module *module;

    if (kx_module_enter(context, NULL, &module) != 0)
        return;
    krb5_db_refresh_config(module->backend);
    if (module->intercept != NULL)
        kx_intercept_refresh(module->intercept);
    (void)kx_module_leave(context, module, 0);
}

kdb_vftabl kdb_function_table = {
    .maj_ver = KRB5_KDB_DAL_MAJOR_VERSION,
    .min_ver = 0,
    .init_library = init_library,
    .fini_library = fini_library,
    .init_module = init_module,
    .fini_module = fini_module,
    .create = create,
    .destroy = destroy,
    .get_age = kx_get_age,
    .lock = kx_lock,
    .unlock = kx_unlock,
    .get_principal = kx_get_principal,
    .put_principal = kx_put_principal,
    .delete_principal = kx_delete_principal,
    .rename_principal = NULL, /* principal.c */
    .iterate = kx_iterate,
    .create_policy = kx_create_policy,
    .get_policy = kx_get_policy,
    .put_policy = kx_put_policy,
    .iter_policy = kx_iter_policy,
    .delete_policy = kx_delete_policy,
    .fetch_master_key = kx_fetch_master_key,
    .fetch_master_key_list = kx_fetch_master_key_list,
    .store_master_key_list = kx_store_master_key_list,
    .dbe_search_enctype = kx_search_enctype,
    .change_pwd = kx_change_pwd,
    .promote_db = promote_db,
    .decrypt_key_data = kx_decrypt_key_data,
    .encrypt_key_data = kx_encrypt_key_data,
    .check_transited_realms = kx_check_transited_realms,
    .check_policy_as = kx_check_policy_as,
    .check_policy_tgs = kx_check_policy_tgs,
    .audit_as_req = kx_audit_as_req,
    .refresh_config = refresh_config,
    .check_allowed_to_delegate = kx_check_allowed_to_delegate,
    .free_principal_e_data = kx_free_principal_e_data,
    .get_s4u_x509_principal = kx_get_s4u_x509_principal,
    .allowed_to_delegate_from = kx_allowed_to_delegate_from,
    .issue_pac = kx_issue_pac,
};
