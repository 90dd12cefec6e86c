/*
 * asn1_refusal.h: valid messages with one element replaced by other bytes, the
 * lengths around it made right again.  Paths are those of der.h.
 */
#ifndef KX_TEST_ASN1_REFUSAL_H
#define KX_TEST_ASN1_REFUSAL_H

#include "tests/unit/asn1_sample.h"

/* Decoding in as type fails, with code unless that is 0. */
void assert_refused(enum sample_type type, const krb5_data *in,
                    krb5_error_code code);

/* The same for the full message of type with the element at path replaced. */
void assert_refused_with(enum sample_type type, const char *path,
                         const char *with, size_t length,
                         krb5_error_code code);

/* The full request with the element at path replaced comes back as it is. */
void assert_accepted_with(const char *path, const char *with, size_t length);

/*
 * True when element stands within a certificate of der, a full request or
 * reply: those are kept as they are.
 */
int sample_in_certificate(const krb5_data *der, const krb5_data *element);

/* assert_refused_with() and assert_accepted_with() for a string literal. */
#define REFUSED(path, with, code)                                             \
    assert_refused_with(SAMPLE_REQ, path, with, sizeof(with) - 1, code)
#define REFUSED_REP(path, with, code)                                         \
    assert_refused_with(SAMPLE_REP, path, with, sizeof(with) - 1, code)
#define ACCEPTED(path, with) assert_accepted_with(path, with, sizeof(with) - 1)

/* A test, and the promise that its one replacement keeps. */
#define PROMISE(name, path, with, code)                                       \
    static void name(void **state)                                            \
    {                                                                         \
        (void)state;                                                          \
        REFUSED(path, with, code);                                            \
    }

#endif /* KX_TEST_ASN1_REFUSAL_H */
