# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the initial world is promised to hold.

First the things that the API documents' request examples name, then what the simulator adds.
"""

SERVER = "877a2cda-ba63-4e1e-b95f-e67e48b6129a"
VAULT = "de9fcf45-11b2-432c-8562-5c5428574600"
BACKUP = "9b27efab-4a17-4c06-bfa2-3e0cf021d3c3"
IMAGE = "465076de-dc36-4aec-80f5-ef9d8009428f"
KEY = "bd66288c-9081-460a-8227-4cbd0c814cb4"
SYSTEM_FILE = "ims-image:centos70.zvhd2"
DATA_FILE = "ims-image:centos70.qcow2"

QCOW2_FILE = "ims-image:real.qcow2"
AGENCY = "image-builder"
PARTNER_DOMAIN = "partner-company"
NOBODY = "00000000-0000-4000-8000-000000000000"
