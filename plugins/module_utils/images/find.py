# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which existing images bear the wanted name, and are they made from the wanted source?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..cloud import ims
from ..cloud.client import Client
from ..cloud.errors import ApiError, BadRequest, GarbledAnswer, NotFound
from .desired import Desired
from .model import Image
from .replaced import former_name, is_renamed_from
from .run import Refused, Run
from .source import Provenance, Verdict

# For so long (seconds) a list serves the items of a loop of which none has to be changed.
_A_GLANCE_AGO = 5.0


@dataclass(frozen=True)
class Candidate:
    """An image of the wanted name, with what was found out of its source. unmarked: this machine
    has ordered it, but nobody has come to note its source on it."""

    image: Image
    verdict: Verdict
    unmarked: bool = False

    @property
    def provenance(self) -> Provenance:
        return self.verdict.provenance


@dataclass(frozen=True)
class Survey:
    """candidates: usable images of the name, active before in flight, new before old.

    put_aside: images that an earlier task renamed to make room for the wanted one. unproven: images
    that may have been called so, too, but whose name was cut and that nothing else proves. seen:
    ids of all images that the list showed, of whatever name. deleted: ids of candidates that are
    gone, but still listed. doubtful: entries of the list that may be of the name, in words, as what
    they are cannot be read.
    """

    candidates: tuple[Candidate, ...] = ()
    put_aside: tuple[Candidate, ...] = ()
    unproven: tuple[Image, ...] = ()
    seen: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    doubtful: tuple[str, ...] = ()

    def of(self, provenance: Provenance) -> list[Candidate]:
        return [item for item in self.candidates if item.provenance is provenance]

    @property
    def ids(self) -> frozenset[str]:
        return self.deleted.union(item.image.id for item in self.candidates)


def find(run: Run, desired: Desired) -> Survey:
    """All images of the project that the task may mean."""
    images, doubtful = _listed(run, desired)
    survey = _judged(run, desired, [image for image in images if _is_meant(image, desired)])
    seen = frozenset(image.id for image in images)
    return replace(survey, seen=seen, doubtful=tuple(doubtful))


def glance(run: Run, desired: Desired) -> Survey | None:
    """The same by one list of all images, which the items of a loop share: it may be some seconds
    old, and what it does not show may be there all the same. None where there is no such list."""
    client = run.client

    def ask() -> list[Image]:
        wires = ims.list_images(client, thorough=False, owner=client.project_id)
        return [Image.from_wire(wire) for wire in wires]

    images = client.shared("images", ask, _A_GLANCE_AGO)
    if images is None:
        return None
    return _judged(run, desired, [image for image in images if _is_meant(image, desired)])


def _judged(run: Run, desired: Desired, images: list[Image]) -> Survey:
    images.sort(key=_preference, reverse=True)
    bearing = [image for image in images if image.name == desired.name]
    others = [image for image in images if image.name != desired.name]
    proven = [image for image in others if _is_replaced(run, image, desired.name)]

    def judged(some: list[Image]) -> tuple[Candidate, ...]:
        return tuple(Candidate(image, desired.source.judge(image, run)) for image in some)

    unproven = tuple(image for image in others if image not in proven)
    return Survey(judged(bearing), judged(proven), unproven)


def without(survey: Survey, deleted: frozenset[str]) -> Survey:
    """The survey without candidates that are gone, though they are listed."""
    left = tuple(item for item in survey.candidates if item.image.id not in deleted)
    return replace(survey, candidates=left, deleted=survey.deleted | deleted)


def _preference(image: Image) -> tuple[bool, bool, float, str]:
    return (image.ready, image.in_flight, *image.seniority)


def newcomers(survey: Survey, known: frozenset[str]) -> list[Candidate]:
    """Images of the name that were not there before our order and do not contradict it."""
    return [
        item
        for item in survey.candidates
        if item.image.id not in known and item.provenance is not Provenance.DIFFERENT
    ]


