"""Refreshed prices: fal's pricing call beside the price list, applied when a person says so.

fal tells one price per endpoint, that of the unit it bills. The lines of a price list are multiples of it, so
they rise and fall with it. What cannot be compared is named and left out; nothing applies by itself.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.catalogue import PRICES, Catalogue, Model, Price, current_catalogue
from core.errors import InputRefused, NotNow
from core.pricing import dollars, tidy
from core.settings import Settings
from core.store.files import locked, write_atomically

PLACES = Decimal("0.000001")
SAME_UNIT: Mapping[str, frozenset[str]] = {
    "second": frozenset({"second", "seconds"}),
    "megapixel": frozenset({"megapixel", "megapixels"}),
    "clip": frozenset({"clip", "clips", "video", "videos"}),
}
"""Unit of a price list → what fal calls the same thing."""
STRANGE_TIMES = 3
"""A price that rose or fell to so many times itself is pointed out."""

Told = Mapping[str, Sequence[Mapping[str, Any]]]
"""Endpoint → what fal says of its price, word for word."""


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """One model's price list before and after."""

    model: str
    """Key of the model."""
    name: str
    before: Price
    after: Price
    remark: str = ""
    """What to look at before applying it, in one sentence."""

    @property
    def costs_else(self) -> bool:
        """Whether quotes change; otherwise only the price of a unit or the date is learnt."""
        return self.before.tiers != self.after.tiers

    @property
    def lines(self) -> list[str]:
        """What changes, for people, one line each."""
        found = [
            f"{_asked(old.when)}{dollars(old.usd)} → {dollars(new.usd)} per {self.before.unit}"
            for old, new in zip(self.before.tiers, self.after.tiers, strict=True)
            if old.usd != new.usd
        ]
        if self.before.unit_usd != self.after.unit_usd:
            was = dollars(self.before.unit_usd) if self.before.unit_usd else "not known"
            now = dollars(self.after.unit_usd) if self.after.unit_usd else "not known"
            found.append(f"a unit that fal bills ({self.after.billed_in}): {was} → {now}")
        return found


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A model whose price fal does not tell in a way that can be used."""

    model: str
    name: str
    why: str


@dataclass(frozen=True, kw_only=True)
class PriceDiff:
    """What refreshing would change. Nothing is changed yet."""

    as_of: str
    """Day of the reading, YYYY-MM-DD."""
    changes: tuple[PriceChange, ...]
    confirmed: tuple[PriceChange, ...]
    """Price lists that stay as they are and get the new date."""
    left_out: tuple[LeftOut, ...]

    @property
    def summary(self) -> str:
        """How many there are of each, for people."""
        dearer = sum(change.costs_else for change in self.changes)
        learnt = len(self.changes) - dearer
        return (
            f"{dearer} {'price' if dearer == 1 else 'prices'} would change what takes are quoted at, "
            f"{len(self.confirmed)} are confirmed; of {learnt} only what a unit costs is learnt."
        )


def refresh_prices(settings: Settings) -> PriceDiff:
    """Ask fal for the price of every paid model, and compare. Raises ProviderError or InputRefused."""
    if settings.fal_key is None:
        raise InputRefused(
            "fal tells its prices to those with a key, and there is none.",
            remedy="Set FAL_KEY to a key from fal.ai/dashboard/keys.",
        )
    catalogue = current_catalogue(settings.data)
    endpoints = list(dict.fromkeys(model.endpoint for model in catalogue if model.paid))
    source = f"{settings.fal_api_url}/models/pricing"
    from core.providers.fal.platform import unit_prices  # httpx: not for those who only look

    return compare(catalogue, unit_prices(settings, endpoints), as_of=_today(), source=source)


def compare(catalogue: Catalogue, told: Told, *, as_of: str, source: str) -> PriceDiff:
    """The price list beside what fal `told`."""
    changes: list[PriceChange] = []
    confirmed: list[PriceChange] = []
    left_out: list[LeftOut] = []
    for model in catalogue:
        if not model.paid:
            continue
        try:
            change = _change(model, told.get(model.endpoint, ()), as_of=as_of, source=source)
        except _Unusable as unusable:
            left_out.append(LeftOut(model=model.key, name=model.name, why=str(unusable)))
            continue
        (changes if change.lines else confirmed).append(change)
    return PriceDiff(
        as_of=as_of, changes=tuple(changes), confirmed=tuple(confirmed), left_out=tuple(left_out)
    )


def apply_prices(data: Path, diff: PriceDiff) -> None:
    """Write the prices of `diff` into the data folder: quotes follow from now on, orders made stay as quoted.

    Raises NotNow when a price was changed since the comparison; then none is written.
    """
    path = data / PRICES
    with locked(path.with_suffix(".lock"), busy="Prices are being changed by somebody else."):
        catalogue = current_catalogue(data)
        told = (*diff.changes, *diff.confirmed)
        if any(each.model not in catalogue or catalogue[each.model].price != each.before for each in told):
            raise NotNow("The prices were changed meanwhile.", remedy="Refresh them again, and look again.")
        rows = {**_kept(path), **{each.model: _row(each) for each in told}}
        document = {"schema_version": 1, "models": list(rows.values())}
        write_atomically(path, json.dumps(document, indent=2).encode())


class _Unusable(Exception):
    """Why what fal says of a price cannot be used."""


def _change(model: Model, items: Sequence[Mapping[str, Any]], *, as_of: str, source: str) -> PriceChange:
    """The model's price list before and after. Raises _Unusable."""
    unit_usd, unit = _read(items)
    before = model.price
    ours = before.billed_in or f"{before.unit}s"
    if not (_plain(unit) == _plain(before.billed_in) or (not before.billed_in and _fits(before, unit))):
        raise _Unusable(f"fal counts it in {unit}, our price list in {ours}")
    dated: dict[str, Any] = {"as_of": as_of, "source": source, "unit_usd": unit_usd, "billed_in": unit}
    remark = ""
    if before.unit_usd is not None:
        dated["tiers"] = _scaled(before, unit_usd / before.unit_usd)
        remark = _strange(unit_usd / before.unit_usd)
    elif before.unit == "megapixel" and len(before.tiers) == 1:
        dated["tiers"] = _scaled(before, unit_usd / before.tiers[0].usd)
        remark = _strange(unit_usd / before.tiers[0].usd)
    elif all(tier.usd != unit_usd for tier in before.tiers):
        # The lines were not read again, so they keep their date.
        dated |= {"as_of": before.as_of, "source": before.source}
        remark = "A unit's price is none of our lines: they stay as they are; compare them with fal's page."
    after = Price.model_validate({**before.model_dump(), **dated})
    return PriceChange(model=model.key, name=model.name, before=before, after=after, remark=remark)


