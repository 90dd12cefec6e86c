/*
 * entries.h: a crossover's entry in a real database, for the tests of it.
 */
#ifndef TESTS_ENTRIES_H
#define TESTS_ENTRIES_H

#include "tests/unit/crossover_sample.h"
#include "tests/unit/database.h"

#define NAME "krbtgt/" REMOTE "@" LOCAL
#define NOW SAMPLE_TIME

/* Made by entries_begin(); context is database's. */
extern struct database database;
extern krb5_context context;

/* A test that begins and ends without the entry. */
#define ENTRY_TEST(name) cmocka_unit_test_setup_teardown(name, forget, forget)

/* For cmocka_run_group_tests(): a database, without the entry. */
int entries_begin(void **state);
int entries_end(void **state);

/* Delete the crossover's entry from the database, if it is there. */
int forget(void **state);

/* The crossover's entry in the database. */
krb5_db_entry *fetch(void);

/* Try to add a version to old; what comes of it, and the entry made. */
krb5_error_code adding(krb5_db_entry *old, uint32_t kvno, time_t established,
                       time_t till, time_t now, krb5_db_entry **out);

/* Put entry into the database and release it. */
void store(krb5_db_entry *entry);

/* Make the crossover's entry in the database, with one version. */
void store_new(uint32_t kvno, time_t established, time_t till);

/* Add a version to the entry in the database. */
void store_added(uint32_t kvno, time_t established, time_t till, time_t now);

/* Make the crossover's principal by hand, as administrators do. */
void store_by_hand(void);

/* Set, or delete with a NULL value, a string attribute in the database. */
void store_string(const char *name, const char *value);

/* Key data n of entry is version kvno as sample_crossover() made it. */
void assert_key(krb5_db_entry *entry, int n, uint32_t kvno,
                krb5_enctype etype);

/* Entry has exactly these versions, each with its two keys in their order. */
void assert_versions(krb5_db_entry *entry, int n, const uint32_t *kvnos);

/* The string attribute of entry is there, or is not. */
void assert_string(krb5_db_entry *entry, const char *name, krb5_boolean there);

/* What the message of an error of kxover's says has text in it. */
void assert_message(krb5_error_code code, const char *text);

#endif /* TESTS_ENTRIES_H */
