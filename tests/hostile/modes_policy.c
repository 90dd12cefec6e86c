/*
 * modes_policy.c: what is wrong in what an offer says, though it is well said
 * and well signed.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/kx_crossover.h"
#include "tests/hostile/hostile.h"
#include "tests/unit/der.h"

#define HOUR 3600

/* 99991231235959Z: as far away as a KerberosTime can be. */
#define LAST_TIME ((time_t)253402300799)

/* DES, which nobody accepts any more. */
#define WEAK_ETYPE ENCTYPE_DES_CBC_CRC

/* A realm that has all it takes in DNS, and nothing to do with ours. */
#define THIRD_REALM "CHARLIE.EXAMPLE"

static char x448_oid[] = "1.3.101.111"; /* RFC 8410: not one of ours */
static char ecdsa_oid[] = "1.2.840.10045.4.3.2"; /* ecdsa-with-SHA256 */
static char unknown_oid[] = "1.3.6.1.4.1.99999.2";
static const unsigned char unknown_oid_der[] = {
    0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x86, 0x8d, 0x1f, 0x02};

/* The draft's KX-TBSDATA. */
static struct kx_tbsdata *
tbs_of(struct draft *draft)
{
    return &draft->message->offer.tbs;
}

/* Let the crossover be that of service and client; NULL leaves one as it is.
 */
static void
rename_to(struct draft *draft, const char *service, const char *client)
{
    krb5_principal name = tbs_of(draft)->kxname;

    if (service != NULL)
        replace(&name->data[1], service, strlen(service));
    if (client != NULL)
        replace(&name->realm, client, strlen(client));
}

static void
other_service(struct draft *draft)
{
    rename_to(draft, THIRD_REALM, NULL);
}

static void
other_client(struct draft *draft)
{
    rename_to(draft, NULL, THIRD_REALM);
}

static void
both_turned(struct draft *draft)
{
    krb5_principal name = tbs_of(draft)->kxname;
    krb5_data service = name->data[1];

    name->data[1] = name->realm;
    name->realm = service;
}

/* The asked realm's own krbtgt/R@R. */
static void
local_name(struct draft *draft)
{
    krb5_principal name = tbs_of(draft)->kxname;

    replace(&name->realm, name->data[1].data, name->data[1].length);
}

static void
small_letters(struct draft *draft)
{
    krb5_principal name = tbs_of(draft)->kxname;
    unsigned int i;

    for (i = 0; i < name->realm.length; i++) {
        if (name->realm.data[i] >= 'A' && name->realm.data[i] <= 'Z')
            name->realm.data[i] |= 0x20;
    }
}

static void
one_label(struct draft *draft)
{
    rename_to(draft, NULL, "CHARLIE");
}

/* What would be something else in a log's format, a path or a mark. */
static void
odd_characters(struct draft *draft)
{
    rename_to(draft, NULL, "%s%n/../ till=0 A.EXAMPLE");
}

static void
not_krbtgt(struct draft *draft)
{
    replace(&tbs_of(draft)->kxname->data[0], "kadmin", 6);
}

static void
three_components(struct draft *draft)
{
    krb5_principal name = tbs_of(draft)->kxname;
    krb5_data *grown = calloc(3, sizeof(*grown));

    if (grown == NULL)
        must(NULL, ENOMEM, "a name");
    memcpy(grown, name->data, 2 * sizeof(*grown));
    free(name->data);
    name->data = grown;
    name->length = 3;
    replace(&name->data[2], "more", 4);
}

static void
name_type(struct draft *draft)
{
    tbs_of(draft)->kxname->type = KRB5_NT_PRINCIPAL;
}

static void
old(struct draft *draft)
{
    tbs_of(draft)->request_time -= HOUR;
}

static void
early(struct draft *draft)
{
    tbs_of(draft)->request_time += HOUR;
}

static void
short_till(struct draft *draft)
{
    tbs_of(draft)->till = time(NULL) + HOUR;
}

static void
past_till(struct draft *draft)
{
    tbs_of(draft)->till = 0;
}

static void
longer_till(struct draft *draft)
{
    tbs_of(draft)->till += 1;
}

static void
weak_etypes(struct draft *draft)
{
    tbs_of(draft)->accept_etype[0] = WEAK_ETYPE;
    tbs_of(draft)->n_accept_etype = 1;
}

/* Let kvno be value. */
static void
set_kvno(struct draft *draft, uint32_t value)
{
    tbs_of(draft)->has_kvno = TRUE;
    tbs_of(draft)->kvno = value;
}

static void
high_kvno(struct draft *draft)
{
    set_kvno(draft, KX_MAX_KVNO + 1);
}

static void
zero_kvno(struct draft *draft)
{
    set_kvno(draft, 0);
}

static void
no_kvno(struct draft *draft)
{
    tbs_of(draft)->has_kvno = FALSE;
    tbs_of(draft)->kvno = 0;
}