def _read(items: Sequence[Mapping[str, Any]]) -> tuple[Decimal, str]:
    """(US dollars per unit, unit) that fal told. Raises _Unusable."""
    if not items:
        raise _Unusable("fal tells no price")
    if any(item != items[0] for item in items):
        raise _Unusable("fal tells more than one price")
    item = items[0]
    unit, currency = item.get("unit"), item.get("currency")
    if not isinstance(currency, str) or currency.upper() != "USD":
        raise _Unusable(f"its price is in {str(currency or 'no currency')[:20]}, not in US dollars")
    if not isinstance(unit, str) or not unit.strip():
        raise _Unusable("fal does not say what the price is for")
    return _amount(item.get("unit_price")), unit.strip()[:40]


def _amount(raw: object) -> Decimal:
    if raw is None:
        raise _Unusable("its price is missing")
    try:
        usd = Decimal(str(raw)) if not isinstance(raw, bool) else Decimal("nan")
    except InvalidOperation:
        usd = Decimal("nan")
    if not usd.is_finite():
        raise _Unusable("its price is no number")
    if usd <= 0:
        raise _Unusable("its price is zero" if not usd else "its price is negative")
    return usd


def _fits(price: Price, unit: str) -> bool:
    return _plain(unit) in SAME_UNIT[price.unit]


def _plain(unit: str) -> str:
    return unit.strip(" ()").lower()


def _scaled(price: Price, times: Decimal) -> list[dict[str, Any]]:
    """The lines of `price` at so many times their amounts."""
    return [
        {"when": tier.when, "usd": tidy((tier.usd * times).quantize(PLACES)) if times != 1 else tier.usd}
        for tier in price.tiers
    ]


def _strange(times: Decimal) -> str:
    if 1 / Decimal(STRANGE_TIMES) < times < STRANGE_TIMES:
        return ""
    return f"That is {float(times):.3g} times what it was: look at fal's page before you apply it."


def _asked(when: Mapping[Any, object]) -> str:
    words = [
        ("with sound" if value else "silent")
        if name == "sound"
        else f"{value} s"
        if name == "length_s"
        else str(value)
        for name, value in when.items()
    ]
    return f"{', '.join(words)}: " if words else ""


def _row(change: PriceChange) -> dict[str, Any]:
    return {"key": change.model, "price": change.after.model_dump(mode="json", exclude_defaults=True)}


def _kept(path: Path) -> dict[str, dict[str, Any]]:
    """Key → row that was applied before. The catalogue has just read the file, so it is whole."""
    if not path.is_file():
        return {}
    rows: Iterable[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["models"]
    return {row["key"]: row for row in rows}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
