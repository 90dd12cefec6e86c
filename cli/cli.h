/*
 * cli.h: what kxover's commands share.
 *
 * A command returns the program's exit code: CLI_OK, CLI_FAILED with one line
 * on stderr, or CLI_USAGE, where the line says what was wrong with the call.
 * Results alone go to stdout.
 */
#ifndef KX_CLI_H
#define KX_CLI_H

#include "base/kx_base.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_command {
    const char *name;
    const char *summary; /* one line */
    const char *usage;   /* what --help prints */
    /* argv[0] is the command's name. */
    int (*run)(const struct cli_command *command, int argc, char **argv);
};

extern const struct cli_command cli_keygen, cli_dns, cli_list, cli_verify;

/* Every command has these options. */
#define CLI_SHORT_OPTIONS ":hr:"
#define CLI_LONG_OPTIONS                                                      \
    {"help", no_argument, NULL, 'h'},                                         \
    {                                                                         \
        "realm", required_argument, NULL, 'r'                                 \
    }

/*
 * Deal with what getopt_long() returned and the command does not know itself:
 * --help, an unknown option, one without its argument.  Returns the exit code.
 */
int cli_other_option(const struct cli_command *command, int option,
                     char **argv);

/* Say on stderr what is wrong with the call; returns CLI_USAGE. */
int cli_usage(const struct cli_command *command, const char *format, ...)
    KX_PRINTF(2, 3);

/* Say on stderr what code (its message in context, which may be NULL) kept us
 * from; returns CLI_FAILED. */
int cli_fail(krb5_context context, krb5_error_code code, const char *format,
             ...) KX_PRINTF(3, 4);

/*
 * Make a context as the KDC has it, kdc.conf included, in *context
 * (krb5_free_context()), with realm as its default realm; NULL means the
 * default that there is.  *name gets the realm (krb5_free_default_realm()).
 * Returns CLI_OK, or CLI_FAILED after saying why.
 */
int cli_open(const char *realm, krb5_context *context, char **name);

/* Read text, decimal digits alone, from 1 to maximum, into *number. */
krb5_boolean cli_number(const char *text, unsigned long maximum,
                        unsigned long *number);

/*
 * Write text, a host name of two labels or more, in small letters into host,
 * KX_MAX_DNS_NAME bytes.  False if it is none.
 */
krb5_boolean cli_host(const char *text, char *host);

#endif /* KX_CLI_H */
