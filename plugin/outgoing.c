/*
 * outgoing.c: the crossovers by which our users go to other realms.
 *
 * A new key goes into the database, where all KDC processes find it and where
 * administrators see it.  A database that cannot be written just now must not
 * cost the user the ticket: the key is then held in memory, served from there,
 * and written at a later lookup.
 *
 * A key that is due for renewal (exchange/renewal.h) is served as long as it
 * lives; the exchange for the next one begins beside that, and moves on with
 * later lookups.
 */
#include "config.h"
#include <string.h>
#include <syslog.h>
#include <time.h>
#include "exchange/orders.h"
#include "exchange/renewal.h"
#include "plugin/log.h"
#include "plugin/outgoing.h"

/* Seconds until a key that its entry cannot take is offered to it again. */
#define REFUSED_PAUSE 60

/* Log what cannot be done about name because of code. */
static void
log_trouble(struct kx_intercept *intercept, int priority,
            krb5_const_principal name, const char *what, krb5_error_code code)
{
    krb5_context context = intercept->context;
    const char *words = krb5_get_error_message(context, code);
    char *text = NULL;

    (void)krb5_unparse_name(context, name, &text);
    kx_log(&kx_plugin_logger, priority, "%s: %s: %s",
           text != NULL ? text : "?", what, words);
    krb5_free_unparsed_name(context, text);
    krb5_free_error_message(context, words);
}

/* Log that an entry is served as it is because of KX_ERR_METADATA, whose
 * message has its name; not at each lookup. */
static void
log_damage(struct kx_intercept *intercept)
{
    krb5_context context = intercept->context;
    const char *words = krb5_get_error_message(context, KX_ERR_METADATA);

    if (kx_is_news(&intercept->told, words, kx_monotonic()))
        kx_log(&kx_plugin_logger, LOG_WARNING, "%s; it is served as it is",
               words);
    krb5_free_error_message(context, words);
}

/*
 * Give what the database has of name in *entry, NULL if nothing.  Errors: the
 * database's.
 */
static krb5_error_code
read_entry(krb5_context context, krb5_const_principal name,
           krb5_db_entry **entry)
{
    krb5_error_code ret;

    *entry = NULL;
    ret = krb5_db_get_principal(context, name, 0, entry);
    return ret == KRB5_KDB_NOENTRY ? 0 : ret;
}

/* True if entry has keys that are the administrator's, and stay so: with adopt
 * those alone that we do not understand. */
static krb5_boolean
is_by_hand(krb5_context context, krb5_db_entry *entry, krb5_boolean adopt)
{
    struct kx_mark *marks = NULL;
    krb5_error_code ret;
    size_t n = 0;

    ret = kx_entry_marks(context, entry, &marks, &n);
    kx_marks_free(marks, n);
    return n == 0 && (ret != 0 || !adopt);
}

/* Write crossover into the database, and that it was asked for. */
static krb5_error_code
write_crossover(struct kx_intercept *intercept,
                const struct kx_crossover *crossover)
{
    return kx_write_crossover(&intercept->writer, intercept->context,
                              crossover, intercept->settings->keep > 0);
}

/* The latest key version that we have of name, in memory or in the database; 0
 * for none. */
static uint32_t
known_kvno(struct kx_intercept *intercept, krb5_const_principal name)
{
    krb5_context context = intercept->context;
    const struct kx_held *held;
    krb5_db_entry *entry = NULL;
    uint32_t latest = 0;

    /* One that is older than the database's does not stay in memory. */
    held = kx_held_find(context, intercept->held, name, time(NULL));
    if (held != NULL)
        return held->crossover->kvno;
    if (read_entry(context, name, &entry) != 0 || entry == NULL)
        return 0;
    (void)kx_entry_latest(entry, &latest);
    krb5_db_free_principal(context, entry);
    return latest;
}

