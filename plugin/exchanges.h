/*
 * exchanges.h: the exchanges that a KDC has under way.
 *
 * They live between lookups, and move only within kx_exchanges_wait() and
 * kx_exchanges_move().  A realm whose exchange failed is left alone for a time
 * (exchange/failures.h); a new keeper of exchanges has forgotten all failures.
 */
#ifndef KX_PLUGIN_EXCHANGES_H
#define KX_PLUGIN_EXCHANGES_H

#include "exchange/kx_exchange.h"

struct kx_exchanges;

/*
 * Called for every exchange that ends with a key (the callee's to release);
 * arg is that of kx_exchanges_new().
 */
typedef void kx_agreed_fn(void *arg, struct kx_crossover *crossover);

/*
 * Make the keeper of exchanges.  Nothing is started: no thread, no socket, no
 * event base, until the first exchange.  context and settings are borrowed and
 * must outlive it; source (copied; NULL for none) has the keys that crossovers
 * had before.  Errors: ENOMEM.
 */
krb5_error_code kx_exchanges_new(krb5_context context,
                                 const struct kx_settings *settings,
                                 const struct kx_logger *logger,
                                 const struct kx_earlier_source *source,
                                 kx_agreed_fn *agreed, void *arg,
                                 struct kx_exchanges **out);

/* Release it; exchanges under way are given up. */
void kx_exchanges_free(struct kx_exchanges *exchanges);

/*
 * Let all exchanges move as far as they can without waiting, so that those
 * that are over are seen to be.  To be called at every lookup: it costs
 * nothing when none is under way.  Returns TRUE if something may have
 * happened, whose messages are then in context.
 */
krb5_boolean kx_exchanges_move(struct kx_exchanges *exchanges);

/*
 * Begin the exchange with realm remote, unless it is under way, without
 * waiting or moving it.  known_kvno is the latest version that we hold.
 * Returns 0 when it is under way, else why there is none, with a message in
 * context: the error of an exchange that failed a while ago, KX_ERR_IDENTITY,
 * KX_ERR_ANCHOR, KX_ERR_DNS_SETUP, KX_ERR_REALM_NAME, KX_ERR_POLICY_REALM,
 * ENOMEM; the log line has been written.
 */
krb5_error_code kx_exchanges_start(struct kx_exchanges *exchanges,
                                   const krb5_data *remote,
                                   uint32_t known_kvno);

/*
 * Begin the exchange with realm remote, or go on with it if it is under way,
 * and wait for its end up to kxover_wait, as far as kxover_stall allows;
 * meanwhile all others move too.  known_kvno is the latest version that we
 * hold.  Returns 0 when it ended with a key, KRB5KDC_ERR_SVC_UNAVAILABLE when
 * it is not finished, else its error or one of kx_exchanges_start(), with its
 * message in context; the log line has been written.
 */
krb5_error_code kx_exchanges_wait(struct kx_exchanges *exchanges,
                                  const krb5_data *remote,
                                  uint32_t known_kvno);

/*
 * Write the realm that signed DNS says host (in small letters) is of into
 * realm, KX_MAX_DNS_NAME bytes; waiting is bounded as in kx_exchanges_wait().
 * Errors, with a message in context: KRB5KDC_ERR_SVC_UNAVAILABLE when DNS has
 * not answered yet, KX_ERR_DNS_..., ENOMEM.
 */
krb5_error_code kx_exchanges_realm_of(struct kx_exchanges *exchanges,
                                      const char *host, char *realm);

#endif /* KX_PLUGIN_EXCHANGES_H */
