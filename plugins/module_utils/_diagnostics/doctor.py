# Copyright (c) 2026 The huaweicloud.ims contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor: finds everything that keeps tasks from working, and only reads.

Each check is independent: one that fails hides none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from .._cloud import accounts, credentials, errors, settings_review
from .._cloud.client import SKEW_WORTH_REPORTING, Client
from .._cloud.clock import Deadline
from .._cloud.endpoints import cloud_of, other_region
from .._images.age import MOST_APART
from .._images.context import Task
from .._images.operations.arguments.connection import CONNECTION
from .._images.result import success
from .._images.validation import check_times
from .client import NO_SOURCE
from .permissions import LOOKUPS, MODULES, ROLES, Needs, needs_of_role
from .versions import versions

Json = dict[str, Any]
T = TypeVar("T")

OK, WARNING, PROBLEM, UNKNOWN = "ok", "warning", "problem", "unknown"
# The services that the modules call. CSBS, the predecessor of CBR, is left out: hardly used.
SERVICES = ("iam", "ims", "ecs", "evs", "cbr")
ALWAYS_NEEDED = ("iam", "ims")
_NOT_ASKED = LookupError("not asked")
# Seconds for each check: a service that does not answer must not hold up the others.
TIME_OF_A_CHECK = 20


@dataclass(frozen=True)
class Check:
    """What one check has found."""

    name: str
    status: str
    message: str
    # What to do about it.
    hint: str = ""
    # Checks of one group that have found the same are reported in one line.
    group: str = ""

    def to_result(self) -> Json:
        return {name: value for name, value in asdict(self).items() if name != "group"}


@dataclass
class Findings:
    """What is known so far. A fact is None as long as it is not known."""

    client: Client
    checks: list[Check] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    # Has any service accepted the credentials? What did the last one answer that refused them?
    accepted: bool = False
    refused: Exception | None = None
    account: Json | None = None
    project: Json | None = None
    quota: Json | None = None
    lacking: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    # What the lookups returned or raised, by their titles in LOOKUPS.
    answers: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, status: str, message: str, hint: str = "", group: str = "") -> None:
        self.checks.append(Check(name, status, message, hint, group))

    def attempt(self, ask: Callable[[], T]) -> T | Exception:
        """Return the answer, or the error: a bug of ours must not hide the other checks either."""
        self.client.deadline = Deadline(self.client.clock, TIME_OF_A_CHECK)
        try:
            return ask()
        except Exception as error:
            return error

    def ask(self, ask: Callable[[], T]) -> T | Exception:
        """Do the same for a call with credentials, which shows whether the cloud accepts them."""
        found = self.attempt(ask)
        if isinstance(found, (errors.Unauthorized, errors.CredentialsError)):
            self.refused = found
        elif isinstance(found, errors.Forbidden) or not isinstance(found, Exception):
            self.accepted = True
        return found

    @property
    def known(self) -> bool:
        """May the cloud still accept the credentials?"""
        return self.accepted or self.refused is None


def check(arguments: Mapping[str, Any]) -> Json:
    """Check the options of account_info. Raises InvalidArgument."""
    return check_times(arguments)


def run(task: Task, arguments: Mapping[str, Any]) -> Json:
    """Return the result: all checks, the facts that they found, and the report."""
    client = task.client
    found = Findings(client)
    _settings(found, arguments)
    for examine in (_endpoints, _clock, _account, _region, _project, _lookups, _quota, _modules):
        examine(found)
    found.checks = [_credentials(found), *map(partial(_weighed, found), found.checks)]
    found.checks.sort(key=lambda check: _PLACES.get(check.name, len(_PLACES)))
    ahead, software = client.seconds_ahead(), versions()
    return success(
        changed=False,
        healthy=not any(check.status == PROBLEM for check in found.checks),
        checks=[check.to_result() for check in found.checks],
        report=[_SOFTWARE.format(**software), *_report(found.checks)],
        credentials=client.auth_source,
        account=found.account,
        region=client.region or None,
        project=found.project,
        endpoints={one: client.connection.known_url(one) or None for one in SERVICES},
        seconds_ahead=None if ahead is None else round(ahead),
        quota=found.quota,
        modules={name: _permitted(found, needs) for name, needs in MODULES.items()},
        roles={name: _permitted(found, needs_of_role(name)) for name in ROLES},
        versions=software,
    )


