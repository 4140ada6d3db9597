"""What a person should know about money without looking for it: from the books, told once to a webhook."""

from core.alerts.herald import Herald
from core.alerts.rules import Alert, Kind, Severity, find_alerts, unreadable_limits

__all__ = ["Alert", "Herald", "Kind", "Severity", "find_alerts", "unreadable_limits"]
