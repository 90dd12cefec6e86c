/*
 * kx_room.h: room on the disk for the database.
 */
#ifndef KX_ROOM_H
#define KX_ROOM_H

#include "base/kx_base.h"

/* Bytes that have to be left before kxover writes: many times what one entry
 * takes. */
#define KX_ROOM (1024 * 1024)

/*
 * See that the database of context's default realm can grow by KX_ROOM: by
 * what is left on its disk, and by the limit on the size of files of this
 * process.  A database that is not in the file that kdc.conf names
 * (database_name) is never refused.  Errors: KX_ERR_STORE, ENOMEM, the profile
 * library's.
 */
krb5_error_code kx_room_check(krb5_context context);

#endif /* KX_ROOM_H */
