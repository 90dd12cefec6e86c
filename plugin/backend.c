/*
 * backend.c: the database behind kxover, in a krb5_context of its own.
 *
 * The second context has the caller's settings and clock, so that the module
 * in it finds its own settings where they always were and sees the time that
 * the caller sees (krb5kdc -T).  All it is told differently is db_library
 * (overlay.c).  libkdb5 of 1.22 has krb5_db_load_module() to name the module
 * of a context outright; but when opening fails libkdb5 unloads the module,
 * and whatever comes after would look into the profile again and load us. With
 * the overlay there is one way for all versions.
 */
#include "config.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include "plugin/backend.h"
#include "plugin/overlay.h"

#define BACKEND_RELATION "kxover_backend"
#define OUR_NAME "kxover"
#define MODULE_SUFFIX ".so"

/* The part of a path after its folders. */
static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return (slash != NULL) ? slash + 1 : path;
}

/*
 * True if name, which libkdb5 takes for a file with or without its suffix in
 * one of the module folders, is ours.
 */
static krb5_boolean
is_ourselves(const char *name)
{
    name = base_name(name);
    return strcmp(name, OUR_NAME) == 0 ||
           strcmp(name, OUR_NAME MODULE_SUFFIX) == 0;
}

/* Read the name of the module behind us.  See backend.h. */
krb5_error_code
kx_backend_name(krb5_context context, const char *section, char **name_out)
{
    krb5_error_code code;
    profile_t profile = NULL;
    char *value = NULL;

    *name_out = NULL;
    code = krb5_get_profile(context, &profile);
    if (code)
        goto cleanup;
    code = profile_get_string(profile, "dbmodules", section, BACKEND_RELATION,
                              NULL, &value);
    if (code)
        goto cleanup;
    if (value == NULL || *value == '\0') {
        code = kx_error(context, KX_ERR_SETTING,
                        "section %s of [dbmodules] has no kxover_backend, the "
                        "name of the database module behind kxover (such as "
                        "db2)",
                        section);
        goto cleanup;
    }
    if (is_ourselves(value)) {
        code = kx_error(context, KX_ERR_SETTING,
                        "kxover_backend in section %s of [dbmodules] is "
                        "kxover itself, not the name of the database module "
                        "behind kxover (such as db2)",
                        section);
        goto cleanup;
    }
    *name_out = strdup(value);
    if (*name_out == NULL)
        code = ENOMEM;

cleanup:
    profile_release_string(value);
    if (profile != NULL)
        profile_release(profile);
    return code;
}

/* Let backend's clock be as far off as context's.  Errors: the clock's. */
static krb5_error_code
copy_clock(krb5_context context, krb5_context backend)
{
    krb5_error_code code;
    krb5_timestamp seconds;
    krb5_int32 microseconds;

    code = krb5_get_time_offsets(context, &seconds, &microseconds);
    if (code || (seconds == 0 && microseconds == 0))
        return code;
    code = krb5_us_timeofday(context, &seconds, &microseconds);
    if (code)
        return code;
    return krb5_set_real_time(backend, seconds, microseconds);
}

/* Make the context with the module loaded.  See backend.h. */
krb5_error_code
kx_backend_make(krb5_context context, const char *section, const char *realm,
                const char *name, krb5_context *out)
{
    krb5_error_code code;
    krb5_context backend = NULL;
    profile_t profile = NULL;
    const struct kx_relation relations[] = {
        {"db_library", name}, {BACKEND_RELATION, OUR_NAME}, {NULL, NULL}};

    *out = NULL;
    code = kx_overlay_profile(context, section, relations, &profile);
    if (code)
        goto cleanup;
    code = krb5_init_context_profile(profile, KRB5_INIT_CONTEXT_KDC, &backend);
    if (code)
        goto cleanup;
    code = krb5_set_default_realm(backend, realm);
    if (code)
        goto cleanup;
    code = copy_clock(context, backend);
    if (code)
        goto cleanup;
    code = krb5_db_setup_lib_handle(backend);
    if (code) {
        krb5_copy_error_message(context, backend);
        (void)kx_error_prefix(context, code,
                              "kxover_backend in section %s of [dbmodules] is "
                              "%s, which cannot be loaded",
                              section, name);
        goto cleanup;
    }
    *out = backend;
    backend = NULL;

cleanup:
    (void)kx_backend_close(context, backend);
    if (profile != NULL)
        profile_release(profile);
    return code;
}

/* What find_module() looks for, and the file that it finds (allocated). */
struct search {
    const char *name;
    char *file;
};

/* Look at one loaded object.  Returns 1, which ends the search, if it is it.
 */
static int
find_module(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    const char *base = base_name(info->dlpi_name);
    size_t length = strlen(search->name);

    (void)size;
    if (strncmp(base, search->name, length) != 0 ||
        (base[length] != '\0' && strcmp(base + length, MODULE_SUFFIX) != 0))
        return 0;
    search->file = strdup(info->dlpi_name);
    return 1;
}

/* Look into the module's table of methods.  See backend.h. */
krb5_boolean
kx_backend_renames(const char *name)
{
    struct search search = {base_name(name), NULL};
    const kdb_vftabl *table;
    krb5_boolean renames = FALSE;
    void *handle = NULL;

    /* libkdb5 shows nobody what it loaded, but the linker knows where it is.
     */
    (void)dl_iterate_phdr(find_module, &search);
    if (search.file != NULL)
        handle = dlopen(search.file, RTLD_LAZY | RTLD_NOLOAD);
    if (handle != NULL) {
        table = dlsym(handle, "kdb_function_table");
        renames = (table != NULL && table->rename_principal != NULL);
        (void)dlclose(handle);
    }
    free(search.file);
    return renames;
}

/* Close the database and release the context.  See backend.h. */
krb5_error_code
kx_backend_close(krb5_context context, krb5_context backend)
{
    krb5_error_code code;

    if (backend == NULL)
        return 0;
    code = krb5_db_fini(backend);
    if (code) {
        krb5_copy_error_message(context, backend);
        return code;
    }
    krb5_free_context(backend);
    return 0;
}
