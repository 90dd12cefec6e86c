/*
 * der.h: DER made and altered by the tests, without the code under test.
 *
 * A path leads to one element of a message: the position, from 0, of each
 * child on the way, with dots between.  Explicit tags are stepped through
 * without being counted, so where no optional field is missing the positions
 * are the context tags.  A path leads to a field with its tag; "v" at the end
 * goes inside that tag.  So "2.1.3v" is the Realm of a full KX-REQ.
 */
#ifndef KX_TEST_DER_H
#define KX_TEST_DER_H

#include <krb5.h>

/* Larger than every message of the tests. */
#define DER_MAX 200000

/* The element at path, borrowed from in. */
krb5_data der_at(const krb5_data *in, const char *path);

/* in with the element at path replaced; the lengths around it are right. */
krb5_data der_replace(const krb5_data *in, const char *path, const void *with,
                      size_t length);

/* The same for an element that is known by where it is. */
krb5_data der_replace_at(const krb5_data *in, const krb5_data *old,
                         const void *with, size_t length);

/*
 * Fill list with every element of in, of which there are max at most; those
 * within another come after it.  Returns how many.
 */
size_t der_list(const krb5_data *in, krb5_data *list, size_t max);

/* in with n copies of the first element in the list at path. */
krb5_data der_repeat(const krb5_data *in, const char *path, size_t n);

/* tag, the shortest length, and content. */
krb5_data der_wrap(unsigned char tag, const void *content, size_t length);

#endif /* KX_TEST_DER_H */
