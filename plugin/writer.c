/*
 * writer.c: what a KDC process writes into its database.
 *
 * Each attempt at a database that is locked or read-only costs the KDC a
 * moment, so after one that failed there is a pause.  But an entry that cannot
 * take a key is no reason to keep others waiting.
 */
#include "config.h"
#include <kadm5/admin.h>
#include "exchange/kx_room.h"
#include "exchange/renewal.h"
#include "plugin/lock.h"
#include "plugin/writer.h"

/* Seconds to leave the database alone after it could not be written. */
#define PAUSE 5

/* The same for a note of use, which can wait. */
#define NOTES_PAUSE 60

krb5_boolean
kx_write_is_refused(krb5_error_code code)
{
    return code == KX_ERR_POLICY_REALM || code == KX_ERR_POLICY_KVNO ||
           code == KX_ERR_VERSIONS || code == KX_ERR_METADATA;
}

/* Give the entry of name in *entry, NULL if there is none. */
static krb5_error_code
read_entry(krb5_context context, krb5_const_principal name,
           krb5_db_entry **entry)
{
    krb5_error_code ret;

    *entry = NULL;
    ret = krb5_db_get_principal(context, name, 0, entry);
    return ret == KRB5_KDB_NOENTRY ? 0 : ret;
}

/* True if entry has the very key of crossover already: a write of it was said
 * to have failed, and had not. */
static krb5_boolean
has_crossover(krb5_context context, krb5_db_entry *entry,
              const struct kx_crossover *crossover)
{
    const krb5_keyblock *ours = &crossover->keys[0];
    krb5_keyblock theirs = {0};
    krb5_data a = kx_data(ours->contents, ours->length), b;
    krb5_boolean same = FALSE;
    int i;

    for (i = 0; i < entry->n_key_data && !same; i++) {
        if (entry->key_data[i].key_data_kvno != crossover->kvno ||
            entry->key_data[i].key_data_type[0] != ours->enctype ||
            krb5_dbe_decrypt_key_data(context, NULL, &entry->key_data[i],
                                      &theirs, NULL) != 0)
            continue;
        b = kx_data(theirs.contents, theirs.length);
        same = kx_data_equal_secret(&a, &b);
        krb5_free_keyblock_contents(context, &theirs);
    }
    return same;
}

/* Write crossover; the database is locked or has no locks. */
static krb5_error_code
put_crossover(krb5_context context, const struct kx_crossover *crossover,
              krb5_boolean note_use)
{
    krb5_db_entry *old = NULL, *entry = NULL;
    krb5_error_code ret;

    ret = read_entry(context, crossover->name, &old);
    if (ret)
        return ret;
    ret = kx_entry_add(context, old, crossover, time(NULL), &entry);
    if (ret == KX_ERR_POLICY_KVNO && has_crossover(context, old, crossover)) {
        ret = 0;
        goto cleanup;
    }
    if (ret == 0 && note_use)
        ret = kx_use_note(context, entry, time(NULL));
    if (ret == 0)
        ret = krb5_db_put_principal(context, entry);

cleanup:
    krb5_db_free_principal(context, old);
    krb5_db_free_principal(context, entry);
    return ret;
}

/* See that crossover is in the database: db2 writes when it is unlocked, and
 * does not say whether that went well. */
static krb5_error_code
read_back(krb5_context context, const struct kx_crossover *crossover)
{
    krb5_db_entry *entry = NULL;
    enum kx_presence presence = KX_ABSENT;
    krb5_error_code ret;

    ret = read_entry(context, crossover->name, &entry);
    if (ret == 0 && entry != NULL)
        ret = kx_entry_presence(context, entry, crossover, &presence);
    krb5_db_free_principal(context, entry);
    if (ret == 0 && presence != KX_PRESENT)
        ret = kx_error(context, KX_ERR_STORE,
                       "what was written is not there; is the disk full?");
    return ret;
}

krb5_error_code
kx_write_crossover(struct kx_writer *writer, krb5_context context,
                   const struct kx_crossover *crossover, krb5_boolean note_use)
{
    krb5_boolean locked;
    krb5_error_code ret;

    if (kx_monotonic() < writer->pause)
        return kx_error(context, KX_ERR_STORE,
                        "the database could not be written a moment ago");
    ret = kx_room_check(context);
    if (ret == 0)
        ret = kx_lock_for_writing(context, &locked);
    if (ret == 0) {
        ret = put_crossover(context, crossover, note_use);
        if (locked)
            (void)krb5_db_unlock(context);
    }
    if (ret == 0)
        ret = read_back(context, crossover);
    if (ret != 0 && !kx_write_is_refused(ret))
        writer->pause = kx_monotonic() + PAUSE;
    return ret;
}

/* Note that name is used, if that is still news; the database is locked or has
 * no locks. */
static krb5_error_code
put_use(krb5_context context, krb5_const_principal name)
{
    krb5_db_entry *entry = NULL;
    struct kx_life life;
    krb5_error_code ret;
    time_t now = time(NULL);

    ret = read_entry(context, name, &entry);
    if (ret || entry == NULL)
        return ret;
    ret = kx_life_read(context, entry, &life);
    if (ret == 0 && life.ours && kx_use_is_news(&life, now)) {
        ret = kx_use_note(context, entry, now);
        entry->mask = KADM5_TL_DATA;
        if (ret == 0)
            ret = krb5_db_put_principal(context, entry);
    }
    krb5_db_free_principal(context, entry);
    return ret;
}

void
kx_write_use(struct kx_writer *writer, krb5_context context,
             krb5_const_principal name)
{
    krb5_boolean locked;
    krb5_error_code ret;
    time_t now = kx_monotonic();

    if (now < writer->pause || now < writer->pause_notes)
        return;
    ret = kx_room_check(context);
    if (ret == 0)
        ret = kx_lock_for_writing(context, &locked);
    /* Without a lock, the note could undo what another writes just now: a
     * mark, and no note is worth that. */
    if (ret == 0 && !locked)
        return;
    if (ret == 0) {
        ret = put_use(context, name);
        (void)krb5_db_unlock(context);
    }
    if (ret)
        writer->pause_notes = kx_monotonic() + NOTES_PAUSE;
}
