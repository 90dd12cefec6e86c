/*
 * attributes.c: string attributes that the administrator wants on crossovers.
 *
 * One more, kxover_attributes, says which they are.  So an entry that is over
 * can be told from one that somebody has set something on.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <kdb.h>
#include "exchange/kx_crossover.h"

#define REALM_SIGN "%R"

/* Give text with realm in the place of every "%R" in *out (allocated). */
static krb5_error_code
expand(const char *text, size_t length, const krb5_data *realm, char **out)
{
    const size_t sign = strlen(REALM_SIGN);
    size_t i, end = 0;
    char *expanded;

    /* No sign is longer than what it stands for could be. */
    expanded = malloc(length * (realm->length + 1) + 1);
    if (expanded == NULL)
        return ENOMEM;
    for (i = 0; i < length; i++) {
        if (length - i >= sign && strncmp(text + i, REALM_SIGN, sign) == 0) {
            memcpy(expanded + end, realm->data, realm->length);
            end += realm->length;
            i += sign - 1;
        } else {
            expanded[end++] = text[i];
        }
    }
    expanded[end] = '\0';
    *out = expanded;
    return 0;
}

/* Put word at the end of *list (allocated, or NULL), behind a blank. */
static krb5_error_code
append_word(char **list, const char *word)
{
    size_t length = *list != NULL ? strlen(*list) : 0;
    const size_t size = strlen(word) + 1;
    char *grown = realloc(*list, length + 1 + size);

    if (grown == NULL)
        return ENOMEM;
    *list = grown;
    if (length > 0)
        grown[length++] = ' ';
    memcpy(grown + length, word, size);
    return 0;
}

krb5_error_code
kx_entry_set_attributes(krb5_context context, krb5_db_entry *entry,
                        char *const *attributes, const krb5_data *realm)
{
    krb5_error_code ret = 0;
    const char *equals;
    char *name, *value, *names = NULL;
    size_t length;

    for (; ret == 0 && attributes != NULL && *attributes != NULL;
         attributes++) {
        equals = strchr(*attributes, '=');
        length = equals != NULL ? (size_t)(equals - *attributes)
                                : strlen(*attributes);
        name = value = NULL;
        ret = expand(*attributes, length, realm, &name);
        if (ret == 0 && equals != NULL)
            ret = expand(equals + 1, strlen(equals + 1), realm, &value);
        if (ret == 0)
            ret = append_word(&names, name);
        if (ret == 0)
            ret = krb5_dbe_set_string(context, entry, name,
                                      value != NULL ? value : "");
        free(name);
        free(value);
    }
    if (ret == 0 && names != NULL)
        ret = krb5_dbe_set_string(context, entry, KX_ATTRIBUTES_NAME, names);
    free(names);
    return ret;
}

krb5_boolean
kx_attribute_is_listed(const char *list, const char *name)
{
    size_t length;

    for (; list != NULL && *list != '\0'; list += length) {
        list += strspn(list, " ");
        length = strcspn(list, " ");
        if (length == strlen(name) && strncmp(list, name, length) == 0)
            return TRUE;
    }
    return FALSE;
}
