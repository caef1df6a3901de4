"""How each language says the few things that our invented code says."""

from collections.abc import Callable
from dataclasses import dataclass

from quarterdeck.demo.generator.words import camel, pascal, snake


@dataclass(frozen=True)
class Dialect:
    """One language: patterns with `row`, `other`, `key`, `value`, `test`, `item` and `name` as places."""

    name: str
    ending: str
    comment: str
    unit: str
    function: str
    done: str
    assign: str
    get: str
    branch: str
    loop: str
    call: str
    give: str
    both: str
    extra: str
    case: Callable[..., str]
    shape: str  # bare functions, or methods of a class
    test_head: str
    test_begin: str
    check: str
    test_done: str


PYTHON = Dialect(
    "Python", ".py", "# ", "    ", "def {name}({row}, {other}):", "", '{row}["{key}"] = {value}', '{row}["{key}"]', "if {test}:",
    'for {item} in {row}["{key}_list"]:', "{name}({row}, {value})", "return {row}", "and", "{other}", snake, "bare",
    "def test_{name}():", '{row} = {{"{key}": {value}}}', 'assert {row}["{key}"] >= {value}', "",
)  # fmt: skip
JAVASCRIPT = Dialect(
    "JavaScript", ".js", "// ", "  ", "export function {name}({row}, {other}) {{", "}", "{row}.{key} = {value};", "{row}.{key}", "if ({test}) {{",
    "for (const {item} of {row}.{key}List) {{", "{name}({row}, {value});", "return {row};", "&&", "{other}", camel, "bare",
    'test("{name}", () => {{', "const {row} = {{ {key}: {value} }};", "expect({row}.{key}).toBeGreaterThan({value});", "});",
)  # fmt: skip
TYPESCRIPT = Dialect(
    "TypeScript", ".ts", "// ", "  ", "export function {name}({row}: Row, {other}: number): Row {{", "}", "{row}.{key} = {value};", "{row}.{key}",
    "if ({test}) {{", "for (const {item} of {row}.{key}List) {{", "{name}({row}, {value});", "return {row};", "&&", "{other}", camel, "bare",
    'test("{name}", () => {{', "const {row} = {{ {key}: {value} }};", "expect({row}.{key}).toBeGreaterThan({value});", "});",
)  # fmt: skip
PHP = Dialect(
    "PHP", ".php", "// ", "    ", "public function {name}(array ${row}, float ${other}): array {{", "}", "${row}['{key}'] = {value};", "${row}['{key}']",
    "if ({test}) {{", "foreach (${row}['{key}List'] as ${item}) {{", "$this->{name}(${row}, {value});", "return ${row};", "&&", "${other}", camel, "class",
    "public function test{name}(): void {{", "${row} = ['{key}' => {value}];", "$this->assertGreaterThan({value}, ${row}['{key}']);", "}",
)  # fmt: skip
JAVA = Dialect(
    "Java", ".java", "// ", "    ", "public Map<String, Double> {name}(Map<String, Double> {row}, double {other}) {{", "}", '{row}.put("{key}", {value});',
    '{row}.get("{key}")', "if ({test}) {{", "for (String {item} : {row}.keySet()) {{", "{name}({row}, {value});", "return {row};", "&&", "{other}",
    camel, "class", "@Test public void {name}() {{", 'var {row} = Map.of("{key}", {value});', 'assertTrue({row}.get("{key}") > {value});', "}",
)  # fmt: skip
GO = Dialect(
    "Go", ".go", "// ", "\t", "func {name}({row} Row, {other} float64) Row {{", "}", '{row}["{key}"] = {value}', '{row}["{key}"]', "if {test} {{",
    'for _, {item} := range {row}.List("{key}") {{', "{name}({row}, {value})", "return {row}", "&&", "{other}", pascal, "bare",
    "func Test{name}(t *testing.T) {{", '{row} := Row{{"{key}": {value}}}', 'if {row}["{key}"] < {value} {{ t.Fail() }}', "}",
)  # fmt: skip
DIALECTS = {each.name: each for each in (PYTHON, JAVASCRIPT, TYPESCRIPT, PHP, JAVA, GO)}
