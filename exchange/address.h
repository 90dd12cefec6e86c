/*
 * address.h: addresses as an administrator writes them.
 */
#ifndef KX_ADDRESS_H
#define KX_ADDRESS_H

#include "exchange/kx_settings.h"

/* Kerberos's own port. */
#define KX_KERBEROS_PORT 88

/*
 * Read text, ADDRESS, ADDRESS:PORT or [V6]:PORT, into *out; the port is
 * KX_KERBEROS_PORT where there is none.  False, and *out is not to be used,
 * when it is not of these forms or the port is 0.
 */
krb5_boolean kx_endpoint_read(const char *text, struct kx_endpoint *out);

/*
 * Read text, ADDRESS:PORT or [V6]:PORT with an address of this machine alone
 * (127.0.0.0/8, ::1), into *out.  False when it is anything else.
 */
krb5_boolean kx_loopback_read(const char *text, struct kx_endpoint *out);

/* Read text, a decimal number from 1 to 65535, into *port, or return false. */
krb5_boolean kx_port_read(const char *text, uint16_t *port);

/* Make *out all addresses of family (AF_INET or AF_INET6) at port. */
void kx_endpoint_any(int family, uint16_t port, struct kx_endpoint *out);

/*
 * Read text, ADDRESS or ADDRESS/BITS, into *out; a mere address is a block of
 * its own.  False when it is not of these forms, or has a bit set after the
 * first BITS.
 */
krb5_boolean kx_network_read(const char *text, struct kx_network *out);

#endif /* KX_ADDRESS_H */
