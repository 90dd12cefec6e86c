/*
 * entry.c: a crossover's entry in the database.
 *
 * An entry is only ever built as a copy: the old one stays whole until the new
 * one is, so a failure half-way leaves nothing behind.  Adding a version goes
 * in steps that each leave a correct entry: copy, drop what is too old, bring
 * what stays under the current master key, add the new keys and their mark,
 * set the limits, note who changed it and when.
 *
 * krb5_timestamp is a signed 32-bit number that krb5 reads as unsigned, to
 * 2106; here times are time_t and converted at the edge.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include "exchange/entry.h"

/* Who changed an entry, as kadmin getprinc shows it: kxover@REALM. */
#define MODIFIER "kxover"

/*
 * See that the marks are of versions that entry has, and that nobody has keyed
 * it by hand since the last of them.  Errors: KX_ERR_METADATA, ENOMEM.
 */
static krb5_error_code
check_marks(krb5_context context, const krb5_db_entry *entry,
            const struct kx_mark *marks, size_t n)
{
    krb5_error_code ret;
    uint32_t latest;
    size_t i;

    for (i = 0; i < n; i++) {
        if (!kx_entry_has_version(entry, marks[i].kvno))
            return kx_error(
                context, KX_ERR_METADATA,
                "string attribute " KX_MARK_PREFIX "%lu is of a key version "
                "that is not there: the entry is left alone; delete that "
                "attribute with kadmin delstr, or the principal",
                (unsigned long)marks[i].kvno);
    }
    ret = kx_entry_latest(entry, &latest);
    if (ret || n == 0 || kx_marks_have(marks, n, latest))
        return ret;
    return kx_error(context, KX_ERR_METADATA,
                    "key version %lu has no string attribute " KX_MARK_PREFIX
                    "%lu, so it was keyed by hand: the entry is left alone; "
                    "to keep it so, delete its " KX_ATTRIBUTE_PREFIX
                    " attributes with kadmin delstr, or else the principal",
                    (unsigned long)latest, (unsigned long)latest);
}

krb5_error_code
kx_entry_marks(krb5_context context, krb5_db_entry *entry,
               struct kx_mark **marks, size_t *n_marks)
{
    krb5_error_code ret;
    krb5_string_attr *strings = NULL;
    char *name = NULL;
    int count = 0;

    *marks = NULL;
    *n_marks = 0;
    ret = krb5_dbe_get_strings(context, entry, &strings, &count);
    if (ret == 0)
        ret = kx_marks_read(context, strings, (size_t)count, marks, n_marks);
    if (ret == 0)
        ret = kx_adopted_check(context, strings, (size_t)count);
    krb5_dbe_free_strings(context, strings, count);
    if (ret == 0)
        ret = check_marks(context, entry, *marks, *n_marks);
    if (ret == KX_ERR_METADATA &&
        krb5_unparse_name(context, entry->princ, &name) == 0)
        (void)kx_error_prefix(context, ret, "%s", name);
    krb5_free_unparsed_name(context, name);
    if (ret || *n_marks == 0) {
        kx_marks_free(*marks, *n_marks);
        *marks = NULL;
        *n_marks = 0;
    }
    return ret;
}

krb5_error_code
kx_entry_has_attributes(krb5_context context, krb5_db_entry *entry,
                        krb5_boolean *has)
{
    krb5_error_code ret;
    krb5_string_attr *strings;
    int count, i;

    *has = FALSE;
    ret = krb5_dbe_get_strings(context, entry, &strings, &count);
    if (ret)
        return ret;
    for (i = 0; i < count; i++) {
        if (strncmp(strings[i].key, KX_ATTRIBUTE_PREFIX,
                    sizeof(KX_ATTRIBUTE_PREFIX) - 1) == 0)
            *has = TRUE;
    }
    krb5_dbe_free_strings(context, strings, count);
    return 0;
}

/* Set the message for an entry that is the administrator's. */
static krb5_error_code
not_ours(krb5_context context, const krb5_db_entry *entry)
{
    krb5_error_code ret = KX_ERR_POLICY_REALM;
    char *name = NULL;

    if (krb5_unparse_name(context, entry->princ, &name) == 0)
        ret = kx_error(context, ret,
                       "%s was keyed by hand and is left alone; delete it, "
                       "or name the realm in kxover_adopt, to have kxover "
                       "manage it",
                       name);
    krb5_free_unparsed_name(context, name);
    return ret;
}

