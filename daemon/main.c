/*
 * main.c: kxoverd's options, its start, its signals and its end.
 *
 * It starts in the order that the next step needs: read the settings, bind the
 * sockets (which may want root), become somebody less, open the database, say
 * that we serve.  Whatever fails on the way is told on standard error, in the
 * log and by exit code 1.
 *
 * SIGHUP reads kdc.conf again and opens the log files again.  SIGTERM and
 * SIGINT end us: no new messages, a few seconds for those under way; a second
 * one ends us at once.
 */
#include "config.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <event2/event.h>
#include "daemon/kxoverd.h"
#include "daemon/walk.h"

/* Connections from one source. */
#define MAX_SOURCE_SEATS 256

/* Files that we have open for other things than clients: at the least, and
 * when libunbound has all its sockets (outgoing-range). */
#define OTHER_FILES 128
#define MANY_OTHER_FILES 3072

/* How long messages under way may take when we are to end. */
static const struct timeval stop_limit = {5, 0};

struct options {
    const char *realm;   /* NULL: the default realm */
    const char *pidfile; /* NULL: none */
    const char *user;    /* NULL: stay who we are */
    krb5_boolean foreground;
    krb5_boolean look; /* only look through the database (walk.c) */
    size_t keep;
};

/* What the signals' events need. */
struct control {
    struct kx_daemon daemon;
    const struct options *options;
    struct event *on_term;
    struct event *on_int;
    struct event *on_hup;
    struct event *stop_timer;
    struct event *watchdog; /* NULL: nobody watches us */
};

static void
usage(FILE *to)
{
    (void)fprintf(
        to,
        "Usage: kxoverd [-n] [-r REALM] [-P PIDFILE] [-u USER]\n              "
        " [-l N]\n"
        "  -n  stay in the foreground\n"
        "  -r  the realm to serve (default: default_realm of krb5.conf)\n"
        "  -P  write the process id to PIDFILE\n"
        "  -u  become USER once the sockets are bound\n"
        "  -l  only print which of the N crossovers used last are due for\n"
        "      renewal, and which ones are over\n");
}

/* Read the command line.  Returns -1 to go on, else the exit code. */
static int
read_options(int argc, char **argv, struct options *options)
{
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt(argc, argv, "hl:nP:r:u:")) != -1) {
        switch (option) {
        case 'l':
            if (optarg[0] == '\0' ||
                optarg[strspn(optarg, "0123456789")] != '\0') {
                usage(stderr);
                return 2;
            }
            options->look = TRUE;
            options->keep = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            options->foreground = TRUE;
            break;
        case 'P':
            options->pidfile = optarg;
            break;
        case 'r':
            options->realm = optarg;
            break;
        case 'u':
            options->user = optarg;
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (optind < argc) {
        usage(stderr);
        return 2;
    }
    return -1;
}

/* Write the message that context (may be NULL) has for code. */
static void
log_error(const struct kx_daemon *daemon, krb5_context context,
          krb5_error_code code)
{
    const char *message = krb5_get_error_message(context, code);

    kx_log(daemon->logger, LOG_ERR, "%s", message);
    krb5_free_error_message(context, message);
}

/* libevent has something to say. */
static void
on_libevent_log(int severity, const char *message)
{
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING,
                                     LOG_ERR};

    kx_log(&kx_daemon_logger, priorities[severity & 3], "libevent: %s",
           message);
}

/*
 * Let there be as many connections as the settings say.  Where the system does
 * not let us have the files for it, there are fewer, unless more than the
 * default was asked for: an administrator who counts on them is to know.
 * Errors: KX_ERR_SETTING.
 */
static krb5_error_code
apply_limits(struct kx_daemon *daemon, const struct kx_service *service)
{
    size_t seats = service->settings->max_connections;
    size_t files = kx_process_allow_files(seats + MANY_OTHER_FILES);

    if (files < seats + OTHER_FILES && seats > KX_DEFAULT_CONNECTIONS)
        return kx_error(service->context, KX_ERR_SETTING,
                        "kdc.conf [dbmodules] %s: kxover_max_connections = "
                        "%zu cannot be used: that wants %zu open files, and "
                        "the system lets kxoverd have %zu; right is a higher "
                        "limit (LimitNOFILE= in its unit, ulimit -n), or "
                        "fewer connections",
                        service->settings->section, seats, seats + OTHER_FILES,
                        files);
    if (files < 2 * OTHER_FILES)
        files = OTHER_FILES + OTHER_FILES / 2;
    if (seats > files - OTHER_FILES)
        seats = files - OTHER_FILES;
    kx_limits_set_maximum(daemon->limits, seats, MAX_SOURCE_SEATS);
    return 0;
}

/* Put what the service's settings say of connections and addresses into force;
 * after an error some of it may be.  Errors: as of apply_limits(),
 * kx_listeners_set() and kx_scrape_listen(). */
