/*
 * files.c: libevent, and the process lives on.
 *
 * Where a process may open no more files, libevent ends it with exit() when an
 * event base is made (2.1.12, evsig_init_()), be the process a KDC or anybody
 * else's.  libunbound makes such a base, too, in its own thread.  So before
 * both it is tried whether there are files enough.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/socket.h>
#include <com_err.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/resolver.h"

#define MAX_FILES 32

/* An event base takes five, and the resolver some twelve.  A KDC wants to go
 * on opening its database, too. */
#define FILES_OF_BASE MAX_FILES

int
kx_files_try(size_t n)
{
    int files[MAX_FILES], error;
    size_t opened = 0;

    files[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    error = files[0] < 0 ? errno : 0;
    while (error == 0 && ++opened < n && opened < MAX_FILES) {
        files[opened] = fcntl(files[0], F_DUPFD_CLOEXEC, 0);
        error = files[opened] < 0 ? errno : 0;
    }
    while (opened > 0)
        (void)close(files[--opened]);
    return error;
}

krb5_error_code
kx_event_base_new(krb5_context context, struct event_base **out)
{
    int error = kx_files_try(FILES_OF_BASE);

    *out = NULL;
    if (error != 0)
        return kx_error(context, KX_ERR_DNS_SETUP,
                        "DNS resolver cannot be made: %s; %d more are wanted "
                        "(ulimit -n)",
                        error_message(error), FILES_OF_BASE);
    *out = event_base_new();
    return *out != NULL ? 0 : ENOMEM;
}
