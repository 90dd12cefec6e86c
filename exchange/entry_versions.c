/*
 * entry_versions.c: the versions of an entry, and which of them go.
 *
 * A version that lives is one that somebody may hold a ticket under, so it
 * stays, whatever comes: rather is a new one refused.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/entry.h"

krb5_boolean
kx_entry_has_version(const krb5_db_entry *entry, uint32_t kvno)
{
    int i;

    for (i = 0; i < entry->n_key_data; i++) {
        if (entry->key_data[i].key_data_kvno == kvno)
            return TRUE;
    }
    return FALSE;
}

krb5_error_code
kx_entry_latest(const krb5_db_entry *entry, uint32_t *kvno)
{
    uint32_t *kvnos;
    int i;

    *kvno = 0;
    if (entry->n_key_data == 0)
        return 0;
    kvnos = calloc((size_t)entry->n_key_data, sizeof(*kvnos));
    if (kvnos == NULL)
        return ENOMEM;
    for (i = 0; i < entry->n_key_data; i++)
        kvnos[i] = entry->key_data[i].key_data_kvno;
    *kvno = kx_latest_kvno(kvnos, (size_t)entry->n_key_data);
    free(kvnos);
    return 0;
}

void
kx_entry_remove_key(krb5_context context, krb5_db_entry *entry, int n)
{
    krb5_dbe_free_key_data_contents(context, &entry->key_data[n]);
    entry->n_key_data--;
    memmove(&entry->key_data[n], &entry->key_data[n + 1],
            (size_t)(entry->n_key_data - n) * sizeof(*entry->key_data));
}

/* Remove version kvno from entry: its keys, if there are any, and its mark. */
static krb5_error_code
drop_version(krb5_context context, krb5_db_entry *entry, uint32_t kvno)
{
    krb5_error_code ret;
    char *name = NULL;
    int i;

    for (i = entry->n_key_data - 1; i >= 0; i--) {
        if (entry->key_data[i].key_data_kvno == kvno)
            kx_entry_remove_key(context, entry, i);
    }
    ret = kx_mark_name(context, kvno, &name);
    if (ret == 0)
        ret = krb5_dbe_set_string(context, entry, name, NULL);
    free(name);
    return ret;
}

/* Take mark i of the n marks out of their order, and put it at their end. */
static void
set_aside(struct kx_mark *marks, size_t n, size_t i)
{
    struct kx_mark mark = marks[i];

    memmove(&marks[i], &marks[i + 1], (n - i - 1) * sizeof(*marks));
    marks[n - 1] = mark;
}

/* Drop from entry the version of mark i of *n_left, which is set aside. */
static krb5_error_code
drop_marked(krb5_context context, krb5_db_entry *entry, struct kx_mark *marks,
            size_t *n_left, size_t i)
{
    krb5_error_code ret = drop_version(context, entry, marks[i].kvno);

    set_aside(marks, (*n_left)--, i);
    return ret;
}

krb5_error_code
kx_entry_drop_expired(krb5_context context, krb5_db_entry *entry,
                      struct kx_mark *marks, size_t *n_left, time_t now)
{
    char till[KX_TIME_TEXT_SIZE], *name = NULL;
    size_t first = 0, i;

    for (i = 1; i < *n_left; i++) {
        if (marks[i].till < marks[first].till)
            first = i;
    }
    if (*n_left > 0 && marks[first].till <= now)
        return drop_marked(context, entry, marks, n_left, first);
    (void)krb5_unparse_name(context, entry->princ, &name);
    (void)kx_error(context, KX_ERR_VERSIONS,
                   "%s has %lu key versions that tickets may still use, and "
                   "no room for another; the first of them ends at %s. To be "
                   "rid of them at once, delete the principal",
                   name != NULL ? name : "?", (unsigned long)*n_left,
                   *n_left > 0 ? kx_time_text(marks[first].till, till) : "-");
    krb5_free_unparsed_name(context, name);
    return KX_ERR_VERSIONS;
}

krb5_error_code
kx_entry_drop_old(krb5_context context, krb5_db_entry *entry,
                  struct kx_mark *marks, size_t *n_left, time_t now)
{
    krb5_error_code ret;
    size_t i;

    for (i = *n_left; i-- > 0;) {
        if (marks[i].till >= now - KX_RECENT)
            continue;
        ret = drop_marked(context, entry, marks, n_left, i);
        if (ret)
            return ret;
    }
    while (*n_left >= KX_MAX_VERSIONS) {
        ret = kx_entry_drop_expired(context, entry, marks, n_left, now);
        if (ret)
            return ret;
    }
    return 0;
}
