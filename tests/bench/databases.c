/*
 * databases.c: the databases of all realms, in memory, and kxoverd's look
 * through one of them.
 *
 * An entry is what the product has made, whole, keys and all.  Beside it
 * stands what kx_life_read() says of it, so that a look through the database
 * can leave out those entries of which it would say nothing: of a thousand
 * realms that look once an hour, most find nothing to do.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include "daemon/walk.h"
#include "exchange/entry.h"
#include "exchange/kx_alarm.h"
#include "exchange/kx_room.h"
#include "tests/bench/world.h"

static krb5_keyblock master;

/* Where a realm has the slot of a principal. */
static struct slot **
link_of(krb5_const_principal name, enum kx_direction *direction,
        struct realm **peer)
{
    krb5_data remote;

    *direction = kx_crossover_direction(name, world.acting->name, &remote);
    must_not_fail(*direction == KX_NOT_A_CROSSOVER ? EINVAL : 0,
                  "another principal");
    *peer = realm_named(&remote);
    return &world.acting->by_peer[*direction == KX_INCOMING][(*peer)->number];
}

struct slot *
database_find(krb5_const_principal name)
{
    enum kx_direction direction;
    struct realm *peer;

    return *link_of(name, &direction, &peer);
}

/* A new slot of acting's for the principal. */
static struct slot *
make_slot(krb5_const_principal name)
{
    struct realm *realm = world.acting;
    struct slot *slot = calloc(1, sizeof(*slot));

    if (slot != NULL && realm->n_slots == realm->room) {
        realm->room = realm->room > 0 ? 2 * realm->room : 8;
        realm->slots =
            realloc(realm->slots, realm->room * sizeof(struct slot *));
    }
    must_not_fail(slot == NULL || realm->slots == NULL ? ENOMEM : 0,
                  "a principal");
    *link_of(name, &slot->direction, &slot->peer) = slot;
    slot->place = realm->n_slots;
    realm->slots[realm->n_slots++] = slot;
    return slot;
}

static void
delete_slot(struct slot **link)
{
    struct realm *realm = world.acting;
    struct slot *slot = *link;

    *link = NULL;
    realm->slots[slot->place] = realm->slots[--realm->n_slots];
    realm->slots[slot->place]->place = slot->place;
    krb5_db_free_principal(world.context, slot->entry);
    free(slot);
}

void
databases_open(void)
{
    must_not_fail(krb5_c_make_random_key(world.context,
                                         ENCTYPE_AES256_CTS_HMAC_SHA384_192,
                                         &master),
                  "a master key");
}

void
databases_close(void)
{
    unsigned int i;
    struct slot *slot;

    for (i = 0; i < world.n; i++) {
        world_act(&world.realms[i]);
        while (world.acting->n_slots > 0) {
            slot = world.acting->slots[0];
            delete_slot(&world.acting->by_peer[slot->direction == KX_INCOMING]
                                              [slot->peer->number]);
        }
    }
    krb5_free_keyblock_contents(world.context, &master);
}

/* ---- libkdb5 ---- */

__typeof__(kx_master_key) __wrap_kx_master_key;
__typeof__(krb5_dbe_encrypt_key_data) __wrap_krb5_dbe_encrypt_key_data;
__typeof__(krb5_dbe_decrypt_key_data) __wrap_krb5_dbe_decrypt_key_data;
__typeof__(krb5_db_get_principal) __wrap_krb5_db_get_principal;
__typeof__(krb5_db_put_principal) __wrap_krb5_db_put_principal;
__typeof__(krb5_db_iterate) __wrap_krb5_db_iterate;
__typeof__(krb5_db_open) __wrap_krb5_db_open;
__typeof__(krb5_db_fini) __wrap_krb5_db_fini;
__typeof__(krb5_db_lock) __wrap_krb5_db_lock;
__typeof__(krb5_db_unlock) __wrap_krb5_db_unlock;

krb5_error_code
__wrap_kx_master_key(krb5_context context, krb5_kvno *mkvno,
                     krb5_keyblock *mkey)
{
    *mkvno = 1;
    return krb5_copy_keyblock_contents(context, &master, mkey);
}

/* Keys are as they are: nobody reads them, and libkdb5 would take half of the
 * simulation's time. */
krb5_error_code
__wrap_krb5_dbe_encrypt_key_data(krb5_context context,
                                 const krb5_keyblock *mkey,
                                 const krb5_keyblock *key,
                                 const krb5_keysalt *salt, int kvno,
                                 krb5_key_data *data)
{
    (void)context;
    (void)mkey;
    (void)salt;
    data->key_data_ver = 1;
    data->key_data_kvno = (uint16_t)kvno;
    data->key_data_type[0] = (krb5_int16)key->enctype;
    data->key_data_length[0] = (uint16_t)key->length;
    data->key_data_contents[0] = malloc(key->length);
    if (data->key_data_contents[0] == NULL)
        return ENOMEM;
    memcpy(data->key_data_contents[0], key->contents, key->length);
    return 0;
}

