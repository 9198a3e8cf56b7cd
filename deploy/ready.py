#!/usr/bin/env python3
"""The container's health check: exit 0 when /readyz of the given port answers 200."""

import sys
import urllib.error
import urllib.request


def main() -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(sys.argv[1])}/readyz", timeout=4) as answer:
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
