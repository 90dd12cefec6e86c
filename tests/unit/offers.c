/*
 * offers.c: offers for the tests of the six checks.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/offers.h"
#include "tests/unit/test.h"

krb5_context context;
static krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96,
                                ENCTYPE_AES128_CTS_HMAC_SHA1_96};
static char local_name[] = LOCAL;
struct kx_settings settings = {.realm = local_name,
                               .lifetime = 14 * KX_DAY,
                               .lifetime_min = KX_DAY,
                               .clockskew = 300,
                               .etypes = etypes,
                               .n_etypes = 2};

const struct certificate_plan three[3] = {
    {.name = "the KDC", .dns_name = "alpha.example", .purpose = OID_KPKDC},
    {.name = "between", .is_ca = TRUE},
    {.name = "the root", .is_ca = TRUE},
};

int
offers_begin(void **state)
{
    (void)state;
    kx_init_errors();
    return krb5_init_context(&context) == 0 ? 0 : -1;
}

int
offers_end(void **state)
{
    (void)state;
    krb5_free_context(context);
    return 0;
}

struct made
make_offer(int msg_type, struct kx_identity *identity)
{
    struct made made = {.identity = identity};
    krb5_data local = kx_data(LOCAL, strlen(LOCAL));
    krb5_data remote = kx_data(REMOTE, strlen(REMOTE));
    struct kx_terms terms = {.msg_type = msg_type, .nonce = 4711};

    assert_int_equal(
        kx_ephemeral_generate(context, KX_GROUP_X25519, &made.ephemeral), 0);
    assert_int_equal(kx_crossover_name(context, &local, &remote, &made.kxname),
                     0);
    terms.kxname = made.kxname;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 10 * KX_DAY;
    terms.kvno = msg_type == KX_MSG_REP ? 1 : 0;
    terms.ephemeral = made.ephemeral;
    assert_int_equal(
        kx_offer_make(context, &settings, identity, &terms, &made.message), 0);
    return made;
}

struct made
plain_request(void)
{
    return make_offer(KX_MSG_REQ, make_plain_identity("alpha.example"));
}

void
clear(struct made *made)
{
    kx_message_free(made->message);
    krb5_free_principal(context, made->kxname);
    kx_ephemeral_free(made->ephemeral);
    kx_identity_free(made->identity);
}
