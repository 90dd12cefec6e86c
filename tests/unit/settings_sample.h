/*
 * settings_sample.h: files with settings, read, for tests.
 */
#ifndef KX_TEST_SETTINGS_SAMPLE_H
#define KX_TEST_SETTINGS_SAMPLE_H

#include "exchange/kx_settings.h"

#define REALM "ALPHA.EXAMPLE"

/* Strings, with the NULL that ends them. */
#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* For cmocka_run_group_tests(): where the files are, and their end. */
int make_folder(void **state);
int remove_folder(void **state);

/* A context whose profile is a file with this text. */
krb5_context context_of(const char *text);

/* A context with these lines in the realm's section. */
krb5_context context_with(const char *lines);

/* The settings by these lines in the realm's section. */
struct kx_settings *settings_with(const char *lines);

/* These lines are refused, with a message that has all of words in it. */
void assert_refused(const char *lines, const char *const *words);

/* Each of values, which a NULL ends, is refused for key. */
void assert_each_refused(const char *key, const char *const *values);

/* What endpoint says, as text; until the next call. */
const char *endpoint_text(const struct kx_endpoint *endpoint);

#endif /* KX_TEST_SETTINGS_SAMPLE_H */
