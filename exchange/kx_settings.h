/*
 * kx_settings.h: kxover's settings, as they stand in a realm's [dbmodules]
 * section of kdc.conf:
 *
 *   [dbmodules]
 *       ALPHA.EXAMPLE = {
 *           db_library = kxover
 *           kxover_backend = db2
 *           kxover_identity = FILE:/etc/krb5kdc/kx.pem,/etc/krb5kdc/kx.key
 *       }
 *
 * A setting with several values may be written as several lines, or as one
 * with blanks or commas between the values (kxover_identity, in whose values
 * there are commas, as several lines only); one with a single value must not
 * be set to two different ones.  A value that cannot be used is
 * KX_ERR_SETTING, with a message that names section, key, value and what would
 * be right; so is a name that begins with kxover_ and is none of ours.  Paths
 * are full ones.
 */
#ifndef KX_SETTINGS_H
#define KX_SETTINGS_H

#include <sys/socket.h>
#include "base/kx_base.h"
#include "exchange/kx_crossover.h"

#define KX_DAY (24 * 60 * 60)

/* The most that kxover_max_peers may say. */
#define KX_MAX_PEERS 1000000

/* The least and the most that kxover_max_connections may say, and what it is
 * where it is not set. */
#define KX_MIN_CONNECTIONS 64
#define KX_MAX_CONNECTIONS 100000
#define KX_DEFAULT_CONNECTIONS 1024

/* The most that kxover_identity may be set. */
#define KX_MAX_IDENTITIES 16

/* The most that kxover_keep may say, in number and in names. */
#define KX_MAX_KEEP 10000

enum kx_store_kind {
    KX_STORE_DATABASE, /* keys go into the database */
    KX_STORE_MEMORY    /* nothing is written; each KDC process has its own */
};

/* A block of addresses, as in 127.0.0.0/8 or fd00::/8. */
struct kx_network {
    int family; /* AF_INET or AF_INET6 */
    unsigned char address[16];
    unsigned int prefix; /* bits */
};

/* An address to listen at or to connect to. */
struct kx_endpoint {
    struct sockaddr_storage address; /* port included */
    socklen_t length;
};

struct kx_settings {
    char *realm;   /* our realm */
    char *section; /* the section of [dbmodules] that was read */

    char *backend;     /* kxover_backend: the module behind ours; NULL when not
                        * set, which plugin/ refuses */
    char **identities; /* kxover_identity: each FILE:cert.pem,key.pem or
                        * PKCS11:certificate-url,key-url, the first one is
                        * the default; NULL-terminated, NULL when not set */
    char **anchors;    /* kxover_anchors: files of root certificates, each as
                        * FILE:path; NULL-terminated, NULL when not set */
    char **revoke; /* kxover_revoke: files of lists of revoked certificates,
                    * each as FILE:path; as above */
    char **realms; /* kxover_realms: patterns, the first match decides, "!"
                    * refuses, "in:" and "out:" are for one direction;
                    * NULL-terminated, NULL means all */
    char **adopt;  /* kxover_adopt: patterns of realms whose crossovers keyed
                    * by hand are taken over, as those of realms;
                    * NULL-terminated, NULL means none */
    struct kx_endpoint *listen; /* kxover_listen: ADDRESS, ADDRESS:PORT,
                                 * [V6]:PORT, PORT or *:PORT; default port 88
                                 * on all addresses of both families */
    size_t n_listen;
    struct kx_endpoint *kdc; /* kxover_kdc: the KDC behind the relay; n_kdc is
                              * 0 or 1, with 0 nothing is relayed */
    size_t n_kdc;
    krb5_deltat lifetime;     /* kxover_lifetime: 14d, from lifetime_min to
                               * 31d */
    krb5_deltat lifetime_min; /* kxover_lifetime_min: 1d, from 10s to 31d; a
                               * peer's key may not be shorter either */
    size_t keep;              /* kxover_keep: how many crossovers kxoverd keeps
                               * renewed of those used last: 100 */
    char **keep_realms;       /* kxover_keep: those that it always does;
                               * NULL-terminated, NULL when not set */
    size_t max_peers;         /* kxover_max_peers: realms that may have keys
                               * here, each way: 10000, from 1 to 1000000 */
    size_t max_connections;   /* kxover_max_connections: that kxoverd has open
                               * at once: 1024, from 64 to 100000 */
    krb5_deltat wait;         /* kxover_wait: 3s, from 0 to 30s */
    int stall;                /* kxover_stall: 20 %, from 0 to 100 */
    enum kx_store_kind store; /* kxover_store: database or memory */
    char *unbound_conf;       /* kxover_unbound_conf; NULL when not set */
    struct kx_network *allow_address; /* kxover_allow_address: blocks that are
                                       * connected to though not public */
    size_t n_allow_address;
    krb5_boolean replica; /* kxover_replica: the database is a copy, to which
                           * keys for others to come here are brought; no */
    krb5_boolean not_yet_unknown; /* kxover_not_yet: a client whose exchange
                                   * is not finished is told that there is no
                                   * such service; no */
    unsigned int version_share;  /* kxover_versions, such as 1/2: of the key */
    unsigned int version_shares; /* versions this kxoverd gives the first of
                                  * two; default 1/1, up to 16/16 */
    char **attributes; /* kxover_attributes: string attributes for new
                        * crossovers to come here, "NAME" or "NAME=VALUE";
                        * NULL-terminated, NULL when not set */
    char **transit;    /* kxover_transit: realms that may carry third realms;
                        * NULL-terminated, NULL when not set */

