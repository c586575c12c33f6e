# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a schedule is about, drawn from a seed: the tasks that run, and what must be true then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from .. import samples
from . import faults, wishes
from .cloud import Task
from .wishes import NAME

# Stands among the tasks of a story for: wait for what those before it have registered.
WAIT = Task("image_wait", {})
# The same for: copy an image that one of them has started, whether it is finished or not.
COPY_NAME = "golden-copy"
COPY = Task("image_copy", {"name": COPY_NAME, "if_source_differs": "replace", "wait": False})
# Stands for the id of the image that the first task before has made.
THE_FIRST = "(the first image)"
# Names that begin with other names, or leave no room for what is added to the name of an image that
# is replaced.
_LONG = f"{NAME}-{'x' * 113}"
_NEIGHBOURS = (
    *(f"{NAME}-02", f"{NAME}-0", NAME[:4], f"{NAME}-replaced-0badcafe"),
    *(_LONG, f"{_LONG[:112]}-other"),
)


@dataclass(frozen=True)
class Story:
    """before: tasks that run in peace. meddling: what may run while things go wrong. final: what
    must be true in the end, gone: that it is nothing. deletes: some of the meddling is to delete.
    together: in the end all is started, and then waited for by one task; others: what is started
    beside it, under names of their own; copied: so is a copy of the image, which may have to wait
    until that is there. batch: all of that in one task. switches and rules: how the cloud behaves
    from the beginning. calm: how long nothing happens before the end, in s.
    """

    kind: str
    before: list[Task]
    meddling: list[Task]
    final: Task
    gone: bool = False
    deletes: bool = False
    pause: float = 0.0
    max_age: float | None = None
    keeps_old: bool = False
    others: tuple[Task, ...] = ()
    together: bool = False
    copied: bool = False
    batch: Task | None = None
    switches: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[faults.Rule, ...] = ()
    calm: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        copy = (COPY_NAME,) if self.copied else ()
        return (NAME, *(str(task.arguments["name"]) for task in self.others), *copy)


def draw_story(rng: Random) -> Story:
    return rng.choice(_MAKERS)(rng)


def waited_for(story: Story, rng: Random) -> Story:
    """The same story, with tasks that start images and others that wait for them."""
    if story.final.module == "image" or rng.random() < 0.5:
        return story
    waits = [WAIT] * rng.choice((1, 2, 4))
    if story.gone:
        meddling = [*story.meddling, *waits]
        return replace(story, kind=f"{story.kind}, waited for", meddling=meddling)
    others = story.others or tuple(wishes.beside(rng, rng.choice((0, 1, 1, 2, 3))))
    starts = [task.but(wait=False) for task in (story.final, *others)]
    strays = [task.but(**wishes.looks(rng)) for task in others]
    # Only an export tells the id of its image at once.
    copied = story.final.module == "volume_image_export" and rng.random() < 0.7
    copies = [COPY, COPY.but(wait=True)] if copied else []
    return replace(
        story,
        kind=f"{story.kind}, together with {len(others)}{' and a copy' if copied else ''}",
        meddling=[*story.meddling, *starts, *strays, *waits, *copies],
        others=others,
        together=True,
        copied=copied,
    )


def batched(story: Story, rng: Random) -> Story:
    """The same story, with all images in one task; a copy of the first is one of them."""
    from_before = THE_FIRST in story.final.arguments.values()
    if not story.together or from_before or rng.random() < 0.5:
        return story
    copied = story.final.module == "volume_image_export" and rng.random() < 0.7
    copies = [Task(COPY.module, {**COPY.arguments, "source_image": NAME})] if copied else []
    batch = wishes.batch_of(rng, (story.final, *story.others, *copies))
    entries = batch.arguments["images"]
    shuffled = rng.sample(entries, len(entries))
    some = batch.but(images=rng.sample(entries[1:], len(entries[1:])) or entries)
    meddling = [
        *(batch, batch.but(images=shuffled), batch.but(wait=False), some),
        batch.but(wait_timeout=rng.choice((5, 60, 300))),
    ]
    return replace(
        story,
        kind=f"{story.kind}, as a batch{' with a copy' if copied else ''}",
        meddling=[*story.meddling, *meddling],
        copied=copied,
        batch=batch,
    )


