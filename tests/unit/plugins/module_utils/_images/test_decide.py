# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the state contract, row by row: what exists, the policy, and whether the task waits,
give what will be done. No cloud, no clock, no task."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.age import Clocks
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.failures import (
    AlreadyMade,
    ImageConflict,
    Refused,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import (
    Image,
    Origin,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.managed import (
    ManagedAttributes,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.provenance import (
    CreateIds,
    Identity,
    Provenance,
    SourceFinding,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present import (
    decide as decide_module,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present import preflight, read
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present.decide import (
    decide,
    select_image,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present.desired import (
    ConflictPolicy,
    Desired,
    ExistingImagePolicy,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present.existing import (
    ExistingImage,
    ExistingImages,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting import deletion

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
CLOCKS = Clocks(NOW, NOW)
DAY = 86400.0
REPLACE = {"differs": ConflictPolicy.REPLACE}
KEEP = {"differs": ConflictPolicy.KEEP}
PROVED = {"unknown": ConflictPolicy.FAIL}
YOUNG = {"max_age": 7 * DAY}
WHY = {
    "same": "the cloud names it",
    "different": "it was made from volume v-2",
    "unknown": "who knows",
}


ORIGIN, IDENTITY = Origin("volume", "v-1"), Identity("volume v-1")


@dataclass
class FakeSource:
    """A source that nobody asks for anything but what it is."""

    origin: Origin = ORIGIN
    identity: Identity = IDENTITY
    create_accepts: frozenset[str] = frozenset(("description",))
    may_be_repeated: bool = False
    differing: tuple[str, ...] = ()
    made: str | None = None
    checks: list[str] = field(default_factory=list)

    def differences(self, image: Image) -> list[str]:
        return list(self.differing)

    def check(self, task: Task, name: str) -> None:
        self.checks.append(name)
        if self.made:
            raise AlreadyMade(f"The backup already has an image: {self.made}.", self.made)

    def provenance_of(self, image: Image, task: Task) -> SourceFinding:
        raise AssertionError("provenance is read before")

    def create(self, task: Task, name: str, common: Mapping[str, Any]) -> CreateIds:
        raise AssertionError("a decision writes nothing")

    def says_image_exists(self, refusal: Any, task: Task) -> bool:
        raise AssertionError("there is no answer yet")


def existing(
    image_id: str,
    provenance: str = "same",
    status: str = "active",
    days: float = 1,
    name: str = "web",
    **wire: Any,
) -> ExistingImage:
    created = f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    shown = {"id": image_id, "name": name, "status": status, "created_at": created, **wire}
    finding = SourceFinding(Provenance(provenance), WHY[provenance])
    return ExistingImage(Image.from_wire(shown), finding)


def desired(managed: Mapping[str, Any] | None = None, **policy: Any) -> Desired:
    return Desired(
        "web", FakeSource(), ManagedAttributes(managed or {}), ExistingImagePolicy(**policy)
    )


@dataclass(frozen=True)
class Row:
    """Images are given by their ids. about: the existing image that the task is about; None for
    one that is created or, if `adopted`, not to be seen yet."""

    what: str
    found: tuple[ExistingImage, ...]
    about: str | None
    policy: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = True
    unfinished: CreateIds | None = None
    changed: bool = True
    creates: bool = False
    verified: bool = True
    delete: tuple[str, ...] = ()
    delete_later: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()
    warnings: tuple[tuple[str, ...], ...] = ()


A, OLD = existing("a"), existing("old", days=30)
IN_FLIGHT, QUEUED = existing("new", status="saving"), existing("new", status="queued")
OTHER, UNPROVEN = existing("other", "different"), existing("doubt", "unknown")
OLD_UNPROVEN = existing("doubt", "unknown", days=30)
OLD_OTHER_IN_FLIGHT = existing("other", "different", "saving")
KEEP_OLD = {**YOUNG, "keep_old": True}
SEVERAL = ("Several images", "left alone")

ROWS = [
    Row("none", (), None, creates=True),
    Row("none, no wait", (), None, wait=False, creates=True),
    Row("none, replace", (), None, REPLACE, creates=True),
    # one, active, same source
    Row("same", (A,), "a", changed=False),
    Row("same, no wait", (A,), "a", wait=False, changed=False),
    Row("same, replace", (A,), "a", REPLACE, changed=False),
    Row("same, keep", (A,), "a", KEEP, changed=False),
    Row("same, proof wanted", (A,), "a", PROVED, changed=False),
    Row("same, young enough", (A,), "a", YOUNG, changed=False),
    # one, active, same source, older than max_age
    Row("too old", (OLD,), None, YOUNG, creates=True, delete=("old",), rename=("old",),
        warnings=()),
    Row("too old, no wait", (OLD,), None, YOUNG, wait=False, creates=True, delete_later=("old",),
        rename=("old",)),
    Row("too old, keep_old", (OLD,), None, KEEP_OLD, creates=True, rename=("old",),
        warnings=((*SEVERAL, "old"),)),
    Row("too old, its successor is here", (A, OLD), "a", YOUNG, delete=("old",)),
    Row("too old, its successor is here, keep_old", (A, OLD), "a", KEEP_OLD, changed=False,
        warnings=((*SEVERAL, "old"),)),
    Row("too old, its successor is in flight", (OLD, IN_FLIGHT), "new", YOUNG, delete=("old",),
        rename=("old",)),
    Row("too old, its successor is in flight, no wait", (OLD, IN_FLIGHT), "new", YOUNG, wait=False,
        changed=False, delete_later=("old",), rename=("old",)),
    Row("too old, its successor is requested", (OLD,), None, YOUNG,
        unfinished=CreateIds("job"), delete=("old",), rename=("old",)),
    Row("too old, its successor is unproven", (UNPROVEN, OLD), "doubt", YOUNG, changed=False,
        verified=False, warnings=(("doubt", "could not be proved"), (*SEVERAL, "old"))),
    # one, queued or saving, same source
    Row("saving", (IN_FLIGHT,), "new"),
    Row("queued", (QUEUED,), "new"),
    Row("saving, no wait", (IN_FLIGHT,), "new", wait=False, changed=False),
    Row("saving, young enough", (IN_FLIGHT,), "new", YOUNG),
    Row("requested, not to be seen yet", (), None, unfinished=CreateIds("job", "new")),
    Row("requested, no wait", (), None, wait=False, unfinished=CreateIds("job"), changed=False),
    Row("requested, seen", (IN_FLIGHT,), "new", unfinished=CreateIds("job", "new")),
    # one, different source
    Row("different, replace", (OTHER,), None, REPLACE, creates=True, delete=("other",),
        rename=("other",)),
    Row("different, replace, no wait", (OTHER,), None, REPLACE, wait=False, creates=True,
        delete_later=("other",), rename=("other",)),
    Row("different in flight, replace", (OLD_OTHER_IN_FLIGHT,), None, REPLACE, creates=True,
        delete=("other",), rename=("other",)),
    Row("different, replace, requested", (OTHER,), None, REPLACE, unfinished=CreateIds("job"),
        delete=("other",)),
    Row("different, keep", (OTHER,), "other", KEEP, changed=False, verified=False,
        warnings=(("other", "v-2", "v-1", "kept as it is"),)),
    Row("different in flight, keep", (OLD_OTHER_IN_FLIGHT,), "other", KEEP, changed=False,
        verified=False, warnings=(("other", "kept as it is"),)),
    Row("different and same", (A, OTHER), "a", changed=False, warnings=((*SEVERAL, "other"),)),
    Row("different and same, replace", (A, OTHER), "a", REPLACE, delete=("other",)),
    Row("different and saving, replace", (OTHER, IN_FLIGHT), "new", REPLACE, delete=("other",)),
    Row("different and saving, replace, no wait", (OTHER, IN_FLIGHT), "new", REPLACE, wait=False,
        changed=False, delete_later=("other",)),
    # one, unknown source
    Row("unknown", (UNPROVEN,), "doubt", changed=False, verified=False,
        warnings=(("doubt", "could not be proved", "who knows", "taken for the wanted"),)),
    Row("unknown, replace", (UNPROVEN,), "doubt", REPLACE, changed=False, verified=False,
        warnings=(("doubt", "could not be proved"),)),
    Row("unknown and too old", (OLD_UNPROVEN,), None, YOUNG, creates=True, rename=("doubt",),
        warnings=(("doubt", "could not be proved"), ("doubt", "not deleted"), (*SEVERAL, "doubt"))),
    Row("unknown and same", (A, UNPROVEN), "a", PROVED, changed=False,
        warnings=((*SEVERAL, "doubt"),)),
    # several
    Row("several", (A, existing("b", days=2)), "a", changed=False, warnings=((*SEVERAL, "b"),)),
    Row("several, all too old", (OLD, existing("older", days=40)), None, YOUNG, creates=True,
        delete=("old", "older"), rename=("old", "older")),
]  # fmt: skip


def ids(images: tuple[Image, ...]) -> tuple[str, ...]:
    return tuple(image.id for image in images)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_exists_and_the_policy_say_what_is_done(row: Row) -> None:
    found = ExistingImages(row.found, unfinished_request=row.unfinished)

    decision = decide(desired(**row.policy), found, CLOCKS, wait=row.wait)

    assert (decision.image.id if decision.image else None) == row.about
    assert decision.creates is row.creates
    assert decision.adopted == row.unfinished
    assert decision.changed is row.changed
    assert decision.source_verified is row.verified
    assert ids(decision.delete) == row.delete
    assert ids(decision.delete_later) == row.delete_later
    assert ids(decision.rename) == row.rename
    assert len(decision.warnings) == len(row.warnings), decision.warnings
    for number, facts in enumerate(row.warnings):
        warning = decision.warnings[number]
        assert not [fact for fact in facts if fact not in warning], warning


DEACTIVATED = existing("off", status="deactivated")
OTHER_DEACTIVATED = existing("off", "different", "deactivated")
ANOTHER_NAMES = existing("0a1b2c3d-0", "different", name="web-replaced-0a1b2c3d")
DISAGREEING = Clocks(NOW, NOW - timedelta(days=2))

# What exists, the policy, and facts of the sentence that says no.
REFUSED: dict[str, tuple[tuple[ExistingImage, ...], Mapping[str, Any], tuple[str, ...]]] = {
    "different": ((OTHER,), {}, ("other", "volume v-2", "volume v-1", "if_source_differs")),
    "different in flight": ((OLD_OTHER_IN_FLIGHT,), {}, ("other", "volume v-2")),
    "unknown, proof wanted": ((UNPROVEN,), PROVED, ("if_source_unknown", "doubt", "who knows")),
    "same, deactivated": ((DEACTIVATED,), {}, ("off", "deactivated")),
    "different, deactivated, replace": ((OTHER_DEACTIVATED,), REPLACE, ("off", "deactivated")),
    "different, deactivated, keep": ((OTHER_DEACTIVATED,), KEEP, ("off", "deactivated")),
}


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("what", REFUSED)
def test_an_existing_image_forbids_the_task(what: str, wait: bool) -> None:
    found, policy, facts = REFUSED[what]

    with pytest.raises(Refused) as refused:
        decide(desired(**policy), ExistingImages(found), CLOCKS, wait=wait)

    assert not [fact for fact in facts if fact not in str(refused.value)], refused.value


def test_a_refusal_names_the_image_that_is_in_the_way() -> None:
    with pytest.raises(ImageConflict) as refused:
        decide(desired(), ExistingImages((OTHER,)), CLOCKS, wait=True)

    assert refused.value.image_id == "other"


def test_no_age_is_believed_while_the_clocks_disagree() -> None:
    with pytest.raises(Refused, match="clock"):
        decide(desired(**YOUNG), ExistingImages((OLD,)), DISAGREEING, wait=True)


def test_an_age_that_decides_nothing_may_be_unknown() -> None:
    decision = decide(desired(**KEEP_OLD), ExistingImages((A, OLD)), Clocks(NOW, None), wait=True)

    assert decision.nothing_to_do


def test_nothing_is_created_while_an_entry_of_the_list_cannot_be_read() -> None:
    found = ExistingImages(unidentified=("x-1, whose name cannot be read",))

    with pytest.raises(Refused, match="x-1"):
        decide(desired(), found, CLOCKS, wait=True)


def test_an_entry_that_cannot_be_read_forbids_nothing_where_the_image_exists() -> None:
    found = ExistingImages((A,), unidentified=("x-1, whose name cannot be read",))

    assert decide(desired(), found, CLOCKS, wait=True).nothing_to_do


def test_the_old_image_of_another_name_is_not_replaced_under_its_temporary_name() -> None:
    name = "web-replaced-0a1b2c3d"
    wanted = replace(desired(**REPLACE), name=name)

    with pytest.raises(Refused, match="old image of 'web'"):
        decide(wanted, ExistingImages((ANOTHER_NAMES,)), CLOCKS, wait=True)


# --- replaced images


RENAMED = "web-replaced-old"
LEFT_BEHIND = {
    "same": (existing("old", name=RENAMED), {}, True),
    "same, keep_old": (existing("old", name=RENAMED), {"keep_old": True}, False),
    "different": (existing("old", "different", name=RENAMED), {}, False),
    "different, replace": (existing("old", "different", name=RENAMED), REPLACE, True),
    "unknown": (existing("old", "unknown", name=RENAMED), REPLACE, False),
}


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_images_that_an_interrupted_task_renamed_are_deleted_if_proved(what: str) -> None:
    renamed, policy, deleted = LEFT_BEHIND[what]
    found = ExistingImages((A,), renamed_earlier=(renamed,))

    decision = decide(desired(**policy), found, CLOCKS, wait=True)

    assert ids(decision.delete) == (("old",) if deleted else ())
    assert ids(decision.renamed_earlier) == ("old",)
    assert "old" in decision.other_ids


def test_a_deactivated_image_is_not_deleted_for_a_new_one() -> None:
    found = ExistingImages((A, OTHER_DEACTIVATED))

    decision = decide(desired(**REPLACE), found, CLOCKS, wait=True)

    assert not decision.delete
    assert "deactivated" in decision.warnings[0]


# --- managed attributes


MANAGED: dict[str, Any] = {"description": "golden", "min_ram": 1024}


def test_an_existing_image_is_changed_in_place() -> None:
    image = existing("a", min_ram=1024)

    decision = decide(desired(MANAGED), ExistingImages((image,)), CLOCKS, wait=True)

    assert decision.changed
    assert decision.drift.attributes == {"description": "golden"}
    assert decision.before == {"name": "web", "description": "", "min_ram": 1024}
    assert decision.after == {"name": "web", **MANAGED}


def test_tags_are_compared_with_those_that_were_read() -> None:
    wanted = replace(desired(), managed=ManagedAttributes({}, {"tier": "web"}))
    found = ExistingImages((A,), tags={"a": {"tier": "web"}})

    assert decide(wanted, found, CLOCKS, wait=True).nothing_to_do


def test_only_what_the_create_request_cannot_carry_is_set_later() -> None:
    created = decide(desired(MANAGED), ExistingImages(), CLOCKS, wait=True)
    adopted = decide(desired(MANAGED), ExistingImages((IN_FLIGHT,)), CLOCKS, wait=True)

    assert created.drift.attributes == adopted.drift.attributes == {"min_ram": 1024}
    assert created.actions == ("create image 'web' of volume v-1", "set min_ram")
    assert adopted.actions == ("wait for image 'web' of volume v-1 to become active", "set min_ram")


def test_what_cannot_be_changed_in_place_is_warned_about() -> None:
    wanted = replace(desired(), source=FakeSource(differing=("os_type is Linux, not Windows",)))

    decision = decide(wanted, ExistingImages((A,)), CLOCKS, wait=True)

    assert not decision.changed
    assert "os_type is Linux, not Windows" in decision.warnings[0]


# --- which ids are not the new image


def test_what_existed_before_is_not_taken_for_the_new_image() -> None:
    found = ExistingImages((OTHER,), listed_ids=frozenset(("other", "z")))

    decision = decide(desired(**REPLACE), found, CLOCKS, wait=True)

    assert decision.other_ids == {"other"}
    assert decision.existed_before == {"other", "z"}


def test_an_adopted_image_did_not_exist_before_its_own_create_request() -> None:
    found = ExistingImages(
        (OTHER, IN_FLIGHT),
        listed_ids=frozenset(("other", "new", "z")),
        unfinished_request=CreateIds("job", "new"),
        before_request=frozenset(("other",)),
    )

    decision = decide(desired(**REPLACE), found, CLOCKS, wait=True)

    assert decision.other_ids == {"other"}
    assert decision.existed_before == {"other"}


@pytest.mark.parametrize("policy", [REPLACE, PROVED, YOUNG], ids=["replace", "proved", "young"])
def test_an_unproven_image_from_before_our_request_does_not_stand_for_the_new_one(
    policy: Mapping[str, Any],
) -> None:
    requested = CreateIds("job")
    found = ExistingImages(
        (UNPROVEN,), unfinished_request=requested, before_request=frozenset(("doubt",))
    )

    decision = decide(desired(**policy), found, CLOCKS, wait=True)

    assert decision.adopted == requested
    assert decision.image is None
    assert not decision.delete
    assert "doubt" in decision.other_ids


# --- reading


def nobody() -> Task:
    """A task that cannot ask anything."""
    client: Any = None
    return Task(client)


def test_an_unchanged_image_rests_on_nothing_but_the_list() -> None:
    found = ExistingImages((A,))

    assert read.complete(nobody(), desired(**YOUNG), found, CLOCKS) is found


def test_images_that_are_deleted_and_the_one_they_are_deleted_for_are_read_first() -> None:
    kept, going = select_image(desired(**REPLACE), ExistingImages((A, OTHER)), CLOCKS).rests_on

    assert ids(kept) == ("a",)
    assert ids(going) == ("other",)


def test_an_image_that_is_listed_but_gone_is_none_to_delete_others_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = [[OTHER.image]]
    monkeypatch.setattr(deletion, "still_existing", lambda task, images: there.pop())
    found = read.complete(nobody(), desired(**REPLACE), ExistingImages((A, OTHER)), CLOCKS)

    decision = decide(desired(**REPLACE), found, CLOCKS, wait=True)

    assert decision.creates
    assert decision.other_ids == {"a", "other"}


def test_killed_images_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    killed = existing("k", status="killed").image
    monkeypatch.setattr(read, "read_listed_images", lambda task, name, filtered: ([killed], []))

    assert decide(desired(), read.find(nobody(), desired()), CLOCKS, wait=True).creates


# --- a backup that has an image already, which no list shows


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    """A source whose image is known to the cloud as the dictionary says."""
    monkeypatch.setattr(preflight.Clocks, "of", lambda client: CLOCKS)
    return FakeSource(made="made")


def checked(monkeypatch: pytest.MonkeyPatch, source: FakeSource, name: str) -> Any:
    image = Image.from_wire({"id": "made", "name": name, "status": "active"})
    monkeypatch.setattr(preflight, "read_image_from_glance", lambda client, image_id: image)
    client: Any = SimpleNamespace(clock=SimpleNamespace(monotonic=lambda: 0.0))
    wanted = replace(desired(), source=source)
    return preflight.decide_and_check(Task(client), wanted, ExistingImages())


def test_a_backup_with_an_image_of_another_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, unlisted: FakeSource
) -> None:
    with pytest.raises(AlreadyMade, match="made"):
        checked(monkeypatch, unlisted, "another")

    assert len(unlisted.checks) == 1


def test_a_backup_with_an_image_of_the_name_is_decided_upon_once_more(
    monkeypatch: pytest.MonkeyPatch, unlisted: FakeSource
) -> None:
    decision = checked(monkeypatch, unlisted, "web")

    assert decision.nothing_to_do
    assert decision.source_verified
    assert len(unlisted.checks) == 1


# --- purity


@pytest.mark.parametrize("module", [decide_module, decide_module.refuse_unidentified])
def test_the_decision_imports_nothing_that_asks_waits_or_writes(module: Any) -> None:
    name = getattr(module, "__module__", None) or module.__name__
    path = Path(__import__(name, fromlist=["_"]).__file__)
    tree = ast.parse(path.read_text())
    imported = {
        node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level
    }

    allowed = {"age", "failures", "desired", "existing"}
    assert not {one for one in imported if one not in allowed and not one.startswith("model.")}
