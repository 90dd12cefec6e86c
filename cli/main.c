/*
 * main.c: kxover, the administrator's tool: which command is meant.
 */
#include "config.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"

const struct cli_command *const cli_commands[] = {
    &cli_list,   &cli_show,  &cli_check,  &cli_exchange, &cli_keep,
    &cli_drop,   &cli_block, &cli_allow,  &cli_purge,    &cli_config,
    &cli_keygen, &cli_dns,   &cli_verify,
};
const size_t cli_n_commands = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* Print what the program can do. */
static void
print_help(void)
{
    size_t i;

    printf("usage: kxover COMMAND [OPTIONS]\n\n"
           "Kerberos realms that meet by themselves: the administrator's "
           "tool.\n\n");
    for (i = 0; i < cli_n_commands; i++)
        printf("  %-9s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    printf("\n`kxover help COMMAND` tells more of one; `kxover --version` "
           "which kxover this is.\n\n"
           "Exit codes: 0 done, or yes; 1 it failed, or no; 2 called wrongly; "
           "3 it could\nnot be tried: rights, database or settings are "
           "missing.\n");
}

/* The command called name, or NULL after saying that there is none. */
static const struct cli_command *
find_command(const char *name)
{
    size_t i;

    for (i = 0; i < cli_n_commands; i++) {
        if (strcmp(name, cli_commands[i]->name) == 0)
            return cli_commands[i];
    }
    fprintf(stderr, "kxover: there is no command %s; see kxover --help\n",
            name);
    return NULL;
}

/* kxover help [COMMAND] */
static int
help(int argc, char **argv)
{
    const struct cli_command *command;

    if (argc > 2) {
        fprintf(stderr, "kxover: help: what is %s?; see kxover --help\n",
                argv[2]);
        return CLI_USAGE;
    }
    if (argc < 2) {
        print_help();
        return CLI_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL)
        return CLI_USAGE;
    cli_print_help(command);
    return CLI_OK;
}

/* Run the command that argv[0] names. */
static int
run_command(int argc, char **argv)
{
    const struct cli_command *command = find_command(argv[0]);
    struct cli_call call;
    krb5_boolean done;
    int code;

    if (command == NULL)
        return CLI_USAGE;
    code = cli_read_call(command, argc, argv, &call, &done);
    return code != CLI_OK || done ? code : command->run(&call);
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
        print_help();
        code = CLI_OK;
    } else if (strcmp(argv[1], "--version") == 0) {
        printf("%s\n", PACKAGE_STRING);
        code = CLI_OK;
    } else if (strcmp(argv[1], "help") == 0) {
        code = help(argc - 1, argv + 1);
    } else {
        code = run_command(argc - 1, argv + 1);
    }
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK) {
        perror("kxover: cannot write to stdout");
        code = CLI_FAILED;
    }
    return code;
}
