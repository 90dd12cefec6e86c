/*
 * modes_message.c: what is wrong with the message as such.
 *
 * Most of these change bytes that were encoded properly, so whatever else a
 * message may be refused for is right.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tests/hostile/hostile.h"
#include "tests/unit/der.h"

/* What a KX-REQ and a KX-REP begin with, where their length takes two bytes:
 * tag and length twice, [0], INTEGER, pvno, [1], INTEGER, msg-type. */
#define AT_LENGTH 1
#define AT_PVNO 12
#define AT_MSG_TYPE 17

static void
truncated(struct draft *draft)
{
    draft->bytes.length -= 10;
}

static void
trailing_bytes(struct draft *draft)
{
    krb5_data made =
        kx_data(calloc(1, draft->bytes.length + 1), draft->bytes.length + 1);

    if (made.data == NULL)
        must(NULL, ENOMEM, "a message");
    memcpy(made.data, draft->bytes.data, draft->bytes.length);
    take(draft, made);
}

static void
empty(struct draft *draft)
{
    take(draft, kx_data(NULL, 0));
}

/* Over our own bound, though not by much. */
static void
oversized(struct draft *draft)
{
    draft->announced = KX_MAX_MESSAGE + 1;
}

static void
endlessly_long(struct draft *draft)
{
    draft->announced = 0xffffffff;
}

/* The right tag, and then noise. */
static void
garbage(struct draft *draft)
{
    size_t i;

    for (i = 1; i < draft->bytes.length; i++)
        draft->bytes.data[i] = (char)(i * 167 + 13);
}

/* Words in place of a message. */
static void
chatter(struct draft *draft)
{
    static const char words[] = "HTTP/1.0 400 Bad Request\r\n\r\n";

    replace(&draft->bytes, words, sizeof(words) - 1);
}

/* The outermost length in three bytes where two do: BER, not DER. */
static void
ber_length(struct draft *draft)
{
    size_t length = draft->bytes.length;
    char *made = malloc(length + 1);

    if (made == NULL)
        must(NULL, ENOMEM, "a message");
    made[0] = draft->bytes.data[0];
    made[AT_LENGTH] = (char)0x83;
    made[AT_LENGTH + 1] = 0;
    memcpy(made + AT_LENGTH + 2, draft->bytes.data + AT_LENGTH + 1,
           length - AT_LENGTH - 1);
    take(draft, kx_data(made, length + 1));
}

/* The outermost length left open: BER, not DER. */
static void
indefinite_length(struct draft *draft)
{
    size_t length = draft->bytes.length;
    char *made = calloc(1, length);

    if (made == NULL)
        must(NULL, ENOMEM, "a message");
    made[0] = draft->bytes.data[0];
    made[AT_LENGTH] = (char)0x80;
    /* Two bytes of length less, and two zeros at the end. */
    memcpy(made + AT_LENGTH + 1, draft->bytes.data + AT_LENGTH + 3,
           length - AT_LENGTH - 3);
    take(draft, kx_data(made, length));
}

/* The nonce, which no signature covers, with a zero too many before it: a tag
 * and lengths that are right, and yet not DER. */
static void
padded_number(struct draft *draft)
{
    static const char number[] = "\x02\x03\x00\x00\x07";

    take(draft, der_replace(&draft->bytes, "2.0v", number, 5));
}

static void
wrong_tag(struct draft *draft)
{
    draft->bytes.data[0] ^= 0x01; /* the other message's */
}

static void
wrong_msg_type(struct draft *draft)
{
    draft->bytes.data[AT_MSG_TYPE] ^= 0x01;
}

static void
wrong_version(struct draft *draft)
{
    draft->bytes.data[AT_PVNO] = KX_PVNO + 1;
}

/* Fields of our own behind those that the message has. */
static void
unknown_field(struct draft *draft)
{
    krb5_data offer = der_at(&draft->bytes, "2v"), field, made;
    krb5_data list = kx_data(NULL, 0);

    /* KX-OFFER's fields, and [5] INTEGER 1. */
    field = kx_data("\xa5\x03\x02\x01\x01", 5);
    list.data = malloc(offer.length + field.length);
    if (list.data == NULL)
        must(NULL, ENOMEM, "a field");
    /* The SEQUENCE's own tag and length of two bytes are made anew. */
    list.length = offer.length - 4 + field.length;
    memcpy(list.data, offer.data + 4, offer.length - 4);
    memcpy(list.data + offer.length - 4, field.data, field.length);
    made = der_wrap((unsigned char)offer.data[0], list.data, list.length);
    take(draft, der_replace(&draft->bytes, "2v", made.data, made.length));
    kx_data_free(&list);
    kx_data_free(&made);
}

/* A list over its bound, duly signed. */
static void
many_etypes(struct draft *draft)
{
    /* Without kvno, which a request need not have, all stand one earlier. */
    const char *path =
        draft->message->offer.tbs.has_kvno ? "2.1.6v" : "2.1.5v";

    take(draft, der_repeat(&draft->bytes, path, KX_MAX_ETYPES + 1));
    sign_bytes(draft);
}

static void
long_chain(struct draft *draft)
{
    take(draft, der_repeat(&draft->bytes, "2.2v", KX_MAX_CHAIN + 1));
}

/* A whole and valid certificate, only longer than we take. */
static void
huge_certificate(struct draft *draft)
{
    struct kx_identity *authority = make_authority();
    krb5_data certificate = issue(draft, authority, KX_MAX_CERTIFICATE);

    take(draft, der_replace(&draft->bytes, "2.2.0", certificate.data,
                            certificate.length));
    kx_data_free(&certificate);
    kx_identity_free(authority);
}

const struct mode message_modes[] = {
    {.name = "truncated", .sides = IN_BOTH, .bytes = truncated},
    {.name = "trailing-bytes", .sides = IN_BOTH, .bytes = trailing_bytes},
    {.name = "empty", .sides = IN_BOTH, .bytes = empty},
    {.name = "oversized", .sides = IN_BOTH, .bytes = oversized},
    {.name = "endlessly-long", .sides = IN_BOTH, .bytes = endlessly_long},
    {.name = "garbage", .sides = IN_BOTH, .bytes = garbage},
    {.name = "chatter", .sides = IN_BOTH, .bytes = chatter},
    {.name = "ber-length", .sides = IN_BOTH, .bytes = ber_length},
    {.name = "indefinite-length",
     .sides = IN_BOTH,
     .bytes = indefinite_length},
    {.name = "padded-number", .sides = IN_BOTH, .bytes = padded_number},
    {.name = "wrong-tag", .sides = IN_BOTH, .bytes = wrong_tag},
    {.name = "wrong-msg-type", .sides = IN_BOTH, .bytes = wrong_msg_type},
    {.name = "wrong-version", .sides = IN_BOTH, .bytes = wrong_version},
    {.name = "unknown-field", .sides = IN_BOTH, .bytes = unknown_field},
    {.name = "many-etypes", .sides = IN_BOTH, .bytes = many_etypes},
    {.name = "long-chain", .sides = IN_BOTH, .bytes = long_chain},
    {.name = "huge-certificate", .sides = IN_BOTH, .bytes = huge_certificate},
    {.name = NULL},
};
