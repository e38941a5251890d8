# Pages of an archive against the paper that was fed, for tests that kill. The lines are those of
# page_list: "BATCH PAGE STATE TAG DIGEST".
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))
import mailroom  # noqa: E402

LISTER = os.path.join(mailroom.BUILD, "tests", "page_list")
LIST_LIMIT_S = 300


def listed(*arguments):
    done = subprocess.run([LISTER, *arguments], capture_output=True, text=True, check=True,
                          timeout=LIST_LIMIT_S)
    return done.stdout.splitlines()


def of_archive(data):
    return listed("archive", data, data + ".keys")


def of_paper(hopper):
    """{page: digest at birth}; every sheet has two sides, no two sides look the same."""
    sides = sorted(name for name in os.listdir(hopper) if name.endswith(".tif"))
    if any(name[-6:] != (".a.tif", ".b.tif")[i % 2] for i, name in enumerate(sides)):
        raise ValueError(f"{hopper}: a sheet has one side only")
    lines = listed("paper", *(os.path.join(hopper, name) for name in sides))
    paper = {int(line.split()[1]): line.split()[4] for line in lines}
    if len(set(paper.values())) != len(sides):
        raise ValueError(f"{hopper}: two sides look the same")
    return paper


def compare(lines, batches, paper):
    """(lost, doubled): each batch was fed the same paper."""
    places = {}
    for line in lines:
        batch, page, _, _, digest = line.split()
        places.setdefault((int(batch), int(page)), []).append(digest)
    wanted = {(batch, page): digest for batch in batches for page, digest in paper.items()}
    lost = sum(digest not in places.get(key, []) for key, digest in wanted.items())
    doubled = len(lines) - len(places) + sum(key not in wanted for key in places)
    return lost, doubled


def try_compare():
    """A count that cannot fail counts nothing: it must see what is wrong with made-up lists."""
    paper, good = {1: "aa", 2: "bb"}, ["1 1 filed t aa", "1 2 accepted - bb"]
    for lines, want in ((good, (0, 0)), (good[:1], (1, 0)), (good + ["1 2 filed t bb"], (0, 1)),
                        ([good[0], "1 2 filed t aa"], (1, 0)), (good + ["1 3 filed t cc"], (0, 1)),
                        (good + ["2 1 filed t aa"], (0, 1))):
        if compare(lines, [1], paper) != want:
            raise ValueError(f"{lines}: counted {compare(lines, [1], paper)}, {want} is right")
