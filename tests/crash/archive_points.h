/*
 * Every fault point of the archive, and those of base/ that it passes. A unit test compares this
 * list with the code and with docs/durability.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

static const char *const archive_points[] = {
    "batch.open.before_commit",
    "batch.open.after_commit",
    "batch.end.before_commit",
    "batch.end.after_commit",
    "batch.close.before_commit",
    "batch.close.after_commit",
    "box.create.before",
    "box.create.after_key",
    "box.create.after",
    "box.close.before_commit",
    "box.close.after_commit",
    "box.stray.before_unlink",
    "box.stray.after_unlink",
    "file.before_sync",
    "file.before_rename",
    "file.after_rename",
    "filing.box.before_commit",
    "filing.box.after_commit",
    "filing.catalogue.before_commit",
    "filing.catalogue.after_commit",
    "filing.intake.before_commit",
    "filing.intake.after_commit",
    "intake.accept.before_commit",
    "intake.accept.after_commit",
    "intake.lend.before_commit",
    "intake.lend.after_commit",
    "intake.decide.before_commit",
    "intake.decide.after_commit",
    "intake.return.before_commit",
    "intake.return.after_commit",
    "intake.fail.before_commit",
    "intake.fail.after_commit",
    "intake.expire.before_commit",
    "intake.expire.after_commit",
    "intake.release.before_commit",
    "intake.release.after_commit",
    "intake.undo.before_commit",
    "intake.undo.after_commit",
    "intake.retire.before_key",
    "intake.retire.before_unlink",
    "intake.retire.after_unlink",
    "keys.tenant.before_write",
    "keys.tenant.after_write",
    "keys.slot.before_write",
    "keys.slot.after_write",
    "keys.slot.before_zero",
    "keys.slot.after_zero",
};

enum { ARCHIVE_POINTS = sizeof archive_points / sizeof *archive_points };
