"""Manifests and lockfiles: what a system is built from."""

import json
from base64 import b64encode
from hashlib import sha256, sha512

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import System

PACKAGES = {
    "Python": {"requests": "2.32", "httpx": "0.27", "structlog": "24.4", "click": "8.1", "tenacity": "9.0", "python-dateutil": "2.9", "orjson": "3.10"},
    "JavaScript": {"zod": "3.23", "pino": "9.4", "undici": "6.19", "date-fns": "4.1", "nanoid": "5.0", "p-limit": "6.1"},
    "TypeScript": {"zod": "3.23", "pino": "9.4", "undici": "6.19", "date-fns": "4.1", "nanoid": "5.0", "p-limit": "6.1"},
    "PHP": {"monolog/monolog": "3.7", "guzzlehttp/guzzle": "7.9", "ramsey/uuid": "4.7", "league/csv": "9.16", "nesbot/carbon": "3.8"},
    "Java": {"com.google.guava:guava": "33.3", "org.slf4j:slf4j-api": "2.0", "com.fasterxml.jackson.core:jackson-databind": "2.17",
             "org.apache.commons:commons-lang3": "3.17"},
    "Go": {"github.com/google/uuid": "1.6", "github.com/jackc/pgx/v5": "5.7", "go.uber.org/zap": "1.27", "github.com/shopspring/decimal": "1.4"},
}  # fmt: skip

INSTALL_UV = "uv sync --frozen"


def packages(language: str, draws: Draws) -> dict[str, str]:
    """Draw the packages that a system uses, each at an exact version."""
    known = PACKAGES[language]
    chosen = draws.some(sorted(known), draws.whole(3, len(known)))
    return {name: f"{known[name]}.{draws.whole(0, 4)}" for name in sorted(chosen)}


def files(system: System, used: dict[str, str]) -> dict[str, str]:
    """Return manifest and lockfile; one that nobody locked has a manifest with ranges alone."""
    made = _MAKERS[system.language](system, used)
    locks = ("requirements.txt", "package-lock.json", "composer.lock", "uv.lock")
    return {path: text for path, text in made.items() if "lock" not in system.gaps or path not in locks}


def loose(system: System) -> str:
    """Return the manifest whose packages have no exact version when nothing locks them."""
    return {"Python": "pyproject.toml", "JavaScript": "package.json", "TypeScript": "package.json", "PHP": "composer.json"}[system.language]


def digest(*parts: str) -> str:
    """Return 64 hexadecimal digits that belong to a name and a version."""
    return sha256("\n".join(parts).encode()).hexdigest()


def _minor(version: str) -> str:
    return version.rpartition(".")[0]


def _python(system: System, used: dict[str, str]) -> dict[str, str]:
    wanted = ",\n".join(f'    "{name}>={_minor(version)}"' for name, version in used.items())
    project = f'[project]\nname = "{system.name}"\nversion = "1.0.0"\ndependencies = [\n{wanted},\n]\n'
    if system.locks_with == "uv":
        return {"pyproject.toml": project, "uv.lock": _uv(system, used)}
    rows = [f"{name}=={version} \\\n    --hash=sha256:{digest(name, version)}" for name, version in used.items()]
    return {"pyproject.toml": project, "requirements.txt": "\n".join(rows) + "\n"}


def _uv(system: System, used: dict[str, str]) -> str:
    rows = [
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://pypi.org/simple" }}\n'
        f'sdist = {{ url = "https://files.pythonhosted.org/packages/{name}-{version}.tar.gz", hash = "sha256:{digest(name, version)}" }}\n'
        for name, version in used.items()
    ]
    needs = "".join(f'    {{ name = "{name}" }},\n' for name in used)
    own = f'[[package]]\nname = "{system.name}"\nversion = "1.0.0"\nsource = {{ virtual = "." }}\ndependencies = [\n{needs}]\n'
    return "\n".join(['version = 1\nrequires-python = ">=3.12"\n', *rows, own])


def _npm(system: System, used: dict[str, str]) -> dict[str, str]:
    head = {"name": f"@{system.name}/{system.name}", "version": "1.0.0", "private": True, "license": "UNLICENSED"}
    manifest = {
        **head,
        "type": "module",
        "scripts": {"test": "node --test"},
        "dependencies": {n: f"^{_minor(v)}.0" for n, v in used.items()},
    }
    top = {"name": head["name"], "version": "1.0.0", "license": "UNLICENSED", "dependencies": manifest["dependencies"]}
    locked = {
        f"node_modules/{name}": {
            "version": version,
            "resolved": f"https://registry.npmjs.org/{name}/-/{name}-{version}.tgz",
            "integrity": "sha512-" + b64encode(sha512(f"{name} {version}".encode()).digest()).decode(),
        }
        for name, version in used.items()
    }
    lock = {"name": head["name"], "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": {"": top, **locked}}
    return {"package.json": _json(manifest), "package-lock.json": _json(lock)}


def _json(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"


def _composer(system: System, used: dict[str, str]) -> dict[str, str]:
    manifest = {"name": f"{system.name}/{system.name}", "license": "proprietary", "require": {n: f"^{_minor(v)}" for n, v in used.items()}}
    rows = [{"name": name, "version": version, "type": "library", "dist": {"type": "zip", "reference": digest(name, version)[:40]}}
            for name, version in used.items()]  # fmt: skip
    lock = {"content-hash": digest(system.name)[:32], "packages": rows, "packages-dev": []}
    return {"composer.json": _json(manifest), "composer.lock": _json(lock)}


def _maven(system: System, used: dict[str, str]) -> dict[str, str]:
    rows = []
    for name, version in used.items():
        group, _, artifact = name.partition(":")
        rows.append(
            f"    <dependency>\n      <groupId>{group}</groupId>\n      <artifactId>{artifact}</artifactId>\n      <version>{version}</version>\n    </dependency>"
        )
    body = "\n".join(rows)
    return {
        "pom.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n  <modelVersion>4.0.0</modelVersion>\n'
        f"  <groupId>example.{system.name}</groupId>\n  <artifactId>{system.name}</artifactId>\n  <version>1.0.0</version>\n"
        f"  <dependencies>\n{body}\n  </dependencies>\n</project>\n"
    }


def _go(system: System, used: dict[str, str]) -> dict[str, str]:
    wanted = "\n".join(f"\t{name} v{version}" for name, version in used.items())
    sums = "\n".join(
        f"{name} v{version} h1:{_sum(name, version)}\n{name} v{version}/go.mod h1:{_sum(name, version, 'mod')}"
        for name, version in used.items()
    )
    return {"go.mod": f"module code.example/{system.name}\n\nrequire (\n{wanted}\n)\n", "go.sum": f"{sums}\n"}


def _sum(*parts: str) -> str:
    return b64encode(sha256(" ".join(parts).encode()).digest()).decode()


_MAKERS = {"Python": _python, "JavaScript": _npm, "TypeScript": _npm, "PHP": _composer, "Java": _maven, "Go": _go}
