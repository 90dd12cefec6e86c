/*
 * asn1_sample.h: messages to test with.
 */
#ifndef KX_TEST_ASN1_SAMPLE_H
#define KX_TEST_ASN1_SAMPLE_H

#include "asn1/kx_asn1.h"

/*
 * Fill *out.  A full message has every optional field, lists of several
 * elements, and values of both signs; a minimal one has none.  What they point
 * to is static and not to be changed or released.
 */
void sample_full(int msg_type, struct kx_message *out);
void sample_minimal(int msg_type, struct kx_message *out);

/* A KRB-ERROR with all that kx_krb_error holds, or with nothing optional. */
void sample_error_full(struct kx_krb_error *out);
void sample_error_minimal(struct kx_krb_error *out);

/* X25519, and P-256 with its parameters. */
extern const struct kx_algorithm sample_groups[2];

/* Encode with the right tbs_der: it has to work. */
krb5_data sample_encode(const struct kx_message *message);
krb5_data sample_encode_error(const struct kx_krb_error *error);
krb5_data sample_encode_spki(void);
krb5_data sample_encode_groups(void);

/* The code that encoding message with the right tbs_der fails with, or 0. */
krb5_error_code sample_try(const struct kx_message *message);

/* Stop the test unless all values of the two are the same, tbs_der aside. */
void assert_message_equal(const struct kx_message *a,
                          const struct kx_message *b);

/* Every decoder of kx_asn1.h, in one form. */
enum sample_type {
    SAMPLE_REQ,
    SAMPLE_REP,
    SAMPLE_ERROR,
    SAMPLE_SPKI,
    SAMPLE_GROUPS,
    SAMPLE_TYPES
};

/* A valid encoding with all optional fields. */
krb5_data sample_encoded(enum sample_type type);

/*
 * Decode in, and encode what it gives, with nothing set in a context.  *out is
 * the encoding (allocated), or empty on failure.
 */
krb5_error_code sample_again(enum sample_type type, const krb5_data *in,
                             krb5_data *out);

#endif /* KX_TEST_ASN1_SAMPLE_H */
