/*
 * domain_realm.c: what the administrator says of hosts in krb5.conf.
 */
#include "config.h"
#include <string.h>
#include <profile.h>
#include "base/kx_base.h"

krb5_error_code
kx_domain_realm_has(krb5_context context, const char *host,
                    krb5_boolean *mapped)
{
    profile_t profile = NULL;
    char *realm = NULL;
    const char *part = host;
    krb5_error_code ret;

    *mapped = FALSE;
    ret = krb5_get_profile(context, &profile);
    while (ret == 0 && part != NULL && !*mapped) {
        ret = profile_get_string(profile, "domain_realm", part, NULL, NULL,
                                 &realm);
        *mapped = ret == 0 && realm != NULL;
        profile_release_string(realm);
        realm = NULL;
        part = *part == '.' ? part + 1 : strchr(part, '.');
    }
    profile_release(profile);
    return ret;
}
