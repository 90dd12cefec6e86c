/*
 * address.c: addresses, read, printed and judged.
 *
 * A stranger's SRV record may point anywhere, so what may be connected to is a
 * question of who else could be there.  For IPv6 only what is handed out as
 * global unicast counts as public, and of that not the blocks that stand for
 * something else; for IPv4 everything does but the special-purpose blocks of
 * RFC 6890 and its registry.  Blocks that wrap an IPv4 address (mapped, 6to4,
 * Teredo, NAT64) stay out: behind them may be one that would be refused.
 */
#include "config.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/address.h"

/* Room for [address%scope]:port. */
#define TEXT_SIZE 128

#define V4(a, b, c, d, bits)                                                  \
    {                                                                         \
        AF_INET, {a, b, c, d}, bits                                           \
    }
#define V6(a, b, c, d, bits)                                                  \
    {                                                                         \
        AF_INET6, {a, b, c, d}, bits                                          \
    }

/* What is public at all. */
static const struct kx_network public_blocks[] = {
    V4(0, 0, 0, 0, 0), V6(0x20, 0, 0, 0, 3), /* RFC 4291 2.5.4 */
};

/* What of that is not. */
static const struct kx_network special_blocks[] = {
    V4(0, 0, 0, 0, 8),        /* this network, RFC 791 */
    V4(10, 0, 0, 0, 8),       /* private, RFC 1918 */
    V4(100, 64, 0, 0, 10),    /* shared by a provider's customers, RFC 6598 */
    V4(127, 0, 0, 0, 8),      /* loopback, RFC 1122 */
    V4(169, 254, 0, 0, 16),   /* link-local, RFC 3927 */
    V4(172, 16, 0, 0, 12),    /* private */
    V4(192, 0, 0, 0, 24),     /* protocol assignments, RFC 6890 */
    V4(192, 0, 2, 0, 24),     /* documentation, RFC 5737 */
    V4(192, 88, 99, 0, 24),   /* 6to4 relays, RFC 7526 */
    V4(192, 168, 0, 0, 16),   /* private */
    V4(198, 18, 0, 0, 15),    /* benchmarks, RFC 2544 */
    V4(198, 51, 100, 0, 24),  /* documentation */
    V4(203, 0, 113, 0, 24),   /* documentation */
    V4(224, 0, 0, 0, 4),      /* multicast, RFC 5771 */
    V4(240, 0, 0, 0, 4),      /* reserved, RFC 1112, and broadcast */
    V6(0x20, 0x01, 0, 0, 23), /* protocol assignments, RFC 2928; Teredo */
    V6(0x20, 0x01, 0x0d, 0xb8, 32), /* documentation, RFC 3849 */
    V6(0x20, 0x02, 0, 0, 16),       /* 6to4, RFC 3056 */
    V6(0x3f, 0xff, 0, 0, 20),       /* documentation, RFC 9637 */
};

/*
 * The bytes of address in *bytes, their count, or 0 for another family than
 * the two.  IPv6 scopes do not count.
 */
static size_t
address_bytes(const struct sockaddr *address, unsigned char bytes[16])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof(v4));
        memcpy(bytes, &v4.sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(&v6, address, sizeof(v6));
        memcpy(bytes, &v6.sin6_addr, 16);
        return 16;
    default:
        return 0;
    }
}

/* True if the first bits of both are the same. */
static krb5_boolean
prefix_equal(const unsigned char *a, const unsigned char *b, unsigned int bits)
{
    unsigned int mask = 0xff00U >> (bits % 8);

    if (memcmp(a, b, bits / 8) != 0)
        return FALSE;
    return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask & 0xff) == 0;
}

/* True if the address of family is in one of the n blocks. */
static krb5_boolean
in_blocks(const struct kx_network *blocks, size_t n, int family,
          const unsigned char *bytes)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (blocks[i].family == family &&
            prefix_equal(blocks[i].address, bytes, blocks[i].prefix))
            return TRUE;
    }
    return FALSE;
}

krb5_boolean
kx_address_permitted(const struct kx_settings *settings,
                     const struct sockaddr *address)
{
    unsigned char bytes[16];
    int family = address->sa_family;

    if (address_bytes(address, bytes) == 0)
        return FALSE;
    if (in_blocks(settings->allow_address, settings->n_allow_address, family,
                  bytes))
        return TRUE;
    return in_blocks(public_blocks,
                     sizeof(public_blocks) / sizeof(public_blocks[0]), family,
                     bytes) &&
           !in_blocks(special_blocks,
                      sizeof(special_blocks) / sizeof(special_blocks[0]),
                      family, bytes);
}

const char *
kx_address_text(const struct sockaddr *address, char *text)
{
    char host[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address_bytes(address, bytes) == 0 ||
        inet_ntop(address->sa_family, bytes, host, sizeof(host)) == NULL) {
        (void)snprintf(text, KX_ADDRESS_TEXT_SIZE, "(no address)");
    } else if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof(v4));
        (void)snprintf(text, KX_ADDRESS_TEXT_SIZE, "%s:%u", host,
                       ntohs(v4.sin_port));
    } else {
        memcpy(&v6, address, sizeof(v6));
        (void)snprintf(text, KX_ADDRESS_TEXT_SIZE, "[%s]:%u", host,
                       ntohs(v6.sin6_port));
    }
    return text;
}

