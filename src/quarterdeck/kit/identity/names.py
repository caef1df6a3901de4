"""What a name and an address say about their owner, folded so that spellings can be compared."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

Alias = tuple[str, str, int, int]  # name, email, first seen, last seen (seconds)
Join = tuple[Alias, Alias, str]

DAY = 86_400

NOREPLY = re.compile(r"^(users\.)?noreply\.[\w-]+\.\w+$")  # private addresses of forges
ACCOUNT = re.compile(r"^(\d+)[+-]")
PLACEHOLDER_MAILBOXES = frozenset(
    "devnull none noreply nobody root unknown invalid null anonymous anon noemail nomail"
    " localhost donotreply you your youremail yourname user username me example email"
    " some someone somebody"
    " ubuntu vagrant pi ec2user administrator".split()
)
PLACEHOLDER_DOMAINS = re.compile(
    r"^(.*\.)?(example|invalid|test|localhost|devnull|nowhere)(\.[a-z]+)?$|^(none|unknown|domain\.com|email\.com)?$"
)
ROLE_MAILBOXES = frozenset(
    "admin all bugs build builder ci code contact contrib contribute dev devel developer"
    " developers development engineering gerrit git github gitlab hello help hi home hostmaster"
    " info infra jenkins lists mail mailing mailinglist maintainer maintainers master office"
    " opensource oss patches postmaster private project pair pairing pairs public release releases security"
    " service software spam support svn sysadmin system team test tester tests web webmaster"
    " work www".split()
)
PLACEHOLDER_NAMES = frozenset(
    " ".join(sorted(words.split()))
    for words in (
        "your name,first last,full name,no name,no author,unknown author,unknown user,test user,"
        "john doe,jane doe,user name,author name,my name,name surname,default user,local user,"
        "git user,github user,system administrator,system user,not committed yet,root user,"
        "admin user,the team,new user,guest user,some one,some body,anonymous coward,a b,foo bar,"
        "some name,firstname lastname,ec2 default user"
    ).split(",")
)
JOINT_NAME = re.compile(r"\w\s*[+&]\s*\w|\w\s+(and|und|et)\s+\w", re.I)
LIST_SUFFIX = re.compile(r"\s+via\s+\S.*$", re.I)
ASIDE = re.compile(r"[(\[{\"“][^)\]}\"”]*[)\]}\"”]")
LATIN1_SHIFT = re.compile(r"\x1b,[Ab](.+?)\x1b\(B")
MAIL_IN_NAME = re.compile(r"\s*<?\b([\w.-]+)(\+[\w.+-]+)?@[\w.-]+>?")
SPECIAL_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})
DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
JOINERS = str.maketrans("", "", "-'’`´‐‑·")
NO_WORD = re.compile(r"[^a-z0-9]")  # the quick way for folded ASCII, which most names are
DENSE_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def repair(name: str) -> str:
    """Undo the two encodings that old mail tools left in names."""
    name = LATIN1_SHIFT.sub(lambda m: "".join(chr(ord(c) | 0x80) for c in m[1]), name)
    if "Ã" not in name and "Å" not in name:
        return name
    try:
        return name.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return name


def plain(text: str) -> str:
    """Fold case, Latin accents and special letters; keep every other script whole."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold().translate(SPECIAL_LETTERS))
    return unicodedata.normalize("NFC", "".join(c for c in text if not "\u0300" <= c <= "\u036f"))


def is_word(char: str) -> bool:
    """Tell whether the character is a letter, mark or digit of any script."""
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def words_of(text: str) -> tuple[str, ...]:
    """Split a name into folded words without hyphens, points and lone numbers."""
    folded = plain(text).translate(JOINERS)
    spaced = NO_WORD.sub(" ", folded) if folded.isascii() else "".join(c if is_word(c) else " " for c in folded)
    return tuple(word for word in spaced.split() if not word.isdigit())


@lru_cache(maxsize=65_536)
def squeeze(text: str) -> str:
    """Fold a name or mailbox into one word."""
    folded = plain(text)
    return NO_WORD.sub("", folded) if folded.isascii() else "".join(c for c in folded if is_word(c))


def is_dense(word: str) -> bool:
    """Tell whether the word holds a whole name in a script without spaces."""
    return len(word) >= 3 and all(unicodedata.name(c, "").startswith(DENSE_SCRIPTS) for c in word)


