/*
 * test_course.c: what a listener is told of an exchange, and when.
 *
 * The clock of courses is ours here, so times are exact.  The exchanges are
 * real, as far as they come without a name server: libunbound is told to
 * forward to a port where nobody listens.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "exchange/course.h"
#include "exchange/kx_exchange.h"
#include "exchange/kx_identity.h"
#include "tests/unit/test.h"

#define LOCAL "BRAVO.EXAMPLE"
#define REMOTE "ALPHA.EXAMPLE"

/* What a listener was told, in words: "srv( srv) exchange)!". */
struct notes {
    char text[512];
    int64_t took;         /* of the step that ended last */
    krb5_error_code code; /* that it ended with */
    char words[512];      /* the message of that */
    char remote[64];      /* and with whom */
};

/* An engine with an identity and a name server that is down. */
struct scene {
    krb5_context context;
    struct event_base *base;
    char folder[32];
    char identity[128];
    char conf[64];
    char *identities[2];
    struct kx_settings settings;
    struct kx_engine *engine;
    struct notes notes;
    int dns; /* a socket in the place of a name server */
    krb5_error_code code;
    int calls;
};

static int64_t clock_usec;
static krb5_enctype etypes[] = {ENCTYPE_AES256_CTS_HMAC_SHA1_96};
static char local_name[] = LOCAL;

int64_t __wrap_kx_monotonic_usec(void);

/* Called for kx_monotonic_usec(), by the linker's --wrap. */
int64_t
__wrap_kx_monotonic_usec(void)
{
    return clock_usec;
}

/* A kx_told_fn. */
static void
note(void *arg, const struct kx_told *told)
{
    struct notes *notes = arg;
    const char *words;
    size_t length = strlen(notes->text);

    (void)snprintf(notes->text + length, sizeof(notes->text) - length,
                   "%s%s%s%s", length > 0 ? " " : "", kx_step_name(told->step),
                   told->begins ? "(" : ")",
                   !told->begins && told->code != 0 ? "!" : "");
    (void)snprintf(notes->remote, sizeof(notes->remote), "%.*s",
                   (int)told->course->remote.length,
                   told->course->remote.data);
    if (told->begins)
        return;
    notes->took = told->end - told->begin;
    notes->code = told->code;
    if (told->code == 0 || told->course->context == NULL)
        return;
    words = krb5_get_error_message(told->course->context, told->code);
    (void)snprintf(notes->words, sizeof(notes->words), "%s", words);
    krb5_free_error_message(told->course->context, words);
}

static void
a_step_is_told_when_it_begins_and_when_it_ends(void **state)
{
    struct notes notes = {.text = ""};
    const struct kx_listener listener = {note, &notes};
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, &listener, NULL, KX_INITIATOR, LOCAL);
    kx_step_begin(&course, KX_STEP_SRV);
    (void)kx_step_end(&course, KX_STEP_SRV, 0, NULL);
    kx_course_end(&course, KX_ERR_NO_TLSA, NULL);

    assert_string_equal(notes.text, "exchange( srv( srv) exchange)!");
    assert_int_equal(notes.code, KX_ERR_NO_TLSA);
}

static void
the_time_of_a_step_is_what_it_took(void **state)
{
    struct notes notes = {.text = ""};
    const struct kx_listener listener = {note, &notes};
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, &listener, NULL, KX_INITIATOR, LOCAL);
    kx_step_begin(&course, KX_STEP_CONNECT);
    clock_usec += 1500;
    (void)kx_step_end(&course, KX_STEP_CONNECT, 0, NULL);

    assert_int_equal(notes.took, 1500);
    assert_int_equal(kx_course_spent(&course, KX_STEP_CONNECT), 1500);
    assert_int_equal(kx_course_spent(&course, KX_STEP_ANSWER), -1);
}

static void
a_pause_does_not_count(void **state)
{
    struct notes notes = {.text = ""};
    const struct kx_listener listener = {note, &notes};
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, &listener, NULL, KX_RESPONDER, LOCAL);
    kx_step_begin(&course, KX_STEP_CHAIN);
    clock_usec += 100;
    kx_step_pause(&course, KX_STEP_CHAIN);
    clock_usec += 10000;
    kx_step_resume(&course, KX_STEP_CHAIN);
    clock_usec += 20;
    (void)kx_step_end(&course, KX_STEP_CHAIN, 0, NULL);

    assert_int_equal(notes.took, 120);
}

