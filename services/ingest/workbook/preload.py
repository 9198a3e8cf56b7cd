"""What the server that children are forked from imports first. A SIGTERM to the whole group is the parent's to answer:
the file in hand is finished, and the server ends when the parent does."""

import signal

from services.ingest.workbook import inside

signal.signal(signal.SIGTERM, signal.SIG_IGN)
__all__ = ["inside"]
