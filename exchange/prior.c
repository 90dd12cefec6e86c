/*
 * prior.c: which keys of before go into a new one, and how.
 *
 * A key is never shown, and never mixed in as it is: what leaves it is PRF+ of
 * it (RFC 6113 5.1) over a label and what is new in this exchange,
 *
 *   check   PRF+(key, "KXOVER-CHECK" | request's key-exchange)   16 bytes
 *   value   PRF+(key, "KXOVER-PRIOR" | transcript)               64 bytes
 *
 * The check tells the responder whether its key of that version and type is
 * the same one.  It may not be: a database was restored from a backup, or an
 * administrator set a key.  Names alone would then agree, the keys not, and
 * the confirmation would fail.  To repeat such an exchange without prior keys
 * would mend that, but would be a gift: the confirmation is not signed, so
 * whoever can alter one byte on the way could make both sides leave their
 * prior keys out.  With checks the responder sees it in time, and what it
 * mixes in stands in its signed part.  An attacker without a signing key of
 * one side then gains nothing: names and checks are signed, and a reply that
 * goes with another request does not confirm.  With one, the attacker is that
 * side, except for the prior keys: such an exchange mixes none in, and the
 * mark's chain, which begins from 1 again, shows it.
 *
 * A check is to its key what a ticket under it is: of no use to whoever lacks
 * the key, but one who guesses it sees that the guess is right.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/prior.h"

#define CHECK_LABEL "KXOVER-CHECK"
#define VALUE_LABEL "KXOVER-PRIOR"
#define LABEL_SIZE (sizeof(CHECK_LABEL) - 1)
#define VALUE_SIZE 64

/*
 * Fill out, whose length says how much, with PRF+ of key over label and data.
 * Errors: KX_ERR_CRYPTO, KX_ERR_TOO_LONG.
 */
static krb5_error_code
prf_plus(krb5_context context, const krb5_keyblock *key, const char *label,
         const krb5_data *data, krb5_data *out)
{
    char input[LABEL_SIZE + KX_MAX_KEY_EXCHANGE] = {0};
    krb5_data in = kx_data(input, LABEL_SIZE + data->length);

    if (data->length > KX_MAX_KEY_EXCHANGE)
        return kx_error(context, KX_ERR_TOO_LONG,
                        "what a prior key is bound to is too long");
    memcpy(input, label, LABEL_SIZE);
    memcpy(input + LABEL_SIZE, data->data, data->length);
    if (krb5_c_prfplus(context, key, &in, out) != 0)
        return kx_error(context, KX_ERR_CRYPTO,
                        "PRF+ of a key of encryption type %d cannot be "
                        "computed",
                        (int)key->enctype);
    return 0;
}

/* Make the name of key for a request with key-exchange public. */
static krb5_error_code
make_name(krb5_context context, const struct kx_earlier_key *key,
          const krb5_data *public, struct kx_prior_name *name)
{
    krb5_data check = kx_data(name->check, sizeof(name->check));

    name->kvno = key->kvno;
    name->etype = key->key.enctype;
    return prf_plus(context, &key->key, CHECK_LABEL, public, &check);
}

/* For qsort(). */
static int
compare_names(const void *a, const void *b)
{
    return kx_prior_name_compare(a, b);
}

/* The first key of earlier that has the version and type of name, or NULL. */
static const struct kx_earlier_key *
find_key(const struct kx_earlier *earlier, const struct kx_prior_name *name)
{
    size_t i;

    for (i = 0; i < earlier->n; i++) {
        if (earlier->keys[i].kvno == name->kvno &&
            earlier->keys[i].key.enctype == name->etype)
            return &earlier->keys[i];
    }
    return NULL;
}

/* True if PRF+ is there for keys of etype: not for those that are past. */
static krb5_boolean
can_mix(krb5_context context, krb5_enctype etype)
{
    size_t length;

    return krb5_c_prf_length(context, etype, &length) == 0;
}

krb5_error_code
kx_prior_name_all(krb5_context context, const struct kx_earlier *earlier,
                  const krb5_data *public, struct kx_prior_names *out)
{
    krb5_error_code ret = 0;
    const struct kx_earlier_key *key;
    struct kx_prior_name name = {0};
    size_t i;

    memset(out, 0, sizeof(*out));
    if (earlier->n == 0)
        return 0;
    out->names = calloc(KX_MAX_PRIOR_KEYS, sizeof(*out->names));
    if (out->names == NULL)
        return ENOMEM;
    for (i = 0; i < earlier->n && out->n < KX_MAX_PRIOR_KEYS; i++) {
        key = &earlier->keys[i];
        name.kvno = key->kvno;
        name.etype = key->key.enctype;
        /* Two keys may differ in their salt alone. */
        if (find_key(earlier, &name) != key || !can_mix(context, name.etype))
            continue;
        ret = make_name(context, key, public, &out->names[out->n]);
        if (ret) {
            free(out->names);
            memset(out, 0, sizeof(*out));
            return ret;
        }
        out->n++;
    }
    qsort(out->names, out->n, sizeof(*out->names), compare_names);
    return 0;
}

krb5_error_code
kx_prior_name_common(krb5_context context, const struct kx_earlier *earlier,
                     const krb5_data *public,
                     const struct kx_prior_names *asked,
                     struct kx_prior_names *out)
{
    krb5_error_code ret;
    const struct kx_earlier_key *key;
    struct kx_prior_name name;
    krb5_data ours, theirs;
    size_t i;

