/*
 * frame.c: the length before each message on a TCP connection, RFC 4120 7.2.2.
 *
 * Four bytes, the highest first.  The highest bit is reserved for extensions
 * that we do not speak; RFC 4120 wants such a length refused.
 */
#include "config.h"
#include "exchange/kx_exchange.h"

#define RESERVED_BIT UINT32_C(0x80000000)

void
kx_frame_header(size_t length, unsigned char header[KX_FRAME_HEADER])
{
    header[0] = (unsigned char)(length >> 24 & 0xff);
    header[1] = (unsigned char)(length >> 16 & 0xff);
    header[2] = (unsigned char)(length >> 8 & 0xff);
    header[3] = (unsigned char)(length & 0xff);
}

krb5_error_code
kx_frame_length(krb5_context context,
                const unsigned char header[KX_FRAME_HEADER], size_t maximum,
                size_t *length)
{
    uint32_t announced = (uint32_t)header[0] << 24 |
                         (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 |
                         (uint32_t)header[3];

    *length = 0;
    if (announced & RESERVED_BIT)
        return kx_error(context, KX_ERR_TOO_LONG,
                        "Message length has the reserved highest bit set");
    if (announced > maximum)
        return kx_error(context, KX_ERR_TOO_LONG,
                        "Message of %lu bytes is over the limit of %lu",
                        (unsigned long)announced, (unsigned long)maximum);
    if (announced == 0)
        return kx_error(context, KX_ERR_DECODE, "Message is empty");
    *length = announced;
    return 0;
}
