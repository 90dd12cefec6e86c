/*
 * chains.c: identities and certificate chains for tests.
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include "tests/unit/chains.h"

/* A test without its certificates says nothing: stop it. */
static void
must(int status)
{
    if (status < 0)
        abort();
}

/* Borrow text as GnuTLS has it. */
static gnutls_datum_t
datum(const char *text)
{
    krb5_data borrowed = kx_data(text, strlen(text));
    gnutls_datum_t out = {(unsigned char *)borrowed.data, borrowed.length};

    return out;
}

/* True if the plan's key cannot be made, but only looked at. */
static krb5_boolean
is_huge(const struct certificate_plan *plan)
{
    return plan->algorithm == GNUTLS_PK_RSA && plan->bits > MAX_MADE_BITS;
}

/* Give a certificate a huge RSA key that nobody made: any odd number. */
static void
set_huge_key(gnutls_x509_crt_t crt, unsigned int bits)
{
    unsigned char *number = malloc(bits / 8);
    unsigned char f4[] = {1, 0, 1};
    gnutls_datum_t modulus = {number, bits / 8}, exponent = {f4, sizeof(f4)};
    gnutls_pubkey_t key;

    if (number == NULL)
        abort();
    memset(number, 0xa5, bits / 8);
    must(gnutls_pubkey_init(&key));
    must(gnutls_pubkey_import_rsa_raw(key, &modulus, &exponent));
    must(gnutls_x509_crt_set_pubkey(crt, key));
    gnutls_pubkey_deinit(key);
    free(number);
}

/* Give a certificate the name constraints of plan. */
static void
set_constraints(gnutls_x509_crt_t crt, const struct certificate_plan *plan)
{
    gnutls_x509_name_constraints_t constraints;
    gnutls_datum_t name;

    if (plan->permitted == NULL && plan->excluded == NULL)
        return;
    must(gnutls_x509_name_constraints_init(&constraints));
    if (plan->permitted != NULL) {
        name = datum(plan->permitted);
        must(gnutls_x509_name_constraints_add_permitted(
            constraints, GNUTLS_SAN_DNSNAME, &name));
    }
    if (plan->excluded != NULL) {
        name = datum(plan->excluded);
        must(gnutls_x509_name_constraints_add_excluded(
            constraints, GNUTLS_SAN_DNSNAME, &name));
    }
    must(gnutls_x509_crt_set_name_constraints(crt, constraints, 1));
    gnutls_x509_name_constraints_deinit(constraints);
}

/* Give a certificate the alternative names of plan. */
static void
set_names(gnutls_x509_crt_t crt, const struct certificate_plan *plan)
{
    gnutls_datum_t hex, der;

    if (plan->names != NULL) {
        hex = datum(plan->names);
        must(gnutls_hex_decode2(&hex, &der));
        must(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", der.data,
                                                  der.size, 0));
        gnutls_free(der.data);
        return;
    }
    if (plan->dns_name != NULL)
        must(gnutls_x509_crt_set_subject_alt_name(
            crt, GNUTLS_SAN_DNSNAME, plan->dns_name,
            (unsigned int)strlen(plan->dns_name), GNUTLS_FSAN_APPEND));
    if (plan->principal != NULL)
        must(gnutls_x509_crt_set_subject_alt_name(
            crt, GNUTLS_SAN_OTHERNAME_KRB5PRINCIPAL, plan->principal,
            (unsigned int)strlen(plan->principal), GNUTLS_FSAN_APPEND));
}

/* Give a certificate of version 3 what plan says of its extensions. */
static void
set_extensions(gnutls_x509_crt_t crt, const struct certificate_plan *plan)
{
    if (!plan->no_basic)
        must(gnutls_x509_crt_set_basic_constraints(crt, plan->is_ca ? 1 : 0,
                                                   plan->path_length - 1));
    set_constraints(crt, plan);
    set_names(crt, plan);
    if (plan->purpose != NULL)
        must(gnutls_x509_crt_set_key_purpose_oid(crt, plan->purpose, 0));
    if (plan->usage != 0)
        must(gnutls_x509_crt_set_key_usage(crt, plan->usage));
    if (plan->critical != NULL)
        must(gnutls_x509_crt_set_extension_by_oid(crt, plan->critical,
                                                  "\x05\x00", 2, 1));
}

/* Fill a certificate with what plan says, but for its signature. */
static void
fill(gnutls_x509_crt_t crt, const struct certificate_plan *plan,
     gnutls_privkey_t key, unsigned char serial)
{
    gnutls_pubkey_t public_key;
    time_t now = time(NULL);
    int version = plan->version != 0 ? plan->version : 3;

    if (is_huge(plan)) {
        set_huge_key(crt, plan->bits);
    } else {
        must(gnutls_pubkey_init(&public_key));
        must(gnutls_pubkey_import_privkey(public_key, key, 0, 0));
        must(gnutls_x509_crt_set_pubkey(crt, public_key));
        gnutls_pubkey_deinit(public_key);
    }
    must(gnutls_x509_crt_set_version(crt, (unsigned int)version));
    must(gnutls_x509_crt_set_serial(crt, &serial, 1));
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                       plan->name,
                                       (unsigned int)strlen(plan->name)));
    must(gnutls_x509_crt_set_activation_time(
        crt, plan->not_before ? plan->not_before : now - 3600));
    must(gnutls_x509_crt_set_expiration_time(
        crt, plan->not_after ? plan->not_after : now + 86400));
    if (version == 3)
        set_extensions(crt, plan);
}

