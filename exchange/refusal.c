/*
 * refusal.c: our errors as Kerberos tells them.
 */
#include "config.h"
#include <string.h>
#include "exchange/kx_agreement.h"
#include "exchange/refusal.h"

/* Protocol numbers: RFC 4120 7.5.9 and RFC 4556 3.1.3. */
enum {
    WIRE_POLICY = 12,
    WIRE_ETYPE_NOSUPP = 14,
    WIRE_SVC_UNAVAILABLE = 29,
    WIRE_SKEW = 37,
    WIRE_BADVERSION = 39,
    WIRE_MSG_TYPE = 40,
    WIRE_GENERIC = 60,
    WIRE_FIELD_TOOLONG = 61,
    WIRE_CLIENT_NOT_TRUSTED = 62,
    WIRE_KDC_NOT_TRUSTED = 63,
    WIRE_INVALID_SIG = 64,
    WIRE_DH_NOT_ACCEPTED = 65,
    WIRE_WRONG_REALM = 68,
    WIRE_CANT_VERIFY = 70,
    WIRE_INVALID_CERTIFICATE = 71,
    WIRE_REVOKED = 72,
    WIRE_CLIENT_NAME_MISMATCH = 75,
    WIRE_INCONSISTENT_PURPOSE = 77,
    WIRE_DIGEST_NOT_ACCEPTED = 80
};

static const struct {
    krb5_error_code ours;
    int32_t wire;
} codes[] = {
    {KX_ERR_TOO_LONG, WIRE_FIELD_TOOLONG},
    {KX_ERR_VERSION, WIRE_BADVERSION},
    {KX_ERR_MSG_TYPE, WIRE_MSG_TYPE},
    {KX_ERR_REALM_NAME, WIRE_WRONG_REALM},
    {KX_ERR_POLICY_NAME, WIRE_WRONG_REALM},
    {KX_ERR_POLICY_REALM, WIRE_POLICY},
    {KX_ERR_BLOCKED, WIRE_POLICY},
    {KX_ERR_POLICY_TIME, WIRE_SKEW},
    {KX_ERR_POLICY_TILL, WIRE_POLICY},
    {KX_ERR_POLICY_ETYPE, WIRE_ETYPE_NOSUPP},
    {KX_ERR_POLICY_GROUP, WIRE_DH_NOT_ACCEPTED},
    {KX_ERR_POLICY_SIGALG, WIRE_DIGEST_NOT_ACCEPTED},
    {KX_ERR_POLICY_KEY_SIZE, WIRE_POLICY},
    {KX_ERR_POLICY_EXTENSION, WIRE_POLICY},
    {KX_ERR_POLICY_KVNO, WIRE_POLICY},
    {KX_ERR_POLICY_CA, WIRE_KDC_NOT_TRUSTED},
    {KX_ERR_CHAIN, WIRE_INVALID_CERTIFICATE},
    {KX_ERR_SIGNATURE, WIRE_INVALID_SIG},
    {KX_ERR_NO_SRV, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_NO_TLSA, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_TLSA_UNUSABLE, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_TLSA_MISMATCH, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_DNS_NONE, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_DNS_INSECURE, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_DNS_BOGUS, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_DNS_RECORD, WIRE_CLIENT_NOT_TRUSTED},
    {KX_ERR_DNS_FAILED, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_DNS_TIMEOUT, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_DNS_SETUP, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_CERT_PATH, WIRE_CANT_VERIFY},
    {KX_ERR_CERT_NAME, WIRE_CLIENT_NAME_MISMATCH},
    {KX_ERR_CERT_PURPOSE, WIRE_INCONSISTENT_PURPOSE},
    {KX_ERR_ANCHOR, WIRE_CANT_VERIFY},
    {KX_ERR_REVOKED, WIRE_REVOKED},
    {KX_ERR_CRL, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_IDENTITY, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_BUSY, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_STORE, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_PEERS, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_VERSIONS, WIRE_SVC_UNAVAILABLE},
    {KX_ERR_METADATA, WIRE_POLICY},
};

static const struct {
    int32_t wire;
    const char *words;
} words[] = {
    {WIRE_POLICY, "its policy refuses it"},
    {WIRE_ETYPE_NOSUPP, "no encryption type in common"},
    {WIRE_SVC_UNAVAILABLE, "it cannot serve at the moment"},
    {WIRE_SKEW, "the clocks are too far apart"},
    {WIRE_BADVERSION, "unknown protocol version"},
    {WIRE_MSG_TYPE, "unexpected message type"},
    {WIRE_GENERIC, "generic error"},
    {WIRE_FIELD_TOOLONG, "the message is too long"},
    {WIRE_CLIENT_NOT_TRUSTED,
     "our realm cannot be validated by DNSSEC and DANE"},
    {WIRE_KDC_NOT_TRUSTED,
     "it has no certificate chain that ends in one of our kxover_anchors"},
    {WIRE_INVALID_SIG, "our signature does not verify"},
    {WIRE_DH_NOT_ACCEPTED, "the key agreement group is not accepted"},
    {WIRE_WRONG_REALM, "the request is not for that realm"},
    {WIRE_CANT_VERIFY, "our certificate chain cannot be verified"},
    {WIRE_INVALID_CERTIFICATE, "our certificate chain is not in order"},
    {WIRE_REVOKED, "our certificate, or one of our chain, is revoked"},
    {WIRE_CLIENT_NAME_MISMATCH, "our certificate does not name our realm"},
    {WIRE_INCONSISTENT_PURPOSE, "our certificate is not meant for a KDC"},
    {WIRE_DIGEST_NOT_ACCEPTED, "our signature algorithm is not accepted"},
};

int32_t
kx_refusal_code(krb5_error_code code)
{
    size_t i;

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].ours == code)
            return codes[i].wire;
    }
    return WIRE_GENERIC;
}

const char *
kx_refusal_words(int32_t code)
{
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].wire == code)
            return words[i].words;
    }
    return "an error that KXOVER does not use; is it a KDC without kxoverd?";
}

krb5_error_code
kx_refusal_make(krb5_context context, krb5_error_code code, const char *realm,
                time_t now, const struct kx_roots *roots, krb5_data *out)
{
    krb5_error_code ret;
    struct kx_krb_error error = {0};
    const struct kx_algorithm *groups;
    size_t n;

    error.stime = now;
    error.error_code = kx_refusal_code(code);
    ret = krb5_build_principal(context, &error.sname,
                               (unsigned int)strlen(realm), realm,
                               KRB5_TGS_NAME, realm, (char *)NULL);
    if (ret)
        return ret;
    error.sname->type = KRB5_NT_SRV_INST;
    if (error.error_code == WIRE_DH_NOT_ACCEPTED) {
        groups = kx_group_algorithms(&n);
        ret = kx_encode_groups(context, groups, n, &error.e_data);
    }
    if (code == KX_ERR_ANCHOR && roots != NULL)
        ret =
            kx_encode_certifiers(context, roots->id, roots->n, &error.e_data);
    if (ret == 0)
        ret = kx_encode_krb_error(context, &error, out);
    krb5_free_principal(context, error.sname);
    kx_data_free(&error.e_data);
    return ret;
}
