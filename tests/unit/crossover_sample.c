/*
 * crossover_sample.c: a crossover key as an exchange makes it, for tests.
 */
#include "config.h"
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/crossover_sample.h"

void
sample_set(char **field, const char *text)
{
    free(*field);
    *field = strdup(text);
    assert_non_null(*field);
}

struct kx_crossover *
sample_crossover(krb5_context context, uint32_t kvno, time_t established,
                 time_t till)
{
    static const krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA384_192,
                                          ENCTYPE_AES128_CTS_HMAC_SHA1_96};
    krb5_data service = kx_data(REMOTE, strlen(REMOTE));
    krb5_data client = kx_data(LOCAL, strlen(LOCAL));
    struct kx_crossover *crossover = calloc(1, sizeof(*crossover));
    krb5_keyblock *key;

    assert_non_null(crossover);
    assert_int_equal(
        kx_crossover_name(context, &service, &client, &crossover->name), 0);
    crossover->kvno = kvno;
    crossover->established = established;
    crossover->till = till;
    crossover->keys = calloc(2, sizeof(*crossover->keys));
    assert_non_null(crossover->keys);
    for (; crossover->n_keys < 2; crossover->n_keys++) {
        key = &crossover->keys[crossover->n_keys];
        key->magic = KV5M_KEYBLOCK;
        key->enctype = etypes[crossover->n_keys];
        key->length = crossover->n_keys == 0 ? 32 : 16;
        key->contents = malloc(key->length);
        assert_non_null(key->contents);
        memset(key->contents, (int)kvno, key->length);
    }
    sample_set(&crossover->origin.host, "kdc.bravo.example");
    crossover->origin.port = 88;
    sample_set(&crossover->origin.certificate,
               "sha256:"
               "000102030405060708090a0b0c0d0e0f"
               "101112131415161718191a1b1c1d1e1f");
    sample_set(&crossover->origin.tlsa, "3-1-1-0a1b2c3d");
    sample_set(&crossover->origin.group, "X25519");
    crossover->origin.chain = 1;
    return crossover;
}
