/*
 * adopted.c: versions keyed by hand, of an entry that kxover took over.
 *
 * Tickets under them are about, so they are accepted until the last of those
 * is over.  When that is, stands in a string attribute for each of them:
 *
 *   kxover_adopted_2: till=2026-11-24T15:51:00Z
 *
 * It is the entry's max_life, or KX_RECENT where that is longer, from when
 * kxover took over: the other realm may give its tickets longer lives than
 * this one's entry says.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/entry.h"

#define PREFIX KX_ATTRIBUTE_PREFIX "adopted_"
#define TILL "till="

/* "kxover_adopted_65535" */
#define NAME_SIZE (sizeof(PREFIX) + 5)

/* "till=" and a time */
#define VALUE_SIZE (sizeof(TILL) + KX_TIME_TEXT_SIZE)

/* The name of the attribute of kvno. */
static const char *
attribute_name(uint32_t kvno, char name[NAME_SIZE])
{
    (void)snprintf(name, NAME_SIZE, PREFIX "%u", (unsigned int)(uint16_t)kvno);
    return name;
}

/*
 * Read one attribute, whose name begins as those here do.  What would not be
 * written the same again is damaged: KX_ERR_METADATA.
 */
static krb5_error_code
read_attribute(krb5_context context, const krb5_string_attr *string,
               struct kx_adopted *adopted)
{
    char name[NAME_SIZE];

    adopted->kvno =
        (uint32_t)strtoul(string->key + sizeof(PREFIX) - 1, NULL, 10);
    if (adopted->kvno != 0 &&
        strcmp(attribute_name(adopted->kvno, name), string->key) == 0 &&
        strncmp(string->value, TILL, sizeof(TILL) - 1) == 0 &&
        kx_time_read(string->value + sizeof(TILL) - 1, &adopted->till))
        return 0;
    return kx_error(context, KX_ERR_METADATA,
                    "string attribute %.*s cannot be read; mend it with "
                    "kadmin setstr, or delete it with kadmin delstr",
                    (int)NAME_SIZE, string->key);
}

/* True if string is one of these attributes. */
static krb5_boolean
is_ours(const krb5_string_attr *string)
{
    return strncmp(string->key, PREFIX, sizeof(PREFIX) - 1) == 0;
}

krb5_error_code
kx_adopted_check(krb5_context context, const krb5_string_attr *strings,
                 size_t n)
{
    krb5_error_code ret = 0;
    struct kx_adopted adopted;
    size_t i;

    for (i = 0; ret == 0 && i < n; i++) {
        if (is_ours(&strings[i]))
            ret = read_attribute(context, &strings[i], &adopted);
    }
    return ret;
}

krb5_error_code
kx_adopted_read(krb5_context context, krb5_db_entry *entry,
                struct kx_adopted **adopted, size_t *n)
{
    krb5_error_code ret;
    krb5_string_attr *strings;
    struct kx_adopted *list;
    size_t found = 0;
    int count, i;

    *adopted = NULL;
    *n = 0;
    ret = krb5_dbe_get_strings(context, entry, &strings, &count);
    if (ret)
        return ret;
    list = calloc((size_t)count + 1, sizeof(*list));
    if (list == NULL)
        ret = ENOMEM;
    for (i = 0; ret == 0 && i < count; i++) {
        if (is_ours(&strings[i]))
            ret = read_attribute(context, &strings[i], &list[found++]);
    }
    krb5_dbe_free_strings(context, strings, count);
    if (ret) {
        free(list);
        return ret;
    }
    *adopted = list;
    *n = found;
    return 0;
}

time_t
kx_adopted_till(const struct kx_adopted *adopted, size_t n, uint32_t kvno)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (adopted[i].kvno == kvno)
            return adopted[i].till;
    }
    return 0;
}

/* Note in entry that version kvno counts till then. */
static krb5_error_code
note(krb5_context context, krb5_db_entry *entry, uint32_t kvno, time_t till)
{
    char name[NAME_SIZE], value[VALUE_SIZE], text[KX_TIME_TEXT_SIZE];

    (void)snprintf(value, sizeof(value), TILL "%s", kx_time_text(till, text));
    return krb5_dbe_set_string(context, entry, attribute_name(kvno, name),
                               value);
}

krb5_error_code
kx_adopt_versions(krb5_context context, krb5_db_entry *entry,
                  const struct kx_mark *marks, size_t n_marks, time_t now)
{
    krb5_error_code ret;
    time_t life = entry->max_life > KX_RECENT ? entry->max_life : KX_RECENT;
    struct kx_adopted *adopted;
    size_t n;
    uint32_t kvno;
    int i;

    ret = kx_adopted_read(context, entry, &adopted, &n);
    for (i = 0; ret == 0 && i < entry->n_key_data; i++) {
        kvno = entry->key_data[i].key_data_kvno;
        if (kvno != 0 && !kx_marks_have(marks, n_marks, kvno) &&
            kx_adopted_till(adopted, n, kvno) == 0)
            ret = note(context, entry, kvno, now + life);
    }
    free(adopted);
    return ret;
}

krb5_error_code
kx_adopted_drop_old(krb5_context context, krb5_db_entry *entry,
                    const struct kx_mark *marks, size_t n_marks, time_t now)
{
    krb5_error_code ret;
    char name[NAME_SIZE];
    struct kx_adopted *adopted;
    size_t n, i;
    int k;

    ret = kx_adopted_read(context, entry, &adopted, &n);
    for (i = 0; ret == 0 && i < n; i++) {
        if (adopted[i].till >= now - KX_RECENT &&
            kx_entry_has_version(entry, adopted[i].kvno))
            continue;
        /* The number may have come to be that of a version of ours. */
        for (k = entry->n_key_data - 1; k >= 0; k--) {
            if (entry->key_data[k].key_data_kvno == adopted[i].kvno &&
                !kx_marks_have(marks, n_marks, adopted[i].kvno))
                kx_entry_remove_key(context, entry, k);
        }
        ret = krb5_dbe_set_string(context, entry,
                                  attribute_name(adopted[i].kvno, name), NULL);
    }
    free(adopted);
    return ret;
}
