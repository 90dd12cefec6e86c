/*
 * kx_asn1.h: KXOVER's messages, bytes to structures and back.
 *
 * The ASN.1 module is KXOVER.asn1; EXPLICIT TAGS, DER.  Decoding is strict:
 * what does not encode again to the same bytes is refused, so no two byte
 * strings mean the same and nothing hides in a message.  Every length and
 * list is bounded before memory is taken for it.
 *
 * All functions set a message in context (which may be NULL) when they fail.
 * Errors of decoding: KX_ERR_TOO_LONG (over a bound below), KX_ERR_NOT_DER
 * (readable, but not DER), KX_ERR_MSG_TYPE (another tag or msg-type),
 * KX_ERR_VERSION (another pvno), KX_ERR_DECODE (everything else), ENOMEM.
 * Errors of encoding: KX_ERR_TOO_LONG, KX_ERR_ENCODE, ENOMEM.
 * Nothing is given out on failure.
 *
 * Structures given out are released with their kx_..._free(); those functions
 * take NULL.
 */
#ifndef KX_ASN1_H
#define KX_ASN1_H

#include <time.h>
#include "base/kx_base.h"

#define KX_PVNO 5
#define KX_MSG_REQ 18   /* [APPLICATION 18]: first byte 0x72 */
#define KX_MSG_REP 19   /* [APPLICATION 19]: first byte 0x73 */
#define KX_MSG_ERROR 30 /* [APPLICATION 30], RFC 4120: first byte 0x7e */

/* Bounds, in bytes or in elements. */
#define KX_MAX_MESSAGE 65536
#define KX_MAX_NAME_COMPONENTS 4
#define KX_MAX_NAME_COMPONENT 255
#define KX_MAX_REALM 253
#define KX_MAX_KEY_EXCHANGE 1024
#define KX_MAX_ETYPES 32
#define KX_MAX_ALGORITHMS 32
#define KX_MAX_ALGORITHM_PARAMETERS 256
#define KX_MAX_OID 64 /* characters in dotted form */
#define KX_MAX_CAS 64
#define KX_MAX_CA 2048
#define KX_MAX_KEY_ID 64
#define KX_MAX_EXTENSIONS 16
#define KX_MAX_EXTENSION_OID 64
#define KX_MAX_EXTENSION_VALUE 4096
#define KX_MAX_CHAIN 10
#define KX_MAX_CERTIFICATE 16384
#define KX_MAX_SIGNATURE 2048
#define KX_MAX_PKINIT_NAME 1024
#define KX_CONFIRM_SIZE 32
#define KX_MAX_SHARED_KEY 1024
#define KX_TRANSCRIPT_SIZE 64
#define KX_MAX_PRIOR_KEYS 16
#define KX_MAX_PRIOR_VALUE 256
#define KX_MAX_ERROR_TEXT 1024
#define KX_MAX_ERROR_DATA 8192

/* AlgorithmIdentifier, RFC 5280 4.1.1.2. */
struct kx_algorithm {
    char *oid;            /* dotted, NUL-terminated */
    krb5_data parameters; /* one DER element; empty when absent */
};

/* One extension of KX-TBSDATA. */
struct kx_extension {
    krb5_data oid; /* OBJECT IDENTIFIER, DER, tag and length included: libtasn1
                    * has no text for arcs over 64 bits (ITU-T X.667) */
    krb5_boolean critical;
    krb5_data value;
};

/* KX-TBSDATA: what an offer's signature covers. */
struct kx_tbsdata {
    time_t request_time; /* seconds since 1970, UTC */
    krb5_boolean has_kvno;
    uint32_t kvno;          /* 0 unless has_kvno */
    krb5_principal kxname;  /* kxname's components with kxrealm as realm */
    krb5_data key_exchange; /* SubjectPublicKeyInfo, DER */
    time_t till;
    krb5_enctype *accept_etype; /* in order of preference, never empty */
    size_t n_accept_etype;
    struct kx_algorithm *accept_group; /* count 0 means absent, also below */
    size_t n_accept_group;
    struct kx_algorithm *accept_sigalg;
    size_t n_accept_sigalg;
    krb5_data *accept_ca; /* AuthorityKeyIdentifiers, RFC 5280 4.2.1.1, DER */
    size_t n_accept_ca;
    struct kx_extension *extensions;
    size_t n_extensions;
};

