/*
 * party.c: one side of an exchange, by the product's own code, for the scripts
 * that make and check docs/vectors/.
 *
 *	party respond | initiate | answer | versions | frame
 *
 * Standard input has lines of a word and a value, in any order; standard
 *output gets lines of the same form.  Bytes are in hexadecimal, times in
 *seconds since 1970.
 *
 *   respond    the responder of `realm` gets `message`
 *   initiate   the initiator of `realm` asks `remote`, and gets each `answer`
 *   answer     the KRB-ERROR of `realm` for error number `error` of kx_err.et
 *              (65: the groups that are accepted; 70: the roots in `anchors`)
 *   versions   which version is given, with `version`s held and `known` asked
 *   frame      what the 4 bytes of `header` announce
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/offer.h"
#include "exchange/refusal.h"
#include "tests/vectors/stage.h"

/* Room for a message with a chain of large certificates, in hexadecimal. */
#define MAX_LINE (512 * 1024)

/* What standard input said. */
static struct stage stage;
static char realm[256], remote[256], host[256];
static char *identities[STAGE_MAX], *anchors[STAGE_MAX];
static krb5_enctype etypes[STAGE_MAX];
static size_t n_identities, n_anchors, n_etypes;
static krb5_data message, header;
static long error;

/* Allocate a copy of text for as long as the program runs. */
static char *
keep(const char *text)
{
    char *copy = strdup(text);

    stage_must(copy == NULL ? ENOMEM : 0, "memory");
    return copy;
}

/* The bytes that text says in hexadecimal, for as long as the program runs. */
static krb5_data
bytes_of(const char *text)
{
    size_t length = strlen(text) / 2, i;
    unsigned char *bytes = calloc(1, length + 1);
    unsigned int byte;

    stage_must(bytes == NULL ? ENOMEM : 0, "memory");
    for (i = 0; i < length; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            stage_must(EINVAL, "hexadecimal digits");
        bytes[i] = (unsigned char)byte;
    }
    return kx_data(bytes, length);
}

/* Add the key "KVNO ETYPE BYTES" to those held. */
static void
add_held(const char *value)
{
    static struct kx_earlier_key keys[STAGE_MAX];
    struct kx_earlier_key *key = &keys[stage.held.n];
    char *end;
    krb5_data bytes;

    key->kvno = (uint32_t)strtoul(value, &end, 10);
    key->chain = 1;
    key->key.enctype = (krb5_enctype)strtol(end, &end, 10);
    bytes = bytes_of(end + 1);
    key->key.contents = (krb5_octet *)bytes.data;
    key->key.length = bytes.length;
    stage.held.keys = keys;
    stage.held.n++;
}

/* Take one line of standard input. */
static void
take(const char *word, const char *value)
{
    if (strcmp(word, "now") == 0)
        stage.now = strtol(value, NULL, 10);
    else if (strcmp(word, "realm") == 0)
        (void)snprintf(realm, sizeof(realm), "%s", value);
    else if (strcmp(word, "remote") == 0)
        (void)snprintf(remote, sizeof(remote), "%s", value);
    else if (strcmp(word, "host") == 0)
        (void)snprintf(host, sizeof(host), "%s", value);
    else if (strcmp(word, "port") == 0)
        stage.port = (uint16_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "tlsa") == 0)
        stage_must(
            kx_tlsa_parse(stage.context, value, &stage.tlsa[stage.n_tlsa++]),
            value);
    else if (strcmp(word, "identity") == 0)
        identities[n_identities++] = keep(value);
    else if (strcmp(word, "anchors") == 0)
        anchors[n_anchors++] = keep(value);
    else if (strcmp(word, "etype") == 0)
        etypes[n_etypes++] = (krb5_enctype)strtol(value, NULL, 10);
    else if (strcmp(word, "chance") == 0)
        stage.chance[stage.n_chance++] = bytes_of(value);
    else if (strcmp(word, "nonce") == 0) {
        uint32_t nonce = (uint32_t)strtoul(value, NULL, 10);
        krb5_data borrowed = kx_data(&nonce, sizeof(nonce));

        stage_must(kx_data_copy(&borrowed, &stage.chance[stage.n_chance++]),
                   value);
    } else if (strcmp(word, "held") == 0)
        add_held(value);
    else if (strcmp(word, "version") == 0)
        stage.versions[stage.n_versions++] =
            (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "known") == 0)
        stage.known = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "answer") == 0)
        stage.answers[stage.n_answers++] = bytes_of(value);
    else if (strcmp(word, "message") == 0)
        message = bytes_of(value);
    else if (strcmp(word, "header") == 0)
        header = bytes_of(value);
    else if (strcmp(word, "error") == 0)
        error = strtol(value, NULL, 10);
    else
        stage_must(EINVAL, word);
}

