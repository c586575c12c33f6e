# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a task as the policy sees it: its cloud, its wishes about waiting, and what is known
so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._cloud.client import Client
from .model.image import Image


@dataclass(frozen=True)
class Obstacle:
    """What forbids to delete an image. why completes "Image …"; remedy: a sentence, or ''."""

    why: str
    remedy: str = ""

    def of(self, image: Image) -> str:
        return f"Image '{image.name}' ({image.id}) {self.why}. {self.remedy}".rstrip()


@dataclass
class Task:
    """What a task does and learns while it runs; the front end builds the result or the failure
    from it.

    in_flight: the cloud is making the image.
    """

    client: Client
    check_mode: bool = False
    wait: bool = True
    # A directory that the tasks of this machine share, None if there is none.
    store: str | None = None
    # Whether the play that this task belongs to still exists; killed ones leave workers behind.
    alive: Callable[[], bool] = lambda: True
    # Shows a line of progress while the task goes on, if the front end can.
    tell: Callable[[str], None] = lambda line: None
    # A copy of plain JSON without the secrets that are in use.
    censor: Callable[[Any], Any] = lambda value: value
    # The name of the image that the task is about, for such lines.
    subject: str = ""
    doing: str = "looking up what the image is to be made of"
    image_id: str | None = None
    job_id: str | None = None
    in_flight: bool = False
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # Images that this task gave another name, to make room for a new one.
    renamed: list[Image] = field(default_factory=list)
    # Ids of these, and of those that the create record says were renamed.
    known_renamed: set[str] = field(default_factory=set)
    # Images that the task must never delete, by id: what it is made from.
    sources: dict[str, Obstacle] = field(default_factory=dict)
    # Images that others which are not finished yet are made from, by id: they stay until then.
    in_use: dict[str, Obstacle] = field(default_factory=dict)
    # Images that were read one by one, by id, and when (monotonic seconds).
    read: dict[str, tuple[float, Image]] = field(default_factory=dict)
    # Ids of images for which DELETE was sent; False while its outcome is not known.
    deletions: dict[str, bool] = field(default_factory=dict)
    _told: dict[str, Any] = field(default_factory=dict)

    def begin_again(self) -> None:
        """Forgets what was learnt, but for the notes."""
        self.doing = type(self).doing
        self.warnings.clear()
        self.read.clear()
        self._told.clear()

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def note(self, text: str) -> None:
        """Something worth knowing at -v only."""
        self.notes.append(text)

    def once(self, question: str, ask: Callable[[], Any]) -> Any:
        """What the cloud was asked by the check need not be asked again by the create call."""
        if question not in self._told:
            self._told[question] = ask()
        return self._told[question]

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Names what is being done, so that a failure can say it. Left as it is when the step
        fails."""
        before, self.doing = self.doing, doing
        yield
        self.doing = before
