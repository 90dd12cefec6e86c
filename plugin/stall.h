/*
 * stall.h: how long a KDC may stand still because of us.
 *
 * While a lookup waits, nobody else is served.  A bucket holds the time that
 * may be waited: as much as one lookup's longest wait at the most, refilled by
 * kxover_stall percent of the time that goes by.  A wait that brings no key is
 * taken out twice: whoever makes us wait for nothing, again and again, gets
 * half of the share, and a full bucket at the beginning does not let any
 * stretch of kxover_wait * 100 / kxover_stall or longer (15 s) go over it.
 *
 * All times are in nanoseconds, moments are those of one clock that is never
 * set back.
 */
#ifndef KX_PLUGIN_STALL_H
#define KX_PLUGIN_STALL_H

#include "base/kx_base.h"

struct kx_stall {
    int64_t wait;  /* the longest wait of one lookup */
    int percent;   /* of the time that goes by; 0 never waits, 100 always */
    int64_t level; /* what may be waited, at moment filled; a debt if below 0,
                    * never more than wait */
    int64_t filled;
};

/* Begin with a full bucket at moment now. */
void kx_stall_begin(struct kx_stall *stall, int64_t wait, int percent,
                    int64_t now);

/* How long a lookup may wait at moment now: from 0 to stall->wait. */
int64_t kx_stall_allowance(struct kx_stall *stall, int64_t now);

/*
 * Take out what was spent until now; in_vain says that it was spent waiting
 * and that the wait brought nothing.
 */
void kx_stall_spend(struct kx_stall *stall, int64_t spent,
                    krb5_boolean in_vain, int64_t now);

#endif /* KX_PLUGIN_STALL_H */
