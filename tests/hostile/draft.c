/*
 * draft.c: genuine messages, with a place for a mode to step in.
 *
 * They are made by the product's own functions, so that what is not spoiled is
 * right; what is spoiled before signing is signed again, and a reply's
 * confirmation is of the two offers as they are then.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "tests/hostile/hostile.h"
#include "tests/unit/der.h"

/* Where a message has its KX-TBSDATA and its signature (der.h). */
#define TBS_PATH "2.1v"
#define SIGNATURE_PATH "2.4v"
#define BIT_STRING 0x03

/* A draft without a message. */
static struct draft *
new_draft(const struct hostile *hostile)
{
    struct draft *draft = calloc(1, sizeof(*draft));

    if (draft == NULL)
        must(NULL, ENOMEM, "a draft");
    draft->hostile = hostile;
    draft->signer = hostile->identity;
    return draft;
}

void
draft_free(struct draft *draft)
{
    if (draft == NULL)
        return;
    kx_message_free(draft->message);
    kx_ephemeral_free(draft->ephemeral);
    kx_data_free(&draft->bytes);
    if (draft->signer != draft->hostile->identity)
        kx_identity_free(draft->signer);
    free(draft);
}

void
replace(krb5_data *out, const void *bytes, size_t length)
{
    const krb5_data borrowed = kx_data(bytes, length);

    kx_data_free(out);
    must(NULL, kx_data_copy(&borrowed, out), "bytes");
}

void
take(struct draft *draft, krb5_data made)
{
    kx_data_free(&draft->bytes);
    draft->bytes = made;
}

/* Sign data as the draft's signer; *algorithm points to a static one. */
static krb5_data
sign(const struct draft *draft, const krb5_data *data,
     const struct kx_algorithm **algorithm)
{
    krb5_data signature;

    must(draft->hostile->context,
         kx_sign(draft->hostile->context, draft->signer, NULL, 0, data,
                 algorithm, &signature),
         "signing");
    return signature;
}

void
sign_tbs(struct draft *draft)
{
    struct kx_offer *offer = &draft->message->offer;
    const struct kx_algorithm *algorithm;

    kx_data_free(&offer->tbs_der);
    must(draft->hostile->context,
         kx_encode_tbsdata(draft->hostile->context, &offer->tbs,
                           &offer->tbs_der),
         "KX-TBSDATA");
    kx_data_free(&offer->signature);
    offer->signature = sign(draft, &offer->tbs_der, &algorithm);
    free(offer->sigalg.oid);
    kx_data_free(&offer->sigalg.parameters);
    offer->sigalg.oid = strdup(algorithm->oid);
    must(NULL, kx_data_copy(&algorithm->parameters, &offer->sigalg.parameters),
         "an algorithm");
}

void
sign_bytes(struct draft *draft)
{
    const struct kx_algorithm *algorithm;
    krb5_data tbs = der_at(&draft->bytes, TBS_PATH), signature, wrapped, old;
    char *content;

    signature = sign(draft, &tbs, &algorithm);
    content = calloc(1, signature.length + 1); /* no unused bits */
    if (content == NULL)
        must(NULL, ENOMEM, "a signature");
    memcpy(content + 1, signature.data, signature.length);
    wrapped = der_wrap(BIT_STRING, content, signature.length + 1);
    old = draft->bytes;
    draft->bytes =
        der_replace(&old, SIGNATURE_PATH, wrapped.data, wrapped.length);
    kx_data_free(&old);
    kx_data_free(&wrapped);
    kx_data_free(&signature);
    free(content);
}

/* Make the genuine offer of terms. */
static void
make_offer(struct draft *draft, const struct kx_terms *terms)
{
    const struct hostile *hostile = draft->hostile;

    must(hostile->context,
         kx_offer_make(hostile->context, hostile->settings, hostile->identity,
                       terms, &draft->message),
         "an offer");
}

/* Let the mode change what is signed. */
static void
spoil_tbs(struct draft *draft, const struct mode *mode)
{
    if (mode->tbs == NULL)
        return;
    mode->tbs(draft);
    sign_tbs(draft);
}

/* Let the mode change what is signed already, and its encoding. */
static void
spoil_rest(struct draft *draft, const struct mode *mode)
{
    krb5_context context = draft->hostile->context;

    if (mode->offer != NULL)
        mode->offer(draft);
    must(context, kx_encode_message(context, draft->message, &draft->bytes),
         "a message");
    draft->announced = 0;
    if (mode->bytes != NULL)
        mode->bytes(draft);
    if (draft->announced == 0)
        draft->announced = draft->bytes.length;
}