/* KX-OFFER. */
struct kx_offer {
    uint32_t nonce;
    struct kx_tbsdata tbs;
    krb5_data tbs_der; /* the KX-TBSDATA SEQUENCE, tag and length included, as
                        * it stands in the message; see kx_encode_message() */
    krb5_data *chain;  /* certificates, DER, the signer's first */
    size_t n_chain;
    struct kx_algorithm sigalg;
    krb5_data signature; /* the BIT STRING's bytes; its bits fill them */
};

/* KX-REQ or KX-REP. */
struct kx_message {
    int msg_type; /* KX_MSG_REQ or KX_MSG_REP */
    struct kx_offer offer;
    krb5_data confirm; /* KX_CONFIRM_SIZE bytes in KX-REP, empty in KX-REQ */
};

/*
 * Decode in, which must be one whole KX-REQ or KX-REP as msg_type says, into
 * *out (allocated, kx_message_free()).
 */
krb5_error_code kx_decode_message(krb5_context context, int msg_type,
                                  const krb5_data *in,
                                  struct kx_message **out);

/*
 * Encode message into *out (allocated).  offer.tbs_der, which is what was
 * signed, is sent as it is; it has been made by kx_encode_tbsdata(), and
 * offer.tbs is not looked at.
 */
krb5_error_code kx_encode_message(krb5_context context,
                                  const struct kx_message *message,
                                  krb5_data *out);

/*
 * Write the OBJECT IDENTIFIER oid, in DER, into text: dotted, or where
 * libtasn1 cannot do that in hexadecimal.  Returns text.
 */
#define KX_OID_TEXT_SIZE (4 * KX_MAX_EXTENSION_OID)
const char *kx_oid_text(const krb5_data *oid, char *text);

/* Encode tbs into *out (allocated): the bytes that are signed and hashed. */
krb5_error_code kx_encode_tbsdata(krb5_context context,
                                  const struct kx_tbsdata *tbs,
                                  krb5_data *out);

/* Release message and everything in it. */
void kx_message_free(struct kx_message *message);

/* Release what these point to, not the structures themselves. */
void kx_tbsdata_clear(struct kx_tbsdata *tbs);
void kx_algorithm_clear(struct kx_algorithm *algorithm);

/* SubjectPublicKeyInfo, RFC 5280 4.1.2.7: algorithm and the key's bytes. */
krb5_error_code kx_encode_spki(krb5_context context,
                               const struct kx_algorithm *algorithm,
                               const krb5_data *key, krb5_data *out);

/* *algorithm (kx_algorithm_clear()) and *key (kx_data_free()) are filled. */
krb5_error_code kx_decode_spki(krb5_context context, const krb5_data *in,
                               struct kx_algorithm *algorithm, krb5_data *key);

/* True if two SubjectPublicKeyInfos, which have been decoded before, are of
 * the same algorithm with the same parameters. */
krb5_boolean kx_spki_same_algorithm(const krb5_data *a, const krb5_data *b);

/* The outermost parts of a certificate, RFC 5280 4.1. */
struct kx_certificate {
    krb5_data tbs; /* tbsCertificate as it stands, borrowed from the input */
    struct kx_algorithm algorithm; /* signatureAlgorithm */
    krb5_data signature;           /* the BIT STRING's bytes */
};

/*
 * Take the certificate in apart into *out (kx_certificate_clear()); what is
 * inside its tbsCertificate is not looked at.  Errors: those of decoding.
 */
krb5_error_code kx_decode_certificate(krb5_context context,
                                      const krb5_data *in,
                                      struct kx_certificate *out);

/*
 * The same for what is signed as a certificate is and may be of any length: a
 * list of revoked certificates (RFC 5280 5.1) of our own administrator's.
 */
krb5_error_code kx_decode_signed(krb5_context context, const krb5_data *in,
                                 struct kx_certificate *out);
void kx_certificate_clear(struct kx_certificate *certificate);

/*
 * Decode a principal's name as it stands in a certificate's subjectAltName
 * (KRB5PrincipalName, RFC 4556 3.2.2), in is the whole of it, into *out
 * (krb5_free_principal()).  Errors: those of decoding.
 */
krb5_error_code kx_decode_pkinit_name(krb5_context context,
                                      const krb5_data *in,
                                      krb5_principal *out);

/*
 * The extension that names prior keys: its identifier in DER,
 * 2.25.281321573356214804194614218603097957721.
 */
extern const krb5_data kx_prior_oid;

#define KX_PRIOR_CHECK_SIZE 16

/* The name of a key that one side has, and the proof that it has it. */
struct kx_prior_name {
    uint32_t kvno;
    krb5_enctype etype;
    unsigned char check[KX_PRIOR_CHECK_SIZE];
};

