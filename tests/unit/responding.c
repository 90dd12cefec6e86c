/*
 * responding.c: a responder for tests.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include "tests/unit/chains.h"
#include "tests/unit/responding.h"
#include "tests/unit/test.h"

unsigned int verified, asked;

int __real_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                      gnutls_sign_algorithm_t algorithm,
                                      unsigned int flags,
                                      const gnutls_datum_t *data,
                                      const gnutls_datum_t *signature);
int __wrap_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                      gnutls_sign_algorithm_t algorithm,
                                      unsigned int flags,
                                      const gnutls_datum_t *data,
                                      const gnutls_datum_t *signature);

/* Called for gnutls_pubkey_verify_data2(), by the linker's --wrap. */
int
__wrap_gnutls_pubkey_verify_data2(gnutls_pubkey_t key,
                                  gnutls_sign_algorithm_t algorithm,
                                  unsigned int flags,
                                  const gnutls_datum_t *data,
                                  const gnutls_datum_t *signature)
{
    verified++;
    return __real_gnutls_pubkey_verify_data2(key, algorithm, flags, data,
                                             signature);
}

int __real_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                            int class, void *arg, ub_callback_type callback,
                            int *id);
int __wrap_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                            int class, void *arg, ub_callback_type callback,
                            int *id);

/* Called for ub_resolve_async(), in the same way. */
int
__wrap_ub_resolve_async(struct ub_ctx *unbound, const char *name, int type,
                        int class, void *arg, ub_callback_type callback,
                        int *id)
{
    asked++;
    return __real_ub_resolve_async(unbound, name, type, class, arg, callback,
                                   id);
}

static krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96};
static char local_name[] = LOCAL;

static void
keep_line(void *arg, int priority, const char *line)
{
    struct scene *scene = arg;

    (void)priority;
    (void)snprintf(scene->log, sizeof(scene->log), "%s", line);
    scene->lines++;
}

static krb5_error_code
count_versions(void *arg, krb5_const_principal name, krb5_boolean adopt,
               uint32_t **kvnos, size_t *n)
{
    struct scene *scene = arg;

    (void)name;
    (void)adopt;
    scene->stored++;
    *kvnos = NULL;
    *n = 0;
    return 0;
}

static krb5_error_code
count_put(void *arg, const struct kx_crossover *crossover)
{
    struct scene *scene = arg;

    (void)crossover;
    scene->stored++;
    return 0;
}

