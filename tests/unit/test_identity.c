/*
 * test_identity.c: which keys and chains may be our identity, and what is said
 * of those that may not.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Files of one test at a time. */
static char folder[] = "/tmp/kxover-test-XXXXXX";
static char certificate_path[64], key_path[64], spec[160];
static krb5_context context;

static const struct certificate_plan plain = {.name = "a realm"};
static const struct certificate_plan three[] = {
    {.name = "a realm"},
    {.name = "an intermediate", .is_ca = TRUE},
    {.name = "a root", .is_ca = TRUE},
};

static int
make_folder(void **state)
{
    (void)state;
    kx_init_errors();
    if (mkdtemp(folder) == NULL || krb5_init_context(&context) != 0)
        return -1;
    snprintf(certificate_path, sizeof(certificate_path), "%s/cert.pem",
             folder);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", folder);
    snprintf(spec, sizeof(spec), "FILE:%s,%s", certificate_path, key_path);
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    unlink(certificate_path);
    unlink(key_path);
    krb5_free_context(context);
    return rmdir(folder);
}

/* Make path a file of mode with these bytes, in place of what was there. */
static void
write_file(const char *path, const void *bytes, size_t length, mode_t mode)
{
    FILE *file;

    unlink(path);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fchmod(fileno(file), mode), 0);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Write the certificates first to last of an identity in PEM. */
static void
write_chain(const struct kx_identity *identity, size_t first, size_t last)
{
    gnutls_datum_t der, pem;
    FILE *file;
    size_t i;

    unlink(certificate_path);
    file = fopen(certificate_path, "w");
    assert_non_null(file);
    for (i = first; i <= last; i++) {
        der.data = (unsigned char *)identity->chain[i].data;
        der.size = identity->chain[i].length;
        assert_int_equal(gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem),
                         0);
        assert_int_equal(fwrite(pem.data, 1, pem.size, file), pem.size);
        gnutls_free(pem.data);
    }
    assert_int_equal(fclose(file), 0);
}

/* Write the identity's key in PEM, encrypted where there is a password. */
static void
write_key(const struct kx_identity *identity, const char *password)
{
    gnutls_x509_privkey_t key;
    gnutls_datum_t pem;

    assert_int_equal(gnutls_privkey_export_x509(identity->key, &key), 0);
    assert_int_equal(
        gnutls_x509_privkey_export2_pkcs8(
            key, GNUTLS_X509_FMT_PEM, password,
            password != NULL ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN,
            &pem),
        0);
    write_file(key_path, pem.data, pem.size, 0600);
    gnutls_free(pem.data);
    gnutls_x509_privkey_deinit(key);
}

/* Write the whole identity of these plans and release it. */
static void
write_identity(const struct certificate_plan *plans, size_t n)
{
    struct kx_identity *identity = make_identity(plans, n);

    write_chain(identity, 0, n - 1);
    write_key(identity, NULL);
    kx_identity_free(identity);
}

/* What is written is taken; to be released with kx_identity_free(). */
static struct kx_identity *
load(void)
{
    struct kx_identity *identity = NULL;
    krb5_error_code ret =
        kx_identity_load(context, spec, time(NULL), &identity);

    if (ret)
        fail_msg("%s", krb5_get_error_message(context, ret));
    assert_non_null(identity);
    return identity;
}

/* What spec_text names is refused at time now, with words in the message. */
static void
assert_spec_refused(const char *spec_text, time_t now, const char *words)
{
    struct kx_identity *identity = NULL;
    const char *message;

    assert_int_equal(kx_identity_load(context, spec_text, now, &identity),
                     KX_ERR_IDENTITY);
    assert_null(identity);
    message = krb5_get_error_message(context, KX_ERR_IDENTITY);
    if (strstr(message, words) == NULL ||
        strstr(message, "kxover_identity") == NULL)
        fail_msg("%s: not said: %s", message, words);
    krb5_free_error_message(context, message);
}

/* What is written is refused, with words in the message. */
static void
assert_refused(const char *words)
{
    assert_spec_refused(spec, time(NULL), words);
}