void
kx_outgoing_agreed(void *arg, struct kx_crossover *crossover)
{
    struct kx_intercept *intercept = arg;
    krb5_context context = intercept->context;
    krb5_error_code ret;

    if (known_kvno(intercept, crossover->name) == 0)
        kx_newcomers_came(&intercept->newcomers);
    if (intercept->settings->store == KX_STORE_DATABASE) {
        ret = write_crossover(intercept, crossover);
        if (ret == 0) {
            kx_held_remove(context, &intercept->held, crossover->name);
            kx_crossover_free(context, crossover);
            return;
        }
        /* What an administrator keyed meanwhile wins. */
        if (ret == KX_ERR_POLICY_REALM || ret == KX_ERR_METADATA) {
            log_trouble(intercept, LOG_WARNING, crossover->name,
                        "agreed key is not used", ret);
            kx_crossover_free(context, crossover);
            return;
        }
        log_trouble(intercept, LOG_WARNING, crossover->name,
                    "key is served from memory until the database can be "
                    "written",
                    ret);
    }
    /* Without memory for it the key is lost, and the next lookup agrees on
     * another. */
    (void)kx_held_add(context, &intercept->held, crossover);
}

/*
 * True if a key in memory is of no more use, where the database has entry
 * (NULL: nothing) of that name: by hand, or with a newer key, or no more,
 * though it had one: then it was deleted, and that is to count.
 */
static krb5_boolean
is_superseded(struct kx_intercept *intercept, struct kx_held *held,
              krb5_db_entry *entry)
{
    krb5_context context = intercept->context;
    struct kx_life life;

    if (entry == NULL || entry->n_key_data == 0)
        return held->seen;
    held->seen = TRUE;
    if (is_by_hand(context, entry, held->crossover->adopt))
        return TRUE;
    return kx_life_read(context, entry, &life) == 0 &&
           life.established > held->crossover->established &&
           life.till > time(NULL) + KX_ISSUE_MARGIN;
}

/*
 * See what is to become of the key that is held in memory for name, if there
 * is one: it goes, or is written if the database lets us, or stays.  Gives the
 * one that stays, or NULL.
 */
static const struct kx_held *
settle_held(struct kx_intercept *intercept, krb5_const_principal name)
{
    krb5_context context = intercept->context;
    krb5_db_entry *entry = NULL;
    struct kx_held *held;
    krb5_boolean gone;
    krb5_error_code ret;
    time_t now = time(NULL);

    kx_held_prune(context, &intercept->held, now);
    held = kx_held_find(context, intercept->held, name, now);
    if (held == NULL)
        return NULL;
    if (read_entry(context, name, &entry) != 0)
        return held;
    gone = is_superseded(intercept, held, entry);
    krb5_db_free_principal(context, entry);
    if (!gone && intercept->settings->store == KX_STORE_DATABASE &&
        kx_monotonic() >= held->retry) {
        ret = write_crossover(intercept, held->crossover);
        gone = ret == 0;
        if (kx_write_is_refused(ret))
            held->retry = kx_monotonic() + REFUSED_PAUSE;
    }
    if (!gone)
        return held;
    kx_held_remove(context, &intercept->held, name);
    return NULL;
}

/*
 * Refuse entry, the crossover with realm remote in that direction, if kxover
 * made it and kxover_realms refuses that realm now.  Logs it once in a while.
 * Errors: KRB5_KDB_NOENTRY, the database's.
 */
static krb5_error_code
check_realm(struct kx_intercept *intercept, enum kx_direction direction,
            const krb5_data *remote, krb5_db_entry *entry)
{
    krb5_context context = intercept->context;
    struct kx_life life;
    krb5_error_code ret;
    const char *words;

    if (kx_settings_realm_permitted(intercept->settings, direction, remote))
        return 0;
    ret = kx_life_read(context, entry, &life);
    if (ret || !life.ours)
        return ret;
    ret = kx_error(context, KRB5_KDB_NOENTRY,
                   "the crossover %s realm %.*s is not used: kxover_realms "
                   "refuses it",
                   direction == KX_OUTGOING ? "to" : "from",
                   (int)remote->length, remote->data);
    words = krb5_get_error_message(context, ret);
    if (kx_is_news(&intercept->told, words, kx_monotonic()))
        kx_log(&kx_plugin_logger, LOG_NOTICE, "%s", words);
    krb5_free_error_message(context, words);
    return ret;
}

