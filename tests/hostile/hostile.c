/*
 * hostile.c: a peer that is right in everything but one.
 *
 *   hostile list
 *   hostile request MODE REALM REMOTE PORT
 *   hostile reply MODE REALM PORT
 *   hostile middle REALM PORT REMOTE REMOTE_PORT
 *
 * It plays REALM with that realm's own kdc.conf and identity, so that DNS
 * vouches for it, and spoils its messages in the way that MODE says.  With
 * "request" it asks the kxoverd of REMOTE at PORT of this machine, and prints
 * on one line what came back:
 *
 *   KX-REP confirmed              a reply, and the key it makes is confirmed
 *   KX-REP unconfirmed            a reply that is not to what was asked
 *   KRB-ERROR 65 X25519 P-256     a refusal, with the groups that it names
 *   KRB-ERROR 70 roots 0a1b       the same, with the key identifiers of roots
 *   closed                        the connection ended without a word
 *
 * and a second line for the answer to a second connection.  With "reply" it
 * answers whoever asks at PORT, with a line for each, until it is killed. With
 * "middle" it does so, too, and passes each one's public key on to the kxoverd
 * of REMOTE as its own, and back; each message is a line in hexadecimal.
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "tests/hostile/hostile.h"

/* First byte of a KRB-ERROR. */
#define KRB_ERROR_TAG (0x60 | KX_MSG_ERROR)

#define CANT_VERIFY 70 /* KDC_ERR_CANT_VERIFY_CERTIFICATE, RFC 4556 3.1.3 */

/* What is right in itself, and what only the sending makes wrong. */
static const struct mode sending_modes[] = {
    {.name = "honest", .sides = IN_BOTH},
    {.name = "repeated", .sides = IN_REQUEST, .manner = TWICE},
    {.name = "two-messages", .sides = IN_REPLY, .manner = TWICE},
    {.name = "cut-off", .sides = IN_BOTH, .manner = CUT_OFF},
    {.name = "stalled", .sides = IN_BOTH, .manner = STALLED},
    {.name = "silent", .sides = IN_BOTH, .manner = SILENT},
    {.name = "hang-up", .sides = IN_REPLY, .manner = HANG_UP},
    {.name = "reflected", .sides = IN_REPLY, .manner = REFLECTED},
    {.name = "older", .sides = IN_REPLY, .manner = OLDER},
    {.name = "older-nonce", .sides = IN_REPLY, .manner = OLDER_NONCE},
    {.name = NULL},
};

static const struct mode *const all_modes[] = {sending_modes, message_modes,
                                               policy_modes, trust_modes};
#define N_TABLES (sizeof(all_modes) / sizeof(all_modes[0]))

void
must(krb5_context context, krb5_error_code code, const char *what)
{
    const char *words;

    if (code == 0)
        return;
    words = krb5_get_error_message(context, code);
    fprintf(stderr, "hostile: %s: %s\n", what, words);
    krb5_free_error_message(context, words);
    exit(2);
}

/* The mode of that name for that side, or the end of the program. */
static const struct mode *
find_mode(const char *name, unsigned int side)
{
    const struct mode *mode;
    size_t i;

    for (i = 0; i < N_TABLES; i++) {
        for (mode = all_modes[i]; mode->name != NULL; mode++) {
            if (strcmp(mode->name, name) == 0 && (mode->sides & side) != 0)
                return mode;
        }
    }
    fprintf(stderr, "hostile: there is no mode %s here\n", name);
    exit(2);
}

/* Print the modes, each side's by itself. */
static void
list(void)
{
    const struct mode *mode;
    size_t i;

    for (i = 0; i < N_TABLES; i++) {
        for (mode = all_modes[i]; mode->name != NULL; mode++) {
            if (mode->sides & IN_REQUEST)
                printf("request %s\n", mode->name);
            if (mode->sides & IN_REPLY)
                printf("reply %s\n", mode->name);
        }
    }
}

/* Print the groups that a KRB-ERROR names. */
static void
print_groups(const struct hostile *hostile, const krb5_data *e_data)
{
    struct kx_algorithm *groups;
    enum kx_group group;
    size_t n, i;

    must(hostile->context,
         kx_decode_groups(hostile->context, e_data, &groups, &n), "groups");
    for (i = 0; i < n; i++) {
        must(hostile->context,
             kx_group_find(hostile->context, &groups[i], &group), "a group");
        printf(" %s", kx_group_name(group));
        kx_algorithm_clear(&groups[i]);
    }
    free(groups);
}