def _permitted(found: Findings, needs: Needs) -> Json:
    return {
        "lacks": [LOOKUPS[one].action for one in needs.lookups if one in found.lacking],
        "unknown": [LOOKUPS[one].action for one in needs.lookups if one in found.unsure],
        "not_tried": list(needs.writes),
    }


# Who and where come first, whenever it was found out.
_PLACES = {"credentials": 0, "account": 1, "region": 2, "project": 3}
_SOFTWARE = (
    "huaweicloud.ims {collection}, ansible-core {ansible_core}, Python {python}, "
    "requests {requests}, jmespath {jmespath}"
)


def _weighed(found: Findings, check: Check) -> Check:
    """Make a problem a warning if tasks have been seen to work in spite of it."""
    if check.status != PROBLEM:
        return check
    works = False
    if check.name == "clock":
        # Tasks that go by an age refuse to work with clocks that are further apart.
        works = found.accepted and abs(found.client.seconds_ahead() or 0) <= MOST_APART
    elif check.name in ("endpoint iam", "project"):
        works = not isinstance(found.answers.get("list images", _NOT_ASKED), Exception)
    return replace(check, status=WARNING) if works else check


# --- where and who, as far as the settings say it


def _settings(found: Findings, arguments: Mapping[str, Any]) -> None:
    """Report each setting that is not used or not understood."""
    options = {name: arguments.get(name) for name in CONNECTION}
    directory, environ = credentials.working_directory(), found.client.connection.environ
    noticed = found.attempt(
        lambda: list(settings_review.review_settings(options, environ, directory))
    )
    if isinstance(noticed, Exception):
        found.add("settings", UNKNOWN, *_explain(noticed))
        return
    for remark in noticed:
        status = PROBLEM if remark.serious else WARNING
        found.add(f"setting {remark.name}", status, remark.message, group="setting")


# --- where


def _endpoints(found: Findings) -> None:
    for service in SERVICES:
        title = f"endpoint {service}"
        answered = found.attempt(partial(found.client.ping, service))
        if not isinstance(answered, Exception):
            found.reached.add(service)
            url = found.client.connection.url(service)
            found.add(title, OK, f"{url} answers", group="endpoint")
        elif _unknown(answered, found.client):
            found.add(title, UNKNOWN, "the region does not determine it", group="endpoint")
        else:
            status = PROBLEM if service in ALWAYS_NEEDED else WARNING
            found.add(title, status, *_explain(answered), group="endpoint")


def _unknown(error: Exception, client: Client) -> bool:
    """Is an address not known, because the region is not? The check of the region reports that."""
    settings = client.connection.endpoints.error is not None
    return isinstance(error, errors.ConfigurationError) and not settings


def _clock(found: Findings) -> None:
    ahead = found.client.seconds_ahead()
    if ahead is None:
        found.add("clock", UNKNOWN, "no service has answered and sent its time")
        return
    # Dates have no fractions of a second, and answers take time.
    side = "ahead of" if ahead > 0 else "behind"
    apart = f"this machine is {abs(ahead):.0f} seconds {side} the cloud"
    if abs(ahead) <= SKEW_WORTH_REPORTING:
        found.add("clock", OK, apart if abs(ahead) > 2 else "this machine and the cloud agree")
        return
    hint = "Set this machine's clock (NTP): signatures from the past or the future are refused."
    found.add("clock", PROBLEM, apart, hint)