/* Read text, decimal digits alone, no more than maximum, into *number. */
static krb5_boolean
read_number(const char *text, unsigned long maximum, unsigned long *number)
{
    size_t length = strlen(text);

    /* Six digits are over any bound here, and far below overflow. */
    if (length == 0 || length > 6 || strspn(text, "0123456789") != length)
        return FALSE;
    *number = strtoul(text, NULL, 10);
    return *number <= maximum;
}

krb5_boolean
kx_port_read(const char *text, uint16_t *port)
{
    unsigned long number;

    if (!read_number(text, 65535, &number) || number == 0)
        return FALSE;
    *port = (uint16_t)number;
    return TRUE;
}

void
kx_endpoint_any(int family, uint16_t port, struct kx_endpoint *out)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    memset(out, 0, sizeof(*out));
    if (family == AF_INET) {
        v4.sin_port = htons(port);
        out->length = sizeof(v4);
        memcpy(&out->address, &v4, sizeof(v4));
    } else {
        v6.sin6_port = htons(port);
        out->length = sizeof(v6);
        memcpy(&out->address, &v6, sizeof(v6));
    }
}

/* Make *out the IPv4 address in dotted form, or the IPv6 one, at port. */
static krb5_boolean
read_address(const char *text, uint16_t port, struct kx_endpoint *out)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_family = AF_INET6,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    char service[8];

    memset(out, 0, sizeof(*out));
    /* getaddrinfo() would take 127.1 and 1 for addresses too. */
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_port = htons(port);
        memcpy(&out->address, &v4, sizeof(v4));
        out->length = sizeof(v4);
        return TRUE;
    }
    /* But it knows the scope in fe80::1%eth0. */
    (void)snprintf(service, sizeof(service), "%u", port);
    if (strchr(text, ':') == NULL ||
        getaddrinfo(text, service, &hints, &found) != 0)
        return FALSE;
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->length = found->ai_addrlen;
    freeaddrinfo(found);
    return TRUE;
}

krb5_boolean
kx_endpoint_read(const char *text, struct kx_endpoint *out)
{
    char host[TEXT_SIZE], *end;
    const char *port_text = NULL;
    uint16_t port = KX_KERBEROS_PORT;
    size_t length = strlen(text);

    if (length >= sizeof(host))
        return FALSE;
    memcpy(host, text, length + 1);
    end = strchr(host, ':');
    if (host[0] == '[') {
        end = strchr(host, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':') ||
            strchr(host, ':') == NULL || strchr(host, ':') > end)
            return FALSE;
        if (end[1] == ':')
            port_text = end + 2;
        *end = '\0';
        memmove(host, host + 1, strlen(host));
    } else if (end != NULL && strchr(end + 1, ':') == NULL) {
        /* One colon is before a port; more are an IPv6 address. */
        *end = '\0';
        port_text = end + 1;
    }
    if (port_text != NULL && !kx_port_read(port_text, &port))
        return FALSE;
    return read_address(host, port, out);
}

krb5_boolean
kx_loopback_read(const char *text, struct kx_endpoint *out)
{
    static const struct kx_network loopback[] = {V4(127, 0, 0, 0, 8),
                                                 {AF_INET6, {[15] = 1}, 128}};
    unsigned char bytes[16];

    /* The port is behind the only colon, or behind the bracket. */
    if (strchr(text, ':') == NULL ||
        (text[0] == '[' && strstr(text, "]:") == NULL) ||
        (text[0] != '[' && strchr(text, ':') != strrchr(text, ':')) ||
        !kx_endpoint_read(text, out) ||
        address_bytes((const struct sockaddr *)&out->address, bytes) == 0)
        return FALSE;
    return in_blocks(loopback, sizeof(loopback) / sizeof(loopback[0]),
                     out->address.ss_family, bytes);
}

krb5_boolean
kx_network_read(const char *text, struct kx_network *out)
{
    char host[TEXT_SIZE], *slash;
    unsigned long bits, width;
    unsigned int i;
    size_t length = strlen(text);

    memset(out, 0, sizeof(*out));
    if (length >= sizeof(host))
        return FALSE;
    memcpy(host, text, length + 1);
    slash = strchr(host, '/');
    if (slash != NULL)
        *slash = '\0';
    out->family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
    width = out->family == AF_INET6 ? 128 : 32;
    if (inet_pton(out->family, host, out->address) != 1)
        return FALSE;
    bits = width;
    if (slash != NULL && !read_number(slash + 1, width, &bits))
        return FALSE;
    out->prefix = (unsigned int)bits;
    for (i = out->prefix; i < width; i++) {
        if (out->address[i / 8] & (0x80U >> (i % 8)))
            return FALSE;
    }
    return TRUE;
}
