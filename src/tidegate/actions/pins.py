"""The actions that rendered workflows may use, each pinned by its commit: a tag can be moved, a commit cannot."""

from collections.abc import Iterable

from tidegate.actions.page import Noted
from tidegate.model.actions import Actions, Pin

CHECKOUT = Pin("actions/checkout", "11bd71901bbe5b1630ceea73d27597364c9af683", "v4.2.2")
PYTHON = Pin("actions/setup-python", "a26af69be951a213d495a4c3e4e4022e16d87065", "v5.6.0")
NODE = Pin("actions/setup-node", "49933ea5288caeca8642d1e84afbd3f7d6820020", "v4.4.0")
GO = Pin("actions/setup-go", "d35c59abb061a4a6fb18e82ac0862c26744d6ab5", "v5.5.0")
UPLOAD = Pin("actions/upload-artifact", "ea165f8d65b6e75b540449e92b4886f43607fa02", "v4.6.2")
CREDENTIALS = Pin("aws-actions/configure-aws-credentials", "ececac1a45f3b08a01d2dd070d28d111c5fe6722", "v4.1.0")
TERRAFORM = Pin("hashicorp/setup-terraform", "b9cd54a3c349d3f38e8881555d616ced269862dd", "v3.1.2")

PINS = (CHECKOUT, PYTHON, NODE, GO, UPLOAD, CREDENTIALS, TERRAFORM)


def uses(actions: Actions, pin: Pin) -> Noted:
    """What stands behind `uses:`, with its tag as a comment: the pipeline file's own pin where it has one."""
    chosen = actions.pins.get(pin.action, pin)
    return Noted(f"{chosen.action}@{chosen.commit}", chosen.tag)


def pins_of(actions: Actions | None) -> Iterable[Pin]:
    """Every action that may be used, at the commit that is used."""
    return (actions.pins.get(pin.action, pin) if actions else pin for pin in PINS)
