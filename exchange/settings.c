/*
 * settings.c: kdc.conf, read once and strictly.
 *
 * What each setting may say stands in setting_values.c.  Its readers say only
 * yes or no; the one place here that refuses writes the message, so that all
 * of them name section, key, value and remedy alike.
 *
 * krb5 takes the first of several values of a key and passes over keys that it
 * does not know.  Here different values and unknown keys are errors: a setting
 * that an administrator wrote and that does nothing is worse than none.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <profile.h>
#include "asn1/kx_asn1.h"
#include "exchange/address.h"
#include "exchange/kx_identity.h"
#include "exchange/setting_values.h"

#define SEPARATORS " \t,"

#define DEFAULT_CLOCKSKEW 300

/* Copy text into *out.  Errors: ENOMEM. */
static krb5_error_code
copy_text(const char *text, char **out)
{
    *out = strdup(text);
    return *out == NULL ? ENOMEM : 0;
}

/* Refuse value of row, without a PIN that may be in it; returns
 * KX_ERR_SETTING. */
static krb5_error_code
refuse(krb5_context context, const struct kx_settings *settings,
       const struct kx_setting_row *row, const char *value)
{
    char text[KX_IDENTITY_TEXT_SIZE];

    return kx_error(context, KX_ERR_SETTING,
                    "kdc.conf [dbmodules] %s: %s = %s cannot be used; right "
                    "is %s",
                    settings->section, row->name,
                    kx_identity_text(value, text), row->right);
}

/* Read one value of row, with the message of its refusal. */
static krb5_error_code
read_value(krb5_context context, struct kx_settings *settings,
           const struct kx_setting_row *row, const char *value)
{
    krb5_error_code ret = row->read(settings, value);

    return ret == KX_ERR_SETTING ? refuse(context, settings, row, value) : ret;
}

/* Read each word of line, a line of a row that may have several values. */
static krb5_error_code
read_words(krb5_context context, struct kx_settings *settings,
           const struct kx_setting_row *row, const char *line)
{
    krb5_error_code ret = 0;
    char *copy, *word, *rest = NULL;

    copy = strdup(line);
    if (copy == NULL)
        return ENOMEM;
    word = strtok_r(copy, SEPARATORS, &rest);
    if (word == NULL)
        ret = refuse(context, settings, row, line);
    for (; word != NULL && ret == 0; word = strtok_r(NULL, SEPARATORS, &rest))
        ret = read_value(context, settings, row, word);
    free(copy);
    return ret;
}

/* True if the value is among those of values that are before it. */
static krb5_boolean
is_repeated(char *const *values, char *const *value)
{
    for (; values < value; values++) {
        if (strcmp(*values, *value) == 0)
            return TRUE;
    }
    return FALSE;
}

/*
 * Read all that the section says of row, or what it is where it is not set.
 * The same value twice is no
 * contradiction: one file may well serve as kdc.conf and as krb5.conf.
 */
static krb5_error_code
read_row(krb5_context context, profile_t profile, struct kx_settings *settings,
         const struct kx_setting_row *row)
{
    const char *names[] = {"dbmodules", settings->section, row->name, NULL};
    char first[KX_IDENTITY_TEXT_SIZE], second[KX_IDENTITY_TEXT_SIZE];
    char **values = NULL, **value;
    krb5_error_code ret;

    ret = profile_get_values(profile, names, &values);
    if (ret == PROF_NO_SECTION || ret == PROF_NO_RELATION)
        return row->unset != NULL ? row->read(settings, row->unset) : 0;
    if (ret)
        return ret;
    for (value = values; *value != NULL && ret == 0; value++) {
        if (row->several == KX_WORDS)
            ret = read_words(context, settings, row, *value);
        else if (row->several == KX_LINES)
            ret = is_repeated(values, value)
                      ? 0
                      : read_value(context, settings, row, *value);
        else if (value == values)
            ret = read_value(context, settings, row, *value);
        else if (strcmp(*value, values[0]) != 0)
            ret = kx_error(context, KX_ERR_SETTING,
                           "kdc.conf [dbmodules] %s: %s is set to %s and to "
                           "%s; right is one of them",
                           settings->section, row->name,
                           kx_identity_text(values[0], first),
                           kx_identity_text(*value, second));
    }
    profile_free_list(values);
    return ret;
}

/*
 * Refuse what begins with our prefix and has no row, and what has a row but is
 * a section.  Errors: KX_ERR_SETTING.
 */
