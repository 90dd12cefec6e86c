/*
 * store.c: crossover keys into the database, as kadmind would put them there.
 *
 * The database is open through libkadm5srv: a new principal is created and
 * limits are changed by its functions, so kadm5 hooks see them, and its update
 * log takes down each change for incremental propagation.  But it cannot add
 * keys to an entry and keep the others: kadm5_setkey_principal_4() has a
 * parameter for that, and loses the old keys all the same (seen with krb5
 * 1.20).  So the entry is made by kx_entry_add() and written whole: keys, mark
 * and limits, and without what is outdated, at once.  Before that write there
 * is at most a principal without keys, which the next attempt completes.
 *
 * All of it happens under the database's lock, where the module has one (db2).
 * Then nobody changes the entry between our reading and our writing, and db2
 * writes all at once, with fsync(), when the lock is released.  It does not
 * say whether that went well, so we read back what we wrote before we call it
 * stored.  A module without locks (kldap) may have other writers in between:
 * what they overwrite is written again, at once or later (settle.c).
 *
 * Somebody else may hold that lock (kadmin.local with its "lock", kdb5_util
 * with a dump or load of a big database), and libkrb5 waits for ever.  We do
 * not, see patience.c; the exchange is then refused for now.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <kadm5/admin.h>
#include "exchange/kx_room.h"
#include "store/kx_store.h"
#include "exchange/orders.h"
#include "store/store.h"

/* Who created an entry, as kadmin getprinc shows it: kxover@REALM. */
#define CREATOR "kxover"

/* Milliseconds that we wait for the database's lock, and for all that opening
 * the database takes. */
#define LOCK_PATIENCE 1000
#define HASTY_PATIENCE 50
#define OPEN_PATIENCE 5000

/* How often a version is written that others overwrite at once. */
#define MAX_ATTEMPTS 3

/* Seconds: two versions established no further apart may be of two writers
 * that did not see each other's, as replication was held up. */
#define AT_ONCE 300

krb5_error_code
kx_store_explain(struct kx_kadm_store *kadm, krb5_const_principal name,
                 krb5_error_code code)
{
    char *text = NULL;

    switch (code) {
    case 0:
    case ENOMEM:
    case KX_ERR_BLOCKED:
    case KX_ERR_POLICY_REALM: /* these tell the name themselves */
    case KX_ERR_METADATA:
    case KX_ERR_PEERS:
    case KX_ERR_VERSIONS:
        return code;
    case KX_ERR_POLICY_KVNO:
        break;
    default:
        code = kx_error_as(kadm->context, KX_ERR_STORE, code);
    }
    if (krb5_unparse_name(kadm->context, name, &text) == 0)
        (void)kx_error_prefix(kadm->context, code, "%s", text);
    krb5_free_unparsed_name(kadm->context, text);
    return code;
}

krb5_error_code
kx_store_fetch(struct kx_kadm_store *kadm, krb5_const_principal name,
               krb5_db_entry **out)
{
    krb5_error_code ret;

    *out = NULL;
    ret = krb5_db_get_principal(kadm->context, name, 0, out);
    return ret == KRB5_KDB_NOENTRY ? 0 : ret;
}

krb5_error_code
kx_store_fetch_patiently(struct kx_kadm_store *kadm, krb5_const_principal name,
                         krb5_db_entry **out)
{
    krb5_error_code ret;

    kx_patience_begins(LOCK_PATIENCE);
    ret = kx_store_fetch(kadm, name, out);
    return kx_patience_ends(kadm->context, ret);
}

/*
 * Refuse a realm that has no principal here yet when there are as many as may
 * be.  Errors: KX_ERR_PEERS.
 */
static krb5_error_code
admit(struct kx_kadm_store *kadm, krb5_const_principal name)
{
    if (kadm->max_peers == 0 || kadm->peers < kadm->max_peers)
        return 0;
    return kx_error(kadm->context, KX_ERR_PEERS,
                    "realm %.*s is new here, and %lu realms have crossed over "
                    "already: kxover_max_peers is %lu",
                    (int)name->realm.length, name->realm.data,
                    (unsigned long)kadm->peers,
                    (unsigned long)kadm->max_peers);
}

