/*
 * cli.h: what kxover's commands share.
 *
 * A command is a row of the table in main.c.  It says which options and
 * operands it takes; they are read before it runs (options.c), so that all
 * commands refuse a wrong call alike, and so that the help is what is read.
 *
 * It returns the program's exit code.  With any but CLI_OK one line on stderr
 * says why, and what to do.  Results alone go to stdout.
 */
#ifndef KX_CLI_H
#define KX_CLI_H

#include "base/kx_base.h"
#include "exchange/kx_settings.h"

enum {
    CLI_OK = 0,     /* done, or yes */
    CLI_FAILED = 1, /* it was tried and failed, or the answer is no */
    CLI_USAGE = 2,  /* the call is wrong */
    CLI_UNTRIED = 3 /* it could not be tried: rights, database, settings */
};

/* An option.  A table of them ends with one without a name. */
struct cli_option {
    int code;             /* its letter, or CLI_LONG and up for one without */
    const char *name;     /* behind "--" */
    const char *argument; /* what its value is called; NULL: it has none */
    const char *help;     /* lines, each but the last with a newline */
};

#define CLI_LONG 256

/* Options that every command has. */
enum {
    CLI_REALM = 'r',
    CLI_HELP = 'h',
    CLI_JSON = CLI_LONG - 2, /* below those of single commands */
    CLI_COLOR = CLI_LONG - 1
};

struct cli_call;

struct cli_command {
    const char *name;
    const char *summary;  /* one line */
    const char *synopsis; /* what stands behind the name in the usage line */
    const char *about;    /* what --help says, lines with newlines */
    const struct cli_option *options; /* its own; one with the code of a
                                       * common one stands in its place */
    size_t min_operands;
    size_t max_operands;
    const char *wanted; /* said where there are fewer; NULL: there may be */
    int (*run)(const struct cli_call *call);
};

/* How often options may be given in one call. */
#define CLI_MAX_GIVEN 256

/* A call of a command, as it was read. */
struct cli_call {
    const struct cli_command *command;
    krb5_boolean json; /* results are to be JSON */
    char **operands;   /* n_operands of them */
    size_t n_operands;
    struct {
        int code;
        char *value; /* NULL for an option without */
    } given[CLI_MAX_GIVEN];
    size_t n_given;
};

extern const struct cli_command cli_allow, cli_block, cli_check, cli_config,
    cli_dns, cli_drop, cli_exchange, cli_keep, cli_keygen, cli_list, cli_purge,
    cli_show, cli_verify;

/* The commands, in the order of the help; n_commands of them. */
extern const struct cli_command *const cli_commands[];
extern const size_t cli_n_commands;

/* options.c */

/*
 * Read a call of command from argv, of which argv[0] is its name, into *call.
 * Returns CLI_OK; *done is then true if help was wanted, and printed.  Or
 * CLI_USAGE, after saying what is wrong.
 */
int cli_read_call(const struct cli_command *command, int argc, char **argv,
                  struct cli_call *call, krb5_boolean *done);

/* True if the option was given. */
krb5_boolean cli_has(const struct cli_call *call, int code);

/* The value that was given to the option, the last one; NULL: none. */
char *cli_value(const struct cli_call *call, int code);

/* The next value of the option from given[*i] on, moving *i behind it; NULL:
 * there is none any more.  *i begins as 0. */
char *cli_next_value(const struct cli_call *call, int code, size_t *i);

/* Print what --help prints. */
void cli_print_help(const struct cli_command *command);

/* common.c */

/* Say on stderr what is wrong with the call; returns CLI_USAGE. */
int cli_usage(const struct cli_call *call, const char *format, ...)
    KX_PRINTF(2, 3);

/* Say on stderr what code (its message in context, which may be NULL) kept us
 * from; returns CLI_FAILED. */
int cli_fail(krb5_context context, krb5_error_code code, const char *format,
             ...) KX_PRINTF(3, 4);

/* The same where it could not even be tried; returns CLI_UNTRIED. */
int cli_untried(krb5_context context, krb5_error_code code, const char *format,
                ...) KX_PRINTF(3, 4);

/*
 * Say on stderr that what was to be written was not, because of code; returns
 * CLI_UNTRIED if the rights for it are missing, else CLI_FAILED.
 */
int cli_not_written(krb5_context context, krb5_error_code code,
                    const char *format, ...) KX_PRINTF(3, 4);

/*
 * Make a context as the KDC has it, kdc.conf included, in *context
 * (krb5_free_context()), with the realm of the call as its default realm, or
 * the default that there is.  *name gets the realm
 * (krb5_free_default_realm()).  Returns CLI_OK, or CLI_UNTRIED after saying
 * why.
 */
int cli_open(const struct cli_call *call, krb5_context *context, char **name);

/*
 * cli_open(), and then open the database for reading (krb5_db_fini()).
 * *settings (kx_settings_free()) are the realm's, or NULL if they cannot be
 * used: what there is can be looked at without.  Returns CLI_OK, or
 * CLI_UNTRIED after saying why.
 */
int cli_open_database(const struct cli_call *call, krb5_context *context,
                      char **name, struct kx_settings **settings);

/*
 * Say why the database of realm could not be opened; returns CLI_UNTRIED.
 */
int cli_no_database(krb5_context context, krb5_error_code code,
                    const char *realm);

struct kx_kadm_store;

/*
 * cli_open(), and then open the database for writing, through libkadm5srv, so
 * that incremental propagation and kadm5 hooks see it.  *kadm is the caller's
 * to close (kx_kadm_store_close()), before the context.  Returns CLI_OK, or
 * CLI_UNTRIED after saying why.
 */
int cli_open_store(const struct cli_call *call, krb5_context *context,
                   char **name, struct kx_kadm_store **kadm);

/* Say that realm has no crossover with remote; returns CLI_FAILED. */
int cli_no_crossover(const char *realm, const char *remote);

/*
 * See that realm, which is what, is a DNS name in capitals of two labels or
 * more.  Returns CLI_OK, or CLI_USAGE after saying what would be right.
 */
int cli_check_realm(const struct cli_call *call, const char *what,
                    const char *realm);

/* Read text, decimal digits alone, from 1 to maximum, into *number. */
krb5_boolean cli_number(const char *text, unsigned long maximum,
                        unsigned long *number);

/*
 * Write text, a host name of two labels or more, in small letters into host,
 * KX_MAX_DNS_NAME bytes.  False if it is none.
 */
krb5_boolean cli_host(const char *text, char *host);

#endif /* KX_CLI_H */
