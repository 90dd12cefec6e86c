/*
 * tlsa.c: TLSA records, RFC 6698: read one, tell whether it can be used, and
 * make the one that a certificate has.
 *
 * What a record's usage demands of the certificate's path (RFC 7671) is the
 * exchange's to check.  GnuTLS reads certificates and makes digests; but a
 * digest of the key is over the bytes that stand in the certificate, and
 * GnuTLS, which gives out its own encoding of a key (another one for RSA-PSS),
 * does not tell them.  So libtasn1 finds where they are, by certificate.asn1.
 */
#include "config.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <libtasn1.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/record.h"

/* Usage, selector and matching type, before the data. */
#define FIXED_SIZE 3

enum { USAGE_LAST = 3 };
enum { SELECTOR_CERTIFICATE = 0, SELECTOR_KEY = 1 };
enum { MATCHING_FULL = 0, MATCHING_SHA256 = 1, MATCHING_SHA512 = 2 };

#define SHA256_SIZE 32
#define SHA512_SIZE 64

/* certificate.asn1, as asn1Parser put it into C. */
extern const asn1_static_node kx_certificate_asn1[];

krb5_error_code
kx_tlsa_read(const uint8_t *rdata, size_t length, struct kx_tlsa *out)
{
    krb5_data data;

    memset(out, 0, sizeof(*out));
    if (length < FIXED_SIZE)
        return KX_ERR_DNS_RECORD;
    out->usage = rdata[0];
    out->selector = rdata[1];
    out->matching_type = rdata[2];
    data = kx_data(rdata + FIXED_SIZE, length - FIXED_SIZE);
    return kx_data_copy(&data, &out->data);
}

/* Read a certificate (DER) into *out.  Returns a GnuTLS error code. */
static int
read_certificate(const krb5_data *der, gnutls_x509_crt_t *out)
{
    const gnutls_datum_t in = {(unsigned char *)der->data, der->length};
    int result;

    *out = NULL;
    result = gnutls_x509_crt_init(out);
    if (result < 0)
        return result;
    return gnutls_x509_crt_import(*out, &in, GNUTLS_X509_FMT_DER);
}

/* True if the data, which is what the selector selects, can be read. */
static krb5_boolean
is_readable(uint8_t selector, const krb5_data *data)
{
    const gnutls_datum_t in = {(unsigned char *)data->data, data->length};
    gnutls_x509_crt_t certificate = NULL;
    gnutls_pubkey_t key = NULL;
    int result;

    if (selector == SELECTOR_CERTIFICATE) {
        result = read_certificate(data, &certificate);
        gnutls_x509_crt_deinit(certificate);
    } else {
        result = gnutls_pubkey_init(&key);
        if (result >= 0)
            result = gnutls_pubkey_import(key, &in, GNUTLS_X509_FMT_DER);
        gnutls_pubkey_deinit(key);
    }
    return result >= 0;
}

krb5_boolean
kx_tlsa_is_usable(const struct kx_tlsa *tlsa)
{
    if (tlsa->usage > USAGE_LAST || tlsa->selector > SELECTOR_KEY)
        return FALSE;
    switch (tlsa->matching_type) {
    case MATCHING_FULL:
        return is_readable(tlsa->selector, &tlsa->data);
    case MATCHING_SHA256:
        return tlsa->data.length == SHA256_SIZE;
    case MATCHING_SHA512:
        return tlsa->data.length == SHA512_SIZE;
    default:
        return FALSE;
    }
}

/* The error code for a GnuTLS error met in reading a certificate. */
static krb5_error_code
unreadable(krb5_context context, int error)
{
    if (error == GNUTLS_E_MEMORY_ERROR)
        return ENOMEM;
    return kx_error(context, KX_ERR_CHAIN,
                    "Certificate cannot be compared with a TLSA record: %s",
                    gnutls_strerror(error));
}

/*
 * Let *key borrow the bytes of a certificate's SubjectPublicKeyInfo.  Errors:
 * KX_ERR_CHAIN, ENOMEM.
 */
static krb5_error_code
find_key(krb5_context context, const krb5_data *certificate, krb5_data *key)
{
    asn1_node definitions = NULL, frame = NULL;
    krb5_error_code code = 0;
    int result, start, end, length = (int)certificate->length;

    result = asn1_array2tree(kx_certificate_asn1, &definitions, NULL);
    if (result == ASN1_SUCCESS)
        result = asn1_create_element(definitions, "Certificate.Frame", &frame);
    if (result == ASN1_SUCCESS)
        result = asn1_der_decoding2(&frame, certificate->data, &length,
                                    ASN1_DECODE_FLAG_STRICT_DER, NULL);
    if (result == ASN1_SUCCESS)
        result =
            asn1_der_decoding_startEnd(frame, certificate->data, length,
                                       "toBeSigned.publicKey", &start, &end);
    if (result == ASN1_MEM_ALLOC_ERROR)
        code = ENOMEM;
    else if (result != ASN1_SUCCESS)
        code = kx_error(context, KX_ERR_CHAIN,
                        "Certificate's public key cannot be found: %s",
                        asn1_strerror(result));
    else
        *key = kx_data(certificate->data + start, (size_t)(end - start) + 1);
    asn1_delete_structure(&frame);
    asn1_delete_structure(&definitions);
    return code;
}

/*
 * Let *out borrow what selector and matching_type, both of a usable record,
 * make of the certificate: its bytes or those of its key, or their digest,
 * which is written into digest.  Errors: KX_ERR_CHAIN, KX_ERR_CRYPTO, ENOMEM.
 */