void
kx_kadm_store_limit(struct kx_kadm_store *kadm, size_t max_peers)
{
    kadm->max_peers = max_peers;
}

void
kx_kadm_store_attributes(struct kx_kadm_store *kadm, char *const *attributes)
{
    kadm->attributes = attributes;
}

void
kx_kadm_store_counting(struct kx_kadm_store *kadm)
{
    kadm->made = 0;
}

void
kx_kadm_store_counted(struct kx_kadm_store *kadm, size_t peers)
{
    /* Those made meanwhile may be counted twice, until the next time. */
    kadm->peers = peers + kadm->made;
}

krb5_error_code
kx_kadm_store_permits(void *arg, krb5_const_principal name)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;
    krb5_db_entry *entry;

    kx_patience_begins(HASTY_PATIENCE);
    ret = kx_store_fetch(kadm, name, &entry);
    if (kx_patience_ends(kadm->context, ret) != 0)
        return 0;
    ret = kx_entry_check_blocked(kadm->context, entry);
    krb5_db_free_principal(kadm->context, entry);
    return ret;
}

krb5_error_code
kx_kadm_store_versions(void *arg, krb5_const_principal name,
                       krb5_boolean adopt, uint32_t **kvnos, size_t *n)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;
    krb5_db_entry *entry;

    *kvnos = NULL;
    *n = 0;
    ret = kx_store_fetch_patiently(kadm, name, &entry);
    if (!ret)
        ret = kx_entry_check_blocked(kadm->context, entry);
    if (!ret && entry == NULL)
        ret = admit(kadm, name);
    else if (!ret)
        ret = kx_entry_versions(kadm->context, entry, adopt, kvnos, n);
    krb5_db_free_principal(kadm->context, entry);
    return kx_store_explain(kadm, name, ret);
}

krb5_error_code
kx_kadm_store_earlier(void *arg, krb5_const_principal name, krb5_boolean adopt,
                      struct kx_earlier *earlier)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;
    krb5_db_entry *entry;

    memset(earlier, 0, sizeof(*earlier));
    ret = kx_store_fetch_patiently(kadm, name, &entry);
    if (!ret && entry != NULL)
        ret = kx_entry_earlier(kadm->context, entry, adopt, earlier);
    if (ret)
        kx_earlier_clear(kadm->context, earlier);
    krb5_db_free_principal(kadm->context, entry);
    return kx_store_explain(kadm, name, ret);
}

/* True if name is a crossover for others to come here. */
static krb5_boolean
is_incoming(const struct kx_kadm_store *kadm, krb5_const_principal name)
{
    return kx_crossover_direction(name, kadm->realm, NULL) == KX_INCOMING;
}

/* Create the principal of crossover, without keys. */
static krb5_error_code
create(struct kx_kadm_store *kadm, const struct kx_crossover *crossover)
{
    kadm5_principal_ent_rec entry = {0};

    entry.principal = crossover->name;
    entry.attributes = KRB5_KDB_LOCKDOWN_KEYS;
    /* The limits come with the keys. */
    return kadm5_create_principal_3(
        kadm->handle, &entry,
        KADM5_PRINCIPAL | KADM5_ATTRIBUTES | KADM5_PRINC_EXPIRE_TIME |
            KADM5_MAX_LIFE | KADM5_MAX_RLIFE | KADM5_KEY_DATA,
        0, NULL, NULL);
}

/*
 * Create the principal of crossover and give its entry in *out; without locks
 * another writer may create it before us.
 */
