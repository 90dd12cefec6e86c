/*
 * referral.c: which unknown services may be of another realm.
 *
 * A KDC has rules for that (is_referral_req() of krb5's), but asks its
 * database first; so the database has to keep the same rules.
 */
#include "config.h"
#include <ctype.h>
#include <string.h>
#include <arpa/inet.h>
#include <profile.h>
#include "plugin/referral.h"

/* True if list, words between blanks or commas, has word or "*". */
static krb5_boolean
list_has(const char *list, const krb5_data *word)
{
    size_t length;

    for (; *list != '\0'; list += length) {
        list += strspn(list, " \t\n,");
        length = strcspn(list, " \t\n,");
        if ((length == 1 && *list == '*') ||
            (length > 0 && length == word->length &&
             memcmp(list, word->data, length) == 0))
            return TRUE;
    }
    return FALSE;
}

/* True if one of the values of the relation at names has word. */
static krb5_boolean
relation_has(profile_t profile, const char *const *names,
             const krb5_data *word)
{
    char **values, **value;
    krb5_boolean has = FALSE;

    if (profile_get_values(profile, names, &values) != 0)
        return FALSE;
    for (value = values; *value != NULL && !has; value++)
        has = list_has(*value, word);
    profile_free_list(values);
    return has;
}

/* True if relation has word, for realm or for all realms of the KDC. */
static krb5_boolean
setting_has(profile_t profile, const char *realm, const char *relation,
            const krb5_data *word)
{
    const char *const of_realm[] = {"realms", realm, relation, NULL};
    const char *const of_kdc[] = {"kdcdefaults", relation, NULL};

    return relation_has(profile, of_realm, word) ||
           relation_has(profile, of_kdc, word);
}

/* True if the KDC would refer a client that asks for a service of this name.
 */
static krb5_boolean
kdc_would_refer(krb5_context context, const char *realm,
                krb5_const_principal service)
{
    const krb5_data *type = &service->data[0];
    profile_t profile;
    krb5_boolean would;

    if (krb5_get_profile(context, &profile) != 0)
        return FALSE;
    would = service->type == KRB5_NT_SRV_HST ||
            service->type == KRB5_NT_SRV_INST ||
            (service->type == KRB5_NT_UNKNOWN &&
             setting_has(profile, realm, "host_based_services", type));
    would = would && !setting_has(profile, realm, "no_host_referral", type);
    profile_release(profile);
    return would;
}

/*
 * Write name into host in small letters.  False if it is no domain name of two
 * labels or more, as far as can be seen here: kx_lookup_text() looks closer.
 */
static krb5_boolean
copy_host(const krb5_data *name, char *host)
{
    struct in_addr address;
    unsigned int i;

    if (name->length == 0 || name->length >= KX_MAX_DNS_NAME ||
        memchr(name->data, '\0', name->length) != NULL)
        return FALSE;
    for (i = 0; i < name->length; i++)
        host[i] = (char)tolower((unsigned char)name->data[i]);
    host[i] = '\0';
    return strchr(host, '.') != NULL &&
           inet_pton(AF_INET, host, &address) != 1;
}

krb5_boolean
kx_referral_wanted(krb5_context context, const char *realm,
                   krb5_const_principal service, char *host)
{
    krb5_boolean mapped;

    return service->length == 2 && copy_host(&service->data[1], host) &&
           kdc_would_refer(context, realm, service) &&
           kx_domain_realm_has(context, host, &mapped) == 0 && !mapped;
}