def spoken_name(name: str) -> str:
    """Drop list suffixes, asides and addresses from a displayed name."""
    name = LIST_SUFFIX.sub("", repair(name)).partition(" / ")[0]
    bare = MAIL_IN_NAME.sub("", ASIDE.sub(" ", name)).strip()
    return bare or MAIL_IN_NAME.sub(lambda m: squeeze(m[1]), name)


@dataclass(frozen=True, eq=False)
class Face:
    """Describe one alias by what it says about its owner."""

    alias: Alias
    words: tuple[str, ...]
    spellings: frozenset[tuple[str, ...]]
    mailbox: str
    domain: str
    nowhere: bool  # the address proves nothing
    crowded: bool = False  # the address proves something only beside the name

    @cached_property
    def core(self) -> tuple[str, ...]:
        """Give the words longer than an initial."""
        return tuple(word for word in self.words if len(word) > 1)

    @cached_property
    def full(self) -> bool:
        """Tell whether the name has a given name and a family name."""
        enough = len(self.core) >= 2 or any(map(is_dense, self.words))
        return enough and not self.joint and " ".join(sorted(self.words)) not in PLACEHOLDER_NAMES

    @property
    def surname(self) -> str:
        """Give the last word longer than an initial."""
        return (self.core or self.words)[-1]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Give the words of the name without their order."""
        return tuple(sorted(self.words))

    @cached_property
    def script(self) -> str:
        """Name the script of the name's first letter."""
        word = self.words[0] if self.words else " "
        return "LATIN" if word.isascii() else unicodedata.name(word[0], "").partition(" ")[0]

    @cached_property
    def handles(self) -> frozenset[str]:
        """Collect the login-like words: mailbox and one-word name."""
        if self.joint:
            return frozenset()
        mailbox = "" if self.nowhere or self.crowded else squeeze(self.mailbox)
        name = "" if self.full else "".join(self.words)
        return frozenset({mailbox, name} - ROLE_MAILBOXES - PLACEHOLDER_MAILBOXES - {""})

    @cached_property
    def joint(self) -> bool:
        """Tell whether the name is of several people."""
        name = self.alias[0]
        return "@" not in name and bool(JOINT_NAME.search(name))

    @property
    def brief(self) -> bool:
        """Tell whether the alias was used on a single day only."""
        return self.alias[3] - self.alias[2] < DAY


def split_email(email: str) -> tuple[str, str]:
    """Split an address into mailbox without tag and domain, both folded."""
    mailbox, _, domain = email.strip().lower().rpartition("@")
    if NOREPLY.match(domain):
        return ACCOUNT.sub("", mailbox), domain
    base = mailbox.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        return base.replace(".", ""), "gmail.com"
    return (mailbox if base in ROLE_MAILBOXES else base or mailbox), domain


def account_of(email: str) -> str:
    """Give the number of the forge account in a private address."""
    mailbox, _, domain = email.strip().lower().rpartition("@")
    number = ACCOUNT.match(mailbox)
    return f"{number[1]}@{domain}" if number and NOREPLY.match(domain) else ""


def is_placeholder(email: str) -> bool:
    """Tell whether the address stands for nobody in particular."""
    mailbox, domain = split_email(email)
    if squeeze(mailbox) in PLACEHOLDER_MAILBOXES and not NOREPLY.match(domain):
        return True
    return not mailbox or bool(PLACEHOLDER_DOMAINS.match(domain))


@lru_cache(maxsize=65_536)
def face_of(alias: Alias) -> Face:
    """Read one alias."""
    name = spoken_name(alias[0])
    mailbox, domain = split_email(alias[1])
    words = words_of(name)
    spellings = frozenset({tuple(sorted(words)), tuple(sorted(wide_words(name) or words))})
    relayed = bool(LIST_SUFFIX.search(alias[0]))
    return Face(alias, words, spellings, mailbox, domain, relayed or is_placeholder(alias[1]))


def wide_words(name: str) -> tuple[str, ...]:
    """Split a name with its umlauts written as two letters."""
    if name.isascii():
        return ()
    return words_of(unicodedata.normalize("NFC", name).casefold().translate(DIGRAPHS))


def contradict(a: Face, b: Face) -> bool:
    """Tell whether two full names of one script share no word."""
    if not (a.full and b.full) or a.script != b.script:
        return False
    return not shared_words(a, b)


def shared_words(a: Face, b: Face) -> set[str]:
    """Give the words that occur in both names, in any spelling."""
    mine, theirs = ({w for s in f.spellings for w in s if len(w) > 1} for f in (a, b))
    return mine & theirs
