/*
 * modes_trust.c: what is wrong with who says it: chain, signature, key,
 * confirmation; and answers that are no replies.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/roots.h"
#include "exchange/validate.h"
#include "tests/hostile/hostile.h"
#include "tests/unit/chains.h"
#include "tests/unit/der.h"

/* Protocol error codes, RFC 4120 7.5.9 and RFC 4556 3.1.3. */
#define ERROR_GENERIC 60
#define ERROR_DH_NOT_ACCEPTED 65
#define ERROR_CANT_VERIFY 70

static char x448_oid[] = "1.3.101.111"; /* RFC 8410: not one of ours */
static char sha1_oid[] = "1.2.840.113549.1.1.5"; /* sha1WithRSAEncryption */

static void
chain_in_order(struct draft *draft)
{
    struct kx_identity *authority = make_authority();
    krb5_data chain[2] = {issue(draft, authority, 0), authority->chain[0]};

    set_chain(draft, chain, 2);
    kx_data_free(&chain[0]);
    kx_identity_free(authority);
}

static void
chain_out_of_order(struct draft *draft)
{
    struct kx_identity *authority = make_authority();
    krb5_data leaf = issue(draft, authority, 0);
    krb5_data chain[2] = {authority->chain[0], leaf};

    set_chain(draft, chain, 2);
    kx_data_free(&leaf);
    kx_identity_free(authority);
}

static void
chain_incomplete(struct draft *draft)
{
    struct kx_identity *authority = make_authority();
    krb5_data leaf = issue(draft, authority, 0);

    set_chain(draft, &leaf, 1);
    kx_data_free(&leaf);
    kx_identity_free(authority);
}

/* The next certificate has the issuer's name, and is not the issuer. */
static void
chain_foreign(struct draft *draft)
{
    struct kx_identity *authority = make_authority();
    struct kx_identity *namesake = make_authority();
    krb5_data chain[2] = {issue(draft, authority, 0), namesake->chain[0]};

    set_chain(draft, chain, 2);
    kx_data_free(&chain[0]);
    kx_identity_free(authority);
    kx_identity_free(namesake);
}

static void
broken_certificate(struct draft *draft)
{
    const krb5_data sequence = kx_data("\x30\x03\x02\x01\x01", 5);

    set_chain(draft, &sequence, 1);
}

static void
bad_signature(struct draft *draft)
{
    krb5_data *signature = &draft->message->offer.signature;

    signature->data[signature->length / 2] ^= 1;
}

/* What was signed is not what is sent. */
static void
altered(struct draft *draft)
{
    struct kx_offer *offer = &draft->message->offer;

    offer->tbs.till -= 1;
    kx_data_free(&offer->tbs_der);
    must(NULL, kx_encode_tbsdata(NULL, &offer->tbs, &offer->tbs_der),
         "KX-TBSDATA");
}

/* An algorithm that we do not accept. */
static void
weak_sigalg(struct draft *draft)
{
    struct kx_algorithm *algorithm = &draft->message->offer.sigalg;

    free(algorithm->oid);
    algorithm->oid = strdup(sha1_oid);
    replace(&algorithm->parameters, "\x05\x00", 2);
}

/* Somebody who says to be the realm, with another key. */
static void
other_signer(struct draft *draft)
{
    const char *name = draft->hostile->settings->realm;
    const krb5_data realm = kx_data(name, strlen(name));
    char host[KX_MAX_DNS_NAME];

    must(NULL, kx_realm_to_dns(NULL, &realm, host), "a realm");
    draft->signer = make_plain_identity(host);
    set_chain(draft, draft->signer->chain, draft->signer->n_chain);
}

static void
other_confirm(struct draft *draft)
{
    draft->message->confirm.data[0] ^= 1;
}

/* The request, in the shape of a reply. */
static void
posing_request(struct draft *draft)
{
    krb5_context context = draft->hostile->context;
    struct kx_message posing = *draft->request;
    krb5_data made;

    posing.msg_type = KX_MSG_REP;
    posing.confirm = draft->message->confirm;
    must(context, kx_encode_message(context, &posing, &made), "a message");
    take(draft, made);
}

static void
plain_error(struct draft *draft)
{
    make_error(draft, ERROR_GENERIC, kx_data(NULL, 0));
}

static void
broken_error(struct draft *draft)
{
    plain_error(draft);
    draft->bytes.length -= 1;
}

/* Refuse the group; these n would do. */
static void
refuse_group_for(struct draft *draft, const struct kx_algorithm *groups,
                 size_t n)
{
    krb5_data e_data;

    must(NULL, kx_encode_groups(NULL, groups, n, &e_data), "groups");
    make_error(draft, ERROR_DH_NOT_ACCEPTED, e_data);
}

