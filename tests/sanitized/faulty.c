/*
 * faulty.c: a program with the faults that sanitizers are there for.
 *
 *   faulty overflow	reads behind what it has allocated
 *   faulty leak	loses what it has allocated
 *   faulty shift	does what C does not define
 *   faulty race	two threads write, and nothing says in which order
 *
 * The optimizer knows none of it beforehand: all depends on the arguments.
 */
#include "config.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number;

static void *
count(void *argument)
{
    (void)argument;
    number++;
    return NULL;
}

static void
race(void)
{
    pthread_t threads[2];
    size_t i;

    for (i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, count, NULL) != 0)
            exit(2);
    }
    for (i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
}

int
main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    char *copy;

    if (strcmp(what, "overflow") == 0) {
        copy = strdup(what);
        number = copy == NULL ? 0 : copy[strlen(what) + (size_t)argc];
        free(copy);
    } else if (strcmp(what, "leak") == 0) {
        copy = strdup(what);
        number = copy == NULL ? 0 : copy[argc];
    } else if (strcmp(what, "shift") == 0) {
        number = argc << (argc + 60);
    } else if (strcmp(what, "race") == 0) {
        race();
    } else {
        (void)fprintf(stderr, "usage: faulty overflow|leak|shift|race\n");
        return 2;
    }
    return number == 'x';
}
