/*
 * initiator.c: our side of an exchange that we begin.
 *
 *   the peer's servers in DNS ─▶ connect to the next ─▶ KX-REQ, KX-REP
 *            ▲                                              │
 *            └────────── not usable: the next server ◀──────┤
 *                                                           ▼
 *                              six checks, agreement, confirmation, key
 *
 * Every arrow is an event; between two of them nothing is on the stack, so the
 * machine rests wherever its owner stops running the base and goes on when the
 * base runs again.  Of the servers that fail, the first one's error is told:
 * it is the one that the peer's administrator put first.
 *
 * A request is made once, when the first connection stands, and serves all
 * servers of the realm; only a refused group (KRB-ERROR 65) and a refused root
 * (70) make another one, once each.
 *
 * What is asked is asking.c's, and what is made of the reply conclude.c's.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "exchange/asking.h"
#include "exchange/conclude.h"
#include "exchange/connect.h"
#include "exchange/report.h"
#include "exchange/transact.h"

#define FIRST_BYTE_KRB_ERROR 0x7e

struct kx_initiator {
    struct kx_engine *engine;
    char remote[KX_MAX_DNS_NAME];
    krb5_principal kxname;
    kx_initiated_fn *done;
    void *arg;
    struct event *deadline;
    struct kx_course course;

    struct kx_peer *peer;
    struct kx_target target; /* the present server; points into peer */
    struct kx_connect *connect;
    struct kx_transact *transact;

    struct kx_asking asking;

    krb5_error_code kept; /* the first server's error */
    char *kept_words;
    char kept_host[KX_MAX_DNS_NAME]; /* and which it was */
    uint16_t kept_port;
    struct sockaddr_storage kept_address;

    struct sockaddr_storage address; /* of the present server, connected to;
                                      * no family: none is */
};

/*
 * Give code, of which the context holds the message, or KX_ERR_UNATTENDED if
 * it may be no fault but that nobody moved the exchange.
 */
static krb5_error_code
excuse(struct kx_initiator *initiator, krb5_error_code code)
{
    struct kx_engine *engine = initiator->engine;

    if (!kx_unattended_excuses(engine->unattended, code))
        return code;
    return kx_error_as(engine->context, KX_ERR_UNATTENDED,
                       kx_error_prefix(engine->context, code,
                                       "nothing moved the exchange for %ld s, "
                                       "and it is to begin anew",
                                       (long)engine->unattended));
}

/* The address, for a place; NULL for none. */
static const struct sockaddr *
known_address(const struct sockaddr_storage *address)
{
    return address->ss_family != 0 ? (const struct sockaddr *)address : NULL;
}

/* Give the error of the exchange its words, log it, and tell the user. */
static void
fail(struct kx_initiator *initiator, krb5_error_code code)
{
    const struct kx_engine *engine = initiator->engine;
    struct kx_place place = {0};

    if (initiator->kept != 0) {
        code = initiator->kept;
        kx_error(engine->context, code, "%s",
                 initiator->kept_words != NULL ? initiator->kept_words
                                               : error_message(code));
        place.host = initiator->kept_host;
        place.port = initiator->kept_port;
        place.address = known_address(&initiator->kept_address);
    }
    kx_report_failed(engine->logger, kx_engine_quiet(initiator->engine, code),
                     code == KX_ERR_UNATTENDED ? LOG_INFO : LOG_WARNING,
                     &initiator->course, &place, code);
    kx_course_end(&initiator->course, code, NULL);
    (void)event_del(initiator->deadline);
    initiator->done(initiator->arg, code, NULL);
}

/*
 * All is well: tell the user, who stores the key, and log it.  The user may
 * release the initiator meanwhile.
 */
