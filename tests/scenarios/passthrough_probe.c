/*
 * passthrough_probe.c: a database that tells what is asked of it.
 *
 * It is db2, with two differences.  Each call of a method is written to the
 * file $KXPROBE_LOG, with what it was told and what came of it: two programs
 * whose databases were asked the same things leave the same file.  And it has
 * methods that db2 does not have (passthrough_probe_own.c), as a database in a
 * directory or in hardware has: entries carry data that only this module can
 * free, keys are encrypted in its own way, renaming is done in its own way.
 *
 * $KXPROBE_WITHOUT is a list of methods, separated by commas, that it is to be
 * without.  It is read when the module is loaded.
 */
#include "config.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <profile.h>
#include <kdb.h>
#include <kadm5/admin.h>
#include "tests/scenarios/passthrough_probe.h"

extern kdb_vftabl kdb_function_table;

kdb_vftabl probe_db2;

/* Write one line to the log. */
void __attribute__((format(printf, 1, 2))) probe_note(const char *format, ...)
{
    const char *path = getenv("KXPROBE_LOG");
    FILE *file = (path != NULL) ? fopen(path, "a") : NULL;
    va_list ap;

    if (file == NULL)
        return;
    va_start(ap, format);
    (void)vfprintf(file, format, ap);
    va_end(ap);
    (void)fputc('\n', file);
    (void)fclose(file);
}

/* Note how a call ended, and return that. */
krb5_error_code
probe_done(const char *method, krb5_error_code code)
{
    probe_note("%s ends with %ld", method, (long)code);
    return code;
}

/* A principal's name, or "-"; static storage, four at a time. */
const char *
probe_name_of(krb5_context context, krb5_const_principal name)
{
    static char buffers[4][256];
    static unsigned int turn;
    char *text, *buffer = buffers[turn++ % 4];

    if (name == NULL || krb5_unparse_name(context, name, &text) != 0)
        return "-";
    (void)snprintf(buffer, sizeof(buffers[0]), "%s", text);
    krb5_free_unparsed_name(context, text);
    return buffer;
}

/* The same of an entry. */
const char *
probe_entry_of(krb5_context context, const krb5_db_entry *entry)
{
    return (entry == NULL) ? "-" : probe_name_of(context, entry->princ);
}

/* The arguments for a database, in one line; static storage. */
static const char *
args_of(char **args)
{
    static char text[512];
    size_t used = 0;

    text[0] = '\0';
    for (; args != NULL && *args != NULL && used < sizeof(text); args++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, " <%s>", *args);
    return text;
}

/* Note what the context of a method is: realm, clock, a setting. */
static void
note_context(krb5_context context, const char *section)
{
    char *realm = NULL, *name, *value = NULL;
    void *iterator;
    const char *path[] = {"dbmodules", section, NULL};
    struct _profile_t *profile = NULL;
    krb5_timestamp now;

    (void)krb5_get_default_realm(context, &realm);
    (void)krb5_timeofday(context, &now);
    (void)krb5_get_profile(context, &profile);
    (void)profile_get_string(profile, "dbmodules", section, "probe_setting",
                             "none", &value);
    probe_note("context: realm %s, section %s, hours off %ld, setting %s",
               realm, section, ((long)now - (long)time(NULL) + 1800) / 3600,
               value);
    profile_release_string(value);
    (void)profile_get_string(profile, "dbmodules", section, "db_library",
                             "none", &value);
    probe_note("context: library %s", value);
    profile_release_string(value);
    (void)profile_get_string(profile, "dbmodules", "elsewhere", "db_library",
                             "none", &value);
    probe_note("context: elsewhere %s", value);
    profile_release_string(value);
    value = NULL;
    if (profile_iterator_create(profile, path,
                                PROFILE_ITER_LIST_SECTION |
                                    PROFILE_ITER_RELATIONS_ONLY,
                                &iterator) != 0)
        abort();
    while (profile_iterator(&iterator, &name, &value) == 0 && name != NULL) {
        if (strncmp(name, "kxover_", 7) != 0)
            probe_note("context: section says %s is %s", name, value);
        profile_release_string(name);
        profile_release_string(value);
    }
    profile_release(profile);
    krb5_free_default_realm(context, realm);
}

static krb5_error_code
init_library(void)
{
    probe_note("init_library");
    return probe_db2.init_library();
}

static krb5_error_code
fini_library(void)
{
    probe_note("fini_library");
    return probe_db2.fini_library();
}

static krb5_error_code
init_module(krb5_context context, char *section, char **args, int mode)
{
    probe_note("init_module mode %x%s", (unsigned int)mode, args_of(args));
    note_context(context, section);
    return probe_done("init_module",
                      probe_db2.init_module(context, section, args, mode));
}

static krb5_error_code
fini_module(krb5_context context)
{
    probe_note("fini_module");
    return probe_done("fini_module", probe_db2.fini_module(context));
}

static krb5_error_code
create(krb5_context context, char *section, char **args)
{
    probe_note("create section %s%s", section, args_of(args));
    return probe_done("create", probe_db2.create(context, section, args));
}

