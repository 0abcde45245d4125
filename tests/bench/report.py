# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures out of single runs, and the page."""

import re
import shlex
from statistics import median

from measure import BLOCK, RATE
from rows import MIB

IDLE_NS, BESIDE_SPOOL_MIB = 1.0, 40
QUIET_LOAD = 0.5


class Spread:
    """Median, least and most of what was measured."""

    def __init__(self, values):
        self.values = list(values)
        self.median, self.min, self.max = median(self.values), min(self.values), max(self.values)

    def text(self, places=1, bold=False):
        mark = '**' if bold else ''
        return (f'{mark}{self.median:.{places}f}{mark} [{self.min:.{places}f}–{self.max:.{places}f}]')


def net(group, item):
    """Seconds beside the baseline, round by round."""
    return [cost.cpu - base.cpu for cost, base in zip(item.costs, group.item(item.base).costs)]


def start(group, item):
    """Seconds of it that are gone before the audio begins: one median."""
    base = group.item(item.base).short_costs
    return median(cost.cpu - other.cpu for cost, other in zip(item.short_costs, base))


def net_ns(group, item):
    return Spread(1e9 * s / item.stream.frames for s in net(group, item))


def running_ns(group, item):
    return Spread(1e9 * (s - start(group, item)) / item.stream.frames for s in net(group, item))


def seconds_of(group, item, goal, running):
    """What the goal is about, round by round."""
    if goal.what == 'whole':
        return [cost.cpu for cost in item.costs]
    if goal.what == 'wall':
        return [cost.wall for cost in item.costs]
    return [s - (start(group, item) if running else 0.0) for s in net(group, item)]


def ratio(group, goal, running=False):
    """The peer's cost over ours, round by round; None where noise ate it."""
    pair = group.item(goal.ours), group.item(goal.peer)
    if any(item.skipped for item in pair):
        return None
    ours, peer = (seconds_of(group, item, goal, running) for item in pair)
    return Spread(p / o for p, o in zip(peer, ours)) if min(ours) > 0 else None


def rss(item):
    return max(cost.rss for cost in item.costs)


def table(head, lines):
    rule = ['---'] + ['---:'] * (len(head) - 1)
    return '\n'.join('| ' + ' | '.join(str(cell) for cell in line) + ' |' for line in [head, rule, *lines])


def cost_table(group):
    lines = []
    for item in group.items:
        if item.skipped:
            lines.append([item.title, f'not run: {item.skipped}'] + [''] * 5)
            continue
        own = Spread(cost.cpu for cost in item.costs)
        figures = ['', '', '', '']
        if item.base:
            ns = net_ns(group, item)
            speed = f'{1e9 / RATE / ns.median:.0f}' if ns.median > 0.1 else ''
            figures = [ns.text(2, True), running_ns(group, item).text(2),
                       f'{1000 * start(group, item):.0f}', speed]
        lines.append([item.title, own.text(3), *figures, f'{rss(item):.0f}'])
    return table(['', 'CPU s', 'net ns/frame', 'without start-up', 'start-up ms', '× real time',
                  'peak RSS MiB'], lines)


WHAT = {'net': '', 'whole': ': CPU of the whole process', 'wall': ': wall time'}


def reached(yes):
    return 'yes' if yes else '**no**'


def goal_line(group, goal):
    ours, peer = group.item(goal.ours), group.item(goal.peer)
    head = [f'{ours.title} against {peer.title}{WHAT[goal.what]}', f'≥ {goal.times:g}' if goal.times else '']
    found = ratio(group, goal)
    running = ratio(group, goal, True) if goal.what == 'net' else None
    if not found:
        return [*head, f'not measured: {ours.skipped or peer.skipped or "within the noise"}', '', '']
    return [*head, found.text(1, True), running.text(1) if running else '',
            reached(found.median >= goal.times) if goal.times else '']


def limit_line(group, limit):
    found = limit.found(group, lambda item: net(group, item))
    if not found:
        return [limit.title, limit.goal, 'not measured', '', '']
    found = Spread(found)
    return [limit.title, limit.goal, found.text(2 if found.median < 10 else 0, True), '',
            reached(limit.reached(found.median)) if limit.reached else '']


def goal_lines(group):
    return [goal_line(group, goal) for goal in group.goals] + [limit_line(group, limit) for limit in group.limits]


