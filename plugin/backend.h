/*
 * backend.h: the database behind kxover, in a krb5_context of its own.
 *
 * A context holds one database, and the caller's holds us; so the real one
 * lives in a second context, which libkdb5 treats as it treats any other.
 */
#ifndef KX_PLUGIN_BACKEND_H
#define KX_PLUGIN_BACKEND_H

#include <kdb.h>
#include "base/kx_base.h"

/*
 * Read kxover_backend from [dbmodules] section in context's profile into
 * *name_out (allocated, free()).  Errors, with a message in context that names
 * section and key: KX_ERR_SETTING when it is missing, empty, or is kxover
 * itself; ENOMEM; the profile library's.
 */
krb5_error_code kx_backend_name(krb5_context context, const char *section,
                                char **name_out);

/*
 * Make a context in which the module `name` is loaded as the database of
 * realm, not opened yet, with context's profile and clock.  section is the one
 * of [dbmodules] that realm uses.
 *
 * *out is the caller's to release with kx_backend_close().  Errors, with a
 * message in context: those of loading a module, which then names the setting;
 * ENOMEM.
 */
krb5_error_code kx_backend_make(krb5_context context, const char *section,
                                const char *realm, const char *name,
                                krb5_context *out);

/*
 * True if the loaded module `name` renames principals by a method of its own,
 * so that libkdb5's reading, storing and deleting would not do for it.
 */
krb5_boolean kx_backend_renames(const char *name);

/*
 * Close the database of backend, which may be NULL, and release the context.
 * Errors: the database's, with its message in context; backend is then as it
 * was.
 */
krb5_error_code kx_backend_close(krb5_context context, krb5_context backend);

#endif /* KX_PLUGIN_BACKEND_H */