struct draft *
make_request(const struct hostile *hostile, const struct mode *mode,
             const char *remote, enum kx_group group)
{
    struct draft *draft = new_draft(hostile);
    const krb5_data service = kx_data(remote, strlen(remote));
    const krb5_data client =
        kx_data(hostile->settings->realm, strlen(hostile->settings->realm));
    krb5_principal kxname;
    struct kx_terms terms = {.msg_type = KX_MSG_REQ};

    must(hostile->context,
         kx_ephemeral_generate(hostile->context, group, &draft->ephemeral),
         "an ephemeral key");
    must(hostile->context,
         kx_crossover_name(hostile->context, &service, &client, &kxname),
         "a name");
    if (gnutls_rnd(GNUTLS_RND_NONCE, &terms.nonce, sizeof(terms.nonce)) < 0)
        must(NULL, KX_ERR_CRYPTO, "a nonce");
    terms.kxname = kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + hostile->settings->lifetime;
    terms.ephemeral = draft->ephemeral;
    make_offer(draft, &terms);
    krb5_free_principal(hostile->context, kxname);
    spoil_tbs(draft, mode);
    spoil_rest(draft, mode);
    return draft;
}

/*
 * The confirmation of the key that request and reply make, with our half of
 * it; zeros where they make none.
 */
static void
confirm(const struct draft *draft, const struct kx_offer *request,
        const struct kx_offer *reply, const krb5_data *theirs,
        unsigned char out[KX_CONFIRM_SIZE])
{
    krb5_context context = draft->hostile->context;
    const struct kx_earlier none = {0};
    struct kx_crossover *crossover = NULL;
    krb5_data z;

    memset(out, 0, KX_CONFIRM_SIZE);
    if (kx_agree(context, draft->ephemeral, theirs, &z) != 0)
        return;
    (void)kx_offers_derive(context, request, reply, &z, &none,
                           kx_ephemeral_group(draft->ephemeral), time(NULL),
                           &crossover, out);
    kx_crossover_free(context, crossover);
    kx_data_zap_free(&z);
}

struct draft *
make_reply(const struct hostile *hostile, const struct mode *mode,
           const struct kx_message *request)
{
    struct draft *draft = new_draft(hostile);
    const struct kx_tbsdata *asked = &request->offer.tbs;
    struct kx_terms terms = {.msg_type = KX_MSG_REP};
    unsigned char confirmation[KX_CONFIRM_SIZE] = {0};
    krb5_data borrowed = kx_data(confirmation, sizeof(confirmation));
    enum kx_group group;

    draft->request = request;
    must(hostile->context,
         kx_group_of_public(hostile->context, &asked->key_exchange, &group),
         "the request's group");
    must(hostile->context,
         kx_ephemeral_generate(hostile->context, group, &draft->ephemeral),
         "an ephemeral key");
    terms.nonce = request->offer.nonce;
    terms.kxname = asked->kxname;
    terms.request_time = time(NULL);
    terms.kvno = asked->kvno + 1;
    terms.till = asked->till;
    terms.ephemeral = draft->ephemeral;
    make_offer(draft, &terms);
    spoil_tbs(draft, mode);
    confirm(draft, &request->offer, &draft->message->offer,
            &asked->key_exchange, confirmation);
    must(NULL, kx_data_copy(&borrowed, &draft->message->confirm),
         "a confirmation");
    spoil_rest(draft, mode);
    return draft;
}

krb5_boolean
is_confirmed(const struct draft *request, const struct kx_message *reply)
{
    unsigned char expected[KX_CONFIRM_SIZE] = {0};
    krb5_data borrowed = kx_data(expected, sizeof(expected));

    confirm(request, &request->message->offer, &reply->offer,
            &reply->offer.tbs.key_exchange, expected);
    return kx_data_equal(&borrowed, &reply->confirm);
}

void
make_error(struct draft *draft, int32_t code, krb5_data e_data)
{
    const struct hostile *hostile = draft->hostile;
    const krb5_data realm =
        kx_data(hostile->settings->realm, strlen(hostile->settings->realm));
    struct kx_krb_error error = {
        .error_code = code, .stime = time(NULL), .e_data = e_data};

    must(hostile->context,
         kx_crossover_name(hostile->context, &realm, &realm, &error.sname),
         "a name");
    kx_data_free(&draft->bytes);
    must(hostile->context,
         kx_encode_krb_error(hostile->context, &error, &draft->bytes),
         "KRB-ERROR");
    kx_data_free(&error.e_data);
    krb5_free_principal(hostile->context, error.sname);
}
