/*
 * transited.h: the realms that a ticket came through.
 */
#ifndef KX_PLUGIN_TRANSITED_H
#define KX_PLUGIN_TRANSITED_H

#include "base/kx_base.h"

/* Realms of one path that are looked at; a longer path is refused. */
#define KX_MAX_TRANSITED 32

/* Called for each realm (borrowed).  An error ends the walk. */
typedef krb5_error_code kx_transited_fn(void *arg, const krb5_data *realm);

/*
 * Call visit for each realm in transited, which is in the encoding
 * DOMAIN-X500-COMPRESS (RFC 4120 3.3.3.2): a path from client's realm to
 * server's, which themselves are not in it.  What a null subfield stands for
 * is visited, too.  Errors: KRB5KRB_AP_ERR_ILL_CR_TKT (it cannot be read, or
 * is longer than KX_MAX_TRANSITED realms), those of visit.
 */
krb5_error_code kx_transited_walk(const krb5_data *transited,
                                  const krb5_data *client,
                                  const krb5_data *server,
                                  kx_transited_fn *visit, void *arg);

#endif /* KX_PLUGIN_TRANSITED_H */
