/*
 * kx_phase.h: what an exchange's time went into, in fewer and larger pieces
 * than the steps of kx_course.h: for log lines and for counters.
 */
#ifndef KX_PHASE_H
#define KX_PHASE_H

#include "exchange/kx_course.h"

enum kx_phase {
    KX_PHASE_DNS,       /* SRV, TLSA and address records */
    KX_PHASE_CONNECT,   /* TCP connections */
    KX_PHASE_OFFER,     /* our offer is made and signed */
    KX_PHASE_ANSWER,    /* sending it and waiting for the peer's answer */
    KX_PHASE_CHECKS,    /* reading and judging what the peer sent */
    KX_PHASE_AGREEMENT, /* the key is agreed on, derived and confirmed */
    KX_PHASE_STORE,     /* it goes into the database */
    KX_PHASES
};

/* Its name, one word in small letters, which does not change: "dns". */
const char *kx_phase_name(enum kx_phase phase);

/* Microseconds that course spent in phase, all servers' turns together; -1 if
 * it did not come to it. */
int64_t kx_phase_spent(const struct kx_course *course, enum kx_phase phase);

#endif /* KX_PHASE_H */
