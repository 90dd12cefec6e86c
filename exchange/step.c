/*
 * step.c: the names of the steps, so that a log line tells where it stopped.
 */
#include "config.h"
#include "exchange/step.h"

const char *
kx_error_step(krb5_error_code code)
{
    switch (code) {
    case KX_ERR_DECODE:
    case KX_ERR_NOT_DER:
    case KX_ERR_TOO_LONG:
    case KX_ERR_VERSION:
    case KX_ERR_MSG_TYPE:
    case KX_ERR_ENCODE:
        return "message";
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
        return "check 1, policy";
    case KX_ERR_CHAIN:
        return "check 2, chain";
    case KX_ERR_SIGNATURE:
        return "check 3, signature";
    case KX_ERR_DNS_SETUP:
    case KX_ERR_DNS_INSECURE:
    case KX_ERR_DNS_BOGUS:
    case KX_ERR_DNS_NONE:
    case KX_ERR_DNS_FAILED:
    case KX_ERR_DNS_TIMEOUT:
    case KX_ERR_DNS_RECORD:
    case KX_ERR_NO_SRV:
    case KX_ERR_NO_TLSA:
        return "check 4, DNSSEC";
    case KX_ERR_TLSA_UNUSABLE:
    case KX_ERR_TLSA_MISMATCH:
    case KX_ERR_CERT_PATH:
    case KX_ERR_CERT_NAME:
    case KX_ERR_CERT_PURPOSE:
        return "check 5, DANE";
    case KX_ERR_ANCHOR:
    case KX_ERR_REVOKED:
    case KX_ERR_CRL:
        return "check 6, roots";
    case KX_ERR_ADDRESS:
    case KX_ERR_CONNECT:
    case KX_ERR_PEER_SILENT:
    case KX_ERR_PEER_CLOSED:
    case KX_ERR_PEER_REFUSED:
    case KX_ERR_UNATTENDED:
        return "connection";
    case KX_ERR_AGREEMENT:
    case KX_ERR_PRIOR:
    case KX_ERR_CRYPTO:
        return "key agreement";
    case KX_ERR_CONFIRM:
        return "confirmation";
    case KX_ERR_IDENTITY:
    case KX_ERR_POLICY_CA:
        return "our identity";
    case KX_ERR_BUSY:
        return "limits";
    case KX_ERR_STORE:
    case KX_ERR_METADATA:
    case KX_ERR_PEERS:
    case KX_ERR_VERSIONS:
        return "storage";
    default:
        return "exchange";
    }
}