/* Let the peer have to sign its reply with the algorithm oid. */
static void
set_sigalg(struct draft *draft, const char *oid)
{
    struct kx_tbsdata *tbs = tbs_of(draft);

    tbs->accept_sigalg = calloc(1, sizeof(*tbs->accept_sigalg));
    if (tbs->accept_sigalg == NULL)
        must(NULL, ENOMEM, "an algorithm");
    tbs->n_accept_sigalg = 1;
    tbs->accept_sigalg[0].oid = strdup(oid);
}

/* One that nobody has. */
static void
foreign_sigalg(struct draft *draft)
{
    set_sigalg(draft, unknown_oid);
}

/* One that is good, but not for a key on Edwards' curve. */
static void
unfitting_sigalg(struct draft *draft)
{
    set_sigalg(draft, ecdsa_oid);
}

static void
other_nonce(struct draft *draft)
{
    draft->message->offer.nonce ^= 1;
}

/* An extension that nobody knows, and need not. */
static void
add_extension(struct draft *draft, krb5_boolean critical)
{
    struct kx_tbsdata *tbs = tbs_of(draft);

    tbs->extensions = calloc(1, sizeof(*tbs->extensions));
    if (tbs->extensions == NULL)
        must(NULL, ENOMEM, "an extension");
    tbs->n_extensions = 1;
    replace(&tbs->extensions[0].oid, unknown_oid_der, sizeof(unknown_oid_der));
    tbs->extensions[0].critical = critical;
    replace(&tbs->extensions[0].value, "?", 1);
}

/* Add n extensions that are to name prior keys, and do it with value. */
static void
add_prior(struct draft *draft, size_t n, const void *value, size_t length)
{
    struct kx_tbsdata *tbs = tbs_of(draft);

    tbs->extensions = calloc(n, sizeof(*tbs->extensions));
    if (tbs->extensions == NULL)
        must(NULL, ENOMEM, "extensions");
    for (; tbs->n_extensions < n; tbs->n_extensions++) {
        replace(&tbs->extensions[tbs->n_extensions].oid, kx_prior_oid.data,
                kx_prior_oid.length);
        replace(&tbs->extensions[tbs->n_extensions].value, value, length);
    }
}

/* Add n extensions that all name count keys, which nobody has. */
static void
add_prior_names(struct draft *draft, size_t n, size_t count)
{
    /* Version 0 of AES256, with zeros for its check. */
    static const unsigned char name[32] = {0x30, 0x1e, 0xa0, 0x03, 0x02, 0x01,
                                           0x00, 0xa1, 0x03, 0x02, 0x01, 0x12,
                                           0xa2, 0x12, 0x04, 0x10};
    unsigned char names[(KX_MAX_PRIOR_KEYS + 1) * sizeof(name)];
    krb5_data list;
    size_t i;

    for (i = 0; i < count; i++) {
        memcpy(names + i * sizeof(name), name, sizeof(name));
        names[i * sizeof(name) + 6] = (unsigned char)(i + 1);
    }
    list = der_wrap(0x30, names, count * sizeof(name));
    add_prior(draft, n, list.data, list.length);
    kx_data_free(&list);
}

static void
prior_garbage(struct draft *draft)
{
    add_prior(draft, 1, "?", 1);
}

static void
prior_unknown(struct draft *draft)
{
    add_prior_names(draft, 1, 1);
}

static void
prior_twice(struct draft *draft)
{
    add_prior_names(draft, 2, 1);
}

static void
prior_too_many(struct draft *draft)
{
    add_prior_names(draft, 1, KX_MAX_PRIOR_KEYS + 1);
}

static void
plain_extension(struct draft *draft)
{
    add_extension(draft, FALSE);
}

static void
endless(struct draft *draft)
{
    tbs_of(draft)->till = LAST_TIME;
}

/* The version that the asker says to hold. */
static void
same_kvno(struct draft *draft)
{
    set_kvno(draft, draft->request->offer.tbs.kvno);
}

static void
critical_extension(struct draft *draft)
{
    add_extension(draft, TRUE);
}

/* Let key-exchange be a key of length bytes of algorithm. */
static void
set_key(struct draft *draft, const struct kx_algorithm *algorithm,
        const void *key, size_t length)
{
    const krb5_data borrowed = kx_data(key, length);
    krb5_data *spki = &tbs_of(draft)->key_exchange;

    kx_data_free(spki);
    must(NULL, kx_encode_spki(NULL, algorithm, &borrowed, spki), "a key");
}

/* A group that is none of ours. */
static void
unknown_group(struct draft *draft)
{
    static const unsigned char key[56] = {5};
    const struct kx_algorithm x448 = {x448_oid, kx_data(NULL, 0)};

    set_key(draft, &x448, key, sizeof(key));
}