static void
succeed(struct kx_initiator *initiator, struct kx_crossover *crossover)
{
    const struct kx_logger *logger = initiator->engine->logger;
    const struct kx_course course = initiator->course;
    const struct kx_place place = {.host = crossover->origin.host,
                                   .port = crossover->origin.port,
                                   .address =
                                       known_address(&initiator->address)};
    struct kx_report report;
    int64_t begun;

    (void)event_del(initiator->deadline);
    kx_report_agreed(&report, &course, &place, crossover);
    kx_course_end(&initiator->course, 0, crossover);
    begun = kx_monotonic_usec();
    initiator->done(initiator->arg, 0, crossover);
    kx_report_write(&report, logger, &course, kx_monotonic_usec() - begun);
}

/* Forget what belongs to one server's turn. */
static void
end_turn(struct kx_initiator *initiator)
{
    kx_connect_free(initiator->connect);
    initiator->connect = NULL;
    kx_transact_free(initiator->transact);
    initiator->transact = NULL;
}

/* This server will not do: keep its error if it is the first, try the next. */
static void
next_server(struct kx_initiator *initiator, krb5_error_code code)
{
    krb5_context context = initiator->engine->context;
    const char *words;

    end_turn(initiator);
    code = excuse(initiator, code);
    if (initiator->kept == 0) {
        initiator->kept = code;
        words = krb5_get_error_message(context, code);
        initiator->kept_words = strdup(words);
        krb5_free_error_message(context, words);
        memcpy(initiator->kept_host, initiator->target.host,
               strlen(initiator->target.host) + 1);
        initiator->kept_port = initiator->target.port;
        initiator->kept_address = initiator->address;
    }
    kx_peer_next(initiator->peer);
}

static void connected(void *arg, krb5_error_code code, evutil_socket_t socket,
                      const struct sockaddr *address);

/* Connect to the present server. */
static void
connect_target(struct kx_initiator *initiator)
{
    krb5_error_code ret;
    const struct kx_target *target = &initiator->target;

    memset(&initiator->address, 0, sizeof(initiator->address));
    kx_step_begin(&initiator->course, KX_STEP_CONNECT);
    ret = kx_connect_start(initiator->engine, target->host, target->address,
                           target->n_address, connected, initiator,
                           &initiator->connect);
    if (ret)
        next_server(initiator, kx_step_end(&initiator->course, KX_STEP_CONNECT,
                                           ret, NULL));
}

/* Try the present server once more, with another request. */
static void
try_again(struct kx_initiator *initiator)
{
    end_turn(initiator);
    connect_target(initiator);
}

/* The answer is a KRB-ERROR. */
static void
refused(struct kx_initiator *initiator, const krb5_data *message)
{
    krb5_context context = initiator->engine->context;
    struct kx_krb_error *error = NULL;
    krb5_error_code ret;

    ret = kx_decode_krb_error(context, message, &error);
    if (ret)
        ret = kx_step_end(&initiator->course, KX_STEP_ANSWER,
                          kx_error_prefix(context, ret, "answer of %s",
                                          initiator->target.host),
                          NULL);
    else
        ret = kx_asking_please(&initiator->asking, initiator->target.host,
                               error);
    kx_krb_error_free(error);
    if (ret == 0)
        try_again(initiator);
    else
        next_server(initiator, ret);
}

