/*
 * options.c: the call of a command: read, or explained.
 *
 * Both go by the same tables, the command's own and that of the options which
 * every command has.
 */
#include "config.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/paint.h"

/* Options of one call, the common ones included. */
#define MAX_OPTIONS 32

/* Columns for "  -r, --realm REALM" and two blanks. */
#define OPTION_SIZE 64

static const struct cli_option common[] = {
    {CLI_REALM, "realm", "REALM", "the realm [default_realm of krb5.conf]"},
    {CLI_JSON, "json", NULL, "print JSON, for programs"},
    {CLI_COLOR, "color", "WHEN",
     "use colours: auto, always or never [auto: on a\n"
     "terminal, unless NO_COLOR is set]"},
    {CLI_HELP, "help", NULL, "print this"},
    {0, NULL, NULL, NULL}};

/* The option of options with that code, or NULL. */
static const struct cli_option *
find(const struct cli_option *options, int code)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (options->code == code)
            return options;
    }
    return NULL;
}

/* Write all options of command into all, MAX_OPTIONS of them; returns how
 * many. */
static size_t
all_options(const struct cli_command *command, const struct cli_option **all)
{
    const struct cli_option *option;
    size_t n = 0;

    for (option = command->options; option != NULL && option->name != NULL;
         option++)
        all[n++] = option;
    for (option = common; option->name != NULL; option++) {
        if (find(command->options, option->code) == NULL)
            all[n++] = option;
    }
    return n;
}

/* Write "-r, --realm REALM" into text. */
static void
option_text(const struct cli_option *option, char text[OPTION_SIZE])
{
    char letter[] = "-x, ";

    letter[1] = (char)option->code;
    (void)snprintf(text, OPTION_SIZE, "%s--%s%s%s",
                   option->code < 128 ? letter : "    ", option->name,
                   option->argument != NULL ? " " : "",
                   option->argument != NULL ? option->argument : "");
}

void
cli_print_help(const struct cli_command *command)
{
    const struct cli_option *all[MAX_OPTIONS];
    size_t n = all_options(command, all), i, width = 0;
    const char *line, *end;
    char text[OPTION_SIZE];

    printf("usage: kxover %s %s\n\n%s\n", command->name, command->synopsis,
           command->about);
    for (i = 0; i < n; i++) {
        option_text(all[i], text);
        if (strlen(text) > width)
            width = strlen(text);
    }
    for (i = 0; i < n; i++) {
        option_text(all[i], text);
        for (line = all[i]->help; line != NULL; line = end) {
            end = strchr(line, '\n');
            printf("  %-*s  %.*s\n", (int)width, text,
                   end != NULL ? (int)(end - line) : (int)strlen(line), line);
            text[0] = '\0';
            end = end != NULL ? end + 1 : NULL;
        }
    }
}

/* Say which option there is not, or lacks its value. */
static int
refuse_option(const struct cli_call *call, int option, char **argv)
{
    const char *word = argv[optind - 1];

    if (option == ':')
        return cli_usage(call, "%s wants a value", word);
    /* A word of several short options is not left behind by optind. */
    if (optopt > 0 && optopt < 128 && strncmp(word, "--", 2) != 0)
        return cli_usage(call, "there is no option -%c", optopt);
    if (optopt > 0)
        return cli_usage(call, "%s: that option has no value", word);
    return cli_usage(call,
                     "there is no option %s, or more than one that "
                     "begins so",
                     word);
}

/* Take note of an option.  Returns CLI_OK or CLI_USAGE. */
static int
take(struct cli_call *call, int code, char *value)
{
    if (code == CLI_JSON)
        call->json = TRUE;
    if (code == CLI_COLOR && !paint_set(value))
        return cli_usage(call, "--color %s: right is auto, always or never",
                         value);
    if (call->n_given == CLI_MAX_GIVEN)
        return cli_usage(call, "more than %d options", CLI_MAX_GIVEN);
    call->given[call->n_given].code = code;
    call->given[call->n_given++].value = value;
    return CLI_OK;
}

/* Take the operands, those of argv from optind on. */
static int
take_operands(struct cli_call *call, int argc, char **argv)
{
    const struct cli_command *command = call->command;

    call->operands = argv + optind;
    call->n_operands = (size_t)(argc - optind);
    if (call->n_operands < command->min_operands)
        return cli_usage(call, "%s", command->wanted);
    if (call->n_operands <= command->max_operands)
        return CLI_OK;
    return command->max_operands > 1
               ? cli_usage(call, "%s", command->wanted)
               : cli_usage(call, "what is %s?",
                           call->operands[command->max_operands]);
}

int
cli_read_call(const struct cli_command *command, int argc, char **argv,
              struct cli_call *call, krb5_boolean *done)
{
    const struct cli_option *all[MAX_OPTIONS];
    struct option words[MAX_OPTIONS + 1] = {{NULL, 0, NULL, 0}};
    char letters[2 * MAX_OPTIONS + 2] = ":";
    size_t n = all_options(command, all), i, end = 1;
    int option, code = CLI_OK;

    memset(call, 0, sizeof(*call));
    call->command = command;
    *done = FALSE;
    for (i = 0; i < n; i++) {
        words[i].name = all[i]->name;
        words[i].has_arg =
            all[i]->argument != NULL ? required_argument : no_argument;
        words[i].val = all[i]->code;
        if (all[i]->code >= 128)
            continue;
        letters[end++] = (char)all[i]->code;
        if (all[i]->argument != NULL)
            letters[end++] = ':';
    }
    while (code == CLI_OK &&
           /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
           (option = getopt_long(argc, argv, letters, words, NULL)) != -1) {
        if (option == ':' || option == '?')
            return refuse_option(call, option, argv);
        if (option == CLI_HELP) {
            cli_print_help(command);
            *done = TRUE;
            return CLI_OK;
        }
        code = take(call, option, optarg);
    }
    return code != CLI_OK ? code : take_operands(call, argc, argv);
}

char *
cli_next_value(const struct cli_call *call, int code, size_t *i)
{
    while (*i < call->n_given) {
        if (call->given[(*i)++].code == code)
            return call->given[*i - 1].value;
    }
    return NULL;
}

krb5_boolean
cli_has(const struct cli_call *call, int code)
{
    size_t i;

    for (i = 0; i < call->n_given; i++) {
        if (call->given[i].code == code)
            return TRUE;
    }
    return FALSE;
}

char *
cli_value(const struct cli_call *call, int code)
{
    char *value, *last = NULL;
    size_t i = 0;

    while ((value = cli_next_value(call, code, &i)) != NULL)
        last = value;
    return last;
}