/* One of our groups that is not the request's. */
static void
other_group(struct draft *draft)
{
    struct kx_ephemeral *other;
    const krb5_data *key;

    must(draft->hostile->context,
         kx_ephemeral_generate(draft->hostile->context, KX_GROUP_P256, &other),
         "an ephemeral key");
    key = kx_ephemeral_public(other);
    replace(&tbs_of(draft)->key_exchange, key->data, key->length);
    kx_ephemeral_free(other);
}

/* Every shared secret with this key is all zeros. */
static void
zero_key(struct draft *draft)
{
    static const unsigned char key[32];
    size_t n;

    set_key(draft, &kx_group_algorithms(&n)[KX_GROUP_X25519], key,
            sizeof(key));
}

/* And with this one, of order 8 (RFC 7748 7). */
static void
low_order_key(struct draft *draft)
{
    static const unsigned char key[32] = {
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
        0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
        0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00};
    size_t n;

    set_key(draft, &kx_group_algorithms(&n)[KX_GROUP_X25519], key,
            sizeof(key));
}

static void
short_key(struct draft *draft)
{
    static const unsigned char key[31] = {9};
    size_t n;

    set_key(draft, &kx_group_algorithms(&n)[KX_GROUP_X25519], key,
            sizeof(key));
}

/* A point of the right form, but not on P-256. */
static void
off_curve_key(struct draft *draft)
{
    static const unsigned char key[65] = {4, 1, [64] = 1};
    size_t n;

    set_key(draft, &kx_group_algorithms(&n)[KX_GROUP_P256], key, sizeof(key));
}

const struct mode policy_modes[] = {
    {.name = "plain-extension", .sides = IN_BOTH, .tbs = plain_extension},
    {.name = "endless", .sides = IN_REQUEST, .tbs = endless},
    {.name = "other-service", .sides = IN_BOTH, .tbs = other_service},
    {.name = "other-client", .sides = IN_BOTH, .tbs = other_client},
    {.name = "both-turned", .sides = IN_BOTH, .tbs = both_turned},
    {.name = "local-name", .sides = IN_REQUEST, .tbs = local_name},
    {.name = "small-letters", .sides = IN_REQUEST, .tbs = small_letters},
    {.name = "one-label", .sides = IN_REQUEST, .tbs = one_label},
    {.name = "odd-characters", .sides = IN_REQUEST, .tbs = odd_characters},
    {.name = "not-krbtgt", .sides = IN_BOTH, .tbs = not_krbtgt},
    {.name = "three-components", .sides = IN_BOTH, .tbs = three_components},
    {.name = "name-type", .sides = IN_BOTH, .tbs = name_type},
    {.name = "old", .sides = IN_BOTH, .tbs = old},
    {.name = "early", .sides = IN_BOTH, .tbs = early},
    {.name = "short-till", .sides = IN_BOTH, .tbs = short_till},
    {.name = "past-till", .sides = IN_BOTH, .tbs = past_till},
    {.name = "longer-till", .sides = IN_REPLY, .tbs = longer_till},
    {.name = "weak-etypes", .sides = IN_BOTH, .tbs = weak_etypes},
    {.name = "high-kvno", .sides = IN_BOTH, .tbs = high_kvno},
    {.name = "zero-kvno", .sides = IN_REPLY, .tbs = zero_kvno},
    {.name = "no-kvno", .sides = IN_REPLY, .tbs = no_kvno},
    {.name = "same-kvno", .sides = IN_REPLY, .tbs = same_kvno},
    {.name = "critical-extension",
     .sides = IN_BOTH,
     .tbs = critical_extension},
    {.name = "prior-garbage", .sides = IN_BOTH, .tbs = prior_garbage},
    {.name = "prior-unknown", .sides = IN_BOTH, .tbs = prior_unknown},
    {.name = "prior-twice", .sides = IN_BOTH, .tbs = prior_twice},
    {.name = "prior-too-many", .sides = IN_BOTH, .tbs = prior_too_many},
    {.name = "foreign-sigalg", .sides = IN_REQUEST, .tbs = foreign_sigalg},
    {.name = "unfitting-sigalg", .sides = IN_REQUEST, .tbs = unfitting_sigalg},
    {.name = "other-nonce", .sides = IN_REPLY, .offer = other_nonce},
    {.name = "unknown-group", .sides = IN_BOTH, .tbs = unknown_group},
    {.name = "other-group", .sides = IN_REPLY, .tbs = other_group},
    {.name = "zero-key", .sides = IN_BOTH, .tbs = zero_key},
    {.name = "low-order-key", .sides = IN_BOTH, .tbs = low_order_key},
    {.name = "short-key", .sides = IN_BOTH, .tbs = short_key},
    {.name = "off-curve-key", .sides = IN_REQUEST, .tbs = off_curve_key},
    {.name = NULL},
};
