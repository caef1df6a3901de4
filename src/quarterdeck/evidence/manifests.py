"""Runtimes, frameworks and base images named in Dockerfiles, tool-version files and manifests, as text with line numbers."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator

from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.records import Software
from quarterdeck.evidence import tables
from quarterdeck.kit.files import classify

Named = tuple[str, str, str, int]  # kind of name (image, tool, package), name, version as written, line
MAX_LINES = 20_000

_LIKELY = re.compile(
    r"docker|container|compose|version|nvmrc|runtime|rust-toolchain|mise|package\.json|composer|global\.json|pyproject|requirements|setup\."
    r"|pipfile|go\.mod|gem|pom\.xml|gradle|proj$",
    re.IGNORECASE,
)  # a quick first look: most files name nothing
_TOOL_FILES = {".nvmrc": "node", ".node-version": "node", ".python-version": "python", ".ruby-version": "ruby", ".go-version": "golang",
               ".terraform-version": "terraform", ".php-version": "php", ".java-version": "java", "runtime.txt": "", "rust-toolchain": "rust"}  # fmt: skip
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_ARG = re.compile(r"^\s*ARG\s+(\w+)=[\"']?([^\"'\s]+)", re.IGNORECASE)
_IMAGE = re.compile(r"^\s*-?\s*image:\s*[\"']?([^\s\"'#]+)")
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_REQUIREMENT = re.compile(r"^\s*[\"']?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([<>=!~^]=?[^;#\"',\s][^;#\"']*)")
_GEM = re.compile(
    r"^\s*(?:gem|s\.add_(?:runtime_)?dependency|spec\.add_(?:runtime_)?dependency)\s*\(?[\"']([\w-]+)[\"']\s*,\s*[\"']([^\"']+)[\"']"
)
_GRADLE = re.compile(r"id\s*\(?[\"'](org\.springframework\.boot)[\"']\)?\s+version\s+[\"']([^\"']+)[\"']")
_JAVA_LEVEL = re.compile(
    r"(?:sourceCompatibility|JavaLanguageVersion\.of\(|<(?:java\.version|maven\.compiler\.(?:release|source))>)\s*[=(]?\s*[\"']?(?:JavaVersion\.VERSION_)?([\d._]+)"
)
_TARGET = re.compile(r"<TargetFrameworks?(?:Version)?>([^<]+)<")


def wanted(path: str) -> bool:
    """Tell whether a file can name a runtime, a framework or a base image."""
    name = path.rpartition("/")[2]
    return bool(_LIKELY.search(name)) and any(match(name) for match, _ in READERS)


def software(texts: dict[str, str], repository: int, name: str) -> tuple[list[Software], list[Problem]]:
    """Return what the files of a repository name, and the files that could not be read."""
    found: list[Software] = []
    problems: list[Problem] = []
    for path, text in sorted(texts.items()):
        kind = classify(path)[0]
        reader = next((read for match, read in READERS if match(path.rpartition("/")[2])), None)
        if reader is None or kind in ("vendored", "example", "fixture", "generated", "snapshot", "test"):
            continue
        try:
            named = list(reader(text[: MAX_LINES * 200], path))
        except (ValueError, RecursionError, AttributeError, TypeError, KeyError) as error:
            problems.append(Problem(Citation(name, path), f"not understood: {str(error)[:80]}"))
            continue
        found += [each for row in named for each in _identified(row, repository, path)]
    return _once(found), problems


def _once(found: list[Software]) -> list[Software]:
    return list({(each.product, each.version, each.path, each.line): each for each in found}.values())


def _identified(named: Named, repository: int, path: str) -> Iterator[Software]:
    """Name the product behind a name; an image may bring an operating system along."""
    kind, name, version, line = named
    if kind == "image":
        name, version = _image(name)
        for system, word in _systems(name, version):
            yield Software(repository, system, f"{name}:{version}", word, "image", path, line)
    product, cycle = tables.products("package" if kind == "package" else kind).get(name, ("", ""))
    if product or kind == "image":
        yield Software(repository, product, name, cycle or version, kind, path, line)


def _systems(image: str, tag: str) -> list[tuple[str, str]]:
    """Return the operating system that the words of a tag name, unless the image is that system itself."""
    words = [word for word in re.split(r"[-_]", tag) if word in tables.systems()]
    own = tables.products("image").get(image, ("",))[0]
    return [(tables.systems()[word], word) for word in words[:1] if tables.systems()[word] != own]


def _image(reference: str) -> tuple[str, str]:
    """Split an image reference into its name without the default registry, and its tag."""
    name = reference.partition("@")[0]
    tag = ""
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
    return re.sub(r"^(docker\.io/)?(library/)?", "", name), tag


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines()[:MAX_LINES], 1) if len(line) < 2000)


def _dockerfile(text: str, _path: str) -> Iterator[Named]:
    values: dict[str, str] = {}
    stages: set[str] = set()
    for number, line in _lines(text):
        if argument := _ARG.match(line):
            values[argument[1]] = argument[2]
        if (start := _FROM.match(line)) is None:
            continue
        image = _VARIABLE.sub(lambda m: values.get(m[1], m[2] or ""), start[1])
        if image.lower() not in stages and image != "scratch" and image.strip(":"):
            yield "image", image, "", number
        stages.add((start[2] or "").lower())


def _compose(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if image := _IMAGE.match(line):
            yield "image", _VARIABLE.sub(lambda m: m[2] or "", image[1]), "", number


def _tool_file(text: str, path: str) -> Iterator[Named]:
    tool = _TOOL_FILES[path.rpartition("/")[2]]
    for number, line in _lines(text):
        value = line.partition("#")[0].strip()
        if value:
            name, version = (tool, value) if tool else (value.partition("-")[0], value.partition("-")[2])
            yield "tool", name, version.removeprefix("ruby-"), number
            return


def _tool_versions(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        words = line.partition("#")[0].split()
        if len(words) >= 2:
            yield from _tool(words[0], words[1], number)


def _tool(name: str, version: str, line: int) -> Iterator[Named]:
    """Read a tool's version; the Java of a version manager carries its vendor in front."""
    vendor, _, rest = version.partition("-")
    yield ("tool", f"java:{vendor}", rest, line) if name == "java" and rest else ("tool", name, version, line)


