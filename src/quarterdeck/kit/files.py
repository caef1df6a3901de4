"""Tell the files a person wrote and maintains from all others, and say by which rule."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

LANGUAGES = {
    "Python": "py pyx pyi pxd", "JavaScript": "js mjs cjs jsx coffee", "TypeScript": "ts tsx mts cts", "Vue": "vue svelte astro",
    "Java": "java", "Kotlin": "kt kts", "Scala": "scala sc", "Groovy": "groovy gradle", "Clojure": "clj cljs cljc edn",
    "C": "c h", "C++": "cc cpp cxx c++ hpp hh hxx h++ ipp inl tcc", "Objective-C": "m mm", "Swift": "swift",
    "C#": "cs", "F#": "fs fsi fsx", "Visual Basic": "vb bas", "Go": "go", "Rust": "rs", "Zig": "zig", "D": "d", "Nim": "nim",
    "Ruby": "rb rake gemspec erb ru", "PHP": "php phtml php5 twig", "Perl": "pl pm t", "Lua": "lua", "R": "r", "Julia": "jl",
    "Elixir": "ex exs eex heex leex", "Erlang": "erl hrl", "Haskell": "hs lhs", "OCaml": "ml mli", "Elm": "elm", "Dart": "dart",
    "Shell": "sh bash zsh fish ksh", "PowerShell": "ps1 psm1", "Batch": "bat cmd", "SQL": "sql plsql pls", "Tcl": "tcl",
    "Assembly": "s asm", "Fortran": "f f90 f95 f03 for", "COBOL": "cob cbl cpy", "Ada": "adb ads", "Pascal": "pas pp dpr",
    "Lisp": "lisp lsp cl el scm rkt ss", "Prolog": "pro prolog", "Cuda": "cu cuh", "GLSL": "glsl vert frag", "Solidity": "sol",
    "HTML": "html htm xhtml jsp jspx haml slim pug jade ejs hbs mustache j2 jinja", "CSS": "css scss sass less styl",
    "Terraform": "tf hcl", "Protocol": "proto thrift graphql gql capnp", "Crystal": "cr", "Vala": "vala", "VHDL": "vhd vhdl sv",
    "Awk": "awk", "CMake": "cmake", "Makefile": "mk mak", "XSLT": "xsl xslt", "QML": "qml", "Starlark": "bzl star",
    "Salesforce": "cls trigger", "ABAP": "abap", "SAS": "sas", "MATLAB": "matlab", "Haxe": "hx", "GDScript": "gd",
}  # fmt: skip
LANGUAGE_OF = {extension: name for name, extensions in LANGUAGES.items() for extension in extensions.split()}
NAMED = {"Makefile": "Makefile", "GNUmakefile": "Makefile", "Rakefile": "Ruby", "Gemfile": "Ruby", "Dockerfile": "Docker",
         "Jenkinsfile": "Groovy", "Vagrantfile": "Ruby", "CMakeLists.txt": "CMake", "meson.build": "Meson", "BUILD": "Starlark",
         "BUILD.bazel": "Starlark", "WORKSPACE": "Starlark", "configure.ac": "M4", "Makefile.am": "Makefile"}  # fmt: skip

_LOCK = re.compile(
    r"(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock"
    r"|pylock[^/]*\.toml|Gemfile\.lock|composer\.lock|Cargo\.lock|go\.sum|packages\.lock\.json|gradle\.lockfile|mix\.lock|pubspec\.lock"
    r"|Podfile\.lock|flake\.lock|deno\.lock|Package\.resolved|\.terraform\.lock\.hcl|Chart\.lock)$"
)
_VENDORED = re.compile(
    r"(^|/)(vendor|vendors|vendored|third[-_]?party|3rd[-_]?party|external|externals|extern|node_modules|bower_components|jspm_packages|deps"
    r"|Godeps|_vendor|site-packages|Pods|Carthage|\.yarn|\.bundle|gradle/wrapper|wp-includes|wp-admin|dist|bundled[-_]?libs?|contrib/jquery)/",
    re.IGNORECASE,
)
_VENDORED_FILE = re.compile(
    r"(?:^|/)(?:(?:assets|static|public|libs?|js|scripts?|javascripts?|plugins?|ext|media|www|htdocs|css|stylesheets|resources)/(?:[^/]+/)*"
    r"(?:jquery|bootstrap|angular|react|vue|backbone|underscore|lodash|moment|d3|ember|modernizr|prototype|mootools|require|respond"
    r"|html5shiv|handlebars|knockout|three|ace|codemirror|ckeditor|tinymce|font-?awesome|select2|normalize|foundation|socket\.io)"
    r"(?:[-.][\w.-]*)?\.(?:js|css|less|scss)|gradlew(\.bat)?|mvnw(\.cmd)?|config\.(guess|sub)|ltmain\.sh|install-sh|aclocal\.m4|configure)$",
    re.IGNORECASE,
)
_GENERATED = re.compile(
    r"(\.min\.(js|css|mjs)|[-_.]bundle\.js|\.(js|css)\.map|_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h|dart|swift|rb)|_pb\.(js|rb|d\.ts)|\.g\.(dart|cs)"
    r"|\.freezed\.dart|\.designer\.(cs|vb)|\.generated\.\w+|_generated\.\w+|\.gen\.go|zz_generated[^/]*|\.snap|\.xcodeproj/.*|parser\.tab\.[ch]"
    r"|(^|/)R\.java|AssemblyInfo\.cs|\.resx|\.storyboard|\.xib|\.pbxproj)$|(^|/)(__generated__|generated|autogen|gen-src)/",
    re.IGNORECASE,
)
_MIGRATION = re.compile(r"(^|/)(migrations?|db/migrate|alembic/versions|flyway|liquibase)/", re.IGNORECASE)
_SNAPSHOT = re.compile(r"(^|/)(__snapshots__|snapshots|cassettes|golden|goldens)/", re.IGNORECASE)
_DOCUMENTATION = re.compile(
    r"(^|/)(docs?|documentation|man|javadoc|website|site-docs|wiki|changelog\.d|newsfragments|release[-_]?notes)/"
    r"|(^|/)(README|CHANGELOG|CHANGES|HISTORY|NEWS|LICEN[CS]E|COPYING|AUTHORS|CONTRIBUTORS|CONTRIBUTING|INSTALL|TODO|THANKS|MAINTAINERS|SECURITY"
    r"|CODE_OF_CONDUCT|RELEASE[-_]?NOTES|UPGRADING|CREDITS)[^/]*$"
    r"|\.(md|markdown|mdx|rst|adoc|asciidoc|txt|tex|pod|1|3|5|7|8|textile|rdoc|org|dox)$",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"(^|/)(examples?|samples?|demos?|tutorials?|sandbox|playground)/", re.IGNORECASE)
_FIXTURE = re.compile(r"(^|/)(fixtures?|testdata|test[-_]data|__fixtures__|mocks?_data)/", re.IGNORECASE)
_TRANSLATION = re.compile(r"(^|/)(locales?|i18n|l10n|translations?|lang|po)/|\.(po|pot|xlf|xliff|arb|strings)$", re.IGNORECASE)
_TEST = re.compile(
    r"(^|/)(tests?|testing|specs?|__tests__|e2e|features|t)/|(^|/)(test_[^/]*|conftest\.py)$|([-_.](test|tests|spec)|Tests?|Spec|IT)\.\w+$"
)
_MARKER = re.compile(
    rb"DO NOT EDIT|@generated\b|[Cc]ode [Gg]enerated by|[Aa]uto(matically)?[- ]generated (by|from|file)|[Gg]enerated by (the )?(protocol|SWIG|bison|Yacc)"
)
MOST_DOUBLE_STARS, MOST_PATTERN = 2, 300
MINIFIED_LINE = 110  # average bytes per line in JS or CSS above which nobody typed it

_RULES: Sequence[tuple[str, str, Callable[[str], object]]] = (
    ("lock", "lock file", _LOCK.search),
    ("vendored", "vendored folder", _VENDORED.search),
    ("generated", "generated name", _GENERATED.search),
    ("vendored", "bundled library", _VENDORED_FILE.search),
    ("snapshot", "recorded snapshot", _SNAPSHOT.search),
    ("fixture", "test fixture", _FIXTURE.search),
    ("translation", "translation", _TRANSLATION.search),
    ("migration", "migration", _MIGRATION.search),
    ("example", "example", _EXAMPLE.search),
)


def language(path: str) -> str:
    """Return the programming language that a name tells, or an empty text."""
    name = path.rpartition("/")[2]
    if name in NAMED or name.startswith("Dockerfile"):
        return NAMED.get(name, "Docker")
    return LANGUAGE_OF.get(name.rpartition(".")[2].lower(), "") if "." in name.lstrip(".") else ""


@lru_cache(maxsize=500_000)
def classify(path: str) -> tuple[str, str]:
    """Return the kind of a file and the rule that decided, from its path alone."""
    for kind, rule, match in _RULES:
        if match(path):
            return kind, rule
    written_in = language(path)
    if _DOCUMENTATION.search(path) and (not written_in or ("/" in path.rpartition("/")[0] + "/" and _in_docs(path))):
        return "documentation", "documentation name"
    if not written_in:
        return "data", "no programming language"
    return ("test", "test name") if _TEST.search(path) else ("source", written_in)


def _in_docs(path: str) -> bool:
    return bool(re.match(r"(docs?|documentation|website|man)/", path, re.IGNORECASE))


def marked_generated(content: bytes) -> bool:
    """Tell whether the first ten lines say that a program wrote the file."""
    head = content[:4096].split(b"\n", 10)[:10]
    return any(_MARKER.search(line) for line in head)


def minified(path: str, content: bytes) -> bool:
    """Tell whether a script or style sheet has lines that nobody types."""
    return path.endswith((".js", ".css", ".mjs")) and len(content) > MINIFIED_LINE * (content.count(b"\n") + 1)


def component(path: str) -> str:
    """Return the part of the system a file belongs to: its top folder, or the next one inside a source root."""
    parts = path.split("/")
    if len(parts) == 1:
        return "(top folder)"
    depth = 1
    while depth < len(parts) - 1 and parts[depth - 1] in _ROOTS:
        depth += 1
    return "/".join(parts[:depth])


_ROOTS = frozenset(
    {
        "src",
        "lib",
        "app",
        "apps",
        "packages",
        "services",
        "modules",
        "main",
        "java",
        "internal",
        "pkg",
        "cmd",
        "crates",
        "libs",
        "com",
        "org",
        "net",
        "io",
    }
)


def attribute_rules(content: str, folder: str) -> list[tuple[re.Pattern[str], str, bool]]:
    """Return (pattern, attribute, set) for the linguist attributes of one `.gitattributes` file, in order."""
    lines = (line.split()[:12] for line in content.splitlines() if "linguist-" in line and not line.startswith("#"))
    pairs = ((words[0], word) for words in lines for word in words[1:])
    rules = ((_glob(pattern, folder), *_setting(word)) for pattern, word in pairs)
    return [(pattern, name, wanted) for pattern, name, wanted in rules if pattern and name in _ATTRIBUTES]


def _setting(word: str) -> tuple[str, bool]:
    name, _, value = word.lstrip("-").partition("=")
    return name, not word.startswith("-") and value != "false"


_ATTRIBUTES = {
    "linguist-vendored": "vendored",
    "linguist-generated": "generated",
    "linguist-documentation": "documentation",
}


def _glob(pattern: str, folder: str) -> re.Pattern[str] | None:
    """Translate a pattern of gitattributes; atomic groups keep a hostile one from taking for ever."""
    if pattern.count("**") > MOST_DOUBLE_STARS or len(pattern) > MOST_PATTERN:
        return None
    prefix = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    parts = re.split(r"(\*\*/|/\*\*$|\*)", pattern.strip("/"))
    body = ""
    for number in range(0, len(parts), 2):
        fixed = re.escape(parts[number]).replace(r"\?", "[^/]")
        star = parts[number - 1] if number else ""
        last = number == len(parts) - 1
        body += {"": fixed, "**/": f"(?:.*/)?{fixed}", "/**": f"/.*{fixed}"}.get(star) or (
            f"[^/]*{fixed}" if last else f"(?>[^/]*?{fixed})"
        )
    return re.compile(f"{re.escape(folder)}{prefix}{body}$")


def attributed(path: str, rules: Sequence[tuple[re.Pattern[str], str, bool]]) -> tuple[str, bool] | None:
    """Return (kind, set) of the last attribute rule that matches a path."""
    for pattern, attribute, wanted in reversed(rules):
        if pattern.match(path):
            return _ATTRIBUTES[attribute], wanted
    return None


def decide(path: str, rules: Sequence[tuple[re.Pattern[str], str, bool]]) -> tuple[str, str]:
    """Classify a path with what the repository's attributes say about it coming first."""
    kind, rule = classify(path)
    said = attributed(path, rules)
    if said is None:
        return kind, rule
    if said[1]:
        return said[0], ".gitattributes"
    if kind == said[0] and language(path):
        return ("test" if _TEST.search(path) else "source"), ".gitattributes"
    return kind, rule
