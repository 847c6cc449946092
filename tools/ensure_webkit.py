"""Finds the second browser engine for `make test-all`: WebKit, on which Safari is built, with its driver and a display.

Ends with a sentence and exit code 1 if it cannot be had; nothing is skipped silently.
"""

import shutil
import sys

from ensure_chromium import install_from_debian

COMMANDS = {"WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}


def main() -> int:
    """Look for the commands, installing their packages if need be."""
    if not all(map(shutil.which, COMMANDS)):
        install_from_debian("--no-install-recommends", *COMMANDS.values())
    missing = [package for command, package in COMMANDS.items() if not shutil.which(command)]
    if missing:
        print(f"No second browser engine: install Debian's {' and '.join(missing)}.", file=sys.stderr)
        return 1
    print(f"Second browser for the tests: {shutil.which('WebKitWebDriver')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
