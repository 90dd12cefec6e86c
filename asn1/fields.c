/*
 * fields.c: single values, in and out of libtasn1's trees.
 *
 * libtasn1 finds a value by a path whose first name is that of the node it
 * starts from, unless the node is a root: those have no name.  full_name()
 * hides this, so that here a field is always looked for in its parent.
 *
 * Writing never says "?LAST": libtasn1 does not report when it could not
 * append an element, and ?LAST would then overwrite the one before.  So an
 * element that is not there after all, its parent being NULL or not, is one
 * for which there was no memory.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "asn1/codec.h"

/* Room for two names of the module and a dot. */
#define NAME_SIZE (2 * ASN1_MAX_NAME_SIZE + 2)

/* YYYYMMDDHHMMSSZ and a NUL. */
#define TIME_SIZE 16

/* Room for a dotted OBJECT IDENTIFIER that is too long, and a NUL. */
#define OID_SIZE 256

/* The path of field from parent, in name where it has to be put together.  In
 * no parent nothing is found. */
static const char *
full_name(asn1_node_const parent, const char *field, char *name)
{
    asn1_data_node_st node;
    size_t n, m;

    if (parent == NULL)
        return field;
    asn1_read_node_value(parent, &node);
    if (node.name[0] == '\0')
        return field;
    n = strlen(node.name);
    m = strlen(field);
    if (n + 1 + m + 1 > NAME_SIZE)
        return field; /* no such name; libtasn1 will not find it */
    memcpy(name, node.name, n);
    name[n] = '.';
    memcpy(name + n + 1, field, m + 1);
    return name;
}

/* asn1_read_value() of the field of parent. */
static int
read_value(asn1_node_const parent, const char *field, void *value, int *size)
{
    char name[NAME_SIZE];

    return asn1_read_value(parent, full_name(parent, field, name), value,
                           size);
}

/* asn1_write_value() of the field of parent.  Errors: KX_ERR_ENCODE, ENOMEM
 * (also for an element that is not there). */
static krb5_error_code
write_value(krb5_context context, asn1_node parent, const char *field,
            const void *value, size_t size)
{
    char name[NAME_SIZE];
    int result;

    result = asn1_write_value(parent, full_name(parent, field, name), value,
                              (int)size);
    if (result == ASN1_MEM_ALLOC_ERROR ||
        (result == ASN1_ELEMENT_NOT_FOUND &&
         (parent == NULL || field[0] == '?')))
        return kx_error(context, ENOMEM, "out of memory");
    if (result != ASN1_SUCCESS)
        return kx_error(context, KX_ERR_ENCODE, "%s cannot be written: %s",
                        field, asn1_strerror(result));
    return 0;
}

/* Check a length; code tells which way the value goes. */
static krb5_error_code
check_length(krb5_context context, krb5_error_code code, const char *field,
             size_t length, size_t min, size_t max)
{
    /* libtasn1 calls the elements of a list ?1, ?2 and so on. */
    const char *element = field[0] == '?' ? "element " : "";
    const char *name = field[0] == '?' ? field + 1 : field;

    if (length > max)
        return kx_error(context, KX_ERR_TOO_LONG, "%s%s is over %zu bytes",
                        element, name, max);
    if (length < min)
        return kx_error(context, code, "%s%s is under %zu bytes", element,
                        name, min);
    return 0;
}

/* What to call field in a message: a type that is itself a list has no name.
 */
static const char *
list_label(const char *field)
{
    return field[0] != '\0' ? field : "list";
}

asn1_node
kx_asn1_field(asn1_node_const parent, const char *field)
{
    char name[NAME_SIZE];

    return asn1_find_node(parent, full_name(parent, field, name));
}

/* Write count digits of number to text, with zeros before it, and return what
 * is behind them.  snprintf() takes as long as all else about a value. */
static char *
put_digits(char *text, int count, unsigned long number)
{
    int i;

    for (i = count - 1; i >= 0; i--, number /= 10)
        text[i] = (char)('0' + number % 10);
    return text + count;
}

const char *
kx_asn1_element_name(size_t i, char *buffer)
{
    int digits = 1;
    size_t rest;

    for (rest = (i + 1) / 10; rest > 0; rest /= 10)
        digits++;
    buffer[0] = '?';
    *put_digits(buffer + 1, digits, i + 1) = '\0';
    return buffer;
}

