# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Charts of the docs, as SVG: a grid with its labels, curves, a legend."""

import itertools
import math

WIDTH = 760
LEFT, RIGHT, HEAD, FOOT = 52, 12, 34, 40


def plain(value):
    return f'{value:g}'.replace('-', '−')


class Axis:
    """From low to high; lines of the grid at marks, labelled with what says(mark) is."""

    def __init__(self, title, low, high, marks, says=plain, log=False):
        self.title, self.low, self.high = title, low, high
        self.marks, self.says, self.log = marks, says, log

    def share(self, value):
        """How far along the axis a value lies, 0 to 1."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def within(self, value):
        return min(max(value, self.low), self.high)


class Chart:
    """As high as `height`, `top` below the picture's edge: several may stand in one picture. What
    is drawn is added in the order of the calls; the grid is there from the start."""

    def __init__(self, x, y, height, top=0, head=HEAD, foot=FOOT):
        self.x, self.y, self.bottom = x, y, top + height
        self.top, self.high, self.low = top, top + head, top + height - foot
        self.left, self.right = LEFT, WIDTH - RIGHT
        self.next = self.left + 8
        self.parts = []
        self.grid()

    def x_of(self, value):
        return self.left + (self.right - self.left) * self.x.share(value)

    def y_of(self, value):
        return self.low - (self.low - self.high) * self.y.share(self.y.within(value))

    def words(self, x, y, what, anchor='middle', more=''):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{what}</text>')

    def rule(self, x1, y1, x2, y2, colour='#dddddd', more=''):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{colour}"{more}/>')

    def grid(self):
        for mark in self.x.marks:
            self.rule(self.x_of(mark), self.high, self.x_of(mark), self.low)
            if self.x.says(mark):
                self.words(self.x_of(mark), self.low + 16, self.x.says(mark))
        for mark in self.y.marks:
            self.rule(self.left, self.y_of(mark), self.right, self.y_of(mark))
            self.words(self.left - 6, self.y_of(mark) + 4, self.y.says(mark), 'end')
        middle = (self.high + self.low) / 2
        if self.x.title:
            self.words((self.left + self.right) / 2, self.bottom - 6, self.x.title)
        self.words(14, middle, self.y.title, more=f' transform="rotate(-90 14 {middle:.0f})"')

    def legend(self, name, colour, wide=None, more=''):
        """A name beside those that are there, in a column of its own."""
        y = self.top + 17
        self.rule(self.next, y, self.next + 26, y, colour, ' stroke-width="2"' + more)
        self.words(self.next + 31, y + 4, name, 'start')
        self.next += wide or 61 + 6.2 * len(name)

    def note(self, what):
        self.words(self.right, self.top + 21, what, 'end')

    def curve(self, points, colour, width=1.6, more=''):
        """Through (x, y); what lies beyond the axis runs along its edge, and a y of None is a gap."""
        for gap, run in itertools.groupby(points, lambda point: point[1] is None):
            if not gap:
                path = ' '.join(f'{self.x_of(x):.1f},{self.y_of(y):.1f}' for x, y in run)
                self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                                  f'stroke-width="{width}"{more}/>')


def svg(*charts):
    """The picture of charts that stand one below the other."""
    height = max(chart.bottom for chart in charts)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    for chart in charts:
        lines += chart.parts
    return '\n'.join(lines + ['</svg>']) + '\n'
