/*
 * setting_values.c: what each setting of kdc.conf may say.
 *
 * The table has a row for each setting; its reader takes one value and says
 * only yes or no.  What a right value looks like stands in the row, so that
 * whoever refuses can say it.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dnssec/kx_dnssec.h"
#include "exchange/address.h"
#include "exchange/kx_identity.h"
#include "exchange/setting_values.h"

#define BLANKS " \t"
#define MIN_LIFETIME 10 /* seconds; see docs/configuration.md */
#define MAX_LIFETIME (31 * KX_DAY)
#define MAX_WAIT 30
#define MAX_VERSION_SHARES 16

/* A number as text. */
#define KX_TEXT_OF(number) #number
#define KX_TEXT(number) KX_TEXT_OF(number)

/* kxover_attributes: how many, and their length. */
#define MAX_ATTRIBUTES 16
#define MAX_ATTRIBUTE 256

/* Append a copy of text to the NULL-terminated list.  Errors: ENOMEM. */
static krb5_error_code
append_text(char ***list, const char *text)
{
    char **grown;
    size_t n = 0;

    while (*list != NULL && (*list)[n] != NULL)
        n++;
    grown = realloc(*list, (n + 2) * sizeof(*grown));
    if (grown == NULL)
        return ENOMEM;
    *list = grown;
    grown[n] = strdup(text);
    grown[n + 1] = NULL;
    return grown[n] == NULL ? ENOMEM : 0;
}

/* Append endpoint to the list of *n, if not in it.  Errors: ENOMEM. */
static krb5_error_code
append_endpoint(struct kx_endpoint **list, size_t *n,
                const struct kx_endpoint *endpoint)
{
    struct kx_endpoint *grown;
    size_t i;

    for (i = 0; i < *n; i++) {
        if ((*list)[i].length == endpoint->length &&
            memcmp(&(*list)[i].address, &endpoint->address,
                   endpoint->length) == 0)
            return 0;
    }
    grown = realloc(*list, (*n + 1) * sizeof(*grown));
    if (grown == NULL)
        return ENOMEM;
    *list = grown;
    grown[(*n)++] = *endpoint;
    return 0;
}

krb5_error_code
kx_listen_everywhere(struct kx_settings *settings, uint16_t port)
{
    struct kx_endpoint endpoint;
    krb5_error_code ret;

    kx_endpoint_any(AF_INET6, port, &endpoint);
    ret = append_endpoint(&settings->listen, &settings->n_listen, &endpoint);
    if (ret)
        return ret;
    kx_endpoint_any(AF_INET, port, &endpoint);
    return append_endpoint(&settings->listen, &settings->n_listen, &endpoint);
}

/* Copy text into *out.  Errors: ENOMEM. */
static krb5_error_code
copy_text(const char *text, char **out)
{
    *out = strdup(text);
    return *out == NULL ? ENOMEM : 0;
}

/*
 * Read a time such as 14d or 1h 30m into *out.  krb5's own reader stops at the
 * first character that it does not know, so 3 weeks would be 3 seconds.
 */
static krb5_error_code
read_time(const char *value, krb5_deltat minimum, krb5_deltat maximum,
          krb5_deltat *out)
{
    krb5_error_code ret = 0;
    char *copy;

    if (value[strspn(value, "0123456789dhms:- \t")] != '\0')
        return KX_ERR_SETTING;
    copy = strdup(value); /* krb5_string_to_deltat() wants no const */
    if (copy == NULL)
        return ENOMEM;
    if (krb5_string_to_deltat(copy, out) != 0 || *out < minimum ||
        *out > maximum)
        ret = KX_ERR_SETTING;
    free(copy);
    return ret;
}

/* True if text is a realm that kxover can serve, in letters of any case. */
static krb5_boolean
realm_in_any_case(const char *text)
{
    char capitals[KX_MAX_DNS_NAME];
    krb5_data realm;
    size_t i, length = strlen(text);

    if (length >= sizeof(capitals))
        return FALSE;
    for (i = 0; i < length; i++)
        capitals[i] =
            (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A'
                                                    : text[i]);
    realm = kx_data(capitals, length);
    return kx_realm_is_valid(&realm);
}

/*
 * The readers: each takes one value into settings.  Errors: KX_ERR_SETTING
 * (not a right value; without a message), ENOMEM.
 */

static krb5_error_code
read_backend(struct kx_settings *settings, const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    if (value[0] == '\0' || value[strspn(value, allowed)] != '\0' ||
        strcmp(value, PACKAGE_NAME) == 0)
        return KX_ERR_SETTING;
    return copy_text(value, &settings->backend);
}

