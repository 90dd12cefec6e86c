/*
 * pending.h: the list of exchanges under way, and which of them gives way when
 * there are too many.
 */
#ifndef KX_PLUGIN_PENDING_H
#define KX_PLUGIN_PENDING_H

#include "exchange/kx_exchange.h"

/* So many exchanges with realms of one domain at a time are not a crowd. */
#define KX_NO_CROWD 8

/* One exchange under way, or just ended. */
struct kx_pending {
    struct kx_pending *next;
    void *owner; /* whoever made it */
    char remote[KX_MAX_DNS_NAME];
    const char *domain; /* the last two labels of remote */
    uint64_t asked;     /* the later anybody asked for it, the more */
    struct kx_initiator *initiator; /* ours to release; may be NULL */
    krb5_boolean ended;
    krb5_error_code code; /* how it ended */
};

/* Make one for realm remote (copied), which is in no list yet.  Errors:
 * ENOMEM. */
krb5_error_code kx_pending_new(void *owner, const krb5_data *remote,
                               struct kx_pending **out);

/* The one with remote; NULL for none. */
struct kx_pending *kx_pending_find(struct kx_pending *list,
                                   const krb5_data *remote);

/* Take out and release those that ended, but for `but`, which may be NULL. */
void kx_pending_sweep(struct kx_pending **list, const struct kx_pending *but);

/* Take out and release all; as the child of the process that began them
 * (forked), without a touch on what is under way. */
void kx_pending_drop(struct kx_pending **list, krb5_boolean forked);

/*
 * If list holds maximum or more, the link to the one that is to give way: of
 * the largest crowd, or of all if there is no crowd, the one that nobody has
 * asked for the longest.  NULL if there is room.
 */
struct kx_pending **kx_pending_victim(struct kx_pending **list,
                                      size_t maximum);

/* Take out and release what link points to. */
void kx_pending_release(struct kx_pending **link);

#endif /* KX_PLUGIN_PENDING_H */
