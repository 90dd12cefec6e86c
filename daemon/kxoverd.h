/*
 * kxoverd.h: the rooms of the daemon and what they promise each other.
 *
 *   main.c        options, start, signals, end
 *   process.c     fork, pidfile, privileges, word to the service manager
 *   watchdog.c    signs of life for the service manager
 *   log.c         lines to where [logging] says
 *   service.c     what one reading of kdc.conf gives: settings, database,
 *                 engine, responder
 *   renewals.c    crossovers that are renewed with nobody asking
 *   attempts.c    the realms that it has tried
 *   steady.c      whether the clock can be believed
 *   walk.c        looking for them through the whole database
 *   listener.c    sockets that accept
 *   limits.c      who may have a connection, and who goes first
 *   connection.c  one connection: messages in, answers out
 *   relay.c       a message to the KDC and its reply back
 *   metrics.c     what is counted
 *   exposition.c  that as text for Prometheus
 *   scrape.c      where Prometheus gets it
 *
 * The database is store/'s.  One thread, one event base; no function blocks
 * but those of store/, which bounds its waiting.
 */
#ifndef KX_KXOVERD_H
#define KX_KXOVERD_H

#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include "base/kx_base.h"
#include "daemon/metrics.h"
#include "exchange/kx_exchange.h"
#include "exchange/kx_settings.h"
#include "exchange/renewal.h"
#include "store/kx_store.h"

/* The longest message that is relayed: krb5kdc takes no longer one. */
#define KX_MAX_RELAYED (1024 * 1024)

/* How long the clock has not been set. */
struct kx_steady {
    time_t offset; /* between it and the monotonic clock */
    time_t since;  /* on the monotonic clock */
};

/* Everything that there is one of. */
struct kx_daemon {
    struct event_base *base;
    const struct kx_logger *logger;
    const char *program;          /* us, to be started again */
    struct kx_service *service;   /* of the last good reading of kdc.conf */
    struct kx_renewals *renewals; /* of the service */
    struct kx_steady steady;
    struct kx_listeners *listeners;
    struct kx_limits *limits;
    struct kx_relays *relays;
    struct kx_settle *settle;
    struct kx_metrics metrics;
    struct kx_scrape *scrape;
    unsigned int long_messages;   /* in memory now, see connection.c */
    struct kx_quiet busy_line;    /* no connection can be had */
    struct kx_quiet refused_line; /* a message was refused */
    struct kx_quiet slow_line;    /* a deadline passed */
    krb5_boolean stopping; /* no new messages; what is under way may end */
};

/*
 * log.c
 */

/* The logger that writes to where [logging] kxoverd says. */
extern const struct kx_logger kx_daemon_logger;

/*
 * Open the log as context's profile says; an open one is closed first, so this
 * also follows a log file that was moved away.
 */
void kx_daemon_log_open(krb5_context context);
void kx_daemon_log_close(void);

/* While on, errors are written to standard error as well: at start, where
 * somebody is looking. */
void kx_daemon_log_to_stderr(krb5_boolean on);

/*
 * process.c
 */

/*
 * Keep what is in memory out of core files, and files that we make from others
 * (umask 077).
 */
void kx_process_harden(void);

/* Have so many files open at once, or as many as the system lets us.  Returns
 * how many that are, which may be more. */
size_t kx_process_allow_files(size_t files);

/*
 * Go on in the background, in a session of our own.  The foreground process
 * waits for kx_process_ready() and then exits with 0; if we end before, it
 * exits with 1.  Errors: errno's.
 */
krb5_error_code kx_process_detach(void);

/*
 * Write our process id to path (NULL: to no file), tell whoever waits for us
 * (the foreground process, the service manager at $NOTIFY_SOCKET) that we
 * serve, and let go of the terminal if we are detached.  Errors: errno's, for
 * the file.
 */
krb5_error_code kx_process_ready(const char *pidfile);

/*
 * Tell the service manager: "RELOADING=1", "READY=1", "STOPPING=1" or
 * "WATCHDOG=1".  Without a service manager nothing happens.
 */
void kx_process_notify(const char *state);

/*
 * Become user, with that user's groups, for good.  context gets the message.
 * Errors: ENOENT (there is no such user), errno's.
 */
krb5_error_code kx_process_become(krb5_context context, const char *user);

/*
 * watchdog.c
 */

/*
 * If the service manager watches us ($WATCHDOG_USEC, $WATCHDOG_PID), let
 * base's loop tell it from now on that we are alive, twice in the time that it
 * says. *out, NULL if it does not, is to be released with event_free().
 * Errors: ENOMEM.
 */
krb5_error_code kx_watchdog_new(struct event_base *base, struct event **out);

