/*
 * der.c: DER made and altered by the tests.  All tags are of one byte, and
 * what is taken apart here is valid: anything else stops the test.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tests/unit/test.h"
#include "tests/unit/der.h"

struct element {
    unsigned char tag;
    const unsigned char *whole;
    const unsigned char *content;
    size_t length; /* of content */
};

/* Read the element at p, of which there are left bytes at most. */
static struct element
read_element(const unsigned char *p, size_t left)
{
    struct element e = {.tag = p[0], .whole = p};
    size_t i, n;

    assert_true(left >= 2);
    e.length = p[1];
    n = 0;
    if (p[1] & 0x80) {
        n = p[1] & 0x7f;
        assert_true(n >= 1 && n <= 3 && left >= 2 + n);
        for (e.length = 0, i = 0; i < n; i++)
            e.length = e.length << 8 | p[2 + i];
    }
    e.content = p + 2 + n;
    assert_true(e.length <= left - 2 - n);
    return e;
}

/* The size of e, tag and length included. */
static size_t
size_of(const struct element *e)
{
    return (size_t)(e->content - e->whole) + e->length;
}

/* True when e is an explicit tag around another element. */
static int
is_explicit(const struct element *e)
{
    return (e->tag & 0xc0) != 0;
}

/* Write tag and the shortest length for content, then content, to out. */
static size_t
write_element(unsigned char tag, const unsigned char *content, size_t length,
              unsigned char *out)
{
    size_t n = 0, shift;

    assert_true(length + 5 < DER_MAX);
    out[n++] = tag;
    if (length < 0x80) {
        out[n++] = (unsigned char)length;
    } else {
        shift = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
        out[n++] = (unsigned char)(0x80 | shift);
        while (shift-- > 0)
            out[n++] = (unsigned char)(length >> (8 * shift));
    }
    memmove(out + n, content, length);
    return n + length;
}

krb5_data
der_wrap(unsigned char tag, const void *content, size_t length)
{
    unsigned char *out = test_alloc(length + 5);

    return kx_data(out, write_element(tag, content, length, out));
}

/* Take the next position from *path: 0 when the path ends before it. */
static int
next_position(const char **path, size_t *position)
{
    char *end;

    if (**path == '\0' || **path == 'v')
        return 0;
    *position = strtoul(*path, &end, 10);
    assert_true(end != *path);
    *path = *end == '.' ? end + 1 : end;
    return 1;
}

/* Child number position of e, which is not an explicit tag. */
static struct element
child_of(const struct element *e, size_t position)
{
    const unsigned char *end = e->content + e->length;
    struct element child = read_element(e->content, e->length);

    while (position-- > 0) {
        const unsigned char *p = child.content + child.length;

        child = read_element(p, (size_t)(end - p));
    }
    return child;
}

krb5_data
der_at(const krb5_data *in, const char *path)
{
    struct element e;
    size_t position;

    e = read_element((const unsigned char *)in->data, in->length);
    while (next_position(&path, &position)) {
        while (is_explicit(&e))
            e = read_element(e.content, e.length);
        e = child_of(&e, position);
    }
    if (*path == 'v')
        e = read_element(e.content, e.length);
    return kx_data(e.whole, size_of(&e));
}

/* Write in to out with the bytes at old, which lie within it, replaced. */
static size_t
rewrite(const struct element *in, const krb5_data *old, const void *with,
        size_t length, unsigned char *out)
{
    const unsigned char *end = in->content + in->length;
    const unsigned char *begin = (const unsigned char *)old->data;
    const unsigned char *p = in->content;
    unsigned char *content;
    struct element child;
    size_t n = 0;

    if (in->whole == begin && size_of(in) == old->length) {
        memcpy(out, with, length);
        return length;
    }
    content = test_alloc(DER_MAX);
    for (; p < end; p = child.content + child.length) {
        child = read_element(p, (size_t)(end - p));
        if (begin >= p && begin < child.content + child.length) {
            n += rewrite(&child, old, with, length, content + n);
        } else {
            memcpy(content + n, p, size_of(&child));
            n += size_of(&child);
        }
    }
    n = write_element(in->tag, content, n, out);
    free(content);
    return n;
}

krb5_data
der_replace_at(const krb5_data *in, const krb5_data *old, const void *with,
               size_t length)
{
    unsigned char *out = test_alloc(DER_MAX);
    struct element e;

    e = read_element((const unsigned char *)in->data, in->length);
    return kx_data(out, rewrite(&e, old, with, length, out));
}

krb5_data
der_replace(const krb5_data *in, const char *path, const void *with,
            size_t length)
{
    krb5_data old = der_at(in, path);

    return der_replace_at(in, &old, with, length);
}

size_t
der_list(const krb5_data *in, krb5_data *list, size_t max)
{
    const unsigned char *p = (const unsigned char *)in->data;
    const unsigned char *end = p + in->length;
    struct element e;
    krb5_data content;
    size_t n = 0;

    for (; p < end; p = e.content + e.length) {
        e = read_element(p, (size_t)(end - p));
        assert_true(n < max);
        list[n++] = kx_data(e.whole, size_of(&e));
        content = kx_data(e.content, e.length);
        if (e.tag & 0x20)
            n += der_list(&content, list + n, max - n);
    }
    return n;
}

krb5_data
der_repeat(const krb5_data *in, const char *path, size_t n)
{
    krb5_data list = der_at(in, path), out;
    struct element e, first;
    unsigned char *content = test_alloc(DER_MAX);
    unsigned char *whole = test_alloc(DER_MAX);
    size_t i, length = 0;

    e = read_element((const unsigned char *)list.data, list.length);
    first = child_of(&e, 0);
    for (i = 0; i < n; i++) {
        memcpy(content + length, first.whole, size_of(&first));
        length += size_of(&first);
        assert_true(length + size_of(&first) + 5 < DER_MAX);
    }
    length = write_element(e.tag, content, length, whole);
    out = der_replace(in, path, whole, length);
    free(content);
    free(whole);
    return out;
}