/*
 * Sign crt by the issuer of plan, under the name that it signs with: that of a
 * namesake with the same key, where the plan says so.
 */
static void
sign(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer,
     const struct certificate_plan *plan, gnutls_privkey_t key)
{
    krb5_boolean with_sha256 =
        plan->algorithm == GNUTLS_PK_ECDSA ||
        (plan->algorithm == GNUTLS_PK_RSA && !is_huge(plan));
    gnutls_digest_algorithm_t digest = plan->digest;
    struct certificate_plan namesake = *plan;
    gnutls_x509_crt_t other;

    if (digest == 0)
        digest = with_sha256 ? GNUTLS_DIG_SHA256 : GNUTLS_DIG_SHA512;
    if ((plan->issued_as == NULL && !is_huge(plan)) || crt == issuer) {
        must(gnutls_x509_crt_privkey_sign(crt, issuer, key, digest, 0));
        return;
    }
    if (plan->issued_as != NULL)
        namesake.name = plan->issued_as;
    if (is_huge(plan))
        namesake.algorithm = 0;
    must(gnutls_x509_crt_init(&other));
    fill(other, &namesake, key, 99);
    must(gnutls_x509_crt_privkey_sign(other, other, key, digest, 0));
    must(gnutls_x509_crt_privkey_sign(crt, other, key, digest, 0));
    gnutls_x509_crt_deinit(other);
}

struct kx_identity *
make_identity(const struct certificate_plan *plans, size_t n)
{
    struct kx_identity *identity = calloc(1, sizeof(*identity));
    gnutls_privkey_t *keys = calloc(n, sizeof(gnutls_privkey_t));
    gnutls_x509_crt_t *crts = calloc(n, sizeof(gnutls_x509_crt_t));
    gnutls_pk_algorithm_t algorithm;
    gnutls_datum_t der;
    unsigned int bits;
    krb5_data borrowed;
    size_t i, issuer;

    if (identity == NULL || keys == NULL || crts == NULL)
        abort();
    identity->chain = calloc(n, sizeof(*identity->chain));
    identity->n_chain = n;
    for (i = 0; i < n; i++) {
        algorithm = plans[i].algorithm;
        if (algorithm == 0 || is_huge(&plans[i]))
            algorithm = GNUTLS_PK_EDDSA_ED25519;
        bits = is_huge(&plans[i]) ? 0 : plans[i].bits;
        if (bits == 0)
            bits = algorithm == GNUTLS_PK_ECDSA
                       ? (unsigned int)GNUTLS_CURVE_TO_BITS(
                             GNUTLS_ECC_CURVE_SECP256R1)
                       : 0;
        must(gnutls_privkey_init(&keys[i]));
        must(gnutls_privkey_generate(keys[i], algorithm, bits, 0));
        must(gnutls_x509_crt_init(&crts[i]));
        fill(crts[i], &plans[i], keys[i], (unsigned char)(i + 1));
    }
    /* From the root down, so that every issuer is complete when it signs. */
    for (i = n; i-- > 0;) {
        issuer = i + 1 < n ? i + 1 : i;
        sign(crts[i], crts[issuer], &plans[issuer], keys[issuer]);
        must(gnutls_x509_crt_export2(crts[i], GNUTLS_X509_FMT_DER, &der));
        borrowed = kx_data(der.data, der.size);
        must(kx_data_copy(&borrowed, &identity->chain[i]) ? -1 : 0);
        gnutls_free(der.data);
    }
    identity->key = keys[0];
    identity->not_before = gnutls_x509_crt_get_activation_time(crts[0]);
    identity->not_after = gnutls_x509_crt_get_expiration_time(crts[0]);
    for (i = 0; i < n; i++) {
        gnutls_x509_crt_deinit(crts[i]);
        if (i > 0)
            gnutls_privkey_deinit(keys[i]);
    }
    free(crts);
    free(keys);
    return identity;
}

struct kx_identity *
make_plain_identity(const char *dns_name)
{
    struct certificate_plan plan = {
        .name = "a realm", .dns_name = dns_name, .purpose = "1.3.6.1.5.2.3.5"};

    return make_identity(&plan, 1);
}

struct kx_tlsa
make_tlsa(unsigned int usage, const krb5_data *certificate)
{
    struct kx_tlsa tlsa = {(uint8_t)usage, 0, 1, {0}};
    unsigned char digest[32] = {0};
    krb5_data borrowed = kx_data(digest, sizeof(digest));

    must(gnutls_hash_fast(GNUTLS_DIG_SHA256, certificate->data,
                          certificate->length, digest));
    must(kx_data_copy(&borrowed, &tlsa.data) ? -1 : 0);
    return tlsa;
}