static void
each_kind_of_key_that_peers_accept_is_taken(void **state)
{
    static const struct certificate_plan plans[] = {
        {.name = "a realm"},
        {.name = "a realm", .algorithm = GNUTLS_PK_ECDSA},
        {.name = "a realm",
         .algorithm = GNUTLS_PK_ECDSA,
         .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
        {.name = "a realm", .algorithm = GNUTLS_PK_RSA, .bits = 2048},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(plans); i++) {
        write_identity(&plans[i], 1);
        kx_identity_free(load());
    }
}

static void
a_chain_is_taken_as_it_stands_in_the_file(void **state)
{
    struct kx_identity *made = make_identity(three, 3), *loaded;
    size_t i;

    (void)state;
    write_chain(made, 0, 2);
    write_key(made, NULL);
    loaded = load();
    assert_int_equal(loaded->n_chain, 3);
    for (i = 0; i < 3; i++)
        assert_data_equal(&loaded->chain[i], &made->chain[i]);
    kx_identity_free(loaded);
    kx_identity_free(made);
}

static void
the_dates_are_those_of_the_first_certificate(void **state)
{
    struct kx_identity *made = make_identity(three, 3), *loaded;

    (void)state;
    write_chain(made, 0, 2);
    write_key(made, NULL);
    loaded = load();
    assert_int_equal(loaded->not_before, made->not_before);
    assert_int_equal(loaded->not_after, made->not_after);
    kx_identity_free(loaded);
    kx_identity_free(made);
}

static void
certificate_and_key_may_be_in_one_file(void **state)
{
    struct kx_identity *made = make_identity(&plain, 1), *loaded = NULL;
    char one[160], pem[8192];
    size_t length;
    FILE *file;

    (void)state;
    write_chain(made, 0, 0);
    write_key(made, NULL);
    file = fopen(certificate_path, "r");
    length = fread(pem, 1, sizeof(pem), file);
    fclose(file);
    file = fopen(key_path, "a");
    assert_int_equal(fwrite(pem, 1, length, file), length);
    fclose(file);
    snprintf(one, sizeof(one), "FILE:%s,%s", key_path, key_path);
    assert_int_equal(kx_identity_load(context, one, time(NULL), &loaded), 0);
    kx_identity_free(loaded);
    kx_identity_free(made);
}

static void
a_spec_of_neither_form_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "FILE:",
        "FILE:a.pem",
        "FILE:,b",
        "FILE:a,",
        "FILE:a,b,c",
        "a.pem,b.pem",
        "file:a,b",
        "PKCS11:",
        "PKCS11:a,b",
        "PKCS11:pkcs11:object=a",
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++)
        assert_spec_refused(bad[i], time(NULL), "FILE:cert.pem,key.pem");
}

static void
a_text_for_messages_has_no_pin_and_fits(void **state)
{
    char text[KX_IDENTITY_TEXT_SIZE], url[1024];

    (void)state;
    assert_string_equal(kx_identity_text("FILE:/a,/b", text), "FILE:/a,/b");
    assert_string_equal(
        kx_identity_text("pkcs11:object=kx?pin-value=1234", text),
        "pkcs11:object=kx?pin-value=...");
    memset(url, 'x', sizeof(url));
    snprintf(url + 250, sizeof(url) - 250, "pin-value=1234");
    kx_identity_text(url, text);
    assert_true(strlen(text) < sizeof(text));
    assert_null(strstr(text, "1234"));
    memset(url, 'x', sizeof(url));
    snprintf(url + 900, sizeof(url) - 900, "pin-value=1234");
    kx_identity_text(url, text);
    assert_true(strlen(text) < sizeof(text));
}

static void
a_missing_file_is_named(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    unlink(key_path);
    assert_refused(key_path);
    write_identity(&plain, 1);
    unlink(certificate_path);
    assert_refused(certificate_path);
}

