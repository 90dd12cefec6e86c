/*
 * judge.h: what a KDC must not grant because of a crossover that kxover made.
 */
#ifndef KX_PLUGIN_JUDGE_H
#define KX_PLUGIN_JUDGE_H

#include <kdb.h>
#include "exchange/kx_settings.h"

/*
 * Judge an AS request for server: a ticket for a crossover that kxover made is
 * not postdated, as it would outlive the key.  Errors, with a message in
 * context: KRB5KDC_ERR_CANNOT_POSTDATE with *status for the KDC's log,
 * libkdb5's.
 */
krb5_error_code kx_judge_login(krb5_context context,
                               const struct kx_settings *settings,
                               const krb5_kdc_req *request,
                               krb5_db_entry *server, const char **status);

/*
 * Judge a TGS request with ticket (decrypted), by the database open in
 * context: a realm whose crossover kxover made speaks for its own users only,
 * unless kxover_transit names it.  It neither brings users of third realms to
 * us nor stands anywhere on their way here.  This does not depend on the
 * client's wish to have the path checked or not (RFC 4120 5.4.1,
 * disable-transited-check). Errors: KRB5KDC_ERR_POLICY with *status for the
 * KDC's log, the database's.
 */
krb5_error_code kx_judge_ticket(krb5_context context,
                                const struct kx_settings *settings,
                                const krb5_ticket *ticket,
                                const char **status);

#endif /* KX_PLUGIN_JUDGE_H */
