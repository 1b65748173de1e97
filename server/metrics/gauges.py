"""What is looked at when somebody asks: the pool, the worker's slots, the queue, what is not written yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Reading = Callable[[], float]
Labelled = Callable[[], Mapping[str, float]]


class Gauges(Collector):
    """Readings of a running process, taken at each scrape. Its readers must be quick and know no I/O."""

    def __init__(self) -> None:
        self._plain: list[tuple[type[GaugeMetricFamily] | type[CounterMetricFamily], str, str, Reading]] = []
        self._labelled: list[tuple[str, str, str, Labelled]] = []

    def gauge(self, name: str, text: str, read: Reading) -> None:
        """Show one number."""
        self._plain.append((GaugeMetricFamily, name, text, read))

    def counter(self, name: str, text: str, read: Reading) -> None:
        """Show one number that only grows. Its `name` ends in `_total`."""
        self._plain.append((CounterMetricFamily, name, text, read))

    def gauges(self, name: str, text: str, label: str, read: Labelled) -> None:
        """Show one number for each value of a label."""
        self._labelled.append((name, text, label, read))

    def describe(self) -> Iterable[Metric]:
        """Nothing: readings are taken of what is up, and a process may have two of them, as tests do."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Take all readings."""
        for family, name, text, read in self._plain:
            yield family(name, text, value=read())
        for name, text, label, read_all in self._labelled:
            labelled = GaugeMetricFamily(name, text, labels=[label])
            for value, number in read_all().items():
                labelled.add_metric([value], number)
            yield labelled


@contextmanager
def shown(gauges: Gauges) -> Iterator[None]:
    """Show the readings at each scrape while the process that they are of is up."""
    REGISTRY.register(gauges)
    try:
        yield
    finally:
        REGISTRY.unregister(gauges)
