"""The cases: in which state a process is killed, what goes wrong at fal, and how many processes there are.

All of it follows from a seed. Cases hold no times that a test would wait for: the emulator holds a take in
each state for some tens of milliseconds, so that it can be met there.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Rule = dict[str, Any]

HOLD_S = 0.04
"""How long the emulator holds a take in each of its states."""
HEARD_S = 0.6
"""The same, where a cancel is asked: a process looks for that a few times a second."""
NEVER = "never"
"""The process is not killed."""
PAUSED = "paused"
"""Not a state of a take: its provider is paused."""

IN_PLACE = "in_place"
"""Not a state of a take: its clip is in place, and it does not say so yet."""

BEFORE = ("queued", "submitting")
SENT = ("submitted", "running")
WHOLE = (*BEFORE, *SENT, "collecting", "done", NEVER)
LOST = (*BEFORE, "unresolved", NEVER)
MODELS = ("kling_i2v", "wan_i2v", "veo31_fast_i2v", "hailuo23_standard_i2v")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong at fal or on the way there, once for each take."""

    rules: tuple[Rule, ...] = ()
    conditions: Mapping[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = WHOLE
    """Where a process can be killed while this goes on."""
    cancels: bool = False
    """Whether a person asks for the take to end, at the moment of the kill; the take is held there longer."""
    gives_clip: bool = True
    """Whether a take whose job succeeded must end with its clip, kill or no kill."""
    one_take: bool = False
    """Whether its rules count calls of one take."""
    unlocks: bool = False
    """Whether the account is locked until the provider was paused."""


def _at(call: str | list[str], do: str, **how: Any) -> Rule:
    return {"match": {"call": call}, "do": do, **how}


def _cancel(mode: str) -> Fault:
    return Fault(
        rules=(_at("cancel", "cancel_race", mode=mode, times=None),),
        states=(*BEFORE, *SENT, "collecting", NEVER),
        cancels=True,
        gives_clip=False,
    )


FAULTS: Mapping[str, Fault] = {
    "nothing": Fault(states=(*WHOLE, IN_PLACE)),
    "submit_unseen": Fault(rules=(_at("submit", "drop_before"),), states=LOST),
    "submit_answer_lost": Fault(
        rules=(_at("submit", "drop_after", times=None),), states=(*LOST, *SENT, "done")
    ),
    "submit_reset": Fault(rules=(_at("submit", "drop_after", reset=True),), states=LOST),
    "submit_slow": Fault(
        rules=(_at("submit", "slow", seconds=0.15, times=None),), states=(*BEFORE, *SENT, NEVER)
    ),
    "submit_429": Fault(rules=(_at("submit", "status", status=429, retry_after_s=1.0, times=3),)),
    "submit_500": Fault(rules=(_at("submit", "status", status=500),), states=LOST),
    "submit_502": Fault(rules=(_at("submit", "status", status=502),), states=LOST),
    "submit_502_taken": Fault(
        rules=(_at("submit", "status", status=502, after=True),), states=(*LOST, "collecting")
    ),
    "submit_503": Fault(rules=(_at("submit", "status", status=503),), states=LOST),
    "submit_torn": Fault(rules=(_at("submit", "bad_json"),), states=LOST),
    "submit_422": Fault(rules=(_at("submit", "status", status=422),), states=(*BEFORE, "failed", NEVER)),
    "refused": Fault(
        rules=(_at("submit", "refuse", status=422, times=None),), states=(*BEFORE, *SENT, "failed", NEVER)
    ),
    "refused_and_charged": Fault(
        rules=(_at("submit", "refuse", status=422, charge=True, times=None),),
        states=(*BEFORE, *SENT, "failed", NEVER),
    ),
    "failed_500": Fault(
        rules=(_at("submit", "refuse", status=500, times=None),), states=(*BEFORE, *SENT, NEVER)
    ),
    "locked": Fault(
        conditions={"locked": "Exhausted balance."}, states=(*BEFORE, PAUSED, NEVER), unlocks=True
    ),
    "status_503": Fault(
        rules=(_at(["stream", "status"], "status", status=503, times=4),), states=(*SENT, "done")
    ),
    "stream_cut": Fault(rules=(_at("stream", "drop_after", times=None),), states=(*SENT, "collecting")),
    "result_torn": Fault(rules=(_at("result", "bad_json", times=2),), states=(*SENT, "collecting", NEVER)),
    "result_expired": Fault(
        rules=(_at("result", "expired", times=None),), states=(*SENT, "failed", NEVER), gives_clip=False
    ),
    "clip_truncated": Fault(rules=(_at("download", "truncate", bytes=2000, times=2),)),
    "clip_short": Fault(
        rules=(_at("download", "truncate", bytes=2000, silent=True),), states=("collecting", NEVER)
    ),
    "clip_stalled": Fault(rules=(_at("download", "stall", bytes=2000, seconds=0.15),)),
    "clip_expired": Fault(
        rules=(_at("download", "expired", times=None),),
        states=(*SENT, "collecting", "failed"),
        gives_clip=False,
    ),
    "wrong_duration": Fault(
        rules=(_at("submit", "wrong_duration", seconds=2.0, times=None),), states=(*SENT, "collecting", NEVER)
    ),
    "lost_history": Fault(
        rules=(_at("submit", "lost_history", times=None), _at("submit", "drop_after", times=None)),
        states=LOST,
        gives_clip=False,
    ),
    "lost_job": Fault(
        rules=(_at("submit", "lost_job", times=None),), states=(*SENT, "unresolved"), gives_clip=False
    ),
    "history_503": Fault(
        rules=(_at("submit", "drop_after", times=None), _at("history", "status", status=503, times=2)),
        states=LOST,
    ),
    "clip_once": Fault(
        rules=({"match": {"call": "download", "nth": tuple(range(2, 20))}, "do": "expired"},),
        states=(IN_PLACE,),
        one_take=True,
    ),
    "still_gone": Fault(rules=(_at("submit", "refuse", status=422, type="file_download_error"),)),
    "upload_dropped": Fault(rules=(_at("upload", "drop_before", times=2),), states=(*BEFORE, NEVER)),
    "cancel_too_late": _cancel("too_late"),
    "cancel_ignored": _cancel("ignored"),
    "cancel_stopped": _cancel("stopped"),
    "cancel_stopped_and_billed": _cancel("stopped_billed"),
}
"""Name → fault, in the emulator's vocabulary."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One life of one or two takes. Everything in it follows from the seed and the number."""

    number: int
    seed: str
    kill: str
    """State at which a process is killed, or NEVER, or PAUSED."""
    fault: str
    processes: int
    """Processes on the data folder: one or two."""
    takes: int
    model: str
    after_ms: int
    """Milliseconds between meeting that state and the kill."""
    kills: int
    """How many processes are killed one after the other: those after the first, where they stand."""
    all_at_once: bool
    """Whether both processes are killed, or the one that has the take."""
    late: bool
    """Whether the emulator takes a slow request at the end of its delay, not at the beginning."""
    cancel: str
    """State at which a cancel is asked, when the fault wants one."""

    @property
    def name(self) -> str:
        """What a person sees of it, and finds it again by."""
        return f"case-{self.number:03d}-{self.kill}-{self.fault}-{self.processes}p"

    @property
    def key(self) -> str:
        """The account of its own that it has at the emulator."""
        return f"chaos-{self.seed}-{self.number}"

    def rules(self) -> list[Rule]:
        """The script of its account: the fault, and what holds a take in each state for a moment."""
        fault = FAULTS[self.fault]
        held = [("upload", False), ("submit", self.late), ("download", True)]
        held_s = {"download": self._cancel_hold_s("collecting"), "submit": self._cancel_hold_s("submitting")}
        holding = [
            _at(call, "slow", seconds=held_s.get(call, HOLD_S), before=before, times=None)
            for call, before in held
        ]
        return [*fault.rules, *holding]

    def _cancel_hold_s(self, state: str) -> float:
        """How long a take is in `state`: longer where a cancel is asked then, so that it gets there."""
        return HEARD_S if FAULTS[self.fault].cancels and self.cancel == state else HOLD_S

    def conditions(self) -> dict[str, Any]:
        """How its account is treated."""
        queue_s, run_s = self._cancel_hold_s("submitted"), self._cancel_hold_s("running")
        return {
            "queue_s": queue_s,
            "run_s": run_s,
            "history_lag_s": 0.05,
            **FAULTS[self.fault].conditions,
        }


def matrix(seed: str) -> list[Case]:
    """Every fault × every state in which it can be met × one and two processes."""
    places = [
        (fault, kill, processes) for fault in FAULTS for kill in FAULTS[fault].states for processes in (1, 2)
    ]
    return [_case(seed, number, *place) for number, place in enumerate(places, start=1)]


def endless(seed: str) -> Iterator[Case]:
    """Cases at random, for as long as somebody asks; up to three kills each."""
    dice, number = random.Random(seed), 0
    while True:
        number += 1
        fault = dice.choice(list(FAULTS))
        kill, processes = dice.choice(FAULTS[fault].states), dice.choice((1, 2))
        yield _case(seed, number, fault, kill, processes, most_kills=3)


def _case(seed: str, number: int, fault: str, kill: str, processes: int, *, most_kills: int = 1) -> Case:
    dice = random.Random(f"{seed}/{number}")
    wanted = [state for state in FAULTS[fault].states if state != NEVER]
    return Case(
        number=number,
        seed=seed,
        kill=kill,
        fault=fault,
        processes=processes,
        takes=1 if FAULTS[fault].one_take else dice.choice((1, 1, 2)),
        model=dice.choice(MODELS),
        after_ms=dice.choice((0, 0, 5, 10, 20, 35)),
        kills=0 if kill == NEVER else dice.randint(1, most_kills),
        all_at_once=dice.random() < 0.5,
        late=dice.random() < 0.5,
        cancel=dice.choice(wanted) if kill == NEVER else kill,
    )
