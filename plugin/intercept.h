/*
 * intercept.h: what a KDC finds that is not in its database.
 */
#ifndef KX_PLUGIN_INTERCEPT_H
#define KX_PLUGIN_INTERCEPT_H

#include <kdb.h>
#include "base/kx_base.h"
#include "exchange/kx_settings.h"

/* What interception keeps for one opened database. */
struct kx_intercept;

/*
 * Begin interception for the database of realm, opened in context backend by a
 * KDC, with the settings in [dbmodules] section of the KDC's own context (in
 * the backend's profile some of ours read differently, see backend.c).  An
 * identity that cannot be used is logged; crossovers are then refused, nothing
 * else is.
 * Errors, with a message in context backend: KX_ERR_SETTING with the words for
 * the administrator, ENOMEM.
 */
krb5_error_code kx_intercept_open(krb5_context context, krb5_context backend,
                                  const char *realm, const char *section,
                                  struct kx_intercept **out);

/* End it; keys in memory are wiped.  intercept may be NULL. */
void kx_intercept_close(struct kx_intercept *intercept);

/*
 * Read the settings again (SIGHUP), from the files as they are now.  Exchanges
 * under way are given up, and it is forgotten which realms have failed.
 * Settings that cannot be used are logged, and all stays as it was.
 */
void kx_intercept_refresh(struct kx_intercept *intercept);

/*
 * Let the exchanges under way move as far as they can without waiting: to be
 * called before every lookup, so that none needs somebody who asks for its
 * realm again.  Returns TRUE if that may have left a message of its own in
 * context backend.
 */
krb5_boolean kx_intercept_move(struct kx_intercept *intercept);

/*
 * Answer a KDC's lookup of name with flags (KRB5_KDB_FLAG_...), to which the
 * database has answered code and *entry:
 *
 *   krbtgt/R@LOCAL   as it is if the administrator keyed it; else a live key,
 *                    or one from an exchange with R
 *   krbtgt/LOCAL@R   as it is if the administrator keyed it; else without
 *                    expired keys
 *   either           not at all if kxover made it and kxover_realms refuses R
 *   anything else    as it is
 *
 * Returns code and leaves *entry, or changes both: KRB5_KDB_NOENTRY when there
 * can be no crossover, KRB5KDC_ERR_SVC_UNAVAILABLE when an exchange is not
 * finished or a key for users from elsewhere may not have come here yet;
 * messages are in context backend.
 */
krb5_error_code kx_intercept_lookup(struct kx_intercept *intercept,
                                    krb5_const_principal name,
                                    unsigned int flags, krb5_error_code code,
                                    krb5_db_entry **entry);

/*
 * Answer a KDC that looks in the entry of name for a key of a version that is
 * not in it, to which the database has answered code: that, or where it
 * may not have come here yet KRB5KDC_ERR_SVC_UNAVAILABLE, with a message
 * in context backend.
 */
krb5_error_code kx_intercept_no_such_key(struct kx_intercept *intercept,
                                         krb5_const_principal name,
                                         krb5_error_code code);

/* The settings in force, until the next kx_intercept_refresh(). */
const struct kx_settings *kx_intercept_settings(
    const struct kx_intercept *intercept);

#endif /* KX_PLUGIN_INTERCEPT_H */
