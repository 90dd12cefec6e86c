/*
 * test_process.c: what a daemon owes to the system it runs on: as many files
 * as it may have, and words for whoever started it.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "daemon/kxoverd.h"
#include "tests/unit/test.h"

/* What may be open; each test begins and ends with it. */
static struct rlimit before;

static int
begin(void **state)
{
    (void)state;
    (void)unsetenv("NOTIFY_SOCKET");
    return getrlimit(RLIMIT_NOFILE, &before);
}

static int
end(void **state)
{
    (void)state;
    return setrlimit(RLIMIT_NOFILE, &before);
}

/* Let no more than n files be open. */
static void
let_open(rlim_t n)
{
    struct rlimit limit = before;

    limit.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* How many may be open now. */
static rlim_t
may_be_open(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

static void
as_many_files_are_had_as_are_wanted(void **state)
{
    (void)state;
    let_open(64);
    assert_int_equal(kx_process_allow_files(100), 100);
    assert_int_equal(may_be_open(), 100);
}

static void
who_may_have_more_keeps_that(void **state)
{
    (void)state;
    let_open(200);
    assert_int_equal(kx_process_allow_files(100), 200);
    assert_int_equal(may_be_open(), 200);
}

static void
more_than_the_system_lets_us_have_are_not_had(void **state)
{
    (void)state;
    let_open(64);
    assert_int_equal(kx_process_allow_files(SIZE_MAX - 1), before.rlim_max);
    assert_int_equal(may_be_open(), before.rlim_max);
}

static void
a_service_manager_is_told_at_its_socket(void **state)
{
    char folder[] = "/tmp/kxover-test-XXXXXX", message[128];
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    ssize_t length;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(place.sun_path, sizeof(place.sun_path), "%s/notify",
                   folder);
    assert_int_equal(bind(manager, (struct sockaddr *)&place, sizeof(place)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", place.sun_path, 1), 0);
    kx_process_notify("READY=1");
    length = recv(manager, message, sizeof(message) - 1, MSG_DONTWAIT);
    assert_true(length > 0);
    message[length] = '\0';
    assert_ptr_equal(strstr(message, "READY=1\nMONOTONIC_USEC="), message);

    /* When no more files can be had, nobody is told, and we go on. */
    let_open(0);
    kx_process_notify("WATCHDOG=1");
    let_open(before.rlim_cur);
    assert_int_equal(recv(manager, message, sizeof(message), MSG_DONTWAIT),
                     -1);
    (void)close(manager);
    assert_int_equal(unlink(place.sun_path), 0);
    assert_int_equal(rmdir(folder), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_many_files_are_had_as_are_wanted),
        TEST(who_may_have_more_keeps_that),
        TEST(more_than_the_system_lets_us_have_are_not_had),
        TEST(a_service_manager_is_told_at_its_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
