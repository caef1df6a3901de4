"""The report as one self-contained page that works from a file, under a policy that lets nothing else in."""

import hashlib
import json
import os
import re
from base64 import b64encode
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quarterdeck.deliver import charts
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import MARKS, cure_of, exposure_of, money_line
from quarterdeck.deliver.words import GLOSSARY, explained
from quarterdeck.domain.documents import Chart, Section
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.report import Report

MOST_ROWS = 200
EMBED = "window.qdEmbed=(element,spec,options)=>vegaEmbed(element,spec,options);"


def render(report: Report, names: Names, cache: Path) -> str:
    """Return the whole page."""
    namer = Namer(report.people, names)
    environment = Environment(
        loader=PackageLoader("quarterdeck.deliver", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        anchor=partial(anchor, namer),
        bar=partial(range_bar, _widest(report)),
        exposure_of=exposure_of,
        cure_of=cure_of,
        MOST_ROWS=MOST_ROWS,
    )
    say = partial(_say, namer)
    drawn = _charts(report)
    specs = _embedded({chart.id: _both(chart, partial(namer.shown, continuity=section.names)) for section, chart in drawn})
    style, bundle, script = _asset("report.css"), _bundle(cache), _asset("report.js")
    front = next((chart for _, chart in drawn if chart.kind == "treemap"), None)
    return environment.get_template("report.html.j2").render(
        report=report,
        say=say,
        section=partial(_section, environment, namer),
        policy=_policy((style,), (bundle, script)),
        style=Markup(style),  # noqa: S704 - our own file
        bundle=Markup(bundle),  # noqa: S704 - made from an installed package
        script=Markup(script),  # noqa: S704 - our own file
        specs=Markup(specs),  # noqa: S704 - escaped for a script element
        commits=sum(look.commits for look in report.looks),
        money_line=money_line(report),
        chart_one=front,
        head=partial(_plain, namer),
        kinds=MARKS,
        glossary=GLOSSARY,
    )


def _say(namer: Namer, text: str, *, continuity: bool = False) -> Markup:
    return explained(namer.shown(str(text), continuity=continuity))


def _plain(namer: Namer, text: str, *, continuity: bool = False) -> str:
    return namer.shown(str(text), continuity=continuity)


def _section(environment: Environment, namer: Namer, part: Section) -> Markup:
    blocks = [{"kind": kind, "blocks": list(group)} for kind, group in groupby(part.blocks, key=lambda block: type(block).__name__)]
    say = partial(_say, namer, continuity=part.names)
    text = environment.get_template("section.html.j2").render(
        part=part, groups=blocks, say=say, head=partial(_plain, namer, continuity=part.names)
    )
    return Markup(text)  # noqa: S704 - a template with autoescape made it


def anchor(namer: Namer, name: str) -> str:
    """Return a name as the id of an element."""
    return re.sub(r"[^A-Za-z0-9]+", "-", namer.key(name))


def _widest(report: Report) -> float:
    return max((risk.exposure.p90 for risk in report.front.risks if risk.exposure), default=1.0) or 1.0


def range_bar(widest: float, estimate: Estimate) -> Markup:
    """Draw a range from P10 to P90 with a mark at P50, on the scale that all risks of the page share."""
    low, mid, high = (round(100 * value / widest, 1) for value in (estimate.p10, estimate.p50, estimate.p90))
    return Markup(  # noqa: S704 - only numbers
        f'<span class="range"><svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="base" x="0" y="5.5" width="100" height="1"/><rect x="{low}" y="4" width="{high - low:.1f}" height="4"/>'
        f'<rect x="{mid - 0.5:.1f}" y="0" width="1" height="12"/></svg></span>'
    )


def _charts(report: Report) -> list[tuple[Section, Chart]]:
    sections = [section for practice in report.practices for section in practice.sections]
    return [(section, block) for section in sections for block in section.blocks if isinstance(block, Chart)]


def _both(chart: Chart, say: Any) -> dict[str, Any]:
    mode = "vega" if charts.is_vega(chart) else "vega-lite"
    return {"mode": mode, "light": charts.spec_of(chart, "light", say), "dark": charts.spec_of(chart, "dark", say)}


def _embedded(value: object) -> str:
    """Return JSON that cannot leave its script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _asset(name: str) -> str:
    return files("quarterdeck.deliver").joinpath("assets", name).read_text("utf-8")


def _bundle(cache: Path) -> str:
    """Return the chart library for the browser, made once per version of its package; a copy that is not whole is made again."""
    path = cache / f"vega-{version('vl-convert-python')}.js"
    kept = path.read_bytes() if path.is_file() else b""
    mark = path.with_suffix(".sha256")
    if kept and mark.is_file() and mark.read_text("utf-8") == hashlib.sha256(kept).hexdigest():
        return kept.decode("utf-8")
    import vl_convert  # noqa: PLC0415 - half a second that a second run does not need

    made = vl_convert.javascript_bundle(EMBED)
    text = "(()=>{" + made.replace("<!--", "<\\!--").replace("</script", "<\\/script") + "})();"
    cache.mkdir(parents=True, exist_ok=True)
    for place, content in ((path, text), (mark, hashlib.sha256(text.encode("utf-8")).hexdigest())):
        part = place.with_suffix(f".{os.getpid()}.part")
        part.write_text(content, "utf-8")
        part.replace(place)
    return text


def _policy(styles: tuple[str, ...], scripts: tuple[str, ...]) -> str:
    allowed = " ".join(map(_hash, scripts)), " ".join(map(_hash, styles))
    return f"default-src 'none'; script-src {allowed[0]}; style-src {allowed[1]}; img-src data:; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
