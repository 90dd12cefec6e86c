/*
 * show.c: kxover show: all that is known of the crossovers with one realm.
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kdb.h>
#include "cli/cli.h"
#include "cli/crossovers.h"
#include "cli/json.h"
#include "cli/table.h"
#include "dnssec/kx_dnssec.h"

/* Room for a line's value. */
#define VALUE_SIZE 768

/* The widest label is "encryption types". */
#define LABEL_WIDTH 16

struct page {
    krb5_context context;
    const char *realm;
    const char *remote;
    time_t now;
    struct outbox outbox;
    struct table table;
    krb5_error_code ret; /* the first error in writing */
};

/* Send a line: a label and what there is to say. */
static void KX_PRINTF(4, 5) line(struct page *page, const char *label,
                                 enum paint paint, const char *format, ...)
{
    char value[VALUE_SIZE];
    const struct table_cell cells[] = {{label, PAINT_PLAIN}, {value, paint}};
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(value, sizeof(value), format, ap);
    va_end(ap);
    if (page->ret == 0)
        page->ret = table_put(&page->table, cells);
}

/* Send text in a colour, and a line's end. */
static void
title(struct page *page, enum paint paint, const char *text)
{
    const char *const parts[] = {paint_on(paint), text, paint_off(paint),
                                 "\n"};
    size_t i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (page->ret == 0)
            page->ret = outbox_text(&page->outbox, parts[i]);
    }
}

