/*
 * process.c: what a daemon owes to the system it runs on.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif
#include "daemon/kxoverd.h"

/* Where the foreground process waits for a word from us; -1 if there is none.
 */
static int ready_fd = -1;

void
kx_process_harden(void)
{
    struct rlimit no_core = {0, 0};

    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &no_core);
#ifdef HAVE_SYS_PRCTL_H
    /* A core file that is piped to a program knows no limit. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
}

size_t
kx_process_allow_files(size_t files)
{
    struct rlimit limit = {0, 0}, wanted;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < files) {
        wanted = limit;
        wanted.rlim_cur = limit.rlim_max < files ? limit.rlim_max : files;
        if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
            limit = wanted;
    }
    return limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX;
}

/* In the foreground process: exit as the one in the background turns out. */
static void
wait_until_ready(int fd, pid_t child)
{
    char word;
    ssize_t n;

    do
        n = read(fd, &word, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        _exit(0);
    /* It has said why on the standard error that we share. */
    (void)waitpid(child, NULL, 0);
    _exit(1);
}

krb5_error_code
kx_process_detach(void)
{
    int code, fds[2];
    pid_t child;

    if (pipe(fds) != 0)
        return errno;
    child = fork();
    if (child < 0) {
        code = errno;
        (void)close(fds[0]);
        (void)close(fds[1]);
        return code;
    }
    if (child > 0) {
        (void)close(fds[1]);
        wait_until_ready(fds[0], child);
    }
    (void)close(fds[0]);
    ready_fd = fds[1];
    (void)fcntl(ready_fd, F_SETFD, FD_CLOEXEC);
    if (setsid() < 0 || chdir("/") != 0)
        return errno;
    return 0;
}

/* Write our process id to path. */
static krb5_error_code
write_pidfile(const char *path)
{
    FILE *f;
    int fd, code;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    /* It is for all to read, whatever our umask. */
    (void)fchmod(fd, 0644);
    f = fdopen(fd, "w");
    if (f == NULL) {
        code = errno;
        (void)close(fd);
        return code;
    }
    code = fprintf(f, "%ld\n", (long)getpid()) < 0 ? errno : 0;
    if (fclose(f) != 0 && code == 0)
        code = errno;
    return code;
}

krb5_error_code
kx_process_ready(const char *pidfile)
{
    krb5_error_code ret;
    int fd;

    if (pidfile != NULL) {
        ret = write_pidfile(pidfile);
        if (ret)
            return ret;
    }
    kx_process_notify("READY=1");
    if (ready_fd < 0)
        return 0;
    fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        return errno;
    (void)dup2(fd, STDIN_FILENO);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
    (void)!write(ready_fd, "", 1);
    (void)close(ready_fd);
    ready_fd = -1;
    return 0;
}

void
kx_process_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timespec now = {0, 0};
    char message[128];
    size_t length;
    int fd;

    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return;
    length = strlen(path);
    if (length >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, length);
    if (path[0] == '@') /* Linux's names outside of the file system */
        to.sun_path[0] = '\0';
    /* The time goes with RELOADING=1, and does no harm elsewhere. */
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(message, sizeof(message), "%s\nMONOTONIC_USEC=%lld", state,
                   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL,
                 (struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    (void)close(fd);
}

krb5_error_code
kx_process_become(krb5_context context, const char *user)
{
    struct passwd *entry;
    krb5_error_code ret;

    errno = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    entry = getpwnam(user);
    if (entry == NULL) {
        ret = errno != 0 ? errno : ENOENT;
        return kx_error(context, ret, "No user %s to run as (-u)", user);
    }
    if (initgroups(user, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
        setuid(entry->pw_uid) != 0) {
        ret = errno;
        return kx_error(context, ret, "Cannot become user %s (-u): %s", user,
                        error_message(ret));
    }
    return 0;
}
