/*
 * algorithm.c: AlgorithmIdentifier (RFC 5280 4.1.1.2) and lists of it.
 *
 * The parameters depend on the algorithm; to us they are one element of DER,
 * whose meaning whoever knows the algorithm looks at.
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include "asn1/codec.h"

void
kx_algorithm_clear(struct kx_algorithm *algorithm)
{
    if (algorithm == NULL)
        return;
    free(algorithm->oid);
    algorithm->oid = NULL;
    kx_data_free(&algorithm->parameters);
}

void
kx_asn1_algorithms_free(struct kx_algorithm **algorithms, size_t *n)
{
    size_t i;

    for (i = 0; i < *n; i++)
        kx_algorithm_clear(&(*algorithms)[i]);
    free(*algorithms);
    *algorithms = NULL;
    *n = 0;
}

krb5_error_code
kx_asn1_get_algorithm(krb5_context context, asn1_node_const node,
                      struct kx_algorithm *out)
{
    struct kx_algorithm algorithm = {.oid = NULL};
    krb5_error_code ret;

    ret = kx_asn1_get_oid(context, node, "algorithm", &algorithm.oid);
    if (ret == 0 && kx_asn1_field(node, "parameters") != NULL) {
        ret = kx_asn1_get_octets(context, node, "parameters", 1,
                                 KX_MAX_ALGORITHM_PARAMETERS,
                                 &algorithm.parameters);
        if (ret == 0)
            ret = kx_element_check(context, &algorithm.parameters,
                                   KX_MAX_ALGORITHM_PARAMETERS);
    }
    if (ret != 0) {
        kx_algorithm_clear(&algorithm);
        return ret;
    }
    *out = algorithm;
    return 0;
}

krb5_error_code
kx_asn1_put_algorithm(krb5_context context, asn1_node node,
                      const struct kx_algorithm *value)
{
    krb5_error_code ret;

    ret = kx_asn1_put_oid(context, node, "algorithm", value->oid);
    if (ret != 0)
        return ret;
    if (value->parameters.length == 0)
        return kx_asn1_put_absent(context, node, "parameters");
    ret = kx_asn1_put_octets(context, node, "parameters", 1,
                             KX_MAX_ALGORITHM_PARAMETERS, &value->parameters);
    if (ret == 0 && kx_element_check(NULL, &value->parameters,
                                     KX_MAX_ALGORITHM_PARAMETERS) != 0)
        ret = kx_error(context, KX_ERR_ENCODE, "parameters of %s are not DER",
                       value->oid);
    return ret;
}

krb5_error_code
kx_asn1_get_algorithms(krb5_context context, asn1_node_const parent,
                       const char *field, struct kx_algorithm **out, size_t *n)
{
    struct kx_algorithm *algorithms;
    size_t i, count, done = 0;
    krb5_error_code ret;
    asn1_node_const list;

    list = kx_asn1_field(parent, field);
    ret = kx_asn1_get_count(context, parent, field, &count);
    if (ret != 0)
        return ret;
    algorithms = calloc(count, sizeof(*algorithms));
    if (algorithms == NULL)
        return kx_error(context, ENOMEM, "out of memory");
    for (i = 0; ret == 0 && i < count; i++) {
        ret = kx_asn1_get_algorithm(context, kx_asn1_list_element(list, i),
                                    &algorithms[i]);
        if (ret == 0)
            done++;
    }
    if (ret != 0) {
        kx_asn1_algorithms_free(&algorithms, &done);
        return ret;
    }
    *out = algorithms;
    *n = count;
    return 0;
}

krb5_error_code
kx_asn1_put_algorithms(krb5_context context, asn1_node parent,
                       const char *field, const struct kx_algorithm *values,
                       size_t n)
{
    krb5_error_code ret;
    asn1_node list;
    size_t i;

    list = kx_asn1_field(parent, field);
    ret = kx_asn1_put_count(context, field, n, KX_MAX_ALGORITHMS);
    for (i = 0; ret == 0 && i < n; i++) {
        ret = kx_asn1_put_element(context, parent, field);
        if (ret == 0)
            ret = kx_asn1_put_algorithm(context, kx_asn1_list_element(list, i),
                                        &values[i]);
    }
    return ret;
}
