/*
 * wrong.c: three faults that each tool of `make lint` has to find: who finds
 * nothing here has looked at nothing.  It is in no program.
 */
#include <stdlib.h>
#include <string.h>

int null_dereference(const int *number);
int leak(const char *text);
int use_after_free(const char *text);

int
null_dereference(const int *number)
{
    const int *chosen = NULL;

    if (number != NULL && number[0] > 0)
        chosen = number;
    return *chosen;
}

int
leak(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return -1;
    if (copy[0] == '\0')
        return 0;
    free(copy);
    return 1;
}

int
use_after_free(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return -1;
    free(copy);
    copy[0] = '\0';
    return (int)strlen(copy);
}
