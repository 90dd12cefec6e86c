/*
 * service.c: what one reading of kdc.conf gives.
 *
 * SIGHUP makes a whole new service beside the old one, from its krb5_context
 * on, since much of kdc.conf and krb5.conf is read into that when it is made.
 * Only when all of the new one works does it take the old one's place, so a
 * bad change leaves us as we were.  Requests under way stay with the service
 * that took them, and the last of them ends it.  What was answered lately is
 * common to both services, or a replay of it would make a second key.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <kadm5/admin.h>
#include <profile.h>
#include "daemon/kxoverd.h"

/* krb5kdc's default of kdc_tcp_listen_backlog. */
#define KDC_BACKLOG 5

/* Write the message that context (may be NULL) has for code. */
static void
log_error(const struct kx_logger *logger, krb5_context context,
          krb5_error_code code, const char *step)
{
    const char *message = krb5_get_error_message(context, code);

    kx_log(logger, LOG_ERR, "%s: %s", step, message);
    krb5_free_error_message(context, message);
}

/*
 * Read what krb5kdc reads, too: how many connections it lets wait.  Errors:
 * the profile library's.
 */
static krb5_error_code
read_kdc_backlog(struct kx_service *service)
{
    krb5_error_code ret;
    struct _profile_t *profile = NULL;

    ret = krb5_get_profile(service->context, &profile);
    if (ret)
        return ret;
    ret = profile_get_integer(profile, "kdcdefaults", "kdc_tcp_listen_backlog",
                              NULL, KDC_BACKLOG, &service->kdc_backlog);
    profile_release(profile);
    return ret;
}

/* The last user has left. */
static void
on_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    kx_service_free(arg);
}

/* The store where nothing is stored. */
static krb5_error_code
no_versions(void *arg, krb5_const_principal name, krb5_boolean adopt,
            uint32_t **kvnos, size_t *n)
{
    struct kx_service *service = arg;

    (void)name;
    (void)adopt;
    *kvnos = NULL;
    *n = 0;
    if (service->settings->replica)
        return kx_error(service->context, KX_ERR_STORE,
                        "Keys for others to come here are not agreed on here: "
                        "this is a copy of the database (kxover_replica)");
    return kx_error(service->context, KX_ERR_STORE,
                    "Keys for others to come here are not kept: kxover_store "
                    "is memory, and this is not the KDC");
}

/* Never reached: no_versions() comes first. */
static krb5_error_code
no_put(void *arg, const struct kx_crossover *crossover)
{
    struct kx_service *service = arg;

    (void)crossover;
    return kx_error(service->context, KX_ERR_STORE, "kxover_store is memory");
}

krb5_error_code
kx_service_read(const struct kx_logger *logger, const char *realm,
                struct kx_service **out)
{
    krb5_error_code ret;
    struct kx_service *service;
    char *default_realm = NULL;

    *out = NULL;
    service = calloc(1, sizeof(*service));
    if (service == NULL)
        return ENOMEM;
    service->users = 1;
    ret = kadm5_init_krb5_context(&service->context);
    if (ret) {
        log_error(logger, NULL, ret, "Cannot read krb5.conf and kdc.conf");
        goto cleanup;
    }
    if (realm == NULL) {
        ret = krb5_get_default_realm(service->context, &default_realm);
        if (ret) {
            log_error(logger, service->context, ret,
                      "No realm: give -r REALM, or set default_realm in "
                      "[libdefaults] of krb5.conf");
            goto cleanup;
        }
        realm = default_realm;
    }
    ret = krb5_set_default_realm(service->context, realm);
    if (!ret)
        ret = kx_settings_read(service->context, realm, NULL,
                               &service->settings);
    if (!ret)
        ret = read_kdc_backlog(service);
    if (ret) {
        kx_daemon_log_open(service->context);
        log_error(logger, service->context, ret, "Cannot use the settings");
    }

cleanup:
    if (default_realm != NULL)
        krb5_free_default_realm(service->context, default_realm);
    if (ret)
        kx_service_free(service);
    else
        *out = service;
    return ret;
}

krb5_error_code
kx_service_start(struct kx_service *service, struct event_base *base,
                 struct kx_settle *settle, const struct kx_logger *logger,
                 struct kx_metrics *metrics, const struct kx_service *before)
{
    const struct kx_listener listener = {kx_metrics_tell, metrics};
    krb5_error_code ret = ENOMEM;
    krb5_context context = service->context;

    service->end = event_new(base, -1, 0, on_end, service);
    if (service->end == NULL)
        return ENOMEM;
    if (service->settings->store == KX_STORE_MEMORY ||
        service->settings->replica) {
        service->store.arg = service;
        service->store.versions = no_versions;
        service->store.put = no_put;
    } else {
        ret = kx_kadm_store_open(context, service->settings->realm, settle,
                                 &service->kadm);
        if (ret) {
            (void)kx_error_prefix(context, ret, "realm %s",
                                  service->settings->realm);
            log_error(logger, context, ret, "Cannot open the database");
            return ret;
        }
        kx_kadm_store_limit(service->kadm, service->settings->max_peers);
        kx_kadm_store_attributes(service->kadm, service->settings->attributes);
        service->store.arg = service->kadm;
        service->store.permits = kx_kadm_store_permits;
        service->store.versions = kx_kadm_store_versions;
        service->store.earlier = kx_kadm_store_earlier;
        service->store.put = kx_kadm_store_put;
    }
    ret = kx_engine_new(context, base, service->settings, logger,
                        &service->engine);
    if (!ret)
        kx_engine_listen(service->engine, &listener);
    if (!ret)
        ret = kx_responder_new(service->engine, &service->store,
                               before != NULL ? before->responder : NULL,
                               &service->responder);
    if (ret)
        log_error(logger, context, ret, "Cannot set up exchanges");
    return ret;
}

void
kx_service_use(struct kx_service *service)
{
    service->users++;
}

void
kx_service_leave(struct kx_service *service)
{
    if (--service->users == 0)
        event_active(service->end, 0, 0);
}

void
kx_service_free(struct kx_service *service)
{
    if (service == NULL)
        return;
    kx_responder_free(service->responder);
    kx_engine_free(service->engine);
    kx_kadm_store_close(service->kadm);
    kx_settings_free(service->settings);
    if (service->end != NULL)
        event_free(service->end);
    if (service->context != NULL)
        krb5_free_context(service->context);
    free(service);
}
