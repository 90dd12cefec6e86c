/*
 * crossovers.h: the crossovers in a database, read for people and programs.
 */
#ifndef KX_CLI_CROSSOVERS_H
#define KX_CLI_CROSSOVERS_H

#include <time.h>
#include <jansson.h>
#include "exchange/kx_settings.h"
#include "exchange/orders.h"

/* Whose an entry's keys are. */
enum crossover_keys {
    KEYS_KXOVER,  /* kxover's, perhaps besides taken over ones */
    KEYS_BY_HAND, /* the administrator's */
    KEYS_DAMAGED, /* the same, as its marks cannot be read or do not fit */
    KEYS_NONE
};

/* Where a version comes from. */
enum version_source {
    VERSION_KXOVER,
    VERSION_BY_HAND,
    VERSION_TAKEN_OVER, /* keyed by hand, in an entry that is kxover's now */
    VERSION_UNMARKED    /* neither: its mark was taken away */
};

/* What a KDC does with a version now. */
enum version_state {
    VERSION_IN_USE,   /* outgoing: tickets are issued under it */
    VERSION_NEXT,     /* outgoing: it is new, and is issued with soon */
    VERSION_REPLACED, /* outgoing: a newer one is issued with */
    VERSION_ACCEPTED, /* incoming: tickets under it are */
    VERSION_EXPIRED,
    VERSION_NOT_USED /* it has lost its mark */
};

struct crossover_version {
    unsigned int kvno;
    enum version_source source;
    enum version_state state;
    time_t established;      /* 0: not known */
    time_t till;             /* 0: never */
    struct kx_origin origin; /* of one that is kxover's; else zero */
    krb5_enctype *etypes;
    size_t n_etypes;
};

struct crossover {
    enum kx_direction direction;
    char *realm;     /* other than printable ASCII is '?' */
    char *principal; /* the same */
    enum crossover_keys keys;
    char *damage; /* what is wrong with the marks, or NULL */
    krb5_boolean blocked;
    struct kx_order block; /* what kxover block did */
    krb5_boolean refused;  /* kxover made it, and kxover_realms refuses it */
    krb5_boolean kept;     /* by an order or by kxover_keep */
    struct kx_order keep;
    time_t used; /* outgoing: when its use was noted last; 0: never */
    struct crossover_version *versions; /* newest first */
    size_t n_versions;
};

/* Called with a crossover, which is the caller's to release.  An error of its
 * own ends the reading. */
typedef krb5_error_code crossover_fn(void *arg, struct crossover *crossover);

/*
 * Call function for each crossover of realm in context's open database, in the
 * order of the database; now tells which keys have expired; settings, which
 * may be NULL, which realms are kept.  The database may be locked meanwhile,
 * so function must not wait for anybody.  Errors: libkdb5's, ENOMEM,
 * function's.
 */
krb5_error_code crossovers_read(krb5_context context, const char *realm,
                                const struct kx_settings *settings, time_t now,
                                crossover_fn *function, void *arg);

/*
 * Read the crossover between realm and remote in direction into *out, NULL if
 * there is none.  Errors: libkdb5's, ENOMEM.
 */
krb5_error_code crossover_find(krb5_context context, const char *realm,
                               const char *remote, enum kx_direction direction,
                               const struct kx_settings *settings, time_t now,
                               struct crossover **out);

void crossover_free(struct crossover *crossover);

/* Names, stable ones for programs. */
const char *crossover_direction_name(enum kx_direction direction);
const char *crossover_keys_name(enum crossover_keys keys);
const char *version_source_name(enum version_source source);
const char *version_state_name(enum version_state state);

/* Write the version's encryption types, with separator between them, into
 * text. */
#define ETYPES_TEXT_SIZE 512
const char *version_etypes(const struct crossover_version *version,
                           const char *separator, char text[ETYPES_TEXT_SIZE]);

/* The crossover for programs, as docs/tool.md has it; NULL without memory. */
json_t *crossover_json(const struct crossover *crossover);

#endif /* KX_CLI_CROSSOVERS_H */
