/*
 * hostile.h: what the files of the hostile peer share.
 *
 * Everything here ends the program when it fails: a hostile peer that is not
 * quite as hostile as it was told to be would make tests say nothing.
 */
#ifndef KX_TEST_HOSTILE_H
#define KX_TEST_HOSTILE_H

#include "exchange/offer.h"

/* The realm that we play. */
struct hostile {
    krb5_context context;
    struct kx_settings *settings; /* from its kdc.conf */
    struct kx_identity *identity;
};

/* A message on its way out. */
struct draft {
    const struct hostile *hostile;
    struct kx_message *message;
    struct kx_ephemeral *ephemeral;
    struct kx_identity *signer;       /* the realm's, or another, owned */
    const struct kx_message *request; /* that a reply answers; else NULL */
    krb5_data bytes;                  /* the message, encoded */
    size_t announced;                 /* its length, as its header says */
};

/* Which side of an exchange a mode is for. */
#define IN_REQUEST 1
#define IN_REPLY 2
#define IN_BOTH (IN_REQUEST | IN_REPLY)

/* How a message is sent, if at all. */
enum manner {
    AT_ONCE,     /* as it is */
    CUT_OFF,     /* half of it, then the end */
    STALLED,     /* half of it, then nothing */
    SILENT,      /* nothing; the connection stays */
    HANG_UP,     /* nothing; the connection ends */
    TWICE,       /* and once more: a request on a second connection */
    REFLECTED,   /* the request itself */
    OLDER,       /* the reply to the first request, which was hung up on */
    OLDER_NONCE, /* the same, with the nonce of the present request */
    FIRST_GROUP  /* to a request in the first of our groups alone; to others
                  * the genuine reply */
};

/*
 * One way to spoil a genuine message.  Each function may be NULL; what they do
 * comes in this order, and everything between is genuine: what is signed is
 * signed after tbs(), a reply's confirmation is of what is signed.
 */
struct mode {
    const char *name;
    unsigned int sides;
    void (*tbs)(struct draft *draft);   /* changes what will be signed */
    void (*offer)(struct draft *draft); /* changes it after signing */
    void (*bytes)(struct draft *draft); /* changes what was encoded */
    enum manner manner;
};

/* modes_*.c: the modes, by what is wrong; the last of each has no name. */
extern const struct mode message_modes[];
extern const struct mode policy_modes[];
extern const struct mode trust_modes[];

/* hostile.c: end the program unless code is 0. */
void must(krb5_context context, krb5_error_code code, const char *what);

/*
 * draft.c: genuine messages.
 */

/* A request of hostile's realm to remote, spoiled as mode says. */
struct draft *make_request(const struct hostile *hostile,
                           const struct mode *mode, const char *remote,
                           enum kx_group group);

/* The reply to request, spoiled as mode says. */
struct draft *make_reply(const struct hostile *hostile,
                         const struct mode *mode,
                         const struct kx_message *request);

void draft_free(struct draft *draft);

/* Sign the message's tbs as it is now. */
void sign_tbs(struct draft *draft);

/* Sign what stands encoded in draft->bytes, and put the signature there. */
void sign_bytes(struct draft *draft);

/* True if reply confirms the key that it and our request make. */
krb5_boolean is_confirmed(const struct draft *request,
                          const struct kx_message *reply);

/* Put length bytes in the place of what *out has. */
void replace(krb5_data *out, const void *bytes, size_t length);

/* Take over made in the place of draft's bytes. */
void take(struct draft *draft, krb5_data made);

/* Put KRB-ERROR code with e_data (taken over) into draft->bytes. */
void make_error(struct draft *draft, int32_t code, krb5_data e_data);

/*
 * chain.c: certificates beside the realm's own.
 */

/* A certificate authority that nobody knows. */
struct kx_identity *make_authority(void);

/*
 * A certificate with the public key of draft's signer, issued by authority,
 * with so many bytes of padding in it.
 */
krb5_data issue(const struct draft *draft, const struct kx_identity *authority,
                size_t padding);

/* Let the draft's chain be these n certificates (copied). */
void set_chain(struct draft *draft, const krb5_data *certificates, size_t n);

/*
 * wire.c: messages over TCP on 127.0.0.1.
 */

int dial(const char *port);
int listen_at(const char *port);

/* Send announced as the length, and then length bytes. */
void send_frame(int fd, size_t announced, const char *data, size_t length);

/* Receive one message: its length, 0 at the end or after a while of silence.
 */
krb5_data receive_frame(int fd);

/* reply.c: listen at port and answer every request; never returns. */
void serve(const struct hostile *hostile, const struct mode *mode,
           const char *port);

/*
 * middle.c: listen at port, and answer every request with what remote, at
 * remote_port, replies to the same public key in our name; never returns.
 */
void stand_between(const struct hostile *hostile, const char *port,
                   const char *remote, const char *remote_port);

#endif /* KX_TEST_HOSTILE_H */
