"""Who can animate a still: one folder or file per provider, all behind the contract in `base`."""

from core.catalogue import Model
from core.errors import Charge, ProviderError
from core.providers.base import Provider


def provider_of(model: Model) -> Provider:
    """The provider that runs `model`. Raises ProviderError when it cannot be used here."""
    if model.provider == "animatic":
        from core.providers.animatic import Animatic

        return Animatic()
    raise ProviderError(
        f"{model.name} cannot be ordered yet: this version shows its price, but does not talk to fal.ai.",
        remedy="Choose Animatic: the app's own camera moves, free, with no key.",
        charge=Charge.NONE,
        safe_to_retry=False,
    )