krb5_error_code
kx_entry_versions(krb5_context context, krb5_db_entry *entry,
                  krb5_boolean adopt, uint32_t **kvnos, size_t *n)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    uint32_t *list = NULL;
    size_t n_marks, count = 0;
    int i;

    *kvnos = NULL;
    *n = 0;
    ret = kx_entry_marks(context, entry, &marks, &n_marks);
    if (ret)
        return ret;
    kx_marks_free(marks, n_marks);
    if (entry->n_key_data == 0)
        return 0;
    if (n_marks == 0 && !adopt)
        return not_ours(context, entry);
    list = calloc((size_t)entry->n_key_data, sizeof(*list));
    if (list == NULL)
        return ENOMEM;
    krb5_dbe_sort_key_data(entry->key_data, (size_t)entry->n_key_data);
    for (i = 0; i < entry->n_key_data; i++) {
        if (count == 0 || list[count - 1] != entry->key_data[i].key_data_kvno)
            list[count++] = entry->key_data[i].key_data_kvno;
    }
    *kvnos = list;
    *n = count;
    return 0;
}

/*
 * Mark crossover's version in entry.  Where there is no room for another
 * string attribute, expired versions are dropped for it.
 */
static krb5_error_code
add_mark(krb5_context context, krb5_db_entry *entry,
         const struct kx_crossover *crossover, struct kx_mark *marks,
         size_t n_left, time_t now)
{
    krb5_error_code ret;
    char *name = NULL, *value = NULL;

    ret = kx_mark_write(context, crossover, &name, &value);
    if (ret)
        return ret;
    for (;;) {
        ret = krb5_dbe_set_string(context, entry, name, value);
        if (ret != KRB5_KDB_STRINGS_TOOLONG || n_left == 0)
            break;
        ret = kx_entry_drop_expired(context, entry, marks, &n_left, now);
        if (ret)
            break;
    }
    if (ret == KRB5_KDB_STRINGS_TOOLONG)
        (void)kx_error(context, ret,
                       "no room for %s: the entry's other string attributes "
                       "fill it",
                       name);
    free(name);
    free(value);
    return ret;
}

krb5_error_code
kx_entry_limits(krb5_context context, krb5_db_entry *entry,
                struct kx_limits_of_entry *limits)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    krb5_deltat life;
    size_t n, i;

    memset(limits, 0, sizeof(*limits));
    ret = kx_entry_marks(context, entry, &marks, &n);
    if (ret)
        return ret;
    for (i = 0; i < n; i++) {
        life = kx_to_life(marks[i].till - marks[i].established);
        if (life > limits->life)
            limits->life = life;
        if (marks[i].till > limits->expiration)
            limits->expiration = marks[i].till;
    }
    kx_marks_free(marks, n);
    return 0;
}

/*
 * Set entry's limits to those of its versions now, unless the administrator
 * has set it lower ones than its versions made before.
 */
static krb5_error_code
set_limits(krb5_context context, krb5_db_entry *entry,
           const struct kx_limits_of_entry *before)
{
    krb5_error_code ret;
    struct kx_limits_of_entry after;

    ret = kx_entry_limits(context, entry, &after);
    if (ret)
        return ret;
    if (entry->expiration == 0 ||
        kx_to_time(entry->expiration) >= before->expiration)
        entry->expiration = kx_to_timestamp(after.expiration);
    if (entry->max_life == 0 || entry->max_life >= before->life)
        entry->max_life = after.life;
    if (entry->max_renewable_life >= before->life)
        entry->max_renewable_life = after.life;
    entry->mask |= KADM5_PRINC_EXPIRE_TIME | KADM5_MAX_LIFE | KADM5_MAX_RLIFE;
    return 0;
}

/* Note in entry that kxover changed it and its keys now. */
static krb5_error_code
note_change(krb5_context context, krb5_db_entry *entry, time_t now,
            krb5_kvno mkvno)
{
    krb5_error_code ret;
    krb5_principal modifier = NULL;
    char *realm = NULL;

    ret = krb5_get_default_realm(context, &realm);
    if (ret)
        return ret;
    ret = krb5_build_principal(context, &modifier, (unsigned int)strlen(realm),
                               realm, MODIFIER, (char *)NULL);
    if (ret == 0)
        ret = krb5_dbe_update_mod_princ_data(context, entry,
                                             kx_to_timestamp(now), modifier);
    if (ret == 0)
        ret = krb5_dbe_update_last_pwd_change(context, entry,
                                              kx_to_timestamp(now));
    if (ret == 0)
        ret = krb5_dbe_update_mkvno(context, entry, mkvno);
    krb5_free_principal(context, modifier);
    krb5_free_default_realm(context, realm);
    entry->mask |= KADM5_KEY_DATA | KADM5_TL_DATA;
    return ret;
}

