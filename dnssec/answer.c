/*
 * answer.c: judge what libunbound answered, and read the records in it.
 *
 * Only an answer that is secure is read at all.  libunbound gives each answer
 * the lowest security of all that it is made of, aliases and proofs of
 * nonexistence included, so one flag tells.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/lookup.h"
#include "dnssec/record.h"

/*
 * Read one record's data and add it to answer.  Errors: KX_ERR_DNS_RECORD (no
 * message set), ENOMEM.
 */
typedef krb5_error_code read_fn(const uint8_t *rdata, size_t length,
                                struct kx_answer *answer);

static krb5_error_code
read_srv(const uint8_t *rdata, size_t length, struct kx_answer *answer)
{
    struct kx_srv *list;
    krb5_error_code code;

    list = reallocarray(answer->srv, answer->n_srv + 1, sizeof(*list));
    if (list == NULL)
        return ENOMEM;
    answer->srv = list;
    code = kx_srv_read(rdata, length, &list[answer->n_srv]);
    if (code == 0)
        answer->n_srv++;
    return code;
}

static krb5_error_code
read_tlsa(const uint8_t *rdata, size_t length, struct kx_answer *answer)
{
    struct kx_tlsa *list;
    krb5_error_code code;

    list = reallocarray(answer->tlsa, answer->n_tlsa + 1, sizeof(*list));
    if (list == NULL)
        return ENOMEM;
    answer->tlsa = list;
    code = kx_tlsa_read(rdata, length, &list[answer->n_tlsa]);
    if (code == 0)
        answer->n_tlsa++;
    return code;
}

/* Add one address to answer.  Errors: ENOMEM. */
static krb5_error_code
add_address(const void *address, size_t size, struct kx_answer *answer)
{
    struct sockaddr_storage *list;

    list = reallocarray(answer->address, answer->n_address + 1, sizeof(*list));
    if (list == NULL)
        return ENOMEM;
    answer->address = list;
    memset(&list[answer->n_address], 0, sizeof(*list));
    memcpy(&list[answer->n_address++], address, size);
    return 0;
}

static krb5_error_code
read_ipv6(const uint8_t *rdata, size_t length, struct kx_answer *answer)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};

    if (length != sizeof(address.sin6_addr))
        return KX_ERR_DNS_RECORD;
    memcpy(&address.sin6_addr, rdata, length);
    return add_address(&address, sizeof(address), answer);
}

static krb5_error_code
read_ipv4(const uint8_t *rdata, size_t length, struct kx_answer *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET};

    if (length != sizeof(address.sin_addr))
        return KX_ERR_DNS_RECORD;
    memcpy(&address.sin_addr, rdata, length);
    return add_address(&address, sizeof(address), answer);
}

static krb5_error_code
read_text(const uint8_t *rdata, size_t length, struct kx_answer *answer)
{
    char **list, *text;
    krb5_error_code code;

    code = kx_text_read(rdata, length, &text);
    if (code != 0 || text == NULL)
        return code;
    list = reallocarray(answer->text, answer->n_text + 1, sizeof(*list));
    if (list == NULL) {
        free(text);
        return ENOMEM;
    }
    answer->text = list;
    list[answer->n_text++] = text;
    return 0;
}

static const struct kind {
    int type;
    const char *name;
    read_fn *read;
} kinds[] = {
    {ns_t_srv, "SRV", read_srv},    {ns_t_tlsa, "TLSA", read_tlsa},
    {ns_t_aaaa, "AAAA", read_ipv6}, {ns_t_a, "A", read_ipv4},
    {ns_t_txt, "TXT", read_text},
};

/* The kind of that type, which is one of those above. */
static const struct kind *
find_kind(int type)
{
    const struct kind *kind = kinds;

    while (kind->type != type)
        kind++;
    return kind;
}

/* Take the records that answer has beyond those of before out of it. */
static void
cut_back(struct kx_answer *answer, const struct kx_answer *before)
{
    while (answer->n_tlsa > before->n_tlsa)
        kx_data_free(&answer->tlsa[--answer->n_tlsa].data);
    while (answer->n_text > before->n_text)
        free(answer->text[--answer->n_text]);
    answer->n_srv = before->n_srv;
    answer->n_address = before->n_address;
}

