/*
 * fuzz_dns.c: answers of a name server, as libunbound hands them out.
 *
 * An input is a byte that says which records were asked for and how libunbound
 * judged the answer, and then records: two bytes of length, and the data.
 * Nothing is taken out of an answer that is not secure, nor out of one with a
 * record that cannot be read; and what is taken out is what stands in the
 * records, byte for byte.
 */
#include "config.h"
#include <ctype.h>
#include <string.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include "dnssec/lookup.h"
#include "dnssec/record.h"
#include "tests/fuzz/fuzz.h"

#define TYPE 0x07 /* which of types[] was asked for */
#define INSECURE 0x08
#define BOGUS 0x10
#define DENIED 0x20
#define NOT_NOERROR 0x40 /* by the name server */
#define NOT_ANY 0x80     /* libunbound has an error instead of an answer */
#define JUDGED 0xf8      /* any of these */
#define MAX_DATA 80      /* over KX_MAX_RECORDS */
#define SRV_FIXED 6      /* bytes before the target */
#define TLSA_FIXED 3     /* bytes before the data */
#define HOST "www.alpha.example"

static const int types[8] = {ns_t_srv, ns_t_tlsa, ns_t_txt, ns_t_aaaa,
                             ns_t_a,   ns_t_txt,  ns_t_srv, ns_t_tlsa};

static krb5_context context;

/* ---- what must be in an answer, read by other means ---- */

/* The target is the name at wire, label by label, in small letters. */
static void
check_target(const char *target, const uint8_t *wire, size_t length)
{
    size_t in = 0, out = 0, i;

    while (in < length && wire[in] != 0) {
        if (out > 0)
            FUZZ_MUST(target[out++] == '.');
        FUZZ_MUST(in + wire[in] < length);
        for (i = 1; i <= wire[in]; i++, out++) {
            FUZZ_MUST(target[out] == tolower(wire[in + i]));
            FUZZ_MUST(isalnum((unsigned char)target[out]) ||
                      target[out] == '-' || target[out] == '_');
        }
        in += wire[in] + 1U;
    }
    FUZZ_MUST(in + 1 == length && target[out] == '\0');
}

static void
check_srv(const struct kx_srv *srv, const uint8_t *rdata, size_t length)
{
    FUZZ_MUST(length > SRV_FIXED);
    FUZZ_MUST(srv->priority == rdata[0] * 256 + rdata[1]);
    FUZZ_MUST(srv->weight == rdata[2] * 256 + rdata[3]);
    FUZZ_MUST(srv->port == rdata[4] * 256 + rdata[5]);
    check_target(srv->target, rdata + SRV_FIXED, length - SRV_FIXED);
}

/* Its words are of the same record, unless they are cut. */
static void
check_words(const struct kx_tlsa *tlsa)
{
    char text[KX_TLSA_TEXT_SIZE];
    struct kx_tlsa again;

    (void)kx_tlsa_text(tlsa, text);
    if (strstr(text, "...") != NULL)
        return;
    FUZZ_MUST(kx_tlsa_parse(context, text, &again) == 0);
    FUZZ_MUST(again.usage == tlsa->usage && again.selector == tlsa->selector &&
              again.matching_type == tlsa->matching_type &&
              kx_data_equal(&again.data, &tlsa->data));
    kx_data_free(&again.data);
}

static void
check_tlsa(const struct kx_tlsa *tlsa, const uint8_t *rdata, size_t length)
{
    FUZZ_MUST(length == TLSA_FIXED + tlsa->data.length);
    FUZZ_MUST(rdata[0] == tlsa->usage && rdata[1] == tlsa->selector &&
              rdata[2] == tlsa->matching_type);
    FUZZ_MUST(tlsa->data.length == 0 ||
              memcmp(rdata + TLSA_FIXED, tlsa->data.data, tlsa->data.length) ==
                  0);
    FUZZ_MUST(!kx_tlsa_is_usable(tlsa) ||
              (rdata[0] <= 3 && rdata[1] <= 1 && rdata[2] <= 2));
    FUZZ_MUST(!kx_tlsa_is_usable(tlsa) || rdata[2] == 0 ||
              tlsa->data.length == 32U * rdata[2]);
    check_words(tlsa);
}

/* The text is that of the strings; or there is a NUL in them, and text is of
 * another record.  True if it is the text. */
static krb5_boolean
is_text_of(const char *text, const uint8_t *rdata, size_t length)
{
    size_t in, out = 0, i;

    for (in = 0; in < length; in += rdata[in] + 1U) {
        if (memchr(rdata + in + 1, '\0', rdata[in]) != NULL)
            return FALSE;
    }
    for (in = 0; in < length; in += rdata[in] + 1U) {
        for (i = 1; i <= rdata[in]; i++) {
            FUZZ_MUST(text != NULL && text[out] == (char)rdata[in + i]);
            out++;
        }
    }
    FUZZ_MUST(text != NULL && text[out] == '\0');
    return TRUE;
}

/* The address is what stands in the record. */
static void
check_address(const struct sockaddr_storage *address, const uint8_t *rdata,
              size_t length)
{
    const struct sockaddr_in6 *six = (const void *)address;
    const struct sockaddr_in *four = (const void *)address;

    if (length == 16)
        FUZZ_MUST(six->sin6_family == AF_INET6 && six->sin6_port == 0 &&
                  memcmp(&six->sin6_addr, rdata, length) == 0);
    else
        FUZZ_MUST(length == 4 && four->sin_family == AF_INET &&
                  four->sin_port == 0 &&
                  memcmp(&four->sin_addr, rdata, length) == 0);
}

