"""A conformance test's findings as JSON and as JUnit XML. They compare with no real row: all of it may be published."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from synthcli.audit.conformance.result import Check, Conformance
from synthcli.report.junit import suite, to_xml
from synthcli.report.text import legible, number


def conformance_document(result: Conformance, build: Mapping[str, str]) -> dict[str, Any]:
    """The object of `--json`; `build` says what was tested."""
    return {
        "outcome": outcome(result),
        "scope": result.scope,
        "false_alarm": result.alarm,
        "contradicted": [check.id for check in result.contradicted],
        "checks": [asdict(check) for check in result.checks],
        "build": dict(build),
    }


def outcome(result: Conformance) -> str:
    """One word."""
    return "conforms" if result.conforms else "contradicted"


def conformance_junit(result: Conformance, build: Mapping[str, str]) -> str:
    """A suite for each part, a case for each check; what is contradicted is a failure."""
    suites = ElementTree.Element("testsuites", name="synthcli audit conformance")
    parts: dict[str, list[ElementTree.Element]] = {}
    for check in result.checks:
        parts.setdefault(check.part, []).append(_case(check))
    for part, cases in parts.items():
        suites.append(suite(part, cases, {**build, "scope": result.scope, "false_alarm": result.alarm}))
    return to_xml(suites)


def _case(check: Check) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=f"synthcli.{check.part}", name=legible(check.id))
    text = legible(measured(check))
    if check.holds:
        ElementTree.SubElement(case, "system-out").text = text
    else:
        ElementTree.SubElement(case, "failure", type="contradicted", message=text)
    return case


def measured(check: Check) -> str:
    """Title, figure and bound in one line."""
    figure = "" if check.figure is None else f": {number(check.figure)}"
    bound = "" if check.bound is None else f", claimed {number(check.bound)}"
    return f"{check.title}{figure}{bound}" + (f" ({check.note})" if check.note else "")
