/*
 * intercept.c: what a KDC finds that is not in its database.
 *
 * Two names are ours to answer: the outgoing crossover
 * krbtgt/R@LOCAL, for which we run an exchange when there is no live key, and
 * the incoming one krbtgt/LOCAL@R, of which we keep expired keys back.  What
 * an administrator keyed by hand has no mark of ours and is left alone.
 *
 * A new key goes into the database, where all KDC processes find it and where
 * administrators see it.  A database that cannot be written just now must not
 * cost the user the ticket: the key is then held in memory, served from there,
 * and written at a later lookup.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include "exchange/kx_identity.h"
#include "exchange/kx_room.h"
#include "exchange/kx_settings.h"
#include "plugin/exchanges.h"
#include "plugin/held.h"
#include "plugin/intercept.h"
#include "plugin/lock.h"
#include "plugin/log.h"

/* Seconds to leave the database alone after it could not be written: each try
 * may cost the KDC a moment of waiting for its lock. */
#define WRITING_PAUSE 5

struct kx_intercept {
    krb5_context context; /* the backend's */
    struct kx_settings *settings;
    struct kx_exchanges *exchanges;
    struct kx_held *held;
    time_t no_writing_until; /* on the monotonic clock */
};

/* Seconds on the monotonic clock. */
static time_t
monotonic(void)
{
    struct timespec now = {0, 0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

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

/*
 * Write a crossover into the database, which is locked or has no locks.
 * Errors: those of kx_entry_add(), the database's.
 */
static krb5_error_code
put_crossover(struct kx_intercept *intercept,
              const struct kx_crossover *crossover)
{
    krb5_context context = intercept->context;
    krb5_db_entry *old = NULL, *entry = NULL;
    krb5_error_code ret;

    ret = read_entry(context, crossover->name, &old);
    if (ret == 0)
        ret = kx_entry_add(context, old, crossover, time(NULL), &entry);
    if (ret == 0)
        ret = krb5_db_put_principal(context, entry);
    krb5_db_free_principal(context, old);
    krb5_db_free_principal(context, entry);
    return ret;
}

/*
 * Write a crossover into the database, unless that failed a moment ago.
 * Errors: those of kx_room_check(), kx_lock_for_writing() and
 * put_crossover().
 */
static krb5_error_code
write_crossover(struct kx_intercept *intercept,
                const struct kx_crossover *crossover)
{
    krb5_context context = intercept->context;
    krb5_boolean locked;
    krb5_error_code ret;

    if (monotonic() < intercept->no_writing_until)
        return kx_error(context, KX_ERR_STORE,
                        "the database could not be written a moment ago");
    ret = kx_room_check(context);
    if (ret == 0)
        ret = kx_lock_for_writing(context, &locked);
    if (ret == 0) {
        ret = put_crossover(intercept, crossover);
        if (locked)
            (void)krb5_db_unlock(context);
    }
    /* What is keyed by hand says nothing about other entries. */
    if (ret != 0 && ret != KX_ERR_POLICY_REALM)
        intercept->no_writing_until = monotonic() + WRITING_PAUSE;
    return ret;
}

/* True if entry, which may be NULL, has keys that are the administrator's. */
static krb5_boolean
is_by_hand(krb5_context context, krb5_db_entry *entry)
{
    struct kx_mark *marks = NULL;
    size_t n = 0;

    if (entry == NULL || entry->n_key_data == 0)
        return FALSE;
    (void)kx_entry_marks(context, entry, &marks, &n);
    kx_marks_free(marks, n);
    return n == 0;
}

/* An exchange gave a key: write it, or hold it.  What an administrator keyed
 * meanwhile wins. */
static void
agreed(void *arg, struct kx_crossover *crossover)
{
    struct kx_intercept *intercept = arg;
    krb5_context context = intercept->context;
    krb5_error_code ret;

    if (intercept->settings->store == KX_STORE_DATABASE) {
        ret = write_crossover(intercept, crossover);
        if (ret == 0) {
            kx_crossover_free(context, crossover);
            return;
        }
        if (ret == KX_ERR_POLICY_REALM) {
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

/* Write what waits in memory for name, if the database lets us. */
static void
flush(struct kx_intercept *intercept, krb5_const_principal name)
{
    const struct kx_crossover *crossover;

    if (intercept->settings->store != KX_STORE_DATABASE)
        return;
    crossover =
        kx_held_find(intercept->context, intercept->held, name, time(NULL));
    if (crossover != NULL && write_crossover(intercept, crossover) == 0)
        kx_held_remove(intercept->context, &intercept->held, name);
}

/*
 * Make *entry, which may be NULL, what the KDC may use of it now.  Returns
 * KRB5_KDB_NOENTRY, with *entry released, when that is nothing.
 */
static krb5_error_code
restrict_entry(struct kx_intercept *intercept, krb5_const_principal name,
               enum kx_direction direction, krb5_db_entry **entry)
{
    krb5_context context = intercept->context;
    krb5_boolean usable = FALSE;
    krb5_error_code ret = 0;

    if (*entry != NULL)
        ret =
            kx_entry_restrict(context, *entry, direction, time(NULL), &usable);
    if (ret == KX_ERR_METADATA) {
        /* An entry that we cannot read is the administrator's. */
        log_trouble(intercept, LOG_WARNING, name, "served as it is", ret);
        return 0;
    }
    if (ret == 0 && usable)
        return 0;
    krb5_db_free_principal(context, *entry);
    *entry = NULL;
    return ret ? ret : KRB5_KDB_NOENTRY;
}

/*
 * Give the key that is there for the outgoing crossover name: from memory, or
 * else from the database, in *entry.  Errors: KRB5_KDB_NOENTRY, the
 * database's.
 */
static krb5_error_code
find_outgoing(struct kx_intercept *intercept, krb5_const_principal name,
              krb5_db_entry **entry)
{
    krb5_context context = intercept->context;
    const struct kx_crossover *crossover;
    krb5_db_entry *found = NULL, *with_key = NULL;
    krb5_error_code ret;
    time_t now = time(NULL);

    *entry = NULL;
    kx_held_prune(context, &intercept->held, now);
    flush(intercept, name);
    ret = read_entry(context, name, &found);
    if (ret)
        return ret;
    if (is_by_hand(context, found))
        kx_held_remove(context, &intercept->held, name);
    crossover = kx_held_find(context, intercept->held, name, now);
    if (crossover != NULL) {
        ret = kx_entry_add(context, NULL, crossover, now, &with_key);
        krb5_db_free_principal(context, found);
        found = with_key;
        if (ret)
            return ret;
    }
    ret = restrict_entry(intercept, name, KX_OUTGOING, &found);
    *entry = found;
    return ret;
}

/* The latest key version that the database has of name, 0 for none. */
static uint32_t
known_kvno(struct kx_intercept *intercept, krb5_const_principal name)
{
    krb5_context context = intercept->context;
    krb5_db_entry *entry = NULL;
    uint32_t latest = 0;

    if (read_entry(context, name, &entry) != 0 || entry == NULL)
        return 0;
    (void)kx_entry_latest(entry, &latest);
    krb5_db_free_principal(context, entry);
    return latest;
}

/*
 * Give the keys that crossover name had before: what is held in memory, and
 * then what the database has.
 */
static krb5_error_code
earlier_keys(void *arg, krb5_const_principal name, krb5_boolean adopt,
             struct kx_earlier *earlier)
{
    struct kx_intercept *intercept = arg;
    krb5_context context = intercept->context;
    const struct kx_crossover *crossover;
    krb5_db_entry *entry = NULL;
    krb5_error_code ret = 0;

    memset(earlier, 0, sizeof(*earlier));
    crossover = kx_held_find(context, intercept->held, name, time(NULL));
    if (crossover != NULL)
        ret = kx_crossover_earlier(context, crossover, earlier);
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
 * The outgoing crossover name, with realm remote: what is there, or the result
 * of an exchange.
 */
static krb5_error_code
lookup_outgoing(struct kx_intercept *intercept, krb5_const_principal name,
                const krb5_data *remote, krb5_db_entry **entry)
{
    krb5_error_code ret;

    /* What ended since the last lookup may have brought the key. */
    kx_exchanges_move(intercept->exchanges);
    ret = find_outgoing(intercept, name, entry);
    if (ret != KRB5_KDB_NOENTRY)
        return ret;
    if (!kx_realm_is_valid(remote) ||
        !kx_settings_realm_permitted(intercept->settings, KX_OUTGOING, remote))
        return KRB5_KDB_NOENTRY;
    ret = kx_exchanges_wait(intercept->exchanges, remote,
                            known_kvno(intercept, name));
    if (ret == 0)
        return find_outgoing(intercept, name, entry);
    if (ret == KRB5KDC_ERR_SVC_UNAVAILABLE)
        return ret;
    /* Too much else is under way: the client is to come back. */
    if (ret == KX_ERR_BUSY)
        return kx_error_as(intercept->context, KRB5KDC_ERR_SVC_UNAVAILABLE,
                           ret);
    return kx_error_as(intercept->context, KRB5_KDB_NOENTRY, ret);
}

krb5_error_code
kx_intercept_lookup(struct kx_intercept *intercept, krb5_const_principal name,
                    unsigned int flags, krb5_error_code code,
                    krb5_db_entry **entry)
{
    enum kx_direction direction;
    krb5_boolean usable;
    krb5_data remote;
    time_t now;

    if (code != 0 && code != KRB5_KDB_NOENTRY)
        return code;
    direction =
        kx_crossover_direction(name, intercept->settings->realm, &remote);
    if (direction == KX_INCOMING)
        return code != 0 ? code
                         : restrict_entry(intercept, name, direction, entry);
    if (direction != KX_OUTGOING || (flags & KRB5_KDB_FLAG_CLIENT))
        return code;

    /* The usual case costs one look at the entry that is there. */
    now = time(NULL);
    if (code == 0 && intercept->held == NULL) {
        code = kx_entry_restrict(intercept->context, *entry, direction, now,
                                 &usable);
        if (code == 0 && usable)
            return 0;
        if (code == KX_ERR_METADATA) {
            log_trouble(intercept, LOG_WARNING, name, "served as it is", code);
            return 0;
        }
    }
    krb5_db_free_principal(intercept->context, *entry);
    *entry = NULL;
    return lookup_outgoing(intercept, name, &remote, entry);
}

const struct kx_settings *
kx_intercept_settings(const struct kx_intercept *intercept)
{
    return intercept->settings;
}

/*
 * Make what works with settings, and put it in the place of what was there.
 * Errors: ENOMEM (all stays as it was).
 */
static krb5_error_code
take_settings(struct kx_intercept *intercept, struct kx_settings *settings)
{
    const struct kx_earlier_source source = {intercept, earlier_keys};
    struct kx_exchanges *exchanges;
    krb5_error_code ret;

    ret = kx_exchanges_new(intercept->context, settings, &kx_plugin_logger,
                           &source, agreed, intercept, &exchanges);
    if (ret)
        return ret;
    kx_exchanges_free(intercept->exchanges);
    kx_settings_free(intercept->settings);
    intercept->exchanges = exchanges;
    intercept->settings = settings;
    return 0;
}

/* Log an identity that will not do, now that the administrator is looking. */
static void
try_identity(struct kx_intercept *intercept)
{
    const struct kx_settings *settings = intercept->settings;
    struct kx_identity *identity = NULL;
    const char *words;
    krb5_error_code ret;

    if (settings->identity == NULL)
        ret = kx_error(intercept->context, KX_ERR_IDENTITY,
                       "kxover_identity is not set in section %s of "
                       "[dbmodules]: make one with `kxover keygen`",
                       settings->section);
    else
        ret = kx_identity_load(intercept->context, settings->identity,
                               time(NULL), &identity);
    if (ret) {
        words = krb5_get_error_message(intercept->context, ret);
        kx_log(&kx_plugin_logger, LOG_ERR,
               "%s: new crossovers are refused until this is mended: %s",
               settings->realm, words);
        krb5_free_error_message(intercept->context, words);
    }
    kx_identity_free(identity);
}

krb5_error_code
kx_intercept_open(krb5_context context, krb5_context backend,
                  const char *realm, const char *section,
                  struct kx_intercept **out)
{
    struct kx_intercept *intercept;
    struct kx_settings *settings = NULL;
    krb5_error_code ret;

    *out = NULL;
    ret = kx_settings_read(context, realm, section, &settings);
    if (ret) {
        krb5_copy_error_message(backend, context);
        return ret;
    }
    intercept = calloc(1, sizeof(*intercept));
    if (intercept == NULL) {
        kx_settings_free(settings);
        return ENOMEM;
    }
    intercept->context = backend;
    ret = take_settings(intercept, settings);
    if (ret) {
        kx_settings_free(settings);
        free(intercept);
        return ret;
    }
    try_identity(intercept);
    *out = intercept;
    return 0;
}

void
kx_intercept_close(struct kx_intercept *intercept)
{
    if (intercept == NULL)
        return;
    kx_exchanges_free(intercept->exchanges);
    kx_held_prune(intercept->context, &intercept->held, 0);
    kx_settings_free(intercept->settings);
    free(intercept);
}

void
kx_intercept_refresh(struct kx_intercept *intercept, krb5_context context)
{
    struct kx_settings *settings = NULL;
    const char *words;
    krb5_error_code ret;

    ret = kx_settings_read(context, intercept->settings->realm,
                           intercept->settings->section, &settings);
    if (ret == 0) {
        ret = take_settings(intercept, settings);
        if (ret)
            kx_settings_free(settings);
    }
    if (ret) {
        words = krb5_get_error_message(context, ret);
        kx_log(&kx_plugin_logger, LOG_ERR,
               "%s: the settings stay as they were: %s",
               intercept->settings->realm, words);
        krb5_free_error_message(context, words);
        return;
    }
    try_identity(intercept);
}