static krb5_error_code
create_or_find(struct kx_kadm_store *kadm,
               const struct kx_crossover *crossover, krb5_db_entry **out)
{
    krb5_error_code ret, found;
    const char *words = NULL;

    ret = create(kadm, crossover);
    if (ret == 0 && is_incoming(kadm, crossover->name)) {
        kadm->peers++;
        kadm->made++;
    }
    if (ret)
        words = krb5_get_error_message(kadm->context, ret);
    found = krb5_db_get_principal(kadm->context, crossover->name, 0, out);
    if (found == 0 || ret == 0)
        ret = found;
    else
        (void)kx_error(kadm->context, ret, "%s", words);
    if (words != NULL)
        krb5_free_error_message(kadm->context, words);
    return ret;
}

/* Change the entry that is there, without its keys, to next, in the sight of
 * kadm5 hooks. */
static krb5_error_code
modify(struct kx_kadm_store *kadm, krb5_db_entry *next)
{
    kadm5_principal_ent_rec entry = {0};

    entry.principal = next->princ;
    entry.attributes = next->attributes;
    entry.princ_expire_time = next->expiration;
    entry.max_life = next->max_life;
    entry.max_renewable_life = next->max_renewable_life;
    return kadm5_modify_principal(kadm->handle, &entry,
                                  KADM5_ATTRIBUTES | KADM5_PRINC_EXPIRE_TIME |
                                      KADM5_MAX_LIFE | KADM5_MAX_RLIFE);
}

/* Write crossover, with its keys last. */
static krb5_error_code
write_crossover(struct kx_kadm_store *kadm,
                const struct kx_crossover *crossover)
{
    krb5_error_code ret;
    krb5_db_entry *old = NULL, *next = NULL;

    ret = kx_store_fetch(kadm, crossover->name, &old);
    if (!ret && old == NULL)
        ret = create_or_find(kadm, crossover, &old);
    if (!ret)
        ret = kx_entry_add(kadm->context, old, crossover,
                           crossover->established, &next);
    /* One without keys may be an attempt that was interrupted. */
    if (!ret && old->n_key_data == 0) {
        next->attributes |= KRB5_KDB_LOCKDOWN_KEYS;
        if (is_incoming(kadm, crossover->name))
            ret =
                kx_entry_set_attributes(kadm->context, next, kadm->attributes,
                                        &crossover->name->realm);
    }
    if (!ret)
        ret = modify(kadm, next);
    if (!ret)
        ret = krb5_db_put_principal(kadm->context, next);
    krb5_db_free_principal(kadm->context, old);
    krb5_db_free_principal(kadm->context, next);
    return ret;
}

krb5_error_code
kx_store_lock(struct kx_kadm_store *kadm, krb5_boolean *locked)
{
    krb5_error_code ret;

    kx_patience_begins(LOCK_PATIENCE);
    ret = kadm5_lock(kadm->handle);
    ret = kx_patience_ends(kadm->context, ret);
    *locked = ret == 0;
    return ret == KRB5_PLUGIN_OP_NOTSUPP ? 0 : ret;
}

/*
 * Tell in *presence what the database has of crossover's version; *entry
 * (krb5_db_free_principal()) is NULL where it has no such principal.
 */
static krb5_error_code
look_for(struct kx_kadm_store *kadm, const struct kx_crossover *crossover,
         enum kx_presence *presence, krb5_db_entry **entry)
{
    krb5_error_code ret;

    *presence = KX_ABSENT;
    ret = kx_store_fetch_patiently(kadm, crossover->name, entry);
    if (!ret && *entry != NULL)
        ret = kx_entry_presence(kadm->context, *entry, crossover, presence);
    return ret;
}

/* Set the message for a number that two kxoverd gave at once. */
static krb5_error_code
number_given_twice(struct kx_kadm_store *kadm,
                   const struct kx_crossover *crossover)
{
    return kx_error(
        kadm->context, KX_ERR_POLICY_KVNO,
        "another kxoverd of this realm gave the number of key version %lu, "
        "agreed with %s:%u, to another key at the same time: set "
        "kxover_versions to 1/2 for one of them and to 2/2 for the other",
        (unsigned long)crossover->kvno, crossover->origin.host,
        crossover->origin.port);
}

