"""Mask credentials in the short texts that other readers take from a repository: names, versions, addresses, paths, tags.

What is masked here is not reported as found: the search of files does that. A text in which nothing stands stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import unquote

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.secrets import samples, tokens
from quarterdeck.evidence.secrets.found import HIDDEN
from quarterdeck.evidence.secrets.rules import LEFT, RIGHT, RULES, Rule
from quarterdeck.evidence.secrets.text import Text

CUT = 160  # characters from which a row's text may have been cut, and with it the @ after a password
_COLON, _AT = r"(?::|%3[Aa])", r"(?:@|%40)"
_HINTS = (  # each opens with fixed letters, which makes the search for it quick
    re.compile(rf":[^\s/@\"'<>]+{_AT}"),
    re.compile(rf"%3[Aa][^\s/@\"'<>]+{_AT}"),
    re.compile(r"//[A-Za-z0-9]{32,64}(?::[a-z-]+)?@"),
)
_LONG = re.compile(r"(?<![\w+~-])(?=[a-z_+~-]*[A-Z0-9])[\w+~-]{20,}|sig=")  # no vendor's token is made of shorter pieces,
_MIXED = re.compile(r"[a-z][A-Z0-9]|[A-Z][a-z0-9]|\d[A-Za-z]|sig=")  # and in each of them small letters, capitals or digits meet
_WITH_SCHEME = re.compile(
    rf"(?P<before>{_COLON}(?:/|%2[Ff]){{1,2}}(?P<user>(?!git@)[^\s:/@\"'`<>]{{0,128}}(?:@[\w.-]{{1,128}})?){_COLON})"
    rf"(?P<value>(?:(?!%2[Ff])[^\s/\"'`<>?\\]){{1,200}})(?={_AT}(?!sha\d)[\w.\-\[%${{])"
)
_WITHOUT_SCHEME = re.compile(
    rf"(?<![^\s\"'`=,;(\[{{<>|/&])(?P<before>(?P<user>[A-Za-z0-9][\w.+~-]{{0,63}}){_COLON})"
    rf"(?P<value>(?!:)(?:(?!%2[Ff])[^\s/@\"'`<>,\\]){{1,200}})"
    rf"(?={_AT}(?!sha\d)(?P<host>[A-Za-z0-9][\w-]{{0,62}}(?:\.[\w-]{{1,62}}){{0,9}})(?P<after>/|%2[Ff]|:\d|%3[Aa]\d)?)"
)
_USER_ALONE = re.compile(r"(?<=//)(?P<value>[0-9a-f]{40}|[A-Za-z0-9]{32,64})(?=(?::x-oauth-basic)?@[\w.-])")  # a token in the user's place
_OPEN = re.compile(
    r"\$\{.*\}|\$[A-Z_][A-Z0-9_]*|\$\(.*\)|\{\{.*\}\}|\{\w*\}|%[sdv]|%\(\w+\)s|%\w+%|\*+|x+|\.+"
)  # a template, or masked before
_PORT = re.compile(r"\d{1,5}(?:[?#,;&|].*)?")
_VERSION = re.compile(r"(?!\d+(?:\.\d+){3}$)v?\d+(?:\.|$)")  # and no address of four numbers
_ARCHIVE = re.compile(r"aar|jar|war|pom|zip|klib|so|exe|tar|tgz|tar\.\w+", re.IGNORECASE)  # Maven's and Gradle's group:name@type
_LABELS = frozenset(  # words before a colon that are no user: schemes, and what stands before an address of e-mail
    "npm workspace patch jsr file link portal virtual exec git catalog deno pkg docker oci github gitlab bitbucket gist path http https ssh"
    " mailto mail email e-mail scm acct sip xmpp author contact maintainer svn hg bzr node runtime url uri ref tag branch image".split()
)
_HASH = re.compile(r"(?:(?:sha\d{1,3}|md5|h1|blake\w+)[-:=])?[A-Za-z0-9+/]{16,}={0,2}")
_UNCLOSED = re.compile(r"(?P<before>(?<![^\s\"'=,/])[\w.+~%-]{0,128}:)[^\s/@:]+$")


def _loosened(rule: Rule) -> Rule:
    """Return a rule that also finds its token inside a name, between `-` or `_`."""
    body = rule.pattern.pattern.removeprefix(LEFT).removesuffix(RIGHT)
    if rule.ahead or body == rule.pattern.pattern:
        return rule
    return replace(rule, pattern=re.compile(rf"(?:{LEFT}|(?<![A-Za-z0-9])){body}(?![A-Za-z0-9])"))


_RULES = tuple(_loosened(rule) for rule in RULES)
_WORDS = (*(word for rule in RULES for word in rule.keywords), "AKIA", "ASIA")
_BEGUN = re.compile("(?:{})[A-Za-z0-9_-]*$".format("|".join(re.escape(word) for word in _WORDS if len(word) > 3 and word[-1] in "_-")))


def masked(text: str) -> str:
    """Return a text with passwords in addresses and vendors' tokens masked; a text without any comes back itself."""
    return _addresses(_tokens(text)) if _suspect(text) else text