/* Print the roots that a KRB-ERROR names. */
static void
print_roots(const struct hostile *hostile, const krb5_data *e_data)
{
    krb5_data *roots;
    size_t n, i, j;

    must(hostile->context,
         kx_decode_certifiers(hostile->context, e_data, &roots, &n), "roots");
    printf(" roots");
    for (i = 0; i < n; i++) {
        printf(" ");
        for (j = 0; j < roots[i].length; j++)
            printf("%02x", (unsigned int)(unsigned char)roots[i].data[j]);
    }
    kx_datas_free(roots, n);
}

/* Print what came back for draft. */
static void
print_answer(const struct draft *draft, const krb5_data *answer)
{
    krb5_context context = draft->hostile->context;
    struct kx_krb_error *error;
    struct kx_message *reply;

    if (answer->length == 0) {
        printf("closed\n");
    } else if ((unsigned char)answer->data[0] == KRB_ERROR_TAG) {
        must(context, kx_decode_krb_error(context, answer, &error),
             "the refusal");
        printf("KRB-ERROR %d", (int)error->error_code);
        if (error->e_data.length > 0 && error->error_code == CANT_VERIFY)
            print_roots(draft->hostile, &error->e_data);
        else if (error->e_data.length > 0)
            print_groups(draft->hostile, &error->e_data);
        printf("\n");
        kx_krb_error_free(error);
    } else {
        must(context, kx_decode_message(context, KX_MSG_REP, answer, &reply),
             "the reply");
        printf("KX-REP %sconfirmed\n", is_confirmed(draft, reply) ? "" : "un");
        kx_message_free(reply);
    }
}

/* Send draft to port and print the answer. */
static void
ask(const struct draft *draft, enum manner manner, const char *port)
{
    int fd = dial(port);
    krb5_boolean half = manner == CUT_OFF || manner == STALLED;
    krb5_data answer;

    if (manner != SILENT)
        send_frame(fd, draft->announced, draft->bytes.data,
                   draft->bytes.length / (half ? 2 : 1));
    if (manner == CUT_OFF)
        (void)shutdown(fd, SHUT_WR);
    answer = receive_frame(fd);
    print_answer(draft, &answer);
    kx_data_free(&answer);
    (void)close(fd);
}

/* Play realm. */
static struct hostile
become(const char *realm)
{
    struct hostile hostile;

    kx_init_errors();
    must(NULL,
         krb5_init_context_profile(NULL, KRB5_INIT_CONTEXT_KDC,
                                   &hostile.context),
         "krb5.conf");
    must(hostile.context,
         kx_settings_read(hostile.context, realm, NULL, &hostile.settings),
         "kdc.conf");
    must(hostile.context,
         kx_identity_load(hostile.context, hostile.settings->identities[0],
                          time(NULL), &hostile.identity),
         "the identity");
    return hostile;
}

/* Play it no more. */
static void
give_up(struct hostile *hostile)
{
    kx_identity_free(hostile->identity);
    kx_settings_free(hostile->settings);
    krb5_free_context(hostile->context);
}

int
main(int argc, char **argv)
{
    const struct mode *mode;
    struct hostile hostile;
    struct draft *draft;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        list();
    } else if (argc == 6 && strcmp(argv[1], "request") == 0) {
        mode = find_mode(argv[2], IN_REQUEST);
        hostile = become(argv[3]);
        draft = make_request(&hostile, mode, argv[4], KX_GROUP_X25519);
        ask(draft, mode->manner, argv[5]);
        if (mode->manner == TWICE)
            ask(draft, mode->manner, argv[5]);
        draft_free(draft);
        give_up(&hostile);
    } else if (argc == 5 && strcmp(argv[1], "reply") == 0) {
        mode = find_mode(argv[2], IN_REPLY);
        hostile = become(argv[3]);
        serve(&hostile, mode, argv[4]);
    } else if (argc == 6 && strcmp(argv[1], "middle") == 0) {
        hostile = become(argv[2]);
        stand_between(&hostile, argv[3], argv[4], argv[5]);
    } else {
        fprintf(stderr, "usage: hostile list\n"
                        "       hostile request MODE REALM REMOTE PORT\n"
                        "       hostile reply MODE REALM PORT\n"
                        "       hostile middle REALM PORT REMOTE "
                        "REMOTE_PORT\n");
        return 2;
    }
    return 0;
}
