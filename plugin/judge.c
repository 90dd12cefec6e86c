/*
 * judge.c: what a KDC must not grant because of a crossover that kxover made.
 *
 * Whoever is a realm in DNS can have such a crossover.  So it is worth what
 * its realm can answer for, and no more than its key lives: users of third
 * realms do not come by it, and nobody gets a ticket for later.  What an
 * administrator keyed by hand is krb5's matter and theirs.
 *
 * A realm that is blocked is kept out besides where krb5 itself would let it
 * in: its users with tickets that they have got here already, and users that
 * come through it by way of others.
 */
#include "config.h"
#include <string.h>
#include <syslog.h>
#include "exchange/orders.h"
#include "plugin/judge.h"
#include "plugin/log.h"
#include "plugin/transited.h"

/* A ticket whose path is judged. */
struct journey {
    krb5_context context;
    const struct kx_settings *settings;
    krb5_const_principal client;
};

/* True if kxover_transit names realm. */
static krb5_boolean
is_transit(const struct kx_settings *settings, const krb5_data *realm)
{
    char *const *name = settings->transit;

    for (; name != NULL && *name != NULL; name++) {
        if (strlen(*name) == realm->length &&
            memcmp(*name, realm->data, realm->length) == 0)
            return TRUE;
    }
    return FALSE;
}

krb5_error_code
kx_judge_login(krb5_context context, const struct kx_settings *settings,
               const krb5_kdc_req *request, krb5_db_entry *server,
               const char **status)
{
    krb5_boolean ours;
    krb5_error_code ret;

    if (!(request->kdc_options & KDC_OPT_POSTDATED) ||
        kx_crossover_direction(server->princ, settings->realm, NULL) !=
            KX_OUTGOING)
        return 0;
    ret = kx_entry_has_attributes(context, server, &ours);
    if (ret || !ours)
        return ret;
    *status = "KXOVER_POSTDATED";
    return kx_error(context, KRB5KDC_ERR_CANNOT_POSTDATE,
                    "a ticket for another realm cannot be postdated: its key "
                    "may be gone by then");
}

/*
 * *ours says whether kxover made the crossover name.  An entry whose marks are
 * damaged is the administrator's to serve and to change, but a slip of theirs
 * must not open it to third realms: any attribute of ours will do.  Errors:
 * the database's.
 */
static krb5_error_code
is_ours(krb5_context context, krb5_const_principal name, krb5_boolean *ours)
{
    krb5_db_entry *entry = NULL;
    krb5_error_code ret;

    *ours = FALSE;
    ret = krb5_db_get_principal(context, name, 0, &entry);
    if (ret)
        return ret == KRB5_KDB_NOENTRY ? 0 : ret;
    ret = kx_entry_has_attributes(context, entry, ours);
    krb5_db_free_principal(context, entry);
    return ret;
}

/* *blocked says whether the crossover by which users of realm come here is.
 * Errors: the database's. */
static krb5_error_code
is_blocked(const struct journey *journey, const krb5_data *realm,
           krb5_boolean *blocked)
{
    const krb5_data local =
        kx_data(journey->settings->realm, strlen(journey->settings->realm));
    krb5_db_entry *entry = NULL;
    krb5_principal name = NULL;
    krb5_error_code ret;

    *blocked = FALSE;
    ret = kx_crossover_name(journey->context, &local, realm, &name);
    if (ret == 0)
        ret = krb5_db_get_principal(journey->context, name, 0, &entry);
    if (ret == 0)
        *blocked = kx_entry_is_blocked(entry);
    krb5_db_free_principal(journey->context, entry);
    krb5_free_principal(journey->context, name);
    return ret == KRB5_KDB_NOENTRY ? 0 : ret;
}

/* Refuse, with a log line, a user of realm, or one who came through it, if it
 * is blocked.  Errors: KRB5KDC_ERR_POLICY, the database's. */
