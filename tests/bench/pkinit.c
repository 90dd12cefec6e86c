/*
 * pkinit.c: a client that logs in by PKINIT again and again.
 *
 *   bench_pkinit COUNT PRINCIPAL
 *
 * libkrb5 and its plugin do all of it, as for kinit, but in one process, so
 * that what a program takes to start is not in it.  krb5.conf says where the
 * certificate is; the login of WELLKNOWN/ANONYMOUS is anonymous.
 *
 * There is one login before those that count, in which libkrb5 loads what it
 * needs.  Prints the seconds of processor time of COUNT logins together, and
 * then the seconds that each of them took.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <krb5.h>

static krb5_context context;

/* End with what libkrb5 has to say about code, unless that is 0. */
static void
check(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    (void)fprintf(stderr, "bench_pkinit: %s: %s\n", what,
                  krb5_get_error_message(context, code));
    exit(1);
}

/* Seconds on one of the system's clocks. */
static double
seconds(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One login as client. */
static void
login(krb5_principal client)
{
    krb5_get_init_creds_opt *options;
    krb5_creds creds;

    check(krb5_get_init_creds_opt_alloc(context, &options), "options");
    if (krb5_principal_compare_any_realm(context, client,
                                         krb5_anonymous_principal()))
        krb5_get_init_creds_opt_set_anonymous(options, 1);
    check(krb5_get_init_creds_password(context, &creds, client, NULL, NULL,
                                       NULL, 0, NULL, options),
          "login");
    krb5_free_cred_contents(context, &creds);
    krb5_get_init_creds_opt_free(context, options);
}

int
main(int argc, char **argv)
{
    krb5_principal client;
    double *taken, begin, cpu;
    long count, i;

    count = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    if (count < 1 || count > 100000) {
        (void)fprintf(stderr, "bench_pkinit COUNT PRINCIPAL\n");
        return 2;
    }
    taken = calloc((size_t)count, sizeof(*taken));
    check(taken == NULL ? ENOMEM : krb5_init_context(&context), "context");
    check(krb5_parse_name(context, argv[2], &client), argv[2]);
    login(client);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (i = 0; i < count; i++) {
        begin = seconds(CLOCK_MONOTONIC);
        login(client);
        taken[i] = seconds(CLOCK_MONOTONIC) - begin;
    }
    (void)printf("%.6f\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    for (i = 0; i < count; i++)
        (void)printf("%.6f\n", taken[i]);
    krb5_free_principal(context, client);
    krb5_free_context(context);
    free(taken);
    return 0;
}
