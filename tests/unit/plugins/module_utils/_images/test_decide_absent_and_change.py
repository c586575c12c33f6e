# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `state: absent` deletes, and what is changed in place, decided on data: no cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import Refused
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import (
    Image,
    Origin,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.managed import (
    ManagedAttributes,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.provenance import (
    Provenance,
    SourceFinding,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.absent import (
    Candidates,
    Removal,
    decide_deletion,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.change import (
    decide_in_place,
    decide_renamed,
    refuse_foreign,
)


class _Volume:
    origin = Origin("volume", "v-1")


VOLUME: Any = _Volume()
BY_NAME = Removal("web")
ALL = Removal("web", delete_all=True)
OF_SOURCE = Removal("web", source=VOLUME)


def image(image_id: str, status: str = "active", **wire: Any) -> Image:
    return Image.from_wire({"id": image_id, "name": "web", "status": status, **wire})


def found(images: tuple[Image, ...], stuck: tuple[str, ...] = (), **provenance: str) -> Candidates:
    findings = {
        image_id: SourceFinding(Provenance(word), f"because {image_id}")
        for image_id, word in provenance.items()
    }
    return Candidates(images, frozenset(stuck), provenance=findings or None)


A, B = image("a"), image("b")
SAVING, ERROR = image("new", "saving"), image("broken", "error")

# Which images go: the removal, what was read, and whether the task waits.
GO: dict[str, tuple[Removal, Candidates, bool, tuple[str, ...]]] = {
    "none": (BY_NAME, found(()), True, ()),
    "one": (BY_NAME, found((A,)), True, ("a",)),
    "one by id": (Removal(image_id="a"), found((A,)), True, ("a",)),
    "one, no wait": (BY_NAME, found((A,)), False, ("a",)),
    "one and a failed one": (BY_NAME, found((A, ERROR)), True, ("a", "broken")),
    "several, all": (ALL, found((A, B)), True, ("a", "b")),
    "in flight": (BY_NAME, found((SAVING,)), True, ("new",)),
    "stuck, no wait": (BY_NAME, found((SAVING,), stuck=("new",)), False, ("new",)),
    "same source": (OF_SOURCE, found((A,), a="same"), True, ("a",)),
    "same and different": (OF_SOURCE, found((A, B), a="same", b="different"), True, ("a",)),
    "different": (OF_SOURCE, found((A,), a="different"), True, ()),
}


@pytest.mark.parametrize("what", GO)
def test_what_is_deleted(what: str) -> None:
    removal, candidates, wait, ids = GO[what]

    decision = decide_deletion(removal, candidates, wait=wait)

    assert tuple(one.id for one in decision.delete) == ids
    assert decision.before["images"] == list(ids)
    assert decision.changed is bool(ids)
    assert len(decision.actions) == len(ids)


STAY: dict[str, tuple[Removal, Candidates, bool, tuple[str, ...]]] = {
    "several": (BY_NAME, found((A, B)), True, ("a, b", "image_id", "delete_all")),
    "in flight, no wait": (BY_NAME, found((SAVING,)), False, ("new", "wait: true")),
    "unknown source": (OF_SOURCE, found((A,), a="unknown"), True, ("a", "volume v-1", "because a")),
    "same and unknown": (OF_SOURCE, found((A, B), a="same", b="unknown"), True, ("because b",)),
}


@pytest.mark.parametrize("what", STAY)
def test_nothing_is_deleted_while_it_is_not_clear_what(what: str) -> None:
    removal, candidates, wait, facts = STAY[what]

    with pytest.raises(Refused) as refused:
        decide_deletion(removal, candidates, wait=wait)

    assert not [fact for fact in facts if fact not in str(refused.value)], refused.value


def test_an_image_of_another_source_is_left_alone_with_a_warning() -> None:
    decision = decide_deletion(OF_SOURCE, found((A,), a="different"), wait=True)

    assert "because a" in decision.warnings[0]


@pytest.mark.parametrize("goes", [True, False])
def test_the_backup_of_a_whole_image_goes_if_that_is_asked_for(goes: bool) -> None:
    removal = replace(BY_NAME, delete_backup=goes)

    decision = decide_deletion(removal, found((image("a", __backup_id="bk"),)), wait=True)

    assert decision.before["backups"] == ["bk"]
    assert decision.after["backups"] == ([] if goes else ["bk"])
    assert ("delete backup bk" in decision.actions) is goes


# --- in place


WANTED = ManagedAttributes({"description": "golden"}, {"tier": "web"})
GOLDEN: Mapping[str, Any] = {"__description": "golden"}


def test_an_image_that_matches_is_left_alone_whatever_its_status() -> None:
    for status in ("active", "saving", "deactivated", "killed"):
        decision = decide_in_place(
            WANTED, image("a", status, **GOLDEN), {"tier": "web"}, wait=False
        )

        assert not decision.changed
        assert not decision.drift


def test_drift_is_what_changes() -> None:
    decision = decide_in_place(WANTED, A, {"tier": "db", "old": "x"}, wait=True)

    assert decision.changed
    assert decision.drift.attributes == {"description": "golden"}
    assert decision.drift.add_tags == {"tier": "web"}
    assert decision.drift.remove_tags == {"old": "x"}


CANNOT = {"deactivated": "deactivated", "killed": "create it again", "saving": "wait: true"}


@pytest.mark.parametrize("status", CANNOT)
def test_an_image_that_cannot_be_changed_is_refused(status: str) -> None:
    with pytest.raises(Refused, match=CANNOT[status]):
        decide_in_place(WANTED, image("a", status), {}, wait=False)


def test_an_image_in_flight_is_waited_for() -> None:
    assert decide_in_place(WANTED, SAVING, {}, wait=True).changed


def test_an_image_of_another_project_is_not_changed() -> None:
    with pytest.raises(Refused, match="another project"):
        refuse_foreign(image("a", owner="p-2"), "p-1")

    refuse_foreign(image("a", owner="p-1"), "p-1")
    refuse_foreign(image("a"), "p-1")


def test_an_image_of_the_new_name_counts_as_renamed_only_where_nothing_has_to_change() -> None:
    matching = image("a", **GOLDEN)

    decision = decide_renamed(WANTED, "old-name", matching, {"tier": "web"})

    assert "old-name" in decision.warnings[0]
    with pytest.raises(Refused, match="not proved"):
        decide_renamed(WANTED, "old-name", A, {})
