# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs only in the controller. Once this package is imported, the bytecode of this collection
is kept, as that of every other Python package is.

The finder that Ansible imports collections with compiles each file in each run (seen on 2.18, 2.19,
2.21): for a run of one task that is a tenth of its CPU time. Plugins themselves are loaded as
`OwnFiles` does it, by Ansible as well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

from ansible.utils.collection_loader import AnsibleCollectionConfig

_OURS = __name__.rpartition(".")[0] + "."


class OwnFiles(MetaPathFinder):
    """Finds the files below `plugins/` of this collection, and leaves all else to Ansible, folders
    among it. Python writes the bytecode to `__pycache__` beside a file, if it may, and compiles
    whatever has changed."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not path or not fullname.startswith(_OURS):
            return None
        file = os.path.join(path[0], fullname.rpartition(".")[2] + ".py")
        return spec_from_file_location(fullname, file) if os.path.isfile(file) else None


# Where Ansible does not import collections, Python does it and keeps the bytecode anyway. What
# stands before Ansible's finder has a reason to: `ansible-test sanity` watches imports from there.
if AnsibleCollectionConfig.collection_finder in sys.meta_path:
    sys.meta_path.insert(sys.meta_path.index(AnsibleCollectionConfig.collection_finder), OwnFiles())
