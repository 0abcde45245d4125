#!/usr/bin/env python3
# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a test case for every program of an .orc file: orc-cases.py IN.orc OUT.h

A case calls the program NAME and the hand-written ref_NAME of orc-reference.h on the same data.
A program without a reference doesn't compile, nor one with arguments that aren't float.
"""

import sys


def programs(lines):
    """[(name, destinations, sources, float parameters)] in the order of the file."""
    found = []
    for number, line in enumerate(lines, 1):
        words = line.split('#')[0].split()
        if not words or not words[0].startswith('.'):
            continue
        if words[0] == '.function':
            found.append((words[1], [], [], []))
        elif words[0] in ('.dest', '.source'):
            if words[1] != '4' or words[3:] != ['float']:
                sys.exit(f'line {number}: this script knows arrays of float only')
            found[-1][1 if words[0] == '.dest' else 2].append(words[2])
        elif words[0] == '.floatparam':
            found[-1][3].append(words[2])
        elif words[0] not in ('.init', '.temp', '.const', '.floatconst', '.flags'):
            sys.exit(f'line {number}: {words[0]} is new to this script')
    return found


def case(name, dests, sources, params):
    """C of a function that runs one program on a scene: planes of data, at offsets, n frames."""
    arrays = dests + sources

    def call(function, planes):
        at = [f'{planes}->ch[{i}] + s->offset[{i}]' for i in range(len(arrays))]
        values = [f's->param[{i}]' for i in range(len(params))]
        return f'  {function} ({", ".join(at + values + ["(int)s->n"])});\n'

    return (f'static void\ncase_{name} (const struct scene *s, const lqg_planes *ours,\n'
            f'    const lqg_planes *theirs)\n{{\n'
            + call(name, 'ours') + call('ref_' + name, 'theirs') + '}\n\n')


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        found = programs(file)
    with open(sys.argv[2], 'w', encoding='utf-8') as out:
        out.write('/* Written by orc-cases.py. */\n\n')
        for program in found:
            out.write(case(*program))
        out.write('static const struct orc_case orc_cases[] = {\n')
        for name, dests, sources, params in found:
            out.write(f'  {{ "{name}", {len(dests) + len(sources)}, {len(params)}, case_{name} }},\n')
        out.write('};\n')


if __name__ == '__main__':
    main()
