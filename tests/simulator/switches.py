# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The named switches of the simulator: nasty by default, tame on demand, disputed ones drawable.

A switch is *disputed* where the public documents contradict each other or are silent; its
`choices` are the readings that a client has to survive.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Switch:
    """One behaviour: its value by default, its value in a tame cloud, what it is about."""

    nasty: Any
    tame: Any
    about: str
    choices: tuple[Any, ...] = ()


SWITCHES: dict[str, Switch] = {
    # --- nastiness with a number
    "list_delay": Switch([3, 8], [0, 0], "seconds from the POST until lists show a new image"),
    "job_unknown": Switch(4, 0, "seconds during which a new job is not found"),
    "status_skew": Switch(3, 0, "most seconds between job SUCCESS and image active, both ways"),
    "read_lag": Switch([1, 2], [0, 0], "seconds after which a PATCH or a tag can be read back"),
    "delete_lingers": Switch([2, 6], [0, 0], "seconds a deleted image is still listed"),
    "backup_late": Switch(30, 0, "seconds a backup stays protecting after its image's job"),
    "duration_jitter": Switch(0.1, 0, "part by which a job's duration varies"),
    "idle_close": Switch(4, 60, "real seconds after which an idle connection is closed"),
    # --- limits (None = none)
    "rate_limit": Switch(200, None, "calls per 5 minutes, API and user"),
    "image_quota": Switch(50, 1000, "private images of a project"),
    "copy_limit": Switch(5, None, "copies at once in a project"),
    "create_limit": Switch(40, None, "creations at once in a project"),
    # --- shapes that vary
    "optional_attributes": Switch(
        "mixed", "absent", "attributes that do not apply: absent, or drawn among absent/null/''"
    ),
    "whole_image_in_lists": Switch(
        "absent", "string", "__whole_image in list answers", ("absent", "string", "boolean")
    ),
    "optional_fields_of_jobs": Switch("some", "all", "current_task, process_percent: some or all"),
    # --- disputed
    "job_unknown_answer": Switch(
        "400", "404", "status of an unknown job: 400 IMG.0023 or 404", ("400", "404")
    ),
    "process_percent": Switch(
        "fraction",
        "fraction",
        "how a job tells its progress",
        ("fraction", "percent", "string", "absent"),
    ),
    "image_id_in_job": Switch(
        "running", "running", "entities.image_id while RUNNING, or at the end", ("running", "end")
    ),
    "failed_image": Switch(
        "vanishes", "killed", "what becomes of the image of a failed job", ("vanishes", "killed")
    ),
    "export_data_origin": Switch(
        "absent", "absent", "__data_origin of an exported volume", ("absent", "volume")
    ),
    "import_data_origin": Switch(
        "absent", "file", "__data_origin of a quick import", ("absent", "file")
    ),
    "import_root_origin": Switch(
        "file", "file", "__root_origin of a quick import", ("file", "absent")
    ),
    "server_data_origin": Switch(
        "vault", "vault", "__data_origin of a server's whole image", ("vault", "backup", "absent")
    ),
    "duplicate_names": Switch(
        "allowed", "allowed", "a second image of a name, or IMG.0009", ("allowed", "refused")
    ),
    "new_attributes": Switch(
        "accepted", "accepted", "PATCH add of an unknown attribute", ("accepted", "refused")
    ),
    "add_existing": Switch(
        "replace", "replace", "PATCH add of an attribute that is there", ("replace", "refused")
    ),
    "zero_max_ram": Switch(
        "refused", "accepted", "max_ram 0 at creation: IMG.0055, or taken", ("refused", "accepted")
    ),
    "protection": Switch(
        "accepted", "accepted", "PATCH of protected: done, or IMG.0105", ("accepted", "refused")
    ),
    "list_next": Switch(
        "none", "none", "what a list says about its next page", ("none", "page_info", "next")
    ),
    "copy_description": Switch(
        "empty", "empty", "description of a copy made without one", ("empty", "inherited")
    ),
    "copy_decrypts": Switch(
        True, True, "an encrypted source copied without key is decrypted", (True, False)
    ),
    "list_projects": Switch(
        "all", "all", "enterprise projects of an image list without the filter", ("all", "default")
    ),
    "cbr_names": Switch("exact", "exact", "name filter of CBR lists", ("exact", "contains")),
    "cinder_names": Switch("exact", "exact", "name filter of EVS v3 lists", ("exact", "contains")),
    "image_tags_as": Switch(
        "key=value", "key=value", "tags of an image answer", ("key=value", "key.value")
    ),
    "export_format": Switch("vhd", "vhd", "format of an export that names none", ("vhd", "zvhd2")),
    "vault_without": Switch(
        "used", "used", "whole image without vault_id: the server's vault", ("used", "refused")
    ),
    "whole_image_type": Switch(
        "CSBS", "CSBS", "backup_id without whole_image_type: CSBS, or IMG.0198", ("CSBS", "refused")
    ),
    "min_disk_rule": Switch(
        "1..1024",
        "1..1024",
        "smallest min_disk of quick imports: 1, or 10 Linux and 20 Windows",
        ("1..1024", "10/20..1024"),
    ),
    "image_format": Switch(
        "zvhd2", "zvhd2", "disk_format of images made from servers", ("zvhd2", "vhd")
    ),
    "windows_copy": Switch(
        "allowed", "allowed", "copying a Windows image: allowed or IMG.0105", ("allowed", "refused")
    ),
    "v3_export": Switch(
        "published", "published", "the v3 path of the volume export", ("published", "absent")
    ),
    # --- steering of tests
    "projects_by_name": Switch("one", "one", "answer of GET /v3/projects?name= : one, none, many"),
    "project_domain": Switch(
        "optional",
        "optional",
        "a token request that names its project without the account: served, or 400 as Keystone",
        ("optional", "required"),
    ),
    "metadata": Switch("v1", "v1", "instance metadata service: v1, v2, v2-only or off"),
    "metadata_token": Switch(
        405, 405, "how a metadata service of version 1 answers the request for a token: a status"
    ),
    "page_size": Switch(None, None, "largest page of an image list, whatever the limit asked for"),
    "clock_skew": Switch(0, 0, "seconds by which the gateway's idea of the time is off"),
    "date_skew": Switch(0, 0, "seconds by which the Date header is off, only; null: no header"),
    # --- a cloud that breaks its own documents
    "ignored_filters": Switch(
        [], [], "query parameters that GET ignores: ims.owner, evs.*, …; paging always works"
    ),
    "all_projects": Switch(
        "listed",
        "listed",
        "an image list of all_granted_eps: the images, a refusal, or []",
        ("listed", "refused", "empty"),
    ),
    "lookups_without_project": Switch(
        "listed",
        "listed",
        "a server, disk, vault or backup list that names no enterprise project: listed, or 403 as "
        "for users authorised per enterprise project",
        ("listed", "refused"),
    ),
    "lookups_of_all_projects": Switch(
        "listed",
        "listed",
        "such a list of all_granted_eps: the entries, a refusal, or []",
        ("listed", "refused", "empty"),
    ),
    "tag_calls": Switch(
        "published",
        "published",
        "the tag calls of images: published, or 404 by the gateway or by a web server",
        ("published", "gateway", "page"),
    ),
    "tag_keys": Switch(
        "strict",
        "strict",
        "image tags: letters, digits, _ and -, or as Flexible Engine or OTC document them",
        ("strict", "flexible-engine", "otc"),
    ),
    "backup_id": Switch(
        "told", "told", "__backup_id of a whole image: told, or absent", ("told", "absent")
    ),
    "copy_attributes": Switch(
        "dropped", "dropped", "the user's own attributes on a copy", ("dropped", "kept")
    ),
    "delete_unfinished": Switch(
        "refused",
        "refused",
        "DELETE of a queued or saving image: IMG.0090, or done",
        ("refused", "accepted"),
    ),
    "jobs_kept": Switch(None, None, "seconds after its end until a job is unknown again"),
    "lookup_page_size": Switch(
        None, None, "largest page of server, disk, vault and backup lists, as page_size"
    ),
    "lookup_count": Switch(
        "total", "total", "count of such a list: of all pages, or of this one", ("total", "page")
    ),
}
_BROKEN_DOCUMENTS = list(SWITCHES)[list(SWITCHES).index("ignored_filters") :]
# Drawing these would break requests that the documents show, word for word, or what they promise.
_NOT_DRAWN = {"whole_image_type", "protection", "project_domain", *_BROKEN_DOCUMENTS}


