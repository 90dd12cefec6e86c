/*
 * keygen.c: kxover keygen: a key and its certificate, in two new files.
 *
 * What an administrator has is never overwritten: the old key may be the one
 * that DNS still tells of.
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/json.h"
#include "exchange/kx_identity.h"

#define DEFAULT_DAYS 3650
#define MAX_DAYS 36500

enum { HOST = CLI_LONG, DAYS };

struct request {
    const char **hosts; /* NULL-terminated */
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
static int
print_setting(const struct cli_call *call, const struct request *request)
{
    char *certificate = realpath(request->certificate_path, NULL);
    char *key = realpath(request->key_path, NULL);
    const char *paths[] = {certificate != NULL ? certificate
                                               : request->certificate_path,
                           key != NULL ? key : request->key_path};
    int code = CLI_OK;

    if (call->json)
        code = json_print(
            json_pack("{s: o, s: o, s: o}", "certificate", json_text(paths[0]),
                      "key", json_text(paths[1]), "kxover_identity",
                      json_sprintf("FILE:%s,%s", paths[0], paths[1])));
    else
        printf("kxover_identity = FILE:%s,%s\n", paths[0], paths[1]);
    free(certificate);
    free(key);
    return code;
}

/* Make the key and the certificate and write them. */
static int
generate(const struct cli_call *call, const struct request *request)
{
    krb5_context context = NULL;
    krb5_data certificate = kx_data(NULL, 0), key = kx_data(NULL, 0);
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    code = cli_open(call, &context, &realm);
    if (code == CLI_OK)
        code = cli_check_realm(call, "realm", realm);
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
        code = print_setting(call, request);

cleanup:
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    krb5_free_default_realm(context, realm);
    krb5_free_context(context);
    return code;
}

/* kxover keygen */
static int
run(const struct cli_call *call)
{
    struct request request = {.days = DEFAULT_DAYS};
    const char *hosts[CLI_MAX_GIVEN + 1] = {NULL}, *days;
    size_t n, i = 0;

    days = cli_value(call, DAYS);
    if (days != NULL && !cli_number(days, MAX_DAYS, &request.days))
        return cli_usage(call, "--days %s: from 1 to %d are right", days,
                         MAX_DAYS);
    for (n = 0; n < 2; n++) {
        if (strchr(call->operands[n], ',') != NULL)
            return cli_usage(call, "a file with a comma in its name cannot "
                                   "stand in kxover_identity");
    }
    n = 0;
    while ((hosts[n] = cli_next_value(call, HOST, &i)) != NULL)
        n++;
    request.hosts = hosts;
    request.certificate_path = call->operands[0];
    request.key_path = call->operands[1];
    return generate(call, &request);
}

static const struct cli_option options[] = {
    {HOST, "host", "NAME",
     "a KDC's host name to put into the certificate;\nmay be repeated"},
    {DAYS, "days", "N", "how long it is valid [3650]"},
    {0, NULL, NULL, NULL}};

const struct cli_command cli_keygen = {
    .name = "keygen",
    .summary = "make the realm's key and certificate",
    .synopsis = "[-r REALM] [--host NAME]... [--days N] CERT.pem KEY.pem",
    .about =
        "Make a key (Ed25519), by which other realms know this one, and its\n"
        "self-signed certificate.  Both files are new; none is ever\n"
        "overwritten.  Printed is the line for kdc.conf.\n",
    .options = options,
    .min_operands = 2,
    .max_operands = 2,
    .wanted = "two files are wanted, CERT.pem and KEY.pem",
    .run = run,
};