static krb5_error_code
select_data(krb5_context context, uint8_t selector, uint8_t matching_type,
            const krb5_data *certificate, unsigned char digest[SHA512_SIZE],
            krb5_data *out)
{
    gnutls_digest_algorithm_t algorithm;
    krb5_data selected = *certificate;
    krb5_error_code code;
    int result;

    if (selector == SELECTOR_KEY) {
        code = find_key(context, certificate, &selected);
        if (code != 0)
            return code;
    }
    if (matching_type != MATCHING_FULL) {
        algorithm = matching_type == MATCHING_SHA256 ? GNUTLS_DIG_SHA256
                                                     : GNUTLS_DIG_SHA512;
        result = gnutls_hash_fast(algorithm, selected.data, selected.length,
                                  digest);
        if (result < 0)
            return kx_error(context, KX_ERR_CRYPTO,
                            "Certificate's digest cannot be made: %s",
                            gnutls_strerror(result));
        selected = kx_data(digest, gnutls_hash_get_len(algorithm));
    }
    *out = selected;
    return 0;
}

krb5_error_code
kx_tlsa_make(krb5_context context, uint8_t usage, uint8_t selector,
             uint8_t matching_type, const krb5_data *certificate,
             struct kx_tlsa *out)
{
    gnutls_x509_crt_t crt;
    int result;

    memset(out, 0, sizeof(*out));
    result = read_certificate(certificate, &crt);
    gnutls_x509_crt_deinit(crt);
    if (result < 0)
        return unreadable(context, result);
    return kx_tlsa_make_read(context, usage, selector, matching_type,
                             certificate, out);
}

krb5_error_code
kx_tlsa_make_read(krb5_context context, uint8_t usage, uint8_t selector,
                  uint8_t matching_type, const krb5_data *certificate,
                  struct kx_tlsa *out)
{
    unsigned char digest[SHA512_SIZE];
    krb5_error_code code;
    krb5_data selected;

    memset(out, 0, sizeof(*out));
    code = select_data(context, selector, matching_type, certificate, digest,
                       &selected);
    if (code == 0)
        code = kx_data_copy(&selected, &out->data);
    if (code != 0)
        return code;
    out->usage = usage;
    out->selector = selector;
    out->matching_type = matching_type;
    return 0;
}

const char *
kx_tlsa_text(const struct kx_tlsa *tlsa, char *text)
{
    static const char digits[] = "0123456789abcdef";
    static const char cut[] = "...";
    size_t i, at;
    unsigned char byte;

    at = (size_t)snprintf(text, KX_TLSA_TEXT_SIZE, "%u %u %u ", tlsa->usage,
                          tlsa->selector, tlsa->matching_type);
    for (i = 0; i < tlsa->data.length; i++) {
        if (at + 2 + sizeof(cut) > KX_TLSA_TEXT_SIZE) {
            memcpy(text + at, cut, sizeof(cut));
            return text;
        }
        byte = (unsigned char)tlsa->data.data[i];
        text[at++] = digits[byte >> 4];
        text[at++] = digits[byte & 15];
    }
    text[at] = '\0';
    return text;
}

/*
 * Read a number up to 255 in decimal digits, and the white space around it,
 * from *text, which moves behind it.  False if there is none.
 */
static krb5_boolean
parse_field(const char **text, uint8_t *number)
{
    const char *at = *text;
    unsigned int value = 0, digits;

    while (isspace((unsigned char)*at))
        at++;
    for (digits = 0; digits < 4 && isdigit((unsigned char)*at); digits++)
        value = value * 10 + (unsigned int)(*at++ - '0');
    if (digits == 0 || value > 255 ||
        (*at != '\0' && !isspace((unsigned char)*at)))
        return FALSE;
    *number = (uint8_t)value;
    *text = at;
    return TRUE;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = NULL;

    if (digit != '\0')
        found = strchr(digits, tolower((unsigned char)digit));
    return found != NULL ? (int)(found - digits) : -1;
}

/*
 * Read text, pairs of hexadecimal digits and white space, into bytes, which
 * has room for them; *length gets their number.  False if it is something
 * else.
 */
static krb5_boolean
parse_hex(const char *text, unsigned char *bytes, size_t *length)
{
    size_t digits = 0;
    int value;

    for (; *text != '\0'; text++) {
        if (isspace((unsigned char)*text))
            continue;
        value = hex_value(*text);
        if (value < 0)
            return FALSE;
        if (digits % 2 == 0)
            bytes[digits / 2] = (unsigned char)(value << 4);
        else
            bytes[digits / 2] |= (unsigned char)value;
        digits++;
    }
    *length = digits / 2;
    return digits % 2 == 0;
}

krb5_error_code
kx_tlsa_parse(krb5_context context, const char *text, struct kx_tlsa *out)
{
    const char *at = text;
    krb5_error_code code;
    unsigned char *bytes;
    size_t length;
    krb5_data data;

    memset(out, 0, sizeof(*out));
    bytes = malloc(strlen(text) + 1);
    if (bytes == NULL)
        return ENOMEM;
    if (parse_field(&at, &out->usage) && parse_field(&at, &out->selector) &&
        parse_field(&at, &out->matching_type) &&
        parse_hex(at, bytes, &length)) {
        data = kx_data(bytes, length);
        code = kx_data_copy(&data, &out->data);
    } else {
        code = kx_error(context, KX_ERR_DNS_RECORD,
                        "not a TLSA record, which is three numbers up to 255 "
                        "and pairs of hexadecimal digits");
    }
    free(bytes);
    return code;
}