    memset(out, 0, sizeof(*out));
    if (asked->n == 0)
        return 0;
    out->names = calloc(asked->n, sizeof(*out->names));
    if (out->names == NULL)
        return ENOMEM;
    for (i = 0; i < asked->n; i++) {
        key = find_key(earlier, &asked->names[i]);
        if (key == NULL || !can_mix(context, key->key.enctype))
            continue;
        ret = make_name(context, key, public, &name);
        if (ret) {
            free(out->names);
            memset(out, 0, sizeof(*out));
            return ret;
        }
        ours = kx_data(name.check, sizeof(name.check));
        theirs = kx_data(asked->names[i].check, sizeof(name.check));
        if (kx_data_equal_secret(&ours, &theirs))
            out->names[out->n++] = name;
    }
    return 0;
}

krb5_error_code
kx_prior_put(krb5_context context, const struct kx_prior_names *names,
             struct kx_tbsdata *tbs)
{
    krb5_error_code ret;

    if (names->n == 0)
        return 0;
    tbs->extensions = calloc(1, sizeof(*tbs->extensions));
    if (tbs->extensions == NULL)
        return ENOMEM;
    tbs->n_extensions = 1;
    ret = kx_data_copy(&kx_prior_oid, &tbs->extensions[0].oid);
    if (ret)
        return ret;
    return kx_encode_prior_names(context, names->names, names->n,
                                 &tbs->extensions[0].value);
}

krb5_error_code
kx_prior_get(krb5_context context, const struct kx_tbsdata *tbs,
             struct kx_prior_names *out)
{
    const struct kx_extension *found = NULL;
    size_t i;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < tbs->n_extensions; i++) {
        if (!kx_data_equal(&tbs->extensions[i].oid, &kx_prior_oid))
            continue;
        if (found != NULL)
            return kx_error(context, KX_ERR_DECODE,
                            "the extension with prior keys is there twice");
        found = &tbs->extensions[i];
    }
    if (found == NULL)
        return 0;
    return kx_decode_prior_names(context, &found->value, &out->names, &out->n);
}

/* True if name is among names, with the same check. */
static krb5_boolean
is_among(const struct kx_prior_names *names, const struct kx_prior_name *name)
{
    size_t i;

    for (i = 0; i < names->n; i++) {
        if (kx_prior_name_compare(&names->names[i], name) == 0 &&
            memcmp(names->names[i].check, name->check, sizeof(name->check)) ==
                0)
            return TRUE;
    }
    return FALSE;
}

krb5_error_code
kx_prior_check_reply(krb5_context context, const struct kx_tbsdata *request,
                     const struct kx_tbsdata *reply)
{
    krb5_error_code ret;
    struct kx_prior_names asked = {0}, given = {0};
    size_t i;

    ret = kx_prior_get(context, request, &asked);
    if (ret == 0)
        ret = kx_prior_get(context, reply, &given);
    for (i = 0; ret == 0 && i < given.n; i++) {
        if (!is_among(&asked, &given.names[i]))
            ret = kx_error(context, KX_ERR_PRIOR,
                           "key version %lu of encryption type %d is to be "
                           "mixed in, which our request did not name",
                           (unsigned long)given.names[i].kvno,
                           (int)given.names[i].etype);
    }
    free(asked.names);
    free(given.names);
    return ret;
}

/* The chain of the newest of earlier that is among names; 0 for none. */
static unsigned int
newest_chain(const struct kx_earlier *earlier,
             const struct kx_prior_names *names)
{
    size_t i, j;

    for (i = 0; i < earlier->n; i++) {
        for (j = 0; j < names->n; j++) {
            if (earlier->keys[i].kvno == names->names[j].kvno &&
                earlier->keys[i].key.enctype == names->names[j].etype)
                return earlier->keys[i].chain;
        }
    }
    return 0;
}

krb5_error_code
kx_prior_values(krb5_context context, const struct kx_earlier *earlier,
                const struct kx_prior_names *names,
                const unsigned char *transcript, struct kx_prior_values *out)
{
    krb5_error_code ret = 0;
    const krb5_data bound = kx_data(transcript, KX_TRANSCRIPT_SIZE);
    const struct kx_earlier_key *key;
    struct kx_prior_key *value;

    memset(out, 0, sizeof(*out));
    if (names->n == 0)
        return 0;
    out->keys = calloc(names->n, sizeof(*out->keys));
    if (out->keys == NULL)
        return ENOMEM;
    for (; ret == 0 && out->n < names->n; out->n++) {
        value = &out->keys[out->n];
        value->kvno = names->names[out->n].kvno;
        value->etype = names->names[out->n].etype;
        key = find_key(earlier, &names->names[out->n]);
        if (key == NULL) {
            ret = kx_error(context, KX_ERR_PRIOR,
                           "key version %lu of encryption type %d is not here "
                           "any more",
                           (unsigned long)value->kvno, (int)value->etype);
            break;
        }
        value->value = kx_data(calloc(VALUE_SIZE, 1), VALUE_SIZE);
        if (value->value.data == NULL) {
            value->value.length = 0;
            ret = ENOMEM;
        } else {
            ret = prf_plus(context, &key->key, VALUE_LABEL, &bound,
                           &value->value);
        }
    }
    if (ret)
        kx_prior_values_clear(out);
    else
        out->chain = newest_chain(earlier, names);
    return ret;
}

void
kx_prior_values_clear(struct kx_prior_values *values)
{
    size_t i;

    for (i = 0; i < values->n; i++)
        kx_data_zap_free(&values->keys[i].value);
    free(values->keys);
    memset(values, 0, sizeof(*values));
}
