"""Become another program that dies with its parent: `python child.py PARENT_PID PROGRAM ARGUMENT...`.

Run as a script, not imported: between fork and exec of a process with threads no Python may run (rclpy hangs there), so
the kernel's request that we die with our parent (prctl, PR_SET_PDEATHSIG) is made here, then the program takes our
place. Where the parent died before that, nothing is started.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Ask for SIGKILL at the parent's death, then exec."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a runner started in the background ignores it; its children must not
    try:
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"cannot start {sys.argv[2]}: {error.strerror}")


if __name__ == "__main__":
    main()
