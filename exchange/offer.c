/*
 * offer.c: making our own offers, and the keys of two offers put together.
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "exchange/offer.h"

/* Copy one algorithm.  Errors: ENOMEM (nothing is left in *out). */
static krb5_error_code
copy_algorithm(const struct kx_algorithm *in, struct kx_algorithm *out)
{
    out->oid = strdup(in->oid);
    if (out->oid == NULL)
        return ENOMEM;
    if (kx_data_copy(&in->parameters, &out->parameters) != 0) {
        free(out->oid);
        out->oid = NULL;
        return ENOMEM;
    }
    return 0;
}

/* Copy a list of n algorithms; *count grows with what is there to release. */
static krb5_error_code
copy_algorithms(const struct kx_algorithm *in, size_t n,
                struct kx_algorithm **out, size_t *count)
{
    krb5_error_code ret;

    *out = calloc(n, sizeof(**out));
    if (*out == NULL)
        return ENOMEM;
    for (*count = 0; *count < n; (*count)++) {
        ret = copy_algorithm(&in[*count], &(*out)[*count]);
        if (ret)
            return ret;
    }
    return 0;
}

/* Tell the roots that we accept; without any, all are. */
static krb5_error_code
copy_roots(const struct kx_roots *roots, struct kx_tbsdata *tbs)
{
    krb5_error_code ret;
    unsigned int i;

    if (roots == NULL || roots->n == 0)
        return 0;
    tbs->accept_ca = calloc(roots->n, sizeof(*tbs->accept_ca));
    if (tbs->accept_ca == NULL)
        return ENOMEM;
    for (i = 0; i < roots->n; i++) {
        ret = kx_data_copy(&roots->ca[i], &tbs->accept_ca[i]);
        if (ret)
            return ret;
        tbs->n_accept_ca++;
    }
    return 0;
}

/* Fill tbs with what terms and settings say. */
static krb5_error_code
fill_tbsdata(krb5_context context, const struct kx_settings *settings,
             const struct kx_terms *terms, struct kx_tbsdata *tbs)
{
    krb5_error_code ret;
    const struct kx_algorithm *list;
    size_t n;

    tbs->request_time = terms->request_time;
    tbs->till = terms->till;
    tbs->has_kvno = terms->kvno != 0;
    tbs->kvno = terms->kvno;
    ret = krb5_copy_principal(context, terms->kxname, &tbs->kxname);
    if (ret)
        return ret;
    ret = kx_data_copy(kx_ephemeral_public(terms->ephemeral),
                       &tbs->key_exchange);
    if (ret)
        return ret;
    tbs->accept_etype = calloc(settings->n_etypes, sizeof(krb5_enctype));
    if (tbs->accept_etype == NULL)
        return ENOMEM;
    memcpy(tbs->accept_etype, settings->etypes,
           settings->n_etypes * sizeof(krb5_enctype));
    tbs->n_accept_etype = settings->n_etypes;
    /* accept-sigalg is left out: we accept all of the protocol's. */
    list = kx_group_algorithms(&n);
    ret = copy_algorithms(list, n, &tbs->accept_group, &tbs->n_accept_group);
    if (ret)
        return ret;
    ret = copy_roots(terms->roots, tbs);
    if (ret)
        return ret;
    return kx_prior_put(context, &terms->prior, tbs);
}

krb5_error_code
kx_offer_make(krb5_context context, const struct kx_settings *settings,
              const struct kx_identity *identity, const struct kx_terms *terms,
              struct kx_message **out)
{
    krb5_error_code ret;
    struct kx_message *message;
    struct kx_offer *offer;
    const struct kx_algorithm *sigalg;