static void
a_key_that_everybody_can_open_is_refused(void **state)
{
    static const mode_t bad[] = {0604, 0602, 0601, 0644, 0666};
    size_t i;

    (void)state;
    write_identity(&plain, 1);
    for (i = 0; i < COUNT(bad); i++) {
        assert_int_equal(chmod(key_path, bad[i]), 0);
        assert_refused("open to everybody");
    }
}

static void
a_key_that_a_group_can_read_is_taken(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    assert_int_equal(chmod(key_path, 0640), 0);
    kx_identity_free(load());
}

static void
what_is_no_plain_file_is_refused_at_once(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    unlink(key_path);
    assert_int_equal(mkfifo(key_path, 0600), 0);
    assert_refused("not a plain file");
    unlink(key_path);
    assert_int_equal(mkdir(key_path, 0700), 0);
    assert_refused("not a plain file");
    rmdir(key_path);
}

static void
a_file_that_cannot_be_read_is_named_with_the_reason(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    /* A plain file by its mode, and its first bytes are never mapped. */
    assert_spec_refused("FILE:/proc/self/mem,/proc/self/mem", time(NULL),
                        "cannot read /proc/self/mem: Input/output error");
}

static void
an_empty_file_is_refused(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    write_file(certificate_path, "", 0, 0644);
    assert_refused("is empty");
}

static void
a_file_that_is_far_too_long_is_refused(void **state)
{
    char *bytes = test_alloc(1 << 20);

    (void)state;
    memset(bytes, '\n', 1 << 20);
    write_identity(&plain, 1);
    write_file(key_path, bytes, 1 << 20, 0600);
    assert_refused("bytes");
    write_identity(&plain, 1);
    write_file(certificate_path, bytes, 1 << 20, 0644);
    assert_refused("bytes");
    free(bytes);
}

static void
what_is_no_pem_is_refused(void **state)
{
    (void)state;
    write_identity(&plain, 1);
    write_file(certificate_path, "nonsense", 8, 0644);
    assert_refused("cannot read certificates");
    write_identity(&plain, 1);
    write_file(key_path, "nonsense", 8, 0600);
    assert_refused("cannot read a private key");
}

static void
an_encrypted_key_is_refused_without_asking_for_a_password(void **state)
{
    struct kx_identity *identity = make_identity(&plain, 1);

    (void)state;
    write_chain(identity, 0, 0);
    write_key(identity, "secret");
    assert_refused("encrypted");
    kx_identity_free(identity);
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
    static const struct certificate_plan ecdsa = {
        .name = "a realm", .algorithm = GNUTLS_PK_ECDSA};
    struct kx_identity *other = make_identity(&plain, 1);
    struct kx_identity *other_kind = make_identity(&ecdsa, 1);

    (void)state;
    write_identity(&plain, 1);
    write_key(other, NULL);
    assert_refused("not that of the first certificate");
    write_key(other_kind, NULL);
    assert_refused("not that of the first certificate");
    kx_identity_free(other);
    kx_identity_free(other_kind);
}

static void
a_chain_without_its_root_is_refused(void **state)
{
    struct kx_identity *identity = make_identity(three, 3);

    (void)state;
    write_key(identity, NULL);
    write_chain(identity, 0, 1);
    assert_refused("to a self-signed one");
    write_chain(identity, 0, 0);
    assert_refused("to a self-signed one");
    kx_identity_free(identity);
}

static void
a_chain_out_of_order_is_refused(void **state)
{
    struct kx_identity *identity = make_identity(three, 3);
    krb5_data swapped = identity->chain[1];

    (void)state;
    identity->chain[1] = identity->chain[2];
    identity->chain[2] = swapped;
    write_key(identity, NULL);
    write_chain(identity, 0, 2);
    assert_refused("must be in order");
    kx_identity_free(identity);
}

static void
a_chain_longer_than_messages_carry_is_refused(void **state)
{
    struct certificate_plan plans[KX_MAX_CHAIN + 1];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(plans); i++)
        plans[i] = (struct certificate_plan){.name = "one of many"};
    write_identity(plans, COUNT(plans));
    assert_refused("a chain has 10 at most");
    write_identity(plans, KX_MAX_CHAIN);
    kx_identity_free(load());
}

