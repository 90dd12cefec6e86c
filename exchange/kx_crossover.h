/*
 * kx_crossover.h: a crossover key, what is known of it, and its entry in the
 * database.
 *
 * A crossover is the principal krbtgt/SERVICE.REALM@CLIENT.REALM with one or
 * several key versions.  What kxover made it marks with one string attribute
 * per key version (`kadmin getstrs` shows them):
 *
 *   kxover_kvno_7: established=2026-11-22T15:51:00Z till=2026-12-06T15:51:00Z
 *     peer=kdc.bravo.example:88 certificate=sha256:... tlsa=3-1-1-0a1b...
 *     group=X25519 prior=0 chain=1
 *
 * The fields may stand in any order, with single blanks between them; a mark
 * of an earlier kxover lacks chain, which is then 1.
 *
 * An entry is the administrator's, never touched and always served as it is,
 * if it has keys and no mark; or if a mark cannot be read or is of a version
 * that is not there; or if its latest version has no mark, since then somebody
 * keyed it by hand after us.  One without keys and without marks is what an
 * interrupted attempt may leave, and is completed.  With kxover_adopt, one
 * that has keys and no mark is taken over when a version is added: each
 * version keyed by hand then has an attribute that says till when it is
 * accepted (kxover_adopted_1: till=2026-11-24T15:51:00Z).  Limits that the
 * administrator has set on a marked entry (attributes, an earlier expiration,
 * shorter ticket lives) stay when a version is added.
 */
#ifndef KX_CROSSOVER_H
#define KX_CROSSOVER_H

#include <time.h>
#include <kdb.h>
#include "base/kx_base.h"

/* What the names of kxover's string attributes begin with, and the names of
 * those that mark a key version. */
#define KX_ATTRIBUTE_PREFIX "kxover_"
#define KX_MARK_PREFIX KX_ATTRIBUTE_PREFIX "kvno_"

#define KX_MAX_KVNO 65535 /* 16 bits in db2 and in krb5_key_data */

/* Version numbers this close to an end of the range tell that numbering has
 * begun again, if they are at both.  All versions of an entry are closer to
 * each other, though each kxoverd of a realm gives its share of the numbers
 * only. */
#define KX_KVNO_MARGIN 2048

/* The longest life of a ticket that is still honoured after its key version is
 * no longer issued with: versions expired longer ago than this may go. */
#define KX_RECENT (2 * 24 * 60 * 60)

/* Marked versions that an entry holds at the most.  An entry has to stay small
 * whatever a peer asks for: all string attributes together have 64 KiB of
 * room, of which a mark takes 300 bytes and 600 at the worst, and each lookup
 * reads them. */
#define KX_MAX_VERSIONS 64

/* A KDC reads its clock again after a lookup, so this many seconds are taken
 * off what a key has left before tickets are given that life. */
#define KX_ISSUE_MARGIN 2

/* Seconds, or the part of its life if that is less, for which a version is not
 * issued with while there is an older one: in that time it comes to all KDCs
 * of the peer. */
#define KX_SETTLING (5 * 60)
#define KX_SETTLING_PART 20

/* With whom and how a key version was agreed. */
struct kx_origin {
    char *host; /* the SRV target */
    uint16_t port;
    char *certificate;  /* "sha256:" and the digest in hexadecimal */
    char *tlsa;         /* the record that matched: kx_tlsa_text() with "-"
                         * for blanks */
    char *group;        /* kx_group_name() */
    unsigned int prior; /* how many prior keys were mixed in */
    unsigned int chain; /* of how many exchanges in a row it is the last, each
                         * of which mixed in a key of the one before; 1 for the
                         * first */
};

/* One key version with its keys: the result of an exchange. */
struct kx_crossover {
    krb5_principal name; /* krbtgt/SERVICE.REALM@CLIENT.REALM */
    uint32_t kvno;
    time_t established;
    time_t till;
    krb5_keyblock *keys; /* in the request's order of preference; secret */
    size_t n_keys;
    krb5_boolean adopt; /* versions keyed by hand may be taken over */
    struct kx_origin origin;
};

