/*
 * memory.h: memory that runs out when a test says so.
 *
 * memory.c has a malloc(), a calloc() and a realloc() of its own, which come
 * before those of libc, valgrind and AddressSanitizer for all that is in the
 * process: kxover, libtasn1, GnuTLS, libkrb5, libevent, libc itself.  They
 * hand on to those, but for the allocation whose turn it is to fail.
 *
 * Some callers are spared, for what is theirs and not to be mended here:
 *
 *   GMP        ends the process when it has no memory: that is its contract,
 *              as a function that gives a number has no way to give an error
 *   libtasn1   goes on without the node of a tree that it could not have
 *              (4.19.0, _asn1_copy_structure3()), and crashes; nodes are what
 *              it takes with calloc(), and nothing else is
 *   GnuTLS     (3.7.9) does not look what its allocation gave in
 *              gnutls_x509_dn_init(), and loses what it has by then in
 *              gnutls_hash_init(), gnutls_privkey_import_x509_raw(),
 *              gnutls_x509_privkey_export2_pkcs8(), and where libtasn1's
 *              asn1_create_element() gives it an error
 *   libunbound (1.17.1) cannot release what it has only half set up
 *              (modstack_config())
 *   libkrb5    (1.20.1) cannot release a list that it could not begin, and
 *              leaves out without a word what it cannot copy, in
 *              profile_get_values()
 *   libkdb5    (1.20.1) releases what it gave to a list twice when that cannot
 *              grow, in krb5_dbe_get_strings()
 *   db2        (1.20.1) loses the database that it could not open
 *
 * Some are wrapped for that (faults_memory_wraps in faults.am).
 *
 * And a free() that looks whether a secret is given back with it.
 */
#ifndef KX_FAULTS_MEMORY_H
#define KX_FAULTS_MEMORY_H

#include "base/kx_base.h"

/*
 * One piece of work, with what the test has in arg.  It says memory_restore()
 * when the work is done, before it looks at what came of it; releases that;
 * and returns the work's error, or 0.  After an error it must have seen that
 * nothing was given out.
 */
typedef krb5_error_code memory_work_fn(krb5_context context, void *arg);

/*
 * Do the work again and again: with its first allocation failing, its second,
 * and so on, until it is done without coming to the one that fails; and then
 * the same with all allocations failing from that one on.  Each time it either
 * gives an error, with words, or does all of its work.  Under valgrind, which
 * is slow, some of the allocations stand for all.  name is for who reads what
 * went wrong.
 */
void memory_each(krb5_context context, const char *name, memory_work_fn *work,
                 void *arg);

/* Allocations do not fail any more, until memory_each() goes on; or until the
 * work says memory_begin(), from where it then counts. */
void memory_restore(void);
void memory_begin(void);

/* From now on length bytes at secret (borrowed) must not be in memory that is
 * released.  Not under valgrind: what was never written cannot be looked at
 * there.  Ends the program, loudly, when they are. */
void memory_keep_secret(const void *secret, size_t length);

#endif /* KX_FAULTS_MEMORY_H */
