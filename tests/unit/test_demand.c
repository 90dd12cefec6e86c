/*
 * test_demand.c: which roots a peer accepts, as its offer or its refusal tells
 * it, and which of them ours are.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "exchange/asking.h"
#include "exchange/demand.h"
#include "exchange/refusal.h"
#include "exchange/roots.h"
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

static krb5_context context;

/* Two key identifiers. */
static krb5_data ids[2];

static int
begin(void **state)
{
    (void)state;
    kx_init_errors();
    ids[0] = kx_data("first root", 10);
    ids[1] = kx_data("second", 6);
    return krb5_init_context(&context) == 0 ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    krb5_free_context(context);
    return 0;
}

/* AuthorityKeyIdentifiers in DER: keyIdentifier "second", and none at all. */
static char second_ca[] = "\x30\x08\x80\x06second";
static char nameless_ca[] = "\x30\x00";

/* The demand of an offer that accepts these roots. */
static struct kx_demand
demand_of(krb5_data *cas, size_t n)
{
    struct kx_tbsdata tbs = {.accept_ca = cas, .n_accept_ca = n};
    struct kx_demand demand;

    assert_int_equal(kx_demand_of_offer(&tbs, &demand), 0);
    return demand;
}

static void
an_offer_without_roots_demands_none(void **state)
{
    struct kx_demand demand = demand_of(NULL, 0);

    (void)state;
    assert_true(kx_demand_has_root(&demand, &ids[0]));
    kx_demand_clear(&demand);
}

static void
an_offer_demands_the_roots_whose_key_identifiers_it_has(void **state)
{
    krb5_data ca = kx_data(second_ca, sizeof(second_ca) - 1);
    struct kx_demand demand = demand_of(&ca, 1);

    (void)state;
    assert_false(kx_demand_has_root(&demand, &ids[0]));
    assert_true(kx_demand_has_root(&demand, &ids[1]));
    kx_demand_clear(&demand);
}

static void
an_offer_with_a_root_that_cannot_be_found_out_demands_none(void **state)
{
    krb5_data cas[2] = {kx_data(second_ca, sizeof(second_ca) - 1),
                        kx_data(nameless_ca, sizeof(nameless_ca) - 1)};
    struct kx_demand demand = demand_of(cas, 2);

    (void)state;
    assert_true(kx_demand_has_root(&demand, &ids[0]));
    kx_demand_clear(&demand);
}

static void
a_refusal_tells_the_roots_that_are_accepted(void **state)
{
    struct kx_demand demand;
    krb5_data e_data;

    (void)state;
    assert_int_equal(kx_encode_certifiers(context, ids, 2, &e_data), 0);
    assert_int_equal(kx_demand_of_refusal(context, &e_data, &demand), 0);
    assert_int_equal(demand.n_roots, 2);
    assert_data_equal(&demand.roots[0], &ids[0]);
    assert_data_equal(&demand.roots[1], &ids[1]);
    kx_demand_clear(&demand);
    kx_data_free(&e_data);
}

/* What RFC 4120 5.9.1 and RFC 4556 3.1.3 make of a root with the key
 * identifier 0102: type 104, one element with subjectKeyIdentifier [2]. */
#define TYPED_DATA                                                            \
    "\x30\x13\x30\x11\xa0\x03\x02\x01\x68\xa1\x0a\x04\x08\x30\x06"            \
    "\x30\x04\x82\x02\x01\x02"

#define TYPE_AT 8
#define TAG_AT 17

static void
the_roots_of_a_refusal_are_as_rfc_4556_has_them(void **state)
{
    const krb5_data id = kx_data("\x01\x02", 2);
    const krb5_data expected = kx_data(TYPED_DATA, sizeof(TYPED_DATA) - 1);
    krb5_data e_data;

    (void)state;
    assert_int_equal(kx_encode_certifiers(context, &id, 1, &e_data), 0);
    assert_data_equal(&e_data, &expected);
    kx_data_free(&e_data);
}

/* Decode bytes as the roots of a refusal, which must not be right. */
static krb5_error_code
refused(const char *bytes, size_t length)
{
    const krb5_data in = kx_data(bytes, length);
    krb5_data *found;
    krb5_error_code ret;
    size_t n;

    ret = kx_decode_certifiers(context, &in, &found, &n);
    assert_int_not_equal(ret, 0);
    return ret;
}

