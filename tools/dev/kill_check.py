#!/usr/bin/env python3
"""Kills a training run again and again and looks whether it notices.

  tools/dev/kill_check.py DATA_DIR [KILLS]

Trains //examples:mnist for 3 epochs on the four files of MNIST in DATA_DIR: once
without a break, then killed (SIGKILL) at random moments and run again each time,
KILLS times (50). Every .data and .index file at the end must be that of the
unbroken run, byte for byte. Does so with a save after each epoch, with one
thread, and with a save every 7 steps. Prints the figures; exits with 1 if a byte
differs.
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

VARIANTS = {
    "each epoch": [],
    "each epoch, --threads=1": ["--threads=1"],
    "every 7 steps": ["--save_every_steps=7"],
}
MNIST = "bazel-bin/examples/mnist"


def command(data, folder, flags):
    return [MNIST, f"--data_dir={data}", "--epochs=3", f"--checkpoint_dir={folder}", "--verbose=0", *flags]


def run(words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}\nexited with {done.returncode}: {done.stderr}")


def run_and_kill(words, seconds):
    """Whether it was killed before it came to its end."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        errors = process.communicate(timeout=seconds)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    if process.returncode != 0:
        sys.exit(f"{' '.join(words)}\nexited with {process.returncode}: {errors}")
    return False


def bundle_files(folder):
    files = {}
    for name in os.listdir(folder):
        if name != "checkpoint":
            with open(os.path.join(folder, name), "rb") as file:
                files[name] = file.read()
    return files


def newest_step(folder):
    if not os.path.isdir(folder):
        return 0
    steps = [int(name[5:-6]) for name in os.listdir(folder) if name.startswith("ckpt-") and name.endswith(".index")]
    return max(steps, default=0)


def check(name, flags, data, kills, scratch):
    begin = time.monotonic()
    whole = os.path.join(scratch, "whole")
    run(command(data, whole, flags))
    seconds = time.monotonic() - begin
    expected = bundle_files(whole)

    killed, runs, resumed_at, equal = 0, 0, set(), True
    while killed < kills:
        # A run that comes to its end is compared, and another one begun.
        runs += 1
        folder = os.path.join(scratch, f"killed-{runs}")
        finished = False
        while killed < kills and not finished:
            finished = not run_and_kill(command(data, folder, flags), random.uniform(0, 0.6 * seconds))
            if not finished:
                killed += 1
                resumed_at.add(newest_step(folder))
        run(command(data, folder, flags))
        equal = equal and bundle_files(folder) == expected
    print(
        f"{name}: {killed} kills of {runs} runs, which went on from {len(resumed_at)} different steps; "
        f"{len(expected)} files of each {'equal' if equal else 'DIFFER FROM'} those of the unbroken run",
        flush=True,
    )
    return equal


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    data = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) == 3 else 50
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    subprocess.run(["bazel", "build", "//examples:mnist"], check=True)
    seed = random.randrange(2**32)
    random.seed(seed)
    print(f"moments from seed {seed}", flush=True)
    good = True
    for name, flags in VARIANTS.items():
        with tempfile.TemporaryDirectory() as scratch:
            good = check(name, flags, data, kills, scratch) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
