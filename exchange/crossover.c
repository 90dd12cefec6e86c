/*
 * crossover.c: what a crossover is called, which way it goes, and which number
 * its next key version gets.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/kx_crossover.h"

#define TGS_NAME "krbtgt"

void
kx_origin_clear(struct kx_origin *origin)
{
    free(origin->host);
    free(origin->certificate);
    free(origin->tlsa);
    free(origin->group);
    memset(origin, 0, sizeof(*origin));
}

void
kx_crossover_free(krb5_context context, struct kx_crossover *crossover)
{
    size_t i;

    if (crossover == NULL)
        return;
    krb5_free_principal(context, crossover->name);
    for (i = 0; i < crossover->n_keys; i++)
        krb5_free_keyblock_contents(context, &crossover->keys[i]);
    free(crossover->keys);
    kx_origin_clear(&crossover->origin);
    free(crossover);
}

/* Copy text, which may be NULL, to *out.  Errors: ENOMEM. */
static krb5_error_code
copy_text(const char *text, char **out)
{
    *out = text != NULL ? strdup(text) : NULL;
    return text != NULL && *out == NULL ? ENOMEM : 0;
}

krb5_error_code
kx_crossover_copy(krb5_context context, const struct kx_crossover *from,
                  struct kx_crossover **out)
{
    const struct kx_origin *origin = &from->origin;
    struct kx_crossover *copy;
    krb5_error_code ret;
    size_t i;

    *out = NULL;
    copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return ENOMEM;
    *copy = *from;
    copy->name = NULL;
    copy->n_keys = 0;
    copy->keys = calloc(from->n_keys + 1, sizeof(*copy->keys));
    copy->origin.host = copy->origin.certificate = NULL;
    copy->origin.tlsa = copy->origin.group = NULL;
    ret = copy->keys == NULL ? ENOMEM : 0;
    for (i = 0; i < from->n_keys && ret == 0; i++) {
        ret = krb5_copy_keyblock_contents(context, &from->keys[i],
                                          &copy->keys[i]);
        copy->n_keys += ret == 0;
    }
    if (ret == 0)
        ret = krb5_copy_principal(context, from->name, &copy->name);
    if (ret == 0)
        ret = copy_text(origin->host, &copy->origin.host);
    if (ret == 0)
        ret = copy_text(origin->certificate, &copy->origin.certificate);
    if (ret == 0)
        ret = copy_text(origin->tlsa, &copy->origin.tlsa);
    if (ret == 0)
        ret = copy_text(origin->group, &copy->origin.group);
    if (ret)
        kx_crossover_free(context, copy);
    else
        *out = copy;
    return ret;
}

/* True if data holds text. */
static krb5_boolean
data_is(const krb5_data *data, const char *text)
{
    return data->length == strlen(text) &&
           memcmp(data->data, text, data->length) == 0;
}

enum kx_direction
kx_crossover_direction(krb5_const_principal principal, const char *local,
                       krb5_data *remote)
{
    enum kx_direction direction;
    const krb5_data *service, *client, *other;

    if (principal->length != 2 || !data_is(&principal->data[0], TGS_NAME))
        return KX_NOT_A_CROSSOVER;
    service = &principal->data[1];
    client = &principal->realm;
    if (data_is(client, local)) {
        direction = KX_OUTGOING;
        other = service;
    } else if (data_is(service, local)) {
        direction = KX_INCOMING;
        other = client;
    } else {
        return KX_NOT_A_CROSSOVER;
    }
    if (other->length == 0 || data_is(other, local))
        return KX_NOT_A_CROSSOVER;
    if (remote != NULL)
        *remote = kx_data(other->data, other->length);
    return direction;
}

krb5_error_code
kx_crossover_name(krb5_context context, const krb5_data *service,
                  const krb5_data *client, krb5_principal *out)
{
    krb5_error_code ret;

    *out = NULL;
    ret = krb5_build_principal_ext(context, out, client->length, client->data,
                                   (unsigned int)strlen(TGS_NAME), TGS_NAME,
                                   service->length, service->data, 0);
    if (ret)
        return ret;
    /* The type goes into the key derivation: it must not be left to how a
     * version of krb5 guesses it. */
    (*out)->type = KRB5_NT_SRV_INST;
    return 0;
}

/* Minutes since 1970 as a version number: the same again after 45 days. */
static uint32_t
clock_kvno(time_t now)
{
    return (uint32_t)(now / 60 % KX_MAX_KVNO) + 1;
}

uint32_t
kx_latest_kvno(const uint32_t *kvnos, size_t n)
{
    uint32_t highest = 0, below = 0, k;
    krb5_boolean begun_again = FALSE;
    size_t i;

    for (i = 0; i < n; i++) {
        k = kvnos[i] < KX_MAX_KVNO ? kvnos[i] : KX_MAX_KVNO;
        if (k > highest)
            highest = k;
        if (k > below && k <= KX_MAX_KVNO - KX_KVNO_MARGIN)
            below = k;
        if (k > 0 && k <= KX_KVNO_MARGIN)
            begun_again = TRUE;
    }
    return begun_again ? below : highest;
}

krb5_error_code
kx_next_kvno(krb5_context context, uint32_t known, const uint32_t *used,
             size_t n, unsigned int share, unsigned int shares, time_t now,
             uint32_t *kvno)
{
    unsigned char taken[KX_MAX_KVNO / 8 + 1] = {0};
    uint32_t latest[2] = {known, kx_latest_kvno(used, n)}, k, tries;
    size_t i;

    for (i = 0; i < n; i++) {
        if (used[i] <= KX_MAX_KVNO)
            taken[used[i] / 8] |= (unsigned char)(1 << used[i] % 8);
    }
    k = kx_latest_kvno(latest, 2);
    k = k == 0 ? clock_kvno(now) : k % KX_MAX_KVNO + 1;
    for (tries = 0; tries < KX_MAX_KVNO; tries++) {
        if (k % shares == share % shares && (taken[k / 8] & 1 << k % 8) == 0) {
            *kvno = k;
            return 0;
        }
        k = k % KX_MAX_KVNO + 1;
    }
    return kx_error(context, KX_ERR_POLICY_KVNO,
                    "all key version numbers from 1 to %d are in use",
                    KX_MAX_KVNO);
}
