/*
 * mutate.c: how libFuzzer changes an input that is one byte and then DER.
 *
 * A change of one byte within nested elements leaves wrong lengths around it
 * more often than not, and such an input gets no further than the first of
 * them.  So half of the changes are made to one element, and the lengths of
 * all around it are set right.
 */
#include "config.h"
#include <string.h>
#include "tests/fuzz/fuzz.h"

#define MAX_DEPTH 24
#define MAX_BYTES 70000

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

/* Where an element is in the input. */
struct place {
    size_t at;       /* its tag */
    size_t contents; /* what follows its length */
    size_t end;
};

static uint8_t copy[MAX_BYTES];

/* A number under bound, of those that follow seed. */
static unsigned int
under(unsigned int *seed, unsigned int bound)
{
    *seed = *seed * 1103515245U + 12345U;
    return (*seed >> 16) % bound;
}

/* The element at `at`, which ends by limit; contents is 0 if there is none. */
static struct place
element_at(const uint8_t *data, size_t at, size_t limit)
{
    const struct place none = {0, 0, 0};
    struct place place = {at, at + 2, 0};
    size_t length, digits;

    if (at + 2 > limit)
        return none;
    length = data[at + 1];
    if (length >= 0x80) {
        digits = length & 0x7f;
        if (digits < 1 || digits > 3 || at + 2 + digits > limit)
            return none;
        for (length = 0; digits > 0; digits--)
            length = length << 8 | data[place.contents++];
    }
    place.end = place.contents + length;
    return place.end <= limit ? place : none;
}

/* Choose an element: path gets what it is in, outermost first, and itself;
 * returns how many they are. */
static size_t
choose(const uint8_t *data, size_t size, unsigned int *seed,
       struct place *path)
{
    struct place child = element_at(data, 1, size), next;
    size_t depth = 0;
    unsigned int n;

    while (child.contents != 0 && depth < MAX_DEPTH) {
        path[depth++] = child;
        if ((data[child.at] & 0x20) == 0 || under(seed, 8) == 0)
            break;
        /* One of its children, each as likely as the others. */
        next = element_at(data, child.contents, child.end);
        child.contents = 0;
        for (n = 1; next.contents != 0; n++) {
            if (under(seed, n) == 0)
                child = next;
            next = element_at(data, next.end, path[depth - 1].end);
        }
    }
    return depth;
}

/* Put length after the tag of the element at place, as long as all fits in
 * max; the new size, 0 if it does not. */
static size_t
set_length(uint8_t *data, size_t size, size_t max, const struct place *place,
           size_t length)
{
    uint8_t octets[4] = {(uint8_t)length};
    size_t n = 1, i;

    if (length >= 0x80) {
        n = length < 0x100 ? 2 : length < 0x10000 ? 3 : 4;
        octets[0] = (uint8_t)(0x80 | (n - 1));
        for (i = 1; i < n; i++)
            octets[i] = (uint8_t)(length >> (8 * (n - 1 - i)));
    }
    if (size - (place->contents - place->at - 1) + n > max)
        return 0;
    memmove(data + place->at + 1 + n, data + place->contents,
            size - place->contents);
    memcpy(data + place->at + 1, octets, n);
    return size - (place->contents - place->at - 1) + n;
}

/* Replace what is from `from` to `to` by length bytes at with, and set right
 * the lengths of the depth elements of path; the new size, 0 if it does not
 * fit. */
static size_t
replace(uint8_t *data, size_t size, size_t max, const struct place *path,
        size_t depth, size_t from, size_t to, const uint8_t *with,
        size_t length)
{
    size_t before;

    if (size - (to - from) + length > max)
        return 0;
    memmove(data + from + length, data + to, size - to);
    memcpy(data + from, with, length);
    size = size - (to - from) + length;
    to = from + length - to; /* how far the rest moved; may wrap around */
    while (size > 0 && depth-- > 0) {
        before = size;
        size = set_length(data, size, max, &path[depth],
                          path[depth].end + to - path[depth].contents);
        to += size - before;
    }
    return size;
}

/* Change one element; the new size, 0 if nothing comes of it. */
static size_t
change(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
    struct place path[MAX_DEPTH], other[MAX_DEPTH], *at, *from;
    size_t depth = choose(data, size, &seed, path), length;

    if (depth == 0 || size > MAX_BYTES)
        return 0;
    at = &path[depth - 1];
    switch (under(&seed, 8)) {
    case 0: /* leave it out */
        return replace(data, size, max, path, depth - 1, at->at, at->end, copy,
                       0);
    case 1: /* once more */
        memcpy(copy, data + at->at, at->end - at->at);
        return replace(data, size, max, path, depth - 1, at->at, at->at, copy,
                       at->end - at->at);
    case 2: /* another tag */
        data[at->at] = (uint8_t)under(&seed, 256);
        return size;
    case 3: /* another element in its place */
        length = choose(data, size, &seed, other);
        if (length == 0)
            return 0;
        from = &other[length - 1];
        length = from->end - from->at;
        memcpy(copy, data + from->at, length);
        return replace(data, size, max, path, depth - 1, at->at, at->end, copy,
                       length);
    default: /* other contents */
        length = at->end - at->contents;
        memcpy(copy, data + at->contents, length);
        length = LLVMFuzzerMutate(copy, length,
                                  length < 64 ? 96 : length + length / 2);
        return replace(data, size, max, path, depth, at->contents, at->end,
                       copy, length);
    }
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                        unsigned int seed)
{
    size_t changed = 0;

    if (seed % 2 == 0 && size < MAX_BYTES / 2)
        changed = change(data, size, max_size, seed / 2);
    return changed != 0 ? changed : LLVMFuzzerMutate(data, size, max_size);
}
