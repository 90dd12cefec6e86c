/*
 * test_readable.c: whether krb5kdc, as root without root's powers, can read a
 * file.
 *
 * Who we are, and whose the files are, is ours to say here.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/readable.h"
#include "tests/unit/test.h"

#define FILE_PATH "/etc/krb5kdc/key.pem"
#define FOLDER "/etc/krb5kdc"

static uid_t we;
static struct stat of_file, of_folder;

uid_t __wrap_geteuid(void);
int __wrap_stat(const char *path, struct stat *status);

/* Called for geteuid() and stat(), by the linker's --wrap. */
uid_t
__wrap_geteuid(void)
{
    return we;
}

int
__wrap_stat(const char *path, struct stat *status)
{
    if (strcmp(path, FILE_PATH) == 0) {
        *status = of_file;
    } else if (strcmp(path, FOLDER) == 0) {
        *status = of_folder;
    } else if (strcmp(path, "/etc") == 0) {
        *status = (struct stat){.st_mode = S_IFDIR | 0755};
    } else {
        errno = ENOENT;
        return -1;
    }
    return 0;
}

/* Root's file in root's folder. */
static int
begin(void **state)
{
    (void)state;
    we = 0;
    of_file = (struct stat){.st_mode = S_IFREG | 0600};
    of_folder = (struct stat){.st_mode = S_IFDIR | 0700};
    return 0;
}

static void
a_file_of_roots_is_read_by_its_owners_mode(void **state)
{
    (void)state;
    assert_true(readable_by_kdc(FILE_PATH));
    of_file.st_mode = S_IFREG | 0044;
    assert_false(readable_by_kdc(FILE_PATH));
}

static void
a_file_of_anothers_in_roots_group_is_read_by_its_groups_mode(void **state)
{
    (void)state;
    of_file.st_uid = 101;
    assert_false(readable_by_kdc(FILE_PATH));
    of_file.st_mode = S_IFREG | 0640;
    assert_true(readable_by_kdc(FILE_PATH));
}

static void
a_file_of_anothers_is_read_by_the_mode_of_others(void **state)
{
    (void)state;
    of_file.st_uid = of_file.st_gid = 101;
    of_file.st_mode = S_IFREG | 0640;
    assert_false(readable_by_kdc(FILE_PATH));
    of_file.st_mode = S_IFREG | 0644;
    assert_true(readable_by_kdc(FILE_PATH));
}

static void
a_folder_that_cannot_be_entered_hides_what_is_in_it(void **state)
{
    (void)state;
    of_folder.st_uid = of_folder.st_gid = 101;
    assert_false(readable_by_kdc(FILE_PATH));
    of_folder.st_mode = S_IFDIR | 0711;
    assert_true(readable_by_kdc(FILE_PATH));
}

static void
what_the_unit_of_krb5_kdc_hides_is_not_read(void **state)
{
    (void)state;
    assert_false(readable_by_kdc("/etc/ssl/private/key.pem"));
    assert_false(readable_by_kdc("/root/key.pem"));
}

static void
what_is_not_there_is_somebody_elses_to_tell(void **state)
{
    (void)state;
    assert_true(readable_by_kdc("/etc/krb5kdc/other.pem"));
}

static void
who_is_not_root_knows_nothing_of_what_root_can_read(void **state)
{
    (void)state;
    we = 1000;
    assert_true(readable_by_kdc("/root/key.pem"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_of_roots_is_read_by_its_owners_mode,
                               begin),
        cmocka_unit_test_setup(
            a_file_of_anothers_in_roots_group_is_read_by_its_groups_mode,
            begin),
        cmocka_unit_test_setup(
            a_file_of_anothers_is_read_by_the_mode_of_others, begin),
        cmocka_unit_test_setup(
            a_folder_that_cannot_be_entered_hides_what_is_in_it, begin),
        cmocka_unit_test_setup(what_the_unit_of_krb5_kdc_hides_is_not_read,
                               begin),
        cmocka_unit_test_setup(what_is_not_there_is_somebody_elses_to_tell,
                               begin),
        cmocka_unit_test_setup(
            who_is_not_root_knows_nothing_of_what_root_can_read, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
