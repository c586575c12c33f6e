# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/chaos sees what it is there to see: the collection is broken on purpose, and it says so."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from ansible_collections.huaweicloud.ims.plugins.module_utils._front import task
from ansible_collections.huaweicloud.ims.plugins.module_utils._front.task import run_task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images import age, result
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.batch import wait_for_all
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.context import Task
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.locking import recovery
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.lookups import read_image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.model.image import Image
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations import absent
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.operations.retention import (
    decision,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present import (
    create,
    decide,
    ensure,
    read,
    renames,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present.existing import (
    ExistingImages,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.present.outcome import Outcome
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting import (
    deletable,
    deletion,
)
from ansible_collections.huaweicloud.ims.plugins.module_utils._images.waiting.deletion import (
    finish_deletion,
    request_deletion,
)
from ansible_collections.huaweicloud.ims.tests.chaos import cloud, faults, parity, schedule, stories
from ansible_collections.huaweicloud.ims.tests.chaos.retention import Retention

SEEDS = range(1, 151)


def delete(run: Task, image: Image) -> None:
    finish_deletion(run, image, False, request_deletion(run, image, False))


def found(kind: str, seeds: Iterable[int] = SEEDS) -> bool:
    """Whether one of the seeds shows it."""
    for seed in seeds:
        outcome = schedule.run(seed)
        if any(text.startswith(kind) for text in outcome.violations):
            return True
    return False


def of_retention() -> Iterator[int]:
    """Seeds that draw it."""
    return (seed for seed in range(1, 401) if schedule.kind_of(seed) is Retention)


def only(monkeypatch: pytest.MonkeyPatch, maker: Callable[[Any], Any]) -> None:
    """All seeds draw that story."""
    monkeypatch.setattr(stories, "_MAKERS", (maker,))
    monkeypatch.setattr(schedule, "_RETENTIONS", 0.0)


def test_it_finds_duplicates_if_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "find", lambda run, desired: ExistingImages())

    assert found("twin")


def test_it_finds_duplicates_if_create_requests_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "recover", lambda *_arguments, **_more: None)

    assert found("twin")


def test_it_finds_duplicates_of_two_machines_without_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decide, "_warnings_about_others", lambda *_arguments: [])
    only(monkeypatch, stories._create)

    assert found("twin")


def test_it_finds_create_requests_that_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absent, "recover", lambda *_arguments, **_more: None)
    only(monkeypatch, stories._absent)

    assert found("lost")


def test_it_finds_an_image_that_goes_before_the_new_one_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = create.start

    def hasty(run: Task, desired: Any, decision: Any, *rest: Any) -> Any:
        started = start(run, desired, decision, *rest)
        for old in decision.delete:
            delete(run, old)
        return started

    monkeypatch.setattr(create, "start", hasty)

    assert found("lost")


def test_it_finds_bugs(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> Any:
        raise KeyError("image")

    monkeypatch.setattr(ensure, "decide_and_check", broken)

    assert found("traceback")


@pytest.mark.parametrize(
    "form", [str, lambda secret: base64.b64encode(f"x{secret}y".encode()).decode()]
)
def test_it_finds_secrets(monkeypatch: pytest.MonkeyPatch, form: Callable[[str], str]) -> None:
    def telling(arguments: Any, *rest: Any) -> Any:
        result = run_task(arguments, *rest)
        result["notes"].append(form(arguments.get("secret_key") or arguments.get("password")))
        return result

    monkeypatch.setattr(cloud, "run_task", telling)

    assert found("secret")


def test_it_finds_a_task_that_never_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "read_back", lambda run, wanted, image, *_: (image, None))
    monkeypatch.setattr(create, "converge", lambda *_: None)

    assert found("unstable")


def test_it_finds_that_nothing_is_set_once_images_are_active(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgetful(_run: Task, item: Any) -> None:
        item.completed = True

    monkeypatch.setattr(wait_for_all, "do_pending_work", forgetful)

    assert found("stuck")


def test_it_finds_that_a_wait_deletes_what_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(run: Task, items: Any, waited: Any) -> None:
        for item in waited:
            for image_id in item.pending.delete_ids if item.pending else ():
                image = read_image(run.client, image_id)
                if image is not None:
                    delete(run, image)

    monkeypatch.setattr(wait_for_all, "_poll_and_wait", hasty)

    assert found("lost")


def test_it_finds_deletions_of_what_must_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (deletable, deletion):
        monkeypatch.setattr(module, "obstacle", lambda run, image: None)
    only(monkeypatch, stories._copy_of_itself)

    assert found("deleted")


def test_it_finds_that_another_name_is_taken_for_the_one_that_is_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def alike(image: Image, name: str) -> bool:
        return "-replaced-" in image.name and name.startswith(image.name[:4])

    for module in (renames, deletion):
        monkeypatch.setattr(module, "is_renamed_from", alike)
    monkeypatch.setattr(read, "may_be_replaced", alike)
    monkeypatch.setattr(read, "is_replaced", lambda image, name, known: alike(image, name))
    only(monkeypatch, stories._neighbours)

    assert found("deleted")


def test_it_finds_results_that_deny_a_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(run: Task | None, error: Exception) -> dict[str, Any]:
        return {**result.failure(run, error), "changed": False}

    monkeypatch.setattr(task, "failure", silent)
    monkeypatch.setattr(faults, "_broken_documents", lambda rng: {"delete_lingers": [20000, 40000]})
    only(monkeypatch, stories._absent)

    assert found("untrue")


def test_it_finds_families_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "has_tag", lambda tags, tag: True)

    assert found("deleted", of_retention())


def test_it_finds_ages_that_rest_on_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age.Clocks, "check", lambda clocks: None)
    monkeypatch.setattr(faults, "_broken_documents", lambda rng: {"date_skew": 31 * 86400})

    assert found("deleted", of_retention())


def test_it_finds_that_nothing_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "has_tag", lambda tags, tag: False)

    assert found("stuck", of_retention())


def _prophecy(monkeypatch: pytest.MonkeyPatch) -> None:
    to_result = Outcome.to_result

    def too_much(outcome: Outcome, run: Task) -> dict[str, Any]:
        returned = to_result(outcome, run)
        if run.check_mode:
            returned["actions"] = [*returned["actions"], "be brilliant"]
        return returned

    monkeypatch.setattr(Outcome, "to_result", too_much)


def test_it_finds_wrong_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    _prophecy(monkeypatch)

    assert any(parity.run(seed).differences for seed in range(1, 6))


def test_a_seed_shows_the_same_twice() -> None:
    first, second = schedule.run(7), schedule.run(7)

    assert (first.requests, first.tasks, first.kills) == (
        second.requests,
        second.tasks,
        second.kills,
    )
