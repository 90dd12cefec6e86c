/*
 * renewal.c: when a crossover is to be renewed, and when it is over.
 *
 * One rule for all who renew: when a third of a key's life is left.  Of the
 * 14 days that is usual that leaves more than four in which DNS, the network
 * and the peer may be out of order and nobody notices.
 *
 * A key that nobody uses is not renewed.  So the KDC notes in the entry that
 * it was used, in a string attribute that administrators can read and whose
 * loss harms nothing; and seldom, as each note is a write of the database.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "exchange/entry.h"
#include "exchange/orders.h"
#include "exchange/renewal.h"

/* The part of a key's life that is left when it is renewed. */
#define RENEWAL_PART 3

/* The part of a key's life after which its use is noted again. */
#define NOTE_PART 4

time_t
kx_renewal_begins(time_t established, time_t till)
{
    return till > established ? till - (till - established) / RENEWAL_PART
                              : till;
}

/* When the use of entry was noted; 0 for never, or not in words that are
 * ours. */
static krb5_error_code
read_used(krb5_context context, krb5_db_entry *entry, time_t *used)
{
    krb5_error_code ret;
    char *text = NULL;

    *used = 0;
    ret = krb5_dbe_get_string(context, entry, KX_USED_NAME, &text);
    if (ret == 0 && text != NULL && !kx_time_read(text, used))
        *used = 0;
    krb5_dbe_free_string(context, text);
    return ret;
}

krb5_error_code
kx_life_read(krb5_context context, krb5_db_entry *entry, struct kx_life *life)
{
    krb5_error_code ret;
    struct kx_mark *marks = NULL;
    struct kx_order kept;
    size_t n = 0, i;

    memset(life, 0, sizeof(*life));
    life->blocked = kx_entry_is_blocked(entry);
    ret = kx_order_read(context, entry, KX_KEPT_NAME, &kept);
    if (ret)
        return ret;
    life->kept = kept.given;
    ret = kx_entry_marks(context, entry, &marks, &n);
    if (ret == KX_ERR_METADATA) {
        life->damaged = TRUE;
        return 0;
    }
    if (ret)
        return ret;
    if (n == 0) {
        life->by_hand = entry->n_key_data > 0;
        return kx_entry_latest(entry, &life->latest);
    }
    life->ours = TRUE;
    life->established = marks[0].established;
    life->till = marks[0].till;
    for (i = 0; i < n; i++) {
        if (marks[i].till > life->last_till)
            life->last_till = marks[i].till;
    }
    kx_marks_free(marks, n);
    ret = kx_entry_latest(entry, &life->latest);
    if (ret)
        return ret;
    return read_used(context, entry, &life->used);
}

krb5_boolean
kx_use_is_news(const struct kx_life *life, time_t now)
{
    time_t pause = (life->till - life->established) / NOTE_PART;

    /* A note from the future is one of a clock that was wrong. */
    return life->used < life->established || life->used < now - pause ||
           life->used > now + pause;
}

krb5_error_code
kx_use_note(krb5_context context, krb5_db_entry *entry, time_t now)
{
    char text[KX_TIME_TEXT_SIZE];

    return krb5_dbe_set_string(context, entry, KX_USED_NAME,
                               kx_time_text(now, text));
}

/*
 * *by_hand tells whether entry has string attributes that are neither ours nor
 * were set by us (kx_entry_set_attributes()), or keys without a mark.
 */
static krb5_error_code
find_additions(krb5_context context, krb5_db_entry *entry,
               krb5_boolean *by_hand)
{
    krb5_error_code ret;
    krb5_string_attr *strings = NULL;
    struct kx_mark *marks = NULL;
    const char *set_by_us = NULL;
    size_t n = 0, i;
    int count = 0, k;

    *by_hand = FALSE;
    ret = krb5_dbe_get_strings(context, entry, &strings, &count);
    for (k = 0; ret == 0 && k < count; k++) {
        if (strcmp(strings[k].key, KX_ATTRIBUTES_NAME) == 0)
            set_by_us = strings[k].value;
    }
    for (k = 0; ret == 0 && k < count; k++) {
        if (strncmp(strings[k].key, KX_ATTRIBUTE_PREFIX,
                    sizeof(KX_ATTRIBUTE_PREFIX) - 1) != 0 &&
            !kx_attribute_is_listed(set_by_us, strings[k].key))
            *by_hand = TRUE;
    }
    krb5_dbe_free_strings(context, strings, count);
    if (ret == 0)
        ret = kx_entry_marks(context, entry, &marks, &n);
    for (k = 0; ret == 0 && k < entry->n_key_data; k++) {
        for (i = 0; i < n; i++) {
            if (marks[i].kvno == entry->key_data[k].key_data_kvno)
                break;
        }
        if (i == n)
            *by_hand = TRUE;
    }
    kx_marks_free(marks, n);
    return ret;
}

/* True if entry has limits that its versions do not give it. */
static krb5_boolean
has_own_limits(const krb5_db_entry *entry,
               const struct kx_limits_of_entry *limits)
{
    return entry->attributes != KRB5_KDB_LOCKDOWN_KEYS ||
           (time_t)(uint32_t)entry->expiration != limits->expiration ||
           entry->max_life != limits->life ||
           entry->max_renewable_life != limits->life ||
           entry->pw_expiration != 0;
}

krb5_error_code
kx_entry_is_over(krb5_context context, krb5_db_entry *entry, time_t now,
                 krb5_boolean *over)
{
    struct kx_limits_of_entry limits;
    struct kx_life life;
    krb5_boolean by_hand;
    krb5_error_code ret;

    *over = FALSE;
    ret = kx_life_read(context, entry, &life);
    if (ret || !life.ours || life.kept || life.last_till >= now - KX_RECENT)
        return ret;
    ret = kx_entry_limits(context, entry, &limits);
    if (ret || has_own_limits(entry, &limits))
        return ret;
    ret = find_additions(context, entry, &by_hand);
    *over = ret == 0 && !by_hand;
    return ret;
}
