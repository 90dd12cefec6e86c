/*
 * keygen.c: kxover keygen: a key and its certificate, in two new files.
 *
 * What an administrator has is never overwritten: the old key may be the one
 * that DNS still tells of.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"
#include "exchange/kx_identity.h"

#define DEFAULT_DAYS 3650
#define MAX_DAYS 36500

struct request {
    const char *realm;
    const char **hosts; /* NULL-terminated, room for all of argv */
    unsigned long days;
    const char *certificate_path;
    const char *key_path;
};

/* Write all length bytes to fd, and onto the disk.  Errors: errno's. */
static int
write_all(int fd, const char *bytes, size_t length)
{
    ssize_t n;

    while (length > 0) {
        n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes += n;
        length -= (size_t)n;
    }
    return fsync(fd) < 0 ? errno : 0;
}

/*
 * Make the file at path, which must not be there, with mode and these bytes.
 * What could not be written whole is taken away again.
 */
static int
write_new_file(const char *path, mode_t mode, const krb5_data *bytes)
{
    int fd, cause = 0;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        fprintf(stderr,
                "kxover: %s is there already; kxover keygen overwrites "
                "nothing\n",
                path);
        return CLI_FAILED;
    }
    if (fd < 0)
        return cli_fail(NULL, errno, "cannot make %s", path);
    if (fchmod(fd, mode) < 0)
        cause = errno;
    if (cause == 0)
        cause = write_all(fd, bytes->data, bytes->length);
    if (close(fd) < 0 && cause == 0)
        cause = errno;
    if (cause == 0)
        return CLI_OK;
    (void)unlink(path);
    return cli_fail(NULL, cause, "cannot write %s", path);
}

/* Write both files, or none. */
static int
write_files(const struct request *request, const krb5_data *certificate,
            const krb5_data *key)
{
    int code;

    code = write_new_file(request->key_path, 0600, key);
    if (code != CLI_OK)
        return code;
    code = write_new_file(request->certificate_path, 0644, certificate);
    if (code != CLI_OK)
        (void)unlink(request->key_path);
    return code;
}

/* Print the line for kdc.conf that names both files. */
static void
print_setting(const struct request *request)
{
    char *certificate = realpath(request->certificate_path, NULL);
    char *key = realpath(request->key_path, NULL);

    printf("kxover_identity = FILE:%s,%s\n",
           certificate != NULL ? certificate : request->certificate_path,
           key != NULL ? key : request->key_path);
    free(certificate);
    free(key);
}

/* Make the key and the certificate and write them. */
static int
generate(const struct request *request)
{
    krb5_context context = NULL;
    krb5_data certificate = kx_data(NULL, 0), key = kx_data(NULL, 0);
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    code = cli_open(request->realm, &context, &realm);
    if (code != CLI_OK)
        goto cleanup;
    ret =
        kx_identity_generate(context, realm, request->hosts, time(NULL),
                             (unsigned int)request->days, &certificate, &key);
    if (ret) {
        code = cli_fail(context, ret, "cannot make an identity of %s", realm);
        goto cleanup;
    }
    code = write_files(request, &certificate, &key);
    if (code == CLI_OK)
        print_setting(request);

cleanup:
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

/* Fill in the request from the command line; done says whether that was all
 * there is to do. */
static int
read_options(const struct cli_command *command, int argc, char **argv,
             struct request *request, krb5_boolean *done)
{
    enum { HOST = 256, DAYS };
    static const struct option options[] = {
        CLI_LONG_OPTIONS,
        {"host", required_argument, NULL, HOST},
        {"days", required_argument, NULL, DAYS},
        {NULL, 0, NULL, 0}};
    size_t n = 0;
    int option;

    *done = TRUE;
    while ((option = getopt_long(argc, argv, CLI_SHORT_OPTIONS, options,
                                 NULL)) != -1) {
        if (option == 'r') {
            request->realm = optarg;
        } else if (option == HOST) {
            request->hosts[n++] = optarg;
        } else if (option == DAYS) {
            if (!cli_number(optarg, MAX_DAYS, &request->days))
                return cli_usage(command, "--days %s: from 1 to %d are right",
                                 optarg, MAX_DAYS);
        } else {
            return cli_other_option(command, option, argv);
        }
    }
    if (argc - optind != 2)
        return cli_usage(command, "two files are wanted, CERT.pem and "
                                  "KEY.pem");
    request->certificate_path = argv[optind];
    request->key_path = argv[optind + 1];
    if (strchr(argv[optind], ',') != NULL ||
        strchr(argv[optind + 1], ',') != NULL)
        return cli_usage(command, "a file with a comma in its name cannot "
                                  "stand in kxover_identity");
    *done = FALSE;
    return CLI_OK;
}

/* kxover keygen */
static int
run(const struct cli_command *command, int argc, char **argv)
{
    struct request request = {.days = DEFAULT_DAYS};
    krb5_boolean done;
    int code;

    request.hosts = calloc((size_t)argc + 1, sizeof(*request.hosts));
    if (request.hosts == NULL)
        return cli_fail(NULL, ENOMEM, "cannot make an identity");
    code = read_options(command, argc, argv, &request, &done);
    if (!done)
        code = generate(&request);
    free(request.hosts);
    return code;
}

const struct cli_command cli_keygen = {
    .name = "keygen",
    .summary = "make the realm's key and certificate",
    .usage =
        "usage: kxover keygen [-r REALM] [--host NAME]... [--days N] "
        "CERT.pem KEY.pem\n\n"
        "Make a key (Ed25519), by which other realms know this one, and its\n"
        "self-signed certificate.  Both files are new; none is ever\n"
        "overwritten.  Printed is the line for kdc.conf.\n\n"
        "  -r, --realm REALM  the realm [default_realm of krb5.conf]\n"
        "      --host NAME    a KDC's host name to put into the certificate\n"
        "      --days N       how long it is valid [3650]\n",
    .run = run,
};
