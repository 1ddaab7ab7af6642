"""The report for build servers that read JUnit XML: a test case for each finding, one that passes when there is none.

Only the attributes that strict readers allow: the place of a finding stands in the name of its case and in the text.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from lint_rmw.finding import FileError, Finding, Outcome
from lint_rmw.reports.story import story, totals

# XML 1.0 has no way to spell these characters, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(outcome: Outcome) -> str:
    """The document with its XML declaration; characters that XML cannot hold become U+FFFD."""
    findings, errors = len(outcome.findings), len(outcome.errors)
    tally = {
        "name": "lint-rmw",
        "tests": str(findings + errors or 1),
        "failures": str(findings),
        "errors": str(errors),
    }
    suites = ElementTree.Element("testsuites", tally)
    suite = ElementTree.SubElement(suites, "testsuite", tally)
    for finding in outcome.findings:
        _add_failure(suite, finding)
    for error in outcome.errors:
        _add_error(suite, error)
    if not len(suite):
        _case(suite, totals(outcome), "lint-rmw")
    ElementTree.indent(suites)
    # ASCII with references reads the same whatever encoding the stream gives it.
    body: bytes = ElementTree.tostring(suites, encoding="us-ascii", xml_declaration=False)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body.decode("ascii")}\n'


def _add_failure(suite: ElementTree.Element, finding: Finding) -> None:
    start = finding.span.start
    case = _case(suite, f"{finding.code} {finding.path}:{start.line}:{start.column}", finding.path)
    failure = ElementTree.SubElement(
        case, "failure", {"type": finding.code, "message": _clean(finding.message)}
    )
    headline = f"{finding.path}:{start.line}:{start.column}: {finding.code} {finding.message}"
    failure.text = _clean("\n".join([headline, *story(finding)]))


def _add_error(suite: ElementTree.Element, error: FileError) -> None:
    case = _case(suite, f"{error.path} could not be judged", error.path)
    ElementTree.SubElement(case, "error", {"type": "unjudged-file", "message": _clean(error.message)})


def _case(suite: ElementTree.Element, name: str, owner: str) -> ElementTree.Element:
    case = {"name": _clean(name), "classname": _clean(owner), "time": "0"}
    return ElementTree.SubElement(suite, "testcase", case)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