static krb5_error_code
judge_block(const struct journey *journey, const krb5_data *realm)
{
    const krb5_data *home = &journey->client->realm;
    krb5_boolean blocked;
    krb5_error_code ret;

    ret = is_blocked(journey, realm, &blocked);
    if (ret || !blocked)
        return ret;
    kx_log(&kx_plugin_logger, LOG_WARNING,
           "realm %.*s is blocked: a user of realm %.*s is refused",
           (int)realm->length, realm->data, (int)home->length, home->data);
    return kx_error(journey->context, KRB5KDC_ERR_POLICY,
                    "realm %.*s is blocked", (int)realm->length, realm->data);
}

/* Refuse, with a log line, the user whom realm brought or let through. */
static krb5_error_code
refuse(const struct journey *journey, const krb5_data *realm)
{
    const krb5_data *home = &journey->client->realm;

    kx_log(&kx_plugin_logger, LOG_WARNING,
           "realm %.*s brought a user of realm %.*s: refused, it speaks for "
           "its own users only (see kxover_transit)",
           (int)realm->length, realm->data, (int)home->length, home->data);
    return kx_error(journey->context, KRB5KDC_ERR_POLICY,
                    "realm %.*s may not bring users of realm %.*s",
                    (int)realm->length, realm->data, (int)home->length,
                    home->data);
}

/* Judge one realm on the way: one that is blocked, or that kxover made a
 * crossover with, in either direction, is refused. */
static krb5_error_code
judge_hop(void *arg, const krb5_data *realm)
{
    const struct journey *journey = arg;
    krb5_context context = journey->context;
    const krb5_data local =
        kx_data(journey->settings->realm, strlen(journey->settings->realm));
    krb5_principal name = NULL;
    krb5_boolean ours = FALSE;
    krb5_error_code ret;

    ret = judge_block(journey, realm);
    if (ret || is_transit(journey->settings, realm))
        return ret;
    ret = kx_crossover_name(context, &local, realm, &name);
    if (ret == 0)
        ret = is_ours(context, name, &ours);
    krb5_free_principal(context, name);
    if (ret || ours)
        return ret ? ret : refuse(journey, realm);
    ret = kx_crossover_name(context, realm, &local, &name);
    if (ret == 0)
        ret = is_ours(context, name, &ours);
    krb5_free_principal(context, name);
    return ret ? ret : ours ? refuse(journey, realm) : 0;
}

krb5_error_code
kx_judge_ticket(krb5_context context, const struct kx_settings *settings,
                const krb5_ticket *ticket, const char **status)
{
    const krb5_enc_tkt_part *part = ticket->enc_part2;
    const krb5_data local = kx_data(settings->realm, strlen(settings->realm));
    struct journey journey = {context, settings, part->client};
    krb5_boolean ours = FALSE;
    krb5_data remote;
    krb5_error_code ret;

    /* Who is anonymous claims to be of no realm (RFC 8062). */
    if (krb5_principal_compare(context, part->client,
                               krb5_anonymous_principal()))
        return 0;
    *status = "KXOVER_BLOCKED";
    if (!kx_data_equal(&part->client->realm, &local)) {
        ret = judge_block(&journey, &part->client->realm);
        if (ret)
            return ret;
    }
    *status = NULL;
    if (kx_crossover_direction(ticket->server, settings->realm, &remote) !=
        KX_INCOMING)
        return 0;
    *status = "KXOVER_TRANSIT";
    if (!kx_data_equal(&part->client->realm, &remote) &&
        !is_transit(settings, &remote)) {
        ret = is_ours(context, ticket->server, &ours);
        if (ret || ours)
            return ret ? ret : refuse(&journey, &remote);
    }
    ret = kx_transited_walk(&part->transited.tr_contents, &part->client->realm,
                            &local, judge_hop, &journey);
    if (ret == 0)
        *status = NULL;
    if (ret == KRB5KRB_AP_ERR_ILL_CR_TKT)
        return kx_error(context, KRB5KDC_ERR_POLICY,
                        "the realms cannot be read that a ticket of realm "
                        "%.*s came through",
                        (int)remote.length, remote.data);
    return ret;
}