def _mise(text: str, _path: str) -> Iterator[Named]:
    tools = tomllib.loads(text).get("tools", {})
    for name, value in tools.items():
        version = value.get("version", "") if isinstance(value, dict) else value[0] if isinstance(value, list) else value
        yield from _tool(name, str(version), _line_of(text, name))


def _line_of(text: str, word: str) -> int:
    """Return the line where a key stands, as a whole word where possible."""
    pattern = re.compile(rf"(?<![\w./@-]){re.escape(word)}(?![\w./-])")
    return next((number for number, line in _lines(text) if pattern.search(line)), 1)


def _package_json(text: str, _path: str) -> Iterator[Named]:
    content = json.loads(text)
    for tool, version in (content.get("engines") or {}).items():
        yield "tool", tool, str(version), _line_of(text, tool)
    for group in ("dependencies", "devDependencies"):
        for name, version in (content.get(group) or {}).items():
            yield "package", f"npm/{name}", str(version), _line_of(text, f'"{name}"'.strip('"'))


def _composer_json(text: str, _path: str) -> Iterator[Named]:
    content = json.loads(text)
    for name, version in (content.get("require") or {}).items():
        row = ("tool", "php", str(version)) if name == "php" else ("package", f"composer/{name}", str(version))
        yield *row, _line_of(text, name)


def _global_json(text: str, _path: str) -> Iterator[Named]:
    version = json.loads(text).get("sdk", {}).get("version")
    if version:
        yield "tool", "dotnet-sdk", str(version), _line_of(text, "version")


def _pyproject(text: str, _path: str) -> Iterator[Named]:
    content = tomllib.loads(text)
    project = content.get("project", {})
    poetry = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
    if project.get("requires-python"):
        yield "tool", "requires-python", project["requires-python"], _line_of(text, "requires-python")
    for name, value in poetry.items():
        version = str(value.get("version", "") if isinstance(value, dict) else value)
        row = ("tool", "python", version) if name == "python" else ("package", f"pypi/{name.lower()}", version)
        yield *row, _line_of(text, name)
    for requirement in project.get("dependencies", ()):
        if match := _REQUIREMENT.match(requirement):
            yield "package", f"pypi/{match[1].lower()}", match[2], _line_of(text, match[1])


