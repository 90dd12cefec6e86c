/*
 * test_asn1_bounds.c: every bound of kx_asn1.h holds exactly, both ways.
 *
 * What is as long as the bound comes back; one more is refused as too long, by
 * the encoder when it is asked for it and by the decoder when it is sent.  The
 * latter messages come from the valid one, as no encoder would make them.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

#define MAX_COUNT 80

/* A byte string of this length, all of it one character. */
static krb5_data
text_of(char character, size_t length)
{
    char *text = test_alloc(length + 1);

    memset(text, character, length);
    return kx_data(text, length);
}

/* One DER element of exactly this size, which is 2 or over 260. */
static krb5_data
element_of(unsigned char tag, size_t size)
{
    krb5_data content = text_of('e', size), out;
    size_t header = size < 0x80 + 2 ? 2 : size <= 0xff + 3 ? 3 : 4;

    out = der_wrap(tag, content.data, size - header);
    assert_int_equal(out.length, size);
    kx_data_free(&content);
    return out;
}

/* The decoder takes n of what the list at path holds, and no more. */
static void
list_decodes_up_to(const char *path, size_t n)
{
    krb5_data der = sample_encoded(SAMPLE_REQ), other, out;

    other = der_repeat(&der, path, n);
    assert_int_equal(sample_again(SAMPLE_REQ, &other, &out), 0);
    assert_data_equal(&other, &out);
    kx_data_free(&out);
    kx_data_free(&other);
    other = der_repeat(&der, path, n + 1);
    assert_refused(SAMPLE_REQ, &other, KX_ERR_TOO_LONG);
    kx_data_free(&other);
    kx_data_free(&der);
}

/* The decoder takes tag with n bytes at path, and no more. */
static void
value_decodes_up_to(const char *path, unsigned char tag, size_t n)
{
    krb5_data text = text_of('v', n + 1), element;

    element = der_wrap(tag, text.data, n);
    assert_accepted_with(path, element.data, element.length);
    kx_data_free(&element);
    element = der_wrap(tag, text.data, n + 1);
    assert_refused_with(SAMPLE_REQ, path, element.data, element.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&element);
    kx_data_free(&text);
}

/* The decoder takes an element of n bytes in all at path, and no more. */
static void
element_decodes_up_to(const char *path, unsigned char tag, size_t n)
{
    krb5_data element;

    element = element_of(tag, n);
    assert_accepted_with(path, element.data, element.length);
    kx_data_free(&element);
    element = element_of(tag, n + 1);
    assert_refused_with(SAMPLE_REQ, path, element.data, element.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&element);
}

/* The encoder takes message when *length is n, and not when it is one more. */
static void
encodes_up_to(const struct kx_message *message, unsigned int *length,
              unsigned int n)
{
    *length = n;
    assert_int_equal(sample_try(message), 0);
    *length = n + 1;
    assert_int_equal(sample_try(message), KX_ERR_TOO_LONG);
}

/* The same for a count of elements, which may not be 0 either. */
static void
encodes_count_up_to(const struct kx_message *message, size_t *count, size_t n)
{
    *count = n;
    assert_int_equal(sample_try(message), 0);
    *count = n + 1;
    assert_int_equal(sample_try(message), KX_ERR_TOO_LONG);
}

static void
a_name_has_up_to_4_components(void **state)
{
    krb5_data components[5];
    krb5_principal_data name;
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    name = *message.offer.tbs.kxname;
    for (i = 0; i < 5; i++)
        components[i] = name.data[0];
    name.data = components;
    message.offer.tbs.kxname = &name;
    name.length = KX_MAX_NAME_COMPONENTS;
    assert_int_equal(sample_try(&message), 0);
    name.length = KX_MAX_NAME_COMPONENTS + 1;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);
    name.length = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);

    list_decodes_up_to("2.1.2.1v", KX_MAX_NAME_COMPONENTS);
}

static void
a_component_has_up_to_255_characters(void **state)
{
    krb5_data text = text_of('n', 300), components[1];
    krb5_principal_data name;
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    name = *message.offer.tbs.kxname;
    components[0] = text;
    name.data = components;
    name.length = 1;
    message.offer.tbs.kxname = &name;
    encodes_up_to(&message, &components[0].length, KX_MAX_NAME_COMPONENT);
    components[0].length = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    kx_data_free(&text);

    value_decodes_up_to("2.1.2.1.1", 0x1b, KX_MAX_NAME_COMPONENT);
}

