"""Effort and its price: person-days first, money second."""

from quarterdeck.domain.company import Company
from quarterdeck.domain.money import Estimate
from quarterdeck.kit import rates
from quarterdeck.kit.monte_carlo import Samples, estimate


def effort(days: Samples, formula: str) -> Estimate:
    """Return person-days as a range."""
    return estimate(days, "days", "product default, to be calibrated with what your actions really take", formula=formula)


def price(days: Samples, company: Company, formula: str) -> Estimate:
    """Return the cost of person-days at the company's day rate."""
    keys = ("rnd.cost_per_fte", "day.working_days")
    return estimate(
        days * rates.day_rate(company),
        rates.currency_of(company, *keys),
        rates.basis(company, *keys),
        formula=f"({formula}) x loaded year / working days",
        inputs=rates.quotes(company, *keys),
        typical=rates.typical(company, *keys),
    )
