# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/layers and tests/source share: the files of the tree, and TAP."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tracked(root):
    """Paths, relative to root, of the files that git knows or would add; without git, of all."""
    try:
        out = subprocess.run(['git', '-C', root, 'ls-files', '-co', '--exclude-standard', '-z'],
                             check=True, capture_output=True).stdout.decode()
        names = [name for name in out.split('\0') if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not names:
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if not f.startswith(('.git', 'build', 'out'))]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(name for name in set(names) if os.path.isfile(os.path.join(root, name)))


def text(root, name):
    with open(os.path.join(root, name), encoding='utf-8', errors='replace') as file:
        return file.read()


class Tap:
    """Cases in TAP; a case is a sentence and the list of what contradicts it."""

    def __init__(self):
        self.number = self.failed = 0

    def case(self, sentence, findings, skip=None):
        self.number += 1
        for finding in findings:
            print(f'# {finding}')
        self.failed += bool(findings)
        print(f'{"not " if findings else ""}ok {self.number} - {sentence}'
              + (f' # SKIP {skip}' if skip else ''))

    def end(self):
        print(f'1..{self.number}')
        sys.exit(1 if self.failed else 0)
