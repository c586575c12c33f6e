# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task knows while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._cloud.client import Client
from .model.image import Image


class Obstacle(NamedTuple):
    """Why an image must not be deleted."""

    # Completes "Image 'name' (id) …", without a full stop.
    why: str
    # A sentence, or ''.
    remedy: str = ""

    def of(self, image: Image) -> str:
        return f"Image {image} {self.why}. {self.remedy}".rstrip()


@dataclass
class Task:
    """What a task is allowed to do, and what it has learned so far.

    A failure is built from it, so it always says what is being done and which ids are known.
    """

    client: Client
    check_mode: bool = False
    wait: bool = True
    # The directory of image locks and caches; None: there is none.
    store: str | None = None
    # Does the play that this task belongs to still exist? A killed one leaves workers behind.
    alive: Callable[[], bool] = lambda: True
    # Shows a progress line at once, if the front end can.
    show_line: Callable[[str], None] = lambda line: None
    # Progress lines: for each one of many images that ends; after each 10 %; with names of jobs.
    shows_images: bool = True
    shows_steps: bool = True
    shows_jobs: bool = False
    # Returns a copy of plain JSON in which secrets are masked.
    censor: Callable[[Any], Any] = lambda value: value
    # What progress lines begin with: the name of the image.
    subject: str = ""
    # What is being done, for "Failed while …".
    doing: str = "looking up the resources that the task names"
    image_id: str | None = None
    job_id: str | None = None
    # The cloud is creating the image.
    in_flight: bool = False
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # Images that this task renamed so that a new one can have their name.
    renamed: list[Image] = field(default_factory=list)
    # Their ids, and those that the create record says were renamed.
    known_renamed: set[str] = field(default_factory=set)
    # Images that this task must never delete, by id: the new image is created from them.
    sources: dict[str, Obstacle] = field(default_factory=dict)
    # Images that unfinished items are created from, by id: they must not be deleted until then.
    in_use: dict[str, Obstacle] = field(default_factory=dict)
    # Images that were read one by one: id -> (monotonic seconds, image).
    read: dict[str, tuple[float, Image]] = field(default_factory=dict)
    # Ids of images for which DELETE was sent -> whether the cloud is known to have accepted it.
    deletions: dict[str, bool] = field(default_factory=dict)
    # Returns all images of the project, at most some seconds old, and lists them again, for several
    # tasks at once; None, also as what they return: each task reads its own.
    listed: Callable[[], Sequence[Image] | None] | None = None
    list_again: Callable[[], Sequence[Image] | None] | None = None
    # Returns the image quota that several tasks have in common, as lookups.image_quota does.
    quota: Callable[[], Any] | None = None
    _answers: dict[str, Any] = field(default_factory=dict)

    def begin_again(self) -> None:
        """Forget what was learned, except for the notes."""
        self.doing = type(self).doing
        self.warnings.clear()
        self.read.clear()
        self._answers.clear()

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def note(self, text: str) -> None:
        """Add to what a result shows at -v only."""
        self.notes.append(text)

    def show_progress(self, text: str) -> None:
        """Show a progress line that begins with what the task is about (`subject`)."""
        self.show_line(f"{self.subject}: {text}" if self.subject else text)

    def once(self, question: str, ask: Callable[[], Any]) -> Any:
        """Return what `ask` returns, from memory if this task has asked the same question."""
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Set `doing` for the length of a step. A step that fails leaves it, for the message."""
        before, self.doing = self.doing, doing
        yield
        self.doing = before
