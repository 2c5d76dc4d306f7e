"""Commands of two words beside one of one word: `audit conformance` beside `audit DATA SYNTHETIC`."""

from typing import Any

from typer.core import TyperGroup


class Commands(TyperGroup):
    """A group whose commands may have names of two words; these go before the command that is their first word.

    A file of such a name is still reached, as `./conformance`.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command's name, the command, and its own arguments."""
        name = " ".join(args[:2])
        if len(args) > 1 and name in self.commands:
            return name, self.commands[name], args[2:]
        return super().resolve_command(ctx, args)
