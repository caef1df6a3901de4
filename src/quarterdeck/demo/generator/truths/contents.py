"""What is true of single files: credentials, software out of support, and packages without an exact version."""

from base64 import b64encode
from binascii import crc32
from collections.abc import Callable
from datetime import timedelta

from quarterdeck.demo.generator.draws import BASE62, Draws
from quarterdeck.demo.generator.tree import manifests, papers, runtimes
from quarterdeck.demo.generator.world import Event, Evidence, System, Truth, World

SECRETS, HEALTH = "diligence/secrets", "architecture/dependency_health"
BASE62_IN_ORDER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LOCKABLE = ("Python", "JavaScript", "TypeScript", "PHP")


def _base62(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number, 62)
        letters = BASE62_IN_ORDER[rest] + letters
    return letters.rjust(6, "0")


def _code_host(draws: Draws) -> str:
    body = draws.letters(30, BASE62)
    return "_".join(("ghp", body + _base62(crc32(body.encode()))))


def _joined(*parts: str) -> Callable[[Draws], str]:
    """Return a maker of keys; the vendor's mark is put together when it is drawn, so that no key stands in this source."""
    mark, count = parts[:-1], int(parts[-1])
    return lambda draws: "".join(mark) + draws.letters(count)


KEYS: tuple[tuple[str, Callable[[Draws], str]], ...] = (
    ("CODE_HOST_TOKEN", _code_host),
    ("PAYMENTS_KEY", _joined("sk_", "live_", "24")),
    ("PACKAGES_TOKEN", _joined("npm", "_", "36")),
    ("MAIL_KEY", lambda draws: ".".join(("SG", draws.letters(22), draws.letters(43)))),
    ("PIPELINE_TOKEN", _joined("glpat", "-", "20")),
    ("MODEL_TOKEN", _joined("hf", "_", "34")),
    ("FILES_KEY", lambda draws: "AccountKey=" + b64encode(bytes(draws.whole(0, 255) for _ in range(64))).decode()),
)
PLACES = ("deploy/values.yaml", "config/production.ini", "scripts/release.sh", "config/settings.toml", "deploy/job.yaml")


def _settings(path: str, name: str, value: str, draws: Draws) -> str:
    """Return a small file of settings with a value among others, in the form that its ending asks for."""
    names = draws.some(("region", "workers", "timeout", "retries", "batch", "log_level", "queue"), draws.whole(3, 6))
    rows = [(each, str(draws.whole(2, 900))) for each in names]
    rows.insert(draws.whole(0, len(rows)), (name if path.endswith(".sh") else name.lower(), value))
    pattern = {"yaml": '{0}: "{1}"', "ini": "{0} = {1}", "sh": 'export {0}="{1}"', "toml": '{0} = "{1}"'}[path.rpartition(".")[2]]
    head = {"ini": "[production]\n", "sh": "#!/bin/sh\nset -eu\n"}.get(path.rpartition(".")[2], "")
    return head + "".join(pattern.format(*row) + "\n" for row in rows)


def live_keys(world: World, draws: Draws) -> None:
    """Let live keys stand in the files of two systems."""
    for number, system in enumerate(draws.some([each for each in world.systems if each.status in ("running", "stopped")], 2)):
        name, make = draws.pick(KEYS)
        path, value, day = (
            PLACES[(number * 2 + draws.whole(0, 1)) % len(PLACES)],
            make(draws),
            draws.day(system.start + timedelta(days=20), system.stop - timedelta(days=20)),
        )
        system.events.append(Event(day, f"Add settings for {name.lower().replace('_', ' ')}", {path: _settings(path, name, value, draws)}))
        world.truths.append(
            Truth("secret", (f"file:{system.name}:{path}",), (SECRETS,), day, _line(system.name, path, value), needs="contents")
        )


def removed_keys(world: World, draws: Draws) -> None:
    """Let a live key have been committed once and taken out some weeks later."""
    system = draws.pick([each for each in world.systems if each.status == "running"])
    name, make = draws.pick(KEYS)
    path, value = "ops/deploy.toml", make(draws)
    day = draws.day(system.start + timedelta(days=20), system.stop - timedelta(days=120))
    gone = day + timedelta(days=draws.whole(4, 60))
    text = _settings(path, name, value, draws)
    system.events.append(Event(day, "Add deployment settings", {path: text}))
    system.events.append(
        Event(
            gone,
            "Read deployment settings from the environment",
            {path: "".join(row + "\n" for row in text.splitlines() if value not in row)},
        )
    )
    world.truths.append(
        Truth(
            "secret_in_history",
            (f"file:{system.name}:{path}",),
            (SECRETS,),
            day,
            _file(system.name, path),
            note=f"taken out on {gone}",
        )
    )


