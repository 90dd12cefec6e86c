/*
 * given.c: realms and the versions that they were given, the latest last.
 *
 * The list is searched from end to end: it is short, and a search costs little
 * beside the signature that is made for each version given.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/given.h"

struct version {
    krb5_data realm;
    uint32_t kvno;
    time_t until;
};

struct kx_given {
    unsigned int users;
    size_t room;
    size_t n;
    struct version version[];
};

krb5_error_code
kx_given_new(size_t entries, struct kx_given **out)
{
    struct kx_given *given;

    *out = NULL;
    given = calloc(1, sizeof(*given) + entries * sizeof(struct version));
    if (given == NULL)
        return ENOMEM;
    given->users = 1;
    given->room = entries;
    *out = given;
    return 0;
}

struct kx_given *
kx_given_share(struct kx_given *given)
{
    given->users++;
    return given;
}

void
kx_given_free(struct kx_given *given)
{
    size_t i;

    if (given == NULL || --given->users > 0)
        return;
    for (i = 0; i < given->n; i++)
        kx_data_free(&given->version[i].realm);
    free(given);
}

/* The place of realm in given, given->n if it is not there. */
static size_t
find(const struct kx_given *given, const krb5_data *realm)
{
    size_t i;

    for (i = 0; i < given->n; i++) {
        if (kx_data_equal(&given->version[i].realm, realm))
            break;
    }
    return i;
}

uint32_t
kx_given_find(const struct kx_given *given, const krb5_data *realm, time_t now)
{
    size_t i = find(given, realm);

    if (i == given->n || given->version[i].until < now)
        return 0;
    return given->version[i].kvno;
}

krb5_error_code
kx_given_add(struct kx_given *given, const krb5_data *realm, uint32_t kvno,
             time_t until)
{
    struct version added = {.kvno = kvno, .until = until};
    krb5_error_code ret;
    size_t i;

    ret = kx_data_copy(realm, &added.realm);
    if (ret)
        return ret;
    i = find(given, realm);
    if (i == given->n && given->n == given->room)
        i = 0;
    if (i < given->n) {
        kx_data_free(&given->version[i].realm);
        given->n--;
        memmove(&given->version[i], &given->version[i + 1],
                (given->n - i) * sizeof(added));
    }
    given->version[given->n++] = added;
    return 0;
}