def _create(rng: Random) -> Story:
    kind = rng.choice(list(samples.KINDS))
    final = wishes.made_of(rng, kind).but(**wishes.looks(rng))
    return Story(f"create, {kind}", [], _variants(rng, final), final)


def _replace(rng: Random) -> Story:
    kind = rng.choice(list(samples.KINDS))
    old = wishes.made_of(rng, rng.choice((kind, rng.choice(list(samples.KINDS)))), other=True)
    final = wishes.made_of(rng, kind).but(if_source_differs="replace", **wishes.looks(rng))
    return Story(f"replace, {kind}", [old], _variants(rng, final), final)


def _renew(rng: Random) -> Story:
    kind = rng.choice(samples.REMAKABLE)
    keeps = rng.random() < 0.3
    old = wishes.made_of(rng, kind)
    final = old.but(max_age="2d", keep_old=keeps, **wishes.looks(rng))
    meddling = _variants(rng, final)
    return Story(
        f"renew{', keep old' if keeps else ''}, {kind}",
        [old],
        meddling,
        final,
        pause=rng.choice((3 * 86400.0, 3 * 86400.0, 3 * 86400.0, 600.0)),
        max_age=2 * 86400.0,
        keeps_old=keeps,
    )


def _absent(rng: Random) -> Story:
    kind = rng.choice(list(samples.KINDS))
    made = wishes.made_of(rng, kind)
    final = made if rng.random() < 0.3 else Task(made.module, {"name": NAME})
    final = final.but(state="absent")
    if made.module == "whole_image" and rng.random() < 0.5:
        final = final.but(delete_backup=True)
    before = [made] if rng.random() < 0.7 else [made.but(wait=False)]
    return Story(f"absent, {kind}", before, _variants(rng, final), final, gone=True)


def _mixed(rng: Random) -> Story:
    """A run that was to make the image is given up, and it is to be gone."""
    kind = rng.choice(list(samples.KINDS))
    made = wishes.made_of(rng, kind)
    final = Task(made.module, {"name": NAME, "state": "absent"})
    return Story(f"given up, {kind}", [], [*_variants(rng, made), final], final, gone=True)


def _made_again(rng: Random) -> Story:
    """The image is deleted and made again, in whatever order."""
    kind = rng.choice(list(samples.KINDS))
    made = wishes.made_of(rng, kind)
    gone = Task(made.module, {"name": NAME, "state": "absent"})
    meddling = [made, made.but(wait=False), gone, gone, gone.but(wait=False)]
    return Story(f"made again, {kind}", [made], meddling, made, deletes=True)


def _change(rng: Random) -> Story:
    """An image that is there is changed, whatever it was made of."""
    kind = rng.choice(list(samples.KINDS))
    final = Task("image", {"image": NAME, **wishes.looks(rng)})
    before = [wishes.made_of(rng, kind)]
    meddling = [final, final.but(**wishes.looks(rng)), final.but(wait_timeout=5)]
    return Story(f"change, {kind}", before, meddling, final)


