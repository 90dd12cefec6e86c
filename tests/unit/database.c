/*
 * database.c: a real Kerberos database of a realm, for tests.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <profile.h>
#include "tests/unit/test.h"
#include "tests/unit/database.h"

/* Write text to the file name in folder. */
static void
write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void
database_use(const struct database *database)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/krb5.conf", database->folder);
    assert_int_equal(setenv("KRB5_CONFIG", path, 1), 0);
    (void)snprintf(path, sizeof(path), "%s/kdc.conf", database->folder);
    assert_int_equal(setenv("KRB5_KDC_PROFILE", path, 1), 0);
}

/* Start argv with its standard output going to descriptor out. */
static pid_t
start(const char *const *argv, int out)
{
    posix_spawn_file_actions_t actions;
    char **words;
    pid_t child = 0;
    int status;

    memcpy(&words, &argv, sizeof(words));
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out, 1), 0);
    status = posix_spawnp(&child, argv[0], &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (status == ENOENT)
        fail_msg("%s is not installed (Debian packages: krb5-kdc, "
                 "krb5-admin-server)",
                 argv[0]);
    assert_int_equal(status, 0);
    return child;
}

/* Wait for child, which must succeed. */
static void
finish(const char *program, pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s failed with status 0x%x", program, (unsigned int)status);
}

void
database_run(const char *const *argv)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    assert_true(null >= 0);
    finish(argv[0], start(argv, null));
    (void)close(null);
}

void
database_read(const char *const *argv, char *output, size_t size)
{
    int ends[2];
    pid_t child;
    ssize_t got;
    size_t length = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = start(argv, ends[1]);
    (void)close(ends[1]);
    while (length + 1 < size) {
        got = read(ends[0], output + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    output[length] = '\0';
    (void)close(ends[0]);
    finish(argv[0], child);
}

/* Open the database of realm in a context like a KDC's. */
static void
open_context(struct database *database, const char *realm)
{
    krb5_context context;
    krb5_principal master;
    krb5_keyblock mkey = {0};
    krb5_kvno kvno = 0;
    profile_t profile;
    char *name = NULL, *stash = NULL;

    assert_int_equal(
        krb5_init_context_profile(
            NULL, KRB5_INIT_CONTEXT_SECURE | KRB5_INIT_CONTEXT_KDC, &context),
        0);
    database->context = context;
    assert_int_equal(krb5_set_default_realm(context, realm), 0);
    assert_int_equal(krb5_db_open(context, NULL,
                                  KRB5_KDB_OPEN_RW | KRB5_KDB_SRV_TYPE_ADMIN),
                     0);
    assert_int_equal(krb5_get_profile(context, &profile), 0);
    assert_int_equal(profile_get_string(profile, "realms", realm,
                                        "master_key_name", NULL, &name),
                     0);
    assert_int_equal(profile_get_string(profile, "realms", realm,
                                        "key_stash_file", NULL, &stash),
                     0);
    assert_int_equal(
        krb5_db_setup_mkey_name(context, name, realm, NULL, &master), 0);
    assert_int_equal(krb5_db_fetch_mkey(context, master, ENCTYPE_UNKNOWN,
                                        FALSE, FALSE, stash, &kvno, NULL,
                                        &mkey),
                     0);
    assert_int_equal(krb5_db_fetch_mkey_list(context, master, &mkey), 0);
    krb5_free_keyblock_contents(context, &mkey);
    krb5_free_principal(context, master);
    profile_release_string(stash);
    profile_release_string(name);
    profile_release(profile);
}

void
database_open(struct database *database, const char *realm,
              const char *settings)
{
    const char *path = getenv("PATH"), *temporary = getenv("TMPDIR");
    const char *const create[] = {"kdb5_util", "-r",     realm, "-P",
                                  "master",    "create", "-s",  NULL};
    char text[1024];

    /* krb5's programs for administrators are not in everybody's PATH. */
    (void)snprintf(text, sizeof(text), "%s:/usr/sbin:/sbin",
                   path != NULL ? path : "/usr/bin:/bin");
    assert_int_equal(setenv("PATH", text, 1), 0);
    memset(database, 0, sizeof(*database));
    if (temporary == NULL || strlen(temporary) > 40)
        temporary = "/tmp";
    (void)snprintf(database->folder, sizeof(database->folder),
                   "%s/kxover-XXXXXX", temporary);
    assert_non_null(mkdtemp(database->folder));
    (void)snprintf(text, sizeof(text), "[libdefaults]\n default_realm = %s\n",
                   realm);
    write_file(database->folder, "krb5.conf", text);
    (void)snprintf(text, sizeof(text),
                   "[realms]\n"
                   " %s = {\n"
                   "  database_module = test\n"
                   "  key_stash_file = %s/stash\n"
                   "%s"
                   " }\n"
                   "[dbmodules]\n"
                   " test = {\n"
                   "  db_library = db2\n"
                   "  database_name = %s/principal\n"
                   " }\n",
                   realm, database->folder, settings, database->folder);
    write_file(database->folder, "kdc.conf", text);
    database_use(database);
    database_run(create);
    open_context(database, realm);
}

/* For nftw(): remove one file or folder. */
static int
remove_one(const char *path, const struct stat *status, int type,
           struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void
database_close(struct database *database)
{
    if (database->context != NULL) {
        (void)krb5_db_fini(database->context);
        krb5_free_context(database->context);
    }
    if (database->folder[0] != '\0')
        (void)nftw(database->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