static void
a_realm_has_up_to_253_characters(void **state)
{
    krb5_data text = text_of('R', 300);
    krb5_principal_data name;
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    name = *message.offer.tbs.kxname;
    name.realm = text;
    message.offer.tbs.kxname = &name;
    encodes_up_to(&message, &name.realm.length, KX_MAX_REALM);
    name.realm.length = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    kx_data_free(&text);

    value_decodes_up_to("2.1.3v", 0x1b, KX_MAX_REALM);
}

/* A SubjectPublicKeyInfo of size bytes in all, over 300. */
static krb5_data
public_key_of(size_t size)
{
    static const char algorithm[] = "\x30\x05\x06\x03\x2b\x65\x6e";
    size_t header = 4, bits = size - header - (sizeof(algorithm) - 1);
    krb5_data key = element_of(0x03, bits), out;
    char *content = test_alloc(size);

    key.data[bits <= 0xff + 3 ? 3 : 4] = 0;
    memcpy(content, algorithm, sizeof(algorithm) - 1);
    memcpy(content + sizeof(algorithm) - 1, key.data, key.length);
    out = der_wrap(0x30, content, size - header);
    assert_int_equal(out.length, size);
    kx_data_free(&key);
    free(content);
    return out;
}

static void
a_key_exchange_has_up_to_1024_bytes(void **state)
{
    krb5_data fits = public_key_of(KX_MAX_KEY_EXCHANGE);
    krb5_data over = public_key_of(KX_MAX_KEY_EXCHANGE + 1);
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.key_exchange = fits;
    assert_int_equal(sample_try(&message), 0);
    message.offer.tbs.key_exchange = over;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);

    assert_accepted_with("2.1.4v", fits.data, fits.length);
    assert_refused_with(SAMPLE_REQ, "2.1.4v", over.data, over.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&fits);
    kx_data_free(&over);
}

static void
up_to_32_encryption_types_are_accepted(void **state)
{
    krb5_enctype etypes[MAX_COUNT] = {18};
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.accept_etype = etypes;
    encodes_count_up_to(&message, &message.offer.tbs.n_accept_etype,
                        KX_MAX_ETYPES);
    message.offer.tbs.n_accept_etype = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);

    list_decodes_up_to("2.1.6v", KX_MAX_ETYPES);
}

static void
up_to_32_algorithms_are_accepted(void **state)
{
    struct kx_algorithm algorithms[MAX_COUNT];
    struct kx_message message;
    size_t i;

    (void)state;
    for (i = 0; i < MAX_COUNT; i++)
        algorithms[i] = sample_groups[0];
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.accept_group = algorithms;
    encodes_count_up_to(&message, &message.offer.tbs.n_accept_group,
                        KX_MAX_ALGORITHMS);
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.accept_sigalg = algorithms;
    encodes_count_up_to(&message, &message.offer.tbs.n_accept_sigalg,
                        KX_MAX_ALGORITHMS);

    list_decodes_up_to("2.1.7v", KX_MAX_ALGORITHMS);
    list_decodes_up_to("2.1.8v", KX_MAX_ALGORITHMS);
}

static void
parameters_have_up_to_256_bytes(void **state)
{
    krb5_data fits = element_of(0x04, KX_MAX_ALGORITHM_PARAMETERS);
    krb5_data over = element_of(0x04, KX_MAX_ALGORITHM_PARAMETERS + 1);
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.sigalg.parameters = fits;
    assert_int_equal(sample_try(&message), 0);
    message.offer.sigalg.parameters = over;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);
    kx_data_free(&fits);
    kx_data_free(&over);

    element_decodes_up_to("2.3.1", 0x04, KX_MAX_ALGORITHM_PARAMETERS);
}

