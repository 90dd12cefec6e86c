/*
 * test.h: cmocka and what every program of unit tests needs beside it.
 */
#ifndef KX_TEST_H
#define KX_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/kx_base.h"

/* Memory, or the end of the test. */
static inline void *
test_alloc(size_t size)
{
    void *p = malloc(size);

    assert_non_null(p);
    return p;
}

/* True when two krb5_data hold the same bytes; tells both lengths if not. */
static inline void
assert_data_equal(const krb5_data *a, const krb5_data *b)
{
    assert_int_equal(a->length, b->length);
    if (a->length > 0)
        assert_memory_equal(a->data, b->data, a->length);
}

#endif /* KX_TEST_H */