def idle_lines(groups):
    """The goals that aren't ratios."""
    lines = []
    for group in groups:
        if group.key == 'idle' and not group.item('ours').skipped:
            ns = net_ns(group, group.item('ours'))
            lines.append(['An idle strip, ns a frame', f'< {IDLE_NS:.0f}', ns.text(2, True),
                          running_ns(group, group.item('ours')).text(2),
                          'yes' if ns.median < IDLE_NS else '**no**'])
        if group.key == 'memory':
            beside = [beside_spool(item)[2] for item in group.items if item.base and not item.skipped]
            if beside:
                lines.append(['Two-pass: MiB besides `spool-memory`, the whole process', f'< {BESIDE_SPOOL_MIB}',
                              f'**{max(beside):.1f}**', '', 'yes' if max(beside) < BESIDE_SPOOL_MIB else '**no**'])
    return lines


def beside_spool(item):
    """(spool-memory, audio, peak RSS beside what of the audio may lie in memory), MiB."""
    allowed = int(item.title)
    audio = item.stream.frames * item.stream.channels * 4 / MIB
    return allowed, audio, rss(item) - min(allowed, audio)


def memory_table(group):
    lines = []
    for item in group.items:
        if item.base and not item.skipped:
            allowed, audio, beside = beside_spool(item)
            lines.append([f'{item.stream.seconds:.0f} s, {audio:.0f} MiB of audio', allowed,
                          f'{rss(item):.1f}', f'{beside:.1f}', net_ns(group, item).text(2)])
    return table(['input', 'spool-memory MiB', 'peak RSS MiB', 'besides it', 'net ns/frame'], lines)


def growth_table(group):
    lines = []
    for item in group.items:
        if item.base and not item.skipped:
            s, ns = item.stream, net_ns(group, item)
            lines.append([f'{item.title}: {s.channels} channel{"s" if s.channels > 1 else ""}, '
                          f'{s.rate / 1000:g} kHz, {s.seconds / 60:.3g} min', ns.text(2, True),
                          f'{ns.median / s.channels:.2f}', running_ns(group, item).text(2), f'{rss(item):.1f}'])
    lines.sort(key=lambda line: line[0].split(':')[0])
    return table(['', 'net ns/frame', 'a channel', 'without start-up', 'peak RSS MiB'], lines)


def mix_table(group):
    lines = []
    for item in group.items:
        if item.skipped:
            lines.append([item.title, f'not run: {item.skipped}'] + [''] * 6)
            continue
        wall = Spread(cost.wall for cost in item.costs)
        figures = ['', '', '']
        if item.base:
            ns = net_ns(group, item)
            figures = [ns.text(1, True), f'{ns.median / item.count:.2f}', f'{1000 * start(group, item):.0f}']
        lines.append([item.title, Spread(cost.cpu for cost in item.costs).text(3), *figures, wall.text(2),
                      f'{item.stream.seconds / wall.median:.0f}', f'{rss(item):.0f}'])
    return table(['', 'CPU s', 'net ns/frame', 'an input', 'start-up ms', 'wall s', '× real time', 'peak RSS MiB'],
                 lines)


def figures(group):
    if group.key.startswith('mix'):
        return mix_table(group)
    if group.key == 'growth':
        return growth_table(group)
    return memory_table(group) if group.key == 'memory' else cost_table(group)


def goals(groups):
    lines = [line for group in groups for line in goal_lines(group)] + idle_lines(groups)
    return table(['', 'goal', 'measured, median [least–most]', 'without start-up', 'reached'], lines)


def plain(group):
    text = f'\n{group.title}\n\n{figures(group)}\n'
    return text + (f'\n{goals([group])}\n' if goal_lines(group) or idle_lines([group]) else '')


def commands(groups):
    """The lines that were run, with the input's name instead of its path; a mix with one of its inputs."""
    lines = []
    for group in groups:
        for item in group.items:
            if group.key in ('growth', 'memory') or item.skipped:
                continue
            for command in item.one(item.stream, None) if hasattr(item, 'one') else item.timed:
                words = [command.words[0].rsplit('/', 1)[-1], *command.words[1:]]
                line = re.sub(r'[^\s=]*/((?:music|mix[^\s/]*)\.(?:raw|wav))', r'\1', shlex.join(words).replace("'!'", '!'))
                env = ''.join(f'{name}={value} ' for name, value in command.env.items())
                lines.append(env + line + (' <music.raw' if command.audio else ''))
    return '\n'.join(dict.fromkeys(lines))


