/*
 * database.h: a real Kerberos database of a realm, for tests: made by
 * kdb5_util in a folder of its own, with db2, and removed again.
 */
#ifndef DATABASE_H
#define DATABASE_H

#include <krb5.h>
#include <kdb.h>

struct database {
    char folder[64];
    krb5_context context; /* the database is open in it, for writing */
};

/*
 * Make the database of realm and open it.  settings are further lines for the
 * realm's section of kdc.conf ("" for none).  Points KRB5_CONFIG and
 * KRB5_KDC_PROFILE at it.  Fails the test when it cannot.
 */
void database_open(struct database *database, const char *realm,
                   const char *settings);

/* Point KRB5_CONFIG and KRB5_KDC_PROFILE at it again, after another one. */
void database_use(const struct database *database);

/* Close it and remove all of it. */
void database_close(struct database *database);

/* Run a program of krb5's on it; fails the test unless it succeeds. */
void database_run(const char *const *argv);

/* Run a program and give what it wrote to output, which it fills at most. */
void database_read(const char *const *argv, char *output, size_t size);

#endif /* DATABASE_H */
