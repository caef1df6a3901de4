"""Releases of runtimes and databases with the last day of their support, as their makers announced them."""

from dataclasses import dataclass
from datetime import date

from quarterdeck.demo.generator.draws import Draws

PRODUCT = {"Python": "python", "JavaScript": "nodejs", "TypeScript": "nodejs", "PHP": "php", "Java": "eclipse-temurin", "Go": "go"}
IMAGES = {
    "python": "python:{0}-slim", "nodejs": "node:{0}-slim", "php": "php:{0}-fpm", "eclipse-temurin": "eclipse-temurin:{0}-jre", "go": "golang:{0}",
    "postgresql": "postgres:{0}", "mysql": "mysql:{0}", "mariadb": "mariadb:{0}",
}  # fmt: skip
LEFT_DAYS = 400  # a supported release has more than a year to go
GONE_DAYS = 45  # an ended one has ended for a while


@dataclass(frozen=True)
class Release:
    """A release of a product: first and last day of its support."""

    product: str
    name: str
    begin: date
    end: date


def _release(text: str) -> Release:
    product, name, begin, end = text.split()
    return Release(product, name, date.fromisoformat(begin), date.fromisoformat(end))


RELEASES = tuple(
    _release(line)
    for line in """\
python 3.6 2016-12-23 2021-12-23
python 3.7 2018-06-27 2023-06-27
python 3.8 2019-10-14 2024-10-07
python 3.9 2020-10-05 2025-10-31
python 3.12 2023-10-02 2028-10-31
python 3.13 2024-10-07 2029-10-31
python 3.14 2025-10-07 2030-10-31
nodejs 12 2019-04-23 2022-04-30
nodejs 14 2020-04-21 2023-04-30
nodejs 16 2021-04-20 2023-09-11
nodejs 18 2022-04-19 2025-04-30
nodejs 22 2024-04-24 2027-04-30
nodejs 24 2025-05-06 2028-04-30
php 7.3 2018-12-06 2021-12-06
php 7.4 2019-11-28 2022-11-28
php 8.0 2020-11-26 2023-11-26
php 8.3 2023-11-23 2027-12-31
php 8.4 2024-11-21 2028-12-31
eclipse-temurin 16 2021-07-30 2021-09-30
eclipse-temurin 18 2022-03-24 2022-09-30
eclipse-temurin 20 2023-03-27 2023-09-19
eclipse-temurin 21 2023-10-11 2029-12-31
eclipse-temurin 25 2025-09-22 2031-09-30
go 1.18 2022-03-15 2023-02-01
go 1.19 2022-08-02 2023-09-06
go 1.20 2023-02-01 2024-02-06
go 1.21 2023-08-08 2024-08-13
go 1.24 2025-02-11 2026-02-10
go 1.26 2026-02-10 2099-12-31
go 1.27 2026-08-19 2099-12-31
postgresql 10 2017-10-05 2022-11-10
postgresql 11 2018-10-18 2023-11-09
postgresql 12 2019-10-03 2024-11-21
postgresql 16 2023-09-14 2028-11-09
postgresql 17 2024-09-26 2029-11-08
mysql 5.6 2013-02-01 2021-02-28
mysql 5.7 2015-10-09 2023-10-31
mysql 8.4 2024-04-10 2032-04-30
mariadb 10.3 2018-05-23 2023-05-25
mariadb 10.4 2019-06-17 2024-06-18
mariadb 10.5 2020-06-23 2025-06-24
mariadb 11.4 2024-05-29 2029-05-29
mariadb 11.8 2025-06-04 2028-06-04""".splitlines()
)


def supported(product: str, today: date) -> list[str]:
    """Return the releases of a product that are out and have more than a year of support left."""
    known = [each for each in RELEASES if each.product == product and each.begin <= today and (each.end - today).days > LEFT_DAYS]
    latest = [each for each in RELEASES if each.product == product and each.begin <= today][-1:]
    return [each.name for each in known or latest]


def ended(product: str, today: date) -> list[str]:
    """Return the releases of a product whose support ended some time ago."""
    return [each.name for each in RELEASES if each.product == product and (today - each.end).days > GONE_DAYS]


def image(language: str, release: str, draws: Draws) -> str:
    """Return the image of a runtime, at a digest."""
    return pinned(IMAGES[PRODUCT[language]].format(release), draws)


def database_image(product: str, release: str, draws: Draws) -> str:
    """Return the image of a database, at a digest."""
    return pinned(IMAGES[product].format(release), draws)


def pinned(name: str, draws: Draws) -> str:
    """Return an image with a digest, so that it cannot change unseen."""
    return f"{name}@sha256:{draws.hex(64)}"
