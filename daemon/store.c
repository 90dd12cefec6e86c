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
 * stored.
 *
 * Somebody else may hold that lock (kadmin.local with its "lock", kdb5_util
 * with a dump or load of a big database), and libkrb5 waits for ever.  We do
 * not, see patience.c; the exchange is then refused for now.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <kadm5/admin.h>
#include "exchange/kx_room.h"
#include "daemon/kxoverd.h"

/* Who created an entry, as kadmin getprinc shows it: kxover@REALM. */
#define CREATOR "kxover"

/* Milliseconds that we wait for the database's lock, and for all that opening
 * the database takes. */
#define LOCK_PATIENCE 1000
#define OPEN_PATIENCE 5000

struct kx_kadm_store {
    krb5_context context;
    void *handle; /* libkadm5srv's */
};

/*
 * Put the principal's name before the message of code.  An error that is not
 * ours becomes KX_ERR_STORE.
 */
static krb5_error_code
explain(struct kx_kadm_store *kadm, krb5_const_principal name,
        krb5_error_code code)
{
    char *text = NULL;

    switch (code) {
    case 0:
    case ENOMEM:
    case KX_ERR_POLICY_REALM: /* these tell the name themselves */
    case KX_ERR_METADATA:
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

/* Give the entry of name in *out (krb5_db_free_principal()), NULL when there
 * is none. */
static krb5_error_code
fetch(struct kx_kadm_store *kadm, krb5_const_principal name,
      krb5_db_entry **out)
{
    krb5_error_code ret;

    *out = NULL;
    ret = krb5_db_get_principal(kadm->context, name, 0, out);
    return ret == KRB5_KDB_NOENTRY ? 0 : ret;
}

/* The same, with our patience for somebody else's lock. */
static krb5_error_code
fetch_patiently(struct kx_kadm_store *kadm, krb5_const_principal name,
                krb5_db_entry **out)
{
    krb5_error_code ret;

    kx_patience_begins(LOCK_PATIENCE);
    ret = fetch(kadm, name, out);
    return kx_patience_ends(kadm->context, ret);
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
    ret = fetch_patiently(kadm, name, &entry);
    if (!ret && entry != NULL && entry->n_key_data > 0)
        ret = kx_entry_versions(kadm->context, entry, adopt, kvnos, n);
    krb5_db_free_principal(kadm->context, entry);
    return explain(kadm, name, ret);
}

krb5_error_code
kx_kadm_store_earlier(void *arg, krb5_const_principal name, krb5_boolean adopt,
                      struct kx_earlier *earlier)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;
    krb5_db_entry *entry;

    memset(earlier, 0, sizeof(*earlier));
    ret = fetch_patiently(kadm, name, &entry);
    if (!ret && entry != NULL)
        ret = kx_entry_earlier(kadm->context, entry, adopt, earlier);
    if (ret)
        kx_earlier_clear(kadm->context, earlier);
    krb5_db_free_principal(kadm->context, entry);
    return explain(kadm, name, ret);
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

    ret = fetch(kadm, crossover->name, &old);
    if (!ret && old == NULL) {
        ret = create(kadm, crossover);
        if (!ret)
            ret =
                krb5_db_get_principal(kadm->context, crossover->name, 0, &old);
    }
    if (!ret)
        ret = kx_entry_add(kadm->context, old, crossover,
                           crossover->established, &next);
    /* One without keys may be an attempt that was interrupted. */
    if (!ret && old->n_key_data == 0)
        next->attributes |= KRB5_KDB_LOCKDOWN_KEYS;
    if (!ret)
        ret = modify(kadm, next);
    if (!ret)
        ret = krb5_db_put_principal(kadm->context, next);
    krb5_db_free_principal(kadm->context, old);
    krb5_db_free_principal(kadm->context, next);
    return ret;
}

/* Lock the database for writing; *locked is false where its module has no
 * locks. */
static krb5_error_code
lock(struct kx_kadm_store *kadm, krb5_boolean *locked)
{
    krb5_error_code ret;

    kx_patience_begins(LOCK_PATIENCE);
    ret = kadm5_lock(kadm->handle);
    ret = kx_patience_ends(kadm->context, ret);
    *locked = ret == 0;
    return ret == KRB5_PLUGIN_OP_NOTSUPP ? 0 : ret;
}

/* See that crossover's keys are in the database. */
static krb5_error_code
read_back(struct kx_kadm_store *kadm, const struct kx_crossover *crossover)
{
    krb5_error_code ret;
    krb5_db_entry *entry;
    size_t found = 0;
    int i;

    ret = fetch_patiently(kadm, crossover->name, &entry);
    if (ret)
        return ret;
    for (i = 0; entry != NULL && i < entry->n_key_data; i++) {
        if (entry->key_data[i].key_data_kvno == crossover->kvno)
            found++;
    }
    krb5_db_free_principal(kadm->context, entry);
    if (found != crossover->n_keys)
        return kx_error(kadm->context, KX_ERR_STORE,
                        "what was written is not there; is the disk full?");
    return 0;
}

krb5_error_code
kx_kadm_store_put(void *arg, const struct kx_crossover *crossover)
{
    struct kx_kadm_store *kadm = arg;
    krb5_error_code ret;
    krb5_boolean locked;

    ret = kx_room_check(kadm->context);
    if (!ret)
        ret = lock(kadm, &locked);
    if (!ret) {
        ret = write_crossover(kadm, crossover);
        if (locked)
            (void)kadm5_unlock(kadm->handle);
    }
    if (!ret)
        ret = read_back(kadm, crossover);
    return explain(kadm, crossover->name, ret);
}

krb5_error_code
kx_kadm_store_open(krb5_context context, const char *realm,
                   struct kx_kadm_store **out)
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
    params.mask = KADM5_CONFIG_REALM;
    params.realm = copy;
    kx_patience_begins(OPEN_PATIENCE);
    ret = kadm5_init_with_password(context, creator, NULL, NULL, &params,
                                   KADM5_STRUCT_VERSION, KADM5_API_VERSION_4,
                                   NULL, &kadm->handle);
    if (!ret)
        ret = kadm5_init_iprop(kadm->handle, NULL);
    ret = kx_patience_ends(context, ret);
    free(copy);
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
    free(kadm);
}
