/*
 * phase.c: what an exchange's time went into.
 */
#include "config.h"
#include "exchange/kx_phase.h"

/* Which phase a step is part of; KX_PHASES: none that is worth a figure. */
static enum kx_phase
phase_of(enum kx_step step)
{
    switch (step) {
    case KX_STEP_SRV:
    case KX_STEP_TLSA:
    case KX_STEP_ADDRESS:
        return KX_PHASE_DNS;
    case KX_STEP_CONNECT:
        return KX_PHASE_CONNECT;
    case KX_STEP_OFFER:
        return KX_PHASE_OFFER;
    case KX_STEP_ANSWER:
        return KX_PHASE_ANSWER;
    case KX_STEP_MESSAGE:
    case KX_STEP_POLICY:
    case KX_STEP_CHAIN:
    case KX_STEP_SIGNATURE:
    case KX_STEP_DANE:
    case KX_STEP_ROOTS:
        return KX_PHASE_CHECKS;
    case KX_STEP_AGREEMENT:
    case KX_STEP_CONFIRMATION:
        return KX_PHASE_AGREEMENT;
    case KX_STEP_STORE:
        return KX_PHASE_STORE;
    case KX_STEP_REALM:
    case KX_STEP_IDENTITY:
    case KX_STEP_EXCHANGE:
    case KX_STEPS:
        break;
    }
    return KX_PHASES;
}

const char *
kx_phase_name(enum kx_phase phase)
{
    static const char *const name[KX_PHASES] = {
        [KX_PHASE_DNS] = "dns",       [KX_PHASE_CONNECT] = "connect",
        [KX_PHASE_OFFER] = "offer",   [KX_PHASE_ANSWER] = "answer",
        [KX_PHASE_CHECKS] = "checks", [KX_PHASE_AGREEMENT] = "agreement",
        [KX_PHASE_STORE] = "store",
    };

    return (unsigned int)phase < KX_PHASES ? name[phase] : "unknown";
}

int64_t
kx_phase_spent(const struct kx_course *course, enum kx_phase phase)
{
    int64_t sum = -1, spent;
    int step;

    for (step = 0; step < KX_STEPS; step++) {
        if (phase_of((enum kx_step)step) != phase)
            continue;
        spent = kx_course_spent(course, (enum kx_step)step);
        /* Addresses are asked for together with TLSA records. */
        if (step == KX_STEP_ADDRESS && spent >= 0)
            spent -= kx_course_spent(course, KX_STEP_TLSA);
        if (spent < 0)
            continue;
        sum = (sum < 0 ? 0 : sum) + spent;
    }
    return sum;
}