asn1_node
kx_asn1_list_element(asn1_node_const list, size_t i)
{
    char name[KX_ELEMENT_NAME_SIZE];

    return kx_asn1_field(list, kx_asn1_element_name(i, name));
}

krb5_error_code
kx_asn1_get_count(krb5_context context, asn1_node_const parent,
                  const char *field, size_t *out)
{
    char name[NAME_SIZE];
    int n;

    if (asn1_number_of_elements(parent, full_name(parent, field, name), &n) !=
            ASN1_SUCCESS ||
        n < 1)
        return kx_error(context, KX_ERR_DECODE, "%s is empty",
                        list_label(field));
    *out = (size_t)n;
    return 0;
}

krb5_error_code
kx_asn1_put_count(krb5_context context, const char *field, size_t n,
                  size_t max)
{
    if (n < 1)
        return kx_error(context, KX_ERR_ENCODE, "%s is empty",
                        list_label(field));
    if (n > max)
        return kx_error(context, KX_ERR_TOO_LONG,
                        "%s has more than %zu elements", list_label(field),
                        max);
    return 0;
}

krb5_error_code
kx_asn1_put_element(krb5_context context, asn1_node parent, const char *field)
{
    return write_value(context, parent, field, "NEW", 1);
}

krb5_error_code
kx_asn1_put_absent(krb5_context context, asn1_node parent, const char *field)
{
    return write_value(context, parent, field, NULL, 0);
}

/* Read an INTEGER into *out; more than 64 bits are no number for us. */
static krb5_error_code
get_integer(krb5_context context, asn1_node_const parent, const char *field,
            int64_t min, int64_t max, int64_t *out)
{
    unsigned char bytes[sizeof(int64_t)];
    int size = sizeof(bytes);
    uint64_t value;
    int64_t n;
    int i;

    if (read_value(parent, field, bytes, &size) != ASN1_SUCCESS || size < 1)
        return kx_error(context, KX_ERR_DECODE, "%s is not a number it can be",
                        field);
    value = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    memcpy(&n, &value, sizeof(n));
    if (n < min || n > max)
        return kx_error(context, KX_ERR_DECODE, "%s is out of its range",
                        field);
    *out = n;
    return 0;
}

/* Write an INTEGER: libtasn1 takes 64 bits and leaves out what DER does. */
static krb5_error_code
put_integer(krb5_context context, asn1_node parent, const char *field,
            int64_t value)
{
    unsigned char bytes[sizeof(int64_t)];
    size_t i;

    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)((uint64_t)value >> (8 * (7 - i)));
    return write_value(context, parent, field, bytes, sizeof(bytes));
}

krb5_error_code
kx_asn1_get_int32(krb5_context context, asn1_node_const parent,
                  const char *field, int32_t *out)
{
    krb5_error_code ret;
    int64_t value;

    ret = get_integer(context, parent, field, INT32_MIN, INT32_MAX, &value);
    if (ret == 0)
        *out = (int32_t)value;
    return ret;
}

krb5_error_code
kx_asn1_put_int32(krb5_context context, asn1_node parent, const char *field,
                  int32_t value)
{
    return put_integer(context, parent, field, value);
}

krb5_error_code
kx_asn1_get_uint32(krb5_context context, asn1_node_const parent,
                   const char *field, uint32_t *out)
{
    krb5_error_code ret;
    int64_t value;

    ret = get_integer(context, parent, field, 0, UINT32_MAX, &value);
    if (ret == 0)
        *out = (uint32_t)value;
    return ret;
}

krb5_error_code
kx_asn1_put_uint32(krb5_context context, asn1_node parent, const char *field,
                   uint32_t value)
{
    return put_integer(context, parent, field, value);
}

krb5_error_code
kx_asn1_get_boolean(krb5_context context, asn1_node_const parent,
                    const char *field, krb5_boolean *out)
{
    char value[sizeof("FALSE")];
    int size = sizeof(value);

    if (read_value(parent, field, value, &size) != ASN1_SUCCESS)
        return kx_error(context, KX_ERR_DECODE, "%s is missing", field);
    *out = strcmp(value, "TRUE") == 0;
    return 0;
}