/* Write data into a new file. */
static void
write_file(const char *path, const char *data, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Take a TCP port of loopback for scene->dns, where nobody listens yet. */
static unsigned int
deaf_port(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);

    scene->dns = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(scene->dns, (struct sockaddr *)&address, length), 0);
    assert_int_equal(
        getsockname(scene->dns, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* Make the identity's files. */
static void
make_identity_files(struct scene *scene)
{
    char path[64];
    krb5_data certificate, key;

    assert_int_equal(kx_identity_generate(scene->context, LOCAL, NULL,
                                          time(NULL), 2, &certificate, &key),
                     0);
    (void)snprintf(path, sizeof(path), "%s/cert", scene->folder);
    write_file(path, certificate.data, certificate.length);
    (void)snprintf(path, sizeof(path), "%s/key", scene->folder);
    write_file(path, key.data, key.length);
    assert_int_equal(chmod(path, 0600), 0);
    (void)snprintf(scene->identity, sizeof(scene->identity),
                   "FILE:%s/cert,%s/key", scene->folder, scene->folder);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
}

int
responding_begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    struct kx_store store = {
        .arg = scene, .versions = count_versions, .put = count_put};
    char conf[512];
    int length;

    assert_non_null(scene);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    scene->base = event_base_new();
    (void)strcpy(scene->folder, "/tmp/kxover-test-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    make_identity_files(scene);
    (void)snprintf(scene->unbound_conf, sizeof(scene->unbound_conf),
                   "%s/unbound.conf", scene->folder);
    length = snprintf(conf, sizeof(conf),
                      "server:\n do-not-query-localhost: no\n"
                      " trust-anchor: \". DS 1 13 2 00000000000000000000000000"
                      "00000000000000000000000000000000000000\"\n"
                      " tcp-upstream: yes\n"
                      "forward-zone:\n name: \".\"\n"
                      " forward-addr: 127.0.0.1@%u\n",
                      deaf_port(scene));
    write_file(scene->unbound_conf, conf, (size_t)length);
    scene->settings.realm = local_name;
    scene->settings.section = local_name;
    scene->identities[0] = scene->identity;
    scene->settings.identities = scene->identities;
    scene->settings.unbound_conf = scene->unbound_conf;
    scene->settings.lifetime = 14 * KX_DAY;
    scene->settings.lifetime_min = KX_DAY;
    scene->settings.clockskew = 300;
    scene->settings.etypes = etypes;
    scene->settings.n_etypes = 1;
    scene->logger.write = keep_line;
    scene->logger.arg = scene;
    assert_int_equal(kx_engine_new(scene->context, scene->base,
                                   &scene->settings, &scene->logger,
                                   &scene->engine),
                     0);
    assert_int_equal(
        kx_responder_new(scene->engine, &store, NULL, &scene->responder), 0);
    *state = scene;
    return 0;
}

int
responding_end(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"cert", "key", "unbound.conf"};
    char path[64];
    size_t i;

    kx_responder_free(scene->responder);
    kx_engine_free(scene->engine);
    event_base_free(scene->base);
    krb5_free_context(scene->context);
    (void)close(scene->dns);
    for (i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", scene->folder, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(scene->folder), 0);
    free(scene);
    return 0;
}

struct kx_message *
make_request(struct scene *scene, struct kx_identity *identity,
             change_fn *change)
{
    krb5_data local = kx_data(LOCAL, strlen(LOCAL));
    krb5_data remote = kx_data(REMOTE, strlen(REMOTE));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ, .nonce = 99};
    struct kx_ephemeral *ephemeral;
    struct kx_message *request;
    krb5_principal name;

    assert_int_equal(kx_crossover_name(scene->context, &local, &remote, &name),
                     0);
    assert_int_equal(
        kx_ephemeral_generate(scene->context, KX_GROUP_X25519, &ephemeral), 0);
    terms.kxname = name;
    terms.request_time = time(NULL);
    terms.till = terms.request_time + 7 * KX_DAY;
    terms.ephemeral = ephemeral;
    if (change != NULL)
        change(&terms);
    assert_int_equal(kx_offer_make(scene->context, &scene->settings, identity,
                                   &terms, &request),
                     0);
    krb5_free_principal(scene->context, name);
    kx_ephemeral_free(ephemeral);
    kx_identity_free(identity);
    return request;
}

krb5_data
seal(struct scene *scene, struct kx_message *request)
{
    krb5_data bytes;

    assert_int_equal(kx_encode_message(scene->context, request, &bytes), 0);
    kx_message_free(request);
    return bytes;
}

krb5_data
honest_request(struct scene *scene)
{
    return seal(scene, make_request(
                           scene, make_plain_identity("alpha.example"), NULL));
}

/* The answer has come: note what KRB-ERROR it is. */
static void
note_answer(void *arg, const krb5_data *reply)
{
    struct answers *answers = arg;
    struct kx_krb_error *error;

    answers->n++;
    assert_int_equal(kx_decode_krb_error(NULL, reply, &error), 0);
    answers->code = error->error_code;
    answers->has_words = error->e_text != NULL || error->e_data.length > 0;
    kx_krb_error_free(error);
}

struct kx_request *
take_from(struct scene *scene, const struct sockaddr *source,
          const krb5_data *message, struct answers *answers)
{
    struct kx_request *request;

    assert_int_equal(kx_responder_take(scene->responder, message, source,
                                       note_answer, answers, &request),
                     0);
    return request;
}

struct kx_request *
take(struct scene *scene, const krb5_data *message, struct answers *answers)
{
    struct sockaddr_in source = {.sin_family = AF_INET};

    source.sin_addr.s_addr = htonl(0xc0000201);
    return take_from(scene, (struct sockaddr *)&source, message, answers);
}

struct answers
answers_to(struct scene *scene, krb5_data message)
{
    struct answers answers = {0};

    (void)take(scene, &message, &answers);
    assert_int_equal(answers.n, 0); /* never from within */
    while (answers.n == 0)
        (void)event_base_loop(scene->base, EVLOOP_ONCE);
    kx_data_free(&message);
    assert_int_equal(answers.n, 1);
    assert_int_equal(scene->stored, 0);
    return answers;
}

int32_t
refusal_of(struct scene *scene, krb5_data message)
{
    return answers_to(scene, message).code;
}

krb5_data
text_message(const char *text)
{
    krb5_data borrowed = kx_data(text, strlen(text)), message;

    assert_int_equal(kx_data_copy(&borrowed, &message), 0);
    return message;
}
