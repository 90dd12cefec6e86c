/*
 * contact.h: what `kxover check` and `kxover exchange` share: our side as
 * kxoverd has it, and another realm that is to be reached.
 *
 *   contact.c  settings, database, engine; what is wrong on our side
 *   survey.c   all servers of a realm: DNS, addresses, connections
 *   told.c     the steps of an exchange, as lines of the report
 *   probe.c    is it kxoverd that answers there, and the KDC behind it?
 */
#ifndef KX_CLI_CONTACT_H
#define KX_CLI_CONTACT_H

#include "cli/cli.h"
#include "cli/report.h"
#include "exchange/credentials.h"
#include "exchange/kx_exchange.h"
#include "exchange/peer.h"
#include "store/kx_store.h"

/* Seconds that an exchange may take, as kxoverd gives it. */
#define CONTACT_TIMEOUT 30

struct contact {
    const struct cli_call *call;
    const char *remote; /* the realm to be reached; may be our own */
    krb5_context context;
    char *realm; /* ours */
    struct kx_settings *settings;
    struct kx_kadm_store *store;
    struct event_base *base;
    struct kx_engine *engine;
    struct kx_credentials *credentials;
    struct report report;
    struct report_line held; /* told.c's; without step: none */
    char held_detail[REPORT_DETAIL_SIZE];
    unsigned int n_bad_before; /* the exchange or the survey began */
    uint32_t left_kvno;    /* the version that the other realm said it keeps */
    time_t left_till;      /* until then; 0: none */
    size_t n_servers;      /* SRV records of the realm */
    krb5_boolean surveyed; /* survey.c has told all up to the connection */
};

/* contact.c */

/*
 * Make ready for contact with the realm that is the call's operand: its name
 * is one, and settings, database and DNS can be used.  Returns CLI_OK, or
 * another exit code after saying why.  contact_close() in any case.
 */
int contact_open(const struct cli_call *call, struct contact *contact);
void contact_close(struct contact *contact);

/* Run the base until *done.  Errors: EIO, told, if the base fails. */
krb5_error_code contact_run(struct contact *contact, const krb5_boolean *done);

/* Tell whether our settings, identities, roots and lists are fit for an
 * exchange; false if not. */
krb5_boolean contact_tell_ours(struct contact *contact);

/*
 * Tell whether the other realm is permitted, and give what the database has of
 * the crossover to it.  False if no exchange is to be had.
 */
krb5_boolean contact_tell_crossover(struct contact *contact,
                                    struct kx_life *life);

/*
 * Exchange with the other realm, of whose crossover version known is ours; its
 * steps are told.  *crossover gets the key (kx_crossover_free()), which is not
 * stored.  Errors: those of kx_initiator_start() and of the exchange.
 */
krb5_error_code contact_exchange(struct contact *contact, uint32_t known,
                                 struct kx_crossover **crossover);

/* Tell a line about our side that took since the monotonic microseconds begin
 * (0: nothing worth telling); for code not 0 a bad one with its message and
 * remedy. */
void contact_tell(struct contact *contact, const char *step, const char *label,
                  int64_t begin, krb5_error_code code, const char *detail);

/* Write the certificate's place of an identity, as kxover_identity names it,
 * into text; returns text. */
const char *contact_identity_text(const char *spec,
                                  char text[KX_IDENTITY_TEXT_SIZE]);

/* survey.c */

struct survey;

/*
 * Called for each server that a connection was had to, with the socket (the
 * callee's to close), while course is at it.  survey_next() afterwards.
 */
typedef void survey_fn(void *arg, struct survey *survey,
                       const struct kx_target *target, evutil_socket_t socket);

/*
 * Look up all servers of realm, as an exchange would, connect to each, and
 * tell.  *reached gets the number of those connected to.  Errors:
 * kx_peer_start()'s; they were told.
 */
krb5_error_code survey_realm(struct contact *contact, const char *realm,
                             survey_fn *each, void *arg,
                             unsigned int *reached);
void survey_next(struct survey *survey);

/* told.c */

/* A kx_told_fn with a struct contact. */
void contact_told(void *arg, const struct kx_told *told);

/* probe.c */

struct probe;

/* Called with the KRB-ERROR that came (borrowed), or with code, of which the
 * context has the message. */
typedef void probe_fn(void *arg, krb5_error_code code,
                      const struct kx_krb_error *error);

/*
 * Ask over socket, which is taken over, whether a kxoverd of realm is at its
 * other end: by an offer of realm to itself, which no kxoverd accepts.  host
 * is borrowed until the probe is freed.  Errors (done is then not called):
 * those of the identity, ENOMEM.
 */
krb5_error_code probe_kxoverd(struct contact *contact, evutil_socket_t socket,
                              const char *host, probe_fn *done, void *arg,
                              struct probe **out);

/* True if error is the answer of a kxoverd of our realm to that. */
krb5_boolean probe_is_kxoverd(const struct contact *contact,
                              const struct kx_krb_error *error);

/*
 * Ask over socket, which is taken over, whether a KDC is behind it: for a
 * ticket of somebody whom there is not.  Errors (done is then not called):
 * libkrb5's, ENOMEM.
 */
krb5_error_code probe_kdc(struct contact *contact, evutil_socket_t socket,
                          const char *host, probe_fn *done, void *arg,
                          struct probe **out);

/* True if error is the answer of a KDC.  Of which realm, it does not tell: the
 * realm that it names is that of the question. */
krb5_boolean probe_is_kdc(const struct kx_krb_error *error);

void probe_free(struct probe *probe);

#endif /* KX_CLI_CONTACT_H */
