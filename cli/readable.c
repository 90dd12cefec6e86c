/*
 * readable.c: can krb5kdc read what we can?
 *
 * Root reads everything, by a capability.  Debian's krb5-kdc.service leaves
 * krb5kdc none but that for low ports, so it goes by owner, group and others
 * like anybody; and it hides some folders altogether.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/readable.h"

#define MAX_PATH_SIZE 4096

/* InaccessibleDirectories of Debian's krb5-kdc.service. */
static const char *const hidden[] = {"/etc/ssh/", "/etc/ssl/private/",
                                     "/root/"};

/* True if root may do at path, by the mode of its owner, group or others, what
 * bit (S_IROTH, S_IXOTH) stands for. */
static krb5_boolean
may(const char *path, mode_t bit)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return TRUE;
    if (status.st_uid == 0)
        return (status.st_mode & (bit << 6)) != 0;
    if (status.st_gid == 0)
        return (status.st_mode & (bit << 3)) != 0;
    return (status.st_mode & bit) != 0;
}

krb5_boolean
readable_by_kdc(const char *path)
{
    char folder[MAX_PATH_SIZE];
    char *slash;
    size_t i;

    if (geteuid() != 0 || strlen(path) >= sizeof(folder))
        return TRUE;
    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
            return FALSE;
    }
    (void)snprintf(folder, sizeof(folder), "%s", path);
    while ((slash = strrchr(folder, '/')) != NULL && slash != folder) {
        *slash = '\0';
        if (!may(folder, S_IXOTH))
            return FALSE;
    }
    return may(path, S_IROTH);
}
