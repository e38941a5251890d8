"""A C file as a lint sees it: tokens without comments, and function definitions with their
parameters, lines and nesting. Knows enough C for this tree, not more.
SPDX-License-Identifier: Apache-2.0
"""
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>(?:u8|[LuU])?"(?:\\.|[^"\\\n])*")
      | (?P<char>[LuU]?'(?:\\.|[^'\\\n])+')
      | (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|/\*.*?\*/|[^\n])*)
      | (?P<number>\.?\d(?:[eEpP][+-]|[\w.'])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<punct>->|\+\+|--|<<=?|>>=?|&&|\|\||[-+*/%&|^!=<>]=|\.\.\.|[^\s\w])""",
    re.VERBOSE | re.DOTALL)

BLOCKS = {"if", "for", "while", "switch", "do"}


@dataclass
class Token:
    kind: str
    text: str
    line: int


@dataclass
class Function:
    name: str
    first: int       # line of the first word of the definition
    last: int        # line of the closing brace
    parameters: int
    nesting: int
    has_switch: bool
    comment: str     # the comment right above, or ''
    body: list       # tokens between the braces

    @property
    def lines(self):
        return self.last - self.first + 1


def tokenize(text):
    """All tokens, comments and directives included, each with the line it begins on."""
    tokens, line, at = [], 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        tokens.append(Token(match.lastgroup, match.group(), line))
    return tokens


def code_of(tokens):
    return [t for t in tokens if t.kind not in ("comment", "directive")]


def closing(tokens, start):
    """Index of the token that closes the bracket at `start`; the last index if none does."""
    depth = 0
    for i in range(start, len(tokens)):
        if tokens[i].text in ("(", "[", "{"):
            depth += 1
        elif tokens[i].text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return i
    return len(tokens) - 1


def count_parameters(tokens):
    """Parameters of the tokens between a function's parentheses; a variable tail is none."""
    if not tokens or [t.text for t in tokens] == ["void"]:
        return 0
    depth, count = 0, 1
    for token in tokens:
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
        elif token.text == "," and depth == 0:
            count += 1
    return count - (tokens[-1].text == "...")


class Nesting:
    """Walks the statements of a body and remembers the deepest block, braces or not."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.deepest = 0
        at = 0
        while at < len(tokens):
            at = self.statement(at, 0)

    def text(self, at):
        return self.tokens[at].text if at < len(self.tokens) else ""

    def statement(self, at, depth):
        """Reads one statement at a depth; returns the index after it."""
        self.deepest = max(self.deepest, depth)
        word = self.text(at)
        if word == "{":
            return self.braces(at, depth)
        if word in ("case", "default"):
            while self.text(at) not in (":", ""):
                at += 1
            return at + 1
        if self.text(at + 1) == ":":
            return at + 2
        if word in BLOCKS:
            return self.block(at, depth)
        return self.plain(at, depth)

    def inside(self, at, depth):
        """The statement that belongs to a block: braces do not count a second time."""
        if self.text(at) == "{":
            self.deepest = max(self.deepest, depth)
            return self.braces(at, depth)
        return self.statement(at, depth)

    def braces(self, at, depth):
        end = closing(self.tokens, at)
        at += 1
        while at < end:
            at = self.statement(at, depth)
        return end + 1

    def block(self, at, depth):
        word = self.text(at)
        if word == "do":
            at = self.inside(at + 1, depth + 1)
            return self.plain(at, depth)
        at = self.inside(closing(self.tokens, at + 1) + 1, depth + 1)
        while word == "if" and self.text(at) == "else":
            at += 1
            if self.text(at) == "if":
                at = closing(self.tokens, at + 1)
                at += 1
            at = self.inside(at, depth + 1)
        return at

    def plain(self, at, depth):
        """An expression or declaration up to its semicolon; `name(...) {` is a loop macro."""
        while at < len(self.tokens):
            word = self.text(at)
            if word == ";":
                return at + 1
            if word == "{" and at > 0 and self.text(at - 1) == ")" and self.loop_macro(at):
                return self.inside(at, depth + 1)
            at = closing(self.tokens, at) + 1 if word in ("(", "[", "{") else at + 1
        return at

    def loop_macro(self, at):
        """`for_each(...) {`: a name, its parentheses and a brace at the start of a statement."""
        depth, start = 0, at - 1
        while start >= 0:
            depth += {")": 1, "(": -1}.get(self.text(start), 0)
            if depth == 0:
                break
            start -= 1
        before = self.text(start - 2) if start >= 2 else ";"
        return self.tokens[start - 1].kind == "word" and before in (";", "{", "}", ")")


def functions(text):
    """The function definitions of a C file, in order."""
    everything = tokenize(text)
    comments = {}
    for token in everything:
        if token.kind == "comment":
            comments[token.line + token.text.count("\n")] = token.text
    tokens = code_of(everything)
    found, at, start = [], 0, 0
    while at < len(tokens):
        word = tokens[at].text
        if word == "{":
            end = closing(tokens, at)
            made = definition(tokens, start, at, end, comments)
            if made:
                found.append(made)
            at = end + 1
            if made or at >= len(tokens) or tokens[at].text not in (";", "=", ",", ")"):
                start = at if made or body_ends(tokens, at) else start
            continue
        if word == ";":
            start = at + 1
        at = closing(tokens, at) + 1 if word in ("(", "[") else at + 1
    return found


def body_ends(tokens, at):
    """After `struct x {...}` a declarator may follow; a new declaration starts after others."""
    return at >= len(tokens) or tokens[at].text == "}"


def definition(tokens, start, brace, end, comments):
    """The function whose body opens at `brace`, or None when it is no function."""
    head = tokens[start:brace]
    if not head or any(t.text in ("=", "typedef") for t in head):
        return None
    name = next((i for i in range(len(head) - 1)
                 if head[i].kind == "word" and head[i + 1].text == "("
                 and head[i].text not in ("__attribute__", "SCOPED")), None)
    if name is None:
        return None
    close = closing(head, name + 1)
    body = tokens[brace + 1:end]
    first = head[0].line
    return Function(head[name].text, first, tokens[end].line,
                    count_parameters(head[name + 2:close]), Nesting(body).deepest,
                    any(t.text == "switch" for t in body), comments.get(first - 1, ""), body)


def prototypes(text):
    """(name, parameters, line) of every function declared, not defined, at the top level."""
    tokens = code_of(tokenize(text))
    found, at, start = [], 0, 0
    while at < len(tokens):
        word = tokens[at].text
        if word == "(" and at > start and tokens[at - 1].kind == "word":
            end = closing(tokens, at)
            if tokens[at - 1].text != "__attribute__" and tokens[start].text != "typedef":
                found.append((tokens[at - 1].text, count_parameters(tokens[at + 1:end]),
                              tokens[at - 1].line))
            at = end + 1
            continue
        if word == "{":
            at = closing(tokens, at) + 1
            start = at
            continue
        if word == ";":
            start = at + 1
        at += 1
    return found