static krb5_error_code
destroy(krb5_context context, char *section, char **args)
{
    probe_note("destroy section %s%s", section, args_of(args));
    return probe_done("destroy", probe_db2.destroy(context, section, args));
}

static krb5_error_code
promote_db(krb5_context context, char *section, char **args)
{
    probe_note("promote_db section %s%s", section, args_of(args));
    return probe_done("promote_db",
                      probe_db2.promote_db(context, section, args));
}

static krb5_error_code
get_age(krb5_context context, char *name, time_t *age)
{
    probe_note("get_age %s", (name != NULL) ? name : "-");
    return probe_done("get_age", probe_db2.get_age(context, name, age));
}

static krb5_error_code
lock(krb5_context context, int mode)
{
    probe_note("lock %d", mode);
    return probe_done("lock", probe_db2.lock(context, mode));
}

static krb5_error_code
unlock(krb5_context context)
{
    probe_note("unlock");
    return probe_done("unlock", probe_db2.unlock(context));
}

/* Hang data into an entry that only free_principal_e_data() can free. */
static void
add_e_data(krb5_db_entry *entry)
{
    char *data = calloc(1, PROBE_OFFSET + sizeof(PROBE_MARK));

    if (data == NULL)
        abort();
    memcpy(data + PROBE_OFFSET, PROBE_MARK, sizeof(PROBE_MARK));
    entry->e_data = (krb5_octet *)data + PROBE_OFFSET;
}

static void
free_principal_e_data(krb5_context context, krb5_octet *e_data)
{
    (void)context;
    probe_note("free_principal_e_data %s", (const char *)e_data);
    free(e_data - PROBE_OFFSET);
}

static krb5_error_code
get_principal(krb5_context context, krb5_const_principal name,
              unsigned int flags, krb5_db_entry **entry_out)
{
    krb5_error_code code;

    probe_note("get_principal %s flags %x", probe_name_of(context, name),
               flags);
    code = probe_db2.get_principal(context, name, flags, entry_out);
    if (code == 0 && kdb_function_table.free_principal_e_data != NULL)
        add_e_data(*entry_out);
    return probe_done("get_principal", code);
}

static krb5_error_code
put_principal(krb5_context context, krb5_db_entry *entry, char **args)
{
    krb5_error_code code;
    krb5_db_entry *existing;
    krb5_octet *e_data = entry->e_data;

    probe_note("put_principal %s mask %x tl-data %d keys %d%s",
               probe_entry_of(context, entry), entry->mask, entry->n_tl_data,
               entry->n_key_data, args_of(args));
    if (args != NULL && strcmp(args[0], "harmless") == 0)
        args = NULL;
    if (kdb_function_table.rename_principal != NULL &&
        (entry->mask & KADM5_PRINCIPAL) == 0) {
        code = probe_db2.get_principal(context, entry->princ, 0, &existing);
        if (code) {
            krb5_set_error_message(context, code,
                                   "%s cannot be changed: it does not exist",
                                   probe_entry_of(context, entry));
            return probe_done("put_principal", code);
        }
        existing->e_data = NULL;
        krb5_db_free_principal(context, existing);
    }
    entry->e_data = NULL;
    code = probe_db2.put_principal(context, entry, args);
    entry->e_data = e_data;
    return probe_done("put_principal", code);
}

static krb5_error_code
delete_principal(krb5_context context, krb5_const_principal name)
{
    probe_note("delete_principal %s", probe_name_of(context, name));
    return probe_done("delete_principal",
                      probe_db2.delete_principal(context, name));
}

/* Rename in place, as a directory does. */
static krb5_error_code
rename_principal(krb5_context context, krb5_const_principal source,
                 krb5_const_principal target)
{
    krb5_error_code code;
    krb5_db_entry *entry = NULL;
    krb5_principal copy = NULL;

    probe_note("rename_principal %s to %s", probe_name_of(context, source),
               probe_name_of(context, target));
    code = probe_db2.get_principal(context, source, 0, &entry);
    if (code)
        goto cleanup;
    code = krb5_dbe_specialize_salt(context, entry);
    if (code)
        goto cleanup;
    code = krb5_copy_principal(context, target, &copy);
    if (code)
        goto cleanup;
    krb5_free_principal(context, entry->princ);
    entry->princ = copy;
    code = probe_db2.put_principal(context, entry, NULL);
    if (code)
        goto cleanup;
    code = probe_db2.delete_principal(context, source);

cleanup:
    krb5_db_free_principal(context, entry);
    return probe_done("rename_principal", code);
}

static krb5_error_code
iterate(krb5_context context, char *match,
        int (*func)(krb5_pointer, krb5_db_entry *), krb5_pointer arg,
        krb5_flags flags)
{
    probe_note("iterate %s flags %x", (match != NULL) ? match : "-",
               (unsigned int)flags);
    return probe_done("iterate",
                      probe_db2.iterate(context, match, func, arg, flags));
}

static krb5_error_code
create_policy(krb5_context context, osa_policy_ent_t policy)
{
    probe_note("create_policy %s", policy->name);
    return probe_done("create_policy",
                      probe_db2.create_policy(context, policy));
}

