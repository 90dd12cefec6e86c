/*
 * reply.c: the realm at the other end, as hostile as its mode.
 *
 * One connection after the other; each ends with the answer, but for those
 * where saying nothing is the point: they stay open, and the next one is
 * served.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/hostile/hostile.h"

static const struct mode honest = {.name = "honest"};

/* Send the draft's bytes: with CUT_OFF and STALLED half of them, with TWICE
 * once more behind them, in one go. */
static void
send_draft(int fd, const struct draft *draft, enum manner manner)
{
    size_t length = draft->bytes.length;
    unsigned char header[KX_FRAME_HEADER];
    char *both;

    if (manner == CUT_OFF || manner == STALLED)
        length /= 2;
    if (manner != TWICE) {
        send_frame(fd, draft->announced, draft->bytes.data, length);
        return;
    }
    kx_frame_header(length, header);
    both = malloc(2 * length + sizeof(header));
    if (both == NULL)
        must(NULL, ENOMEM, "two messages");
    memcpy(both, draft->bytes.data, length);
    memcpy(both + length, header, sizeof(header));
    memcpy(both + length + sizeof(header), draft->bytes.data, length);
    send_frame(fd, length, both, 2 * length + sizeof(header));
    free(both);
}

/*
 * Send the reply to the first request that ever came, unless request is it.
 * With fresh_nonce it gets the nonce of request.
 */
static void
send_older(int fd, const struct hostile *hostile,
           const struct kx_message *request, krb5_boolean fresh_nonce)
{
    static struct draft *first;
    struct kx_message posing;
    krb5_data bytes;

    if (first == NULL) {
        first = make_reply(hostile, &honest, request);
        return;
    }
    posing = *first->message;
    if (fresh_nonce)
        posing.offer.nonce = request->offer.nonce;
    must(hostile->context,
         kx_encode_message(hostile->context, &posing, &bytes), "a reply");
    send_frame(fd, bytes.length, bytes.data, bytes.length);
    kx_data_free(&bytes);
}

/* Answer one request, of which bytes are the encoding.  True if the connection
 * is to stay open. */
static krb5_boolean
answer(int fd, const struct hostile *hostile, const struct mode *mode,
       const krb5_data *bytes, const struct kx_message *request)
{
    struct draft *draft = NULL;
    enum kx_group group;

    must(hostile->context,
         kx_group_of_public(hostile->context, &request->offer.tbs.key_exchange,
                            &group),
         "the request's group");
    printf("KX-REQ in %s: %s\n", kx_group_name(group), mode->name);
    switch (mode->manner) {
    case SILENT:
        return TRUE;
    case HANG_UP:
        break;
    case REFLECTED:
        send_frame(fd, bytes->length, bytes->data, bytes->length);
        break;
    case OLDER:
    case OLDER_NONCE:
        send_older(fd, hostile, request, mode->manner == OLDER_NONCE);
        break;
    default:
        if (mode->manner == FIRST_GROUP && group != KX_GROUP_X25519)
            mode = &honest;
        draft = make_reply(hostile, mode, request);
        send_draft(fd, draft, mode->manner);
    }
    draft_free(draft);
    return mode->manner == STALLED;
}

void
serve(const struct hostile *hostile, const struct mode *mode, const char *port)
{
    int listener = listen_at(port), fd;
    struct kx_message *request;
    krb5_boolean stays;
    krb5_data bytes;

    printf("listening\n");
    for (;;) {
        fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        stays = FALSE;
        bytes = receive_frame(fd);
        if (bytes.length > 0 && kx_decode_message(hostile->context, KX_MSG_REQ,
                                                  &bytes, &request) == 0) {
            stays = answer(fd, hostile, mode, &bytes, request);
            kx_message_free(request);
        } else {
            printf("no KX-REQ\n");
        }
        kx_data_free(&bytes);
        if (!stays)
            (void)close(fd);
    }
}