/*
 * service.c
 */

/* What one reading of kdc.conf gives.  A new reading makes a new service; the
 * old one lives on until its last request is answered. */
struct kx_service {
    krb5_context context; /* its own */
    struct kx_settings *settings;
    int kdc_backlog; /* [kdcdefaults] kdc_tcp_listen_backlog */
    struct kx_store store;
    struct kx_kadm_store *kadm; /* NULL when nothing is stored */
    struct kx_engine *engine;
    struct kx_responder *responder;
    struct event *end;  /* releases the service when nobody uses it any more */
    unsigned int users; /* requests under way, and the daemon itself */
};

/*
 * Read kdc.conf: *out gets context and settings of realm (NULL: the default
 * realm).  What is wrong is logged.  Errors: any, after the log line.
 */
krb5_error_code kx_service_read(const struct kx_logger *logger,
                                const char *realm, struct kx_service **out);

/*
 * Open the database and make engine and responder.  before, which may be NULL,
 * is the service whose place it takes; metrics gets what comes of exchanges.
 * What is wrong is logged; the service can then only be released.  Errors:
 * any, after the log line.
 */
krb5_error_code kx_service_start(struct kx_service *service,
                                 struct event_base *base,
                                 struct kx_settle *settle,
                                 const struct kx_logger *logger,
                                 struct kx_metrics *metrics,
                                 const struct kx_service *before);

/* One more user, one less.  The last one to leave ends the service, but not
 * before the event that is being served is over. */
void kx_service_use(struct kx_service *service);
void kx_service_leave(struct kx_service *service);

/* Release the service now, requests under way included. */
void kx_service_free(struct kx_service *service);

/*
 * steady.c
 */

void kx_steady_begin(struct kx_steady *steady);

/*
 * For how many seconds the clock has gone steadily, but for corrections of
 * tolerance seconds: since it was last found to have been set, or since the
 * beginning.
 */
time_t kx_steady_seconds(struct kx_steady *steady, time_t tolerance);

/*
 * renewals.c
 */

struct kx_renewals;

/*
 * Renew what is due of service's crossovers, and remove what is over, from now
 * on.  program is kxoverd, to be started again for looking through the
 * database.  Nothing is removed before the clock has been steady from one look
 * to the next.  base, logger, program, service, steady and metrics, which gets
 * what comes of it, are borrowed.
 * Errors: ENOMEM.
 */
krb5_error_code kx_renewals_new(
    struct event_base *base, const struct kx_logger *logger,
    const char *program, struct kx_service *service, struct kx_steady *steady,
    struct kx_metrics *metrics, struct kx_renewals **out);

/*
 * Realms whose renewal failed at the last attempt: how many there are.  Up to
 * room of them are put into failing, *n_listed; their names are borrowed until
 * control is given back to base.  renewals may be NULL.
 */
size_t kx_renewals_failing(const struct kx_renewals *renewals,
                           struct kx_failing *failing, size_t room,
                           size_t *n_listed);

/* End it; exchanges under way are given up.  renewals may be NULL. */
void kx_renewals_free(struct kx_renewals *renewals);

/*
 * listener.c
 */

struct kx_listeners;

krb5_error_code kx_listeners_new(struct kx_daemon *daemon,
                                 struct kx_listeners **out);

/*
 * Listen at exactly these endpoints from now on; those that are listened at
 * already are left alone.  On an error all is as before.  context gets the
 * message.  Errors: errno's.
 */
krb5_error_code kx_listeners_set(struct kx_listeners *listeners,
                                 krb5_context context,
                                 const struct kx_endpoint *endpoints,
                                 size_t n);

/* Close the sockets; connections stay. */
void kx_listeners_free(struct kx_listeners *listeners);

/*
 * limits.c
 */

struct kx_limits;
struct kx_source;

/* A connection's place in the limits; a member of it. */
struct kx_seat {
    TAILQ_ENTRY(kx_seat) link;        /* among all seats */
    TAILQ_ENTRY(kx_seat) idle;        /* among the idle ones */
    TAILQ_ENTRY(kx_seat) source_idle; /* and the idle ones of the source */
    struct kx_source *source;
    krb5_boolean is_idle;
};

/* Asks the owner of seat to give it up at once, with kx_seat_leave(). */
typedef void kx_evict_fn(struct kx_seat *seat);

/* Errors: ENOMEM. */
krb5_error_code kx_limits_new(size_t max_seats, size_t max_source_seats,
                              kx_evict_fn *evict, struct kx_limits **out);

/* Let there be so many seats from now on.  Those who are idle for longest make
 * room where there are more; of the others none, and no newcomer either. */
