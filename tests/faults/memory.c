/*
 * memory.c: memory that runs out when a test says so.
 */
#include "config.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gmp.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <kdb.h>
#include <libtasn1.h>
#include <profile.h>
#include "tests/faults/memory.h"

/* With valgrind, at the most so many of an amount of work's allocations. */
#define SOME 12

/* What comes before the sanitizers' own must not be looked at by them: they
 * are not there yet when it is first called. */
#define UNSEEN __attribute__((no_sanitize("address", "undefined", "thread")))

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

/* What the dynamic linker takes while it looks for those; never given back. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;

static unsigned long count;   /* allocations since memory began to fail */
static unsigned long failing; /* which of them fails; 0 for none */
static unsigned long wanted;  /* the same, when memory is to fail again */
static krb5_boolean for_good; /* and all after it */
static krb5_boolean sparing;  /* not now */

/* Where the code of those is that are spared: of libraries, and of functions.
 */
struct place {
    const char *name;
    uintptr_t begin, end;
};
static struct place libtasn1 = {.name = "/libtasn1.so"};
static struct place libgnutls = {.name = "/libgnutls.so"};
static struct place db2 = {.name = "/db2.so"};
static struct place libunbound = {.name = "/libunbound.so"};
static struct place spared[] = {{.name = "gnutls_x509_dn_init"}};
#define N_SPARED (sizeof(spared) / sizeof(spared[0]))

#define MAX_SECRETS 32
static krb5_data secrets[MAX_SECRETS];
static size_t n_secrets;

/* ---- in the place of libc's ---- */

/* Find the functions that come next. */
UNSEEN static void
find_real(void)
{
    static krb5_boolean looking;

    if (looking)
        return;
    looking = TRUE;
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&real_free = dlsym(RTLD_NEXT, "free");
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    looking = FALSE;
}

/* Memory for the dynamic linker; zeroes. */
UNSEEN static void *
take_early(size_t size)
{
    char *p = &early[early_used];

    if (size > sizeof(early) - early_used)
        _exit(99);
    early_used += (size + 15) / 16 * 16;
    return p;
}

/* True if address is there. */
UNSEEN static krb5_boolean
is_in(const struct place *place, const void *address)
{
    return (uintptr_t)address >= place->begin &&
           (uintptr_t)address < place->end;
}

/* True if the allocation that caller makes now is to fail. */
UNSEEN static krb5_boolean
fails(const void *caller)
{
    size_t i;

    if (failing == 0 || sparing || is_in(&libunbound, caller) ||
        is_in(&db2, caller))
        return FALSE;
    for (i = 0; i < N_SPARED; i++) {
        if (is_in(&spared[i], caller))
            return FALSE;
    }
    count++;
    if (count != failing && (!for_good || count < failing))
        return FALSE;
    errno = ENOMEM;
    return TRUE;
}

UNSEEN void *
malloc(size_t size)
{
    if (real_malloc == NULL)
        find_real();
    if (real_malloc == NULL)
        return take_early(size);
    if (fails(__builtin_return_address(0)))
        return NULL;
    return real_malloc(size);
}

UNSEEN void *
calloc(size_t n, size_t size)
{
    if (real_malloc == NULL)
        find_real();
    if (real_malloc == NULL)
        return take_early(n * size);
    if (!is_in(&libtasn1, __builtin_return_address(0)) &&
        fails(__builtin_return_address(0)))
        return NULL;
    return real_calloc(n, size);
}

UNSEEN void *
realloc(void *old, size_t size)
{
    if (real_malloc == NULL)
        find_real();
    if (fails(__builtin_return_address(0)))
        return NULL;
    return real_realloc(old, size);
}

/* End the program if a secret is in the memory at p. */
UNSEEN static void
look_for_secrets(void *p)
{
    static const char words[] = "a secret was released and not wiped\n";
    const size_t size = malloc_usable_size(p);
    size_t i;

    for (i = 0; i < n_secrets; i++) {
        if (memmem(p, size, secrets[i].data, secrets[i].length) != NULL) {
            (void)!write(2, words, sizeof(words) - 1);
            abort();
        }
    }
}