def _region(found: Findings) -> None:
    region = found.client.region
    domain = cloud_of(region)
    address = found.attempt(lambda: found.client.connection.url("ims"))
    if isinstance(address, Exception) and _unknown(address, found.client):
        message, hint = _explain(address)
        cause, _dot, advice = message.partition(". ")
        found.add("region", PROBLEM, cause, advice or hint)
    elif not region:
        found.add("region", WARNING, "none is set", "Set region, HW_REGION_NAME or OS_REGION_NAME.")
    else:
        known = f"of {domain}" if domain else "unknown to the collection"
        found.add("region", OK, f"{region}, {known}")


# --- who


def _credentials(found: Findings) -> Check:
    """Made last, because every call shows whether the cloud accepts them; reported first."""
    source = found.client.auth_source
    if found.accepted:
        return Check("credentials", OK, source)
    if isinstance(found.refused, errors.CredentialsError):
        return Check("credentials", PROBLEM, *_explain(found.refused))
    if found.refused is not None:
        message, hint = _explain(found.refused)
        return Check("credentials", PROBLEM, f"{source}: {message}", hint)
    message = f"{source}: no service could be reached to accept or refuse them"
    hint = (
        "No others were found: set HW_ACCESS_KEY and HW_SECRET_KEY, or attach a credential of the"
        " type Huawei Cloud IMS in AWX."
    )
    return Check("credentials", UNKNOWN, message, hint if "metadata" in source else "")


def _account(found: Findings) -> None:
    # Without credentials the check says so, whether IAM answers or not.
    if "iam" not in found.reached and found.client.auth_source != NO_SOURCE:
        found.add("account", UNKNOWN, "IAM cannot be reached")
        return
    owned = found.ask(lambda: accounts.own_accounts(found.client))
    if isinstance(owned, list) and owned:
        # The one that the project belongs to, as far as there is a choice.
        found.account = {"id": owned[0].id, "name": owned[0].name}
        found.add("account", OK, f"{owned[0].name} ({owned[0].id})")
    elif isinstance(owned, list):
        # Keystone lists those in which the user has a role of the account's own.
        found.add("account", UNKNOWN, "IAM names none that these credentials have a role in")
    elif found.known:
        found.add("account", UNKNOWN, *_explain(owned))
    else:
        found.add("account", UNKNOWN, "cannot be looked up without credentials that are accepted")


def _project(found: Findings) -> None:
    if not found.known:
        found.add("project", UNKNOWN, "cannot be looked up without credentials that are accepted")
        return
    given = found.client.connection.project_id
    if "iam" not in found.reached:
        found.project = {"id": given, "name": None} if given else None
        what = f"{given}, not verified" if given else "unknown"
        found.add("project", UNKNOWN, f"{what}: IAM cannot be reached")
        return
    project_id = found.ask(lambda: found.client.project_id)
    if isinstance(project_id, Exception):
        wrong = isinstance(project_id, errors.ConfigurationError)
        found.add("project", PROBLEM if wrong else UNKNOWN, *_explain(project_id))
        return
    found.project = {"id": project_id, "name": None}
    own = found.ask(lambda: accounts.own_projects(found.client))
    if isinstance(own, Exception):
        message, hint = _explain(own)
        found.add("project", UNKNOWN, f"{project_id}, not verified: {message}", hint)
        return
    names = {project.id: project.name for project in own}
    if project_id not in names:
        own_projects = ", ".join(f"{name} ({one})" for one, name in names.items()) or "none"
        found.add(
            "project",
            PROBLEM,
            f"{project_id} is not a project of these credentials; theirs are {own_projects}",
            "Set project_id or project_name to one of them.",
        )
        return
    name = found.project["name"] = names[project_id]
    other = other_region(name, found.client.region)
    if other:
        found.add(
            "project",
            PROBLEM,
            f"{name} ({project_id}) is a project of {other}, not of {found.client.region}",
            "Set the region to that of the project, or leave project_id and project_name out.",
        )
    else:
        found.add("project", OK, f"{name} ({project_id})")


# --- what may be done


