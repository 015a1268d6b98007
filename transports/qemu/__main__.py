"""`python -m transports.qemu MACHINE --directory DIR`: a QEMU for others to attach to."""

from __future__ import annotations

import sys

from transports.qemu.process import main

if __name__ == "__main__":
    sys.exit(main())
