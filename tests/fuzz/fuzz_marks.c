/*
 * fuzz_marks.c: what kxover has written on an entry, and others have edited.
 *
 * An input is lines: "key 7" gives the entry a key of that version, "hours 30"
 * says when it is, and NAME=VALUE is a string attribute.  Marks that can be
 * read must come out the same when they are written again; whatever the
 * attributes say, a KDC gets an entry that is in order; and what was keyed by
 * hand and taken over is known for that, and goes when it is over.
 */
#include "config.h"
#include <string.h>
#include "exchange/entry.h"
#include "exchange/kx_crossover.h"
#include "tests/fuzz/fuzz.h"

#define NOW 1795348800 /* 2026-11-22T12:00:00Z */
#define MAX_KEYS 32

static krb5_context context;
static time_t now;

/* Give entry a key of version kvno. */
static void
add_key(krb5_db_entry *entry, unsigned long kvno)
{
    krb5_key_data *key = &entry->key_data[entry->n_key_data];

    if (entry->n_key_data == MAX_KEYS)
        return;
    key->key_data_ver = 1;
    key->key_data_kvno = (krb5_ui_2)kvno;
    key->key_data_type[0] = ENCTYPE_AES256_CTS_HMAC_SHA1_96;
    key->key_data_length[0] = 4;
    key->key_data_contents[0] = calloc(1, 4);
    FUZZ_MUST(key->key_data_contents[0] != NULL);
    entry->n_key_data++;
}

/* Take one line. */
static void
take(krb5_db_entry *entry, char *line)
{
    char *value = strchr(line, '=');

    if (strncmp(line, "key ", 4) == 0) {
        add_key(entry, strtoul(line + 4, NULL, 10));
    } else if (strncmp(line, "hours ", 6) == 0) {
        now = NOW + strtol(line + 6, NULL, 10) % 100000 * 3600;
    } else if (value != NULL) {
        *value = '\0';
        (void)krb5_dbe_set_string(context, entry, line, value + 1);
    }
}

/* The entry of an input; its name and its keys, and what they say of it. */
static krb5_db_entry *
make_entry(const uint8_t *data, size_t size)
{
    krb5_db_entry *entry = calloc(1, sizeof(*entry));
    char *text = calloc(1, size + 1), *line, *next;

    FUZZ_MUST(entry != NULL && text != NULL);
    entry->key_data = calloc(MAX_KEYS, sizeof(*entry->key_data));
    FUZZ_MUST(entry->key_data != NULL);
    FUZZ_MUST(krb5_parse_name(context, "krbtgt/BRAVO.EXAMPLE@ALPHA.EXAMPLE",
                              &entry->princ) == 0);
    now = NOW;
    memcpy(text, data, size);
    for (line = text; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        take(entry, line);
    }
    free(text);
    return entry;
}

static void
free_entry(krb5_db_entry *entry)
{
    krb5_tl_data *tl;

    while (entry->n_key_data > 0)
        krb5_dbe_free_key_data_contents(context,
                                        &entry->key_data[--entry->n_key_data]);
    while ((tl = entry->tl_data) != NULL) {
        entry->tl_data = tl->tl_data_next;
        free(tl->tl_data_contents);
        free(tl);
    }
    krb5_free_principal(context, entry->princ);
    free(entry->key_data);
    free(entry);
}

/* What is written of mark is read as mark again. */
static void
write_again(const struct kx_mark *mark)
{
    struct kx_crossover crossover = {.kvno = mark->kvno,
                                     .established = mark->established,
                                     .till = mark->till,
                                     .origin = mark->origin};
    krb5_string_attr string;
    struct kx_mark *again;
    size_t n;

    FUZZ_MUST(kx_mark_write(context, &crossover, &string.key, &string.value) ==
              0);
    FUZZ_MUST(kx_marks_read(context, &string, 1, &again, &n) == 0 && n == 1);
    FUZZ_MUST(again->kvno == mark->kvno && again->till == mark->till);
    FUZZ_MUST(again->established == mark->established);
    FUZZ_MUST(strcmp(again->origin.host, mark->origin.host) == 0);
    FUZZ_MUST(again->origin.port == mark->origin.port);
    FUZZ_MUST(strcmp(again->origin.certificate, mark->origin.certificate) ==
              0);
    FUZZ_MUST(strcmp(again->origin.tlsa, mark->origin.tlsa) == 0);
    FUZZ_MUST(strcmp(again->origin.group, mark->origin.group) == 0);
    FUZZ_MUST(again->origin.prior == mark->origin.prior);
    FUZZ_MUST(again->origin.chain == mark->origin.chain);
    kx_marks_free(again, n);
    free(string.key);
    free(string.value);
}

