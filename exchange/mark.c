/*
 * mark.c: what is known of a key version, as one string attribute of its
 * entry.
 *
 * Marks are written for people (kadmin getstrs shows them), and people can
 * edit them.  So they are read as strictly as a message from a stranger: every
 * field once and nothing else, single blanks between them, bounded lengths, in
 * no particular order.  What is written goes through the same reading first,
 * so that nothing is stored that would not be understood later.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/kx_asn1.h"
#include "dnssec/kx_dnssec.h"
#include "exchange/kx_crossover.h"

/* "kxover_kvno_65535" */
#define NAME_SIZE (sizeof(KX_MARK_PREFIX) + 5)

/* Characters of a mark's value: twice what the longest fields make. */
#define MAX_VALUE 1024

#define MAX_GROUP 32
#define DIGEST_PREFIX "sha256:"
#define DIGEST_DIGITS 64

/* What reads a field's text into a mark: 0, KX_ERR_METADATA or ENOMEM. */
typedef krb5_error_code read_fn(const char *text, struct kx_mark *mark);

static read_fn read_established, read_till, read_peer, read_certificate,
    read_tlsa, read_group, read_prior, read_chain;

/* chain is last: marks of before it was written may lack it. */
static const struct field {
    const char *name;
    read_fn *read;
} fields[] = {
    {"established", read_established},
    {"till", read_till},
    {"peer", read_peer},
    {"certificate", read_certificate},
    {"tlsa", read_tlsa},
    {"group", read_group},
    {"prior", read_prior},
    {"chain", read_chain},
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))
#define NEEDED_FIELDS ((1U << (N_FIELDS - 1)) - 1)

/*
 * Read length characters at text as a decimal number without leading zeros
 * from 0 to maximum.  False if they are something else.
 */
static krb5_boolean
read_number(const char *text, size_t length, uint32_t maximum,
            uint32_t *number)
{
    uint64_t value = 0;
    size_t i;

    if (length == 0 || length > 10 || (length > 1 && text[0] == '0'))
        return FALSE;
    for (i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return FALSE;
        value = 10 * value + (unsigned int)(text[i] - '0');
    }
    if (value > maximum)
        return FALSE;
    *number = (uint32_t)value;
    return TRUE;
}

/* Read when the version was established. */
static krb5_error_code
read_established(const char *text, struct kx_mark *mark)
{
    return kx_time_read(text, &mark->established) ? 0 : KX_ERR_METADATA;
}

/* Read till when it may be used. */
static krb5_error_code
read_till(const char *text, struct kx_mark *mark)
{
    return kx_time_read(text, &mark->till) ? 0 : KX_ERR_METADATA;
}

/*
 * Copy length characters at text to *out (allocated) if there is at least one,
 * at most maximum and all are of characters; NULL means all visible ASCII
 * characters but the colon.
 */
static krb5_error_code
read_text(const char *text, size_t length, size_t maximum,
          const char *characters, char **out)
{
    size_t i;

    if (length == 0 || length > maximum)
        return KX_ERR_METADATA;
    for (i = 0; i < length; i++) {
        if (characters != NULL
                ? strchr(characters, text[i]) == NULL
                : text[i] <= ' ' || text[i] > '~' || text[i] == ':')
            return KX_ERR_METADATA;
    }
    *out = strndup(text, length);
    return *out != NULL ? 0 : ENOMEM;
}

/* Read "host:port". */
static krb5_error_code
read_peer(const char *text, struct kx_mark *mark)
{
    const char *colon = strrchr(text, ':');
    uint32_t port;

    if (colon == NULL ||
        !read_number(colon + 1, strlen(colon + 1), UINT16_MAX, &port) ||
        port == 0)
        return KX_ERR_METADATA;
    mark->origin.port = (uint16_t)port;
    return read_text(text, (size_t)(colon - text), KX_MAX_DNS_NAME - 1, NULL,
                     &mark->origin.host);
}

/* Read "sha256:" and a digest in small hexadecimal digits. */
static krb5_error_code
read_certificate(const char *text, struct kx_mark *mark)
{
    size_t prefix = sizeof(DIGEST_PREFIX) - 1;

    if (strncmp(text, DIGEST_PREFIX, prefix) != 0 ||
        strlen(text + prefix) != DIGEST_DIGITS ||
        strspn(text + prefix, "0123456789abcdef") != DIGEST_DIGITS)
        return KX_ERR_METADATA;
    mark->origin.certificate = strdup(text);
    return mark->origin.certificate != NULL ? 0 : ENOMEM;
}

