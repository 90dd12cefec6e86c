/*
 * text.c: TXT records, RFC 1035 3.3.14: one character-string or more, each
 * behind a byte with its length.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/record.h"

krb5_error_code
kx_text_read(const uint8_t *rdata, size_t length, char **out)
{
    krb5_error_code code = 0;
    size_t in = 0, end = 0, part;
    char *text;

    *out = NULL;
    if (length == 0)
        return KX_ERR_DNS_RECORD;
    /* A string takes less room without its length, so this has the NUL's. */
    text = malloc(length);
    if (text == NULL)
        return ENOMEM;
    while (in < length) {
        part = rdata[in++];
        if (part > length - in) {
            code = KX_ERR_DNS_RECORD;
            goto cleanup;
        }
        memcpy(text + end, rdata + in, part);
        in += part;
        end += part;
    }
    if (memchr(text, '\0', end) != NULL)
        goto cleanup;
    text[end] = '\0';
    *out = text;
    text = NULL;

cleanup:
    free(text);
    return code;
}

krb5_error_code
kx_text_realm(krb5_context context, const char *host, char *const *text,
              size_t n, char *realm)
{
    char shown[KX_PRINTABLE_SIZE];
    krb5_data candidate;
    size_t i;

    realm[0] = '\0';
    for (i = 0; i < n; i++) {
        candidate = kx_data(text[i], strlen(text[i]));
        if (!kx_realm_is_valid(&candidate) || strcmp(text[i], realm) == 0)
            continue;
        if (realm[0] != '\0') {
            realm[0] = '\0';
            return kx_error(context, KX_ERR_DNS_RECORD,
                            "_kerberos.%s TXT names several realms",
                            kx_printable(host, strlen(host), shown));
        }
        memcpy(realm, text[i], candidate.length + 1);
    }
    if (realm[0] == '\0')
        return kx_error(context, KX_ERR_DNS_RECORD,
                        "_kerberos.%s TXT names no realm",
                        kx_printable(host, strlen(host), shown));
    return 0;
}
