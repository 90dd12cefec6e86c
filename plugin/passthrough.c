/*
 * passthrough.c: the methods that do nothing but ask the database behind us.
 *
 * Each calls libkdb5's function for the method with the backend's context.
 * That function is to the backend's method what libkdb5 is to ours: where the
 * backend has no such method it returns, or does, exactly what it would with
 * the backend in our place.  What else it does is harmless twice over: it
 * sorts keys that are sorted, and the update log of incremental propagation
 * belongs to the caller's context, never to ours, so that each change is
 * logged once.
 *
 * Entries and requests that the KDC passes around are no context's own, and go
 * through as they are.
 */
#include "config.h"
#include "plugin/judge.h"
#include "plugin/methods.h"
#include "plugin/module.h"

/* The database's age; nothing in krb5 asks for it any more. */
krb5_error_code
kx_get_age(krb5_context context, char *name, time_t *age)
{
    PASS_THROUGH(krb5_db_get_age(backend, name, age));
}

/* Lock the database. */
krb5_error_code
kx_lock(krb5_context context, int mode)
{
    PASS_THROUGH(krb5_db_lock(backend, mode));
}

/* Unlock the database. */
krb5_error_code
kx_unlock(krb5_context context)
{
    PASS_THROUGH(krb5_db_unlock(backend));
}

/* What the functions below hand from an iteration to the caller's function. */
struct callback {
    krb5_context context;
    struct kx_module *module;
    int (*principal_func)(krb5_pointer, krb5_db_entry *);
    osa_adb_iter_policy_func policy_func;
    void *arg;
};

/* Give one principal to the caller's function, and its answer back. */
static int
each_principal(krb5_pointer arg, krb5_db_entry *entry)
{
    struct callback *callback = arg;
    int code;

    kx_module_call_out(callback->context, callback->module);
    code = callback->principal_func(callback->arg, entry);
    kx_module_call_in(callback->context, callback->module);
    return code;
}

/* Give one policy to the caller's function. */
static void
each_policy(void *arg, osa_policy_ent_t policy)
{
    struct callback *callback = arg;

    kx_module_call_out(callback->context, callback->module);
    callback->policy_func(callback->arg, policy);
    kx_module_call_in(callback->context, callback->module);
}

/* Call func for each principal; func may use the database. */
krb5_error_code
kx_iterate(krb5_context context, char *match_entry,
           int (*func)(krb5_pointer, krb5_db_entry *), krb5_pointer func_arg,
           krb5_flags flags)
{
    struct callback callback = {
        .context = context, .principal_func = func, .arg = func_arg};

    PASS_THROUGH((callback.module = module,
                  krb5_db_iterate(backend, match_entry, each_principal,
                                  &callback, flags)));
}

/* Create a policy. */
krb5_error_code
kx_create_policy(krb5_context context, osa_policy_ent_t policy)
{
    PASS_THROUGH(krb5_db_create_policy(backend, policy));
}

/* Read a policy, which the caller frees with krb5_db_free_policy(). */
krb5_error_code
kx_get_policy(krb5_context context, char *name, osa_policy_ent_t *policy_out)
{
    PASS_THROUGH(krb5_db_get_policy(backend, name, policy_out));
}

/* Change a policy. */
krb5_error_code
kx_put_policy(krb5_context context, osa_policy_ent_t policy)
{
    PASS_THROUGH(krb5_db_put_policy(backend, policy));
}

/* Call func for each policy; func may use the database. */
krb5_error_code
kx_iter_policy(krb5_context context, char *match_entry,
               osa_adb_iter_policy_func func, void *func_arg)
{
    struct callback callback = {
        .context = context, .policy_func = func, .arg = func_arg};

    PASS_THROUGH(
        (callback.module = module,
         krb5_db_iter_policy(backend, match_entry, each_policy, &callback)));
}

/* Delete a policy. */
krb5_error_code
kx_delete_policy(krb5_context context, char *name)
{
    PASS_THROUGH(krb5_db_delete_policy(backend, name));
}

/* May a ticket have come by these realms? */
krb5_error_code
kx_check_transited_realms(krb5_context context, const krb5_data *transited,
                          const krb5_data *client_realm,
                          const krb5_data *server_realm)
{
    PASS_THROUGH(krb5_db_check_transited_realms(backend, transited,
                                                client_realm, server_realm));
}