/* Release what origin holds and make it empty. */
void kx_origin_clear(struct kx_origin *origin);

/* Release crossover, wiping its keys. */
void kx_crossover_free(krb5_context context, struct kx_crossover *crossover);

/* Copy from in *out (kx_crossover_free()).  Errors: ENOMEM. */
krb5_error_code kx_crossover_copy(krb5_context context,
                                  const struct kx_crossover *from,
                                  struct kx_crossover **out);

/* A key that a crossover had before an exchange. */
struct kx_earlier_key {
    uint32_t kvno;
    unsigned int chain; /* of its version; that of one set by hand is 1 */
    krb5_keyblock key;  /* secret */
};

/* Keys of earlier versions, the newest version's first. */
struct kx_earlier {
    struct kx_earlier_key *keys;
    size_t n;
};

/*
 * Where an exchange finds the keys that its crossover had before.  get() gives
 * those of crossover name in *earlier (kx_earlier_clear()); versions keyed by
 * hand are among them only with adopt.  None is no error.  It may be called
 * several times in an exchange, so that no key stays in memory meanwhile.
 */
struct kx_earlier_source {
    void *arg;
    krb5_error_code (*get)(void *arg, krb5_const_principal name,
                           krb5_boolean adopt, struct kx_earlier *earlier);
};

/* Wipe and release what earlier holds, and make it empty. */
void kx_earlier_clear(krb5_context context, struct kx_earlier *earlier);

enum kx_direction {
    KX_NOT_A_CROSSOVER, /* another principal, krbtgt/LOCAL@LOCAL included */
    KX_OUTGOING,        /* krbtgt/REMOTE@LOCAL */
    KX_INCOMING         /* krbtgt/LOCAL@REMOTE */
};

/*
 * What principal is to realm local; for a crossover *remote (may be NULL)
 * borrows the other realm's name from principal.
 */
enum kx_direction kx_crossover_direction(krb5_const_principal principal,
                                         const char *local, krb5_data *remote);

/* Make the principal krbtgt/service@client in *out (krb5_free_principal()). */
krb5_error_code kx_crossover_name(krb5_context context,
                                  const krb5_data *service,
                                  const krb5_data *client,
                                  krb5_principal *out);

/* The mark of one key version, as read back. */
struct kx_mark {
    uint32_t kvno;
    time_t established;
    time_t till;
    struct kx_origin origin;
};

/*
 * The name and the value of crossover's mark (both allocated, free()).
 * Errors: KX_ERR_METADATA (what would be written could not be read back),
 * ENOMEM.
 */
krb5_error_code kx_mark_write(krb5_context context,
                              const struct kx_crossover *crossover,
                              char **name, char **value);

/* The name of the mark of kvno (allocated, free()).  Errors: KX_ERR_METADATA
 * (no such version), ENOMEM. */
krb5_error_code kx_mark_name(krb5_context context, uint32_t kvno, char **name);

/*
 * Read the marks among n string attributes into *marks (allocated,
 * kx_marks_free()), by establishment, newest first.  Errors: KX_ERR_METADATA
 * (a kxover_kvno_ attribute that cannot be read, with its name), ENOMEM.
 */
krb5_error_code kx_marks_read(krb5_context context,
                              const krb5_string_attr *strings, size_t n,
                              struct kx_mark **marks, size_t *n_marks);
void kx_marks_free(struct kx_mark *marks, size_t n_marks);

/* True if one of the n marks is of version kvno. */
krb5_boolean kx_marks_have(const struct kx_mark *marks, size_t n,
                           uint32_t kvno);

/*
 * The marks of entry as kx_marks_read() gives them, for an entry as the
 * database has it, not one that kx_entry_restrict() has cut.  None means that
 * the entry is the administrator's, or has no keys.  Errors: KX_ERR_METADATA
 * (the entry is the administrator's because its marks are damaged, or do not
 * fit its keys; the message has its name, the attribute and the remedy),
 * ENOMEM.
 */
