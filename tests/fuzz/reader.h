/*
 * reader.h: a second reader of KX-REQ and KX-REP, which knows nothing of
 * libtasn1, for a fuzzer to hold the codec to.
 */
#ifndef KX_FUZZ_READER_H
#define KX_FUZZ_READER_H

#include <krb5.h>

enum reader_verdict {
    READER_REFUSES,
    READER_TAKES,
    READER_LEAVES /* what it can tell is right; it does not read
                   * AuthorityKeyIdentifiers, nor arcs over 63 bits */
};

/* Judge message as one whole KX-REQ (18) or KX-REP (19), by the words of
 * docs/protocol.md. */
enum reader_verdict reader_message(int msg_type, const krb5_data *message);

/* True if data is one element of DER, as deep as anybody nests it: lengths are
 * the shortest, and elements fill what they are in. */
krb5_boolean reader_is_der(const krb5_data *data);

#endif /* KX_FUZZ_READER_H */
