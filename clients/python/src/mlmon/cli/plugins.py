"""Commands of other packages, by the entry-point group `mlmon.commands`."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from mlmon.cli.examples import EXAMPLES, epilog_of
from mlmon.cli.problems import complain
from mlmon.errors import ConfigurationError

GROUP: Final = "mlmon.commands"
ELSEWHERE: Final = {
    "run-local": "pip install 'mlmon[local]'",
    "up": "it comes with mlmon-standalone; in a checkout of MLMon: ./run up",
    "demo": "it comes with mlmon-standalone; in a checkout of MLMon: ./run demo",
}
"""Commands of ours that another package brings, with how to get it."""


class PluginGroup(TyperGroup):
    """A group whose unknown commands are looked for among the plug-ins.

    A plug-in is imported only when its command is called or help is shown, so that it
    cannot slow down or break the others.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's are private
        """Return a command of ours or of a plug-in; None when there is none.

        Raises:
            ConfigurationError: Another package of ours brings it, which is not installed.
        """
        found = super().get_command(ctx, cmd_name)
        if found is None and (plugin := find_plugins().get(cmd_name)) is not None:
            found = load_plugin(plugin)
            if found is not None:
                self.add_command(found, cmd_name)
        elif found is None and cmd_name in ELSEWHERE:
            raise ConfigurationError(f"{cmd_name} is not installed: {ELSEWHERE[cmd_name]}")
        return found

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's are private
        """Return the names of our commands, then of the plug-ins'."""
        ours = super().list_commands(ctx)
        return [*ours, *sorted(find_plugins().keys() - set(ours))]


def find_plugins() -> dict[str, EntryPoint]:
    """Return the installed plug-ins by the name of their command."""
    return {plugin.name: plugin for plugin in entry_points(group=GROUP)}


def load_plugin(plugin: EntryPoint) -> Any | None:  # noqa: ANN401 - typer's are private
    """Return a plug-in's command; None, and one line on stderr, when it cannot be loaded."""
    try:
        callback = plugin.load()
        single = typer.Typer(add_completion=False)
        examples = EXAMPLES.get(plugin.name)
        single.command(plugin.name, epilog=epilog_of(examples) if examples else None)(callback)
        return get_command(single)
    except Exception as error:  # noqa: BLE001 - other people's code must not break our commands
        complain(f"the command {plugin.name} cannot be loaded: {type(error).__name__}: {error}")
        return None