static krb5_error_code
check_name(krb5_context context, const char *section, const char *name,
           krb5_boolean has_value)
{
    size_t i;

    if (strncasecmp(name, KX_SETTING_PREFIX, strlen(KX_SETTING_PREFIX)) != 0)
        return 0;
    for (i = 0; i < kx_n_setting_rows; i++) {
        if (strcmp(name, kx_setting_rows[i].name) != 0)
            continue;
        return has_value ? 0
                         : kx_error(context, KX_ERR_SETTING,
                                    "kdc.conf [dbmodules] %s: %s = { cannot "
                                    "be used; right is %s",
                                    section, name, kx_setting_rows[i].right);
    }
    return kx_error(context, KX_ERR_SETTING,
                    "kdc.conf [dbmodules] %s: kxover has no setting %s; see "
                    "docs/configuration.md for those that there are",
                    section, name);
}

/* Check the names of all settings in the section. */
static krb5_error_code
check_names(krb5_context context, profile_t profile, const char *section)
{
    const char *names[] = {"dbmodules", section, NULL};
    void *iterator = NULL;
    char *name = NULL, *value = NULL;
    krb5_error_code ret;

    ret = profile_iterator_create(profile, names, PROFILE_ITER_LIST_SECTION,
                                  &iterator);
    if (ret)
        return ret == PROF_NO_SECTION ? 0 : ret;
    for (;;) {
        ret = profile_iterator(&iterator, &name, &value);
        if (ret || name == NULL)
            break;
        ret = check_name(context, section, name, value != NULL);
        profile_release_string(name);
        profile_release_string(value);
        name = value = NULL;
        if (ret)
            break;
    }
    if (iterator != NULL)
        profile_iterator_free(&iterator);
    return ret == PROF_NO_SECTION ? 0 : ret;
}

