/*
 * bytes.c: byte strings that do not stay behind, and times in words.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/gnutls.h>
#include "base/kx_base.h"

/* krb5's times end in 2106, with 32 bits. */
#define MAX_TIME UINT32_MAX

void
kx_zap(void *p, size_t length)
{
    if (p != NULL && length > 0)
        gnutls_memset(p, 0, length);
}

krb5_data
kx_data(const void *p, size_t length)
{
    krb5_data d = {.magic = KV5M_DATA, .length = (unsigned int)length};

    /* krb5_data has no const variant; whoever borrows does not write. */
    memcpy(&d.data, &p, sizeof(d.data));
    return d;
}

krb5_error_code
kx_data_copy(const krb5_data *in, krb5_data *out)
{
    char *copy = NULL;

    if (in->length > 0) {
        copy = malloc(in->length);
        if (copy == NULL)
            return ENOMEM;
        memcpy(copy, in->data, in->length);
    }
    *out = kx_data(copy, in->length);
    return 0;
}

krb5_boolean
kx_data_equal(const krb5_data *a, const krb5_data *b)
{
    return a->length == b->length &&
           (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

krb5_boolean
kx_data_equal_secret(const krb5_data *a, const krb5_data *b)
{
    return a->length == b->length &&
           (a->length == 0 || gnutls_memcmp(a->data, b->data, a->length) == 0);
}

void
kx_data_free(krb5_data *data)
{
    if (data == NULL)
        return;
    free(data->data);
    *data = kx_data(NULL, 0);
}

void
kx_data_zap_free(krb5_data *data)
{
    if (data == NULL)
        return;
    kx_zap(data->data, data->length);
    kx_data_free(data);
}

const char *
kx_time_text(time_t t, char *buffer)
{
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL ||
        strftime(buffer, KX_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(buffer, KX_TIME_TEXT_SIZE, "(no time)");
    return buffer;
}

krb5_boolean
kx_time_read(const char *text, time_t *t)
{
    char again[KX_TIME_TEXT_SIZE];
    struct tm tm = {0};
    const char *end;
    time_t read;

    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (end == NULL || *end != '\0')
        return FALSE;
    read = timegm(&tm);
    if (read <= 0 || read > (time_t)MAX_TIME ||
        strcmp(kx_time_text(read, again), text) != 0)
        return FALSE;
    *t = read;
    return TRUE;
}
