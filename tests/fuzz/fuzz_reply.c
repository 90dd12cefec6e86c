/*
 * fuzz_reply.c: an initiator and the answer to its request.
 *
 * The request is that of one of the vectors' exchanges, so that their replies
 * are replies to it.  A message of one byte stands for what was asked before,
 * once more.  Two bytes before a message, HAPPENS and another, say what
 * happens on the way to it.  Whatever comes, it ends: with a key, or with an
 * error.
 */
#include "config.h"
#include "asn1/kx_asn1.h"
#include "exchange/kx_agreement.h"
#include "exchange/refusal.h"
#include "exchange/roots.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/offers.h"

#define HAPPENS 0xfe

/* What does. */
#define SILENT 0x03       /* DNS (1), who connects (2) or the server (3) is */
#define MORE_SERVERS 0x04 /* there is a second one */
#define UNREACHED 0x08    /* the first connection does not come to be */
#define HANGS_UP 0x10     /* the first server does, without an answer */
#define NO_REALM 0x20     /* what is asked for is no realm's name */

/* The random numbers of the exchange of that name. */
static void
set_chance(struct stage *stage, const char *ephemeral, const char *nonce)
{
    static unsigned char secret[32], number[4];
    static uint32_t value;

    offers_secret(ephemeral, secret, sizeof(secret));
    offers_secret(nonce, number, sizeof(number));
    value = (uint32_t)number[0] << 24 | (uint32_t)number[1] << 16 |
            (uint32_t)number[2] << 8 | number[3];
    stage->chance[0] = kx_data(secret, sizeof(secret));
    stage->chance[1] = kx_data(&value, sizeof(value));
    stage->n_chance = 2;
}

/* A KRB-ERROR that asks for another group; the caller's to release. */
static krb5_data
other_groups(krb5_context context)
{
    struct kx_krb_error error = {.stime = OFFERS_NOW, .error_code = 65};
    const struct kx_algorithm *groups;
    krb5_data out;
    size_t n;

    groups = kx_group_algorithms(&n);
    FUZZ_MUST(kx_encode_groups(context, &groups[1], n - 1, &error.e_data) ==
              0);
    FUZZ_MUST(krb5_build_principal(context, &error.sname, 13, "BRAVO.EXAMPLE",
                                   "krbtgt", "BRAVO.EXAMPLE",
                                   (char *)NULL) == 0);
    FUZZ_MUST(kx_encode_krb_error(context, &error, &out) == 0);
    krb5_free_principal(context, error.sname);
    kx_data_free(&error.e_data);
    return out;
}

/* Let DNS have some record: without any the initiator would not even ask. */
static void
need_record(struct stage *stage)
{
    if (stage->n_tlsa > 0)
        return;
    FUZZ_MUST(kx_tlsa_parse(stage->context, "3 1 1 00", stage->tlsa) == 0);
    stage->n_tlsa = 1;
}

/* The refusal of one who accepts no root but ours, which stands in our
 * request: so one is made, once, and goes without an answer. */
static krb5_data
our_root(struct stage *stage)
{
    static krb5_data refusal;
    struct kx_roots roots = {.n = 1};
    struct kx_message *request;
    gnutls_datum_t der;

    if (refusal.length > 0)
        return refusal;
    need_record(stage);
    stage_initiate(stage, "BRAVO.EXAMPLE");
    FUZZ_MUST(stage->n_requests == 1);
    FUZZ_MUST(kx_decode_message(stage->context, KX_MSG_REQ,
                                &stage->requests[0], &request) == 0);
    der.data = (unsigned char *)request->offer.chain[0].data;
    der.size = request->offer.chain[0].length;
    FUZZ_MUST(gnutls_x509_crt_init(&roots.certificate[0]) >= 0);
    FUZZ_MUST(gnutls_x509_crt_import(roots.certificate[0], &der,
                                     GNUTLS_X509_FMT_DER) >= 0);
    FUZZ_MUST(kx_key_id(stage->context, roots.certificate[0], &roots.id[0]) ==
              0);
    FUZZ_MUST(kx_refusal_make(stage->context, KX_ERR_ANCHOR, "BRAVO.EXAMPLE",
                              OFFERS_NOW, &roots, &refusal) == 0);
    kx_data_free(&roots.id[0]);
    gnutls_x509_crt_deinit(roots.certificate[0]);
    kx_message_free(request);
    offers_clear(stage);
    return refusal;
}

