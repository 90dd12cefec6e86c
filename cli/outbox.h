/*
 * outbox.h: what is said while something must not be kept waiting.
 *
 * Whoever reads may be slow, or stopped by Ctrl-S.  So text goes out as fast
 * as it is taken, and what is not taken yet waits in a temporary file.
 */
#ifndef KX_CLI_OUTBOX_H
#define KX_CLI_OUTBOX_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>
#include "base/kx_base.h"

struct outbox {
    int fd;      /* where it goes; not ours to close */
    FILE *spool; /* what waits, from begin to end; NULL: nothing ever */
    off_t begin;
    off_t end;
    size_t n;            /* bytes in text */
    char text[PIPE_BUF]; /* a pipe that is ready takes that much at once */
};

void outbox_init(struct outbox *outbox, int fd);

/* Send length bytes, PIPE_BUF at most, without waiting for the reader.
 * Errors: those of write() and tmpfile(). */
krb5_error_code outbox_put(struct outbox *outbox, const char *text,
                           size_t length);

/* The same with a text of any length. */
krb5_error_code outbox_text(struct outbox *outbox, const char *text);

/* Send all that there is, however long the reader takes.  Errors: those of
 * write() and of reading the temporary file. */
krb5_error_code outbox_flush(struct outbox *outbox);

/* Release what outbox holds; what has not been sent is lost. */
void outbox_clear(struct outbox *outbox);

#endif /* KX_CLI_OUTBOX_H */
