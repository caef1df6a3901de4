"""Words that need one sentence of explanation, and where a page explains them."""

import re

from markupsafe import Markup, escape

GLOSSARY = {
    "truck factor": "How few people would have to leave before half of the knowledge of the code is gone.",
    "hotspot": "A file that is both changed often and hard to change.",
    "hotspots": "Files that are both changed often and hard to change.",
    "end of life": "The day after which the maker of a piece of software repairs nothing more, not even security holes.",
    "out of support": "The maker repairs nothing more, not even security holes.",
    "degree of authorship": "A published measure of how well somebody knows a file, from who created it and who changed it since.",
    "shallow clone": "A copy of a repository without its older history.",
    "partial clone": "A copy of a repository without the contents of its files.",
    "squash merges": "Several commits pressed into one when work is merged, so that their authors and steps are lost.",
    "nesting": "How deeply lines are indented, summed over a file: deep code is hard to read in any language.",
    "moving": "Changed within the last year.",
    "P50": "The middle of a range: half of the outcomes lie below.",
    "knower": "A person still here who, by degree of authorship, knows a file.",
    "half-life": "The age at which a piece of old work counts half.",
    "branch": "A line of work beside the main one.",
    "branches": "Lines of work beside the main one.",
}
_TERMS = re.compile(r"\b(" + "|".join(sorted(map(re.escape, GLOSSARY), key=len, reverse=True)) + r")\b", re.IGNORECASE)


def explained(text: str) -> Markup:
    """Escape a text and mark the first use of each term that the glossary explains."""
    seen: set[str] = set()

    def mark(match: re.Match[str]) -> str:
        word = match.group(0)
        if word.lower() in seen:
            return word
        seen.add(word.lower())
        meaning = GLOSSARY.get(word, GLOSSARY.get(word.lower(), ""))
        return f'<dfn title="{escape(meaning)}" tabindex="0">{word}</dfn>'

    return Markup(_TERMS.sub(mark, str(escape(text))))  # noqa: S704 - the text was escaped, the marks are ours
