"""Tell programs from people by their names and addresses."""

import re
from functools import lru_cache

from quarterdeck.kit.identity.names import ROLE_MAILBOXES, is_placeholder, split_email, squeeze

BOT_NAMES = frozenset(
    "dependabot dependabotpreview renovate renovatebot greenkeeper weblate precommitci"
    " githubactions snykbot imgbot allcontributors mergify travisci circleci gitlabci jenkinsci"
    " codecov coveralls homu pyup pyupbot copilot copilotautofixpoweredbyai cursoragent transifex deepsource semanticreleasebot".split()
)
BOT_NAME = re.compile(r"\[bot\]|(^|[_-])bot$|^bot[_-]|[a-z]Bot$")
BOT_MAIL = re.compile(r"\[bot\]|(^|[-_+])bot@|^noreply@anthropic\.com$|^cursoragent@", re.I)  # robots and coding assistants
WORK_NAMES = frozenset("travis jenkins hudson bors".split())  # people bear these names too
WORK_DOMAIN = re.compile(r"@(.*\.)?(ci|builds?|jenkins|hudson|travis-ci|bors)\b")
SERVICE_NAME = re.compile(
    r"^(jenkins|travis|circle|azure|gitlab|github|buildbot)\s+"
    r"(for|ci|bot|user|server|build\w*|actions?|automation|pipelines?)\b"
)


@lru_cache(maxsize=65_536)
def is_bot(name: str, email: str) -> bool:
    """Tell whether the author is a program by its own name or mailbox."""
    if BOT_NAME.search(name.strip()) or BOT_MAIL.search(email) or SERVICE_NAME.search(name.casefold()):
        return True
    mailbox = split_email(email)[0]
    words = {squeeze(name), squeeze(mailbox)}
    if name.casefold().endswith(" bot"):
        return is_placeholder(email) or squeeze(mailbox) in ROLE_MAILBOXES
    return bool(words & BOT_NAMES or (words & WORK_NAMES and WORK_DOMAIN.search(email.lower())))
