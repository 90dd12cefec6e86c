/*
 * room.c: no writing to a database on a full disk.
 *
 * db2 writes a change in place, page after page, and stops at the first page
 * that cannot be written.  When a page had to be split in two, the half that
 * needed a new page is then gone: with it other entries, the master key's
 * perhaps, and the whole database cannot be read any more.  (kadmin.local does
 * the same to a database, with or without kxover, and reports success.)  What
 * a stranger can cause must not come to that, so we look before we write.
 */
#include "config.h"
#include <errno.h>
#include <stdint.h>
#include <profile.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "exchange/kx_room.h"

/* Where krb5 has the database when kdc.conf does not say: Debian's choice.
 * Where there is no such file, nothing is checked. */
#define DEFAULT_FILE "/var/lib/krb5kdc/principal"

/*
 * The file of the database of context's default realm, in *out
 * (profile_release_string()).  Errors: ENOMEM, the profile library's.
 */
static krb5_error_code
database_file(krb5_context context, char **out)
{
    krb5_error_code ret;
    profile_t profile = NULL;
    char *realm = NULL, *section = NULL;

    *out = NULL;
    ret = krb5_get_default_realm(context, &realm);
    if (ret == 0)
        ret = krb5_get_profile(context, &profile);
    if (ret == 0)
        ret = profile_get_string(profile, "realms", realm, "database_module",
                                 realm, &section);
    if (ret == 0)
        ret = profile_get_string(profile, "dbmodules", section,
                                 "database_name", NULL, out);
    if (ret == 0 && *out == NULL)
        ret = profile_get_string(profile, "realms", realm, "database_name",
                                 DEFAULT_FILE, out);
    profile_release_string(section);
    if (profile != NULL)
        profile_release(profile);
    krb5_free_default_realm(context, realm);
    return ret;
}

krb5_error_code
kx_room_check(krb5_context context)
{
    krb5_error_code ret;
    char *file = NULL;
    struct stat status;
    struct statvfs disk;
    struct rlimit limit;

    ret = database_file(context, &file);
    if (ret)
        return ret;
    if (stat(file, &status) != 0 || statvfs(file, &disk) != 0)
        goto cleanup;
    /* What is kept back for root is for root's emergencies.  A file system
     * that does not count its blocks has none. */
    if (disk.f_blocks > 0 && (uint64_t)disk.f_bavail * disk.f_frsize < KX_ROOM)
        ret = kx_error(context, KX_ERR_STORE,
                       "the disk is full: less than %d KiB are left for %s",
                       KX_ROOM / 1024, file);
    else if (getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
             limit.rlim_cur != RLIM_INFINITY &&
             limit.rlim_cur < (rlim_t)status.st_size + KX_ROOM)
        ret = kx_error(context, KX_ERR_STORE,
                       "the limit on the size of files (ulimit -f) lets %s "
                       "not grow by %d KiB",
                       file, KX_ROOM / 1024);

cleanup:
    profile_release_string(file);
    return ret;
}