UNSEEN void
free(void *p)
{
    if ((char *)p >= early && (char *)p < early + sizeof(early))
        return;
    if (real_free == NULL)
        find_real();
    if (p != NULL && n_secrets > 0)
        look_for_secrets(p);
    real_free(p);
}

/* ---- what a test says ---- */

/* True if valgrind runs us: it puts libraries of its own before ours. */
static krb5_boolean
under_valgrind(void)
{
    const char *first = getenv("LD_PRELOAD");

    return first != NULL && strstr(first, "vgpreload") != NULL;
}

void
memory_restore(void)
{
    failing = 0;
}

void
memory_begin(void)
{
    count = 0;
    failing = wanted;
}

void
memory_keep_secret(const void *secret, size_t length)
{
    if (under_valgrind())
        return;
    if (n_secrets == MAX_SECRETS)
        abort();
    secrets[n_secrets++] = kx_data(secret, length);
}

/* For dl_iterate_phdr(): note where a library is. */
static int
note_place(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct place *place = arg;
    const ElfW(Phdr) * part;
    int i;

    (void)size;
    if (strstr(object->dlpi_name, place->name) == NULL)
        return 0;
    for (i = 0; i < object->dlpi_phnum; i++) {
        part = &object->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            place->begin = object->dlpi_addr + part->p_vaddr;
            place->end = place->begin + part->p_memsz;
        }
    }
    return 1;
}

/* What GMP takes memory with: GnuTLS sees to that. */
static void *(*gmp_alloc)(size_t);
static void *(*gmp_realloc)(void *, size_t, size_t);
static void (*gmp_free)(void *, size_t);

/* And now GMP's memory is spared. */
static void *
spare_alloc(size_t size)
{
    void *p;

    sparing = TRUE;
    p = gmp_alloc(size);
    sparing = FALSE;
    return p;
}

/* The same for realloc(). */
static void *
spare_realloc(void *old, size_t old_size, size_t size)
{
    void *p;

    sparing = TRUE;
    p = gmp_realloc(old, old_size, size);
    sparing = FALSE;
    return p;
}

__typeof__(profile_get_values) __real_profile_get_values,
    __wrap_profile_get_values;
__typeof__(krb5_dbe_get_strings) __real_krb5_dbe_get_strings,
    __wrap_krb5_dbe_get_strings;

__typeof__(gnutls_hash_init) __real_gnutls_hash_init, __wrap_gnutls_hash_init;
__typeof__(gnutls_privkey_import_x509_raw)
    __real_gnutls_privkey_import_x509_raw,
    __wrap_gnutls_privkey_import_x509_raw;
__typeof__(gnutls_x509_privkey_export2_pkcs8)
    __real_gnutls_x509_privkey_export2_pkcs8,
    __wrap_gnutls_x509_privkey_export2_pkcs8;

/* And these functions'. */
int
__wrap_gnutls_x509_privkey_export2_pkcs8(gnutls_x509_privkey_t key,
                                         gnutls_x509_crt_fmt_t format,
                                         const char *password,
                                         unsigned int flags,
                                         gnutls_datum_t *out)
{
    int ret;

    sparing = TRUE;
    ret = __real_gnutls_x509_privkey_export2_pkcs8(key, format, password,
                                                   flags, out);
    sparing = FALSE;
    return ret;
}

/* In the place of libtasn1's, for all who call it. */
int
asn1_create_element(asn1_node_const definitions, const char *name,
                    asn1_node *element)
{
    static __typeof__(asn1_create_element) *real;
    const krb5_boolean was = sparing;
    int ret;

    sparing = sparing || is_in(&libgnutls, __builtin_return_address(0));
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "asn1_create_element");
    ret = real(definitions, name, element);
    sparing = was;
    return ret;
}

int
__wrap_gnutls_hash_init(gnutls_hash_hd_t *hash,
                        gnutls_digest_algorithm_t algorithm)
{
    int ret;

    sparing = TRUE;
    ret = __real_gnutls_hash_init(hash, algorithm);
    sparing = FALSE;
    return ret;
}

