/*
 * config.c: kxover config: the settings in force, and where each came from.
 *
 * They are read by the code that reads them at start, so what stops the KDC
 * and kxoverd there is told here in the same words.  Only then is each file
 * asked what it says: libkrb5 merges kdc.conf and krb5.conf, and does not say
 * which of them a value was in.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <profile.h>
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/table.h"
#include "exchange/kx_identity.h"
#include "exchange/setting_values.h"

#define DB_LIBRARY "db_library"
#define KEEP KX_SETTING_PREFIX "keep"
#define BACKEND KX_SETTING_PREFIX "backend"

/* Where libkrb5 looks when KRB5_CONFIG is not set. */
#define KRB5_CONF_FILE "/etc/krb5.conf"

/* Where a value came from, when no file says. */
#define DEFAULT "default"

/* Room for "FILE [dbmodules] SECTION". */
#define FROM_SIZE 1024

enum { NAME, VALUE, FROM, COLUMNS };

/* A value in force. */
struct value {
    const char *name;
    char *text; /* NULL: none */
    char *from;
};

/* A file that settings are in. */
struct file {
    char *path;
    profile_t profile;
};

struct config {
    krb5_context context;
    char *realm;
    struct kx_settings *settings;
    struct file *files; /* in the order in which they count */
    size_t n_files;
    struct value *values;
    size_t n_values;
};

/* Release what config holds. */
static void
clear(struct config *config)
{
    size_t i;

    for (i = 0; i < config->n_values; i++) {
        free(config->values[i].text);
        free(config->values[i].from);
    }
    free(config->values);
    for (i = 0; i < config->n_files; i++) {
        free(config->files[i].path);
        profile_release(config->files[i].profile);
    }
    free(config->files);
    kx_settings_free(config->settings);
    krb5_free_default_realm(config->context, config->realm);
    krb5_free_context(config->context);
}

/* Append the file at path, if it can be read.  Errors: ENOMEM. */
static krb5_error_code
add_file(struct config *config, const char *path)
{
    struct file *grown;
    profile_t profile = NULL;

    if (profile_init_path(path, &profile) != 0)
        return 0;
    grown =
        realloc(config->files, (config->n_files + 1) * sizeof(*config->files));
    if (grown == NULL) {
        profile_release(profile);
        return ENOMEM;
    }
    config->files = grown;
    grown += config->n_files++;
    grown->profile = profile;
    grown->path = strdup(path);
    return grown->path == NULL ? ENOMEM : 0;
}

/* Append the files of paths, with colons between them.  Errors: ENOMEM. */
static krb5_error_code
add_files(struct config *config, const char *paths)
{
    char *copy = strdup(paths), *path, *rest = NULL;
    krb5_error_code ret = copy == NULL ? ENOMEM : 0;

    if (copy == NULL)
        return ret;
    for (path = strtok_r(copy, ":", &rest); path != NULL && ret == 0;
         path = strtok_r(NULL, ":", &rest))
        ret = add_file(config, path);
    free(copy);
    return ret;
}

/* Find the files that libkrb5 has read for us: those of kdc.conf first.
 * Errors: ENOMEM. */
static krb5_error_code
find_files(struct config *config)
{
    const char *kdc_conf = getenv("KRB5_KDC_PROFILE");
    const char *krb5_conf = getenv("KRB5_CONFIG");
    krb5_error_code ret;

    ret = add_files(config, kdc_conf != NULL ? kdc_conf : KX_KDC_CONF_FILE);
    if (ret == 0)
        ret =
            add_files(config, krb5_conf != NULL ? krb5_conf : KRB5_CONF_FILE);
    return ret;
}

/* Note a value, NULL for none, of the setting name.  Errors: ENOMEM. */
static krb5_error_code
add_value(struct config *config, const char *name, const char *text,
          const char *from)
{
    char shown[KX_IDENTITY_TEXT_SIZE];
    struct value *grown;

    grown = realloc(config->values,
                    (config->n_values + 1) * sizeof(*config->values));
    if (grown == NULL)
        return ENOMEM;
    config->values = grown;
    grown += config->n_values++;
    grown->name = name;
    /* There may be a PIN in it. */
    grown->text = text != NULL ? strdup(kx_identity_text(text, shown)) : NULL;
    grown->from = strdup(from);
    return grown->from == NULL || (text != NULL && grown->text == NULL)
               ? ENOMEM
               : 0;
}