static krb5_error_code
apply_settings(struct kx_daemon *daemon, const struct kx_service *service)
{
    const struct kx_settings *settings = service->settings;
    krb5_error_code ret;

    ret = apply_limits(daemon, service);
    if (ret == 0)
        ret = kx_listeners_set(daemon->listeners, service->context,
                               settings->listen, settings->n_listen);
    if (ret == 0)
        ret = kx_scrape_listen(daemon->scrape, service->context,
                               settings->metrics, settings->n_metrics);
    if (ret)
        return ret;
    kx_relays_set_kdc(daemon->relays,
                      settings->n_kdc > 0 ? &settings->kdc[0] : NULL,
                      service->kdc_backlog);
    return 0;
}

/*
 * Keep the present service's crossovers renewed, and no earlier one's. Without
 * memory for it we serve all the same.
 */
static void
keep_renewed(struct kx_daemon *daemon)
{
    krb5_error_code ret;

    kx_renewals_free(daemon->renewals);
    ret = kx_renewals_new(daemon->base, daemon->logger, daemon->program,
                          daemon->service, &daemon->steady, &daemon->metrics,
                          &daemon->renewals);
    if (ret)
        log_error(daemon, NULL, ret);
}

/* Note that settings were read, and whether they are in force. */
static void
note_settings(struct kx_daemon *daemon, krb5_boolean good)
{
    daemon->metrics.settings_bad = !good;
    if (good)
        daemon->metrics.settings_read = time(NULL);
}

/* SIGHUP. */
static void
on_reload(evutil_socket_t fd, short what, void *arg)
{
    struct control *control = arg;
    struct kx_daemon *daemon = &control->daemon;
    struct kx_service *service = NULL, *old = daemon->service;
    krb5_error_code ret;

    (void)fd;
    (void)what;
    if (daemon->stopping)
        return;
    kx_process_notify("RELOADING=1");
    ret = kx_service_read(daemon->logger, control->options->realm, &service);
    if (ret)
        goto failed;
    kx_daemon_log_open(service->context);
    ret = kx_service_start(service, daemon->base, daemon->settle,
                           daemon->logger, &daemon->metrics, old);
    if (ret)
        goto failed;
    ret = apply_settings(daemon, service);
    if (ret == 0)
        ret = kx_scrape_write(daemon->scrape, service->context,
                              service->settings->metrics_file);
    if (ret) {
        log_error(daemon, service->context, ret);
        (void)apply_settings(daemon, old);
        goto failed;
    }
    daemon->service = service;
    note_settings(daemon, TRUE);
    kx_settle_set_store(daemon->settle, service->kadm);
    keep_renewed(daemon);
    kx_service_leave(old);
    kx_log(daemon->logger, LOG_NOTICE, "Settings of realm %s read again",
           service->settings->realm);
    kx_process_notify("READY=1");
    return;

failed:
    note_settings(daemon, FALSE);
    kx_service_free(service);
    kx_log(daemon->logger, LOG_ERR,
           "The new settings are not used; going on with the old ones");
    kx_process_notify("READY=1");
}

/* Nobody is left, or they took too long. */
static void
on_stop_limit(evutil_socket_t fd, short what, void *arg)
{
    struct control *control = arg;

    (void)fd;
    (void)what;
    (void)event_base_loopexit(control->daemon.base, NULL);
}

/* SIGTERM or SIGINT. */
static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
    struct control *control = arg;
    struct kx_daemon *daemon = &control->daemon;

    (void)what;
    if (daemon->stopping) {
        (void)event_base_loopexit(daemon->base, NULL);
        return;
    }
    kx_log(daemon->logger, LOG_NOTICE, "Ending on signal %d", (int)fd);
    kx_process_notify("STOPPING=1");
    daemon->stopping = TRUE;
    kx_renewals_free(daemon->renewals);
    daemon->renewals = NULL;
    kx_listeners_free(daemon->listeners);
    daemon->listeners = NULL;
    kx_scrape_free(daemon->scrape);
    daemon->scrape = NULL;
    kx_limits_evict(daemon->limits, TRUE);
    if (kx_limits_count(daemon->limits) == 0)
        (void)event_base_loopexit(daemon->base, NULL);
    else
        (void)event_add(control->stop_timer, &stop_limit);
}

/* Make everything that needs no settings.  Errors: ENOMEM. */
static krb5_error_code
set_up(struct control *control)
{
    struct kx_daemon *daemon = &control->daemon;
    krb5_error_code ret;

    kx_steady_begin(&daemon->steady);
    daemon->base = event_base_new();
    if (daemon->base == NULL)
        return ENOMEM;
    kx_metrics_begin(&daemon->metrics);
    ret = kx_scrape_new(daemon, &daemon->scrape);
    if (ret)
        return ret;
    ret = kx_relays_new(daemon->base, daemon->logger, &daemon->metrics,
                        &daemon->relays);
    if (ret)
        return ret;
    ret = kx_settle_new(daemon->base, daemon->logger, &daemon->settle);
    if (ret)
        return ret;
    ret = kx_listeners_new(daemon, &daemon->listeners);
    if (ret)
        return ret;
    /* The settings will say how many there may be. */
    ret = kx_limits_new(0, 0, kx_connection_evict, &daemon->limits);
    if (ret)
        return ret;
    control->on_term = evsignal_new(daemon->base, SIGTERM, on_stop, control);
    control->on_int = evsignal_new(daemon->base, SIGINT, on_stop, control);
    control->on_hup = evsignal_new(daemon->base, SIGHUP, on_reload, control);
    control->stop_timer = evtimer_new(daemon->base, on_stop_limit, control);
    if (control->on_term == NULL || control->on_int == NULL ||
        control->on_hup == NULL || control->stop_timer == NULL ||
        event_add(control->on_term, NULL) != 0 ||
        event_add(control->on_int, NULL) != 0 ||
        event_add(control->on_hup, NULL) != 0)
        return ENOMEM;
    return kx_watchdog_new(daemon->base, &control->watchdog);
}

