/*
 * lock.h: the database's lock, without waiting long for it.
 */
#ifndef KX_PLUGIN_LOCK_H
#define KX_PLUGIN_LOCK_H

#include <kdb.h>
#include "base/kx_base.h"

/*
 * Lock the database open in context for writing; *locked says whether there is
 * something to unlock with krb5_db_unlock(): a module without locks has
 * nothing, which is no error.  Errors, with a message in context: KX_ERR_STORE
 * when somebody else holds the lock, the module's.
 */
krb5_error_code kx_lock_for_writing(krb5_context context,
                                    krb5_boolean *locked);

#endif /* KX_PLUGIN_LOCK_H */
