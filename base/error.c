/*
 * error.c: error codes with words around them.
 */
#include "config.h"
#include <stdio.h>
#include <com_err.h>
#include "base/kx_base.h"

/* Room for one message; longer ones are cut. */
#define MESSAGE_SIZE 1024

static const char *const names[] = {
#include "base/kx_err_names.h"
};

void
kx_init_errors(void)
{
    initialize_kx_error_table();
}

krb5_error_code
kx_error(krb5_context context, krb5_error_code code, const char *format, ...)
{
    va_list ap;

    if (context == NULL)
        return code;
    va_start(ap, format);
    krb5_vset_error_message(context, code, format, ap);
    va_end(ap);
    return code;
}

krb5_error_code
kx_error_prefix(krb5_context context, krb5_error_code code, const char *format,
                ...)
{
    char words[MESSAGE_SIZE];
    const char *message;
    va_list ap;

    if (context == NULL || code == 0)
        return code;
    va_start(ap, format);
    (void)vsnprintf(words, sizeof(words), format, ap);
    va_end(ap);
    message = krb5_get_error_message(context, code);
    krb5_set_error_message(context, code, "%s: %s", words, message);
    krb5_free_error_message(context, message);
    return code;
}

krb5_error_code
kx_error_as(krb5_context context, krb5_error_code code, krb5_error_code cause)
{
    const char *message;

    if (context == NULL || code == cause)
        return code;
    message = krb5_get_error_message(context, cause);
    krb5_set_error_message(context, code, "%s", message);
    krb5_free_error_message(context, message);
    return code;
}

size_t
kx_error_count(void)
{
    return sizeof(names) / sizeof(names[0]);
}

const char *
kx_error_name(krb5_error_code code)
{
    const krb5_error_code n = code - ERROR_TABLE_BASE_kx;

    if (code == 0)
        return "ok";
    return n >= 0 && (size_t)n < kx_error_count() ? names[n] : "other";
}
