/*
 * test_asn1_codec.c: what the files of asn1/ promise each other (codec.h):
 * what does not fit KXOVER.asn1, or is longer than allowed, is an error,
 * whoever of them has made it.
 */
#include "config.h"
#include <errno.h>
#include <string.h>
#include "asn1/codec.h"
#include "tests/unit/asn1_sample.h"
#include "tests/unit/der.h"
#include "tests/unit/test.h"

/* An empty tree of type. */
static asn1_node
tree_of(const char *type)
{
    asn1_node tree = NULL;

    assert_int_equal(kx_tree_new(NULL, type, &tree), 0);
    return tree;
}

static void
there_is_no_tree_of_an_unknown_type(void **state)
{
    asn1_node tree = NULL;

    (void)state;
    assert_int_not_equal(kx_tree_new(NULL, "KX-NOTHING", &tree), 0);
    assert_null(tree);
}

static void
a_tree_with_a_value_missing_is_not_encoded(void **state)
{
    asn1_node tree = tree_of("KX-REQ");
    krb5_data der = kx_data(NULL, 0);

    (void)state;
    assert_int_equal(kx_asn1_put_int32(NULL, tree, "pvno", 5), 0);
    assert_int_equal(kx_tree_encode(NULL, tree, KX_MAX_MESSAGE, &der),
                     KX_ERR_ENCODE);
    assert_null(der.data);
    asn1_delete_structure(&tree);
}

static void
a_field_that_the_type_does_not_have_is_not_written(void **state)
{
    asn1_node tree = tree_of("KX-REQ");

    (void)state;
    assert_int_equal(kx_asn1_put_int32(NULL, tree, "colour", 5),
                     KX_ERR_ENCODE);
    assert_int_equal(kx_asn1_put_element(NULL, tree, "colour"), KX_ERR_ENCODE);
    asn1_delete_structure(&tree);
}

static void
a_name_longer_than_any_names_no_field(void **state)
{
    asn1_node tree = tree_of("KX-REQ");
    char name[3 * ASN1_MAX_NAME_SIZE];

    (void)state;
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_null(kx_asn1_field(kx_asn1_field(tree, "offer"), name));
    asn1_delete_structure(&tree);
}

static void
a_boolean_that_is_not_there_is_not_read(void **state)
{
    asn1_node tree = tree_of("KX-REQ");
    krb5_boolean value = FALSE;

    (void)state;
    assert_int_equal(kx_asn1_get_boolean(NULL, tree, "critical", &value),
                     KX_ERR_DECODE);
    asn1_delete_structure(&tree);
}

static void
a_principal_has_no_place_in_a_tree_without_its_fields(void **state)
{
    struct kx_message message;
    asn1_node tree = tree_of("KXOVER-KEY-INFO");

    (void)state;
    sample_full(KX_MSG_REQ, &message);
    assert_int_equal(kx_asn1_put_principal(NULL, tree, "sname", "realm",
                                           message.offer.tbs.kxname),
                     KX_ERR_ENCODE);
    asn1_delete_structure(&tree);
}

static void
without_memory_it_is_not_said_that_the_encoding_is_wrong(void **state)
{
    krb5_data in = kx_data("0", 1), again = kx_data(NULL, 0);

    (void)state;
    assert_int_equal(kx_asn1_same_again(NULL, ENOMEM, &in, &again), ENOMEM);
    assert_int_equal(kx_asn1_same_again(NULL, KX_ERR_ENCODE, &in, &again),
                     KX_ERR_NOT_DER);
}

/* What decode() says of size bytes in one element. */
static krb5_error_code
decode_certificate_of(size_t size)
{
    char *content = test_alloc(size);
    krb5_data der;
    struct kx_certificate certificate;
    krb5_error_code ret;

    memset(content, 0, size);
    der = der_wrap(0x30, content, size);
    ret = kx_decode_certificate(NULL, &der, &certificate);
    kx_data_free(&der);
    free(content);
    return ret;
}

static void
a_certificate_is_bounded_before_it_is_read(void **state)
{
    (void)state;
    assert_int_equal(decode_certificate_of(KX_MAX_CERTIFICATE),
                     KX_ERR_TOO_LONG);
    assert_int_equal(decode_certificate_of(16), KX_ERR_DECODE);
}

static void
names_of_prior_keys_are_bounded_before_they_are_read(void **state)
{
    char *content = test_alloc(KX_MAX_EXTENSION_VALUE);
    struct kx_prior_name *names;
    krb5_data inner, der;
    size_t n;

    (void)state;
    memset(content, 0, KX_MAX_EXTENSION_VALUE);
    inner = der_wrap(0x04, content, KX_MAX_EXTENSION_VALUE);
    der = der_wrap(0x30, inner.data, inner.length);
    assert_int_equal(kx_decode_prior_names(NULL, &der, &names, &n),
                     KX_ERR_TOO_LONG);
    assert_null(names);
    kx_data_free(&der);
    kx_data_free(&inner);
    free(content);
}

static void
a_list_of_roots_is_not_empty(void **state)
{
    krb5_data none = der_wrap(0x30, "", 0), der = kx_data(NULL, 0);
    krb5_data *ids = NULL;
    size_t n = 0;

    (void)state;
    assert_int_equal(kx_asn1_encode_typed_data(NULL, 104, &none, &der), 0);
    assert_int_equal(kx_decode_certifiers(NULL, &der, &ids, &n),
                     KX_ERR_DECODE);
    assert_null(ids);
    kx_data_free(&der);
    kx_data_free(&none);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_tree_of_an_unknown_type),
        cmocka_unit_test(a_tree_with_a_value_missing_is_not_encoded),
        cmocka_unit_test(a_field_that_the_type_does_not_have_is_not_written),
        cmocka_unit_test(a_name_longer_than_any_names_no_field),
        cmocka_unit_test(a_boolean_that_is_not_there_is_not_read),
        cmocka_unit_test(
            a_principal_has_no_place_in_a_tree_without_its_fields),
        cmocka_unit_test(
            without_memory_it_is_not_said_that_the_encoding_is_wrong),
        cmocka_unit_test(a_certificate_is_bounded_before_it_is_read),
        cmocka_unit_test(names_of_prior_keys_are_bounded_before_they_are_read),
        cmocka_unit_test(a_list_of_roots_is_not_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
