/*
 * news.h: which lines were told lately.
 *
 * What is wrong with an entry is wrong at each lookup of it, and a KDC looks
 * up the same few entries many times a second.
 */
#ifndef KX_PLUGIN_NEWS_H
#define KX_PLUGIN_NEWS_H

#include <time.h>
#include "base/kx_base.h"

/* Seconds until a line is news again, and lines that are remembered. */
#define KX_NEWS_PAUSE 3600
#define KX_NEWS_LINES 64

/* Lines that were told; all zero at first. */
struct kx_news {
    struct {
        char *line;
        time_t until;
    } told[KX_NEWS_LINES];
    size_t next; /* the place to write to: the oldest */
};

/*
 * True if line was not told in the last KX_NEWS_PAUSE seconds before now, on
 * the monotonic clock; then it counts as told now.  Without memory it stays
 * news.
 */
krb5_boolean kx_is_news(struct kx_news *news, const char *line, time_t now);

/* Forget all lines. */
void kx_news_clear(struct kx_news *news);

#endif /* KX_PLUGIN_NEWS_H */
