/*
 * messages.c: messages for load.c to send, made beforehand, so that whoever
 * measures a server does not measure who asks it.
 *
 *   messages offers REALM REMOTE DOMAIN FIRST N
 *   messages forged REALM REMOTE DOMAIN N
 *   messages tickets SERVICE N
 *
 * Each goes to standard output behind its length, as on the wire.
 *
 * offers: N good requests for crossovers to REMOTE, of the realms
 * R<FIRST>.DOMAIN and so on, all signed by the identity in REALM's kdc.conf,
 * for which DNS may well vouch in the name of each.  forged: N different
 * requests of R0.DOMAIN whose signatures do not hold, under the longest chain
 * that there may be.  tickets: N different TGS-REQ for SERVICE, of whom the
 * credential cache is.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include "exchange/offer.h"
#include "tests/unit/chains.h"

#define NAME_SIZE 256

static krb5_context context;

/* End with what is to say about code, unless that is 0. */
static void
must(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    (void)fprintf(stderr, "messages: %s: %s\n", what,
                  krb5_get_error_message(context, code));
    exit(1);
}

/* Write one message behind its length. */
static void
put(const void *data, size_t length)
{
    unsigned char header[KX_FRAME_HEADER];

    kx_frame_header(length, header);
    if (fwrite(header, sizeof(header), 1, stdout) != 1 ||
        fwrite(data, length, 1, stdout) != 1)
        must(errno, "standard output");
}

/* Make a request of client for a crossover to remote, signed by identity. */
static struct kx_message *
make_offer(const struct kx_settings *settings,
           const struct kx_identity *identity, const char *client,
           const char *remote)
{
    const krb5_data from = kx_data(client, strlen(client));
    const krb5_data to = kx_data(remote, strlen(remote));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ};
    struct kx_ephemeral *ephemeral;
    struct kx_message *message;
    krb5_principal kxname;

    must(kx_ephemeral_generate(context, KX_GROUP_X25519, &ephemeral),
         "an ephemeral key");
    must(kx_crossover_name(context, &to, &from, &kxname), "a name");
    if (gnutls_rnd(GNUTLS_RND_NONCE, &terms.nonce, sizeof(terms.nonce)) < 0)
        must(KX_ERR_CRYPTO, "a nonce");
    terms.kxname = kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + settings->lifetime;
    terms.ephemeral = ephemeral;
    must(kx_offer_make(context, settings, identity, &terms, &message),
         "an offer");
    krb5_free_principal(context, kxname);
    kx_ephemeral_free(ephemeral);
    return message;
}

/* Encode message, write it and release it. */
static void
put_offer(struct kx_message *message)
{
    krb5_data encoded;

    must(kx_encode_message(context, message, &encoded), "a message");
    put(encoded.data, encoded.length);
    kx_data_free(&encoded);
    kx_message_free(message);
}

/* messages offers */
static void
offers(const struct kx_settings *settings, const char *remote,
       const char *domain, unsigned long first, unsigned long n)
{
    struct kx_identity *identity;
    char client[NAME_SIZE];
    unsigned long i;

    must(kx_identity_load(context, settings->identities[0], time(NULL),
                          &identity),
         "the identity");
    for (i = 0; i < n; i++) {
        (void)snprintf(client, sizeof(client), "R%lu.%s", first + i, domain);
        put_offer(make_offer(settings, identity, client, remote));
    }
    kx_identity_free(identity);
}

/* messages forged */
static void
forged(const struct kx_settings *settings, const char *remote,
       const char *domain, unsigned long n)
{
    struct certificate_plan plans[KX_MAX_CHAIN] = {{.name = "the KDC"}};
    char names[KX_MAX_CHAIN][NAME_SIZE], client[NAME_SIZE];
    struct kx_identity *identity;
    struct kx_message *message;
    unsigned long i;

    for (i = 1; i < KX_MAX_CHAIN; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "CA %lu", i);
        plans[i].name = names[i];
        plans[i].is_ca = TRUE;
    }
    identity = make_identity(plans, KX_MAX_CHAIN);
    (void)snprintf(client, sizeof(client), "R0.%s", domain);
    for (i = 0; i < n; i++) {
        message = make_offer(settings, identity, client, remote);
        message->offer.signature.data[0] ^= 1;
        put_offer(message);
    }
    kx_identity_free(identity);
}

/* messages tickets */
static void
tickets(const char *service, unsigned long n)
{
    krb5_tkt_creds_context ticket;
    krb5_principal client, server;
    krb5_data nothing = {0}, request, realm;
    unsigned int flags;
    krb5_ccache cache;
    krb5_creds wanted;
    unsigned long i;

    must(krb5_cc_default(context, &cache), "the credential cache");
    must(krb5_cc_get_principal(context, cache, &client), "the user");
    must(krb5_parse_name(context, service, &server), service);
    for (i = 0; i < n; i++) {
        memset(&wanted, 0, sizeof(wanted));
        wanted.client = client;
        wanted.server = server;
        must(krb5_tkt_creds_init(context, cache, &wanted, KRB5_GC_NO_STORE,
                                 &ticket),
             service);
        must(krb5_tkt_creds_step(context, ticket, &nothing, &request, &realm,
                                 &flags),
             service);
        put(request.data, request.length);
        krb5_free_data_contents(context, &request);
        krb5_free_data_contents(context, &realm);
        krb5_tkt_creds_free(context, ticket);
    }
    krb5_free_principal(context, client);
    krb5_free_principal(context, server);
    (void)krb5_cc_close(context, cache);
}

int
main(int argc, char **argv)
{
    struct kx_settings *settings;
    int is_offers = argc == 7 && strcmp(argv[1], "offers") == 0;
    int is_forged = argc == 6 && strcmp(argv[1], "forged") == 0;

    kx_init_errors();
    if (is_offers || is_forged) {
        must(krb5_init_context_profile(NULL, KRB5_INIT_CONTEXT_KDC, &context),
             "krb5.conf");
        must(kx_settings_read(context, argv[2], NULL, &settings), "kdc.conf");
        if (is_offers)
            offers(settings, argv[3], argv[4], strtoul(argv[5], NULL, 10),
                   strtoul(argv[6], NULL, 10));
        else
            forged(settings, argv[3], argv[4], strtoul(argv[5], NULL, 10));
        kx_settings_free(settings);
    } else if (argc == 4 && strcmp(argv[1], "tickets") == 0) {
        must(krb5_init_context(&context), "krb5.conf");
        tickets(argv[2], strtoul(argv[3], NULL, 10));
    } else {
        (void)fprintf(stderr, "messages: see the head of messages.c\n");
        return 2;
    }
    krb5_free_context(context);
    return fflush(stdout) == 0 ? 0 : 1;
}
