/*
 * middle.c: a realm in the middle, which passes on the public keys of two
 * others as its own.
 *
 *   asker ── KX-REQ ──▶ we ── KX-REQ with the asker's key ──▶ other
 *         ◀── KX-REP with the other's key ── we ◀── KX-REP ──
 *
 * Each of its messages is in its own name and has its own signature.  It knows
 * none of the private keys, so all that it has for a confirmation is the
 * other's.  What else goes into a key is passed on, too: but for the names and
 * what was signed, the two others have said the same.
 */
#include "config.h"
#include <stdio.h>
#include <unistd.h>
#include "tests/hostile/hostile.h"

/* What is passed on: the asker's request, and then the other's reply. */
static const struct kx_message *passed_on;

/* A mode's tbs(): the public key, the end and the version of what is passed
 * on. */
static void
pass_on_terms(struct draft *draft)
{
    const struct kx_tbsdata *from = &passed_on->offer.tbs;
    struct kx_tbsdata *tbs = &draft->message->offer.tbs;

    replace(&tbs->key_exchange, from->key_exchange.data,
            from->key_exchange.length);
    tbs->till = from->till;
    tbs->has_kvno = from->has_kvno;
    tbs->kvno = from->kvno;
}

/* A mode's offer(): the confirmation, where there is one. */
static void
pass_on_confirmation(struct draft *draft)
{
    if (draft->message->msg_type == KX_MSG_REP)
        replace(&draft->message->confirm, passed_on->confirm.data,
                passed_on->confirm.length);
}

static const struct mode passing = {
    .name = "middle", .tbs = pass_on_terms, .offer = pass_on_confirmation};

/* Print a message, so that a test can tell what each side has seen. */
static void
print_message(const char *what, const krb5_data *bytes)
{
    unsigned int i;

    printf("%s ", what);
    for (i = 0; i < bytes->length; i++)
        printf("%02x", (unsigned int)(unsigned char)bytes->data[i]);
    printf("\n");
}

/* Have the other realm, at port, reply to the draft; the end of the program if
 * it does not. */
static struct kx_message *
ask_other(const struct draft *draft, const char *port)
{
    int fd = dial(port);
    struct kx_message *reply;
    krb5_data answer;

    send_frame(fd, draft->announced, draft->bytes.data, draft->bytes.length);
    answer = receive_frame(fd);
    (void)close(fd);
    print_message("its reply", &answer);
    must(draft->hostile->context,
         kx_decode_message(draft->hostile->context, KX_MSG_REP, &answer,
                           &reply),
         "the other's reply");
    kx_data_free(&answer);
    return reply;
}

void
stand_between(const struct hostile *hostile, const char *port,
              const char *remote, const char *remote_port)
{
    int listener = listen_at(port), fd;
    struct draft *to_other, *to_asker;
    struct kx_message *request, *reply;
    enum kx_group group;
    krb5_data bytes;

    printf("listening\n");
    for (;;) {
        fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        bytes = receive_frame(fd);
        print_message("asked", &bytes);
        must(hostile->context,
             kx_decode_message(hostile->context, KX_MSG_REQ, &bytes, &request),
             "a request");
        must(hostile->context,
             kx_group_of_public(hostile->context,
                                &request->offer.tbs.key_exchange, &group),
             "the request's group");
        passed_on = request;
        to_other = make_request(hostile, &passing, remote, group);
        print_message("passed on", &to_other->bytes);
        reply = ask_other(to_other, remote_port);
        passed_on = reply;
        to_asker = make_reply(hostile, &passing, request);
        print_message("passed back", &to_asker->bytes);
        send_frame(fd, to_asker->announced, to_asker->bytes.data,
                   to_asker->bytes.length);
        draft_free(to_other);
        draft_free(to_asker);
        kx_message_free(request);
        kx_message_free(reply);
        kx_data_free(&bytes);
        (void)close(fd);
    }
}
