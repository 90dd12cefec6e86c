/*
 * input.c: taking an input apart from its front.
 */
#include "config.h"
#include "tests/fuzz/input.h"

const uint8_t *
input_take(struct input *in, size_t n)
{
    const uint8_t *at = in->at;

    if (in->left < n)
        return NULL;
    in->at += n;
    in->left -= n;
    return at;
}

krb5_data
input_take_element(struct input *in, struct input *inner)
{
    const uint8_t *at = in->at;
    size_t length, header = 2, size, i;

    inner->at = NULL;
    inner->left = 0;
    if (in->left < header)
        return kx_data(NULL, 0);
    length = at[1];
    if (length >= 0x80) {
        size = length & 0x7f;
        if (size > 3 || in->left < header + size)
            return kx_data(NULL, 0);
        for (length = 0, i = 0; i < size; i++)
            length = length << 8 | at[2 + i];
        header += size;
    }
    if (input_take(in, header + length) == NULL)
        return kx_data(NULL, 0);
    inner->at = at + header;
    inner->left = length;
    return kx_data(at, header + length);
}

size_t
input_take_list(struct input *in, krb5_data *list, size_t max)
{
    struct input inner, unused;
    size_t n;

    (void)input_take_element(in, &inner);
    for (n = 0; n < max && inner.left > 0; n++) {
        list[n] = input_take_element(&inner, &unused);
        if (list[n].length == 0)
            break;
    }
    return n;
}
