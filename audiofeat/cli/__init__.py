"""The `audiofeat` command.

Conventions: results go to stdout, progress and errors to stderr; exit code 0 is success, 1 a problem with the input, 2 a
wrong use of the command.
"""

import sys
import warnings

import click

from audiofeat._version import __version__

__all__ = ["main"]


class _Commands(click.Group):
    """Subcommands, imported when they are called: ``audiofeat --help`` should not wait for scikit-learn."""

    _names = ("compare", "predict", "cache")

    def list_commands(self, ctx):
        return list(self._names)

    def get_command(self, ctx, cmd_name):
        if cmd_name == "compare":
            from audiofeat.cli.compare import compare

            return compare
        if cmd_name == "predict":
            from audiofeat.cli.predict import predict

            return predict
        if cmd_name == "cache":
            from audiofeat.cli.cache import cache

            return cache
        return None


@click.command(cls=_Commands)
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def audiofeat(ctx, debug):
    """Find out which features and which model classify your recordings, and use the result."""
    ctx.obj = {"debug": debug}


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """A warning in its own words, without the line of source that gave it."""
    click.echo(f"Warning: {message}", err=True)


def main(args=None) -> None:
    """Run the command.

    Parameters
    ----------
    args : list of str or None, default=None
        Arguments; None takes those of the process.
    """
    arguments = sys.argv[1:] if args is None else list(args)
    warnings.showwarning = _show_warning
    try:
        audiofeat.main(arguments, prog_name="audiofeat", standalone_mode=False)
    except click.Abort:
        sys.exit("Interrupted.")
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except Exception as exc:
        if "--debug" in arguments:
            raise
        # Whatever the library refuses, it refuses in words; the traceback is for its developers.
        sys.exit(f"Error: {exc}")
