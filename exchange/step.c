/*
 * step.c: the names of the steps, so that a log line tells where it stopped.
 */
#include "config.h"
#include "exchange/step.h"

/* The steps, as errors know them. */
enum step {
    STEP_MESSAGE,
    STEP_POLICY,
    STEP_CHAIN,
    STEP_SIGNATURE,
    STEP_DNSSEC,
    STEP_DANE,
    STEP_ROOTS,
    STEP_CONNECTION,
    STEP_AGREEMENT,
    STEP_CONFIRMATION,
    STEP_IDENTITY,
    STEP_LIMITS,
    STEP_STORAGE,
    STEP_EXCHANGE,
};

static const struct {
    const char *words, *word;
} names[] = {
    [STEP_MESSAGE] = {"message", "message"},
    [STEP_POLICY] = {"check 1, policy", "policy"},
    [STEP_CHAIN] = {"check 2, chain", "chain"},
    [STEP_SIGNATURE] = {"check 3, signature", "signature"},
    [STEP_DNSSEC] = {"check 4, DNSSEC", "dnssec"},
    [STEP_DANE] = {"check 5, DANE", "dane"},
    [STEP_ROOTS] = {"check 6, roots", "roots"},
    [STEP_CONNECTION] = {"connection", "connection"},
    [STEP_AGREEMENT] = {"key agreement", "agreement"},
    [STEP_CONFIRMATION] = {"confirmation", "confirmation"},
    [STEP_IDENTITY] = {"our identity", "identity"},
    [STEP_LIMITS] = {"limits", "limits"},
    [STEP_STORAGE] = {"storage", "storage"},
    [STEP_EXCHANGE] = {"exchange", "exchange"},
};

/* The step that code belongs to. */
static enum step
step_of(krb5_error_code code)
{
    switch (code) {
    case KX_ERR_DECODE:
    case KX_ERR_NOT_DER:
    case KX_ERR_TOO_LONG:
    case KX_ERR_VERSION:
    case KX_ERR_MSG_TYPE:
    case KX_ERR_ENCODE:
        return STEP_MESSAGE;
    case KX_ERR_REALM_NAME:
    case KX_ERR_POLICY_REALM:
    case KX_ERR_BLOCKED:
    case KX_ERR_POLICY_NAME:
    case KX_ERR_POLICY_TIME:
    case KX_ERR_POLICY_TILL:
    case KX_ERR_POLICY_ETYPE:
    case KX_ERR_POLICY_GROUP:
    case KX_ERR_POLICY_SIGALG:
    case KX_ERR_POLICY_KEY_SIZE:
    case KX_ERR_POLICY_EXTENSION:
    case KX_ERR_POLICY_KVNO:
    case KX_ERR_NOT_OURS:
        return STEP_POLICY;
    case KX_ERR_CHAIN:
        return STEP_CHAIN;
    case KX_ERR_SIGNATURE:
        return STEP_SIGNATURE;
    case KX_ERR_DNS_SETUP:
    case KX_ERR_DNS_INSECURE:
    case KX_ERR_DNS_BOGUS:
    case KX_ERR_DNS_NONE:
    case KX_ERR_DNS_FAILED:
    case KX_ERR_DNS_TIMEOUT:
    case KX_ERR_DNS_RECORD:
    case KX_ERR_NO_SRV:
    case KX_ERR_NO_TLSA:
        return STEP_DNSSEC;
    case KX_ERR_TLSA_UNUSABLE:
    case KX_ERR_TLSA_MISMATCH:
    case KX_ERR_CERT_PATH:
    case KX_ERR_CERT_NAME:
    case KX_ERR_CERT_PURPOSE:
        return STEP_DANE;
    case KX_ERR_ANCHOR:
    case KX_ERR_REVOKED:
    case KX_ERR_CRL:
        return STEP_ROOTS;
    case KX_ERR_ADDRESS:
    case KX_ERR_CONNECT:
    case KX_ERR_PEER_SILENT:
    case KX_ERR_PEER_CLOSED:
    case KX_ERR_PEER_REFUSED:
    case KX_ERR_UNATTENDED:
        return STEP_CONNECTION;
    case KX_ERR_AGREEMENT:
    case KX_ERR_PRIOR:
    case KX_ERR_CRYPTO:
        return STEP_AGREEMENT;
    case KX_ERR_CONFIRM:
        return STEP_CONFIRMATION;
    case KX_ERR_IDENTITY:
    case KX_ERR_POLICY_CA:
        return STEP_IDENTITY;
    case KX_ERR_BUSY:
        return STEP_LIMITS;
    case KX_ERR_STORE:
    case KX_ERR_METADATA:
    case KX_ERR_PEERS:
    case KX_ERR_VERSIONS:
        return STEP_STORAGE;
    default:
        return STEP_EXCHANGE;
    }
}

const char *
kx_error_step(krb5_error_code code)
{
    return names[step_of(code)].words;
}

const char *
kx_error_step_word(krb5_error_code code)
{
    return names[step_of(code)].word;
}
