/*
 * test_dnssec_answer.c: how an answer of libunbound is judged, and which
 * records are taken out of it.
 */
#include "config.h"
#include <string.h>
#include <errno.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include "dnssec/lookup.h"
#include "tests/unit/test.h"

#define MAX_DATA 128

/* An answer such as libunbound gives it, and the question to it. */
struct scene {
    struct kx_resolver resolver;
    struct kx_question question;
    struct ub_result result;
    char *data[MAX_DATA + 1];
    int len[MAX_DATA + 1];
    struct kx_answer answer;
};

static const struct timeval timeout = {.tv_sec = 1, .tv_usec = 500000};

/* A secure answer without records to a question for records of that type. */
static void
arrange(struct scene *scene, int type)
{
    memset(scene, 0, sizeof(*scene));
    kx_init_errors();
    assert_int_equal(krb5_init_context(&scene->resolver.context), 0);
    scene->question.resolver = &scene->resolver;
    scene->question.type = type;
    strcpy(scene->question.name, "name.example");
    scene->question.is_answered = TRUE;
    scene->question.result = &scene->result;
    scene->result.secure = 1;
    scene->result.data = scene->data;
    scene->result.len = scene->len;
}

/* Add a record to the answer; the bytes are borrowed. */
static void
add(struct scene *scene, char *rdata, size_t length)
{
    int n = 0;

    while (scene->data[n] != NULL)
        n++;
    assert_true(n < MAX_DATA);
    scene->data[n] = rdata;
    scene->len[n] = (int)length;
    scene->result.havedata = 1;
}

static krb5_error_code
act(struct scene *scene)
{
    return kx_answer_add(&scene->question, &timeout, &scene->answer);
}

static void
clean_up(struct scene *scene)
{
    kx_answer_clear(&scene->answer);
    krb5_free_context(scene->resolver.context);
}

static void
assert_message_has(struct scene *scene, krb5_error_code code,
                   const char *words)
{
    const char *message;

    message = krb5_get_error_message(scene->resolver.context, code);
    if (strstr(message, words) == NULL)
        fail_msg("\"%s\" is not in: %s", words, message);
    krb5_free_error_message(scene->resolver.context, message);
}

static char srv_88[] = "\0\1\0\2\0\x58\3kdc";
static char srv_bad[] = "\0\1\0\2\0\x58\3kd";
static char ipv4[] = "\x7f\0\0\1";
static char ipv6[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
static char text_a[] = "\1a";
static char text_nul[] = "\1\0";
static char tlsa[] = "\3\1\1\xab";

static void
secure_records_are_given_out(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    add(&scene, srv_88, sizeof(srv_88));
    assert_int_equal(act(&scene), 0);
    assert_int_equal(scene.answer.n_srv, 1);
    assert_string_equal(scene.answer.srv[0].target, "kdc");
    clean_up(&scene);
}

static void
records_without_proof_are_insecure(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    add(&scene, srv_88, sizeof(srv_88));
    scene.result.secure = 0;
    assert_int_equal(act(&scene), KX_ERR_DNS_INSECURE);
    assert_int_equal(scene.answer.n_srv, 0);
    assert_message_has(&scene, KX_ERR_DNS_INSECURE, "name.example SRV");
    assert_message_has(&scene, KX_ERR_DNS_INSECURE, "publish its DS record");
    clean_up(&scene);
}

static void
absence_without_proof_is_insecure(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    scene.result.secure = 0;
    assert_int_equal(act(&scene), KX_ERR_DNS_INSECURE);
    scene.result.rcode = ns_r_nxdomain;
    scene.result.nxdomain = 1;
    assert_int_equal(act(&scene), KX_ERR_DNS_INSECURE);
    clean_up(&scene);
}

static void
proven_absence_is_none(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_tlsa);
    assert_int_equal(act(&scene), KX_ERR_DNS_NONE);
    assert_message_has(&scene, KX_ERR_DNS_NONE, "name.example TLSA");
    scene.result.rcode = ns_r_nxdomain;
    scene.result.nxdomain = 1;
    assert_int_equal(act(&scene), KX_ERR_DNS_NONE);
    clean_up(&scene);
}

