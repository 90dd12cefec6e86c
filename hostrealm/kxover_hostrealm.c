/*
 * kxover_hostrealm.c: the realm of a host, from signed DNS, for clients and
 * application servers.
 *
 * libkrb5 asks its hostrealm modules which realm a host is of, before it
 * leaves that to the user's KDC.  This one answers what _kerberos.HOST TXT
 * says under DNSSEC (draft-vanrein-dnstxt-krb1), and is silent about all that
 * is not proven: without a secure answer, libkrb5 goes on as if the module
 * were not there.  krb5.conf has
 *
 *   [plugins]
 *       hostrealm = {
 *           module = kxover:hostrealm/kxover_hostrealm.so
 *       }
 *   [libdefaults]
 *       kxover_unbound_conf = /etc/krb5/unbound.conf
 *
 * The second setting is optional: an unbound.conf that decides all DNS
 * matters, such as which resolver to ask.  libkrb5 asks modules of krb5.conf
 * before its own, so [domain_realm] is looked at here: what the administrator
 * says there comes first.
 *
 * We live in other people's programs.  Nothing is started before the first
 * question; a forked child starts anew; nothing is written anywhere.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <event2/event.h>
#include <krb5/hostrealm_plugin.h>
#include <profile.h>
#include "dnssec/kx_dnssec.h"

/* Seconds that a program waits for DNS at the most. */
#define PATIENCE 3

/* Our one exported symbol. */
krb5_error_code hostrealm_kxover_initvt(krb5_context context, int maj_ver,
                                        int min_ver,
                                        krb5_plugin_vtable vtable);

/* What one krb5_context has of us; all of it from the first question on. */
struct krb5_hostrealm_moddata_st {
    pid_t process; /* that started what follows */
    struct event_base *base;
    struct kx_resolver *resolver;
};

/* A question under way. */
struct question {
    krb5_context context;
    const char *host;
    krb5_boolean answered;
    krb5_error_code code;
    char realm[KX_MAX_DNS_NAME];
};

/* Release the resolver; in a forked child, leave the parent's alone. */
static void
stop(krb5_hostrealm_moddata data)
{
    if (data->base == NULL)
        return;
    if (data->process == getpid()) {
        kx_resolver_free(data->resolver);
        event_base_free(data->base);
    } else {
        kx_resolver_abandon(data->resolver);
    }
    data->resolver = NULL;
    data->base = NULL;
}

/*
 * Have a resolver of this process.  Errors: those of kx_resolver_new(), the
 * profile library's, ENOMEM.
 */
static krb5_error_code
start(krb5_context context, krb5_hostrealm_moddata data)
{
    profile_t profile = NULL;
    char *unbound_conf = NULL;
    krb5_error_code ret;

    if (data->base != NULL && data->process == getpid())
        return 0;
    stop(data);
    ret = krb5_get_profile(context, &profile);
    if (ret)
        return ret;
    ret = profile_get_string(profile, "libdefaults", "kxover_unbound_conf",
                             NULL, NULL, &unbound_conf);
    if (ret)
        goto cleanup;
    ret = kx_event_base_new(context, &data->base);
    if (ret)
        goto cleanup;
    data->process = getpid();
    ret = kx_resolver_new(context, data->base, unbound_conf, &data->resolver);
    if (ret) {
        event_base_free(data->base);
        data->base = NULL;
    }

cleanup:
    profile_release_string(unbound_conf);
    profile_release(profile);
    return ret;
}

/* True if host can be looked up: of two labels or more, and no IPv4 address.
 * (kx_lookup_text() itself refuses what is no host name.) */
static krb5_boolean
is_domain_name(const char *host)
{
    struct in_addr four;

    return strchr(host, '.') != NULL && inet_pton(AF_INET, host, &four) != 1;
}

/* Event: DNS has answered. */
static void
answered(void *arg, const struct kx_answer *answer)
{
    struct question *question = arg;

    question->answered = TRUE;
    question->code = answer->code;
    if (answer->code == 0)
        question->code =
            kx_text_realm(question->context, question->host, answer->text,
                          answer->n_text, question->realm);
}

/*
 * Write the realm that DNS proves host to be of into realm, KX_MAX_DNS_NAME
 * bytes.  Errors: those of kx_lookup_text() and kx_text_realm().
 */
static krb5_error_code
ask(krb5_context context, krb5_hostrealm_moddata data, const char *host,
    char *realm)
{
    const struct timeval patience = {PATIENCE, 0};
    struct question question = {.context = context, .host = host};
    krb5_error_code ret;

    ret = start(context, data);
    if (ret)
        return ret;
    ret = kx_lookup_text(data->resolver, host, &patience, answered, &question,
                         NULL);
    if (ret)
        return ret;
    /* The lookup has a time limit of its own, and always ends. */
    while (!question.answered) {
        if (event_base_loop(data->base, EVLOOP_ONCE) < 0) {
            stop(data);
            return KX_ERR_DNS_FAILED;
        }
    }
    memcpy(realm, question.realm, sizeof(question.realm));
    return question.code;
}

/* Make our part of a krb5_context in *data_out.  Errors: ENOMEM. */
static krb5_error_code
init(krb5_context context, krb5_hostrealm_moddata *data_out)
{
    (void)context;
    *data_out = calloc(1, sizeof(**data_out));
    return *data_out != NULL ? 0 : ENOMEM;
}

static void
fini(krb5_context context, krb5_hostrealm_moddata data)
{
    (void)context;
    if (data != NULL)
        stop(data);
    free(data);
}

/*
 * Give the realm of host, which libkrb5 has put into small letters, in
 * *realms_out (release_list()).  Errors: KRB5_PLUGIN_NO_HANDLE when nothing is
 * proven or asked, so that other modules are heard; ENOMEM.
 */
static krb5_error_code
host_realm(krb5_context context, krb5_hostrealm_moddata data, const char *host,
           char ***realms_out)
{
    krb5_boolean mapped;
    char realm[KX_MAX_DNS_NAME], **list;

    *realms_out = NULL;
    if (!is_domain_name(host) ||
        kx_domain_realm_has(context, host, &mapped) != 0 || mapped ||
        ask(context, data, host, realm) != 0)
        return KRB5_PLUGIN_NO_HANDLE;
    list = calloc(2, sizeof(*list));
    if (list == NULL)
        return ENOMEM;
    list[0] = strdup(realm);
    if (list[0] == NULL) {
        free(list);
        return ENOMEM;
    }
    *realms_out = list;
    return 0;
}

static void
release_list(krb5_context context, krb5_hostrealm_moddata data, char **list)
{
    (void)context;
    (void)data;
    free(list[0]);
    free(list);
}

krb5_error_code
hostrealm_kxover_initvt(krb5_context context, int maj_ver, int min_ver,
                        krb5_plugin_vtable vtable)
{
    krb5_hostrealm_vtable table;

    (void)context;
    (void)min_ver;
    if (maj_ver != 1)
        return KRB5_PLUGIN_VER_NOTSUPP;
    table = (krb5_hostrealm_vtable)vtable;
    table->name = "kxover";
    table->init = init;
    table->fini = fini;
    table->host_realm = host_realm;
    table->free_list = release_list;
    return 0;
}
