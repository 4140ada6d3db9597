"""What the storyboard would cost on every model at once: a picture, the cheapest mix, and a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.offers import Mix, Offer, Offers, Wish, edits_to, remaining
from core.pricing import price_text
from core.project import Project, ShotId
from core.studio import the_studio
from pages.parts.cost_charts import QUIET, Spec, bar, names_axis, show_chart, text, tip
from pages.parts.ink import accent, ink, rest
from pages.parts.outcome import save
from pages.parts.words import counted, plain, seconds_text

ROOM = 1.45
"""How much wider than its longest bar the picture of prices is, so that the price fits beside it."""
ROW_PX = 24
MIX = "Cheapest mix"
WHICH = {"missing": "Without a clip", "all": "All shots"}
SOUND = {"silent": "Silent", "sound": "With sound"}
LINES = (0, 720, 1080, 2160)
"""Choices of the lines that a clip has at least, as far as the project's size goes."""
_BEFORE = "models_before"
"""What was set before the last click, so that it can be put back."""
_priced: dict[tuple[str, str, Wish], tuple[Project, Offers]] = {}
"""The offers for each project as it was when they were last asked for."""


def show_price_list(project: Project) -> None:
    """The choice of shots and wishes, the pictures above the table, and the mix that one click sets."""
    which, wish = _ask(project)
    found = offers(project, which, wish)
    if not found.shots:
        st.success(
            "Choose “All shots” to see what another take of each would cost.",
            title="Every shot has a clip: nothing is left to pay for",
            icon=":material/task_alt:",
        )
        return
    pictures, card = st.columns([7, 3], gap="large")
    with pictures:
        _show_pictures(found)
    with card:
        _show_mix(project, found)
    _show_table(project, found)


def offers(project: Project, which: str, wish: Wish) -> Offers:
    """Every model's price for shots of `project`: "all", those "missing" a clip, or those that have "clips".

    While the project is the same, so are they.
    """
    key = project.id, which, wish
    known = _priced.get(key)
    if known is None or known[0] is not project:
        missing = {shot.shot_id for shot in remaining(project)}
        shots = [
            shot.shot_id
            for shot in project.shots
            if which == "all" or (shot.shot_id in missing) is (which == "missing")
        ]
        found = the_studio().offers(project.id, shots, wish=wish)
        known = _priced[key] = project, found
    return known[1]


def _ask(project: Project) -> tuple[str, Wish]:
    """Which shots, and what the clips are to have; in the address, so that it can be sent to somebody."""
    lines = [each for each in LINES if each <= min(project.frame_size)]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        which = st.segmented_control(
            "Shots",
            list(WHICH),
            format_func=WHICH.__getitem__,
            default="missing" if remaining(project) else "all",
            required=True,
            key="price_of",
            bind="query-params",
        )
        sound = st.segmented_control(
            "Clips",
            list(SOUND),
            format_func=SOUND.__getitem__,
            default="sound" if project.sound else "silent",
            required=True,
            key="price_sound",
            bind="query-params",
        )
        least = st.segmented_control(
            "Size",
            lines,
            format_func=lambda each: f"At least {each}p" if each else "Any",
            default=0,
            required=True,
            key="price_lines",
            bind="query-params",
        )
    return which, Wish(sound=sound == "sound", lines=least)


def _show_pictures(found: Offers) -> None:
    """Prices beside seconds, a row for each model, the cheapest mix on top."""
    rows = [_bar(offer.name, offer, undone=offer.undone) for offer in found.offers]
    if found.mix.shots:
        rows.insert(0, _bar(MIX, found.mix, undone=len(found.mix.left_out)))
    height = ROW_PX * len(rows) + 30
    prices, seconds = st.columns([7, 4], gap="small")
    with prices:
        st.caption(f"Price of {counted(len(found.shots), 'shot')}, one take each")
        told = "Bars: the price of the shots on each model, the cheapest first"
        show_chart(rows, _prices(max(row["high"] for row in rows)), height=height, told=told)
    with seconds:
        st.caption("Seconds paid, and of them used")
        told = "Bars: the seconds that are paid on each model, and those of them that the shots use"
        show_chart(rows, _seconds(), height=height, told=told)


def _bar(name: str, priced: Offer | Mix, *, undone: int) -> dict[str, Any]:
    price = price_text(priced.usd, priced.usd_high)
    kind = "mix" if isinstance(priced, Mix) else "able" if not undone else "unable"
    return {
        "name": name,
        "low": float(priced.usd),
        "high": float(priced.usd_high),
        "price": price + (f" · cannot do {undone:,}" if undone else ""),
        "kind": kind,
        "paid": round(priced.paid_s, 2),
        "used": round(priced.used_s, 2),
        "seconds": f"{priced.paid_s:.4g} s",
    }


TIPS = [tip("name", "Model"), tip("price", "Price"), tip("paid", "Seconds paid"), tip("used", "Seconds used")]


def _colour() -> Spec:
    scale = {"domain": ["mix", "able", "unable"], "range": [accent(), rest(), rest(faint=True)]}
    return {"field": "kind", "type": "nominal", "scale": scale, "legend": None}


def _across(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "stack": None, **more}


