/*
 * paint.h: colours, where somebody looks.
 */
#ifndef KX_CLI_PAINT_H
#define KX_CLI_PAINT_H

#include "base/kx_base.h"

enum paint {
    PAINT_PLAIN,
    PAINT_GOOD,  /* as it should be */
    PAINT_CARE,  /* wants a look */
    PAINT_BAD,   /* does not work */
    PAINT_FAINT, /* there, and of no matter now */
    PAINT_TITLE
};

/* Take the word of --color: auto, always or never.  False if it is none. */
krb5_boolean paint_set(const char *when);

/*
 * What to print to begin a colour, and after it to end it: the terminal's
 * codes, or "" where there are to be no colours.
 */
const char *paint_on(enum paint paint);
const char *paint_off(enum paint paint);

#endif /* KX_CLI_PAINT_H */
