"""Who can animate a still: one folder per provider, all behind the contract in `base`."""

from core.catalogue import Model
from core.errors import Charge, ProviderError
from core.providers.base import Provider
from core.settings import read_settings


def provider_of(model: Model) -> Provider:
    """The provider that runs `model`, by the settings now in force.

    Raises ProviderError when it cannot be used here: there is no key.
    """
    if model.provider == "animatic":
        from core.providers.animatic import Animatic

        return Animatic()
    settings = read_settings()
    if settings.fal_key is None:
        raise ProviderError(
            f"{model.name} cannot be ordered yet: there is no key for fal.ai.",
            remedy="Set FAL_KEY to a key from fal.ai/dashboard/keys, or choose Animatic, which is free.",
            charge=Charge.NONE,
            safe_to_retry=True,
        )
    from core.providers.fal import FalProvider

    return FalProvider(settings)
