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
 * Names given in are host names without the final dot.  Nothing here is a
 * lookup of the machine's own resolver: /etc/resolv.conf and /etc/hosts do not
 * count.
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
 * labels or more, in capitals: letters, digits, hyphens (not at the ends of a
 * label), with room for "_kerberos._tcp." before it, so 238 characters at
 * most.
 */

/*
 * The part of name, a realm or a domain name without a final dot, that has one
 * owner as far as can be told from a name: its last two labels, or all of it.
 */
const char *kx_domain_of(const char *name);

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
 * Make the record of the certificate (DER) by these three, which must be known
 * ones, in *out; out->data is allocated (kx_data_free()).  A usable record
 * with other data is of another certificate.  Errors: KX_ERR_CHAIN (the
 * certificate cannot be read), KX_ERR_CRYPTO, ENOMEM.
 */
krb5_error_code kx_tlsa_make(krb5_context context, uint8_t usage,
                             uint8_t selector, uint8_t matching_type,
                             const krb5_data *certificate,
                             struct kx_tlsa *out);

/*
 * The same for a certificate that GnuTLS has read already: only that its key
 * can be found is looked at, where the selector wants the key.
 */
krb5_error_code kx_tlsa_make_read(krb5_context context, uint8_t usage,
                                  uint8_t selector, uint8_t matching_type,
                                  const krb5_data *certificate,
                                  struct kx_tlsa *out);

/*
 * Write the record as in a zone file, "3 1 1 0a1b...", into text; long data is
 * cut and ends in "...".
 */
#define KX_TLSA_TEXT_SIZE 160
const char *kx_tlsa_text(const struct kx_tlsa *tlsa, char *text);

/*
 * Read a record as in a zone file, "3 1 1 0a1b...", white space among the
 * digits included (RFC 6698 2.2), into *out; out->data is allocated.  What is
 * read need not be usable.  Errors: KX_ERR_DNS_RECORD, ENOMEM.
 */
krb5_error_code kx_tlsa_parse(krb5_context context, const char *text,
                              struct kx_tlsa *out);

/* The resolver: one libunbound context on one event base. */
struct kx_resolver;

/*
 * Make an event base for a resolver in *out (event_base_free()).  libevent
 * would end the process where it may open no more files: then, and when there
 * are so few left that the rest of it would lack them, this is an error.
 * Errors: KX_ERR_DNS_SETUP, ENOMEM.
 */
krb5_error_code kx_event_base_new(krb5_context context,
                                  struct event_base **out);

/*
 * Make a resolver on base.  unbound_conf is the path of an unbound.conf that
 * decides all DNS matters (forwarders, stubs, trust anchors), or NULL for full
 * recursion from the distribution's root key.  Of unbound.conf, logging and
 * module-config do not count: nothing is logged, and answers are always
 * validated.  Files that it names should have absolute paths.  context is used
 * for messages and must outlive the resolver.
 *
 * The settings are read here; libunbound's thread starts at the first lookup,
 * with all signals blocked.  base has no event of the resolver while there is
 * nothing to wait for.  A lookup that was cancelled or too late is worked on
 * until libunbound gives up too, so that its answer is in the cache for the
 * next one; 1024 questions at a time are the most.
 *
 * Errors: KX_ERR_DNS_SETUP (the message names the file), ENOMEM.  Errors of
 * syntax in unbound.conf are also written to stderr, by libunbound.
 */
krb5_error_code kx_resolver_new(krb5_context context, struct event_base *base,
                                const char *unbound_conf,
                                struct kx_resolver **out);

/*
 * Release the resolver and end its thread, within milliseconds; its lookups
 * end without a call.  May be called from a lookup's call.  In a forked child,
 * for a resolver of its parent, the same as kx_resolver_abandon().
 */
void kx_resolver_free(struct kx_resolver *resolver);

/*
 * In a forked child: release what can be of the parent's resolver, and leave
 * its thread, its pipes and its event in the base alone.  The child gives up
 * its copy of the base too, without using or freeing it (an epoll set is
 * shared with the parent); it makes a base and a resolver of its own.
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
 * that started it.  The lookup is released before; do not cancel it.  Other
 * lookups may be started and cancelled.
 */
typedef void kx_answer_fn(void *arg, const struct kx_answer *answer);

/*
 * Start a lookup; it ends at the latest after timeout.  *out may be used with
 * kx_lookup_cancel() until done is called; out may be NULL.  Errors (done is
 * then not called and *out is NULL): KX_ERR_REALM_NAME, KX_ERR_DNS_SETUP,
 * KX_ERR_BUSY (too many questions are under way), ENOMEM.
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

/*
 * Write the realm that host is of by the n texts of its TXT records into
 * realm, KX_MAX_DNS_NAME bytes.  Texts that are no realm's name are passed
 * over: others may have records there.  Errors: KX_ERR_DNS_RECORD (none names
 * a realm, or they name several).
 */
krb5_error_code kx_text_realm(krb5_context context, const char *host,
                              char *const *text, size_t n, char *realm);

/* End a lookup (or NULL) without its call. */
void kx_lookup_cancel(struct kx_lookup *lookup);

#endif /* KX_DNSSEC_H */