static void
the_turns_of_several_servers_add_up(void **state)
{
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, NULL, NULL, KX_INITIATOR, LOCAL);
    kx_step_begin(&course, KX_STEP_TLSA);
    clock_usec += 30;
    (void)kx_step_end(&course, KX_STEP_TLSA, KX_ERR_NO_TLSA, NULL);
    kx_step_begin(&course, KX_STEP_TLSA);
    clock_usec += 40;
    (void)kx_step_end(&course, KX_STEP_TLSA, 0, NULL);

    assert_int_equal(kx_course_spent(&course, KX_STEP_TLSA), 70);
    assert_int_equal(course.time[KX_STEP_TLSA].times, 2);
}

static void
what_is_under_way_ends_when_an_exchange_is_interrupted(void **state)
{
    struct notes notes = {.text = ""};
    const struct kx_listener listener = {note, &notes};
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, &listener, NULL, KX_INITIATOR, LOCAL);
    kx_step_begin(&course, KX_STEP_ANSWER);
    kx_course_interrupt(&course, KX_ERR_PEER_SILENT);
    kx_course_end(&course, KX_ERR_PEER_SILENT, NULL);

    assert_string_equal(notes.text, "exchange( answer( answer)! exchange)!");
}

static void
the_whole_ends_once(void **state)
{
    struct notes notes = {.text = ""};
    const struct kx_listener listener = {note, &notes};
    struct kx_course course = {.listener = NULL};

    (void)state;
    kx_course_begin(&course, &listener, NULL, KX_INITIATOR, LOCAL);
    kx_course_end(&course, 0, NULL);
    kx_course_end(&course, ECANCELED, NULL);

    assert_string_equal(notes.text, "exchange( exchange)");
}

static void
every_step_has_a_name_of_its_own(void **state)
{
    int a, b;

    (void)state;
    for (a = 0; a < KX_STEPS; a++) {
        assert_string_not_equal(kx_step_name((enum kx_step)a), "unknown");
        for (b = 0; b < a; b++)
            assert_string_not_equal(kx_step_name((enum kx_step)a),
                                    kx_step_name((enum kx_step)b));
    }
}

/* Write length bytes of data into a new file for nobody else. */
static void
write_file(const char *path, const char *data, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Make the identity's two files in the scene's folder. */
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
    (void)snprintf(scene->identity, sizeof(scene->identity),
                   "FILE:%s/cert,%s/key", scene->folder, scene->folder);
    kx_data_free(&certificate);
    kx_data_zap_free(&key);
}

/* Write an unbound.conf that asks a TCP port of loopback where nobody
 * listens. */
static void
make_unbound_conf(struct scene *scene)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    char conf[512];
    int length;

    scene->dns = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(scene->dns, (struct sockaddr *)&address, size), 0);
    assert_int_equal(
        getsockname(scene->dns, (struct sockaddr *)&address, &size), 0);
    length = snprintf(conf, sizeof(conf),
                      "server:\n do-not-query-localhost: no\n"
                      " trust-anchor: \". DS 1 13 2 00000000000000000000000000"
                      "00000000000000000000000000000000000000\"\n"
                      " tcp-upstream: yes\n"
                      "forward-zone:\n name: \".\"\n"
                      " forward-addr: 127.0.0.1@%u\n",
                      ntohs(address.sin_port));
    (void)snprintf(scene->conf, sizeof(scene->conf), "%s/unbound.conf",
                   scene->folder);
    write_file(scene->conf, conf, (size_t)length);
}

