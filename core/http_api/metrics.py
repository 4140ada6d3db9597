"""What the team's own monitoring may read: money, takes, limits, slots and exports, as OpenMetrics."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from core.errors import NotFound, StillmotionError
from core.exporter import ExportState
from core.ledger import Bill, Entry
from core.store import SLOTS
from core.studio import Studio
from core.take import UNDER_WAY, State, TakeId

CONTENT_TYPE = CONTENT_TYPE_LATEST
MONEY = {
    Entry.SETTLE: ("stillmotion_spent", "Settled, as far as is known; a later bill may correct it."),
    Entry.RESERVE: ("stillmotion_reserved", "Set aside for takes that are under way."),
    Entry.AT_RISK: ("stillmotion_at_risk", "Perhaps spent, without a clip to show for it."),
}


def metrics(studio: Studio) -> bytes:
    """Everything as it is now."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Books(studio))
    told: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return told


class _Books(Collector):
    """Gauges of what the disk says. Amounts are gauges, not counters: a bill may lower them."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Every family of metrics."""
        bill = self._studio.ledger.bill()
        yield from _money(bill)
        yield from self._limits()
        yield from self._work()
        yield from self._alerts()
        broken = len(bill.broken)
        yield _one("stillmotion_ledger_broken_lines", "Lines of the ledger that count nowhere.", broken)
        drift = GaugeMetricFamily(
            "stillmotion_drift_ratio",
            "What was billed beyond our estimate, as a share of it.",
            labels=["model"],
        )
        for each in self._studio.billing.drift():
            if each.share is not None:
                drift.add_metric([each.model], float(each.share))
        yield drift

    def _limits(self) -> Iterator[GaugeMetricFamily]:
        labels = ["scope", "project", "kind"]
        limit = GaugeMetricFamily("stillmotion_budget_limit", "A spending limit.", labels=labels, unit="usd")
        left = GaugeMetricFamily("stillmotion_budget_left", "What is left of it.", labels=labels, unit="usd")
        unreadable = 0
        try:
            states = self._studio.budget_states()
        except StillmotionError:
            states, unreadable = [], 1
        for state in states:
            budget = state.budget
            values = [budget.scope.value, budget.project_id or "", "hard" if budget.hard else "soft"]
            limit.add_metric(values, float(budget.usd))
            left.add_metric(values, float(state.left_usd))
        yield limit
        yield left
        yield _one("stillmotion_budgets_unreadable", "Whether the file of limits is damaged.", unreadable)

    def _work(self) -> Iterator[GaugeMetricFamily]:
        takes: Counter[State] = Counter(dict.fromkeys(State, 0))
        exports: Counter[ExportState] = Counter(dict.fromkeys(ExportState, 0))
        at_work: set[TakeId] = set()
        for project_id in self._studio.store.projects.ids():
            try:
                found = self._studio.takes(project_id)
                exports.update(export.state for export in self._studio.exports(project_id))
            except NotFound:  # it was removed meanwhile
                continue
            takes.update(take.state for take in found.values())
            at_work |= {take.take_id for take in found.values() if take.state in UNDER_WAY}
        yield _by("stillmotion_takes", "Takes by state, of all projects.", "state", takes)
        yield _by("stillmotion_exports", "Exports by state, of all projects.", "state", exports)
        yield _one("stillmotion_slots", "Takes that may run at once.", SLOTS)
        busy = len(at_work & set(self._studio.store.slots.progress()))
        yield _one("stillmotion_slots_busy", "Takes that are being worked on.", busy)
        paused = Counter(pause.provider for pause in self._studio.pauses())
        yield _by("stillmotion_provider_paused", "Providers whose takes wait.", "provider", paused)

    def _alerts(self) -> Iterator[GaugeMetricFamily]:
        found = Counter((alert.kind.value, alert.severity.value) for alert in self._studio.alerts())
        family = GaugeMetricFamily(
            "stillmotion_alerts", "What a person should know about money.", labels=["kind", "severity"]
        )
        for values, count in sorted(found.items()):
            family.add_metric(values, count)
        yield family


def _money(bill: Bill) -> Iterator[GaugeMetricFamily]:
    totals: defaultdict[tuple[Entry, str, str], Decimal] = defaultdict(Decimal)
    for money in bill.takes.values():
        line = money.last
        totals[line.entry, line.project_id, line.model] += line.usd
    for entry, (name, words) in MONEY.items():
        family = GaugeMetricFamily(name, words, labels=["project", "model"], unit="usd")
        for (of, project_id, model), usd in sorted(totals.items()):
            if of is entry:
                family.add_metric([project_id, model], float(usd))
        yield family


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def _by(name: str, words: str, label: str, counts: Mapping[Any, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in counts.items():
        family.add_metric([str(value)], count)
    return family
