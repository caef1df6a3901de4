"""Rates as draws: the same rate gives the same draws wherever it is used."""

from datetime import date
from hashlib import blake2b

from quarterdeck.domain.company import Company, Rate
from quarterdeck.kit.monte_carlo import Samples, generator, pert


def draw(key: str, low: float, mid: float, high: float) -> Samples:
    """Draw a PERT range with a seed that belongs to its key, so that figures share their uncertainty."""
    return pert(generator(int.from_bytes(blake2b(key.encode(), digest_size=6).digest())), low, mid, high)


def rate_draw(rate: Rate) -> Samples:
    """Draw a rate."""
    return draw(rate.key, rate.low, rate.mid, rate.high)


def currency_of(company: Company, *keys: str) -> str:
    """Return the currency of the rates a figure uses: the first that has one."""
    return next((company.rates[key].currency for key in keys if company.rates[key].currency), company.currency)


def typical(company: Company, *keys: str) -> bool:
    """Tell whether a figure rests on shipped rates rather than on the client's own."""
    return any(company.rates[key].typical and company.rates[key].currency for key in keys)


def basis(company: Company, *keys: str) -> str:
    """Say whose rates a figure uses, and which field would replace a typical one."""
    own = [key for key in keys if company.rates[key].typical and company.rates[key].currency]
    return f'at typical rates, not yours: set "{own[0]}" under [rates] in the company file' if own else "at your rates"


def quotes(company: Company, *keys: str) -> tuple[str, ...]:
    """Quote the rates with year, grade and source."""
    return tuple(company.rates[key].quoted for key in keys)


def day_rate(company: Company) -> Samples:
    """Draw what a working day of a person in engineering costs, all included."""
    return rate_draw(company.rates["rnd.cost_per_fte"]) / rate_draw(company.rates["day.working_days"])


def quoted(rate: Rate, today: date) -> str:
    """Quote a rate as low, mid and high with its origin; a weak or an old one says so."""
    claim = ", a practitioner's or vendor's claim" if rate.typical and rate.grade.startswith("C") else ""
    return f"{rate.quoted}{claim}{', old' if is_old(rate, today) else ''}"


def is_old(rate: Rate, today: date) -> bool:
    """Tell whether the newest year of a rate is more than five years back."""
    return rate.typical and int(rate.year[-4:]) < today.year - 5
