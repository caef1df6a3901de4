"""Functions: worked examples in every language, counted by hand, and text that no parser should fall over."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.evidence.code import languages, names
from quarterdeck.evidence.code.functions import ANONYMOUS, NOT_READ, PARTLY_READ, functions, language_of
from quarterdeck.kit.files import LANGUAGE_OF
from quarterdeck.practices.architecture.hotspots import measures

# (path, text, [(name, line, lines, complexity, nesting, parameters)]), counted by hand
EXAMPLES = {
    "Python": ("a.py", '''
def plain(a, b=1, *, c):
    return a

@cached
async def busy(self, rows):
    for row in rows:                      # +1
        if row.a and row.b or row.c:      # +3
            continue
        elif row.d:                       # +1
            while row:                    # +1, third level
                row = row.next if row.next else None   # +1
    try:
        return [x for x in rows if x]     # +2
    except ValueError:                    # +1
        def inner():
            if rows: pass
    match rows:
        case [a] if a:                    # +2
            pass
        case _:
            pass
''', [("plain", 2, 2, 1, 0, 3), ("busy", 6, 17, 13, 3, 2), ("inner", 16, 2, 2, 1, 0)]),
    "JavaScript": ("a.js", '''
function plain(a, {b}, ...rest) { return a; }
class K {
  busy(x) {
    if (x) { for (const y of x) { while (y && y.z) {} } }   // +4, three levels
    else if (x ?? 1) {}                                     // +2
    else {}
    switch (x) { case 1: case 2: break; default: }          // +2
    try { x(); } catch (e) { x ? 1 : 2; }                   // +2
    return x.map(y => y || 1);                              // +1, a short callback is part of it
  }
}
const arrow = async x => x && 1;
exports.named = function () { if (arrow) { return; } };
''', [("plain", 2, 1, 1, 0, 3), ("busy", 4, 8, 12, 3, 1), ("arrow", 13, 1, 2, 0, 1), ("exports.named", 14, 1, 2, 1, 0)]),
    "TypeScript": ("a.ts", '''
export function plain(a: string, b?: number): a is string { return a ? true : false; }
class K {
  private handler = (x?: number): void => { if (x) { do { x--; } while (x); } };
  abstract none(): void;
}
''', [("plain", 2, 1, 2, 0, 2), ("handler", 4, 1, 3, 2, 1)]),
    "Java": ("A.java", '''
class A {
  A(int x) { if (x > 0 && x < 9) { } else if (x == 9) { } }
  abstract int none();
  @Override
  public int busy(int a, String... b) {
    for (String s : b) { do { a++; } while (a < 3); }                  // +2
    switch (a) { case 1: case 2: return 1; default: break; }           // +2
    int z = switch (a) { case 1, 2 -> 3; default -> 4; };              // +1
    try { run(); } catch (E | F e) { if (a > 1 || a < 0) { } }         // +3
    list.forEach(x -> { if (x) { } });                                 // +1
    return a > 1 ? 1 : 2;                                              // +1
  }
}
''', [("A", 3, 1, 4, 1, 1), ("busy", 6, 8, 11, 2, 2)]),
    "Go": ("a.go", '''
package a
func plain(a, b int, c ...string) {}
func (t *T) Busy() bool {
	if x := 1; x > 2 { for { } } else if y { }                      // +3
	switch v := a.(type) { case int: return v > 1 && b; default: }  // +2
	select { case <-c: default: }                                   // +1
	defer func() { if a || b { } }()                                // +2
	return false
}
''', [("plain", 3, 1, 1, 0, 3), ("Busy", 4, 7, 9, 2, 0)]),
    "Ruby": ("a.rb", '''
class A
  def plain(a, b = 1, *c, d:, &e) = a
  def self.busy(x)
    return 1 if x and y                # +2
    unless x then z ? 1 : 2 end        # +2
    case x
    when 1, 2 then 3                   # +1
    when 4                             # +1
      x.each { |q| break until q }     # +1
    else 6
    end
    if a then 1 elsif b || c then 2 end   # +3
    begin
      foo
    rescue E => e                      # +1
      bar
    end
  end
end
''', [("plain", 3, 1, 1, 0, 5), ("busy", 4, 16, 12, 2, 1)]),
    "PHP": ("a.php", '''<?php
class A {
  abstract function none();
  public function busy(int $a, ?string $b = null): ?int {
    if ($a && $b or $a) { } elseif ($a) { } else if ($b) { }     // +5
    foreach ($a as $v) { switch ($v) { case 1: case 2: break; default: } }  // +3
    $r = match(true) { 1, 2 => 3, default => 4 };               // +1
    try { } catch (E | F $e) { while ($a) { } }                 // +2
    return $a ?? ($b ?: 3);                                     // +2
  }
}
function plain() { }
''', [("busy", 4, 7, 14, 2, 2), ("plain", 12, 1, 1, 0, 0)]),
    "C#": ("A.cs", '''
class A {
  int P { get { return 1; } set => y = value ?? 2; }
  int Q => x > 1 ? 1 : 2;
  int R { get; set; }
  public async Task<int?> Busy(int a, string? b = null) {
    foreach (var q in b) { if (a > 1) { } else if (a < 0) { } else { } }       // +3
    switch (a) { case 1: case 2: return 1; default: break; }                   // +2
    var z = a switch { 1 => 2, int n when n > 2 => 4, _ => 3 };                // +3
    int Local(int r) => r > 1 && r < 3 ? 1 : 2;
    try { } catch (E e) when (e.x) { while (a > 0) { } }                       // +3
    return 1;
  }
}
''', [("get", 3, 1, 1, 0, 0), ("set", 3, 1, 2, 0, 0), ("Q", 4, 1, 2, 0, 0), ("Busy", 6, 8, 12, 2, 2), ("Local", 10, 1, 3, 0, 1)]),
    "Rust": ("a.rs", '''
trait T { fn none(&self); }
impl A {
    fn plain(&self) -> Result<i32> { Ok(foo()?) }
    fn busy(a: i32, b: T) {
        if a > 1 && b { } else if let Some(x) = y { }               // +3
        let Some(q) = z else { return };                            // +1
        for i in 0..3 { while a { loop { break; } } }               // +3
        match a { 1 | 2 => 3, n if n > 3 => 4, _ => 5 };            // +3
        let c = |x: i32| x > 1 || x < 0;                            // +1
    }
}
''', [("plain", 4, 1, 1, 0, 1), ("busy", 5, 7, 12, 3, 2)]),
    "Kotlin": ("a.kt", '''
class A(val x: Int) {
  val y: Int
    get() = if (x > 1 && x < 3) 1 else if (x == 2) 4 else 2
  fun busy(a: Int, b: Int = 2): Int {
    when (a) { 1, 2 -> return 1; in 3..4 -> 2; else -> 3 }          // +2
    for (i in 1..2) { do { } while (a < b) }                        // +2
    try { a } catch (e: Exception) { while (true) { } }             // +2
    list.forEach { it -> if (it) { } }                              // +1
    return a ?: 1                                                   // +1
  }
}
fun String.plain() = 3
''', [("get", 4, 1, 4, 1, 0), ("busy", 5, 7, 9, 2, 2), ("plain", 13, 1, 1, 0, 0)]),
    "C": ("a.c", '''
static void
plain(void)
{
}
char *(*busy(int a, char **b))(int)
{
	for (;;)                                            /* +1 */
		while (a && *b)                             /* +2 */
			switch (a) {
			case 1: case 2: break;              /* +2 */
			default: a = b ? 1 : 2;             /* +1 */
			}
#if defined(X) && defined(Y)
	if (a) { } else if (b || a) { } else { }            /* +3 */
#endif
	do { } while (a);                                   /* +1 */
}
''', [("plain", 3, 3, 1, 0, 0), ("busy", 6, 13, 11, 3, 2)]),
    "C++": ("a.cpp", '''
namespace n {
struct A { A() = default; void none(); bool plain(A&& o) noexcept { return x and o.x; } };
template<class T> T A<T>::busy(T&& t, int k = 2) {
  for (auto&& i : t) { try { if (i) { } } catch (E& e) { } }          // +3, three levels
  auto f = [&](int q) { return q > 1 ? q : k; };                       // +1
  if constexpr (k) { } else if (t || k) { }                            // +3
}
}
''', [("plain", 3, 1, 2, 0, 1), ("A<T>::busy", 4, 5, 8, 3, 2)]),
}  # fmt: skip


@pytest.mark.parametrize("language", sorted(EXAMPLES))
def test_functions_are_as_complex_and_as_deep_as_counted_by_hand(language: str) -> None:
    path, text, wanted = EXAMPLES[language]

    assert language_of(path) == language
    assert functions(path, text.encode()) == wanted


def test_every_language_has_an_example_and_a_grammar_that_loads() -> None:
    for grammar in languages.GRAMMARS:
        languages.compiled(grammar)

    assert {grammar.language for grammar in languages.GRAMMARS} == set(EXAMPLES)


def test_a_long_callback_is_a_function_of_its_own_and_a_short_one_is_not() -> None:
    body = b"  if (a) { b(); }\n"
    short, long = b"function f() {\n g(() => {\n" + body * 8 + b" });\n}\n", b"function f() {\n g(() => {\n" + body * 9 + b" });\n}\n"

    assert [row[:4] for row in functions("a.js", short)] == [("f", 1, 12, 9)]
    assert [row[:4] for row in functions("a.js", long)] == [("f", 1, 13, 1), (ANONYMOUS, 2, 11, 10)]


def test_a_macro_that_opens_a_block_is_no_function_but_nests() -> None:
    text = b"void f(List *l) {\n  FOR_EACH(x, l) {\n    if (x) { }\n  }\n}\n"

    assert functions("a.cpp", text) == [("f", 1, 5, 2, 2, 1)]


def test_a_header_of_classes_is_read_as_the_language_it_is_in() -> None:
    text = b"#pragma once\nnamespace n {\nclass A {\npublic:\n  int f() { return x ? 1 : 2; }\n};\n}\n"

    assert [row[:4] for row in functions("a.h", text)] == [("f", 5, 1, 2)]


def test_the_room_and_the_reader_agree_on_what_can_be_read() -> None:
    names = [f"lib/a.{ending}" for ending in LANGUAGE_OF] + ["Rakefile", "Makefile", "Dockerfile", "Jenkinsfile", "a", ".js"]

    assert {name: measures.parsed(name) for name in names} == {name: bool(language_of(name)) for name in names}
    assert (measures.NOT_READ, measures.PARTLY_READ) == (NOT_READ, PARTLY_READ)


def test_a_name_with_no_parser_has_no_functions() -> None:
    assert functions("a.hs", b"f x = x\n") == []
    assert language_of("README.md") == ""


HOSTILE = {
    "too large": b"int f(void) { return 1; }\n" * 50_000,
    "NUL bytes": b"int f(void) { \0 }\n",
    "open parentheses": b"int f(void) { return " + b"(" * 100_000,
    "open blocks": b"{" * 100_000,
    "brackets behind operators": b"%w[" * 40_000,
    "arrows": b"x=>" * 30_000,
    "signs and commas": b"-," * 50_000,
    "one label without end": b"int f(void) { " + b"case 1:" * 20_000,
    "a broken end": b"".join(b"int f%d(void) { return %d; }\n" % (n, n) for n in range(200)) + b"argument => " * 2_000,
}


@pytest.mark.parametrize("ending", ["py", "js", "ts", "tsx", "java", "go", "rb", "php", "cs", "rs", "kt", "c", "cpp"])
@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_text_that_would_explode_in_a_parser_is_left_out_and_counted(kind: str, ending: str) -> None:
    assert functions(f"a.{ending}", HOSTILE[kind]) == [(NOT_READ, 0, 0, 0, 0, 0)]


@pytest.mark.parametrize("language", sorted(EXAMPLES))
def test_half_a_file_still_gives_what_it_has(language: str) -> None:
    path, text, wanted = EXAMPLES[language]
    whole = text.encode()
    found = set()

    for cut in range(len(whole), 0, -31):
        half = whole[:cut]
        rows = [row for row in functions(path, half) if row[1]]
        assert all(line + lines - 1 <= half.count(b"\n") + 1 for _, line, lines, *_ in rows)
        found |= set(rows)
    assert wanted[0] in found


@pytest.mark.parametrize("ending", ["py", "js", "java", "go", "rb", "php", "cs", "rs", "kt", "c", "cpp"])
def test_a_file_with_the_wrong_ending_is_read_in_part_or_not_at_all(ending: str) -> None:
    dust = random.Random(4).randbytes(3_000).replace(b"\0", b"a")

    rows = functions(f"a.{ending}", b"<?php " + dust)

    assert rows == [] or rows[0][1] == 0 or len(rows) < 20


@given(st.binary(max_size=300), st.sampled_from(["py", "js", "tsx", "java", "go", "rb", "php", "cs", "rs", "kt", "c", "cpp"]))
def test_any_bytes_are_read_without_falling_over_and_always_alike(dust: bytes, ending: str) -> None:
    assert functions(f"a.{ending}", dust) == functions(f"a.{ending}", dust)


@given(st.integers(0, 30), st.integers(0, 12))
def test_each_decision_adds_one_and_each_level_nests_one_deeper(flat: int, deep: int) -> None:
    lines = ["def f(a):", *["    if a: pass"] * flat, *[f"{'    ' * (level + 1)}while a:" for level in range(deep)]]
    text = "\n".join([*lines, "    " * (deep + 1) + "pass"])

    rows = functions("a.py", text.encode())

    assert rows == [("f", 1, flat + deep + 2, flat + deep + 1, max(deep, min(flat, 1)), 1)]


@pytest.mark.parametrize(
    ("head", "name", "line", "parameters"),
    [
        (
            "    Q_OBJECT\n\npublic:\n    Panel(Document *document, QObject *parent = nullptr)\n        : Base(document, parent)\n",
            "Panel",
            5,
            2,
        ),
        ("    Q_OBJECT\n\nprivate Q_SLOTS:\n    void opens()\n", "opens", 5, 0),
    ],
)
def test_a_word_of_access_after_a_macro_is_no_name(head: str, name: str, line: int, parameters: int) -> None:
    text = f"class Panel : public Base {{\n{head}    {{\n        if (a) {{ b(); }}\n    }}\n}};\n"

    rows = [row for row in functions("a.cpp", text.encode()) if row[1]]

    assert [(row[0], row[1], row[3], row[5]) for row in rows] == [(name, line, 2, parameters)]
    assert rows[0][1] + rows[0][2] - 1 == text.count("\n") - 1


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"public: Panel(int a) : Base(a) ", "Panel"),
        (b"public: void a(); int Panel::b() const ", "Panel::b"),
        (b"signals: /* last(x) */ ~Panel() ", "~Panel"),
        (b"catch (const Error &e) ", "(unnamed)"),
        (b"default: ", "(unnamed)"),
        (b"public " * 500, "(unnamed)"),
    ],
)
def test_the_function_declared_last_before_a_body_gives_the_name(head: bytes, name: str) -> None:
    assert names.real_name(head)[0] == name


def test_functions_come_in_the_order_of_the_file() -> None:
    rows = functions("a.js", b"".join(b"const f%d = () => { return %d; };\n" % (n, n) for n in range(50)))

    assert len(rows) == 50
    assert all(first[1] < second[1] for first, second in pairwise(rows))
