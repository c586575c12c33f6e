# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated account as inputs of the credential for AWX, and answers to the surveys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.huaweicloud.ims.tests.system.awx import (
    CREDENTIAL_TYPE,
    TEMPLATES,
    Job,
    Json,
    answered,
    survey,
)
from ansible_collections.huaweicloud.ims.tests.system.cloud import RunningCloud

Inputs = Mapping[str, Any]

FIELDS = {field["id"]: field for field in CREDENTIAL_TYPE["inputs"]["fields"]}

# What a template has beside its survey: this machine plays a server.
TEMPLATES_OWN: dict[str, Json] = {"prepare guest": {"prepare_guest_become": os.geteuid() != 0}}


def keys_of(facts: Inputs) -> Json:
    return {name: facts[name] for name in ("access_key", "secret_key")}


def place_of(facts: Inputs) -> Json:
    """Where the simulated cloud is."""
    addresses = {**facts["endpoints"], "metadata": facts["url"]}
    return {"region": facts["region"], "endpoints": json.dumps(addresses)}


ANSWERS: dict[str, Json] = {
    "whole image": {
        "image_name": "web",
        "instance": "web-01",
        "image_tags": "tier: web\nn: '1'\n",
        "min_ram": 1024,
        "description": "All of {{ web }}",  # no template: AWX marks it
    },
    "volume image export": {"image_name": "data", "volume": "data-available"},
    "image copy": {"image_name": "copy", "source_image": "linux-base", "image_tags": '{"a": "b"}'},
    "quick import": {
        "image_name": "imported",
        "image_url": "ims-image:big-data.raw",
        "min_disk": 800,
        "type": "DataImage",
    },
    "golden image": {"servers": "fleet-01, fleet-02", "date": "2026-01-31"},
    "image import": {
        "image_urls": "ims-image:big-data.raw, ims-image:centos70.zvhd2\n",
        "min_disk": 800,
        "type": "DataImage",
    },
    "image retention": {"image_name": "limited-*", "keep_newest": 1},
    "image": {"image": "arm-image", "new_name": "arm-image-2026", "min_ram": 1024},
    "image info": {"tag": "team=shop", "most_recent": "true"},
    "image wait": {"images": "linux-base, limited-image"},
    "prepare guest": {"servers": "localhost", "fix": [], "fail_on": ["spanned_volumes"]},
}


def job(cloud: RunningCloud, folder: Path, name: str, **more: Any) -> Job:
    """A job of a job template."""
    template = TEMPLATES[name]
    launch = answered(survey(template), ANSWERS.get(name, {}))
    playbook = f"playbooks/{template['playbook']}"
    own = TEMPLATES_OWN.get(name, {})
    return Job(folder, playbook, credential(cloud.facts), launch=launch, own=own, **more)


def credential(facts: Inputs) -> Json:
    return {**place_of(facts), **keys_of(facts)}
