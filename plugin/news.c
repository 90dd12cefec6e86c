/*
 * news.c: a ring of lines, the oldest overwritten first.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "plugin/news.h"

krb5_boolean
kx_is_news(struct kx_news *news, const char *line, time_t now)
{
    size_t i;
    char *copy;

    for (i = 0; i < KX_NEWS_LINES; i++) {
        if (news->told[i].line != NULL && news->told[i].until > now &&
            strcmp(news->told[i].line, line) == 0)
            return FALSE;
    }
    copy = strdup(line);
    if (copy == NULL)
        return TRUE;
    free(news->told[news->next].line);
    news->told[news->next].line = copy;
    news->told[news->next].until = now + KX_NEWS_PAUSE;
    news->next = (news->next + 1) % KX_NEWS_LINES;
    return TRUE;
}

void
kx_news_clear(struct kx_news *news)
{
    size_t i;

    for (i = 0; i < KX_NEWS_LINES; i++)
        free(news->told[i].line);
    memset(news, 0, sizeof(*news));
}
