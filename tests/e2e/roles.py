#!/usr/bin/env python3
# Every verb is tried by people of every role and by somebody of none: who has no right to ask gets
# one line and exit status 77, whatever rights the files have; a medical document opens for the
# medical role alone; and nobody can bring roles of his own.
# SPDX-License-Identifier: Apache-2.0
import grp
import os
import re
import shutil
import subprocess
import sys
import unittest

import mailroom

NOBODY = 65534
# Groups that every Debian has, in place of the real ones.
GROUPS = {"operator": "games", "medical": "uucp", "archivist": "news", "auditor": "mail"}
ANY = tuple(GROUPS)
# Verb: who may ask, and a command line that gets as far as the right to ask.
VERBS = {
    "run": ((), ["--once", "--input", "none"]),
    "scan": (("operator",), ["--input", "none"]),
    "status": (ANY, []),
    "page": (None, ["none.tif"]),
    "batch": (("operator",), ["list"]),
    "code": (("operator",), []),
    "quarantine": (("operator",), ["list"]),
    "separators": (None, ["print", "--out", "/dev/null"]),
    "learn": (None, ["--help"]),
    "models": (None, ["--help"]),
    "keygen": (None, ["--help"]),
    "submit": (None, ["--help"]),
    "fetch": (None, ["--help"]),
    "find": (ANY, []),
    "show": (("operator", "medical", "archivist"), ["1-1"]),
    "read": (("operator", "medical", "archivist"), ["1-1"]),
    "why": (ANY, ["1-1"]),
    "access": (("auditor",), []),
    "event": (("archivist",), ["1-1", "2026-01-31", "--reason", "told"]),
    "tag": (("archivist",), ["1-1", "letter", "--reason", "told"]),
    "retention": (("archivist",), ["check"]),
    "hold": (("archivist",), ["list"]),
    "slip": (("archivist",), ["list"]),
    "export": (("archivist",), ["none", "--tenant", "061"]),
    "verify": (("archivist", "auditor"), []),
    "seal": (("archivist",), []),
    "receipt": (("archivist", "auditor"), ["1-1"]),
    "statement": (("archivist", "auditor"), ["--tenant", "061", "--month", "2026-11"]),
    "rekey": ((), []),
    "tenant": ((), ["list"]),
    "backup": (("archivist",), ["none"]),
}


class Roles(mailroom.Room):
    def setUp(self):
        super().setUp()
        self.config = self.path("config")
        shutil.copytree(os.environ["TRIPLI_CONFIG"], self.config)
        with open(os.path.join(self.config, "roles.conf"), "w", encoding="utf-8") as file:
            file.writelines(f'{role} = ["{group}"];\n' for role, group in GROUPS.items())
        os.mkdir(self.data)
        # As wide as could be by mistake: the right to ask must not hang on it.
        os.chmod(self.top, 0o755)

    def ask(self, verb, words, groups, config=None, env=None):
        """A verb as somebody of these groups; returns exit status and lines on stderr."""
        done = subprocess.run(
            [mailroom.TRIPLI, verb, *words, "--data", self.data, "--config",
             config or self.config], text=True, capture_output=True, timeout=60, cwd=self.top,
            user=NOBODY, group=NOBODY, extra_groups=[grp.getgrnam(name).gr_gid for name in groups],
            env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
        return done.returncode, done.stderr.splitlines()

    def assert_refused(self, answer, text="no right"):
        status, lines = answer
        self.assertEqual((status, len(lines)), (77, 1), lines)
        self.assertIn(text, lines[0])

    def test_every_verb_checks_the_right_to_ask(self):
        listed = re.findall(r"(?:^|(?<=  ))(\w+)  +[a-z]",
                            re.sub(r"^  ", "", self.tripli("--help"), flags=re.MULTILINE),
                            re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(VERBS))
        for verb, (allowed, words) in VERBS.items():
            for role in (None, *GROUPS):
                answer = self.ask(verb, words, [GROUPS[role]] if role else [])
                with self.subTest(verb=verb, role=role):
                    if allowed is None or role in allowed:
                        self.assertNotIn("no right", " ".join(answer[1]))
                    else:
                        self.assert_refused(answer)

    def test_the_owner_of_the_data_needs_no_role(self):
        os.chown(self.data, NOBODY, NOBODY)
        status, lines = self.ask("batch", ["list"], [])
        self.assertNotIn("no right", " ".join(lines))
        # Behind sudo stands a person, and that person's groups count.
        self.assert_refused(self.ask("batch", ["list"], [], env={"SUDO_UID": "1"}))

    def test_a_name_in_the_environment_gives_no_role(self):
        self.assert_refused(self.ask("verify", [], [], env={"SUDO_UID": "0"}))

    def test_roles_of_ones_own_are_not_taken(self):
        mine = self.path("mine")
        shutil.copytree(self.config, mine)
        roles = os.path.join(mine, "roles.conf")
        os.chown(roles, NOBODY, NOBODY)
        answer = self.ask("verify", [], ["mail"], config=mine)
        self.assertEqual((answer[0], "belongs to uid" in answer[1][0]), (78, True), answer)
        os.chown(roles, 0, 0)
        for path, mode in ((roles, 0o664), (mine, 0o777)):
            before = os.stat(path).st_mode
            os.chmod(path, mode)
            answer = self.ask("verify", [], ["mail"], config=mine)
            self.assertEqual((answer[0], "alone may write" in answer[1][0]), (78, True), answer)
            os.chmod(path, before)
        os.remove(roles)
        self.assert_refused(self.ask("verify", [], ["mail"], config=mine))

    def test_a_medical_document_opens_for_the_medical_role_alone(self):
        mailroom.draw(self.path("mail"), 4, "--kind=sick_note", "--mode=bw", seed=3)
        os.rmdir(self.data)
        self.run_once("--hopper", self.path("mail"))
        found = {row["compartment"]: row["document"] for row in self.lines("find")}
        self.assertEqual(sorted(found), ["admin", "medical"])
        # The files' own rights, opened on purpose: what is left is the role.
        subprocess.run(["chmod", "-R", "a+rwX", self.data], check=True)
        keys = self.data + ".keys"
        os.chmod(keys, 0o755)
        for name in os.listdir(keys):
            os.chown(os.path.join(keys, name), 0, NOBODY)
            os.chmod(os.path.join(keys, name), 0o440)
        for role, compartment, may in (
                ("operator", "admin", True), ("operator", "medical", False),
                ("medical", "medical", True), ("medical", "admin", False)):
            for verb in ("show", "read"):
                answer = self.ask(verb, [found[compartment]], [GROUPS[role]])
                with self.subTest(verb=verb, role=role, compartment=compartment):
                    if may:
                        self.assertEqual(answer[0], 0, answer)
                    else:
                        self.assert_refused(answer)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("roles: skipped: only root can become somebody else", file=sys.stderr)
        sys.exit(77)
    unittest.main()
