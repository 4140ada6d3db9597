"""A fal.ai of one's own, on loopback: queue, storage, CDN and platform API, with bills and misbehaviour.

It renders real clips, bills by the published price lists, and goes wrong on a script, so that the product's
behaviour with money at stake can be tried for nothing. Nothing here is imported by the product.

    with Emulator() as emulator:
        account = emulator.account("case-17")
        account.script({"match": {"call": "submit"}, "do": "drop_after"})
        ...                                     # the product, with emulator.environment("case-17")
        account.record()["submits"]
"""

from fal_emulator.accounts import Conditions
from fal_emulator.embed import AccountControl, Emulator
from fal_emulator.faults import DOES, Rule

__all__ = ["DOES", "AccountControl", "Conditions", "Emulator", "Rule"]