/*
 * Note what profile, which is called source, says of the setting name: all, or
 * the first value only.  *n grows by how many that are.  Errors: ENOMEM, the
 * profile library's.
 */
static krb5_error_code
add_values(struct config *config, profile_t profile, const char *source,
           const char *name, krb5_boolean only_first, size_t *n)
{
    const char *names[] = {"dbmodules", config->settings->section, name, NULL};
    char **values = NULL, from[FROM_SIZE];
    krb5_error_code ret;
    size_t i;

    ret = profile_get_values(profile, names, &values);
    if (ret == PROF_NO_SECTION || ret == PROF_NO_RELATION)
        return 0;
    (void)snprintf(from, sizeof(from), "%s [dbmodules] %s", source,
                   config->settings->section);
    for (i = 0; ret == 0 && values[i] != NULL && (!only_first || i == 0);
         i++) {
        ret = add_value(config, name, values[i], from);
        (*n)++;
    }
    profile_free_list(values);
    return ret;
}

/* True if text has a number among its words. */
static krb5_boolean
has_number(const char *text)
{
    size_t length;

    for (; *text != '\0'; text += length) {
        text += strspn(text, " \t,");
        length = strcspn(text, " \t,");
        if (length > 0 && strspn(text, "0123456789") >= length)
            return TRUE;
    }
    return FALSE;
}

/* Note the number of kxover_keep, if none of its n values, which were noted
 * last, has one.  Errors: ENOMEM. */
static krb5_error_code
add_kept_number(struct config *config, const struct kx_setting_row *row,
                size_t n)
{
    size_t i;

    for (i = config->n_values - n; i < config->n_values; i++) {
        if (has_number(config->values[i].text))
            return 0;
    }
    return add_value(config, row->name, row->unset, DEFAULT);
}

/*
 * Note the setting called name, whose row is NULL if it is krb5's own.
 * Errors: ENOMEM, the profile library's.
 */
static krb5_error_code
add_setting(struct config *config, const char *name,
            const struct kx_setting_row *row)
{
    krb5_boolean one = row == NULL || row->several == KX_ONE;
    krb5_error_code ret = 0;
    profile_t merged = NULL;
    size_t n = 0, i;

    for (i = 0; i < config->n_files && ret == 0 && !(one && n > 0); i++)
        ret = add_values(config, config->files[i].profile,
                         config->files[i].path, name, one, &n);
    /* libkrb5 may have been built with other places. */
    if (ret == 0 && n == 0)
        ret = krb5_get_profile(config->context, &merged);
    if (merged != NULL) {
        if (ret == 0)
            ret = add_values(config, merged, "kdc.conf", name, one, &n);
        profile_release(merged);
    }
    if (ret == 0 && n == 0)
        ret =
            add_value(config, name, row != NULL ? row->unset : NULL, DEFAULT);
    else if (ret == 0 && strcmp(name, KEEP) == 0)
        ret = add_kept_number(config, row, n);
    return ret;
}

/* Gather all settings.  Errors: ENOMEM, the profile library's. */
static krb5_error_code
gather(struct config *config)
{
    krb5_error_code ret;
    size_t i;

    ret = find_files(config);
    if (ret == 0)
        ret = add_setting(config, DB_LIBRARY, NULL);
    for (i = 0; i < kx_n_setting_rows && ret == 0; i++)
        ret =
            add_setting(config, kx_setting_rows[i].name, &kx_setting_rows[i]);
    return ret;
}

/* The value of the setting name that was noted first; NULL: none. */
static const char *
value_of(const struct config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->n_values; i++) {
        if (strcmp(config->values[i].name, name) == 0)
            return config->values[i].text;
    }
    return NULL;
}