static krb5_error_code
read_identity(struct kx_settings *settings, const char *value)
{
    krb5_error_code ret;
    enum kx_identity_kind kind;
    char *certificate = NULL, *key = NULL;
    size_t n = 0;

    ret = kx_identity_split(value, &kind, &certificate, &key);
    /* A daemon's working folder is not the administrator's. */
    if (ret == KX_ERR_IDENTITY || (ret == 0 && kind == KX_IDENTITY_FILE &&
                                   (certificate[0] != '/' || key[0] != '/')))
        ret = KX_ERR_SETTING;
    while (settings->identities != NULL && settings->identities[n] != NULL)
        n++;
    if (ret == 0 && n == KX_MAX_IDENTITIES)
        ret = KX_ERR_SETTING;
    if (ret == 0)
        ret = append_text(&settings->identities, value);
    free(certificate);
    free(key);
    return ret;
}

static krb5_error_code
read_anchors(struct kx_settings *settings, const char *value)
{
    if (strncmp(value, "FILE:/", 6) != 0)
        return KX_ERR_SETTING;
    return append_text(&settings->anchors, value);
}

/* Append a pattern of realms to list. */
static krb5_error_code
read_pattern(const char *value, char ***list)
{
    const char *name = value[0] == '!' ? value + 1 : value;
    const size_t in = strlen(KX_PATTERN_IN), out = strlen(KX_PATTERN_OUT);
    char below[KX_MAX_DNS_NAME + 2];

    if (strncasecmp(name, KX_PATTERN_IN, in) == 0)
        name += in;
    else if (strncasecmp(name, KX_PATTERN_OUT, out) == 0)
        name += out;
    if (strcmp(name, "*") == 0)
        return append_text(list, value);
    if (strlen(name) >= sizeof(below))
        return KX_ERR_SETTING;
    memcpy(below, name, strlen(name) + 1);
    /* What stands for one label or more is judged as one label. */
    if (strncmp(name, "*.", 2) == 0)
        below[0] = 'X';
    if (!realm_in_any_case(below))
        return KX_ERR_SETTING;
    return append_text(list, value);
}

static krb5_error_code
read_revoke(struct kx_settings *settings, const char *value)
{
    if (strncmp(value, "FILE:/", 6) != 0)
        return KX_ERR_SETTING;
    return append_text(&settings->revoke, value);
}

static krb5_error_code
read_realms(struct kx_settings *settings, const char *value)
{
    return read_pattern(value, &settings->realms);
}

static krb5_error_code
read_adopt(struct kx_settings *settings, const char *value)
{
    return read_pattern(value, &settings->adopt);
}

static krb5_error_code
read_listen(struct kx_settings *settings, const char *value)
{
    struct kx_endpoint endpoint;
    uint16_t port;

    if (kx_port_read(strncmp(value, "*:", 2) == 0 ? value + 2 : value, &port))
        return kx_listen_everywhere(settings, port);
    if (!kx_endpoint_read(value, &endpoint))
        return KX_ERR_SETTING;
    return append_endpoint(&settings->listen, &settings->n_listen, &endpoint);
}

static krb5_error_code
read_kdc(struct kx_settings *settings, const char *value)
{
    struct kx_endpoint endpoint;

    if (!kx_endpoint_read(value, &endpoint))
        return KX_ERR_SETTING;
    return append_endpoint(&settings->kdc, &settings->n_kdc, &endpoint);
}

/* Whether it is under kxover_lifetime_min is seen when both are read. */
static krb5_error_code
read_lifetime(struct kx_settings *settings, const char *value)
{
    return read_time(value, MIN_LIFETIME, MAX_LIFETIME, &settings->lifetime);
}

static krb5_error_code
read_lifetime_min(struct kx_settings *settings, const char *value)
{
    return read_time(value, MIN_LIFETIME, MAX_LIFETIME,
                     &settings->lifetime_min);
}

/* A realm, or the number, of which there is one. */
static krb5_error_code
read_keep(struct kx_settings *settings, const char *value)
{
    krb5_data realm = kx_data(value, strlen(value));
    size_t digits = strspn(value, "0123456789"), n = 0, number;

    if (digits > 0 && digits <= 5 && value[digits] == '\0') {
        number = (size_t)strtoul(value, NULL, 10);
        if (number > KX_MAX_KEEP ||
            (settings->keep != KX_KEEP_UNSET && settings->keep != number))
            return KX_ERR_SETTING;
        settings->keep = number;
        return 0;
    }
    while (settings->keep_realms != NULL && settings->keep_realms[n] != NULL)
        n++;
    if (!kx_realm_is_valid(&realm) || n == KX_MAX_KEEP)
        return KX_ERR_SETTING;
    return append_text(&settings->keep_realms, value);
}

static krb5_error_code
read_wait(struct kx_settings *settings, const char *value)
{
    return read_time(value, 0, MAX_WAIT, &settings->wait);
}