def _prices(longest: float) -> Spec:
    """The sure part of each price, what may come on top, and the price in words."""
    scale = {"domain": [0, ROOM * longest or 1.0], "nice": False}
    low = _across("low", axis={**QUIET, "format": "$~s", "tickCount": 4}, scale=scale)
    high = _across("high", axis=None, scale=scale)
    return {
        "encoding": {"y": names_axis(180), "tooltip": TIPS, "color": _colour()},
        "layer": [
            {"mark": bar(), "encoding": {"x": low}},
            {"mark": bar(opacity=0.35), "encoding": {"x": low, "x2": {"field": "high"}}},
            {
                "mark": text(11),
                "encoding": {
                    "x": high,
                    "text": {"field": "price", "type": "nominal"},
                    "color": {"value": ink()},
                },
            },
        ],
    }


def _seconds() -> Spec:
    axis = {**QUIET, "tickCount": 4}
    return {
        "encoding": {"y": {**names_axis(), "axis": None}, "tooltip": TIPS, "color": _colour()},
        "layer": [
            {"mark": bar(opacity=0.35), "encoding": {"x": _across("paid", axis=axis)}},
            {"mark": bar(), "encoding": {"x": _across("used", axis=axis)}},
        ],
    }


def _show_mix(project: Project, found: Offers) -> None:
    """The cheapest mix in words, and the click that sets it."""
    mix, names = found.mix, {offer.model: offer.name for offer in found.offers}
    with st.container(border=True, gap="small"):
        st.markdown(
            "**Cheapest mix**", help="For each shot the cheapest paid model that can do it as wished."
        )
        if mix.shots:
            st.markdown(f"### {plain(price_text(mix.usd, mix.usd_high))}")
            told = [f"- {names[key]}: {counted(count, 'shot')}" for key, count in mix.by_model.items()]
            st.markdown("\n".join(told))
            st.caption(
                f"{seconds_text(mix.paid_s)} paid, {seconds_text(mix.used_s)} used"
                f" ({mix.used_s / mix.paid_s:.0%})."
            )
        if mix.left_out:
            some = ", ".join(mix.left_out[:4]) + (" …" if len(mix.left_out) > 4 else "")
            st.caption(
                f"No paid model can do {some} as wished: "
                f"{'it stays' if len(mix.left_out) == 1 else 'they stay'} as set."
            )
        edits = edits_to(project, mix.choice, sound=found.wish.sound) if mix.shots else []
        st.button(
            f"Set it for {counted(len(mix.shots), 'shot')}",
            key="set_mix",
            type="primary",
            icon=":material/tune:",
            width="stretch",
            disabled=not edits,
            help="Nothing is ordered." if edits else "It is set already." if mix.shots else None,
            on_click=_set_models,
            args=(project, mix.choice, found.wish.sound),
        )
        _offer_way_back(project)


def _set_models(project: Project, choice: Mapping[ShotId, str], sound: bool) -> None:
    before = {shot.shot_id: project.model_of(shot) for shot in project.shots if shot.shot_id in choice}
    st.session_state[_BEFORE] = (project.id, before, project.sound)
    save(project.id, edits_to(project, choice, sound=sound))


def _offer_way_back(project: Project) -> None:
    kept: tuple[str, dict[ShotId, str], bool] | None = st.session_state.get(_BEFORE)
    if kept is None or kept[0] != project.id:
        return
    st.button(
        "Put back what was set before",
        key="unset_mix",
        icon=":material/undo:",
        type="tertiary",
        width="stretch",
        on_click=_put_back,
        args=(project, kept),
    )


def _put_back(project: Project, kept: tuple[str, dict[ShotId, str], bool]) -> None:
    st.session_state.pop(_BEFORE, None)
    save(project.id, edits_to(project, kept[1], sound=kept[2]))


def _show_table(project: Project, found: Offers) -> None:
    frame = pd.DataFrame([_row(project, offer) for offer in found.offers])
    said_nowhere = [name for name in ("Cannot do", "Notes") if not frame[name].any()]
    st.dataframe(
        frame.drop(columns=said_nowhere),
        hide_index=True,
        height="content",
        column_config={
            "Price": st.column_config.TextColumn(width=150),
            "Cannot do": st.column_config.TextColumn(width="large"),
            "Notes": st.column_config.TextColumn(width="large"),
            "Best for": st.column_config.TextColumn(
                width="large" if "Cannot do" in said_nowhere else "medium"
            ),
        },
    )


def _row(project: Project, offer: Offer) -> dict[str, Any]:
    missing = [f"{_shots_named(shots, len(project.shots))} {why}" for why, shots in offer.cannot.items()]
    return {
        "Model": f"{offer.name} · chosen here" if offer.model == project.video_model else offer.name,
        "Price": price_text(offer.usd, offer.usd_high),
        "Paid": seconds_text(offer.paid_s),
        "Used": seconds_text(offer.used_s),
        "Sound": "with sound" if offer.sound else "silent",
        "Cannot do": "; ".join(missing),
        "Best for": offer.best_for,
        "Notes": " ".join(offer.notes),
    }


def _shots_named(shots: Sequence[ShotId], of_all: int) -> str:
    """The shots by name while they are few."""
    if len(shots) == of_all:
        return "every shot:"
    return f"{', '.join(shots)}:" if len(shots) <= 3 else f"{counted(len(shots), 'shot')}:"