/* The settings for programs; NULL without memory. */
static json_t *
settings_json(const struct config *config)
{
    json_t *array = json_array();
    size_t i;

    for (i = 0; i < config->n_values; i++)
        (void)json_array_append_new(
            array,
            json_pack("{s: s, s: o, s: o}", "name", config->values[i].name,
                      "value", json_text(config->values[i].text), "from",
                      json_text(config->values[i].from)));
    return json_pack("{s: o, s: o, s: o}", "realm", json_text(config->realm),
                     "section", json_text(config->settings->section),
                     "settings", array);
}

/* Show the rows to the table: only to fit it, or to send them.  Errors:
 * outbox_put()'s. */
static krb5_error_code
show_rows(const struct config *config, struct table *table, krb5_boolean send)
{
    struct table_cell cells[COLUMNS] = {{"SETTING", PAINT_TITLE},
                                        {"VALUE", PAINT_TITLE},
                                        {"FROM", PAINT_TITLE}};
    krb5_error_code ret = 0;
    enum paint paint;
    size_t i;

    if (send)
        ret = table_put(table, cells);
    else
        table_fit(table, cells);
    for (i = 0; i < config->n_values && ret == 0; i++) {
        paint = strcmp(config->values[i].from, DEFAULT) == 0 ? PAINT_FAINT
                                                             : PAINT_PLAIN;
        cells[NAME] = (struct table_cell){config->values[i].name, PAINT_PLAIN};
        cells[VALUE] = (struct table_cell){
            config->values[i].text != NULL ? config->values[i].text : "-",
            paint};
        cells[FROM] = (struct table_cell){config->values[i].from, paint};
        if (send)
            ret = table_put(table, cells);
        else
            table_fit(table, cells);
    }
    return ret;
}

/* Print the settings. */
static int
tell(const struct cli_call *call, const struct config *config)
{
    struct outbox outbox;
    struct table table = {.outbox = &outbox, .n_columns = COLUMNS};
    krb5_error_code ret;

    if (call->json)
        return json_print(settings_json(config));
    outbox_init(&outbox, STDOUT_FILENO);
    (void)show_rows(config, &table, FALSE);
    ret = show_rows(config, &table, TRUE);
    if (ret == 0)
        ret = outbox_flush(&outbox);
    outbox_clear(&outbox);
    return ret ? cli_fail(NULL, ret, "cannot print the settings") : CLI_OK;
}

/* See that the KDC goes by these settings at all.  Returns CLI_OK, or
 * CLI_FAILED after saying what is to be set. */
static int
check_use(const struct config *config)
{
    const char *library = value_of(config, DB_LIBRARY);

    (void)fflush(stdout);
    if (library == NULL || strcmp(library, PACKAGE_NAME) != 0) {
        fprintf(stderr,
                "kxover: the KDC of %s does not use kxover: db_library in "
                "[dbmodules] %s is %s; right is kxover\n",
                config->realm, config->settings->section,
                library != NULL ? library : "not set");
        return CLI_FAILED;
    }
    if (value_of(config, BACKEND) == NULL) {
        fprintf(stderr,
                "kxover: the KDC of %s does not start: " BACKEND
                " is not set in [dbmodules] %s; right is the module that has "
                "the data, such as db2\n",
                config->realm, config->settings->section);
        return CLI_FAILED;
    }
    return CLI_OK;
}

/* kxover config */
static int
run(const struct cli_call *call)
{
    struct config config = {.context = NULL};
    krb5_error_code ret;
    int code;

    code = cli_open(call, &config.context, &config.realm);
    if (code != CLI_OK)
        goto cleanup;
    ret =
        kx_settings_read(config.context, config.realm, NULL, &config.settings);
    if (ret) {
        code = cli_untried(config.context, ret, "cannot use the settings");
        goto cleanup;
    }
    ret = gather(&config);
    if (ret)
        code = cli_fail(config.context, ret, "cannot tell the settings of %s",
                        config.realm);
    else
        code = tell(call, &config);
    if (code == CLI_OK)
        code = check_use(&config);

cleanup:
    clear(&config);
    return code;
}

const struct cli_command cli_config = {
    .name = "config",
    .summary = "print the settings in force, and where each came from",
    .synopsis = "[-r REALM]",
    .about =
        "Print the settings of the realm as krb5kdc and kxoverd read them, "
        "and\n"
        "the file and section that each came from.  What stops them at start\n"
        "is said in the same words.\n",
    .run = run,
};
