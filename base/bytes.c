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
kx_datas_free(krb5_data *datas, size_t n)
{
    size_t i;

    for (i = 0; datas != NULL && i < n; i++)
        kx_data_free(&datas[i]);
    free(datas);
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

/* Read n decimal digits of *text into *number and move *text behind them. */
static krb5_boolean
read_digits(const char **text, int n, unsigned int *number)
{
    *number = 0;
    for (; n > 0; n--, (*text)++) {
        if (**text < '0' || **text > '9')
            return FALSE;
        *number = *number * 10 + (unsigned int)(**text - '0');
    }
    return TRUE;
}

static krb5_boolean
is_leap_year(unsigned int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to that day, which is in year or month only if it is
 * one of the calendar's, else FALSE. */
static krb5_boolean
read_day(unsigned int year, unsigned int month, unsigned int day, time_t *days)
{
    static const unsigned short before[] = {0,   31,  59,  90,  120, 151, 181,
                                            212, 243, 273, 304, 334, 365};
    unsigned int leap, first, end, past = year - 1;

    if (year < 1970 || month < 1 || month > 12)
        return FALSE;
    leap = is_leap_year(year);
    first = before[month - 1] + (month > 2 ? leap : 0);
    end = before[month] + (month > 1 ? leap : 0);
    if (day < 1 || day > end - first)
        return FALSE;
    /* 477 leap years are before 1970. */
    *days = (time_t)(year - 1970) * 365 + past / 4 - past / 100 + past / 400 -
            477 + first + day - 1;
    return TRUE;
}

/* By hand, because a KDC reads several times for each ticket that it issues
 * with a crossover's key, and strptime() with timegm() takes as long as all
 * else that is done about the crossover. */
krb5_boolean
kx_time_read(const char *text, time_t *t)
{
    /* What stands before each number, and how many digits it has. */
    static const char before[] = {0, '-', '-', 'T', ':', ':'};
    static const int digits[] = {4, 2, 2, 2, 2, 2};
    unsigned int part[6];
    time_t read;
    size_t i;

    for (i = 0; i < 6; i++) {
        if ((i > 0 && *text++ != before[i]) ||
            !read_digits(&text, digits[i], &part[i]))
            return FALSE;
    }
    if (strcmp(text, "Z") != 0 || part[3] > 23 || part[4] > 59 ||
        part[5] > 59 || !read_day(part[0], part[1], part[2], &read))
        return FALSE;
    read = ((read * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
    if (read <= 0 || read > (time_t)MAX_TIME)
        return FALSE;
    *t = read;
    return TRUE;
}