void
kx_answer_clear(struct kx_answer *answer)
{
    const struct kx_answer empty = {.code = answer->code};

    cut_back(answer, &empty);
    free(answer->srv);
    free(answer->tlsa);
    free(answer->address);
    free(answer->text);
    *answer = empty;
}

/* The name of a response code that a lookup may end with. */
static const char *
rcode_name(int rcode)
{
    switch (rcode) {
    case ns_r_formerr:
        return "FORMERR";
    case ns_r_servfail:
        return "SERVFAIL";
    case ns_r_notimpl:
        return "NOTIMP";
    case ns_r_refused:
        return "REFUSED";
    default:
        return "an unusual response code";
    }
}

/* Judge the answer as a whole.  Errors: as kx_answer_add(). */
static krb5_error_code
judge(krb5_context context, const struct kx_question *question,
      const struct timeval *timeout)
{
    const struct ub_result *result = question->result;
    const char *type = find_kind(question->type)->name;
    const char *name = question->name;

    if (!question->is_answered)
        return kx_error(context, KX_ERR_DNS_TIMEOUT,
                        "DNS lookup of %s %s took longer than %ld ms: check "
                        "the zone's name servers and the way to them",
                        name, type,
                        (long)timeout->tv_sec * 1000 +
                            (long)timeout->tv_usec / 1000);
    if (question->error == UB_NOMEM)
        return ENOMEM;
    if (question->error != UB_NOERROR || result == NULL)
        return kx_error(context, KX_ERR_DNS_FAILED,
                        "DNS lookup of %s %s failed: %s", name, type,
                        ub_strerror(question->error));
    if (result->bogus)
        return kx_error(context, KX_ERR_DNS_BOGUS,
                        "DNS answer for %s %s is bogus: %s (the zone's "
                        "signatures and its DS record need repair, or "
                        "somebody tampers with the answers)",
                        name, type,
                        result->why_bogus != NULL ? result->why_bogus
                                                  : "no reason is known");
    if (result->rcode != ns_r_noerror && result->rcode != ns_r_nxdomain)
        return kx_error(context, KX_ERR_DNS_FAILED,
                        "DNS lookup of %s %s failed with %s (%d): check the "
                        "zone's name servers and the way to them",
                        name, type, rcode_name(result->rcode), result->rcode);
    if (!result->secure)
        return kx_error(context, KX_ERR_DNS_INSECURE,
                        "DNS answer for %s %s (%s) is not secured by DNSSEC: "
                        "sign the zone and publish its DS record",
                        name, type,
                        result->havedata ? "there are records"
                                         : "there is none");
    if (!result->havedata)
        return kx_error(context, KX_ERR_DNS_NONE,
                        "DNS proves that there is no %s %s: publish it in the "
                        "zone",
                        name, type);
    return 0;
}

krb5_error_code
kx_answer_add(const struct kx_question *question,
              const struct timeval *timeout, struct kx_answer *answer)
{
    krb5_context context = question->resolver->context;
    const struct ub_result *result = question->result;
    const struct kind *kind = find_kind(question->type);
    const struct kx_answer before = *answer;
    krb5_error_code code;
    size_t n;

    code = judge(context, question, timeout);
    if (code != 0)
        return code;
    for (n = 0; result->data[n] != NULL; n++) {
        if (n == KX_MAX_RECORDS) {
            code = kx_error(context, KX_ERR_DNS_RECORD,
                            "DNS answer for %s %s has more than %d records",
                            question->name, kind->name, KX_MAX_RECORDS);
            break;
        }
        code = kind->read((const uint8_t *)result->data[n],
                          (size_t)result->len[n], answer);
        if (code == KX_ERR_DNS_RECORD)
            (void)kx_error(context, code,
                           "DNS answer for %s %s has a record that cannot be "
                           "read: correct it in the zone",
                           question->name, kind->name);
        if (code != 0)
            break;
    }
    if (code != 0)
        cut_back(answer, &before);
    return code;
}
