/*
 * crossover_words.c: what is known of a crossover, in words.
 *
 * The names are the same for people and for programs, and stay: programs
 * compare them.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "cli/crossovers.h"
#include "cli/json.h"

const char *
crossover_direction_name(enum kx_direction direction)
{
    return direction == KX_OUTGOING ? "outgoing" : "incoming";
}

const char *
crossover_keys_name(enum crossover_keys keys)
{
    static const char *const names[] = {[KEYS_KXOVER] = "kxover",
                                        [KEYS_BY_HAND] = "by hand",
                                        [KEYS_DAMAGED] = "marks damaged",
                                        [KEYS_NONE] = "none"};

    return names[keys];
}

const char *
version_source_name(enum version_source source)
{
    static const char *const names[] = {[VERSION_KXOVER] = "kxover",
                                        [VERSION_BY_HAND] = "by hand",
                                        [VERSION_TAKEN_OVER] = "taken over",
                                        [VERSION_UNMARKED] = "no mark"};

    return names[source];
}

const char *
version_state_name(enum version_state state)
{
    static const char *const names[] = {
        [VERSION_IN_USE] = "in use",     [VERSION_NEXT] = "next",
        [VERSION_REPLACED] = "replaced", [VERSION_ACCEPTED] = "accepted",
        [VERSION_EXPIRED] = "expired",   [VERSION_NOT_USED] = "not used"};

    return names[state];
}

/* Write the name of etype into name. */
static void
etype_name(krb5_enctype etype, char name[64])
{
    if (krb5_enctype_to_name(etype, TRUE, name, 64) != 0)
        (void)snprintf(name, 64, "%d", (int)etype);
}

const char *
version_etypes(const struct crossover_version *version, const char *separator,
               char text[ETYPES_TEXT_SIZE])
{
    size_t i, length = 0;
    char name[64];

    text[0] = '\0';
    for (i = 0; i < version->n_etypes && length < ETYPES_TEXT_SIZE; i++) {
        etype_name(version->etypes[i], name);
        length += (size_t)snprintf(text + length, ETYPES_TEXT_SIZE - length,
                                   "%s%s", i > 0 ? separator : "", name);
    }
    return text;
}

/* A version for programs. */
static json_t *
version_json(const struct crossover_version *version)
{
    const struct kx_origin *origin = &version->origin;
    krb5_boolean ours = version->source == VERSION_KXOVER;
    json_t *etypes = json_array();
    char name[64];
    size_t i;

    for (i = 0; i < version->n_etypes; i++) {
        etype_name(version->etypes[i], name);
        (void)json_array_append_new(etypes, json_text(name));
    }
    return json_pack(
        "{s: i, s: s, s: s, s: o, s: o, s: o, s: o, s: o, s: o, s: o, s: o, "
        "s: o, s: o}",
        "kvno", (int)version->kvno, "source",
        version_source_name(version->source), "state",
        version_state_name(version->state), "established",
        json_time(version->established), "till", json_time(version->till),
        "encryption_types", etypes, "peer_host", json_text(origin->host),
        "peer_port", ours ? json_integer(origin->port) : json_null(),
        "certificate", json_text(origin->certificate), "tlsa",
        json_text(origin->tlsa), "group", json_text(origin->group),
        "prior_keys", ours ? json_integer(origin->prior) : json_null(),
        "chain", ours ? json_integer(origin->chain) : json_null());
}

json_t *
crossover_json(const struct crossover *crossover)
{
    json_t *versions = json_array();
    size_t i;

    for (i = 0; i < crossover->n_versions; i++)
        (void)json_array_append_new(versions,
                                    version_json(&crossover->versions[i]));
    return json_pack(
        "{s: o, s: s, s: o, s: s, s: o, s: b, s: o, s: o, s: b, s: b, s: o, "
        "s: o, s: o}",
        "realm", json_text(crossover->realm), "direction",
        crossover_direction_name(crossover->direction), "principal",
        json_text(crossover->principal), "keys",
        crossover_keys_name(crossover->keys), "damage",
        json_text(crossover->damage), "blocked", crossover->blocked != 0,
        "blocked_by",
        json_text(!crossover->blocked      ? NULL
                  : crossover->block.given ? "kxover"
                                           : "kadmin"),
        "blocked_at", json_time(crossover->blocked ? crossover->block.at : 0),
        "refused", crossover->refused != 0, "kept", crossover->kept != 0,
        "kept_by",
        json_text(!crossover->kept        ? NULL
                  : crossover->keep.given ? "kxover"
                                          : "kxover_keep"),
        "used", json_time(crossover->used), "versions", versions);
}
