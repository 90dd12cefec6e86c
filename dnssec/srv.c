/*
 * srv.c: SRV records, RFC 2782: read one, and put several in the order to try.
 */
#include "config.h"
#include <string.h>
#include "dnssec/kx_dnssec.h"
#include "dnssec/record.h"

/* Priority, weight and port, before the target. */
#define FIXED_SIZE 6

static uint16_t
read_uint16(const uint8_t *p)
{
    return (uint16_t)((unsigned int)p[0] << 8 | p[1]);
}

/*
 * Read a name without compression that fills length bytes at wire, into name,
 * KX_MAX_DNS_NAME bytes, as text; the root becomes "".  False if it is no such
 * name, or if a label could not stand in a host name.
 */
static krb5_boolean
read_name(const uint8_t *wire, size_t length, char *name)
{
    char text[KX_MAX_DNS_NAME];
    size_t in = 0, out = 0, label;

    for (;;) {
        if (in >= length)
            return FALSE;
        label = wire[in++];
        if (label == 0)
            break;
        if (label > length - in || out + label + 1 > sizeof(text))
            return FALSE;
        /* A dot inside a label would pass for the end of one. */
        if (memchr(wire + in, '.', label) != NULL)
            return FALSE;
        memcpy(text + out, wire + in, label);
        in += label;
        out += label;
        text[out++] = '.';
    }
    if (in != length)
        return FALSE;
    name[0] = '\0';
    return out == 0 || kx_host_name(text, out - 1, name);
}

krb5_error_code
kx_srv_read(const uint8_t *rdata, size_t length, struct kx_srv *out)
{
    memset(out, 0, sizeof(*out));
    if (length < FIXED_SIZE)
        return KX_ERR_DNS_RECORD;
    out->priority = read_uint16(rdata);
    out->weight = read_uint16(rdata + 2);
    out->port = read_uint16(rdata + 4);
    if (!read_name(rdata + FIXED_SIZE, length - FIXED_SIZE, out->target))
        return KX_ERR_DNS_RECORD;
    return 0;
}

/* True if a stands before b: by priority, and then those of weight 0 first, as
 * the choice by weight wants them. */
static krb5_boolean
stands_before(const struct kx_srv *a, const struct kx_srv *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->weight == 0 && b->weight != 0;
}

/* Move the record at index from to index to, which is not after it. */
static void
move_up(struct kx_srv *records, size_t from, size_t to)
{
    struct kx_srv moved = records[from];

    memmove(&records[to + 1], &records[to], (from - to) * sizeof(*records));
    records[to] = moved;
}

/* The index of the one of n records to try first, by weighted chance. */
static size_t
choose(const struct kx_srv *records, size_t n,
       uint32_t (*random)(void *arg, uint32_t bound), void *arg)
{
    uint32_t total = 0, running = 0, chance;
    size_t i;

    for (i = 0; i < n; i++)
        total += records[i].weight;
    chance = random(arg, total + 1);
    for (i = 0; i + 1 < n; i++) {
        running += records[i].weight;
        if (running >= chance)
            break;
    }
    return i;
}

void
kx_srv_order(struct kx_srv *records, size_t n,
             uint32_t (*random)(void *arg, uint32_t bound), void *arg)
{
    size_t i, to, end;

    for (i = 1; i < n; i++) {
        for (to = i; to > 0; to--) {
            if (!stands_before(&records[i], &records[to - 1]))
                break;
        }
        move_up(records, i, to);
    }
    for (i = 0; i < n; i++) {
        for (end = i + 1; end < n; end++) {
            if (records[end].priority != records[i].priority)
                break;
        }
        move_up(records, i + choose(records + i, end - i, random, arg), i);
    }
}