/* Read a number from least to most. */
static krb5_error_code
read_number(const char *value, size_t least, size_t most, size_t *out)
{
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 7 || value[digits] != '\0')
        return KX_ERR_SETTING;
    *out = (size_t)strtoul(value, NULL, 10);
    return *out < least || *out > most ? KX_ERR_SETTING : 0;
}

static krb5_error_code
read_max_peers(struct kx_settings *settings, const char *value)
{
    return read_number(value, 1, KX_MAX_PEERS, &settings->max_peers);
}

static krb5_error_code
read_max_connections(struct kx_settings *settings, const char *value)
{
    return read_number(value, KX_MIN_CONNECTIONS, KX_MAX_CONNECTIONS,
                       &settings->max_connections);
}

static krb5_error_code
read_stall(struct kx_settings *settings, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    const char *rest = value + digits;

    rest += strspn(rest, BLANKS);
    if (digits == 0 || digits > 3 ||
        (strcmp(rest, "%") != 0 && rest[0] != '\0'))
        return KX_ERR_SETTING;
    settings->stall = (int)strtol(value, NULL, 10);
    return settings->stall > 100 ? KX_ERR_SETTING : 0;
}

static krb5_error_code
read_store(struct kx_settings *settings, const char *value)
{
    if (strcmp(value, "database") == 0)
        settings->store = KX_STORE_DATABASE;
    else if (strcmp(value, "memory") == 0)
        settings->store = KX_STORE_MEMORY;
    else
        return KX_ERR_SETTING;
    return 0;
}

static krb5_error_code
read_unbound_conf(struct kx_settings *settings, const char *value)
{
    if (value[0] != '/')
        return KX_ERR_SETTING;
    return copy_text(value, &settings->unbound_conf);
}

static krb5_error_code
read_allow_address(struct kx_settings *settings, const char *value)
{
    struct kx_network network, *grown;

    if (!kx_network_read(value, &network))
        return KX_ERR_SETTING;
    grown = realloc(settings->allow_address,
                    (settings->n_allow_address + 1) * sizeof(*grown));
    if (grown == NULL)
        return ENOMEM;
    settings->allow_address = grown;
    grown[settings->n_allow_address++] = network;
    return 0;
}

static krb5_error_code
read_versions(struct kx_settings *settings, const char *value)
{
    unsigned long share, shares;
    char *end;

    if (value[0] < '1' || value[0] > '9')
        return KX_ERR_SETTING;
    share = strtoul(value, &end, 10);
    if (end[0] != '/' || end[1] < '1' || end[1] > '9')
        return KX_ERR_SETTING;
    shares = strtoul(end + 1, &end, 10);
    if (*end != '\0' || shares > MAX_VERSION_SHARES || share > shares)
        return KX_ERR_SETTING;
    settings->version_share = (unsigned int)share;
    settings->version_shares = (unsigned int)shares;
    return 0;
}

static krb5_error_code
read_not_yet(struct kx_settings *settings, const char *value)
{
    if (strcmp(value, "unknown") == 0)
        settings->not_yet_unknown = TRUE;
    else if (strcmp(value, "unavailable") == 0)
        settings->not_yet_unknown = FALSE;
    else
        return KX_ERR_SETTING;
    return 0;
}

static krb5_error_code
read_replica(struct kx_settings *settings, const char *value)
{
    if (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0)
        settings->replica = TRUE;
    else if (strcmp(value, "no") == 0 || strcmp(value, "false") == 0)
        settings->replica = FALSE;
    else
        return KX_ERR_SETTING;
    return 0;
}

static krb5_error_code
read_transit(struct kx_settings *settings, const char *value)
{
    krb5_data realm = kx_data(value, strlen(value));

    if (!kx_realm_is_valid(&realm))
        return KX_ERR_SETTING;
    return append_text(&settings->transit, value);
}

static krb5_error_code
read_attributes(struct kx_settings *settings, const char *value)
{
    size_t n = 0;

    while (settings->attributes != NULL && settings->attributes[n] != NULL)
        n++;
    /* Ours are not the administrator's to set. */
    if (n == MAX_ATTRIBUTES || strlen(value) > MAX_ATTRIBUTE ||
        value[strspn(value, "%R")] == '=' || value[0] == '\0' ||
        strncmp(value, KX_SETTING_PREFIX, strlen(KX_SETTING_PREFIX)) == 0)
        return KX_ERR_SETTING;
    return append_text(&settings->attributes, value);
}

static krb5_error_code
read_metrics(struct kx_settings *settings, const char *value)
{
    static const char file[] = "FILE:/";
    struct kx_endpoint endpoint;

    if (strncmp(value, file, strlen(file)) == 0) {
        value += strlen(file) - 1;
        if (value[1] == '\0' || value[strlen(value) - 1] == '/')
            return KX_ERR_SETTING;
        if (settings->metrics_file != NULL)
            return strcmp(settings->metrics_file, value) == 0 ? 0
                                                              : KX_ERR_SETTING;
        return copy_text(value, &settings->metrics_file);
    }
    if (!kx_loopback_read(value, &endpoint))
        return KX_ERR_SETTING;
    return append_endpoint(&settings->metrics, &settings->n_metrics,
                           &endpoint);
}