def _neighbours(rng: Random) -> Story:
    """Images whose names are much alike are replaced, each by another one, on a cloud that mostly
    wants names to be unique."""
    names = [NAME, *rng.sample(_NEIGHBOURS, rng.choice((1, 1, 2)))]
    kinds = rng.sample(samples.REMAKABLE, len(names))
    olds = [
        wishes.made_of(rng, kind, True, name)
        for kind, name in zip(kinds, names, strict=True)
        if rng.random() < 0.8
    ]
    wanted = [
        wishes.made_of(rng, kind, False, name).but(if_source_differs="replace", **wishes.looks(rng))
        for kind, name in zip(kinds, names, strict=True)
    ]
    for old, task in zip(list(olds), wanted, strict=False):
        if old.arguments["name"] == task.arguments["name"] and rng.random() < 0.5:
            olds.append(task.but(wait=False))  # leaves the old image behind, under another name
    switches = {
        "duplicate_names": "refused" if rng.random() < 0.85 else "allowed",
        "new_attributes": rng.choice(("accepted", "refused")),
    }
    meddling = [one for task in wanted for one in (*_variants(rng, task), task.but(wait=False))]
    return Story(
        f"neighbours, {kinds[0]}",
        olds,
        meddling,
        wanted[0],
        others=tuple(wanted[1:]),
        switches=switches,
    )


def _copy_of_itself(rng: Random) -> Story:
    """A copy replaces whatever else bears its name, and its source bears that name too; mostly the
    copy is there already."""
    kind = rng.choice(("disk", "image", "encrypted copy"))
    more: dict[str, Any] = {"cmk_id": samples.OTHER_KEY} if rng.random() < 0.3 else {}
    copy = Task("image_copy", {"name": NAME, "source_image": THE_FIRST, **more})
    final = copy.but(if_source_differs="replace", **wishes.looks(rng))
    before = [wishes.made_of(rng, kind)]
    if rng.random() < 0.8:
        rename = Task("image", {"image": THE_FIRST, "name": NAME})
        before = [wishes.made_of(rng, kind, name="base"), copy, rename]
    return Story(
        f"copy of itself, {kind}",
        before,
        _variants(rng, final),
        final,
        switches={"duplicate_names": "allowed"},
    )


def _copied_while_replaced(rng: Random) -> Story:
    """An image that is still being created is to be copied, and to be replaced."""
    first = wishes.made_of(rng, "disk", True).but(wait=False)
    kind = rng.choice([kind for kind in samples.REMAKABLE if kind != "disk"])
    final = wishes.made_of(rng, kind).but(if_source_differs="replace", **wishes.looks(rng))
    before = [first, COPY.but(source_image=THE_FIRST), final.but(wait=False)]
    return Story(
        f"copied while replaced, {kind}",
        before,
        [WAIT] * 4 + [final],
        final,
        switches={"duplicate_names": "allowed"},
        # What an image was made from shows when it is finished; until then it is not replaced.
        calm=1000.0,
    )


def _stuck(rng: Random) -> Story:
    """An image that is never finished is to be gone; mostly it is so old that this is clear."""
    kind = rng.choice(list(samples.KINDS))
    made = wishes.made_of(rng, kind)
    final = Task(made.module, {"name": NAME, "state": "absent"})
    rule = {"method": "POST", "path": faults.CREATE}
    return Story(
        f"stuck, {kind}",
        [made.but(wait=False)],
        _variants(rng, final),
        final,
        gone=True,
        pause=2 * 86400.0,
        switches={
            "delete_unfinished": rng.choice(("accepted", "accepted", "accepted", "refused")),
            "jobs_kept": rng.choice((None, 3600)),
        },
        rules=(
            {**rule, "action": "job", "image": "saving"},
            {**rule, "action": "volume", "stuck": True},
        ),
    )


def _variants(rng: Random, final: Task) -> list[Task]:
    """The task itself, and others like it that may have run before."""
    tasks = [final, final]
    if final.arguments.get("state") != "absent":
        tasks.append(final.but(wait=False))
        tasks.append(final.but(**wishes.looks(rng)))
    tasks.append(final.but(wait_timeout=rng.choice((5, 60, 300))))
    return tasks


_MAKERS = (
    *(_create, _create, _create, _replace, _renew, _absent, _absent, _mixed, _made_again, _change),
    *(_neighbours, _neighbours, _copy_of_itself, _copied_while_replaced, _stuck),
)
