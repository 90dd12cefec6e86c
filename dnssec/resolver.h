/*
 * resolver.h: one question to libunbound, one answer from it.  For this
 * folder.
 *
 * lookup.c puts questions together into lookups, answer.c reads what came.
 */
#ifndef KX_DNSSEC_RESOLVER_H
#define KX_DNSSEC_RESOLVER_H

#include <sys/queue.h>
#include <sys/types.h>
#include <unbound.h>
#include "dnssec/kx_dnssec.h"

/*
 * Questions that libunbound works on at a time, given up ones included: those
 * occupy it until it has given up too.
 */
#define KX_MAX_QUESTIONS 1024

/*
 * Of these, those about names of one domain (the last two labels).  Who owns
 * one has as many names there as they like, with name servers that never
 * answer.
 */
#define KX_MAX_QUESTIONS_OF_DOMAIN 256

struct kx_question {
    LIST_ENTRY(kx_question) others; /* among those not answered */
    struct kx_resolver *resolver;
    void (*answered)(void *arg); /* NULL: nobody waits for the answer */
    void *arg;
    krb5_boolean is_answered;
    int error;                /* libunbound's, UB_NOERROR for none */
    struct ub_result *result; /* NULL where error is set */
    int type;                 /* ns_t_srv and so on */
    char name[KX_MAX_DNS_NAME];
};

struct kx_resolver {
    krb5_context context;
    struct event_base *base;
    pid_t owner; /* the process that made it */
    struct ub_ctx *unbound;
    struct event *readable;  /* pending while there are questions */
    krb5_boolean has_thread; /* or is about to */
    krb5_boolean is_broken;  /* libunbound's thread cannot be understood */
    size_t n_questions;
    LIST_HEAD(questions, kx_question) questions;
    LIST_HEAD(, kx_lookup) lookups;
};

/* Try whether n more files (32 at most) can be open in this process: 0, or an
 * errno value, EMFILE or another. */
int kx_files_try(size_t n);

/*
 * Ask for name's records of that type.  answered(arg) is called once, from
 * within libunbound in the event base, unless the question is dropped before;
 * it may not end the question.  Release *out with kx_question_drop().  Errors:
 * KX_ERR_DNS_SETUP, KX_ERR_BUSY, ENOMEM.
 */
krb5_error_code kx_question_ask(struct kx_resolver *resolver, const char *name,
                                int type, void (*answered)(void *arg),
                                void *arg, struct kx_question **out);

/* Release the question; if libunbound still has it, when it comes back. */
void kx_question_drop(struct kx_question *question);

#endif /* KX_DNSSEC_RESOLVER_H */
