"""What `qemu:` and `qtest:` URLs may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from transports.open import Target, TargetError
from transports.qemu.machines import SIFIVE_U
from transports.qemu.qtest_socket import ANSWER_S
from transports.qemu.url import Running, parse_qemu, parse_qtest


def test_what_is_not_said_is_usual() -> None:
    """A machine or a socket alone is enough; the rest has its usual value."""
    assert parse_qemu(Target.parse("qemu:sifive_u")) == (SIFIVE_U, ANSWER_S)
    assert parse_qtest(Target.parse("qtest:a/q.sock")) == Running(SIFIVE_U, Path("a/q.sock"), None, ANSWER_S)


def test_what_is_said_is_heard() -> None:
    """Options come in any order, and their values are percent-decoded; a plus sign is one."""
    assert parse_qemu(Target.parse("qemu:sifive_u?answer_s=0.5")) == (SIFIVE_U, 0.5)
    url = "qtest:/q.sock?answer_s=2e1&qmp=/a+b%26c/qmp.sock&machine=sifive_u"
    assert parse_qtest(Target.parse(url)) == Running(SIFIVE_U, Path("/q.sock"), Path("/a+b&c/qmp.sock"), 20.0)


REFUSED = [
    ("qemu:", r"'qemu:' names no machine; there are: sifive_u"),
    ("qemu:?answer_s=1", r"names no machine; there are: sifive_u"),
    ("qemu:sifive", r"no QEMU machine 'sifive' here; there are: sifive_u"),
    ("qemu:sifive_u?machine=sifive_u", r"has no option 'machine'; there are: answer_s"),
    ("qemu:sifive_u?qmp=/none", r"has no option 'qmp'"),
    ("qemu:sifive_u?", r"'' is no option; expected NAME=VALUE"),
    ("qemu:sifive_u?answer_s", r"'answer_s' is no option"),
    ("qemu:sifive_u?answer_s=", r"'answer_s=' is no option"),
    ("qemu:sifive_u?answer_s=soon", r"answer_s is 'soon'; expected seconds, more than 0"),
    ("qemu:sifive_u?answer_s=0", r"answer_s is '0'"),
    ("qemu:sifive_u?answer_s=-1", r"answer_s is '-1'"),
    ("qemu:sifive_u?answer_s=inf", r"answer_s is 'inf'"),
    ("qemu:sifive_u?answer_s=nan", r"answer_s is 'nan'"),
    ("qemu:sifive_u?answer_s=1&answer_s=2", r"says answer_s twice"),
    ("qtest:", r"'qtest:' names no socket"),
    ("qtest:?machine=sifive_u", r"names no socket"),
    ("qtest:/a?machin=sifive_u", r"has no option 'machin'; there are: answer_s, machine, qmp"),
    ("qtest:/a?machine=x", r"no QEMU machine 'x' here; there are: sifive_u"),
    ("qtest:/a?machine=sifive_u&", r"'' is no option"),
    ("qtest:/a?=sifive_u", r"'=sifive_u' is no option"),
    ("qtest:/a?qmp=", r"'qmp=' is no option"),
    ("qtest:/a?qmp=/b&qmp=/c", r"says qmp twice"),
]


@pytest.mark.parametrize(("url", "complaint"), REFUSED)
def test_what_is_not_understood_is_refused_by_name(url: str, complaint: str) -> None:
    """An unknown, doubled or malformed option and a name that is missing or unknown are refused, and what there is."""
    target = Target.parse(url)
    with pytest.raises(TargetError, match=complaint):
        parse_qemu(target) if target.scheme == "qemu" else parse_qtest(target)
