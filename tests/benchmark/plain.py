# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes requests as a plain program would, and tells what they took.

`python -m tests.benchmark.plain` reads JSON: the `token` to show, and `visits`, lists of addresses.
Each visit has a connection of its own. It prints the seconds that each visit took, from a new
session to its end, and imports before that what it needs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import requests


def visit(addresses: Sequence[str], headers: dict[str, str]) -> float:
    begun = time.perf_counter()
    with requests.Session() as session:
        for address in addresses:
            session.get(address, headers=headers, timeout=60).raise_for_status()
    return time.perf_counter() - begun


def main() -> None:
    wanted = json.load(sys.stdin)
    headers = {"X-Auth-Token": wanted["token"]}
    json.dump([visit(addresses, headers) for addresses in wanted["visits"]], sys.stdout)


if __name__ == "__main__":
    main()
