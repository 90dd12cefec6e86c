/*
 * module.h: what the module knows of one opened database.
 *
 * libkdb5 gives every method the caller's krb5_context and keeps one pointer
 * of ours in it.  kx_module_enter() and kx_module_leave() stand around every
 * use of the database behind us.
 */
#ifndef KX_PLUGIN_MODULE_H
#define KX_PLUGIN_MODULE_H

#include <kdb.h>
#include "base/kx_base.h"
#include "plugin/intercept.h"

struct kx_module {
    krb5_magic magic;
    char *realm;          /* the realm served */
    char *section;        /* its section of [dbmodules] */
    char *backend_name;   /* the module behind us, as kxover_backend has it */
    krb5_context backend; /* its context */
    krb5_boolean opened;  /* the database is open, or was just created */
    krb5_boolean for_kdc; /* opened by a KDC */
    struct kx_intercept *intercept; /* then; else NULL */
    unsigned int uses; /* between kx_module_enter() and its leave */

    /* For put_principal() and delete_principal() alone (principal.c). */
    krb5_boolean backend_renames; /* the backend has a rename method */
    krb5_principal last_read;     /* the principal that was read last */
    krb5_principal renamed;       /* source of a rename not yet deleted */
};

/*
 * Begin a use of the database behind context: *module_out is context's module,
 * made now if it has none, and the error message that context holds is the
 * backend's too.  section is the one of [dbmodules] that libkdb5 named to the
 * method, or NULL for a method that is not told: it takes the same one.
 *
 * libkdb5 calls some methods before a database is opened or after it is
 * closed; the backend then says itself what it thinks of that.
 *
 * Errors, with a message in context: KX_ERR_SETTING, those of loading the
 * backend's module, ENOMEM.
 */
krb5_error_code kx_module_enter(krb5_context context, const char *section,
                                struct kx_module **module_out);

/*
 * End a use: the backend's error message becomes context's, as if both were
 * one.  Returns code.  A module whose database is not open then goes.
 */
krb5_error_code kx_module_leave(krb5_context context, struct kx_module *module,
                                krb5_error_code code);

/*
 * Close the database and forget the module, if context has one.  Errors: the
 * backend's, with its message in context; the module then stays.
 */
krb5_error_code kx_module_end(krb5_context context);

/*
 * Within a use, around a call back into the program that uses the database:
 * the error message goes over to context, and comes back from it.
 */
void kx_module_call_out(krb5_context context, const struct kx_module *module);
void kx_module_call_in(krb5_context context, const struct kx_module *module);

/*
 * The whole body of a method that asks the database behind us and does nothing
 * else.  context is the method's parameter; call is an expression that gives
 * an error code, in which backend is the backend's context and module the
 * module.
 */
#define PASS_THROUGH(call)                                                    \
    struct kx_module *module;                                                 \
    krb5_context backend;                                                     \
    krb5_error_code code;                                                     \
                                                                              \
    code = kx_module_enter(context, NULL, &module);                           \
    if (code)                                                                 \
        return code;                                                          \
    backend = module->backend;                                                \
    code = (call);                                                            \
    return kx_module_leave(context, module, code)

#endif /* KX_PLUGIN_MODULE_H */
