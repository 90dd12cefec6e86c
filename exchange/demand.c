/*
 * demand.c: what a peer demands of the identity that we come with: by the
 * accept-ca and accept-sigalg of its offer, or by its refusal.
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exchange/demand.h"
#include "exchange/roots.h"

/* So many roots are told in a message. */
#define ROOTS_IN_TEXT 3

krb5_error_code
kx_demand_of_offer(const struct kx_tbsdata *offer, struct kx_demand *out)
{
    krb5_error_code ret = 0;
    krb5_data *root;
    size_t i;

    memset(out, 0, sizeof(*out));
    out->accepted = offer->accept_sigalg;
    out->n_accepted = offer->n_accept_sigalg;
    if (offer->n_accept_ca == 0)
        return 0;
    out->roots = calloc(offer->n_accept_ca, sizeof(*out->roots));
    if (out->roots == NULL)
        return ENOMEM;
    for (i = 0; i < offer->n_accept_ca && ret == 0; i++) {
        root = &out->roots[out->n_roots];
        ret = kx_ca_key_id(&offer->accept_ca[i], root);
        if (ret == 0)
            out->n_roots++;
        /* Who names one that we cannot find out must judge for itself. */
        if (ret == 0 && root->length == 0)
            break;
    }
    if (ret || i < offer->n_accept_ca) {
        kx_datas_free(out->roots, out->n_roots);
        out->roots = NULL;
        out->n_roots = 0;
    }
    return ret;
}

krb5_error_code
kx_demand_of_refusal(krb5_context context, const krb5_data *e_data,
                     struct kx_demand *out)
{
    memset(out, 0, sizeof(*out));
    return kx_decode_certifiers(context, e_data, &out->roots, &out->n_roots);
}

void
kx_demand_clear(struct kx_demand *demand)
{
    kx_datas_free(demand->roots, demand->n_roots);
    memset(demand, 0, sizeof(*demand));
}

krb5_boolean
kx_demand_has_root(const struct kx_demand *demand, const krb5_data *root)
{
    size_t i;

    for (i = 0; i < demand->n_roots; i++) {
        if (kx_data_equal(&demand->roots[i], root))
            return TRUE;
    }
    return demand->n_roots == 0;
}

const char *
kx_demand_text(const struct kx_demand *demand, char *text)
{
    size_t i, j, end = 0;

    (void)snprintf(text, KX_DEMAND_TEXT_SIZE, "none");
    for (i = 0; i < demand->n_roots && i < ROOTS_IN_TEXT; i++) {
        if (i > 0)
            end +=
                (size_t)snprintf(text + end, KX_DEMAND_TEXT_SIZE - end, ", ");
        for (j = 0; j < demand->roots[i].length && j < KX_MAX_KEY_ID; j++)
            end += (size_t)snprintf(
                text + end, KX_DEMAND_TEXT_SIZE - end, "%02x",
                (unsigned int)(unsigned char)demand->roots[i].data[j]);
    }
    if (i < demand->n_roots)
        (void)snprintf(text + end, KX_DEMAND_TEXT_SIZE - end, ", ...");
    return text;
}
