/*
 * record.h: names and record data (RDATA), read from strangers' bytes.  For
 * this folder and its tests.
 *
 * libunbound hands out RDATA as on the wire, with no compressed names in it.
 * What is read here are a few fixed fields and one name; every function is
 * given the length and reads nothing behind it.
 */
#ifndef KX_DNSSEC_RECORD_H
#define KX_DNSSEC_RECORD_H

#include "dnssec/kx_dnssec.h"

/* What stands before a realm's name where its servers are looked up. */
#define KX_SRV_PREFIX "_kerberos._tcp."

/*
 * Write the host name (length characters, no final dot) into out,
 * KX_MAX_DNS_NAME bytes, in small letters.  False, with out empty, if it is
 * none: letters, digits, hyphens, underscores; labels of 1 to 63 characters,
 * 253 in all.
 */
krb5_boolean kx_host_name(const char *name, size_t length, char *out);

/*
 * Write text that a stranger chose into out so that it can stand in a message:
 * other than printable ASCII becomes '?', what is too long ends in "...".
 * Returns out.
 */
#define KX_PRINTABLE_SIZE 84
const char *kx_printable(const char *text, size_t length, char *out);

/* Read an SRV record's data.  Errors: KX_ERR_DNS_RECORD (no message set). */
krb5_error_code kx_srv_read(const uint8_t *rdata, size_t length,
                            struct kx_srv *out);

/*
 * Read a TLSA record's data; out->data is allocated.  Errors:
 * KX_ERR_DNS_RECORD (no message set), ENOMEM.
 */
krb5_error_code kx_tlsa_read(const uint8_t *rdata, size_t length,
                             struct kx_tlsa *out);

/*
 * Read a TXT record's data, its strings put together, into *out (allocated);
 * NULL if there is a NUL inside.  Errors: KX_ERR_DNS_RECORD (no message set),
 * ENOMEM.
 */
krb5_error_code kx_text_read(const uint8_t *rdata, size_t length, char **out);

#endif /* KX_DNSSEC_RECORD_H */
