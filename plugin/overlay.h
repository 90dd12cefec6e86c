/*
 * overlay.h: the caller's profile with some relations answered differently.
 */
#ifndef KX_PLUGIN_OVERLAY_H
#define KX_PLUGIN_OVERLAY_H

#include <profile.h>
#include "base/kx_base.h"

/* A relation and what it says. */
struct kx_relation {
    const char *name;
    const char *value;
};

/*
 * Make *out a profile that answers for `relations` (ended by one whose name is
 * NULL) where they are asked for in [dbmodules] section, and for everything
 * else says what context's profile says.  It lives apart from context.
 * Errors: ENOMEM, the profile library's.
 *
 * *out is the caller's to release with profile_release(); copies that
 * libprofile makes of it (krb5_init_context_profile() does) are released
 * apart.
 */
krb5_error_code kx_overlay_profile(krb5_context context, const char *section,
                                   const struct kx_relation *relations,
                                   profile_t *out);

#endif /* KX_PLUGIN_OVERLAY_H */
