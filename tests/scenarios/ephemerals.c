/*
 * ephemerals.c: a library to preload, which takes down every ephemeral X25519
 * key that a program makes: a line with the private and the public half, in
 * hexadecimal, at the end of the file that $KX_EPHEMERALS names.
 *
 * So a test can play the party that one day computes such keys from what it
 * recorded; the programs are those that everybody runs.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <nettle/curve25519.h>

/* Write a key's bytes to file. */
static void
write_hex(FILE *file, const uint8_t *bytes)
{
    size_t i;

    for (i = 0; i < CURVE25519_SIZE; i++)
        (void)fprintf(file, "%02x", bytes[i]);
}

/* In nettle's place: the public half of private, which is its product with the
 * base point (RFC 7748 6.1). */
void
curve25519_mul_g(uint8_t *public, const uint8_t *private)
{
    static const uint8_t base[CURVE25519_SIZE] = {9};
    const char *name = getenv("KX_EPHEMERALS");
    FILE *file = name != NULL ? fopen(name, "a") : NULL;

    if (file == NULL)
        abort();
    curve25519_mul(public, private, base);
    write_hex(file, private);
    (void)fputc(' ', file);
    write_hex(file, public);
    (void)fputc('\n', file);
    if (fclose(file) != 0)
        abort();
}
