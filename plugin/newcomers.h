/*
 * newcomers.h: how fast a KDC may meet realms that it never met.
 *
 * Users choose what realms are asked for, and whoever has a zone has as many
 * realms as they like.  What they made us meet stays until its keys are over.
 * So a bucket lets in, in the life of a key, as many new realms as
 * kxover_max_peers says; a tenth of them may come at once.  It knows nothing
 * of what is in the database, where kxoverd counts, and costs nothing.
 *
 * Moments are in seconds of one clock that is never set back.
 */
#ifndef KX_PLUGIN_NEWCOMERS_H
#define KX_PLUGIN_NEWCOMERS_H

#include "base/kx_base.h"

struct kx_newcomers {
    int64_t max;    /* peers in a life */
    int64_t life;   /* of a key, in seconds */
    int64_t level;  /* what may come, in life-ths of a realm */
    int64_t filled; /* the moment of level */
};

/* Begin with a full bucket at moment now.  max and life are over 0, and their
 * product is below 2^62. */
void kx_newcomers_begin(struct kx_newcomers *newcomers, int64_t max,
                        int64_t life, int64_t now);

/* True if one more new realm may be met at moment now. */
krb5_boolean kx_newcomers_may_come(struct kx_newcomers *newcomers,
                                   int64_t now);

/* One was met. */
void kx_newcomers_came(struct kx_newcomers *newcomers);

#endif /* KX_PLUGIN_NEWCOMERS_H */
