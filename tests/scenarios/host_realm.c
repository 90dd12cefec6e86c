/*
 * host_realm.c: ask libkrb5 for the realm of each host, and print it.
 *
 *	host_realm HOST...
 *
 * All are asked by one krb5_context; "-" has a forked child ask the rest.  An
 * empty line is libkrb5's word for leaving it to the KDC.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <krb5.h>

/* Fork; the child goes on, the parent ends as the child does. */
static void
go_on_in_a_child(void)
{
    int status;
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        return;
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(1);
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int
main(int argc, char **argv)
{
    krb5_context context;
    char **realms;
    int i;

    if (krb5_init_context(&context) != 0)
        return 1;
    for (i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0) {
            go_on_in_a_child();
            continue;
        }
        if (krb5_get_host_realm(context, argv[i], &realms) != 0)
            return 1;
        printf("%s\n", realms[0]);
        krb5_free_host_realm(context, realms);
    }
    krb5_free_context(context);
    return 0;
}
