/*
 * crossovers.c: the crossovers in a database.
 *
 * db2 holds its lock while it iterates, and the KDC's writes wait for that. So
 * nothing here waits for anything, and no more is kept than one crossover.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/crossovers.h"
#include "exchange/entry.h"
#include "exchange/renewal.h"

/* What the iteration carries along. */
struct reading {
    krb5_context context;
    const char *realm;
    const struct kx_settings *settings;
    time_t now;
    crossover_fn *function;
    void *arg;
    krb5_error_code code; /* what ended it early */
};

void
crossover_free(struct crossover *crossover)
{
    size_t i;

    if (crossover == NULL)
        return;
    for (i = 0; i < crossover->n_versions; i++) {
        kx_origin_clear(&crossover->versions[i].origin);
        free(crossover->versions[i].etypes);
    }
    free(crossover->versions);
    free(crossover->realm);
    free(crossover->principal);
    free(crossover->damage);
    free(crossover);
}

/* A copy of text (length bytes) in which other than printable ASCII is '?',
 * and so are characters below least; NULL without memory. */
static char *
printable(const char *text, size_t length, char least)
{
    char *copy = malloc(length + 1);
    size_t i;

    if (copy == NULL)
        return NULL;
    for (i = 0; i < length; i++)
        copy[i] = text[i] >= least && text[i] <= '~' ? text[i] : '?';
    copy[length] = '\0';
    return copy;
}

/* The mark of version kvno, or NULL. */
static struct kx_mark *
find_mark(struct kx_mark *marks, size_t n, unsigned int kvno)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (marks[i].kvno == kvno)
            return &marks[i];
    }
    return NULL;
}

/* The version kvno of crossover, appended if it is not there; NULL without
 * memory. */
