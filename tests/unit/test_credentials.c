/*
 * test_credentials.c: which of several identities we come with.
 *
 * The first one is on Ed25519, the second one on P-256, each signed by itself,
 * so that each is its own root.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <gnutls/x509.h>
#include "exchange/credentials.h"
#include "tests/unit/chains.h"
#include "tests/unit/test.h"

#define N 2
#define DAY 86400

struct scene {
    krb5_context context;
    char folder[32];
    char specs[N][160];
    char *identities[N + 1];
    struct kx_settings settings;
    struct kx_logger logger;
    struct kx_credentials *credentials;
    char log[1024]; /* the last line */
};

static char realm[] = "BRAVO.EXAMPLE";

static void
keep_line(void *arg, int priority, const char *line)
{
    struct scene *scene = arg;

    (void)priority;
    (void)snprintf(scene->log, sizeof(scene->log), "%s", line);
}

/* Write what GnuTLS made (released) into the file of that name. */
static void
write_file(const struct scene *scene, size_t i, const char *kind,
           gnutls_datum_t pem)
{
    char path[80];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%zu.%s", scene->folder, i, kind);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.size, file), pem.size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    gnutls_free(pem.data);
}

/* Make identity number i as plan says, in files. */
static void
make_files(struct scene *scene, size_t i, const struct certificate_plan *plan)
{
    struct kx_identity *made = make_identity(plan, 1);
    const gnutls_datum_t der = {(unsigned char *)made->chain[0].data,
                                made->chain[0].length};
    gnutls_x509_privkey_t key;
    gnutls_datum_t pem;

    assert_true(gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) >= 0);
    write_file(scene, i, "cert", pem);
    assert_true(gnutls_privkey_export_x509(made->key, &key) >= 0);
    assert_true(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM,
                                                  NULL, GNUTLS_PKCS_PLAIN,
                                                  &pem) >= 0);
    write_file(scene, i, "key", pem);
    gnutls_x509_privkey_deinit(key);
    kx_identity_free(made);
}

static const struct certificate_plan plans[N] = {
    {.name = "one"}, {.name = "two", .algorithm = GNUTLS_PK_ECDSA}};

static int
set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    size_t i;

    assert_non_null(scene);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    (void)strcpy(scene->folder, "/tmp/kxover-test-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    for (i = 0; i < N; i++) {
        make_files(scene, i, &plans[i]);
        (void)snprintf(scene->specs[i], sizeof(scene->specs[i]),
                       "FILE:%s/%zu.cert,%s/%zu.key", scene->folder, i,
                       scene->folder, i);
        scene->identities[i] = scene->specs[i];
    }
    scene->settings.realm = scene->settings.section = realm;
    scene->settings.identities = scene->identities;
    scene->logger.write = keep_line;
    scene->logger.arg = scene;
    assert_int_equal(kx_credentials_new(scene->context, &scene->settings,
                                        &scene->logger, &scene->credentials),
                     0);
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const kinds[] = {"cert", "key"};
    struct scene *scene = *state;
    char path[80];
    size_t i, k;

    kx_credentials_free(scene->credentials);
    krb5_free_context(scene->context);
    for (i = 0; i < N; i++) {
        for (k = 0; k < 2; k++) {
            (void)snprintf(path, sizeof(path), "%s/%zu.%s", scene->folder, i,
                           kinds[k]);
            (void)unlink(path);
        }
    }
    assert_int_equal(rmdir(scene->folder), 0);
    free(scene);
    return 0;
}

/* True if identity is that of plans[i]. */
static krb5_boolean
is_number(const struct kx_identity *identity, size_t i)
{
    int kind = gnutls_privkey_get_pk_algorithm(identity->key, NULL);

    return kind == (i == 0 ? GNUTLS_PK_EDDSA_ED25519 : GNUTLS_PK_ECDSA);
}

/* The identity that demand gets. */
static const struct kx_identity *
chosen(struct scene *scene, const struct kx_demand *demand)
{
    const struct kx_identity *identity;

    assert_int_equal(kx_credentials_identity(scene->credentials, time(NULL),
                                             demand, &identity),
                     0);
    return identity;
}

/* The root of identity number i (to be released). */
static krb5_data
root_of(struct scene *scene, size_t i)
{
    struct kx_identity *identity;
    krb5_data root;

    assert_int_equal(kx_identity_load(scene->context, scene->specs[i],
                                      time(NULL), &identity),
                     0);
    assert_int_equal(kx_data_copy(&identity->root, &root), 0);
    kx_identity_free(identity);
    return root;
}

