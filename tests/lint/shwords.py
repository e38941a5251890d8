"""Which commands a POSIX shell script calls: the first word of every simple command, without
keywords, builtins, the script's own functions, and words that are computed.
SPDX-License-Identifier: Apache-2.0
"""
import re

KEYWORDS = set("if then elif else fi for while until do done case esac in { } ! time".split())
BUILTINS = set(". : [ alias bg break cd command continue echo eval exec exit export false fg"
               " getopts hash jobs kill local printf pwd read readonly return set shift test times"
               " trap true type ulimit umask unalias unset wait".split())
# Commands that run the command behind them.
CARRIERS = {"exec", "command", "env", "nice", "timeout", "sudo", "xargs", "flock"}

PIECE = re.compile(
    r"""(?P<space>[ \t]+|\\\n)
      | (?P<comment>(?<![^\s;&|()])\#[^\n]*)
      | (?P<single>'[^']*')
      | (?P<double>"(?:\\.|[^"\\])*")
      | (?P<heredoc><<-?[ ]*['"]?(?P<end>\w+)['"]?[^\n]*\n(?:.*?\n)??[ \t]*(?P=end)(?=\n|$))
      | (?P<redirect>\d*[<>]+&?[ \t]*(?:\d|-|[^\s;&|()<>]+)?)
      | (?P<stop>\n|;;|&&|\|\||[;&|()`])
      | (?P<plain>\$\(\((?:[^()]|\([^()]*\))*\)\)|\$\(|\$\{[^}]*\}|\\.|[^\s;&|()<>'"`\\])""",
    re.VERBOSE | re.DOTALL)


def is_shell(path):
    try:
        with open(path, encoding="utf-8") as file:
            return re.match(r"#!\s*/bin/sh\b", file.readline()) is not None
    except (OSError, UnicodeDecodeError):
        return False


def words(text):
    """(line, word or None for the end of a command), quotes kept."""
    line, word, begin = 1, "", 1
    for match in PIECE.finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "end":
            kind = "heredoc"
        if kind in ("single", "double", "plain") and piece != "$(":
            begin = begin if word else line
            word += piece
            if kind == "double":
                for inner in re.finditer(r"\$\(([^()]*)\)", piece):
                    yield line, None
                    yield from words(inner[1])
                    yield line, None
        else:
            if word:
                yield begin, word
                word = ""
            if kind in ("stop", "heredoc") or piece == "$(":
                yield line, None
        line += piece.count("\n")
    if word:
        yield begin, word
    yield line, None


def commands(path):
    """(line, command) of a script, each command once."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    own = set(re.findall(r"^[ \t]*(\w+)\(\)", text, re.MULTILINE))
    seen, first, pattern = set(), True, False
    for line, word in words(text):
        if word is None:
            first = True
        elif word in ("case", "for"):
            pattern, first = word == "case", False
        elif first and re.match(r"^\w+=", word):
            continue
        elif first and word in KEYWORDS:
            continue
        elif first:
            first = word in CARRIERS
            name = re.fullmatch(r"[a-z][\w.+-]*", word)
            known = word in BUILTINS or word in own or word in seen
            if name and not known and not (pattern and is_pattern(text, line, word)):
                seen.add(word)
                yield line, word


def is_pattern(text, line, word):
    """Whether a word of a `case` is one of its patterns: a bracket follows it."""
    row = text.splitlines()[line - 1]
    return re.search(r"(^|[|(\s])" + re.escape(word) + r"\s*(\)|\|[^|])", row) is not None