krb5_error_code kx_entry_marks(krb5_context context, krb5_db_entry *entry,
                               struct kx_mark **marks, size_t *n_marks);

/*
 * *has tells whether entry has string attributes that are named as kxover's
 * are, readable or not.  Errors: libkdb5's, ENOMEM.
 */
krb5_error_code kx_entry_has_attributes(krb5_context context,
                                        krb5_db_entry *entry,
                                        krb5_boolean *has);

/*
 * The numbers of all key versions that entry has, marked or not, live or not,
 * in *kvnos (allocated, free()), highest first; none for an entry without
 * keys.  None of them may be given again.  Errors: KX_ERR_POLICY_REALM (the
 * entry is the administrator's, and not to be adopted), KX_ERR_METADATA,
 * ENOMEM.
 */
krb5_error_code kx_entry_versions(krb5_context context, krb5_db_entry *entry,
                                  krb5_boolean adopt, uint32_t **kvnos,
                                  size_t *n);

/* A version keyed by hand that was taken over, and till when tickets under it
 * are accepted. */
struct kx_adopted {
    uint32_t kvno;
    time_t till;
};

/*
 * Read those of entry, of which some may have no keys any more, into *adopted
 * (free()).  Errors: KX_ERR_METADATA, libkdb5's, ENOMEM.
 */
krb5_error_code kx_adopted_read(krb5_context context, krb5_db_entry *entry,
                                struct kx_adopted **adopted, size_t *n);

/* Till when version kvno counts as an adopted one; 0 if it is none. */
time_t kx_adopted_till(const struct kx_adopted *adopted, size_t n,
                       uint32_t kvno);

/*
 * Append the keys of entry, decrypted, to *earlier, which may be empty (and is
 * to be cleared after an error, too): those of the marked versions, live or
 * not, the newest first; and with adopt also those of versions keyed by hand,
 * after them.  The administrator's entry has none without adopt.  Errors:
 * KX_ERR_METADATA, libkdb5's (a key cannot be decrypted), ENOMEM.
 */
krb5_error_code kx_entry_earlier(krb5_context context, krb5_db_entry *entry,
                                 krb5_boolean adopt,
                                 struct kx_earlier *earlier);

/* The same with copies of crossover's keys.  Errors: ENOMEM. */
krb5_error_code kx_crossover_earlier(krb5_context context,
                                     const struct kx_crossover *crossover,
                                     struct kx_earlier *earlier);

/*
 * The key version of entry that was numbered last (kx_latest_kvno()), marked
 * or not, in *kvno; 0 where entry has no keys.  Errors: ENOMEM.
 */
krb5_error_code kx_entry_latest(const krb5_db_entry *entry, uint32_t *kvno);

/*
 * Make an entry for crossover in *out (krb5_db_free_principal()): a copy of
 * old with the new version added and marked, versions of old that expired more
 * than KX_RECENT before now dropped (and others that expired, the first to do
 * so first, when there would be more than KX_MAX_VERSIONS or no room for the
 * mark); or a new entry where old is NULL.
 * A version that lives is never dropped.  old is the entry as the database has
 * it, not one that kx_entry_restrict() has cut.  All keys are encrypted with
 * the current master key of context's open database.  A new entry has
 * KRB5_KDB_LOCKDOWN_KEYS and no other attribute.  The entry expires with its
 * last version, and its maximum ticket lives are the longest life of a
 * version; where the administrator has set less, that stays.  With
 * crossover->adopt, versions of old that were keyed by hand are taken over:
 * they are dropped, too, when no ticket under them can live any more, and the
 * limits of an entry that was the administrator's stay as they are.  Errors:
 * KX_ERR_POLICY_KVNO (the version is there already), KX_ERR_VERSIONS (there is
 * no room but that of living versions), KX_ERR_POLICY_REALM (old is the
 * administrator's, and not to be adopted), KX_ERR_METADATA, KX_ERR_STORE
 * (crossover cannot be stored in old), libkdb5's, ENOMEM.
 */
