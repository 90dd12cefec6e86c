/*
 * short.c: a library to preload, with which every stream that a program reads
 * or writes gives and takes one byte at a time, as it may.
 *
 * Files are as they are: nobody's disk does that.  Neither are datagrams cut.
 */
#include "config.h"
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* True if fd is a stream's. */
static int
is_stream(int fd)
{
    socklen_t length = sizeof(int);
    int type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_STREAM;
}

/* As much of size as there may be at once on fd. */
static size_t
part(int fd, size_t size)
{
    return size > 1 && is_stream(fd) ? 1 : size;
}

/* Where fd is a stream and there are pieces, let *pieces be one and *n be 1:
 * the beginning, in first, of what is to be moved. */
static void
begin_of(int fd, const struct iovec **pieces, int *n, struct iovec *first)
{
    if (*n < 1 || !is_stream(fd))
        return;
    for (; *n > 1 && (*pieces)->iov_len == 0; (*n)--)
        (*pieces)++;
    *first = **pieces;
    first->iov_len = part(fd, first->iov_len);
    *pieces = first;
    *n = 1;
}

/* libc's function of that name. */
#define NEXT(name)                                                            \
    static __typeof__(name) *next;                                            \
    if (next == NULL)                                                         \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

ssize_t
read(int fd, void *buffer, size_t size)
{
    NEXT(read);
    return next(fd, buffer, part(fd, size));
}

ssize_t
write(int fd, const void *buffer, size_t size)
{
    NEXT(write);
    return next(fd, buffer, part(fd, size));
}

ssize_t
recv(int fd, void *buffer, size_t size, int flags)
{
    NEXT(recv);
    return next(fd, buffer, part(fd, size), flags);
}

ssize_t
send(int fd, const void *buffer, size_t size, int flags)
{
    NEXT(send);
    return next(fd, buffer, part(fd, size), flags);
}

ssize_t
readv(int fd, const struct iovec *pieces, int n)
{
    struct iovec first;

    NEXT(readv);
    begin_of(fd, &pieces, &n, &first);
    return next(fd, pieces, n);
}

ssize_t
writev(int fd, const struct iovec *pieces, int n)
{
    struct iovec first;

    NEXT(writev);
    begin_of(fd, &pieces, &n, &first);
    return next(fd, pieces, n);
}
