/*
 * remedy.c: what an administrator can do about an error of an exchange.
 *
 * The error's message says what is wrong; the sentences here say what next.
 * What is wrong in the other realm is its administrator's to mend.
 */
#include "config.h"
#include "cli/remedy.h"

/* What other realms tell us (exchange/refusal.c has the numbers of our own
 * refusals), and what it means for us. */
static const struct {
    int32_t number;
    const char *sentence;
} refusals[] = {
    {12, "Ask its administrator to permit our realm (kxover_realms there)."},
    {14, "Agree with its administrator on an encryption type "
         "(permitted_enctypes)."},
    {29, "Try again later; if that fails, too, its administrator finds the "
         "cause in the log of kxoverd there."},
    {37, "Set the clock of whichever side is wrong, by NTP at best."},
    {63, "Add the root of that realm's chain to kxover_anchors if you trust "
         "it."},
    {68, "Its SRV record leads to another realm's kxoverd; its administrator "
         "mends that."},
    {72, "Take a new certificate, and publish its TLSA record."},
};

static const struct {
    krb5_error_code code;
    const char *theirs;
    const char *ours; /* NULL: the same */
} remedies[] = {
    {KX_ERR_NO_SRV,
     "Its administrator publishes what `kxover dns` prints there, if that "
     "realm is to take part.",
     "Publish what `kxover dns` prints, in a zone that is signed."},
    {KX_ERR_NO_TLSA,
     "Its administrator publishes the TLSA record that `kxover dns` prints "
     "there.",
     "Publish the TLSA record that `kxover dns` prints, for that host and "
     "port."},
    {KX_ERR_DNS_NONE,
     "Its administrator publishes the addresses of that host.",
     "Publish the addresses of that host."},
    {KX_ERR_DNS_INSECURE,
     "Its administrator signs that zone with DNSSEC, and puts its DS record "
     "into the zone above.",
     "Sign that zone with DNSSEC, and put its DS record into the zone "
     "above."},
    {KX_ERR_DNS_BOGUS,
     "Its administrator signs that zone anew; if every realm fails so, look "
     "at the clock of this machine.",
     "Sign that zone anew; if every realm fails so, look at the clock of "
     "this machine."},
    {KX_ERR_DNS_FAILED,
     "See that this machine reaches DNS servers on port 53 over UDP and TCP, "
     "or name a forwarder in kxover_unbound_conf.",
     NULL},
    {KX_ERR_DNS_TIMEOUT,
     "See that this machine reaches DNS servers on port 53 over UDP and TCP, "
     "or name a forwarder in kxover_unbound_conf.",
     NULL},
    {KX_ERR_DNS_RECORD, "Its administrator mends that record.",
     "Mend that record."},
    {KX_ERR_ADDRESS,
     "Permit the address in kxover_allow_address if you trust it; else its "
     "administrator publishes a public one.",
     "Publish a public address; others connect to no other."},
    {KX_ERR_CONNECT,
     "See that kxoverd runs there, and that no firewall of either side stops "
     "that port.",
     "Start kxoverd, see that kxover_listen has that port, and that no "
     "firewall stops it."},
    {KX_ERR_PEER_SILENT,
     "Its administrator looks into the log of kxoverd; try again later.",
     "Look into the log of kxoverd."},
    {KX_ERR_PEER_CLOSED,
     "Its administrator starts kxoverd at that port, in front of the KDC.",
     "Start kxoverd at that port, in front of the KDC."},
    {KX_ERR_PEER_REFUSED,
     "Look at our realm as others do: give `kxover check` its name.",
     "Look into the log of kxoverd."},
    {KX_ERR_DECODE, "Its administrator sees to it that kxoverd has that port.",
     "See to it that kxoverd has that port."},
    {KX_ERR_NOT_DER,
     "Its administrator sees to it that kxoverd has that port.",
     "See to it that kxoverd has that port."},
    {KX_ERR_TOO_LONG,
     "Its administrator sees to it that kxoverd has that port.",
     "See to it that kxoverd has that port."},
    {KX_ERR_MSG_TYPE,
     "Its administrator sees to it that kxoverd has that port.",
     "See to it that kxoverd has that port."},
    {KX_ERR_POLICY_REALM,
     "Permit the realm in kxover_realms, and restart krb5kdc and kxoverd.",
     NULL},
    {KX_ERR_BLOCKED, "Allow it again with `kxover allow`.", NULL},
    {KX_ERR_POLICY_TIME,
     "Set the clock of whichever side is wrong, by NTP at best.", NULL},
    {KX_ERR_POLICY_TILL,
     "Agree on a life that both permit: kxover_lifetime here, "
     "kxover_lifetime_min there.",
     NULL},
    {KX_ERR_POLICY_ETYPE,
     "Permit an encryption type that the other realm has, too "
     "(permitted_enctypes).",
     NULL},
    {KX_ERR_POLICY_NAME,
     "Its administrator sees to it that kxoverd of that realm has that port.",
     "See to it that kxoverd of this realm has that port."},
    {KX_ERR_POLICY_GROUP, "Bring kxover up to date where it is older.", NULL},
    {KX_ERR_POLICY_EXTENSION, "Bring kxover up to date here.", NULL},
    {KX_ERR_VERSION, "Bring kxover up to date here.", NULL},
    {KX_ERR_POLICY_SIGALG,
     "Its administrator takes a key of Ed25519, ECDSA (P-256, P-384) or RSA.",
     "Take a key of Ed25519, ECDSA (P-256, P-384) or RSA."},
    {KX_ERR_POLICY_KEY_SIZE,
     "Its administrator takes a key that is long enough: RSA of 2048 bits.",
     "Take a key that is long enough: RSA of 2048 bits."},
    {KX_ERR_POLICY_KVNO,
     "Its administrator looks into the log of kxoverd there.", NULL},
    {KX_ERR_CHAIN,
     "Its administrator puts the whole chain into kxover_identity, the KDC's "
     "certificate first, a self-signed one last.",
     "Put the whole chain into kxover_identity, the KDC's certificate first, "
     "a self-signed one last."},
    {KX_ERR_SIGNATURE,
     "Try again; if that fails, too, something on the way changes messages.",
     NULL},
    {KX_ERR_TLSA_UNUSABLE,
     "Its administrator publishes the TLSA record that `kxover dns` prints "
     "there.",
     "Publish the TLSA record that `kxover dns` prints."},
    {KX_ERR_TLSA_MISMATCH,
     "Its administrator publishes the TLSA record of the key in use, which "
     "`kxover dns` prints there.",
     "Publish the TLSA record of the key in use, which `kxover dns` prints."},
    {KX_ERR_CERT_PATH,
     "Its administrator renews the certificates, or publishes a TLSA record "
     "of usage 3, for which dates do not count.",
     "Renew the certificates, or publish a TLSA record of usage 3, for which "
     "dates do not count."},
    {KX_ERR_CERT_NAME,
     "Its administrator has a certificate made that names the realm or that "
     "host.",
     "Have a certificate made that names the realm or that host."},
    {KX_ERR_CERT_PURPOSE,
     "Its administrator has a certificate made for a KDC "
     "(id-pkinit-KPKdc).",
     "Have a certificate made for a KDC (id-pkinit-KPKdc)."},
    {KX_ERR_REVOKED,
     "Its administrator takes a new certificate; if it is no longer revoked, "
     "fetch the list that kxover_revoke names anew.",
     "Take a new certificate."},
    {KX_ERR_CRL, "Fetch the list that kxover_revoke names anew.", NULL},
    {KX_ERR_ANCHOR,
     "Add the root to kxover_anchors if you trust it, and restart krb5kdc and "
     "kxoverd.",
     "Mend the files that kxover_anchors names."},
    {KX_ERR_POLICY_CA,
     "Add an identity to kxover_identity whose chain ends in a root that is "
     "accepted there.",
     NULL},
    {KX_ERR_CONFIRM,
     "Try again; if that fails, too, something on the way changes messages.",
     NULL},
    {KX_ERR_NOT_OURS,
     "Try again; if that fails, too, something on the way changes messages.",
     NULL},
    {KX_ERR_AGREEMENT,
     "Try again; if that fails, too, something on the way changes messages.",
     NULL},
    {KX_ERR_PRIOR,
     "See with `kxover show` whether both realms have the same key versions.",
     NULL},
    {KX_ERR_VERSIONS, "Wait until one of the key versions has ended.", NULL},
    {KX_ERR_STORE, "See that the database can be written, and try again.",
     NULL},
    {KX_ERR_BUSY, "Try again in a minute.", NULL},
};

const char *
remedy_for_refusal(int32_t number)
{
    size_t i;

    for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].number == number)
            return refusals[i].sentence;
    }
    return remedy(KX_ERR_PEER_REFUSED, REMEDY_THEIRS);
}

const char *
remedy(krb5_error_code code, enum remedy_side side)
{
    size_t i;

    for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
        if (remedies[i].code == code)
            return side == REMEDY_OURS && remedies[i].ours != NULL
                       ? remedies[i].ours
                       : remedies[i].theirs;
    }
    return NULL;
}