static krb5_error_code
get_policy(krb5_context context, char *name, osa_policy_ent_t *policy_out)
{
    probe_note("get_policy %s", name);
    return probe_done("get_policy",
                      probe_db2.get_policy(context, name, policy_out));
}

static krb5_error_code
put_policy(krb5_context context, osa_policy_ent_t policy)
{
    probe_note("put_policy %s", policy->name);
    return probe_done("put_policy", probe_db2.put_policy(context, policy));
}

static krb5_error_code
iter_policy(krb5_context context, char *match, osa_adb_iter_policy_func func,
            void *arg)
{
    probe_note("iter_policy %s", (match != NULL) ? match : "-");
    return probe_done("iter_policy",
                      probe_db2.iter_policy(context, match, func, arg));
}

static krb5_error_code
delete_policy(krb5_context context, char *name)
{
    probe_note("delete_policy %s", name);
    return probe_done("delete_policy", probe_db2.delete_policy(context, name));
}

/* Take one method out of the table if it is in the list. */
#define WITHOUT(method)                                                       \
    do {                                                                      \
        if (is_without(#method))                                              \
            kdb_function_table.method = NULL;                                 \
    } while (0)

/* True if a method is in $KXPROBE_WITHOUT. */
static int
is_without(const char *method)
{
    const char *list = getenv("KXPROBE_WITHOUT"), *found;
    size_t length = strlen(method);

    for (found = list; found != NULL; found = strchr(found, ',')) {
        if (*found == ',')
            found++;
        if (strncmp(found, method, length) == 0 &&
            (found[length] == '\0' || found[length] == ','))
            return 1;
    }
    return 0;
}

/* Borrow db2's methods, and leave out of ours what the environment says. */
static void __attribute__((constructor)) load(void)
{
    void *handle = dlopen(KDB_PLUGIN_DIR "/db2.so", RTLD_NOW | RTLD_LOCAL);
    const kdb_vftabl *table =
        (handle != NULL) ? dlsym(handle, "kdb_function_table") : NULL;

    if (table == NULL) {
        (void)fprintf(stderr, "probe: no db2: %s\n", dlerror());
        abort();
    }
    probe_db2 = *table;
    WITHOUT(create);
    WITHOUT(destroy);
    WITHOUT(get_age);
    WITHOUT(lock);
    WITHOUT(unlock);
    WITHOUT(put_principal);
    WITHOUT(delete_principal);
    WITHOUT(rename_principal);
    WITHOUT(iterate);
    WITHOUT(create_policy);
    WITHOUT(get_policy);
    WITHOUT(put_policy);
    WITHOUT(iter_policy);
    WITHOUT(delete_policy);
    WITHOUT(fetch_master_key);
    WITHOUT(fetch_master_key_list);
    WITHOUT(store_master_key_list);
    WITHOUT(dbe_search_enctype);
    WITHOUT(change_pwd);
    WITHOUT(promote_db);
    WITHOUT(decrypt_key_data);
    WITHOUT(encrypt_key_data);
    WITHOUT(check_transited_realms);
    WITHOUT(check_policy_as);
    WITHOUT(check_policy_tgs);
    WITHOUT(audit_as_req);
    WITHOUT(refresh_config);
    WITHOUT(check_allowed_to_delegate);
    WITHOUT(free_principal_e_data);
    WITHOUT(get_s4u_x509_principal);
    WITHOUT(allowed_to_delegate_from);
    WITHOUT(issue_pac);
}

kdb_vftabl kdb_function_table = {
    .maj_ver = KRB5_KDB_DAL_MAJOR_VERSION,
    .init_library = init_library,
    .fini_library = fini_library,
    .init_module = init_module,
    .fini_module = fini_module,
    .create = create,
    .destroy = destroy,
    .get_age = get_age,
    .lock = lock,
    .unlock = unlock,
    .get_principal = get_principal,
    .put_principal = put_principal,
    .delete_principal = delete_principal,
    .rename_principal = rename_principal,
    .iterate = iterate,
    .create_policy = create_policy,
    .get_policy = get_policy,
    .put_policy = put_policy,
    .iter_policy = iter_policy,
    .delete_policy = delete_policy,
    .fetch_master_key = probe_fetch_master_key,
    .fetch_master_key_list = probe_fetch_master_key_list,
    .store_master_key_list = probe_store_master_key_list,
    .dbe_search_enctype = probe_dbe_search_enctype,
    .change_pwd = probe_change_pwd,
    .promote_db = promote_db,
    .decrypt_key_data = probe_decrypt_key_data,
    .encrypt_key_data = probe_encrypt_key_data,
    .check_transited_realms = probe_check_transited_realms,
    .check_policy_as = probe_check_policy_as,
    .check_policy_tgs = probe_check_policy_tgs,
    .audit_as_req = probe_audit_as_req,
    .refresh_config = probe_refresh_config,
    .check_allowed_to_delegate = probe_check_allowed_to_delegate,
    .free_principal_e_data = free_principal_e_data,
    .get_s4u_x509_principal = probe_get_s4u_x509_principal,
    .allowed_to_delegate_from = probe_allowed_to_delegate_from,
    .issue_pac = probe_issue_pac,
};