void kx_limits_set_maximum(struct kx_limits *limits, size_t max_seats,
                           size_t max_source_seats);

/* All seats must have been left. */
void kx_limits_free(struct kx_limits *limits);

/*
 * Take a seat, idle at first, for a connection from address.  Where a limit is
 * reached the seat idle for longest is evicted: that source's own for its
 * limit, anybody's for the limit of all.  IPv6 addresses count as one source
 * by their first 64 bits.  Errors: KX_ERR_BUSY (a limit, and nobody is idle),
 * ENOMEM.
 */
krb5_error_code kx_seat_take(struct kx_limits *limits,
                             const struct sockaddr *address,
                             struct kx_seat *seat);

/* Idle: waiting for a whole message; may be evicted.  Busy: may not. */
void kx_seat_set_idle(struct kx_limits *limits, struct kx_seat *seat,
                      krb5_boolean idle);
void kx_seat_leave(struct kx_limits *limits, struct kx_seat *seat);

/* Evict everybody who is idle, or everybody. */
void kx_limits_evict(struct kx_limits *limits, krb5_boolean idle_only);

/* Seats that are taken, those of them that are idle, and as many as there may
 * be. */
size_t kx_limits_count(const struct kx_limits *limits);
size_t kx_limits_idle(const struct kx_limits *limits);
size_t kx_limits_maximum(const struct kx_limits *limits);

/*
 * connection.c
 */

/*
 * Serve fd (taken over, also on failure), whose other end is at address. What
 * is wrong is logged.
 */
void kx_connection_start(struct kx_daemon *daemon, evutil_socket_t fd,
                         const struct sockaddr *address, int length);

/* A kx_evict_fn: close the connection that seat is a member of. */
void kx_connection_evict(struct kx_seat *seat);

/*
 * relay.c
 */

struct kx_relays;
struct kx_relay;

/* metrics, which must outlive it, gets the bytes.  Errors: ENOMEM. */
krb5_error_code kx_relays_new(struct event_base *base,
                              const struct kx_logger *logger,
                              struct kx_metrics *metrics,
                              struct kx_relays **out);
void kx_relays_free(struct kx_relays *relays);

/* Where the KDC is from now on (NULL: nowhere), and how many messages it gets
 * at once. */
void kx_relays_set_kdc(struct kx_relays *relays, const struct kx_endpoint *kdc,
                       int at_once);
krb5_boolean kx_relays_have_kdc(const struct kx_relays *relays);

/* Messages that wait until the KDC takes them. */
size_t kx_relays_waiting(const struct kx_relays *relays);

enum kx_relay_end {
    KX_RELAY_DONE,   /* the reply is in the client's output, whole */
    KX_RELAY_CLOSED, /* the KDC ended the connection without a reply */
    KX_RELAY_FAILED  /* the KDC cannot be reached or broke off */
};

/* Called once, from the event base.  The relay is gone then. */
typedef void kx_relayed_fn(void *arg, enum kx_relay_end end);

/*
 * Relay the message of length bytes (its length prefix included), which is
 * taken from client's input, to the KDC, and its reply to client's output.
 * client is borrowed; source is text for log lines, borrowed.  Errors (done is
 * then not called): ENOMEM, errno's.
 */
krb5_error_code kx_relay_start(struct kx_relays *relays,
                               struct bufferevent *client, size_t length,
                               const char *source, kx_relayed_fn *done,
                               void *arg, struct kx_relay **out);

/* The client's output has been written: there is room for more. */
void kx_relay_continue(struct kx_relay *relay);

/* The client has gone: done is not called any more. */
void kx_relay_cancel(struct kx_relay *relay);

/*
 * scrape.c
 */

struct kx_scrape;

/* Errors: ENOMEM. */
krb5_error_code kx_scrape_new(struct kx_daemon *daemon,
                              struct kx_scrape **out);

/*
 * Tell the figures at exactly these addresses from now on, by HTTP.  On an
 * error all is as before.  context gets the message.  Errors: errno's.
 */
krb5_error_code kx_scrape_listen(struct kx_scrape *scrape,
                                 krb5_context context,
                                 const struct kx_endpoint *endpoints,
                                 size_t n);

/*
 * Write them into file (NULL: into none) at once and from now on; the daemon
 * must have its service.  On an error all is as before.  context gets the
 * message.  Errors: errno's.
 */
krb5_error_code kx_scrape_write(struct kx_scrape *scrape, krb5_context context,
                                const char *file);

/* End it, and remove the file: what is in it is true no more.  scrape may be
 * NULL. */
void kx_scrape_free(struct kx_scrape *scrape);

#endif /* KX_KXOVERD_H */