const struct kx_setting_row kx_setting_rows[] = {
    {KX_SETTING_PREFIX "backend", FALSE, read_backend,
     "the name of the database module behind kxover, such as db2 or kldap",
     NULL},
    {KX_SETTING_PREFIX "identity", KX_LINES, read_identity,
     "FILE:/path/cert.pem,/path/key.pem or "
     "PKCS11:pkcs11:certificate,pkcs11:key, up to 16 times",
     NULL},
    {KX_SETTING_PREFIX "anchors", TRUE, read_anchors,
     "FILE:/path/roots.pem, once or several times", NULL},
    {KX_SETTING_PREFIX "revoke", TRUE, read_revoke,
     "FILE:/path/crl.pem, once or several times", NULL},
    {KX_SETTING_PREFIX "realms", TRUE, read_realms,
     "realms as BRAVO.EXAMPLE, *.EXAMPLE (all below) or * (all), with ! "
     "before those to refuse, and in: or out: before a name for one "
     "direction",
     NULL},
    {KX_SETTING_PREFIX "adopt", TRUE, read_adopt,
     "realms as BRAVO.EXAMPLE, *.EXAMPLE (all below) or * (all), with ! "
     "before those to leave alone, and in: or out: before a name for one "
     "direction",
     NULL},
    {KX_SETTING_PREFIX "listen", TRUE, read_listen,
     "an IP address, ADDRESS:PORT, [V6ADDRESS]:PORT, PORT or *:PORT", "*:88"},
    {KX_SETTING_PREFIX "kdc", FALSE, read_kdc,
     "one IP address, ADDRESS:PORT or [V6ADDRESS]:PORT", NULL},
    {KX_SETTING_PREFIX "lifetime", FALSE, read_lifetime,
     "a time from kxover_lifetime_min (without it, from 1d) to 31d, such as "
     "14d",
     "14d"},
    {KX_SETTING_PREFIX "lifetime_min", FALSE, read_lifetime_min,
     "a time from 10s to 31d, and not over kxover_lifetime", "1d"},
    {KX_SETTING_PREFIX "keep", TRUE, read_keep,
     "a number up to 10000, realms (in capitals, of two labels or more), or "
     "both",
     KX_TEXT(KX_DEFAULT_KEEP)},
    {KX_SETTING_PREFIX "max_peers", FALSE, read_max_peers,
     "a number from 1 to 1000000", "10000"},
    {KX_SETTING_PREFIX "max_connections", FALSE, read_max_connections,
     "a number from 64 to 100000", KX_TEXT(KX_DEFAULT_CONNECTIONS)},
    {KX_SETTING_PREFIX "wait", FALSE, read_wait,
     "a time from 0s to 30s, such as 3s", "3s"},
    {KX_SETTING_PREFIX "stall", FALSE, read_stall,
     "a percentage from 0 to 100", "20"},
    {KX_SETTING_PREFIX "store", FALSE, read_store, "database or memory",
     "database"},
    {KX_SETTING_PREFIX "unbound_conf", FALSE, read_unbound_conf,
     "the full path of an unbound.conf", NULL},
    {KX_SETTING_PREFIX "allow_address", TRUE, read_allow_address,
     "IP addresses, or blocks of them such as 127.0.0.0/8 or fd00::/8 with "
     "no bit set behind the prefix",
     NULL},
    {KX_SETTING_PREFIX "transit", TRUE, read_transit,
     "realms, in capitals, of two labels or more", NULL},
    {KX_SETTING_PREFIX "attributes", TRUE, read_attributes,
     "up to 16 string attributes of up to 256 characters, as NAME or "
     "NAME=VALUE, not beginning with kxover_",
     NULL},
    {KX_SETTING_PREFIX "not_yet", FALSE, read_not_yet,
     "unavailable or unknown", "unavailable"},
    {KX_SETTING_PREFIX "replica", FALSE, read_replica, "yes or no", "no"},
    {KX_SETTING_PREFIX "versions", FALSE, read_versions,
     "this kxoverd's number among those of the realm and how many there are, "
     "such as 1/2, up to 16/16",
     "1/1"},
    {KX_SETTING_PREFIX "metrics", TRUE, read_metrics,
     "an address of this machine alone and a port, such as 127.0.0.1:9464, "
     "one FILE:/path/kxover.prom, or both",
     NULL},
};
const size_t kx_n_setting_rows =
    sizeof(kx_setting_rows) / sizeof(kx_setting_rows[0]);
