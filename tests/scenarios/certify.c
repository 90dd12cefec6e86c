/*
 * certify.c: makes a chain of certificates for a scenario.
 *
 * Standard input has a line for each certificate, the first one's first, of
 * words "what" or "what=value" as the fields of struct certificate_plan have
 * them.  Each is signed by the next, the last by itself.  They go to standard
 * output in PEM, in the same order.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/x509.h>
#include "tests/unit/chains.h"

#define MAX_LINE 65536

/* Say what is wrong with the input, and end. */
static void
refuse(const char *what, const char *word)
{
    fprintf(stderr, "certify: %s: %s\n", what, word);
    exit(2);
}

/* A number in decimal or, with 0x, in hexadecimal digits. */
static unsigned int
number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 0);

    if (*text == '\0' || *end != '\0')
        refuse("not a number", text);
    return (unsigned int)value;
}

/* The time that text tells, which may be "never". */
static time_t
point_in_time(const char *text)
{
    time_t t = GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION;

    if (strcmp(text, "never") != 0 && !kx_time_read(text, &t))
        refuse("not a time", text);
    return t;
}

/* A kind of key. */
static void
set_key(struct certificate_plan *plan, const char *value)
{
    if (strcmp(value, "rsa") == 0)
        plan->algorithm = GNUTLS_PK_RSA;
    else if (strcmp(value, "ecdsa") == 0)
        plan->algorithm = GNUTLS_PK_ECDSA;
    else if (strcmp(value, "ed448") == 0)
        plan->algorithm = GNUTLS_PK_EDDSA_ED448;
    else
        refuse("not a kind of key", value);
}

/* What it signs with. */
static void
set_digest(struct certificate_plan *plan, const char *value)
{
    plan->digest = gnutls_digest_get_id(value);
    if (plan->digest == GNUTLS_DIG_UNKNOWN)
        refuse("not a digest", value);
}

/* A field whose value is text.  False if what is not its name. */
static krb5_boolean
set_text(struct certificate_plan *plan, const char *what, const char *value)
{
    const struct {
        const char *name;
        const char **field;
    } fields[] = {
        {"name", &plan->name},           {"dns", &plan->dns_name},
        {"principal", &plan->principal}, {"purpose", &plan->purpose},
        {"issued-as", &plan->issued_as}, {"permitted", &plan->permitted},
        {"excluded", &plan->excluded},   {"critical", &plan->critical},
        {"names", &plan->names},
    };
    size_t i;

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(what, fields[i].name) == 0) {
            *fields[i].field = strdup(value);
            return TRUE;
        }
    }
    return FALSE;
}

/* Do to the plan what one word says. */
static void
set(struct certificate_plan *plan, char *word)
{
    char *value = strchr(word, '=');

    if (value != NULL)
        *value++ = '\0';
    else
        value = word + strlen(word);
    if (set_text(plan, word, value))
        return;
    if (strcmp(word, "ca") == 0)
        plan->is_ca = TRUE;
    else if (strcmp(word, "no-basic") == 0)
        plan->no_basic = TRUE;
    else if (strcmp(word, "key") == 0)
        set_key(plan, value);
    else if (strcmp(word, "bits") == 0)
        plan->bits = number(value);
    else if (strcmp(word, "digest") == 0)
        set_digest(plan, value);
    else if (strcmp(word, "version") == 0)
        plan->version = (int)number(value);
    else if (strcmp(word, "path-length") == 0)
        plan->path_length = (int)number(value) + 1;
    else if (strcmp(word, "usage") == 0)
        plan->usage = number(value);
    else if (strcmp(word, "from") == 0)
        plan->not_before = point_in_time(value);
    else if (strcmp(word, "till") == 0)
        plan->not_after = point_in_time(value);
    else
        refuse("not a field of a certificate", word);
}

/* Print certificate (DER) in PEM. */
static void
print(const krb5_data *certificate)
{
    gnutls_datum_t der = {(unsigned char *)certificate->data,
                          certificate->length};
    gnutls_datum_t pem = {NULL, 0};

    if (gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) < 0)
        abort();
    (void)fwrite(pem.data, 1, pem.size, stdout);
    (void)putchar('\n');
    gnutls_free(pem.data);
}

int
main(void)
{
    static char line[MAX_LINE];
    struct certificate_plan plans[2 * KX_MAX_CHAIN] = {{.name = NULL}};
    struct kx_identity *identity;
    char *word, *rest;
    size_t n, i;

    for (n = 0; fgets(line, sizeof(line), stdin) != NULL; n++) {
        if (n == sizeof(plans) / sizeof(plans[0]))
            refuse("too many certificates", line);
        for (word = strtok_r(line, " \n", &rest); word != NULL;
             word = strtok_r(NULL, " \n", &rest))
            set(&plans[n], word);
    }
    identity = make_identity(plans, n);
    for (i = 0; i < n; i++)
        print(&identity->chain[i]);
    kx_identity_free(identity);
    return ferror(stdout) || fflush(stdout) != 0 ? 1 : 0;
}
