"""Whether a window can be opened here, found out without Qt: Qt aborts the process where it can't."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from studio.domain.i18n import _

#: What Qt's X11 plugin loads beyond a minimal system, and the Debian package of each.
_XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
#: What Qt itself loads on Linux, with or without a display.
_QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
}
#: Platforms that need no display.
_HEADLESS = ("offscreen", "minimal", "vnc")


def why_no_window() -> str:
    """One sentence why no window can be opened, with what to do instead; empty where it can."""
    if find_spec("PySide6") is None:
        return _("The window needs PySide6, which is not installed: `pip install 'PySide6-Essentials<6.12'`.")
    if not sys.platform.startswith("linux"):
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    missing = _missing(_QT_LIBRARIES)
    if not platform.startswith(_HEADLESS):
        if not has_display():
            return _(
                "There is no display to open the window on; use `studio demo` or `studio run --help` in this "
                "terminal, or start it on a virtual display with `xvfb-run studio`."
            )
        if not os.environ.get("WAYLAND_DISPLAY"):
            missing += _missing(_XCB_LIBRARIES)
    if missing:
        return _("The window needs system libraries that are not installed: `sudo apt-get install {packages}`.").format(
            packages=" ".join(missing)
        )
    return ""


def main() -> None:
    """For ``make run``: says why there is no window, and exits with 1 then."""
    obstacle = why_no_window()
    if obstacle:
        sys.stderr.write(obstacle + "\n")
    raise SystemExit(1 if obstacle else 0)


def has_display() -> bool:
    """Whether an X or Wayland display is named and there."""
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland:
        socket = Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / wayland
        if socket.exists():
            return True
    display = os.environ.get("DISPLAY", "")
    if not display:
        return False
    host, _colon, number = display.rpartition(":")
    if host and host != "unix":
        # A display of another computer: only connecting would tell.
        return True
    number = number.partition(".")[0]
    return Path(f"/tmp/.X11-unix/X{number}").exists() or _abstract_socket(number)


def _abstract_socket(number: str) -> bool:
    try:
        return f"@/tmp/.X11-unix/X{number}" in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _missing(libraries: dict[str, str]) -> list[str]:
    packages = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    return packages


if __name__ == "__main__":
    main()