def masked_addresses(text: str) -> str:
    """Return a file's text with passwords in addresses masked, before a reader takes the addresses apart; lines stay lines."""
    return _addresses(text) if _hinted(text) else text


def masked_row(row: Sequence[str | int]) -> tuple[str | int, ...]:
    """Return the row of a reader with its texts masked, those cut within a credential too."""
    return tuple(_closed(masked(each)) if isinstance(each, str) else each for each in row)


def masked_component(each: Component) -> Component:
    """Return a component with every text masked; the digest of its content is kept."""
    digest = "" if _HASH.fullmatch(each.integrity) else each.integrity
    texts = (each.purl, each.name, each.version, each.wanted, each.licence, each.system, each.path, each.deprecated, digest, *each.parents)
    if not _suspect("\n".join(texts)):
        return each
    purl, name, version, wanted, licence, system, path, deprecated, digest, *parents = map(masked, texts)
    return replace(
        each,
        purl=purl,
        name=name,
        version=version,
        wanted=wanted,
        licence=licence,
        system=system,
        path=path,
        deprecated=deprecated,
        integrity=digest or each.integrity,
        parents=tuple(parents),
    )


def masked_problem(each: Problem) -> Problem:
    """Return a problem with its texts masked."""
    return Problem(Citation(each.citation.source, masked(each.citation.locator)), masked(each.message))


def _suspect(text: str) -> bool:
    """Tell cheaply whether anything can stand in a text."""
    return _hinted(text) or (any(map(_MIXED.search, _LONG.findall(text))) and any(map(text.__contains__, _WORDS)))


def _hinted(text: str) -> bool:
    return ("@" in text or "%40" in text) and any(hint.search(text) for hint in _HINTS)


def _tokens(text: str) -> str:
    for start, end in sorted(set(_spans(text)), reverse=True):
        text = text[:start] + HIDDEN + text[end:]
    return text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where tokens stand, none of them over another."""
    done = 0
    for start, end in sorted(_found(Text("", text))):
        if start >= done:
            yield start, end
            done = end


def _found(text: Text) -> Iterator[tuple[int, int]]:
    for rule in _RULES:
        if any(map(text.value.__contains__, rule.keywords)):
            matches = (match for match in rule.pattern.finditer(text.value) if rule.check(match, text) is not None)
            yield from (match.span("value" if "value" in rule.pattern.groupindex else 0) for match in matches)
    yield from ((each.start, each.end) for each in tokens.amazon(text))


def _addresses(text: str) -> str:
    text = _USER_ALONE.sub(lambda match: HIDDEN if samples.random_looking(match["value"]) else match[0], text)
    text = _WITH_SCHEME.sub(lambda match: match["before"] + HIDDEN if _is_password(match) else match[0], text)
    return _WITHOUT_SCHEME.sub(lambda match: match["before"] + HIDDEN if _is_password(match) and _is_login(match) else match[0], text)


def _is_password(match: re.Match[str]) -> bool:
    """Tell a password from a place left open, and from the port of a host."""
    value = unquote(match["value"])
    return not _OPEN.fullmatch(value) and not (_PORT.fullmatch(value) and ("." in match["user"] or not value.isdigit()))


def _is_login(match: re.Match[str]) -> bool:
    """Tell user, password and host without a scheme from the other texts with a colon and an @: versions, types, e-mail."""
    user, value, host, after = match["user"].lower(), unquote(match["value"]), match["host"], match["after"]
    if _VERSION.match(host) or _ARCHIVE.fullmatch(host) or (":" in value and not after):
        return False
    if user in _LABELS or not (after or "." in host):
        return bool(samples.strong(value) and samples.random_looking(value))
    return bool(after) or (any(map(str.isdigit, value)) and any(map(str.isalpha, value)))


def _closed(text: str) -> str:
    """Mask what may be the beginning of a credential at the end of a text that was cut."""
    if len(text) < CUT:
        return text
    return _BEGUN.sub(HIDDEN, _UNCLOSED.sub(rf"\g<before>{HIDDEN}", text))