/* The answer has come whole, or will not come. */
static void
answered(void *arg, krb5_error_code code, const krb5_data *message)
{
    struct kx_initiator *initiator = arg;
    krb5_context context = initiator->engine->context;
    struct kx_course *course = &initiator->course;
    const struct kx_conclusion conclusion = {
        .engine = initiator->engine,
        .course = course,
        .kxname = initiator->kxname,
        .source = &initiator->asking.source,
        .request = &initiator->asking.request->offer,
        .ephemeral = initiator->asking.ephemeral,
        .target = &initiator->target,
    };
    struct kx_crossover *crossover = NULL;

    if (code) {
        next_server(initiator,
                    kx_step_end(course, KX_STEP_ANSWER, code, NULL));
        return;
    }
    if ((unsigned char)message->data[0] == FIRST_BYTE_KRB_ERROR) {
        refused(initiator, message);
        return;
    }
    (void)kx_step_end(course, KX_STEP_ANSWER, 0, NULL);
    code = kx_conclude(&conclusion, message, &crossover);
    if (code == 0 && initiator->asking.n_named > 0 &&
        crossover->origin.prior == 0)
        kx_log(initiator->engine->logger, LOG_WARNING,
               "krbtgt/%s@%s: the new key does not build on earlier ones: the "
               "other realm has none of the %zu that we named",
               initiator->remote, initiator->engine->settings->realm,
               initiator->asking.n_named);
    if (code) {
        kx_error_prefix(context, code, "reply from %s",
                        initiator->target.host);
        next_server(initiator, code);
        return;
    }
    end_turn(initiator);
    succeed(initiator, crossover);
}

/* A connection stands, or none could be had. */
static void
connected(void *arg, krb5_error_code code, evutil_socket_t socket,
          const struct sockaddr *address)
{
    struct kx_initiator *initiator = arg;
    krb5_context context = initiator->engine->context;
    struct kx_course *course = &initiator->course;
    const struct kx_found found = {
        .address = (const struct sockaddr_storage *)(const void *)address,
        .n_address = address != NULL};
    krb5_data bytes = kx_data(NULL, 0);

    if (address != NULL)
        memcpy(&initiator->address, address, sizeof(initiator->address));
    (void)kx_step_end(course, KX_STEP_CONNECT, code, &found);
    if (code == 0 && initiator->asking.request == NULL)
        code = kx_asking_make(&initiator->asking, KX_GROUP_X25519);
    if (code == 0)
        code = kx_encode_message(context, initiator->asking.request, &bytes);
    if (code) {
        if (socket >= 0)
            (void)evutil_closesocket(socket);
        next_server(initiator, code);
        return;
    }
    kx_connect_free(initiator->connect);
    initiator->connect = NULL;
    kx_step_begin(course, KX_STEP_ANSWER);
    code =
        kx_transact_start(initiator->engine, socket, initiator->target.host,
                          &bytes, answered, initiator, &initiator->transact);
    kx_data_free(&bytes);
    if (code)
        next_server(initiator,
                    kx_step_end(course, KX_STEP_ANSWER, code, NULL));
}

/* DNS gave a server, or there are no more. */
static void
target_found(void *arg, krb5_error_code code, const struct kx_target *target)
{
    struct kx_initiator *initiator = arg;

    if (code) {
        fail(initiator, excuse(initiator, code));
        return;
    }
    initiator->target = *target;
    connect_target(initiator);
}

/* Event: the exchange as a whole took too long. */
static void
expire(evutil_socket_t fd, short what, void *arg)
{
    struct kx_initiator *initiator = arg;
    krb5_error_code code;

    (void)fd;
    (void)what;
    code = kx_error(initiator->engine->context, KX_ERR_PEER_SILENT,
                    "realm %s: gave up waiting for %s", initiator->remote,
                    kx_initiator_step(initiator));
    kx_course_interrupt(&initiator->course, code);
    end_turn(initiator);
    kx_peer_free(initiator->peer);
    initiator->peer = NULL;
    fail(initiator, excuse(initiator, code));
}

/*
 * Begin the course, and see that an exchange with remote is worth beginning.
 * What is wrong on our side costs no network and says nothing of the peer.
 * Errors: KX_ERR_REALM_NAME, KX_ERR_POLICY_REALM, those of
 * kx_credentials_ready().
 */
