/*
 * held.c: crossover keys that a KDC process holds in memory.
 *
 * A plain list: there are as many as realms that this process met and could
 * not store, each the result of a whole exchange.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "plugin/held.h"

/* The link to the entry of that name, or to the list's end. */
static struct kx_held **
find_link(krb5_context context, struct kx_held **list,
          krb5_const_principal name)
{
    while (*list != NULL &&
           !krb5_principal_compare(context, (*list)->crossover->name, name))
        list = &(*list)->next;
    return list;
}

/* Release the entry that link points to. */
static void
release(krb5_context context, struct kx_held **link)
{
    struct kx_held *held = *link;

    *link = held->next;
    kx_crossover_free(context, held->crossover);
    kx_crossover_free(context, held->before);
    free(held);
}

krb5_error_code
kx_held_add(krb5_context context, struct kx_held **list,
            struct kx_crossover *crossover)
{
    struct kx_held **link = find_link(context, list, crossover->name), *held;

    held = calloc(1, sizeof(*held));
    if (held == NULL) {
        kx_crossover_free(context, crossover);
        return ENOMEM;
    }
    held->crossover = crossover;
    if (*link != NULL) {
        held->before = (*link)->crossover;
        (*link)->crossover = NULL;
        release(context, link);
    }
    held->next = *list;
    *list = held;
    return 0;
}

struct kx_held *
kx_held_find(krb5_context context, struct kx_held *list,
             krb5_const_principal name, time_t now)
{
    for (; list != NULL; list = list->next) {
        if (list->crossover->till > now &&
            krb5_principal_compare(context, list->crossover->name, name))
            return list;
    }
    return NULL;
}

void
kx_held_remove(krb5_context context, struct kx_held **list,
               krb5_const_principal name)
{
    struct kx_held **link = find_link(context, list, name);

    if (*link != NULL)
        release(context, link);
}

void
kx_held_prune(krb5_context context, struct kx_held **list, time_t now)
{
    while (*list != NULL) {
        if (now == 0 || (*list)->crossover->till <= now)
            release(context, list);
        else
            list = &(*list)->next;
    }
}
