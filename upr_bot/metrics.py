"""The counts of a process for Prometheus, on this machine alone: `http://127.0.0.1:<UPR_METRICS_PORT>/metrics`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import accumulate

from upr_bot.counts import SECONDS, Counts
from upr_bot.errors import ServiceError

LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def shown(counts: Counts, port: int | None) -> Iterator[None]:
    """Show the counts while the process runs. Without a port nothing listens. Raises `ServiceError` when it cannot be done."""
    if port is None:
        yield
        return
    try:
        import prometheus_client
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
        from prometheus_client.registry import Collector
    except ModuleNotFoundError:
        raise ServiceError("UPR_METRICS_PORT needs one more package; install upr-guide[metrics].") from None

    class Collected(Collector):
        def collect(self) -> Iterable[Metric]:
            updates = CounterMetricFamily("upr_updates", "Updates from Telegram, by how they ended.", labels=["end"])
            for end, count in sorted(counts.updates.items()):
                updates.add_metric([end], count)
            calls = CounterMetricFamily("upr_api_calls", "Calls of the Bot API, by what it said.", labels=["of", "answer"])
            for names, count in sorted(counts.calls.items()):
                calls.add_metric(names, count)
            borders = [*map(str, SECONDS), "+Inf"]
            times = HistogramMetricFamily("upr_update_seconds", "How long an update took that was answered.")
            times.add_metric([], list(zip(borders, accumulate(counts.groups), strict=True)), counts.seconds)
            return updates, calls, times

    registry = prometheus_client.CollectorRegistry()
    registry.register(Collected())
    prometheus_client.ProcessCollector(registry=registry)
    try:
        server, thread = prometheus_client.start_http_server(port, LOOPBACK, registry)
    except OSError:
        raise ServiceError(f"Port {port} for the metrics is already in use; set UPR_METRICS_PORT to another number.") from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