    *out = NULL;
    message = calloc(1, sizeof(*message));
    if (message == NULL)
        return ENOMEM;
    message->msg_type = terms->msg_type;
    offer = &message->offer;
    offer->nonce = terms->nonce;
    ret = fill_tbsdata(context, settings, terms, &offer->tbs);
    if (ret)
        goto cleanup;
    ret = kx_encode_tbsdata(context, &offer->tbs, &offer->tbs_der);
    if (ret)
        goto cleanup;
    offer->chain = calloc(identity->n_chain, sizeof(*offer->chain));
    if (offer->chain == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    for (; offer->n_chain < identity->n_chain; offer->n_chain++) {
        ret = kx_data_copy(&identity->chain[offer->n_chain],
                           &offer->chain[offer->n_chain]);
        if (ret)
            goto cleanup;
    }
    ret = kx_sign(context, identity, terms->accepted, terms->n_accepted,
                  &offer->tbs_der, &sigalg, &offer->signature);
    if (ret)
        goto cleanup;
    ret = copy_algorithm(sigalg, &offer->sigalg);
    if (ret)
        goto cleanup;
    *out = message;
    message = NULL;

cleanup:
    kx_message_free(message);
    return ret;
}

krb5_error_code
kx_offers_derive(krb5_context context, const struct kx_offer *request,
                 const struct kx_offer *reply, const krb5_data *z,
                 const struct kx_earlier *earlier, enum kx_group group,
                 time_t now, struct kx_crossover **crossover,
                 unsigned char confirm[KX_CONFIRM_SIZE])
{
    krb5_error_code ret;
    struct kx_derivation derivation = {0};
    struct kx_crossover *made = NULL;
    struct kx_prior_names names = {0};
    struct kx_prior_values prior = {0};
    krb5_enctype *etypes = NULL;
    size_t n;

    *crossover = NULL;
    ret = kx_common_etypes(context, &request->tbs, &reply->tbs, &etypes, &n);
    if (ret)
        return ret;
    derivation.kxname = reply->tbs.kxname;
    derivation.till = reply->tbs.till;
    derivation.kvno = reply->tbs.kvno;
    derivation.z = *z;
    ret = kx_transcript(context, &request->tbs_der, &reply->tbs_der,
                        derivation.transcript);
    if (ret)
        goto cleanup;
    ret = kx_prior_get(context, &reply->tbs, &names);
    if (ret)
        goto cleanup;
    ret = kx_prior_values(context, earlier, &names, derivation.transcript,
                          &prior);
    if (ret)
        goto cleanup;
    derivation.prior = prior.keys;
    derivation.n_prior = prior.n;

    made = calloc(1, sizeof(*made));
    if (made == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    ret = krb5_copy_principal(context, reply->tbs.kxname, &made->name);
    if (ret)
        goto cleanup;
    made->kvno = reply->tbs.kvno;
    made->till = reply->tbs.till;
    made->established = now;
    made->origin.prior = (unsigned int)prior.n;
    made->origin.chain = prior.chain < UINT_MAX ? prior.chain + 1 : UINT_MAX;
    made->origin.group = strdup(kx_group_name(group));
    made->keys = calloc(n, sizeof(*made->keys));
    if (made->origin.group == NULL || made->keys == NULL) {
        ret = ENOMEM;
        goto cleanup;
    }
    ret = kx_derive(context, &derivation, etypes, n, made->keys, confirm);
    if (ret)
        goto cleanup;
    made->n_keys = n;
    *crossover = made;
    made = NULL;

cleanup:
    free(etypes);
    free(names.names);
    kx_prior_values_clear(&prior);
    if (ret)
        kx_zap(confirm, KX_CONFIRM_SIZE);
    kx_zap(&derivation, sizeof(derivation));
    kx_crossover_free(context, made);
    return ret;
}

/* Give "sha256:" and the digest of certificate in *out (allocated). */
static krb5_error_code
fingerprint(krb5_context context, const krb5_data *certificate, char **out)
{
    static const char prefix[] = "sha256:";
    unsigned char digest[32];
    const gnutls_datum_t bytes = {digest, sizeof(digest)};
    char hex[2 * sizeof(digest) + 1], *text;
    size_t size = sizeof(hex);

    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, certificate->data,
                         certificate->length, digest) < 0 ||
        gnutls_hex_encode(&bytes, hex, &size) < 0)
        return kx_error(context, KX_ERR_CRYPTO, "SHA-256 cannot be computed");
    text = malloc(sizeof(prefix) + sizeof(hex));
    if (text == NULL)
        return ENOMEM;
    (void)sprintf(text, "%s%s", prefix, hex);
    *out = text;
    return 0;
}

krb5_error_code
kx_offer_origin(krb5_context context, struct kx_crossover *crossover,
                const struct kx_offer *peer, const char *host, uint16_t port,
                const struct kx_tlsa *tlsa)
{
    struct kx_origin *origin = &crossover->origin;
    char text[KX_TLSA_TEXT_SIZE], *p;

    (void)kx_tlsa_text(tlsa, text);
    /* In a mark, blanks stand between fields. */
    for (p = text; *p != '\0'; p++) {
        if (*p == ' ')
            *p = '-';
    }
    origin->port = port;
    origin->host = strdup(host);
    origin->tlsa = strdup(text);
    if (origin->host == NULL || origin->tlsa == NULL)
        return ENOMEM;
    return fingerprint(context, &peer->chain[0], &origin->certificate);
}
