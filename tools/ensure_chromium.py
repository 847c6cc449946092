"""Finds the browser for the tests: the system's Chromium, else Playwright's own, else Debian's package.

Of the system's the one without windows comes first and is installed from Debian when we may: it is the same engine, and
takes half the processor time. Prints the path. Ends with a sentence and exit code 1 if no browser can be had; nothing
is skipped silently.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HEADLESS = "chromium-headless-shell"


def system_chromium() -> str | None:
    """The Chromium of the system, or the one KINDRED_TEST_CHROMIUM names."""
    if named := os.environ.get("KINDRED_TEST_CHROMIUM"):
        return named if Path(named).exists() else None
    names = (HEADLESS, "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def playwright_chromium() -> str | None:
    """The Chromium that Playwright has downloaded, or downloads now."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, timeout=300, capture_output=True)
    return path if Path(path).exists() else None


def install_from_debian(*packages: str) -> None:
    """Install packages of Debian if this is one and we may."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    install = ["apt-get", "install", "-y", "-qq", *packages]
    if _run(install) != 0 and _run(["apt-get", "update", "-qq"]) == 0:
        _run(install)


def _run(command: list[str]) -> int:
    done = subprocess.run(
        command, check=False, timeout=600, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return done.returncode


def debian_chromium() -> str | None:
    """Debian's package, installed when we may."""
    install_from_debian("chromium")
    return shutil.which("chromium")


def main() -> int:
    """Find a browser, installing one if need be."""
    if "KINDRED_TEST_CHROMIUM" not in os.environ and not shutil.which(HEADLESS):
        install_from_debian("--no-install-recommends", HEADLESS)
    path = system_chromium() or playwright_chromium() or debian_chromium()
    if path is None:
        print("No Chromium: install one, or name it in KINDRED_TEST_CHROMIUM.", file=sys.stderr)
        return 1
    print(f"Browser for the tests: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