/* Come to the point of serving.  What goes wrong is logged. */
static krb5_error_code
start(struct control *control)
{
    struct kx_daemon *daemon = &control->daemon;
    const struct options *options = control->options;
    krb5_error_code ret;

    ret = kx_service_read(daemon->logger, options->realm, &daemon->service);
    if (ret)
        return ret;
    ret = apply_settings(daemon, daemon->service);
    if (!ret && options->user != NULL)
        ret = kx_process_become(daemon->service->context, options->user);
    /* Only now, so that the log file belongs to whom we have become. */
    kx_daemon_log_open(daemon->service->context);
    if (ret) {
        log_error(daemon, daemon->service->context, ret);
        return ret;
    }
    ret = kx_service_start(daemon->service, daemon->base, daemon->settle,
                           daemon->logger, &daemon->metrics, NULL);
    if (ret)
        return ret;
    note_settings(daemon, TRUE);
    ret = kx_scrape_write(daemon->scrape, daemon->service->context,
                          daemon->service->settings->metrics_file);
    if (ret) {
        log_error(daemon, daemon->service->context, ret);
        return ret;
    }
    kx_settle_set_store(daemon->settle, daemon->service->kadm);
    ret = kx_process_ready(options->pidfile);
    if (ret) {
        kx_log(daemon->logger, LOG_ERR, "Cannot write %s (-P): %s",
               options->pidfile, error_message(ret));
        return ret;
    }
    keep_renewed(daemon);
    kx_log(daemon->logger, LOG_NOTICE, "Serving realm %s",
           daemon->service->settings->realm);
    return 0;
}

/* Release everything, what is under way included. */
static void
tear_down(struct control *control)
{
    struct kx_daemon *daemon = &control->daemon;
    struct event *events[] = {control->on_term, control->on_int,
                              control->on_hup, control->stop_timer,
                              control->watchdog};
    size_t i;

    for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
    kx_scrape_free(daemon->scrape);
    kx_renewals_free(daemon->renewals);
    kx_listeners_free(daemon->listeners);
    if (daemon->limits != NULL) {
        kx_limits_evict(daemon->limits, FALSE);
        kx_limits_free(daemon->limits);
    }
    kx_relays_free(daemon->relays);
    /* Services of earlier readings end by an event. */
    if (daemon->base != NULL)
        (void)event_base_loop(daemon->base, EVLOOP_NONBLOCK);
    kx_service_free(daemon->service);
    kx_settle_free(daemon->settle);
    if (daemon->base != NULL)
        event_base_free(daemon->base);
    libevent_global_shutdown();
}

int
main(int argc, char **argv)
{
    struct options options = {0};
    struct control control = {.daemon.logger = &kx_daemon_logger,
                              .options = &options};
    krb5_error_code ret;
    char *own_path = NULL;
    int code;

    code = read_options(argc, argv, &options);
    if (code >= 0)
        return code;
    kx_init_errors();
    kx_process_harden();
    if (options.look) {
        kx_walk_look(options.realm, options.keep, stdout);
        return 0;
    }
    /* In the background we are in another folder. */
    if (strchr(argv[0], '/') != NULL)
        own_path = realpath(argv[0], NULL);
    control.daemon.program = own_path != NULL ? own_path : argv[0];
    kx_patience_init();
    kx_daemon_log_to_stderr(TRUE);
    /* Both are errors to be handled where they happen. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    event_set_log_callback(on_libevent_log);
    if (!options.foreground) {
        ret = kx_process_detach();
        if (ret) {
            log_error(&control.daemon, NULL, ret);
            return 1;
        }
    }

    ret = set_up(&control);
    if (ret)
        log_error(&control.daemon, NULL, ret);
    else
        ret = start(&control);
    if (!ret) {
        kx_daemon_log_to_stderr(FALSE);
        (void)event_base_dispatch(control.daemon.base);
        if (options.pidfile != NULL)
            (void)unlink(options.pidfile);
        kx_log(control.daemon.logger, LOG_NOTICE, "Ended");
    }
    tear_down(&control);
    kx_daemon_log_close();
    free(own_path);
    return ret ? 1 : 0;
}
