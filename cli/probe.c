/*
 * probe.c: who answers at a port?
 *
 * A kxoverd is known by how it refuses an offer of its own realm to itself:
 * that costs it no signature, no lookup and no key.  A KDC is known by how it
 * refuses a ticket to somebody whom there is not.  Both write a line into
 * their logs.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/contact.h"
#include "exchange/offer.h"
#include "exchange/refusal.h"
#include "exchange/transact.h"

#define WIRE_C_PRINCIPAL_UNKNOWN 6 /* RFC 4120 7.5.9 */

struct probe {
    struct contact *contact;
    const char *host; /* borrowed */
    struct kx_transact *transact;
    probe_fn *done;
    void *arg;
};

/* The answer has come whole, or will not come. */
static void
answered(void *arg, krb5_error_code code, const krb5_data *message)
{
    struct probe *probe = arg;
    struct kx_krb_error *error = NULL;

    if (code == 0 &&
        kx_decode_krb_error(probe->contact->context, message, &error) != 0)
        code = kx_error(probe->contact->context, KX_ERR_DECODE,
                        "whoever answers at %s says something else than is to "
                        "be expected",
                        probe->host);
    probe->done(probe->arg, code, error);
    kx_krb_error_free(error);
}

/* Send message over socket, which is taken over, and wait for the answer.
 * Errors: ENOMEM. */
static krb5_error_code
begin(struct contact *contact, evutil_socket_t socket, const char *host,
      const krb5_data *message, probe_fn *done, void *arg, struct probe **out)
{
    struct probe *probe;
    krb5_error_code ret;

    *out = NULL;
    probe = calloc(1, sizeof(*probe));
    if (probe == NULL) {
        (void)close(socket);
        return ENOMEM;
    }
    probe->contact = contact;
    probe->host = host;
    probe->done = done;
    probe->arg = arg;
    ret = kx_transact_start(contact->engine, socket, host, message, answered,
                            probe, &probe->transact);
    if (ret)
        free(probe);
    else
        *out = probe;
    return ret;
}

void
probe_free(struct probe *probe)
{
    if (probe == NULL)
        return;
    kx_transact_free(probe->transact);
    free(probe);
}

/*
 * Make the offer of our realm to itself in *out (kx_data_free()).  Errors:
 * those of the identity, KX_ERR_CRYPTO, ENOMEM.
 */
static krb5_error_code
make_offer(struct contact *contact, krb5_data *out)
{
    krb5_context context = contact->context;
    const krb5_data own = kx_data(contact->realm, strlen(contact->realm));
    struct kx_terms terms = {.msg_type = KX_MSG_REQ, .nonce = 1};
    const struct kx_identity *identity;
    struct kx_ephemeral *ephemeral = NULL;
    struct kx_message *request = NULL;
    krb5_principal name = NULL;
    krb5_error_code ret;

    terms.request_time = time(NULL);
    terms.till = terms.request_time + contact->settings->lifetime;
    ret = kx_credentials_identity(contact->credentials, terms.request_time,
                                  NULL, &identity);
    if (ret == 0)
        ret = kx_crossover_name(context, &own, &own, &name);
    if (ret == 0)
        ret = kx_ephemeral_generate(context, KX_GROUP_X25519, &ephemeral);
    if (ret == 0) {
        terms.kxname = name;
        terms.ephemeral = ephemeral;
        ret = kx_offer_make(context, contact->settings, identity, &terms,
                            &request);
    }
    if (ret == 0)
        ret = kx_encode_message(context, request, out);
    kx_message_free(request);
    kx_ephemeral_free(ephemeral);
    krb5_free_principal(context, name);
    return ret;
}

krb5_error_code
probe_kxoverd(struct contact *contact, evutil_socket_t socket,
              const char *host, probe_fn *done, void *arg, struct probe **out)
{
    krb5_data message = kx_data(NULL, 0);
    krb5_error_code ret;

    *out = NULL;
    ret = make_offer(contact, &message);
    if (ret)
        (void)close(socket);
    else
        ret = begin(contact, socket, host, &message, done, arg, out);
    kx_data_free(&message);
    return ret;
}

krb5_boolean
probe_is_kxoverd(const struct contact *contact,
                 const struct kx_krb_error *error)
{
    const krb5_data own = kx_data(contact->realm, strlen(contact->realm));

    return kx_data_equal(&error->sname->realm, &own) &&
           error->error_code == kx_refusal_code(KX_ERR_POLICY_NAME);
}

krb5_boolean
probe_is_kdc(const struct kx_krb_error *error)
{
    return error->error_code == WIRE_C_PRINCIPAL_UNKNOWN;
}

/*
 * Make the request of kxover-check/nobody, whom no database has, in *out
 * (krb5_free_data_contents()).  Errors: libkrb5's.
 */
static krb5_error_code
make_as_req(krb5_context context, const char *realm, krb5_data *out)
{
    krb5_init_creds_context creds = NULL;
    krb5_principal nobody = NULL;
    krb5_data none = kx_data(NULL, 0), server = kx_data(NULL, 0);
    krb5_error_code ret;
    unsigned int flags;

    *out = none;
    ret = krb5_build_principal(context, &nobody, (unsigned int)strlen(realm),
                               realm, "kxover-check", "nobody", (char *)NULL);
    if (ret == 0)
        ret =
            krb5_init_creds_init(context, nobody, NULL, NULL, 0, NULL, &creds);
    if (ret == 0)
        ret =
            krb5_init_creds_step(context, creds, &none, out, &server, &flags);
    krb5_free_data_contents(context, &server);
    krb5_init_creds_free(context, creds);
    krb5_free_principal(context, nobody);
    return ret;
}

krb5_error_code
probe_kdc(struct contact *contact, evutil_socket_t socket, const char *host,
          probe_fn *done, void *arg, struct probe **out)
{
    krb5_data message;
    krb5_error_code ret;

    *out = NULL;
    ret = make_as_req(contact->context, contact->realm, &message);
    if (ret)
        (void)close(socket);
    else
        ret = begin(contact, socket, host, &message, done, arg, out);
    krb5_free_data_contents(contact->context, &message);
    return ret;
}