krb5_error_code
__wrap_krb5_dbe_decrypt_key_data(krb5_context context,
                                 const krb5_keyblock *mkey,
                                 const krb5_key_data *data, krb5_keyblock *key,
                                 krb5_keysalt *salt)
{
    const krb5_keyblock plain = {.magic = KV5M_KEYBLOCK,
                                 .enctype = data->key_data_type[0],
                                 .length = data->key_data_length[0],
                                 .contents = data->key_data_contents[0]};

    (void)mkey;
    (void)salt;
    return krb5_copy_keyblock_contents(context, &plain, key);
}

krb5_error_code
__wrap_krb5_db_get_principal(krb5_context context, krb5_const_principal name,
                             unsigned int flags, krb5_db_entry **entry)
{
    const struct slot *slot = database_find(name);

    (void)flags;
    *entry = NULL;
    return slot == NULL ? KRB5_KDB_NOENTRY
                        : kx_entry_copy(context, slot->entry, entry);
}

krb5_error_code
__wrap_krb5_db_put_principal(krb5_context context, krb5_db_entry *entry)
{
    struct slot *slot = database_find(entry->princ);
    krb5_db_entry *copy;
    krb5_error_code ret;

    ret = kx_entry_copy(context, entry, &copy);
    if (ret)
        return ret;
    if (slot == NULL)
        slot = make_slot(entry->princ);
    krb5_db_free_principal(context, slot->entry);
    slot->entry = copy;
    return kx_life_read(context, copy, &slot->life);
}

/* True if a look through the database may have something to say of slot. */
static krb5_boolean
is_of_interest(const struct slot *slot, krb5_boolean all_used, time_t now)
{
    const struct kx_life *life = &slot->life;

    if (world.look_at_all || life->last_till < now - KX_RECENT)
        return TRUE;
    if (slot->direction == KX_INCOMING || life->used < life->established)
        return FALSE;
    return all_used || now >= kx_renewal_begins(life->established, life->till);
}

/* Those in use are all of interest where not all of them are to be kept. */
krb5_error_code
/* NOLINTNEXTLINE(readability-non-const-parameter): it is as kdb.h has it */
__wrap_krb5_db_iterate(krb5_context context, char *pattern,
                       int (*call)(krb5_pointer, krb5_db_entry *),
                       krb5_pointer arg, krb5_flags flags)
{
    const struct realm *realm = world.acting;
    const struct slot *slot;
    time_t now = time(NULL);
    size_t in_use = 0, i;
    int ret = 0;

    (void)context;
    (void)pattern;
    (void)flags;
    for (i = 0; i < realm->n_slots; i++) {
        slot = realm->slots[i];
        in_use += slot->direction == KX_OUTGOING &&
                  slot->life.used >= slot->life.established;
    }
    for (i = 0; i < realm->n_slots && ret == 0; i++) {
        slot = realm->slots[i];
        if (is_of_interest(slot, in_use > realm->settings.keep, now))
            ret = call(arg, slot->entry);
    }
    return ret;
}

krb5_error_code
__wrap_krb5_db_open(krb5_context context, char **args, int mode)
{
    (void)context;
    (void)args;
    (void)mode;
    return 0;
}

krb5_error_code
__wrap_krb5_db_fini(krb5_context context)
{
    (void)context;
    return 0;
}

krb5_error_code
__wrap_krb5_db_lock(krb5_context context, int mode)
{
    (void)context;
    (void)mode;
    return 0;
}

krb5_error_code
__wrap_krb5_db_unlock(krb5_context context)
{
    (void)context;
    return 0;
}

/* ---- libkadm5srv, and what is about files and locks ---- */

__typeof__(kadm5_create_principal_3) __wrap_kadm5_create_principal_3;
__typeof__(kadm5_modify_principal) __wrap_kadm5_modify_principal;
__typeof__(kadm5_delete_principal) __wrap_kadm5_delete_principal;
__typeof__(kadm5_lock) __wrap_kadm5_lock;
__typeof__(kadm5_unlock) __wrap_kadm5_unlock;
__typeof__(kadm5_init_krb5_context) __wrap_kadm5_init_krb5_context;
__typeof__(krb5_free_context) __wrap_krb5_free_context;
__typeof__(krb5_free_context) __real_krb5_free_context;
__typeof__(kx_room_check) __wrap_kx_room_check;
__typeof__(kx_alarm_set) __wrap_kx_alarm_set;
__typeof__(kx_alarm_put_back) __wrap_kx_alarm_put_back;

