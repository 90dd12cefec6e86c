/*
 * recompute.c: the keys of an exchange, computed by a party that took part in
 * nothing and has learned all but perhaps a prior key.
 *
 *	recompute REQUEST REPLY EPHEMERALS KEYTAB [without N | wrong N]
 *
 * REQUEST and REPLY are the messages as they were recorded, EPHEMERALS is a
 * file of ephemeral keys (ephemerals.c) with those of both sides, KEYTAB has
 * the prior keys.  "without N" leaves out prior key number N, from 1, of those
 * that the reply names, or "all" of them; "wrong N" has one bit of it wrong.
 *
 * Prints how many prior keys the reply names, each key in hexadecimal, and
 * whether the reply's confirmation is the one computed.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/offer.h"

#define X25519_SIZE 32
#define MAX_FILE (1024 * 1024)

static krb5_context context;

/* End the program unless code is 0. */
static void
must(krb5_error_code code, const char *what)
{
    if (code == 0)
        return;
    fprintf(stderr, "recompute: %s: %s\n", what,
            krb5_get_error_message(context, code));
    exit(1);
}

/* What the file of that name holds. */
static krb5_data
read_file(const char *name)
{
    FILE *file = fopen(name, "r");
    char *bytes = calloc(1, MAX_FILE + 1);
    size_t length;

    if (file == NULL || bytes == NULL)
        must(errno, name);
    length = fread(bytes, 1, MAX_FILE, file);
    if (ferror(file))
        must(EIO, name);
    (void)fclose(file);
    return kx_data(bytes, length);
}

/* The message of type in the file of that name. */
static struct kx_message *
read_message(int type, const char *name)
{
    struct kx_message *message;
    krb5_data bytes = read_file(name);

    must(kx_decode_message(context, type, &bytes, &message), name);
    kx_data_free(&bytes);
    return message;
}

/* Read X25519_SIZE bytes in hexadecimal at text. */
static void
read_hex(const char *text, unsigned char *bytes)
{
    unsigned int byte;
    int i;

    for (i = 0; i < X25519_SIZE; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            must(EINVAL, "ephemeral keys");
        bytes[i] = (unsigned char)byte;
    }
}

/* The ephemeral key in ephemerals whose public half is in offer. */
static struct kx_ephemeral *
find_ephemeral(const krb5_data *ephemerals, const struct kx_offer *offer)
{
    unsigned char private[X25519_SIZE] = {0}, public[X25519_SIZE];
    const size_t line = 4 * X25519_SIZE + 2;
    krb5_data key, borrowed = kx_data(private, sizeof(private));
    struct kx_algorithm algorithm = {0};
    struct kx_ephemeral *ephemeral;
    size_t i;

    must(kx_decode_spki(context, &offer->tbs.key_exchange, &algorithm, &key),
         "a public key");
    for (i = 0; i + line <= ephemerals->length; i += line) {
        read_hex(ephemerals->data + i, private);
        read_hex(ephemerals->data + i + 2 * X25519_SIZE + 1, public);
        if (key.length == sizeof(public) &&
            memcmp(key.data, public, sizeof(public)) == 0) {
            must(kx_ephemeral_import(context, KX_GROUP_X25519, &borrowed,
                                     &ephemeral),
                 "an ephemeral key");
            kx_algorithm_clear(&algorithm);
            kx_data_free(&key);
            return ephemeral;
        }
    }
    must(ENOENT, "an ephemeral key that was not taken down");
    return NULL;
}

/* The shared secret, as either side has it. */
static krb5_data
share(const krb5_data *ephemerals, const struct kx_offer *request,
      const struct kx_offer *reply)
{
    struct kx_ephemeral *ours = find_ephemeral(ephemerals, request);
    struct kx_ephemeral *theirs = find_ephemeral(ephemerals, reply);
    krb5_data z, again;

    must(kx_agree(context, ours, &reply->tbs.key_exchange, &z), "agreement");
    must(kx_agree(context, theirs, &request->tbs.key_exchange, &again),
         "agreement");
    if (!kx_data_equal(&z, &again))
        must(KX_ERR_AGREEMENT, "both sides");
    kx_data_free(&again);
    kx_ephemeral_free(ours);
    kx_ephemeral_free(theirs);
    return z;
}

