"""The body of a request, built from the model's row: every field that drives the price is written out."""

from typing import Any

from core.catalogue import Aspect, Model
from core.errors import Charge, ProviderError
from core.project import width_and_height
from core.take import Take


def payload_for(model: Model, take: Take, still_url: str) -> dict[str, Any]:
    """What is sent for `take`: exactly what its quote priced.

    Raises ProviderError when the catalogue no longer sells what was quoted.
    """
    return {
        **model.fixed,
        model.prompt.field: take.motion_prompt,
        model.image.field: still_url,
        **_length(model, take),
        **_aspect(model, take),
        **_size(model, take),
        **({model.sound.field: take.sound} if model.sound.field else {}),
    }


def _length(model: Model, take: Take) -> dict[str, Any]:
    """The length bought, as the model writes it."""
    rule = model.length
    if rule.form == "frames":
        frames = round(take.duration_s * rule.fps)
        steps, beside = divmod(frames - rule.frames_min, rule.frames_step)
        if beside or steps < 0 or frames > rule.frames_max:
            raise _no_longer_sold(model, f"{frames} frames")
        return {str(rule.field): frames, str(rule.fps_field): rule.fps}
    seconds = round(take.duration_s)
    if seconds not in rule.seconds or seconds != take.duration_s:
        raise _no_longer_sold(model, f"{take.duration_s:g} s")
    if rule.field is None:
        return {}
    return {
        rule.field: {"seconds_text": f"{seconds}", "seconds_text_s": f"{seconds}s"}.get(rule.form, seconds)
    }


def _aspect(model: Model, take: Take) -> dict[str, Any]:
    """The shape; where the model cannot be asked for it, what its row says is sent instead."""
    rule = model.aspect
    return {rule.field: rule.values.get(Aspect(take.aspect), rule.otherwise)} if rule.field else {}


def _size(model: Model, take: Take) -> dict[str, Any]:
    """The size bought, by its name or in pixels."""
    rule = model.size
    if rule.form == "pixels":
        width, height = width_and_height(take.size)
        return {str(rule.field): {"width": width, "height": height}}
    if rule.form == "name" and take.quote.size not in rule.short_side_px:
        raise _no_longer_sold(model, take.quote.size)
    return {rule.field: take.quote.size} if rule.field else {}


def _no_longer_sold(model: Model, what: str) -> ProviderError:
    return ProviderError(
        f"{model.name} is no longer listed with {what}, which this take was quoted for.",
        remedy="Order the shot again: it is quoted anew. Nothing was sent.",
        charge=Charge.NONE,
        safe_to_retry=True,
    )
