/*
 * check_tlsa.c: check 5, a TLSA record fits the peer's chain.
 *
 * Of several records one that fits is enough, so that an administrator can
 * publish the next certificate's record beside the present one's.  What a
 * match is worth depends on the record's usage (RFC 6698 2.1.1, RFC 7671 5):
 *
 *   3  the first certificate is the one; nothing else in it counts
 *   2  a further certificate is the root of trust for the ones before it
 *   1  the first certificate is the one, and also has a path to our roots
 *   0  a further certificate is on the path to our roots
 *
 * For 2, 1 and 0 the first certificate must name the realm or its server and
 * be meant for a KDC.
 *
 * A stranger chooses how many records and certificates there are, so the loop
 * is over the certificates: each is digested once in each way, and the path to
 * each is judged once for each usage, however many records match it.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <gnutls/x509.h>
#include "exchange/validate.h"

enum { PKIX_TA = 0, PKIX_EE = 1, DANE_TA = 2, DANE_EE = 3 };
enum { SHA256 = 1, SHA512 = 2 };

#define N_SELECTORS 2
#define N_MATCHING_TYPES 3

/* What the records say of one certificate; made where one asks for it. */
struct digests {
    struct kx_tlsa made[N_SELECTORS][N_MATCHING_TYPES];
};

/* Release what digests holds. */
static void
clear_digests(struct digests *digests)
{
    size_t s, m;

    for (s = 0; s < N_SELECTORS; s++) {
        for (m = 0; m < N_MATCHING_TYPES; m++)
            kx_data_free(&digests->made[s][m].data);
    }
}

/*
 * *matches says whether the usable record is of the certificate (DER, one of a
 * chain that kx_chain_read() has read), which digests is of.  Errors: those of
 * kx_tlsa_make().
 */
static krb5_error_code
match(krb5_context context, const struct kx_tlsa *record,
      const krb5_data *certificate, struct digests *digests,
      krb5_boolean *matches)
{
    struct kx_tlsa *made =
        &digests->made[record->selector][record->matching_type];
    krb5_error_code ret;

    *matches = FALSE;
    if (made->data.data == NULL) {
        ret = kx_tlsa_make_read(context, record->usage, record->selector,
                                record->matching_type, certificate, made);
        if (ret)
            return ret;
    }
    *matches = kx_data_equal(&made->data, &record->data);
    return 0;
}

/*
 * True if the record, which has a SHA-256 digest, does not count because there
 * is one of the same usage and selector with SHA-512: who publishes the
 * stronger digest need not fear for the weaker one (RFC 7671 9).  usable tells
 * of each of claim's records whether it can be used.
 */
static krb5_boolean
is_outdone(const struct kx_claim *claim, const krb5_boolean *usable,
           const struct kx_tlsa *record)
{
    const struct kx_tlsa *other;
    size_t r;

    if (record->matching_type != SHA256)
        return FALSE;
    for (r = 0; r < claim->n_tlsa; r++) {
        other = &claim->tlsa[r];
        if (usable[r] && other->matching_type == SHA512 &&
            other->usage == record->usage &&
            other->selector == record->selector)
            return TRUE;
    }
    return FALSE;
}

/*
 * Find claim's first record of that usage that counts and is of the
 * certificate (DER): *found, or NULL.  Errors: those of kx_tlsa_make().
 */
static krb5_error_code
find_record(krb5_context context, const struct kx_claim *claim,
            const krb5_boolean *usable, unsigned int usage,
            const krb5_data *certificate, struct digests *digests,
            const struct kx_tlsa **found)
{
    const struct kx_tlsa *record;
    krb5_error_code ret;
    krb5_boolean matches;
    size_t r;

    *found = NULL;
    for (r = 0; r < claim->n_tlsa; r++) {
        record = &claim->tlsa[r];
        if (!usable[r] || record->usage != usage ||
            is_outdone(claim, usable, record))
            continue;
        ret = match(context, record, certificate, digests, &matches);
        if (ret)
            return ret;
        if (matches) {
            *found = record;
            return 0;
        }
    }
    return 0;
}

/*
 * Judge the chain, of whose certificate number index there is a record of that
 * usage.  Errors: those of kx_check_tlsa() for a record that matches.
 */
static krb5_error_code
judge(krb5_context context, const struct kx_chain *chain,
      const struct kx_claim *claim, unsigned int usage, unsigned int index)
{
    krb5_error_code ret;
    unsigned int root = index;

    if (usage == DANE_EE)
        return 0;
    ret = kx_check_names(context, chain->certificate[0], claim->realm,
                         claim->host);
    if (ret == 0)
        ret = kx_check_purpose(context, chain->certificate[0]);
    if (usage != DANE_TA)
        root = chain->n - 1;
    if (ret == 0)
        ret = kx_check_path(context, chain, root, claim->now);
    /* The last one to ask, as KX_ERR_ANCHOR means that nothing else is wrong:
     * the peer is then told which roots would do. */
    if (ret == 0 && usage != DANE_TA)
        ret =
            kx_check_anchors(context, chain, claim->anchors, claim->n_anchors);
    return ret;
}

