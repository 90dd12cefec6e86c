/*
 * stage.h: a responder or an initiator, whole, whose time, chance, name server
 * and network are what a test says.
 *
 * Both are the products' own, with their engine.  What they ask of the outside
 * comes to this stage by the linker's --wrap (kx_stage_wraps in vectors.am):
 * the time, random numbers, the servers that DNS gives for a realm, and the
 * connection to one of them.  So an exchange can be gone through again, byte
 * for byte, years later; and a fuzzer can go through a great many of them.
 *
 * The same with a real name server and real connections is in the scenarios.
 */
#ifndef KX_STAGE_H
#define KX_STAGE_H

#include "asn1/kx_asn1.h"
#include "exchange/kx_exchange.h"

#define STAGE_MAX 32 /* of whatever a test says several of */

/* All that is on the stage.  Fill in what is wanted of the first part after
 * stage_begin(); what it points to stays the test's. */
struct stage {
    time_t now;
    krb5_data chance[STAGE_MAX]; /* random numbers, in the order of use */
    size_t n_chance;
    const char *host; /* the peer's server, in DNS */
    uint16_t port;
    struct kx_tlsa tlsa[STAGE_MAX]; /* and its records */
    size_t n_tlsa;
    krb5_data answers[STAGE_MAX]; /* what the server answers, in turn;
                                   * nothing: it hangs up */
    size_t n_answers;
    struct kx_earlier held;       /* keys that the crossover had before */
    uint32_t versions[STAGE_MAX]; /* and its versions */
    size_t n_versions;
    uint32_t known; /* the latest one, for an initiator */
    size_t n_more;  /* further servers in DNS, like the first */
    enum { STAGE_ALL_SPEAK, STAGE_DNS, STAGE_CONNECTION, STAGE_SERVER } silent;
    krb5_error_code connecting; /* what comes of the first connection */
    krb5_boolean is_blocked;    /* the crossover is */
    struct kx_settings settings;

    /* What came of it. */
    krb5_error_code refused;       /* why, 0 for not at all */
    krb5_data answer;              /* the responder's, in answer_bytes */
    krb5_data requests[STAGE_MAX]; /* the initiator's, in turn */
    size_t n_requests;
    struct kx_crossover *crossover; /* the key, NULL where there is none */
    size_t n_stored;                /* keys, by the responder */

    /* The stage's own. */
    krb5_context context;
    struct event_base *base;
    struct kx_engine *engine;
    size_t next_chance, next_answer;
    char answer_bytes[KX_MAX_MESSAGE];
};

/*
 * Make a stage for realm, which accepts AES, with the protocol's defaults:
 * lives of 14 days, one day at least, 5 minutes of clock skew.  There is one
 * stage at a time.  Ends the program if it cannot be made.
 */
void stage_begin(struct stage *stage, char *realm);

/* Put message to the responder.  Afterwards either answer is a KX-REP and
 * crossover its key, or answer is a KRB-ERROR, or without memory empty, and
 * refused says why. */
void stage_respond(struct stage *stage, const krb5_data *message);

/* The responder itself, for whoever has more to say to it; the caller's to
 * release (kx_responder_free()). */
struct kx_responder *stage_responder(struct stage *stage);

/* Let the next deadline of all that runs on the stage pass; false if there is
 * none. */
krb5_boolean stage_pass_time(struct stage *stage);

/* DNS, which was silent, answers what it was asked, in turn. */
void stage_answer_dns(struct stage *stage);

/* Have the initiator ask realm remote.  Afterwards either crossover or refused
 * is set. */
void stage_initiate(struct stage *stage, const char *remote);

/* Release what came of it, for another go with the same engine. */
void stage_clear(struct stage *stage);

/* Clear the stage. */
void stage_end(struct stage *stage);

/* End the program unless code is 0. */
void stage_must(krb5_error_code code, const char *what);

#endif /* KX_STAGE_H */