krb5_error_code
kx_restrict_entry(struct kx_intercept *intercept, enum kx_direction direction,
                  const krb5_data *remote, time_t now, krb5_db_entry **entry)
{
    krb5_context context = intercept->context;
    krb5_boolean usable = FALSE;
    krb5_error_code ret = 0;

    if (*entry != NULL)
        ret = check_realm(intercept, direction, remote, *entry);
    if (ret == 0 && *entry != NULL)
        ret = kx_entry_restrict(context, *entry, direction, now, &usable);
    if (ret == KX_ERR_METADATA) {
        /* An entry that we cannot read is the administrator's. */
        log_damage(intercept);
        return 0;
    }
    if (ret == 0 && usable)
        return 0;
    krb5_db_free_principal(context, *entry);
    *entry = NULL;
    return ret ? ret : KRB5_KDB_NOENTRY;
}

krb5_error_code
kx_outgoing_earlier(void *arg, krb5_const_principal name, krb5_boolean adopt,
                    struct kx_earlier *earlier)
{
    struct kx_intercept *intercept = arg;
    krb5_context context = intercept->context;
    const struct kx_held *held;
    krb5_db_entry *entry = NULL;
    krb5_error_code ret = 0;

    memset(earlier, 0, sizeof(*earlier));
    held = kx_held_find(context, intercept->held, name, time(NULL));
    if (held != NULL)
        ret = kx_crossover_earlier(context, held->crossover, earlier);
    if (ret == 0)
        ret = read_entry(context, name, &entry);
    if (ret == 0 && entry != NULL)
        ret = kx_entry_earlier(context, entry, adopt, earlier);
    krb5_db_free_principal(context, entry);
    if (ret)
        kx_earlier_clear(context, earlier);
    return ret;
}

/*
 * Begin the renewal of the outgoing crossover name, with realm remote, whose
 * latest version was known when its entry was read.
 */
static void
renew(struct kx_intercept *intercept, krb5_const_principal name,
      const krb5_data *remote, uint32_t known)
{
    if (!kx_realm_is_valid(remote) ||
        !kx_settings_realm_permitted(intercept->settings, KX_OUTGOING, remote))
        return;
    /* Somebody, perhaps we, may have been faster. */
    if (known_kvno(intercept, name) == known)
        (void)kx_exchanges_start(intercept->exchanges, remote, known);
}

/*
 * Do what the use of the outgoing crossover name, with realm remote, gives
 * reason for: begin its renewal, and note that it is used.  Neither waits, and
 * neither can fail the lookup.
 */
static void
look_after(struct kx_intercept *intercept, krb5_const_principal name,
           const krb5_data *remote, const struct kx_life *life)
{
    const struct kx_settings *settings = intercept->settings;
    time_t now = time(NULL);

    /* What was keyed by hand serves on until there is something better. */
    if (life->by_hand && kx_settings_adopts(settings, KX_OUTGOING, remote))
        renew(intercept, name, remote, life->latest);
    if (!life->ours)
        return;
    if (now >= kx_renewal_begins(life->established, life->till))
        renew(intercept, name, remote, life->latest);
    if (settings->store == KX_STORE_DATABASE && settings->keep > 0 &&
        intercept->held == NULL && kx_use_is_news(life, now))
        kx_write_use(&intercept->writer, intercept->context, name);
}

/*
 * Make *entry, which may be NULL, what the KDC may issue with for the outgoing
 * crossover name, with realm remote, and look after the crossover.  One that
 * is blocked stays as it is: the KDC refuses it, and looks for no way around.
 * Returns KRB5_KDB_NOENTRY, with *entry released, when there is no live key.
 */
static krb5_error_code
serve_outgoing(struct kx_intercept *intercept, krb5_const_principal name,
               const krb5_data *remote, krb5_db_entry **entry)
{
    struct kx_life life = {0};
    krb5_error_code ret = 0;

    if (*entry != NULL && kx_entry_is_blocked(*entry))
        return 0;
    /* Before the entry is cut down to one version. */
    if (*entry != NULL)
        ret = kx_life_read(intercept->context, *entry, &life);
    if (ret) {
        krb5_db_free_principal(intercept->context, *entry);
        *entry = NULL;
        return ret;
    }
    ret = kx_restrict_entry(intercept, KX_OUTGOING, remote, time(NULL), entry);
    if (ret == 0)
        look_after(intercept, name, remote, &life);
    return ret;
}

/*
 * Make *entry, which the database has of crossover's name (NULL: nothing),
 * what it would be if crossover, which is in memory, had been written.
 */