static void
an_object_identifier_has_up_to_64_characters(void **state)
{
    /* 1.2 and 31 arcs of one digit, then one arc of two digits. */
    char fits[80], over[sizeof(fits) + 1];
    char arcs[40] = "\x06\x1f\x2a";
    struct kx_message message;
    size_t i;

    (void)state;
    memset(arcs + 3, 3, 30);
    for (i = 0; i < 32; i++)
        (void)snprintf(fits + 2 * i, 3, "%c.",
                       i == 0   ? '1'
                       : i == 1 ? '2'
                                : '3');
    (void)snprintf(fits + 62, 3, "33");
    (void)snprintf(over, sizeof(over), "%s3", fits);
    assert_int_equal(strlen(fits), KX_MAX_OID);
    sample_full(KX_MSG_REQ, &message);
    message.offer.sigalg.oid = fits;
    assert_int_equal(sample_try(&message), 0);
    message.offer.sigalg.oid = over;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);

    /* 1.2 and 30 arcs of one digit are 63 characters. */
    assert_accepted_with("2.3.0", arcs, 33);
    arcs[32] = 33;
    assert_accepted_with("2.3.0", arcs, 33);
    arcs[31] = 33;
    assert_refused_with(SAMPLE_REQ, "2.3.0", arcs, 33, KX_ERR_TOO_LONG);
}

static void
up_to_64_authorities_are_accepted(void **state)
{
    krb5_data cas[MAX_COUNT];
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < MAX_COUNT; i++)
        cas[i] = message.offer.tbs.accept_ca[0];
    message.offer.tbs.accept_ca = cas;
    encodes_count_up_to(&message, &message.offer.tbs.n_accept_ca, KX_MAX_CAS);

    list_decodes_up_to("2.1.9v", KX_MAX_CAS);
}

/* An AuthorityKeyIdentifier of size bytes in all. */
static krb5_data
authority_of(size_t size)
{
    krb5_data key = element_of(0x80, size - 4);
    krb5_data out = der_wrap(0x30, key.data, key.length);

    kx_data_free(&key);
    assert_int_equal(out.length, size);
    return out;
}

static void
an_authority_has_up_to_2048_bytes(void **state)
{
    krb5_data fits = authority_of(KX_MAX_CA),
              over = authority_of(KX_MAX_CA + 1);
    krb5_data cas[1] = {fits};
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.tbs.accept_ca = cas;
    message.offer.tbs.n_accept_ca = 1;
    assert_int_equal(sample_try(&message), 0);
    cas[0] = over;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);

    assert_accepted_with("2.1.9.0", fits.data, fits.length);
    assert_refused_with(SAMPLE_REQ, "2.1.9.0", over.data, over.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&fits);
    kx_data_free(&over);
}

static void
up_to_16_extensions_are_taken(void **state)
{
    struct kx_extension extensions[MAX_COUNT];
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < MAX_COUNT; i++)
        extensions[i] = message.offer.tbs.extensions[0];
    message.offer.tbs.extensions = extensions;
    encodes_count_up_to(&message, &message.offer.tbs.n_extensions,
                        KX_MAX_EXTENSIONS);

    list_decodes_up_to("2.1.10v", KX_MAX_EXTENSIONS);
}

static void
an_extension_has_up_to_4096_bytes(void **state)
{
    krb5_data text = text_of('x', KX_MAX_EXTENSION_VALUE + 1);
    struct kx_extension extensions[1];
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    extensions[0] = message.offer.tbs.extensions[0];
    extensions[0].value = text;
    message.offer.tbs.extensions = extensions;
    message.offer.tbs.n_extensions = 1;
    encodes_up_to(&message, &extensions[0].value.length,
                  KX_MAX_EXTENSION_VALUE);
    kx_data_free(&text);

    value_decodes_up_to("2.1.10.0.2v", 0x04, KX_MAX_EXTENSION_VALUE);
}

static void
a_chain_has_up_to_10_certificates(void **state)
{
    krb5_data chain[MAX_COUNT];
    struct kx_message message;
    size_t i;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    for (i = 0; i < MAX_COUNT; i++)
        chain[i] = message.offer.chain[0];
    message.offer.chain = chain;
    encodes_count_up_to(&message, &message.offer.n_chain, KX_MAX_CHAIN);
    message.offer.n_chain = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);

    list_decodes_up_to("2.2v", KX_MAX_CHAIN);
}

static void
a_certificate_has_up_to_16384_bytes(void **state)
{
    krb5_data fits = element_of(0x30, KX_MAX_CERTIFICATE);
    krb5_data over = element_of(0x30, KX_MAX_CERTIFICATE + 1);
    krb5_data chain[1] = {fits};
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.chain = chain;
    message.offer.n_chain = 1;
    assert_int_equal(sample_try(&message), 0);
    chain[0] = over;
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);
    kx_data_free(&fits);
    kx_data_free(&over);

    element_decodes_up_to("2.2.0", 0x30, KX_MAX_CERTIFICATE);
}

