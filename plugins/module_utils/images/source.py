# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made from, as the policy needs it; one file per kind says how (from_server.py,
from_volume.py …)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..cloud.client import Client
from ..cloud.errors import (
    ApiError,
    CloudError,
    ConfigurationError,
    Forbidden,
    GarbledAnswer,
    NotFound,
    ServerError,
    TimeBudgetExceeded,
    TransportError,
)
from .model import Image, Origin
from .run import Obstacle, Refused, Run

if TYPE_CHECKING:
    from .desired import Desired

# "The image name is already used": when the cloud says so is not documented.
NAME_TAKEN = "IMG.0009"

# A read that these credentials may not make, or that this cloud does not publish (what is merely
# not there is no error).
_FORBIDDEN = (Forbidden, NotFound)
# The service cannot be reached: it has no address here, nobody answers there, or a proxy does.
_UNREACHABLE = (TransportError, ConfigurationError, GarbledAnswer)
# A read that cannot be made here. Whoever does not need it goes on without, and leaves the decision
# to the create request.
CLOSED = (*_FORBIDDEN, *_UNREACHABLE)
# What ends a read that is not waited for, beside that.
_UNANSWERED = (*CLOSED, ServerError, TimeBudgetExceeded)
# How long such a read may take, and for how long a service that could not be reached is not asked
# again (seconds).
BRIEF = 30.0
_GIVEN_UP = 300.0
# Every task needs this service: only what it refuses can be done without.
IMS = "ims"

T = TypeVar("T")

_ID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