static int
set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->context), 0);
    scene->base = event_base_new();
    (void)strcpy(scene->folder, "/tmp/kxover-test-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    make_identity_files(scene);
    make_unbound_conf(scene);
    scene->identities[0] = scene->identity;
    scene->settings.realm = scene->settings.section = local_name;
    scene->settings.identities = scene->identities;
    scene->settings.unbound_conf = scene->conf;
    scene->settings.lifetime = 14 * KX_DAY;
    scene->settings.lifetime_min = KX_DAY;
    scene->settings.clockskew = 300;
    scene->settings.etypes = etypes;
    scene->settings.n_etypes = 1;
    assert_int_equal(kx_engine_new(scene->context, scene->base,
                                   &scene->settings, NULL, &scene->engine),
                     0);
    kx_engine_listen(scene->engine,
                     &(struct kx_listener){note, &scene->notes});
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;
    const char *names[] = {"cert", "key", "unbound.conf"};
    char path[64];
    size_t i;

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

/* A kx_initiated_fn. */
static void
initiated(void *arg, krb5_error_code code, struct kx_crossover *crossover)
{
    struct scene *scene = arg;

    assert_null(crossover);
    scene->code = code;
    scene->calls++;
}

/* Begin an exchange with realm. */
static krb5_error_code
initiate(struct scene *scene, const char *realm, struct kx_initiator **out)
{
    const krb5_data remote = kx_data(realm, strlen(realm));

    return kx_initiator_start(scene->engine, &remote, 0, NULL, 20, initiated,
                              scene, out);
}

/* Run the base until the exchange is over. */
static void
run(struct scene *scene)
{
    while (scene->calls == 0)
        assert_true(event_base_loop(scene->base, EVLOOP_ONCE) >= 0);
}

static void
the_step_that_fails_and_the_whole_have_the_exchanges_error(void **state)
{
    struct scene *scene = *state;
    struct kx_initiator *initiator;

    assert_int_equal(initiate(scene, REMOTE, &initiator), 0);
    run(scene);
    kx_initiator_free(initiator);

    assert_string_equal(scene->notes.text,
                        "exchange( realm( realm) identity( identity) srv( "
                        "srv)! exchange)!");
    assert_int_equal(scene->notes.code, scene->code);
    assert_string_equal(scene->notes.remote, REMOTE);
    assert_non_null(strstr(scene->notes.words, "realm " REMOTE ": SRV"));
}

static void
an_exchange_that_is_not_begun_is_told_too(void **state)
{
    struct scene *scene = *state;
    struct kx_initiator *initiator;
    char nobody[] = "!*", *patterns[] = {nobody, NULL};

    scene->settings.realms = patterns;
    assert_int_equal(initiate(scene, REMOTE, &initiator), KX_ERR_POLICY_REALM);
    scene->settings.realms = NULL;

    assert_string_equal(scene->notes.text,
                        "exchange( realm( realm)! exchange)!");
    assert_int_equal(scene->notes.code, KX_ERR_POLICY_REALM);
}

static void
an_exchange_that_is_given_up_ends_as_cancelled(void **state)
{
    struct scene *scene = *state;
    struct kx_initiator *initiator;

    assert_int_equal(initiate(scene, REMOTE, &initiator), 0);
    kx_initiator_free(initiator);

    assert_int_equal(scene->notes.code, ECANCELED);
    assert_non_null(strstr(scene->notes.text, "exchange)!"));
}

static void
after_the_listener_has_left_nobody_is_told(void **state)
{
    struct scene *scene = *state;
    struct kx_initiator *initiator;

    kx_engine_listen(scene->engine, NULL);
    assert_int_equal(initiate(scene, REMOTE, &initiator), 0);
    kx_initiator_free(initiator);

    assert_string_equal(scene->notes.text, "");
}

/* A kx_answered_fn. */
static void
answered(void *arg, const krb5_data *reply)
{
    struct scene *scene = arg;

    (void)reply;
    scene->calls++;
}

static void
a_request_that_cannot_be_read_is_of_no_realm(void **state)
{
    struct scene *scene = *state;
    const struct kx_store store = {.arg = NULL};
    const struct sockaddr_in source = {.sin_family = AF_INET};
    krb5_data garbage = kx_data("\x72\x02\x30\x00", 4);
    struct kx_responder *responder;
    struct kx_request *request;

    assert_int_equal(kx_responder_new(scene->engine, &store, NULL, &responder),
                     0);
    assert_int_equal(kx_responder_take(responder, &garbage,
                                       (const struct sockaddr *)&source,
                                       answered, scene, &request),
                     0);
    run(scene);
    kx_responder_free(responder);

    assert_string_equal(scene->notes.text,
                        "exchange( message( message)! exchange)!");
    assert_string_equal(scene->notes.remote, "");
    assert_int_not_equal(scene->notes.code, ECANCELED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_told_when_it_begins_and_when_it_ends),
        cmocka_unit_test(the_time_of_a_step_is_what_it_took),
        cmocka_unit_test(a_pause_does_not_count),
        cmocka_unit_test(the_turns_of_several_servers_add_up),
        cmocka_unit_test(
            what_is_under_way_ends_when_an_exchange_is_interrupted),
        cmocka_unit_test(the_whole_ends_once),
        cmocka_unit_test(every_step_has_a_name_of_its_own),
        cmocka_unit_test_setup_teardown(
            the_step_that_fails_and_the_whole_have_the_exchanges_error, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            an_exchange_that_is_not_begun_is_told_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_exchange_that_is_given_up_ends_as_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            after_the_listener_has_left_nobody_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_request_that_cannot_be_read_is_of_no_realm, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