static void
a_signature_has_up_to_2048_bytes(void **state)
{
    krb5_data text = text_of('\0', KX_MAX_SIGNATURE + 2), element;
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    message.offer.signature = text;
    encodes_up_to(&message, &message.offer.signature.length, KX_MAX_SIGNATURE);
    message.offer.signature.length = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);

    element = der_wrap(0x03, text.data, KX_MAX_SIGNATURE + 1);
    assert_accepted_with("2.4v", element.data, element.length);
    kx_data_free(&element);
    element = der_wrap(0x03, text.data, KX_MAX_SIGNATURE + 2);
    assert_refused_with(SAMPLE_REQ, "2.4v", element.data, element.length,
                        KX_ERR_TOO_LONG);
    kx_data_free(&element);
    kx_data_free(&text);
}

static void
a_confirmation_has_32_bytes(void **state)
{
    struct kx_message message;

    (void)state;
    sample_full(KX_MSG_REP, &message);
    message.confirm.length = KX_CONFIRM_SIZE - 1;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    message.confirm.length = 0;
    assert_int_equal(sample_try(&message), KX_ERR_ENCODE);
    message.confirm = kx_data("fedcba9876543210fedcba9876543210+", 33);
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);
}

/* A request of exactly size bytes, most of it certificates. */
static void
request_of(size_t size, struct kx_message *message, krb5_data *chain)
{
    krb5_data der;
    size_t i;

    sample_full(KX_MSG_REQ, message);
    for (i = 0; i < 4; i++)
        chain[i] = element_of(0x30, i < 3 ? KX_MAX_CERTIFICATE : 10000);
    message->offer.chain = chain;
    message->offer.n_chain = 4;
    der = sample_encode(message);
    assert_true(size > der.length && size - der.length < 6000);
    kx_data_free(&chain[3]);
    chain[3] = element_of(0x30, 10000 + size - der.length);
    kx_data_free(&der);
}

static void
a_message_has_up_to_65536_bytes(void **state)
{
    krb5_data chain[4], der, over, out;
    struct kx_message message;
    size_t i;

    (void)state;
    request_of(KX_MAX_MESSAGE, &message, chain);
    der = sample_encode(&message);
    assert_int_equal(der.length, KX_MAX_MESSAGE);
    assert_int_equal(sample_again(SAMPLE_REQ, &der, &out), 0);
    assert_data_equal(&der, &out);
    kx_data_free(&out);

    /* One byte more, in the signature. */
    over = der_replace(&der, "2.4v",
                       "\x03\x1a\x00"
                       "a signature of some bytes+",
                       29);
    assert_int_equal(over.length, KX_MAX_MESSAGE + 1);
    assert_refused(SAMPLE_REQ, &over, KX_ERR_TOO_LONG);
    kx_data_free(&over);
    kx_data_free(&der);
    for (i = 0; i < 4; i++)
        kx_data_free(&chain[i]);

    request_of(KX_MAX_MESSAGE + 1, &message, chain);
    assert_int_equal(sample_try(&message), KX_ERR_TOO_LONG);
    for (i = 0; i < 4; i++)
        kx_data_free(&chain[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_up_to_4_components),
        cmocka_unit_test(a_component_has_up_to_255_characters),
        cmocka_unit_test(a_realm_has_up_to_253_characters),
        cmocka_unit_test(a_key_exchange_has_up_to_1024_bytes),
        cmocka_unit_test(up_to_32_encryption_types_are_accepted),
        cmocka_unit_test(up_to_32_algorithms_are_accepted),
        cmocka_unit_test(parameters_have_up_to_256_bytes),
        cmocka_unit_test(an_object_identifier_has_up_to_64_characters),
        cmocka_unit_test(up_to_64_authorities_are_accepted),
        cmocka_unit_test(an_authority_has_up_to_2048_bytes),
        cmocka_unit_test(up_to_16_extensions_are_taken),
        cmocka_unit_test(an_extension_has_up_to_4096_bytes),
        cmocka_unit_test(a_chain_has_up_to_10_certificates),
        cmocka_unit_test(a_certificate_has_up_to_16384_bytes),
        cmocka_unit_test(a_signature_has_up_to_2048_bytes),
        cmocka_unit_test(a_confirmation_has_32_bytes),
        cmocka_unit_test(a_message_has_up_to_65536_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