krb5_error_code
kx_asn1_put_boolean(krb5_context context, asn1_node parent, const char *field,
                    krb5_boolean value)
{
    return write_value(context, parent, field, value ? "TRUE" : "FALSE", 1);
}

/* Read count digits at *text, which moves behind them; -1 when they are not.
 */
static int
digits(const char **text, int count)
{
    int value = 0;

    for (; count > 0; count--, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = 10 * value + (**text - '0');
    }
    return value;
}

krb5_error_code
kx_asn1_get_time(krb5_context context, asn1_node_const parent,
                 const char *field, time_t *out)
{
    char text[TIME_SIZE];
    int size = sizeof(text);
    const char *p = text;
    struct tm tm = {.tm_isdst = 0}, back;
    time_t t;

    if (read_value(parent, field, text, &size) != ASN1_SUCCESS)
        goto invalid;
    tm.tm_year = digits(&p, 4) - 1900;
    tm.tm_mon = digits(&p, 2) - 1;
    tm.tm_mday = digits(&p, 2);
    tm.tm_hour = digits(&p, 2);
    tm.tm_min = digits(&p, 2);
    tm.tm_sec = digits(&p, 2);
    /*
     * timegm() makes March 3 of a February 31, so only a true date comes back.
     * That a Z follows and nothing else, libtasn1 has seen.
     */
    back = tm;
    t = timegm(&back);
    if (gmtime_r(&t, &back) == NULL || back.tm_year != tm.tm_year ||
        back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
        back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
        back.tm_sec != tm.tm_sec)
        goto invalid;
    *out = t;
    return 0;

invalid:
    return kx_error(context, KX_ERR_DECODE,
                    "%s is not a time written as YYYYMMDDHHMMSSZ", field);
}

krb5_error_code
kx_asn1_put_time(krb5_context context, asn1_node parent, const char *field,
                 time_t value)
{
    char text[TIME_SIZE], *p = text;
    struct tm tm;
    int year, month;

    if (gmtime_r(&value, &tm) == NULL || tm.tm_year < -1900 ||
        tm.tm_year > 9999 - 1900)
        return kx_error(context, KX_ERR_ENCODE,
                        "%s is outside the years 0 to 9999", field);
    year = tm.tm_year + 1900;
    month = tm.tm_mon + 1;
    p = put_digits(p, 4, (unsigned long)year);
    p = put_digits(p, 2, (unsigned long)month);
    p = put_digits(p, 2, (unsigned long)tm.tm_mday);
    p = put_digits(p, 2, (unsigned long)tm.tm_hour);
    p = put_digits(p, 2, (unsigned long)tm.tm_min);
    p = put_digits(p, 2, (unsigned long)tm.tm_sec);
    memcpy(p, "Z", sizeof("Z"));
    return write_value(context, parent, field, text, strlen(text));
}

/*
 * Read a value of bytes, or of bits when unit is 8, into *out; a NUL follows
 * it there.  There is only room for bits that fill their bytes.
 */
