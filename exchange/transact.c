/*
 * transact.c: one message out, one message back.
 *
 * Plain send() and recv() on purpose: this runs inside a KDC, where a signal
 * for a broken pipe must not be raised, whatever the KDC does with signals.
 * The peer's message is read only up to its announced length, and the buffer
 * grows with what has come, so that a header alone takes no memory.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "asn1/kx_asn1.h"
#include "exchange/transact.h"

/* Bytes taken from the socket at a time. */
#define CHUNK 4096

struct kx_transact {
    struct kx_engine *engine;
    evutil_socket_t socket;
    char host[KX_MAX_DNS_NAME];
    kx_transacted_fn *done;
    void *arg;
    struct event *readable;
    struct event *writable;
    struct event *deadline;
    krb5_data out; /* header and message */
    size_t sent;
    unsigned char header[KX_FRAME_HEADER];
    size_t header_read;
    size_t expected; /* length of the peer's message, once announced */
    krb5_data in;    /* what came of it so far */
    size_t room;     /* bytes allocated at in.data */
};

/* Stop all events, and tell the user; *transact may be gone afterwards. */
static void
finish(struct kx_transact *transact, krb5_error_code code)
{
    (void)event_del(transact->readable);
    (void)event_del(transact->writable);
    (void)event_del(transact->deadline);
    transact->done(transact->arg, code, code ? NULL : &transact->in);
}

/* End because the peer is gone. */
static void
closed(struct kx_transact *transact, const char *why)
{
    finish(transact,
           kx_error(transact->engine->context, KX_ERR_PEER_CLOSED,
                    "%s closed the connection without an answer: %s; does a "
                    "kxoverd listen there?",
                    transact->host, why));
}

/* True if errno says to try again when the socket is ready. */
static krb5_boolean
try_again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Event: send what is left. */
static void
send_more(evutil_socket_t fd, short what, void *arg)
{
    struct kx_transact *transact = arg;
    ssize_t n;

    (void)what;
    n = send(fd, transact->out.data + transact->sent,
             transact->out.length - transact->sent, MSG_NOSIGNAL);
    if (n < 0 && !try_again()) {
        closed(transact, error_message(errno));
        return;
    }
    if (n > 0)
        transact->sent += (size_t)n;
    if (transact->sent < transact->out.length)
        (void)event_add(transact->writable, NULL);
}

/*
 * Take n bytes at p into header or message; *complete is set when the message
 * is whole.  Errors: KX_ERR_TOO_LONG, KX_ERR_DECODE, KX_ERR_PEER_CLOSED never;
 * bytes after the message are KX_ERR_DECODE too; ENOMEM.
 */
static krb5_error_code
take(struct kx_transact *transact, const char *p, size_t n,
     krb5_boolean *complete)
{
    krb5_error_code ret;
    char *grown;

    while (n > 0 && transact->header_read < KX_FRAME_HEADER) {
        transact->header[transact->header_read++] = (unsigned char)*p++;
        n--;
        if (transact->header_read == KX_FRAME_HEADER) {
            ret = kx_frame_length(transact->engine->context, transact->header,
                                  KX_MAX_MESSAGE, &transact->expected);
            if (ret)
                return kx_error_prefix(transact->engine->context, ret,
                                       "answer of %s", transact->host);
        }
    }
    if (n > transact->expected - transact->in.length)
        return kx_error(transact->engine->context, KX_ERR_DECODE,
                        "%s sent more than one message", transact->host);
    if (n > 0) {
        if (transact->in.length + n > transact->room) {
            grown = realloc(transact->in.data, transact->room + CHUNK);
            if (grown == NULL)
                return ENOMEM;
            transact->in.data = grown;
            transact->room += CHUNK;
        }
        memcpy(transact->in.data + transact->in.length, p, n);
        transact->in.length += (unsigned int)n;
    }
    *complete = transact->header_read == KX_FRAME_HEADER &&
                transact->in.length == transact->expected;
    return 0;
}

/* Event: read what has come. */
static void
read_more(evutil_socket_t fd, short what, void *arg)
{
    struct kx_transact *transact = arg;
    krb5_boolean complete = FALSE;
    krb5_error_code ret;
    char chunk[CHUNK];
    ssize_t n;

    (void)what;
    n = recv(fd, chunk, sizeof(chunk), 0);
    if (n < 0 && try_again())
        return;
    if (n <= 0) {
        closed(transact, n < 0                       ? error_message(errno)
                         : transact->header_read > 0 ? "in mid-message"
                                                     : "end of data");
        return;
    }
    ret = take(transact, chunk, (size_t)n, &complete);
    if (ret || complete)
        finish(transact, ret);
}

/* Event: it took too long. */
static void
expire(evutil_socket_t fd, short what, void *arg)
{
    struct kx_transact *transact = arg;

    (void)fd;
    (void)what;
    finish(transact,
           kx_error(transact->engine->context, KX_ERR_PEER_SILENT,
                    "%s accepted the connection but did not answer in %d s",
                    transact->host, KX_ANSWER_TIMEOUT));
}

krb5_error_code
kx_transact_start(struct kx_engine *engine, evutil_socket_t socket,
                  const char *host, const krb5_data *message,
                  kx_transacted_fn *done, void *arg, struct kx_transact **out)
{
    static const struct timeval limit = {KX_ANSWER_TIMEOUT, 0};
    struct kx_transact *transact;
    unsigned char header[KX_FRAME_HEADER];

    *out = NULL;
    transact = calloc(1, sizeof(*transact));
    if (transact == NULL) {
        (void)close(socket);
        return ENOMEM;
    }
    transact->engine = engine;
    transact->socket = socket;
    (void)strncpy(transact->host, host, sizeof(transact->host) - 1);
    transact->done = done;
    transact->arg = arg;
    transact->out.data = malloc(KX_FRAME_HEADER + message->length);
    transact->readable = event_new(engine->base, socket, EV_READ | EV_PERSIST,
                                   read_more, transact);
    transact->writable =
        event_new(engine->base, socket, EV_WRITE, send_more, transact);
    transact->deadline = event_new(engine->base, -1, 0, expire, transact);
    if (transact->out.data == NULL || transact->readable == NULL ||
        transact->writable == NULL || transact->deadline == NULL ||
        event_add(transact->readable, NULL) < 0 ||
        event_add(transact->writable, NULL) < 0 ||
        event_add(transact->deadline, &limit) < 0) {
        kx_transact_free(transact);
        return ENOMEM;
    }
    kx_frame_header(message->length, header);
    memcpy(transact->out.data, header, KX_FRAME_HEADER);
    memcpy(transact->out.data + KX_FRAME_HEADER, message->data,
           message->length);
    transact->out.length = KX_FRAME_HEADER + message->length;
    *out = transact;
    return 0;
}

void
kx_transact_free(struct kx_transact *transact)
{
    if (transact == NULL)
        return;
    if (transact->readable != NULL)
        event_free(transact->readable);
    if (transact->writable != NULL)
        event_free(transact->writable);
    if (transact->deadline != NULL)
        event_free(transact->deadline);
    (void)close(transact->socket);
    kx_data_free(&transact->out);
    kx_data_free(&transact->in);
    free(transact);
}
