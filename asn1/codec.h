/*
 * codec.h: what the files of this folder share.  Nobody outside includes it.
 *
 * Three floors.  element.c looks at the bytes alone, one tag and length at a
 * time: it bounds a message before anything is made of it.  codec.c turns
 * bytes into libtasn1's trees and back.  fields.c moves single values between
 * those trees and C.  The files named after a type stand on the three.
 *
 * All of it says what is wrong through kx_error(); a caller adds the type's
 * name with kx_error_prefix().
 */
#ifndef KX_CODEC_H
#define KX_CODEC_H

#include <libtasn1.h>
#include "asn1/kx_asn1.h"

/* ---- element.c: tags and lengths ---- */

/* One element; both byte strings are borrowed from where it was found. */
struct kx_element {
    unsigned char class; /* ASN1_CLASS_..., with ASN1_CLASS_STRUCTURED */
    unsigned long tag;
    krb5_data whole; /* tag and length included */
    krb5_data content;
};

/* Ends a path. */
#define KX_PATH_END (-1)
#define KX_PATH_SIZE 6

/*
 * A list and how long it may be.  The path holds the context tags that lead to
 * it, from the outermost SEQUENCE on; an empty path means that one itself.
 */
struct kx_bound {
    signed char path[KX_PATH_SIZE];
    size_t max;
    const char *name;
};

/*
 * Read the first element of in into *out.  Errors: KX_ERR_DECODE,
 * KX_ERR_NOT_DER (a tag or length that is not the shortest).
 */
krb5_error_code kx_element_first(krb5_context context, const krb5_data *in,
                                 struct kx_element *out);

/* The same for the first of *rest, which moves behind it. */
krb5_error_code kx_element_next(krb5_context context, krb5_data *rest,
                                struct kx_element *out);

/* The same as the first, and in has nothing after it. */
krb5_error_code kx_element_only(krb5_context context, const krb5_data *in,
                                struct kx_element *out);

/*
 * Follow path from the one element that in is; *out is what stands inside the
 * last explicit tag.  When there is no such field out->whole is empty.
 */
krb5_error_code kx_element_find(krb5_context context, const krb5_data *in,
                                const signed char *path,
                                struct kx_element *out);

/*
 * Check that in is one element and that every tag and length in it is as DER
 * has it, max_elements at most.  What it means is not looked at.
 */
krb5_error_code kx_element_check(krb5_context context, const krb5_data *in,
                                 size_t max_elements);

/* Check that list, which is what its tag holds, has max elements at most. */
krb5_error_code kx_element_count(krb5_context context, const krb5_data *list,
                                 size_t max, const char *name);

/* Do this for the lists of in that the n bounds name: KX_ERR_TOO_LONG. */
krb5_error_code kx_element_bound(krb5_context context, const krb5_data *in,
                                 const struct kx_bound *bounds, size_t n);

/*
 * Check what every Kerberos message begins with: [APPLICATION msg_type] around
 * all of in, KX_PVNO and msg_type.  Errors: KX_ERR_TOO_LONG, KX_ERR_MSG_TYPE,
 * KX_ERR_VERSION, KX_ERR_DECODE, KX_ERR_NOT_DER.
 */
krb5_error_code kx_element_header(krb5_context context, const krb5_data *in,
                                  int msg_type);

/* ---- codec.c: trees ---- */

/* Make an empty tree of type, whose name is in static memory; it is to be
 * released with asn1_delete_structure(). */
krb5_error_code kx_tree_new(krb5_context context, const char *type,
                            asn1_node *out);

/* Decode all of in, whose size is bounded already, as type into a new tree. */
krb5_error_code kx_tree_decode(krb5_context context, const char *type,
                               const krb5_data *in, asn1_node *out);

/*
 * Encode tree into *out (allocated).  Errors: KX_ERR_TOO_LONG when it takes
 * more than max bytes, KX_ERR_ENCODE, ENOMEM.
 */
krb5_error_code kx_tree_encode(krb5_context context, asn1_node_const tree,
                               size_t max, krb5_data *out);

/*
 * Finish a decoding: code and again are the outcome of encoding what was read
 * from in.  Releases again.  Errors: KX_ERR_NOT_DER, ENOMEM.
 */
krb5_error_code kx_asn1_same_again(krb5_context context, krb5_error_code code,
                                   const krb5_data *in, krb5_data *again);

/* ---- fields.c: values.  A field is named as in KXOVER.asn1 ---- */

/* The field of parent, or NULL when it is absent. */
asn1_node kx_asn1_field(asn1_node_const parent, const char *field);

/* Element i, from 0, of a list; kx_asn1_element_name() names one that is a
 * value.
 */
#define KX_ELEMENT_NAME_SIZE 24
const char *kx_asn1_element_name(size_t i, char *buffer);
asn1_node kx_asn1_list_element(asn1_node_const list, size_t i);

/*
 * Count the elements of a list that kx_element_bound() has bounded.  Errors:
 * KX_ERR_DECODE when it is absent or empty.
 */
krb5_error_code kx_asn1_get_count(krb5_context context, asn1_node_const parent,
                                  const char *field, size_t *out);

/* Check a list's length before it is written. */
krb5_error_code kx_asn1_put_count(krb5_context context, const char *field,
                                  size_t n, size_t max);

