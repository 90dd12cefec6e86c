/*
 * asn1_refusal.c: valid messages with one element replaced.
 */
#include "config.h"
#include "tests/unit/test.h"
#include "tests/unit/asn1_refusal.h"
#include "tests/unit/der.h"

void
assert_refused(enum sample_type type, const krb5_data *in,
               krb5_error_code code)
{
    krb5_error_code ret;
    krb5_data out;

    ret = sample_again(type, in, &out);
    assert_int_equal(out.length, 0);
    assert_int_not_equal(ret, 0);
    if (code != 0)
        assert_int_equal(ret, code);
}

void
assert_refused_with(enum sample_type type, const char *path, const char *with,
                    size_t length, krb5_error_code code)
{
    krb5_data valid = sample_encoded(type);
    krb5_data other = der_replace(&valid, path, with, length);

    assert_refused(type, &other, code);
    kx_data_free(&other);
    kx_data_free(&valid);
}

void
assert_accepted_with(const char *path, const char *with, size_t length)
{
    krb5_data valid = sample_encoded(SAMPLE_REQ);
    krb5_data other = der_replace(&valid, path, with, length), out;

    assert_int_equal(sample_again(SAMPLE_REQ, &other, &out), 0);
    assert_data_equal(&other, &out);
    kx_data_free(&out);
    kx_data_free(&other);
    kx_data_free(&valid);
}

int
sample_in_certificate(const krb5_data *der, const krb5_data *element)
{
    krb5_data chain = der_at(der, "2.2.0"), second = der_at(der, "2.2.1");

    return (element->data > chain.data &&
            element->data < chain.data + chain.length) ||
           (element->data > second.data &&
            element->data < second.data + second.length);
}
