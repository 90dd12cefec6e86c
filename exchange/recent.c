/*
 * recent.c: a ring of answers, the oldest overwritten first.
 *
 * It is searched from end to end: the ring is small, and a search costs little
 * beside the signature check that follows when nothing is found.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "exchange/recent.h"

struct answer {
    unsigned char digest[KX_REQUEST_DIGEST];
    krb5_data bytes; /* empty: the place is free */
    time_t until;
};

struct kx_recent {
    unsigned int users;
    size_t n;
    size_t next; /* the place to write to */
    struct answer answer[];
};

krb5_error_code
kx_recent_new(size_t entries, struct kx_recent **out)
{
    struct kx_recent *recent;

    recent = calloc(1, sizeof(*recent) + entries * sizeof(struct answer));
    if (recent == NULL)
        return ENOMEM;
    recent->users = 1;
    recent->n = entries;
    *out = recent;
    return 0;
}

struct kx_recent *
kx_recent_share(struct kx_recent *recent)
{
    recent->users++;
    return recent;
}

void
kx_recent_free(struct kx_recent *recent)
{
    size_t i;

    if (recent == NULL || --recent->users > 0)
        return;
    for (i = 0; i < recent->n; i++)
        kx_data_free(&recent->answer[i].bytes);
    free(recent);
}

krb5_error_code
kx_request_digest(krb5_context context, const krb5_data *request,
                  unsigned char digest[KX_REQUEST_DIGEST])
{
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, request->data, request->length,
                         digest) < 0)
        return kx_error(context, KX_ERR_CRYPTO, "SHA-256 cannot be computed");
    return 0;
}

const krb5_data *
kx_recent_find(const struct kx_recent *recent, const unsigned char *digest,
               time_t now)
{
    const struct answer *answer;
    size_t i;

    for (i = 0; i < recent->n; i++) {
        answer = &recent->answer[i];
        if (answer->bytes.length > 0 && answer->until >= now &&
            memcmp(answer->digest, digest, KX_REQUEST_DIGEST) == 0)
            return &answer->bytes;
    }
    return NULL;
}

krb5_error_code
kx_recent_add(struct kx_recent *recent, const unsigned char *digest,
              const krb5_data *answer, time_t until)
{
    struct answer *place = &recent->answer[recent->next];
    krb5_data copy;
    krb5_error_code ret;

    ret = kx_data_copy(answer, &copy);
    if (ret)
        return ret;
    kx_data_free(&place->bytes);
    memcpy(place->digest, digest, KX_REQUEST_DIGEST);
    place->bytes = copy;
    place->until = until;
    recent->next = (recent->next + 1) % recent->n;
    return 0;
}
