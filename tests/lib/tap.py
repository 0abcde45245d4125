#!/usr/bin/env python3
# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the cases that test programs reported in TAP.

tap.py STAGE TESTLOG [TOTALS]: reads meson's testlog.json, prints what failed (with its
diagnostics) and what was skipped (with its reason), and adds "passed failed skipped" as a line to
the file TOTALS. A program that crashed, ran out of time, broke its plan or reported nothing counts
as one more failure. Exit code 1 if anything failed.
"""

import json
import re
import sys

CASE = re.compile(r'^(not )?ok\b\s*(\d+)?\s*-?\s*([^#]*)(?:#\s*(skip|todo)\S*\s*(.*))?$', re.I)
PLAN = re.compile(r'^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$', re.I)
# meson's words for a program whose cases, where it printed any, say it all.
SPOKEN = {'OK', 'FAIL', 'SKIP', 'EXPECTEDFAIL', 'UNEXPECTEDPASS'}


class Program:
    """The verdict on one test program."""

    def __init__(self, log):
        self.name = log['name']
        self.passed, self.failed, self.skipped = 0, [], []
        self.plan, self.bailed = None, False
        notes = []
        for line in log.get('stdout', '').splitlines():
            notes = self.line(line, notes)
        self.judge(log)

    def line(self, line, notes):
        case, plan = CASE.match(line), PLAN.match(line)
        if case:
            self.case(case, notes)
            return []
        if plan:
            self.plan = int(plan[1])
            if self.plan == 0:
                self.skipped.append(('all', plan[2] or 'no case'))
        elif line.lower().startswith('bail out!'):
            self.bailed = True
            self.failed.append((line, notes))
        elif line.startswith('#'):
            notes.append(line)
        return notes

    def case(self, case, notes):
        name, word = case[3].strip() or f'case {case[2]}', (case[4] or '').lower()
        if word == 'skip' and not case[1]:
            self.skipped.append((name, case[5] or 'no reason given'))
        elif case[1] and word != 'todo':
            self.failed.append((name, notes))
        else:
            self.passed += 1

    def judge(self, log):
        """What the program's end adds to its words."""
        seen = self.passed + len(self.failed) + len([s for s in self.skipped if s[0] != 'all'])
        result, tail = log['result'], log.get('stderr', '').splitlines()[-40:]
        if seen == 0 and self.plan is None and not self.bailed:
            if result == 'OK':
                self.passed += 1
            elif result == 'SKIP':
                self.skipped.append(('all', 'exit code 77'))
            else:
                self.failed.append((f'{result.lower()}, exit code {log["returncode"]}', tail))
        elif self.plan is not None and seen != self.plan and not self.bailed:
            self.failed.append((f'{seen} cases reported of {self.plan} planned', tail))
        elif self.plan is None and not self.bailed:
            self.failed.append((f'ended without a plan after {seen} cases, {result.lower()}', tail))
        elif result not in SPOKEN or (log['returncode'] != 0 and not self.failed):
            self.failed.append((f'{result.lower()}, exit code {log["returncode"]}', tail))


def main():
    stage, path = sys.argv[1:3]
    passed = failed = skipped = 0
    try:
        with open(path, encoding='utf-8') as logs:
            programs = [Program(json.loads(line)) for line in logs if line.strip()]
    except OSError as error:
        programs = []
        print(f'{stage}: {error}')
        failed = 1
    for program in programs:
        passed += program.passed
        failed += len(program.failed)
        skipped += len(program.skipped)
        for name, notes in program.failed:
            print(f'FAILED {stage}/{program.name}: {name}')
            for note in notes:
                print(f'       {note}')
        for name, reason in program.skipped:
            print(f'skipped {stage}/{program.name}: {name}: {reason}')
    print(f'{stage}: {len(programs)} programs, {passed} passed, {failed} failed, {skipped} skipped')
    if len(sys.argv) > 3:
        with open(sys.argv[3], 'a', encoding='utf-8') as totals:
            totals.write(f'{passed} {failed} {skipped}\n')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
