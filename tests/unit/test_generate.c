/*
 * test_generate.c: the key and certificate that `kxover keygen` makes.
 */
#include "config.h"
#include <string.h>
#include <gnutls/x509.h>
#include <gnutls/x509-ext.h>
#include "exchange/kx_identity.h"
#include "tests/unit/test.h"

#define REALM "ALPHA.EXAMPLE"
#define NOW 1795363200 /* 2026-11-22 */

/* A realm's certificate for these hosts, read back. */
static gnutls_x509_crt_t
certificate_for(const char *realm, const char *const *hosts)
{
    krb5_data certificate, key;
    gnutls_datum_t in;
    gnutls_x509_crt_t crt;

    assert_int_equal(
        kx_identity_generate(NULL, realm, hosts, NOW, 30, &certificate, &key),
        0);
    in.data = (unsigned char *)certificate.data;
    in.size = certificate.length;
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &in, GNUTLS_X509_FMT_PEM), 0);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
    return crt;
}

/* The certificate's alternative name number i is of type and says text. */
static void
assert_name(gnutls_x509_crt_t crt, unsigned int i, int type, const char *text)
{
    char name[512] = {0};
    size_t size = sizeof(name);

    assert_int_equal(
        gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL), type);
    assert_string_equal(name, text);
}

static void
the_key_is_ed25519(void **state)
{
    gnutls_x509_crt_t crt = certificate_for(REALM, NULL);

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(crt, NULL),
                     GNUTLS_PK_EDDSA_ED25519);
    gnutls_x509_crt_deinit(crt);
}

static void
the_certificate_names_the_realm_its_hosts_and_the_kdc(void **state)
{
    static const char *const hosts[] = {"KDC.alpha.example",
                                        "kdc2.alpha.example.", NULL};
    gnutls_x509_crt_t crt = certificate_for(REALM, hosts);
    char name[512] = {0};
    size_t size = sizeof(name);

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_dn_by_oid(
                         crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size),
                     0);
    assert_string_equal(name, REALM);
    assert_name(crt, 0, GNUTLS_SAN_DNSNAME, "alpha.example");
    assert_name(crt, 1, GNUTLS_SAN_DNSNAME, "kdc.alpha.example");
    assert_name(crt, 2, GNUTLS_SAN_DNSNAME, "kdc2.alpha.example");
    assert_name(crt, 3, GNUTLS_SAN_OTHERNAME_KRB5PRINCIPAL,
                "krbtgt/" REALM "@" REALM);
    gnutls_x509_crt_deinit(crt);
}

static void
the_principal_is_krbtgt_of_the_realm(void **state)
{
    /* KRB5PrincipalName, RFC 4556 3.2.2: realm [0] ALPHA.EXAMPLE, name [1]
     * type [0] 2 (NT-SRV-INST), string [1] krbtgt, ALPHA.EXAMPLE; EXPLICIT
     * TAGS, GeneralStrings. */
    static const char expected[] = "\x30\x35\xa0\x0f\x1b\x0d"
                                   "ALPHA.EXAMPLE"
                                   "\xa1\x22\x30\x20\xa0\x03\x02\x01\x02"
                                   "\xa1\x19\x30\x17\x1b\x06"
                                   "krbtgt"
                                   "\x1b\x0d"
                                   "ALPHA.EXAMPLE";
    gnutls_x509_crt_t crt = certificate_for(REALM, NULL);
    gnutls_subject_alt_names_t names;
    gnutls_datum_t extension, oid, value = {NULL, 0};
    unsigned int type;

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_extension_by_oid2(
                         crt, GNUTLS_X509EXT_OID_SAN, 0, &extension, NULL),
                     0);
    assert_int_equal(gnutls_subject_alt_names_init(&names), 0);
    assert_int_equal(
        gnutls_x509_ext_import_subject_alt_names(&extension, names, 0), 0);
    assert_int_equal(
        gnutls_subject_alt_names_get(names, 1, &type, &value, &oid), 0);
    assert_int_equal(type, GNUTLS_SAN_OTHERNAME);
    assert_int_equal(value.size, sizeof(expected) - 1);
    assert_memory_equal(value.data, expected, sizeof(expected) - 1);
    gnutls_subject_alt_names_deinit(names);
    gnutls_free(extension.data);
    gnutls_x509_crt_deinit(crt);
}