static krb5_error_code
admit(struct kx_initiator *initiator, const krb5_data *remote)
{
    struct kx_engine *engine = initiator->engine;
    const struct kx_settings *settings = engine->settings;
    const krb5_data local = kx_data(settings->realm, strlen(settings->realm));
    struct kx_course *course = &initiator->course;
    krb5_error_code ret = 0;

    if (kx_realm_is_valid(remote)) {
        memcpy(initiator->remote, remote->data, remote->length);
        course->remote = kx_data(initiator->remote, remote->length);
    }
    kx_course_begin(course, &engine->listener, engine->context, KX_INITIATOR,
                    settings->realm);
    kx_step_begin(course, KX_STEP_REALM);
    if (course->remote.length == 0 || kx_data_equal(remote, &local))
        ret = kx_error(engine->context, KX_ERR_REALM_NAME,
                       "realm %.*s is not another realm's DNS name in "
                       "capitals of two labels or more",
                       (int)remote->length, remote->data);
    else if (!kx_settings_realm_permitted(settings, KX_OUTGOING, remote))
        ret = kx_error(engine->context, KX_ERR_POLICY_REALM,
                       "realm %.*s is refused by kxover_realms",
                       (int)remote->length, remote->data);
    (void)kx_step_end(course, KX_STEP_REALM, ret, NULL);
    if (ret)
        return ret;
    kx_step_begin(course, KX_STEP_IDENTITY);
    return kx_step_end(course, KX_STEP_IDENTITY,
                       kx_credentials_ready(engine->credentials, time(NULL)),
                       NULL);
}

krb5_error_code
kx_initiator_start(struct kx_engine *engine, const krb5_data *remote,
                   uint32_t known_kvno, const struct kx_earlier_source *source,
                   unsigned int timeout, kx_initiated_fn *done, void *arg,
                   struct kx_initiator **out)
{
    krb5_context context = engine->context;
    krb5_data local =
        kx_data(engine->settings->realm, strlen(engine->settings->realm));
    const struct timeval limit = {(time_t)timeout, 0};
    struct kx_initiator *initiator;
    krb5_error_code ret;

    *out = NULL;
    initiator = calloc(1, sizeof(*initiator));
    if (initiator == NULL)
        return ENOMEM;
    initiator->engine = engine;
    ret = admit(initiator, remote);
    if (ret)
        goto cleanup;
    initiator->asking.engine = engine;
    initiator->asking.course = &initiator->course;
    initiator->asking.known_kvno = known_kvno;
    if (source != NULL)
        initiator->asking.source = *source;
    initiator->done = done;
    initiator->arg = arg;
    ret = kx_crossover_name(context, remote, &local, &initiator->kxname);
    if (ret)
        goto cleanup;
    initiator->asking.kxname = initiator->kxname;
    initiator->deadline = event_new(engine->base, -1, 0, expire, initiator);
    if (initiator->deadline == NULL ||
        event_add(initiator->deadline, &limit) < 0) {
        ret = ENOMEM;
        goto cleanup;
    }
    ret = kx_peer_start(engine, &initiator->course, remote, TRUE, target_found,
                        initiator, &initiator->peer);
    if (ret)
        goto cleanup;
    *out = initiator;
    initiator = NULL;

cleanup:
    if (ret)
        kx_course_end(&initiator->course, ret, NULL);
    kx_initiator_free(initiator);
    return ret;
}

void
kx_initiator_free(struct kx_initiator *initiator)
{
    if (initiator == NULL)
        return;
    kx_course_end(&initiator->course, ECANCELED, NULL);
    end_turn(initiator);
    kx_peer_free(initiator->peer);
    if (initiator->deadline != NULL)
        event_free(initiator->deadline);
    kx_asking_clear(&initiator->asking);
    krb5_free_principal(initiator->engine->context, initiator->kxname);
    free(initiator->kept_words);
    free(initiator);
}

const char *
kx_initiator_step(const struct kx_initiator *initiator)
{
    if (initiator->transact != NULL)
        return "the answer";
    if (initiator->connect != NULL)
        return "the connection";
    return initiator->peer != NULL ? kx_peer_step(initiator->peer) : "nothing";
}
