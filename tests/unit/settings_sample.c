/*
 * settings_sample.c: files with settings, read.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <profile.h>
#include "tests/unit/settings_sample.h"
#include "tests/unit/test.h"

/* Files with settings, which must outlive the profiles that were read from
 * them; all gone at the end. */
static char folder[] = "/tmp/kxover-test-XXXXXX";
static unsigned int n_files;

int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int
remove_folder(void **state)
{
    char path[64];

    (void)state;
    while (n_files > 0) {
        (void)snprintf(path, sizeof(path), "%s/%u", folder, --n_files);
        unlink(path);
    }
    return rmdir(folder);
}

krb5_context
context_of(const char *text)
{
    char path[64];
    krb5_context context;
    profile_t profile;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%u", folder, n_files++);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(profile_init_path(path, &profile), 0);
    assert_int_equal(krb5_init_context_profile(profile, 0, &context), 0);
    profile_release(profile);
    return context;
}

krb5_context
context_with(const char *lines)
{
    char text[4096];

    assert_true(snprintf(text, sizeof(text),
                         "[dbmodules]\n" REALM " = {\n%s\n}\n",
                         lines) < (int)sizeof(text));
    return context_of(text);
}

struct kx_settings *
settings_with(const char *lines)
{
    krb5_context context = context_with(lines);
    struct kx_settings *settings;
    krb5_error_code ret = kx_settings_read(context, REALM, NULL, &settings);

    if (ret)
        fail_msg("%s: %s", lines, krb5_get_error_message(context, ret));
    krb5_free_context(context);
    return settings;
}

void
assert_refused(const char *lines, const char *const *words)
{
    krb5_context context = context_with(lines);
    struct kx_settings *settings = NULL;
    krb5_error_code ret = kx_settings_read(context, REALM, NULL, &settings);
    const char *message;

    if (ret != KX_ERR_SETTING)
        fail_msg("%s: taken, or another error (%d)", lines, (int)ret);
    assert_null(settings);
    message = krb5_get_error_message(context, ret);
    for (; *words != NULL; words++) {
        if (strstr(message, *words) == NULL)
            fail_msg("%s: not said: %s", message, *words);
    }
    krb5_free_error_message(context, message);
    krb5_free_context(context);
}

void
assert_each_refused(const char *key, const char *const *values)
{
    const char *const words[] = {"[dbmodules]", REALM, key, NULL};
    char line[512];

    for (; *values != NULL; values++) {
        (void)snprintf(line, sizeof(line), "%s = %s", key, *values);
        assert_refused(line, words);
    }
}

const char *
endpoint_text(const struct kx_endpoint *endpoint)
{
    static char text[KX_ADDRESS_TEXT_SIZE];

    return kx_address_text((const struct sockaddr *)&endpoint->address, text);
}