krb5_error_code kx_entry_add(krb5_context context, krb5_db_entry *old,
                             const struct kx_crossover *crossover, time_t now,
                             krb5_db_entry **out);

/* What an entry has of a version that was written into it. */
enum kx_presence {
    KX_PRESENT,      /* its keys and its mark */
    KX_ABSENT,       /* neither: somebody wrote an older entry over it */
    KX_WITHOUT_KEYS, /* its mark, and not all keys: somebody took them away */
    KX_WITHOUT_MARK, /* its keys alone: it was taken over by hand */
    KX_OTHER_KEYS    /* another key under the same number */
};

/*
 * Tell in *presence what entry, the same principal's, has of crossover's
 * version.  Errors: libkdb5's (a key cannot be decrypted), ENOMEM.
 */
krb5_error_code kx_entry_presence(krb5_context context, krb5_db_entry *entry,
                                  const struct kx_crossover *crossover,
                                  enum kx_presence *presence);

/*
 * Set string attributes on entry: each is "NAME" or "NAME=VALUE" (bounded, as
 * kxover_attributes has them), with realm in the place of "%R".  Errors:
 * KRB5_KDB_STRINGS_TOOLONG, ENOMEM.
 */
krb5_error_code kx_entry_set_attributes(krb5_context context,
                                        krb5_db_entry *entry,
                                        char *const *attributes,
                                        const krb5_data *realm);

/* What it notes on the entry which they are: the names, with blanks between.
 */
#define KX_ATTRIBUTES_NAME "kxover_attributes"

/* True if list, such a note or NULL, has name. */
krb5_boolean kx_attribute_is_listed(const char *list, const char *name);

/*
 * Make entry what a KDC may use at time now: versions without a mark stay out,
 * expired ones too; those taken over are in until their end, but for an
 * outgoing crossover only as long as no version of ours is old enough; an
 * outgoing crossover keeps one version, with more than KX_ISSUE_MARGIN left:
 * that established last, or while it is new (see KX_SETTLING) one before it
 * that lives longer than that; max_life and max_renewable_life are cut to what
 * the longest-lived of the kept versions has left, without that margin;
 * expiration is that one's till, or earlier if it was.  *usable is false (and
 * entry unchanged) when nothing would be kept. The administrator's entry is
 * left as it is, and is usable. Errors: KX_ERR_METADATA, ENOMEM.
 */
krb5_error_code kx_entry_restrict(krb5_context context, krb5_db_entry *entry,
                                  enum kx_direction direction, time_t now,
                                  krb5_boolean *usable);

/*
 * The version of the n in kvnos that was numbered last, 0 for none: the
 * highest.  Where there are some within KX_KVNO_MARGIN of the first number,
 * numbering has begun again, and those as near to the last number are older.
 */
uint32_t kx_latest_kvno(const uint32_t *kvnos, size_t n);

/*
 * The key version that the responder gives at time now (docs/protocol.md): the
 * next after the latest of known (the request's; 0 for none) and the n
 * versions in used (kx_entry_versions()); after KX_MAX_KVNO comes 1; versions
 * in used are passed over.  Where nothing is known, it begins from the clock:
 * minutes since 1970, modulo KX_MAX_KVNO, and one.  Of each `shares` numbers
 * that follow one another only the share-th is given (from 1 on; 1 of 1: all).
 * Errors: KX_ERR_POLICY_KVNO (all in use).
 */
krb5_error_code kx_next_kvno(krb5_context context, uint32_t known,
                             const uint32_t *used, size_t n,
                             unsigned int share, unsigned int shares,
                             time_t now, uint32_t *kvno);

#endif /* KX_CROSSOVER_H */
