/*
 * main.c: kxover, the administrator's tool: which command is meant, and what
 * they share.
 */
#include "config.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <kadm5/admin.h>
#include "cli/cli.h"
#include "dnssec/kx_dnssec.h"

static const struct cli_command *const commands[] = {&cli_keygen, &cli_dns,
                                                     &cli_list, &cli_verify};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Print what the program can do. */
static void
print_help(FILE *out)
{
    size_t i;

    fprintf(out, "usage: kxover COMMAND [OPTIONS]\n\n"
                 "Kerberos realms that meet by themselves: the "
                 "administrator's tool.\n\n");
    for (i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\n`kxover COMMAND --help` tells more of one; "
                 "`kxover --version` which kxover this is.\n");
}

int
cli_other_option(const struct cli_command *command, int option, char **argv)
{
    switch (option) {
    case 'h':
        fputs(command->usage, stdout);
        return CLI_OK;
    case ':':
        return cli_usage(command, "%s wants a value", argv[optind - 1]);
    default:
        /* A word of several short options is not left behind by optind. */
        if (optopt != 0 && strncmp(argv[optind - 1], "--", 2) != 0)
            return cli_usage(command, "there is no option -%c", optopt);
        return cli_usage(command, "there is no option %s", argv[optind - 1]);
    }
}

int
cli_usage(const struct cli_command *command, const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "kxover: %s: ", command->name);
    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "; see kxover %s --help\n", command->name);
    return CLI_USAGE;
}

int
cli_fail(krb5_context context, krb5_error_code code, const char *format, ...)
{
    const char *message = krb5_get_error_message(context, code);
    va_list ap;

    fprintf(stderr, "kxover: ");
    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, ": %s\n", message);
    krb5_free_error_message(context, message);
    return CLI_FAILED;
}

int
cli_open(const char *realm, krb5_context *context, char **name)
{
    krb5_error_code ret;

    *name = NULL;
    ret = kadm5_init_krb5_context(context);
    if (ret) {
        *context = NULL;
        return cli_fail(NULL, ret, "cannot read krb5.conf or kdc.conf");
    }
    if (realm != NULL)
        ret = krb5_set_default_realm(*context, realm);
    if (ret == 0)
        ret = krb5_get_default_realm(*context, name);
    if (ret)
        return cli_fail(*context, ret,
                        "which realm?  Give -r REALM, or set default_realm");
    return CLI_OK;
}

krb5_boolean
cli_number(const char *text, unsigned long maximum, unsigned long *number)
{
    size_t length = strlen(text);

    if (length == 0 || length > 9 || strspn(text, "0123456789") != length)
        return FALSE;
    *number = strtoul(text, NULL, 10);
    return *number >= 1 && *number <= maximum;
}

krb5_boolean
cli_host(const char *text, char *host)
{
    char capitals[KX_MAX_DNS_NAME];
    krb5_data realm;

    if (kx_dns_to_realm(NULL, text, capitals) != 0)
        return FALSE;
    realm = kx_data(capitals, strlen(capitals));
    return kx_realm_to_dns(NULL, &realm, host) == 0;
}

/* Run the command that argv[0] names. */
static int
run_command(int argc, char **argv)
{
    size_t i;

    for (i = 0; i < N_COMMANDS; i++) {
        if (strcmp(argv[0], commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc, argv);
    }
    fprintf(stderr, "kxover: there is no command %s; see kxover --help\n",
            argv[0]);
    return CLI_USAGE;
}

int
main(int argc, char **argv)
{
    int code;

    kx_init_errors();
    opterr = 0;
    if (argc < 2) {
        fprintf(stderr, "kxover: which command?  See kxover --help\n");
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        code = CLI_OK;
    } else if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", PACKAGE_STRING);
        code = CLI_OK;
    } else {
        code = run_command(argc - 1, argv + 1);
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK) {
        perror("kxover: cannot write to stdout");
        code = CLI_FAILED;
    }
    return code;
}