static void
its_purpose_is_that_of_a_kdc_and_it_is_no_ca(void **state)
{
    gnutls_x509_crt_t crt = certificate_for(REALM, NULL);
    char oid[64] = {0};
    size_t size = sizeof(oid);
    unsigned int critical, usage;

    (void)state;
    assert_int_equal(
        gnutls_x509_crt_get_key_purpose_oid(crt, 0, oid, &size, &critical), 0);
    assert_string_equal(oid, "1.3.6.1.5.2.3.5");
    assert_int_equal(gnutls_x509_crt_get_ca_status(crt, &critical), 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(crt, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    gnutls_x509_crt_deinit(crt);
}

static void
it_is_valid_for_as_many_days_as_asked_and_an_hour_before(void **state)
{
    gnutls_x509_crt_t crt = certificate_for(REALM, NULL);

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_activation_time(crt), NOW - 3600);
    assert_int_equal(gnutls_x509_crt_get_expiration_time(crt),
                     NOW + 30 * 86400);
    gnutls_x509_crt_deinit(crt);
}

static void
no_two_are_alike(void **state)
{
    gnutls_x509_crt_t a = certificate_for(REALM, NULL);
    gnutls_x509_crt_t b = certificate_for(REALM, NULL);
    unsigned char serial_a[20], serial_b[20];
    size_t size_a = sizeof(serial_a), size_b = sizeof(serial_b);

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_serial(a, serial_a, &size_a), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(b, serial_b, &size_b), 0);
    assert_int_equal(size_a, 16);
    assert_int_equal(size_b, 16);
    assert_memory_not_equal(serial_a, serial_b, 16);
    gnutls_x509_crt_deinit(a);
    gnutls_x509_crt_deinit(b);
}

static void
a_realm_longer_than_a_common_name_is_no_obstacle(void **state)
{
    static const char realm[] =
        "A-REALM-WITH-A-RATHER-LONG-NAME.AND-A-SECOND-LABEL-THAT-IS-LONG-TOO"
        ".EXAMPLE";
    gnutls_x509_crt_t crt = certificate_for(realm, NULL);
    char name[512] = {0};
    size_t size = sizeof(name);

    (void)state;
    assert_int_equal(gnutls_x509_crt_get_dn_by_oid(
                         crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size),
                     0);
    assert_int_equal(size, 64);
    assert_memory_equal(name, realm, 64);
    assert_name(crt, 0, GNUTLS_SAN_DNSNAME,
                "a-realm-with-a-rather-long-name"
                ".and-a-second-label-that-is-long-too.example");
    gnutls_x509_crt_deinit(crt);
}

static void
what_is_no_realm_or_no_host_is_refused(void **state)
{
    static const char *const bad_realms[] = {"", "EXAMPLE", "alpha.example",
                                             "ALPHA..EXAMPLE"};
    static const char *const bad_hosts[] = {"", "kdc alpha.example",
                                            "kdc.alpha/example"};
    const char *hosts[2] = {NULL, NULL};
    krb5_data certificate, key;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad_realms) / sizeof(bad_realms[0]); i++) {
        assert_int_equal(kx_identity_generate(NULL, bad_realms[i], NULL, NOW,
                                              30, &certificate, &key),
                         KX_ERR_REALM_NAME);
        assert_null(certificate.data);
        assert_null(key.data);
    }
    for (i = 0; i < sizeof(bad_hosts) / sizeof(bad_hosts[0]); i++) {
        hosts[0] = bad_hosts[i];
        assert_int_equal(kx_identity_generate(NULL, REALM, hosts, NOW, 30,
                                              &certificate, &key),
                         KX_ERR_REALM_NAME);
        assert_null(certificate.data);
        assert_null(key.data);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_ed25519),
        cmocka_unit_test(
            the_certificate_names_the_realm_its_hosts_and_the_kdc),
        cmocka_unit_test(the_principal_is_krbtgt_of_the_realm),
        cmocka_unit_test(its_purpose_is_that_of_a_kdc_and_it_is_no_ca),
        cmocka_unit_test(
            it_is_valid_for_as_many_days_as_asked_and_an_hour_before),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(a_realm_longer_than_a_common_name_is_no_obstacle),
        cmocka_unit_test(what_is_no_realm_or_no_host_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
