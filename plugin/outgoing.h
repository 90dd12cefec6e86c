/*
 * outgoing.h: the crossovers by which our users go to other realms; for
 * intercept.c.
 */
#ifndef KX_PLUGIN_OUTGOING_H
#define KX_PLUGIN_OUTGOING_H

#include "exchange/kx_settings.h"
#include "plugin/exchanges.h"
#include "plugin/held.h"
#include "plugin/newcomers.h"
#include "plugin/news.h"
#include "plugin/writer.h"

struct kx_intercept {
    krb5_context context; /* the backend's */
    struct kx_settings *settings;
    struct kx_exchanges *exchanges;
    struct kx_held *held;
    struct kx_writer writer;
    struct kx_news told;           /* lines about entries that are damaged,
                                    * or of refused realms */
    struct kx_newcomers newcomers; /* realms that we never met */
    struct kx_quiet newcomers_line;
};

/*
 * Make *entry, which may be NULL, what the KDC may use of it at time now, for
 * the crossover with realm remote in that direction.  Returns
 * KRB5_KDB_NOENTRY, with *entry released, when that is nothing: all keys have
 * expired, or kxover made them and kxover_realms refuses the realm.
 */
krb5_error_code kx_restrict_entry(struct kx_intercept *intercept,
                                  enum kx_direction direction,
                                  const krb5_data *remote, time_t now,
                                  krb5_db_entry **entry);

/*
 * Answer a lookup of the outgoing crossover name, with realm remote, to which
 * the database has answered code (0 or KRB5_KDB_NOENTRY) and *entry: what is
 * there, or the result of an exchange.  Errors: as of kx_intercept_lookup().
 */
krb5_error_code kx_outgoing_lookup(struct kx_intercept *intercept,
                                   krb5_const_principal name,
                                   const krb5_data *remote,
                                   krb5_error_code code,
                                   krb5_db_entry **entry);

/*
 * What a KDC is to say when the way to name is not found for the reason of
 * code, of which the context has the message.  It passes on two codes only;
 * KRB5KDC_ERR_SVC_UNAVAILABLE sends clients to the next KDC, but some of them
 * never come back from it (kxover_not_yet).
 */
krb5_error_code kx_outgoing_no_way(struct kx_intercept *intercept,
                                   krb5_const_principal name,
                                   krb5_error_code code);

/* A kx_agreed_fn; arg is the struct kx_intercept. */
void kx_outgoing_agreed(void *arg, struct kx_crossover *crossover);

/*
 * The get() of a struct kx_earlier_source, whose arg is the struct
 * kx_intercept: the keys that are held in memory, and then the database's.
 */
krb5_error_code kx_outgoing_earlier(void *arg, krb5_const_principal name,
                                    krb5_boolean adopt,
                                    struct kx_earlier *earlier);

#endif /* KX_PLUGIN_OUTGOING_H */
