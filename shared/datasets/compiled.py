"""`per_dataset`: a cache of what is worked out once from a dataset's definition."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from shared.datasets.definition import DatasetDraft

D = TypeVar("D", bound=DatasetDraft)
T = TypeVar("T")
_KEEP = 128  # dataset versions


def per_dataset(build: Callable[[D], T]) -> Callable[[D], T]:
    """Remember `build(dataset)`. Each message brings its definition anew: compared once, then known by identity."""
    known: OrderedDict[tuple[str, int], tuple[D, T]] = OrderedDict()

    @wraps(build)
    def cached(dataset: D) -> T:
        ref = (dataset.code, getattr(dataset, "version", 0))
        entry = known.get(ref)
        if entry is not None and entry[0] is dataset:
            return entry[1]
        result = entry[1] if entry is not None and entry[0] == dataset else build(dataset)
        known[ref] = (dataset, result)
        while len(known) > _KEEP:
            known.popitem(last=False)
        return result

    return cached
