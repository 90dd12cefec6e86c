/*
 * earlier.c: the keys that a crossover has had, for the next one to build on.
 *
 * Expired versions count, too: an entry keeps them for a while, and a key that
 * no ticket may be issued under any more is as secret as it was.  What is here
 * is in the clear, so whoever asks for it releases it soon.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/kx_crossover.h"

void
kx_earlier_clear(krb5_context context, struct kx_earlier *earlier)
{
    size_t i;

    for (i = 0; i < earlier->n; i++)
        krb5_free_keyblock_contents(context, &earlier->keys[i].key);
    free(earlier->keys);
    memset(earlier, 0, sizeof(*earlier));
}

/* Give the place of one more key at the end of earlier, or NULL. */
static struct kx_earlier_key *
append(struct kx_earlier *earlier, uint32_t kvno, unsigned int chain)
{
    struct kx_earlier_key *grown;

    grown = realloc(earlier->keys, (earlier->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    earlier->keys = grown;
    grown += earlier->n++;
    memset(grown, 0, sizeof(*grown));
    grown->kvno = kvno;
    grown->chain = chain;
    return grown;
}

/* Append the keys of entry's version kvno, decrypted. */
static krb5_error_code
append_version(krb5_context context, krb5_db_entry *entry, uint32_t kvno,
               unsigned int chain, struct kx_earlier *earlier)
{
    struct kx_earlier_key *key;
    krb5_error_code ret;
    int i;

    for (i = 0; i < entry->n_key_data; i++) {
        if (entry->key_data[i].key_data_kvno != kvno)
            continue;
        key = append(earlier, kvno, chain);
        if (key == NULL)
            return ENOMEM;
        ret = krb5_dbe_decrypt_key_data(context, NULL, &entry->key_data[i],
                                        &key->key, NULL);
        if (ret) {
            memset(&key->key, 0, sizeof(key->key));
            return kx_error_prefix(context, ret, "key version %lu",
                                   (unsigned long)kvno);
        }
    }
    return 0;
}

krb5_error_code
kx_entry_earlier(krb5_context context, krb5_db_entry *entry,
                 krb5_boolean adopt, struct kx_earlier *earlier)
{
    krb5_error_code ret;
    struct kx_mark *marks;
    uint32_t kvno, last = 0; /* a version 0 has no name */
    size_t n, i;
    int k;

    ret = kx_entry_marks(context, entry, &marks, &n);
    if (ret)
        return ret;
    for (i = 0; ret == 0 && i < n; i++)
        ret = append_version(context, entry, marks[i].kvno,
                             marks[i].origin.chain, earlier);
    if (adopt)
        krb5_dbe_sort_key_data(entry->key_data, (size_t)entry->n_key_data);
    for (k = 0; ret == 0 && adopt && k < entry->n_key_data; k++) {
        kvno = entry->key_data[k].key_data_kvno;
        if (kvno == last || kx_marks_have(marks, n, kvno))
            continue;
        last = kvno;
        /* The first link: it was agreed on, if not by us. */
        ret = append_version(context, entry, kvno, 1, earlier);
    }
    kx_marks_free(marks, n);
    return ret;
}

krb5_error_code
kx_crossover_earlier(krb5_context context,
                     const struct kx_crossover *crossover,
                     struct kx_earlier *earlier)
{
    struct kx_earlier_key *key;
    krb5_error_code ret;
    size_t i;

    for (i = 0; i < crossover->n_keys; i++) {
        key = append(earlier, crossover->kvno, crossover->origin.chain);
        if (key == NULL)
            return ENOMEM;
        ret = krb5_copy_keyblock_contents(context, &crossover->keys[i],
                                          &key->key);
        if (ret)
            return ret;
    }
    return 0;
}
