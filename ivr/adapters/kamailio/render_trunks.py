"""What Kamailio is told of the trunks by which numbers are dialled. Pure, as `render`; no password is in it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.adapters.kamailio.config import EdgeConfig, TrunkLine, TrunkTls

SILENCE_MS = 3000
"""A trunk answers an INVITE with 100 within milliseconds (RFC 3261 17.2.1); one that says nothing so long is away."""
FIRST_BY_PRIORITY = 8
"""Dispatcher's algorithm: addresses of a trunk in their order."""
UNPROVED = 1
"""Flag of an address (inactive) that gets no call before it answered OPTIONS: by TLS it has proved its name then."""
TABLE_HEAD = (
    "id(int,auto) l_uuid(str) l_username(str) l_domain(str) r_username(str) r_domain(str) realm(str) "
    "auth_username(str) auth_password(str) auth_ha1(str) auth_proxy(str) expires(int) flags(int) reg_delay(int) "
    "contact_addr(str) socket(str)\n"
)
"""Of Kamailio's table uacreg, version 5."""


def quoted(text: str) -> str:
    """A Kamailio string. Paths and realms are checked elsewhere; a quote in one would end the string."""
    if '"' in text or "\\" in text or "\n" in text:
        raise ValueError("a quote, backslash or line break cannot stand in the edge's configuration")
    return f'"{text}"'


def prefix_pattern(prefixes: tuple[str, ...]) -> str:
    """A Kamailio string: the regular expression of these prefixes, each + and digits."""
    return quoted("^(" + "|".join(prefix.replace("+", "[+]") for prefix in prefixes) + ")")


def trunk_names(config: EdgeConfig) -> list[str]:
    """Definitions that the rules of trunks need, where there are any."""
    if not config.outbound:
        return []
    asked = config.options_seconds
    return [
        "#!define WITH_TRUNKS",
        *(["#!define TRUNKS_BY_TLS"] if any(trunk.tls is not None for trunk in config.outbound) else []),
        f"#!define TRUNK_TABLE {quoted(f'text://{config.trunk_table}')}",
        f"#!define TRUNK_LIST {quoted(str(config.trunk_list))}",
        f"#!define TRUNK_CONTACT {quoted(f'{contact_host(config)}:{config.port}')}",
        f"#!define TRUNK_OPTIONS {asked}",
        f"#!define TRUNK_PROBING {int(asked > 0)}",
        f"#!define TRUNK_SILENCE_MS {SILENCE_MS}",
    ]


def contact_host(config: EdgeConfig) -> str:
    """Where a trunk finds us."""
    outward = config.outward or config.interfaces
    return config.public_address or outward[0].address


def render_list(config: EdgeConfig) -> str:
    """The dispatcher's file: a set for each trunk, numbered from 1 in their order."""
    lines = []
    for number, trunk in enumerate(config.outbound, 1):
        for place, uri in enumerate(trunk.uris):
            lines.append(f"{number} {uri} {UNPROVED if trunk.tls else 0} {len(trunk.uris) - place}")
    return "".join(f"{line}\n" for line in lines)


def trunk_routes(config: EdgeConfig) -> list[str]:
    """What the rules ask of trunks: TRUNK_BY_TLS and TRUNK_ANSWERS always, the rest where there are some."""
    routes = [*_trunk_by_tls(config), *_trunk_answers(config)]
    if config.outbound:
        routes += [*_trunks_for(config), *_trunk_words(config)]
    return routes


def _trunk_by_tls(config: EdgeConfig) -> Iterator[str]:
    """$var(shown): 0 when this request came from a trunk's network otherwise than that trunk has to come."""
    yield "route[TRUNK_BY_TLS] {"
    yield "    $var(shown) = 1;"
    for trunk in config.outbound:
        if trunk.tls is None or not trunk.networks:
            continue
        yield f"    if (is_in_subnet({quoted('$si')}, {quoted(','.join(trunk.networks))})) {{"
        yield '        if ($pr != "tls") $var(shown) = 0;'
        if trunk.shows_certificate:
            yield "        else if ($tls_peer_verified != 1) $var(shown) = 0;"
            yield f"        else if (!{_named(trunk.tls)}) $var(shown) = 0;"
            if config.tells_authorities_apart:
                signs = f"$sht(trunk_issuers=>{trunk.name}|$tls_peer_issuer_cn)"
                yield f"        else if ({signs} == $null) $var(shown) = 0;"
        yield "    }"
    yield "    return;"
    yield "}"


def _trunk_answers(config: EdgeConfig) -> Iterator[str]:
    """$var(shown): 0 when this answer came by TLS from where a trunk is, and its certificate names another."""
    yield "route[TRUNK_ANSWERS] {"
    yield "    $var(shown) = 1;"
    for trunk in config.outbound:
        if trunk.tls is not None:
            here = f"is_in_subnet({quoted('$si')}, {quoted(networks(trunk.networks))})"
            yield f"    if ({here} && !{_named(trunk.tls)}) $var(shown) = 0;"
    yield "    return;"
    yield "}"


