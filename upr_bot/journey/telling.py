"""Days, spans and counts in words, in one language. Only days of the calendar and of today pass through here."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from upr_bot.content import Interval, When
from upr_bot.content.phrases import Phrases, fill

_KEPT: Final = 8192
"""Days in words that are kept, over all languages: those of seven years and three languages."""


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@lru_cache(maxsize=_KEPT)
def _said(day: dt.date, pattern: str, language: str) -> str:
    return format_date(day, format=pattern, locale=_locale(language))


def plurals(language: str) -> frozenset[str]:
    """Return the plural forms that a language uses for whole numbers up to a thousand (CLDR)."""
    form = _locale(language).plural_form
    return frozenset(form(number) for number in range(1001))


class Telling:
    """The words of one language for days and counts."""

    def __init__(self, phrases: Phrases, language: str) -> None:
        self._p = phrases
        self._language = language

    @cached_property
    def _plural(self) -> Locale:
        return _locale(self._language)

    def day(self, day: dt.date) -> str:
        """Return a day, with its year."""
        return _said(day, "d MMM y", self._language)

    def days(self, first: dt.date, last: dt.date) -> str:
        """Return the days from one to another."""
        if first == last:
            return self.day(first)
        pattern = "d" if (first.year, first.month) == (last.year, last.month) else "d MMM" if first.year == last.year else "d MMM y"
        return fill(self._p.from_to, first=_said(first, pattern, self._language), last=self.day(last))

    def about(self, first: dt.date, last: dt.date) -> str:
        """Return a span in parts of months, since its days would say more than is known."""
        whole = first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]
        begins, ends = self._part(first, last, whole=whole), self._part(last, None, whole=whole)
        if not whole and (first.year, first.month) == (last.year, last.month):
            begins = fill(self._third(first), month="").strip()
        if self._part(first, None, whole=whole) == ends:
            return ends
        return fill(self._p.from_to, first=begins, last=ends)

    def _part(self, day: dt.date, last: dt.date | None, *, whole: bool) -> str:
        """Return early, mid or late in a month; the year only where `last` does not say it."""
        month = _said(day, "LLLL" if last and last.year == day.year else "LLLL y", self._language)
        if whole:
            return month
        return fill(self._third(day), month=month)

    def _third(self, day: dt.date) -> str:
        return self._p.early if day.day <= 10 else self._p.mid if day.day <= 20 else self._p.late

    def when(self, when: When) -> str:
        """Return a date of the calendar as exactly as it is known."""
        if not when.exact:
            return self.about(when.first, when.last)
        if when.at is not None:
            return fill(self._p.at_hour, date=self.day(when.first), hour=when.at.strftime("%H:%M"))
        if not when.ends_known:
            return fill(self._p.from_on, date=self.day(when.first))
        return self.days(when.first, when.last)

    def usually(self, interval: Interval, until: Interval | None = None) -> str:
        """Return when something usually lies ("usually 188 to 221 days before the review"), or from one interval to another."""
        low, high = sorted((abs(interval.least), abs((until or interval).most)))
        counted = self._p.span_days if interval.unit == "days" else self._p.span_months
        span = self.count(counted, high)
        if low != high:
            span = fill(self._p.span_between, first=low, last=span)
        side = "before" if interval.most < 0 else "after"
        return fill(self._p.usually[f"{side}-{interval.anchor}"], span=span)

    def count(self, forms: Mapping[str, str], number: int) -> str:
        """Return a counted thing in the plural form of the language."""
        return fill(forms.get(self._plural.plural_form(number)) or forms["other"], count=number)