class Provenance(Enum):
    """Is an image of the wanted name made from the wanted source? The cloud often cannot tell."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """why completes "… because": what proves it, or what could not be proved."""

    provenance: Provenance
    why: str


def same(why: str) -> Verdict:
    return Verdict(Provenance.SAME, why)


def different(why: str) -> Verdict:
    return Verdict(Provenance.DIFFERENT, why)


def unknown(why: str) -> Verdict:
    return Verdict(Provenance.UNKNOWN, why)


@dataclass(frozen=True)
class Started:
    """What a create call hands back: a job id from IMS, the image id at once from EVS."""

    job_id: str | None = None
    image_id: str | None = None


@dataclass(frozen=True)
class Identity:
    """What an image is ordered of, in words: its origin, and what else makes another image of it (a
    key, a type; '' where it does not matter or there is none)."""

    origin: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.origin}, {self.detail}" if self.detail else self.origin

    def is_met_by(self, ordered: Identity) -> bool:
        """Is an image that was ordered under the other identity what is wanted under this one?"""
        return self.origin == ordered.origin and self.detail in ("", ordered.detail)


# Of a create record that cannot be read.
UNREADABLE = Identity("")


class Source(Protocol):
    """One kind of thing that an image can be made from."""

    @property
    def origin(self) -> Origin:
        """Kind and id, as they go into the mark and the messages."""

    @property
    def identity(self) -> Identity:
        """What tells an order for this source from others."""

    @property
    def takes(self) -> frozenset[str]:
        """Managed attributes (and "tags") that the create call itself takes."""

    def judge(self, image: Image, run: Run) -> Verdict:
        """Was this image made from this source? May look things up; never writes."""

    def differences(self, image: Image) -> list[str]:
        """What an active image of this source has otherwise than a new one would, in words, of what
        cannot be changed any more."""

    def check(self, run: Run, desired: Desired) -> None:
        """Everything read-only look-ups can say against making the image now: raises Refused, or
        warns."""

    def create(self, run: Run, desired: Desired) -> Started:
        """Sends the one create call."""

    def is_made(self, refusal: ApiError, run: Run) -> bool:
        """Does this refusal of the create call say that the image is there already, or on its way,
        so that it is to be looked up?"""

    @property
    def repeatable(self) -> bool:
        """May the create call be sent again after an unclear answer, because the cloud itself
        refuses a second image?"""


def differing(**values: tuple[str | None, str]) -> list[str]:
    """By option: what the task gives, and what the image shows. Nothing is said of what one of them
    leaves open, nor of case, which the services write differently."""
    return [
        f"{option} is {shown}, not {given}"
        for option, (given, shown) in values.items()
        if given and shown and given.lower() != shown.lower()
    ]


def keep_source(run: Run, source: Source) -> None:
    """The image that a task copies is never one that it may delete."""
    if source.origin.kind == "image":
        remedy = "It cannot be replaced by a copy of itself; give the copy another name."
        run.sources[source.origin.id] = Obstacle("is the source of this task", remedy)


def judge_by_order(source: Source, image: Image, ordered: Identity, run: Run) -> Verdict:
    """Was an image that this machine has ordered made from this source?

    What the image itself shows is told rather than what was noted, where both speak against it.
    """
    if source.identity.is_met_by(ordered):
        return same("this machine ordered it")
    shown = source.judge(image, run)
    if shown.provenance is Provenance.DIFFERENT or ordered == UNREADABLE:
        return shown
    return different(f"this machine ordered it of {ordered}")


class Thing(Protocol):
    """Whatever has an id and a name."""

    @property
    def id(self) -> str:
        """As the cloud writes it."""

    @property
    def name(self) -> str:
        """'' if it has none."""


Found = TypeVar("Found", bound=Thing)
List = TypeVar("List", bound=Collection[Any])


@dataclass(frozen=True)
class Reference(Generic[Found]):
    """A thing the user named by id or by exact name. id is None when nothing of that name is there
    (any more), or when names may not be looked up (closed says why)."""

    what: str
    given: str
    id: str | None
    seen: Found | None = None
    closed: CloudError | None = None

    @property
    def lost(self) -> str:
        """Why there is no id."""
        if self.closed is not None:
            return f"which {self.what} is named '{self.given}' {self.reason}"
        return f"no {self.what} is named '{self.given}' any more"

    @property
    def reason(self) -> str:
        """Completes "which … is named …", where a name was not resolved."""
        may_not = isinstance(self.closed, _FORBIDDEN)
        return "may not be looked up" if may_not else "could not be looked up"

    def __str__(self) -> str:
        return (
            f"{self.what} {self.given}"
            if self.id in (None, self.given)
            else f"{self.what} {self.given} ({self.id})"
        )


def read(client: Client, service: str, ask: Callable[[], T]) -> T:
    """The answer of a read that the task may be able to do without. Raises one of CLOSED where it
    cannot be made, at once where the service could not be reached a short while ago."""
    cause, since = client.unreachable.get(service, (None, 0.0))
    if cause is not None and client.clock.monotonic() - since < _GIVEN_UP:
        raise cause
    try:
        return ask()
    except (*_UNREACHABLE, TimeBudgetExceeded) as error:
        cause = error.last if isinstance(error, TimeBudgetExceeded) else error
        if service != IMS and isinstance(cause, _UNREACHABLE):
            client.unreachable[service] = cause, client.clock.monotonic()
        raise


@contextmanager
def _briefly(run: Run, service: str) -> Iterator[None]:
    """Reads that are not worth waiting for. The image service is needed in any case, and asked for
    as long as the task may take."""
    with nullcontext() if service == IMS else run.client.within(BRIEF):
        yield


def _is_needed(service: str, error: CloudError) -> bool:
    return service == IMS and not isinstance(error, _FORBIDDEN)


def refer(
    client: Client,
    service: str,
    what: str,
    given: str,
    by_name: Callable[[str], Sequence[Found]],
) -> Reference[Found]:
    """An id costs no request, a name one (by_name compares names exactly).

    Raises Refused when several things bear the name.
    """
    if _ID.fullmatch(given):
        # The cloud writes ids in lower case and finds no others.
        return Reference(what, given, given.lower())
    try:
        hits = read(client, service, lambda: by_name(given))
    except CLOSED as error:
        if _is_needed(service, error):
            raise
        return Reference(what, given, None, closed=error)
    if len(hits) > 1:
        ids = ", ".join(sorted(thing.id for thing in hits))
        raise Refused(
            f"There are {len(hits)} {what}s named '{given}': {ids}. Give the id of the one you "
            f"mean."
        )
    if not hits:
        return Reference(what, given, None)
    return Reference(what, given, hits[0].id, hits[0])


def look_at(
    run: Run,
    service: str,
    reference: Reference[Found],
    get: Callable[[str], Found | None],
) -> Found | None:
    """The thing itself; None where it cannot be looked up: then the create call decides.

    Raises Refused when it does not exist, CloudError when the image service does not answer.
    """
    if reference.seen is not None:
        return reference.seen
    if reference.id is not None:
        thing_id = reference.id
        try:
            with _briefly(run, service):
                found = read(run.client, service, lambda: get(thing_id))
        except _UNANSWERED as error:
            if _is_needed(service, error):
                raise
            run.note(f"{reference} was not checked, the look-up is {_why(error)} here: {error}")
            return None
        if found is not None:
            return found
    if reference.closed is not None:
        raise Refused(_needed(reference, reference.closed))
    kind = "id" if reference.id else "name"
    raise Refused(
        f"There is no {reference.what} with the {kind} '{reference.given}' in project "
        f"{run.client.project_id}. "
        "Check the id or name, the region and the project."
    )


def _needed(reference: Reference[Found], error: CloudError) -> str:
    """Why a name, which has to be resolved, could not be."""
    remedy = "have the look-up permitted"
    if not isinstance(error, _FORBIDDEN):
        remedy = "check that the service can be reached"
    return (
        f"Which {reference.what} is named '{reference.given}' {reference.reason}: {error} Give its "
        f"id, which needs no look-up, or {remedy}."
    )


def _why(error: CloudError) -> str:
    return "not permitted" if isinstance(error, _FORBIDDEN) else "not possible"


def try_list(run: Run, service: str, what: str, ask: Callable[[], List]) -> List | None:
    """A list that only improves a message: None where it cannot be had soon, for any reason."""
    try:
        with run.client.within(BRIEF):
            return read(run.client, service, ask)
    except CloudError as error:
        run.note(f"{what} could not be listed, which is {_why(error)} here: {error}")
        return None


def judge_by_mark(image: Image, origin: Origin) -> Verdict | None:
    """What our own mark says; None without one of this kind."""
    mark = image.mark
    if mark is None:
        return None
    if mark == origin:
        return same("it carries our mark of that source")
    return different(f"it is marked as made from {mark}")
