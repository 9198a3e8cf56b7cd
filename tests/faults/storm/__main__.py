"""`python -m tests.faults.storm [--minutes 10] [--seed 7] [--cluster]`: one storm; ends with 1 on any difference."""

import argparse
import asyncio
import random
import shutil
import sys

from tests.faults.storm.scene import go_apart, may_mount, open_scene
from tests.faults.storm.storm import Storm, settings_of
from tests.fixtures.room import ROOT

NO_DISK = (
    "Here nobody may mount a file system (unshare --mount), so no disk can fill up, and that belongs to the storm. "
    "Run it as root or where user name spaces are allowed; or go without that part by --without-disk."
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="the same seed, the same weather; not the same uploads")
    parser.add_argument("--cluster", action="store_true", help="three RabbitMQ nodes, of which the leader is hit")
    parser.add_argument("--without-disk", action="store_true", help="the blob directory does not fill up")
    wanted = parser.parse_args()
    disk = not wanted.without_disk
    if disk:
        go_apart()
        if not may_mount():
            print(NO_DISK, file=sys.stderr)
            return 2
    seed = random.SystemRandom().randrange(10_000) if wanted.seed is None else wanted.seed
    again = (
        f"--minutes {wanted.minutes:g} --seed {seed}"
        + " --cluster" * wanted.cluster
        + " --without-disk" * wanted.without_disk
    )
    print(f"storm {again}", flush=True)
    seconds = wanted.minutes * 60
    with open_scene(wanted.minutes, settings_of(seconds), cluster=wanted.cluster, disk=disk) as scene:
        report = asyncio.run(Storm(scene, seconds, seed, again, disk=disk).run())
        print(report)
        if not report.faults:
            return 0
        kept = ROOT / "var" / "storm" / str(seed)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(scene.platform.folder, kept)
        print(f"logs: {kept.relative_to(ROOT)}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
