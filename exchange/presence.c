/*
 * presence.c: whether a key version is still in the database as it was
 * written.
 *
 * A database without locks may have other writers, who read an entry before
 * our version was in it and write it back after.  Keys and mark are written at
 * once, so such a write loses both; an administrator who takes keys away
 * (purgekeys) leaves the mark, and one who takes a mark away leaves the keys.
 * Keys of the same number that are others were given by somebody else.
 */
#include "config.h"
#include <stdlib.h>
#include "exchange/kx_crossover.h"

/*
 * True if key_data, one of crossover's version, is one of its keys.  Errors:
 * libkdb5's (it cannot be decrypted), ENOMEM.
 */
static krb5_error_code
is_one_of_the_keys(krb5_context context, krb5_key_data *key_data,
                   const struct kx_crossover *crossover, krb5_boolean *is)
{
    krb5_keyblock key = {0};
    krb5_error_code ret;
    size_t i;

    *is = FALSE;
    ret = krb5_dbe_decrypt_key_data(context, NULL, key_data, &key, NULL);
    if (ret)
        return ret;
    for (i = 0; i < crossover->n_keys && !*is; i++) {
        const krb5_data ours =
            kx_data(crossover->keys[i].contents, crossover->keys[i].length);
        const krb5_data theirs = kx_data(key.contents, key.length);

        *is = crossover->keys[i].enctype == key.enctype &&
              kx_data_equal_secret(&ours, &theirs);
    }
    krb5_free_keyblock_contents(context, &key);
    return 0;
}

krb5_error_code
kx_entry_presence(krb5_context context, krb5_db_entry *entry,
                  const struct kx_crossover *crossover,
                  enum kx_presence *presence)
{
    krb5_error_code ret;
    char *name = NULL, *mark = NULL;
    krb5_boolean ours;
    size_t found = 0;
    int i;

    *presence = KX_OTHER_KEYS;
    for (i = 0; i < entry->n_key_data; i++) {
        if (entry->key_data[i].key_data_kvno != crossover->kvno)
            continue;
        ret =
            is_one_of_the_keys(context, &entry->key_data[i], crossover, &ours);
        if (ret || !ours)
            return ret;
        found++;
    }
    ret = kx_mark_name(context, crossover->kvno, &name);
    if (ret == 0)
        ret = krb5_dbe_get_string(context, entry, name, &mark);
    if (ret == 0 && found == 0)
        *presence = mark != NULL ? KX_WITHOUT_KEYS : KX_ABSENT;
    else if (ret == 0 && mark == NULL)
        *presence = KX_WITHOUT_MARK;
    else if (ret == 0)
        *presence = found == crossover->n_keys ? KX_PRESENT : KX_WITHOUT_KEYS;
    krb5_dbe_free_string(context, mark);
    free(name);
    return ret;
}
