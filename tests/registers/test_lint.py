"""Lint: each rule finds its fault where it is, and is silent beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from registers.lint import RULES, Finding, lint
from registers.schema import Child, EnumMember, EnumType, FieldType, GroupType, Image, RegisterType

CompileText = Callable[[str], Image]

# rule: (a description that breaks it, where, what is said), (its lawful neighbour).
CASES: dict[str, list[tuple[str, str, str, str]]] = {
    "write-once": [
        (
            "addrmap a { reg { field { sw = rw1; hw = r; } f = 0; } R; };",
            "R",
            "f has sw=rw1",
            "addrmap a { reg { field { sw = rw; hw = r; } f = 0; } R; };",
        ),
        (
            "addrmap a { reg { field { sw = w1; hw = r; } f = 0; } R[4]; };",
            "R[]",
            "f has sw=w1",
            "addrmap a { reg { field { sw = w; hw = r; } f = 0; } R[4]; };",
        ),
    ],
    "overlap": [
        (  # The fault of a published HMAC block: an array of 13 too low by 0x10.
            """addrmap a {
            reg { field { sw = r; hw = w; } t[32]; } TAG[16] @ 0x100;
            reg { field { sw = w; hw = r; } s[32] = 0; } SEED[13] @ 0x130; };""",
            "SEED[]",
            "stands on TAG, from offset 0x130 on",
            """addrmap a {
            reg { field { sw = r; hw = w; } t[32]; } TAG[16] @ 0x100;
            reg { field { sw = w; hw = r; } s[32] = 0; } SEED[13] @ 0x140; };""",
        ),
        (  # Arrays may interleave, as long as their elements do not meet.
            """addrmap a {
            reg { field { sw = r; hw = w; } t[32]; } RX[4] @ 0x0 += 8;
            reg { field { sw = w; hw = r; } s[32] = 0; } TX[4] @ 0x8 += 4; };""",
            "TX[]",
            "stands on RX, from offset 0x8 on",
            """addrmap a {
            reg { field { sw = r; hw = w; } t[32]; } RX[4] @ 0x0 += 8;
            reg { field { sw = w; hw = r; } s[32] = 0; } TX[4] @ 0x4 += 8; };""",
        ),
    ],
    "lock-domain": [
        (
            """addrmap a { signal { activelow; field_reset; } cold; signal { activelow; } warm;
            reg { field {} open = 1; } LOCK;
            reg { field { resetsignal = warm; } f = 0; } R; R.f->swwe = LOCK.open; };""",
            "R",
            "f is reset by warm, its lock LOCK.open by cold",
            """addrmap a { signal { activelow; field_reset; } cold; signal { activelow; } warm;
            reg { field { resetsignal = warm; } open = 1; } LOCK;
            reg { field { resetsignal = warm; } f = 0; } R; R.f->swwe = LOCK.open; };""",
        ),
        (
            """signal { activelow; } cold;
            addrmap b { reg { field {} open = 1; } LOCK; reg { field {} f = 0; } R; R.f->swwel = LOCK.open; };
            addrmap a { b B; B.LOCK.open->resetsignal = cold; };""",
            "B.R",
            "f is reset by the default reset, its lock B.LOCK.open by cold",
            """signal { activelow; } cold;
            addrmap b { reg { field {} open = 1; } LOCK; reg { field {} f = 0; } R; R.f->swwel = LOCK.open; };
            addrmap a { b B; B.LOCK.open->resetsignal = cold; B.R.f->resetsignal = cold; };""",
        ),
    ],
    "stuck-interrupt": [
        (
            "addrmap a { reg { field { intr; sw = r; hw = w; } f = 0; } R; };",
            "R",
            "f latches an interrupt that no access and no hardware clears",
            "addrmap a { reg { field { nonsticky intr; sw = r; hw = w; } f = 0; } R; };",
        ),
        (
            "addrmap a { reg { field { posedge intr; sw = rw; woset; hw = w; } f = 0; } R; };",
            "R",
            "f latches",
            "addrmap a { reg { field { posedge intr; sw = rw; woclr; hw = w; } f = 0; } R; };",
        ),
        (
            "addrmap a { reg { field { intr; sticky; sw = r; rset; hw = w; } f = 0; } R; };",
            "R",
            "f latches",
            "addrmap a { reg { field { intr; sticky; sw = r; rclr; hw = w; } f = 0; } R; };",
        ),
        (
            "addrmap a { reg { field { intr; sw = r; hw = w; } f = 0; } R; };",
            "R",
            "f latches",
            "addrmap a { reg { field { intr; sw = r; hw = w; hwclr; } f = 0; } R; };",
        ),
        (  # An alias may be what clears it.
            """addrmap a { reg { field { intr; sw = r; hw = w; } f = 0; } R;
            reg other { field { intr; sw = rw; hw = w; woset; } f = 0; }; alias R other S; };""",
            "R",
            "f latches",
            """addrmap a { reg { field { intr; sw = r; hw = w; } f = 0; } R;
            reg other { field { intr; sw = rw; hw = w; woclr; } f = 0; }; alias R other S; };""",
        ),
    ],
    "aperture": [
        (
            "addrmap b { reg { field { rclr; } f = 0; } R[10]; }; addrmap a { b B @ 0x0; b C @ 0x1000; };",
            "B",
            "has 0x1000 bytes of room and decodes 0x40: where the rest answers as copies of it, a stray read changes R",
            "addrmap b { reg { field { rclr; } f = 0; } R[10]; }; addrmap a { b B @ 0x0; b C @ 0x40; };",
        ),
        (  # Blocks at 4 KiB each are the custom; copies of plain storage do no harm to who reads.
            """addrmap b { reg { field { sw = r; rset; } lock = 0; } LOCK; };
            addrmap a { b B @ 0x0; b C @ 0x1000; b D[4] @ 0x2000 += 0x1000; };""",
            "B",
            "has 0x1000 bytes of room",
            """addrmap b { reg { field { sw = rw; woclr; } lock = 0; } LOCK; };
            addrmap a { b B @ 0x0; b C @ 0x1000; b D[4] @ 0x2000 += 0x1000; };""",
        ),
        (
            "regfile b { reg { field { rclr; } f = 0; } R[3]; }; addrmap a { b B[4] @ 0x0 += 0x20; };",
            "B[]",
            "has 0x20 bytes of room and decodes 0x10",
            "regfile b { reg { field { rclr; } f = 0; } R[3]; }; addrmap a { b B[4] @ 0x0 += 0x10; };",
        ),
        (  # The last one has at least the room that each other has.
            """regfile p { reg { field {} f = 0; } R[3]; }; regfile b { reg { field { rclr; } f = 0; } R[3]; };
            addrmap a { p A @ 0x0; p B @ 0x100; b C @ 0x140; };""",
            "C",
            "has 0x40 bytes of room and decodes 0x10",
            """regfile p { reg { field {} f = 0; } R[3]; }; regfile b { reg { field { rclr; } f = 0; } R[3]; };
            addrmap a { p A @ 0x0; p B @ 0x100; b C @ 0x110; };""",
        ),
        (  # What a read changes may stand deep inside.
            """regfile f { reg { field { rclr; } x = 0; } POP; };
            addrmap b { reg { field {} x = 0; } R; f F[2] @ 0x10; };
            addrmap a { b B @ 0x0; b C @ 0x100; };""",
            "B",
            "has 0x100 bytes of room and decodes 0x20: "
            "where the rest answers as copies of it, a stray read changes F[].POP",
            """regfile f { reg { field { rclr; } x = 0; } POP; };
            addrmap b { reg { field {} x = 0; } R; f F[2] @ 0x10; };
            addrmap a { b B @ 0x0; b C @ 0x20; };""",
        ),
    ],
    "modify-race": [
        (
            "addrmap a { reg { field { hw = rw; } state[8] = 0; field { hw = r; } mode[8] = 0; } R; };",
            "R",
            "hardware writes state too",
            "addrmap a { reg { field { hw = rw; woclr; } state[8] = 0; field { hw = r; } mode[8] = 0; } R; };",
        ),
        (
            "addrmap a { reg { field { counter; } n[8] = 0; field { hw = r; } mode[8] = 0; } R; };",
            "R",
            "hardware writes n too",
            "addrmap a { reg { field { counter; } n[8] = 0; } R; reg { field { hw = r; } mode[8] = 0; } S; };",
        ),
        (  # In another access word a field is not written back.
            """addrmap a { reg { regwidth = 64; accesswidth = 32; field { hw = rw; } state[31:0] = 0;
            field { hw = r; } mode[39:31] = 0; } R; };""".replace("31:0", "30:0"),
            "R",
            "hardware writes state too",
            """addrmap a { reg { regwidth = 64; accesswidth = 32; field { hw = rw; } state[31:0] = 0;
            field { hw = r; } mode[39:32] = 0; } R; };""",
        ),
        (
            "addrmap a { reg { field { hw = r; hwclr; } go = 0; field { hw = r; } mode[8] = 0; } R; };",
            "R",
            "hardware writes go too",
            "addrmap a { reg { field { hw = r; singlepulse; } go = 0; field { hw = r; } mode[8] = 0; } R; };",
        ),
    ],
    "read-effect": [
        (
            "addrmap a { reg { field { sw = r; hw = w; rclr; } seen = 0; field {} mode[4] = 0; } R; };",
            "R",
            "reading mode changes seen",
            "addrmap a { reg { field { sw = r; hw = w; rclr; } seen = 0; field { sw = w; } mode[4] = 0; } R; };",
        ),
    ],
}
LISTED = [(rule, *case) for rule, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("rule", "bad", "path", "what", "good"), LISTED, ids=[case[0] for case in LISTED])
def test_a_rule_finds_its_fault_and_not_its_neighbour(
    compile_text: CompileText, rule: str, bad: str, path: str, what: str, good: str
) -> None:
    """A planted fault is found once, at its place; the description beside it that is sound is let pass."""
    found = [finding for finding in lint(compile_text(bad)) if finding.rule == rule]
    assert [(finding.path, finding.what[: len(what)]) for finding in found] == [(path, what)]
    assert not [finding for finding in lint(compile_text(good)) if finding.rule == rule]


def _with_enum(*members: EnumMember) -> Image:
    f = FieldType(name="f", lsb=0, width=2, encode=EnumType("mode", members))
    register = RegisterType(name="r", width=4, access=4, fields=(f,), source="a.rdl:3")
    return Image(GroupType(name="a", kind="addrmap", size=4, children=(Child(name="R", type=register, offset=0),)))


def test_an_enum_that_does_not_fit_or_is_double_is_found() -> None:
    """Values beyond the field and two names for one value are faults; the compiler lets neither pass, an image may."""
    assert not lint(_with_enum(EnumMember("A", 0), EnumMember("B", 3)))
    wide, double = lint(_with_enum(EnumMember("A", 4))), lint(_with_enum(EnumMember("A", 1), EnumMember("B", 1)))
    assert [str(f) for f in wide] == ["a.rdl:3: R: f: A = 0x4 does not fit 2 bits [enum-value]"]
    assert [str(f) for f in double] == ["a.rdl:3: R: f: B and A are both 0x1 [enum-value]"]


def test_every_rule_was_seen_to_fail() -> None:
    """No rule is without a planted fault."""
    assert set(RULES) == {*CASES, "enum-value"}


def test_a_finding_names_the_line(compile_text: CompileText) -> None:
    """A finding begins with file and line of the definition, as an editor reads it."""
    (finding,) = lint(compile_text("addrmap a {\n\n  reg { field { sw = w1; hw = r; } f = 0; } R;\n};"))
    assert finding.source == "map.rdl:3"
    what = "f has sw=w1: generated RTL takes every write, not the first alone"
    assert str(finding) == f"map.rdl:3: R: {what} [write-once]"
    assert str(evolve(finding, source="")).startswith("R: f has sw=w1")


def test_a_fault_of_a_type_is_told_once(compile_text: CompileText) -> None:
    """However many instances a type has, its fault is one finding, at the first."""
    image = compile_text(
        """regfile b { reg { field { sw = w1; hw = r; } f = 0; } R; };
        addrmap a { b B0 @ 0x0; b B1 @ 0x4; b B2[1000] @ 0x8; };"""
    )
    assert [finding.path for finding in lint(image)] == ["B0.R"]


def test_findings_come_in_the_order_of_the_map(compile_text: CompileText) -> None:
    """Findings follow the description, not the rules."""
    image = compile_text(
        """addrmap a { reg { field { hw = rw; } state[8] = 0; field { hw = r; } mode[8] = 0; } A;
        reg { field { sw = w1; hw = r; } f = 0; } B; reg { field { sw = rw1; hw = r; } f = 0; } C; };"""
    )
    assert [(f.path, f.rule) for f in lint(image)] == [("A", "modify-race"), ("B", "write-once"), ("C", "write-once")]


def test_a_sound_map_has_no_findings(compile_text: CompileText) -> None:
    """A plain description passes."""
    empty = list[Finding]()
    assert lint(compile_text("addrmap a { reg { field { hw = r; } f[8] = 0; } R[4]; };")) == empty
