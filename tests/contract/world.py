# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the initial world is promised to hold.

First the things that the API documents' request examples name, then what the simulator adds.
"""

QCOW2_FILE = "ims-image:real.qcow2"
AGENCY = "image-builder"
PARTNER_DOMAIN = "partner-company"