/* Write how long that is, in its two largest units, into text. */
static const char *
span_text(time_t seconds, char text[32])
{
    long s = seconds > 0 ? (long)seconds : 0;

    if (s >= KX_DAY)
        (void)snprintf(text, 32, "%ld d %ld h", s / KX_DAY, s % KX_DAY / 3600);
    else if (s >= 3600)
        (void)snprintf(text, 32, "%ld h %ld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        (void)snprintf(text, 32, "%ld min", s / 60);
    else
        (void)snprintf(text, 32, "%ld s", s);
    return text;
}

/* What a version's state means. */
static const char *
state_words(enum version_state state)
{
    switch (state) {
    case VERSION_IN_USE:
        return "in use: tickets are issued under it";
    case VERSION_NEXT:
        return "next: tickets are issued under it within minutes";
    case VERSION_REPLACED:
        return "replaced: no more tickets are issued under it";
    case VERSION_ACCEPTED:
        return "accepted: tickets under it are";
    case VERSION_EXPIRED:
        return "expired";
    default:
        return "not used: its mark is missing";
    }
}

/* Tell how a version of kxover's came about. */
static void
show_origin(struct page *page, const struct kx_origin *origin)
{
    char tlsa[KX_TLSA_TEXT_SIZE];
    size_t i, dashes = 0;

    line(page, "peer", PAINT_PLAIN, "%s:%u", origin->host, origin->port);
    line(page, "certificate", PAINT_PLAIN, "%s", origin->certificate);
    (void)snprintf(tlsa, sizeof(tlsa), "%s", origin->tlsa);
    for (i = 0; tlsa[i] != '\0' && dashes < 3; i++) {
        if (tlsa[i] == '-') {
            tlsa[i] = ' ';
            dashes++;
        }
    }
    line(page, "verified by", PAINT_PLAIN, "TLSA %s, under DNSSEC", tlsa);
    line(page, "agreed in", PAINT_PLAIN, "group %s", origin->group);
    if (origin->chain <= 1)
        line(page, "earlier keys", PAINT_PLAIN, "none: a chain begins here");
    else
        line(page, "earlier keys", PAINT_PLAIN,
             "%u mixed in; number %u of a chain of exchanges", origin->prior,
             origin->chain);
}

/* Tell of one version. */
static void
show_version(struct page *page, const struct crossover_version *version)
{
    char text[ETYPES_TEXT_SIZE], time[KX_TIME_TEXT_SIZE], span[32];
    enum paint paint =
        version->state == VERSION_IN_USE || version->state == VERSION_ACCEPTED
            ? PAINT_GOOD
            : PAINT_FAINT;

    (void)snprintf(text, sizeof(text), "\n  key version %u", version->kvno);
    title(page, PAINT_TITLE, text);
    page->table.indent = 4;
    line(page, "state", paint, "%s", state_words(version->state));
    if (version->source == VERSION_BY_HAND)
        line(page, "source", PAINT_PLAIN, "keyed by hand");
    if (version->source == VERSION_TAKEN_OVER)
        line(page, "source", PAINT_PLAIN,
             "keyed by hand, taken over (kxover_adopt)");
    if (version->established != 0)
        line(page, "established", PAINT_PLAIN, "%s, %s ago",
             kx_time_text(version->established, time),
             span_text(page->now - version->established, span));
    if (version->till == 0)
        line(page, "until", PAINT_PLAIN, "never ends");
    else if (version->till > page->now)
        line(page, "until", PAINT_PLAIN, "%s, %s left",
             kx_time_text(version->till, time),
             span_text(version->till - page->now, span));
    else
        line(page, "until", PAINT_PLAIN, "%s, %s ago",
             kx_time_text(version->till, time),
             span_text(page->now - version->till, span));
    line(page, "encryption types", PAINT_PLAIN, "%s",
         version_etypes(version, ", ", text));
    if (version->source == VERSION_KXOVER)
        show_origin(page, &version->origin);
}

/* Whose the keys of an entry are. */
static const char *
keys_words(enum crossover_keys keys)
{
    switch (keys) {
    case KEYS_KXOVER:
        return "kxover's";
    case KEYS_BY_HAND:
        return "set by hand; kxover does not touch them";
    case KEYS_DAMAGED:
        return "left to you, as kxover's marks do not fit them";
    default:
        return "none yet";
    }
}

/* Tell who blocked crossover. */
static void
show_block(struct page *page, const struct crossover *crossover)
{
    char time[KX_TIME_TEXT_SIZE];

    if (!crossover->blocked)
        line(page, "blocked", PAINT_PLAIN, "no");
    else if (crossover->block.at != 0)
        line(page, "blocked", PAINT_BAD, "by kxover block, since %s",
             kx_time_text(crossover->block.at, time));
    else
        line(page, "blocked", PAINT_BAD,
             "by kadmin (DISALLOW_ALL_TIX); modprinc +allow_tix undoes it");
}

/* Tell of the crossover in direction, which is NULL if there is none. */
static void
show_crossover(struct page *page, enum kx_direction direction,
               const struct crossover *crossover)
{
    char text[2 * KX_MAX_DNS_NAME + 64], time[KX_TIME_TEXT_SIZE];
    size_t i;

    if (direction == KX_OUTGOING)
        (void)snprintf(text, sizeof(text), "outgoing: users of %s go to %s",
                       page->realm, page->remote);
    else
        (void)snprintf(text, sizeof(text), "incoming: users of %s come to %s",
                       page->remote, page->realm);
    title(page, PAINT_TITLE, text);
    page->table.indent = 2;
    if (crossover == NULL) {
        line(page, "keys", PAINT_PLAIN, "none");
        return;
    }
    line(page, "principal", PAINT_PLAIN, "%s", crossover->principal);
    line(page, "keys",
         crossover->keys == KEYS_DAMAGED ? PAINT_CARE : PAINT_PLAIN, "%s",
         keys_words(crossover->keys));
    if (crossover->damage != NULL)
        line(page, "damage", PAINT_CARE, "%s", crossover->damage);
    show_block(page, crossover);
    if (crossover->refused)
        line(page, "refused", PAINT_BAD, "by kxover_realms in kdc.conf");
    if (direction == KX_OUTGOING &&
        (crossover->keys == KEYS_KXOVER || crossover->kept)) {
        line(page, "kept renewed", PAINT_PLAIN, "%s",
             !crossover->kept        ? "while it is used"
             : crossover->keep.given ? "always, by kxover keep"
                                     : "always, by kxover_keep in kdc.conf");
        if (crossover->used != 0)
            line(page, "use noted", PAINT_PLAIN, "%s",
                 kx_time_text(crossover->used, time));
    }
    for (i = 0; i < crossover->n_versions; i++)
        show_version(page, &crossover->versions[i]);
}

/* Print both crossovers, of which one may be NULL. */
static int
show(const struct cli_call *call, struct page *page,
     const struct crossover *outgoing, const struct crossover *incoming)
{
    if (call->json)
        return json_print(json_pack(
            "{s: o, s: o, s: o}", "realm", json_text(page->remote), "outgoing",
            outgoing != NULL ? crossover_json(outgoing) : json_null(),
            "incoming",
            incoming != NULL ? crossover_json(incoming) : json_null()));
    page->table = (struct table){&page->outbox, 2, 0, {LABEL_WIDTH}};
    show_crossover(page, KX_OUTGOING, outgoing);
    title(page, PAINT_PLAIN, "");
    show_crossover(page, KX_INCOMING, incoming);
    if (page->ret == 0)
        page->ret = outbox_flush(&page->outbox);
    return page->ret ? cli_fail(NULL, page->ret, "cannot print the result")
                     : CLI_OK;
}

/* kxover show */
static int
run(const struct cli_call *call)
{
    struct page page = {.remote = call->operands[0], .now = time(NULL)};
    struct crossover *outgoing = NULL, *incoming = NULL;
    struct kx_settings *settings = NULL;
    char *realm = NULL;
    krb5_error_code ret;
    int code;

    outbox_init(&page.outbox, STDOUT_FILENO);
    code = cli_check_realm(call, "realm", page.remote);
    if (code == CLI_OK)
        code = cli_open_database(call, &page.context, &realm, &settings);
    if (code != CLI_OK)
        goto cleanup;
    page.realm = realm;
    ret = crossover_find(page.context, realm, page.remote, KX_OUTGOING,
                         settings, page.now, &outgoing);
    if (ret == 0)
        ret = crossover_find(page.context, realm, page.remote, KX_INCOMING,
                             settings, page.now, &incoming);
    if (ret)
        code = cli_fail(page.context, ret, "cannot read the database of %s",
                        realm);
    else if (outgoing == NULL && incoming == NULL)
        code = cli_no_crossover(realm, page.remote);
    else
        code = show(call, &page, outgoing, incoming);
    (void)krb5_db_fini(page.context);

cleanup:
    crossover_free(outgoing);
    crossover_free(incoming);
    outbox_clear(&page.outbox);
    kx_settings_free(settings);
    krb5_free_default_realm(page.context, realm);
    krb5_free_context(page.context);
    return code;
}

const struct cli_command cli_show = {
    .name = "show",
    .summary = "show all that is known of the crossovers with one realm",
    .synopsis = "[-r REALM] OTHER.REALM",
    .about =
        "Show the crossovers to and from another realm: whether they are\n"
        "blocked or kept, and of each key version until when it is, what it\n"
        "is used for, with which server it was agreed, by what that was\n"
        "verified, and on how many earlier keys it builds.\n",
    .min_operands = 1,
    .max_operands = 1,
    .wanted = "the other realm is missing, such as BRAVO.EXAMPLE",
    .run = run,
};
