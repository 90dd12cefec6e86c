/*
 * fuzz_settings.c: the settings in kdc.conf.
 *
 * An input is lines of a realm's [dbmodules] section.  Settings that are taken
 * are within their bounds; those that are not have a message.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "config.h"
#include <string.h>
#include <unistd.h>
#include <profile.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include "exchange/kx_identity.h"
#include "exchange/kx_settings.h"
#include "tests/fuzz/fuzz.h"

#define REALM "ALPHA.EXAMPLE"

/* Each line gets a tab before it: at the beginning of a line, "include" reads
 * other files. */
static FILE *
write_profile(int fd, const uint8_t *data, size_t size)
{
    FILE *file = fdopen(fd, "w");
    size_t i;

    FUZZ_MUST(file != NULL);
    FUZZ_MUST(fputs("[dbmodules]\n" REALM " = {\n\t", file) >= 0);
    for (i = 0; i < size; i++) {
        FUZZ_MUST(fputc(data[i] != '\0' ? data[i] : ' ', file) != EOF);
        if (data[i] == '\n' || data[i] == '\r')
            FUZZ_MUST(fputc('\t', file) != EOF);
    }
    FUZZ_MUST(fputs("\n}\n", file) >= 0 && fflush(file) == 0);
    return file;
}

/* A context whose profile has these lines; NULL if libkrb5 cannot read them.
 * *file is to be closed after it is released: profiles are read again. */
static krb5_context
make_context(const uint8_t *data, size_t size, FILE **file)
{
    int fd = memfd_create("kdc.conf", 0);
    krb5_context context = NULL;
    profile_t profile;
    char path[64];

    FUZZ_MUST(fd >= 0);
    *file = write_profile(fd, data, size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (profile_init_path(path, &profile) == 0) {
        if (krb5_init_context_profile(profile, 0, &context) != 0)
            context = NULL;
        profile_release(profile);
    }
    return context;
}

/* Ask what there is to ask of settings. */
static void
ask(const struct kx_settings *settings)
{
    static const char realm[] = "BRAVO.EXAMPLE", host[] = "EXAMPLE";
    const krb5_data realms[] = {kx_data(realm, sizeof(realm) - 1),
                                kx_data(host, sizeof(host) - 1),
                                kx_data("", 0)};
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct sockaddr_in6 address6 = {.sin6_family = AF_INET6};
    char text[KX_ADDRESS_TEXT_SIZE];
    size_t i;

    for (i = 0; i < 3; i++) {
        (void)kx_settings_realm_permitted(settings, KX_OUTGOING, &realms[i]);
        (void)kx_settings_realm_permitted(settings, KX_INCOMING, &realms[i]);
        (void)kx_settings_adopts(settings, KX_INCOMING, &realms[i]);
    }
    address.sin_addr.s_addr = htonl(0x7f000001);
    (void)kx_address_permitted(settings, (struct sockaddr *)&address);
    address6.sin6_addr.s6_addr[0] = 0x20;
    (void)kx_address_permitted(settings, (struct sockaddr *)&address6);
    for (i = 0; i < settings->n_listen; i++)
        (void)kx_address_text(
            (const struct sockaddr *)&settings->listen[i].address, text);
}

/* All is within what docs/configuration.md says. */
static void
check(const struct kx_settings *settings)
{
    enum kx_identity_kind kind;
    char *certificate, *key;
    size_t i;

    FUZZ_MUST(settings->lifetime_min >= 10);
    FUZZ_MUST(settings->lifetime >= settings->lifetime_min);
    FUZZ_MUST(settings->lifetime <= 31 * KX_DAY);
    FUZZ_MUST(settings->wait >= 0 && settings->wait <= 30);
    FUZZ_MUST(settings->stall >= 0 && settings->stall <= 100);
    FUZZ_MUST(settings->max_peers >= 1 && settings->max_peers <= KX_MAX_PEERS);
    FUZZ_MUST(settings->max_connections >= KX_MIN_CONNECTIONS);
    FUZZ_MUST(settings->max_connections <= KX_MAX_CONNECTIONS);
    FUZZ_MUST(settings->keep <= KX_MAX_KEEP);
    FUZZ_MUST(settings->n_listen >= 1 && settings->n_kdc <= 1);
    FUZZ_MUST(settings->version_share >= 1);
    FUZZ_MUST(settings->version_share <= settings->version_shares);
    FUZZ_MUST(settings->version_shares <= 16);
    FUZZ_MUST(settings->n_etypes >= 1);
    for (i = 0; i < settings->n_allow_address; i++)
        FUZZ_MUST(settings->allow_address[i].prefix <=
                  (settings->allow_address[i].family == AF_INET ? 32 : 128));
    for (i = 0;
         settings->identities != NULL && settings->identities[i] != NULL;
         i++) {
        FUZZ_MUST(i < KX_MAX_IDENTITIES);
        FUZZ_MUST(kx_identity_split(settings->identities[i], &kind,
                                    &certificate, &key) == 0);
        free(certificate);
        free(key);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *file;
    krb5_context context = make_context(data, size, &file);
    struct kx_settings *settings;
    krb5_error_code ret;
    const char *words;

    if (context == NULL) {
        (void)fclose(file);
        return 0;
    }
    ret = kx_settings_read(context, REALM, NULL, &settings);
    if (ret == 0) {
        check(settings);
        ask(settings);
        kx_settings_free(settings);
    } else {
        words = krb5_get_error_message(context, ret);
        FUZZ_MUST(words != NULL && words[0] != '\0');
        krb5_free_error_message(context, words);
    }
    krb5_free_context(context);
    (void)fclose(file);
    return 0;
}
