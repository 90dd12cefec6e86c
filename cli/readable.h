/*
 * readable.h: can krb5kdc read what we can?
 */
#ifndef KX_CLI_READABLE_H
#define KX_CLI_READABLE_H

#include "base/kx_base.h"

/*
 * True if a root without the power to read what is not its own can read the
 * file at path, a full one: such is krb5kdc's, where a unit of systemd's has
 * taken capabilities from it, as Debian's has.  Who is not root himself reads
 * by the same rules, so then it is always true; and so it is for what is not
 * there.
 */
krb5_boolean readable_by_kdc(const char *path);

#endif /* KX_CLI_READABLE_H */
