/*
 * outbox.c: what is said while something must not be kept waiting.
 *
 * Three places in a row: the text that is being collected, the temporary file
 * (made when the reader first falls behind), the reader.  A full text goes to
 * the reader straight away if nothing is before it and poll() says that it
 * will be taken; else into the file, from which as much goes out as is taken.
 */
#include "config.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "cli/outbox.h"

void
outbox_init(struct outbox *outbox, int fd)
{
    memset(outbox, 0, sizeof(*outbox));
    outbox->fd = fd;
}

/* True if the reader takes PIPE_BUF bytes within so many milliseconds, -1 for
 * any; also if it is gone, which the next write() then tells. */
static krb5_boolean
is_ready(const struct outbox *outbox, int timeout)
{
    struct pollfd reader = {.fd = outbox->fd, .events = POLLOUT};

    return poll(&reader, 1, timeout) == 1;
}

/* Write once; *written gets how much was taken.  Errors: write()'s. */
static krb5_error_code
write_some(const struct outbox *outbox, const char *text, size_t length,
           size_t *written)
{
    ssize_t n = write(outbox->fd, text, length);

    *written = n < 0 ? 0 : (size_t)n;
    return n < 0 && errno != EINTR && errno != EAGAIN ? errno : 0;
}

/* Append to the temporary file.  Errors: those of tmpfile(), ENOSPC... */
static krb5_error_code
spool(struct outbox *outbox, const char *text, size_t length)
{
    if (length == 0)
        return 0;
    if (outbox->spool == NULL)
        outbox->spool = tmpfile();
    if (outbox->spool == NULL ||
        fseeko(outbox->spool, outbox->end, SEEK_SET) != 0 ||
        fwrite(text, 1, length, outbox->spool) != length ||
        fflush(outbox->spool) != 0)
        return errno;
    outbox->end += (off_t)length;
    return 0;
}

/* Send one piece of what waits in the file.  Errors: those of reading it,
 * write()'s. */
static krb5_error_code
send_spooled(struct outbox *outbox)
{
    char piece[PIPE_BUF];
    krb5_error_code ret;
    size_t n, written;

    n = sizeof(piece);
    if ((off_t)n > outbox->end - outbox->begin)
        n = (size_t)(outbox->end - outbox->begin);
    if (fseeko(outbox->spool, outbox->begin, SEEK_SET) != 0 ||
        fread(piece, 1, n, outbox->spool) != n)
        return errno ? errno : EIO;
    ret = write_some(outbox, piece, n, &written);
    outbox->begin += (off_t)written;
    return ret;
}

/* Move the collected text on, to the reader or into the file, without
 * waiting.  Errors: as outbox_put(). */
static krb5_error_code
move_on(struct outbox *outbox)
{
    krb5_error_code ret = 0;
    size_t written = 0;

    while (ret == 0 && outbox->begin < outbox->end && is_ready(outbox, 0))
        ret = send_spooled(outbox);
    if (ret == 0 && outbox->begin == outbox->end && is_ready(outbox, 0))
        ret = write_some(outbox, outbox->text, outbox->n, &written);
    if (ret == 0)
        ret = spool(outbox, outbox->text + written, outbox->n - written);
    outbox->n = 0;
    return ret;
}

krb5_error_code
outbox_put(struct outbox *outbox, const char *text, size_t length)
{
    krb5_error_code ret = 0;

    if (length > sizeof(outbox->text))
        return EMSGSIZE;
    if (length > sizeof(outbox->text) - outbox->n)
        ret = move_on(outbox);
    memcpy(outbox->text + outbox->n, text, length);
    outbox->n += length;
    return ret;
}

krb5_error_code
outbox_text(struct outbox *outbox, const char *text)
{
    size_t length = strlen(text), piece;
    krb5_error_code ret = 0;

    for (; length > 0 && ret == 0; text += piece, length -= piece) {
        piece = length < sizeof(outbox->text) ? length : sizeof(outbox->text);
        ret = outbox_put(outbox, text, piece);
    }
    return ret;
}

krb5_error_code
outbox_flush(struct outbox *outbox)
{
    krb5_error_code ret;

    ret = move_on(outbox);
    while (ret == 0 && outbox->begin < outbox->end) {
        (void)is_ready(outbox, -1);
        ret = send_spooled(outbox);
    }
    return ret;
}

void
outbox_clear(struct outbox *outbox)
{
    if (outbox->spool != NULL)
        (void)fclose(outbox->spool);
    outbox->spool = NULL;
}