/* What the initiator has to end with, when not all went well on the way to the
 * message; 0 if that, too, counts. */
static krb5_error_code
verdict(int happens)
{
    if ((happens & NO_REALM) != 0)
        return KX_ERR_REALM_NAME;
    if ((happens & SILENT) == STAGE_DNS ||
        (happens & SILENT) == STAGE_CONNECTION)
        return KX_ERR_PEER_SILENT;
    if ((happens & UNREACHED) != 0)
        return KX_ERR_PEER_REFUSED;
    if ((happens & SILENT) == STAGE_SERVER)
        return KX_ERR_PEER_SILENT;
    return (happens & HANGS_UP) != 0 ? KX_ERR_PEER_CLOSED : 0;
}

/* One exchange in which something happens on the way.  Of several servers, the
 * first one's failure is told, and all get the same request. */
static void
go_through(struct stage *stage, int happens, const krb5_data *message)
{
    const size_t servers = (happens & MORE_SERVERS) != 0 ? 2 : 1;
    const size_t failing = ((happens & UNREACHED) != 0 ? 1 : 0) +
                           ((happens & HANGS_UP) != 0 ? 1 : 0);
    const krb5_error_code code = verdict(happens);

    stage->silent = (unsigned int)(happens & SILENT);
    stage->n_more = servers - 1;
    stage->connecting = (happens & UNREACHED) != 0 ? KX_ERR_PEER_REFUSED : 0;
    set_chance(stage, "x25519-ed25519 client", "x25519-ed25519 nonce");
    if ((happens & HANGS_UP) != 0)
        stage->answers[stage->n_answers++] = kx_data(NULL, 0);
    stage->answers[stage->n_answers++] = *message;
    stage_initiate(stage,
                   (happens & NO_REALM) != 0 ? "BRAVO" : "BRAVO.EXAMPLE");
    FUZZ_MUST((stage->crossover != NULL) == (stage->refused == 0));
    FUZZ_MUST(stage->crossover == NULL ||
              (code == 0 ||
               ((happens & (SILENT | NO_REALM)) == 0 && failing < servers)));
    FUZZ_MUST(stage->refused == 0 || code == 0 || stage->refused == code);
    FUZZ_MUST((happens & (HANGS_UP | UNREACHED)) != HANGS_UP ||
              stage->n_requests < 2 ||
              kx_data_equal(&stage->requests[0], &stage->requests[1]));
    if (stage->crossover != NULL)
        offers_check_key(stage);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char realm[] = "ALPHA.EXAMPLE";
    struct stage *stage = offers_stage(realm, "kdc.bravo.example");
    krb5_data message, root, groups = kx_data(NULL, 0);
    size_t asked, head;

    if (size < 2)
        return 0;
    head = size > 3 && data[1] == HAPPENS ? 3 : 1;
    message = kx_data(data + head, size - head);
    root = our_root(stage);
    offers_set(stage, data[0], KX_MSG_REP, &message);
    need_record(stage);
    if (head > 1) {
        go_through(stage, data[2], &message);
        offers_clear(stage);
        return 0;
    }
    if ((data[0] & OFFERS_REROOT) != 0)
        stage->answers[stage->n_answers++] = root;
    if ((data[0] & OFFERS_REGROUP) != 0) {
        groups = other_groups(stage->context);
        stage->answers[stage->n_answers++] = groups;
    } else if ((data[0] & OFFERS_PRIOR) != 0) {
        set_chance(stage, "prior-keys client", "prior-keys nonce");
    } else {
        set_chance(stage, "x25519-ed25519 client", "x25519-ed25519 nonce");
    }
    asked = stage->n_answers;
    stage->answers[asked] =
        asked > 0 && message.length == 1 ? stage->answers[asked - 1] : message;
    stage->answers[asked + 1] = message;
    stage->n_answers = asked + 2;
    stage_initiate(stage, "BRAVO.EXAMPLE");
    FUZZ_MUST((stage->crossover != NULL) == (stage->refused == 0));
    /* It asks again as often as it was asked to, and once for each. */
    FUZZ_MUST(stage->n_requests > asked && stage->n_requests <= 3);
    FUZZ_MUST(asked == 0 || message.length > 1 ||
              stage->n_requests == asked + 1);
    FUZZ_MUST(stage->crossover == NULL || stage->n_requests == asked + 1);
    if (stage->crossover != NULL)
        offers_check_key(stage);
    offers_clear(stage);
    kx_data_free(&groups);
    return 0;
}