/*
 * Write crossover and see that it is there: who writes without locks may have
 * it overwritten in the same moment, and does it again.
 */
static krb5_error_code
write_and_see(struct kx_kadm_store *kadm, const struct kx_crossover *crossover)
{
    krb5_error_code ret;
    krb5_db_entry *entry = NULL;
    enum kx_presence presence = KX_ABSENT;
    krb5_boolean locked;
    int attempts = 0;

    do {
        ret = kx_store_lock(kadm, &locked);
        if (ret)
            return ret;
        ret = write_crossover(kadm, crossover);
        if (locked)
            (void)kadm5_unlock(kadm->handle);
        if (!ret)
            ret = look_for(kadm, crossover, &presence, &entry);
        krb5_db_free_principal(kadm->context, entry);
        entry = NULL;
        if (ret)
            return ret;
    } while (!locked && presence == KX_ABSENT && ++attempts < MAX_ATTEMPTS);
    if (presence == KX_OTHER_KEYS)
        return number_given_twice(kadm, crossover);
    if (presence != KX_PRESENT)
        return kx_error(kadm->context, KX_ERR_STORE,
                        "what was written is not there; is the disk full?");
    if (!locked && kadm->settle != NULL)
        kx_settle_watch(kadm->settle, crossover);
    return 0;
}

krb5_error_code
kx_kadm_store_put(void *arg, const struct kx_crossover *crossover)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;

    ret = kx_room_check(kadm->context);
    if (!ret)
        ret = write_and_see(kadm, crossover);
    return kx_store_explain(kadm, crossover->name, ret);
}

/*
 * *same says whether entry may be what crossover's version was written to: not
 * one that was deleted and made anew, all of whose versions are later.
 */
static krb5_error_code
is_same_entry(struct kx_kadm_store *kadm, krb5_db_entry *entry,
              const struct kx_crossover *crossover, krb5_boolean *same)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    size_t n;

    *same = FALSE;
    ret = kx_entry_marks(kadm->context, entry, &marks, &n);
    if (ret)
        return ret;
    /* They come newest first. */
    *same =
        n > 0 && marks[n - 1].established <= crossover->established + AT_ONCE;
    kx_marks_free(marks, n);
    return 0;
}

/* Do what presence, found in entry, asks for. */
static krb5_error_code
mend(struct kx_kadm_store *kadm, const struct kx_crossover *crossover,
     enum kx_presence presence, krb5_db_entry *entry, enum kx_settled *settled)
{
    krb5_error_code ret;
    krb5_boolean same;

    switch (presence) {
    case KX_PRESENT:
        *settled = KX_SETTLED_THERE;
        return 0;
    case KX_OTHER_KEYS:
        return number_given_twice(kadm, crossover);
    case KX_WITHOUT_KEYS:
    case KX_WITHOUT_MARK:
        return 0;
    case KX_ABSENT:
        break;
    }
    if (entry == NULL)
        return 0;
    ret = is_same_entry(kadm, entry, crossover, &same);
    if (ret || !same)
        return ret;
    ret = write_crossover(kadm, crossover);
    if (!ret)
        *settled = KX_SETTLED_MENDED;
    return ret;
}

krb5_error_code
kx_kadm_store_mend(struct kx_kadm_store *kadm, const struct kx_logger *logger,
                   const struct kx_crossover *crossover,
                   enum kx_settled *settled)
{
    krb5_error_code ret;
    krb5_db_entry *entry = NULL;
    enum kx_presence presence;
    const char *words;
    char *name = NULL;