static krb5_error_code
get_bytes(krb5_context context, asn1_node_const parent, const char *field,
          int unit, size_t min, size_t max, krb5_data *out)
{
    krb5_error_code ret;
    int size = 0;
    int result;
    char *bytes;

    *out = kx_data(NULL, 0);
    result = read_value(parent, field, NULL, &size);
    if (result != ASN1_MEM_ERROR && result != ASN1_SUCCESS)
        return kx_error(context, KX_ERR_DECODE, "%s is missing", field);
    ret = check_length(context, KX_ERR_DECODE, field, (size_t)(size / unit),
                       min, max);
    if (ret != 0 || size == 0)
        return ret;
    bytes = calloc((size_t)(size / unit) + 1, 1);
    if (bytes == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    *out = kx_data(bytes, (size_t)(size / unit));
    size /= unit;
    if (read_value(parent, field, bytes, &size) != ASN1_SUCCESS) {
        kx_data_free(out);
        return kx_error(context, KX_ERR_DECODE, "%s has unused bits", field);
    }
    return 0;
}

krb5_error_code
kx_asn1_get_octets(krb5_context context, asn1_node_const parent,
                   const char *field, size_t min, size_t max, krb5_data *out)
{
    return get_bytes(context, parent, field, 1, min, max, out);
}

krb5_error_code
kx_asn1_put_octets(krb5_context context, asn1_node parent, const char *field,
                   size_t min, size_t max, const krb5_data *value)
{
    krb5_error_code ret;

    ret = check_length(context, KX_ERR_ENCODE, field, value->length, min, max);
    if (ret != 0)
        return ret;
    /* libtasn1 takes the length of a string when it is told 0. */
    return write_value(context, parent, field,
                       value->length > 0 ? value->data : "", value->length);
}

krb5_error_code
kx_asn1_get_bits(krb5_context context, asn1_node_const parent,
                 const char *field, size_t max, krb5_data *out)
{
    return get_bytes(context, parent, field, 8, 1, max, out);
}

krb5_error_code
kx_asn1_put_bits(krb5_context context, asn1_node parent, const char *field,
                 size_t max, const krb5_data *value)
{
    krb5_error_code ret;

    ret = check_length(context, KX_ERR_ENCODE, field, value->length, 1, max);
    if (ret != 0)
        return ret;
    return write_value(context, parent, field, value->data,
                       (size_t)value->length * 8);
}

/* Check a KerberosString; code tells which way it goes. */
static krb5_error_code
check_string(krb5_context context, krb5_error_code code, const char *field,
             const krb5_data *value)
{
    size_t i;

    for (i = 0; i < value->length; i++) {
        if (value->data[i] < 0x20 || value->data[i] > 0x7e)
            return kx_error(context, code,
                            "%s has a character that is not printable ASCII",
                            field);
    }
    return 0;
}

krb5_error_code
kx_asn1_get_string(krb5_context context, asn1_node_const parent,
                   const char *field, size_t max, krb5_data *out)
{
    krb5_error_code ret;

    ret = get_bytes(context, parent, field, 1, 1, max, out);
    if (ret == 0)
        ret = check_string(context, KX_ERR_DECODE, field, out);
    if (ret != 0)
        kx_data_free(out);
    return ret;
}

krb5_error_code
kx_asn1_put_string(krb5_context context, asn1_node parent, const char *field,
                   size_t max, const krb5_data *value)
{
    krb5_error_code ret;

    ret = check_string(context, KX_ERR_ENCODE, field, value);
    if (ret != 0)
        return ret;
    return kx_asn1_put_octets(context, parent, field, 1, max, value);
}

krb5_error_code
kx_asn1_get_oid(krb5_context context, asn1_node_const parent,
                const char *field, char **out)
{
    char text[OID_SIZE];
    int size = sizeof(text);
    krb5_error_code ret;

    if (read_value(parent, field, text, &size) != ASN1_SUCCESS)
        return kx_error(context, KX_ERR_DECODE, "%s is missing", field);
    ret = check_length(context, KX_ERR_DECODE, field, strlen(text), 1,
                       KX_MAX_OID);
    if (ret != 0)
        return ret;
    *out = strdup(text);
    return *out != NULL ? 0 : kx_error(context, ENOMEM, "out of memory");
}

/*
 * libtasn1 writes some bytes for whatever digits and dots it is given, also
 * for 1..2 or an arc over 64 bits; so see that they are read as the same text.
 */
static krb5_boolean
is_oid(const char *text)
{
    unsigned char der[KX_MAX_OID + ASN1_MAX_TL_SIZE];
    char back[OID_SIZE];
    int size = sizeof(der);
    int read;

    return asn1_object_id_der(text, der, &size, 0) == ASN1_SUCCESS &&
           asn1_get_object_id_der(der + 1, size - 1, &read, back,
                                  sizeof(back)) == ASN1_SUCCESS &&
           strcmp(text, back) == 0;
}

krb5_error_code
kx_asn1_put_oid(krb5_context context, asn1_node parent, const char *field,
                const char *value)
{
    krb5_error_code ret;

    if (value == NULL)
        return kx_error(context, KX_ERR_ENCODE, "%s is missing", field);
    ret = check_length(context, KX_ERR_ENCODE, field, strlen(value), 1,
                       KX_MAX_OID);
    if (ret != 0)
        return ret;
    if (!is_oid(value))
        return kx_error(context, KX_ERR_ENCODE,
                        "%s is not an object identifier", field);
    return write_value(context, parent, field, value, 1);
}
