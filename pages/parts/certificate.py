"""The certificate of an export: what was measured on the finished file, for people who hand it over."""

import streamlit as st

from core.errors import StillmotionError
from core.exporter import Certificate, Export, SoundFacts
from core.pricing import dollars
from core.studio import the_studio
from core.timeline import timecode
from pages.parts.notices import show_error
from pages.parts.words import counted, plain


def show_summary(export: Export) -> None:
    """What was measured, in one line under the player; nothing for an export without a certificate."""
    found = _read(export) if export.certified else None
    if found is None:
        return
    cuts = counted(len(found.cuts) - 1, "cut")
    parts = [
        f"{found.measured_frames:,} of {found.frames:,} frames",
        f"{cuts}, {_off(found.worst_cut_ms)}" if len(found.cuts) > 1 else "no cuts",
        *_heard(found.sound),
    ]
    st.caption(f":material/verified: Measured on the file: {' · '.join(parts)}")


def show_certificate(export: Export) -> None:
    """Every cut with its place, expected and measured, the sound, and the hashes."""
    found = _read(export)
    if found is None:
        return
    rate = export.frame_rate
    paid = any(cut.usd for cut in found.cuts)
    st.dataframe(
        [
            {
                "Shot": cut.shot_id,
                "Begins at": timecode(cut.frame, rate),
                "Frame": cut.frame,
                "Measured": cut.measured_frame,
                "Off": f"{cut.error_ms:.2f} ms",
                "Take": cut.take_id or ("stands in" if cut.fallback else "still"),
            }
            | ({"Take's cost": dollars(cut.usd) if cut.usd is not None else ""} if paid else {})
            for cut in found.cuts
        ],
        hide_index=True,
        height=min(38 + 35 * len(found.cuts), 320),
    )
    facts = [
        f"Pictures are at most {found.worst_frame_ms:.2f} ms from their exact time.",
        *_sound_facts(found.sound),
        f"The takes in it cost {plain(dollars(found.takes_usd))}.",
        f"SHA-256 of the file: `{found.sha256}`",
    ]
    st.markdown("  \n".join(facts))
    st.caption("  \n".join(found.how))


def _read(export: Export) -> Certificate | None:
    try:
        return the_studio().certificate(export.project_id, export.export_id)
    except StillmotionError as error:
        show_error(error)
        return None


def _off(error_ms: float) -> str:
    return "each on its frame" if error_ms < 0.01 else f"the worst {error_ms:.2f} ms off"


def _heard(sound: SoundFacts | None) -> list[str]:
    if sound is None:
        return ["no sound"]
    if sound.lufs is None:
        return ["silent"]
    return [f"{sound.lufs:.1f} LUFS", f"true peak {sound.true_peak_dbtp:.1f} dB"]


def _sound_facts(sound: SoundFacts | None) -> list[str]:
    if sound is None:
        return ["There is no sound."]
    start = f"Sound starts {abs(sound.offset_ms):.2f} ms from the picture and lasts {sound.duration_s:.2f} s"
    form = f"{sound.codec.upper()}, {sound.rate_hz / 1000:g} kHz, {counted(sound.channels, 'channel')}"
    return [f"{start}: {form}.", *([sound.note] if sound.note else [])]
