#!/usr/bin/env python3
"""Counts the test cases of one `bazel test --build_event_json_file=FILE`.

  tools/dev/count_cases.py FILE       prints "PASSED FAILED"

A test that cannot be built, or ends badly with no case to blame, is one failure.
"""
import json
import sys
import xml.etree.ElementTree
from urllib.parse import unquote, urlparse


def count_xml(uri):
    """Passed and failed cases of one test.xml; skipped ones are neither."""
    passed = failed = 0
    root = xml.etree.ElementTree.parse(unquote(urlparse(uri).path)).getroot()
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.get("result", "completed") == "completed":
            passed += 1
    return passed, failed


def main():
    passed = failed = 0
    tests, run = set(), set()
    with open(sys.argv[1], encoding="utf-8") as events:
        for event in map(json.loads, events):
            label = next(iter(event["id"].values())).get("label")
            if event.get("configured", {}).get("testSize"):
                tests.add(label)
            if "testResult" not in event:
                continue
            run.add(label)
            result = event["testResult"]
            case_passed = case_failed = 0
            for output in result.get("testActionOutput", []):
                if output["name"] == "test.xml":
                    case_passed, case_failed = count_xml(output["uri"])
            if result["status"] != "PASSED" and case_failed == 0:
                case_failed = 1
            passed += case_passed
            failed += case_failed
    print(passed, failed + len(tests - run))


if __name__ == "__main__":
    main()
