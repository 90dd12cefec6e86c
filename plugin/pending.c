/*
 * pending.c: the list of exchanges under way, and which of them gives way when
 * there are too many.
 *
 * Anybody may ask for any realm, and who has one zone has as many realms with
 * silent servers as they like.  If a full list turned away whoever comes, they
 * could keep everybody out; if the oldest had to go, they could push out
 * everybody who is slower than they ask.  But their realms are many of one
 * domain.  So the largest such crowd has to make room, and a realm that is
 * honest but slow is in no crowd.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "plugin/pending.h"

krb5_error_code
kx_pending_new(void *owner, const krb5_data *remote, struct kx_pending **out)
{
    struct kx_pending *pending;

    *out = NULL;
    pending = calloc(1, sizeof(*pending));
    if (pending == NULL)
        return ENOMEM;
    pending->owner = owner;
    if (remote->length < sizeof(pending->remote))
        memcpy(pending->remote, remote->data, remote->length);
    pending->domain = kx_domain_of(pending->remote);
    *out = pending;
    return 0;
}

struct kx_pending *
kx_pending_find(struct kx_pending *list, const krb5_data *remote)
{
    for (; list != NULL; list = list->next) {
        if (strlen(list->remote) == remote->length &&
            memcmp(list->remote, remote->data, remote->length) == 0)
            break;
    }
    return list;
}

void
kx_pending_release(struct kx_pending **link)
{
    struct kx_pending *pending = *link;

    *link = pending->next;
    kx_initiator_free(pending->initiator);
    free(pending);
}

void
kx_pending_sweep(struct kx_pending **list, const struct kx_pending *but)
{
    while (*list != NULL) {
        if ((*list)->ended && *list != but)
            kx_pending_release(list);
        else
            list = &(*list)->next;
    }
}

void
kx_pending_drop(struct kx_pending **list, krb5_boolean forked)
{
    while (*list != NULL) {
        if (forked)
            (*list)->initiator = NULL;
        kx_pending_release(list);
    }
}

/* How many of pending's domain there are, if that is a crowd; else 0. */
static size_t
crowd_of(const struct kx_pending *list, const struct kx_pending *pending)
{
    size_t n = 0;

    for (; list != NULL; list = list->next) {
        if (strcmp(list->domain, pending->domain) == 0)
            n++;
    }
    return n > KX_NO_CROWD ? n : 0;
}

struct kx_pending **
kx_pending_victim(struct kx_pending **list, size_t maximum)
{
    struct kx_pending **link, **victim = NULL;
    size_t n = 0, crowd, largest = 0;

    for (link = list; *link != NULL; link = &(*link)->next)
        n++;
    if (n < maximum)
        return NULL;
    for (link = list; *link != NULL; link = &(*link)->next) {
        crowd = crowd_of(*list, *link);
        if (victim == NULL || crowd > largest ||
            (crowd == largest && (*link)->asked < (*victim)->asked)) {
            victim = link;
            largest = crowd;
        }
    }
    return victim;
}
