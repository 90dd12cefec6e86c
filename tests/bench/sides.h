/*
 * sides.h: an exchange with both of its sides in this process, and what each
 * of them takes of the processor.
 *
 * All is what runs in a KDC and in kxoverd: making, signing, encoding,
 * decoding, the checks but DNS's, agreement, derivation, confirmation.
 * Sockets, DNS and the database are not in it.
 */
#ifndef KX_BENCH_SIDES_H
#define KX_BENCH_SIDES_H

#include "exchange/offer.h"
#include "exchange/validate.h"
#include "tests/unit/chains.h"

/* One realm: its identity, and the record that DNS has of it. */
struct side {
    const char *name;
    const char *host;
    struct kx_identity *identity;
    struct kx_tlsa tlsa;
    double cpu; /* seconds, of all exchanges since it was last set to 0 */
};

/* Two realms that meet. */
struct sides {
    krb5_context context;
    struct kx_settings settings;
    struct side initiator;
    struct side responder;
    size_t request; /* bytes of the last exchange, lengths included */
    size_t reply;
};

/* What a side keeps of an exchange between its two messages. */
struct half {
    struct kx_ephemeral *ephemeral;
    struct kx_message *ours;
    struct kx_message *theirs;
    struct kx_crossover *crossover;
    unsigned char confirm[KX_CONFIRM_SIZE];
};

/* End the program if code is not 0: a benchmark of something that fails would
 * be none. */
void must(long code);

/* Seconds of processor time of this process. */
double cpu_time(void);

/* Make two realms whose keys are of this kind (bits 0: what it has), each with
 * a certificate that it signed itself. */
void sides_open(struct sides *sides, gnutls_pk_algorithm_t algorithm,
                unsigned int bits);
void sides_close(struct sides *sides);

/* One exchange, its time booked on each side. */
void sides_exchange(struct sides *sides);

/* Judge a self-signed certificate (DER) of peer's as an exchange does: checks
 * 2, 5 and 6.  The program ends if it is not to be believed. */
void sides_judge(const struct sides *sides, const struct side *peer,
                 const krb5_data *certificate);

/* The first half of the initiator, with another identity: *wire gets KX-REQ
 * (kx_data_free()).  half is all zeros, and half_clear()ed in the end. */
void sides_initiate(const struct sides *sides,
                    const struct kx_identity *identity, struct half *half,
                    krb5_data *wire);
void half_clear(const struct sides *sides, struct half *half);

#endif /* KX_BENCH_SIDES_H */