def sample_keys(world: World, draws: Draws) -> None:
    """Let the documentation show what a key looks like, and a test use a key of the vendor's test mode."""
    first, second = draws.some([each for each in world.systems if each.status == "running"], 2)
    text = f"# Payments\n\nPut your key into the environment:\n\n```\nPAYMENTS_KEY={'sk_' + 'live_' + 'your_key_here_xxxxxxxxxxxx'}\n```\n"
    first.plain["docs/payments.md"] = text
    _only_looks_live(world, first, "docs/payments.md", "PAYMENTS_KEY", "a documented placeholder")
    value = "sk_" + "test_" + draws.letters(24)
    second.plain["config/staging.ini"] = f"[payments]\nkey = {value}\nretries = {draws.whole(2, 6)}\n"
    _only_looks_live(world, second, "config/staging.ini", value, "a key of the vendor's test mode")


def _only_looks_live(world: World, system: System, path: str, part: str, note: str) -> None:
    world.truths.append(
        Truth(
            "secret",
            (f"file:{system.name}:{path}",),
            (SECRETS,),
            None,
            _line(system.name, path, part),
            decoy=True,
            note=note,
            needs="contents",
        )
    )


def out_of_support(world: World, draws: Draws) -> None:
    """Let a system run on a runtime whose support has ended, and another on such a database."""
    running = [each for each in world.systems if each.status == "running"]
    system = draws.pick(running)
    product = runtimes.PRODUCT[system.language]
    system.runtime = (product, draws.pick(runtimes.ended(product, world.today)))
    _ended(world, system, system.runtime, "Dockerfile", "FROM ")
    stored = [each for each in running if each.database[0]]
    if stored:
        other = draws.pick(stored)
        other.database = (other.database[0], draws.pick(runtimes.ended(other.database[0], world.today)))
        _ended(world, other, other.database, "compose.yaml", "image: ")


def _ended(world: World, system: System, what: tuple[str, str], path: str, part: str) -> None:
    product, release = what
    subject = f"product:{system.name}:{product} {release}"
    world.truths.append(
        Truth(
            "eol_runtime",
            (subject,),
            (HEALTH,),
            papers.end_of(product, release),
            _line(system.name, path, part),
            note=f"{product} {release}",
            needs="contents",
        )
    )


def old_example(world: World, draws: Draws) -> None:
    """Let an example name a release whose support has ended; nothing runs on it."""
    used = {each.runtime for each in world.systems} | {each.database for each in world.systems}
    system = draws.pick([each for each in world.systems if each.status == "running"])
    product = draws.pick(("postgresql", "nodejs", "php"))
    release = draws.pick([each for each in runtimes.ended(product, world.today) if (product, each) not in used])
    image = runtimes.pinned(runtimes.IMAGES[product].format(release), draws)
    system.plain["examples/quickstart/Dockerfile"] = f"FROM {image}\nCOPY . /example\n"
    subject = f"product:{system.name}:{product} {release}"
    evidence = _line(system.name, "examples/quickstart/Dockerfile", "FROM ")
    world.truths.append(
        Truth("eol_runtime", (subject,), (HEALTH,), None, evidence, decoy=True, note="in an example only", needs="contents")
    )


def no_lock(world: World, draws: Draws) -> None:
    """Let a system name its packages by ranges alone."""
    open_systems = [each for each in world.systems if each.status == "running" and each.language in LOCKABLE]
    for system in draws.some(open_systems, 1):
        system.gaps.add("lock")
        evidence = _file(system.name, manifests.loose(system))
        world.truths.append(Truth("unpinned_dependency", (f"folder:{system.name}:.",), (HEALTH,), system.start, evidence, needs="contents"))


def loose_tool(world: World, draws: Draws) -> None:
    """Let a tool that only developers use name its packages by ranges."""
    system = draws.pick([each for each in world.systems if each.status == "running"])
    path = "tools/lint/package.json"
    system.plain[path] = (
        '{\n  "name": "lint-rules",\n  "private": true,\n  "devDependencies": {\n    "markdownlint-cli2": "^0.14.0"\n  }\n}\n'
    )
    world.truths.append(
        Truth("unpinned_dependency", (f"folder:{system.name}:tools/lint",), (HEALTH,), None, _file(system.name, path), decoy=True,
              note="used by developers only", needs="contents")
    )  # fmt: skip


def _line(system: str, path: str, part: str) -> Evidence:
    return lambda written: [written.line(system, path, part)]


def _file(system: str, path: str) -> Evidence:
    return lambda _: [f"{system}:{path}"]
