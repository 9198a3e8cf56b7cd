"""`python -m services.records [api|persister|migrate]`"""

import sys
from functools import partial

from services.records import migrations, persister
from services.records.app import create_app
from services.records.settings import Settings
from shared import process
from shared.settings import read


def main(role: str) -> None:
    settings = read(Settings)
    match role:
        case "api":
            app = create_app(settings)
            process.serve(app, name="records", host=settings.host, port=settings.port, log_level=settings.log_level)
        case "persister":
            process.run(partial(persister.run, settings), name="records-persister", log_level=settings.log_level)
        case "migrate":
            migrations.run(settings)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "api")