/* Every record of the result is in answer, and nothing else is. */
static void
check_records(const struct ub_result *result, int type,
              const struct kx_answer *answer)
{
    size_t n, texts = 0, length;
    const uint8_t *rdata;

    for (n = 0; result->data[n] != NULL; n++) {
        rdata = (const uint8_t *)result->data[n];
        length = (size_t)result->len[n];
        if (type == ns_t_srv)
            check_srv(&answer->srv[n], rdata, length);
        else if (type == ns_t_tlsa)
            check_tlsa(&answer->tlsa[n], rdata, length);
        else if (type == ns_t_txt)
            texts +=
                is_text_of(texts < answer->n_text ? answer->text[texts] : NULL,
                           rdata, length);
        else
            check_address(&answer->address[n], rdata, length);
    }
    FUZZ_MUST(n > 0 && n <= KX_MAX_RECORDS);
    FUZZ_MUST(answer->n_srv == (type == ns_t_srv ? n : 0));
    FUZZ_MUST(answer->n_tlsa == (type == ns_t_tlsa ? n : 0));
    FUZZ_MUST(answer->n_text == texts);
    FUZZ_MUST(answer->n_address ==
              (type == ns_t_a || type == ns_t_aaaa ? n : 0));
}

/* ---- what is made of an answer ---- */

/* Chance: the number that is told. */
static uint32_t
chosen(void *arg, uint32_t bound)
{
    const uint8_t *number = arg;

    return (uint32_t)*number * 257U % bound;
}

/* In the order to try, there are the same records, by priority. */
static void
order(struct kx_answer *answer, uint8_t chance)
{
    struct kx_srv before[KX_MAX_RECORDS];
    krb5_boolean taken[KX_MAX_RECORDS] = {FALSE};
    size_t n = answer->n_srv, i, j;

    if (n == 0)
        return;
    memcpy(before, answer->srv, n * sizeof(before[0]));
    kx_srv_order(answer->srv, n, chosen, &chance);
    for (i = 0; i < n; i++) {
        FUZZ_MUST(i == 0 ||
                  answer->srv[i - 1].priority <= answer->srv[i].priority);
        for (j = 0; j < n; j++) {
            if (!taken[j] &&
                memcmp(&before[j], &answer->srv[i], sizeof(before[0])) == 0)
                break;
        }
        FUZZ_MUST(j < n);
        taken[j] = TRUE;
    }
}

/* The realm of a host is the only one that its texts name. */
static void
find_realm(const struct kx_answer *answer)
{
    char realm[KX_MAX_DNS_NAME], dns[KX_MAX_DNS_NAME], back[KX_MAX_DNS_NAME];
    krb5_data name;
    krb5_error_code ret;
    size_t i, found = 0;

    ret = kx_text_realm(context, HOST, answer->text, answer->n_text, realm);
    FUZZ_MUST((ret == 0) == (realm[0] != '\0'));
    for (i = 0; i < answer->n_text; i++) {
        name = kx_data(answer->text[i], strlen(answer->text[i]));
        if (!kx_realm_is_valid(&name))
            continue;
        found++;
        FUZZ_MUST(ret != 0 || strcmp(answer->text[i], realm) == 0);
        FUZZ_MUST(kx_realm_to_dns(context, &name, dns) == 0);
        FUZZ_MUST(kx_dns_to_realm(context, dns, back) == 0);
        FUZZ_MUST(strcmp(back, answer->text[i]) == 0);
    }
    FUZZ_MUST(ret != 0 || found > 0);
    FUZZ_MUST(ret == 0 || found != 1);
}

/* ---- the input ---- */

/* Point to the records of data, each in memory of its own size, so that
 * reading behind it is seen. */
static void
take_records(const uint8_t *data, size_t size, struct ub_result *result)
{
    size_t n = 0, length;

    while (n < MAX_DATA && size >= 2) {
        length = (size_t)data[0] << 8 | data[1];
        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        result->data[n] = malloc(length > 0 ? length : 1);
        FUZZ_MUST(result->data[n] != NULL);
        memcpy(result->data[n], data, length);
        result->len[n++] = (int)length;
        data += length;
        size -= length;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct timeval timeout = {.tv_sec = 1};
    static struct kx_resolver resolver;
    struct kx_question question = {.resolver = &resolver, .name = HOST};
    char *records[MAX_DATA + 1] = {NULL};
    int lengths[MAX_DATA + 1] = {0};
    struct ub_result result = {.data = records, .len = lengths};
    struct kx_answer answer = {.code = 0};
    krb5_error_code ret;
    size_t n;

    if (context == NULL) {
        kx_init_errors();
        FUZZ_MUST(krb5_init_context(&context) == 0);
        resolver.context = context;
    }
    if (size < 1)
        return 0;
    take_records(data + 1, size - 1, &result);
    result.secure = (data[0] & INSECURE) == 0;
    result.bogus = (data[0] & BOGUS) != 0;
    result.havedata = (data[0] & DENIED) == 0 && records[0] != NULL;
    result.rcode = (data[0] & NOT_NOERROR) != 0 ? ns_r_refused : ns_r_noerror;
    question.is_answered = TRUE;
    question.error = (data[0] & NOT_ANY) != 0 ? UB_SERVFAIL : UB_NOERROR;
    question.type = types[data[0] & TYPE];
    question.result = &result;
    ret = kx_answer_add(&question, &timeout, &answer);
    if (ret == 0) {
        FUZZ_MUST((data[0] & JUDGED) == 0);
        check_records(&result, question.type, &answer);
        order(&answer, data[size - 1]);
        find_realm(&answer);
    } else {
        FUZZ_MUST(answer.n_srv + answer.n_tlsa + answer.n_text +
                      answer.n_address ==
                  0);
    }
    kx_answer_clear(&answer);
    for (n = 0; n < MAX_DATA; n++)
        free(records[n]);
    return 0;
}