/*
 * Refuse what cannot be added to old (which may be NULL), before anything is
 * copied.
 */
static krb5_error_code
check_addition(krb5_context context, krb5_db_entry *old,
               const struct kx_crossover *crossover)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    size_t n;

    if (crossover->n_keys == 0)
        return kx_error(context, KX_ERR_STORE, "key version %lu has no keys",
                        (unsigned long)crossover->kvno);
    if (old == NULL)
        return 0;
    if (!krb5_principal_compare(context, old->princ, crossover->name))
        return kx_error(context, KX_ERR_STORE,
                        "the crossover's entry is another principal's");
    ret = kx_entry_marks(context, old, &marks, &n);
    if (ret)
        return ret;
    kx_marks_free(marks, n);
    if (n == 0 && old->n_key_data > 0 && !crossover->adopt)
        return not_ours(context, old);
    if (kx_entry_has_version(old, crossover->kvno))
        return kx_error(context, KX_ERR_POLICY_KVNO,
                        "key version %lu is there already",
                        (unsigned long)crossover->kvno);
    return 0;
}

krb5_error_code
kx_entry_add(krb5_context context, krb5_db_entry *old,
             const struct kx_crossover *crossover, time_t now,
             krb5_db_entry **out)
{
    krb5_error_code ret;
    krb5_db_entry *entry = NULL;
    krb5_keyblock mkey = {0};
    krb5_kvno mkvno = 0;
    struct kx_limits_of_entry before = {0};
    struct kx_mark *marks = NULL;
    size_t n_marks = 0, n_left = 0, i;

    *out = NULL;
    ret = check_addition(context, old, crossover);
    if (ret)
        return ret;
    ret = kx_master_key(context, &mkvno, &mkey);
    if (ret)
        goto cleanup;
    if (old != NULL)
        ret = kx_entry_copy(context, old, &entry);
    else
        ret = kx_entry_new(context, crossover->name, &entry);
    if (ret)
        goto cleanup;
    ret = kx_entry_limits(context, entry, &before);
    if (ret)
        goto cleanup;
    ret = kx_entry_marks(context, entry, &marks, &n_marks);
    if (ret)
        goto cleanup;
    ret = kx_adopted_drop_old(context, entry, marks, n_marks, now);
    if (ret)
        goto cleanup;
    if (crossover->adopt)
        ret = kx_adopt_versions(context, entry, marks, n_marks, now);
    if (ret)
        goto cleanup;
    /* Whatever limits an entry has that was keyed by hand are by hand, too. */
    if (n_marks == 0 && entry->n_key_data > 0) {
        before.expiration = kx_to_time(-1);
        before.life = KX_MAX_LIFE;
    }
    n_left = n_marks;
    ret = kx_entry_drop_old(context, entry, marks, &n_left, now);
    if (ret)
        goto cleanup;
    ret = add_mark(context, entry, crossover, marks, n_left, now);
    if (ret)
        goto cleanup;
    ret = kx_entry_rewrap(context, entry, &mkey);
    if (ret)
        goto cleanup;
    for (i = 0; i < crossover->n_keys; i++) {
        ret = kx_entry_add_key(context, entry, &mkey, &crossover->keys[i],
                               crossover->kvno);
        if (ret)
            goto cleanup;
    }
    /* Stable: the new keys keep their order of preference. */
    krb5_dbe_sort_key_data(entry->key_data, (size_t)entry->n_key_data);
    ret = set_limits(context, entry, &before);
    if (ret)
        goto cleanup;
    ret = note_change(context, entry, now, mkvno);
    if (ret)
        goto cleanup;
    *out = entry;
    entry = NULL;

cleanup:
    krb5_free_keyblock_contents(context, &mkey);
    kx_marks_free(marks, n_marks);
    krb5_db_free_principal(context, entry);
    return ret;
}