int
__wrap_gnutls_privkey_import_x509_raw(gnutls_privkey_t key,
                                      const gnutls_datum_t *bytes,
                                      gnutls_x509_crt_fmt_t format,
                                      const char *password, unsigned int flags)
{
    int ret;

    sparing = TRUE;
    ret = __real_gnutls_privkey_import_x509_raw(key, bytes, format, password,
                                                flags);
    sparing = FALSE;
    return ret;
}

long
__wrap_profile_get_values(profile_t profile, const char *const *names,
                          char ***values)
{
    long ret;

    sparing = TRUE;
    ret = __real_profile_get_values(profile, names, values);
    sparing = FALSE;
    return ret;
}

krb5_error_code
__wrap_krb5_dbe_get_strings(krb5_context context, krb5_db_entry *entry,
                            krb5_string_attr **strings, int *n)
{
    krb5_error_code ret;

    sparing = TRUE;
    ret = __real_krb5_dbe_get_strings(context, entry, strings, n);
    sparing = FALSE;
    return ret;
}

/* Spare GMP, and note where the others are that are spared. */
static void
spare(void)
{
    void *function, *symbol;
    Dl_info about;
    size_t i;

    if (gmp_alloc == NULL) {
        mp_get_memory_functions(&gmp_alloc, &gmp_realloc, &gmp_free);
        mp_set_memory_functions(spare_alloc, spare_realloc, gmp_free);
    }
    /* Not all are in every program. */
    (void)dl_iterate_phdr(note_place, &libtasn1);
    (void)dl_iterate_phdr(note_place, &libgnutls);
    (void)dl_iterate_phdr(note_place, &libunbound);
    (void)dl_iterate_phdr(note_place, &db2);
    for (i = 0; i < N_SPARED; i++) {
        function = dlsym(RTLD_DEFAULT, spared[i].name);
        if (function == NULL ||
            dladdr1(function, &about, &symbol, RTLD_DL_SYMENT) == 0)
            continue;
        spared[i].begin = (uintptr_t)about.dli_saddr;
        spared[i].end = spared[i].begin + ((const ElfW(Sym) *)symbol)->st_size;
    }
}

/* Do the work with allocation n failing, and with good all after it.  True if
 * it came to that. */
static krb5_boolean
fail_one(krb5_context context, const char *name, memory_work_fn *work,
         void *arg, unsigned long n, krb5_boolean good)
{
    krb5_error_code code;
    const char *words;
    krb5_boolean said;

    if (getenv("KX_FAULTS_TELL") != NULL)
        fprintf(stderr, "%s: allocation %lu%s fails\n", name, n,
                good ? " and all after it" : "");
    for_good = good;
    wanted = n;
    memory_begin();
    code = work(context, arg);
    memory_restore();
    if (code == 0)
        return count >= n;
    words = krb5_get_error_message(context, code);
    said = words[0] != '\0' && strstr(words, "Unknown code") == NULL;
    if (getenv("KX_FAULTS_TELL") != NULL)
        fprintf(stderr, "%s: %d %s\n", name, (int)code, words);
    if (!said || count < n) {
        fprintf(stderr, "%s: allocation %lu%s failed: error %d, \"%s\"%s\n",
                name, n, good ? " and all after it" : "", (int)code, words,
                said ? ", without it" : "");
        abort();
    }
    krb5_free_error_message(context, words);
    krb5_clear_error_message(context);
    return TRUE;
}

void
memory_each(krb5_context context, const char *name, memory_work_fn *work,
            void *arg)
{
    unsigned long n, all, step;
    int good;

    spare();
    for (good = 0; good <= 1; good++) {
        step = 1;
        if (under_valgrind()) {
            (void)fail_one(context, name, work, arg, ~0UL, FALSE);
            step += count / SOME;
        }
        all = 0;
        for (n = 1; fail_one(context, name, work, arg, n, good); n += step)
            all++;
    }
    printf("%s: %lu allocations\n", name, all);
}
