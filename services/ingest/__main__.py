"""`python -m services.ingest [api|worker]`"""

import sys
from functools import partial

from services.ingest import worker
from services.ingest.app import create_app
from services.ingest.settings import Settings
from shared import process
from shared.settings import read


def main(role: str) -> None:
    settings = read(Settings)
    match role:
        case "api":
            app = create_app(settings)
            process.serve(app, name="ingest", host=settings.host, port=settings.port, log_level=settings.log_level)
        case "worker":
            process.run(partial(worker.run, settings), name="ingest-worker", log_level=settings.log_level)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "api")
