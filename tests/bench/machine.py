# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures were measured on and with."""

import os
import re
import shutil
import subprocess
import time

from measure import ROOT


def said(*words):
    """A program's output, empty where there is none."""
    if not shutil.which(words[0]):
        return ''
    run = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    return (run.stdout or run.stderr) if run.returncode == 0 else ''


def number(text):
    """The first thing in a text that looks like a version."""
    found = re.search(r'\d+(?:\.\d+)+[\w.+~-]*', text)
    return found[0] if found else 'missing'


def cpu():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        info = file.read()
    found = {name: re.search(rf'^{name}\s*: (.*)$', info, re.M) for name in ('model name', 'cpu family',
                                                                            'model', 'flags')}
    found = {name: match[1] if match else '?' for name, match in found.items()}
    sets = [name for name in ('sse4_2', 'avx2', 'fma', 'avx512f') if name in found['flags'].split()]
    return (f'{found["model name"]} (family {found["cpu family"]}, model {found["model"]}; '
            f'{", ".join(sets)}), {os.cpu_count()} cores')


def system():
    try:
        with open('/etc/os-release', encoding='utf-8') as file:
            return re.search(r'^PRETTY_NAME="?([^"\n]*)', file.read(), re.M)[1]
    except (OSError, TypeError):
        return os.uname().sysname


def about(args):
    """What the page says at its top."""
    changed = said('git', 'status', '--porcelain', '--untracked-files=no').strip()
    return {
        'date': time.strftime('%Y-%m-%d'),
        'commit': said('git', 'rev-parse', '--short', 'HEAD').strip() + (' and changes' if changed else ''),
        'cpu': cpu(),
        'system': system(),
        'load': os.getloadavg()[0],
        'core': args.cpu, 'runs': args.runs, 'seconds': args.seconds,
        'versions': {
            'GStreamer': number((said('gst-launch-1.0', '--version').splitlines() or [''])[0].removeprefix('gst-launch-1.0')),
            'ORC': number(said('orcc', '--version')),
            'compiler': (said('cc', '--version').splitlines() or ['missing'])[0],
            'ffmpeg': number(said('ffmpeg', '-version')),
            'SoX': number(said('sox', '--version')),
            'LSP plugins': number(said('dpkg-query', '-W', '-f', '${Version}', 'lsp-plugins-lv2')),
            'x42 plugins': number(said('dpkg-query', '-W', '-f', '${Version}', 'x42-plugins')),
            'Calf plugins': number(said('dpkg-query', '-W', '-f', '${Version}', 'calf-plugins')),
            'libebur128': number(said('pkg-config', '--modversion', 'libebur128')),
        },
    }