/* Read the attributes alone, whatever the entry is. */
static void
read_attributes(krb5_db_entry *entry)
{
    krb5_string_attr *strings;
    struct kx_mark *marks;
    int n_strings;
    size_t n, i;

    if (krb5_dbe_get_strings(context, entry, &strings, &n_strings) != 0)
        return;
    if (kx_marks_read(context, strings, (size_t)n_strings, &marks, &n) == 0) {
        for (i = 0; i < n; i++) {
            FUZZ_MUST(i == 0 ||
                      marks[i - 1].established >= marks[i].established);
            FUZZ_MUST(marks[i].kvno >= 1 && marks[i].kvno <= KX_MAX_KVNO);
            write_again(&marks[i]);
        }
        kx_marks_free(marks, n);
    }
    krb5_dbe_free_strings(context, strings, n_strings);
}

/* What is not for use. */
static void
read_versions(krb5_db_entry *entry)
{
    krb5_boolean has;
    uint32_t *kvnos, latest;
    size_t n, i;

    FUZZ_MUST(kx_entry_has_attributes(context, entry, &has) == 0 || !has);
    FUZZ_MUST(kx_entry_latest(entry, &latest) == 0);
    if (kx_entry_versions(context, entry, TRUE, &kvnos, &n) != 0)
        return;
    for (i = 1; i < n; i++)
        FUZZ_MUST(kvnos[i - 1] > kvnos[i]);
    free(kvnos);
}

/* Of entry, each key that is in none of the marks counts as an adopted one
 * that ended no more than KX_RECENT before then, and each adopted one has a
 * key.  Returns when the last of them ends; 0 if there are none. */
static time_t
check_adopted(krb5_db_entry *entry, const struct kx_mark *marks,
              size_t n_marks, time_t then)
{
    struct kx_adopted *adopted;
    time_t last = 0;
    uint32_t kvno;
    size_t n, i;
    int k;

    FUZZ_MUST(kx_adopted_read(context, entry, &adopted, &n) == 0);
    for (k = 0; k < entry->n_key_data; k++) {
        kvno = entry->key_data[k].key_data_kvno;
        FUZZ_MUST(kvno == 0 || kx_marks_have(marks, n_marks, kvno) ||
                  kx_adopted_till(adopted, n, kvno) >= then - KX_RECENT);
    }
    for (i = 0; i < n; i++) {
        FUZZ_MUST(kx_entry_has_version(entry, adopted[i].kvno));
        if (adopted[i].till > last)
            last = adopted[i].till;
    }
    free(adopted);
    return last;
}

/* Take over what is keyed by hand.  When that is over, nothing is left of
 * it. */
static void
take_over(krb5_db_entry *entry)
{
    struct kx_mark *marks;
    size_t n;
    time_t then;

    if (kx_entry_marks(context, entry, &marks, &n) != 0)
        return;
    FUZZ_MUST(kx_adopted_drop_old(context, entry, marks, n, now) == 0);
    FUZZ_MUST(kx_adopt_versions(context, entry, marks, n, now) == 0);
    then = check_adopted(entry, marks, n, now) + KX_RECENT + 1;
    FUZZ_MUST(kx_adopted_drop_old(context, entry, marks, n, then) == 0);
    (void)check_adopted(entry, marks, n, then);
    kx_marks_free(marks, n);
}

/* Serve it. */
static void
serve(krb5_db_entry *entry, enum kx_direction direction)
{
    krb5_boolean usable;
    struct kx_mark *marks;
    size_t n;

    if (kx_entry_marks(context, entry, &marks, &n) != 0)
        return;
    kx_marks_free(marks, n);
    if (kx_entry_restrict(context, entry, direction, now, &usable) != 0 ||
        !usable || n == 0)
        return;
    FUZZ_MUST(entry->n_key_data >= 1);
    FUZZ_MUST(entry->max_life > 0 && entry->expiration != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum kx_direction directions[] = {KX_OUTGOING, KX_INCOMING};
    krb5_db_entry *entry;
    size_t i;

    if (context == NULL) {
        kx_init_errors();
        FUZZ_MUST(krb5_init_context(&context) == 0);
    }
    for (i = 0; i < 2; i++) {
        entry = make_entry(data, size);
        read_attributes(entry);
        read_versions(entry);
        serve(entry, directions[i]);
        free_entry(entry);
    }
    entry = make_entry(data, size);
    take_over(entry);
    free_entry(entry);
    return 0;
}
