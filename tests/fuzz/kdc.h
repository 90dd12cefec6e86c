/*
 * kdc.h: a KDC behind kxoverd, which does with messages what an input says.
 */
#ifndef KX_FUZZ_KDC_H
#define KX_FUZZ_KDC_H

#include <event2/event.h>
#include "exchange/kx_settings.h"

enum kdc_way {
    KDC_ECHOES, /* each message is answered by itself */
    KDC_CLOSES,
    KDC_BREAKS, /* within the header of its answer */
    KDC_IS_OUT, /* kxover_kdc is not set */
    KDC_LONG,   /* it answers KDC_LONG_SIZE times KDC_LONG_BYTE */
    KDC_PIECES, /* it echoes, the first two bytes first, */
    KDC_TRAILS, /* or with bytes behind it */
    KDC_LIES,   /* the length of its answer is none that can be */
    KDC_CUTS,   /* it echoes half of the message, and closes */
    KDC_SILENT,
    KDC_NOBODY /* nobody listens there */
};

/* More than is kept of a reply, or of answers that are not taken. */
#define KDC_LONG_SIZE 80000
#define KDC_LONG_BYTE 0x4c

/* Make it, once; it lives on base. */
void kdc_start(struct event_base *base);

/* Let it do so from now on. */
void kdc_set(enum kdc_way way);

/* Where it is. */
const struct kx_endpoint *kdc_endpoint(void);

/* End all its connections. */
void kdc_clear(void);

#endif /* KX_FUZZ_KDC_H */