/* May this client log in, for this service?  In a KDC, our say comes before
 * the backend's, which also counts lockout. */
krb5_error_code
kx_check_policy_as(krb5_context context, krb5_kdc_req *request,
                   krb5_db_entry *client, krb5_db_entry *server,
                   krb5_timestamp kdc_time, const char **status,
                   krb5_pa_data ***e_data_out)
{
    struct kx_module *module;
    krb5_error_code code, ours = 0;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    code = krb5_db_check_policy_as(module->backend, request, client, server,
                                   kdc_time, status, e_data_out);
    if (module->intercept != NULL &&
        (code == 0 || code == KRB5_PLUGIN_OP_NOTSUPP))
        ours = kx_judge_login(module->backend,
                              kx_intercept_settings(module->intercept),
                              request, server, status);
    return kx_module_leave(context, module, ours ? ours : code);
}

/* May this client have this service's ticket?  In a KDC, our say comes before
 * the backend's. */
krb5_error_code
kx_check_policy_tgs(krb5_context context, krb5_kdc_req *request,
                    krb5_db_entry *server, krb5_ticket *ticket,
                    const char **status, krb5_pa_data ***e_data_out)
{
    struct kx_module *module;
    krb5_error_code code;

    code = kx_module_enter(context, NULL, &module);
    if (code)
        return code;
    if (module->intercept != NULL)
        code = kx_judge_ticket(module->backend,
                               kx_intercept_settings(module->intercept),
                               ticket, status);
    if (code == 0)
        code = krb5_db_check_policy_tgs(module->backend, request, server,
                                        ticket, status, e_data_out);
    return kx_module_leave(context, module, code);
}

/* A login succeeded or failed.  Lockout is counted here. */
void
kx_audit_as_req(krb5_context context, krb5_kdc_req *request,
                const krb5_address *local_addr,
                const krb5_address *remote_addr, krb5_db_entry *client,
                krb5_db_entry *server, krb5_timestamp authtime,
                krb5_error_code outcome)
{
    struct kx_module *module;

    if (kx_module_enter(context, NULL, &module) != 0)
        return;
    krb5_db_audit_as_req(module->backend, request, local_addr, remote_addr,
                         client, server, authtime, outcome);
    (void)kx_module_leave(context, module, 0);
}

/* May server act for client towards proxy, or towards anybody? */
krb5_error_code
kx_check_allowed_to_delegate(krb5_context context, krb5_const_principal client,
                             const krb5_db_entry *server,
                             krb5_const_principal proxy)
{
    PASS_THROUGH(
        krb5_db_check_allowed_to_delegate(backend, client, server, proxy));
}

/* Read the principal that a certificate belongs to. */
krb5_error_code
kx_get_s4u_x509_principal(krb5_context context, const krb5_data *client_cert,
                          krb5_const_principal name, unsigned int flags,
                          krb5_db_entry **entry_out)
{
    PASS_THROUGH(krb5_db_get_s4u_x509_principal(backend, client_cert, name,
                                                flags, entry_out));
}

/* Does proxy accept server acting for client? */
krb5_error_code
kx_allowed_to_delegate_from(krb5_context context, krb5_const_principal client,
                            krb5_const_principal server, krb5_pac server_pac,
                            const krb5_db_entry *proxy)
{
    PASS_THROUGH(krb5_db_allowed_to_delegate_from(backend, client, server,
                                                  server_pac, proxy));
}

/* Fill a PAC before it is signed. */
krb5_error_code
kx_issue_pac(krb5_context context, unsigned int flags, krb5_db_entry *client,
             krb5_keyblock *replaced_reply_key, krb5_db_entry *server,
             krb5_db_entry *signing_krbtgt, krb5_timestamp authtime,
             krb5_pac old_pac, krb5_pac new_pac, krb5_data ***auth_indicators)
{
    PASS_THROUGH(krb5_db_issue_pac(backend, flags, client, replaced_reply_key,
                                   server, signing_krbtgt, authtime, old_pac,
                                   new_pac, auth_indicators));
}
