/*
 * connect.h: one TCP connection to the quickest of several addresses.
 */
#ifndef KX_CONNECT_H
#define KX_CONNECT_H

#include "exchange/engine.h"

struct kx_connect;

/*
 * Called once from the event base: with a connected, non-blocking socket (the
 * callee's to close) and the address that it leads to, or with code
 * KX_ERR_CONNECT and socket -1.
 */
typedef void kx_connected_fn(void *arg, krb5_error_code code,
                             evutil_socket_t socket,
                             const struct sockaddr *address);

/*
 * Connect to one of n addresses (copied; IPv6 and IPv4 in any order), as
 * RFC 8305 has it: families in turn, IPv6 first, the next attempt after 250 ms
 * or at once when one fails, the first to succeed wins.  Addresses that
 * kx_address_permitted() refuses are left out, and those over eight; host
 * names the peer in messages.  Errors (connected is then not called):
 * KX_ERR_ADDRESS (none is permitted), ENOMEM.
 */
krb5_error_code kx_connect_start(struct kx_engine *engine, const char *host,
                                 const struct sockaddr_storage *addresses,
                                 size_t n, kx_connected_fn *connected,
                                 void *arg, struct kx_connect **out);

/* Release; connected is not called any more.  May be called from within it. */
void kx_connect_free(struct kx_connect *connect);

#endif /* KX_CONNECT_H */
