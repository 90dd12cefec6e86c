"""The krb5.conf and the kdc.conf of a realm."""

LOOPBACK = "127.0.0.1"


def render(sections):
    """The text of a profile: a dict of sections, each a dict of relations.  A value is a string, a list
    (the relation is repeated), a dict (a subsection), or None (left out)."""
    lines = []
    for name, relations in sections.items():
        lines += [f"[{name}]", *_relations(relations, "    "), ""]
    return "\n".join(lines)


def krb5_conf(realm, realms):
    """What the machines of `realm` are told.  They know where the KDCs of all realms are, with their own
    first, and, unless `maps_hosts` is off, which realm a host belongs to; of cross-realm keys or paths nothing is said."""
    return {
        "libdefaults": {
            "default_realm": realm.name,
            "dns_lookup_kdc": "false",
            "dns_lookup_realm": "false",
            "dns_uri_lookup": "false",
            "dns_canonicalize_hostname": "false",
            "rdns": "false",
            "qualify_shortname": '""',
            **realm.client_settings,
        },
        "realms": {
            other.name: {
                "kdc": [f"{LOOPBACK}:{kdc.port}" for kdc in sorted(other.kdcs, key=lambda kdc: kdc is not realm)],
                "admin_server": f"{LOOPBACK}:{other.kadmind_port}",
                "kpasswd_server": f"{LOOPBACK}:{other.kpasswd_port}",
            } for other in realms
        },
        "domain_realm": {
            **({domain: other.name for other in realms for domain in (other.domain, f".{other.domain}")}
               if realm.maps_hosts else {}),
            **realm.host_mappings,
        },
    }


def kdc_conf(realm):
    """What the servers of `realm` are told.

    Clients and peers find one port: UDP there is the KDC's, TCP is kxoverd's, which relays to the KDC what
    is not its own.  Without kxover the KDC has both."""
    tcp_port = realm.kdc_tcp_port if realm.uses_kxover else realm.port
    folder = realm.folder
    module = {"db_library": "db2", "database_name": folder / "principal"}
    if realm.uses_kxover:
        module = {
            "db_library": "kxover",
            "kxover_backend": "db2",
            "database_name": folder / "principal",
            "kxover_identity": f"FILE:{realm.certificate},{realm.key}",
            "kxover_listen": f"{LOOPBACK}:{realm.daemon_port}",
            "kxover_kdc": f"{LOOPBACK}:{realm.kdc_tcp_port}",
            "kxover_unbound_conf": realm.resolver_conf,
            "kxover_allow_address": "127.0.0.0/8",
        }
    return {
        "kdcdefaults": realm.kdc_defaults,
        "realms": {
            realm.name: {
                "database_module": "store",
                "acl_file": folder / "kadm5.acl",
                "key_stash_file": realm.stash,
                "kdc_listen": f"{LOOPBACK}:{realm.port}",
                "kdc_tcp_listen": f"{LOOPBACK}:{tcp_port}",
                "kadmind_listen": f"{LOOPBACK}:{realm.kadmind_port}",
                "kpasswd_listen": f"{LOOPBACK}:{realm.kpasswd_port}",
                **realm.kdc_settings,
            },
        },
        "dbmodules": {
            "db_module_dir": realm.module_folder,
            "store": {**module, **realm.settings},
        },
        "logging": {
            "kdc": f"FILE:{realm.kdc.log.path}",
            "admin_server": f"FILE:{realm.kadmind.log.path}",
            "kxoverd": f"FILE:{realm.kxoverd.log.path}",
        },
    }


def _relations(relations, indent):
    for name, value in relations.items():
        if isinstance(value, dict):
            yield f"{indent}{name} = {{"
            yield from _relations(value, indent + "    ")
            yield f"{indent}}}"
        elif isinstance(value, list):
            for one in value:
                yield f"{indent}{name} = {one}"
        elif value is not None:
            yield f"{indent}{name} = {value}"
