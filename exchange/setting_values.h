/*
 * setting_values.h: the table of settings.
 */
#ifndef KX_SETTING_VALUES_H
#define KX_SETTING_VALUES_H

#include "exchange/kx_settings.h"

#define KX_SETTING_PREFIX "kxover_"

/* kxover_keep while no number was read, and what is taken then. */
#define KX_KEEP_UNSET SIZE_MAX
#define KX_DEFAULT_KEEP 100

/* How many values a setting may have, and where they stand. */
enum kx_several {
    KX_ONE = FALSE,
    KX_WORDS = TRUE, /* several, on a line or on several */
    KX_LINES         /* several, a line for each */
};

struct kx_setting_row {
    const char *name;
    enum kx_several several;
    /*
     * Take one value into settings.  Errors: KX_ERR_SETTING (it is not right;
     * no message is set), ENOMEM.
     */
    krb5_error_code (*read)(struct kx_settings *settings, const char *value);
    const char *right; /* what a right value is, in words */
    const char *unset; /* what is read where it is not set; NULL: nothing */
};

extern const struct kx_setting_row kx_setting_rows[];
extern const size_t kx_n_setting_rows;

/*
 * Append all addresses of both families at port to what settings listens at.
 * Errors: ENOMEM.
 */
krb5_error_code kx_listen_everywhere(struct kx_settings *settings,
                                     uint16_t port);

#endif /* KX_SETTING_VALUES_H */