static void
bogus_counts_before_all_else_and_says_why(void **state)
{
    struct scene scene;
    char why[] = "signature expired";

    (void)state;
    arrange(&scene, ns_t_srv);
    add(&scene, srv_88, sizeof(srv_88));
    scene.result.bogus = 1;
    scene.result.why_bogus = why;
    assert_int_equal(act(&scene), KX_ERR_DNS_BOGUS);
    assert_message_has(&scene, KX_ERR_DNS_BOGUS, "name.example SRV");
    assert_message_has(&scene, KX_ERR_DNS_BOGUS, "signature expired");
    scene.result.rcode = ns_r_servfail;
    scene.result.why_bogus = NULL;
    assert_int_equal(act(&scene), KX_ERR_DNS_BOGUS);
    assert_int_equal(scene.answer.n_srv, 0);
    clean_up(&scene);
}

static void
another_response_code_is_a_failure_even_with_records(void **state)
{
    static const int rcodes[] = {ns_r_formerr, ns_r_servfail, ns_r_notimpl,
                                 ns_r_refused, ns_r_yxdomain, 23};
    struct scene scene;
    size_t i;

    (void)state;
    arrange(&scene, ns_t_srv);
    add(&scene, srv_88, sizeof(srv_88));
    for (i = 0; i < sizeof(rcodes) / sizeof(*rcodes); i++) {
        scene.result.rcode = rcodes[i];
        assert_int_equal(act(&scene), KX_ERR_DNS_FAILED);
    }
    assert_message_has(&scene, KX_ERR_DNS_FAILED, "(23)");
    assert_int_equal(scene.answer.n_srv, 0);
    clean_up(&scene);
}

static void
an_error_of_libunbound_is_a_failure_that_says_so(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    scene.question.result = NULL;
    scene.question.error = UB_PIPE;
    assert_int_equal(act(&scene), KX_ERR_DNS_FAILED);
    assert_message_has(&scene, KX_ERR_DNS_FAILED, ub_strerror(UB_PIPE));
    scene.question.error = UB_NOMEM;
    assert_int_equal(act(&scene), ENOMEM);
    clean_up(&scene);
}

static void
no_answer_yet_is_a_timeout_that_tells_how_long(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    scene.question.is_answered = FALSE;
    scene.question.result = NULL;
    assert_int_equal(act(&scene), KX_ERR_DNS_TIMEOUT);
    assert_message_has(&scene, KX_ERR_DNS_TIMEOUT, "name.example SRV");
    assert_message_has(&scene, KX_ERR_DNS_TIMEOUT, "1500 ms");
    clean_up(&scene);
}

static void
as_many_records_as_the_bound_are_taken_and_one_more_is_refused(void **state)
{
    struct scene scene;
    int i;

    (void)state;
    arrange(&scene, ns_t_srv);
    for (i = 0; i < KX_MAX_RECORDS; i++)
        add(&scene, srv_88, sizeof(srv_88));
    assert_int_equal(act(&scene), 0);
    assert_int_equal(scene.answer.n_srv, KX_MAX_RECORDS);
    kx_answer_clear(&scene.answer);

    add(&scene, srv_88, sizeof(srv_88));
    assert_int_equal(act(&scene), KX_ERR_DNS_RECORD);
    assert_int_equal(scene.answer.n_srv, 0);
    assert_message_has(&scene, KX_ERR_DNS_RECORD, "more than 64 records");
    clean_up(&scene);
}

static void
one_unreadable_record_refuses_the_answer(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_srv);
    add(&scene, srv_88, sizeof(srv_88));
    add(&scene, srv_bad, sizeof(srv_bad) - 1);
    assert_int_equal(act(&scene), KX_ERR_DNS_RECORD);
    assert_int_equal(scene.answer.n_srv, 0);
    assert_message_has(&scene, KX_ERR_DNS_RECORD, "name.example SRV");
    clean_up(&scene);
}