static void
roots_that_are_not_in_der_are_refused_at_every_length(void **state)
{
    char bytes[sizeof(TYPED_DATA)];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(TYPED_DATA) - 1; i++)
        (void)refused(TYPED_DATA, i);
    (void)refused(TYPED_DATA, sizeof(TYPED_DATA)); /* a byte too many */
    memcpy(bytes, TYPED_DATA, sizeof(bytes));
    bytes[TYPE_AT] = 109; /* another type */
    assert_int_equal(refused(bytes, sizeof(bytes) - 1), KX_ERR_DECODE);
    memcpy(bytes, TYPED_DATA, sizeof(bytes));
    bytes[TAG_AT] = (char)0x83; /* a field that there is not */
    (void)refused(bytes, sizeof(bytes) - 1);
}

static void
no_more_roots_are_told_or_read_than_the_bound(void **state)
{
    krb5_data many[KX_MAX_CAS + 1], e_data, *found;
    size_t i, n;

    (void)state;
    for (i = 0; i <= KX_MAX_CAS; i++)
        many[i] = ids[0];
    assert_int_equal(kx_encode_certifiers(context, many, KX_MAX_CAS, &e_data),
                     0);
    assert_int_equal(kx_decode_certifiers(context, &e_data, &found, &n), 0);
    assert_int_equal(n, KX_MAX_CAS);
    kx_datas_free(found, n);
    kx_data_free(&e_data);
    assert_int_not_equal(
        kx_encode_certifiers(context, many, KX_MAX_CAS + 1, &e_data), 0);
}

static void
a_root_named_in_another_way_is_passed_over(void **state)
{
    char named[] = TYPED_DATA;
    const krb5_data e_data = kx_data(named, sizeof(named) - 1);
    struct kx_demand demand;

    (void)state;
    named[TAG_AT] = (char)0x80; /* subjectName */
    assert_int_equal(kx_demand_of_refusal(context, &e_data, &demand), 0);
    assert_int_equal(demand.n_roots, 0);
    kx_demand_clear(&demand);
}

static void
who_refuses_our_root_and_names_none_that_would_do_is_told_of(void **state)
{
    char named[] = TYPED_DATA;
    struct kx_engine engine = {.context = context};
    struct kx_asking asking = {.engine = &engine};
    const struct kx_krb_error refusal = {
        .error_code = kx_refusal_code(KX_ERR_ANCHOR),
        .e_data = kx_data(named, sizeof(named) - 1)};
    const char *message;

    (void)state;
    named[TAG_AT] = (char)0x80; /* subjectName */
    assert_int_equal(kx_asking_please(&asking, "kdc.example", &refusal),
                     KX_ERR_POLICY_CA);
    message = krb5_get_error_message(context, KX_ERR_POLICY_CA);
    assert_non_null(strstr(message, "kdc.example does not accept the root"));
    assert_non_null(strstr(message, "names none by a key identifier"));
    krb5_free_error_message(context, message);
    assert_null(asking.request);
    kx_asking_clear(&asking);
}

static void
a_refusal_that_is_none_of_kxovers_is_told_so(void **state)
{
    struct kx_engine engine = {.context = context};
    struct kx_asking asking = {.engine = &engine};
    const struct kx_krb_error refusal = {.error_code = 6};
    const char *message;

    (void)state;
    assert_int_equal(kx_asking_please(&asking, "kdc.example", &refusal),
                     KX_ERR_PEER_REFUSED);
    message = krb5_get_error_message(context, KX_ERR_PEER_REFUSED);
    assert_non_null(strstr(message, "is it a KDC without kxoverd?"));
    assert_non_null(strstr(message, "(error 6)"));
    krb5_free_error_message(context, message);
    kx_asking_clear(&asking);
}

static void
a_demand_is_told_in_digits_and_not_at_any_length(void **state)
{
    char text[KX_DEMAND_TEXT_SIZE];
    krb5_data many[KX_MAX_CAS];
    struct kx_demand demand = {.roots = many, .n_roots = KX_MAX_CAS};
    const char *end;
    size_t i;

    (void)state;
    for (i = 0; i < KX_MAX_CAS; i++)
        many[i] = ids[1];
    (void)kx_demand_text(&demand, text);
    assert_ptr_equal(strstr(text, "7365636f6e64, "), text);
    end = strstr(text, ", ...");
    assert_non_null(end);
    assert_int_equal(end - text, 3 * 12 + 2 * 2);
}

