"""What one take of every shot would cost on every model on offer: a picture and a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.orders import BatchQuote
from core.pricing import price_text
from core.project import Project
from core.studio import Studio, the_studio
from core.timeline import needed_frames
from pages.parts.ink import ink
from pages.parts.words import counted, seconds_text

ROOM = 1.3
"""How much wider than its longest bar the picture is, so that the price fits beside it."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One model's price for the whole storyboard."""

    model: str
    """Name of the model."""
    best_for: str
    usd: Decimal
    """US dollars, the lower end of a range."""
    usd_high: Decimal
    paid_s: float
    """Seconds of clip that are bought."""
    used_s: float
    """Seconds of it that the shots last."""
    sound: bool
    too_long: int
    """Shots that are longer than the model's longest clip."""
    notes: tuple[str, ...]
    """What holds for every shot."""
    chosen: bool
    """Whether it is the project's own model."""


def offers(project: Project) -> list[Offer]:
    """Every model's price for `project`, the cheapest first; worked out once for each revision."""
    here = the_studio()
    return _offers(str(here.settings.data), project.id, project.revision, here, project)


@st.cache_data(max_entries=64, show_spinner="Pricing the storyboard on every model …")
def _offers(
    data: str,  # noqa: ARG001  part of what tells one answer from another
    project_id: str,
    revision: int,  # noqa: ARG001  likewise
    _studio: Studio,
    _project: Project,
) -> list[Offer]:
    found = [
        _offer(_project, _studio, key, _studio.quote(project_id, model=key))
        for key in (model.key for model in _studio.catalogue)
    ]
    return sorted(found, key=lambda offer: (offer.usd, offer.usd_high))


def _offer(project: Project, here: Studio, key: str, batch: BatchQuote) -> Offer:
    quotes = [each.quote for each in batch.shots]
    rate = project.frame_rate
    needed = [needed_frames(shot, rate) / rate for shot in project.shots]
    common = set.intersection(*(set(quote.notes) for quote in quotes))
    return Offer(
        model=here.catalogue[key].name,
        best_for=here.catalogue[key].best_for,
        usd=batch.usd,
        usd_high=batch.usd_high,
        paid_s=sum(quote.paid_s for quote in quotes),
        used_s=sum(quote.used_s for quote in quotes),
        sound=quotes[0].sound,
        too_long=sum(long > quote.paid_s + 0.001 for long, quote in zip(needed, quotes, strict=True)),
        notes=tuple(note for note in dict.fromkeys(quotes[0].notes) if note in common),
        chosen=key == project.video_model,
    )


def show_price_list(project: Project) -> None:
    """The picture above the table; nothing is ordered here."""
    found = offers(project)
    sound = "with sound where the model offers it" if project.sound else "silent where that is a choice"
    st.caption(f"{counted(len(project.shots), 'shot')}, one take each, {sound}. Nothing is ordered here.")
    _chart(found)
    _table(found)


def _chart(found: Sequence[Offer]) -> None:
    rows = [
        {
            "model": offer.model,
            "low": float(offer.usd),
            "high": float(offer.usd_high),
            "price": price_text(offer.usd, offer.usd_high),
        }
        for offer in found
    ]
    y = alt.Y("model:N", sort=None, axis=alt.Axis(title=None, labelLimit=200))
    tips = [alt.Tooltip("model:N", title="Model"), alt.Tooltip("price:N", title="Price")]
    data = alt.Data(values=rows)  # type: ignore[no-untyped-call]
    base = alt.Chart(data).encode(y=y, tooltip=tips)
    axis = alt.Axis(title=None, format="$.2f", tickCount=6)
    longest = max(float(offer.usd_high) for offer in found)
    room = alt.Scale(domain=[0, ROOM * longest or 1.0], nice=False)
    low = alt.X("low:Q", axis=axis, scale=room, stack=None)
    sure = base.mark_bar(cornerRadiusEnd=3).encode(x=low)
    perhaps = base.mark_bar(opacity=0.35, cornerRadiusEnd=3).encode(x=low, x2="high:Q")
    prices = base.mark_text(align="left", dx=6, color=ink()).encode(x="high:Q", text="price:N")
    chart = (sure + perhaps + prices).properties(height=24 * len(rows) + 30)
    st.altair_chart(chart, alt="Bars: the price of the storyboard on each model, cheapest first")


def _table(found: Sequence[Offer]) -> None:
    frame = pd.DataFrame([_row(offer) for offer in found])
    st.dataframe(
        frame,
        hide_index=True,
        height="content",
        column_config={
            "Price": st.column_config.TextColumn(width=150),
            "Notes": st.column_config.TextColumn(width="large"),
            "Best for": st.column_config.TextColumn(width="medium"),
        },
    )


def _row(offer: Offer) -> dict[str, Any]:
    notes = list(offer.notes)
    if offer.too_long:
        shots = "1 shot is" if offer.too_long == 1 else f"{offer.too_long} shots are"
        notes.insert(0, f"{shots} longer than the longest clip it sells.")
    return {
        "Model": f"{offer.model} · chosen here" if offer.chosen else offer.model,
        "Price": price_text(offer.usd, offer.usd_high),
        "Bought": seconds_text(offer.paid_s),
        "Used": seconds_text(offer.used_s),
        "Sound": "with sound" if offer.sound else "silent",
        "Best for": offer.best_for,
        "Notes": " ".join(notes),
    }
