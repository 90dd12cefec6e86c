/*
 * orders.h: what the administrator has ordered of a crossover: to keep it
 * renewed, or to block it.
 *
 * Orders are in the entry, so they travel with it: with dumps, with
 * incremental propagation, to every process that reads the database.
 *
 * An entry is blocked if it has KRB5_KDB_DISALLOW_ALL_TIX, whoever set that:
 * krb5's own KDC then gives no ticket for it, and takes none under it.  A
 * string attribute says what `kxover block` did, so that `kxover allow` undoes
 * that and nothing else.  Another one orders to keep a crossover:
 *
 *   kxover_blocked: at=2026-11-22T15:51:00Z made=entry,flag
 *   kxover_kept: at=2026-11-22T15:51:00Z made=
 *
 * "made" names what was not there before: the entry (which has no keys then),
 * the flag.
 */
#ifndef KX_ORDERS_H
#define KX_ORDERS_H

#include "exchange/kx_crossover.h"

#define KX_BLOCKED_NAME KX_ATTRIBUTE_PREFIX "blocked"
#define KX_KEPT_NAME KX_ATTRIBUTE_PREFIX "kept"

/* Room for the longest text of an order. */
#define KX_ORDER_TEXT_SIZE 64

struct kx_order {
    krb5_boolean given; /* else all that follows is zero */
    time_t at;          /* 0: it cannot be read */
    krb5_boolean made_entry;
    krb5_boolean made_flag;
};

/*
 * Read the order that entry has under name into *order.  Words that are not
 * ours count as an order that made nothing.  Errors: libkdb5's, ENOMEM.
 */
krb5_error_code kx_order_read(krb5_context context, krb5_db_entry *entry,
                              const char *name, struct kx_order *order);

/* Write the value of order's attribute into text; returns text. */
const char *kx_order_text(const struct kx_order *order,
                          char text[KX_ORDER_TEXT_SIZE]);

/* True if no ticket is to be had under entry, nor taken. */
krb5_boolean kx_entry_is_blocked(const krb5_db_entry *entry);

/*
 * See that entry, NULL for none, is not blocked.  Errors: KX_ERR_BLOCKED, with
 * a message that says how to allow it.
 */
krb5_error_code kx_entry_check_blocked(krb5_context context,
                                       const krb5_db_entry *entry);

#endif /* KX_ORDERS_H */
