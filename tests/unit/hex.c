/*
 * hex.c: files of bytes that people can read.
 */
#include "config.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "tests/unit/test.h"
#include "tests/unit/hex.h"

#define MAX_BYTES 4096

/* The next character of file that is not in a comment. */
static int
next_character(FILE *file)
{
    int c = fgetc(file);

    while (c == '#') {
        while (c != '\n' && c != EOF)
            c = fgetc(file);
    }
    return c;
}

krb5_data
hex_file(const char *name)
{
    unsigned char *bytes = test_alloc(MAX_BYTES);
    char path[4096], pair[3] = "";
    size_t n = 0;
    FILE *file;
    int c;

    (void)snprintf(path, sizeof(path), "%s/%s", TESTDATA, name);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    while ((c = next_character(file)) != EOF) {
        if (isspace(c))
            continue;
        pair[0] = (char)c;
        pair[1] = (char)fgetc(file);
        assert_true(isxdigit(c) && isxdigit((unsigned char)pair[1]));
        assert_true(n < MAX_BYTES);
        bytes[n++] = (unsigned char)strtoul(pair, NULL, 16);
    }
    (void)fclose(file);
    return kx_data(bytes, n);
}
