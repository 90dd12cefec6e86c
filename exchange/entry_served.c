/*
 * entry_served.c: what a KDC may use of a crossover's entry.
 *
 * krb5_timestamp is a signed 32-bit number that krb5 reads as unsigned, to
 * 2106; here times are time_t and converted at the edge.
 */
#include "config.h"
#include <stdlib.h>
#include "exchange/entry.h"

krb5_timestamp
kx_to_timestamp(time_t t)
{
    return (krb5_timestamp)(uint32_t)t;
}

time_t
kx_to_time(krb5_timestamp stamp)
{
    return (time_t)(uint32_t)stamp;
}

krb5_deltat
kx_to_life(time_t seconds)
{
    if (seconds < 1)
        return 1;
    return seconds > KX_MAX_LIFE ? KX_MAX_LIFE : (krb5_deltat)seconds;
}

/* When the peer's other KDCs have the version of mark, too. */
static time_t
settles_at(const struct kx_mark *mark)
{
    time_t pause = (mark->till - mark->established) / KX_SETTLING_PART;

    return mark->established + (pause < KX_SETTLING ? pause : KX_SETTLING);
}

/* True if the version of mark is issued with whatever older ones there are. */
static krb5_boolean
is_settled(const struct kx_mark *mark, time_t now)
{
    /* One from the future is of a clock that was wrong. */
    return settles_at(mark) <= now || mark->established > now;
}

/*
 * The index of the version to issue with at time now, of n marks, newest
 * first; n if there is none.  The peer agreed on a new one with one of its
 * KDCs, and the others have to hear of it; so an older one goes on until then.
 */
static size_t
version_to_issue_with(const struct kx_mark *marks, size_t n, time_t now)
{
    size_t newest = n, chosen = n, i;

    for (i = 0; i < n; i++) {
        if (marks[i].till <= now + KX_ISSUE_MARGIN)
            continue;
        if (newest == n)
            newest = i;
        else if (marks[i].till <= settles_at(&marks[newest]))
            continue; /* it ends before that */
        chosen = i;
        if (is_settled(&marks[i], now))
            break;
    }
    return chosen;
}

/*
 * Move what of the *n adopted versions counts at time now to the front of
 * adopted, and set *n to how many that is: those that live and still have
 * keys in entry.  For an outgoing crossover they do so only as long as issue,
 * the version of ours to issue with (NULL for none), is not settled.
 */
static void
choose_adopted(const krb5_db_entry *entry, struct kx_adopted *adopted,
               size_t *n, enum kx_direction direction,
               const struct kx_mark *issue, time_t now)
{
    time_t margin = direction == KX_OUTGOING ? KX_ISSUE_MARGIN : 0;
    size_t i, kept = 0;

    for (i = 0; i < *n; i++) {
        if (direction == KX_OUTGOING &&
            (issue == NULL || is_settled(issue, now)))
            break;
        if (adopted[i].till > now + margin &&
            kx_entry_has_version(entry, adopted[i].kvno))
            adopted[kept++] = adopted[i];
    }
    *n = kept;
}

krb5_error_code
kx_entry_restrict(krb5_context context, krb5_db_entry *entry,
                  enum kx_direction direction, time_t now,
                  krb5_boolean *usable)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    struct kx_adopted *adopted = NULL;
    time_t till = 0;
    krb5_deltat life;
    size_t n_marks, n_adopted, n_kept = 0, issue, i;
    uint32_t kvno;
    int k;

    *usable = FALSE;
    ret = kx_entry_marks(context, entry, &marks, &n_marks);
    if (ret)
        return ret;
    if (n_marks == 0) {
        *usable = TRUE;
        return 0;
    }
    ret = kx_adopted_read(context, entry, &adopted, &n_adopted);
    if (ret)
        goto cleanup;
    issue = version_to_issue_with(marks, n_marks, now);
    choose_adopted(entry, adopted, &n_adopted, direction,
                   issue < n_marks ? &marks[issue] : NULL, now);
    for (i = 0; i < n_adopted; i++) {
        if (adopted[i].till > till)
            till = adopted[i].till;
    }
    /* The kept ones come first in marks, in their order. */
    for (i = 0; i < n_marks; i++) {
        struct kx_mark mark = marks[n_kept];

        if (direction == KX_OUTGOING ? i != issue || n_adopted > 0
                                     : marks[i].till <= now)
            continue;
        if (marks[i].till > till)
            till = marks[i].till;
        marks[n_kept++] = marks[i];
        marks[i] = mark;
    }
    if (n_kept == 0 && n_adopted == 0)
        goto cleanup;
    for (k = entry->n_key_data - 1; k >= 0; k--) {
        kvno = entry->key_data[k].key_data_kvno;
        if (!kx_marks_have(marks, n_kept, kvno) &&
            kx_adopted_till(adopted, n_adopted, kvno) == 0)
            kx_entry_remove_key(context, entry, k);
    }
    life = kx_to_life(till - now - KX_ISSUE_MARGIN);
    if (entry->max_life == 0 || entry->max_life > life)
        entry->max_life = life;
    if (entry->max_renewable_life > life)
        entry->max_renewable_life = life;
    if (entry->expiration == 0 || kx_to_time(entry->expiration) > till)
        entry->expiration = kx_to_timestamp(till);
    *usable = TRUE;

cleanup:
    free(adopted);
    kx_marks_free(marks, n_marks);
    return ret;
}