/*
 * True if code is a verdict that no further record can change: the first
 * certificate is believed, or it is a wrong one for each record but those of
 * usage 3, which are judged before.
 */
static krb5_boolean
is_final(krb5_error_code code)
{
    return code == 0 || code == KX_ERR_CERT_NAME ||
           code == KX_ERR_CERT_PURPOSE;
}

/*
 * Judge the chain by the records of its certificate number index; *matched
 * gets the one that suffices.  Errors: KX_ERR_TLSA_MISMATCH (no message set)
 * if no record is of the certificate, else as judge().
 */
static krb5_error_code
judge_certificate(krb5_context context, const struct kx_chain *chain,
                  const struct kx_claim *claim, const krb5_boolean *usable,
                  unsigned int index, const struct kx_tlsa **matched)
{
    static const unsigned int of_first[] = {DANE_EE, PKIX_EE};
    static const unsigned int of_further[] = {DANE_TA, PKIX_TA};
    const unsigned int *usages = index == 0 ? of_first : of_further;
    struct digests digests = {0};
    const struct kx_tlsa *record;
    krb5_error_code ret, worst = KX_ERR_TLSA_MISMATCH;
    size_t u;

    for (u = 0; u < 2; u++) {
        ret = find_record(context, claim, usable, usages[u],
                          &chain->der[index], &digests, &record);
        if (ret == 0 && record == NULL)
            continue;
        if (ret == 0)
            ret = judge(context, chain, claim, usages[u], index);
        worst = ret;
        if (ret == 0)
            *matched = record;
        if (is_final(ret))
            break;
    }
    clear_digests(&digests);
    return worst;
}

/*
 * Say that no record is of a certificate of the chain; and if a record did not
 * count for another one's sake, say that too, for it may be the one that the
 * administrator had in mind.
 */
static void
set_mismatch(krb5_context context, const struct kx_claim *claim,
             const krb5_boolean *usable)
{
    krb5_boolean outdone = FALSE;
    size_t r;

    for (r = 0; r < claim->n_tlsa && !outdone; r++)
        outdone = usable[r] && is_outdone(claim, usable, &claim->tlsa[r]);
    kx_error(context, KX_ERR_TLSA_MISMATCH,
             "no TLSA record of %s is of the certificate chain: "
             "publish the record of the present certificate%s",
             claim->host,
             outdone ? " (SHA-256 does not count beside SHA-512)" : "");
}

krb5_error_code
kx_check_tlsa(krb5_context context, const struct kx_chain *chain,
              const struct kx_claim *claim, const struct kx_tlsa **matched)
{
    krb5_error_code ret, worst = KX_ERR_TLSA_UNUSABLE;
    krb5_boolean *usable;
    unsigned int i;
    size_t r;

    *matched = NULL;
    usable = calloc(claim->n_tlsa + 1, sizeof(*usable));
    if (usable == NULL)
        return ENOMEM;
    for (r = 0; r < claim->n_tlsa; r++) {
        usable[r] = kx_tlsa_is_usable(&claim->tlsa[r]) &&
                    (claim->tlsa[r].usage >= DANE_TA || claim->n_anchors > 0);
        if (usable[r])
            worst = KX_ERR_TLSA_MISMATCH;
    }
    for (i = 0; i < chain->n && worst != KX_ERR_TLSA_UNUSABLE; i++) {
        ret = judge_certificate(context, chain, claim, usable, i, matched);
        /* A record that matches but does not suffice tells more. */
        if (ret != KX_ERR_TLSA_MISMATCH)
            worst = ret;
        if (is_final(ret))
            break;
    }
    if (worst == KX_ERR_TLSA_UNUSABLE)
        kx_error(context, worst,
                 "no TLSA record of %s can be used: it needs usage 3 "
                 "or 2 (0 and 1 count only with kxover_anchors), "
                 "selector 0 or 1 and matching type 0, 1 or 2",
                 claim->host);
    if (worst == KX_ERR_TLSA_MISMATCH)
        set_mismatch(context, claim, usable);
    free(usable);
    return worst;
}

krb5_error_code
kx_judge_peer(krb5_context context, const struct kx_chain *chain,
              const struct kx_claim *claim, const struct kx_tlsa **matched)
{
    struct kx_found found = {.n_tlsa = 1};
    krb5_error_code ret;

    kx_step_begin(claim->course, KX_STEP_DANE);
    ret = kx_check_tlsa(context, chain, claim, matched);
    found.tlsa = *matched;
    (void)kx_step_end(claim->course, KX_STEP_DANE, ret, ret ? NULL : &found);
    if (ret)
        return ret;
    kx_step_begin(claim->course, KX_STEP_ROOTS);
    ret = kx_check_anchors(context, chain, claim->anchors, claim->n_anchors);
    if (ret == 0)
        ret = kx_check_revoked(context, chain, claim);
    if (ret)
        *matched = NULL;
    return kx_step_end(claim->course, KX_STEP_ROOTS, ret, NULL);
}