def _requirements(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := _REQUIREMENT.match(line):
            yield "package", f"pypi/{match[1].lower()}", match[2].strip(), number


def _setup_py(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := re.search(r"python_requires\s*=\s*[\"']?([^\"'#]+)", line):
            yield "tool", "requires-python", match[1].strip(), number


def _pipfile(text: str, _path: str) -> Iterator[Named]:
    content = tomllib.loads(text)
    if version := content.get("requires", {}).get("python_version"):
        yield "tool", "python", str(version), _line_of(text, "python_version")
    for name, value in content.get("packages", {}).items():
        version = str(value.get("version", "") if isinstance(value, dict) else value)
        yield "package", f"pypi/{name.lower()}", version, _line_of(text, name)


def _go_mod(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := re.match(r"\s*(?:go\s+|toolchain\s+go)(\d[\w.]*)", line):
            yield "tool", "golang", match[1], number


def _gemfile(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := _GEM.match(line):
            yield "package", f"gem/{match[1]}", match[2], number
        elif match := re.match(r"\s*ruby\s+[\"']([^\"']+)", line):
            yield "tool", "ruby", match[1], number


def _gemfile_lock(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := re.match(r"    (rails) \(([^)]+)\)$", line):
            yield "package", f"gem/{match[1]}", match[2], number


def _pom(text: str, _path: str) -> Iterator[Named]:
    lines = list(_lines(text))
    artifact, group = "", ""
    for number, line in lines:
        if match := re.search(r"<groupId>([^<]+)<", line):
            group = match[1].strip()
        if match := re.search(r"<artifactId>([^<]+)<", line):
            artifact = match[1].strip()
        if (match := re.search(r"<version>([^<]+)<", line)) and artifact:
            yield "package", f"maven/{group}/{artifact}", _property(match[1].strip(), text), number
        if re.search(r"</(parent|dependency|plugin)>", line):
            artifact = ""
        if match := _JAVA_LEVEL.search(line):
            yield "tool", "java", match[1], number


def _property(version: str, text: str) -> str:
    """Resolve `${name}` inside the same file."""
    if not (match := re.fullmatch(r"\$\{([\w.-]+)\}", version)):
        return version
    value = re.search(rf"<{re.escape(match[1])}>([^<]+)<", text)
    return value[1].strip() if value else version


def _gradle(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        if match := _GRADLE.search(line):
            yield "package", "maven/org.springframework.boot/spring-boot", match[2], number
        if match := _JAVA_LEVEL.search(line):
            yield "tool", "java", match[1], number


def _project_file(text: str, _path: str) -> Iterator[Named]:
    for number, line in _lines(text):
        for target in (_TARGET.search(line) or ["", ""])[1].split(";"):
            if target.strip():
                yield "tool", _dotnet(target.strip()), target.strip().partition("-")[0], number


def _dotnet(target: str) -> str:
    return "dotnetfx" if re.fullmatch(r"net[1-4]\d{1,2}|v[1-4][\d.]*", target) else "dotnet"


def _named(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda name: bool(compiled.fullmatch(name))


READERS: tuple[tuple[Callable[[str], bool], Callable[[str, str], Iterable[Named]]], ...] = (
    (_like(r"(.*[.-])?(dockerfile|containerfile)([.-].*)?"), _dockerfile),
    (_like(r"(docker-)?compose([.-].*)?\.ya?ml"), _compose),
    (_named(*_TOOL_FILES), _tool_file),
    (_named(".tool-versions"), _tool_versions),
    (_named("mise.toml", ".mise.toml"), _mise),
    (_named("package.json"), _package_json),
    (_named("composer.json"), _composer_json),
    (_named("global.json"), _global_json),
    (_named("pyproject.toml"), _pyproject),
    (_like(r"requirements.*\.(txt|in)"), _requirements),
    (_named("setup.py", "setup.cfg"), _setup_py),
    (_named("Pipfile"), _pipfile),
    (_named("go.mod"), _go_mod),
    (_like(r"Gemfile|.*\.gemspec"), _gemfile),
    (_named("Gemfile.lock"), _gemfile_lock),
    (_named("pom.xml"), _pom),
    (_like(r"build\.gradle(\.kts)?"), _gradle),
    (_like(r".*\.(cs|fs|vb)proj"), _project_file),
)
