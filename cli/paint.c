/*
 * paint.c: colours, where somebody looks.
 *
 * A terminal gets them, unless NO_COLOR says otherwise (no-color.org); what
 * --color says counts more.  They never say what the words do not.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/paint.h"

static enum { AUTO, ALWAYS, NEVER } wanted = AUTO;

krb5_boolean
paint_set(const char *when)
{
    if (strcmp(when, "auto") == 0)
        wanted = AUTO;
    else if (strcmp(when, "always") == 0)
        wanted = ALWAYS;
    else if (strcmp(when, "never") == 0)
        wanted = NEVER;
    else
        return FALSE;
    return TRUE;
}

/* True if there are to be colours. */
static krb5_boolean
is_painting(void)
{
    const char *no_color, *term;

    if (wanted == AUTO) {
        no_color = getenv("NO_COLOR");
        term = getenv("TERM");
        wanted = isatty(STDOUT_FILENO) &&
                         (no_color == NULL || no_color[0] == '\0') &&
                         (term == NULL || strcmp(term, "dumb") != 0)
                     ? ALWAYS
                     : NEVER;
    }
    return wanted == ALWAYS;
}

const char *
paint_on(enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_PLAIN] = "",        [PAINT_GOOD] = "\033[32m",
        [PAINT_CARE] = "\033[33m", [PAINT_BAD] = "\033[31m",
        [PAINT_FAINT] = "\033[2m", [PAINT_TITLE] = "\033[1m"};

    return is_painting() ? codes[paint] : "";
}

const char *
paint_off(enum paint paint)
{
    return paint != PAINT_PLAIN && is_painting() ? "\033[0m" : "";
}