static void
records_of_before_stay_when_more_are_refused(void **state)
{
    static const struct {
        int type;
        char *good;
        size_t good_length;
        char *bad;
        size_t bad_length;
    } cases[] = {
        {ns_t_srv, srv_88, sizeof(srv_88), srv_bad, sizeof(srv_bad) - 1},
        {ns_t_tlsa, tlsa, sizeof(tlsa) - 1, tlsa, 2},
        {ns_t_a, ipv4, 4, ipv4, 3},
        {ns_t_aaaa, ipv6, 16, ipv6, 15},
        {ns_t_txt, text_a, 2, text_a, 1},
    };
    const struct kx_answer *answer;
    struct scene scene;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        arrange(&scene, cases[i].type);
        answer = &scene.answer;
        add(&scene, cases[i].good, cases[i].good_length);
        assert_int_equal(act(&scene), 0);
        add(&scene, cases[i].bad, cases[i].bad_length);
        assert_int_equal(act(&scene), KX_ERR_DNS_RECORD);
        assert_int_equal(answer->n_srv + answer->n_tlsa + answer->n_address +
                             answer->n_text,
                         1);
        clean_up(&scene);
    }
}

static void
addresses_of_both_families_come_in_the_order_they_are_added(void **state)
{
    struct sockaddr_in6 first;
    struct sockaddr_in second;
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_aaaa);
    add(&scene, ipv6, 16);
    assert_int_equal(act(&scene), 0);
    scene.question.type = ns_t_a;
    scene.data[0] = ipv4;
    scene.len[0] = 4;
    assert_int_equal(act(&scene), 0);

    assert_int_equal(scene.answer.n_address, 2);
    memcpy(&first, &scene.answer.address[0], sizeof(first));
    memcpy(&second, &scene.answer.address[1], sizeof(second));
    assert_int_equal(first.sin6_family, AF_INET6);
    assert_int_equal(first.sin6_port, 0);
    assert_memory_equal(&first.sin6_addr, &in6addr_loopback, 16);
    assert_int_equal(second.sin_family, AF_INET);
    assert_int_equal(second.sin_port, 0);
    assert_int_equal(second.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    clean_up(&scene);
}

static void
an_address_of_another_length_is_refused(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_a);
    add(&scene, ipv6, 16);
    assert_int_equal(act(&scene), KX_ERR_DNS_RECORD);
    scene.question.type = ns_t_aaaa;
    scene.data[0] = ipv4;
    scene.len[0] = 4;
    assert_int_equal(act(&scene), KX_ERR_DNS_RECORD);
    clean_up(&scene);
}

static void
texts_with_a_nul_are_left_out_and_the_others_kept(void **state)
{
    struct scene scene;

    (void)state;
    arrange(&scene, ns_t_txt);
    add(&scene, text_nul, 2);
    add(&scene, text_a, 2);
    assert_int_equal(act(&scene), 0);
    assert_int_equal(scene.answer.n_text, 1);
    assert_string_equal(scene.answer.text[0], "a");
    clean_up(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secure_records_are_given_out),
        cmocka_unit_test(records_without_proof_are_insecure),
        cmocka_unit_test(absence_without_proof_is_insecure),
        cmocka_unit_test(proven_absence_is_none),
        cmocka_unit_test(bogus_counts_before_all_else_and_says_why),
        cmocka_unit_test(another_response_code_is_a_failure_even_with_records),
        cmocka_unit_test(an_error_of_libunbound_is_a_failure_that_says_so),
        cmocka_unit_test(no_answer_yet_is_a_timeout_that_tells_how_long),
        cmocka_unit_test(
            as_many_records_as_the_bound_are_taken_and_one_more_is_refused),
        cmocka_unit_test(one_unreadable_record_refuses_the_answer),
        cmocka_unit_test(records_of_before_stay_when_more_are_refused),
        cmocka_unit_test(
            addresses_of_both_families_come_in_the_order_they_are_added),
        cmocka_unit_test(an_address_of_another_length_is_refused),
        cmocka_unit_test(texts_with_a_nul_are_left_out_and_the_others_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