def newcomer(survey: Survey, known: frozenset[str]) -> Image | None:
    """The one that is ours, as far as can be told."""
    return next((item.image for item in newcomers(survey, known)), None)


def named(run: Run, desired: Desired) -> list[Image]:
    """All images of the wanted name that the project owns and that can still be used.

    `owner` keeps public and foreign images out, and keeps own images in that are shared out (IMS
    API reference, "Querying Images"). No status is asked for: an image in flight counts.
    """
    return [image for image in _listed(run, desired)[0] if _is_meant(image, desired)]


def see(client: Client, image_id: str) -> Image | None:
    """One image by id: the list first; while it lags, or where it spans one enterprise project
    only, Glance."""
    wire = ims.get_image(client, image_id)
    return Image.from_wire(wire) if wire is not None else shown(client, image_id)


def shown(client: Client, image_id: str) -> Image | None:
    """One image by id as Glance shows it, which needs no index and so knows it before lists do."""
    try:
        return Image.from_wire(ims.show_image(client, image_id))
    except (NotFound, BadRequest):
        return None


def _listed(run: Run, desired: Desired) -> tuple[list[Image], list[str]]:
    """With an eye for images put aside, for which there is no filter, where the task puts aside."""
    return listed(run, desired.name, filtered=not desired.wishes.puts_aside)


def listed(run: Run, name: str, filtered: bool = True) -> tuple[list[Image], list[str]]:
    """The images of the project (filtered: those of the name), and the entries of the list that may
    be images of the name, in words: nobody can tell, and whoever would create such an image, or say
    that there is none, must not.

    An entry whose name cannot be read is looked up by its id.
    """
    client = run.client
    asked = name if filtered else None
    listing = ims.read_images(client, owner=client.project_id, name=asked)
    images = [Image.from_wire(wire) for wire in listing.images]
    doubtful: list[str] = []
    for entry in map(Image.from_wire, listing.unreadable):
        known = _identified(client, entry, name)
        if isinstance(known, Image):
            images.append(known)
        elif known:
            doubtful.append(known)
    return images, doubtful


def _identified(client: Client, entry: Image, name: str) -> Image | str:
    """What an entry of a list is whose id or name cannot be read: the image, why it may be one of
    the name, or '' where it is none."""
    if entry.dead or entry.name not in ("", name):
        return ""
    if not entry.id:
        return "one whose id cannot be read"
    try:
        image = Image.from_wire(ims.show_image(client, entry.id))
    except NotFound as error:
        return f"{entry.id}, whose name cannot be read" if error.unpublished else ""
    except (ApiError, GarbledAnswer) as error:
        return f"{entry.id}, whose name cannot be read ({error})"
    # Images that were made by the native call may have no name.
    unreadable = not image.name and image.wire.get("name") not in (None, "")
    return f"{entry.id}, whose name cannot be read" if unreadable else image


def refuse_doubtful(name: str, doubtful: Sequence[str]) -> None:
    """Raises Refused if the list has entries that may be images of the name."""
    if doubtful:
        raise Refused(
            f"Whether there is an image named '{name}' is not certain: the cloud's list of images"
            f" has an entry that may be it ({'; '.join(doubtful)}). Nothing was written. Run the"
            " task again; if that does not help, find out what changes the answers of the cloud."
        )


def _is_meant(image: Image, desired: Desired) -> bool:
    aside = desired.wishes.puts_aside and _may_be_replaced(image, desired.name)
    return (image.name == desired.name or aside) and not image.dead


def _may_be_replaced(image: Image, name: str) -> bool:
    """Is it, as far as its own attributes tell, an old image of that very name?"""
    return is_renamed_from(image, name) and former_name(image) in (None, name)


def _is_replaced(run: Run, image: Image, name: str) -> bool:
    """Is that proved, by its attributes or by what this machine knows of it?"""
    return former_name(image) == name or image.id in run.known_renamed
