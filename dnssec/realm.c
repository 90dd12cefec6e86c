/*
 * realm.c: which names are realms, and which are hosts.
 *
 * A realm name comes from a client's request or a peer's offer, a host name
 * from DNS; all are strangers' bytes.  Nothing is repaired: a name is of the
 * form, or it is refused.  Letters are ASCII whatever the locale says.
 */
#include "config.h"
#include <string.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/record.h"

#define MAX_LABEL 63
#define MAX_HOST (KX_MAX_DNS_NAME - 1)
#define MAX_REALM (MAX_HOST - (sizeof(KX_SRV_PREFIX) - 1))

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/*
 * The number of labels of name, or 0 if it is empty, longer than max, has an
 * empty or too long label, or a character that is not in allowed.
 */
static size_t
count_labels(const char *name, size_t length, size_t max, const char *allowed)
{
    size_t i, label = 0, labels = 1;

    if (length > max)
        return 0;
    for (i = 0; i < length; i++) {
        if (name[i] == '.') {
            if (label == 0)
                return 0;
            labels++;
            label = 0;
        } else if (memchr(allowed, name[i], strlen(allowed)) == NULL ||
                   ++label > MAX_LABEL) {
            return 0;
        }
    }
    return label > 0 ? labels : 0;
}

/* True if no label of the name begins or ends with a hyphen. */
static krb5_boolean
hyphens_are_inside(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if (name[i] == '-' && (i == 0 || name[i - 1] == '.' ||
                               i + 1 == length || name[i + 1] == '.'))
            return FALSE;
    }
    return TRUE;
}

/* Copy length characters of name to out, with every letter found in from
 * replaced by the one at its place in to, and end it with a NUL. */
static void
copy_case(const char *name, size_t length, const char *from, const char *to,
          char *out)
{
    const char *letter;
    size_t i;

    for (i = 0; i < length; i++) {
        letter = memchr(from, name[i], strlen(from));
        out[i] = letter != NULL ? to[letter - from] : name[i];
    }
    out[length] = '\0';
}

/* Set the message for a name that is no realm; returns the code. */
static krb5_error_code
refuse(krb5_context context, const char *name, size_t length)
{
    char text[KX_PRINTABLE_SIZE];

    return kx_error(context, KX_ERR_REALM_NAME,
                    "\"%s\" cannot be looked up as a realm: that takes a DNS "
                    "name of two labels or more, at most %d characters, of "
                    "letters (capitals in the realm), digits and hyphens",
                    kx_printable(name, length, text), (int)MAX_REALM);
}

krb5_boolean
kx_realm_is_valid(const krb5_data *realm)
{
    return count_labels(realm->data, realm->length, MAX_REALM,
                        CAPITALS DIGITS "-") >= 2 &&
           hyphens_are_inside(realm->data, realm->length);
}

krb5_error_code
kx_realm_to_dns(krb5_context context, const krb5_data *realm, char *name)
{
    name[0] = '\0';
    if (!kx_realm_is_valid(realm))
        return refuse(context, realm->data, realm->length);
    copy_case(realm->data, realm->length, CAPITALS, SMALL, name);
    return 0;
}

krb5_error_code
kx_dns_to_realm(krb5_context context, const char *name, char *realm)
{
    char upper[KX_MAX_DNS_NAME];
    size_t length = strlen(name);
    krb5_data candidate;

    realm[0] = '\0';
    if (length > 0 && name[length - 1] == '.')
        length--;
    if (length > MAX_HOST)
        return refuse(context, name, length);
    copy_case(name, length, SMALL, CAPITALS, upper);
    candidate = kx_data(upper, length);
    if (!kx_realm_is_valid(&candidate))
        return refuse(context, name, length);
    memcpy(realm, upper, length + 1);
    return 0;
}

krb5_boolean
kx_host_name(const char *name, size_t length, char *out)
{
    out[0] = '\0';
    if (count_labels(name, length, MAX_HOST, CAPITALS SMALL DIGITS "-_") == 0)
        return FALSE;
    copy_case(name, length, CAPITALS, SMALL, out);
    return TRUE;
}

const char *
kx_domain_of(const char *name)
{
    const char *p = name + strlen(name);
    int dots = 0;

    while (p > name && (p[-1] != '.' || ++dots < 2))
        p--;
    return p;
}

const char *
kx_printable(const char *text, size_t length, char *out)
{
    const size_t room = KX_PRINTABLE_SIZE - sizeof("...");
    const size_t shown = length > room ? room : length;
    size_t i;

    for (i = 0; i < shown; i++)
        out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    memcpy(out + shown, length > room ? "..." : "", length > room ? 4 : 1);
    return out;
}