class Switches:
    """Values in force; unknown names and values are refused loudly."""

    def __init__(self, *, tame: bool = False) -> None:
        self.tame = tame
        self.values = {
            name: switch.tame if tame else switch.nasty for name, switch in SWITCHES.items()
        }

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def set(self, wanted: Mapping[str, Any], seed: int) -> None:
        """Set switches by name; `{"disputed": "seeded"}` draws the disputed ones."""
        settings = dict(wanted)
        mode = settings.pop("disputed", None)
        if mode not in (None, "seeded", "default"):
            raise ValueError("disputed must be seeded or default")
        for name, value in settings.items():
            _check(name, value)
        if mode == "seeded":
            self.values.update(draw(seed))
        elif mode == "default":
            self.values.update(
                {n: s.tame if self.tame else s.nasty for n, s in SWITCHES.items() if s.choices}
            )
        self.values.update(settings)

    def between(self, name: str, rng: random.Random) -> float:
        """A draw from a switch whose value is a number or a [least, most] pair, in seconds."""
        value = self.values[name]
        if isinstance(value, (list, tuple)):
            return rng.uniform(value[0], value[1])
        return float(value)


def _check(name: str, value: Any) -> None:
    if name not in SWITCHES:
        raise ValueError(f"no switch is called {name!r}; there are {', '.join(sorted(SWITCHES))}")
    choices = SWITCHES[name].choices
    if choices and value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, not {value!r}")


def draw(seed: int) -> dict[str, Any]:
    """The disputed switches as `seed` decides them."""
    rng = random.Random(f"disputed:{seed}")
    return {
        name: rng.choice(switch.choices)
        for name, switch in SWITCHES.items()
        if switch.choices and name not in _NOT_DRAWN
    }
