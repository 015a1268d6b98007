"""The methods that one register's generated class has: those that its fields allow, each with the right arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define

from registers.access import one_word, rules
from registers.generate.text import call, signature
from registers.schema import FieldType, RegisterType

NOTHING = frozenset[str]()


@define
class Methods:
    """The methods of one register; `\\0` stands for the name of its class.

    Attributes:
        names: a Python name for each field.
        enums: the class of each field that has an encoding.
    """

    kind: RegisterType
    names: Mapping[str, str]
    enums: Mapping[str, str]

    def lines(self) -> list[str]:
        """Return the methods' text."""
        rule = rules(self.kind)
        readable = [f for f in self.kind.fields if f.sw.readable]
        writable = [f for f in self.kind.fields if f.sw.writable]
        found: list[str] = []
        if readable:
            found += self._read(rule.read_effects)
        if writable:
            idle = "" if rule.required.issuperset(f.name for f in writable) else "; a field left out does nothing"
            found += self._method("write", f"Write the whole register{idle}.", writable, rule.required)
        if readable and not rule.read_effects:
            if writable:
                # In a wide register a field of another access word is not touched, which types cannot say.
                forced = rule.forced if self.kind.width == self.kind.access else NOTHING
                found += self._method("modify", "Change the fields given and no other bit.", writable, forced)
            found += self._method("check", "Compare the fields given.", readable, NOTHING)
            # Of fields in different access words one alone can be polled, which types cannot say either.
            if polled := [f for f in readable if one_word(self.kind, f)]:
                found += self._method("poll", "Wait until the fields are as given.", polled, NOTHING)
        return found

    def _read(self, effects: Sequence[str]) -> list[str]:
        doc = f"Read every field; that changes {', '.join(effects)}." if effects else "Read every field."
        return [
            "",
            "    def _value(self, raw: int) -> \0Value:",
            "        return \0Value(self.register, raw)",
            "",
            "    def read(self) -> RegisterOp[\0Value]:",
            f'        """{doc}"""',
            "        return self._read(self._value)",
        ]

    def _method(self, name: str, doc: str, fields: Sequence[FieldType], required: frozenset[str]) -> list[str]:
        arguments = ["timeout_s: float"] if name == "poll" else []
        for f in fields:
            kind = self.enums.get(f.name) or ("Bit" if f.width == 1 else "int")
            arguments.append(f"{self.names[f.name]}: {kind}" + ("" if f.name in required else " | None = None"))
        names, values = [f.name for f in fields], [self.names[f.name] for f in fields]
        more = {"write": (), "poll": ("self._value", "timeout_s=timeout_s")}.get(name, ("self._value",))
        result = "RegisterOp[None]" if name == "write" else "RegisterOp[\0Value]"
        body = call(f"self._{name}", names, values, more)
        return ["", *signature(name, arguments, result), f'        """{doc}"""', *body]