/* Read "3-1-1-0a1b...": long data was cut and ends in "..." (kx_tlsa_text()).
 */
static krb5_error_code
read_tlsa(const char *text, struct kx_mark *mark)
{
    size_t digits;
    int i;

    for (i = 0; i < 6; i += 2) {
        if (text[i] < '0' || text[i] > '3' || text[i + 1] != '-')
            return KX_ERR_METADATA;
    }
    digits = strspn(text + i, "0123456789abcdef");
    if (digits == 0 || (text[(size_t)i + digits] != '\0' &&
                        strcmp(text + i + digits, "...") != 0))
        return KX_ERR_METADATA;
    return read_text(text, strlen(text), KX_TLSA_TEXT_SIZE - 1,
                     "0123456789abcdef-.", &mark->origin.tlsa);
}

/* Read a group's name, which may be one of a later version's. */
static krb5_error_code
read_group(const char *text, struct kx_mark *mark)
{
    return read_text(text, strlen(text), MAX_GROUP, NULL, &mark->origin.group);
}

/* Read how many prior keys were mixed in. */
static krb5_error_code
read_prior(const char *text, struct kx_mark *mark)
{
    uint32_t prior;

    if (!read_number(text, strlen(text), KX_MAX_PRIOR_KEYS, &prior))
        return KX_ERR_METADATA;
    mark->origin.prior = prior;
    return 0;
}

/* Read how long the chain is. */
static krb5_error_code
read_chain(const char *text, struct kx_mark *mark)
{
    uint32_t chain;

    if (!read_number(text, strlen(text), UINT32_MAX, &chain) || chain == 0)
        return KX_ERR_METADATA;
    mark->origin.chain = chain;
    return 0;
}

/*
 * Read one field, name=value, and set its bit in *seen.  A field without a
 * name of ours, or seen before, is KX_ERR_METADATA.
 */
static krb5_error_code
read_field(const char *field, unsigned int *seen, struct kx_mark *mark)
{
    const char *equals = strchr(field, '=');
    size_t length, i;

    if (equals == NULL)
        return KX_ERR_METADATA;
    length = (size_t)(equals - field);
    for (i = 0; i < N_FIELDS; i++) {
        if (strlen(fields[i].name) == length &&
            memcmp(fields[i].name, field, length) == 0)
            break;
    }
    if (i == N_FIELDS || (*seen & 1U << i) != 0)
        return KX_ERR_METADATA;
    *seen |= 1U << i;
    return fields[i].read(equals + 1, mark);
}

/*
 * Read the attribute name=value, whose name begins as a mark's, into *mark.
 * Errors: KX_ERR_METADATA, which names the attribute and what of it cannot be
 * read; ENOMEM.
 */
static krb5_error_code
read_mark(krb5_context context, const char *name, const char *value,
          struct kx_mark *out)
{
    krb5_error_code ret = 0;
    struct kx_mark mark = {0};
    char copy[MAX_VALUE + 1], *field, *blank;
    const char *number = name + sizeof(KX_MARK_PREFIX) - 1, *what;
    unsigned int seen = 0;
    size_t length = strnlen(value, sizeof(copy));

    what = "its name";
    if (!read_number(number, strlen(number), KX_MAX_KVNO, &mark.kvno) ||
        mark.kvno == 0)
        goto damaged;
    what = "its length";
    if (length > MAX_VALUE)
        goto damaged;
    memcpy(copy, value, length + 1);
    /* Without the field: from before there were prior keys, so a first one. */
    mark.origin.chain = 1;
    for (field = copy; field != NULL;
         field = blank != NULL ? blank + 1 : NULL) {
        blank = strchr(field, ' ');
        if (blank != NULL)
            *blank = '\0';
        ret = read_field(field, &seen, &mark);
        what = field;
        if (ret == KX_ERR_METADATA)
            goto damaged;
        if (ret)
            goto cleanup;
    }
    what = "a field is missing";
    if ((seen & NEEDED_FIELDS) != NEEDED_FIELDS)
        goto damaged;
    what = "it ends before it begins";
    if (mark.till <= mark.established)
        goto damaged;
    *out = mark;
    return 0;

damaged:
    ret = kx_error(context, KX_ERR_METADATA,
                   "string attribute %.*s cannot be read (%.64s); mend it "
                   "with kadmin setstr, or delete it with kadmin delstr",
                   (int)NAME_SIZE, name, what);
cleanup:
    kx_origin_clear(&mark.origin);
    return ret;
}