    *settled = KX_SETTLED_GONE;
    ret = look_for(kadm, crossover, &presence, &entry);
    if (!ret)
        ret = mend(kadm, crossover, presence, entry, settled);
    krb5_db_free_principal(kadm->context, entry);
    ret = kx_store_explain(kadm, crossover->name, ret);
    if (ret) {
        words = krb5_get_error_message(kadm->context, ret);
        kx_log(logger, LOG_ERR, "%s", words);
        krb5_free_error_message(kadm->context, words);
        /* These stay as they are. */
        if (ret == KX_ERR_POLICY_KVNO || ret == KX_ERR_POLICY_REALM ||
            ret == KX_ERR_METADATA)
            ret = 0;
    } else if (*settled == KX_SETTLED_MENDED &&
               krb5_unparse_name(kadm->context, crossover->name, &name) == 0) {
        kx_log(logger, LOG_NOTICE,
               "%s: key version %lu was overwritten by another writer, and is "
               "stored again",
               name, (unsigned long)crossover->kvno);
    }
    krb5_free_unparsed_name(kadm->context, name);
    return ret;
}

krb5_error_code
kx_kadm_store_life(struct kx_kadm_store *kadm, krb5_const_principal name,
                   struct kx_life *life, krb5_boolean *by_hand)
{
    krb5_error_code ret;
    krb5_db_entry *entry;

    memset(life, 0, sizeof(*life));
    *by_hand = FALSE;
    ret = kx_store_fetch_patiently(kadm, name, &entry);
    if (!ret && entry != NULL) {
        ret = kx_life_read(kadm->context, entry, life);
        *by_hand = !life->ours && entry->n_key_data > 0;
        if (!ret && life->damaged)
            ret = KX_ERR_METADATA;
    }
    krb5_db_free_principal(kadm->context, entry);
    return kx_store_explain(kadm, name, ret);
}

krb5_error_code
kx_kadm_store_prune(struct kx_kadm_store *kadm, krb5_principal name,
                    time_t now, krb5_boolean *deleted)
{
    krb5_error_code ret;
    krb5_db_entry *entry = NULL;
    krb5_boolean locked, over = FALSE;

    *deleted = FALSE;
    ret = kx_room_check(kadm->context);
    if (!ret)
        ret = kx_store_lock(kadm, &locked);
    if (ret)
        return kx_store_explain(kadm, name, ret);
    /* It may have been made anew since somebody found it over. */
    ret = kx_store_fetch(kadm, name, &entry);
    if (!ret && entry != NULL)
        ret = kx_entry_is_over(kadm->context, entry, now, &over);
    if (!ret && over)
        ret = kadm5_delete_principal(kadm->handle, name);
    if (locked)
        (void)kadm5_unlock(kadm->handle);
    krb5_db_free_principal(kadm->context, entry);
    *deleted = !ret && over;
    return kx_store_explain(kadm, name, ret);
}

krb5_error_code
kx_kadm_store_open(krb5_context context, const char *realm,
                   struct kx_settle *settle, struct kx_kadm_store **out)
{
    krb5_error_code ret;
    kadm5_config_params params = {0};
    struct kx_kadm_store *kadm;
    char creator[] = CREATOR, *copy;

    *out = NULL;
    kadm = calloc(1, sizeof(*kadm));
    copy = strdup(realm);
    if (kadm == NULL || copy == NULL) {
        free(kadm);
        free(copy);
        return ENOMEM;
    }
    kadm->context = context;
    kadm->settle = settle;
    params.mask = KADM5_CONFIG_REALM;
    params.realm = copy;
    kx_patience_begins(OPEN_PATIENCE);
    ret = kadm5_init_with_password(context, creator, NULL, NULL, &params,
                                   KADM5_STRUCT_VERSION, KADM5_API_VERSION_4,
                                   NULL, &kadm->handle);
    if (!ret)
        ret = kadm5_init_iprop(kadm->handle, NULL);
    ret = kx_patience_ends(context, ret);
    kadm->realm = copy;
    if (ret)
        kx_kadm_store_close(kadm);
    else
        *out = kadm;
    return ret;
}

void
kx_kadm_store_close(struct kx_kadm_store *kadm)
{
    if (kadm == NULL)
        return;
    if (kadm->handle != NULL)
        (void)kadm5_destroy(kadm->handle);
    free(kadm->realm);
    free(kadm);
}
