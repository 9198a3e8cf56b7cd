"""`python -m services.gateway [api]`"""

import sys

from services.gateway.app import create_app
from services.gateway.settings import Settings
from shared.process import serve
from shared.settings import read


def main(role: str) -> None:
    if role != "api":
        raise SystemExit(__doc__)
    settings = read(Settings)
    serve(
        create_app(settings),
        name="gateway",
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        unread_seconds=settings.stall_seconds,
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "api")
