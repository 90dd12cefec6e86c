/*
 * step.h: which step of an exchange an error belongs to.
 */
#ifndef KX_STEP_H
#define KX_STEP_H

#include "base/kx_base.h"

/* The step in words for log lines ("check 3, signature"); never NULL. */
const char *kx_error_step(krb5_error_code code);

/* The same in one word that does not change ("signature"); never NULL. */
const char *kx_error_step_word(krb5_error_code code);

#endif /* KX_STEP_H */
