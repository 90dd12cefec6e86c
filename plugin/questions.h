/*
 * questions.h: what a KDC asks DNS about hosts.
 *
 * They live between lookups, as exchanges do (exchanges.h), and move with the
 * same event base.
 */
#ifndef KX_PLUGIN_QUESTIONS_H
#define KX_PLUGIN_QUESTIONS_H

#include "dnssec/kx_dnssec.h"

struct kx_questions;

/* One question: of which realm is a host? */
struct kx_question {
    krb5_boolean ended;
    krb5_error_code code;        /* then; its message was in the context */
    char realm[KX_MAX_DNS_NAME]; /* then, with code 0 */
};

/* Make an empty list of questions.  Errors: ENOMEM. */
krb5_error_code kx_questions_new(krb5_context context,
                                 struct kx_questions **out);

/* Release it and all questions.  May be NULL. */
void kx_questions_free(struct kx_questions *questions);

/*
 * Drop all questions.  In a forked child, whose parent has asked them,
 * (is_parents) they are forgotten, and the parent's resolver is left alone.
 */
void kx_questions_drop(struct kx_questions *questions,
                       krb5_boolean is_parents);

/*
 * Give the question about host (a name in small letters) in *out, asked of
 * resolver now if it is not under way; valid until the next call of a function
 * of this file.  When too many are under way, the oldest gives way.  Errors:
 * those of kx_lookup_text().
 */
krb5_error_code kx_questions_ask(struct kx_questions *questions,
                                 struct kx_resolver *resolver,
                                 const char *host,
                                 const struct kx_question **out);

/* Its answer was heard: forget the question. */
void kx_questions_done(struct kx_questions *questions,
                       const struct kx_question *question);

#endif /* KX_PLUGIN_QUESTIONS_H */
