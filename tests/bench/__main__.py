"""`python -m tests.bench [name …]`: runs the named benchmarks, or all, on one platform of their own."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine

from tests.bench import big_table, departments, fairness, memory, overhead, upload
from tests.bench.report import Figure, keep, markdown
from tests.bench.system import System, open_system

Bench = Callable[[System], Coroutine[None, None, list[Figure]]]
# In this order: the big table comes last, it makes everything after it slower to set up.
BENCHES: dict[str, Bench] = {
    "upload": upload.run,
    "departments": departments.run,
    "fairness": fairness.run,
    "overhead": overhead.run,
    "memory": memory.run,
    "big_table": big_table.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="name", help=", ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    figures: list[Figure] = []
    failed = []
    with open_system() as system:
        for name in names:
            print(f"… {name}", file=sys.stderr, flush=True)
            try:
                found = asyncio.run(BENCHES[name](system))
            except Exception as error:  # the others are worth running all the same
                failed.append(name)
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                continue
            keep(name, found)
            figures += found
            print("\n".join(figure.line() for figure in found), file=sys.stderr, flush=True)
    print(markdown(figures))
    if len(names) > 1:
        keep("all", figures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
