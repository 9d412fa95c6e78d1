#!/usr/bin/env python3
"""Records a run of //examples:mnist in a terminal and draws it as an SVG.

  tools/dev/draw_run.py docs/images/run.svg

The run is interrupted by Ctrl-C in its third epoch and begun again: what is
drawn is what was printed. The lines that `bazel run` adds are left out.
"""
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
from xml.sax.saxutils import escape

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMAND = "bazel run //examples:mnist"
CHARACTER_WIDTH, LINE_HEIGHT, MARGIN = 7.8, 18, 18


def record(program, folder, interrupt_after=None):
    """What the program prints to a terminal; Ctrl-C once that pattern is in it."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["BUILD_WORKING_DIRECTORY"] = folder
        os.execv(program, [program])
    output = b""
    while True:
        select.select([terminal], [], [])
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        if not read:
            break
        output += read
        if interrupt_after and re.search(interrupt_after, output, re.DOTALL):
            os.write(terminal, b"\x03")
            interrupt_after = None
    os.waitpid(pid, 0)
    return output.decode().replace(folder + "/", "")


def screen_lines(output):
    """The lines as they stand at the end: a carriage return begins one again."""
    lines = []
    for line in output.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def draw(lines):
    width = 2 * MARGIN + CHARACTER_WIDTH * max(map(len, lines))
    height = 2 * MARGIN + LINE_HEIGHT * len(lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">',
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#1e2127"/>',
    ]
    for number, line in enumerate(lines):
        color = "#98c379" if line.startswith("$") else "#d7dae0"
        y = MARGIN + LINE_HEIGHT * (number + 0.75)
        if line:
            parts.append(
                f'<text x="{MARGIN}" y="{y:.1f}" fill="{color}" xml:space="preserve" '
                f'textLength="{CHARACTER_WIDTH * len(line):.1f}">{escape(line)}</text>'
            )
    return "\n".join(parts + ["</svg>", ""])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = os.path.abspath(sys.argv[1])
    os.chdir(ROOT)
    subprocess.run(["bazel", "build", "//examples:mnist"], check=True)
    program = os.path.join(ROOT, "bazel-bin/examples/mnist")
    with tempfile.TemporaryDirectory() as folder:
        first = screen_lines(record(program, folder, rb"Epoch 3/.*\[={10}"))
        second = screen_lines(record(program, folder))
    # The table of layers is the same both times.
    begin = next(i for i, line in enumerate(second) if "synthetic digits" in line)
    lines = [f"$ {COMMAND}", *first, f"$ {COMMAND}", "[...]", *second[begin:]]
    with open(target, "w") as file:
        file.write(draw(lines))


if __name__ == "__main__":
    main()