def _lookups(found: Findings) -> None:
    for title, lookup in LOOKUPS.items():
        group = title.partition(" ")[0]
        obstacle = _obstacle(found, lookup.service)
        if obstacle:
            found.unsure.add(title)
            found.add(title, UNKNOWN, obstacle, group=group)
            continue
        answer = found.answers[title] = found.ask(partial(lookup.ask, found.client))
        if not isinstance(answer, Exception):
            found.add(title, OK, "permitted", group=group)
            continue
        message, hint = _explain(answer)
        if isinstance(answer, errors.Forbidden):
            found.lacking.add(title)
            without = f"; without it {lookup.without}" if lookup.without else ""
            hint = f"Have {lookup.action} granted in this project{without}."
        else:
            found.unsure.add(title)
        found.add(title, WARNING if lookup.without else PROBLEM, message, hint)


def _obstacle(found: Findings, service: str) -> str:
    """Return why a service need not be asked; '': it can be."""
    if service not in found.reached:
        return f"{service} cannot be reached"
    if not found.known:
        return "needs credentials that are accepted"
    return "" if found.project else "needs the project"


def _quota(found: Findings) -> None:
    obstacle = _obstacle(found, "ims")
    if obstacle:
        found.add("quota", UNKNOWN, obstacle)
        return
    answer = found.answers["show quota"]
    if isinstance(answer, Exception):
        found.add("quota", UNKNOWN, *_explain(answer))
    elif answer is None:
        found.add("quota", UNKNOWN, "the cloud does not report that of private images")
    elif answer.left is None:
        found.add("quota", OK, f"{answer.used} private images used; the cloud sets no limit")
    else:
        found.quota = {"quota": answer.most, "used": answer.used, "left": answer.left}
        room = f"{answer.used} of {answer.most} private images used, {answer.left} left"
        hint = "Delete images that are not needed, or have the quota raised."
        found.add("quota", OK if answer.left else PROBLEM, room, hint)


def _modules(found: Findings) -> None:
    """Say what the lookups mean for each module."""
    for name, needs in MODULES.items():
        lacks = [one for one in needs.lookups if one in found.lacking]
        unsure = [one for one in needs.lookups if one in found.unsure]
        if lacks:
            blocked = not all(LOOKUPS[one].without for one in lacks)
            actions = _join([LOOKUPS[one].action for one in lacks])
            found.add(name, PROBLEM if blocked else WARNING, f"lacks {actions}", group="modules")
        elif unsure:
            message = "not all of its lookups could be tried"
            found.add(name, UNKNOWN, message, group="modules")
        else:
            found.add(name, OK, "all lookups are permitted", group="modules")
    writes = dict.fromkeys(action for needs in MODULES.values() for action in needs.writes)
    named = _join(list(writes))
    found.add("writes", UNKNOWN, f"not tried, since only a real request shows it: {named}")


# --- words


def _explain(error: object) -> tuple[str, str]:
    """Return what went wrong, and what to do about it."""
    if isinstance(error, errors.TimeBudgetExceeded) and error.last is not None:
        error = error.last
    if isinstance(error, errors.CloudError):
        return str(error).rstrip("."), error.hint
    kind = type(error).__name__
    return f"{kind}: {error}", "This is a bug of the collection huaweicloud.ims; please report it."


def _join(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _report(checks: Sequence[Check]) -> Iterator[str]:
    """Yield a line for each check and one for its hint; checks of a group that agree share one."""
    alike: dict[Any, list[Check]] = {}
    for number, check in enumerate(checks):
        key = (check.group, check.status, check.message, check.hint) if check.group else number
        alike.setdefault(key, []).append(check)
    lines = list(alike.values())
    said = {check.message: f"see {check.name}" for check in checks if check.name == "credentials"}
    for (first, *others), following in zip(lines, [*lines[1:], None]):
        names = [first.name, *(check.name.replace(f"{check.group} ", "") for check in others)]
        message = said.get(first.message, first.message) if first.group else first.message
        yield f"{first.status:<8} {_join(names)}: {message}"
        last = following is None or following[0].hint != first.hint
        if first.hint and first.status != OK and last:
            yield f"{'':<8} -> {first.hint}"
