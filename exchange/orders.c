/*
 * orders.c: what the administrator has ordered of a crossover.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "exchange/orders.h"

#define AT "at="
#define MADE " made="
#define ENTRY "entry"
#define FLAG "flag"

const char *
kx_order_text(const struct kx_order *order, char text[KX_ORDER_TEXT_SIZE])
{
    char at[KX_TIME_TEXT_SIZE];

    (void)snprintf(text, KX_ORDER_TEXT_SIZE, AT "%s" MADE "%s%s%s",
                   kx_time_text(order->at, at), order->made_entry ? ENTRY : "",
                   order->made_entry && order->made_flag ? "," : "",
                   order->made_flag ? FLAG : "");
    return text;
}

/* Read text as kx_order_text() writes it.  False if it is not that. */
static krb5_boolean
read_text(const char *text, struct kx_order *order)
{
    char at[KX_TIME_TEXT_SIZE], again[KX_ORDER_TEXT_SIZE];
    const char *made = strstr(text, MADE);
    size_t length;

    if (strncmp(text, AT, strlen(AT)) != 0 || made == NULL)
        return FALSE;
    length = (size_t)(made - text) - strlen(AT);
    if (length >= sizeof(at))
        return FALSE;
    memcpy(at, text + strlen(AT), length);
    at[length] = '\0';
    if (!kx_time_read(at, &order->at))
        return FALSE;
    order->made_entry = strstr(made, ENTRY) != NULL;
    order->made_flag = strstr(made, FLAG) != NULL;
    return strcmp(kx_order_text(order, again), text) == 0;
}

krb5_error_code
kx_order_read(krb5_context context, krb5_db_entry *entry, const char *name,
              struct kx_order *order)
{
    krb5_error_code ret;
    char *text = NULL;

    memset(order, 0, sizeof(*order));
    ret = krb5_dbe_get_string(context, entry, name, &text);
    if (ret || text == NULL)
        return ret;
    if (!read_text(text, order))
        memset(order, 0, sizeof(*order));
    order->given = TRUE;
    krb5_dbe_free_string(context, text);
    return 0;
}

krb5_boolean
kx_entry_is_blocked(const krb5_db_entry *entry)
{
    return (entry->attributes & KRB5_KDB_DISALLOW_ALL_TIX) != 0;
}

krb5_error_code
kx_entry_check_blocked(krb5_context context, const krb5_db_entry *entry)
{
    char *name = NULL;

    if (entry == NULL || !kx_entry_is_blocked(entry))
        return 0;
    (void)krb5_unparse_name(context, entry->princ, &name);
    (void)kx_error(context, KX_ERR_BLOCKED,
                   "%s is blocked (by kxover block, or by -allow_tix of "
                   "kadmin); kxover allow shows how to undo it",
                   name != NULL ? name : "?");
    krb5_free_unparsed_name(context, name);
    return KX_ERR_BLOCKED;
}