static struct crossover_version *
find_or_add(struct crossover *crossover, unsigned int kvno)
{
    struct crossover_version *grown;
    size_t i;

    for (i = 0; i < crossover->n_versions; i++) {
        if (crossover->versions[i].kvno == kvno)
            return &crossover->versions[i];
    }
    grown = realloc(crossover->versions,
                    (crossover->n_versions + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    crossover->versions = grown;
    grown += crossover->n_versions++;
    memset(grown, 0, sizeof(*grown));
    grown->kvno = kvno;
    return grown;
}

/* Gather the versions of entry and their encryption types.  Errors: ENOMEM. */
static krb5_error_code
add_versions(struct crossover *crossover, const krb5_db_entry *entry)
{
    struct crossover_version *version;
    krb5_enctype *grown;
    int i;

    for (i = 0; i < entry->n_key_data; i++) {
        version = find_or_add(crossover, entry->key_data[i].key_data_kvno);
        if (version == NULL)
            return ENOMEM;
        grown =
            realloc(version->etypes, (version->n_etypes + 1) * sizeof(*grown));
        if (grown == NULL)
            return ENOMEM;
        version->etypes = grown;
        grown[version->n_etypes++] = entry->key_data[i].key_data_type[0];
    }
    return 0;
}

/* Tell of each version where it comes from and when it ends; what marks say of
 * it is moved there. */
static void
explain_versions(struct crossover *crossover, const krb5_db_entry *entry,
                 struct kx_mark *marks, size_t n_marks,
                 const struct kx_adopted *adopted, size_t n_adopted)
{
    struct crossover_version *version;
    struct kx_mark *mark;
    size_t i;

    for (i = 0; i < crossover->n_versions; i++) {
        version = &crossover->versions[i];
        mark = find_mark(marks, n_marks, version->kvno);
        version->till = kx_adopted_till(adopted, n_adopted, version->kvno);
        if (mark != NULL) {
            version->source = VERSION_KXOVER;
            version->established = mark->established;
            version->till = mark->till;
            version->origin = mark->origin;
            memset(&mark->origin, 0, sizeof(mark->origin));
        } else if (version->till > 0) {
            version->source = VERSION_TAKEN_OVER;
        } else {
            version->source = n_marks > 0 ? VERSION_UNMARKED : VERSION_BY_HAND;
            version->till = kx_to_time(entry->expiration);
        }
    }
}

/* The state of a version of which entry, as a KDC may use it, has keys or not
 * (is_used); is_newer tells of ours that it came after all that it has. */
static enum version_state
state_of(const struct crossover_version *version, enum kx_direction direction,
         krb5_boolean is_used, krb5_boolean is_newer, time_t now)
{
    if (version->source == VERSION_UNMARKED)
        return VERSION_NOT_USED;
    if (version->till != 0 && version->till <= now)
        return VERSION_EXPIRED;
    if (direction == KX_INCOMING)
        return VERSION_ACCEPTED;
    if (is_used)
        return VERSION_IN_USE;
    return is_newer ? VERSION_NEXT : VERSION_REPLACED;
}

/*
 * Tell of each version, which are sorted, what a KDC does with it now.  entry
 * is cut down to what a KDC uses.  Errors: kx_entry_restrict()'s.
 */
static krb5_error_code
judge_versions(const struct reading *reading, struct crossover *crossover,
               krb5_db_entry *entry)
{
    struct crossover_version *version;
    krb5_boolean usable = FALSE, is_used, any_used = FALSE;
    krb5_error_code ret = 0;
    size_t i;

    if (crossover->keys == KEYS_KXOVER)
        ret = kx_entry_restrict(reading->context, entry, crossover->direction,
                                reading->now, &usable);
    else
        usable = TRUE;
    if (ret)
        return ret;
    for (i = 0; i < crossover->n_versions; i++) {
        version = &crossover->versions[i];
        is_used = usable && kx_entry_has_version(entry, version->kvno);
        any_used = any_used || is_used;
        version->state =
            state_of(version, crossover->direction, is_used,
                     version->established > 0 && !any_used, reading->now);
    }
    return 0;
}

/* The order of versions: newest first.  After 65535 the newest is not the one
 * with the highest number. */
static int
compare(const void *a, const void *b)
{
    const struct crossover_version *x = a, *y = b;
    const uint32_t kvnos[] = {x->kvno, y->kvno};

    if (x->established != y->established)
        return x->established < y->established ? 1 : -1;
    return kx_latest_kvno(kvnos, 2) == x->kvno ? -1 : 1;
}

/* Read the marks of entry, and all that hangs on them.  Errors: libkdb5's,
 * ENOMEM. */
static krb5_error_code
read_marks(const struct reading *reading, krb5_db_entry *entry,
           struct crossover *crossover)
{
    krb5_context context = reading->context;
    struct kx_mark *marks = NULL;
    struct kx_adopted *adopted = NULL;
    size_t n_marks = 0, n_adopted = 0;
    krb5_error_code ret;
    const char *words;

    ret = kx_entry_marks(context, entry, &marks, &n_marks);
    if (ret == 0)
        ret = kx_adopted_read(context, entry, &adopted, &n_adopted);
    crossover->keys = n_marks > 0             ? KEYS_KXOVER
                      : entry->n_key_data > 0 ? KEYS_BY_HAND
                                              : KEYS_NONE;
    if (ret == KX_ERR_METADATA) {
        crossover->keys = KEYS_DAMAGED;
        words = krb5_get_error_message(context, ret);
        crossover->damage = printable(words, strlen(words), ' ');
        krb5_free_error_message(context, words);
        ret = crossover->damage == NULL ? ENOMEM : 0;
        kx_marks_free(marks, n_marks);
        marks = NULL;
        n_marks = n_adopted = 0;
    }
    if (ret == 0)
        explain_versions(crossover, entry, marks, n_marks, adopted, n_adopted);
    free(adopted);
    kx_marks_free(marks, n_marks);
    return ret;
}

/* Read the orders in entry.  Errors: libkdb5's, ENOMEM. */
static krb5_error_code
read_orders(const struct reading *reading, krb5_db_entry *entry,
            struct crossover *crossover)
{
    krb5_error_code ret;
    char *used = NULL;

    crossover->blocked = kx_entry_is_blocked(entry);
    ret = kx_order_read(reading->context, entry, KX_BLOCKED_NAME,
                        &crossover->block);
    if (ret || crossover->direction != KX_OUTGOING)
        return ret;
    ret =
        kx_order_read(reading->context, entry, KX_KEPT_NAME, &crossover->keep);
    crossover->kept = crossover->keep.given ||
                      (reading->settings != NULL &&
                       kx_settings_keeps(reading->settings, crossover->realm));
    if (ret == 0)
        ret =
            krb5_dbe_get_string(reading->context, entry, KX_USED_NAME, &used);
    if (ret == 0 && used != NULL && !kx_time_read(used, &crossover->used))
        crossover->used = 0;
    krb5_dbe_free_string(reading->context, used);
    return ret;
}

/*
 * Read entry, the crossover with remote, into *out; the entry is cut down.
 * Errors: libkdb5's, ENOMEM.
 */
static krb5_error_code
read_entry(const struct reading *reading, krb5_db_entry *entry,
           enum kx_direction direction, const krb5_data *remote,
           struct crossover **out)
{
    struct crossover *crossover;
    krb5_error_code ret;
    char *name = NULL;

    crossover = calloc(1, sizeof(*crossover));
    if (crossover == NULL)
        return ENOMEM;
    crossover->direction = direction;
    crossover->realm = printable(remote->data, remote->length, '!');
    ret = krb5_unparse_name(reading->context, entry->princ, &name);
    if (ret == 0)
        crossover->principal = printable(name, strlen(name), '!');
    krb5_free_unparsed_name(reading->context, name);
    if (ret == 0 && (crossover->realm == NULL || crossover->principal == NULL))
        ret = ENOMEM;
    if (ret == 0)
        ret = add_versions(crossover, entry);
    if (ret == 0)
        ret = read_marks(reading, entry, crossover);
    crossover->refused =
        crossover->keys == KEYS_KXOVER && reading->settings != NULL &&
        !kx_settings_realm_permitted(reading->settings, direction, remote);
    if (ret == 0)
        ret = read_orders(reading, entry, crossover);
    if (ret == 0 && crossover->n_versions > 0)
        qsort(crossover->versions, crossover->n_versions,
              sizeof(*crossover->versions), compare);
    if (ret == 0)
        ret = judge_versions(reading, crossover, entry);
    if (ret)
        crossover_free(crossover);
    else
        *out = crossover;
    return ret;
}

/* Take one entry of the database.  Errors: those of read_entry(), the
 * function's.  Not every module heeds them, so they are kept, too. */
static int
take_entry(krb5_pointer arg, krb5_db_entry *entry)
{
    struct reading *reading = arg;
    struct crossover *crossover;
    enum kx_direction direction;
    krb5_data remote;

    /* A pattern is a hint that modules may ignore. */
    direction = kx_crossover_direction(entry->princ, reading->realm, &remote);
    if (direction == KX_NOT_A_CROSSOVER || reading->code != 0)
        return reading->code;
    reading->code = read_entry(reading, entry, direction, &remote, &crossover);
    if (reading->code == 0)
        reading->code = reading->function(reading->arg, crossover);
    return reading->code;
}

krb5_error_code
crossovers_read(krb5_context context, const char *realm,
                const struct kx_settings *settings, time_t now,
                crossover_fn *function, void *arg)
{
    struct reading reading = {context, realm, settings, now, function, arg, 0};
    char pattern[] = "krbtgt/*";
    krb5_error_code ret;

    ret = krb5_db_iterate(context, pattern, take_entry, &reading, 0);
    return reading.code != 0 ? reading.code : ret;
}

krb5_error_code
crossover_find(krb5_context context, const char *realm, const char *remote,
               enum kx_direction direction, const struct kx_settings *settings,
               time_t now, struct crossover **out)
{
    struct reading reading = {context, realm, settings, now, NULL, NULL, 0};
    const krb5_data here = kx_data(realm, strlen(realm));
    const krb5_data there = kx_data(remote, strlen(remote));
    krb5_principal name = NULL;
    krb5_db_entry *entry = NULL;
    krb5_error_code ret;

    *out = NULL;
    ret = direction == KX_OUTGOING
              ? kx_crossover_name(context, &there, &here, &name)
              : kx_crossover_name(context, &here, &there, &name);
    if (ret == 0)
        ret = krb5_db_get_principal(context, name, 0, &entry);
    if (ret == 0)
        ret = read_entry(&reading, entry, direction, &there, out);
    else if (ret == KRB5_KDB_NOENTRY)
        ret = 0;
    krb5_db_free_principal(context, entry);
    krb5_free_principal(context, name);
    return ret;
}
