/*
 * kx_dnssec.h: what DNS says of a realm, and only what it says securely.
 *
 * Lookups run asynchronously on a libevent base, through libunbound with its
 * own thread.  An answer is given out only when DNSSEC validation proved every
 * step of it, aliases included; anything else is an error:
 *
 *   KX_ERR_DNS_NONE      securely denied: no such name or no such record
 *   KX_ERR_DNS_INSECURE  there is (or is not) an answer, but no proof of it
 *   KX_ERR_DNS_BOGUS     validation failed; the message says why
 *   KX_ERR_DNS_FAILED    no answer could be had (SERVFAIL and the like)
 *   KX_ERR_DNS_TIMEOUT   no answer within the deadline
 *   KX_ERR_DNS_RECORD    a record that cannot be read, or over KX_MAX_RECORDS
 *
 * Names given in are host names without the final dot.
 */
#ifndef KX_DNSSEC_H
#define KX_DNSSEC_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <event2/event.h>
#include "base/kx_base.h"

#define KX_MAX_RECORDS 64   /* in one answer */
#define KX_MAX_DNS_NAME 254 /* characters of a name, its NUL included */

/*
 * Realm names (realm.c).  A realm that strangers can be is a DNS name of two
 * labels or more, in capitals: letters, digits, hyphens (design section 5).
 */

/* True if realm (not NUL-terminated) is such a name. */
krb5_boolean kx_realm_is_valid(const krb5_data *realm);

/*
 * Write realm as a DNS name in small letters into name, KX_MAX_DNS_NAME bytes.
 * Errors: KX_ERR_REALM_NAME.
 */
krb5_error_code kx_realm_to_dns(krb5_context context, const krb5_data *realm,
                                char *name);

/*
 * Write the DNS name (any case, final dot or not) as a realm into realm,
 * KX_MAX_DNS_NAME bytes.  Errors: KX_ERR_REALM_NAME.
 */
krb5_error_code kx_dns_to_realm(krb5_context context, const char *name,
                                char *realm);

/* One SRV record, RFC 2782.  target "" stands for ".": no service here. */
struct kx_srv {
    uint16_t priority;
    uint16_t weight;
    uint16_t port;
    char target[KX_MAX_DNS_NAME]; /* small letters, no final dot */
};

/*
 * Put n records in the order in which to try them: by priority, and within
 * one by weighted chance (RFC 2782).  random(arg, bound) gives a number from 0
 * to bound-1, evenly.
 */
void kx_srv_order(struct kx_srv *records, size_t n,
                  uint32_t (*random)(void *arg, uint32_t bound), void *arg);

/* One TLSA record, RFC 6698 2.1. */
struct kx_tlsa {
    uint8_t usage;         /* 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE */
    uint8_t selector;      /* 0 certificate, 1 SubjectPublicKeyInfo */
    uint8_t matching_type; /* 0 as it is, 1 SHA-256, 2 SHA-512 */
    krb5_data data;        /* certificate association data */
};

/*
 * True if the record can be used: known usage, selector and matching type,
 * and data of the length that the matching type makes (RFC 6698 4.1; an
 * unusable record is passed over as if it were not there).
 */
krb5_boolean kx_tlsa_is_usable(const struct kx_tlsa *tlsa);

/*
 * *matches says whether the usable record tlsa is of the certificate (DER),
 * by its selector and matching type alone.  Errors: KX_ERR_CHAIN (the
 * certificate cannot be read), KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_tlsa_match(krb5_context context, const struct kx_tlsa *tlsa,
                              const krb5_data *certificate,
                              krb5_boolean *matches);

/*
 * Write the record as in a zone file, "3 1 1 0a1b...", into text; long data is
 * cut and ends in "...".
 */
#define KX_TLSA_TEXT_SIZE 160
const char *kx_tlsa_text(const struct kx_tlsa *tlsa, char *text);

/* The resolver: one libunbound context on one event base. */
struct kx_resolver;

/*
 * Make a resolver on base.  unbound_conf is the path of an unbound.conf that
 * decides all DNS matters (forwarders, stubs, trust anchors), or NULL for full
 * recursion from the distribution's root key.  context is used for messages
 * and must outlive the resolver.  Starts libunbound's thread at the first
 * lookup, not before.  Errors: KX_ERR_DNS_SETUP (the message names the file),
 * ENOMEM.
 */
krb5_error_code kx_resolver_new(krb5_context context, struct event_base *base,
                                const char *unbound_conf,
                                struct kx_resolver **out);

/*
 * Release the resolver; its lookups end without a call.  After a fork, the
 * child must not call this for a resolver of its parent but
 * kx_resolver_abandon().
 */
void kx_resolver_free(struct kx_resolver *resolver);

/* In a forked child: forget the parent's resolver without touching its thread.
 */
void kx_resolver_abandon(struct kx_resolver *resolver);

/* A lookup under way. */
struct kx_lookup;

/*
 * What a lookup found.  On error (code not 0; the message is in the resolver's
 * context) the rest is empty.  Valid during the call only.
 */
struct kx_answer {
    krb5_error_code code;
    size_t n_srv;
    struct kx_srv *srv; /* in the order of the answer; kx_srv_order() it */
    size_t n_tlsa;
    struct kx_tlsa *tlsa; /* unusable ones included */
    size_t n_address;
    struct sockaddr_storage *address; /* AF_INET and AF_INET6, port 0 */
    size_t n_text;
    char **text; /* a TXT record's strings put together, NUL-terminated;
                  * records with a NUL inside are left out */
};

/*
 * Called once per lookup, from the event base, never from within the function
 * that started it.  The lookup is released before; do not cancel it.
 */
typedef void kx_answer_fn(void *arg, const struct kx_answer *answer);

/*
 * Start a lookup; it ends at the latest after timeout.  *out may be used with
 * kx_lookup_cancel() until done is called; out may be NULL.  Errors (done is
 * then not called): KX_ERR_REALM_NAME, KX_ERR_DNS_SETUP, ENOMEM.
 */

/* _kerberos._tcp.<realm> SRV.  realm is the realm's name in capitals. */
krb5_error_code kx_lookup_srv(struct kx_resolver *resolver,
                              const krb5_data *realm,
                              const struct timeval *timeout,
                              kx_answer_fn *done, void *arg,
                              struct kx_lookup **out);

/* _<port>._tcp.<host> TLSA. */
krb5_error_code kx_lookup_tlsa(struct kx_resolver *resolver, const char *host,
                               uint16_t port, const struct timeval *timeout,
                               kx_answer_fn *done, void *arg,
                               struct kx_lookup **out);

/*
 * <host> AAAA and A, IPv6 first; both are asked at once.  One family securely
 * denied is no error while the other has addresses; any other failure of one
 * family is one only if the other gives nothing.
 */
krb5_error_code kx_lookup_address(struct kx_resolver *resolver,
                                  const char *host,
                                  const struct timeval *timeout,
                                  kx_answer_fn *done, void *arg,
                                  struct kx_lookup **out);

/* _kerberos.<host> TXT (draft-vanrein-dnstxt-krb1). */
krb5_error_code kx_lookup_text(struct kx_resolver *resolver, const char *host,
                               const struct timeval *timeout,
                               kx_answer_fn *done, void *arg,
                               struct kx_lookup **out);

/* End a lookup without its call. */
void kx_lookup_cancel(struct kx_lookup *lookup);

#endif /* KX_DNSSEC_H */
