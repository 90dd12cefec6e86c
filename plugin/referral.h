/*
 * referral.h: which unknown services may be of another realm.
 */
#ifndef KX_PLUGIN_REFERRAL_H
#define KX_PLUGIN_REFERRAL_H

#include "dnssec/kx_dnssec.h"

/*
 * True if signed DNS is to be asked for the realm of service, which realm's
 * KDC does not know; host, KX_MAX_DNS_NAME bytes, then gets its host in small
 * letters.  That is not so where the KDC would give no referral itself (the
 * names, host_based_services and no_host_referral, as kdc.conf(5) has them),
 * nor for a host that [domain_realm] has: the KDC then finds its realm there.
 */
krb5_boolean kx_referral_wanted(krb5_context context, const char *realm,
                                krb5_const_principal service, char *host);

#endif /* KX_PLUGIN_REFERRAL_H */