static void
a_certificate_longer_than_messages_carry_is_refused(void **state)
{
    char *name = test_alloc(KX_MAX_CERTIFICATE + 1);
    struct certificate_plan plan = {.name = "a realm", .dns_name = name};

    (void)state;
    memset(name, 'x', KX_MAX_CERTIFICATE);
    name[KX_MAX_CERTIFICATE] = '\0';
    write_identity(&plan, 1);
    assert_refused("certificate 1 in");
    free(name);
}

static void
a_key_that_is_too_small_is_refused(void **state)
{
    static const struct certificate_plan small = {
        .name = "a realm", .algorithm = GNUTLS_PK_RSA, .bits = 1024};

    (void)state;
    write_identity(&small, 1);
    assert_refused("1024 bits");
}

static void
a_key_of_a_kind_that_peers_refuse_is_refused(void **state)
{
    static const struct certificate_plan p521 = {
        .name = "a realm",
        .algorithm = GNUTLS_PK_ECDSA,
        .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)};

    (void)state;
    write_identity(&p521, 1);
    assert_refused("P-256 and P-384");
}

static void
a_key_of_such_a_kind_is_refused_with_any_certificate(void **state)
{
    static const struct certificate_plan p521 = {
        .name = "a realm",
        .algorithm = GNUTLS_PK_ECDSA,
        .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)};
    struct kx_identity *other = make_identity(&p521, 1);

    (void)state;
    write_identity(&plain, 1);
    write_key(other, NULL);
    assert_refused("private key is of a kind that peers do not accept");
    kx_identity_free(other);
}

static void
an_identity_counts_from_its_first_second_to_its_last(void **state)
{
    struct certificate_plan plan = {
        .name = "a realm", .not_before = 1795363200, .not_after = 1797955200};
    struct kx_identity *identity = NULL;

    (void)state;
    write_identity(&plan, 1);
    assert_spec_refused(spec, plan.not_before - 1,
                        "not valid before 2026-11-22T16:00:00Z");
    assert_spec_refused(spec, plan.not_after + 1,
                        "expired at 2026-12-22T16:00:00Z");
    assert_int_equal(
        kx_identity_load(context, spec, plan.not_before, &identity), 0);
    kx_identity_free(identity);
    assert_int_equal(
        kx_identity_load(context, spec, plan.not_after, &identity), 0);
    kx_identity_free(identity);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_key_that_peers_accept_is_taken),
        cmocka_unit_test(a_chain_is_taken_as_it_stands_in_the_file),
        cmocka_unit_test(the_dates_are_those_of_the_first_certificate),
        cmocka_unit_test(certificate_and_key_may_be_in_one_file),
        cmocka_unit_test(a_spec_of_neither_form_is_refused),
        cmocka_unit_test(a_text_for_messages_has_no_pin_and_fits),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_key_that_everybody_can_open_is_refused),
        cmocka_unit_test(a_key_that_a_group_can_read_is_taken),
        cmocka_unit_test(what_is_no_plain_file_is_refused_at_once),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named_with_the_reason),
        cmocka_unit_test(an_empty_file_is_refused),
        cmocka_unit_test(a_file_that_is_far_too_long_is_refused),
        cmocka_unit_test(what_is_no_pem_is_refused),
        cmocka_unit_test(
            an_encrypted_key_is_refused_without_asking_for_a_password),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(a_chain_without_its_root_is_refused),
        cmocka_unit_test(a_chain_out_of_order_is_refused),
        cmocka_unit_test(a_chain_longer_than_messages_carry_is_refused),
        cmocka_unit_test(a_certificate_longer_than_messages_carry_is_refused),
        cmocka_unit_test(a_key_that_is_too_small_is_refused),
        cmocka_unit_test(a_key_of_a_kind_that_peers_refuse_is_refused),
        cmocka_unit_test(a_key_of_such_a_kind_is_refused_with_any_certificate),
        cmocka_unit_test(an_identity_counts_from_its_first_second_to_its_last),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
