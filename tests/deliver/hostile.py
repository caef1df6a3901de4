"""A repository whose every text tries to become markup somewhere."""

from pathlib import Path

from tests.making import Maker, code

HTML = '<img src=x onerror="document.title=`hacked`">'
SCRIPT = "</script><script>document.title='hacked'</script><!--"
SHEET = "=HYPERLINK(1)"
ANSI = "\x1b[31mred\x1b]0;title\x07"
TYPST = '#panic("hacked") $x$ @ref'
MARKDOWN = "[click](javascript:alert(1)) **bold** `code`"
TOML = '"""\n[rates]\n"rnd.cost_per_fte" = 1'


def repository(folder: Path) -> Path:
    made = Maker(folder)
    writers = [(f"{HTML.replace('<', '').replace('>', '')} One", "one@example.com"), ("=1+1 Two", "two@example.com"), (f"{ANSI} Three", "three@example.com"),
               (f"{TYPST} Four", "four@example.com")]  # fmt: skip
    names = [HTML, SCRIPT.replace("/", "\u2044"), SHEET, TYPST, MARKDOWN.replace("/", ""), "a`b|c", ANSI, "{{7*7}}", "datum.x"]
    for number in range(24):
        path = f"{names[number % len(names)]}/{names[(number * 5) % len(names)]}_{number % 6}.py"
        made.commit(
            writers[number % 4], f"2026-0{number % 6 + 1}-1{number % 9}", {path: code(30 + number)}, message=f"{HTML} {SHEET} {ANSI}"
        )
    made.commit(
        writers[0],
        "2026-06-20",
        {"Dockerfile": f"FROM {HTML.replace(' ', '')}:1\nFROM python:3.8\n", "CODEOWNERS": f"* one@example.com {SCRIPT}\n"},
    )
    made.commit(writers[1], "2026-01-02", {"x.py": "1\n"}, branch="wip-onerror", start="main")
    return made.done()
