/*
 * transact.h: one message out, one message back, over a connected socket.
 */
#ifndef KX_TRANSACT_H
#define KX_TRANSACT_H

#include "exchange/engine.h"

struct kx_transact;

/*
 * Called once from the event base with the peer's message (borrowed, without
 * its length), or with KX_ERR_PEER_SILENT, KX_ERR_PEER_CLOSED,
 * KX_ERR_TOO_LONG, KX_ERR_DECODE (empty message) or ENOMEM.
 */
typedef void kx_transacted_fn(void *arg, krb5_error_code code,
                              const krb5_data *message);

/*
 * Send message over socket, which is taken over (and closed also on failure),
 * and read one message of at most KX_MAX_MESSAGE bytes, each behind its length
 * (RFC 4120 7.2.2), within KX_ANSWER_TIMEOUT seconds.  host names the peer in
 * messages.  Errors (done is then not called): ENOMEM.
 */
krb5_error_code kx_transact_start(struct kx_engine *engine,
                                  evutil_socket_t socket, const char *host,
                                  const krb5_data *message,
                                  kx_transacted_fn *done, void *arg,
                                  struct kx_transact **out);

/* Release and close; done is not called any more.  May be called from it. */
void kx_transact_free(struct kx_transact *transact);

#endif /* KX_TRANSACT_H */