    struct kx_endpoint *metrics; /* kxover_metrics: loopback addresses where
                                  * kxoverd tells its figures */
    size_t n_metrics;
    char *metrics_file; /* and the file that it writes them to; NULL when not
                         * set */

    krb5_deltat clockskew; /* [libdefaults] clockskew: 300 s */
    krb5_enctype *etypes;  /* what we accept, best first: those of
                            * permitted_enctypes that are not deprecated */
    size_t n_etypes;
};

/*
 * Read the settings of realm from context's profile into *out (allocated,
 * kx_settings_free()).  section NULL means the one that [realms]
 * database_module names, as krb5 does.  Errors: KX_ERR_SETTING, ENOMEM, the
 * profile library's.
 */
krb5_error_code kx_settings_read(krb5_context context, const char *realm,
                                 const char *section,
                                 struct kx_settings **out);

void kx_settings_free(struct kx_settings *settings);

/*
 * True if kxover_realms permits crossovers with realm in direction, which is
 * KX_OUTGOING (our users go there) or KX_INCOMING (theirs come here).
 * Patterns are matched without regard to case: NAME, *.NAME (below NAME, not
 * itself) or *; "in:" or "out:" before it makes it one of that direction
 * alone, and with "!" before all of that a match refuses.  No match refuses,
 * unless there are no patterns.
 */
krb5_boolean kx_settings_realm_permitted(const struct kx_settings *settings,
                                         enum kx_direction direction,
                                         const krb5_data *realm);

/* What stands before a pattern that is for one direction alone. */
#define KX_PATTERN_IN "in:"
#define KX_PATTERN_OUT "out:"

/*
 * True if kxover_adopt has the crossover with realm in direction taken over
 * where it was keyed by hand.  Patterns are as those of kxover_realms, but
 * without any there is none.
 */
krb5_boolean kx_settings_adopts(const struct kx_settings *settings,
                                enum kx_direction direction,
                                const krb5_data *realm);

/* True if kxover_keep names realm: the crossover to it is renewed whether it
 * is used or not. */
krb5_boolean kx_settings_keeps(const struct kx_settings *settings,
                               const char *realm);

/*
 * True if address may be connected to: a public unicast address, or in one of
 * kxover_allow_address.  Loopback, link-local, private (RFC 1918, RFC 4193),
 * multicast, unspecified, documentation and mapped ones are not public:
 * a stranger's SRV record must not make us connect to what is behind our
 * firewall.
 */
krb5_boolean kx_address_permitted(const struct kx_settings *settings,
                                  const struct sockaddr *address);

/* Write address and port as 192.0.2.1:88 or [2001:db8::1]:88 into text. */
#define KX_ADDRESS_TEXT_SIZE 64
const char *kx_address_text(const struct sockaddr *address, char *text);

#endif /* KX_SETTINGS_H */