def networks(some: tuple[str, ...]) -> str:
    """For is_in_subnet; none is an address that nobody has."""
    return ",".join(some) or "255.255.255.255/32"


def _named(tls: TrunkTls) -> str:
    """A condition of Kamailio's: one of its names is in the certificate of the far end."""
    names = "^(" + "|".join(name.replace(".", "[.]") for name in tls.names) + ")$"
    kinds = ("$tls_peer_san_hostname", "$tls_peer_san_ip", "$tls_peer_subject_cn")
    return "(" + " || ".join(f"{kind} =~ {quoted(names)}" for kind in kinds) + ")"


def _trunks_for(config: EdgeConfig) -> Iterator[str]:
    """$var(allowed): some trunk may be asked for the number $var(callee). $var(rules): which, for the dispatcher."""
    yield "route[TRUNKS_FOR] {"
    yield "    $var(allowed) = 0;"
    yield '    $var(rules) = "";'
    yield f"    if (!($var(callee) =~ {quoted('^[+]?[0-9]{7,15}$')})) return;"
    for number, trunk in enumerate(config.outbound, 1):
        if not trunk.prefixes:
            continue
        never = f" && !($var(callee) =~ {prefix_pattern(trunk.never)})" if trunk.never else ""
        yield f"    if ($var(callee) =~ {prefix_pattern(trunk.prefixes)}{never}) {{"
        yield "        $var(allowed) = 1;"
        yield '        if ($var(rules) != "") $var(rules) = $var(rules) + ";";'
        yield f'        $var(rules) = $var(rules) + "{number}={FIRST_BY_PRIORITY}";'
        yield "    }"
    yield "    return;"
    yield "}"


def _trunk_words(config: EdgeConfig) -> Iterator[str]:
    """What is said to the trunk whose address was taken last."""
    yield "route[TRUNK_WORDS] {"
    yield "    $avp(presents) = $null;"
    yield "    $avp(login) = $null;"
    yield "    $avp(sealed) = $null;"
    for number, trunk in enumerate(config.outbound, 1):
        yield f"    if ($xavp(ds_dst=>grp) == {number}) {{"
        yield from (f"        {line}" for line in _words(trunk))
        yield "        return;"
        yield "    }"
    yield "    return;"
    yield "}"


def _words(trunk: TrunkLine) -> Iterator[str]:
    yield f"$avp(carrier) = {quoted(trunk.name)};"
    yield f'$ru = "sip:" + $avp(callee) + {quoted("@" + trunk.domain)};'
    if trunk.caller:
        yield f"$avp(presents) = {quoted(trunk.caller)};"
    if trunk.login:
        yield f"$avp(login) = {quoted(trunk.login)};"
    if trunk.srtp:
        yield '$avp(sealed) = "RTP/SAVP";'
    if trunk.tls is not None:
        yield f"$xavp(tls=>server_id) = {quoted(trunk.name)};"
        yield f"$xavp(tls[0]=>server_name) = {quoted(trunk.tls.names[0])};"


def client_certificates(config: EdgeConfig) -> list[str]:
    """Whether who calls us by TLS is asked for a certificate: the rules judge it of trunks, and of nobody else."""
    if not config.trunk_authorities:
        return ["verify_certificate = no", "require_certificate = no"]
    lines = ["verify_client = optional_no_ca", f"ca_list = {config.authorities_file}"]
    if config.tells_authorities_apart:
        lines.append("verify_depth = 0")  # nobody between the certificate and a name that is written there
    if any(one.revoked is not None for one in config.trunk_authorities.values()):
        lines.append(f"crl = {config.revoked_file}")
    return lines


def tls_profiles(config: EdgeConfig, *, ciphers: str) -> Iterator[str]:
    """Sections of tls.cfg, one for each trunk that is spoken to by TLS."""
    for trunk in config.outbound:
        if trunk.tls is None:
            continue
        yield "[client:any]"
        yield "method = TLSv1.2+"
        yield f"server_id = {trunk.name}"
        yield f"server_name = {trunk.tls.names[0]}"
        yield "verify_certificate = yes"
        yield "require_certificate = yes"
        yield f"ca_list = {trunk.tls.authorities}"
        if trunk.tls.revoked is not None:
            yield f"crl = {trunk.tls.revoked}"
        if trunk.tls.pair is not None:
            yield f"certificate = {trunk.tls.pair[0]}"
            yield f"private_key = {trunk.tls.pair[1]}"
        yield f"cipher_list = {ciphers}"
        yield ""
