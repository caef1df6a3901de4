"""The home pages: what needs somebody this week, and where one client stands."""

from quarterdeck.store.selectors.home.needs import AHEAD, FETCHED, MOST, SHOWN, Bridge, Changed, Item, Week, bridge, waiting
from quarterdeck.store.selectors.home.remembered import week

__all__ = ["AHEAD", "FETCHED", "MOST", "SHOWN", "Bridge", "Changed", "Item", "Week", "bridge", "waiting", "week"]
