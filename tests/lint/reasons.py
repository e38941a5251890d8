#!/usr/bin/env python3
"""Every reason that a verdict can hold, every one to refuse an image file, every one to stop
feeding, and what a partner's programs say has its French sentence in workers/french.c, and that
table holds no sentence that nothing says any more. A statement gives reasons when it calls
verdict_reason() or prints into something named `reason`; in the readers of image files and PDFs,
where a batch is fed and in a partner's programs, when it sets an error that is not lack of memory.
SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import sys
from glob import glob

STATEMENT = re.compile(r"(?:verdict_reason\(|snprintf\([^;]*?\breason\b)[^;]*?;", re.DOTALL)
REFUSAL = re.compile(r"(?:err_set|tell_waiting)\((?:[^;\"]|\"(?:[^\"\\\\]|\\\\.)*\")*;", re.DOTALL)
READERS = ["header", "jpeg_read", "png_read", "tiff_directory", "tiff_file", "tiff_pixels",
           "tiff_read"]
PARTNERS = ["partners/client", "partners/talk", "partners/fetch", "workers/verb_submit",
            "workers/verb_fetch", "workers/fetch_folder", "workers/sealed_pages"]
# The platform's side of the partners' door says more than a partner ever sees.
PLATFORM = ["partners/inbox", "partners/spool_read", "workers/gateway", "workers/import",
            "workers/cutter_client", "archive/handover"]
FEEDING = ["scan", "scan_feeder", "scan_folder", "capture", "pdf_pages", "sealed_tool"]
WAITING = ["workers/hub_capture.c"]
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*"(?:[^"\\]|\\.)*")*')
SPECIFIER = re.compile(r"%[-0-9.*]*(?:z|ll|l)?[a-z]")
TAGS = {"care_form", "sick_note", "cheque", "letter", "other"}  # said by tag_name()


def literals(text):
    """String literals, adjacent ones joined, as the compiler does."""
    for match in STRINGS.finditer(text):
        yield "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', match.group()))


def pattern(text):
    return SPECIFIER.sub("{}", text.replace("%%", "\0")).replace("\0", "%")


def said(root, names):
    """{sentence with {} for what varies: where}, of verdicts and of these files"""
    found = {}
    paths = glob(os.path.join(root, "classify/*.c")) + [os.path.join(root, "image/blank.c")]
    readers = [os.path.join(root, name + ".c") for name in names]
    for path in paths + [os.path.join(root, path) for path in WAITING] + readers:
        with open(path, encoding="utf-8") as file:
            code = COMMENT.sub("", file.read())
        for statement in (REFUSAL if path in readers else STATEMENT).finditer(code):
            for text in literals(statement.group()):
                if re.search("[a-z]{2}", pattern(text).replace("{}", "")) and \
                        "no memory" not in text:
                    found[pattern(text)] = os.path.relpath(path, root)
    return found


def translated(root):
    with open(os.path.join(root, "workers/french.c"), encoding="utf-8") as file:
        table = re.search(r"rows\[\] = \{(.*?)\n\};", COMMENT.sub("", file.read()), re.DOTALL)
    texts = list(literals(table.group(1)))
    return dict(zip(texts[0::2], texts[1::2]))


def main():
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
    must = [f"image/{name}" for name in READERS] + [f"workers/{name}" for name in FEEDING] + \
        PARTNERS
    reasons, table = said(root, must), translated(root)
    known = set(said(root, must + PLATFORM)) | TAGS
    lines = [f"{reasons[text]}: reason '{text}' has no French row in workers/french.c"
             for text in sorted(set(reasons) - set(table))]
    lines += [f"workers/french.c: nothing says '{text}'"
              for text in sorted(set(table) - known)]
    lines += [f"workers/french.c: '{text}' and its French have not the same number of {{}}"
              for text, french in table.items() if text.count("{}") != french.count("{}")]
    print("\n".join(lines + [f"{len(reasons)} reasons, {len(lines)} findings"]))
    return 1 if lines or not reasons else 0


if __name__ == "__main__":
    sys.exit(main())