static krb5_error_code
add_held(struct kx_intercept *intercept, const struct kx_crossover *crossover,
         krb5_db_entry **entry)
{
    krb5_context context = intercept->context;
    krb5_db_entry *old = *entry;
    krb5_error_code ret;

    *entry = NULL;
    ret = kx_entry_add(context, old, crossover, time(NULL), entry);
    /* One that is not to be in there stands alone. */
    if (kx_write_is_refused(ret))
        ret = kx_entry_add(context, NULL, crossover, time(NULL), entry);
    krb5_db_free_principal(context, old);
    return ret;
}

/*
 * Give the keys that are there for the outgoing crossover name, with realm
 * remote, in memory and in the database, in *entry.  Errors: KRB5_KDB_NOENTRY,
 * the database's.
 */
static krb5_error_code
find_outgoing(struct kx_intercept *intercept, krb5_const_principal name,
              const krb5_data *remote, krb5_db_entry **entry)
{
    const struct kx_held *held;
    krb5_error_code ret;

    held = settle_held(intercept, name);
    ret = read_entry(intercept->context, name, entry);
    /* While a key is new, the one before it may have to be issued with. */
    if (ret == 0 && held != NULL && held->before != NULL &&
        time(NULL) < held->crossover->established + KX_SETTLING)
        ret = add_held(intercept, held->before, entry);
    if (ret == 0 && held != NULL)
        ret = add_held(intercept, held->crossover, entry);
    return ret ? ret : serve_outgoing(intercept, name, remote, entry);
}

/* There is no crossover with remote because too many other realms were met
 * lately.  Log that, once in a while. */
static krb5_error_code
too_many_newcomers(struct kx_intercept *intercept, const krb5_data *remote)
{
    const struct kx_settings *settings = intercept->settings;

    kx_log_quietly(&intercept->newcomers_line, &kx_plugin_logger, LOG_WARNING,
                   "krbtgt/%.*s@%s: no crossover: so many new realms were "
                   "asked for lately that there might be more than "
                   "kxover_max_peers (%lu) says",
                   (int)remote->length, remote->data, settings->realm,
                   (unsigned long)settings->max_peers);
    return kx_error(intercept->context, KRB5_KDB_NOENTRY,
                    "too many new realms were asked for lately, see "
                    "kxover_max_peers");
}

krb5_error_code
kx_outgoing_no_way(struct kx_intercept *intercept, krb5_const_principal name,
                   krb5_error_code code)
{
    if (code == KRB5KDC_ERR_SVC_UNAVAILABLE) {
        if (!intercept->settings->not_yet_unknown)
            return code;
        /* The KDC's own line tells only what it does not know. */
        log_trouble(intercept, LOG_INFO, name, "not yet known", code);
    }
    return kx_error_as(intercept->context, KRB5_KDB_NOENTRY, code);
}

/*
 * The outgoing crossover name, with realm remote: what is there, or the result
 * of an exchange.
 */
static krb5_error_code
lookup_outgoing(struct kx_intercept *intercept, krb5_const_principal name,
                const krb5_data *remote, krb5_db_entry **entry)
{
    krb5_error_code ret;
    uint32_t known;

    ret = find_outgoing(intercept, name, remote, entry);
    if (ret != KRB5_KDB_NOENTRY)
        return ret;
    if (!kx_realm_is_valid(remote) ||
        !kx_settings_realm_permitted(intercept->settings, KX_OUTGOING, remote))
        return KRB5_KDB_NOENTRY;
    known = known_kvno(intercept, name);
    if (known == 0 &&
        !kx_newcomers_may_come(&intercept->newcomers, kx_monotonic()))
        return too_many_newcomers(intercept, remote);
    ret = kx_exchanges_wait(intercept->exchanges, remote, known);
    if (ret == 0)
        return find_outgoing(intercept, name, remote, entry);
    return kx_outgoing_no_way(intercept, name, ret);
}

krb5_error_code
kx_outgoing_lookup(struct kx_intercept *intercept, krb5_const_principal name,
                   const krb5_data *remote, krb5_error_code code,
                   krb5_db_entry **entry)
{
    /* The usual case costs one look at the entry that is there. */
    if (code == 0 && intercept->held == NULL) {
        code = serve_outgoing(intercept, name, remote, entry);
        if (code != KRB5_KDB_NOENTRY)
            return code;
    }
    krb5_db_free_principal(intercept->context, *entry);
    *entry = NULL;
    return lookup_outgoing(intercept, name, remote, entry);
}