/* Append one element to the list field of parent. */
krb5_error_code kx_asn1_put_element(krb5_context context, asn1_node parent,
                                    const char *field);

/* Take out an OPTIONAL field. */
krb5_error_code kx_asn1_put_absent(krb5_context context, asn1_node parent,
                                   const char *field);

krb5_error_code kx_asn1_get_int32(krb5_context context, asn1_node_const parent,
                                  const char *field, int32_t *out);
krb5_error_code kx_asn1_put_int32(krb5_context context, asn1_node parent,
                                  const char *field, int32_t value);

krb5_error_code kx_asn1_get_uint32(krb5_context context,
                                   asn1_node_const parent, const char *field,
                                   uint32_t *out);
krb5_error_code kx_asn1_put_uint32(krb5_context context, asn1_node parent,
                                   const char *field, uint32_t value);

krb5_error_code kx_asn1_get_boolean(krb5_context context,
                                    asn1_node_const parent, const char *field,
                                    krb5_boolean *out);
krb5_error_code kx_asn1_put_boolean(krb5_context context, asn1_node parent,
                                    const char *field, krb5_boolean value);

krb5_error_code kx_asn1_get_time(krb5_context context, asn1_node_const parent,
                                 const char *field, time_t *out);
krb5_error_code kx_asn1_put_time(krb5_context context, asn1_node parent,
                                 const char *field, time_t value);

/* OCTET STRING and ANY of min to max bytes. */
krb5_error_code kx_asn1_get_octets(krb5_context context,
                                   asn1_node_const parent, const char *field,
                                   size_t min, size_t max, krb5_data *out);
krb5_error_code kx_asn1_put_octets(krb5_context context, asn1_node parent,
                                   const char *field, size_t min, size_t max,
                                   const krb5_data *value);

/* BIT STRING of 1 to max bytes without unused bits. */
krb5_error_code kx_asn1_get_bits(krb5_context context, asn1_node_const parent,
                                 const char *field, size_t max,
                                 krb5_data *out);
krb5_error_code kx_asn1_put_bits(krb5_context context, asn1_node parent,
                                 const char *field, size_t max,
                                 const krb5_data *value);

/* KerberosString of 1 to max characters; what is got has a NUL behind it. */
krb5_error_code kx_asn1_get_string(krb5_context context,
                                   asn1_node_const parent, const char *field,
                                   size_t max, krb5_data *out);
krb5_error_code kx_asn1_put_string(krb5_context context, asn1_node parent,
                                   const char *field, size_t max,
                                   const krb5_data *value);

/* OBJECT IDENTIFIER, dotted. */
krb5_error_code kx_asn1_get_oid(krb5_context context, asn1_node_const parent,
                                const char *field, char **out);
krb5_error_code kx_asn1_put_oid(krb5_context context, asn1_node parent,
                                const char *field, const char *value);

/* ---- principal.c ---- */

/* PrincipalName and Realm, two fields of parent, as one principal. */
krb5_error_code kx_asn1_get_principal(krb5_context context,
                                      asn1_node_const parent, const char *name,
                                      const char *realm, krb5_principal *out);
krb5_error_code kx_asn1_put_principal(krb5_context context, asn1_node parent,
                                      const char *name, const char *realm,
                                      krb5_const_principal value);

/* ---- algorithm.c ---- */

/* node is an AlgorithmIdentifier. */
krb5_error_code kx_asn1_get_algorithm(krb5_context context,
                                      asn1_node_const node,
                                      struct kx_algorithm *out);
krb5_error_code kx_asn1_put_algorithm(krb5_context context, asn1_node node,
                                      const struct kx_algorithm *value);

/* A list of them; node is the list, *out and *n are empty on failure. */
krb5_error_code kx_asn1_get_algorithms(krb5_context context,
                                       asn1_node_const parent,
                                       const char *field,
                                       struct kx_algorithm **out, size_t *n);
krb5_error_code kx_asn1_put_algorithms(krb5_context context, asn1_node parent,
                                       const char *field,
                                       const struct kx_algorithm *values,
                                       size_t n);

/* Release the array and what its elements own; make both empty. */
void kx_asn1_algorithms_free(struct kx_algorithm **algorithms, size_t *n);

/* ---- spki.c, ca.c, tbsdata.c ---- */

/* Check that in is one SubjectPublicKeyInfo. */
krb5_error_code kx_asn1_check_spki(krb5_context context, const krb5_data *in);

/* Check that in is one AuthorityKeyIdentifier. */
krb5_error_code kx_asn1_check_ca(krb5_context context, const krb5_data *in);

/* Decode a KX-TBSDATA.  *out, all zero before, is to be cleared even on
 * failure. */
krb5_error_code kx_asn1_decode_tbsdata(krb5_context context,
                                       const krb5_data *in,
                                       struct kx_tbsdata *out);

/* ---- typed_data.c ---- */

/* Encode TYPED-DATA of one element into *out (allocated). */
krb5_error_code kx_asn1_encode_typed_data(krb5_context context, int32_t type,
                                          const krb5_data *value,
                                          krb5_data *out);

/* Read the one element of TYPED-DATA, of that type, into *out (allocated).
 * Whether it encodes again to the same is the caller's to see. */
krb5_error_code kx_asn1_decode_typed_data(krb5_context context, int32_t type,
                                          const krb5_data *in, krb5_data *out);

#endif /* KX_CODEC_H */
