"""The report as one self-contained page that works from a file, under a policy that lets nothing else in."""

import hashlib
import json
import os
from base64 import b64encode
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from quarterdeck.deliver.fragments import Drawing, charts_of, sections_of
from quarterdeck.deliver.naming import Names
from quarterdeck.deliver.terms import MARKS, money_line
from quarterdeck.deliver.words import GLOSSARY
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.report import Report

EMBED = "window.qdEmbed=(element,spec,options)=>vegaEmbed(element,spec,options);"


def render(report: Report, names: Names, cache: Path) -> str:
    """Return the whole page."""
    drawing, sections = Drawing(report, names), sections_of(report)
    drawing.environment.globals.update(bar=partial(range_bar, _widest(report)))
    library, script = bundle(cache), asset("blocks.js") + asset("report.js")
    style = asset("blocks.css") + asset("report.css")
    return drawing.environment.get_template("report.html.j2").render(
        report=report,
        say=drawing.say,
        section=drawing.section,
        policy=_policy((style,), (library, script)),
        style=Markup(style),  # noqa: S704 - our own file
        bundle=Markup(library),  # noqa: S704 - made from an installed package
        script=Markup(script),  # noqa: S704 - our own file
        specs=Markup(_embedded(drawing.specs(sections))),  # noqa: S704 - escaped for a script element
        commits=sum(look.commits for look in report.looks),
        money_line=money_line(report),
        chart_one=next((chart for _, chart in charts_of(sections) if chart.kind == "treemap"), None),
        head=drawing.plain,
        kinds=MARKS,
        glossary=GLOSSARY,
    )


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


def _embedded(value: object) -> str:
    """Return JSON that cannot leave its script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def asset(name: str) -> str:
    """Return one of our own files that pages are made of."""
    return files("quarterdeck.deliver").joinpath("assets", name).read_text("utf-8")


def bundle(cache: Path) -> str:
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
