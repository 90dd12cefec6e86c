/*
 * lookup.c: ask as a KDC asks, and print what comes of it.
 *
 *	lookup UNBOUND.CONF MILLISECONDS QUESTION...
 *
 * A question is srv:REALM, tlsa:HOST:PORT, address:HOST or text:HOST.  They
 * are asked one after the other, with one resolver and so one cache.  Each
 * record is a line, an error is a line "error NAME: message", and an empty
 * line follows each question.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include "dnssec/kx_dnssec.h"

/* The name of an error code. */
static const char *
error_name(krb5_error_code code)
{
    static const struct {
        krb5_error_code code;
        const char *name;
    } names[] = {
#define NAME(code) {code, #code}
        NAME(KX_ERR_REALM_NAME),   NAME(KX_ERR_DNS_SETUP),
        NAME(KX_ERR_DNS_INSECURE), NAME(KX_ERR_DNS_BOGUS),
        NAME(KX_ERR_DNS_NONE),     NAME(KX_ERR_DNS_FAILED),
        NAME(KX_ERR_DNS_TIMEOUT),  NAME(KX_ERR_DNS_RECORD),
        NAME(KX_ERR_BUSY),
#undef NAME
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (names[i].code == code)
            return names[i].name;
    }
    return "of another kind";
}

/* Print an error with the message that context holds for it. */
static void
print_error(krb5_context context, krb5_error_code code)
{
    const char *message = krb5_get_error_message(context, code);

    printf("error %s: %s\n", error_name(code), message);
    krb5_free_error_message(context, message);
}

static void
print_address(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    struct sockaddr_in6 six;
    struct sockaddr_in four;

    if (address->ss_family == AF_INET6) {
        memcpy(&six, address, sizeof(six));
        (void)inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof(text));
    } else {
        memcpy(&four, address, sizeof(four));
        (void)inet_ntop(AF_INET, &four.sin_addr, text, sizeof(text));
    }
    printf("address %s\n", text);
}

/* Who asks. */
struct asker {
    krb5_context context;
    struct event_base *base;
    struct kx_resolver *resolver;
    struct timeval timeout;
    krb5_boolean is_waiting;
};

/* The answer's callback; arg is the asker. */
static void
print_answer(void *arg, const struct kx_answer *answer)
{
    struct asker *asker = arg;
    char text[KX_TLSA_TEXT_SIZE];
    size_t i;

    asker->is_waiting = FALSE;
    if (answer->code != 0)
        print_error(asker->context, answer->code);
    for (i = 0; i < answer->n_srv; i++)
        printf("srv %u %u %u %s.\n", answer->srv[i].priority,
               answer->srv[i].weight, answer->srv[i].port,
               answer->srv[i].target);
    for (i = 0; i < answer->n_tlsa; i++)
        printf("tlsa %s\n", kx_tlsa_text(&answer->tlsa[i], text));
    for (i = 0; i < answer->n_address; i++)
        print_address(&answer->address[i]);
    for (i = 0; i < answer->n_text; i++)
        printf("text %s\n", answer->text[i]);
}

/* Start the lookup that a question wants. */
static krb5_error_code
start(struct asker *asker, const char *question)
{
    char words[3][KX_MAX_DNS_NAME * 2] = {{0}};
    struct kx_resolver *resolver = asker->resolver;
    const struct timeval *timeout = &asker->timeout;
    krb5_data realm;

    (void)sscanf(question, "%500[^:]:%500[^:]:%500s", words[0], words[1],
                 words[2]);
    realm = kx_data(words[1], strlen(words[1]));
    if (strcmp(words[0], "srv") == 0)
        return kx_lookup_srv(resolver, &realm, timeout, print_answer, asker,
                             NULL);
    if (strcmp(words[0], "tlsa") == 0)
        return kx_lookup_tlsa(resolver, words[1],
                              (uint16_t)strtoul(words[2], NULL, 10), timeout,
                              print_answer, asker, NULL);
    if (strcmp(words[0], "address") == 0)
        return kx_lookup_address(resolver, words[1], timeout, print_answer,
                                 asker, NULL);
    if (strcmp(words[0], "text") == 0)
        return kx_lookup_text(resolver, words[1], timeout, print_answer, asker,
                              NULL);
    fprintf(stderr, "lookup: %s is no question\n", question);
    exit(2);
}

/* Ask one question and wait for its answer. */
static void
ask(struct asker *asker, const char *question)
{
    krb5_error_code code;

    asker->is_waiting = TRUE;
    code = start(asker, question);
    if (code != 0) {
        print_error(asker->context, code);
        asker->is_waiting = FALSE;
    }
    while (asker->is_waiting) {
        if (event_base_loop(asker->base, EVLOOP_ONCE) != 0) {
            fprintf(stderr, "lookup: the event loop ended early\n");
            exit(1);
        }
    }
    printf("\n");
}

int
main(int argc, char **argv)
{
    struct asker asker = {0};
    krb5_error_code code;
    int i;

    if (argc < 4) {
        fprintf(stderr,
                "usage: lookup UNBOUND.CONF MILLISECONDS QUESTION...\n");
        return 2;
    }
    asker.timeout.tv_sec = strtol(argv[2], NULL, 10) / 1000;
    asker.timeout.tv_usec = strtol(argv[2], NULL, 10) % 1000 * 1000;
    kx_init_errors();
    asker.base = event_base_new();
    if (asker.base == NULL || krb5_init_context(&asker.context) != 0)
        return 1;
    code =
        kx_resolver_new(asker.context, asker.base, argv[1], &asker.resolver);
    if (code != 0)
        print_error(asker.context, code);
    for (i = 3; i < argc && code == 0; i++)
        ask(&asker, argv[i]);
    kx_resolver_free(asker.resolver);
    event_base_free(asker.base);
    krb5_free_context(asker.context);
    return code == 0 ? 0 : 1;
}
