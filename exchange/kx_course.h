/*
 * kx_course.h: the course of an exchange, step by step, for whoever wants to
 * tell it to people or to count it.
 *
 * Every exchange of an engine, begun here or answered here, has a course: who
 * it is with, which steps it took and how long they took.  One listener per
 * engine is told when a step begins and when it ends:
 *
 *   static void
 *   tell(void *arg, const struct kx_told *told)
 *   {
 *       if (told->step == KX_STEP_EXCHANGE && !told->begins)
 *           count(arg, told->course->side, told->code,
 *                 told->end - told->begin);
 *   }
 *   ...
 *   kx_engine_listen(engine, &(struct kx_listener){tell, arg});
 *
 * KX_STEP_EXCHANGE, the whole, begins first and ends last, exactly once; its
 * code is what the exchange came to, and by then told->course has the time of
 * each step (kx_course_spent()).  What came of an exchange whose step failed
 * is known only then: another server may still do.  A step comes again for
 * each server that is tried, and for each request that is made anew.
 *
 * Nothing is allocated, and without a listener nothing is done but to read the
 * clock.  The listener is called from within the exchange: it does not release
 * anything of the exchange or the engine, and leaves the message in the
 * context alone.  All that it is given is borrowed until it returns.
 */
#ifndef KX_COURSE_H
#define KX_COURSE_H

#include <sys/socket.h>
#include "base/kx_base.h"

struct kx_crossover;
struct kx_srv;
struct kx_tbsdata;
struct kx_tlsa;

/*
 * The steps, in the order in which an initiator takes them; STORE is its
 * user's matter.  A responder takes MESSAGE, POLICY, IDENTITY, CHAIN,
 * SIGNATURE, SRV, TLSA, DANE, ROOTS, OFFER, AGREEMENT and STORE.
 */
enum kx_step {
    KX_STEP_REALM,        /* its name, and that kxover_realms permits it */
    KX_STEP_IDENTITY,     /* our identity, roots and lists of the revoked */
    KX_STEP_SRV,          /* SRV records of the realm (check 4) */
    KX_STEP_TLSA,         /* TLSA records of one server (check 4) */
    KX_STEP_ADDRESS,      /* its addresses; beside the TLSA records */
    KX_STEP_CONNECT,      /* TCP connection to it */
    KX_STEP_OFFER,        /* our offer is made and signed */
    KX_STEP_ANSWER,       /* sent, until the whole answer is there; fails with
                           * what the peer asks for or refuses */
    KX_STEP_MESSAGE,      /* the peer's message is read */
    KX_STEP_POLICY,       /* check 1 of the peer's offer */
    KX_STEP_CHAIN,        /* check 2 */
    KX_STEP_SIGNATURE,    /* check 3 */
    KX_STEP_DANE,         /* check 5 */
    KX_STEP_ROOTS,        /* check 6 */
    KX_STEP_AGREEMENT,    /* the key is agreed on and derived */
    KX_STEP_CONFIRMATION, /* the peer has the same key */
    KX_STEP_STORE,        /* it is in the database */
    KX_STEP_EXCHANGE,     /* the whole */
    KX_STEPS
};

/* The step's name, one word in small letters, which does not change: "srv". */
const char *kx_step_name(enum kx_step step);

enum kx_side {
    KX_INITIATOR, /* we began it */
    KX_RESPONDER, /* we were asked */
    KX_SIDES
};

/* Its name: "initiator" or "responder". */
const char *kx_side_name(enum kx_side side);

/* How often a step was taken, and how long that took together. */
struct kx_step_time {
    int64_t began; /* microseconds of the monotonic clock; if under way */
    int64_t spent; /* microseconds, of those that are over */
    unsigned int times;
    krb5_boolean under_way;
};

/* Whom listeners are told by. */
struct kx_course {
    const struct kx_listener *listener;
    krb5_context context; /* has the message of an error */
    enum kx_side side;
    const char *local; /* our realm */
    krb5_data remote;  /* the other realm; empty while a responder does not
                        * know it, or if it is no realm's name */
    const struct sockaddr *source; /* a responder's asker; else NULL */
    const char *host;              /* the present server; NULL while none is */
    uint16_t port;
    struct kx_step_time time[KX_STEPS];
};

/* Microseconds that were spent in step, all servers' turns together; -1 if it
 * was not taken, or is not over. */
int64_t kx_course_spent(const struct kx_course *course, enum kx_step step);

/* What a step found; what it did not is zero. */
struct kx_found {
    const struct kx_srv *srv; /* SRV: in the order in which they are tried */
    size_t n_srv;
    const struct kx_tlsa *tlsa; /* TLSA: all; DANE: the one that matched */
    size_t n_tlsa;
    const struct sockaddr_storage *address; /* ADDRESS: all; CONNECT: the one
                                             * that is connected to */
    size_t n_address;
    const struct kx_tbsdata *terms; /* MESSAGE: what the peer's says */
    int32_t refusal; /* ANSWER: the number of the KRB-ERROR that came */
    const struct kx_crossover *crossover; /* EXCHANGE: the key */
};

/* One beginning or one end. */
struct kx_told {
    const struct kx_course *course;
    enum kx_step step;
    krb5_boolean begins;  /* else it ends, and the rest counts */
    krb5_error_code code; /* 0, or what was wrong; its message is in
                           * course->context.  Of the whole: ECANCELED if it
                           * was given up */
    int64_t begin, end;   /* microseconds of the monotonic clock, as far apart
                           * as the step took */
    const struct kx_found *found;
};

typedef void kx_told_fn(void *arg, const struct kx_told *told);

struct kx_listener {
    kx_told_fn *tell; /* NULL: nobody listens */
    void *arg;
};

#endif /* KX_COURSE_H */
