/*
 * remedy.h: what an administrator can do about an error of an exchange.
 */
#ifndef KX_CLI_REMEDY_H
#define KX_CLI_REMEDY_H

#include "base/kx_base.h"

/* Whose realm the step was about. */
enum remedy_side {
    REMEDY_THEIRS, /* another one, with an administrator of its own */
    REMEDY_OURS
};

/* The same for the number of a KRB-ERROR by which another realm refused us. */
const char *remedy_for_refusal(int32_t number);

/* One plain sentence, or NULL where the error's message says it all. */
const char *remedy(krb5_error_code code, enum remedy_side side);

#endif /* KX_CLI_REMEDY_H */
