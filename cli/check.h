/*
 * check.h: the two halves of `kxover check`.
 */
#ifndef KX_CLI_CHECK_H
#define KX_CLI_CHECK_H

#include "cli/contact.h"

/* Check our own realm, and tell.  Returns the exit code. */
int check_own(struct contact *contact);

/* Print what is JSON, and why it is not good.  Returns the exit code. */
int check_end(struct contact *contact, krb5_boolean good);

#endif /* KX_CLI_CHECK_H */