/* True if krb5 itself calls the encryption type weak or deprecated. */
static krb5_boolean
is_deprecated(krb5_enctype etype)
{
    switch (etype) {
    case ENCTYPE_DES_CBC_CRC:
    case ENCTYPE_DES_CBC_MD4:
    case ENCTYPE_DES_CBC_MD5:
    case ENCTYPE_DES_CBC_RAW:
    case ENCTYPE_DES_HMAC_SHA1:
    case ENCTYPE_DES3_CBC_SHA:
    case ENCTYPE_DES3_CBC_RAW:
    case ENCTYPE_DES3_CBC_SHA1:
    case ENCTYPE_ARCFOUR_HMAC:
    case ENCTYPE_ARCFOUR_HMAC_EXP:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Find the encryption types.  Errors: KX_ERR_SETTING, ENOMEM, libkrb5's. */
static krb5_error_code
find_etypes(krb5_context context, struct kx_settings *settings)
{
    krb5_enctype *permitted = NULL;
    krb5_error_code ret;
    size_t n = 0, i;

    ret = krb5_get_permitted_enctypes(context, &permitted);
    if (ret)
        return ret;
    while (permitted[n] != ENCTYPE_NULL)
        n++;
    settings->etypes = calloc(n + 1, sizeof(*settings->etypes));
    if (settings->etypes == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    for (i = 0; i < n && settings->n_etypes < KX_MAX_ETYPES; i++) {
        if (!is_deprecated(permitted[i]))
            settings->etypes[settings->n_etypes++] = permitted[i];
    }
    if (settings->n_etypes == 0)
        ret = kx_error(context, KX_ERR_SETTING,
                       "[libdefaults] permitted_enctypes has deprecated "
                       "encryption types alone, and kxover makes no such "
                       "keys; right is to add aes256-cts");

cleanup:
    krb5_free_enctypes(context, permitted);
    return ret;
}

/* Find what is krb5's own: the section's name and the clock skew. */
static krb5_error_code
find_section(profile_t profile, const char *section,
             struct kx_settings *settings)
{
    krb5_error_code ret;
    char *named = NULL;
    int skew;

    /* As krb5 has it: what it cannot read is as if it were not there. */
    ret = profile_get_integer(profile, "libdefaults", "clockskew", NULL,
                              DEFAULT_CLOCKSKEW, &skew);
    settings->clockskew = ret || skew < 0 ? DEFAULT_CLOCKSKEW : skew;
    if (section != NULL)
        return copy_text(section, &settings->section);
    ret = profile_get_string(profile, "realms", settings->realm,
                             "database_module", settings->realm, &named);
    if (ret == 0)
        ret = copy_text(named, &settings->section);
    profile_release_string(named);
    return ret;
}

/* Refuse a lifetime under the least one.  Errors: KX_ERR_SETTING. */
static krb5_error_code
check_lifetimes(krb5_context context, const struct kx_settings *settings)
{
    if (settings->lifetime >= settings->lifetime_min)
        return 0;
    return kx_error(
        context, KX_ERR_SETTING,
        "kdc.conf [dbmodules] %s: kxover_lifetime (%d s) cannot be "
        "under kxover_lifetime_min (%d s); right is a time from "
        "that to 31d",
        settings->section, (int)settings->lifetime,
        (int)settings->lifetime_min);
}

krb5_error_code
kx_settings_read(krb5_context context, const char *realm, const char *section,
                 struct kx_settings **out)
{
    struct kx_settings *settings;
    profile_t profile = NULL;
    krb5_error_code ret;
    size_t i;

    *out = NULL;
    kx_init_errors();
    settings = calloc(1, sizeof(*settings));
    if (settings == NULL)
        return ENOMEM;
    settings->keep = KX_KEEP_UNSET;
    ret = copy_text(realm, &settings->realm);
    if (ret == 0)
        ret = krb5_get_profile(context, &profile);
    if (ret == 0)
        ret = find_section(profile, section, settings);
    if (ret == 0)
        ret = check_names(context, profile, settings->section);
    for (i = 0; i < kx_n_setting_rows && ret == 0; i++)
        ret = read_row(context, profile, settings, &kx_setting_rows[i]);
    if (ret == 0)
        ret = check_lifetimes(context, settings);
    /* With realms alone, the number is as it is without them. */
    if (settings->keep == KX_KEEP_UNSET)
        settings->keep = KX_DEFAULT_KEEP;
    if (ret == 0)
        ret = find_etypes(context, settings);
    if (profile != NULL)
        profile_release(profile);
    if (ret) {
        kx_settings_free(settings);
        return ret;
    }
    *out = settings;
    return 0;
}

/* Release a NULL-terminated list. */
static void
free_texts(char **list)
{
    char **text;

    for (text = list; text != NULL && *text != NULL; text++)
        free(*text);
    free(list);
}

void
kx_settings_free(struct kx_settings *settings)
{
    if (settings == NULL)
        return;
    free(settings->realm);
    free(settings->section);
    free(settings->backend);
    free_texts(settings->identities);
    free_texts(settings->anchors);
    free_texts(settings->revoke);
    free_texts(settings->realms);
    free_texts(settings->keep_realms);
    free_texts(settings->adopt);
    free(settings->listen);
    free(settings->kdc);
    free(settings->unbound_conf);
    free(settings->allow_address);
    free_texts(settings->attributes);
    free_texts(settings->transit);
    free(settings->metrics);
    free(settings->metrics_file);
    free(settings->etypes);
    free(settings);
}

/* True if pattern (without "!") matches realm, in any case. */
static krb5_boolean
pattern_matches(const char *pattern, const krb5_data *realm)
{
    size_t length = strlen(pattern);

    if (strcmp(pattern, "*") == 0)
        return TRUE;
    if (pattern[0] == '*') {
        /* ".NAME" at the end, and something before it. */
        pattern++;
        length--;
        return realm->length > length &&
               strncasecmp(realm->data + realm->length - length, pattern,
                           length) == 0;
    }
    return realm->length == length &&
           strncasecmp(realm->data, pattern, length) == 0;
}

/* Move *pattern past its direction.  False if it is another one. */
static krb5_boolean
is_of_direction(const char **pattern, enum kx_direction direction)
{
    static const struct {
        const char *prefix;
        enum kx_direction direction;
    } prefixes[] = {{KX_PATTERN_IN, KX_INCOMING},
                    {KX_PATTERN_OUT, KX_OUTGOING}};
    size_t i, length;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        length = strlen(prefixes[i].prefix);
        if (strncasecmp(*pattern, prefixes[i].prefix, length) == 0) {
            *pattern += length;
            return direction == prefixes[i].direction;
        }
    }
    return TRUE;
}

/* What the first pattern of listed (NULL for none) that is of direction and
 * matches realm says; FALSE if none does. */
static krb5_boolean
first_match(char *const *listed, enum kx_direction direction,
            const krb5_data *realm)
{
    const char *pattern;
    krb5_boolean refuses;

    for (; listed != NULL && *listed != NULL; listed++) {
        refuses = (*listed)[0] == '!';
        pattern = *listed + refuses;
        if (is_of_direction(&pattern, direction) &&
            pattern_matches(pattern, realm))
            return !refuses;
    }
    return FALSE;
}

krb5_boolean
kx_settings_realm_permitted(const struct kx_settings *settings,
                            enum kx_direction direction,
                            const krb5_data *realm)
{
    return settings->realms == NULL ||
           first_match(settings->realms, direction, realm);
}

krb5_boolean
kx_settings_adopts(const struct kx_settings *settings,
                   enum kx_direction direction, const krb5_data *realm)
{
    return first_match(settings->adopt, direction, realm);
}

krb5_boolean
kx_settings_keeps(const struct kx_settings *settings, const char *realm)
{
    char *const *name = settings->keep_realms;

    for (; name != NULL && *name != NULL; name++) {
        if (strcmp(*name, realm) == 0)
            return TRUE;
    }
    return FALSE;
}