/* Write certificate as PEM into the file at path. */
static void
write_certificate(const char *path, const krb5_data *certificate)
{
    const gnutls_datum_t der = {(unsigned char *)certificate->data,
                                certificate->length};
    gnutls_datum_t pem;
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    assert_true(gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) >= 0);
    assert_int_equal(fwrite(pem.data, 1, pem.size, file), pem.size);
    assert_int_equal(fclose(file), 0);
    gnutls_free(pem.data);
}

static void
a_root_of_ours_is_told_so_that_others_find_it(void **state)
{
    static const struct certificate_plan plan = {.name = "root",
                                                 .is_ca = TRUE};
    struct kx_identity *identity = make_identity(&plan, 1);
    char path[] = "/tmp/kxover-test-XXXXXX", *specs[2] = {path, NULL};
    struct kx_roots *roots;
    struct kx_demand demand;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    write_certificate(path, &identity->chain[0]);
    assert_int_equal(kx_roots_load(context, specs, &roots), 0);
    assert_int_equal(roots->n, 1);
    /* Its key's SHA-1, as the certificate has no identifier of its own. */
    assert_int_equal(roots->id[0].length, 20);
    demand = demand_of(roots->ca, roots->n);
    assert_int_equal(demand.n_roots, 1);
    assert_true(kx_demand_has_root(&demand, &roots->id[0]));
    kx_demand_clear(&demand);
    kx_roots_free(roots);
    kx_identity_free(identity);
    assert_int_equal(unlink(path), 0);
}

/* What comes of loading the roots of a file that holds n copies of root. */
static krb5_error_code
load_copies(const krb5_data *root, unsigned int n, unsigned int *n_loaded)
{
    char path[] = "/tmp/kxover-test-XXXXXX";
    char spec[sizeof("FILE:") + sizeof(path)], *specs[2] = {spec, NULL};
    struct kx_roots *roots = NULL;
    krb5_error_code ret;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    while (n-- > 0)
        write_certificate(path, root);
    (void)snprintf(spec, sizeof(spec), "FILE:%s", path);
    ret = kx_roots_load(context, specs, &roots);
    assert_true((ret == 0) == (roots != NULL));
    *n_loaded = roots != NULL ? roots->n : 0;
    kx_roots_free(roots);
    assert_int_equal(unlink(path), 0);
    return ret;
}

static void
no_more_roots_are_loaded_than_a_peer_can_be_told(void **state)
{
    struct kx_identity *identity = make_plain_identity("alpha.example");
    const krb5_data *root = &identity->chain[0];
    unsigned int n;

    (void)state;
    assert_int_equal(load_copies(root, KX_MAX_CAS, &n), 0);
    assert_int_equal(n, KX_MAX_CAS);
    assert_int_equal(load_copies(root, KX_MAX_CAS + 1, &n), KX_ERR_ANCHOR);
    kx_identity_free(identity);
}

static void
a_file_that_holds_no_certificate_is_told(void **state)
{
    unsigned int n;

    (void)state;
    assert_int_equal(load_copies(NULL, 0, &n), KX_ERR_ANCHOR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_without_roots_demands_none),
        cmocka_unit_test(
            an_offer_demands_the_roots_whose_key_identifiers_it_has),
        cmocka_unit_test(
            an_offer_with_a_root_that_cannot_be_found_out_demands_none),
        cmocka_unit_test(a_refusal_tells_the_roots_that_are_accepted),
        cmocka_unit_test(the_roots_of_a_refusal_are_as_rfc_4556_has_them),
        cmocka_unit_test(
            roots_that_are_not_in_der_are_refused_at_every_length),
        cmocka_unit_test(no_more_roots_are_told_or_read_than_the_bound),
        cmocka_unit_test(a_root_named_in_another_way_is_passed_over),
        cmocka_unit_test(
            who_refuses_our_root_and_names_none_that_would_do_is_told_of),
        cmocka_unit_test(a_refusal_that_is_none_of_kxovers_is_told_so),
        cmocka_unit_test(a_demand_is_told_in_digits_and_not_at_any_length),
        cmocka_unit_test(a_root_of_ours_is_told_so_that_others_find_it),
        cmocka_unit_test(no_more_roots_are_loaded_than_a_peer_can_be_told),
        cmocka_unit_test(a_file_that_holds_no_certificate_is_told),
    };

    return cmocka_run_group_tests(tests, begin, end) == 0 ? 0 : 1;
}
