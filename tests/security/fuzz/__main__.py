"""A child of the forkserver imports its parent's main module again, unless that is called __main__."""

import sys

from tests.security.fuzz import main

sys.exit(main())