krb5_error_code
kx_mark_name(krb5_context context, uint32_t kvno, char **name)
{
    char text[NAME_SIZE];

    *name = NULL;
    if (kvno == 0 || kvno > KX_MAX_KVNO)
        return kx_error(context, KX_ERR_METADATA,
                        "there is no key version %lu", (unsigned long)kvno);
    (void)snprintf(text, sizeof(text), KX_MARK_PREFIX "%lu",
                   (unsigned long)kvno);
    *name = strdup(text);
    return *name != NULL ? 0 : ENOMEM;
}

krb5_error_code
kx_mark_write(krb5_context context, const struct kx_crossover *crossover,
              char **name, char **value)
{
    krb5_error_code ret;
    const struct kx_origin *origin = &crossover->origin;
    char established[KX_TIME_TEXT_SIZE], till[KX_TIME_TEXT_SIZE];
    char text[MAX_VALUE + 2], *made_name = NULL;
    struct kx_mark mark = {0};

    *name = *value = NULL;
    if (origin->host == NULL || origin->certificate == NULL ||
        origin->tlsa == NULL || origin->group == NULL)
        return kx_error(context, KX_ERR_METADATA,
                        "it is not known with whom key version %lu was agreed",
                        (unsigned long)crossover->kvno);
    ret = kx_mark_name(context, crossover->kvno, &made_name);
    if (ret)
        return ret;
    /* Cut at more than MAX_VALUE, it is refused by its length. */
    (void)snprintf(text, sizeof(text),
                   "established=%s till=%s peer=%s:%u certificate=%s tlsa=%s "
                   "group=%s prior=%u chain=%u",
                   kx_time_text(crossover->established, established),
                   kx_time_text(crossover->till, till), origin->host,
                   (unsigned int)origin->port, origin->certificate,
                   origin->tlsa, origin->group, origin->prior, origin->chain);
    ret = read_mark(context, made_name, text, &mark);
    if (ret)
        goto cleanup;
    *value = strdup(text);
    if (*value == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    *name = made_name;
    made_name = NULL;

cleanup:
    kx_origin_clear(&mark.origin);
    free(made_name);
    return ret;
}

/* For qsort(): newest first; of one second, the version numbered later. */
static int
compare_marks(const void *a, const void *b)
{
    const struct kx_mark *x = a, *y = b;
    const uint32_t kvnos[] = {x->kvno, y->kvno};

    if (x->established != y->established)
        return x->established > y->established ? -1 : 1;
    if (x->kvno == y->kvno)
        return 0;
    return kx_latest_kvno(kvnos, 2) == x->kvno ? -1 : 1;
}

krb5_error_code
kx_marks_read(krb5_context context, const krb5_string_attr *strings, size_t n,
              struct kx_mark **marks, size_t *n_marks)
{
    krb5_error_code ret = 0;
    struct kx_mark *read = NULL;
    size_t i, j, n_read = 0;

    *marks = NULL;
    *n_marks = 0;
    if (n == 0)
        return 0;
    read = calloc(n, sizeof(*read));
    if (read == NULL)
        return ENOMEM;
    for (i = 0; i < n; i++) {
        if (strncmp(strings[i].key, KX_MARK_PREFIX,
                    sizeof(KX_MARK_PREFIX) - 1) != 0)
            continue;
        ret = read_mark(context, strings[i].key, strings[i].value,
                        &read[n_read]);
        if (ret)
            goto cleanup;
        n_read++;
        for (j = 0; j + 1 < n_read; j++) {
            if (read[j].kvno == read[n_read - 1].kvno) {
                ret = kx_error(context, KX_ERR_METADATA,
                               "string attribute %s is there twice",
                               strings[i].key);
                goto cleanup;
            }
        }
    }
    qsort(read, n_read, sizeof(*read), compare_marks);
    *marks = read;
    *n_marks = n_read;
    return 0;

cleanup:
    kx_marks_free(read, n_read);
    return ret;
}

void
kx_marks_free(struct kx_mark *marks, size_t n_marks)
{
    size_t i;

    for (i = 0; i < n_marks; i++)
        kx_origin_clear(&marks[i].origin);
    free(marks);
}

krb5_boolean
kx_marks_have(const struct kx_mark *marks, size_t n, uint32_t kvno)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (marks[i].kvno == kvno)
            return TRUE;
    }
    return FALSE;
}