/* The keys of principal in the keytab of that name. */
static struct kx_earlier
read_keytab(const char *name, krb5_const_principal principal)
{
    struct kx_earlier earlier = {0};
    struct kx_earlier_key *key;
    krb5_keytab_entry entry;
    krb5_kt_cursor cursor;
    krb5_keytab keytab;
    krb5_error_code ret;

    must(krb5_kt_resolve(context, name, &keytab), name);
    must(krb5_kt_start_seq_get(context, keytab, &cursor), name);
    while ((ret = krb5_kt_next_entry(context, keytab, &entry, &cursor)) == 0) {
        if (!krb5_principal_compare(context, entry.principal, principal)) {
            krb5_free_keytab_entry_contents(context, &entry);
            continue;
        }
        earlier.keys =
            realloc(earlier.keys, (earlier.n + 1) * sizeof(*earlier.keys));
        if (earlier.keys == NULL)
            must(ENOMEM, name);
        key = &earlier.keys[earlier.n++];
        memset(key, 0, sizeof(*key));
        key->kvno = entry.vno;
        must(krb5_copy_keyblock_contents(context, &entry.key, &key->key),
             name);
        krb5_free_keytab_entry_contents(context, &entry);
    }
    must(ret == KRB5_KT_END ? 0 : ret, name);
    (void)krb5_kt_end_seq_get(context, keytab, &cursor);
    (void)krb5_kt_close(context, keytab);
    return earlier;
}

/* Do to the prior key of that number in names what is said of it. */
static void
spoil(struct kx_earlier *earlier, struct kx_prior_names *names,
      const char *how, const char *number)
{
    size_t n = strtoul(number, NULL, 10), i;
    const struct kx_prior_name *name;

    if (strcmp(how, "without") == 0 && strcmp(number, "all") == 0) {
        names->n = 0;
        return;
    }
    if (n < 1 || n > names->n)
        must(ENOENT, "no such prior key");
    name = &names->names[n - 1];
    for (i = 0; strcmp(how, "wrong") == 0 && i < earlier->n; i++) {
        if (earlier->keys[i].kvno == name->kvno &&
            earlier->keys[i].key.enctype == name->etype)
            earlier->keys[i].key.contents[0] ^= 1;
    }
    if (strcmp(how, "without") == 0)
        memmove(&names->names[n - 1], &names->names[n],
                (names->n-- - n) * sizeof(*names->names));
}

/* Print what comes out of derivation, and whether it is the reply's. */
static void
print_keys(const struct kx_derivation *derivation,
           const struct kx_message *request, const struct kx_message *reply)
{
    unsigned char confirm[KX_CONFIRM_SIZE];
    const krb5_data ours = kx_data(confirm, sizeof(confirm));
    krb5_enctype *etypes;
    krb5_keyblock *keys;
    unsigned int j;
    size_t n, i;

    must(kx_common_etypes(context, &request->offer.tbs, &reply->offer.tbs,
                          &etypes, &n),
         "encryption types");
    keys = calloc(n, sizeof(*keys));
    must(keys == NULL ? ENOMEM : 0, "memory");
    must(kx_derive(context, derivation, etypes, n, keys, confirm), "keys");
    for (i = 0; i < n; i++) {
        printf("key ");
        for (j = 0; j < keys[i].length; j++)
            printf("%02x", keys[i].contents[j]);
        printf("\n");
        krb5_free_keyblock_contents(context, &keys[i]);
    }
    free(keys);
    free(etypes);
    printf(kx_data_equal(&ours, &reply->confirm) ? "confirmed\n"
                                                 : "not confirmed\n");
}

int
main(int argc, char **argv)
{
    struct kx_derivation derivation = {0};
    struct kx_message *request, *reply;
    struct kx_prior_values values;
    struct kx_prior_names names;
    struct kx_earlier earlier;
    krb5_data ephemerals;

    if (argc != 5 && argc != 7)
        return 2;
    kx_init_errors();
    if (krb5_init_context(&context) != 0)
        return 1;
    request = read_message(KX_MSG_REQ, argv[1]);
    reply = read_message(KX_MSG_REP, argv[2]);
    ephemerals = read_file(argv[3]);
    earlier = read_keytab(argv[4], reply->offer.tbs.kxname);
    must(kx_prior_get(context, &reply->offer.tbs, &names), "prior keys");
    printf("prior %zu\n", names.n);
    if (argc == 7)
        spoil(&earlier, &names, argv[5], argv[6]);

    derivation.kxname = reply->offer.tbs.kxname;
    derivation.till = reply->offer.tbs.till;
    derivation.kvno = reply->offer.tbs.kvno;
    derivation.z = share(&ephemerals, &request->offer, &reply->offer);
    must(kx_transcript(context, &request->offer.tbs_der, &reply->offer.tbs_der,
                       derivation.transcript),
         "transcript");
    must(kx_prior_values(context, &earlier, &names, derivation.transcript,
                         &values),
         "prior keys");
    derivation.prior = values.keys;
    derivation.n_prior = values.n;
    print_keys(&derivation, request, reply);

    kx_prior_values_clear(&values);
    free(names.names);
    kx_earlier_clear(context, &earlier);
    kx_data_free(&derivation.z);
    kx_data_free(&ephemerals);
    kx_message_free(request);
    kx_message_free(reply);
    krb5_free_context(context);
    return 0;
}
