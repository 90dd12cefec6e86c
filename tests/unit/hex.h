/*
 * hex.h: files of bytes that people can read.
 */
#ifndef KX_TEST_HEX_H
#define KX_TEST_HEX_H

#include <krb5.h>

/*
 * The bytes of testdata/name: pairs of hexadecimal digits with spaces and
 * lines as one likes, and from # to the end of a line a comment.
 */
krb5_data hex_file(const char *name);

#endif /* KX_TEST_HEX_H */
