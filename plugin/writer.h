/*
 * writer.h: what a KDC process writes into its database.
 */
#ifndef KX_PLUGIN_WRITER_H
#define KX_PLUGIN_WRITER_H

#include <time.h>
#include "exchange/kx_crossover.h"

/* When to leave the database alone; all zero at first. */
struct kx_writer {
    time_t pause;       /* write nothing until then, on the monotonic clock */
    time_t pause_notes; /* nor any note of use */
};

/*
 * Write crossover into context's open database, beside the versions that are
 * there; with note_use also that it is used now.  One that is there already,
 * the very same, is no error.  Errors: those of kx_entry_add(), which say
 * nothing about other entries (kx_write_is_refused()); KX_ERR_STORE and the
 * database's, after which the database is left alone for a while.
 */
krb5_error_code kx_write_crossover(struct kx_writer *writer,
                                   krb5_context context,
                                   const struct kx_crossover *crossover,
                                   krb5_boolean note_use);

/* True if code is what its own entry says to a crossover. */
krb5_boolean kx_write_is_refused(krb5_error_code code);

/*
 * Note in the entry of crossover name that it is used, if that is news.  What
 * cannot be written is not: nothing depends on it.
 */
void kx_write_use(struct kx_writer *writer, krb5_context context,
                  krb5_const_principal name);

#endif /* KX_PLUGIN_WRITER_H */
