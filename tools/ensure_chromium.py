"""Finds the browser for the tests: the system's Chromium, else Playwright's own, else Debian's package.

Prints its path. Ends with a sentence and exit code 1 if none can be had; nothing is skipped silently.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def system_chromium() -> str | None:
    """The Chromium of the system, or the one KINDRED_TEST_CHROMIUM names."""
    if named := os.environ.get("KINDRED_TEST_CHROMIUM"):
        return named if Path(named).exists() else None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
        subprocess.run(command, check=False, timeout=600, stdout=subprocess.DEVNULL)


def debian_chromium() -> str | None:
    """Debian's package, installed when we may."""
    install_from_debian("chromium")
    return shutil.which("chromium")


def main() -> int:
    """Find a browser, installing one if need be."""
    path = system_chromium() or playwright_chromium() or debian_chromium()
    if path is None:
        print("No Chromium: install one, or name it in KINDRED_TEST_CHROMIUM.", file=sys.stderr)
        return 1
    print(f"Browser for the tests: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