/* Read standard input; the stage is to be told of it by settings. */
static void
read_input(void)
{
    static char line[MAX_LINE];
    char *value;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        value = strchr(line, ' ');
        stage_must(value == NULL ? EINVAL : 0, line);
        *value = '\0';
        take(line, value + 1);
    }
    stage.host = host;
    if (n_identities > 0)
        stage.settings.identities = identities;
    if (n_anchors > 0)
        stage.settings.anchors = anchors;
    if (n_etypes > 0) {
        stage.settings.etypes = etypes;
        stage.settings.n_etypes = n_etypes;
    }
}

/* Print word and bytes. */
static void
put_bytes(const char *word, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    size_t i;

    printf("%s ", word);
    for (i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

/* Print what came of an exchange. */
static void
put_outcome(void)
{
    const struct kx_crossover *crossover = stage.crossover;
    char word[32];
    size_t i;

    for (i = 0; i < stage.n_requests; i++)
        put_bytes("request", stage.requests[i].data, stage.requests[i].length);
    if (stage.answer.length > 0)
        put_bytes("answer", stage.answer.data, stage.answer.length);
    if (stage.refused != 0)
        printf("refused %d\n", (int)(stage.refused - ERROR_TABLE_BASE_kx));
    if (crossover == NULL)
        return;
    printf("kvno %lu\n", (unsigned long)crossover->kvno);
    printf("till %lld\n", (long long)crossover->till);
    printf("prior %u\n", crossover->origin.prior);
    printf("group %s\n", crossover->origin.group);
    printf("tlsa %s\n", crossover->origin.tlsa);
    for (i = 0; i < crossover->n_keys; i++) {
        (void)snprintf(word, sizeof(word), "key-%d",
                       (int)crossover->keys[i].enctype);
        put_bytes(word, crossover->keys[i].contents,
                  crossover->keys[i].length);
    }
}

/* `party answer` */
static void
make_answer(void)
{
    struct kx_roots *roots = NULL;
    krb5_data out;

    stage_must(kx_roots_load(stage.context, stage.settings.anchors, &roots),
               "the roots");
    stage_must(kx_refusal_make(stage.context, ERROR_TABLE_BASE_kx + error,
                               realm, stage.now, roots, &out),
               "the answer");
    put_bytes("answer", out.data, out.length);
    kx_data_free(&out);
    kx_roots_free(roots);
}

/* `party versions` */
static void
choose_version(void)
{
    uint32_t kvno;

    stage_must(kx_next_kvno(stage.context, stage.known, stage.versions,
                            stage.n_versions, 1, 1, stage.now, &kvno),
               "the next version");
    printf("kvno %lu\n", (unsigned long)kvno);
}

/* `party frame` */
static void
read_frame(void)
{
    unsigned char bytes[KX_FRAME_HEADER] = {0};
    krb5_error_code ret;
    size_t length;

    if (header.length != sizeof(bytes))
        stage_must(EINVAL, "a header");
    memcpy(bytes, header.data, sizeof(bytes));
    ret = kx_frame_length(stage.context, bytes, KX_MAX_MESSAGE, &length);
    if (ret)
        printf("refused %d\n", (int)(ret - ERROR_TABLE_BASE_kx));
    else
        printf("length %zu\n", length);
}

int
main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    stage_begin(&stage, realm);
    read_input();
    if (strcmp(what, "respond") == 0) {
        stage_respond(&stage, &message);
        put_outcome();
    } else if (strcmp(what, "initiate") == 0) {
        stage_initiate(&stage, remote);
        put_outcome();
    } else if (strcmp(what, "answer") == 0) {
        make_answer();
    } else if (strcmp(what, "versions") == 0) {
        choose_version();
    } else if (strcmp(what, "frame") == 0) {
        read_frame();
    } else {
        fprintf(stderr, "party: respond, initiate, answer, versions, frame\n");
        return 2;
    }
    stage_end(&stage);
    return 0;
}