def cell(found):
    return f'{found["ns"]:.2f}' if found else ''


def loop_tables(loops):
    """Stereo on every CPU variant; then growth, on the best."""
    def pick(**wanted):
        return next((row for row in loops if all(row[k] == v for k, v in wanted.items())), None)
    cpus = list(dict.fromkeys(row['cpu'] for row in loops))
    first, second = [], []
    for unit, setting in dict.fromkeys((row['unit'], row['setting']) for row in loops):
        first.append([f'{unit}, {setting}'] + [cell(pick(unit=unit, setting=setting, cpu=cpu, channels=2,
                                                         rate=RATE)) for cpu in cpus])
    for unit in dict.fromkeys(row['unit'] for row in loops):
        what = {'unit': unit, 'setting': 'active', 'cpu': cpus[-1]}
        second.append([unit] + [cell(pick(channels=channels, rate=RATE, **what)) for channels in (1, 2, 6, 8)]
                      + [cell(pick(channels=2, rate=rate, **what)) for rate in (44100, 96000, 192000)])
    return (table(['unit', *cpus], first),
            table(['unit, active', 'mono', 'stereo', '6', '8', '44.1 kHz', '96 kHz', '192 kHz'], second))


def loop_part(loops):
    if not loops:
        return ''
    by_cpu, by_stream = loop_tables(loops)
    return f'''
## Loops

Each unit of the core by itself (`tests/bench/loops`): blocks of {BLOCK} frames, this thread's CPU clock, median
of 21 repetitions, ns a frame. Active: every module on, every gain ±3 dB. Stereo at 48 kHz, on every CPU variant:

{by_cpu}

With channels (48 kHz) and rate (stereo), on the best variant:

{by_stream}
'''


def page(about, groups, loops):
    minutes = about['seconds'] / 60
    parts = [f'''# Performance

Written by `tests/bench/pipelines --markdown docs/performance.md` on {about['date']}, commit {about['commit']}.
Goals: how many times less CPU than the peer, net of the empty pipeline.

{goals(groups)}

## How

- {about['cpu']}; {about['system']}. {'; '.join(f'{name} {version}' for name, version in about['versions'].items())}.
- Input: {minutes:g} min of {about['input']}, stereo float at 48 kHz, in a file in memory, read in buffers of {BLOCK} frames.
- Each line is a process of its own, on core {about['core']} unless it says otherwise, {about['runs']} rounds; in a round all lines of a table
  run in turn. CPU is user and system time as the kernel accounts it to the finished process.
- **Net** is a line's CPU minus that of its baseline in the same round; a ratio is the peer's net over ours in the
  same round. Median of the rounds, [least–most]. 48 kHz in real time is {1e9 / RATE:.0f} ns a frame.
- **Without start-up** takes off what the line costs beside its baseline on an input of 0.1 s: loading plugins and
  designing filters. Goals are judged with it in, though it is a peer's start that is dear where there is one.
- Every line was checked first on 5 s of the input: that it changes the audio, leaves it bit for bit, or scales it
  by one gain, as it should.
''']
    if about['load'] > QUIET_LOAD:
        parts.append(f'**The machine was not quiet** (load {about["load"]:.1f} before it began): take ratios, not figures.\n')
    for group in groups:
        parts.append(f'## {group.title}\n\n{group.note + chr(10) * 2 if group.note else ""}{figures(group)}\n')
    parts.append(loop_part(loops).lstrip('\n'))
    parts.append(f'## Commands\n\n```\n{commands(groups)}\n```\n')
    return '\n'.join(part for part in parts if part)


def raw(about, groups, loops):
    """Every single run."""
    return {'about': about, 'loops': loops, 'groups': {group.key: {item.key: {
        'title': item.title, 'base': item.base, 'skipped': item.skipped, 'frames': item.stream.frames,
        'cpu_s': [cost.cpu for cost in item.costs], 'user_s': [cost.user for cost in item.costs],
        'rss_mib': [cost.rss for cost in item.costs],
        'wall_s': [cost.wall for cost in item.costs],
        'short_cpu_s': [cost.cpu for cost in item.short_costs]} for item in group.items}
        for group in groups}}