/* Its parameters are as kadm5/admin.h has them. */
kadm5_ret_t
__wrap_kadm5_create_principal_3(void *handle, kadm5_principal_ent_t record,
                                long mask, int n_tuples,
                                krb5_key_salt_tuple *tuples,
                                /* NOLINTNEXTLINE(readability-non-const-*) */
                                char *password)
{
    krb5_db_entry *entry;
    krb5_error_code ret;

    (void)handle;
    (void)mask;
    (void)n_tuples;
    (void)tuples;
    (void)password;
    ret = kx_entry_new(world.context, record->principal, &entry);
    if (ret)
        return ret;
    entry->attributes = record->attributes;
    ret = __wrap_krb5_db_put_principal(world.context, entry);
    krb5_db_free_principal(world.context, entry);
    return ret;
}

kadm5_ret_t
__wrap_kadm5_modify_principal(void *handle, kadm5_principal_ent_t record,
                              long mask)
{
    krb5_db_entry *entry = database_find(record->principal)->entry;

    (void)handle;
    (void)mask;
    entry->attributes = record->attributes;
    entry->expiration = record->princ_expire_time;
    entry->max_life = record->max_life;
    entry->max_renewable_life = record->max_renewable_life;
    return 0;
}

kadm5_ret_t
__wrap_kadm5_delete_principal(void *handle, krb5_principal name)
{
    enum kx_direction direction;
    struct realm *peer;

    (void)handle;
    delete_slot(link_of(name, &direction, &peer));
    return 0;
}

kadm5_ret_t
__wrap_kadm5_lock(void *handle)
{
    (void)handle;
    return 0;
}

kadm5_ret_t
__wrap_kadm5_unlock(void *handle)
{
    (void)handle;
    return 0;
}

/* There is one context, of which a walk gets the loan. */
krb5_error_code
__wrap_kadm5_init_krb5_context(krb5_context *context)
{
    *context = world.context;
    return 0;
}

void
__wrap_krb5_free_context(krb5_context context)
{
    if (context != world.context || world.acting == NULL)
        __real_krb5_free_context(context);
}

krb5_error_code
__wrap_kx_room_check(krb5_context context)
{
    (void)context;
    return 0;
}

void
__wrap_kx_alarm_set(struct kx_alarm *before, int first, int next)
{
    (void)before;
    (void)first;
    (void)next;
}

void
__wrap_kx_alarm_put_back(const struct kx_alarm *before)
{
    (void)before;
}

/* ---- kxoverd's look through the database ---- */

struct kx_walk {
    const struct kx_walked *found;
    void *arg;
    size_t keep;
    struct event *event;
};

__typeof__(kx_walk_start) __wrap_kx_walk_start;
__typeof__(kx_walk_free) __wrap_kx_walk_free;

/* Take what the child says, as daemon/walk.c does, but for the counts, which
 * are not of all. */
static void
take_lines(struct kx_walk *walk, char *lines)
{
    char *line, *rest = NULL;

    for (line = strtok_r(lines, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "due ", 4) == 0)
            walk->found->due(walk->arg, line + 4);
        else if (strncmp(line, "over ", 5) == 0)
            walk->found->over(walk->arg, line + 5);
        else if (strncmp(line, "failed ", 7) == 0)
            must_not_fail(EINVAL, line);
    }
}

static void
on_walk(evutil_socket_t fd, short what, void *arg)
{
    static const struct kx_found_crossovers unknown;
    struct kx_walk *walk = arg;
    char *lines = NULL;
    size_t size;
    FILE *out = open_memstream(&lines, &size);

    (void)fd;
    (void)what;
    must_not_fail(out == NULL ? ENOMEM : 0, "a walk");
    kx_walk_look(world.acting->name, walk->keep, out);
    must_not_fail(fclose(out) != 0 ? EIO : 0, "a walk");
    take_lines(walk, lines);
    free(lines);
    walk->found->held(walk->arg, &unknown);
    walk->found->done(walk->arg, NULL);
}

krb5_error_code
__wrap_kx_walk_start(struct event_base *base, const char *program,
                     const char *realm, size_t keep,
                     const struct kx_walked *found, void *arg,
                     struct kx_walk **out)
{
    static const struct timeval at_once = {0, 0};
    struct kx_walk *walk = calloc(1, sizeof(*walk));

    (void)base;
    (void)program;
    (void)realm;
    must_not_fail(walk == NULL ? ENOMEM : 0, "a walk");
    walk->found = found;
    walk->arg = arg;
    walk->keep = keep;
    walk->event = event_new(NULL, -1, 0, on_walk, walk);
    *out = walk;
    return event_add(walk->event, &at_once);
}

void
__wrap_kx_walk_free(struct kx_walk *walk)
{
    if (walk == NULL)
        return;
    event_free(walk->event);
    free(walk);
}