static void
the_first_one_is_the_default(void **state)
{
    assert_true(is_number(chosen(*state, NULL), 0));
}

static void
the_one_whose_root_is_accepted_is_chosen(void **state)
{
    struct scene *scene = *state;
    krb5_data root = root_of(scene, 1);
    const struct kx_demand demand = {.roots = &root, .n_roots = 1};

    assert_true(is_number(chosen(scene, &demand), 1));
    kx_data_free(&root);
}

static void
the_one_that_signs_as_is_accepted_is_chosen(void **state)
{
    const struct kx_algorithm *ours;
    struct kx_demand demand = {.n_accepted = 1};
    size_t n;

    ours = kx_signature_algorithms(&n);
    demand.accepted = &ours[1]; /* ecdsa-with-SHA256 */
    assert_true(is_number(chosen(*state, &demand), 1));
}

static void
a_root_counts_for_more_than_an_algorithm(void **state)
{
    struct scene *scene = *state;
    krb5_data root = root_of(scene, 0);
    const struct kx_algorithm *ours;
    struct kx_demand demand = {.roots = &root, .n_roots = 1, .n_accepted = 1};
    size_t n;

    ours = kx_signature_algorithms(&n);
    demand.accepted = &ours[1];
    /* kx_sign() will say that its key does not sign so. */
    assert_true(is_number(chosen(scene, &demand), 0));
    kx_data_free(&root);
}

static void
no_root_that_is_accepted_is_an_error_that_names_those_that_are(void **state)
{
    struct scene *scene = *state;
    krb5_data root = kx_data("\x0a\x0b", 2);
    const struct kx_demand demand = {.roots = &root, .n_roots = 1};
    const struct kx_identity *identity;
    const char *words;

    assert_int_equal(kx_credentials_identity(scene->credentials, time(NULL),
                                             &demand, &identity),
                     KX_ERR_POLICY_CA);
    words = krb5_get_error_message(scene->context, KX_ERR_POLICY_CA);
    assert_non_null(strstr(words, "0a0b"));
    krb5_free_error_message(scene->context, words);
}

static void
each_has_dates_of_its_own(void **state)
{
    struct scene *scene = *state;
    struct certificate_plan old = plans[0];

    old.not_before = time(NULL) - 3 * DAY;
    old.not_after = time(NULL) - DAY;
    make_files(scene, 0, &old);
    assert_true(is_number(chosen(scene, NULL), 1));
    assert_non_null(strstr(scene->log, "an identity is left out"));
    assert_non_null(strstr(scene->log, "expired"));
    make_files(scene, 0, &plans[0]);
    assert_true(is_number(chosen(scene, NULL), 0));
}

static void
one_that_ends_while_we_run_is_used_no_longer(void **state)
{
    struct scene *scene = *state;
    struct certificate_plan lasting = plans[1];
    const struct kx_identity *identity;

    lasting.not_after = time(NULL) + 10 * DAY;
    make_files(scene, 1, &lasting);
    assert_true(is_number(chosen(scene, NULL), 0));
    assert_int_equal(kx_credentials_identity(scene->credentials,
                                             time(NULL) + 2 * DAY, NULL,
                                             &identity),
                     0);
    assert_true(is_number(identity, 1));
}

static void
without_any_the_first_ones_error_is_told(void **state)
{
    struct scene *scene = *state;
    const struct kx_identity *identity;
    const char *words;

    scene->identities[0][strlen(scene->identities[0]) - 1] = 'X';
    scene->identities[1][strlen(scene->identities[1]) - 1] = 'Y';
    assert_int_equal(kx_credentials_identity(scene->credentials, time(NULL),
                                             NULL, &identity),
                     KX_ERR_IDENTITY);
    words = krb5_get_error_message(scene->context, KX_ERR_IDENTITY);
    assert_non_null(strstr(words, "0.keX"));
    krb5_free_error_message(scene->context, words);
    assert_int_equal(scene->log[0], '\0');
}

#define SCENE_TEST(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(the_first_one_is_the_default),
        SCENE_TEST(the_one_whose_root_is_accepted_is_chosen),
        SCENE_TEST(the_one_that_signs_as_is_accepted_is_chosen),
        SCENE_TEST(a_root_counts_for_more_than_an_algorithm),
        SCENE_TEST(
            no_root_that_is_accepted_is_an_error_that_names_those_that_are),
        SCENE_TEST(each_has_dates_of_its_own),
        SCENE_TEST(one_that_ends_while_we_run_is_used_no_longer),
        SCENE_TEST(without_any_the_first_ones_error_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