/* Refuse the group; of ours the n from first on are accepted. */
static void
refuse_group(struct draft *draft, enum kx_group first, size_t n)
{
    size_t all;

    refuse_group_for(draft, &kx_group_algorithms(&all)[first], n);
}

static void
group_wanted(struct draft *draft)
{
    refuse_group(draft, KX_GROUP_P256, 2);
}

/* Refuse the group without a word on which would do. */
static void
group_silent(struct draft *draft)
{
    make_error(draft, ERROR_DH_NOT_ACCEPTED, kx_data(NULL, 0));
}

/* Refuse the group, with groups that cannot be read. */
static void
group_garbled(struct draft *draft)
{
    static const char e_data[] = "\x04\x01?";

    group_wanted(draft);
    take(draft, der_replace(&draft->bytes, "7v", e_data, 3));
}

static void
group_same(struct draft *draft)
{
    refuse_group(draft, KX_GROUP_X25519, 1);
}

static void
group_unknown(struct draft *draft)
{
    const struct kx_algorithm x448 = {x448_oid, kx_data(NULL, 0)};

    refuse_group_for(draft, &x448, 1);
}

/* Refuse the root; the one with this key identifier would do. */
static void
refuse_root(struct draft *draft, const krb5_data *id)
{
    krb5_data e_data;

    must(NULL, kx_encode_certifiers(NULL, id, 1, &e_data), "a root");
    make_error(draft, ERROR_CANT_VERIFY, e_data);
}

/* Refuse the root that the request's chain ends in for that very one. */
static void
root_same(struct draft *draft)
{
    const struct kx_offer *request = &draft->request->offer;
    struct kx_chain chain;
    krb5_data id;

    must(NULL, kx_chain_read(NULL, request->chain, request->n_chain, &chain),
         "the request's chain");
    must(NULL, kx_key_id(NULL, chain.certificate[chain.n - 1], &id),
         "a key identifier");
    refuse_root(draft, &id);
    kx_data_free(&id);
    kx_chain_clear(&chain);
}

static void
root_unknown(struct draft *draft)
{
    const krb5_data id = kx_data("nobody's key identifier", 20);

    refuse_root(draft, &id);
}

/* Refuse the root without a word on which would do. */
static void
root_silent(struct draft *draft)
{
    make_error(draft, ERROR_CANT_VERIFY, kx_data(NULL, 0));
}

/* Refuse the root, with roots that cannot be read. */
static void
root_garbled(struct draft *draft)
{
    const krb5_data noise = kx_data("?", 1);
    krb5_data e_data;

    must(NULL, kx_data_copy(&noise, &e_data), "noise");
    make_error(draft, ERROR_CANT_VERIFY, e_data);
}

const struct mode trust_modes[] = {
    {.name = "chain-in-order", .sides = IN_BOTH, .offer = chain_in_order},
    {.name = "chain-out-of-order",
     .sides = IN_BOTH,
     .offer = chain_out_of_order},
    {.name = "chain-incomplete", .sides = IN_BOTH, .offer = chain_incomplete},
    {.name = "chain-foreign", .sides = IN_BOTH, .offer = chain_foreign},
    {.name = "broken-certificate",
     .sides = IN_BOTH,
     .offer = broken_certificate},
    {.name = "bad-signature", .sides = IN_BOTH, .offer = bad_signature},
    {.name = "altered", .sides = IN_BOTH, .offer = altered},
    {.name = "weak-sigalg", .sides = IN_BOTH, .offer = weak_sigalg},
    {.name = "other-signer", .sides = IN_BOTH, .tbs = other_signer},
    {.name = "posing-request", .sides = IN_REPLY, .bytes = posing_request},
    {.name = "other-confirm", .sides = IN_REPLY, .offer = other_confirm},
    {.name = "error", .sides = IN_REPLY, .bytes = plain_error},
    {.name = "broken-error", .sides = IN_REPLY, .bytes = broken_error},
    {.name = "group-wanted",
     .sides = IN_REPLY,
     .bytes = group_wanted,
     .manner = FIRST_GROUP},
    {.name = "group-always", .sides = IN_REPLY, .bytes = group_wanted},
    {.name = "group-silent", .sides = IN_REPLY, .bytes = group_silent},
    {.name = "group-garbled", .sides = IN_REPLY, .bytes = group_garbled},
    {.name = "group-same", .sides = IN_REPLY, .bytes = group_same},
    {.name = "group-unknown", .sides = IN_REPLY, .bytes = group_unknown},
    {.name = "root-same", .sides = IN_REPLY, .bytes = root_same},
    {.name = "root-unknown", .sides = IN_REPLY, .bytes = root_unknown},
    {.name = "root-silent", .sides = IN_REPLY, .bytes = root_silent},
    {.name = "root-garbled", .sides = IN_REPLY, .bytes = root_garbled},
    {.name = NULL},
};