/* Less than, equal to or greater than 0: the order in which they stand. */
int kx_prior_name_compare(const struct kx_prior_name *a,
                          const struct kx_prior_name *b);

/*
 * Encode n names, KX_MAX_PRIOR_KEYS at most, as the extension's value into
 * *out (allocated).  They must be in their order, each pair of version and
 * type once.
 */
krb5_error_code kx_encode_prior_names(krb5_context context,
                                      const struct kx_prior_name *names,
                                      size_t n, krb5_data *out);

/* Decode the extension's value in into *names (allocated, free()) and *n. */
krb5_error_code kx_decode_prior_names(krb5_context context,
                                      const krb5_data *in,
                                      struct kx_prior_name **names, size_t *n);

/* A prior key as it enters the derivation: PRF+ output, not the key. */
struct kx_prior_key {
    uint32_t kvno;
    krb5_enctype etype;
    krb5_data value; /* secret */
};

/* KXOVER-KEY-INFO: what the key derivation hashes, but for etype and seq. */
struct kx_key_info {
    krb5_const_principal kxname;
    time_t till;
    uint32_t kvno;
    krb5_data shared_key; /* secret */
    krb5_data transcript; /* KX_TRANSCRIPT_SIZE bytes */
    const struct kx_prior_key *prior;
    size_t n_prior;
};

struct kx_key_info_form;

/*
 * Prepare to encode info, which is borrowed until kx_key_info_end(), for
 * several encryption types and blocks.  Errors: those of encoding.
 */
krb5_error_code kx_key_info_begin(krb5_context context,
                                  const struct kx_key_info *info,
                                  struct kx_key_info_form **out);

/*
 * Encode block seq, from 1, of etype, 0 for the confirmation: *out, secret, is
 * form's until the next call.
 */
krb5_error_code kx_key_info_encode(krb5_context context,
                                   struct kx_key_info_form *form,
                                   krb5_enctype etype, uint32_t seq,
                                   krb5_data *out);

/* Release form (NULL is allowed) and wipe its last block. */
void kx_key_info_end(struct kx_key_info_form *form);

/* KRB-ERROR, RFC 4120 5.9.1; ctime, cusec, crealm and cname are not used. */
struct kx_krb_error {
    time_t stime;
    int32_t susec;        /* microseconds, 0 to 999999 */
    int32_t error_code;   /* the protocol's number, not com_err's */
    krb5_principal sname; /* with its realm */
    char *e_text;         /* NULL when absent */
    krb5_data e_data;     /* empty when absent */
};

krb5_error_code kx_encode_krb_error(krb5_context context,
                                    const struct kx_krb_error *error,
                                    krb5_data *out);

/*
 * Decode one whole KRB-ERROR into *out (allocated, kx_krb_error_free()).  The
 * optional fields that kx_krb_error lacks are checked and passed over.
 */
krb5_error_code kx_decode_krb_error(krb5_context context, const krb5_data *in,
                                    struct kx_krb_error **out);

void kx_krb_error_free(struct kx_krb_error *error);

/*
 * The e-data of KRB-ERROR 65: TYPED-DATA with one TD-DH-PARAMETERS (109) that
 * lists the accepted groups (RFC 4556 3.1.3).  Decoding gives an allocated
 * array, each element to be cleared with kx_algorithm_clear() and the array
 * to be released with free(); it holds at least one element.
 */
krb5_error_code kx_encode_groups(krb5_context context,
                                 const struct kx_algorithm *groups,
                                 size_t n_groups, krb5_data *out);
krb5_error_code kx_decode_groups(krb5_context context, const krb5_data *in,
                                 struct kx_algorithm **groups,
                                 size_t *n_groups);

/*
 * The e-data of KRB-ERROR 70: TYPED-DATA with one TD-TRUSTED-CERTIFIERS (104)
 * that lists the accepted roots (RFC 4556 3.1.3), n key identifiers of
 * KX_MAX_KEY_ID bytes at most.  Decoding gives an allocated array, to be
 * released with kx_datas_free(); roots that are named in another way are left
 * out, so it may be empty.
 */
krb5_error_code kx_encode_certifiers(krb5_context context,
                                     const krb5_data *ids, size_t n,
                                     krb5_data *out);
krb5_error_code kx_decode_certifiers(krb5_context context, const krb5_data *in,
                                     krb5_data **ids, size_t *n);

#endif /* KX_ASN1_H */
